"""The workload launcher on the programs of fixtures/programs: what it says of each, and that each runs as by itself."""
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LAUNCH = os.path.join(ROOT, "src", "harness", "workload", "launch.py")
PROGRAMS = os.path.join(ROOT, "fixtures", "programs")


class Launched(unittest.TestCase):
    """Runs of programs under the launcher."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="workload-")
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.result = os.path.join(self.folder, "result.json")

    def launch(self, kind, target, *args, seconds=0, options=(), cwd=None):
        """(exit code, output, result or None)"""
        job = os.path.join(self.folder, "job.json")
        with open(job, "w", encoding="utf-8") as f:
            json.dump({"kind": kind, "target": target, "args": list(args), "result": self.result, "seconds": seconds}, f)
        done = subprocess.run([sys.executable, *options, LAUNCH, job], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=cwd or self.folder, timeout=300, check=False)
        seen = None
        if os.path.exists(self.result):
            with open(self.result, encoding="utf-8") as f:
                seen = json.load(f)
        return done.returncode, done.stdout, seen

    def program(self, name, **more):
        return self.launch("script", os.path.join(PROGRAMS, name), **more)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(text))
        return path

    @staticmethod
    def plain(argv, cwd):
        """The output of the same without the launcher."""
        return subprocess.run([sys.executable, *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              text=True, cwd=cwd, check=False).stdout


SHOWS = """
    import __main__, os, sys
    print(__name__, __main__.__dict__ is globals(), globals().get("__file__") and os.path.basename(__file__))
    print([os.path.basename(a) for a in sys.argv], os.path.realpath(sys.path[0]), __package__, bool(__spec__))
"""


class AsByItself(Launched):
    """The program sees what it would see without the launcher."""

    def test_a_script(self):
        path = self.write("app.py", SHOWS)
        self.assertEqual(self.launch("script", path, "a", "-b")[1], self.plain([path, "a", "-b"], self.folder))

    def test_a_script_by_a_relative_name(self):
        self.write("sub/app.py", SHOWS)
        self.assertEqual(self.launch("script", "sub/app.py")[1], self.plain(["sub/app.py"], self.folder))

    def test_a_module_and_a_package(self):
        self.write("mod.py", SHOWS)
        self.write("pkg/__init__.py", "")
        self.write("pkg/__main__.py", SHOWS)
        for name in ("mod", "pkg"):
            self.assertEqual(self.launch("module", name, "x")[1], self.plain(["-m", name, "x"], self.folder))

    def test_code(self):
        code = "import sys; print(sys.argv, __name__, sys.path[0])"
        self.assertEqual(self.launch("code", code, "x")[1], self.plain(["-c", code, "x"], self.folder))

    def test_a_traceback_is_the_programs_own(self):
        path = self.write("app.py", "def f():\n    raise ValueError('here')\nf()\n")
        code, output, seen = self.launch("script", path)
        self.assertEqual((code, output), (1, self.plain([path], self.folder)))
        self.assertEqual(seen["exception"], "ValueError: here")

    def test_exit_codes(self):
        for text, code in (("raise SystemExit(7)", 7), ("raise SystemExit", 0), ("raise SystemExit('no')", 1), ("pass", 0)):
            got, _, seen = self.launch("code", text)
            self.assertEqual((got, seen["exit"], seen["finished"]), (code, code, True), text)

    def test_threads_that_outlive_the_main_code_belong_to_it(self):
        code, output, seen = self.launch("code", "import threading, time\n"
                                                 "threading.Timer(0.5, lambda: print('late', threading.active_count())).start()")
        self.assertEqual((code, output), (0, "late 2\n"))
        self.assertGreater(seen["seconds"], 0.5)

    def test_a_pickled_function_of_main(self):
        path = self.write("app.py", """
            import multiprocessing
            def twice(x):
                return 2 * x
            if __name__ == "__main__":
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.map(twice, [21]))
        """)
        self.assertEqual(self.launch("script", path)[:2], (0, "[42]\n"))

    def test_a_job_that_is_none(self):
        self.assertEqual(self.launch("nonsense", "x")[0], 64)


class Misbehaving(Launched):
    """Programs that leave, detach, ask, never end."""

    def test_input_and_terminal_are_noted(self):
        code, _, seen = self.program("asks.py")
        self.assertEqual((code, seen["input"], seen["exception"]), (1, True, "EOFError: EOF when reading a line"))
        self.assertTrue(self.program("terminal.py")[2]["terminal"])

    def test_a_daemon_leaves_a_mark(self):
        path = self.write("daemon.py", "import os\nif os.fork():\n    os._exit(0)\nos.setsid()\n"
                                       f"open({os.path.join(self.folder, 'over')!r}, 'w').close()\n")
        code, _, seen = self.launch("script", path)
        for _ in range(1000):
            if os.path.exists(os.path.join(self.folder, "over")):
                break
            time.sleep(0.01)
        self.assertEqual((code, seen["processes"]["forked"]), (0, 1))
        self.assertTrue(os.path.exists(self.result + ".daemon"))

    def test_a_session_of_its_own_for_another_program_is_no_daemon(self):
        self.launch("code", "import subprocess; subprocess.run(['true'], start_new_session=True)")
        self.assertFalse(os.path.exists(self.result + ".daemon"))

    def test_a_forked_child_writes_no_result(self):
        code, output, seen = self.launch("code", "import os, time\nif os.fork() == 0:\n    raise SystemExit(5)\n"
                                            "print(os.waitstatus_to_exitcode(os.wait()[1]))")
        self.assertEqual((code, output, seen["exit"], seen["finished"]), (0, "5\n", 0, True))

    def test_exec_is_noted_before_it_happens(self):
        code, output, seen = self.program("replaces.py")
        self.assertEqual((code, output), (0, "another program\n"))
        self.assertEqual((seen["replaced"], seen["finished"]), ("/bin/echo", False))
        self.assertGreater(seen["cpu"]["self"], 0)

    def test_os_exit_is_an_end(self):
        code, _, seen = self.launch("code", "import os; os._exit(9)")
        self.assertEqual((code, seen["exit"], seen["finished"]), (9, 9, True))

    def test_at_its_deadline_what_was_seen_is_kept(self):
        code, _, seen = self.program("endless.py", seconds=3)
        self.assertEqual((code, seen["timed_out"], seen["finished"]), (124, True, False))
        self.assertEqual(seen["functions"][0]["function"], "<module>")

    def test_a_kill_leaves_what_was_seen_before(self):
        code, _, seen = self.launch("code", "import os, time\nend = time.monotonic() + 4\nwhile time.monotonic() < end:\n    pass\n"
                                            "os.kill(os.getpid(), 9)")
        self.assertEqual((code, seen["finished"]), (-9, False))
        self.assertGreater(seen["samples"], 0)


class Quantities(Launched):
    """What is measured, on programs that do one thing."""

    def test_hottest_function_and_its_callers(self):
        seen = self.program("cpu.py")[2]
        first = seen["functions"][0]
        self.assertEqual((first["function"], os.path.basename(first["file"])), ("collatz", "cpu.py"))
        self.assertGreaterEqual(first["total"], first["self"])
        self.assertGreater(seen["wall"]["run"], 4 * sum(seen["wall"][k] for k in ("io", "sleep", "lock", "idle")))

    def test_waits_are_of_the_program(self):
        seen = self.program("io_one.py")[2]
        self.assertGreater(seen["wall"]["io"], 1)
        self.assertFalse(seen["loop"])

    def test_the_lock_that_threads_wait_for(self):
        seen = self.program("locks.py")[2]
        self.assertGreaterEqual(seen["threads"]["contending"], 3)
        self.assertGreater(seen["threads"]["locked"], seen["threads"]["cpu"])
        self.assertEqual((seen["locks"][0]["function"], os.path.basename(seen["locks"][0]["file"])), ("work", "locks.py"))

    def test_an_event_loop_is_seen(self):
        seen = self.program("io_asyncio.py")[2]
        self.assertTrue(seen["loop"])
        self.assertGreater(seen["wall"]["io"], 1)

    def test_children_are_counted_with_their_cpu(self):
        seen = self.program("forks.py")[2]
        self.assertEqual(seen["processes"], {"forked": 1, "started": 1})
        self.assertGreater(seen["cpu"]["children"], 5 * seen["cpu"]["self"])

    def test_generators_can_be_looked_into_while_they_run(self):
        path = self.write("app.py", """
            def squares():
                return sum(i * i for i in range(6_000_000))
            print(squares())
        """)
        code, output, seen = self.launch("script", path)
        self.assertEqual((code, output, seen["finished"]), (0, "71999982000001000000\n", True))
        first = seen["functions"][0]
        self.assertEqual((first["function"], first["line"]), ("squares.<locals>.<genexpr>", 3))

    def test_the_sampler_is_not_the_programs(self):
        seen = self.launch("code", "import time; time.sleep(1)")[2]
        self.assertEqual((seen["threads"]["seen"], seen["threads"]["peak"]), (1, 1))
        self.assertEqual([row["name"] for row in seen["threads"]["rows"]], ["MainThread"])

    def test_the_state_of_the_gil(self):
        without = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
        gil = self.launch("code", "import json, decimal, ssl")[2]["gil"]
        self.assertFalse(gil["turned_on"])
        self.assertEqual(gil["on"] is False, without)


if __name__ == "__main__":
    unittest.main()
