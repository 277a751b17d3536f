"""Real trials: two live processes take turns at short work, and many fresh pairs of them give the log ratios.

    turns.py WORKER UNITS       a worker: for each line that it reads it works and writes its wall and CPU nanoseconds

The work is pure Python (calls, dictionaries, strings, allocation). A slowdown is
injected as work: the second process of a pair does 5% or 10% more of the same units.
As in the tool (src/judge/timing.h, delta.h), a process counts with the median of its
turns, and a pair is set aside when a process used less than 90% of the share of its
time that others used: then the processor was taken away from it.
"""

import math
import os
import statistics
import subprocess
import sys
import time

UNITS = 1200
ROUNDS, WARM_UP = 20, 3
SPOILT_SHARE = 0.9


def unit(n):
    table = {}
    for i in range(12):
        table[i] = f"{i}-{n}"
    return sum(len(v) for v in table.values()) + len([i * n for i in range(8)])


def work(units):
    start, cpu = time.perf_counter_ns(), time.thread_time_ns()
    for n in range(units):
        unit(n)
    return time.perf_counter_ns() - start, time.thread_time_ns() - cpu


def worker(units):
    for _ in sys.stdin:
        print(*work(units), flush=True)


class Process:
    """One live worker on one CPU."""

    def __init__(self, units, cpu):
        env = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "WORKER", str(units)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        if cpu is not None:
            os.sched_setaffinity(self.process.pid, {cpu})

    def turn(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def pair(slowdown, index, cpu):
    """Of two fresh processes, the second with more work: the median turn in nanoseconds, and the share of
    its time that it had a processor; who begins changes with every round."""
    arms = [Process(UNITS, cpu), Process(round(UNITS * (1 + slowdown)), cpu)]
    turns = [[], []]
    try:
        for n in range(WARM_UP + ROUNDS):
            for arm in ((0, 1) if (n + index) % 2 == 0 else (1, 0)):
                turns[arm].append(arms[arm].turn())
    finally:
        for arm in arms:
            arm.close()
    kept = [t[WARM_UP:] for t in turns]
    return [[statistics.median(wall for wall, _ in t), sum(cpu for _, cpu in t) / sum(wall for wall, _ in t)] for t in kept]


def measure(seconds, pinned=True):
    """Pairs for as long as that, slowdowns by turns: {slowdown: [[[ns, share], [ns, share]], ...]}, in the order of
    time. Pinned: both processes of a pair are on the same CPU, because two CPUs may not be equally fast while others
    work (they share a core's units with what runs beside them); else where the system puts them."""
    course = [0.0, 0.1, 0.0, 0.1, 0.05]
    found = {slowdown: [] for slowdown in course}
    cpus = sorted(os.sched_getaffinity(0))
    end, index = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        slowdown = course[index % len(course)]
        found[slowdown].append(pair(slowdown, index, cpus[index // len(course) % len(cpus)] if pinned else None))
        index += 1
    return found


def unspoilt(pairs):
    """Without those whose processes lacked the processor: the tool measures such pairs again."""
    if not pairs:
        return []
    best = max(share for p in pairs for _, share in p)
    return [p for p in pairs if min(p[0][1], p[1][1]) >= SPOILT_SHARE * best]


def log_ratios(pairs):
    return [math.log(b[0] / a[0]) for a, b in pairs]


if __name__ == "__main__":
    worker(int(sys.argv[2]))
