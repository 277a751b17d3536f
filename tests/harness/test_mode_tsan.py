"""The mode "tsan" with reports that the tests themselves write: what is played, and what is told."""
import os
import sys
import threading
import unittest

from support import NO_PYTEST, PYTEST_PYTHON, Project, part

together = part("stress.together")

SUITE = """
    import os, threading, unittest
    LOG, CORE, PROGRAM = os.environ["MIGRATE_CHECK_TSAN_LOG"], {core!r}, os.path.realpath({program!r})
    def report(function, path):
        side = f"#0\\t{{function}}\\t/b/pkg/core.c\\t7\\t{{path}}"
        with open(LOG + ".1", "a") as f:
            f.write("==================\\nWARNING: ThreadSanitizer: data race (pid=1)\\n"
                    f"  Write of size 8 at 0x7f0 by thread T1:\\n{{side}}\\n\\n"
                    f"  Previous write of size 8 at 0x7f0 by thread T2:\\n{{side}}\\n\\n"
                    "SUMMARY: ThreadSanitizer: data race core.c:7\\n==================\\n")
    def here(): return threading.current_thread() is threading.main_thread()
    def note(what):
        with open("noted.txt", "a") as f: f.write(f"{{what}}\\n")
    class T(unittest.TestCase):
        def setUp(self): self.fresh = True
        def test_a(self):
            assert self.fresh
            note(threading.get_ident())
            if here(): report("push", CORE)
        def test_b(self):
            if here(): report("list_resize", PROGRAM)
        def test_fails_alone(self): self.fail()
        def test_fails_in_threads(self): assert here()
"""
FUNCTIONS = """
    import pytest
    def test_function(capsys): assert here()
    @pytest.fixture
    def value(): return 5
    def test_fixture(value):
        assert value == 5
        if here(): report("pop", CORE)
    async def test_async(): pass
"""


class Mode(Project):
    def play(self, *args, more="", **fields):
        core = os.path.join(self.site, "_core.so")
        with open(core, "wb") as f:
            f.write(b"\x7fELF __tsan_func_entry")
        self.write("test_race.py", SUITE.format(core=core, program=self.python) + more)
        env = {"MIGRATE_CHECK_TSAN_LOG": os.path.join(self.cwd, "report")}
        found = self.run_job(*args, env=env, mode="tsan", patience=30, stress_seconds=2, **fields)
        self.check_clean(found)
        return found

    def check_findings(self, found, expected):
        self.assertEqual({event["key"] for event in found.of("finding")}, expected)
        for event in found.of("finding"):
            self.assertEqual((event["oracle"], event["kind"], event["module"]), ("sanitizer", "sanitizer", "_core"))
            self.assertIn("core.c:7", event["title"])


class Together(unittest.TestCase):
    def setUp(self):
        self.ran = []  # (what, which object, which thread)
        self.together = together.Together("0", 3)
        self.together.slice_seconds = 30  # one slice, which ends after so many rounds

    def note(self, what, key=None):
        self.ran.append((what, key, threading.get_ident()))

    def threads(self, what):
        return {thread for name, _, thread in self.ran if name == what}

    def test_two_threads_share_what_was_set_up_once_and_a_third_one_sets_up_its_own(self):
        note = self.note

        class Case(unittest.TestCase):
            def setUp(self): note("begin", id(self))
            def test(self): note("body", id(self))
            def tearDown(self): note("end", id(self))
        self.together.play(together.parts_of_case(Case("test")), 0)
        keys = {key: {thread for what, other, thread in self.ran if what == "body" and other == key} for _, key, _ in self.ran}
        self.assertEqual(sorted(map(len, keys.values())), [1, 2])
        shared = max(keys, key=lambda key: len(keys[key]))
        self.assertEqual([what for what, key, _ in self.ran if key == shared and what != "body"], ["begin", "end"])
        own = [what for what, key, _ in self.ran if key != shared]
        self.assertEqual(own, ["begin", "body", "end"] * (len(own) // 3))
        self.assertGreater(len(own), 3)

    def test_earlier_tests_run_beside_a_later_one_in_one_thread_of_it(self):
        self.together.play(together.Parts(lambda: self.note("first"), apart=True), 0)
        self.ran.clear()
        self.together.play(together.Parts(lambda: self.note("second")), 0)
        self.assertEqual((len(self.threads("first")), len(self.threads("second"))), (1, 3))
        self.ran.clear()
        self.together.play(together.Parts(lambda: self.note("third")), 0)
        self.assertEqual((len(self.threads("first")), len(self.threads("second"))), (1, 0))  # its objects are gone


class WithUnittest(Mode):
    def test_the_packages_race_is_told_and_the_interpreters_is_only_counted(self):
        found = self.play("test_race")
        self.check_findings(found, {"tsan|core.c:push|core.c:push"})
        last = found.of("finding")[-1]
        self.assertEqual(last["tests"], ["test_race.T.test_a"])
        self.assertEqual(last["frames"], ["_core.so!push"])
        coverage = found.one("coverage")
        self.assertEqual((coverage["of"], coverage["parallel"], coverage["interpreter"]), (4, 3, 1))
        self.assertEqual(coverage["serialised"], {"did not pass alone": 1})

    def test_a_case_runs_in_threads_too_and_what_it_says_there_counts_for_nothing(self):
        found = self.play("test_race")
        with open(os.path.join(self.cwd, "noted.txt"), encoding="utf-8") as f:
            self.assertGreaterEqual(len(set(f)), 4)  # the runner's own thread, and those of one play
        statuses = {event["id"].rpartition(".")[2]: event["status"] for event in found.of("result")}
        self.assertEqual(statuses, {"test_a": "passed", "test_b": "passed", "test_fails_alone": "failed", "test_fails_in_threads": "passed"})

    def test_a_focus_is_answered_key_by_key(self):
        found = self.play("test_race", focus=["tsan|core.c:push|core.c:push", "tsan|core.c:gone|core.c:gone"])
        played = {event["key"]: (event["bad"], event["tries"]) for event in found.of("played")}
        self.assertEqual(played, {"tsan|core.c:push|core.c:push": (1, 3), "tsan|core.c:gone|core.c:gone": (0, 3)})


@unittest.skipUnless(PYTEST_PYTHON, NO_PYTEST)
class WithPytest(Mode):
    runner = "pytest"
    python = (PYTEST_PYTHON or sys.executable).split(":")[0]

    def test_functions_and_cases(self):
        found = self.play("test_race.py", more=FUNCTIONS)
        self.check_findings(found, {"tsan|core.c:push|core.c:push", "tsan|core.c:pop|core.c:pop"})
        coverage = found.one("coverage")
        self.assertEqual((coverage["of"], coverage["parallel"]), (6, 4))
        self.assertEqual(coverage["serialised"], {"did not pass alone": 1, "fixture capsys": 1})


if __name__ == "__main__":
    unittest.main()
