"""Runs of programs by threads, or by one thread in some serial order, and what came of them.

A program is what one thread does: calls in order, again and again. Its exceptions and
wrong results are kept, and none of them ends the run.
"""
import collections
import contextlib
import itertools
import random
import threading
import time

from . import blame, forbid, locks, operations, pool, values
from .team import Gate

SLOW_SERIAL = 0.3          # seconds that a serial order may take
STANDSTILL = 1.5           # seconds without a call: the locks are looked at
CHUNK = 16                 # calls between two signs of life
BURST_CHUNKS = 300         # most, of a burst

_now = time.perf_counter
_LEAVES = values.LEAVES
_OURS = (pool.Unbuildable, values.NotKept, forbid.NotReplayed, operations.Suspends)


def _is_excused(error):
    return isinstance(error, _OURS) or blame.excused(error)


class TooSlow(Exception):
    """A serial order takes much longer than was measured: something grows with each call."""


class TooLong(Exception):
    """Threads take much longer than one thread does: fewer repetitions are enough."""


class Errors:
    """The exceptions of one run: type name -> [first one's trace, how often, its places, its text, whether it refuses sharing]."""

    def __init__(self):
        self.found = {}

    def add(self, error):
        """True where the call refused, rightly, to be done: what it was to change stays as it was."""
        excused, refuses = _is_excused(error), blame.refuses_sharing(error)
        known = self.found.get(type(error).__name__)
        if known is not None:
            known[1] += 1
        elif not excused:
            self.found[type(error).__name__] = [blame.text_of(error), 1, places_of(error), str(error)[:200], refuses]
        return excused or refuses

    def __iter__(self):
        return iter(list(self.found))


def places_of(error):
    """(module, function) of the frames that the exception went through, innermost first."""
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append((str(trace.tb_frame.f_globals.get("__name__", "")), trace.tb_frame.f_code.co_qualname))
        trace = trace.tb_next
    return places[::-1]


class Program:
    """What one thread does: calls with what they are expected to give, in order."""

    __slots__ = ("calls", "expected", "labels", "errors", "refused", "wrong", "done", "kept")

    def __init__(self, calls, labels, expected=None):
        self.calls, self.labels, self.expected = calls, labels, expected
        self.errors = Errors()
        self.refused = set()  # labels of which a call refused to be done
        self.wrong = None
        self.done = 0
        self.kept = None  # a list, for what each call gave: values.outcome()

    def step(self, at):
        at %= len(self.calls)
        if self.kept is not None:
            self._keep(at)
            return
        try:
            value = self.calls[at]()
        except _LEAVES:
            raise
        except BaseException as error:
            if self.errors.add(error):
                self.refused.add(self.labels[at])
            if self.expected is not None and self.wrong is None and self.expected[at] is not None:
                self._compare(at, ("raised", type(error).__name__))
            return
        if self.expected is not None and self.wrong is None and self.expected[at] is not None:
            try:
                shown = ("ok", values.plain(value))
            except Exception:
                return
            self._compare(at, shown)

    def _keep(self, at):
        raised = []
        shown = values.outcome(self.calls[at], raised.append)
        for error in raised:
            shown = ("opaque",) if self.errors.add(error) else shown
        self.kept.append(shown)

    def _compare(self, at, shown):
        if shown != self.expected[at] and shown[0] == "ok":
            self.wrong = (self.labels[at], repr(self.expected[at][1:])[:300], repr(shown[1:])[:300])

    def run(self, loops):
        for start in range(0, loops, CHUNK):
            for at in range(start, min(start + CHUNK, loops)):
                self.step(at)
            self.done = start

    def burst(self, chunk, seconds, lock=None):
        """The calls one after the other with nothing between them, for so many seconds and at most
        so many chunks: what they give is not looked at, so that they meet as often as they can.
        Under a lock, if there is one, that is held for a chunk."""
        calls = itertools.cycle(self.calls)
        until = _now() + seconds
        for _ in range(BURST_CHUNKS):
            try:
                with lock or contextlib.nullcontext():
                    for call in itertools.islice(calls, chunk):
                        call()
            except _LEAVES:
                raise
            except BaseException as error:
                self.errors.add(error)
            self.done += 1
            if _now() > until:
                break

    def run_locked(self, loops, lock):
        for at in range(loops):
            with lock:
                self.step(at)
            self.done = at


class Run:
    """One run of programs, by threads or in a serial order."""

    def __init__(self, link, programs, loops):
        self._link, self.programs, self.loops = link, programs, loops
        self.overlap = self.wall = 0.0

    def threads(self, lock=None):
        """Each program in a thread, all begun at once; under one lock for each call if there is one."""
        if lock is None:
            return self._together(lambda program: program.run(self.loops))
        return self._together(lambda program: program.run_locked(self.loops, lock))

    def _together(self, play):
        gate = Gate(len(self.programs))

        def body(program):
            gate.wait()
            play(program)

        team = [threading.Thread(target=body, args=(one,), daemon=True) for one in self.programs]
        cpu, start = time.process_time(), _now()
        for one in team:
            one.start()
        self._wait(team)
        self.wall = _now() - start
        self.overlap = (time.process_time() - cpu) / self.wall if self.wall > 0 else 0.0
        return self

    def _wait(self, team):
        """Beats while any thread gets on; without that the parent takes it for a hang, and
        is told which locks the threads wait for."""
        before, moved_at = None, _now()
        for one in team:
            while one.is_alive():
                one.join(0.02)
                done = [program.done for program in self.programs]
                if done != before:
                    self._link.beat()
                    before, moved_at = done, _now()
                elif moved_at is not None and _now() - moved_at > STANDSTILL:
                    moved_at = None  # once
                    locks.tell(self._link)

    def serial(self, order):
        """order: "threads" (one program after the other), "reversed" (the last one first), "turns", or a random.Random."""
        todo = [(program, at) for program in self._in_order(order) for at in range(self.loops)]
        if order == "turns":
            todo = [(program, at) for at in range(self.loops) for program in self.programs]
        elif isinstance(order, random.Random):
            order.shuffle(todo)
        until = _now() + SLOW_SERIAL
        for program, at in todo:
            program.step(at)
            if _now() > until:
                raise TooSlow
        self._link.beat()
        return self

    def _in_order(self, order):
        return self.programs[::-1] if order == "reversed" else self.programs

    def results(self):
        """How often each result was given, by whichever thread; None when one cannot be compared."""
        given = [one for program in self.programs for one in program.kept or ()]
        return None if ("opaque",) in given else collections.Counter(map(repr, given))

    def errors(self):
        found = {}
        for program in self.programs:
            for name, what in program.errors.found.items():
                found.setdefault(name, what)
        return found

    def refused(self):
        return set().union(*(program.refused for program in self.programs))

    def wrong(self):
        return next((program.wrong for program in self.programs if program.wrong), None)


class Burst(Run):
    """A run in bursts: for so many seconds, without looking at what the calls give. `loops` calls are a chunk."""

    def __init__(self, link, programs, loops, seconds):
        super().__init__(link, programs, loops)
        self._seconds = seconds

    def threads(self, lock=None):
        return self._together(lambda program: program.burst(self.loops, self._seconds, lock))

    def serial(self, order):
        for program in self._in_order(order):
            program.burst(self.loops, self._seconds)
            self._link.beat()
        return self
