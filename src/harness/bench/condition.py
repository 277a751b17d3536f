"""Pass a turn round a ring of threads with one threading.Condition: each waits for its turn, counts, and notifies all.

Claims: what all threads must lock does not gain from more threads; programs with several threads cost little more than with
the GIL.
Sources: Python Free-Threading Guide, "Porting Python packages to support free-threading": "adding a lock to a global
cache would harm multithreaded scaling". PEP 703, "Performance": an overhead of 7% to 8% for multiple threads.
"""
import threading

from bench import pool

SIZE = 3_000


class Ring:
    """Whose turn it is, and how many turns there were."""

    def __init__(self, size):
        self.size = size
        self.turn = 0
        self.changed = threading.Condition()

    def play(self, me, n):
        """Take every n-th turn from number `me` on."""
        for turn in range(me, self.size, n):
            with self.changed:
                while self.turn != turn:
                    self.changed.wait()
                self.turn += 1
                self.changed.notify_all()


def prepare(size):
    """A ring before its first turn."""
    return Ring(size)


def expected(size):
    """Each turn is taken once."""
    return str(size)


def serial(ring):
    """All turns by one thread, which never waits."""
    ring.play(0, 1)
    return str(ring.turn)


def threads(ring, n):
    """Each turn is another thread's than the one before."""
    pool.run_threads([lambda me=me: ring.play(me, n) for me in range(n)])
    return str(ring.turn)
