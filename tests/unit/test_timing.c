/* test_timing.c: which tests are timed, what their calls add up to, and when the processor was taken away. */
#include "judge/delta.h"
#include "judge/timing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * One process from a text: words "id:MICROSECONDS", for one call each. Behind the number
 * may stand F (failed), S (skipped), W (waited: a tenth of it was CPU time), H (half the
 * processor), else all of it was CPU time.
 */
static void make_process(struct evidence *e, const char *text)
{
	evidence_init(e);
	e->ending = END_NORMAL;
	AUTO_STRV words = { 0 };
	strv_split(&words, text, ' ');
	for (size_t i = 0; i < words.n; i++) {
		char *end = strchr(words.v[i], ':');
		*end = '\0';
		double us = strtod(end + 1, &end);
		struct test_result *t = evidence_add_test(e, words.v[i], *end == 'F' ? TEST_FAILED : *end == 'S' ? TEST_SKIPPED : TEST_PASSED);
		t->call_ns = (int64_t)(us * 1000);
		t->cpu_ns = (int64_t)(us * (*end == 'W' ? 100 : *end == 'H' ? 550 : 1000));
	}
}

struct processes {
	struct evidence e[40];
	struct process_pair pairs[20];
	size_t n;
};

/* Pairs separated by "|", the two processes of each by "/". */
static void make_pairs(struct processes *p, const char *text)
{
	*p = (struct processes){ 0 };
	AUTO_STRV pairs = { 0 };
	strv_split(&pairs, text, '|');
	for (; p->n < pairs.n; p->n++) {
		AUTO_STRV sides = { 0 };
		strv_split(&sides, pairs.v[p->n], '/');
		assert_int_equal(sides.n, 2);
		for (size_t i = 0; i < 2; i++)
			make_process(&p->e[2 * p->n + i], sides.v[i]);
		p->pairs[p->n] = (struct process_pair){ &p->e[2 * p->n], &p->e[2 * p->n + 1] };
	}
}

static void release_pairs(struct processes *p)
{
	for (size_t i = 0; i < 2 * p->n; i++)
		evidence_release(&p->e[i]);
}

static struct pair_list list(const struct processes *p)
{
	return (struct pair_list){ p->pairs, p->n };
}

static const struct {
	const char *name, *pairs, *fates; /* T timed, s short, w waits, u unequal: of a and b */
	double ratio;                     /* of the first pair; 0: none */
} rows[] = {
	{ "both count with their calls", "a:100 b:300/a:200 b:600", "TT", 2 },
	{ "called several times, the median counts", "a:100 a:9000 a:100 b:100 b:100 b:100/a:100 a:100 a:7000 b:300 b:300 b:300", "TT", 2 },
	{ "one that fails on one side", "a:100 b:300/a:200 b:300F", "Tu", 2 },
	{ "one that fails in a later pair", "a:100 b:300/a:200 b:300|a:100 b:300F/a:200 b:300", "Tu", 2 },
	{ "one that fails the second time", "a:100 a:100 b:100 b:100F/a:200 a:200 b:100 b:100", "Tu", 2 },
	{ "one that is not there on one side", "a:100 b:300/a:200", "Tu", 2 },
	{ "one that ran less often on one side", "a:100 b:300 b:300/a:200 b:300", "Tu", 2 },
	{ "one that is skipped", "a:100 b:300S/a:200 b:300S", "Tu", 2 },
	{ "one that waits", "a:100 b:300W/a:200 b:300W", "Tw", 2 },
	{ "one that waits on one side alone", "a:100 b:300/a:200 b:300W", "Tw", 2 },
	{ "one that was kept waiting in one pair alone", "a:100 b:300W/a:200 b:600W|a:100 b:300/a:200 b:600", "TT", 2 },
	{ "one that is too short", "a:100 b:19/a:200 b:50", "Ts", 2 },
	{ "one that is just long enough", "a:100 b:20/a:200 b:40", "TT", 2 },
	{ "nothing is left", "a:10 b:1W/a:10 b:1W", "sw", 0 },
};

static void fates_and_ratios(void **state)
{
	(void)state;
	AUTO_STRV ids = { 0 };
	strv_add(&ids, "a");
	strv_add(&ids, "b");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct processes p;
		make_pairs(&p, rows[i].pairs);
		AUTO_TIMING t;
		timing_make(&t, list(&p), &ids);
		double ratio = exp(timing_log_ratio(&t, &p.pairs[0]));
		if ("Tswu"[t.v[0].fate] != rows[i].fates[0] || "Tswu"[t.v[1].fate] != rows[i].fates[1])
			fail_msg("%s: %c%c", rows[i].name, "Tswu"[t.v[0].fate], "Tswu"[t.v[1].fate]);
		if (rows[i].ratio > 0 ? fabs(ratio - rows[i].ratio) > 1e-9 : !isnan(ratio))
			fail_msg("%s: ratio %g", rows[i].name, ratio);
		release_pairs(&p);
	}
}

static void a_pair_of_another_kind_has_the_tests_that_are_timed(void **state)
{
	(void)state;
	struct processes p, other;
	make_pairs(&p, "a:100 b:10 c:50/a:200 b:10 c:50");
	make_pairs(&other, "a:100 b:900 c:50F/a:300 b:100 c:900");
	AUTO_STRV ids = { 0 };
	strv_add(&ids, "a");
	strv_add(&ids, "b");
	strv_add(&ids, "c");
	AUTO_TIMING t;
	timing_make(&t, list(&p), &ids);
	assert_true(fabs(exp(timing_log_ratio(&t, &other.pairs[0])) - 3) < 1e-9);
	release_pairs(&p);
	release_pairs(&other);
}

static void a_lost_processor_spoils_its_pair(void **state)
{
	(void)state;
	struct processes p;
	make_pairs(&p, "a:100/a:200|a:180H/a:200|a:100/a:380H|a:101/a:199");
	AUTO_STRV ids = { 0 };
	strv_add(&ids, "a");
	AUTO_TIMING t;
	timing_make(&t, list(&p), &ids);
	static const bool spoilt[] = { false, true, true, false };
	bool found[ARRAY_LEN(spoilt)] = { 0 };
	delta_spoilt(&t, list(&p), found);
	assert_memory_equal(found, spoilt, sizeof(spoilt));
	release_pairs(&p);
	make_pairs(&p, "a:180H/a:380H|a:180H/a:380H"); /* half of it waits by itself: nothing was taken away */
	AUTO_TIMING same;
	timing_make(&same, list(&p), &ids);
	bool none[2] = { 0 };
	delta_spoilt(&same, list(&p), none);
	assert_false(none[0] || none[1]);
	release_pairs(&p);
}

/* ---- ratios ---- */

static void judge(const char *time, const char *noise, const char *build, struct delta *d)
{
	struct processes p[3];
	make_pairs(&p[0], time);
	make_pairs(&p[1], noise);
	make_pairs(&p[2], build);
	AUTO_STRV ids = { 0 };
	for (size_t i = 0; i < p[0].e[0].n_tests; i++)
		strv_add_unique(&ids, p[0].e[0].tests[i].id);
	for (size_t i = 0; i < 2 * p[0].n; i++) {
		p[0].e[i].peak_rss = i % 2 ? 1500 : 1000;
		p[0].e[i].import_rss = i % 2 ? 700 : 500;
		p[0].e[i].import_ns = i == 0 ? 0 : 10;
		p[0].e[i].load = (double)(i / 2);
	}
	struct delta_input in = { .time = list(&p[0]), .noise = list(&p[1]), .build = list(&p[2]), .ids = &ids, .like_for_like = true };
	delta_judge(&in, d);
	for (size_t i = 0; i < 3; i++)
		release_pairs(&p[i]);
}

/* The n pairs' imports take 10 and 14; those of the first `held` got the processor for a tenth of their time, all others for `cpu`. */
static void import_ratio(size_t n, size_t held, int64_t cpu, struct delta *d)
{
	static const char *const text[] = { [7] = "a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9", [6] = "a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9|a:9/a:9" };
	struct processes p;
	make_pairs(&p, text[n]);
	AUTO_STRV ids = { 0 };
	for (size_t i = 0; i < 2 * n; i++) {
		bool bad = i / 2 < held && i % 2 == 1;
		p.e[i].import_ns = (i % 2 ? 14 : 10) * (bad ? 100 : 1);
		p.e[i].import_cpu_ns = bad ? p.e[i].import_ns / 10 : p.e[i].import_ns * cpu / 100;
	}
	delta_judge(&(struct delta_input){ .time = list(&p), .ids = &ids, .like_for_like = true }, d);
	release_pairs(&p);
}

static void imports_without_the_processor_are_left_out(void **state)
{
	(void)state;
	AUTO_DELTA one, two, waits;
	import_ratio(7, 1, 100, &one);
	assert_true(one.import_time.n == 6 && fabs(one.import_time.hi - 1.4) < 1e-9);
	import_ratio(7, 2, 100, &two);
	assert_string_equal(two.import_time.note, "other work took the processor from the imports of 2 of 7 pairs");
	import_ratio(6, 0, 40, &waits);
	assert_false(waits.import_time.known);
	assert_string_equal(waits.import_time.note, "imports had the processor for less than half of their time");
}

#define PAIR "a:40000 b:9000 c:50/a:60000 b:7500 c:90"

static void every_figure_has_its_ratio(void **state)
{
	(void)state;
	AUTO_DELTA d;
	judge(PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR, "a:40000/a:44000|a:44000/a:40000", "a:40000/a:44000", &d);
	assert_true(d.time.known && d.time.n == 7 && d.time.verdict == PERF_SLOWER);
	assert_true(fabs(d.time.ratio - 67590.0 / 49050) < 1e-9 && fabs(d.time.lo - d.time.ratio) < 1e-9);
	assert_true(fabs(d.time.noise - expm1(2 * log(1.1) / sqrt(7))) < 1e-9); /* 2 standard errors of 7 pairs */
	assert_true(d.build.known && d.build.n == 1 && fabs(d.build.ratio - 1.1) < 1e-9 && d.build.verdict == PERF_INCONCLUSIVE);
	assert_string_equal(d.build.note, "1 pair; an interval needs 6");
	assert_true(fabs(d.memory.ratio - 1.5) < 1e-9 && fabs(d.memory_import.ratio - 1.4) < 1e-9);
	assert_int_equal(d.import_time.n, 6); /* the first is not known */
	const struct measured *m = &d.measured;
	assert_true(m->pairs == 7 && m->noise_pairs == 2 && m->build_pairs == 1 && m->timed == 3);
	assert_true(m->load_most == 6);
	assert_int_equal(m->n_tests, 3);
	assert_string_equal(m->tests[0].id, "c"); /* most lost first */
	assert_string_equal(m->tests[2].id, "b");
	assert_true(fabs(m->tests[0].ratio - 1.8) < 1e-9 && fabs(m->tests[0].gil_seconds - 50e-6) < 1e-12);
	assert_true(m->tests[0].p == 2.0 / 128 && m->tests[0].significant && m->lost == 2 && m->gained == 1);
}

/* One long test halves, two short ones double: the sum is faster, the tests are slower. */
static void a_sum_that_its_tests_contradict_is_said(void **state)
{
	(void)state;
	static const char pair[] = "a:80000 b:9000 c:9000/a:40000 b:18000 c:18000", same[] = "a:80000/a:80000|a:80000/a:80000";
	AUTO_FREE char *all = xasprintf("%s|%s|%s|%s|%s|%s|%s", pair, pair, pair, pair, pair, pair, pair);
	AUTO_DELTA d;
	judge(all, same, same, &d);
	assert_int_equal(d.time.verdict, PERF_FASTER);
	assert_string_equal(d.time.note, "3 tests that pass in every run of both arms; the sum is that of its long tests: of all 3, 2 are slower and 1 faster");
}

static void differences_that_chance_explains_are_not_significant(void **state)
{
	(void)state;
	/* One test of four loses in all six pairs: p = 1/32, which is above 0.05 / 4. */
	static const char up[] = "a:40000 b:500 c:500 d:500/a:40000 b:900 c:600 d:400", down[] = "a:40001 b:500 c:600 d:400/a:40000 b:900 c:500 d:500",
	                  even[] = "a:40000 b:500 c:500 d:500/a:40001 b:900 c:600 d:400";
	AUTO_FREE char *all = xasprintf("%s|%s|%s|%s|%s|%s", even, down, up, down, even, down);
	AUTO_DELTA d;
	judge(all, up, up, &d);
	assert_string_equal(d.measured.tests[0].id, "b");
	assert_true(d.measured.tests[0].p == 1.0 / 32 && !d.measured.tests[0].significant);
	assert_true(d.measured.lost == 0 && d.measured.gained == 0);
}

/* One pair is no noise: the band is then the least there is, and that is said. */
static void a_noise_that_was_not_measured_is_said(void **state)
{
	(void)state;
	AUTO_DELTA d;
	judge(PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR, "a:40000/a:44000", "a:40000/a:44000", &d);
	assert_true(d.time.known && d.time.noise == 0);
	assert_string_equal(d.time.note, "3 tests that pass in every run of both arms; noise not measured: band 5%");
	delta_release(&d);
	judge(PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR "|" PAIR, "a:40000/a:44000|a:44000/a:40000", "a:40000/a:44000", &d);
	assert_string_equal(d.time.note, "3 tests that pass in every run of both arms");
}

static const struct { const char *name, *pair, *note; } silent[] = {
	{ "all short", "a:10 b:5/a:10 b:5", "the tests are too short to measure" },
	{ "in sum too short", "a:30 b:30/a:30 b:30", "the tests are too short to measure" },
	{ "all wait", "a:30000W b:5/a:30000W b:5F", "the tests sleep or wait, so that there is nothing to measure" },
	{ "none passes", "a:30000F/a:30000", "no test passes in every run of both builds" },
};

static void what_cannot_be_measured_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		AUTO_DELTA d;
		judge(silent[i].pair, PAIR, PAIR, &d);
		if (d.time.known || !str_eq(d.time.note, silent[i].note))
			fail_msg("%s: %s", silent[i].name, d.time.note ? d.time.note : "");
		assert_true(d.time.verdict == PERF_UNKNOWN && d.memory.known);
	}
	struct delta none;
	delta_judge(&(struct delta_input){ .ids = &(struct strv){ 0 } }, &none);
	assert_string_equal(none.time.note, "no pair of processes came to its end in turns");
	delta_release(&none);
}

static void what_is_beyond_chance_stands_before_what_looks_worse(void **state)
{
	(void)state;
	static const char up[] = "a:10000 b:10000 c:10000/a:11000 b:20000 c:9000", down[] = "a:10000 b:10000 c:10000/a:11000 b:9500 c:9000";
	AUTO_FREE char *all = xasprintf("%s|%s|%s|%s|%s|%s|%s", up, down, up, down, up, down, up);
	AUTO_DELTA d;
	judge(all, up, up, &d);
	assert_true(d.measured.tests[1].ratio > d.measured.tests[0].ratio && !d.measured.tests[1].significant);
	assert_string_equal(d.measured.tests[0].id, "a");
	assert_string_equal(d.measured.tests[2].id, "c");
}

static void many_tests_are_kept_from_both_ends(void **state)
{
	(void)state;
	AUTO_BUF a = { 0 }, b = { 0 };
	for (int i = 0; i < 130; i++) {
		buf_addf(&a, "%st%03d:1000", i ? " " : "", i);
		buf_addf(&b, "%st%03d:%d", i ? " " : "", i, 1000 + i);
	}
	AUTO_FREE char *pair = xasprintf("%s/%s", buf_str(&a), buf_str(&b));
	AUTO_DELTA d;
	judge(pair, pair, pair, &d);
	assert_int_equal(d.measured.n_tests, 2 * TEST_DELTAS_KEPT);
	assert_string_equal(d.measured.tests[0].id, "t129");
	assert_string_equal(d.measured.tests[TEST_DELTAS_KEPT].id, "t049");
	assert_string_equal(d.measured.tests[2 * TEST_DELTAS_KEPT - 1].id, "t000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fates_and_ratios),
		cmocka_unit_test(a_pair_of_another_kind_has_the_tests_that_are_timed),
		cmocka_unit_test(a_lost_processor_spoils_its_pair),
		cmocka_unit_test(imports_without_the_processor_are_left_out),
		cmocka_unit_test(every_figure_has_its_ratio),
		cmocka_unit_test(a_sum_that_its_tests_contradict_is_said),
		cmocka_unit_test(differences_that_chance_explains_are_not_significant),
		cmocka_unit_test(a_noise_that_was_not_measured_is_said),
		cmocka_unit_test(what_cannot_be_measured_says_why),
		cmocka_unit_test(what_is_beyond_chance_stands_before_what_looks_worse),
		cmocka_unit_test(many_tests_are_kept_from_both_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
