"""Count under one threading.RLock that all threads take twice for each step, as a method that calls a method does.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads.
"""
import threading

from bench.counter import Counter, expected, serial, threads  # noqa: F401 (parts of the workload)

SIZE = 400_000


class Twice(Counter):
    """Its guard is a lock that its holder takes again."""

    def step(self):
        """Takes the lock by itself."""
        with self.guard:
            self.value += 1

    def add(self, times):
        """Holds the lock around each step."""
        for _ in range(times):
            with self.guard:
                self.step()


def prepare(size):
    """A counter at 0."""
    return Twice(size, threading.RLock())
