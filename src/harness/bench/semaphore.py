"""Count under one threading.Semaphore(1) that all threads take for each step.

Semaphores are Python code around a Condition and a Lock.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads.
"""
import threading

from bench import pool

SIZE = 150_000


class Counter:
    """A number, and a semaphore that lets one thread in."""

    def __init__(self, size):
        self.size = size
        self.value = 0
        self.guard = threading.Semaphore(1)

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
    """All steps by one thread: nobody else wants the semaphore."""
    counter.add(counter.size)
    return str(counter.value)


def threads(counter, n):
    """The same number of steps, shared out."""
    pool.run_threads([lambda times=times: counter.add(times) for times in pool.parts(counter.size, n)])
    return str(counter.value)
