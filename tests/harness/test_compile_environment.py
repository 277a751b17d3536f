"""compile_environment.py: what is compiled, what is left, and what two environments share."""

import importlib.util
import os

from project_tree import TreeCase


class Compile(TreeCase):
    """One environment, or two, of modules written here."""

    def site(self, name, files):
        folder = os.path.join(self.outside, name)
        for file, text in files.items():
            path = self.write(file, text, base=folder)
            os.utime(path, (10**9, 10**9))
        return folder

    def run_on(self, *arguments):
        done = self.script("compile_environment.py", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def compiled(self, site):
        found = set()
        for folder, _, files in os.walk(site):
            for file in files:
                if file.endswith(".pyc"):
                    source = importlib.util.source_from_cache(os.path.join(folder, file))
                    found.add(os.path.relpath(source, site))
        return found

    def test_what_roots_reach_is_compiled_and_nothing_else(self):
        site = self.site("one", {
            "pkg/__init__.py": "from .near import (a,\n    b)\nfrom . import sub\n",
            "pkg/near.py": "def f():\n    import far.deep as d, other\n",
            "pkg/sub.py": "",
            "pkg/lonely.py": "",
            "far/__init__.py": "",
            "far/deep.py": "",
            "far/unseen.py": "",
            "other.py": "from .. import too_far\n",
            "unused.py": "",
        })
        self.run_on(site, "--root=pkg")
        self.assertEqual(self.compiled(site), {
            "pkg/__init__.py", "pkg/near.py", "pkg/sub.py", "far/__init__.py", "far/deep.py", "other.py"})

    def test_plugins_whole_packages_and_tests_are_roots(self):
        site = self.site("one", {
            "plug-1.dist-info/entry_points.txt": "[console_scripts]\nx = unused:main\n[pytest11]\nplug = plug.main\n[z]\n",
            "plug/__init__.py": "",
            "plug/main.py": "",
            "runner/__init__.py": "",
            "runner/by_name.py": "",
            "wanted.py": "",
            "unused.py": "",
        })
        tests = os.path.join(self.outside, "tests")
        self.write("deep/test_a.py", "import wanted\n", base=tests)
        self.run_on(site, "--whole=runner", f"--tests={tests}")
        self.assertEqual(self.compiled(site), {
            "plug/__init__.py", "plug/main.py", "runner/__init__.py", "runner/by_name.py", "wanted.py"})

    def test_what_does_not_compile_costs_only_itself(self):
        site = self.site("one", {"a.py": "import b, c\n", "b.py": "def (:\n", "c.py": "x = '\\d'\n"})
        self.run_on(site, "--root=a")
        self.assertEqual(self.compiled(site), {"a.py", "c.py"})

    def test_equal_files_share_bytecode_and_different_ones_do_not(self):
        files = {"same.py": "import differs, moved\nx = 1\n", "differs.py": "x = 1\n", "moved.py": "x = 1\n"}
        one = self.site("one", files)
        two = self.site("two", files | {"differs.py": "x = 2\n"})
        os.utime(os.path.join(two, "moved.py"), (10**9 + 5, 10**9 + 5))
        self.run_on(one, two, "--root=same")
        self.assertEqual(self.compiled(two), set(files))
        read = {}
        for site in (one, two):
            for file in files:
                with open(importlib.util.cache_from_source(os.path.join(site, file)), "rb") as pyc:
                    read[site, file] = pyc.read()
        self.assertEqual(read[one, "same.py"], read[two, "same.py"])
        self.assertNotEqual(read[one, "differs.py"], read[two, "differs.py"])
        self.assertNotEqual(read[one, "moved.py"][8:12], read[two, "moved.py"][8:12])

    def test_odd_names_do_no_harm(self):
        site = self.site("one", {"a.py": 'text = """\nimport b.c, 1x, .y\nfrom .......z import q\nfrom a import *\n"""\n'})
        self.run_on(site, "--root=a", "--root=..", "--root=a/../../x")
        self.assertEqual(self.compiled(site), {"a.py"})
