"""N threads that begin at the same moment, and what became of each of them.

    team = team.run([body, body, ...], patience=5, beat=link.beat)

Every thread keeps its own outcome; none hides another's. Joins have a deadline: when
no thread gets on for `patience` seconds, beat() is called no more, so that whoever
watches this process (isolate.py) finds it standing still and takes its stacks.
"""
import hashlib
import random
import threading
import time

JOIN_SECONDS = 0.02
SPIN_SECONDS = 0.0003  # all threads are awake by then, and none has to be woken

_now, _cpu = time.perf_counter, time.thread_time


def rng(*names):
    """A random.Random that depends on nothing but the names (the seed first)."""
    text = "|".join(map(str, names))
    return random.Random(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest())


class Gate:
    """A barrier that threads may also leave, and that opens at one moment for all.

    Threads that wait spin for the last bit, so that they leave at once and not one
    after the other as a condition variable wakes them. It can be used again."""

    def __init__(self, members):
        self._members = members
        self._waiting = 0
        self._round = 0
        self._open_at = 0.0
        self._changed = threading.Condition(threading.Lock())

    def wait(self):
        """Returns when every member waits or has left: the moment at which the gate opened, for all the same."""
        with self._changed:
            mine = self._round
            self._waiting += 1
            self._check()
            while self._round == mine:
                self._changed.wait()
            until = self._open_at
        while _now() < until:
            pass
        return until

    def leave(self):
        """One member fewer: its thread failed or is done."""
        with self._changed:
            self._members -= 1
            self._check()

    def _check(self):
        if self._waiting and self._waiting >= self._members:
            self._waiting = 0
            self._round += 1
            self._open_at = _now() + SPIN_SECONDS
            self._changed.notify_all()


class Member:
    """One thread: what its body returned or raised, and the time it took."""

    def __init__(self, index):
        self.index = index
        self.value = self.error = None
        self.finished = False
        self.cpu = self.wall = 0.0


class Team:
    """What became of all threads: `members` in order, and the wall seconds together."""

    def __init__(self, members, wall):
        self.members, self.wall = members, wall

    @property
    def errors(self):
        """The exceptions that left a body, in the order of the threads."""
        return [member.error for member in self.members if member.error is not None]

    @property
    def finished(self):
        return all(member.finished for member in self.members)

    @property
    def cpu(self):
        return sum(member.cpu for member in self.members)


class Overlap:
    """The mean number of threads that ran at once: CPU seconds by wall seconds."""

    def __init__(self):
        self.cpu = self.wall = 0.0

    def add(self, cpu, wall):
        self.cpu += cpu
        self.wall += wall

    @property
    def mean(self):
        return self.cpu / self.wall if self.wall else 0.0


def locked(body, lock):
    """The body under a lock that the others take as well: the control arm."""
    def call(*args):
        with lock:
            return body(*args)
    return call


def run(bodies, patience=5.0, beat=None, progress=None, gated=False, standstill=None):
    """Runs the bodies in a thread each; a Team.

    beat() is called while they get on: a thread ended, progress() (any number that
    grows) grew, or less than `patience` seconds have gone by since; standstill() is
    called once when that is no longer so. Never returns while a thread runs. gated: body(gate) says itself when it is ready for the common
    start, by gate.wait(); otherwise the common start comes first, then body()."""
    gate = Gate(len(bodies))
    members = [Member(index) for index in range(len(bodies))]
    threads = [threading.Thread(target=_main, args=(body, gate, member, gated), daemon=True)
               for body, member in zip(bodies, members)]
    started = _now()
    begun = _start(threads, gate)
    _join(threads[:begun], patience, beat or (lambda: None), progress or (lambda: 0), standstill)
    for member in members[begun:]:
        member.error = RuntimeError("can't start new thread")
    return Team(members, _now() - started)


def _start(threads, gate):
    """How many could be started; the others leave the gate."""
    for at, thread in enumerate(threads):
        try:
            thread.start()
        except RuntimeError:
            for _ in threads[at:]:
                gate.leave()
            return at
    return len(threads)


def _main(body, gate, member, gated):
    cpu = start = 0.0
    try:
        if not gated:
            gate.wait()
        cpu, start = _cpu(), _now()
        member.value = body(gate) if gated else body()
    except BaseException as error:
        member.error = error
    finally:
        member.cpu, member.wall = _cpu() - cpu, _now() - start
        gate.leave()
        member.finished = True


def _join(threads, patience, beat, progress, standstill):
    seen, moved_at = None, _now()
    still = False
    alive = list(threads)
    while alive:
        alive[0].join(JOIN_SECONDS)
        alive = [thread for thread in alive if thread.is_alive()]
        state = (len(alive), progress())
        if state != seen:
            seen, moved_at, still = state, _now(), False
        if _now() - moved_at <= patience:
            beat()
        elif not still and standstill is not None:
            still = True
            standstill()
