"""Many tests share a child: what one of them does must cost and accuse that one alone."""
import os
import subprocess
import unittest

import support
import test_stress_modes as modes

campaign = support.part("stress.campaign")
isolate = support.part("stress.isolate")

FINE = "self.assertEqual(pack.fine(1), 2)"


class Batches(modes.Stressed):
    """Suites whose tests are all played in one child, as far as none of them ends it."""

    def among(self, body, others=30):
        """A suite that has the body in its middle, as test_15."""
        return modes.cases(*[FINE] * (others // 2), body, *[FINE] * (others - others // 2))

    def all_played(self, body, seconds):
        """What was found, and all 31 tests played; a busy machine gets a second, longer chance."""
        found = self.stress("test_it.py", self.among(body), seconds=seconds)
        if found.one("coverage")["parallel"] < 31:
            found = self.stress("test_it.py", self.among(body), seconds=5 * seconds)
        self.assertEqual(found.one("coverage")["parallel"], 31, self.serialised(found))
        return found

    def test_a_crash_in_the_middle_is_its_tests_alone_and_the_rest_is_played(self):
        one = self.only(self.all_played("pack.crash()", 10))
        self.assertEqual((one["key"], one["oracle"]), ("same-test|test_it.T.test_15", "signal"))

    def test_a_hang_in_the_middle_is_its_tests_alone_and_the_rest_is_played(self):
        one = self.only(self.all_played("pack.deadlock()", 25))
        self.assertEqual((one["key"], one["oracle"]), ("same-test|test_it.T.test_15", "deadlock"))

    def test_a_test_that_ends_the_child_without_an_error_is_left_out_and_the_rest_is_played(self):
        found = self.stress("test_it.py", self.among("with pack.Both() as two:\n    if two:\n        os._exit(0)"), seconds=8)
        self.assertEqual((self.findings(found), self.serialised(found)), ({}, {"ends the process": 1}))
        self.assertEqual(found.one("coverage")["parallel"], 30)

    def test_what_a_childs_time_did_not_reach_is_played_by_the_next(self):
        suite = modes.cases(*["time.sleep(0.01)"] * 6) + "    def setUp(self):\n        time.sleep(0.15)\n"
        found = self.stress("test_it.py", suite, seconds=15)
        self.assertEqual((self.findings(found), found.one("coverage")["parallel"]), ({}, 6), self.serialised(found))


class Coverage(modes.Stressed):
    def test_only_bodies_that_were_in_two_threads_at_once_count(self):
        found = self.stress("test_it.py", modes.cases(FINE, FINE), control="locked")
        self.assertEqual(found.one("coverage")["parallel"], 0)
        self.assertEqual(self.serialised(found), {"over before another thread began": 2})


REPEATED = """
import sys, pytest
sys.path.insert(0, HERE)
import support
case_pytest = support.part("stress.case_pytest")

class Look:
    def pytest_collection_finish(self, session):
        for item in session.items:
            case = case_pytest.Case(item, item.name, "")
            case.prepare()
            print("repeated" if case.quick() else "whole", item.name)
        session.items.clear()

pytest.main(["-p", "no:cacheprovider", "test_it.py"], plugins=[Look()])
"""


@modes.NEEDS_PYTEST
class Repeated(support.Project):
    """Bodies that are repeated without a set-up between meet a hundred times more often."""

    def test_a_body_is_repeated_where_nothing_must_be_fresh_for_it(self):
        self.write("test_it.py", """
            import pytest
            @pytest.fixture(scope="session", params=[1])
            def wide(request): return request.param
            @pytest.fixture
            def narrow(): return []
            def test_plain(): pass
            def test_wide(wide): pass
            def test_narrow(wide, narrow): pass
            def test_request(request): pass
            """)
        script = REPEATED.replace("HERE", repr(os.path.dirname(os.path.abspath(__file__))))
        done = subprocess.run([support.PYTEST_PYTHON, "-c", script], cwd=self.cwd, capture_output=True, text=True, timeout=120)
        seen = [line for line in done.stdout.splitlines() if line.startswith(("repeated", "whole"))]
        self.assertEqual(seen, ["repeated test_plain", "repeated test_wide[1]", "whole test_narrow[1]", "whole test_request"], done.stderr)


def an_end(how):
    """Of a child, without stacks."""
    end = isolate.End()
    end.how = how
    return end


class Blame(unittest.TestCase):
    """A crash outside the package's extensions, in the last of the plays of a child."""

    def who(self, alone):
        """The tests of the play that is blamed, when those in `alone` crash in a child of their own."""
        one = campaign.Campaign.__new__(campaign.Campaign)
        one._left = lambda: 1.0
        one._run_plays = lambda plays: (an_end("crash" if plays[0].lanes[0] in alone else "done"), "")
        plays = [campaign.Play("same-test", [number], 0.003) for number in range(4)]
        return one._who(plays, an_end("crash"), "")[0].lanes

    def test_a_test_that_crashes_alone_is_blamed_for_its_own_crash(self):
        self.assertEqual(self.who({2, 3}), [3])

    def test_memory_that_an_earlier_test_spoiled_is_that_tests(self):
        self.assertEqual(self.who({0, 1}), [1])

    def test_what_none_shows_alone_stays_where_it_was_seen(self):
        self.assertEqual(self.who(set()), [3])


if __name__ == "__main__":
    unittest.main()
