"""unittest's test cases as tests that several threads can run at once, each on a copy of
its own with its own setUp and tearDown; class and module fixtures are set up once."""
import copy
import functools
import inspect
import os
import sys
import unittest

from . import scan

SKIPS = (unittest.SkipTest,)


def hook_steps(case, before_call, outside):
    """Makes one TestCase instance take the lock for set-up and tear-down, and call
    before_call() between them."""
    kind = type(case)

    def set_up(*args):
        with outside:
            return kind._callSetUp(case, *args)

    def call(*args):
        before_call()
        return kind._callTestMethod(case, *args)

    def tear_down(*args):
        with outside:
            return kind._callTearDown(case, *args)
    case._callSetUp, case._callTestMethod, case._callTearDown = set_up, call, tear_down


def raise_worst(errors, skips=SKIPS):
    """Raises the first failure, else the first skip."""
    for error in errors:
        if not isinstance(error, skips):
            raise error
    for error in errors:
        raise error


def quick(cls, name):
    """A function that runs one test method on a new instance; None where the class has a
    set-up, or the method is one that only run() can run."""
    method = getattr(cls, name, None)
    inherited = ("setUp", "tearDown", "run", "__init__", "debug", "__call__")
    if method is None or inspect.iscoroutinefunction(method) or issubclass(cls, unittest.IsolatedAsyncioTestCase):
        return None
    if any(getattr(cls, one) is not getattr(unittest.TestCase, one) for one in inherited):
        return None

    def body():
        case = cls(name)
        try:
            getattr(case, name)()
        finally:
            case.doCleanups()
    return body


class Kept(unittest.TestResult):
    """Keeps the exceptions themselves."""

    def __init__(self):
        super().__init__()
        self.raised = []

    def addError(self, test, err):
        self.raised.append(err[1])

    addFailure = addExpectedFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.raised.append(err[1])

    def addSkip(self, test, reason):
        self.raised.append(unittest.SkipTest(reason))

    def addUnexpectedSuccess(self, test):
        self.raised.append(AssertionError("passed although marked to fail"))


class Fixtures:
    """setUpModule and setUpClass, each once in a child."""

    def __init__(self):
        self._suite, self._done, self._classes = unittest.TestSuite(), set(), []

    def prepare(self, case):
        result = Kept()
        cls = type(case)
        if cls.__module__ not in self._done:
            self._suite._handleModuleFixture(case, result)
            self._done.add(cls.__module__)
        if cls not in self._classes:
            self._suite._handleClassSetUp(case, result)
            self._classes.append(cls)
        raise_worst(result.raised)
        if getattr(cls, "_classSetupFailed", False):
            raise RuntimeError("setUpClass failed")

    def clean_up(self):
        for cls in reversed(self._classes):
            try:
                cls.tearDownClass()
                cls.doClassCleanups()
            except BaseException:
                pass
        self._classes, self._done = [], set()


_fixtures = Fixtures()


class Case:
    """One TestCase as the campaign sees it; the same faces as case_pytest.Case."""

    most_threads = 0

    def __init__(self, case, test_id, file):
        self.case, self.id, self.file = case, test_id, file
        self.function = getattr(case, "_testMethodName", "")
        module = sys.modules.get(type(case).__module__)
        self.path = os.path.abspath(getattr(module, "__file__", None) or "")

    @functools.cached_property
    def why_not(self):
        if not isinstance(self.case, unittest.TestCase) or type(self.case).__name__ == "DocTestCase":
            return "a doctest" if "DocTest" in type(self.case).__name__ else "not a test case of unittest"
        method = getattr(self.case, self.function, None)
        if getattr(type(self.case), "__unittest_skip__", False) or getattr(method, "__unittest_skip__", False):
            return "skipped"
        for one in (method, type(self.case).setUp, type(self.case).tearDown):
            reason = scan.of_function(one)
            if reason:
                return reason
        return None

    @property
    def body(self):
        """The test's own function."""
        return getattr(self.case, self.function, None)

    @staticmethod
    def shared_key():
        return {}

    def prepare(self):
        _fixtures.prepare(self.case)

    @staticmethod
    def clean_up():
        _fixtures.clean_up()

    def _copy(self):
        try:
            return type(self.case)(self.function)
        except Exception:
            made = copy.copy(self.case)
            made._cleanups = []
            return made

    def run(self, before_call, outside):
        made, result = self._copy(), Kept()
        hook_steps(made, before_call, outside)
        made.run(result)
        raise_worst(result.raised)

    def quick(self):
        return quick(type(self.case), self.function)


def expected(error):
    """Whether an exception that left a body is a skip, not a failure."""
    return isinstance(error, SKIPS)
