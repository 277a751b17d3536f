"""Deadlocked threads, made up here: what they hold and wait for is read, and the cycle is named."""
import ast
import sys
import threading
import time
import types
import unittest
import unittest.mock

import support

locks = support.part("stress.locks")
native = support.part("stress.native")

NEEDS_POSITIONS = unittest.skipIf(sys.version_info < (3, 13), "the interpreters under test are newer")
shared = threading.Lock()


class Table:
    """Two locks, and every way to take them."""

    def __init__(self):
        self.one, self.two = threading.Lock(), threading.RLock()
        self.changed = threading.Condition(self.one)
        self.__hidden = threading.Lock()
        self.many = [threading.Lock(), threading.Lock()]
        self.named = {"k": threading.Lock()}

    @property
    def trap(self):
        raise AssertionError("code of the package ran")

    def __getattr__(self, name):
        raise AssertionError("code of the package ran")

    def forth(self, meet):
        with self.one:
            meet()
            with self.two:
                pass

    def back(self, meet):
        self.two.acquire()
        try:
            meet()
            self.one.acquire()
        finally:
            self.two.release()

    def both(self, other, meet):
        with self.one, Meeting(meet), other.one:
            pass

    def to_itself(self):
        with self.__hidden:
            self.again()

    def again(self):
        with self.__hidden:
            pass

    def into_dict(self, meet, at):
        with self.many[at], Meeting(meet), self.named["k"]:
            pass

    def out_of_dict(self, meet):
        with self.named["k"], Meeting(meet), self.many[1]:
            pass

    def global_first(self, meet):
        with shared, Meeting(meet):
            with self.changed:
                pass

    def told(self, meet):
        with self.changed:
            meet()
            self.changed.wait()

    def left(self):
        self.one.acquire()

    def by_property(self):
        with self.trap:
            pass

    def wrapped(self, wrapper, meet):
        with wrapper, Meeting(meet), self.one:
            pass

    def into_wrapped(self, wrapper, meet):
        with self.one, Meeting(meet), wrapper:
            pass


class Meeting:
    """Lets a thread go on when the other is there."""

    def __init__(self, meet):
        self.meet = meet

    def __enter__(self):
        self.meet()

    def __exit__(self, *error):
        pass


class Wrapper:
    """A lock of a package's own making."""

    def __init__(self):
        self._inner = threading.Lock()

    def __enter__(self):
        self._inner.acquire()

    def __exit__(self, *error):
        self._inner.release()


@NEEDS_POSITIONS
class Standstill(unittest.TestCase):
    """Threads are started in order; those that cannot get on stay behind as daemons."""

    def look(self, *bodies):
        """What is read of these threads, once all of them stand still."""
        before = set(threading.enumerate())
        for body in bodies:
            threading.Thread(target=body, daemon=True).start()
        team = [one for one in threading.enumerate() if one not in before]
        with unittest.mock.patch.object(threading, "enumerate", lambda: team):
            until = time.monotonic() + 30
            told, before = locks.look(), None
            while time.monotonic() < until and (told is None or told != before or told["text"].count("\n") < len(bodies)):
                time.sleep(0.05)
                told, before = locks.look(), told
        return told

    def meeting(self, members=2):
        return threading.Barrier(members).wait

    def lines(self, told):
        return [line.strip() for line in told["text"].splitlines()[1:]]

    def test_two_locks_in_opposite_order_are_a_cycle(self):
        table, meet = Table(), self.meeting()
        told = self.look(lambda: table.forth(meet), lambda: table.back(meet))
        self.assertRegex(told["title"], r"^thread 1 holds Table\.two and waits for Table\.one, "
                                        r"thread 2 holds Table\.one and waits for Table\.two \(test_locks\.py:\d+, :\d+\)$")
        self.assertRegex(self.lines(told)[0], r"^thread 1: holds Table\.two, waits for Table\.one, test_locks\.py:\d+ in Table\.back$")

    def test_the_lines_are_those_of_the_waits(self):
        table, meet = Table(), self.meeting()
        told = self.look(lambda: table.forth(meet), lambda: table.back(meet))
        back, forth = Table.back.__code__.co_firstlineno + 4, Table.forth.__code__.co_firstlineno + 3
        self.assertIn(f"(test_locks.py:{back}, :{forth})", told["title"])

    def test_locks_of_one_name_are_told_apart(self):
        one, two, meet = Table(), Table(), self.meeting()
        told = self.look(lambda: one.both(two, meet), lambda: two.both(one, meet))
        self.assertRegex(told["title"], r"thread 1 holds Table\.one #[12] and waits for Table\.one #[12], thread 2 holds")
        held = [line.partition("holds ")[2].partition(",")[0] for line in self.lines(told)]
        self.assertEqual(sorted(held), ["Table.one #1", "Table.one #2"])

    def test_a_lock_taken_again_by_its_own_thread_is_a_cycle_of_one(self):
        told = self.look(Table().to_itself)
        self.assertIn("thread 1 waits for Table._Table__hidden, which it holds itself", told["title"])

    def test_items_of_lists_and_dicts_are_found(self):
        table, meet = Table(), self.meeting()
        told = self.look(lambda: table.into_dict(meet, 1), lambda: table.out_of_dict(meet))
        self.assertIn("holds Table.named['k'] and waits for Table.many[1]", told["title"])

    def test_a_condition_is_its_lock_and_globals_have_their_module(self):
        table, meet = Table(), self.meeting()

        def other():
            with table.one:
                meet()
                with shared:
                    pass
        told = self.look(lambda: table.global_first(meet), other)
        self.assertIn("holds test_locks.shared and waits for Table.changed", told["title"])

    def test_who_waits_in_a_condition_does_not_hold_its_lock(self):
        table = Table()
        told = self.look(lambda: table.told(lambda: None))
        self.assertEqual(told["title"], "")
        self.assertRegex(self.lines(told)[0], r"^thread 1: waits to be told by Table\.changed, test_locks\.py:\d+ in Table\.told$")

    def test_a_lock_that_was_never_given_back_is_said(self):
        table = Table()
        table.left()
        told = self.look(table.left, table.left)
        self.assertEqual(told["title"], "all threads wait for Table.one, which none of them is seen to hold")

    def test_a_lock_inside_an_object_counts_for_who_entered_it(self):
        table, wrapper, meet = Table(), Wrapper(), self.meeting()
        told = self.look(lambda: table.wrapped(wrapper, meet), lambda: table.into_wrapped(wrapper, meet))
        self.assertIn("holds Table.one and waits for Wrapper._inner", told["title"])

    def test_properties_and_getattr_never_run(self):
        place = locks.Place(sys._getframe())
        for text in ("table.trap", "table.missing", "table.one.missing", "table.many[9]", "table.named[nobody]", "table()"):
            place.frame = _frame_with(Table())
            found = place.find(ast.parse(text, mode="eval").body)
            self.assertFalse(found and locks.lock_of(found[0]), text)

    def test_while_one_thread_runs_nothing_is_read(self):
        table, going = Table(), [True]
        table.left()
        stuck = threading.Thread(target=table.left, daemon=True)
        busy = threading.Thread(target=lambda: [time.sleep(0.001) for _ in iter(lambda: going[0], False)], daemon=True)
        stuck.start()
        busy.start()
        with unittest.mock.patch.object(threading, "enumerate", lambda: [stuck, busy]):
            self.assertIsNone(locks.look())
        going[0] = False
        busy.join()
        with unittest.mock.patch.object(threading, "enumerate", lambda: [stuck]):
            self.assertIn("Table.one", locks.look()["title"])

    def test_threads_that_only_sleep_say_nothing(self):
        done = threading.Event()
        self.addCleanup(done.set)
        thread = threading.Thread(target=time.sleep, args=(1,), daemon=True)
        thread.start()
        with unittest.mock.patch.object(threading, "enumerate", lambda: [thread]):
            self.assertIsNone(locks.look())


def _frame_with(table):
    """A frame whose local variable is a table."""
    return sys._getframe()


class NativeLocks(unittest.TestCase):
    """Stacks as gdb gives them."""

    @staticmethod
    def thread(*frames):
        return [native.Frame(*frame) for frame in frames]

    SLEEP = [("futex_wait", "/lib/libc.so.6"), ("_PyMutex_LockTimed", "/usr/bin/python3.13t")]
    CALL = [("_PyEval_EvalFrameDefault", "/usr/bin/python3.13t"), ("start_thread", "/lib/libc.so.6")]

    def test_threads_in_a_lock_of_an_extension_are_named_with_the_function(self):
        own = [("lock_both", "/site/pkg/_c.so"), ("transfer", "/site/pkg/_c.so")]
        threads = [self.thread(("poll", "/lib/libc.so.6"), *self.CALL), *(self.thread(*self.SLEEP, *own, *self.CALL) for _ in range(2))]
        self.assertEqual(native.waits(native.Stacks(threads, None)), "threads 2 and 3 wait for a native lock in lock_both, called from transfer")

    def test_a_lock_of_python_code_is_none_of_an_extension(self):
        threads = [self.thread(*self.SLEEP, ("lock_PyThread_acquire_lock", "/usr/bin/python3.13t"), ("call_back", "/site/pkg/_c.so"), *self.CALL)]
        self.assertEqual(native.waits(native.Stacks(threads, None)), "")

    def test_a_thread_that_works_in_an_extension_waits_for_nothing(self):
        threads = [self.thread(("work", "/site/pkg/_c.so"), *self.CALL), self.thread(("read", "/lib/libc.so.6"), ("work", "/site/pkg/_c.so"))]
        self.assertEqual(native.waits(native.Stacks(threads, None)), "")


class Ends(unittest.TestCase):
    """What a hang's end becomes."""

    @staticmethod
    def end(states, title):
        found = support.part("stress.isolate").End()
        found.how, found.states = "hang", states
        found.sent = [{"locks": {"title": title, "text": "Locks"}}]
        return found

    def test_a_cycle_is_a_deadlock_whatever_else_runs(self):
        self.assertEqual(locks.oracle_of_hang(self.end("SR", "thread 1 holds")), "deadlock")
        self.assertEqual(locks.oracle_of_hang(self.end("SR", "")), "hang")
        self.assertEqual(locks.oracle_of_hang(self.end("SS", "")), "deadlock")

    def test_two_objects_that_go_on_for_ever_prove_nothing(self):
        is_bad = support.part("stress.findings").Collector._is_bad
        units = [types.SimpleNamespace(strategy=name) for name in ("self", "cross")]
        for states, expected in (("SRS", [True, False]), ("SSS", [True, True])):
            end = self.end(states, "")
            end.phase = "concurrent"
            self.assertEqual([is_bad(end, unit) for unit in units], expected)

    def test_a_crash_while_frames_are_read_is_not_the_packages(self):
        is_bad = support.part("stress.findings").Collector._is_bad
        end, unit = support.part("stress.isolate").End(), types.SimpleNamespace(strategy="self")
        end.how = "crash"
        self.assertTrue(is_bad(end, unit))
        end.looking = True
        self.assertFalse(is_bad(end, unit))

    def test_what_was_read_comes_before_the_stack(self):
        self.assertEqual(locks.with_locks(self.end("S", ""), "Thread 0x1"), "Locks\n\nThread 0x1")
        found = support.part("stress.isolate").End()
        self.assertEqual(locks.with_locks(found, "Thread 0x1"), "Thread 0x1")


if __name__ == "__main__":
    unittest.main()
