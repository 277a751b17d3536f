"""Stacks of a process that crashes or hangs, in a file that the tool reads.

There is no watchdog thread in Python, on purpose: CPython 3.13's free-threaded
build makes classes and functions immortal as soon as a second Python thread
exists, so a thread of the harness would change what the suite sees (tests that
count subclasses or references fail). faulthandler's timer is a native thread
without a thread state: it changes nothing, and it also fires when the test holds
the GIL in C code.

The tool keeps the clock: it kills the process when a started test is more than
test_seconds + 2 old, and finds the stacks of all threads in the stack file.
Crashes (SIGSEGV, SIGABRT, ...) write their stacks to the same file. Where the job
says so they then stand still (hold.py), and the tool looks at them and ends them.
"""
import faulthandler
import os
import time

from . import descriptors, hold

SLACK = 1.0  # the timer is set anew at most this often, seconds
GRACE = 0.5  # and fires between GRACE and GRACE + SLACK after the deadline

_now = time.monotonic
_sleep = time.sleep
_ftruncate, _fstat, _pread = os.ftruncate, os.fstat, os.pread
FATAL = b"Fatal Python error"  # how faulthandler begins
_later, _cancel = faulthandler.dump_traceback_later, faulthandler.cancel_dump_traceback_later


class Watch:
    """One per process; begin() is cheap enough to be called for each test."""

    def __init__(self, seconds, path, hold_crashes=False):
        self._seconds = max(float(seconds), 0.1)
        self._set_until = 0.0
        self._held = False
        self._fd = self._open(path)
        if self._fd < 0:
            return
        self._held = hold_crashes and hold.hold_crashes()
        faulthandler.enable(file=self._fd, all_threads=True)
        if self._held:
            hold.Children()

    @staticmethod
    def _open(path):
        """The stack file at a high descriptor; -1 when it cannot be made."""
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
            low = os.open(path, flags, 0o600)
        except OSError:
            return -1
        high = descriptors.dup_high(low, 8)
        os.close(low)
        return high

    def begin(self, seconds=None):
        """Something with a deadline starts: a test, or an import with its own."""
        now = _now()
        if self._fd < 0 or (seconds is None and now < self._set_until):
            return
        try:
            _cancel()
            _ftruncate(self._fd, 0)  # stacks of an earlier, slow test are not this one's
            _later((self._seconds if seconds is None else seconds) + SLACK + GRACE, file=self._fd)
        except Exception:
            return  # a test closed the file, or no thread can be had
        self._set_until = now + SLACK if seconds is None else 0.0

    def wait_if_crashed(self):
        """Where crashes are held, one in another thread lets this one go on: it must not
        come to the next test, nor send this one's result."""
        if not self._held:
            return
        try:
            crashed = _fstat(self._fd).st_size > 0 and _pread(self._fd, len(FATAL), 0) == FATAL
        except OSError:
            return  # a test closed the file
        while crashed:
            _sleep(60)

    def idle(self):
        """Nothing with a deadline runs: collection, or the end."""
        self._set_until = 0.0
        _cancel()
