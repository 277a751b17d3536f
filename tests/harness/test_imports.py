"""The import task, and where modules come from."""
import os
import shutil
import subprocess
import sys
import sysconfig
import unittest

from support import Project


class Imports(Project):
    def test_each_import_is_reported(self):
        self.write("good.py", "x = [0] * 1000", self.site)
        self.write("bad.py", "raise SystemExit('no\\nmore')", self.site)
        self.write("needs.py", "import no_such_thing", self.site)
        found = self.run_job(task="import", import_names=["good", "bad", "needs"], top_level=["good"])
        self.check_clean(found)
        good, bad, needs = found.of("import")
        self.assertTrue(good["ok"] and good["rss"] > 0 and good["cpu_ns"] > 0)
        self.assertEqual((bad["ok"], bad["error"]), (False, "SystemExit: no"))
        self.assertEqual(needs["missing_module"], "no_such_thing")
        self.assertEqual(found.one("end")["exit"], 1)

    def test_a_copy_outside_the_environment_shadows(self):
        self.write("pkg/__init__.py", "", self.site)
        place = os.path.join(self.cwd, "elsewhere")
        self.write("pkg/__init__.py", "", place)
        found = self.run_job(task="import", import_names=["pkg"], top_level=["pkg"], env={"PYTHONPATH": place})
        self.assertEqual([e["module"] for e in found.of("shadowed")], ["pkg"])
        found = self.run_job(task="import", import_names=["pkg"], top_level=["pkg"])
        self.assertEqual(found.of("shadowed"), [])

    def test_tests_of_a_namespace_package_do_not_shadow(self):
        self.write("space/part/__init__.py", "", self.site)
        place = os.path.join(self.cwd, "elsewhere")
        self.write("space/tests/test_x.py", "", place)
        found = self.run_job(task="import", import_names=["space.part", "space.tests.test_x"], top_level=["space"],
                             env={"PYTHONPATH": f"{self.site}:{place}"})
        self.check_clean(found)
        self.assertTrue(all(e["ok"] for e in found.of("import")))
        self.assertEqual(found.of("shadowed"), [])

    def test_a_job_that_is_none_is_refused(self):
        found = self.run_job(task="nonsense")
        self.assertEqual((found.code, found.events), (64, []))


EXTENSION = """
    #include <Python.h>
    static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "%s", 0, -1, 0};
    PyMODINIT_FUNC PyInit_%s(void) { return PyModule_Create(&d); }
"""


@unittest.skipUnless(getattr(sys, "_is_gil_enabled", lambda: True)() is False, "not a free-threaded interpreter")
class GilComesBack(Project):
    """Extension modules that do not declare that they can do without the GIL."""

    def setUp(self):
        super().setUp()
        compiler = shutil.which("cc") or shutil.which("gcc")
        include = sysconfig.get_path("include")
        if not compiler or not os.path.exists(os.path.join(include, "Python.h")):
            self.skipTest("no C compiler or no Python.h")
        for name in ("first", "second"):
            source = self.write(f"{name}.c", EXTENSION % (name, name))
            out = os.path.join(self.site, name + sysconfig.get_config_var("EXT_SUFFIX"))
            subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", source, "-o", out], check=True)

    def test_the_module_is_named_once(self):
        found = self.run_job(task="import", import_names=["json", "second", "first"], env={"PYTHON_GIL": ""})
        self.check_clean(found)
        self.assertEqual([e["gil"] for e in found.of("import")], [False, True, True])
        event = found.one("gil")
        self.assertEqual((event["module"], event["test"]), ("second", None))
        self.assertEqual([e["module"] for e in found.of("extension")], ["second", "first"])

    def test_the_test_is_named(self):
        self.write("test_a.py", "import unittest\nclass T(unittest.TestCase):\n    def test_1(self): pass\n"
                   "    def test_2(self): import first\n")
        event = self.run_job("test_a", env={"PYTHON_GIL": ""}).one("gil")
        self.assertEqual((event["module"], event["test"]), ("first", "test_a.T.test_2"))

    def test_a_gil_forced_off_stays_off(self):
        found = self.run_job(task="import", import_names=["first"], env={"PYTHON_GIL": "0"})
        self.assertEqual((found.one("import")["gil"], found.of("gil")), (False, []))


if __name__ == "__main__":
    unittest.main()
