"""Makes a crash stand still, so that its native stacks can be read.

A crash usually ends the process before anybody can look. Here the fatal signals get
a handler that does nothing but wait: libc's own pause(), by way of ctypes. The
crashed thread stands inside it, above the frame that crashed, and gdb reads the
stacks of all threads at leisure: the harness's own in stress modes, the tool's in
serial runs. faulthandler, enabled afterwards, writes the Python stack first and then
chains to it. Python's signal module read the handlers before and still answers
SIG_DFL; a handler that a test installs takes the place of this one.
"""
import faulthandler
import os
import signal

FATAL = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
PR_SET_PTRACER, PR_SET_PTRACER_ANY = 0x59616D61, 2 ** 64 - 1
STDERR = 2
ACTION_BYTES = 512  # more than any libc's struct sigaction, which begins with the handler


def _libc():
    import ctypes
    libc = ctypes.CDLL(None)
    libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    libc.sigaction.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    return ctypes, libc


def hold_crashes():
    """Makes fatal signals stop the thread instead of ending the process, and lets any
    process of the same user attach to it. False where that cannot be had."""
    try:
        ctypes, libc = _libc()
        libc.prctl(PR_SET_PTRACER, ctypes.c_ulong(PR_SET_PTRACER_ANY), 0, 0, 0)
        wait = ctypes.cast(libc.pause, ctypes.c_void_p)
        for number in FATAL:
            libc.signal(number, wait)
        return True
    except (ImportError, OSError, AttributeError):
        return False


class Children:
    """Lets the children that tests fork crash as they always do: nobody looks at them.
    exec() forgets handlers by itself."""

    def __init__(self):
        """To be made after hold_crashes() and faulthandler.enable()."""
        self._ctypes, self._libc = _libc()
        self._wait = self._ctypes.cast(self._libc.pause, self._ctypes.c_void_p).value
        self._fault = {number: self._handler(self._action(number)) for number in FATAL}
        os.register_at_fork(after_in_child=self._free)

    def _action(self, number):
        action = self._ctypes.create_string_buffer(ACTION_BYTES)
        self._libc.sigaction(number, None, action)
        return action

    @staticmethod
    def _handler(action):
        return int.from_bytes(action.raw[:8], "little")

    def _free(self):
        """In the child: what waits gives way to the default, also where faulthandler has
        put it aside; handlers of the tests stay."""
        actions = {number: self._action(number) for number in FATAL}
        enabled = faulthandler.is_enabled()
        faulthandler.disable()
        for number in FATAL:
            if self._handler(self._action(number)) == self._wait:
                self._libc.signal(number, None)
        if enabled:
            faulthandler.enable(file=STDERR)  # the stack file is for crashes of the process itself
        for number, action in actions.items():
            if self._handler(action) not in (self._wait, self._fault[number]):
                self._libc.sigaction(number, action, None)
