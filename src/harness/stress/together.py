"""How mode tsan runs a test in threads: what each thread does, and for how long.

All threads but one run the test's body on the same objects: pytest's fixtures, or one
TestCase that was set up once. The last one runs it with a set-up of its own and, in turn,
earlier tests: state of the whole process changes only when different calls meet.
"""
import itertools
import threading
import time

from . import team

JOIN_SECONDS = 20   # threads that take longer do not come back
START_SECONDS = 0.002
MOST_ROUNDS = 500
QUICK_ROUNDS = 3    # in a slice, of a test that later ones are mixed with
MOST_KEPT, MOST_MIXED = 500, 6
_now = time.monotonic


def _nothing():
    pass


class Parts:
    """What threads need of one test: begin(), then shared() in all threads but one and own()
    in that, then end(). Without own there are only the shared objects. `apart` says that
    own() may run at any time later too."""

    def __init__(self, shared, own=None, begin=_nothing, end=_nothing, apart=False):
        self.shared, self.own, self.begin, self.end, self.apart = shared, own or shared, begin, end, apart


def parts_of_case(case):
    """Of a TestCase, by copies of it."""
    shared, own = (type(case)(case._testMethodName) for _ in range(2))

    def whole():
        own.setUp()
        try:
            getattr(own, own._testMethodName)()
        finally:
            own.tearDown()
            own.doCleanups()

    def end():
        try:
            shared.tearDown()
        finally:
            shared.doCleanups()
    return Parts(getattr(shared, shared._testMethodName), whole, shared.setUp, end, apart=True)


class Start:
    """Lets threads go at one moment, which they wait for without a lock: one that leaves a
    barrier later than another is ordered behind what that did meanwhile."""

    def __init__(self, threads):
        self._barrier = threading.Barrier(threads, self._set)
        self._at = 0.0

    def _set(self):
        self._at = _now() + START_SECONDS

    def wait(self):
        self._barrier.wait(JOIN_SECONDS)
        while _now() < self._at:
            pass


class Together:
    """Plays tests, one after the other."""

    slice_seconds = 0.1

    def __init__(self, seed, threads):
        self._sharing = max(1, threads - 1)
        self.left = False       # threads that did not come back
        self.overlap = team.Overlap()
        self._rng = team.rng(seed, "together")
        self._others = []

    def play(self, parts, seconds):
        """The test's body in threads, for about so many seconds. Outcomes say nothing here.

        In slices with new threads and objects: the first calls on an object race most,
        and what a body uses up is there again."""
        until, slices, rounds = _now() + seconds, 0, 0
        while slices == 0 or (_now() < until and not self.left):
            rounds += self._slice(parts)
            slices += 1
        if parts.apart and rounds >= QUICK_ROUNDS * slices and not self.left:
            del self._others[:len(self._others) + 1 - MOST_KEPT]
            self._others.append(parts.own)

    def _slice(self, parts):
        others = self._rng.sample(self._others, min(MOST_MIXED, len(self._others)))
        shared = parts.shared if _attempt(parts.begin) else parts.own
        rounds = self._run([shared] * self._sharing + [_in_turn([parts.own, *others])], self.slice_seconds)
        _attempt(parts.end)
        return rounds

    def _run(self, bodies, seconds):
        """Runs bodies[i]() in thread i, all from one moment on, again and again; the fewest
        rounds of a thread. Nothing but the start is shared: whatever orders two threads
        hides a race."""
        until = _now() + seconds
        start = Start(len(bodies))
        spent = []
        threads = [threading.Thread(target=_repeat, args=(body, start, until, spent), daemon=True) for body in bodies]
        began = _now()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, began + JOIN_SECONDS - _now()))
        self.left = any(thread.is_alive() for thread in threads)
        self.overlap.add(sum(cpu for cpu, _ in spent), _now() - began)
        return min((rounds for _, rounds in spent), default=0)


def _in_turn(bodies):
    turn = itertools.cycle(bodies)
    return lambda: next(turn)()


def _attempt(step):
    try:
        step()
    except BaseException:
        return False
    return True


def _repeat(body, start, until, spent):
    rounds = 0
    try:
        start.wait()
    except threading.BrokenBarrierError:
        return
    began = time.thread_time()
    while rounds < MOST_ROUNDS and (rounds == 0 or _now() <= until):
        _attempt(body)
        rounds += 1
    spent.append((time.thread_time() - began, rounds))
