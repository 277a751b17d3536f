"""The mode "scaling-tests": how the throughput of passing tests grows with threads.

Tests whose body can be repeated as good as fresh (no fixture of function scope, no
set-up) are tried alone, then repeated from 1, 2, 4, ... threads (scaling/course.py):
each thread has its own instances, what is of wider scope is shared, as in the suite.
"""
from .scaling import child, work
from .stress import blame, campaign, lanes, team, test_mode

TRIED_AT_ONCE, TRIED_SECONDS, MOST_TRIED = 12, 2.0, 96
LONGEST = 0.02             # seconds of a test that is worth trying
NOT_QUICK = "needs a set-up for each run"


class Mode(test_mode.TestMode):
    """Its keys are "scaling|<test id>"."""

    prefix = "scaling"

    def run(self, cases):
        self.report.resume()
        Tests(self.context, self.report, cases).run()


class Tests(campaign.Campaign):
    """The part of a campaign that tries tests alone, and then the course."""

    class _Shape:
        perturbed = False

    def __init__(self, context, report, cases):
        super().__init__(context, report, cases, self._Shape)
        self._context = context

    def run(self):
        waiting = self._candidates()
        self._report.phase("calibrate", len(waiting))
        share = 0.4 * self._job.stress_seconds
        chosen = []
        while waiting and len(chosen) <= work.MOST_UNITS and self._report.left() > self._job.stress_seconds - share:
            chunk, waiting = waiting[:TRIED_AT_ONCE], waiting[TRIED_AT_ONCE:]
            self._probe(chunk, TRIED_SECONDS)
            chosen += [number for number in chunk if number in self._known and self._fits(number)]
            waiting = [number for number in chunk if number not in self._known] + waiting
        works = [work.Test(self._cases[number]) for number in chosen]
        runs = child.Runs(self._context, self._report, "tests", self._quiet_child, self._own.module)
        runs.run(works, self._reasons())

    def _candidates(self):
        """The numbers to try, in an order that only the seed decides."""
        focus = child.names_in(self._job.focus or ())
        avoid = child.names_in(self._job.avoid)
        waiting = []
        for number, case in enumerate(self._cases):
            if self._job.focus is not None and case.id not in focus:
                continue
            why = child.AVOIDED if case.id in avoid else case.why_not
            if why is None:
                waiting.append(number)
            else:
                self._why[number] = why
        team.rng(self._job.stress_seed, "scaling").shuffle(waiting)
        return waiting[:MOST_TRIED]

    def _fits(self, number):
        known = self._known.get(number) or {}
        if number in self._why:
            return False
        if not known.get("quick") or known["seconds"] > LONGEST:
            self._why[number] = "too long for a window" if known.get("quick") else NOT_QUICK
        return number not in self._why

    def _reasons(self):
        reasons = {}
        for why in self._why.values():
            reasons[why] = reasons.get(why, 0) + 1
        return reasons

    def _quiet_child(self, inner, seconds, **_):
        return self._child(inner, seconds)[0]
