"""The child's course: makes the work of every thread, finds out what it costs, measures in rounds, looks where threads wait.

A round takes every unit at every number of threads, on private and then on the shared
object, each for a short window; from round to round the order turns round (ABBA), so
that drift of the machine falls on all alike. S(N) = N * T(1) / T(N) over the same work:
each unit counts as much as it takes one thread the same time, so that S(N) is the
harmonic mean of the units' own.
"""
import random
import statistics

from . import waits
from .work import MOST_UNITS, looped, machine

BATCH = 0.0004             # seconds between two looks at the clock
WINDOW, LONG_WINDOW = 0.012, 0.025  # of one unit at one number of threads; with a GIL, whose turns are 5 ms long
LEAST_CALL, MOST_CALL = 3e-7, 0.01  # seconds of a call: the loop would be most of it; a window would hold too few
SLEEPS = 0.5               # share of its time that a call alone may sleep
UNSTEADY = 4.0             # a cost that changes by more while nothing else runs is no measure
LEAST_ROUNDS, MOST_ROUNDS = 3, 12
SHARE = 0.6                # of the seconds that the least rounds may take; what is before them has the rest
BUSY = 0.08                # share of a window that others may have had the cores; more, and it is taken again
TRIES = 4
FALLS = 1.05               # a unit's speedup below which it is asked where its threads wait
MOST_WAITS = 3


def thread_counts(most):
    """1, 2, 4, ... and the most."""
    counts, n = [], 1
    while n < most:
        counts.append(n)
        n *= 2
    return counts + [most]


def harmonic(speedups):
    """Of units that take one thread equally long."""
    return len(speedups) / sum(1 / one for one in speedups) if speedups and min(speedups) > 0 else 0.0


def most_units(seconds, most):
    """How many works fit: the same on both builds, so by the longer window."""
    each = LEAST_ROUNDS * len(thread_counts(most)) * LONG_WINDOW * 2  # private and shared
    return max(2, min(MOST_UNITS, int(SHARE * seconds / each)))


class Unit:
    """One work in one form (private or shared), with the bodies of all threads."""

    def __init__(self, work, objects, calls, repeats):
        self.work, self.objects = work, objects
        self.bodies = [looped(one, repeats) for one in calls]
        self.speedups = {}   # threads -> [S of each round]
        self.failed = ""


class Course:
    """gil: with a GIL nothing is asked of waiting threads, and windows are longer."""

    def __init__(self, link, gang, works, job, gil, place=None):
        self._link, self._gang, self._gil = link, gang, gil
        self._works = works
        self._chance = random.Random(f"scaling:{job.stress_seed}")
        self._counts = thread_counts(job.threads)
        self._most = most_units(job.stress_seconds, job.threads)
        self._window = LONG_WINDOW if gil else WINDOW
        self._place = place or waits.Place(lambda _: False)
        self.units = []
        self.left = {}       # reason -> count
        self._rounds = 0

    # -- material ------------------------------------------------------------------

    def _leave(self, why):
        self.left[why] = self.left.get(why, 0) + 1

    def prepare(self):
        """The units, and the machine's own; True when there is anything to measure."""
        taken = 0
        for work in self._works:
            if taken == self._most:
                self._leave(f"beyond the {self._most} most used")
                continue
            self._link.at(work.key, "prepare")
            made = self._make(work)
            self.units += made
            taken += bool(made)
        self._machine = [looped(one, 1) for one in self._gang.each(lambda _: machine())]
        return bool(self.units)

    def _make(self, work):
        if hasattr(work, "prepare"):
            try:
                work.prepare()
            except BaseException:
                self._leave("cannot be set up")
                return []
        calls = self._gang.each(lambda _: work.calls())
        if any(isinstance(one, BaseException) for one in calls):
            self._leave("cannot be made in a thread")
            return []
        repeats = self._repeats(calls[0])
        if not repeats:
            return []
        made = [Unit(work, "private", calls, repeats)]
        if work.object is not None:
            made += self._make_shared(work, repeats)
        return made

    def _make_shared(self, work, repeats):
        """The first thread makes the object, and so owns it, as it would without the others."""
        one = self._gang.each(lambda _: work.shared(), only=1)[0]
        if isinstance(one, BaseException):
            return []
        calls = self._gang.each(lambda _: work.calls(one))
        if any(isinstance(made, BaseException) for made in calls):
            return []
        return [Unit(work, "shared", calls, repeats)]

    def _repeats(self, calls):
        """Rounds of the calls in BATCH seconds of CPU time; 0 when they are no work to measure."""
        costs, slept = [], []
        try:
            for _ in range(4):
                repeats = 1
                while True:
                    seen = self._gang.window([looped(calls, repeats)], 0)
                    if seen.errors:
                        raise seen.errors[0]
                    if seen.cpu >= BATCH / 2 or seen.wall >= 2 * MOST_CALL:
                        break
                    repeats *= 2
                costs.append(seen.cpu / repeats)
                slept.append(1 - seen.overlap - (seen.busy or 0.0))
        except BaseException:
            self._leave("fails when it is repeated")
            return 0
        cost = min(costs)
        each = cost / len(calls)
        if each < LEAST_CALL or cost > MOST_CALL:
            self._leave("too short to measure" if each < LEAST_CALL else "too long for a window")
            return 0
        if min(slept) > SLEEPS:
            self._leave("it sleeps")
            return 0
        if statistics.median(costs[2:]) > UNSTEADY * cost:
            self._leave("its cost is not steady")
            return 0
        return max(int(BATCH / cost), 1)

    # -- rounds --------------------------------------------------------------------

    def seconds_of_round(self):
        windows = (len(self.units) + 1) * (self._window + 0.001)
        return windows * len(self._counts)

    def run(self, left):
        """Rounds while left() seconds allow it; sends each. At least LEAST_ROUNDS, unless there is no time at all."""
        self._has_time = lambda: left() > 0
        while self._rounds < MOST_ROUNDS:
            if left() < self.seconds_of_round() and (self._rounds >= LEAST_ROUNDS or left() < -2):
                break
            self._round()
            self._rounds += 1
        if not self._gil:
            self._ask_waits()

    def _measure(self, bodies):
        """The least disturbed window of a few."""
        best = None
        for _ in range(TRIES):
            seen = self._gang.window(bodies, self._window)
            if seen.errors or seen.busy is None or seen.busy <= BUSY:
                return seen
            if best is None or seen.busy < best.busy:
                best = seen
            if not self._has_time():
                break
        return best

    def _round(self):
        order = self._counts if self._rounds % 2 == 0 else self._counts[::-1]
        machine_seen = {}
        for n in order:
            machine_seen[n] = self._gang.window(self._machine[:n], self._window)
        seen = {}
        units = list(self.units)
        self._chance.shuffle(units)
        for unit in units:
            self._link.at(unit.work.key, "threads")
            seen[unit] = {n: self._measure(unit.bodies[:n]) for n in order}
        self._drop_failed(seen)
        base = machine_seen[1].rate
        points = [[n, round(machine_seen[n].rate / base, 4), round(machine_seen[n].overlap, 3)] for n in self._counts]
        for objects in ("private", "shared"):
            rows = [found for unit, found in seen.items() if unit.objects == objects]
            if rows:
                self._link.send({"round": self._rounds, "objects": objects, "machine": points, "points": self._points(rows),
                                 "busy": self._busy(rows, machine_seen), "units": len(rows)})

    def _busy(self, rows, machine_seen):
        """Share of the time that others had the cores, at the number of threads that they disturbed most, or beside
        the machine's own work; where the system does not say, what that work lacked."""
        if any(window.busy is None for row in rows for window in row.values()):
            return round(max(1 - min(window.overlap / n, 1) for n, window in machine_seen.items()), 3)
        beside = statistics.fmean(window.busy or 0.0 for window in machine_seen.values())
        return round(max(beside, *(statistics.fmean(row[n].busy for row in rows) for n in self._counts)), 3)

    def _points(self, rows):
        """[threads, pieces a second, speedup, overlap] over the units of one round."""
        once = statistics.fmean(row[1].rate for row in rows)
        points = []
        for n in self._counts:
            speedup = harmonic([row[n].rate / row[1].rate for row in rows])
            points.append([n, round(once * speedup, 3), round(speedup, 4), round(statistics.fmean(row[n].overlap for row in rows), 3)])
        return points

    def _drop_failed(self, seen):
        """What raises in threads is no work for the rounds that follow, nor for this one."""
        for unit in list(seen):
            bad = [window for window in seen[unit].values() if window.errors or window.rate <= 0]
            if bad:
                self._leave("fails in threads")
                self.units.remove(unit)
                del seen[unit]
                continue
            if any((window.busy or 0) > BUSY for window in seen[unit].values()):
                continue  # says nothing of the unit
            for n, window in seen[unit].items():
                unit.speedups.setdefault(n, []).append(window.rate / seen[unit][1].rate)

    # -- where threads wait ------------------------------------------------------------

    def _ask_waits(self):
        slow = []
        for unit in self.units:
            medians = {n: statistics.median(found) for n, found in unit.speedups.items() if n > 1 and len(found) > 1}
            if medians:
                n = min(medians, key=medians.get)
                if medians[n] < FALLS:
                    slow.append((medians[n], unit.work.key, n, unit))
        for speedup, key, n, unit in sorted(slow, key=lambda one: one[:3])[:MOST_WAITS]:
            self._link.at(key, "waits")
            found = waits.look(self._gang, unit.bodies[:n], self._place, self._chance)
            self._link.send({"wait": unit.work.title, "objects": unit.objects, "object": unit.work.object, "threads": n,
                             "speedup": round(speedup, 3), **found})
