"""What happens inside the forked child of a test mode: tests are tried alone, or played.

A play gives each thread (lane) a test. Set-ups and tear-downs take turns, bodies begin
at once; short bodies without set-up of their own are repeated without a pause, because
bodies that take microseconds hardly overlap otherwise.
"""
import contextlib
import io
import os
import sys
import threading
import time

from . import blame, locks, observe, perturb, team

LONGEST_TEST = 1.0    # seconds that a test may take alone
SHORT_SECONDS, TIGHT_SECONDS = 0.001, 0.01  # at least, at most between two common starts of a repeated body
MOST_TOLD = 3         # different failures of one play that are described
MEET_SECONDS = 0.05   # so much longer a play lasts on a busy machine, until its bodies met

_now, _cpu = time.perf_counter, time.thread_time


class Sink(io.TextIOBase):
    """Takes what is printed; has no state that threads could spoil."""

    encoding, errors = "utf-8", "replace"

    def writable(self):
        return True

    def write(self, text):
        return len(text)

    def fileno(self):
        return 1


def silence(error_fd):
    """Nothing that tests print goes on; what C code writes to stderr goes to error_fd."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(error_fd, 2)
    sys.stdout, sys.stderr = Sink(), Sink()


def _nothing():
    pass


# -- alone -----------------------------------------------------------------------


def probe(link, cases, numbers, own, codes, seconds):
    """Runs tests alone, twice each, until the seconds are over, and sends {"at", "why" or
    None, "seconds", "quick", "codes"} of each; then {"over": True}."""
    observer = observe.Observer(own)
    until = _now() + seconds
    for number in numbers:
        link.at(str(number), "alone")
        link.send({"at": number, **_probe_one(cases[number], observer, codes)})
        if _now() >= until:
            break
    link.send({"over": True})


def _probe_one(case, observer, codes):
    learner = perturb.Learner(codes) if codes else contextlib.nullcontext()
    start = _now()
    error = _attempt(case.prepare)
    observer.begin()
    if error is None:
        start = _now()
        with learner:
            error = _attempt(_whole, case)
    seconds = _now() - start
    why, quick = _why(error, case, "fails when run alone"), False
    if why is None and seconds > LONGEST_TEST:
        why = f"takes over {LONGEST_TEST:g} s"
    if why is None:
        observer.again()
        why, quick = _again(case, seconds)
    reasons = observer.end()
    why = reasons[0] if reasons and why != "skipped" else why
    return {"why": why, "seconds": seconds, "quick": why is None and quick, "codes": sorted(learner.seen) if codes else []}


def _whole(case):
    case.run(_nothing, contextlib.nullcontext())


def _attempt(step, *args):
    """The exception that a step raised, or None."""
    try:
        step(*args)
    except BaseException as error:
        return error
    return None


def _why(error, case, otherwise):
    if error is None:
        return None
    return "skipped" if _expected(error, case) else otherwise


def _expected(error, case):
    return sys.modules[type(case).__module__].expected(error)


def _again(case, seconds):
    """(why not, whether its body can be run by itself again and again): a second run in the
    same process, outside the main thread."""
    found = []

    def body():
        found.append(_attempt(_whole, case))
        if found[0] is None and seconds < TIGHT_SECONDS:
            found.append(_is_quick(case))
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join()
    if found[0] is None:
        return None, found[-1] is True
    again = _attempt(_whole, case)
    return "fails when repeated serially" if again is not None else "fails outside the main thread", False


def _is_quick(case):
    try:
        body = case.quick()
        if body is None:
            return False
        body()
        body()
        return True
    except BaseException:
        return False


# -- together --------------------------------------------------------------------


class Outside:
    """The lock that set-ups and tear-downs of all lanes take; entering it after the body
    ends the measure of the body's CPU time."""

    def __init__(self, lane, lock):
        self._lane, self._lock = lane, lock

    def __enter__(self):
        self._lane.body_ends()
        self._lock.acquire()

    def __exit__(self, *error):
        self._lock.release()


class Lane:
    """One thread of a play: runs its test until the time is over, and keeps what failed."""

    def __init__(self, number, case, own, play, locks):
        self.number, self.case = number, case
        self._own, self._play = own, play
        self._outside = Outside(self, locks[0])
        self._serial = locks[1]
        self._quick = case.quick() if number in play.quick else None
        self._gate = None
        self._cpu_at = None
        self.others = ()            # the other lanes
        self.inside = self.met = False  # its body runs now; it did while another lane's ran
        self.over = False
        self.began = self.ended = None
        self.runs = self.failures = self.skips = self.lacking = 0
        self.cpu = 0.0
        self.told = []

    def body_begins(self):
        if self._gate is not None:
            self._gate.wait()
        self.began = self.began or _now()
        self.inside = True
        for other in self.others if not self.met else ():
            if other.inside:
                self.met = other.met = True
        self._cpu_at = _cpu()

    def body_ends(self):
        if self._cpu_at is not None:
            self.cpu += _cpu() - self._cpu_at
            self._cpu_at = None
            self.inside = False
            self.ended = _now()

    def run(self, gate, seconds):
        """The thread's whole work. Without a gate, one after the other or under the lock."""
        self._gate = gate
        until = _now() + seconds
        meet = until + MEET_SECONDS if gate is not None else until
        while True:
            try:
                self._once(until)
            except BaseException as error:
                self._keep(error)
            self.body_ends()
            self.runs += 1
            if self._play.once or _now() >= (meet if self._may_meet() else until):
                self.over = True
                return

    def _may_meet(self):
        """Whether no lane has met another yet, and another is still to come."""
        return not (self.met or any(other.met for other in self.others) or all(other.over for other in self.others))

    def _once(self, until):
        if self._serial is not None:
            with self._serial:
                self._quick() if self._quick else self.case.run(_nothing, contextlib.nullcontext())
        elif self._quick is None:
            self.case.run(self.body_begins, self._outside)
        else:
            self.body_begins()
            self._tight(min(max(until, _now() + SHORT_SECONDS), _now() + TIGHT_SECONDS))

    def _tight(self, until):
        body = self._quick
        body()
        while not self._play.once and _now() < until:
            body()
            self.runs += 1

    def _keep(self, error):
        if _expected(error, self.case):
            self.skips += 1
        elif blame.excused(error):
            self.lacking += 1
        else:
            self.failures += 1
            told = [(one["type"], one["module"], one["function"]) for one in self.told]
            if len(told) < MOST_TOLD:
                found = blame.describe(error, self._own)
                if (found["type"], found["module"], found["function"]) not in told:
                    self.told.append(found)


def play(link, plays, cases, own, codes, seed, seconds):
    """Plays one after the other until the seconds are over, at least the first; sends {"at",
    "runs", "cpu", "wall", "met": [lane, ...], "failed": [[lane, count, told], ...]} of each; then {"over": True}."""
    plan = perturb.Perturber(codes, seed) if codes else contextlib.nullcontext()
    until = _now() + seconds
    for at, one in enumerate(plays):
        link.at(str(at), "prepare")
        for number in dict.fromkeys(one.lanes):
            cases[number].prepare()
            if one.arm == "warm":
                _attempt(_whole, cases[number])
        link.phase("play")
        with plan:
            if codes:
                plan.round(one.number)
            link.send({"at": at, **_play(one, cases, own, link)})
        if _now() >= until:
            break
    link.phase("clean up")
    for case in {type(case): case for case in cases}.values():
        case.clean_up()
    link.send({"over": True})


def _play(one, cases, own, link):
    setup, serial = threading.Lock(), threading.Lock() if one.arm == "locked" else None
    lanes = [Lane(number, cases[number], own, one, (setup, serial)) for number in one.lanes]
    for lane in lanes:
        lane.others = [other for other in lanes if other is not lane]
    if one.arm == "serial":
        share = one.seconds / len(lanes)
        bodies = [lambda gate: [lane.run(None, share) for lane in lanes]]
    else:
        # Each lane has to bind its own name: a plain closure would see the last one.
        bodies = [lambda gate, lane=lane: lane.run(None if serial else gate, one.seconds) for lane in lanes]
    found = team.run(bodies, one.patience, link.beat, lambda: sum(lane.runs for lane in lanes), gated=True,
                     standstill=lambda: locks.tell(link))
    return {"runs": [lane.runs for lane in lanes], "cpu": sum(lane.cpu for lane in lanes), "wall": _wall(lanes),
            "lacking": sum(lane.lacking for lane in lanes), "broken": [str(error)[:200] for error in found.errors],
            "met": [at for at, lane in enumerate(lanes) if lane.met],
            "failed": [[at, lane.failures, lane.told] for at, lane in enumerate(lanes) if lane.failures]}


def _wall(lanes):
    """Seconds from the first body's beginning to the last one's end."""
    begun = [lane for lane in lanes if lane.ended is not None]
    return max(lane.ended for lane in begun) - min(lane.began for lane in begun) if begun else 0.0
