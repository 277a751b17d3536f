"""Which lock each thread that stands still waits for, which it holds, and the cycle among them.

    told = locks.look()    # None, or {"title": "...", "text": "..."}

To be called by a thread that watches the others. When all of them sleep,
their frames are read (places.py), and none of the package's code runs. A thread holds what the `with` statements around its place took, what it took by
acquire() before its place, and an RLock that names it as its owner. Who waits for whom
is a graph, and a cycle in it is the deadlock (the wait-for graph of Coffman, Elphick and
Shoshani, System Deadlocks, 1971). Locks of native code are seen from outside: native.waits().
"""
import os
import sys
import threading
import time
import _thread

from . import native
from .places import Place, inner_lock, is_condition, is_taken, lock_of, owner_of

HARNESS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
REST_SECONDS = 0.1         # in which no thread may have run
MOST_FRAMES = 100          # of one thread
MOST_NAME = 60
MOST_THREADS = 16          # that are described

_STDLIB = os.path.dirname(threading.__file__)
_plumbing = tuple(os.path.join(_STDLIB, name) for name in ("threading.py", "queue.py", "contextlib.py"))


# -- threads -----------------------------------------------------------------------


class Waiter:
    """One thread: where it stands, the lock that it waits for, the locks that it holds."""

    def __init__(self, ident, frame):
        self.ident = ident
        self.frames = []
        while frame is not None and len(self.frames) < MOST_FRAMES:
            if not frame.f_code.co_filename.startswith(HARNESS):
                self.frames.append(frame)
            frame = frame.f_back
        outer = [one for one in self.frames if not one.f_code.co_filename.startswith(_plumbing)]
        self.place = Place(outer[0]) if outer else None
        self.wants = self.wants_name = None
        self.told_by = ""          # the condition or event that it waits for
        self.holds = {}            # id(lock) -> (lock, name)
        if self.place is not None:
            given_back = self._find_wish(self.frames[:self.frames.index(outer[0])])
            for frame in outer:
                for value, name in Place(frame).holds():
                    self._hold(value, name)
            self.holds.pop(id(given_back), None)

    def _find_wish(self, inner):
        """What the place waits for; the lock that it gave back for that, if it is a condition's.
        `inner` are the frames of the standard library below it."""
        signal = self.place.is_told_by()
        if signal is None:
            found = self.place.waits()
            if found:
                self._want(*found)
            return None
        if is_condition(signal[0]) and any(Place(one).takes_again() for one in inner):
            self._want(*signal)
            return None
        self.told_by = signal[1]
        return lock_of(signal[0])

    def _want(self, value, name):
        lock = lock_of(value)
        if lock is not None:
            self.wants, self.wants_name = lock, name

    def _hold(self, value, name):
        lock = lock_of(value)
        if lock is None:
            inner = inner_lock(value)
            lock, name = inner if inner else (None, "")
        if lock is not None and is_taken(lock) and owner_of(lock) in (None, self.ident):
            self.holds.setdefault(id(lock), (lock, name))

    @property
    def where(self):
        """`pkg/mod.py:31`."""
        return f"{shown(self.place.frame.f_code.co_filename)}:{self.place.line}"

    @property
    def function(self):
        return self.place.frame.f_code.co_qualname


def shown(path):
    """A file's path as it is the same on every machine: below the entry of sys.path that it is found by."""
    roots = [os.path.join(one, "") for one in sys.path if type(one) is str and one]
    root = max((one for one in roots if path.startswith(one)), key=len, default=None)
    return path[len(root):] if root else os.path.basename(path)


def _rest(native_id):
    """How often the kernel has put a sleeping thread to rest so far; None when it does not sleep."""
    try:
        with open(f"/proc/self/task/{native_id}/status", encoding="utf-8", errors="replace") as f:
            text = f.read()
    except OSError:
        return None
    return text[text.find("voluntary_ctxt"):] if "\nState:\tS" in text else None


def _at_rest(threads):
    """Whether all of them sleep, and slept through a moment: only then are their frames read safely."""
    before = [_rest(one.native_id) for one in threads]
    if None in before:
        return False
    time.sleep(REST_SECONDS)
    return before == [_rest(one.native_id) for one in threads]


def waiters():
    """The other threads, in the order in which they were started; [] when one of them may still run."""
    threads = [one for one in threading.enumerate() if one.native_id and one.ident != _thread.get_ident()]
    if not _at_rest(threads):
        return []
    frames = sys._current_frames()
    found = [Waiter(one.ident, frames[one.ident]) for one in threads if one.ident in frames]
    return [one for one in found if one.place is not None]


# -- the cycle -----------------------------------------------------------------------


def _holder(waiter, others):
    """Who has what a thread waits for; itself comes last."""
    if waiter.wants is None:
        return None
    has = [one for one in others if id(waiter.wants) in one.holds or owner_of(waiter.wants) == one.ident]
    return next((one for one in has if one is not waiter), has[0] if has else None)


def cycle(others):
    """The threads that wait for each other in a ring, each for one that the next holds; [] when there is none."""
    for first in others:
        ring = [first]
        while True:
            following = _holder(ring[-1], others)
            if following is None:
                break
            if following in ring:
                ring = ring[ring.index(following):]
                return _turned(ring)
            ring.append(following)
    return []


def _turned(ring):
    """The ring from the lock that comes first by its name, so that equal cycles read alike."""
    first = min(range(len(ring)), key=lambda at: (ring[at].wants_name, ring[at].place.line))
    return ring[first:] + ring[:first]


class Names:
    """Names of locks; two locks of one name are told apart by numbers."""

    def __init__(self):
        self._of, self._count = {}, {}

    def learn(self, lock, name):
        if id(lock) not in self._of:
            name = " ".join(str(name).split())[:MOST_NAME]
            self._count[name] = self._count.get(name, 0) + 1
            self._of[id(lock)] = (name, self._count[name])

    def __getitem__(self, lock):
        name, number = self._of[id(lock)]
        return f"{name} #{number}" if self._count[name] > 1 else name


def _names(others):
    names = Names()
    for one in others:
        if one.wants is not None:
            names.learn(one.wants, one.wants_name)
    for one in others:
        for lock, name in one.holds.values():
            names.learn(lock, name)
    return names


def _ring_text(ring, names):
    parts = []
    for at, one in enumerate(ring):
        if len(ring) == 1:
            parts.append(f"thread 1 waits for {names[one.wants]}, which it holds itself")
        else:
            parts.append(f"thread {at + 1} holds {names[ring[at - 1].wants]} and waits for {names[one.wants]}")
    places = [one.where for one in ring]
    file = places[0].rpartition(":")[0]
    lines = [places[0]] + [one.removeprefix(file) for one in places[1:]]
    return f"{', '.join(parts)} ({', '.join(dict.fromkeys(lines))})"


def _unheld(others, names):
    """What all that wait for a lock wait for, when none of them has it; "" when it is not so."""
    wanted = {id(one.wants): one.wants for one in others if one.wants is not None}
    if len(wanted) != 1 or any(one.wants is None for one in others):
        return ""
    lock = next(iter(wanted.values()))
    return "" if _holder(others[0], others) else f"all threads wait for {names[lock]}, which none of them is seen to hold"


def _line(number, one, names):
    held = [names[lock] for lock, _ in one.holds.values()]
    if one.wants is not None:
        wish = f"waits for {names[one.wants]}"
    elif one.told_by:
        wish = f"waits to be told by {one.told_by}"
    else:
        wish = "waits for what cannot be read here"
    holds = f"holds {', '.join(held)}, " if held else ""
    return f"  thread {number}: {holds}{wish}, {one.where} in {one.function}"


def look():
    """What the threads wait for when all sleep, as {"title", "text"}; None when nothing can be read.
    The title is "" when neither a cycle nor a lock that is left taken explains it."""
    try:
        others = waiters()
    except Exception:  # a frame went on while it was read
        return None
    if not any(one.wants is not None or one.told_by for one in others):
        return None
    ring = cycle(others)
    others = ring + [one for one in others if one not in ring]
    names = _names(others)
    title = _ring_text(ring, names) if ring else _unheld(others, names)
    lines = [_line(number + 1, one, names) for number, one in enumerate(others[:MOST_THREADS])]
    return {"title": title, "text": "\n".join(["Locks of threads that stand still:", *lines])}


def tell(link):
    """Sends what look() finds to the parent, without a sign of life."""
    with link.looking():
        told = look()
        if told is not None:
            link.note({"locks": told})


# -- what the parent makes of it ------------------------------------------------------


def oracle_of_hang(end):
    """A deadlock when all threads sleep, or when their locks say so; else an endless loop."""
    return "hang" if "R" in end.states and not (end.locks and end.locks["title"]) else "deadlock"


def reason_of_hang(end):
    """The locks that threads wait for, in a few words; "" where they cannot be read."""
    if end.locks and end.locks["title"]:
        return end.locks["title"]
    return native.waits(end.native) if end.native is not None and "R" not in end.states else ""


def with_locks(end, stack):
    """The Python stack of a hang, below what is known of its threads' locks."""
    return f"{end.locks['text']}\n\n{stack}" if end.locks else stack
