"""The stress modes that run tests: what they find, what they leave alone, and that they
always come to an end. Races are made certain by code that waits until two are inside."""
import json
import os
import sys
import textwrap
import unittest

import support

NEEDS_PYTEST = unittest.skipUnless(support.PYTEST_PYTHON, support.NO_PYTEST)

PACKAGE = '''
    """Code whose defects show when, and only when, two threads are inside at once."""
    import threading
    import time

    lock = threading.Lock()
    inside = 0

    class Both:
        """Waits a little for a second thread: `with Both() as two:`"""
        def __enter__(self):
            global inside
            with lock:
                inside += 1
            until = time.monotonic() + 0.02
            two = False
            while not two and time.monotonic() < until:
                two = inside > 1
                time.sleep(0.0005)
            return two
        def __exit__(self, *error):
            global inside
            time.sleep(0.002)
            with lock:
                inside -= 1

    def race():
        with Both() as two:
            if two:
                raise KeyError("another thread was here")

    def crash():
        import ctypes
        with Both() as two:
            if two:
                ctypes.string_at(0)

    def system_error():
        with Both() as two:
            if two:
                raise SystemError("returned NULL without setting an exception")

    def wrong():
        with Both() as two:
            return 2 if two else 1

    first, second = threading.Lock(), threading.Lock()
    turn = 0

    def deadlock():
        global turn
        with lock:
            turn += 1
            locks = (first, second) if turn % 2 else (second, first)
        with locks[0]:
            time.sleep(0.05)
            with locks[1]:
                return True

    seen = []

    def lazy():
        """The first call of a process must be alone."""
        if not seen:
            with Both() as two:
                if two:
                    raise RuntimeError("initialised twice")
                seen.append(1)

    table = {}

    def check_then_act(key):
        if key not in table:
            table[key] = 0
        table[key] += 1
        count = table[key]
        table[key] -= 1
        if count != 1:
            raise ValueError(count)

    def fine(value):
        return value + 1
'''


@unittest.skipIf(sys.version_info < (3, 13), "stress runs on the interpreters under test, which are 3.13 or newer")
class Stressed(support.Project):
    """A package `pack` in site, a suite beside it, and a short run of one mode."""

    python = support.PYTEST_PYTHON or sys.executable
    runner = "unittest"
    mode = "same-test"

    def setUp(self):
        super().setUp()
        self.write("pack/__init__.py", PACKAGE, self.site)

    def stress(self, name, text, seconds=3, **fields):
        """The run of a suite of one file."""
        self.write(name, text)
        args = [name] if self.runner == "pytest" else [name.removesuffix(".py")]
        job = {"mode": self.mode, "stress_seconds": seconds, "threads": 4, "top_level": ["pack"], "import_names": ["pack"],
               **fields}
        found = self.run_job(*args, **job)
        self.check_clean(found)
        self.assertIsNotNone(found.one("coverage"), found.output)
        return found

    def findings(self, found):
        """key -> the last event of it."""
        return {event["key"]: event for event in found.of("finding")}

    def only(self, found):
        self.assertEqual(len(self.findings(found)), 1, self.findings(found))
        return found.of("finding")[-1]

    def serialised(self, found):
        return found.one("coverage")["serialised"]


def cases(*bodies, head=""):
    """A unittest suite whose tests have these bodies."""
    methods = "\n".join(f"    def test_{at}(self):\n" + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
                        for at, body in enumerate(bodies))
    return f"import os, sys, time, threading, unittest\nimport pack\n{head}\nclass T(unittest.TestCase):\n{methods}\n"


class Found(Stressed):
    """One defect each."""

    def test_an_exception_of_the_package_is_found_with_its_controls(self):
        one = self.only(self.stress("test_it.py", cases("pack.race()"), seconds=12))
        self.assertEqual((one["key"], one["oracle"], one["kind"]), ("same-test|test_it.T.test_0", "exception", "exception"))
        self.assertEqual((one["module"], one["function"], one["tests"]), ("pack", "race", ["test_it.T.test_0"]))
        self.assertIn("KeyError: 'another thread was here'", one["title"])
        self.assertEqual(one["frames"][0], "pack!race")
        self.assertEqual(one["controls"], {"serial": [0, 3], "locked": [0, 3]})
        self.assertEqual(json.loads(one["unit"])["tests"], ["test_it.T.test_0"] * 4)

    def test_a_crash_costs_one_test_and_names_the_signal(self):
        found = self.stress("test_it.py", cases("pack.crash()", "self.assertEqual(pack.fine(1), 2)"), seconds=10)
        one = self.only(found)
        self.assertEqual((one["key"], one["oracle"], one["signal"]), ("same-test|test_it.T.test_0", "signal", 11))
        if one["python_stack"].count("Fatal Python error") == 1:  # else two threads wrote into one another's lines
            self.assertEqual((one["module"], one["function"]), ("pack", "crash"))
        self.assertEqual(found.one("coverage")["parallel"], 2)

    def test_a_deadlock_is_told_from_a_hang_and_named(self):
        one = self.only(self.stress("test_it.py", cases("pack.deadlock()"), seconds=12))
        self.assertEqual((one["oracle"], one["kind"]), ("deadlock", "hang"))
        self.assertEqual((one["module"], one["function"]), ("pack", "deadlock"))
        self.assertIn("thread 1 holds pack.", one["title"])

    def test_a_system_error_is_told_from_other_exceptions(self):
        self.assertEqual(self.only(self.stress("test_it.py", cases("pack.system_error()")))["oracle"], "system-error")

    def test_an_assertion_of_the_test_is_its_outcome(self):
        one = self.only(self.stress("test_it.py", cases("self.assertEqual(pack.wrong(), 1)")))
        self.assertEqual((one["oracle"], one["module"]), ("test-outcome", "test_it"))

    def test_tests_that_share_a_cause_are_one_finding(self):
        one = self.only(self.stress("test_it.py", cases("pack.race()", "pack.race()"), seconds=10))
        self.assertEqual(sorted(one["tests"]), ["test_it.T.test_0", "test_it.T.test_1"])

    def test_the_control_arm_with_one_lock_finds_nothing(self):
        found = self.stress("test_it.py", cases("pack.race()", "pack.crash()"), control="locked")
        self.assertEqual(self.findings(found), {})

    def test_an_old_defect_that_shows_serially_is_no_race(self):
        found = self.stress("test_it.py", cases("self.assertEqual(pack.fine(1), 3)", "pack.seen.append(1); self.assertEqual(len(pack.seen), 1)"))
        self.assertEqual(self.findings(found), {})
        self.assertEqual(self.serialised(found), {"fails when run alone": 1, "fails when repeated serially": 1})


class Focus(Stressed):
    def test_only_the_keys_are_played_and_each_is_answered(self):
        keys = ["same-test|test_it.T.test_0", "same-test|test_it.T.test_1", "same-test|test_it.T.gone"]
        found = self.stress("test_it.py", cases("pack.race()", "pack.fine(1)", "pack.crash()"), focus=keys)
        played = {event["key"]: event for event in found.of("played")}
        self.assertEqual(list(played), keys)
        self.assertGreater(played[keys[0]]["bad"], 0)
        self.assertGreaterEqual(played[keys[0]]["tries"], played[keys[0]]["bad"])
        self.assertIsNotNone(played[keys[0]]["first_seconds"])
        self.assertEqual((played[keys[1]]["bad"], played[keys[1]]["first_seconds"]), (0, None))
        self.assertGreater(played[keys[1]]["tries"], 0)
        self.assertEqual(played[keys[2]]["tries"], 0)
        self.assertEqual(list(self.findings(found)), keys[:1])


class Mixed(Stressed):
    mode = "mixed"

    def test_a_race_between_two_tests_is_found(self):
        """Each test alone, in any number of threads, is right: only the pair is wrong."""
        self.write("pack/__init__.py", '''
            import threading, time
            busy = {"a": 0, "b": 0}
            lock = threading.Lock()
            def use(mine, other):
                with lock:
                    busy[mine] += 1
                try:
                    time.sleep(0.01)
                    if busy[other]:
                        raise LookupError(other)
                finally:
                    with lock:
                        busy[mine] -= 1
            ''', self.site)
        suite = cases("pack.use('a', 'b')", "pack.use('b', 'a')")
        found = self.stress("test_it.py", suite)
        self.assertEqual({one["oracle"] for one in self.findings(found).values()}, {"exception"})
        self.assertTrue(all(key.startswith("mixed|test_it.T.test_") for key in self.findings(found)))
        self.mode = "same-test"
        self.assertEqual(self.findings(self.stress("test_it.py", suite)), {})

    def test_the_focus_brings_other_tests_along(self):
        found = self.stress("test_it.py", cases("pack.race()", "pack.fine(1)"), focus=["mixed|test_it.T.test_0"])
        self.assertGreater(found.one("played")["bad"], 0)


class Perturb(Stressed):
    mode = "perturb"

    def test_two_lines_that_must_not_be_parted_are_found(self):
        found = self.stress("test_it.py", cases("pack.check_then_act(1)"), seconds=10)
        one = self.only(found)
        self.assertEqual(one["function"], "check_then_act")
        self.assertRegex(one["key"], r"^perturb\|(same-test|mixed)\|test_it\.T\.test_0$")

    def test_what_runs_no_code_of_the_package_is_left_out(self):
        found = self.stress("test_it.py", cases("self.assertEqual(1, 1)"))
        self.assertEqual(self.serialised(found), {"runs no Python code of the package": 1})


class FirstUse(Stressed):
    mode = "first-use"

    def test_the_first_call_of_a_process_is_made_by_all_threads(self):
        one = self.only(self.stress("test_it.py", cases("pack.lazy()"), seconds=10))
        self.assertEqual((one["key"], one["function"]), ("first-use|test_it.T.test_0", "lazy"))

    def test_a_wrong_result_of_first_calls_only_is_the_packages(self):
        self.write("pack/first.py", """
            import pack
            ready = []
            def value():
                if not ready:
                    with pack.Both() as two:
                        if two:
                            return 2
                        ready.append(1)
                return 1
            """, self.site)
        suite = cases("self.assertEqual(value(), 1)", head="from pack.first import value\n")
        one = self.only(self.stress("test_it.py", suite, seconds=25, import_names=["pack", "pack.first"]))
        self.assertEqual((one["oracle"], one["module"], one["function"]), ("wrong-result", "pack.first", "value"))

    def test_a_wrong_result_of_later_calls_too_is_the_tests_outcome(self):
        one = self.only(self.stress("test_it.py", cases("self.assertEqual(pack.wrong(), 1)"), seconds=25))
        self.assertEqual(one["oracle"], "test-outcome")

    def test_a_package_that_imports_its_own_modules_is_not_accused(self):
        """The import system itself cannot take in a package and its module at once."""
        self.write("pack/__init__.py", "import time\nfrom pack.part import value\ntime.sleep(0.01)\n", self.site)
        self.write("pack/part.py", "import time\ntime.sleep(0.01)\nvalue = 1\n", self.site)
        found = self.stress("test_it.py", cases("self.assertEqual(pack.value, 1)"), seconds=10)
        self.assertEqual(self.findings(found), {})

    def test_the_first_import_is_made_by_all_threads(self):
        """What importing another module does must not depend on who is first."""
        self.write("pack/other.py", '''
            import pack
            with pack.Both() as two:
                if two:
                    raise ImportError("both at once")
            ''', self.site)
        self.write("pack/third.py", "import pack\nwith pack.Both() as two:\n    pass\n", self.site)
        found = self.stress("test_it.py", cases("pack.fine(1)"), seconds=20, focus=["first-use|import pack.other"])
        played = found.one("played")
        self.assertEqual((played["key"], played["bad"]), ("first-use|import pack.other", 0))  # the import lock holds
        found = self.stress("test_it.py", cases("pack.fine(1)"), seconds=20)
        one = self.findings(found).get("first-use|import pack.other")
        self.assertIsNotNone(one, self.findings(found))
        self.assertEqual((one["module"], one["controls"]["serial"]), ("pack.other", [0, 3]))


BAD_INPUT = {
    "starts processes": "import subprocess; subprocess.run(['true'])",
    "changes the working directory": "os.chdir('/'); os.chdir('/tmp')",
    "changes the environment": "os.environ['PACK'] = '1'; del os.environ['PACK']",
    "replaces sys.stdout": "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()):\n    print(1)",
    "installs signal handlers": "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "leaves threads behind": "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
    "ends the process": "os._exit(3)",
    "fails when run alone": "sys.exit(3)",
    "takes over 1 s": "time.sleep(1.2)",
    "patches objects": "from unittest import mock\nwith mock.patch('pack.fine'):\n    pass",
    "catches warnings": "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('error')",
    "catches log records": "import logging\nwith self.assertLogs():\n    logging.error('x')",
    "asks the garbage collector": "import gc; gc.collect()",
    "registers exit handlers": "import atexit; atexit.register(print)",
    "replaces modules": "sys.modules.pop('sched', None)\nimport sched",
    "changes a module or class": "pack.answer = 1",
    "needs much memory": "x = bytearray(400 << 20)",
    "changes a file that all its runs share": "with open('shared', 'w') as f:\n    f.write('x')\nos.remove('shared')",
    "crashes when run alone": "import ctypes; ctypes.string_at(0)",
    "fails outside the main thread": "self.assertIs(threading.current_thread(), threading.main_thread())",
}


class BadInput(Stressed):
    """Suites that do what threads must not do: left out with a reason, never accused."""

    def test_each_kind_is_left_out_with_its_reason(self):
        found = self.stress("test_it.py", cases(*BAD_INPUT.values(), "pack.fine(1)"), seconds=20)
        self.assertEqual(self.findings(found), {})
        self.assertEqual(self.serialised(found), {reason: 1 for reason in BAD_INPUT})
        self.assertEqual((found.one("coverage")["of"], found.one("coverage")["parallel"]), (len(BAD_INPUT) + 1, 1))

    def test_a_test_that_never_ends_is_left_out(self):
        found = self.stress("test_it.py", cases("threading.Event().wait()", "pack.fine(1)"), seconds=8)
        self.assertEqual(self.serialised(found), {"takes over 1 s": 1})

    def test_what_tests_print_stays_away(self):
        found = self.stress("test_it.py", cases("print('x' * 1000); os.write(1, b'y' * 1000); os.write(2, b'z' * 1000)"))
        self.assertEqual(found.one("coverage")["parallel"], 1)
        self.assertLess(len(found.output), 2000)

    def test_a_skip_in_one_thread_hides_no_failure_of_another(self):
        suite = cases("with pack.Both() as two:\n    if two and threading.current_thread().name.endswith('1 (_main)'):\n"
                      "        self.skipTest('x')\n    if two:\n        raise KeyError")
        self.assertEqual(self.only(self.stress("test_it.py", suite))["oracle"], "test-outcome")

    def test_set_up_is_not_shared(self):
        suite = cases("self.x.append(1); time.sleep(0.002); self.assertEqual(self.x, [1])")
        suite += "    def setUp(self):\n        self.x = []\n"
        found = self.stress("test_it.py", suite)
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 1))

    def test_class_fixtures_are_set_up_once_and_shared(self):
        suite = cases("self.assertEqual(self.made, [1])")
        suite += "    made = []\n    @classmethod\n    def setUpClass(cls):\n        cls.made.append(1)\n"
        found = self.stress("test_it.py", suite)
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 1))

    def test_async_cases_are_run_by_unittest_in_each_thread(self):
        suite = cases().replace("class T(unittest.TestCase):", "class T(unittest.IsolatedAsyncioTestCase):\n"
                                "    async def test_a(self):\n        self.assertEqual(pack.fine(1), 2)\n")
        found = self.stress("test_it.py", suite)
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 1))


@NEEDS_PYTEST
class Pytest(Stressed):
    runner = "pytest"

    def test_fixtures_of_function_scope_are_fresh_in_each_thread(self):
        found = self.stress("test_it.py", '''
            import time, pytest, pack
            @pytest.fixture
            def box():
                made = []
                yield made
                assert made == [1]
            @pytest.fixture
            def upper(box):
                return box
            class TestOwn:
                def setup_method(self):
                    self.x = []
                def test_method(self, box, upper, tmp_path):
                    assert box is upper
                    box.append(1); self.x.append(1)
                    (tmp_path / "file").write_text("x")
                    time.sleep(0.002)
                    assert box == self.x == [1] and len(list(tmp_path.iterdir())) == 1
            def test_dynamic(request):
                time.sleep(0.002)
                assert request.node.name == "test_dynamic"
            ''')
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 2), self.serialised(found))

    def test_wider_fixtures_are_made_once_and_shared(self):
        found = self.stress("test_it.py", '''
            import pytest, pack
            made = []
            @pytest.fixture(scope="module", params=[1, 2])
            def module(request):
                made.append(request.param)
                return request.param
            @pytest.fixture(scope="class")
            def cls():
                return []
            class TestIt:
                def test_it(self, module, cls):
                    assert made.count(module) == 1
            ''')
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 2), self.serialised(found))

    def test_a_race_is_found_in_functions_methods_and_cases(self):
        found = self.stress("test_it.py", '''
            import unittest, pytest, pack
            def test_function(): pack.race()
            ''', seconds=6)
        self.assertEqual(self.only(found)["key"], "same-test|test_it.py::test_function")
        found = self.stress("test_it.py", '''
            import unittest, pytest, pack
            class TestCase(unittest.TestCase):
                def setUp(self): self.x = 1
                def test_case(self): pack.race()
            ''', seconds=6)
        self.assertEqual(self.only(found)["key"], "same-test|test_it.py::TestCase::test_case")
        found = self.stress("test_it.py", '''
            import unittest, pytest, pack
            @pytest.fixture
            def box(): return []
            @pytest.mark.parametrize("x", [1])
            def test_fixture(box, x): pack.race()
            ''', seconds=6)
        self.assertEqual(self.only(found)["key"], "same-test|test_it.py::test_fixture[1]")

    def test_a_failing_subtest_counts(self):
        found = self.stress("test_it.py", '''
            import unittest, pack
            class TestCase(unittest.TestCase):
                def test_case(self):
                    with self.subTest(x=1):
                        pack.race()
            ''')
        self.assertEqual(self.only(found)["oracle"], "exception")

    def test_what_is_pytests_own_state_is_left_out(self):
        found = self.stress("test_it.py", '''
            import doctest, pytest, time, pack
            counter = 0
            @pytest.fixture(autouse=True)
            def names(doctest_namespace): doctest_namespace["pack"] = pack  # shared, and no reason
            def test_capsys(capsys): print(1)
            def test_monkeypatch(monkeypatch): monkeypatch.setattr(pack, "fine", None)
            @pytest.fixture
            def deep(caplog): return caplog
            def test_deep(deep): pass
            @pytest.mark.thread_unsafe
            def test_marked(): pass
            @pytest.mark.parallel_threads_limit(1)
            def test_limited(): pass
            @pytest.mark.xfail
            def test_xfail(): assert 0
            @pytest.mark.skip
            def test_skip(): pass
            def test_skips(): pytest.skip("x")
            def test_importorskip(): pytest.importorskip("no_such_module")
            def test_warns():
                with pytest.warns(UserWarning):
                    import warnings; warnings.warn("x")
            def test_global():
                global counter
                counter += 1
            def test_late(request): request.getfixturevalue("tmp_path")
            def test_raises():
                with pytest.raises(ZeroDivisionError):
                    time.sleep(0.01)  # else it may be over before another begins
                    1 / 0
            ''', seconds=8)
        self.assertEqual(self.findings(found), {})
        self.assertEqual(self.serialised(found), {
            "uses capsys": 1, "uses monkeypatch": 1, "uses caplog": 1, "marked thread_unsafe": 1, "marked parallel_threads_limit(1)": 1,
            "marked xfail": 1, "skipped": 3, "catches warnings": 1, "assigns to a global variable": 1, "asks for fixtures while it runs": 1})

    def test_mixed_takes_tests_with_other_parameters_of_a_shared_fixture_apart(self):
        self.mode = "mixed"
        found = self.stress("test_it.py", '''
            import pytest, pack
            now = []
            @pytest.fixture(scope="module", params=[1, 2])
            def module(request):
                now.append(request.param)
                yield request.param
                now.remove(request.param)
            def test_a(module): assert now == [module]
            def test_b(module): assert now == [module]
            ''')
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 4), self.serialised(found))


if __name__ == "__main__":
    unittest.main()
