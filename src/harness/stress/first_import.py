"""The first import of the package and its submodules, by all threads at once.

Each try is a fork of this process, which has not imported the package. A module that
cannot be imported by one thread is left out. Failures are tried again with one thread,
as the control; a lock around imports would only repeat that one."""
import importlib
import json
import os
import sys
import tempfile

from ..origin import of_tests
from . import blame, campaign, ends, isolate, lanes, locks, report as _report, team

SHARE = 0.4            # of the seconds that imports may take at most
MOST_TRIES = 40        # of one module, unless it is asked for
MOST_MODULES = 200
ALONE_SECONDS = 30     # an import may take so long, once
STALL = 3.0
LEAST_PATIENCE = 4.0
TRIES_ALONE = 3
PREFIX = "first-use|import "


def submodules(site, top_level, most=MOST_MODULES):
    """The names of the modules below the top-level ones in site, by their files; without
    tests and scripts."""
    found = []
    for top in top_level:
        folder = os.path.join(site, *top.split("."))
        for here, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if name.isidentifier() and name != "__pycache__")
            parts = os.path.relpath(here, site).split(os.sep)
            names = {name.partition(".")[0] for name in files if name.endswith((".py", ".so"))}
            found += [".".join([*parts, name]) for name in sorted(names) if name.isidentifier() and not name.startswith("__")]
            found += [".".join(parts)] if "__init__" in names else []
        if not os.path.isdir(folder):
            found.append(top)
    named = dict.fromkeys([*top_level, *sorted(name for name in found if not of_tests(name))])
    return list(named)[:most]


class Imports:
    """Tries imports until its share of the seconds is over, in seeded order."""

    def __init__(self, context, report):
        self._job, self._report = context.job, report
        self._own = blame.Own(context.job, context.paths)
        self._findings = {}
        self._counts = {}    # name -> [tries, bad, first seconds or None]
        self._seconds = {}   # name -> of one thread alone
        self._until = report.left() * (1 - SHARE)

    def run(self):
        names = [top for top in self._job.top_level if not of_tests(top)]
        names = submodules(self._job.site, names) if self._job.site else names
        wanted = self._job.focus
        if wanted is not None:
            names = [key[len(PREFIX):] for key in wanted if key.startswith(PREFIX)]
            self._until = 0.0 if len(names) == len(wanted) else self._until
            self._counts = {name: [0, 0, None] for name in names}
        self._report.phase("calibrate", len(names), "imports by one thread")
        good = [name for name in names if self._time_left() and self._alone(name, 1)[0] == 0]
        self._report.phase("play", len(good), "imports by all threads")
        self._rounds(good)
        for name, finding in self._findings.items():
            finding.tries = self._counts[name][0]
            self._report.finding(finding)
        if wanted is not None:
            for name in names:
                self._report.played(PREFIX + name, *self._counts[name])

    def _time_left(self):
        return self._report.left() > max(self._until, campaign.RESERVE)

    def _rounds(self, names):
        """Round after round over all modules, as long as there is time and a module."""
        turn = 0
        while names and self._time_left():
            rng = team.rng(self._job.stress_seed, "imports", turn)
            for at, name in enumerate(rng.sample(names, len(names))):
                if not self._time_left():
                    return
                self._report.step(at, name)
                self._try(name, names, rng)
            if self._job.focus is None:
                names = [name for name in names if self._counts[name][1] < campaign.BAD_PLAYS
                         and self._counts[name][0] < MOST_TRIES]
            turn += 1

    def _try(self, name, names, rng):
        """Half of the tries: all threads import the one module; else the others import other
        ones, once the package itself is there."""
        counts = self._counts.setdefault(name, [0, 0, None])
        counts[0] += 1
        lone = len(names) == 1 or rng.random() < 0.5 or self._job.control == "locked"
        group = [name] * self._job.threads if lone else [name, *(rng.choice(names) for _ in range(self._job.threads - 1))]
        if self._job.control == "locked":
            group = group[:1]
        end, said, told = self._child(group)
        finding = self._judge(name, group, end, said, told)
        if finding is None:
            return
        counts[1] += 1
        counts[2] = self._report.seconds() if counts[2] is None else counts[2]
        known = self._findings.get(name)
        if known is not None:
            known.add(finding)
            return
        self._findings[name] = finding
        if self._job.focus is None:
            self._report.finding(finding)
            finding.serial[:] = self._alone(name, TRIES_ALONE)
        self._report.finding(finding)

    def _alone(self, name, tries):
        """[bad, tries] of one thread."""
        bad = 0
        for _ in range(tries):
            end, _, told = self._child([name])
            self._seconds[name] = end.wall
            bad += end.how != "done" or bool(told)
        return [bad, tries]

    def _child(self, group):
        """(End, stderr, descriptions of exceptions) of one process whose threads import."""
        own = self._own
        patience = max([LEAST_PATIENCE, *(20 * self._seconds.get(name, ALONE_SECONDS / 20) for name in group)])

        def work(link):
            link.at(",".join(group)[:400], "alone")
            if len(set(group)) > 1:
                # A child imports its parent while it is locked itself: beside an import of the
                # parent that is a deadlock, which importlib resolves at the cost of one of them.
                for top in dict.fromkeys(name.partition(".")[0] for name in group):
                    importlib.import_module(top)
            link.phase("play")
            found = team.run([lambda name=name: importlib.import_module(name) for name in group], patience, link.beat,
                             standstill=lambda: locks.tell(link))
            for name, member in zip(group, found.members):
                error = member.error
                missing = isinstance(error, ModuleNotFoundError)  # with or without threads
                if error is not None and not missing and not blame.excused(error) and name == group[0]:
                    link.send({"told": blame.describe(error, own)})
        end, said = self._silent(work)
        return end, said, [one["told"] for one in end.sent if "told" in one]

    def _silent(self, work):
        with tempfile.TemporaryFile() as errors:
            def whole(link):
                lanes.silence(errors.fileno())
                sys.dont_write_bytecode = True
                work(link)
            end = isolate.run(whole, max(min(self._report.left() + 10, 2 * ALONE_SECONDS), 5), stall=STALL, tick=self._report.tick)
            errors.seek(0)
            return end, errors.read(4000).decode("utf-8", "replace")

    def _judge(self, name, group, end, said, told):
        """A finding, or None when all was well or nothing can be said."""
        fields = {"seconds": self._report.seconds(), "unit": json.dumps({"prefix": "first-use", "imports": group})}
        if told:
            one = told[0]
            oracle = "system-error" if one["oracle"] == "system-error" else "exception"
            return _report.Finding(PREFIX + name, oracle, title=ends.title_of(one), module=one["module"] or name,
                                   function=one["function"], python_stack=one["text"], frames=one["frames"], **fields)
        if end.how not in ("crash", "hang"):
            return None
        return _report.Finding(PREFIX + name, ends.oracle_of(end, said), **ends.told_by(end, said, self._own), **fields)
