"""The mode "scaling-calls": how the throughput of recorded operations grows with threads.

Records as the mode replay does. Of what stands its serial trial, the most used
operations that only read and always give the same are repeated from 1, 2, 4, ...
threads (scaling/course.py), in one forked child.
"""
from . import mode_replay
from .scaling import child, work
from .stress import kinds

MOST_SUBJECTS, MOST_FUNCTIONS = 12, 16


class Mode(mode_replay.Mode):
    """As replay until the suite is over."""

    @property
    def replay(self):
        return Scaling


class Scaling(mode_replay.Replay):
    """Trials of what tests used most, then the course."""

    probes = False
    trial_share = 0.35

    def __init__(self, context, report, recorder):
        super().__init__(context, report, recorder)
        self._counts = work.counts_of(recorder, kinds.name_of)
        self._left = {}
        avoid = child.names_in(self._job.avoid)
        self._subjects = self._most_used(self._subjects, MOST_SUBJECTS, avoid)
        self._functions = self._most_used(self._functions, MOST_FUNCTIONS, avoid)

    def _most_used(self, ones, most, avoid):
        counts = {}
        for (name, _), count in self._counts.items():
            counts[name] = counts.get(name, 0) + count
        safe = [one for one in ones if one.name not in avoid]
        if len(safe) < len(ones):
            self._left[child.AVOIDED] = self._left.get(child.AVOIDED, 0) + len(ones) - len(safe)
        return sorted(safe, key=lambda one: (-counts.get(one.name, 0), one.name))[:most]

    def _wanted_names(self):
        return child.names_in(self._job.focus) if self._job.focus is not None else None

    def run(self):
        if not self._can_fork():
            self._report.coverage(units=0, never=[], never_why={"threads that the suite left behind keep this process from forking": 1})
            return
        self._try_all()
        works = work.choose(self._subjects, self._functions, self._counts, self._job.stress_seed, self._job.focus)
        child.Runs(self._context, self._report, "calls", self.child, self.kinds.is_package_module).run(works, self._left)
