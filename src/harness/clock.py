"""Wall and CPU time of a test's call phase. CPU time is the whole process's: a test that waits
(sleep, I/O, another process) shows by using much less of it than of wall time."""
import functools
import inspect
import time
import types

_now_ns, _cpu_ns = time.perf_counter_ns, time.process_time_ns


class Clock:
    """Times one call; what is timed inside another replaces it."""

    call_ns = cpu_ns = 0

    def start(self):
        """When the call began, to be given to stop()."""
        cpu = _cpu_ns()
        return _now_ns(), cpu

    def stop(self, since):
        wall = _now_ns() - since[0]
        self.cpu_ns = _cpu_ns() - since[1]
        self.call_ns = max(wall, 1)


def is_plain(function):
    """Does its call run its body? Not so where a plugin has to run what the call returns."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    flags = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return isinstance(function, (types.FunctionType, types.MethodType)) and code is not None and not code.co_flags & flags


def timed(function, clock):
    """The function, its calls timed by the clock."""
    @functools.wraps(function)
    def call(*args, **named):
        start = clock.start()
        try:
            return function(*args, **named)
        finally:
            clock.stop(start)
    return call
