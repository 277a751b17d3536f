/*
 * stats.h: the statistics behind verdicts. Pure functions, exact where the
 * method is exact; natural logarithms throughout.
 */
#ifndef MC_STATS_H
#define MC_STATS_H

#include "model/words.h"

#define STATS_MAX_PAIRS 200 /* the most that signed_rank_interval() takes */

/* One-sided 95% upper bound on a failure rate after 0 failures in n runs:
 * 1 - 0.05^(1/n) (Clopper and Pearson 1934 at zero events). n < 1: 1. */
double bound_zero_failures(int64_t n);

/* Fisher's exact test, one-sided: the probability, both margins given, that
 * the first arm has at least `bad_1` of the failures when both arms fail alike.
 * Table: arm 1 bad_1, ok_1; arm 2 bad_2, ok_2. Negative counts give 1. */
double fisher_one_sided(int64_t bad_1, int64_t ok_1, int64_t bad_2, int64_t ok_2);

/* Benjamini and Hochberg 1995: which of n p-values are rejected at false
 * discovery rate q. Fills rejected[n]; returns how many are true. */
size_t benjamini_hochberg(const double *p, size_t n, double q, bool *rejected);

/* Median of the Walsh averages of n log ratios (Hodges and Lehmann 1963) and the
 * interval that inverts the exact two-sided Wilcoxon signed-rank test: the c-th
 * smallest and c-th largest Walsh average (n = 6: 1st; n = 15: 26th, at 95%).
 * Zeros and ties make it wider than needed, never narrower. Returns 0; -1 when
 * no such interval exists (n < 6 at 95%, n > STATS_MAX_PAIRS, a value is not
 * finite): lo and hi are then infinite, and the estimate NaN if unknown. */
int signed_rank_interval(const double *log_ratios, size_t n, double confidence, double *estimate, double *lo, double *hi);

/* Two-sided p-value of the exact Wilcoxon signed-rank test that n log ratios are
 * symmetric about 0 (Wilcoxon 1945). The dual of the interval above: at most
 * 1 - confidence just when that interval leaves 0 out. A Walsh average that is
 * zero (a zero, or a tie of opposite signs) counts against the difference on
 * either side, so that p is never too small. 1 when nothing can be said (n is 0
 * or above STATS_MAX_PAIRS, a value is not finite). */
double signed_rank_p(const double *log_ratios, size_t n);

/* The q-quantile (0 to 1) of n values in any order, linear between neighbours
 * (Hyndman and Fan 1996, type 7). NaN when n is 0, q is out of range or a value is NaN. */
double quantile(const double *v, size_t n, double q);

/* How far from 1 the estimate over n_pairs lies in about 95% of runs when both arms are
 * equal, as a ratio - 1: two standard errors, from the root mean square of n log ratios of
 * one arm against itself (their mean is known to be 0). 0 (not measured) when n < 2. */
double aa_noise(const double *log_ratios, size_t n, size_t n_pairs);

/* Half-width of the equivalence band, as a ratio - 1: max(5%, A/A noise). */
double perf_band(double noise);

/* What the interval [lo, hi] of a ratio says against the band [1/(1+band), 1+band]:
 * inside is same, wholly above slower, wholly below faster, else inconclusive.
 * ratio not finite or not positive: unknown; no interval: inconclusive. */
enum perf_verdict perf_judge(double ratio, double lo, double hi, double band);

/* Geometric mean of n positive ratios; NaN when n is 0 or one is not positive. */
double geometric_mean(const double *ratios, size_t n);

#endif
