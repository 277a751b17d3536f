"""The mode "replay": records what the tests do to the package's objects, then does it from threads on shared ones.

The suite runs serially once, with its modules rewritten (stress/rewrite.py) and a
recorder behind them (stress/recorder.py). This process then holds the live objects and
arguments. Each batch of units is played in a forked child (stress/isolate.py), so a
crash or a hang costs that child. stress/pool.py finds out what can be replayed,
stress/units.py what is worth playing, stress/play.py plays and judges one unit.
"""
import collections
import gc
import json
import os
import time

from . import mode_serial
from .stress import forbid, isolate, pool, probe, units
from .stress.findings import Collector
from .stress.kinds import Kinds
from .stress.play import Player
from .stress.recorder import Recorder
from .stress.report import Report
from .stress.rewrite import Hook

RECORD_SHARE = 0.25        # of the seconds, at most, for the suite's own run
TRIAL_SHARE = 0.2
UNIT_SECONDS = 0.08        # of threads, the first time; doubled each time
MOST_UNIT_SECONDS = 1.0
BATCH = 12
BATCH_SECONDS = 20
MOST_TRIALS_OF_TYPE = 12   # children that a type may cost while it is tried
MOST_TYPES = 200
PLAY_STALL = 4.0           # no thread gets on for so long: they stand still
TRIAL_STALL = 1.5          # an operation that takes longer alone blocks
MOST_STALLS = 2
CONTROLS_SECONDS = 8       # a finding just before the end may still have its controls
THREADS_END = 1.0          # threads of the suite may still end

_now = time.monotonic


class Mode(mode_serial.Mode):
    """Records during the suite, replays after it."""

    @property
    def replay(self):
        """The class that does what follows the recording."""
        return Replay

    def __init__(self, context):
        super().__init__(context)
        job = context.job
        self._report = Report(context)
        limit = max(job.stress_seconds * RECORD_SHARE, 3)
        job.suite_seconds = min(job.suite_seconds or limit, limit)
        job.repeat = 1

    def before_imports(self):
        self._kinds = Kinds(self.context.job.top_level)
        self._recorder = Recorder(self._kinds)
        self._recorder.install()
        self._hook = Hook(self._is_test)
        self._hook.install()
        self.context.record.listener = self._recorder

    def pytest_plugins(self):
        return [_Clock(self._begin)]

    def prepare_suite(self, suite):
        self._begin()
        return suite

    def _begin(self):
        """The suite is collected: its seconds and ours begin now."""
        self.context.started_ns = time.perf_counter_ns()
        self._report = Report(self.context)
        self._report.phase("record")

    def _is_test(self, path):
        """Test code: files of the suite's folder, and test folders inside the package."""
        site = self.context.job.site
        if site and path.startswith(os.path.abspath(site) + os.sep):
            inside = path[len(os.path.abspath(site)) + 1:]
            names = inside.split(os.sep)
            return names[0] in self.context.job.top_level and any(
                part in ("test", "tests", "testing") for part in names[:-1]) or (
                names[0] in self.context.job.top_level and os.path.basename(path).startswith("test_")
                or os.path.basename(path) == "conftest.py")
        return path.startswith(os.getcwd() + os.sep)

    def after_suite(self):
        """All of the replay. The suite is over, and its objects are alive."""
        self.context.watch.idle()
        self._recorder.end()
        self._hook.remove()
        gc.collect()
        gc.freeze()
        self.replay(self.context, self._report, self._recorder).run()


class _Clock:
    """The pytest plugin that says when the collection is over."""

    def __init__(self, begin):
        self._begin = begin

    def pytest_collection_finish(self):
        self._begin()


class Replay:
    """Trials, units, children, findings of one recorded suite."""

    probes = True              # classes that no test reached are tried too
    trial_share = TRIAL_SHARE

    def __init__(self, context, report, recorder):
        self._context, self._report, self._recorder = context, report, recorder
        self._job = context.job
        self.kinds = recorder.kinds
        if self.probes:
            probe.add_iterators(recorder)
            probe.add(recorder)
        self._subjects = pool.subjects(recorder)[:MOST_TYPES]
        self._functions = [pool.Function(name, slot.operations) for name, slot in sorted(recorder.functions.items())
                           if slot.operations]
        self._collector = Collector(context, report, self)
        self._overlap = [0.0, 0]
        self._played = set()
        self._plan = []
        self._blocked = {}
        self._trouble = {}     # group, or module -> seconds spent on who is to blame: units.charge()
        self._count = 0

    def run(self):
        if not self._can_fork():
            self._coverage({"threads that the suite left behind keep this process from forking": 1})
            return
        self._try_all()
        plan = units.plan(self._subjects, self._functions, self._job.stress_seed)
        if self._job.focus is not None:
            self._focus(plan)
        else:
            self._play(plan)
        self._coverage({})

    def _can_fork(self):
        """With one thread always; with more when a child that does nothing gets through."""
        until = _now() + THREADS_END
        while threads_left() > 1 and _now() < until:
            self._report.tick()
            time.sleep(0.05)
        return threads_left() == 1 or self.child(lambda link: link.send({}), 5, stall=3.0, want_native=False).how == "done"

    # -- children ------------------------------------------------------------------

    def child(self, work, seconds, **options):
        """A child with what replay needs: nothing dangerous, its own empty folder."""
        def guarded(link):
            os.chdir(os.environ.get("TMPDIR") or "/tmp")
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            forbid.install()
            work(link)
        return isolate.run(guarded, seconds, tick=self._report.tick, **options)

    # -- trials --------------------------------------------------------------------

    def _try_all(self):
        until = _now() + self._job.stress_seconds * self.trial_share
        todo = [(one, pool.Trial) for one in self._subjects] + [(one, pool.FunctionTrial) for one in self._functions]
        wanted = self._wanted_names()
        self._report.phase("calibrate", len(todo))
        for at, (one, trial) in enumerate(todo):
            self._report.step(at, one.name)
            if _now() > until:
                break
            if wanted is None or one.name in wanted:
                self._try(one, trial)

    def _wanted_names(self):
        """With a focus only the types and functions of its keys need a trial."""
        if self._job.focus is None:
            return None
        names = set()
        for key in self._job.focus:
            parts = key.split("|")[2:]
            for part in parts:
                names.add(part)
                names.add(part.partition(" ")[0])
            if any(".." in part for part in parts):
                return None
        return names

    def _try(self, one, trial):
        """Tries until a child gets through; what ends a child is left out the next time."""
        skip, stood = set(), 0
        one.tried = True
        for _ in range(MOST_TRIALS_OF_TYPE):
            end = self.child(lambda link: trial(one, link, skip).run(), pool.TYPE_SECONDS * 3, stall=TRIAL_STALL, want_native=False)
            if isinstance(one, pool.Subject):
                pool.take(one, end.sent)
            else:
                for message in end.sent:
                    one.usable, one.stable = message.get("usable", []), message.get("stable", [])
            name, mark, what = end.unit.partition("#")
            if end.how == "done" or end.how == "time" or not mark:
                return
            skip.add(what)
            stood += end.how == "hang"
            if stood >= MOST_STALLS:
                one.failed = "it blocks when it is tried alone"
                return

    # -- playing -------------------------------------------------------------------

    def _play(self, plan):
        self._report.phase("play", len(plan))
        self._plan, number = plan, 0
        while self._report.left() > 0:
            plan = [unit for unit in plan if not self._is_blocked(unit)]
            if not plan:
                return
            batch = units.next_batch(plan, BATCH, self._trouble)
            self._report.step(self._count, batch[0].title())
            self._batch(batch, f"{self._job.stress_seed}:{number}")
            for unit in batch:
                unit.seconds += unit_seconds(unit)
                unit.passes += 1
            number += 1

    def _is_blocked(self, unit):
        """A key that was found often enough, or whose parts were, is not played again."""
        return self._blocked.get(unit.key, 0) >= 2

    def block(self, unit, weight=1):
        if unit.key not in self._blocked:
            units.defer(self._plan, unit)
        self._blocked[unit.key] = self._blocked.get(unit.key, 0) + weight

    def _batch(self, batch, seed):
        """Plays units in one child; goes on behind the one that ended it."""
        while batch and self._report.left() > 0:
            end = self.child(lambda link, batch=batch: play_units(batch, link, self._job, self.kinds, seed),
                             min(BATCH_SECONDS, max(self._report.left(), 0) + CONTROLS_SECONDS), stall=PLAY_STALL)
            done = self._take(end, batch)
            if end.how == "done":
                return
            at = next((at for at, unit in enumerate(batch) if unit.key == end.unit), done)
            if at < len(batch) and end.how != "time":
                start = _now()
                self._collector.ended(end, batch[:at + 1], seed)
                units.charge(self._trouble, batch[at], _now() - start)
            if end.how == "time" and done == 0:
                at = max(at, 0)
            batch = batch[at + 1:]

    def _take(self, end, batch):
        """What a child sent: units that were played, findings; how many were played."""
        done = 0
        for message in end.sent:
            if "played" in message:
                done = message["played"] + 1
                unit = batch[message["played"]]
                if message["rounds"]:
                    self._played.add(unit)
                    self._count += 1
                    self._overlap[0] += message["overlap"]
                    self._overlap[1] += 1
            if "finding" in message:
                self._collector.found(message["finding"], batch[message["unit"]])
        return done

    # -- focus: these keys only ------------------------------------------------------

    def _focus(self, plan):
        self._report.phase("confirm", len(self._job.focus))
        each = max(self._report.left() - 2, 4) / max(len(self._job.focus), 1)
        for at, key in enumerate(self._job.focus):
            self._report.step(at, key)
            found = units.find(plan, key)
            if found:
                self._collector.repeat(found[0], each)
            else:
                self._report.played(key, 0, 0)

    # -- coverage ----------------------------------------------------------------------

    def _coverage(self, why):
        ops = {(one.name, label) for one in self._subjects for label in one.slots} | {(one.name, "") for one in self._functions}
        played = set()
        for unit in self._played:
            played |= {(unit.subject.name, label) for label in unit.labels or unit.subject.usable} if unit.subject else {
                (one.name, "") for one in unit.functions}
        never = sorted(f"{name} {label}".strip() for name, label in ops - played)
        reasons = collections.Counter(why)
        reasons.update(one.why_not(label) for one in self._subjects for label in one.slots if (one.name, label) not in played)
        reasons.update(one.why_not() for one in self._functions if (one.name, "") not in played)
        self._report.coverage(
            of=self._context.record.count, parallel=0, serialised={}, overlap=self._overlap[0] / max(self._overlap[1], 1),
            types=len(self._subjects), types_played=len({unit.subject.name for unit in self._played if unit.subject}),
            ops=len(ops), ops_played=len(played & ops), never=never, never_why=dict(reasons), units=self._count)


def threads_left():
    """Threads of this process; more than one, and it must not fork."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def unit_seconds(unit):
    """Of threads: more each time that the unit comes round."""
    return min(UNIT_SECONDS * 2 ** unit.passes, MOST_UNIT_SECONDS)


def play_units(batch, link, job, kinds, seed):
    """A child's work: the units in order."""
    for at, unit in enumerate(batch):
        player = Player(unit, link, job.threads, seed, kinds, locked=job.control == "locked")
        player.play(unit_seconds(unit))
        if player.finding is not None:
            link.send({"finding": player.finding, "unit": at})
        overlap = sum(player.overlap) / len(player.overlap) if player.overlap else 0.0
        link.send({"played": at, "rounds": player.rounds, "overlap": round(overlap, 3)})


def unit_text(unit, **more):
    """The unit as one line of JSON, for the evidence."""
    return json.dumps({"key": unit.key, "title": unit.title(), **more}, separators=(",", ":"))
