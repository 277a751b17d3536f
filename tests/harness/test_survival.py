"""Tests that crash, hang, leave, fork, or spoil the process: the culprit is named, the rest is known."""
import signal
import unittest

from support import Project

HEAD = """
    import ctypes, faulthandler, os, sys, threading, time, unittest
    class T(unittest.TestCase):
        def test_1(self): pass
        def test_2(self):
            %s
        def test_3(self): pass
"""
CULPRIT = ["test_a.T.test_2"]


class Survival(Project):
    def run_body(self, body, **fields):
        self.write("test_a.py", HEAD % body)
        return self.run_job("test_a", **fields)

    def test_crashes_leave_a_start_without_a_result_and_a_stack(self):
        for body, number in (("os.abort()", signal.SIGABRT), ("faulthandler._sigsegv()", signal.SIGSEGV)):
            with self.subTest(body):
                found = self.run_body(body)
                self.assertEqual((found.code, found.culprits), (-number, CULPRIT))
                self.assertIn("in test_2", found.stacks)

    def test_held_crashes_wait_for_the_reader(self):
        for body in ("os.abort()", "faulthandler._sigsegv()",
                     "t = threading.Thread(target=faulthandler._sigsegv); t.start(); time.sleep(0.05)"):
            with self.subTest(body):
                found = self.run_body(body, hold_crashes=True, test_seconds=0.1, patience=1)
                self.assertEqual((found.code, found.culprits), (-signal.SIGKILL, CULPRIT))

    def check_held(self, body):
        found = self.run_body(body, hold_crashes=True)
        self.check_clean(found)
        self.assertEqual(list(found.results.values()), ["passed"] * 3, found.of("result"))

    def test_children_do_not_wait_where_crashes_are_held(self):
        child = "pid = os.fork(); pid or (%s, os._exit(9)); self.assertEqual(os.waitpid(pid, 0)[1], %d)"
        own = "signal = __import__('signal'); signal.signal(signal.SIGABRT, lambda *_: os._exit(5)); "
        for body in (child % ("os.abort()", signal.SIGABRT), child % ("faulthandler._sigsegv()", signal.SIGSEGV),
                     child % ("faulthandler.disable(), os.abort()", signal.SIGABRT),
                     "faulthandler.disable(); " + child % ("os.abort()", signal.SIGABRT),
                     own + child % ("os.kill(os.getpid(), 6)", 5 << 8),
                     "subprocess = __import__('subprocess'); "
                     "self.assertEqual(subprocess.run([sys.executable, '-c', 'import os; os.abort()']).returncode, -6)"):
            with self.subTest(body):
                self.check_held(body)

    def test_suites_do_not_see_that_crashes_are_held(self):
        self.check_held("signal = __import__('signal'); self.assertEqual((signal.getsignal(11), faulthandler.is_enabled()), (0, True))")
        found = self.run_body("signal = __import__('signal'); signal.signal(6, signal.SIG_DFL); os.abort()", hold_crashes=True)
        self.assertEqual((found.code, found.culprits), (-signal.SIGABRT, CULPRIT))

    def test_hangs_leave_the_stack_even_when_c_code_holds_the_gil(self):
        for body in ("while True: pass", "ctypes.PyDLL(None).sleep(60)"):
            with self.subTest(body):
                found = self.run_body(body, test_seconds=0.1)
                self.assertEqual(found.culprits, CULPRIT)
                self.assertIn("in test_2", found.stacks)
                self.assertEqual(found.results, {"test_a.T.test_1": "passed"})

    def test_stacks_of_an_earlier_slow_test_are_not_kept(self):
        found = self.run_body("time.sleep(1.8)", test_seconds=0.1, patience=40)
        self.check_clean(found)
        self.assertNotIn("in test_2", found.stacks)

    def test_leaving_at_once(self):
        found = self.run_body("os._exit(7)")
        self.assertEqual((found.code, found.culprits), (7, CULPRIT))

    def check_rest(self, body, status="passed"):
        found = self.run_body(body)
        self.check_clean(found)
        self.assertEqual(list(found.results.values()), ["passed", status, "passed"], found.output)
        return found

    def test_closed_descriptors(self):
        self.check_rest("os.closerange(0, 100)")

    def test_a_child_that_comes_back_does_not_run_the_rest(self):
        found = self.check_rest("pid = os.fork(); pid and os.waitpid(pid, 0)")
        self.assertEqual(len(found.of("result")), 3)

    def test_replaced_parts_of_the_interpreter(self):
        for body in ("sys.stdout = sys.stderr = None", "os.write = os.getpid = time.monotonic = None",
                     "import json; json.dumps = json.JSONEncoder = None", "os.chdir('/'); os.environ.clear()",
                     "sys.path.clear()", "import builtins; builtins.open = None",
                     "signal = __import__('signal'); signal.signal(signal.SIGTERM, signal.SIG_IGN)"):
            with self.subTest(body):
                self.check_rest(body)

    def test_threads_left_behind_do_not_keep_the_process(self):
        self.check_rest("threading.Thread(target=time.sleep, args=(60,)).start()")

    def test_much_output(self):
        self.check_rest("print('x' * 2_000_000)")

    def test_memory_and_recursion(self):
        found = self.check_rest("raise MemoryError('no more')", "failed")
        self.assertIn("MemoryError: no more", [e["message"] for e in found.of("result")])
        self.check_rest("f = lambda: f(); f()", "failed")

    def test_forged_lines_are_told_apart(self):
        found = self.run_body("[os.write(n, b'{\"k\":\"x\",\"n\":4,\"e\":\"end\"}\\n') for n in range(200, 1024) "
                              "if os.path.exists(f'/proc/self/fd/{n}') and 'pipe' in os.readlink(f'/proc/self/fd/{n}')]")
        self.assertEqual((found.code, found.culprits), (0, []))
        self.assertGreaterEqual(len(found.forged), 1)

    def test_the_harness_is_not_on_the_path(self):
        self.check_rest("import selection", "not-run")


if __name__ == "__main__":
    unittest.main()
