/* stats.c: see stats.h. */
#include "judge/stats.h"

#include <math.h>
#include <stdlib.h>

double bound_zero_failures(int64_t n)
{
	return n < 1 ? 1 : -expm1(log(0.05) / (double)n);
}

static long double log_choose(int64_t n, int64_t k)
{
	return lgammal((long double)n + 1) - lgammal((long double)k + 1) - lgammal((long double)(n - k) + 1);
}

double fisher_one_sided(int64_t bad_1, int64_t ok_1, int64_t bad_2, int64_t ok_2)
{
	if (bad_1 < 0 || ok_1 < 0 || bad_2 < 0 || ok_2 < 0)
		return 1;
	int64_t runs_1 = bad_1 + ok_1, runs_2 = bad_2 + ok_2, bad = bad_1 + bad_2;
	int64_t most = bad < runs_1 ? bad : runs_1;
	long double total = log_choose(runs_1 + runs_2, bad), p = 0;
	for (int64_t k = bad_1; k <= most; k++)
		p += expl(log_choose(runs_1, k) + log_choose(runs_2, bad - k) - total);
	return p > 1 ? 1 : (double)p;
}

static int compare_doubles(const void *a, const void *b)
{
	double x, y;
	x = *(const double *)a;
	y = *(const double *)b;
	return (x > y) - (x < y);
}

static double *sorted_copy(const double *v, size_t n)
{
	double *copy = xcalloc(n, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = v[i];
	qsort(copy, n, sizeof(*copy), compare_doubles);
	return copy;
}

size_t benjamini_hochberg(const double *p, size_t n, double q, bool *rejected)
{
	AUTO_FREE double *sorted = sorted_copy(p, n);
	double limit = -1;
	for (size_t i = 0; i < n; i++)
		/* 3 of 3 against 0 of 3 is exactly 1/20, which must not depend on rounding */
		if (sorted[i] <= q * (double)(i + 1) / (double)n * (1 + 1e-12))
			limit = sorted[i];
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		rejected[i] = p[i] <= limit;
		count += rejected[i];
	}
	return count;
}

/*
 * The null distribution of the signed-rank sum: p[w] is the chance of W+ = w
 * when each rank 1..n counts with probability 1/2. To be freed.
 */
static double *signed_rank_distribution(size_t n)
{
	double *p = xcalloc(n * (n + 1) / 2 + 1, sizeof(*p));
	p[0] = 1;
	for (size_t rank = 1; rank <= n; rank++)
		for (size_t sum = rank * (rank + 1) / 2;; sum--) {
			p[sum] = (p[sum] + (sum >= rank ? p[sum - rank] : 0)) / 2;
			if (sum == 0)
				break;
		}
	return p;
}

/* The largest c with P(W+ <= c - 1) <= tail; 0 when even c = 1 is too likely. */
static size_t critical_rank(size_t n, double tail)
{
	size_t most = n * (n + 1) / 2;
	AUTO_FREE double *p = signed_rank_distribution(n);
	double below = 0;
	size_t c = 0;
	while (c <= most && below + p[c] <= tail)
		below += p[c++];
	return c;
}

/* All (x_i + x_j) / 2 with i <= j, sorted. */
static double *walsh_averages(const double *x, size_t n)
{
	double *w = xcalloc(n * (n + 1) / 2, sizeof(*w));
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			w[k++] = (x[i] + x[j]) / 2;
	qsort(w, k, sizeof(*w), compare_doubles);
	return w;
}

static bool all_finite(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return false;
	return true;
}

int signed_rank_interval(const double *log_ratios, size_t n, double confidence, double *estimate, double *lo, double *hi)
{
	*estimate = NAN;
	*lo = -INFINITY;
	*hi = INFINITY;
	if (n == 0 || n > STATS_MAX_PAIRS || !all_finite(log_ratios, n))
		return -1;
	AUTO_FREE double *walsh = walsh_averages(log_ratios, n);
	size_t count = n * (n + 1) / 2;
	*estimate = (walsh[(count - 1) / 2] + walsh[count / 2]) / 2;
	size_t c = critical_rank(n, (1 - confidence) / 2);
	if (c == 0)
		return -1;
	*lo = walsh[c - 1];
	*hi = walsh[count - c];
	return 0;
}

double signed_rank_p(const double *log_ratios, size_t n)
{
	if (n == 0 || n > STATS_MAX_PAIRS || !all_finite(log_ratios, n))
		return 1;
	size_t not_above = 0, not_below = 0; /* Walsh averages on each side of 0; together they are the rank sums */
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++) {
			not_above += log_ratios[i] + log_ratios[j] <= 0;
			not_below += log_ratios[i] + log_ratios[j] >= 0;
		}
	size_t least = not_above < not_below ? not_above : not_below;
	AUTO_FREE double *p = signed_rank_distribution(n);
	double tail = 0;
	for (size_t w = 0; w <= least; w++)
		tail += p[w];
	return tail > 0.5 ? 1 : 2 * tail;
}

double quantile(const double *v, size_t n, double q)
{
	if (n == 0 || !(q >= 0 && q <= 1))
		return NAN;
	for (size_t i = 0; i < n; i++)
		if (isnan(v[i]))
			return NAN;
	AUTO_FREE double *sorted = sorted_copy(v, n);
	double at = q * (double)(n - 1);
	size_t k = (size_t)at;
	double part = at - (double)k;
	return part > 0 ? sorted[k] + part * (sorted[k + 1] - sorted[k]) : sorted[k];
}

double aa_noise(const double *log_ratios, size_t n, size_t n_pairs)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += log_ratios[i] * log_ratios[i];
	if (n < 2 || n_pairs == 0 || !isfinite(sum))
		return 0;
	return expm1(2 * sqrt(sum / (double)n / (double)n_pairs));
}

double perf_band(double noise)
{
	return noise > 0.05 ? noise : 0.05;
}

enum perf_verdict perf_judge(double ratio, double lo, double hi, double band)
{
	if (!isfinite(ratio) || ratio <= 0)
		return PERF_UNKNOWN;
	if (!isfinite(lo) || !isfinite(hi) || lo <= 0)
		return PERF_INCONCLUSIVE;
	double top = 1 + band, bottom = 1 / top;
	if (lo > top)
		return PERF_SLOWER;
	if (hi < bottom)
		return PERF_FASTER;
	return lo >= bottom && hi <= top ? PERF_SAME : PERF_INCONCLUSIVE;
}

double geometric_mean(const double *ratios, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (!(ratios[i] > 0))
			return NAN;
		sum += log(ratios[i]);
	}
	return n ? exp(sum / (double)n) : NAN;
}
