"""Runs a suite with pytest (7 or newer) and turns its reports into events."""
import importlib.metadata
import os
import re
import sys
import time

import pytest

from . import clock as _clock
from . import events as _events
from . import descriptors, faults, neutral, outcome, selection, suite_unittest

_now_ns = time.perf_counter_ns
_refused = re.compile(r"unrecognized arguments: (.*)")
_unknown_key = re.compile(r"Unknown config option: (\S+)")
_no_option = re.compile(r"^no option named '(-[\w-]+)'")


def force_error(result, error):
    """Makes a hook's outcome an exception, with any version of pluggy."""
    if hasattr(result, "force_exception"):
        result.force_exception(error)
    else:
        result._excinfo = (type(error), error, None)


def broken_plugins():
    """(name, error) of each installed plugin that cannot be imported, usually for a
    dependency that is missing or too new for it."""
    for entry in importlib.metadata.entry_points(group="pytest11"):
        try:
            entry.load()
        except Exception as error:
            yield entry.name, error


class Harness:
    """The plugin that collects, selects, times and reports."""

    def __init__(self, context, stopper, mode):
        self._context = context
        self._mode = mode
        self._stopper = stopper
        self._record = context.record
        self._paths = context.paths
        self._own = context.own
        self._selection = selection.of_job(context.job, context.paths)
        self._ids = {}
        self._open = None
        self.occupied = descriptors.Occupied()
        self.refused = []
        self.blocked = []
        self._share = selection.FileShare()

    # -- start ---------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_parse(self):
        """Options that pytest does not know end it before anything else happens. Its
        capture opens its files meanwhile."""
        self.occupied.take()
        result = yield
        self.occupied.give_back()
        if result.excinfo:
            self._usage_error(result.excinfo[1])

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        for mark in neutral.MARKS:
            config.addinivalue_line("markers", f"{mark}(*args, **kwargs): of a plugin that is left away")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection(self, session):
        self._report_unknown_keys(session.config)
        self._choose_files(session.config)
        result = yield
        if result.excinfo:
            self._usage_error(result.excinfo[1])

    def _usage_error(self, error):
        text = str(error)
        found = _refused.search(text)
        if found and isinstance(error, pytest.UsageError):
            self.refused = [word for word in found.group(1).split() if word.startswith("-")]
            for word in self.refused:
                self._context.events.send("option", name=_events.clean_id(word.partition("=")[0]))
            return
        self.blocked = self._report_broken_plugins()
        if self.blocked:
            return
        for key in _unknown_key.findall(text) + (_no_option.findall(text) if isinstance(error, ValueError) else []):
            self._context.events.send("option", name=_events.clean_id(key))
        where = getattr(error, "path", None)
        self._record.collect_error(self._paths.rel(where) if where else "", faults.note_of(error, self._own))

    def _report_broken_plugins(self):
        """Plugins that cannot be imported keep all tests from starting: name them."""
        names = []
        for name, error in broken_plugins():
            self._record.collect_error(f"plugin {name}", faults.note_of(error, self._own))
            names.append(name)
        return names

    def _report_unknown_keys(self, config):
        """Keys of the suite's configuration that no plugin here knows: plugins may be missing."""
        try:
            keys = config._get_unknown_ini_keys()
        except Exception:
            return
        for key in sorted(set(keys) - neutral.KNOWN_KEYS):
            self._context.events.send("option", name=_events.clean_id(key))

    def _choose_files(self, config):
        try:
            pyargs = config.getoption("pyargs", False)
            self._selection.find_files(config.args, pyargs, config.getini("python_files"))
        except (OSError, ValueError):
            pass

    # -- collection ----------------------------------------------------------

    def pytest_ignore_collect(self, collection_path):
        """Saves the import of files that are not selected; None leaves it to others."""
        path = str(collection_path)
        rel = self._paths.rel(path)
        if path.endswith(".py") and os.path.basename(path) not in ("conftest.py", "__init__.py"):
            return True if self._selection.skips_file(rel) else None
        return True if self._paths.denied(rel) else None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector):
        """Names what could not be collected; a module that calls sys.exit() is one of those."""
        result = yield
        where = self._where(collector)
        if result.excinfo:
            error = result.excinfo[1]
            if not isinstance(error, (KeyboardInterrupt, SystemExit, pytest.exit.Exception)):
                return
            note = faults.note_of(error, self._own)
            result.force_result(pytest.CollectReport(collector.nodeid, "failed", note.message, None))
            self._record.collect_error(where, note)
            return
        report = result.get_result()
        if report.failed:
            call = getattr(report, "call", None)
            error = call.excinfo.value if call and call.excinfo else None
            self._record.collect_error(where, self._collect_note(error, report))

    def _collect_note(self, error, report):
        """The innermost cause says more than "ImportError while importing test module"."""
        chain = [e for e in faults.causes(error) if not isinstance(e, pytest.Collector.CollectError)]
        if chain:
            return faults.note_of(chain[0], self._own)
        return faults.note_of_text(report.longreprtext, self._own)

    def _where(self, node):
        path = getattr(node, "path", None)
        return self._paths.rel(path) if path else node.nodeid

    def identify(self, item):
        """(file, id) of an item, the same on every arm."""
        path = getattr(item, "path", None)
        head, colons, tail = item.nodeid.partition("::")
        file = self._paths.rel(path) if path else head
        test = _events.clean_id(f"{file}{colons}{self._paths.unplaced(tail)}")
        if " at 0x" in test:
            test = re.sub(r" at 0x[0-9a-fA-F]+", " at 0x", test)
        return file, test

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, session, config, items):
        """After all other plugins have had their say."""
        yield
        tests = [self.identify(item) for item in items]
        keep = self._selection.choose(tests)
        chosen = set(keep)
        dropped = [item for at, item in enumerate(items) if at not in chosen]
        self._ids = {id(items[at]): tests[at][1] for at in keep}
        self._share = selection.FileShare({tests[at][0] for at in keep}, self._context.job.suite_seconds)
        items[:] = [items[at] for at in keep]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
        self._record.collected(len(tests), [tests[at][1] for at in keep], self._selection)

    # -- running -------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Only for repetitions: the whole selection k times in this process."""
        if self._context.job.repeat <= 1 or session.config.option.collectonly:
            return None
        for rep in range(self._context.job.repeat):
            self._record.rep = rep
            for at, item in enumerate(session.items):
                following = session.items[at + 1] if at + 1 < len(session.items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self._mode.before_test()
        self._stopper.stop = self._stopper.stop or self._context.over_time()
        file = self._paths.rel(getattr(item, "path", ""))
        self._stopper.skip = self._stopper.stop or self._share.spent(file)
        if self._stopper.skip:
            yield
            return
        test = self._ids.get(id(item)) or self.identify(item)[1]
        neutral.without_time_limits()
        self._open = outcome.Outcome(self._own, item)
        self._record.start(test)
        start = _now_ns()
        yield
        total = _now_ns() - start
        self._share.add(file, total)
        self._end_if_forked()
        done, self._open = self._open, None
        self._record.result(test, done.status or "error", done.clock, total, done.note)
        self._mode.after_test()

    def pytest_runtest_logreport(self, report):
        if self._open is not None:
            self._open.report(report)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call):
        if call.excinfo is not None and self._open is not None:
            self._open.raised(call.when, call.excinfo.value)
        yield

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_setup(self):
        self._survive((yield))

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self):
        clock = self.clock()
        start = clock.start()
        result = yield
        if not clock.call_ns:  # else the function alone was timed
            clock.stop(start)
        self._survive(result)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        """The test function without what pytest does around it."""
        clock = self.clock()
        start, function = clock.start(), pyfuncitem.obj
        plain = self._mode.measures and _clock.is_plain(function)
        if plain:
            pyfuncitem.obj = _clock.timed(function, clock)
        yield
        if plain:
            pyfuncitem.obj = function
        else:
            clock.stop(start)

    def clock(self):
        """Of the test that runs; one that nobody reads when none does."""
        return (self._open or outcome.Outcome(self._own)).clock

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_teardown(self):
        self._survive((yield))

    @staticmethod
    def _survive(result):
        """A test that raises KeyboardInterrupt or calls pytest.exit() fails alone."""
        error = result.excinfo[1] if result.excinfo else None
        if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            force_error(result, RuntimeError(f"the test raised {faults.describe(error)}"))

    def _end_if_forked(self):
        """A child that a test forked off, and that came back from it, must not run the rest."""
        if not self._context.events.ours():
            os._exit(0)

    def pytest_internalerror(self, excinfo):
        self._record.collect_error("", faults.Note(f"internal error: {faults.describe(excinfo.value)}"))


class Stopper:
    """Takes tests out of the run: all that remain once the soft limit was reached, and
    those of files that had their share."""

    def __init__(self):
        self.stop = self.skip = False
        self.left = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        if not self.skip:
            return None
        self.left += 1
        if not self.stop:
            self._tear_down(item.session, nextitem)
        return True

    @staticmethod
    def _tear_down(session, following):
        """What only the skipped tests' file needed must be gone before the next file's
        set-up, which pytest checks."""
        try:
            session._setupstate.teardown_exact(following)
        except Exception as error:
            print(f"harness: tear-down raised {faults.describe(error)}", file=sys.stderr)


def attempt(context, mode, words, refused):
    """One pytest.main(); (exit code, options that it refused, plugins that cannot be imported)."""
    stopper = Stopper()
    plugin = Harness(context, stopper, mode)
    if mode.measures:
        suite_unittest.time_calls(plugin.clock)
    with neutral.Ini(pytest.Config, refused) as ini:
        try:
            code = pytest.main(neutral.without(words, set(refused)),
                               plugins=[plugin, stopper, *mode.pytest_plugins()])
        except BaseException as error:
            plugin._end_if_forked()
            if not isinstance(error, SystemExit):
                print(f"harness: pytest ended by {faults.describe(error)}", file=sys.stderr)
            code = 3
        for name in ini.missing:
            note = faults.Note(f"the suite's configuration wants the plugin {name}", name.partition(".")[0])
            context.record.collect_error("addopts", note)
    if stopper.left:
        context.events.send("stopped", reason="time", left=stopper.left)
    return int(code), plugin.refused, plugin.blocked


def run(context, mode):
    """The suite's exit code as pytest gives it. Options that this pytest does not know and
    plugins that cannot be imported are reported, and the suite is run without them."""
    job = context.job
    neutral.environment()
    words = [*neutral.options(job.seed), *job.extra_args, *job.args]
    sys.argv = [os.path.join(os.path.dirname(sys.executable), "pytest"), *job.args]
    refused = []
    for _ in range(3):
        code, more, broken = attempt(context, mode, words, refused)
        if not more and not broken:
            break
        refused += more
        for name in broken:
            words = ["-p", f"no:{name}", *words]
    return code
