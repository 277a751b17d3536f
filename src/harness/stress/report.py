"""What a stress mode tells the tool: signs of life, findings, counts, coverage.

    report = Report(context)                 # the seconds of the job begin now
    report.phase("play", total=200)
    report.step(3, "what is being done")     # or report.tick() from a loop that waits
    report.finding(Finding(key, "signal", title=..., ...))
    report.played(key, tries, bad, first_seconds)

Everything is cut so that an event always fits its line; docs/harness-protocol.md
describes the events.
"""
import os
import time

from .. import events as _events

KINDS = {"signal": "crash", "abort": "abort", "refcount": "abort", "hang": "hang", "deadlock": "hang",
         "system-error": "exception", "exception": "exception", "wrong-result": "wrong-result",
         "lost-update": "lost-update", "test-outcome": "wrong-result", "sanitizer": "sanitizer"}
SEVERITY = ("signal", "abort", "refcount", "sanitizer", "system-error", "deadlock", "hang", "lost-update",
            "wrong-result", "exception", "test-outcome")  # worst first
BEAT_SECONDS = 1.0
MOST_TITLE, MOST_NAME, MOST_STACK, MOST_UNIT = 400, 300, 12000, 12000  # encoded
MOST_TESTS, MOST_TESTS_SIZE, MOST_FRAMES, MOST_NEVER = 5, 8000, 8, 40

_now = time.monotonic


class Finding:
    """One finding, by its key; events of the same key fold into it by add()."""

    def __init__(self, key, oracle, **fields):
        self.key, self.oracle, self.kind = key, oracle, KINDS[oracle]
        self.signal = 0
        self.title = self.module = self.function = self.python_stack = self.native_stack = self.unit = ""
        self.seconds = 0.0
        self.events, self.tries = 1, 1
        self.serial, self.locked = [0, 0], [0, 0]  # bad, tries
        self.tests, self.frames = [], []
        self.persistent = False
        for name, value in fields.items():
            if name not in self.__dict__:
                raise TypeError(f"a finding has no {name}")
            setattr(self, name, value)

    def become(self, oracle):
        """What was seen is known better now."""
        self.oracle, self.kind = oracle, KINDS[oracle]

    def worse_than(self, other):
        return SEVERITY.index(self.oracle) < SEVERITY.index(other.oracle)

    def add(self, other):
        """Another event of the same key: counts add up, the worse of the two speaks."""
        if other.worse_than(self):
            for name in ("oracle", "kind", "signal", "title", "module", "function", "python_stack", "native_stack",
                         "unit", "frames"):
                setattr(self, name, getattr(other, name))
        self.events += other.events
        self.tries += other.tries
        self.seconds = min(self.seconds, other.seconds)
        self.tests += [test for test in other.tests if test not in self.tests]

    def fields(self):
        """The event's fields, bounded."""
        text = _events.clean_text
        return {"key": _events.clean_id(self.key), "oracle": self.oracle, "kind": self.kind,
                "signal": int(self.signal), "title": text(_one_line(self.title), MOST_TITLE),
                "module": text(self.module or "", MOST_NAME), "function": text(self.function or "", MOST_NAME),
                "python_stack": text(self.python_stack or "", MOST_STACK),
                "native_stack": text(self.native_stack or "", MOST_STACK), "unit": _whole(self.unit or "", MOST_UNIT),
                "seconds": round(float(self.seconds), 3), "events": int(self.events), "tries": int(self.tries),
                "controls": {"serial": list(self.serial), "locked": list(self.locked)},
                "tests": _some(self.tests),
                "frames": [text(str(frame), MOST_NAME) for frame in self.frames[:MOST_FRAMES]],
                "persistent": bool(self.persistent)}


def _one_line(text):
    return " ".join(str(text).split())


def _some(tests):
    """The first few ids that fit."""
    kept, size = [], 0
    for test in map(_events.clean_id, tests[:MOST_TESTS]):
        size += len(_events.encode(test))
        if size <= MOST_TESTS_SIZE or not kept:
            kept.append(test)
    return kept


def _whole(text, most):
    """Cut JSON is worth nothing: all of it, or nothing."""
    return text if len(_events.encode(text)) <= most else ""


class Report:
    """Sends the events of one stress process. Its clock starts when it is made."""

    def __init__(self, context):
        self._send = context.events.send
        self._started = _now()
        self._until = self._started + context.job.stress_seconds
        self._play_began = self._paused_at = None
        self._sent_at = 0.0
        self._beat = {"phase": "play", "done": 0, "total": 0, "text": ""}

    # -- time ------------------------------------------------------------------

    def left(self):
        """The seconds that the job still gives; may be negative."""
        return self._until - _now()

    def seconds(self):
        """Since play began, for the time to a first event."""
        return _now() - self._play_began if self._play_began is not None else 0.0

    def pause(self):
        """The runner has the process for a while, and its time is not ours."""
        self._paused_at = _now()

    def resume(self):
        if self._paused_at is not None:
            self._until += _now() - self._paused_at
            if self._play_began is not None:
                self._play_began += _now() - self._paused_at
            self._paused_at = None

    # -- signs of life -----------------------------------------------------------

    def phase(self, name, total=0, text=""):
        """record, calibrate, play, confirm or minimise. The first "play" starts seconds()."""
        if name == "play" and self._play_began is None:
            self._play_began = _now()
        self._beat = {"phase": name, "done": 0, "total": int(total), "text": text}
        self._sent_at = 0.0
        self.tick()

    def step(self, done, text=""):
        self._beat["done"] = int(done)
        self._beat["text"] = text
        self.tick()

    def tick(self):
        """To be called often: sends a sign of life when one is due."""
        if _now() - self._sent_at >= BEAT_SECONDS:
            self._sent_at = _now()
            fields = dict(self._beat, text=_events.clean_text(_one_line(self._beat["text"]), MOST_TITLE))
            self._send("stress", **fields)

    # -- results -----------------------------------------------------------------

    def finding(self, finding):
        """May be sent again for the same key, with newer counts: the last one is valid."""
        self._send("finding", **finding.fields())

    def played(self, key, tries, bad, first_seconds=None):
        """One line per key of `focus`, also for those never reached (tries 0)."""
        first = None if first_seconds is None else round(float(first_seconds), 3)
        self._send("played", key=_events.clean_id(key), tries=int(tries), bad=int(bad), first_seconds=first)

    def coverage(self, **fields):
        """of, parallel, serialised {reason: count}, overlap; replay adds types, ops, never, ..."""
        if "overlap" in fields:
            fields["overlap"] = round(float(fields["overlap"]), 3)
        if "never" in fields:
            fields["never"] = [_events.clean_text(name, MOST_NAME) for name in fields["never"][:MOST_NEVER]]
        self._send("coverage", **fields)

    # -- scaling: throughput over threads ----------------------------------------

    def work(self, kind, keys):
        """The units that the rounds of this process are made of; kind: "calls" or "tests"."""
        self._send("work", work=kind, keys=[_events.clean_id(key) for key in keys], load=round(os.getloadavg()[0], 2))

    def round(self, kind, found):
        """One round: points [threads, pieces a second, speedup, overlap]; machine [threads, speedup, overlap]; busy: share of the
        time that others had the cores; units: how many are in it."""
        self._send("round", work=kind, objects=found["objects"], round=int(found["round"]), points=found["points"],
                   machine=found["machine"], busy=found["busy"], units=int(found["units"]))

    def wait(self, kind, found):
        """Where the threads of one unit stood that got nothing more done together."""
        text = _events.clean_text
        self._send("wait", work=kind, objects=found["objects"], unit=text(_one_line(found["wait"]), MOST_NAME),
                   object=text(found["object"] or "", MOST_NAME), threads=int(found["threads"]), speedup=found["speedup"],
                   blocked=found["blocked"], place=text(_one_line(found["place"]), MOST_NAME), share=found["share"],
                   stacks=int(found["stacks"]))

    def script(self, key, file, verified, threads, text=""):
        """A stand-alone reproducer in out_dir; verified: [bad, tries] in fresh processes."""
        self._send("script", key=_events.clean_id(key), file=file, verified=list(verified), threads=int(threads),
                   text=_events.clean_text(_one_line(text), MOST_TITLE))
