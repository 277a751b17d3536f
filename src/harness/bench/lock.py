"""Count under one threading.Lock that all threads take for each step.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads.
"""
import threading

from bench import pool

SIZE = 800_000
make = threading.Lock


class Counter:
    """A number and the lock that guards it."""

    def __init__(self, size):
        self.size = size
        self.value = 0
        self.guard = make()

    def add(self, times):
        """Count up."""
        for _ in range(times):
            with self.guard:
                self.value += 1


def prepare(size):
    """A counter at 0."""
    return Counter(size)


def expected(size):
    """Each step counts once."""
    return str(size)


def serial(counter):
    """All steps by one thread: nobody else wants the lock."""
    counter.add(counter.size)
    return str(counter.value)


def threads(counter, n):
    """The same number of steps, shared out."""
    pool.run_threads([lambda times=times: counter.add(times) for times in pool.parts(counter.size, n)])
    return str(counter.value)
