"""What every task shares: the channel, the watchdog, GIL state, names, results."""
import os
import sys
import tempfile
import time

from . import events as _events
from . import faults, gilstate, memory, origin, paths, record, watch

_exit, _now_ns = os._exit, time.perf_counter_ns


class Context:
    """Made once, before any code of the package runs. Sends "hello"."""

    def __init__(self, job):
        self.job = job
        self.started_ns = _now_ns()
        self.stopping = False  # a mode's: nothing new is to start
        os.chdir(job.cwd)
        self.events = _events.Writer(job.event_fd, job.token)
        self.paths = paths.Paths(job.site, os.getcwd(), job.deny_paths, os.environ.get("HOME", ""))
        # Names that must not be reported as missing packages.
        self.own = set(job.top_level) | faults.local_modules(os.getcwd())
        self.gil = gilstate.GilState(self.events)
        self.watch = watch.Watch(job.test_seconds, self._stack_file(), job.hold_crashes)
        self.origins = origin.Origins(self.events, self.paths, job.top_level, job.site)
        self.record = record.Record(self)
        self.events.send("hello", pid=self.events.pid, version=sys.version.split()[0],
                         gil=gilstate.read(), harness=1)

    def _stack_file(self):
        return self.job.stack_file or os.path.join(
            tempfile.gettempdir(), f"stacks-{os.getpid()}.txt")

    def over_time(self):
        """Whether nothing new is to be started: the job's soft limit is reached, or the mode says so."""
        limit = self.job.suite_seconds
        return self.stopping or bool(limit) and _now_ns() - self.started_ns > limit * 1_000_000_000

    def finish(self, code):
        """Sends what is due at the end, then "end"."""
        if not self.events.ours():
            _exit(0)
        self.watch.idle()
        self.watch.wait_if_crashed()
        self.record.close_open("the runner ended inside this test")
        self.gil.check()
        self.origins.report_extensions()
        self.origins.report_shadows()
        self.events.send("end", exit=int(code), gil=gilstate.read(),
                         peak_rss=memory.peak_rss(), tests=self.record.count)

    @staticmethod
    def leave():
        """Ends the process at once, after what was printed is written out."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:
                pass
        _exit(0)
