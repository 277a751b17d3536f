"""The import task, and where modules come from."""
import os
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
        self.assertTrue(good["ok"] and good["rss"] > 0 and good["ns"] > 0)
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


if __name__ == "__main__":
    unittest.main()
