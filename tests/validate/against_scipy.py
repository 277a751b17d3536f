#!/usr/bin/env python3
"""The statistics of src/judge against SciPy's, on random tables.

    against_scipy.py DRIVER SEED TABLES

Runs in an interpreter that has SciPy. Writes a line for each function: what was
compared, on how many tables, and the largest relative difference. Ends with 1
where one is above 1e-12, or a decision differs.
"""

import math
import random
import sys

import numpy
import scipy
from scipy import stats

from driver import Driver

LIMIT = 1e-12
wrong = []


def relative(mine, theirs):
    return abs(mine - theirs) / max(abs(theirs), 1e-300) if mine != theirs else 0.0


def report(what, tables, worst):
    good = worst <= LIMIT
    print(f"  {what:<66} {tables:>6} tables   largest difference {worst:.1e}{'' if good else '   TOO LARGE'}")
    if not good:
        wrong.append(what)


def fisher(driver, rng, tables):
    worst = 0.0
    for _ in range(tables):
        most = rng.choice([3, 10, 60, 400])
        a, b, c, d = (rng.randint(0, most) for _ in range(4))
        theirs = stats.fisher_exact([[a, b], [c, d]], alternative="greater").pvalue if a + b and c + d and a + c and b + d else 1.0
        worst = max(worst, relative(driver.numbers("fisher", a, b, c, d)[0], theirs))
    report("Fisher's exact test, one-sided: fisher_exact", tables, worst)


def bound(driver, rng, tables):
    worst = 0.0
    for _ in range(tables):
        n = rng.choice([rng.randint(1, 30), rng.randint(1, 5000)])
        theirs = float(stats.beta.ppf(0.95, 1, n))  # binomtest solves for the same number to 1e-9 only
        worst = max(worst, relative(driver.numbers("bound", n)[0], theirs))
    report("bound after 0 of n, Clopper and Pearson: beta.ppf", tables, worst)


def rejections(driver, rng, tables):
    """Just above an adjusted p-value it is rejected, just below it is not."""
    differ = 0
    for _ in range(tables):
        p = [rng.choice([rng.random(), rng.random() ** 6, rng.randint(1, 20) / 20]) for _ in range(rng.randint(1, 60))]
        adjusted = stats.false_discovery_control(p, method="bh")
        level = float(rng.choice(adjusted))
        for q in (level * (1 + 4e-12), level * (1 - 4e-12)):
            mine = driver.numbers("bh", q, *p)
            differ += any(bool(m) != bool(a <= q) for m, a in zip(mine, adjusted))
    report("Benjamini and Hochberg: false_discovery_control", tables, float(differ))


def sample(rng, n):
    return [rng.gauss(0.1, 0.2) if rng.random() < 0.9 else rng.gauss(0, 2) for _ in range(n)]


def signed_rank_p(driver, rng, tables):
    worst = 0.0
    for _ in range(tables):
        x = sample(rng, rng.randint(1, 50))
        worst = max(worst, relative(driver.numbers("p", *x)[0], float(stats.wilcoxon(x, method="exact").pvalue)))
    report("signed-rank p: wilcoxon, exact", tables, worst)


def tied_p(driver, rng, tables):
    """With ties and zeros: never below what SciPy says of any way to break them."""
    too_small = 0
    for _ in range(tables):
        x = numpy.array([float(rng.randint(-3, 5)) for _ in range(rng.randint(2, 12))])
        mine = driver.numbers("p", *x)[0]
        for _ in range(20):
            broken = x + numpy.array([rng.uniform(-0.01, 0.01) for _ in x])
            too_small += mine < float(stats.wilcoxon(broken, method="exact").pvalue) * (1 - LIMIT) and mine < 1
    report("signed-rank p with ties: at least wilcoxon of ties broken by lot", tables, float(too_small))


def interval(driver, rng, tables):
    """Ends are Walsh averages; wilcoxon rejects just outside of the interval and not just inside."""
    worst, differ = 0.0, 0
    for _ in range(tables):
        n, confidence = rng.randint(6, 50), rng.choice([0.9, 0.95])
        x = numpy.array(sample(rng, n))
        estimate, lo, hi = driver.numbers("interval", confidence, *x)
        walsh = numpy.sort([(x[i] + x[j]) / 2 for i in range(n) for j in range(i, n)])
        worst = max(worst, relative(estimate, float(numpy.median(walsh))))
        for end, outward in ((lo, -1), (hi, 1)):
            at = int(numpy.argmin(abs(walsh - end)))
            worst = max(worst, relative(end, float(walsh[at])))
            for step, rejected in ((outward, True), (-outward, False)):
                beyond = walsh[at] + step if not 0 <= at + step < len(walsh) else (walsh[at] + walsh[at + step]) / 2
                differ += bool(stats.wilcoxon(x - beyond, method="exact").pvalue <= 1 - confidence) != rejected
    report("Hodges and Lehmann's estimate, ends of the interval: sorted Walsh", tables, worst)
    report("interval: wilcoxon inverted, outside rejected, inside not", tables, float(differ))


def quantiles(driver, rng, tables):
    worst = 0.0
    for _ in range(tables):
        x, q = sample(rng, rng.randint(1, 80)), rng.choice([0, 1, 0.5, rng.random()])
        theirs = float(numpy.quantile(x, q))
        worst = max(worst, abs(driver.numbers("quantile", q, *x)[0] - theirs) / max(1.0, abs(theirs)))
    report("quantile: numpy.quantile, linear", tables, worst)


def means(driver, rng, tables):
    worst = 0.0
    for _ in range(tables):
        x = [math.exp(v) for v in sample(rng, rng.randint(1, 80))]
        worst = max(worst, relative(driver.numbers("mean", *x)[0], float(stats.gmean(x))))
    report("geometric mean: gmean", tables, worst)


def main():
    program, seed, tables = sys.argv[1], sys.argv[2], int(sys.argv[3])
    driver = Driver(program)
    print(f"  SciPy {scipy.__version__}, NumPy {numpy.__version__}")
    for check in (fisher, bound, rejections, signed_rank_p, tied_p, interval, quantiles, means):
        check(driver, random.Random(f"{seed} {check.__name__}"), tables)
    driver.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
