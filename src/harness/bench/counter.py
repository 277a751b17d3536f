"""A counter whose steps are taken under a guard, as one work of one thread or of several: what the workloads with a lock share."""
from bench import pool


class Counter:
    """A number and the guard that lets one thread in."""

    def __init__(self, size, guard):
        self.size = size
        self.value = 0
        self.guard = guard

    def add(self, times):
        """Count up."""
        for _ in range(times):
            with self.guard:
                self.value += 1


def expected(size):
    """Each step counts once."""
    return str(size)


def serial(counter):
    """All steps by one thread: nobody else wants the guard."""
    counter.add(counter.size)
    return str(counter.value)


def threads(counter, n):
    """The same number of steps, shared out."""
    pool.run_threads([lambda times=times: counter.add(times) for times in pool.parts(counter.size, n)])
    return str(counter.value)
