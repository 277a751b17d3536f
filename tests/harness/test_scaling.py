"""The modes scaling-calls and scaling-tests: what is chosen, how rounds become numbers, where threads stand.

Numbers are injected where a number is checked; real runs are looked at for their structure
only, because a busy machine may show anything.
"""
import random
import threading
import time
import types
import unittest

import support

child = support.part("scaling.child")
course = support.part("scaling.course")
gang = support.part("scaling.gang")
waits = support.part("scaling.waits")
work = support.part("scaling.work")

KIT = '''
import threading
_lock = threading.Lock()

class Free:
    def __init__(self, n):
        self.items = list(range(n))
    def total(self):
        return sum(x * x % 7 for x in self.items)
    def grow(self):
        self.items.append(1)

class Locked(Free):
    def total(self):
        with _lock:
            return sum(x * x % 7 for x in self.items)

def fact(n):
    r = 1
    for i in range(2, n):
        r = r * i % 1000003
    return r
'''
SUITE = '''
import unittest
import kit

class T(unittest.TestCase):
    def test_free(self):
        one = kit.Free(200)
        self.assertEqual(one.total(), one.total())
        one.grow()
    def test_locked(self):
        one = kit.Locked(200)
        self.assertEqual(one.total(), one.total())
    def test_fact(self):
        self.assertEqual(kit.fact(100), kit.fact(100))
    def test_fails(self):
        self.assertEqual(kit.fact(3), 7)

class WithSetUp(unittest.TestCase):
    def setUp(self):
        self.one = kit.Free(3)
    def test_it(self):
        self.one.total()
'''


class Real(support.Project):
    """Whole processes."""

    def scale(self, mode, **fields):
        self.write("kit/__init__.py", KIT, self.site)
        self.write("test_kit.py", SUITE)
        found = self.run_job("discover", "-s", ".", mode=mode, import_names=["kit"], top_level=["kit"], threads=2,
                             patience=10.0, **{"stress_seconds": 5, **fields})
        self.check_clean(found)
        return found

    def check_rounds(self, found, kind, objects):
        rounds = [one for one in found.of("round") if one["objects"] == objects]
        self.assertTrue(rounds, found.output)
        for one in rounds:
            self.assertEqual(one["work"], kind)
            self.assertEqual([point[0] for point in one["points"]], [1, 2])
            self.assertEqual(one["points"][0][2], 1)
            self.assertTrue(all(value > 0 for point in one["points"] for value in point[:3]))
            self.assertTrue(0 <= one["busy"] <= 1)
            self.assertEqual([point[0] for point in one["machine"]], [1, 2])

    def test_calls_that_only_read_are_measured(self):
        found = self.scale("scaling-calls")
        keys = found.one("work")["keys"]
        self.assertEqual(set(keys) - {"scaling|kit.Free total", "scaling|kit.Locked total", "scaling|kit.fact"}, set())
        self.assertTrue(keys)
        self.check_rounds(found, "calls", "private")
        self.assertFalse(any("grow" in key for key in keys))  # it changes the object

    def test_focus_keeps_to_its_units_and_avoid_leaves_types_out(self):
        found = self.scale("scaling-calls", focus=["scaling|kit.fact", "scaling|kit.Free total"], avoid=["replay|self|kit.Free total"])
        self.assertEqual(found.one("work")["keys"], ["scaling|kit.fact"])
        self.assertEqual(found.one("coverage")["never_why"].get(child.AVOIDED), 2)  # the type, and its making
        self.assertEqual([one for one in found.of("round") if one["objects"] == "shared"], [])  # a function has no object

    def test_tests_that_need_no_set_up_are_measured(self):
        found = self.scale("scaling-tests")
        keys = found.one("work")["keys"]
        self.assertEqual(set(keys) - {f"scaling|test_kit.T.test_{name}" for name in ("free", "locked", "fact")}, set())
        self.check_rounds(found, "tests", "private")
        never = found.one("coverage")["never_why"]
        self.assertEqual(never.get("fails when run alone"), 1)
        self.assertEqual(never.get("needs a set-up for each run"), 1)


class Cores(unittest.TestCase):
    """Which processors the threads are bound to."""

    def test_one_of_each_core_comes_first(self):
        pairs = {0: b"0-1", 1: b"0-1", 2: b"2-3", 3: b"2-3", 4: b"4-5", 5: b"4-5"}
        self.assertEqual(gang.by_core({5, 4, 3, 2, 1, 0}, pairs.get), [0, 2, 4, 1, 3, 5])
        self.assertEqual(gang.by_core({1, 2, 3}, pairs.get), [1, 2, 3])
        self.assertEqual(gang.by_core({0, 1, 2}, {}.get), [0, 1, 2])


class FakeGang:
    """Answers windows from a table {threads: rate} for each body."""

    def __init__(self, busy=0.0):
        self.busy, self.idents = busy, []

    def each(self, make, only=None):
        return [make(number) for number in range(only or 2)]

    def window(self, bodies, seconds):
        rates = getattr(bodies[0], "rates", {1: 100, 2: 190})
        pieces = rates[len(bodies)] * seconds / len(bodies)
        return gang.Window([(pieces, seconds, seconds, self.busy * seconds)] * len(bodies))


class FakeLink:
    def __init__(self):
        self.sent = []

    def at(self, *_):
        pass

    def send(self, value):
        self.sent.append(value)


def a_course(rates, busy=0.0, gil=True):
    """A course over units with these rates, without threads."""
    job = types.SimpleNamespace(stress_seed="s", threads=2, stress_seconds=5.0)
    one = course.Course(FakeLink(), FakeGang(busy), [], job, gil)
    one._machine = [lambda until: 0] * 2
    for at, table in enumerate(rates):
        unit = course.Unit(types.SimpleNamespace(key=f"u{at}", title=f"u{at}", object=None), "private", [[int], [int]], 1)
        for body in unit.bodies:
            body.rates = table
        one.units.append(unit)
    return one


class Numbers(unittest.TestCase):
    """Injected rates."""

    def rounds(self, *rates, **how):
        one = a_course(rates, **how)
        left = iter([100.0] * 200)
        one.run(lambda: next(left, -10))
        return one, [found for found in one._link.sent if "round" in found]

    def test_each_unit_counts_by_its_time(self):
        _, rounds = self.rounds({1: 1000, 2: 2000}, {1: 10, 2: 5})  # 2x and 0.5x: as much time as 2 of 2.5
        self.assertAlmostEqual(rounds[0]["points"][1][2], 2 / (1 / 2 + 1 / 0.5), places=3)
        self.assertAlmostEqual(rounds[0]["points"][1][1], rounds[0]["points"][0][1] * 0.8, places=0)
        self.assertEqual(rounds[0]["units"], 2)
        self.assertEqual(rounds[0]["machine"][1][1], 1.9)

    def test_what_others_took_is_said(self):
        _, rounds = self.rounds({1: 1000, 2: 2000}, busy=0.3)
        self.assertAlmostEqual(rounds[0]["busy"], 0.3, places=3)

    def test_a_disturbed_unit_is_not_asked_where_it_waits(self):
        quiet, _ = self.rounds({1: 1000, 2: 600})
        loud, _ = self.rounds({1: 1000, 2: 600}, busy=0.3)
        self.assertEqual(set(quiet.units[0].speedups[2]), {0.6})
        self.assertEqual(loud.units[0].speedups, {})

    def test_counts_and_units(self):
        self.assertEqual(course.thread_counts(2), [1, 2])
        self.assertEqual(course.thread_counts(6), [1, 2, 4, 6])
        self.assertEqual(course.thread_counts(1), [1])
        self.assertEqual(course.most_units(0.1, 2), 2)
        self.assertEqual(course.most_units(1000, 2), work.MOST_UNITS)
        self.assertEqual(course.harmonic([]), 0.0)

    def test_a_window_counts_from_the_common_start(self):
        seen = gang.Window([(100, 1.0, 0.9, 0.0), (50, 2.0, 0.1, 0.5)])
        self.assertEqual(seen.rate, 125)
        self.assertEqual(seen.overlap, 0.5)
        self.assertEqual(seen.busy, 0.125)
        self.assertEqual([gang.put_off(0.4, 1, 3), gang.put_off(0.4, 2, 0), gang.put_off(0.4, 0, 9)], [0.1, 0.4, 0.0])
        self.assertIsNone(gang.Window([(1, 1.0, 1.0, None)]).busy)
        self.assertEqual(len(gang.Window([ValueError()]).errors), 1)

    def test_a_unit_that_raises_in_threads_is_left_out(self):
        one = a_course([{1: 1000, 2: 2000}])
        window = gang.Window([ValueError()])
        one._drop_failed({one.units[0]: {1: window, 2: window}})
        self.assertEqual((one.units, one.left), ([], {"fails in threads": 1}))


class Waits(unittest.TestCase):
    """Real threads that wait for a reason that does not depend on the machine."""

    def test_the_place_and_the_sleep_of_a_lock_are_seen(self):
        lock = threading.Lock()

        def held(until):
            while time.perf_counter() < until:
                with lock:
                    time.sleep(0.002)
            return 1
        own = __name__
        found = waits.look(gang.Gang(2), [held, held], waits.Place(lambda name: name == own), random.Random(1))
        self.assertIn("Waits.test_the_place_and_the_sleep_of_a_lock_are_seen.<locals>.held", found["place"])
        self.assertGreater(found["stacks"], 0)
        self.assertGreater(found["blocked"], 0)

    def test_native_code_has_no_frame(self):
        body = work.looped([lambda: None], 1)
        threads = gang.Gang(1)
        threads.begin([lambda until: time.sleep(0.05) or 1], 0.05)
        threads.end()
        self.assertEqual(waits.Place(lambda _: False).of(None), waits.NATIVE)
        self.assertGreater(threads.window([body], 0.01).rate, 0)

    def test_threads_keep_apart_what_they_make(self):
        made = gang.Gang(3).each(lambda number: (number, threading.get_ident()))
        self.assertEqual([number for number, _ in made], [0, 1, 2])
        self.assertEqual(len({ident for _, ident in made}), 3)


if __name__ == "__main__":
    unittest.main()
