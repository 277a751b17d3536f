"""Parts of the workload launcher: what a wait is, which C function is called, what the kernel says."""
import ctypes.util
import hashlib
import importlib.util
import os
import queue
import re
import socket
import sys
import threading
import time
import types
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCH = os.path.join(os.path.dirname(os.path.dirname(HERE)), "src", "harness", "workload", "launch.py")


def load_launcher():
    """launch.py as a module."""
    spec = importlib.util.spec_from_file_location("launch", LAUNCH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.load_package()
    return module


part = load_launcher().part
functions, observer, sampler, stacks = part("functions"), part("observer"), part("sampler"), part("stacks")
tasks, waits = part("tasks"), part("waits")


class Blocked:
    """A thread that has come to rest in a call."""

    def __init__(self, call):
        self.thread = threading.Thread(target=call, daemon=True)
        self.thread.start()

    def look(self):
        """(frame, what the kernel says) once the thread sleeps."""
        for _ in range(3000):
            call = tasks.waits_in(str(self.thread.native_id))
            frame = sys._current_frames().get(self.thread.ident)
            if call is not None and frame is not None and frame.f_code.co_name != "_bootstrap":
                return frame, call
            time.sleep(0.01)
        raise AssertionError("the thread does not come to rest")

    def kind(self, gil=False):
        """The wait's kind, when two looks in a row agree."""
        last = None
        for _ in range(300):
            now = waits.kind_of(*self.look(), gil)
            if now == last:
                return now
            last = now
            time.sleep(0.05)
        raise AssertionError("no two looks agree")


@unittest.skipUnless(tasks.KINDS, "system calls of this machine are not known")
class Waits(unittest.TestCase):
    """What a thread waits for, told from its system call and its frame."""

    def test_a_socket(self):
        a, b = socket.socketpair()
        self.addCleanup(a.close)
        self.addCleanup(b.close)
        self.assertEqual(Blocked(lambda: a.recv(1)).kind(), "io")
        b.send(b"x")

    def test_sleep(self):
        self.assertEqual(Blocked(lambda: time.sleep(30)).kind(), "sleep")

    def test_a_lock_that_is_taken_and_where(self):
        lock = threading.Lock()

        def want():
            with lock:
                pass
        with lock:
            blocked = Blocked(want)
            self.assertEqual(blocked.kind(), "lock")
            frame = blocked.look()[0]
            self.assertEqual(waits.lock_place(frame).f_code.co_name, "want")
            del frame

    def test_a_permit_is_a_lock(self):
        semaphore = threading.Semaphore(0)
        blocked = Blocked(semaphore.acquire)
        self.assertEqual(blocked.kind(), "lock")
        semaphore.release()

    def test_waiting_for_work_is_idle(self):
        work = queue.Queue()
        self.assertEqual(Blocked(work.get).kind(), "idle")
        work.put(1)

    def test_waiting_for_an_event_or_an_end_is_idle(self):
        event = threading.Event()
        waiting = Blocked(event.wait)
        self.assertEqual(waiting.kind(), "idle")
        self.assertEqual(Blocked(waiting.thread.join).kind(), "idle")
        event.set()

    def test_a_timed_futex_is_the_gil_only_where_there_is_one(self):
        frame = sys._getframe()
        self.assertEqual(waits.kind_of(frame, "timed-lock", True), "gil")
        self.assertEqual(waits.kind_of(frame, "timed-lock", False), "lock")
        self.assertEqual(waits.kind_of(frame, "lock", True), "lock")
        self.assertEqual(waits.kind_of(None, "lock", True), "idle")

    def test_threads_and_times_of_this_process(self):
        me = str(threading.get_native_id())
        self.assertIn(me, tasks.threads())
        self.assertEqual(sorted(tasks.threads()), sorted(os.listdir("/proc/self/task")))
        before = tasks.times(me)
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass
        self.assertGreater(tasks.times(me)[0] - before[0], 50_000_000)
        self.assertIsNone(tasks.times("0"))
        self.assertIsNone(tasks.waits_in("0"))

    def test_both_ways_of_reading_agree(self):
        for _ in range(100):  # a thread of an earlier test may end between the two
            both = sorted(tasks._plain_names("/proc/self/task")), sorted(tasks.threads())
            if both[0] == both[1]:
                break
            time.sleep(0.01)
        self.assertEqual(*both)
        self.assertEqual(tasks._plain_text("/proc/self/comm"), tasks._text("/proc/self/comm"))
        self.assertEqual(tasks._text("/proc/self/none"), "")


class LockPlaces(unittest.TestCase):
    """Where a lock was waited for."""

    def test_a_thread_that_waited_before_and_has_no_frame_now(self):
        one, thread = sampler.Sampler(None, None, None), sampler.Thread(None, False)
        thread.kind = "lock"
        with mock.patch.object(tasks, "waits_in", return_value=None), mock.patch.object(tasks, "switches", return_value=(1, 0)):
            self.assertEqual(one._wait(thread, "1", None, 5), "lock")
        self.assertEqual((thread.waits["lock"], one.locks), (5, {}))


class Dividing(unittest.TestCase):
    """An interval of the process: run, starved, or what all wait for."""

    def divide(self, *args):
        one = sampler.Sampler(None, None, None)
        one._divide(*args)
        return {kind: ns for kind, ns in one.wall.items() if ns}

    def test_running_comes_first(self):
        self.assertEqual(self.divide(10, 14, 30, [("io", 10)], 0), {"run": 10})

    def test_what_is_left_is_waited_for(self):
        self.assertEqual(self.divide(10, 2, 2, [("io", 6), ("idle", 9)], 0), {"run": 2, "starved": 2, "io": 6})
        self.assertEqual(self.divide(12, 0, 0, [("io", 12), ("lock", 6)], 0), {"io": 8, "lock": 4})

    def test_idle_only_where_nothing_else_is(self):
        self.assertEqual(self.divide(10, 1, 0, [("idle", 10)], 0), {"run": 1, "idle": 9})

    def test_threads_that_ended_computed_and_did_not_idle(self):
        self.assertEqual(self.divide(10, 4, 1, [("idle", 10)], 4), {"run": 4, "starved": 6})


TWO_STACKS = rb"""Thread 0x00007f01 [worker] (most recent call first):
  File "/a/w\xe4 in x.py", line 2 in <lambda>
  File "/a/m.py", line 5 in run
  ...

Current thread 0x00007f02 (most recent call first):
  <no Python frame>
Thread 0x00007f03 (most recent call first):
  File "/a/m.py", line 9 in run
"""


class WrittenStacks(unittest.TestCase):
    """Stacks from what faulthandler writes."""

    def setUp(self):
        self.written = stacks.Written()

    def test_threads_and_their_places(self):
        found = self.written.read(TWO_STACKS)
        self.assertEqual(sorted(found), [0x7F01, 0x7F03])
        top = found[0x7F01]
        self.assertEqual((top.f_code.co_filename, top.f_code.co_name, top.f_lineno), ("/a/w\xe4 in x.py", "<lambda>", 2))
        self.assertEqual((top.f_back.f_code.co_name, top.f_back.f_lineno, top.f_back.f_back), ("run", 5, None))

    def test_functions_of_one_name_are_told_apart_by_their_lines(self):
        text = "class A:\n    def run(self):\n        pass\nclass B:\n    def run(self):\n        return (x\n                for x in ())\n"
        self.written.codes.add(compile(text, "/a/m.py", "exec"))
        found = self.written.read(b'Thread 0x1 (most recent call first):\n  File "/a/m.py", line 7 in <genexpr>\n'
                                  b'  File "/a/m.py", line 6 in run\n  File "/a/m.py", line 3 in run\n'
                                  b'  File "/a/m.py", line 70 in run\n  File "/a/m.py", line 80 in run\n')
        frame, names = found[1], []
        while frame:
            names.append((frame.f_code.co_qualname, frame.f_code.co_firstlineno))
            frame = frame.f_back
        self.assertEqual(names, [("B.run.<locals>.<genexpr>", 6), ("B.run", 5), ("A.run", 2), ("run", 70), ("run", 70)])

    def test_what_is_run_later_is_known(self):
        self.written.start()
        exec(compile("class C:\n    def late(self): pass\n", "/a/later.py", "exec"), {})
        self.assertEqual(self.written.codes.find("/a/later.py", "late", 2).co_qualname, "C.late")

    def test_a_thread_of_this_process(self):
        event = threading.Event()
        thread = threading.Thread(target=event.wait, daemon=True)
        thread.start()
        self.addCleanup(event.set)
        self.written.start()
        for _ in range(1000):
            names, frame = [], self.written.take().get(thread.ident)
            while frame:
                names.append(frame.f_code.co_qualname)
                frame = frame.f_back
            if "Event.wait" in names:
                break
            time.sleep(0.01)
        self.assertEqual(names[-3:], ["Thread.run", "Thread._bootstrap_inner", "Thread._bootstrap"])

    def test_only_a_build_that_keeps_its_gil_is_looked_into(self):
        self.assertIsInstance(stacks.reader(True), stacks.Frames)
        self.assertIsInstance(stacks.reader(None), stacks.Frames)
        self.assertNotIsInstance(stacks.reader(False), stacks.Frames)


class Working(unittest.TestCase):
    """How many threads do the work."""

    def test_many_equal_threads_are_many(self):
        self.assertEqual(observer._working([0] + [1000] * 32), 32)
        self.assertEqual(observer._working([50] + [1000] * 200), 200)

    def test_few_are_those_with_a_part_of_it(self):
        self.assertEqual(observer._working([1000]), 1)
        self.assertEqual(observer._working([900, 100, 10]), 2)
        self.assertEqual(observer._working([1000] + [1] * 100), 1)

    def test_without_work_none_works(self):
        self.assertEqual(observer._working([]), 0)
        self.assertEqual(observer._working([0, 0]), 0)


class Python:
    """A class whose methods are Python."""

    def method(self):
        """Nothing."""


class Owners(unittest.TestCase):
    """Which extension module a call ends in; the library's own count for none."""

    def owner(self, text, **names):
        """Of the call or operator `text` with these names."""
        node = functions.ast.parse(text, mode="eval").body
        frame = types.SimpleNamespace(f_locals=names, f_globals={}, f_builtins=vars(__builtins__)
                                      if isinstance(__builtins__, types.ModuleType) else __builtins__)
        return functions._module_of(node, frame)

    def test_the_library_and_python_code_are_none(self):
        self.assertIsNone(self.owner("len(x)", x=[]))
        self.assertIsNone(self.owner("hashlib.sha256(b'')", hashlib=hashlib))
        self.assertIsNone(self.owner("re.match('a', 'b')", re=re))
        self.assertIsNone(self.owner("p.method()", p=Python()))
        self.assertIsNone(self.owner("nobody.knows(this)"))
        self.assertIsNone(self.owner("f()()", f=len))

    def test_a_function_of_a_foreign_module(self):
        fake = ctypes.pythonapi.PyCFunction_NewEx  # a builtin function that says it is of module "fastlib"
        fake.restype, fake.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)

        class Definition(ctypes.Structure):
            """PyMethodDef."""
            _fields_ = [("name", ctypes.c_char_p), ("method", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]
        self.definition = Definition(b"fast", ctypes.cast(ctypes.pythonapi.Py_IncRef, ctypes.c_void_p), 4, None)
        function = fake(ctypes.addressof(self.definition), None, "fastlib.core")
        module = types.ModuleType("fastlib")
        module.fast = function
        self.assertEqual(self.owner("fast(1)", fast=function), "fastlib")
        self.assertEqual(self.owner("fastlib.fast(1)", fastlib=module), "fastlib")

    def test_no_code_of_the_program_runs(self):
        class Trap:
            """Attribute access raises."""
            def __getattr__(self, name):
                raise SystemExit(name)

            @property
            def prop(self):
                """Raises too."""
                raise SystemExit("prop")
        self.assertIsNone(self.owner("t.anything(1)", t=Trap()))
        self.assertIsNone(self.owner("t.prop.more(1)", t=Trap()))

    @unittest.skipIf(sys.version_info < (3, 12), "before, a frame in a call stands behind the instruction")
    def test_the_instruction_of_a_frame(self):
        found = []

        def ask():
            frame = sys._getframe(1)
            found.append(functions._expression(frame.f_code, frame.f_lasti))
            del frame
        ask()
        self.assertIsInstance(found[0], functions.ast.Call)
        self.assertEqual(found[0].func.id, "ask")


if __name__ == "__main__":
    unittest.main()
