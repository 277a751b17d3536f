"""Runs a suite with unittest: names, files or "discover", as `python -m unittest` takes them.

load_tests is respected; setUpClass and setUpModule failures become errors of the
tests concerned; subtests fold into their test.
"""
import argparse
import fnmatch
import os
import re
import sys
import time
import unittest

from . import events as _events
from . import clock, faults, neutral, selection

_now_ns = time.perf_counter_ns
_holder = re.compile(r"(setUp|tearDown)(Class|Module) \((.+)\)$")


def parse(words):
    """The arguments of `python -m unittest`; options that are not known are returned too."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in ("-v", "-q", "-f", "-c", "-b", "--verbose", "--quiet", "--locals", "--failfast", "--catch",
                   "--buffer"):
        parser.add_argument(option, action="store_true", dest="ignored")
    parser.add_argument("--durations", dest="ignored")
    parser.add_argument("-k", dest="patterns", action="append", default=[])
    parser.add_argument("-s", "--start-directory", dest="start")
    parser.add_argument("-p", "--pattern")
    parser.add_argument("-t", "--top-level-directory", dest="top")
    parser.add_argument("names", nargs="*")
    options, unknown = parser.parse_known_args(words)
    options.discover = not options.names or options.names[0] == "discover"
    if options.discover:
        for field, value in zip(("start", "pattern", "top"), options.names[1:]):
            setattr(options, field, value)
        options.start = options.start or "."
        options.pattern = options.pattern or "test*.py"
    return options, unknown


def dotted(name):
    """A file's name as a module's, as `python -m unittest` accepts it."""
    if os.path.isfile(name) and name.lower().endswith(".py"):
        rel = os.path.relpath(name)
        if not os.path.isabs(rel) and not rel.startswith(os.pardir):
            return rel[:-3].replace("\\", ".").replace("/", ".")
    return name


class Loader(unittest.TestLoader):
    """Leaves out files that are not selected, without importing them."""

    def __init__(self, paths, chosen):
        super().__init__()
        self._paths = paths
        self._chosen = chosen

    def _match_path(self, path, full_path, pattern):
        return (fnmatch.fnmatch(path, pattern)
                and not self._chosen.skips_file(self._paths.rel(os.path.abspath(full_path))))


def load(loader, options):
    """The suite of the arguments; import errors become loader._FailedTest in it."""
    if options.patterns:
        loader.testNamePatterns = [p if "*" in p else f"*{p}*" for p in options.patterns]
    if options.discover:
        return loader.discover(options.start, options.pattern, options.top)
    return loader.loadTestsFromNames([dotted(name) for name in options.names])


def cases(suite):
    """The single tests of nested suites, in order."""
    for one in suite:
        if isinstance(one, unittest.BaseTestSuite):
            yield from cases(one)
        elif one is not None:
            yield one


def prune(suite, keep):
    """Takes tests out of nested suites in place, so that suites of the package's own
    kind still run them. keep: ids of the Python objects that stay."""
    kept = []
    suite._cleanup = False  # it may be run again, and results look tests up
    for one in suite:
        if isinstance(one, unittest.BaseTestSuite):
            prune(one, keep)
            kept.append(one)
        elif id(one) in keep:
            kept.append(one)
    suite._tests = kept


def test_id(case):
    """module.Class.method; foreign id() methods may raise."""
    try:
        return _events.clean_id(case.id())
    except Exception:
        return _events.clean_id(f"{type(case).__module__}.{type(case).__qualname__}")


def is_failed_import(case):
    return type(case).__module__ == "unittest.loader" and type(case).__name__ == "_FailedTest"


class Result(unittest.TestResult):
    """Turns what unittest says of a test into one result event."""

    def __init__(self, context, tests, mode):
        super().__init__()
        self._context = context
        self._mode = mode
        self._record = context.record
        self._own = context.own
        self._tests = tests      # (case, id), in order
        self._reported = set()
        self._status = self._note = None
        self._started_ns = 0
        self.clock = clock.Clock()
        self.bad = 0

    # -- one test ------------------------------------------------------------

    def startTest(self, test):
        super().startTest(test)
        self._status = self._note = None
        self.clock = clock.Clock()
        self._mode.before_test()
        neutral.without_time_limits()
        self._record.start(test_id(test))
        self._started_ns = _now_ns()

    def stopTest(self, test):
        total = _now_ns() - self._started_ns
        if not self._context.events.ours():
            os._exit(0)
        super().stopTest(test)
        self._send(test_id(test), self._status or "passed", self._note, self.clock, total)
        self._mode.after_test()
        if self._context.over_time():
            self.shouldStop = True

    def _send(self, test, status, note, times=None, total_ns=0):
        self._reported.add(test)
        if status in ("failed", "error", "xpassed"):
            self.bad += 1
        self._record.result(test, status, times, total_ns, note)

    def _set(self, status, note):
        """The worst of what is said of one test stays."""
        if self._status not in ("failed", "error", "not-run"):
            self._status, self._note = status, note

    def _bad(self, status, error):
        note = faults.note_of(error[1], self._own)
        self._set("not-run" if note.not_run else status, note)

    def addFailure(self, test, err):
        self._bad("failed", err)

    def addError(self, test, err):
        place = _holder.match(str(getattr(test, "description", "")))
        if place:
            self._fixture_failed(place, faults.note_of(err[1], self._own), "error")
        else:
            self._bad("error" if self.clock.call_ns == 0 else "failed", err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._bad("failed", err)

    def addSkip(self, test, reason):
        place = _holder.match(str(getattr(test, "description", "")))
        if place:
            self._fixture_failed(place, faults.Note(reason), "skipped")
        elif self._status is None:
            self._set("skipped", faults.Note(reason))

    def addExpectedFailure(self, test, err):
        self._set("xfailed", faults.Note(faults.describe(err[1])))

    def addUnexpectedSuccess(self, test):
        self._set("xpassed", faults.Note("passed although marked to fail"))

    # -- class and module fixtures ---------------------------------------------

    def _fixture_failed(self, place, note, status):
        """setUpClass or setUpModule: none of its tests ran, each gets the result.
        tearDownClass or tearDownModule: the last of them gets a second one."""
        when, kind, name = place.groups()
        note.message = f"{when}{kind}: {note.message}"
        if status == "error" and note.not_run:
            status = "not-run"
        concerned = [test for case, test in self._tests if _is_in(case, kind, name)]
        if when == "setUp":
            concerned = [test for test in concerned if test not in self._reported]
        else:
            concerned = [test for test in concerned if test in self._reported][-1:]
        for test in concerned:
            self._record.start(test)
            self._send(test, status, note)


def _is_in(case, kind, name):
    """Whether a test belongs to the class or module that a fixture's failure names."""
    cls = type(case)
    if kind == "Module":
        return cls.__module__ == name
    return name in (f"{cls.__module__}.{cls.__qualname__}", f"{cls.__module__}.{cls.__name__}")


def time_calls(current):
    """Measures test methods only, and keeps KeyboardInterrupt within its test.

    current() gives the clock of the running test. The methods are unittest's own steps."""
    for cls in (unittest.TestCase, unittest.IsolatedAsyncioTestCase):
        for name in ("_callSetUp", "_callTestMethod", "_callTearDown"):
            step = cls.__dict__.get(name)
            if step:
                setattr(cls, name, _timed(step, current) if name == "_callTestMethod" else _guarded(step))


def _guarded(step):
    def call(case, *args):
        try:
            return step(case, *args)
        except KeyboardInterrupt:
            raise RuntimeError("the test raised KeyboardInterrupt") from None
    return call


def _timed(step, current):
    def call(case, *args):
        times = current()
        start = times.start()
        try:
            return step(case, *args)
        except KeyboardInterrupt:
            raise RuntimeError("the test raised KeyboardInterrupt") from None
        finally:
            times.stop(start)
    return call


def file_of(case, paths):
    """The file that a test's class comes from, normalised."""
    module = sys.modules.get(type(case).__module__)
    path = getattr(module, "__file__", None)
    return paths.rel(os.path.abspath(path)) if isinstance(path, str) else str(type(case).__module__)


def collect(context, options, chosen):
    """Loads, reports import errors, selects; the suite, and its (case, id) in order."""
    loader = Loader(context.paths, chosen)
    try:
        suite = load(loader, options)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            error = RuntimeError("interrupted while loading")
        context.record.collect_error(options.start or "", faults.note_of(error, context.own))
        suite = unittest.TestSuite()
    found = []
    for case in cases(suite):
        if is_failed_import(case):
            _report_failed(context, case)
        else:
            found.append(case)
    ids = [test_id(case) for case in found]
    keep = chosen.choose([(file_of(case, context.paths), one) for case, one in zip(found, ids)])
    prune(suite, {id(found[at]) for at in keep})
    context.record.collected(len(found), [ids[at] for at in keep], chosen)
    return suite, [(found[at], ids[at]) for at in keep]


def _report_failed(context, case):
    """A module or name that could not be loaded."""
    error = getattr(case, "_exception", None)
    text = str(error)
    own = context.own
    lines = [line for line in text.splitlines() if line and not line.startswith(" ")]
    note = faults.Note(lines[-1] if lines else text, faults.missing_in_text(text, own))
    context.record.collect_error(getattr(case, "_testMethodName", "?"), note)


def run(context, mode):
    """0 when every test passed, 1 when one did not, 5 when there was none."""
    job = context.job
    options, unknown = parse([*job.args, *job.extra_args])
    for word in unknown:
        context.events.send("option", name=_events.clean_id(word.partition("=")[0]))
    sys.argv = ["python -m unittest", *job.args]
    chosen = selection.of_job(job, context.paths)
    place = options.start if options.discover else None
    if place:
        chosen.find_files([place], not os.path.isdir(place), [options.pattern])
    suite, tests = collect(context, options, chosen)
    result = None
    time_calls(lambda: result.clock)
    bad = 0
    for rep in range(max(job.repeat, 1)):
        if job.repeat > 1:
            context.record.rep = rep
        result = Result(context, tests, mode)
        try:
            mode.prepare_suite(suite).run(result)
        except BaseException as error:
            if not context.events.ours():
                os._exit(0)
            print(f"harness: unittest ended by {faults.describe(error)}", file=sys.stderr)
            bad += 1
        bad += result.bad
        if result.shouldStop:
            context.events.send("stopped", reason="time", left=len(tests) - len(result._reported))
            break
    return 1 if bad else (0 if tests else 5)
