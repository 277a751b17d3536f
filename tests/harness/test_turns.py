"""Two processes that take turns, test by test: the order, and what may go wrong with it."""
import os
import socket
import threading
import unittest

import drive
from support import NO_PYTEST, PYTEST_PYTHON, Project

LOG = """
    import os, sys
    def log(word):
        with open(os.environ["LOG"], "a") as f:
            f.write(os.environ["SIDE"] + word + " ")
    """
PLAIN = """
    import unittest
    from logs import log
    class T(unittest.TestCase):
        @classmethod
        def setUpClass(cls): log("+")
        @classmethod
        def tearDownClass(cls): log("-")
        def test_0(self): log("0")
        def test_1(self): log("1")
        def test_2(self): log("2")
        def test_3(self): log("3")
    """
FUNCTIONS = """
    import pytest
    from logs import log
    @pytest.fixture
    def logged():
        log("(")
        yield
        log(")")
    def test_0(logged): log("0")
    def test_1(logged): log("1")
    def test_2(): log("2")
    """


class Duel(Project):
    """Runs two processes; the first is A."""

    def duel(self, *args, a=None, b=None, **fields):
        self.log = os.path.join(self.cwd, "log.txt")
        self.write("logs.py", LOG, self.site)
        ends = [end.detach() for end in socket.socketpair()]
        runs = [None, None]

        def play(side):
            job = {"runner": self.runner, "cwd": self.cwd, "site": self.site, "args": list(args), "mode": "turns",
                   "turn_fd": ends[side], "turn_first": side == 0, "import_names": ["logs"], "top_level": ["logs"], **fields}
            env = {"PYTHONPATH": self.site, "SIDE": "AB"[side], "LOG": self.log, **((a, b)[side] or {})}
            runs[side] = drive.run(self.python, job, env=env, inherit=ends[side])

        threads = [threading.Thread(target=play, args=(side,)) for side in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return runs

    def order(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read().split()

    def check_turns(self, found, taken, lost=None):
        self.check_clean(found)
        turns = found.one("turns")
        self.assertEqual((turns["taken"], turns["lost"]), (taken, lost), found.output)


class Order(Duel):
    def test_neighbours_swap_from_test_to_test(self):
        self.write("test_a.py", PLAIN)
        a, b = self.duel("test_a")
        self.assertEqual([w for w in self.order() if w[1] not in "+-"], ["A0", "B0", "B1", "A1", "A2", "B2", "B3", "A3"])
        for found in (a, b):
            self.check_turns(found, 4)

    def test_class_fixtures_are_part_of_the_turn(self):
        self.write("test_a.py", PLAIN)
        self.write("test_b.py", PLAIN)
        self.duel("test_a", "test_b")
        self.assertEqual(self.order()[:10], ["A+", "A0", "B+", "B0", "B1", "A1", "A2", "B2", "B3", "A3"])
        self.assertEqual(self.order()[10:13], ["A-", "A+", "A0"])

    def test_imports_are_turns_too(self):
        self.write("slow.py", """
            import time
            from logs import log
            log("<")
            time.sleep(0.3)
            log(">")
            """, self.site)
        self.write("test_a.py", PLAIN)
        self.duel("test_a", import_names=["slow"])
        self.assertEqual(self.order()[:4], ["A<", "A>", "B<", "B>"])

    def test_repetitions_go_on_with_the_turns(self):
        self.write("test_a.py", PLAIN)
        a, b = self.duel("test_a", repeat=2)
        words = [w for w in self.order() if w[1] not in "+-"]
        self.assertEqual("".join(w[0] for w in words), "ABBAABBAABBAABBA")
        self.check_turns(a, 8)
        self.check_turns(b, 8)

    def test_what_is_timed_runs_on_one_processor(self):
        self.write("places.py", """
            import os
            from logs import log
            def place(): log("1" if len(os.sched_getaffinity(0)) == 1 else "n")
            place()
            """, self.site)
        self.write("test_a.py", """
            import unittest
            from places import place
            place()
            class T(unittest.TestCase):
                def test_x(self): place()
            """)
        self.duel("test_a", import_names=["places"], turn_cpu=min(os.sched_getaffinity(0)))
        words = self.order()
        several = "n" if len(os.sched_getaffinity(0)) > 1 else "1"
        for side in "AB":
            self.assertEqual([w for w in words if w[0] == side], [f"{side}1", f"{side}{several}", f"{side}1"])

    def test_cpu_time_tells_waiting(self):
        self.write("test_a.py", """
            import time, unittest
            class T(unittest.TestCase):
                def setUp(self):
                    end = time.process_time() + 0.3
                    while time.process_time() < end: pass
                def test_busy(self):
                    end = time.process_time() + 0.2
                    while time.process_time() < end: pass
                def test_sleep(self): time.sleep(0.2)
            """)
        a, _ = self.duel("test_a")
        times = {e["id"].rpartition(".")[2]: e for e in a.of("result")}
        self.assertTrue(200_000_000 <= times["test_busy"]["cpu_ns"] < 300_000_000)  # without the set-up's
        self.assertLess(times["test_sleep"]["cpu_ns"], 100_000_000)
        self.assertGreaterEqual(times["test_sleep"]["call_ns"], 200_000_000)


class Trouble(Duel):
    def test_other_tests_on_one_side(self):
        self.write("test_a.py", PLAIN)
        self.write("test_b.py", """
            import os, unittest
            class U(unittest.TestCase):
                def test_4(self): pass
                def test_5(self): pass
                if os.environ["SIDE"] == "A":
                    def test_6(self): pass
                    def test_7(self): pass
            """)
        a, b = self.duel("test_a", "test_b")
        self.check_turns(b, 6)
        self.check_turns(a, 8)

    def test_a_death_ends_the_other(self):
        self.write("test_a.py", PLAIN.replace('log("1")', 'os._exit(3) if os.environ["SIDE"] == "B" else log("1")')
                   .replace("import unittest", "import os, unittest"))
        a, b = self.duel("test_a")
        self.assertEqual(b.code, 3)
        self.assertEqual(a.one("turns")["lost"], "the other process ended", a.output)
        self.assertLess(len(a.of("result")), 4)

    def test_a_foreign_byte_is_no_turn(self):
        self.write("test_a.py", PLAIN.replace('log("1")', 'self.forge()').replace("@classmethod", """def forge(self):
            for fd in range(3, 1100):
                try:
                    if os.environ["SIDE"] == "A" and stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, b"x")
                except OSError: pass
        @classmethod""", 1).replace("import unittest", "import os, stat, unittest"))
        _, b = self.duel("test_a")
        self.assertEqual(b.one("turns")["lost"], "a byte that was not the other process's")

    def test_a_closed_channel_is_lost_on_both_sides(self):
        self.write("test_a.py", PLAIN.replace('log("1")', 'os.environ["SIDE"] == "A" and os.closerange(3, 1100)')
                   .replace("import unittest", "import os, unittest"))
        a, b = self.duel("test_a")
        self.assertEqual(b.one("turns")["lost"], "the other process ended", b.output)
        self.assertIsNone(a.one("end"))  # its events went with it


@unittest.skipUnless(PYTEST_PYTHON, NO_PYTEST)
class Pytest(Duel):
    runner = "pytest"

    def setUp(self):
        super().setUp()
        self.python = (PYTEST_PYTHON or "").split(":")[0]

    def test_fixtures_are_part_of_the_turn_and_not_of_the_call(self):
        self.write("test_a.py", FUNCTIONS)
        a, b = self.duel("test_a.py")
        self.assertEqual(" ".join(self.order()), "A( A0 A) B( B0 B) B( B1 B) A( A1 A) A2 B2")
        self.check_turns(a, 3)
        self.check_turns(b, 3)

    def test_set_up_of_a_test_case_is_not_of_the_call(self):
        self.write("test_a.py", """
            import time, unittest
            class T(unittest.TestCase):
                def setUp(self): time.sleep(0.3)
                def test_x(self): pass
            """)
        a, _ = self.duel("test_a.py")
        result = a.one("result")
        self.assertGreaterEqual(result["total_ns"] - result["call_ns"], 300_000_000)

    def test_each_kind_of_test_is_timed(self):
        self.write("test_a.py", """
            import asyncio, time
            def busy():
                end = time.process_time() + 0.1
                while time.process_time() < end: pass
            def test_function(): busy()
            class TestC:
                def test_method(self, tmp_path): busy()
            async def test_async(): busy()
            def test_raises():
                busy()
                raise ValueError("x")
            """)
        self.write("conftest.py", """
            import asyncio, inspect
            def pytest_pyfunc_call(pyfuncitem):
                if inspect.iscoroutinefunction(pyfuncitem.obj):
                    asyncio.run(pyfuncitem.obj())
                    return True
            """)
        a, _ = self.duel("test_a.py")
        self.assertEqual([e["status"] for e in a.of("result")], ["passed"] * 3 + ["failed"])
        for event in a.of("result"):
            self.assertGreaterEqual(event["cpu_ns"], 100_000_000, event)
            self.assertGreaterEqual(event["call_ns"], 100_000_000, event)

    def test_what_ends_one_side_early_ends_the_other(self):
        self.write("test_a.py", FUNCTIONS + """
    def test_3():
        import os, signal
        if os.environ["SIDE"] == "A":
            os.kill(os.getpid(), signal.SIGKILL)
    def test_4(): pass
    def test_5(): pass
    """)
        a, b = self.duel("test_a.py")
        self.assertEqual(a.code, -9)
        self.assertEqual(b.one("turns")["lost"], "the other process ended")
        self.assertIsNotNone(b.one("stopped"))


if __name__ == "__main__":
    unittest.main()
