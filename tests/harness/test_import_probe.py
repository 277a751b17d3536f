"""import_probe.py: one line per import, and the extension that turned the GIL on."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import unittest

from project_tree import TreeCase

#: Single-phase initialisation that says nothing of the GIL: a free-threaded build turns it on.
EXTENSION = """
#include <Python.h>
static struct PyModuleDef def = { PyModuleDef_HEAD_INIT, "%(name)s", NULL, -1, NULL };
PyMODINIT_FUNC PyInit_%(name)s(void)
{
    PyObject *m = PyModule_Create(&def);
#ifdef Py_GIL_DISABLED
    if (m && %(good)d)
        PyUnstable_Module_SetGIL(m, Py_MOD_GIL_NOT_USED);
#endif
    return m;
}
"""


def gil_now():
    """The state that a fresh process starts with; None where there is none."""
    read = getattr(sys, "_is_gil_enabled", None)
    return None if read is None else not sysconfig.get_config_var("Py_GIL_DISABLED")


class ImportProbe(TreeCase):
    """Each test imports in a fresh process."""

    def probe(self, *arguments):
        result = os.path.join(self.outside, "result")
        env = {"PYTHONPATH": self.root, "PYTHON_GIL": ""}
        done = self.script("import_probe.py", "--result", result, *arguments, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(result, encoding="ascii") as file:
            return [json.loads(line) for line in file]

    def test_pure_modules(self):
        self.write("good/__init__.py", "print('noise')")
        self.write("space/inner.py")
        good, space, absent = self.probe("good", "space", "absent")
        self.assertEqual((good["name"], good["ok"], good["error"]), ("good", True, None))
        self.assertEqual(good["file"], os.path.join(self.root, "good", "__init__.py"))
        self.assertEqual((good["gil_before"], good["gil"]), (gil_now(), gil_now()))
        self.assertEqual((good["extensions"], good["culprits"]), ([], []))
        self.assertGreater(good["ns"], 0)
        self.assertGreater(good["rss"], 1 << 20)
        self.assertEqual(space["file"], os.path.join(self.root, "space"))
        self.assertEqual((absent["ok"], absent["error"]), (False, "ModuleNotFoundError: No module named 'absent'"))

    def test_modules_that_end_the_import(self):
        self.write("leaves.py", "import sys; sys.exit('bye\\nnow')")
        self.write("breaks.py", "1/0")
        leaves, breaks, after = self.probe("leaves", "breaks", "string")
        self.assertEqual((leaves["ok"], leaves["error"]), (False, "SystemExit: bye now"))
        self.assertEqual(breaks["error"], "ZeroDivisionError: division by zero")
        self.assertTrue(after["ok"])

    def test_lines_before_a_crash_are_kept(self):
        self.write("fine.py")
        self.write("dies.py", "import os; os._exit(3)")
        result = os.path.join(self.outside, "result")
        done = self.script("import_probe.py", "--result", result, "fine", "dies", env={"PYTHONPATH": self.root})
        self.assertEqual(done.returncode, 3)
        with open(result, encoding="ascii") as file:
            self.assertEqual([json.loads(line)["name"] for line in file], ["fine"])

    def compile(self, name, good):
        """Build the extension into pkg/; skips where it cannot be built."""
        compiler = shutil.which("cc")
        include = sysconfig.get_path("include")
        if not compiler or not os.path.exists(os.path.join(include, "Python.h")):
            self.skipTest("no compiler or no headers of this interpreter")
        source = self.write(f"{name}.c", EXTENSION % {"name": name, "good": good})
        target = os.path.join(self.root, "pkg", name + sysconfig.get_config_var("EXT_SUFFIX"))
        subprocess.run([compiler, "-shared", "-fPIC", "-I", include, source, "-o", target], check=True)

    def test_extensions(self):
        self.write("pkg/__init__.py")
        self.write("both.py", "import pkg.quiet, pkg.loud")
        self.compile("quiet", 1)
        self.compile("loud", 0)
        free = gil_now() is False
        (both,) = self.probe("both")
        self.assertEqual([e["module"] for e in both["extensions"]], ["pkg.loud", "pkg.quiet"])
        self.assertEqual(both["culprits"], ["pkg.loud"] if free else [])
        (quiet,) = self.probe("--each-extension", "pkg.quiet")
        self.assertEqual((quiet["gil_before"], quiet["gil"]), (gil_now(), gil_now()))
        (loud,) = self.probe("--each-extension", "pkg.loud")
        self.assertEqual((loud["gil_before"], loud["gil"]), (gil_now(), True if free else gil_now()))

    def test_usage(self):
        self.assertEqual(self.script("import_probe.py").returncode, 2)
        self.assertEqual(self.script("import_probe.py", "--each-extension", "a", "b").returncode, 2)


if __name__ == "__main__":
    unittest.main()
