"""The mode "tsan": the suite under ThreadSanitizer, each test alone and then in threads.

A test runs once as the runner itself runs it. If it passed and nothing forbids it, its
body then runs in threads at once, again and again for a moment (stress/together.py);
what the body raises there says nothing, as only reports of the sanitizer count.
"""
import inspect
import os
import sys
import tempfile
import time

from . import mode_serial
from .stress import race_blame, report, sanitizer, together

PLAY_SECONDS = (0.1, 8.0)  # of one test, least and most
STUCK = 70                 # exit code then
MARK = "MIGRATE_CHECK_TSAN_LOG"
# Fixtures that put something of the whole process aside, or that only one thread may use.
_shared = {"capsys", "capfd", "capsysbinary", "capfdbinary", "caplog", "monkeypatch", "recwarn", "pytester", "testdir",
           "benchmark", "event_loop", "subtests", "doctest_namespace"}
_now = time.monotonic


def restart_with_options():
    """ThreadSanitizer reads its options at the start of the process: this one begins anew."""
    if os.environ.get(MARK):
        return
    log = os.path.join(tempfile.mkdtemp(prefix="tsan-"), "report")
    os.environ.update({MARK: log, "TSAN_OPTIONS": sanitizer.options(log, exit_code=0), "DEBUGINFOD_URLS": ""})
    os.execv(sys.executable, [sys.executable, "-P", *sys.argv])


class Findings:
    """The races of the package, counted by racing pair; those of the interpreter beside them."""

    def __init__(self, log, send):
        self._logs = sanitizer.Logs(log)
        self._objects = race_blame.Objects(sys.base_prefix, sys.executable)
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stress")
        self._known = race_blame.load_suppressions(sys.base_prefix, here, sys.version_info)
        self._send, self._began = send, _now()
        self.found = {}          # key -> report.Finding
        self.hidden = self.interpreter = 0

    def begin(self):
        """The seconds to a first event are counted from now on."""
        self._began = _now()

    def take(self, test):
        """Judges what was reported since the last call."""
        for one in self._logs.read():
            race = race_blame.Race(one, self._objects)
            if self._known.hide_pair(race) or (race.package is None and self._known.hide(race)):
                self.hidden += 1
            elif race.package is None:
                self.interpreter += 1
            else:
                self._add(race, test)

    def _add(self, race, test):
        frame = race.package
        event = report.Finding(
            race.key, "sanitizer", title=race.title(), module=frame.object.partition(".")[0], function=frame.function,
            native_stack=race.text(), seconds=_now() - self._began, tests=[test] if test else [], frames=race.frames)
        if race.key in self.found:
            self.found[race.key].add(event)
        else:
            self.found[race.key] = event
            self._send(event)  # at once: what follows may crash


class Mode(mode_serial.Mode):
    """See the module."""

    def __init__(self, context):
        super().__init__(context)
        self._out = report.Report(context)
        self._findings = Findings(os.environ.get(MARK, os.devnull), self._send)
        self._together = together.Together(context.job.stress_seed, context.job.threads)
        self._of = self._parallel = self._expected = 0
        self._serialised = {}

    # -- what the runners ask --------------------------------------------------

    def pytest_plugins(self):
        return [_Plugin(self)]

    def prepare_suite(self, suite):
        """The runner's own suite, whose tests call case_over() when they are over."""
        cases = list(_cases(suite))
        self.expect(len(cases))
        for case in cases:
            _hook(case, self)
        return suite

    def after_suite(self):
        """What was found, and how much was played."""
        self._findings.take(None)
        tries = max(self._parallel, 1)
        for finding in self._findings.found.values():
            finding.tries = max(tries, finding.events)
            self._out.finding(finding)
        for key in self.context.job.focus or ():
            known = self._findings.found.get(key)
            self._out.played(key, tries, known.events if known else 0, known.seconds if known else None)
        self._out.coverage(of=self._of, parallel=self._parallel, serialised=self._serialised,
                           overlap=self._together.overlap.mean, units=self._parallel, hidden=self._findings.hidden,
                           interpreter=self._findings.interpreter)

    def expect(self, count):
        """So many tests are going to run: they share the time, which begins now. Imports
        and collection take this interpreter long, and are not what the time is for."""
        self._expected = count
        if self.context.job.suite_seconds:
            self.context.job.suite_seconds += (time.perf_counter_ns() - self.context.started_ns) / 1e9
        self._out = report.Report(self.context)
        self._findings.begin()
        self._out.phase("record", text="each test alone and then in threads")  # a crash names its test

    def _send(self, finding):
        self._out.finding(finding)

    def _share(self):
        least, most = PLAY_SECONDS
        return min(most, max(least, 0.7 * self._out.left() / max(self._expected - self._of, 1)))

    # -- one test --------------------------------------------------------------

    def run_in_threads(self, parts, why_not):
        """After the test's own run: its parts in threads, unless there is a reason not to."""
        self._of += 1
        reason = why_not or ("no time left" if self._out.left() < 0 else None)
        if reason is None:
            self._parallel += 1
            self._together.play(parts, self._share())
        else:
            self._serialised[reason] = self._serialised.get(reason, 0) + 1
        self._findings.take(self.context.record.running)
        if self._together.left:
            self._give_up()

    @staticmethod
    def _give_up():
        """A thread that is stuck in native code lets the interpreter never stop the world
        again. The process ends inside the test, and another one goes on without it."""
        print("harness: threads of this test did not come back", file=sys.stderr, flush=True)
        os._exit(STUCK)

    def case_over(self, case, passed):
        """A TestCase ran."""
        method = getattr(case, case._testMethodName, None)
        why = None if passed else "did not pass alone"
        if inspect.iscoroutinefunction(method):
            why = "async"
        parts = None
        try:
            parts = together.parts_of_case(case)
        except Exception:
            why = why or "its TestCase cannot be copied"
        self.run_in_threads(parts, why)


def _cases(suite):
    for one in suite:
        if hasattr(one, "_testMethodName"):
            yield one
        elif one is not None and hasattr(one, "__iter__"):
            yield from _cases(one)


def _hook(case, mode):
    """Makes the last step of a TestCase's own run, before its result is told, call the mode."""
    own = case.doCleanups

    def do_cleanups():
        done = own()
        mode.case_over(case, getattr(case._outcome, "success", False))
        return done
    case.doCleanups = do_cleanups


class _Plugin:
    """pytest's side."""

    def __init__(self, mode):
        self._mode = mode

    def pytest_pyfunc_call(self, pyfuncitem):
        """Asked before pytest itself: runs the function, then the threads."""
        function, arguments = pyfuncitem.obj, self._arguments(pyfuncitem)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return None  # its plugin runs it
        function(**arguments)
        why = next((f"fixture {name}" for name in pyfuncitem.fixturenames if name in _shared), None)
        if inspect.isgeneratorfunction(function):
            why = "generator"
        parameters = getattr(pyfuncitem, "callspec", None)
        apart = pyfuncitem.cls is None and set(pyfuncitem.fixturenames) <= set(parameters.params if parameters else ()) | {"request"}
        self._mode.run_in_threads(together.Parts(_call(function, arguments), apart=apart), why)
        return True

    def pytest_collection_finish(self, session):
        self._mode.expect(len(session.items))

    def pytest_itemcollected(self, item):
        """TestCases in a pytest suite: pytest calls their run(), not the hook above."""
        if not hasattr(getattr(item, "cls", None), "doCleanups"):
            return
        own = item.runtest

        def runtest():
            case = item.cls(item.originalname or item.name)
            own()
            self._mode.case_over(case, not item._excinfo)
        item.runtest = runtest

    @staticmethod
    def _arguments(item):
        return {name: item.funcargs[name] for name in item._fixtureinfo.argnames}


def _call(function, arguments):
    def run():
        function(**arguments)
    return run
