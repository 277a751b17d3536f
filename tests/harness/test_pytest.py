"""The pytest runner on small suites, with each interpreter named by MIGRATE_CHECK_TEST_PYTHON."""
import os
import subprocess
import unittest

from support import NO_PYTEST, PYTEST_PYTHON, Project

CASES = """
    import os, sys, unittest, pytest
    def test_pass(): pass
    def test_fail(): assert 1 == 2
    @pytest.fixture
    def boom(): raise ValueError("x")
    def test_setup(boom): pass
    @pytest.fixture
    def late():
        yield
        raise ValueError("late")
    def test_teardown(late): pass
    def test_missing(): import no_such_thing.sub
    def test_fixture(no_such_fixture): pass
    @pytest.mark.skip(reason="why")
    def test_skip(): pass
    @pytest.mark.xfail(reason="known")
    def test_xfail(): assert 0
    @pytest.mark.xfail
    def test_xpass(): pass
    @pytest.mark.xfail(strict=True)
    def test_strict(): pass
    async def test_async(): pass
    @pytest.mark.trio
    async def test_trio(): pass
    def test_keyboard(): raise KeyboardInterrupt
    def test_exit(): pytest.exit("bye")
    def test_leave(): sys.exit(3)
    def test_close(): os.closerange(3, 100)
    @pytest.mark.parametrize("value", ["a::b", object()])
    def test_param(value): print("still captured")
    class T(unittest.TestCase):
        def test_sub(self):
            for n in range(3):
                with self.subTest(n=n): self.assertNotEqual(n, 1)
        @unittest.expectedFailure
        def test_expected(self): self.fail()
    def test_fork():
        pid = os.fork()
        if pid: os.waitpid(pid, 0)
    def test_last(): pass
"""
EXPECTED = {
    "test_pass": "passed", "test_fail": "failed", "test_setup": "error", "test_teardown": "error",
    "test_missing": "not-run", "test_fixture": "not-run", "test_skip": "skipped", "test_xfail": "xfailed",
    "test_xpass": "xpassed", "test_strict": "xpassed", "test_async": "not-run", "test_trio": "not-run",
    "test_keyboard": "failed", "test_exit": "failed", "test_leave": "failed", "test_close": "passed",
    "test_param[a::b]": "passed", "test_param[value1]": "passed", "T::test_sub": "failed",
    "T::test_expected": "xfailed", "test_fork": "passed", "test_last": "passed",
}
PASSING = "def test_x(): pass\n"


class Suites(Project):
    """Overridden below with the interpreter to use."""

    runner = "pytest"

    def test_every_outcome(self):
        self.write("tests/test_a.py", CASES)
        found = self.run_job("tests")
        self.check_clean(found)
        self.assertEqual({name.removeprefix("tests/test_a.py::"): status for name, status in found.results.items()},
                         EXPECTED)
        said = {e["id"].rpartition("::")[2]: e for e in found.of("result")}
        self.assertEqual(said["test_missing"]["missing_module"], "no_such_thing")
        self.assertEqual(said["test_fixture"]["missing_fixture"], "no_such_fixture")
        self.assertEqual(said["test_async"]["missing_module"], "pytest_asyncio")
        self.assertEqual(said["test_trio"]["missing_module"], "pytest_trio")
        self.assertTrue(all(e["total_ns"] >= e["call_ns"] for e in found.of("result")))

    def test_modules_that_cannot_be_collected(self):
        self.write("tests/test_a.py", "import no_such_thing")
        self.write("tests/test_b.py", "import sys; sys.exit(1)")
        self.write("tests/test_c.py", PASSING)
        found = self.run_job("tests")
        self.check_clean(found)
        self.assertEqual([(e["id"], e["missing_module"]) for e in found.of("collect_error")],
                         [("tests/test_a.py", "no_such_thing"), ("tests/test_b.py", None)])
        self.assertEqual(found.counts(), {"passed": 1})

    def test_a_conftest_that_needs_something(self):
        self.write("tests/conftest.py", "import no_such_thing")
        self.write("tests/test_a.py", PASSING)
        found = self.run_job("tests")
        self.check_clean(found)
        error = found.one("collect_error")
        self.assertEqual((error["id"], error["missing_module"]), ("tests/conftest.py", "no_such_thing"))

    def test_addopts_are_neutral_and_the_rest_is_kept(self):
        self.write("pytest.ini", """
            [pytest]
            addopts = --cov=x --cov-report=xml -n auto -x --strict-markers --strict-config -m "not slow" --durations=5
            required_plugins = pytest-cov
            filterwarnings = error
            no_such_key = 1
            markers = slow: s
            """)
        self.write("tests/test_a.py", """
            import pytest
            def test_first(): assert 0
            @pytest.mark.slow
            def test_slow(): pass
            def test_last(): pass
            """)
        found = self.run_job("tests", env={"PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nonsense"})
        self.check_clean(found)
        self.assertEqual(found.results, {"tests/test_a.py::test_first": "failed", "tests/test_a.py::test_last": "passed"})
        self.assertEqual([e["name"] for e in found.of("option")], ["no_such_key"])

    def test_an_option_that_a_conftest_asks_for_in_vain_is_named(self):
        self.write("tests/conftest.py", "def pytest_collection_modifyitems(config, items):\n    config.getoption('--foo-bar')\n")
        self.write("tests/test_a.py", PASSING)
        found = self.run_job("tests")
        self.assertEqual([e["name"] for e in found.of("option")], ["--foo-bar"])

    def test_unknown_options_are_named_and_left_out(self):
        self.write("pytest.ini", "[pytest]\naddopts = --foo-bar=3 --baz\n")
        self.write("tests/test_a.py", PASSING)
        found = self.run_job("tests")
        self.check_clean(found)
        self.assertEqual([e["name"] for e in found.of("option")], ["--foo-bar", "--baz"])
        self.assertEqual(found.counts(), {"passed": 1})

    def test_ids_below_site_are_relative_to_it(self):
        self.write("pkg/__init__.py", "", self.site)
        self.write("pkg/tests/__init__.py", "", self.site)
        self.write("pkg/tests/test_a.py", PASSING, self.site)
        found = self.run_job("--pyargs", "pkg", import_names=["pkg"], top_level=["pkg"])
        self.check_clean(found)
        self.assertEqual(found.results, {"pkg/tests/test_a.py::test_x": "passed"})
        self.assertEqual(found.of("shadowed"), [])

    def test_a_suite_that_brings_its_own_copy_shadows(self):
        self.write("pkg/__init__.py", "", self.site)
        self.write("pkg/__init__.py", "")
        self.write("tests/__init__.py", "")
        self.write("tests/test_a.py", "import pkg\n" + PASSING)
        found = self.run_job("tests", top_level=["pkg"], env={"PYTHONPATH": ""})
        self.assertEqual([e["module"] for e in found.of("shadowed")], ["pkg"])

    def test_sampling_is_the_same_with_or_without_restarts(self):
        for folder in "abc":
            for n in range(4):
                self.write(f"tests/{folder}/test_{folder}{n}.py",
                           "".join(f"def test_{k:02}(): pass\n" for k in range(20)))
        select = {"seed": "1", "max_files": 5, "cap_per_file": 4}
        first = self.run_job("tests", select=select)
        self.check_clean(first)
        self.assertEqual((first.one("collect")["collected"], first.one("collect")["selected"]), (100, 20))
        ids = first.one("ids")["ids"]
        self.assertEqual(ids, sorted(ids))
        done = self.write("done", "\n".join(ids[:7]))
        again = self.run_job("tests", select=select, deselect_file=done)
        self.assertEqual(again.one("ids")["ids"], ids[7:])
        listed = self.write("ids", "\n".join(ids[3:5]))
        third = self.run_job("tests", select={"ids_file": listed})
        self.assertEqual(list(third.results), ids[3:5])

    def test_known_files_and_denied_paths(self):
        for name in "abc":
            self.write(f"tests/{name}/test_{name}.py", PASSING)
        found = self.run_job("tests", known_files=["tests/a/test_a.py", "tests/b/test_b.py"], deny_paths=["tests/b"])
        self.assertEqual(list(found.results), ["tests/a/test_a.py::test_x"])

    def test_folders_of_the_run_are_no_part_of_an_id(self):
        self.write("test_a.py", "import os, sys, pytest\n@pytest.mark.parametrize('path', [__file__, os.environ['HOME'] + '/x',\n"
                   f"    {self.site!r} + '/pkg', sys.prefix + '/bin', '/usr/share'])\ndef test_x(path): pass\n")
        found = self.run_job(".", env={"HOME": os.path.dirname(self.cwd), "PYTHONPATH": self.site})
        self.assertEqual(list(found.results), [f"test_a.py::test_x[{path}]" for path in (
            "~/cwd/test_a.py", "~/x", "site-packages/pkg", "prefix/bin", "/usr/share")])

    def test_repetitions_run_in_one_process(self):
        self.write("test_a.py", "import pytest\n@pytest.fixture\ndef f(): return []\n"
                   "def test_x(f):\n    f.append(1)\n    assert len(f) == 1\ndef test_y(): pass\n")
        found = self.run_job(".", repeat=3)
        self.check_clean(found)
        self.assertEqual([(e["rep"], e["status"]) for e in found.of("result")],
                         [(rep, "passed") for rep in (0, 0, 1, 1, 2, 2)])

    def test_the_soft_limit_starts_nothing_new(self):
        self.write("test_a.py", "import time, pytest\n@pytest.mark.parametrize('n', range(5))\n"
                   "def test_x(n): time.sleep(0.15)\n")
        found = self.run_job(".", suite_seconds=0.1)
        self.check_clean(found)
        self.assertEqual(found.one("stopped")["left"] + len(found.results), 5)

    def test_the_suite_sees_no_thread_of_the_harness(self):
        self.write("test_a.py", "import _thread, sys, threading\ndef test_x():\n"
                   "    assert len(sys._current_frames()) == 1 == threading.active_count() and _thread._count() == 0\n")
        self.assertEqual(self.run_job(".").counts(), {"passed": 1})

    def test_classes_stay_mortal(self):
        """On the free-threaded 3.13 a second Python thread would make them immortal."""
        self.write("test_a.py", "import gc\ndef test_x():\n    class A: pass\n    class B(A): pass\n    del B\n"
                   "    gc.collect()\n    assert A.__subclasses__() == []\n")
        self.assertEqual(self.run_job(".").counts(), {"passed": 1})

    def test_children_started_by_spawn_work(self):
        self.write("tests/test_a.py", "import multiprocessing\ndef double(n): return 2 * n\ndef test_x():\n"
                   "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
                   "        assert pool.map(double, [4]) == [8]\n")
        found = self.run_job("tests")
        self.check_clean(found)
        self.assertEqual(found.counts(), {"passed": 1}, found.output)


def load_tests(loader, tests, pattern):
    """The cases once per interpreter, or one skip that says why there are none."""
    suite = unittest.TestSuite()
    for number, python in enumerate((PYTEST_PYTHON or "").split(":")):
        skip = unittest.skip(NO_PYTEST) if not python else (lambda cls: cls)
        if python and subprocess.run([python, "-c", "import pytest"], capture_output=True).returncode:
            skip = unittest.skip(f"{python} has no pytest")
        suite.addTests(loader.loadTestsFromTestCase(skip(type(f"Suites{number}", (Suites,), {"python": python}))))
    return suite


if __name__ == "__main__":
    unittest.main()
