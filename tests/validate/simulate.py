"""Simulated measurements: process pairs with the noise that real ones have, or worse.

A process has a speed of its own (address layout, allocator), a turn has noise
with a heavy tail, and the machine has a state that drifts. All in logarithms.
"""

import math
import random

ROUNDS = 10


def normal(rng):
    return rng.gauss(0, 1)


def student(rng):
    """Student's t with 3 degrees of freedom, scaled to unit variance."""
    return rng.gauss(0, 1) / math.sqrt(sum(rng.gauss(0, 1) ** 2 for _ in range(3)) / 3) / math.sqrt(3)


def cauchy(rng):
    """No variance at all: half of the values lie within 0.67."""
    return 0.67 * math.tan(math.pi * (rng.random() - 0.5))


def contaminated(rng):
    """One process in ten is spoilt, and five times as far off."""
    return rng.gauss(0, 5 if rng.random() < 0.1 else 1)


NOISE = {"normal": normal, "Student t, 3 degrees": student, "Cauchy": cauchy, "1 in 10 spoilt": contaminated}


class Machine:
    """Its state (a log factor on every time) walks at random and has a trend, both per turn."""

    def __init__(self, rng, trend=0.0, walk=0.0):
        self.rng, self.trend, self.walk, self.state = rng, trend, walk, 0.0

    def turn(self):
        self.state += self.trend + (self.rng.gauss(0, self.walk) if self.walk else 0.0)
        return self.state


def turn_time(rng, machine, speed):
    """One turn: noise only ever adds, with a tail of interruptions. A process is at most twenty times off."""
    speed = max(-3.0, min(3.0, speed))
    return math.exp(machine.turn() + speed) * (1 + rng.expovariate(50) + (0.5 if rng.random() < 0.01 else 0))


def run(rng, machine, speed):
    return sum(turn_time(rng, machine, speed) for _ in range(ROUNDS))


def fine_turns(rng, machine, noise, sd, true_ratio, n):
    """n log ratios of fresh process pairs that take turns, who begins changing with each round."""
    logs = []
    for index in range(n):
        speeds = [sd * noise(rng), sd * noise(rng) + math.log(true_ratio)]
        sums = [0.0, 0.0]
        for r in range(ROUNDS):
            for arm in ((0, 1) if (r + index) % 2 == 0 else (1, 0)):
                sums[arm] += turn_time(rng, machine, speeds[arm])
        logs.append(math.log(sums[1] / sums[0]))
    return logs


def whole_runs(rng, machine, noise, sd, true_ratio, n):
    """The same, but each process runs to its end before the other starts: AB BA AB ..."""
    logs = []
    for index in range(n):
        sums = [0.0, 0.0]
        for arm in ((0, 1) if index % 2 == 0 else (1, 0)):
            sums[arm] = run(rng, machine, sd * noise(rng) + arm * math.log(true_ratio))
        logs.append(math.log(sums[1] / sums[0]))
    return logs


def sequential(rng, machine, noise, sd, true_ratio, n):
    """All runs of one arm and then all of the other, as a script that tests one interpreter after the other."""
    first = [run(rng, machine, sd * noise(rng)) for _ in range(n)]
    second = [run(rng, machine, sd * noise(rng) + math.log(true_ratio)) for _ in range(n)]
    return [math.log(b / a) for a, b in zip(first, second)]


def resample(rng, logs, n):
    """n draws from real log ratios, each with a sign of its own about their centre, which two equal arms have at 0."""
    return [rng.choice((-1, 1)) * rng.choice(logs) for _ in range(n)]


def generator(seed, name):
    return random.Random(f"{seed} {name}")
