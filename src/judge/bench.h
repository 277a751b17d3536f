/*
 * bench.h: from the runs of `migrate-check bench` to a verdict on each claim.
 * Pure functions. The claims with their metrics and bounds are rows of
 * bench_claims.def; a metric is the ratio of two points, over the rounds in which
 * both have a result (judge/stats.h: Hodges-Lehmann estimate and exact
 * signed-rank interval of the log ratios, at 95%).
 *
 * The verdict is the first that fits:
 *   wrong result         any run of the workload has another checksum than the
 *                        workload expects, or than its first serial run
 *   not measurable here  a speed-up with one core only; the workload was broken
 *                        off; the GIL was not as the arm says; a claim across the
 *                        builds and a pair that is not like for like; fewer than
 *                        BENCH_MIN_ROUNDS rounds with both points
 *   holds / does not hold  the whole interval is on one side of the bound
 *   inconclusive         the interval crosses it
 */
#ifndef MC_JUDGE_BENCH_H
#define MC_JUDGE_BENCH_H

#include "model/bench.h"

#define BENCH_MIN_ROUNDS 6 /* below it the signed-rank method has no interval at 95% */

/* Fill b->claims, b->noise and b->exit_code from everything else of b. Claims of
 * workloads that b has not, or about other versions of CPython, are left out. */
void bench_judge(struct bench *b);

/* Which run of the workload has another checksum than it should, and what both
 * are: one line, owned by the caller; NULL when none has. */
char *bench_wrong(const struct bench_workload *w) MC_NODISCARD;

/* Is an interval [lo, hi] on one side of the bound? */
enum bench_verdict bench_side(double lo, double hi, bool at_least, double bound);

/* 130 interrupted, 1 a wrong result, 5 no claim could be measured, else 0. */
int bench_exit_code(const struct bench *b);

#endif
