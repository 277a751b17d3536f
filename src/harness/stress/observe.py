"""Watches a test that runs alone for what must not be done in threads.

An audit hook sees processes, the environment and the working directory; a few
functions of the standard library are wrapped, because nothing else tells of them; and
the state of the process is compared before and after. Only for a forked child.
"""
import atexit
import contextlib
import gc
import importlib
import locale
import logging
import os
import random
import resource
import signal
import sys
import threading
import tracemalloc
import unittest._log
import unittest.mock
import warnings

MOST_MEMORY = 300 << 20  # bytes by which one test may raise the peak

AUDITED = {
    "os.chdir": "changes the working directory", "os.fchdir": "changes the working directory",
    "os.putenv": "changes the environment", "os.unsetenv": "changes the environment",
    "os.fork": "starts processes", "os.forkpty": "starts processes", "os.system": "starts processes",
    "os.posix_spawn": "starts processes", "os.exec": "starts processes", "subprocess.Popen": "starts processes",
    "os.kill": "sends signals", "os.killpg": "sends signals", "signal.pthread_kill": "sends signals",
    "sys.settrace": "sets a trace function", "sys.setprofile": "sets a trace function",
    "gc.get_objects": "asks the garbage collector", "gc.get_referrers": "asks the garbage collector",
    "resource.setrlimit": "sets limits of the process",
}

# Events whose first argument is a place that the test changes.
PLACES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "sqlite3.connect")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# (holder, name, reason, also when the package's own code calls it)
WRAPPED = (
    (signal, "signal", "installs signal handlers", True), (signal, "setitimer", "installs signal handlers", True),
    (signal, "alarm", "installs signal handlers", True), (signal, "raise_signal", "sends signals", True),
    (warnings.catch_warnings, "__enter__", "catches warnings", False),
    (warnings, "simplefilter", "catches warnings", False), (warnings, "filterwarnings", "catches warnings", False),
    (sys, "setrecursionlimit", "changes the recursion limit", True), (sys, "setswitchinterval", "changes the switch interval", True),
    (gc, "collect", "asks the garbage collector", False), (gc, "disable", "asks the garbage collector", False),
    (tracemalloc, "start", "traces memory", True), (locale, "setlocale", "changes the locale", True),
    (unittest.mock._patch, "__enter__", "patches objects", True), (unittest.mock._patch_dict, "__enter__", "patches objects", True),
    (contextlib._RedirectStream, "__enter__", "replaces sys.stdout", True), (importlib, "reload", "reloads modules", True),
    (os, "umask", "changes the umask", True), (random, "seed", "seeds the shared random generator", False),
    (unittest._log._AssertLogsContext, "__enter__", "catches log records", True),
    (atexit, "register", "registers exit handlers", False),  # 3.13 without the GIL keeps them in a table without a lock
)


class Observer:
    """One per process: begin() and end() around a test."""

    def __init__(self, own):
        self._own = own
        self._on = False
        self._reasons = []
        self._before, self._modules = None, {}
        self._places, self._earlier = set(), None
        sys.addaudithook(self._audit)
        for holder, name, reason, always in WRAPPED:
            self._wrap(holder, name, reason, always)

    def _audit(self, event, args):
        if not self._on:
            return
        if event in AUDITED:
            self._add(AUDITED[event])
        elif event in PLACES or event == "open" and isinstance(args[2], int) and args[2] & WRITING:
            self._change(args[0] if args[-1] == -1 or event not in ("os.mkdir", "os.remove", "os.rmdir") else None)
        elif event == "socket.bind" and isinstance(args[1], tuple) and len(args[1]) > 1 and args[1][1]:
            self._places.add(f"port {args[1][1]}")

    def _change(self, path):
        """A file is written, made or removed; fixed devices are nobody's."""
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        module, file = self._caller()
        if not isinstance(path, (str, os.PathLike)) or str(path).startswith("/dev/"):
            return
        if not self._own.passed_over(file, module):
            self._places.add(os.path.abspath(str(path)))

    def again(self):
        """The same test begins anew: what it changes both times, all its runs share."""
        self._earlier, self._places = self._places, set()
        for name, module in list(sys.modules.items()):
            self._modules.setdefault(name, module)

    def _add(self, reason):
        if reason not in self._reasons:
            self._reasons.append(reason)

    def _wrap(self, holder, name, reason, always):
        original = getattr(holder, name)

        def wrapper(*args, **kwargs):
            if self._on and (always or self._called_by_test()):
                self._add(reason)
            return original(*args, **kwargs)
        try:
            setattr(holder, name, wrapper)
        except (AttributeError, TypeError):
            pass

    def _caller(self):
        """(module, file) of the first frame outside the standard library and this file."""
        frame = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if path != __file__ and not self._own.in_stdlib(path):
                return str(frame.f_globals.get("__name__") or ""), path
            frame = frame.f_back
        return "", ""

    def _called_by_test(self):
        """Whether neither the package nor a plugin (their set-ups are under a lock) called."""
        module, path = self._caller()
        return module == "_pytest.recwarn" or not self._own.module(module) and not self._own.passed_over(path, module)

    def begin(self):
        self._reasons = []
        self._places, self._earlier = set(), None
        self._before, self._modules = _state(), dict(sys.modules)
        self._on = True

    def end(self):
        """The reasons seen since begin(), in order."""
        self._on = False
        if self._earlier and self._earlier & self._places:
            self._add("changes a file that all its runs share")
        if any(sys.modules.get(name) is not module for name, module in self._modules.items()):
            self._add("replaces modules")
        for name, value in _state().items():
            before = self._before[name]
            if name == "needs much memory":
                if value - before > MOST_MEMORY:
                    self._add(name)
            elif value != before:
                self._add(name)
        return self._reasons


def _handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP, signal.SIGCHLD)]


def _children():
    """Whether there are child processes, also ended ones."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return True
    except OSError:
        return False


def _cwd():
    try:
        return os.getcwd()
    except OSError:
        return None


def _state():
    """reason -> what must be the same before and after a test."""
    return {
        "changes the environment": dict(getattr(os.environ, "_data", os.environ)),  # as bytes: decoding takes long
        "changes the working directory": _cwd(),
        "replaces sys.stdout": (id(sys.stdout), id(sys.stderr), id(sys.stdin)),
        "changes sys.path or sys.argv": (list(sys.path), list(sys.argv)),
        "leaves threads behind": threading.active_count(),
        "installs signal handlers": _handlers(),
        "starts processes": _children(),
        "changes logging": (logging.root.level, len(logging.root.handlers), logging.root.manager.disable),
        "catches warnings": len(warnings.filters),
        "changes the recursion limit": sys.getrecursionlimit(),
        "needs much memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
