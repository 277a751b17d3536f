"""Where threads wait for one another: stacks of all of them at random times, and their CPU time against the clock.

A thread that waits for a lock uses no CPU; one that spins, or fights for a cache line
(a reference count that several threads change), uses all of it. The stack shows the
innermost frame of the package; calls into native code have none, and count as such.
"""
import os
import sys
import time

SECONDS = 0.15
SHORTEST, LONGEST = 0.0005, 0.002  # between two looks
NATIVE = "native code"

_harness = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Place:
    """Names the innermost frame of the package: `module.function (file.py:12)`. is_own(module name) tells whose it is."""

    def __init__(self, is_own):
        self._is_own = is_own

    def of(self, frame):
        """The place of a stack that ends in this frame; the innermost frame of all when none is the package's."""
        innermost = None
        while frame is not None and not frame.f_code.co_filename.startswith(_harness):
            if innermost is None:
                innermost = frame
            if self._is_own(frame.f_globals.get("__name__")):
                return _text(frame)
            frame = frame.f_back
        return _text(innermost) if innermost is not None else NATIVE


def _text(frame):
    module = frame.f_globals.get("__name__") or "?"
    return f"{module}.{frame.f_code.co_qualname} ({os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno})"


def look(gang, bodies, place, chance, seconds=SECONDS):
    """{"blocked": share of the threads' time that they slept, "place", "share": of the stacks that stood there, "stacks"}."""
    idents = gang.idents[:len(bodies)]
    seen, stacks = {}, 0
    gang.begin(bodies, seconds)
    until = time.perf_counter() + seconds * 0.9
    while time.perf_counter() < until:
        time.sleep(chance.uniform(SHORTEST, LONGEST))
        frames = sys._current_frames()
        for ident in idents:
            if ident in frames:
                where = place.of(frames[ident])
                seen[where] = seen.get(where, 0) + 1
                stacks += 1
        del frames
    window = gang.end()
    blocked = 1 - window.cpu / (window.wall * window.threads) - (window.busy or 0.0) if window.wall and not window.errors else 0.0
    where = max(seen, key=lambda one: (seen[one], one), default="")
    return {"blocked": round(min(max(blocked, 0.0), 1.0), 3), "place": where,
            "share": round(seen[where] / stacks, 3) if stacks else 0.0, "stacks": stacks}
