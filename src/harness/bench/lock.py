"""Count under one threading.Lock that all threads take for each step.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads.
"""
import threading

from bench.counter import Counter, expected, serial, threads  # noqa: F401 (parts of the workload)

SIZE = 800_000


def prepare(size):
    """A counter at 0."""
    return Counter(size, threading.Lock())
