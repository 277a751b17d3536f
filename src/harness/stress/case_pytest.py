"""pytest items as tests that several threads can run at once, each with a copy of its own.

A copy has fresh fixtures of function scope and, for a method, a fresh instance; what is
of wider scope is set up once before and shared, as it is in a serial run. pytest's own
stack of set-ups knows one test at a time: in the child it is replaced by one that knows
any number.
"""
import contextlib
import copy
import functools
import inspect
import shutil
import threading

import pytest
from _pytest.outcomes import Skipped
from _pytest.stash import Stash

from . import case_unittest, scan

SKIPS = (Skipped, *case_unittest.SKIPS)


class SharedSetup:
    """Takes the place of session._setupstate: any nodes may be set up at once."""

    def __init__(self):
        self.stack = {}
        self._lock = threading.Lock()

    def is_node_active(self, node):
        return node in self.stack

    def addfinalizer(self, finalizer, node):
        self.stack.setdefault(node, ([], None))[0].append(finalizer)

    def open(self, node):
        """Sets a node up, and first those that it is in, each once."""
        for one in node.listchain():
            if one not in self.stack:
                self.stack[one] = ([one.teardown], None)
                if one is not node:
                    one.setup()

    def close(self, node):
        """Runs what is to be done after the node; the first exception is raised at the end."""
        first = None
        finalizers, _ = self.stack.pop(node, ([], None))
        while finalizers:
            try:
                finalizers.pop()()
            except BaseException as error:
                first = first or error
        if first is not None:
            raise first

    def teardown_exact(self, _):
        """Everything, innermost first; nothing is raised."""
        for node in reversed(list(self.stack)):
            try:
                self.close(node)
            except BaseException:
                pass


class LooseStash(Stash):
    """What hooks of a serial run would have left in an item's stash is empty here."""

    def __getitem__(self, key):
        return self.get(key, {})

    def get(self, key, default):
        return super().__getitem__(key) if key in self else default

    def __delitem__(self, key):
        if key in self:
            super().__delitem__(key)


class Fresh(dict):
    """name -> fixture definitions; those of function scope are copies for one run of a test."""

    def __init__(self, item):
        super().__init__()
        self._item = item
        self._in_class = item.cls is not None

    def get(self, name, default=None):
        if name not in self:
            found = self._find(name)
            if found is None:
                return default
            self[name] = tuple(self._fresh(one) for one in found)
        return self[name]

    def _find(self, name):
        found = self._item._fixtureinfo.name2fixturedefs.get(name)
        if found is not None:
            return found
        manager = self._item.session._fixturemanager
        try:
            return manager.getfixturedefs(name, self._item)
        except (AttributeError, TypeError):
            return manager.getfixturedefs(name, self._item.nodeid)  # pytest 7

    def _fresh(self, definition):
        if not private(definition, self._in_class):
            return definition
        made = copy.copy(definition)
        made.cached_result = None
        made._finalizers = []
        return made


def private(definition, in_class=True):
    """Whether each run of a test has this fixture for itself."""
    return definition.scope == "function" or (definition.scope == "class" and not in_class)


def copy_of(item):
    """An item like this one with fixtures and instance of its own."""
    made = copy.copy(item)
    if item.cls is not None:
        for name in ("_obj", "_instance"):
            made.__dict__.pop(name, None)
    made.__dict__.pop("_excinfo", None)
    made.stash = LooseStash()
    made._report_sections, made.user_properties = [], []
    info = item._fixtureinfo
    made._fixtureinfo = type(info)(argnames=info.argnames, initialnames=info.initialnames,
                                   names_closure=info.names_closure, name2fixturedefs=Fresh(item))
    made._initrequest()
    return made


class Case:
    """One item as the campaign sees it."""

    def __init__(self, item, test_id, file):
        self.item, self.id, self.file = item, test_id, file
        self.function = getattr(item, "originalname", None) or item.name
        self.path = str(getattr(item, "path", ""))
        self.most_threads = self._limit()

    def _limit(self):
        for mark in self.item.iter_markers():
            if mark.name in scan.LIMITING_MARKS and mark.args and isinstance(mark.args[0], int):
                return max(mark.args[0], 1)
        return 0

    @functools.cached_property
    def why_not(self):
        """Why the test cannot be run in threads, as far as that is known unrun; or None."""
        item = self.item
        if not isinstance(item, pytest.Function):
            return "not a test function" if "Doctest" not in type(item).__name__ else "a doctest"
        reason = scan.of_fixtures(item.fixturenames) or scan.of_marks(list(item.iter_markers()))
        if reason:
            return reason
        reason = _skipped(item) or scan.of_function(item.obj)
        for name in item.fixturenames if reason is None else ():
            for definition in item._fixtureinfo.name2fixturedefs.get(name, ()):
                if private(definition) and reason is None and _in_file(definition.func, self.path):
                    reason = scan.of_function(definition.func)
        return reason

    @property
    def body(self):
        """The test's own function."""
        return getattr(self.item, "obj", None)

    def shared_key(self):
        """What tests that run at once must agree on: parameters of wider fixtures."""
        spec = getattr(self.item, "callspec", None)
        scopes = getattr(spec, "_arg2scope", None) or {}
        return {name: spec.indices.get(name) for name, scope in scopes.items()
                if getattr(scope, "value", scope) != "function"}

    def prepare(self):
        """In the child, before threads: what is of wider scope than the function."""
        session = self.item.session
        if not isinstance(session._setupstate, SharedSetup):
            session._setupstate = SharedSetup()
        state = session._setupstate
        for node in self.item.listchain()[:-1]:
            if node not in state.stack:
                state.stack[node] = ([node.teardown], None)
                node.setup()
        made = copy_of(self.item)
        in_class = made.cls is not None
        state.stack[made] = ([], None)
        for name in made.fixturenames:
            found = made._fixtureinfo.name2fixturedefs.get(name)
            if found and not private(found[-1], in_class):
                made._request.getfixturevalue(name)
        state.stack.pop(made, None)

    def clean_up(self):
        """In the child, after threads: all that prepare() of any test set up."""
        state = self.item.session._setupstate
        if isinstance(state, SharedSetup):
            state.teardown_exact(None)

    def run(self, before_call, outside):
        """Runs a fresh copy once; raises what fails it."""
        made = copy_of(self.item)
        state = self.item.session._setupstate
        try:
            with outside:
                state.stack[made] = ([made.teardown], None)
                made.setup()
            if hasattr(made, "addSubTest"):
                self._run_unittest(made, before_call, outside)
            else:
                before_call()
                made.runtest()
        finally:
            with outside:
                state.close(made)
                if "tmp_path" in made.funcargs and not isinstance(outside, contextlib.nullcontext):
                    shutil.rmtree(made.funcargs["tmp_path"], ignore_errors=True)

    @staticmethod
    def _run_unittest(made, before_call, outside):
        errors = []
        made.addSubTest = lambda case, test, error: errors.append(error[1]) if error else None
        case_unittest.hook_steps(made.instance, before_call, outside)
        made.runtest()
        errors += [info.value for info in made.__dict__.get("_excinfo") or ()]
        case_unittest.raise_worst(errors, SKIPS)

    def quick(self):
        """A function that runs the body alone, again and again, as good as fresh each time:
        where no fixture of function scope and no set-up is in use. None otherwise."""
        item = self.item
        if hasattr(item, "addSubTest"):
            return case_unittest.quick(item.cls, item.name)
        if type(item) is not pytest.Function or inspect.iscoroutinefunction(item.obj) or self._private_fixtures():
            return None
        made = copy_of(item)
        made._request._fillfixtures()
        arguments = {name: made.funcargs[name] for name in item._fixtureinfo.argnames}
        if item.cls is None:
            return functools.partial(made.obj, **arguments)
        cls, name = item.cls, item.originalname
        return lambda: getattr(cls(), name)(**arguments)

    def _private_fixtures(self):
        """Whether a fixture of function scope is more than a value of parametrize. The
        `request` of wider ones is done with."""
        in_class = self.item.cls is not None
        for name in self.item.fixturenames:
            for definition in self.item._fixtureinfo.name2fixturedefs.get(name, ())[-1:]:
                if private(definition, in_class) and definition.func.__name__ != "get_direct_param_fixture_func":
                    return True
        return "request" in self.item._fixtureinfo.argnames


def _in_file(function, path):
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and code.co_filename == path


def _skipped(item):
    try:
        from _pytest.skipping import evaluate_skip_marks
        return "skipped" if evaluate_skip_marks(item) else None
    except BaseException:
        return "skipped"


def expected(error):
    """Whether an exception that left a body is a skip, not a failure."""
    return isinstance(error, SKIPS)
