"""The unittest runner on small suites."""
import unittest

from support import Project

CASES = """
    import os, sys, unittest
    class T(unittest.TestCase):
        def test_pass(self): pass
        def test_fail(self): self.assertEqual(1, 2)
        def test_error(self): raise ValueError("x")
        def test_sub(self):
            for n in range(3):
                with self.subTest(n=n): self.assertNotEqual(n, 1)
        @unittest.skip("why")
        def test_skip(self): pass
        @unittest.expectedFailure
        def test_expected(self): self.fail()
        @unittest.expectedFailure
        def test_unexpected(self): pass
        def test_missing(self): import no_such_thing
        def test_keyboard(self): raise KeyboardInterrupt
        def test_leave(self): sys.exit(3)
    class S(unittest.TestCase):
        def setUp(self): raise OSError("set-up")
        def test_a(self): pass
    class C(unittest.TestCase):
        @classmethod
        def setUpClass(cls): raise OSError("class")
        def test_a(self): pass
        def test_b(self): pass
    class D(unittest.TestCase):
        @classmethod
        def tearDownClass(cls): raise OSError("down")
        def test_a(self): pass
        def test_b(self): pass
"""


class Outcomes(Project):
    def test_every_outcome(self):
        self.write("tests/test_a.py", CASES)
        found = self.run_job("discover", "-s", "tests")
        self.check_clean(found)
        self.assertEqual({name.partition(".")[2]: status for name, status in found.results.items()}, {
            "T.test_pass": "passed", "T.test_fail": "failed", "T.test_error": "failed", "T.test_sub": "failed",
            "T.test_skip": "skipped", "T.test_expected": "xfailed", "T.test_unexpected": "xpassed",
            "T.test_missing": "not-run", "T.test_keyboard": "failed", "T.test_leave": "failed",
            "S.test_a": "error", "C.test_a": "error", "C.test_b": "error", "D.test_a": "passed", "D.test_b": "error"})
        self.assertIn("test_a.T.test_pass", found.results)
        missing = [e for e in found.of("result") if e["id"].endswith("test_missing")]
        self.assertEqual(missing[0]["missing_module"], "no_such_thing")
        self.assertEqual(found.one("end")["exit"], 1)

    def test_modules_that_cannot_be_imported(self):
        self.write("tests/test_a.py", "import no_such_thing")
        self.write("tests/test_b.py", "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): pass\n")
        found = self.run_job("discover", "-s", "tests")
        self.check_clean(found)
        self.assertEqual(found.one("collect_error")["missing_module"], "no_such_thing")
        self.assertEqual(found.results, {"test_b.T.test_x": "passed"})

    def test_load_tests_is_respected(self):
        self.write("test_a.py", """
            import unittest
            class T(unittest.TestCase):
                def test_x(self): pass
                def test_y(self): pass
            class Mine(unittest.TestSuite):
                def run(self, result, debug=False):
                    print("my own suite")
                    return super().run(result, debug)
            def load_tests(loader, tests, pattern):
                return Mine([T("test_y")])
            """)
        found = self.run_job("test_a")
        self.check_clean(found)
        self.assertEqual(found.results, {"test_a.T.test_y": "passed"})
        self.assertIn("my own suite", found.output)

    def test_nothing_found(self):
        found = self.run_job("discover")
        self.check_clean(found)
        self.assertEqual((found.one("end")["exit"], found.one("collect")["collected"]), (5, 0))

    def test_the_soft_limit_starts_nothing_new(self):
        self.write("test_a.py", "import time, unittest\nclass T(unittest.TestCase):\n" +
                   "".join(f"    def test_{n}(self): time.sleep(0.15)\n" for n in range(5)))
        found = self.run_job("test_a", suite_seconds=0.1)
        self.check_clean(found)
        left = found.one("stopped")["left"]
        self.assertTrue(left >= 1)
        self.assertEqual(len(found.results) + left, 5)

    def test_repetitions(self):
        self.write("test_a.py", "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): pass\n")
        found = self.run_job("test_a", repeat=3)
        self.assertEqual([e["rep"] for e in found.of("result")], [0, 1, 2])

    def test_selection(self):
        for name in "abcd":
            self.write(f"tests/test_{name}.py", "import unittest\nclass T(unittest.TestCase):\n" +
                       "".join(f"    def test_{n:02}(self): pass\n" for n in range(20)))
        select = {"seed": "1", "max_files": 2, "cap_per_file": 5}
        found = self.run_job("discover", "-s", "tests", select=select)
        self.check_clean(found)
        self.assertEqual((found.one("collect")["collected"], found.one("collect")["selected"]), (40, 10))
        ids = found.one("ids")["ids"]
        self.assertEqual(ids, sorted(ids))
        done = self.write("done", "\n".join(ids[:4]))
        again = self.run_job("discover", "-s", "tests", select=select, deselect_file=done)
        self.assertEqual(again.one("ids")["ids"], ids[4:])

    def test_cwd_is_last_on_the_path_and_not_when_it_holds_the_package(self):
        self.write("helper.py", "")
        self.write("tests/test_a.py", "import unittest, helper\nclass T(unittest.TestCase):\n"
                   "    def test_x(self): pass\n")
        found = self.run_job("discover", "-s", "tests", top_level=["other"])
        self.assertEqual(found.counts(), {"passed": 1})
        found = self.run_job("discover", "-s", "tests", top_level=["helper"])
        self.assertEqual(found.one("collect_error")["missing_module"], None)


HYPOTHESIS = """
    import enum
    class HealthCheck(enum.Enum):
        too_slow = 1
        data_too_large = 2
    class Meta(type):
        def __setattr__(cls, name, value): raise AttributeError("no")
    class settings(metaclass=Meta):
        def __init__(self, deadline=0.2, checks=()):
            self._deadline, self._checks = deadline, checks
        deadline = property(lambda self: self._deadline)
        suppress_health_check = property(lambda self: self._checks)
"""


class TimeLimits(Project):
    def test_those_of_hypothesis_are_taken_out_whenever_it_is_loaded(self):
        self.write("hypothesis/__init__.py", HYPOTHESIS, self.site)
        self.write("test_a.py", """
            import unittest
            class T(unittest.TestCase):
                def test_1_loads_it(self):
                    import hypothesis
                    self.assertEqual(hypothesis.settings().deadline, 0.2)
                def test_2_has_no_limits(self):
                    from hypothesis import HealthCheck, settings
                    own = settings(5, (HealthCheck.data_too_large,))
                    self.assertIsNone(own.deadline)
                    self.assertEqual(own.suppress_health_check, (HealthCheck.data_too_large, HealthCheck.too_slow))
                def test_3_other_versions_are_left_alone(self):
                    import hypothesis
                    hypothesis.settings = 5
                def test_4_goes_on(self): pass
            """)
        found = self.run_job("test_a")
        self.check_clean(found)
        self.assertEqual(found.counts(), {"passed": 4})


if __name__ == "__main__":
    unittest.main()
