"""From how children ended and what they sent to findings: who is to blame, how often, with which controls.

A crash belongs to the unit in which it happened, or to one before it in the same
child, for a spoilt heap shows late. So each candidate is played again alone, in fresh
children, and the one that does it again is blamed; its control arm is the same unit
with every operation under one lock.
"""
import json
import os
import signal
import sys
import time

from . import locks, native, script
from .play import Player
from .recorder import IMPORT
from .report import Finding

CANDIDATES = 4             # units before the one that crashed that are tried alone
ALONE_SECONDS = 0.6
ALONE_TRIES = 2
MOST_TRIES = 30
MOST_DETAILED = 6          # keys for which native stacks are taken more than once
PLAYED_PHASES = ("concurrent", "observe", "check")

_now = time.monotonic


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def tidy(stack):
    """faulthandler's text without the frames of this harness and of threading, and without
    the threads that had no others."""
    blocks = [[]]
    for line in stack.splitlines():
        if line.startswith(("Thread", "Current thread")):
            blocks.append([])
        if line.strip() and _OURS not in line and "/threading.py\"" not in line:
            blocks[-1].append(line)
    return "\n".join(line for at, block in enumerate(blocks) if at == 0 or len(block) > 1 for line in block)


def module_of_file(path):
    """The loaded module that an extension's file is, or the file's own name."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == path:
            return name
    return os.path.basename(path).partition(".")[0]


def _was_played(end):
    """Whether threads have played in the child of _alone(), and not just a serial order."""
    return any(one.get("rounds") for one in end.sent)


class Collector:
    """Keeps findings by key, sends each when it changes."""

    def __init__(self, context, report, replay):
        self._context, self._report, self._replay = context, report, replay
        self._site = context.job.site
        self.findings = {}
        self.dropped = 0

    # -- what a child sent -----------------------------------------------------------

    def found(self, told, unit):
        """A finding of the oracles inside the child, with its controls."""
        self._replay.block(unit)
        if told["persistent"]:
            self.dropped += 1
            return None
        bad, tries = told["again"]
        finding = Finding(unit.key, told["oracle"], title=f"{told['title']} ({unit.title()})",
                          python_stack=told.get("trace", ""), seconds=self._report.seconds(), events=bad + 1, tries=tries + 1,
                          serial=told["controls"]["serial"], locked=told["controls"]["locked"],
                          module=told.get("module") or self._module(unit),
                          function=told.get("function") or told.get("label") or self._place(unit, told["oracle"]),
                          unit=self._unit_text(unit, told), tests=self._tests(unit))
        return self._add(finding)

    def _module(self, unit):
        """Whose code is played: that of the class that defines the operation, which the receiver may only inherit.
        Of several operations that of one in C code."""
        kinds = self._replay.kinds
        if unit.subject is None:
            homes = [function.name.rpartition(".")[0] for function in unit.functions]
        else:
            owners = [unit.subject.owner(label) for label in unit.labels or unit.subject.usable] or [unit.subject.kind]
            homes = [kinds.home(owner if kinds.is_target(owner) else unit.subject.kind) for owner in dict.fromkeys(owners)]
        return next((home for home in homes if kinds.is_extension(home)), homes[0])

    def _place(self, unit, oracle):
        """An exception of C code is told by the class that raises it: one missing lock shows in many of its operations."""
        if oracle != "exception" or unit.subject is None:
            return self._function(unit)
        owners = {unit.subject.owner(label) for label in unit.labels or unit.subject.usable}
        return (owners.pop() if len(owners) == 1 else unit.subject.kind).__qualname__

    @staticmethod
    def _function(unit):
        """What is played, where no single call tells: the operations that change the object, for those that only
        read beside them are not what goes wrong. "" when there are several and no order says which."""
        if unit.subject is None:
            return unit.functions[0].name.rpartition(".")[2] if len(unit.functions) == 1 else ""
        labels = unit.labels or tuple(unit.subject.usable)
        if unit.strategy in ("self", "pair", "mix"):
            labels = tuple(label for label in labels if label in unit.subject.mutators) or labels
        return " and ".join(labels) if unit.strategy in ("self", "pair", "cross", "walk") or len(labels) == 1 else ""

    @staticmethod
    def _tests(unit):
        """Those that are enough to play the unit again: they do its operations, and make what these are done to."""
        subject = unit.subject
        if subject is None:
            recorded = [one for each in unit.functions for one in each.operations]
        else:
            recorded = [subject.slots[label][subject.usable[label][0]] for label in unit.labels if subject.usable.get(label)][:3]
            recorded += subject.tapes
        return [test for test in dict.fromkeys(one.test for one in recorded) if test != IMPORT][:5]

    @staticmethod
    def _unit_text(unit, told):
        kept = {name: told[name] for name in ("observer", "label", "expected", "found", "error") if name in told}
        return json.dumps({"key": unit.key, "title": unit.title(), **kept}, separators=(",", ":"))

    def _add(self, finding):
        known = self.findings.get(finding.key)
        if known is None:
            known = self.findings[finding.key] = finding
        else:
            known.add(finding)
        self._report.finding(known)
        return known

    # -- how a child ended -------------------------------------------------------------

    def ended(self, end, played, seed):
        """A child crashed, stood still or left while it played the last of these units."""
        unit, seconds = played[-1], self._report.seconds()
        if end.how == "crash" and end.looking:
            return
        if end.how == "exit" or (end.how == "hang" and not self._is_bad(end, unit)):
            self._replay.block(unit, 2)  # it blocks or leaves by itself: no question of threads
            return
        if end.how == "hang":
            self._blame(unit, end, seed, seconds)
            return
        if end.phase == "serial" and (len(played) == 1 or self._crashes_alone(unit, seed)):
            self._replay.block(unit, 2)  # no thread had begun
            self.dropped += 1
            return
        here = end.phase in PLAYED_PHASES
        if here and (len(played) == 1 or self._in_own_code(end)):
            self._blame(unit, end, seed, seconds)
            return
        candidates = ([unit] if here else []) + [one for one in reversed(played[:-1]) if one is not unit][:CANDIDATES]
        for one in candidates:
            if self._blame(one, end, seed, seconds, sure=False):
                return
        self._blame(unit, end, seed, seconds, tries=0)

    def _crashes_alone(self, unit, seed):
        """Whether one thread, doing the same in a fresh process, ends it."""
        again = self._alone(unit, seed, want_native=False)
        return again.how == "crash" and again.phase == "serial"

    def _in_own_code(self, end):
        """Whether the crash is in code of an extension: a heap that an earlier unit spoilt
        shows in the allocator, wherever it is used next."""
        return end.native is not None and native.own_frame(end.native.frames(), self._site) is not None

    def _alone(self, unit, seed, locked=False, want_native=True):
        """The unit alone in a fresh child; its End, with what the oracles found in `sent`."""
        def work(link):
            player = Player(unit, link, self._context.job.threads, seed, self._replay.kinds,
                            locked=locked or self._context.job.control == "locked")
            player.play(ALONE_SECONDS)
            link.send({"rounds": player.rounds})
            if player.finding is not None:
                link.send({"finding": player.finding})
        return self._replay.child(work, ALONE_SECONDS * 4 + 8, want_native=want_native)

    @staticmethod
    def _is_bad(end, unit):
        """A crash, or a standstill of what threads play. Two objects that walk and change each other may go on
        for ever by what their operations promise: there only threads that all sleep count."""
        if end.how == "hang":
            return end.phase in PLAYED_PHASES and (unit.strategy not in ("cross", "kin") or locks.oracle_of_hang(end) == "deadlock")
        return end.how == "crash" and not end.looking and end.phase != "serial"

    def _blame(self, unit, end, seed, seconds, sure=True, tries=ALONE_TRIES):
        """A finding of the unit, unless one lock makes it no race. When it is not sure that
        it was this unit, it must be bad again alone; the tool confirms the others."""
        last, done = None, 0
        while not sure and done < tries and last is None:
            again = self._alone(unit, seed if done == 0 else f"{seed}:{done}", want_native=end.native is None)
            done += 1
            last = again if self._is_bad(again, unit) else None
        if not sure and tries and last is None:
            return False
        control = self._alone(unit, seed, locked=True, want_native=False)  # the same objects, arguments and order
        self._replay.block(unit, 2)
        if self._is_bad(control, unit) or control.how == "crash":
            self.dropped += 1
            return True
        best = end if end.native is not None or last is None else last
        self._add(self._of_end(unit, best, 1 + (last is not None), done + 1, [0, int(_was_played(control))], seed, seconds))
        return True

    def _of_end(self, unit, end, events, tries, locked, seed, seconds):
        frames = end.native.frames() if end.native is not None else []
        own = native.own_frame(frames, self._site)
        beside = None if own or end.native is None else native.own_frame_beside(end.native, self._site)
        if end.how == "crash":
            oracle = "abort" if end.signal == signal.SIGABRT else "signal"
            if "negative refcount" in end.python_stack or "ob_refcnt" in end.python_stack:
                oracle = "refcount"
            title = f"{signal_name(end.signal)} when {unit.title()}"
        else:
            oracle = locks.oracle_of_hang(end)
            what = locks.reason_of_hang(end)
            title = f"{'endless loop' if oracle == 'hang' else 'deadlock'}{f': {what},' if what else ''} when {unit.title()}"
        return Finding(unit.key, oracle, signal=end.signal, title=title, python_stack=locks.with_locks(end, tidy(end.python_stack)),
                       native_stack=end.native.text if end.native is not None else "",
                       frames=[str(one) for one in frames],
                       module=module_of_file((own or beside).file) if own or beside else self._module(unit),
                       function=own.function if own else self._function(unit), seconds=seconds, events=events, tries=tries,
                       serial=[0, tries], locked=locked, tests=self._tests(unit),
                       unit=json.dumps({"key": unit.key, "title": unit.title(), "seed": seed}, separators=(",", ":")))

    # -- the same again ------------------------------------------------------------------

    def repeat(self, unit, seconds):
        """Plays one unit in fresh children for so many seconds: how often it is bad."""
        until, start = _now() + seconds, _now()
        bad = tries = children = 0
        first = None
        finding = None
        script_share = 0.5 if self._context.job.want_script else 1.0
        while children < MOST_TRIES and (children == 0 or _now() < start + seconds * script_share):
            seed = f"{self._context.job.stress_seed}:{children}"
            end = self._alone(unit, seed, want_native=bad == 0)
            children += 1
            tries += _was_played(end) or self._is_bad(end, unit)
            told = next((one["finding"] for one in end.sent if "finding" in one), None)
            if self._is_bad(end, unit):
                finding = self._add(self._of_end(unit, end, 1, 1, [0, 0], seed, self._report.seconds()))
            elif told is not None and not told["persistent"]:
                finding = self.found(told, unit)
            else:
                continue
            bad += 1
            first = _now() - start if first is None else first
            if self._context.job.want_script:
                break
        self._report.played(unit.key, tries, bad, first)
        if self._context.job.want_script and finding is not None:
            script.write(self._context, self._report, unit, finding, seed, max(until - _now(), 5))
