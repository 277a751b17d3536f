"""Hand items through one queue.Queue: one producer, the other threads consume.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads. The library reference of `queue` says that the class "implements all the required
locking semantics": one lock for all.
"""
import queue

from bench import pool

SIZE = 80_000
WAITING = 100  # items that may wait, so that the producer does not run away from the consumers


class Line:
    """A queue and how many items go through it."""

    def __init__(self, size):
        self.size = size
        self.items = queue.Queue(WAITING)

    def produce(self, consumers):
        """Put all items, then an end for each consumer."""
        for i in range(self.size):
            self.items.put(i)
        for _ in range(consumers):
            self.items.put(None)
        return 0

    def consume(self):
        """Sum of the items taken until the end."""
        total = 0
        while (item := self.items.get()) is not None:
            total += item
        return total


def prepare(size):
    """An empty queue."""
    return Line(size)


def expected(size):
    """Each item is taken once."""
    return str(size * (size - 1) // 2)


def serial(line):
    """One thread puts an item and takes it."""
    total = 0
    for i in range(line.size):
        line.items.put(i)
        total += line.items.get()
    return str(total)


def threads(line, n):
    """One thread puts, n - 1 take (one at least)."""
    consumers = max(1, n - 1)
    taken = pool.run_threads([lambda: line.produce(consumers)] + [line.consume] * consumers)
    return str(sum(taken))
