"""The mode "replay": oracles, and findings on a small package.

The package's races do not depend on luck: its operations wait, for a moment, until a
second thread is inside. A twin of each does the same under a lock.
"""
import ast
import json
import os
import sys
import unittest

import support

blame = support.part("stress.blame")
change = support.part("stress.change")
findings = support.part("stress.findings")
native = support.part("stress.native")
runs = support.part("stress.runs")

COMMON = '''
import ctypes, threading, time

class _Meeting:
    """Lets a thread wait, for at most 2 ms, until another is inside as well."""
    def __init__(self):
        self.inside = 0
    def __enter__(self):
        self.inside += 1
        until = time.monotonic() + 0.002
        while self.inside < 2 and threading.active_count() > 1 and time.monotonic() < until:
            time.sleep(0)
        self.met = self.inside > 1
        return self
    def __exit__(self, *rest):
        self.inside -= 1
'''
PARTS = {
    "lost": '''
class Lost:
    def __init__(self):
        self.total, self._meeting = 0, _Meeting()
    def add(self, n):
        with self._meeting:
            seen = self.total
            time.sleep(0)
            self.total = seen + n
    def count(self):
        return self.total
''',
    "kept": '''
class Kept:
    def __init__(self):
        self.total = 0
        self._lock = threading.Lock()
    def add(self, n):
        with self._lock:
            self.total += n
    def count(self):
        return self.total
''',
    "crash": '''
class Crash:
    def __init__(self):
        self._meeting = _Meeting()
    def work(self):
        with self._meeting as m:
            if m.met:
                ctypes.string_at(8)
''',
    "worn": '''
class Worn:
    """Breaks after more calls than a round makes in which each is checked."""
    def __init__(self):
        self.calls, self._inside = [], 0
    def work(self):
        self._inside += 1
        self.calls.append(1)
        if len(self.calls) > 3000 and self._inside > 1:
            ctypes.string_at(8)
        self._inside -= 1
''',
    "view": '''
class Table:
    def __init__(self):
        self._meeting = _Meeting()
    def view(self):
        return View(self)
    def put(self, n):
        with self._meeting:
            pass
class View:
    """Walks memory of the table, which is gone while something is put there."""
    def __init__(self, table):
        self._table = table
    def first(self):
        if self._table._meeting.inside:
            ctypes.string_at(8)
''',
    "numbers": '''
class Numbers:
    """Gives numbers, and says in no other way how many it gave."""
    def __init__(self):
        self._next, self._meeting = 0, _Meeting()
    def take(self):
        with self._meeting:
            mine = self._next
            time.sleep(0)
            self._next = mine + 1
            return mine
''',
    "line": '''
class Line:
    """Loses nothing; what one call adds does not stay together."""
    def __init__(self):
        self.items = []
    def put(self):
        self.items.append("a")
        time.sleep(0)
        self.items.append("b")
''',
    "counted": '''
class Counted:
    """Counts roughly, under a private name, for nobody."""
    def __init__(self):
        self._hits, self._meeting = 0, _Meeting()
    def work(self):
        with self._meeting:
            hits = self._hits
            time.sleep(0)
            self._hits = hits + 1
''',
    "stuck": '''
class Stuck:
    def __init__(self):
        self.one, self.two = threading.Lock(), threading.Lock()
    def forth(self):
        with self.one:
            time.sleep(0.001)
            with self.two:
                pass
    def back(self):
        with self.two:
            time.sleep(0.001)
            with self.one:
                pass
''',
    "purse": '''
class Purse:
    """Two at once, each with the other, lock in two orders."""
    def __init__(self):
        self.lock = threading.Lock()
    def give(self, other):
        with self.lock:
            time.sleep(0.0005 * (threading.active_count() > 1))
            with other.lock:
                pass
''',
    "ordered": '''
class Ordered:
    def __init__(self):
        self.lock = threading.Lock()
    def give(self, other):
        first, second = sorted((self, other), key=id)
        with first.lock:
            time.sleep(0.0005 * (threading.active_count() > 1))
            with second.lock:
                pass
''',
    "walked": '''
class Box:
    def __init__(self):
        self._lock, self._total, self._changing = threading.Lock(), 0, False
    def change(self):
        with self._lock:
            self._changing = True
            time.sleep(0.0005 * (threading.active_count() > 1))
            self._total += 1
            self._changing = False
    def total(self):
        with self._lock:
            return self._total
class Reader:
    """Believes that nobody changes its argument."""
    def read(self, box):
        until = time.monotonic() + 0.002
        while threading.active_count() > 1 and time.monotonic() < until:
            if box._changing:
                ctypes.string_at(8)
''',
    "grows": '''
class Grows:
    """Two that take each other's items have twice as many with each call."""
    def __init__(self):
        self.items = [1]
    def take(self, other):
        self.items.extend(list(other.items))
''',
    "odd": '''
class Odd:
    def __init__(self):
        self._meeting = _Meeting()
    def work(self):
        with self._meeting as m:
            if m.met:
                raise IndexError("someone else is here")
''',
    "lent": '''
class Lent:
    """Refuses a second call that changes it, as classes made with PyO3 do."""
    def __init__(self):
        self._lock, self._total = threading.Lock(), 0
    def add(self, n):
        if not self._lock.acquire(False):
            raise RuntimeError("Already borrowed")
        try:
            time.sleep(0.0002 * (threading.active_count() > 1))
            self._total += n
        finally:
            self._lock.release()
    def total(self):
        with self._lock:
            return self._total
''',
    "frozen": '''
class Frozen:
    """Refuses a second reader, although nothing can change it."""
    def __init__(self):
        self._lock = threading.Lock()
    def size(self):
        if not self._lock.acquire(False):
            raise RuntimeError("Already borrowed")
        try:
            time.sleep(0.0002 * (threading.active_count() > 1))
            return 3
        finally:
            self._lock.release()
''',
    "echo": '''
_buffer = [None]
_meeting = _Meeting()
def echo(text):
    with _meeting:
        _buffer[0] = text
        time.sleep(0)
        return _buffer[0]
''',
    "walker": '''
class Walker:
    """An iterator: where it stands after several threads advanced it is nobody's promise."""
    def __init__(self):
        self.at, self._meeting = 0, _Meeting()
    def __iter__(self):
        return self
    def __next__(self):
        with self._meeting:
            seen = self.at
            time.sleep(0)
            self.at = seen + 1
            return None
''',
    "number": '''
_number = [0]
def number():
    """Another each time, by design."""
    _number[0] += 1
    return _number[0]
''',
}

SUITE = '''
import unittest, racy
class Tests(unittest.TestCase):
    def test_{what}(self):
        {body}
'''
BODIES = {
    "lost": "one = racy.Lost(); one.add(2); one.add(2); self.assertEqual(one.count(), 4)",
    "kept": "one = racy.Kept(); one.add(2); one.add(2); self.assertEqual(one.count(), 4)",
    "crash": "racy.Crash().work()",
    "worn": "racy.Worn().work()",
    "view": "table = racy.Table(); table.put(1); table.view().first()",
    "numbers": "one = racy.Numbers(); self.assertEqual([one.take(), one.take()], [0, 1])",
    "line": "one = racy.Line(); one.put(); self.assertEqual(one.items, ['a', 'b'])",
    "counted": "racy.Counted().work()",
    "stuck": "one = racy.Stuck(); one.forth(); one.back()",
    "purse": "racy.Purse().give(racy.Purse())",
    "ordered": "racy.Ordered().give(racy.Ordered())",
    "walked": "box = racy.Box(); box.change(); self.assertEqual(box.total(), 1); racy.Reader().read(box)",
    "grows": "a = racy.Grows(); a.take(racy.Grows()); self.assertEqual(len(a.items), 2)",
    "odd": "racy.Odd().work()",
    "lent": "one = racy.Lent(); one.add(2); self.assertEqual(one.total(), 2)",
    "frozen": "self.assertEqual(racy.Frozen().size(), 3)",
    "echo": "self.assertEqual([racy.echo('a'), racy.echo('b')], ['a', 'b'])",
    "walker": "one = racy.Walker(); next(one); next(one); self.assertEqual(one.at, 2)",
    "number": "self.assertNotEqual(racy.number(), racy.number())",
}


class Oracles(unittest.TestCase):
    def test_documented_exceptions_of_iteration_are_no_finding(self):
        errors = runs.Errors()
        errors.add(RuntimeError("dictionary changed size during iteration"))
        errors.add(RuntimeError("deque mutated during iteration"))
        errors.add(RuntimeError("bitarray changed size during sequence indexing"))
        errors.add(ValueError("list modified during sort"))
        errors.add(ImportError("cannot import name 'a' from partially initialized module 'b'"))
        self.assertEqual(errors.found, {})
        errors.add(BufferError("Existing exports of data: object cannot be re-sized"))
        errors.add(ValueError("generator already executing"))
        errors.add(ValueError("I/O operation on closed file."))
        self.assertEqual(errors.found, {})
        errors.add(RuntimeError("the list is broken"))
        self.assertIn("RuntimeError", errors.found)

    def test_a_burst_goes_on_behind_an_exception_and_checks_no_result(self):
        made = []
        program = runs.Program([lambda: made.append(1), lambda: 1 / 0, lambda: made.append(2)], ["a", "b", "c"],
                               [("ok", 5), None, ("ok", 5)])
        program.burst(7, 0.0)
        self.assertEqual(made, [1])
        for _ in range(3):
            program.burst(7, 0.01)
        self.assertEqual(set(made), {1, 2})
        self.assertEqual(list(program.errors), ["ZeroDivisionError"])
        self.assertIsNone(program.wrong)

    def test_a_panic_of_rust_code_is_an_error_and_ends_no_thread(self):
        class PanicException(BaseException):
            pass

        def panic():
            raise PanicException("index out of bounds")

        program = runs.Program([panic], ["a"])
        program.run(3)
        program.burst(2, 0.0)
        self.assertEqual(program.errors.found["PanicException"][1], 4)

    def test_no_trace_holds_frames_of_the_harness(self):
        program = runs.Program([[].pop], ["a"])
        program.run(1)
        self.assertEqual(program.errors.found["IndexError"][0], "IndexError: pop from empty list\n")

    def test_the_interpreter_says_which_c_function_broke_the_rules(self):
        texts = ["<built-in method popitem of _lru.LRU object at 0x52> returned a result with an exception set",
                 "<method 'pop' of 'list' objects> returned NULL without setting an exception",
                 "<class 'm.Table'> returned a result with an exception set", "<function m.Table.get at 0x1> returned NULL",
                 "error return without exception set", "returned NULL: <built-in method pop>"]
        self.assertEqual([blame.called_in(text) for text in texts], ["popitem", "pop", "Table", "get", "", ""])

    def test_serial_orders(self):
        done = []
        programs = [runs.Program([lambda n=n: done.append(n)], ["a"]) for n in range(3)]

        class Link:
            def beat(self):
                pass

        for order, expected in (("threads", [0, 0, 1, 1, 2, 2]), ("reversed", [2, 2, 1, 1, 0, 0]), ("turns", [0, 1, 2, 0, 1, 2])):
            done.clear()
            runs.Run(Link(), programs, 2).serial(order)
            self.assertEqual(done, expected)

    def test_a_crash_before_threads_began_is_no_matter_of_threads(self):
        class End:
            how, looking = "crash", False

        for phase, bad in (("serial", False), ("concurrent", True), ("observe", True)):
            End.phase = phase
            self.assertEqual(findings.Collector._is_bad(End, None), bad)

    def test_short_lists_are_made_longer_where_the_call_takes_that(self):
        taken, refused = [1, 2], [1, 2]

        def refuse():
            if len(refused) > 2:
                raise ValueError

        change.enlarge([taken], lambda: None)
        change.enlarge([refused], refuse)
        self.assertEqual((len(taken), refused), (200, [1, 2]))

    def test_gdb_text_becomes_frames_of_the_crashed_thread(self):
        text = ("#0  wait () from /lib/libc.so.6\n#1  main () from /usr/bin/python3.13t\n"
                "#0  pause () from /lib/libc.so.6\n#1  <signal handler called>\n#2  0x01 in find (x=1) at a.c:3\n"
                "#3  0x02 in PyObject_Call () from /usr/bin/python3.13t\n"
                "pc 0x10\npc 0x20\npc 0x10\npc 0x0\npc 0x30\npc 0x20\n")

        class Maps:
            @staticmethod
            def file_at(pc):
                return {0x10: "/lib/libc.so.6", 0x20: "/usr/bin/python3.13t", 0x30: "/site/pkg/_c.so"}.get(pc, "")

        stacks = native.parse(text, Maps)
        self.assertEqual([str(frame) for frame in stacks.frames()], ["_c.so!find", "python3.13t!PyObject_Call"])
        self.assertEqual(len(stacks.threads), 2)


@unittest.skipIf(sys.version_info < (3, 13), "the interpreters under test are newer")
class Replaying(support.Project):
    """Whole runs; the races need real threads but no luck."""

    def replay(self, what, **fields):
        self.write("racy.py", COMMON + PARTS[what], root=self.site)
        self.write("test_it.py", SUITE.format(what=what, body=BODIES[what]))
        found = self.run_job("test_it", mode="replay", top_level=["racy"], import_names=["racy"], threads=4,
                             stress_seconds=fields.pop("stress_seconds", 7), **fields)
        self.check_clean(found)
        last = {event["key"]: event for event in found.of("finding")}
        return list(last.values())

    def found_in(self, what, **fields):
        """The findings of a racy part; a busy machine gets a second, longer chance."""
        return self.replay(what, **fields) or self.replay(what, **{**fields, "stress_seconds": 40})

    def oracles(self, what, **fields):
        return {event["oracle"] for event in self.found_in(what, **fields)}

    def test_a_lost_update_is_found(self):
        found = self.found_in("lost")
        self.assertIn("lost-update", {event["oracle"] for event in found})
        event = next(one for one in found if one["oracle"] == "lost-update")
        self.assertEqual(event["controls"]["locked"][0] + event["controls"]["serial"][0], 0)
        self.assertTrue(event["key"].startswith("replay|"))
        self.assertEqual(event["tests"], ["test_it.Tests.test_lost"])

    def test_its_correct_twin_is_silent_and_was_played(self):
        self.assertEqual(self.replay("kept"), [])
        self.assertGreater(self.found.one("coverage")["ops_played"], 0)

    def test_a_crash_names_the_unit_and_costs_nothing_else(self):
        found = self.found_in("crash")
        self.assertEqual({event["oracle"] for event in found}, {"signal"})
        self.assertIn("racy.Crash work", {event["key"].split("|")[2] for event in found})
        self.assertEqual(found[0]["signal"], 11)

    @unittest.skipIf(getattr(sys, "_is_gil_enabled", lambda: True)(), "two calls that meet among thousands are rare with the GIL")
    def test_calls_in_a_burst_are_many_more_than_those_that_are_checked(self):
        self.assertEqual({event["oracle"] for event in self.found_in("worn")}, {"signal"})

    def test_a_view_of_an_object_that_others_change(self):
        found = self.found_in("view", stress_seconds=10)
        self.assertEqual({event["key"] for event in found}, {"replay|kin|racy.View|racy.Table"})
        self.assertEqual(found[0]["oracle"], "signal")

    def test_a_number_that_two_callers_got_is_found(self):
        found = self.found_in("numbers")
        self.assertEqual({event["oracle"] for event in found}, {"wrong-result"})
        self.assertIn("in every serial order", found[0]["title"])

    def test_another_order_of_what_was_added_is_no_loss(self):
        self.assertEqual(self.replay("line"), [])
        self.assertGreater(self.found.one("coverage")["ops_played"], 0)

    def test_what_no_public_name_shows_is_nobodys_loss(self):
        self.assertEqual(self.replay("counted"), [])
        self.assertGreater(self.found.one("coverage")["ops_played"], 0)

    def test_a_deadlock_is_told_from_an_endless_loop(self):
        found = self.found_in("stuck", stress_seconds=15)
        self.assertEqual({event["oracle"] for event in found}, {"deadlock"})
        self.assertRegex(found[0]["title"], r"^deadlock: thread 1 holds Stuck\.two and waits for Stuck\.one, "
                                            r"thread 2 holds Stuck\.one and waits for Stuck\.two \(racy\.py:\d+, :\d+\), when ")
        self.assertIn("thread 1: holds Stuck.two, waits for Stuck.one, racy.py:", found[0]["python_stack"])

    def test_two_objects_that_lock_each_other_are_a_deadlock(self):
        found = self.found_in("purse", stress_seconds=12)
        self.assertEqual({event["oracle"] for event in found}, {"deadlock"})
        self.assertEqual({event["key"] for event in found}, {"replay|cross|racy.Purse give|racy.Purse"})
        self.assertRegex(found[0]["title"], r"thread 1 holds Purse\.lock #[12] and waits for Purse\.lock #[12], thread 2 holds")

    def test_two_objects_that_are_locked_in_one_order_are_silent(self):
        self.assertEqual(self.replay("ordered"), [])

    def test_an_argument_that_others_change_is_played(self):
        found = self.found_in("walked", stress_seconds=12)
        self.assertEqual({event["oracle"] for event in found}, {"signal"})
        self.assertIn("replay|cross|racy.Reader read|racy.Box", {event["key"] for event in found})

    def test_what_grows_with_each_call_is_not_played_to_the_end(self):
        self.assertEqual(self.replay("grows"), [])

    def test_an_exception_that_no_serial_order_raises_is_found(self):
        found = self.found_in("odd")
        self.assertEqual({event["oracle"] for event in found}, {"exception"})
        self.assertEqual({event["function"] for event in found}, {"Odd.work"})

    def test_who_refuses_a_second_change_at_once_refuses_rightly(self):
        self.assertEqual(self.replay("lent"), [])
        self.assertGreater(self.found.one("coverage")["ops_played"], 0)

    def test_who_refuses_a_second_reader_is_found(self):
        self.assertEqual({(event["oracle"], event["function"]) for event in self.found_in("frozen")}, {("exception", "Frozen.size")})

    def test_a_static_buffer_gives_another_threads_result(self):
        self.assertEqual(self.oracles("echo"), {"wrong-result"})

    def test_where_a_shared_iterator_stands_is_no_finding(self):
        self.assertEqual(self.replay("walker"), [])
        self.assertGreater(self.found.one("coverage")["ops_played"], 0)

    def test_a_function_that_differs_by_design_is_not_accused(self):
        self.assertEqual(self.replay("number"), [])

    def test_a_focus_plays_its_keys_and_says_how_often_they_were_bad(self):
        keys = ["replay|self|racy.Lost add", "replay|self|racy.Nothing add"]
        self.found_in("lost", focus=keys, stress_seconds=8)
        played = {event["key"]: event for event in self.found.of("played")}
        self.assertGreater(played[keys[0]]["bad"], 0)
        self.assertEqual(played[keys[1]]["tries"], 0)

    def test_a_script_fails_by_itself(self):
        out = os.path.join(os.path.dirname(self.cwd), "out")
        os.mkdir(out)
        self.replay("lost", focus=["replay|self|racy.Lost add"], want_script=True, out_dir=out, stress_seconds=30)
        event = self.found.one("script")
        self.assertGreater(event["verified"][0], 0, event)
        with open(os.path.join(out, event["file"]), encoding="utf-8") as f:
            text = f.read()
        self.assertIn("import racy", text)
        self.assertNotIn("migrate_check_harness", text)
        ast.parse(text)


if __name__ == "__main__":
    unittest.main()
