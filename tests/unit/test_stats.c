/* test_stats.c: the statistics against values computed once with SciPy 1.17. */
#include "judge/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_close(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected))))
		fail_msg("%.17g is not %.17g", value, expected);
}

static void bound_after_no_failures(void **state)
{
	(void)state;
	static const struct { int64_t n; double bound; } rows[] = { /* beta.ppf(.95, 1, n) */
		{ -1, 1 }, { 0, 1 }, { 1, 0.95 }, { 3, 0.6315968501359612 }, { 6, 0.39303776899708265 },
		{ 10, 0.2588655508930522 }, { 60, 0.04870291331009749 }, { 300, 0.009936081944457708 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_close(bound_zero_failures(rows[i].n), rows[i].bound);
}

static void noise_is_two_standard_errors(void **state)
{
	(void)state;
	static const double logs[] = { 0.03, -0.05, 0.04, -0.02, 0.01 };
	double rms = sqrt((0.0009 + 0.0025 + 0.0016 + 0.0004 + 0.0001) / 5);
	check_close(aa_noise(logs, 5, 15), exp(2 * rms / sqrt(15)) - 1);
	check_close(aa_noise(logs, 2, 1), exp(2 * sqrt(0.0017)) - 1);
	assert_true(aa_noise(logs, 1, 15) == 0 && aa_noise(logs, 5, 0) == 0 && aa_noise(NULL, 0, 6) == 0); /* not measured */
	static const double bad[] = { 0.1, NAN };
	assert_true(aa_noise(bad, 2, 6) == 0);
}

static void fisher_table(void **state)
{
	(void)state;
	static const struct { int64_t a, b, c, d; double p; } rows[] = { /* fisher_exact(..., alternative='greater') */
		{ 4, 0, 0, 4, 0.014285714285714284 }, { 3, 0, 0, 3, 0.05 }, { 1, 0, 0, 1, 0.5 },
		{ 5, 15, 0, 20, 0.023562023562023564 }, { 1, 10, 0, 11, 0.5 }, { 2, 3, 3, 2, 0.8968253968253967 },
		{ 0, 5, 5, 0, 1 }, { 7, 3, 1, 9, 0.009883305548940223 }, { 10, 10, 10, 10, 0.6238144327180455 },
		{ 40, 60, 20, 80, 0.0015959084129643817 }, { 300, 200, 250, 250, 0.0009135038235329013 },
		{ 0, 0, 0, 0, 1 }, { 3, 0, 0, 0, 1 }, { -1, 2, 0, 2, 1 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_close(fisher_one_sided(rows[i].a, rows[i].b, rows[i].c, rows[i].d), rows[i].p);
	double tiny = fisher_one_sided(20, 0, 2, 18);
	assert_true(fabs(tiny / 1.6757766914946392e-09 - 1) < 1e-12);
}

static void benjamini_hochberg_rejects_step_up(void **state)
{
	(void)state;
	/* adjusted by false_discovery_control: .04 .064 .06 .2286 .04 .0667 .9 .0533 */
	static const double p[] = { 0.01, 0.04, 0.03, 0.2, 0.005, 0.05, 0.9, 0.02 };
	static const struct { double q; const char *rejected; } rows[] = {
		{ 0.05, "10001000" }, { 0.055, "10001001" }, { 0.061, "10101001" }, { 0.065, "11101001" },
		{ 0.07, "11101101" }, { 0.01, "00000000" }, { 0.95, "11111111" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool rejected[ARRAY_LEN(p)];
		size_t n = 0;
		size_t count = benjamini_hochberg(p, ARRAY_LEN(p), rows[i].q, rejected);
		for (size_t k = 0; k < ARRAY_LEN(p); k++) {
			assert_int_equal(rejected[k], rows[i].rejected[k] == '1');
			n += rejected[k];
		}
		assert_int_equal(count, n);
	}
	assert_int_equal(benjamini_hochberg(NULL, 0, 0.05, NULL), 0);
	/* The least that can confirm a single nominee: 3 of 3 against 0 of 3 is 1/20. */
	double least = fisher_one_sided(3, 0, 0, 3);
	bool rejected;
	assert_int_equal(benjamini_hochberg(&least, 1, 0.05, &rejected), 1);
}

static void interval_of_fifteen_pairs(void **state)
{
	(void)state;
	static const double x[] = { 0.1198, 0.0676, 0.1752, 0.242, 0.3136, 0.211, 0.1447, 0.1215, 0.2749, 0.3635, 0.2273,
		                        0.0767, 0.1042, 0.36, 0.2203 };
	double estimate, lo, hi;
	assert_int_equal(signed_rank_interval(x, ARRAY_LEN(x), 0.95, &estimate, &lo, &hi), 0);
	check_close(estimate, 0.19797499999999998);
	check_close(lo, 0.14395);
	check_close(hi, 0.2541);
}

/* Is the lower end the c-th smallest Walsh average? Of 2^0, 2^1, ... all
 * averages differ until doubles run out of digits; ties give a range then. */
static bool lower_end_has_rank(size_t n, double confidence, size_t c)
{
	AUTO_FREE double *x = xcalloc(n, sizeof(*x));
	for (size_t i = 0; i < n; i++)
		x[i] = ldexp(1, (int)i);
	double estimate, lo, hi;
	if (signed_rank_interval(x, n, confidence, &estimate, &lo, &hi) < 0)
		return c == 0;
	size_t below = 0, equal = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++) {
			below += (x[i] + x[j]) / 2 < lo;
			equal += (x[i] + x[j]) / 2 == lo;
		}
	return below < c && c <= below + equal;
}

static void critical_ranks(void **state)
{
	(void)state;
	static const struct { size_t n; double confidence; size_t c; } rows[] = { /* exact fractions */
		{ 5, 0.95, 0 }, { 6, 0.95, 1 }, { 7, 0.95, 3 }, { 8, 0.95, 4 }, { 10, 0.95, 9 }, { 12, 0.95, 14 },
		{ 15, 0.95, 26 }, { 20, 0.95, 53 }, { 30, 0.95, 138 }, { 50, 0.95, 435 }, { 100, 0.95, 1956 },
		{ 200, 0.95, 8445 }, { 4, 0.9, 0 }, { 5, 0.9, 1 }, { 6, 0.9, 3 }, { 15, 0.9, 31 }, { 7, 0.99, 0 },
		{ 8, 0.99, 1 }, { 15, 0.99, 16 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_true(lower_end_has_rank(rows[i].n, rows[i].confidence, rows[i].c));
}

static void six_pairs_give_smallest_and_largest(void **state)
{
	(void)state;
	static const double x[] = { 3, 1, 2, 6, 5, 4 };
	double estimate, lo, hi;
	assert_int_equal(signed_rank_interval(x, 6, 0.95, &estimate, &lo, &hi), 0);
	check_close(estimate, 3.5);
	check_close(lo, 1);
	check_close(hi, 6);
	assert_int_equal(signed_rank_interval(x, 5, 0.95, &estimate, &lo, &hi), -1);
	check_close(estimate, 3.5);
	assert_true(isinf(lo) && isinf(hi));
}

static void ties_zeros_and_bad_values(void **state)
{
	(void)state;
	static const double ties[] = { 0, 0, 0.1, 0.1, -0.1, 0.1, 0.2, 0 };
	double estimate, lo, hi;
	assert_int_equal(signed_rank_interval(ties, ARRAY_LEN(ties), 0.95, &estimate, &lo, &hi), 0);
	check_close(estimate, 0.05);
	check_close(lo, -0.05);
	check_close(hi, 0.15);
	static const double zeros[7] = { 0 };
	assert_int_equal(signed_rank_interval(zeros, 7, 0.95, &estimate, &lo, &hi), 0);
	assert_true(estimate == 0 && lo == 0 && hi == 0);
	double bad[7] = { 1, 2, 3, 4, 5, 6, NAN };
	assert_int_equal(signed_rank_interval(bad, 7, 0.95, &estimate, &lo, &hi), -1);
	assert_true(isnan(estimate));
	assert_int_equal(signed_rank_interval(NULL, 0, 0.95, &estimate, &lo, &hi), -1);
	static const double many[STATS_MAX_PAIRS + 1];
	assert_int_equal(signed_rank_interval(many, ARRAY_LEN(many), 0.95, &estimate, &lo, &hi), -1);
}

static void p_of_signed_ranks(void **state)
{
	(void)state;
	static const struct { size_t n; double x[15], p; } rows[] = { /* wilcoxon(x, method='exact') where nothing is tied */
		{ 15, { 0.1198, 0.0676, 0.1752, 0.242, 0.3136, 0.211, 0.1447, 0.1215, 0.2749, 0.3635, 0.2273, 0.0767, 0.1042, 0.36, 0.2203 },
		  6.103515625e-05 },
		{ 9, { 0.1198, -0.0676, 0.1752, 0.242, -0.3136, 0.211, -0.1447, 0.1215, 0.2749 }, 0.359375 },
		{ 8, { 1, -2, 3, -4, 5, -6, 7, -8.5 }, 0.84375 },
		{ 8, { -1, 2, -3, 4, -5, 6, -7, 8.5 }, 0.84375 },
		{ 6, { 1, 2, 3, 4, 5, 6 }, 0.03125 },
		{ 6, { 0, 2, 3, 4, 5, 6 }, 0.0625 },   /* as if the zero were on the other side: the worst case */
		{ 6, { -2, 2, 3, 4, 5, 6 }, 0.09375 }, /* as if the tie were broken against: W = 2 */
		{ 4, { 0, 0, 0, 0 }, 1 }, { 0, { 0 }, 1 }, { 6, { 1, 2, 3, 4, 5, NAN }, 1 }, { 6, { 1, 2, 3, 4, 5, INFINITY }, 1 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_close(signed_rank_p(rows[i].x, rows[i].n), rows[i].p);
}

/* 0 lies outside of the interval at 1 - alpha just when p <= alpha, ties and zeros included. */
static void p_is_the_dual_of_the_interval(void **state)
{
	(void)state;
	uint32_t seed = 7;
	for (int round = 0; round < 3000; round++) {
		double x[12], estimate, lo, hi;
		size_t n = 6 + (size_t)round % 7, outside = 0;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			x[i] = (double)(seed >> 24) / 16 - 5; /* coarse steps: ties are frequent, and so are zeros */
			x[i] = round % 2 ? x[i] : floor(x[i]);
		}
		if (signed_rank_interval(x, n, 0.9, &estimate, &lo, &hi) == 0)
			outside = lo > 0 || hi < 0;
		if (outside != (signed_rank_p(x, n) <= 0.1))
			fail_msg("round %d: [%g, %g], p %g", round, lo, hi, signed_rank_p(x, n));
	}
}

static void quantiles(void **state)
{
	(void)state;
	static const double x[] = { 0.1198, -0.0676, 0.1752, 0.242, -0.3136, 0.211, -0.1447, 0.1215, 0.2749 };
	static const struct { double q, value; } rows[] = { /* numpy.quantile */
		{ 0, -0.3136 }, { 0.05, -0.24603999999999998 }, { 0.25, -0.0676 }, { 0.5, 0.1215 }, { 0.9, 0.24858 },
		{ 0.95, 0.26174 }, { 1, 0.2749 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_close(quantile(x, ARRAY_LEN(x), rows[i].q), rows[i].value);
	assert_true(quantile(x, 1, 0.3) == x[0]);
	assert_true(isnan(quantile(x, 0, 0.5)) && isnan(quantile(x, 2, 1.5)) && isnan(quantile(x, 2, NAN)));
	static const double bad[] = { 1, NAN, 2 };
	assert_true(isnan(quantile(bad, 3, 0.5)));
}

static void performance_words(void **state)
{
	(void)state;
	static const struct { double ratio, lo, hi, band; enum perf_verdict verdict; } rows[] = {
		{ 1.24, 1.19, 1.30, 0.05, PERF_SLOWER }, { 1.24, 1.05, 1.30, 0.05, PERF_INCONCLUSIVE },
		{ 1.24, 1.06, 1.30, 0.05, PERF_SLOWER }, { 1.24, 1.19, 1.30, 0.2, PERF_INCONCLUSIVE },
		{ 0.8, 0.7, 0.9, 0.05, PERF_FASTER }, { 0.8, 0.7, 0.96, 0.05, PERF_INCONCLUSIVE },
		{ 1.0, 0.96, 1.05, 0.05, PERF_SAME }, { 1.0, 0.95, 1.04, 0.05, PERF_INCONCLUSIVE },
		{ 1.02, 1.01, 1.04, 0.05, PERF_SAME }, /* a difference inside the band does not matter */
		{ 1.0, 0.5, 2.0, 0.05, PERF_INCONCLUSIVE }, { 1.2, -INFINITY, INFINITY, 0.05, PERF_INCONCLUSIVE },
		{ 1.2, 0, INFINITY, 0.05, PERF_INCONCLUSIVE }, { NAN, 1, 1, 0.05, PERF_UNKNOWN }, { 0, 0, 0, 0.05, PERF_UNKNOWN } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(perf_judge(rows[i].ratio, rows[i].lo, rows[i].hi, rows[i].band), rows[i].verdict);
	check_close(perf_band(0), 0.05);
	check_close(perf_band(0.03), 0.05);
	check_close(perf_band(0.12), 0.12);
}

static void fleet_mean(void **state)
{
	(void)state;
	static const double ratios[] = { 1.1, 1.2, 0.9, 2.0 };
	check_close(geometric_mean(ratios, 4), 1.2415425524080177); /* gmean */
	assert_true(isnan(geometric_mean(ratios, 0)));
	static const double bad[] = { 1, 0 };
	assert_true(isnan(geometric_mean(bad, 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_after_no_failures),
		cmocka_unit_test(noise_is_two_standard_errors),
		cmocka_unit_test(fisher_table),
		cmocka_unit_test(benjamini_hochberg_rejects_step_up),
		cmocka_unit_test(interval_of_fifteen_pairs),
		cmocka_unit_test(critical_ranks),
		cmocka_unit_test(six_pairs_give_smallest_and_largest),
		cmocka_unit_test(ties_zeros_and_bad_values),
		cmocka_unit_test(p_of_signed_ranks),
		cmocka_unit_test(p_is_the_dual_of_the_interval),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(performance_words),
		cmocka_unit_test(fleet_mean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
