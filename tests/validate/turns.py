"""Real trials: two live processes take turns at short work, and many fresh pairs of them give the log ratios.

    turns.py WORKER UNITS       a worker: for each line that it reads it works and writes its nanoseconds

The work is pure Python (calls, dictionaries, strings, allocation). A slowdown is
injected as work: the second process of a pair does 5% or 10% more of the same units.
"""

import math
import os
import subprocess
import sys
import time

UNITS = 400
ROUNDS, WARM_UP = 30, 3


def unit(n):
    table = {}
    for i in range(12):
        table[i] = f"{i}-{n}"
    return sum(len(v) for v in table.values()) + len([i * n for i in range(8)])


def work(units):
    start = time.perf_counter_ns()
    for n in range(units):
        unit(n)
    return time.perf_counter_ns() - start


def worker(units):
    for _ in sys.stdin:
        print(work(units), flush=True)


class Process:
    """One live worker."""

    def __init__(self, units):
        env = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "WORKER", str(units)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def turn(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def pair(slowdown, index):
    """Nanoseconds of two fresh processes, the second with more work; who begins changes with every round."""
    arms = [Process(UNITS), Process(round(UNITS * (1 + slowdown)))]
    sums = [0, 0]
    try:
        for n in range(WARM_UP + ROUNDS):
            for arm in ((0, 1) if (n + index) % 2 == 0 else (1, 0)):
                took = arms[arm].turn()
                sums[arm] += took if n >= WARM_UP else 0
    finally:
        for arm in arms:
            arm.close()
    return sums


def measure(seconds):
    """Pairs for as long as that, slowdowns by turns: {slowdown: [[ns, ns], ...]}, in the order of time."""
    course = [0.0, 0.1, 0.0, 0.1, 0.05]
    found = {slowdown: [] for slowdown in course}
    end, index = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        slowdown = course[index % len(course)]
        found[slowdown].append(pair(slowdown, index))
        index += 1
    return found


def log_ratios(pairs):
    return [math.log(b / a) for a, b in pairs]


if __name__ == "__main__":
    worker(int(sys.argv[2]))
