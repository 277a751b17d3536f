#!/usr/bin/env python3
"""Do the performance verdicts keep what they promise? The program's own statistics (src/judge) are what is tried.

    validate_perf.py --driver FILE [--seed TEXT] [--trials N] [--real SECONDS] [--keep FILE] [--scipy PYTHON]

Four parts; each prints figures, and the promise where there is one:
  1. agreement with SciPy on random tables
  2. coverage of the 95% interval, simulated with heavy-tailed noise and drift
  3. interleaving: the same drift met by turns, by whole runs and by one arm after the other
  4. trials: A/A, 10% and 5% injected. Process pairs are really timed for --real
     seconds; each 15 of them in a row are a real trial, and the rest of the trials
     draw from the noise of the real pairs.

--keep FILE adds the real pairs to FILE and uses all that are there, so that they
can be collected in pieces. Ends with 1 when a promise is broken.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import venv

import simulate
import turns
from driver import Driver

PAIRS = 15
HERE = os.path.dirname(os.path.abspath(__file__))
VERDICTS = ["slower", "faster", "same", "inconclusive"]
broken, skipped = [], []


def promise(text, kept):
    print(f"  {'kept  ' if kept else 'BROKEN'}  {text}")
    if not kept:
        broken.append(text)


def skip(part, why):
    print(f"  skipped: {why}")
    skipped.append(part)


def has_scipy(python):
    return subprocess.run([python, "-c", "import scipy, numpy"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def scipy_python(folder):
    """An interpreter with SciPy: this one, else one in a new environment that pip fills. Returns (path, why not)."""
    if has_scipy(sys.executable):
        return sys.executable, None
    try:
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as e:
        return None, f"no environment could be made for it ({e})"
    python = os.path.join(folder, "bin", "python")
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "scipy"], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode or not has_scipy(python):
        return None, "pip could not install it: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return python, None


def against_scipy(o):
    print("\n1. Agreement with SciPy (largest relative difference allowed: 1e-12)")
    with tempfile.TemporaryDirectory() as folder:
        python, why = (o.scipy, None) if o.scipy else scipy_python(folder)
        if not python:
            skip("agreement with SciPy", why)
            return
        argv = [python, os.path.join(HERE, "against_scipy.py"), os.path.abspath(o.driver), o.seed, str(o.tables)]
        sys.stdout.flush()
        promise("the statistics agree with SciPy's", subprocess.run(argv, check=False).returncode == 0)


def coverage(o, driver):
    print(f"\n2. Coverage of the 95% interval, {o.simulations} simulated comparisons each, true ratio 1.10, "
          "noise between processes 0.05, drift of 20% and a random walk over each comparison")
    least = 1.0
    for n in (6, 10, PAIRS):
        for name, noise in simulate.NOISE.items():
            rng = simulate.generator(o.seed, f"coverage {n} {name}")
            held = 0
            for _ in range(o.simulations):
                steps = 2 * simulate.ROUNDS * n
                machine = simulate.Machine(rng, trend=0.2 / steps, walk=0.1 / math.sqrt(steps))
                held += driver.delta(simulate.fine_turns(rng, machine, noise, 0.05 / math.sqrt(2), 1.1, n)).holds(1.1)
            print(f"  n = {n:<3} {name:<24} {100 * held / o.simulations:5.1f}%")
            least = min(least, held / o.simulations)
    promise(f"coverage is at least 93% (least: {100 * least:.1f}%)", least >= 0.93)


def interleaving(o, driver):
    print(f"\n3. Interleaving: true ratio 1.00 and {PAIRS} pairs, while the machine becomes 30% slower, {o.simulations} simulated comparisons each")
    print(f"  {'order':<26} {'interval holds 1':>17} {'slower or faster':>17} {'spread of log ratios':>21}")
    orders = {"turns within pairs": simulate.fine_turns, "whole runs, AB BA": simulate.whole_runs, "one arm, then the other": simulate.sequential}
    rates = {}
    for name, order in orders.items():
        rng = simulate.generator(o.seed, f"order {name}")
        held = claims = 0
        spreads = []
        for _ in range(o.simulations):
            steps = 2 * simulate.ROUNDS * PAIRS
            machine = simulate.Machine(rng, trend=0.3 / steps, walk=0.3 / math.sqrt(steps))
            logs = order(rng, machine, simulate.student, 0.05 / math.sqrt(2), 1.0, PAIRS)
            found = driver.delta(logs)
            held += found.holds(1.0)
            claims += found.verdict in ("slower", "faster")
            spreads.append(statistics.stdev(logs))
        rates[name] = held / o.simulations
        print(f"  {name:<26} {100 * held / o.simulations:16.1f}% {100 * claims / o.simulations:16.1f}% {statistics.median(spreads):21.3f}")
    promise("taking turns holds under drift", rates["turns within pairs"] >= 0.93)
    promise("one arm after the other does not", rates["one arm, then the other"] < 0.5)


def real_pairs(o):
    """The pairs of this run and, with --keep, of the earlier ones."""
    found = {slowdown: [] for slowdown in (0.0, 0.1, 0.05)}
    if o.keep and os.path.exists(o.keep):
        with open(o.keep, encoding="utf-8") as f:
            for word, pairs in json.load(f).items():
                found[float(word)] += pairs
    if o.real:
        for slowdown, pairs in turns.measure(o.real, not o.loose).items():
            found[slowdown] += pairs
    if o.keep:
        with open(o.keep, "w", encoding="utf-8") as f:
            json.dump(found, f)
    return found


class Trials:
    """Counts of verdicts over trials."""

    def __init__(self, true_ratio):
        self.true_ratio, self.counts, self.held, self.n, self.ratios = true_ratio, dict.fromkeys(VERDICTS, 0), 0, 0, []

    def add(self, delta):
        self.counts[delta.verdict] += 1
        self.held += delta.holds(self.true_ratio)
        self.ratios.append(delta.ratio)
        self.n += 1

    def share(self, *verdicts):
        return sum(self.counts[v] for v in verdicts) / self.n if self.n else math.nan

    def line(self, name):
        words = "  ".join(f"{v} {self.counts[v]:>3}" for v in VERDICTS)
        middle = f"median ratio {statistics.median(self.ratios):.3f}, interval holds the truth in {100 * self.held / self.n:.1f}%" if self.n else ""
        print(f"  {name:<34} {self.n:>4} trials  {words}   {middle}")


def groups(logs):
    """Disjoint trials in the order of time."""
    return [logs[i:i + PAIRS] for i in range(0, len(logs) - PAIRS + 1, PAIRS)]


def trials(o, driver, real, slowdown, aa):
    """Real ones first, then as many as --trials asks for with the noise of the real A/A pairs."""
    both, only_real = Trials(1 + slowdown), Trials(1 + slowdown)
    rng = simulate.generator(o.seed, f"trials {slowdown}")

    def judged(logs):
        """With the noise of fifteen other pairs of equal arms, as the tool measures it in the same run."""
        return driver.delta(logs, driver.noise([rng.choice(aa) for _ in range(PAIRS)], PAIRS))
    for logs in groups(turns.log_ratios(real[slowdown])):
        found = judged(logs)
        both.add(found)
        only_real.add(found)
    while both.n < o.trials:
        logs = [math.log1p(slowdown) + v for v in simulate.resample(rng, aa, PAIRS)]
        both.add(judged(logs))
    name = f"{100 * slowdown:.0f}% more work" if slowdown else "A/A"
    only_real.line(f"{name}, really timed")
    both.line(f"{name}, with those drawn")
    return both


def in_sequence(driver, real):
    """What the same real processes would have said if one arm had come after the other: no turns between them."""
    times = [first[0] for first, _ in real[0.0]]
    claims = n = 0
    for i in range(0, len(times) - 2 * PAIRS + 1, 2 * PAIRS):
        logs = [math.log(times[i + PAIRS + k] / times[i + k]) for k in range(PAIRS)]
        found = driver.delta(logs)
        claims += not found.holds(1.0)
        n += 1
    if n:
        print(f"  the same processes, one arm after the other: {claims} of {n} intervals leave 1 out")


def machine_words():
    load = os.getloadavg()
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}"


def timed_trials(o, driver):
    every = real_pairs(o)
    real = {slowdown: turns.unspoilt(pairs) for slowdown, pairs in every.items()}
    aa = turns.log_ratios(real[0.0])
    print(f"\n4. Trials of {PAIRS} process pairs; {machine_words()}")
    if len(aa) < PAIRS:
        skip("trials", "no real pairs (--real SECONDS)")
        return
    absolute = sorted(abs(v) for v in aa)
    print(f"  really timed: {', '.join(f'{len(real[s])} pairs with {100 * s:.0f}%' for s in (0.0, 0.1, 0.05))} more work; "
          f"{turns.ROUNDS} rounds each; set aside as spoilt: {sum(len(every[s]) - len(real[s]) for s in every)} of {sum(len(p) for p in every.values())}")
    print(f"  noise between A/A pairs: standard deviation {statistics.stdev(aa):.3f}, median {statistics.median(absolute):.3f}, "
          f"largest {absolute[-1]:.3f} (log ratio); "
          f"A/A noise {100 * driver.noise(aa, PAIRS):.1f}%, so the band is {100 * max(0.05, driver.noise(aa, PAIRS)):.1f}%")
    same = trials(o, driver, real, 0.0, aa)
    ten = trials(o, driver, real, 0.1, aa)
    five = trials(o, driver, real, 0.05, aa)
    in_sequence(driver, real)
    promise(f"A/A is called slower or faster in at most 5% of trials ({100 * same.share('slower', 'faster'):.1f}%)", same.share("slower", "faster") <= 0.05)
    promise(f"10% is found in at least 90% of trials ({100 * ten.share('slower'):.1f}%)", ten.share("slower") >= 0.9)
    promise(f"5% is never called faster, and its interval holds it in at least 90% ({100 * five.held / five.n:.1f}%)",
            five.counts["faster"] == 0 and five.held >= 0.9 * five.n)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--driver", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--real", type=float, default=240, metavar="SECONDS")
    parser.add_argument("--loose", action="store_true", help="leave the two processes of a pair where the system puts them")
    parser.add_argument("--keep", metavar="FILE")
    parser.add_argument("--scipy", metavar="PYTHON", help="an interpreter that has SciPy")
    parser.add_argument("--parts", default="1234")
    o = parser.parse_args()
    print(f"seed {o.seed}")
    driver = Driver(os.path.abspath(o.driver))
    parts = {"1": lambda: against_scipy(o), "2": lambda: coverage(o, driver), "3": lambda: interleaving(o, driver),
             "4": lambda: timed_trials(o, driver)}
    for part in o.parts:
        parts[part]()
    driver.close()
    rest = f"; not tried: {', '.join(skipped)}" if skipped else ""
    print(f"\n{len(broken)} broken{rest}" if broken else f"\nwhat was tried is kept{rest}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
