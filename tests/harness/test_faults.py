"""What exceptions and reports say of the environment, and how reports fold into one result."""
import os
import sys
import tempfile
import types
import unittest

from support import part

faults, outcome = part("faults"), part("outcome")


def raised(text):
    try:
        exec(text, {})
    except BaseException as error:
        return error


class SubtestReport(types.SimpleNamespace):
    """Named as pytest's own."""


def report(when="call", word="passed", cls=types.SimpleNamespace, **fields):
    return cls(when=when, outcome=word, failed=word == "failed", skipped=word == "skipped", **fields)


class Missing(unittest.TestCase):
    def test_a_module_that_is_not_installed(self):
        self.assertEqual(faults.missing_module(raised("import no_such.sub"), ()), "no_such")

    def test_behind_another_error(self):
        error = raised("try:\n import no_such\nexcept ImportError as e:\n raise RuntimeError('x') from e")
        self.assertEqual(faults.missing_module(error, ()), "no_such")

    def test_not_the_packages_own_modules(self):
        self.assertIsNone(faults.missing_module(raised("import no_such._speedups"), ("no_such",)))

    def test_not_a_part_of_something_installed(self):
        self.assertIsNone(faults.missing_module(raised("import unittest.no_such"), ()))

    def test_not_a_module_that_the_test_hides(self):
        keep = sys.modules.get("sqlite3")
        sys.modules["sqlite3"] = None
        try:
            self.assertIsNone(faults.missing_module(raised("import sqlite3"), ()))
        finally:
            sys.modules.pop("sqlite3")
            if keep:
                sys.modules["sqlite3"] = keep

    def test_not_a_module_of_the_suite_itself(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("helper.py", "tests/__init__.py", "tests/inner.py", "more/odd.py"):
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                open(os.path.join(root, name), "w").close()
            self.assertEqual(faults.local_modules(root), {"helper", "tests", "odd"})

    def test_text_of_a_report(self):
        note = faults.note_of_text("a\nE   ModuleNotFoundError: No module named 'no_such.x'\n", ())
        self.assertEqual((note.module, note.message), ("no_such", "ModuleNotFoundError: No module named 'no_such.x'"))

    def test_a_text_that_raises(self):
        class Odd(Exception):
            def __str__(self):
                raise ValueError
        self.assertEqual(faults.describe(Odd()), "Odd: (its text cannot be had)")


class Fold(unittest.TestCase):
    def fold(self, *reports):
        made = outcome.Outcome(())
        for one in reports:
            made.report(one)
        return made.status

    def test_phases(self):
        setup, teardown = report("setup"), report("teardown")
        self.assertEqual(self.fold(setup, report(), teardown), "passed")
        self.assertEqual(self.fold(setup, report(word="failed", longrepr="x"), teardown), "failed")
        self.assertEqual(self.fold(report("setup", "failed", longrepr="x"), teardown), "error")
        self.assertEqual(self.fold(setup, report(), report("teardown", "failed", longrepr="x")), "error")
        self.assertEqual(self.fold(report("setup", "skipped", longrepr=("f", 1, "why")), teardown), "skipped")

    def test_expectations(self):
        self.assertEqual(self.fold(report(word="skipped", wasxfail="r")), "xfailed")
        self.assertEqual(self.fold(report(wasxfail="r")), "xpassed")
        self.assertEqual(self.fold(report(word="failed", longrepr="[XPASS(strict)] r")), "xpassed")

    def test_a_failed_subtest_fails_its_test(self):
        sub = report(word="failed", cls=SubtestReport, longrepr="x")
        self.assertEqual(self.fold(report("setup"), sub, report()), "failed")
        self.assertEqual(self.fold(report("setup"), report(word="skipped", cls=SubtestReport), report()), "passed")

    def test_a_rerun_does_not_turn_a_failure_into_a_pass(self):
        first = report(word="rerun", longrepr="x")
        self.assertEqual(self.fold(report("setup"), first, report("setup"), report()), "failed")

    def test_missing_things_are_not_failures(self):
        made = outcome.Outcome(())
        made.raised("call", raised("import no_such"))
        made.report(report(word="failed", longrepr="x"))
        self.assertEqual((made.status, made.note.module), ("not-run", "no_such"))

    def test_async_without_a_plugin(self):
        text = "async def functions are not natively supported."
        made = outcome.Outcome(())
        made.report(report(word="failed", longrepr=text))
        self.assertEqual((made.status, made.note.module), ("not-run", "pytest_asyncio"))


if __name__ == "__main__":
    unittest.main()
