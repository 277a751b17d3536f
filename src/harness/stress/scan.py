"""Why a test cannot be run in threads, as far as its marks, fixtures and code say so
before it is run. What a run shows is observe.py's."""
import dis
import types

# State of pytest or its plugins that one thread has to itself.
FIXTURES = ("capsys", "capsysbinary", "capteesys", "capfd", "capfdbinary", "caplog", "monkeypatch", "recwarn", "subtests",
            "pytester", "testdir", "mocker", "class_mocker", "module_mocker", "session_mocker",
            "package_mocker", "benchmark", "fs", "freezer")
LIMITING_MARKS = ("parallel_threads_limit", "parallel_threads")
_STREAMS = ("stdout", "stderr", "stdin", "__stdout__", "displayhook", "excepthook")
_LATE = ("getfixturevalue", "getfuncargvalue")
_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
_STORES = frozenset(dis.opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR"))
_seen = {}  # id of a code object -> (the code object, its reason): tests share functions and helpers


def of_fixtures(names):
    """The reason that the names of a test's fixtures give, or None."""
    found = next((name for name in names if name in FIXTURES), None)
    return f"uses {found}" if found else None


def of_marks(marks):
    """The reason that marks (objects with name and args) give, or None. The marks of
    pytest-run-parallel are honoured."""
    for mark in marks:
        if mark.name == "thread_unsafe":
            return "marked thread_unsafe"
        if mark.name in LIMITING_MARKS and mark.args and mark.args[0] == 1:
            return f"marked {mark.name}(1)"
        if mark.name in ("xfail", "forked", "django_db"):
            return f"marked {mark.name}"
    return None


def of_function(function):
    """The reason that a test function's own code, its helpers' in the same file, or what
    wraps it gives; or None."""
    if hasattr(function, "hypothesis") or getattr(function, "is_hypothesis_test", False):
        return "a hypothesis test, which has state of its own"
    function = getattr(function, "__func__", function)
    if getattr(function, "__unittest_expecting_failure__", False):
        return "marked as an expected failure"
    while hasattr(function, "__wrapped__"):
        if hasattr(function, "patchings"):
            return "patches objects"
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if type(code) is not types.CodeType:  # a proxy says that it is one, and need not hold together
        return None
    for one in [code, *_helpers(function, code)]:
        reason = of_code(one)
        if reason:
            return reason
    return None


def _helpers(function, code):
    """The code of the plain functions in the same file that the function names."""
    names = getattr(function, "__globals__", {})
    for name in code.co_names:
        found = names.get(name)
        if type(found) is types.FunctionType and found.__code__.co_filename == code.co_filename:
            yield found.__code__


def of_code(code):
    """The reason in one code object and those inside it, or None. Each is read once."""
    if id(code) not in _seen:
        _seen[id(code)] = code, _read_code(code)
    return _seen[id(code)][1]


def _read_code(code):
    return _of_steps(code) or next(filter(None, map(of_code, _inner(code))), None)


def _inner(code):
    return [one for one in code.co_consts if isinstance(one, types.CodeType)]


def _of_steps(code):
    """Taking instructions apart is slow: most code stores nothing, and its bytes say so."""
    if _STORES.isdisjoint(code.co_code[::2]) and not any(name in _LATE for name in code.co_names):
        return None
    previous = []
    for step in dis.get_instructions(code):
        reason = _of_step(step, previous)
        if reason:
            return reason
        previous = [*previous[-3:], step]
    return None


def _of_step(step, previous):
    if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
        return "assigns to a global variable"
    if step.opname == "LOAD_ATTR" and str(step.argval) in _LATE:
        return "asks for fixtures while it runs"
    if step.opname in ("STORE_ATTR", "DELETE_ATTR"):
        chain = [one for one in previous if one.opname in _GLOBALS]
        near = previous and (previous[-1].opname in _GLOBALS
                             or len(previous) > 1 and previous[-1].opname == "LOAD_ATTR" and previous[-2].opname in _GLOBALS)
        if near and chain[-1].argval == "sys" and step.argval in _STREAMS:
            return f"replaces sys.{step.argval}"
        if near:
            return "changes a module or class"
    return None
