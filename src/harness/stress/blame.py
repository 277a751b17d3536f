"""Whose code an exception or a stack speaks of: the package's own, a test's, or other.

A module is the package's own when its root is a top-level module of the package and
no part of its name is that of tests. Frames of the standard library, of pytest and of
this harness are passed over: what they were called for lies below them.
"""
import os
import re
import sys
import sysconfig
import threading
import traceback
import types

from ..origin import NOT_UNDER_TEST, of_tests

HARNESS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
MOST_TEXT = 6000
MOST_FRAMES = 8
_frame = re.compile(r'^  File "(.*)", line (\d+|\?\?\?) in (.*)$')
_thread = re.compile(r"^(Current thread|Thread) 0x")
_plumbing = ("_pytest", "pluggy", "pytest", "unittest", "migrate_check_harness", "importlib", "pytest_asyncio", "anyio")


class Own:
    """Knows the modules of the package under test."""

    def __init__(self, job, paths):
        self._tops = set(job.top_level) - NOT_UNDER_TEST
        self._paths = paths
        stdlib = sysconfig.get_paths()
        self._stdlib = tuple(os.path.join(stdlib[name], "") for name in ("stdlib", "platstdlib"))
        self._site = tuple(os.path.join(stdlib[name], "") for name in ("purelib", "platlib"))

    def module(self, name):
        """Whether the module of this name is the package's and not its tests'."""
        return isinstance(name, str) and name.partition(".")[0] in self._tops and not of_tests(name)

    def loaded(self):
        """The package's own modules that are loaded, by name."""
        return {name: module for name, module in list(sys.modules.items()) if module is not None and self.module(name)}

    def module_of(self, path):
        """The dotted name that a file in site has, or "" for a file elsewhere."""
        rel = self._paths.in_site(path) if path else None
        if rel is None:
            return ""
        parts = rel.split("/")
        parts[-1] = parts[-1].partition(".")[0]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def in_stdlib(self, path):
        return path.startswith("<frozen") or path.startswith(self._stdlib) and not path.startswith(self._site)

    def passed_over(self, path, module=""):
        """Whether a frame of this file says nothing of its own."""
        if self.module(module):
            return False
        return module.partition(".")[0] in _plumbing or path.startswith(HARNESS) or self.in_stdlib(path)


# -- exceptions ----------------------------------------------------------------


def describe(error, own):
    """What a finding needs to know of an exception, as plain data."""
    frames = [(_module_of(tb, own), tb.tb_frame.f_code.co_qualname, tb.tb_frame.f_code.co_filename)
              for tb in _chain(error.__traceback__)]
    telling = [frame for frame in frames if not own.passed_over(frame[2], frame[0])]
    inner = telling[-1] if telling else ("", "", "")
    mine = next((frame for frame in reversed(telling) if own.module(frame[0])), None)
    try:
        text, message = text_of(error), str(error)[:300]
    except BaseException:
        text = message = "(its text cannot be had)"
    named = inner if own.module(inner[0]) or mine is None else mine
    return {"type": type(error).__name__, "message": message, "text": text,
            "oracle": _oracle(error, own.module(inner[0])), "own": mine is not None, "module": named[0], "function": named[1],
            "frames": [f"{module or os.path.basename(path)}!{name}" for module, name, path in telling[:-9:-1]]}


def text_of(error):
    """The exception as Python prints it, without this harness's own frames above the first other one."""
    start = next((tb for tb in _chain(error.__traceback__) if not tb.tb_frame.f_code.co_filename.startswith(HARNESS)), None)
    return "".join(traceback.format_exception(type(error), error, start, limit=-20))[-MOST_TEXT:]


def _chain(tb):
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _module_of(tb, own):
    try:
        name = tb.tb_frame.f_globals.get("__name__")
    except BaseException:
        name = None
    return name if isinstance(name, str) else own.module_of(tb.tb_frame.f_code.co_filename)


def _oracle(error, inner_is_own):
    """An own frame innermost makes it the package's exception; SystemError is always one
    of C code that broke the rules; all else is an outcome of the test."""
    if isinstance(error, SystemError):
        return "system-error"
    return "exception" if inner_is_own else "test-outcome"


_size_changed = re.compile("(changed|mutated|modified).* during ")


def excused(error):
    """An error that is no defect of the package: there was not enough of something, or
    Python documents it for what threads did: a container changed while it is walked, a buffer
    resized that another looks at, a generator that another runs, a file that another closes,
    modules that import one another imported at once."""
    if isinstance(error, (MemoryError, RecursionError)) or type(error).__name__ == "_DeadlockError":
        return True
    if isinstance(error, (ImportError, AttributeError)) and "partially initialized module" in str(error):
        return True
    if isinstance(error, OSError) and error.errno in (11, 12, 23, 24, 27, 28):  # EAGAIN ENOMEM ENFILE EMFILE EFBIG ENOSPC
        return True
    if isinstance(error, BufferError):  # memory that is looked at is not moved: the object refuses, as it should
        return True
    if not isinstance(error, (RuntimeError, ValueError)):
        return False
    text = str(error)
    if "already executing" in text or "closed file" in text:  # one thread runs a generator; another has closed the file
        return True
    return "can't start new thread" in text or _size_changed.search(text) is not None


def refuses_sharing(error):
    """Whether it is the exception by which classes made with PyO3 refuse a call that may change an object while another
    thread is inside it: so it is meant for objects that change (its guide, "pyclass thread safety")."""
    text = error.args[0] if type(error) is RuntimeError and error.args else None
    return type(text) is str and text in ("Already borrowed", "Already mutably borrowed")


_called = re.compile(r"^<(?:built-in )?(?:method|function|class) '?(?:[\w.]+\.)?(\w+)'?")


def called_in(text):
    """The C function that the interpreter names in a SystemError of its own ("<built-in method pop of C object at 0x1>
    returned a result with an exception set"), or "": it is what broke the rules, whatever else was called beside it."""
    found = _called.match(text)
    return found[1] if found else ""


def first_own(function, own):
    """(module, name) of the first object of the package that a function names, or ("", "")."""
    function = getattr(function, "__func__", function)
    code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    for name in getattr(code, "co_names", ()):
        found = names.get(name)
        module = found.__name__ if isinstance(found, types.ModuleType) else getattr(found, "__module__", None)
        if own.module(module):
            return module, "" if isinstance(found, types.ModuleType) else str(getattr(found, "__qualname__", name))
    return "", ""


# -- stacks that faulthandler wrote ----------------------------------------------


def threads_of(text):
    """[[(file, function), innermost first], ...]; the crashed thread first when there is one."""
    threads, current = [], None
    for line in str(text).splitlines():
        if _thread.match(line):
            threads.append([])
            current = threads[-1] if line.startswith("Current") else current
            continue
        found = _frame.match(line)
        if found and threads:
            threads[-1].append((found.group(1), found.group(3)))
    threads.sort(key=lambda thread: thread is not current)
    return [thread for thread in threads if thread]


def shorten(text):
    """faulthandler's text without the frames of this harness and of threading itself."""
    kept = []
    for line in str(text).splitlines():
        found = _frame.match(line)
        if not found or not found.group(1).startswith((HARNESS, threading.__file__)):
            kept.append(line)
    return "\n".join(kept)


def innermost(threads, own):
    """(module, function) of the package's innermost frame, of the first thread in which
    nothing but passed-over frames lies above it; ("", "") when there is none."""
    for thread in threads:
        for path, function in thread:
            module = own.module_of(path)
            if own.module(module):
                return module, function
            if not own.passed_over(path, module):
                break
    return "", ""


def python_frames(threads, own, most=MOST_FRAMES):
    """The normalised innermost frames of the thread that innermost() speaks of, else of the first."""
    for thread in threads:
        if innermost([thread], own)[0]:
            break
    else:
        thread = threads[0] if threads else []
    named = [(own.module_of(path) or os.path.basename(path), function) for path, function in thread
             if not own.passed_over(path, own.module_of(path))]
    return [f"{module}!{function}" for module, function in named[:most]]
