"""What an exception says of the environment: a missing module, fixture or plugin.

A test that fails because something it needs is not installed was not run: the
tool installs what is named here and tries again.
"""
import os
import re
import sys
from importlib.machinery import PathFinder

_no_module = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")
_no_fixture = re.compile(r"fixture '([^']+)' not found")
_async = re.compile(r"async def functions? (are not natively|and no async plugin)|requested an async fixture")
_find = PathFinder.find_spec
# mark on an async test -> the plugin that runs it; without a mark the first is meant
ASYNC_PLUGINS = {"asyncio": "pytest_asyncio", "anyio": "anyio", "trio": "pytest_trio",
                 "twisted": "pytest_twisted", "tornado": "pytest_tornado", "gen_test": "pytest_tornado"}


class Note:
    """One line on a failure, and what was missing, if that was the reason."""

    __slots__ = ("message", "module", "fixture")

    def __init__(self, message, module=None, fixture=None):
        self.message = one_line(message)
        self.module = module
        self.fixture = fixture

    @property
    def not_run(self):
        return bool(self.module or self.fixture)


def one_line(text):
    """The first line that says something, spaces collapsed, at most 1000 characters."""
    for line in str(text)[:20000].splitlines():
        if line.strip():
            return " ".join(line.split())[:1000]
    return ""


def describe(error):
    """`Type: first line`; a foreign __str__ may raise, and then only the type is given."""
    name = type(error).__name__
    try:
        text = one_line(error)
    except BaseException:
        text = "(its text cannot be had)"
    return f"{name}: {text}" if text else name


def local_modules(cwd, most=20000):
    """Top-level names that the suite's own folders offer: one that cannot be imported
    is a question of sys.path, and nothing that could be installed."""
    found = set()
    for here, folders, files in os.walk(cwd):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
        most -= len(files) + len(folders)
        if most < 0:
            break
        if "__init__.py" in files:
            if here != cwd:
                found.add(os.path.basename(here))
            folders[:] = []
        else:
            found.update(name[:-3] for name in files if name.endswith(".py"))
    return found


def installed(name):
    """Whether the import system finds a top-level module."""
    if name in sys.builtin_module_names or sys.modules.get(name) is not None:
        return True
    try:
        return _find(name) is not None
    except BaseException:
        return False


def causes(error):
    """The error, then what it came from: causes, contexts, members of groups."""
    todo, seen = [error], set()
    while todo and len(seen) < 50:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, getattr(one, "cause", None)]
        if not one.__suppress_context__:
            todo.append(one.__context__)
        todo += list(getattr(one, "exceptions", None) or ())


def missing_from(names, own):
    """The first top-level module of names that is neither the package's own nor installed.

    A test may also hide an installed module (None in sys.modules) to try the
    fallback: that one is found, and so not missing."""
    for name in names:
        top = str(name).partition(".")[0]
        if top and top not in own and not installed(top):
            return top
    return None


def missing_module(error, own):
    """The module whose absence caused the error, or None."""
    names = [e.name for e in causes(error) if isinstance(e, ModuleNotFoundError) and e.name]
    return missing_from(names, own)


def missing_in_text(text, own):
    """The same, from a traceback that is only there as text."""
    return missing_from(_no_module.findall(str(text)), own)


def missing_fixture(error):
    """The fixture that pytest did not know, or None."""
    for one in causes(error):
        if type(one).__name__ == "FixtureLookupError" and getattr(one, "msg", 1) is None:
            return str(one.argname)
    return None


def note_of(error, own):
    """A Note of an exception."""
    fixture = missing_fixture(error)
    if fixture:
        return Note(f"fixture '{fixture}' not found", fixture=fixture)
    return Note(describe(error), module=missing_module(error, own))


def note_of_text(text, own):
    """A Note of a report that is only there as text: its last `Error:` line speaks."""
    text = str(text)[-20000:]
    fixture = _no_fixture.search(text)
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E  ")]
    said = [line for line in lines or text.splitlines() if "Error" in line or "Exception" in line]
    message = said[-1] if said else text
    return Note(message, missing_in_text(text, own), fixture.group(1) if fixture else None)


def needs_async_plugin(text):
    """Whether pytest said that it cannot run an async test or fixture by itself."""
    return bool(_async.search(str(text)))


def async_plugin(marks):
    """The plugin that runs an async test with these marks."""
    return next((ASYNC_PLUGINS[mark] for mark in marks if mark in ASYNC_PLUGINS), ASYNC_PLUGINS["asyncio"])
