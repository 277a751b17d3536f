/* test_bench.c: verdicts on claims, from tables of runs; the table, the document and the page of a bench. */
#include "report_help.h"

#include "base/cores.h"
#include "base/fs.h"
#include "judge/bench.h"
#include "judge/stats.h"
#include "report/bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- rules ---- */

/* A bench of one workload whose serial runs take 1 s and whose other points take `seconds`, with a
 * little noise; two cores, two threads, rounds as given. */
static struct bench_workload *make(struct bench *b, const char *name, int rounds, double gil_many, double ft_one, double ft_many)
{
	*b = (struct bench){ .cores = 2, .threads = 2, .rounds = rounds, .scale = 1, .sandbox = true, .load = 0.25, .seconds = 61 };
	b->started = xstrdup("2026-11-25T00:00:00Z");
	b->tool_version = xstrdup("1.2.3");
	b->command = xstrdup("migrate-check bench");
	b->pair.ft.version = xstrdup("3.13.15");
	b->pair.gil.version = xstrdup("3.13.15");
	struct bench_workload *w = bench_add_workload(b, bench_row_find(name));
	w->size = 1000;
	for (size_t i = 0; i < w->n_points; i++) {
		struct bench_point *p = &w->points[i];
		bool one = p->variant == BENCH_SERIAL;
		double seconds = p->arm == ARM_FT ? (one ? ft_one : ft_many) : one ? 1 : gil_many;
		for (int k = 0; k < rounds; k++) {
			struct bench_run *r = bench_point_run(p, (size_t)k);
			*r = (struct bench_run){ .ok = true, .seconds = seconds * (1 + 0.002 * k), .cpu_seconds = 1, .peak_rss = 20000000 + k,
				                     .tree_pss = p->variant == BENCH_PROCESSES ? 30000000 : 20000000, .gil = p->arm != ARM_FT };
			r->checksum = xstrdup("42");
		}
	}
	return w;
}

static const struct bench_claim *claim(const struct bench *b, const char *id)
{
	for (size_t i = 0; i < b->n_claims; i++)
		if (str_eq(b->claims[i].id, id))
			return &b->claims[i];
	fail_msg("no claim %s", id);
	return NULL;
}

static void side_of_the_bound(void **state)
{
	(void)state;
	static const struct {
		double lo, hi;
		bool at_least;
		double bound;
		enum bench_verdict want;
	} rows[] = {
		{ 1.7, 1.9, true, 1.6, BENCH_HOLDS },         { 1.6, 1.9, true, 1.6, BENCH_HOLDS },         { 1.5, 1.9, true, 1.6, BENCH_INCONCLUSIVE },
		{ 1.2, 1.59, true, 1.6, BENCH_DOES_NOT_HOLD }, { 1.2, 1.6, true, 1.6, BENCH_INCONCLUSIVE },  { 1.0, 1.1, false, 1.1, BENCH_HOLDS },
		{ 1.0, 1.2, false, 1.1, BENCH_INCONCLUSIVE }, { 1.1, 1.2, false, 1.1, BENCH_INCONCLUSIVE }, { 1.11, 1.2, false, 1.1, BENCH_DOES_NOT_HOLD },
		{ 0, INFINITY, true, 1, BENCH_INCONCLUSIVE }, { NAN, 2, false, 1, BENCH_INCONCLUSIVE },     { 0, 0.5, false, 1, BENCH_INCONCLUSIVE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (bench_side(rows[i].lo, rows[i].hi, rows[i].at_least, rows[i].bound) != rows[i].want)
			fail_msg("row %zu", i);
}

static const struct {
	const char *about, *workload, *claim;
	int rounds;
	double gil_many, ft_one, ft_many;
	enum bench_verdict want;
	int exit_code;
} rows[] = {
	{ "near-linear", "primes", "primes-scale", 6, 1, 1.2, 0.65, BENCH_HOLDS, 0 },
	{ "far from it", "primes", "primes-scale", 6, 1, 1.2, 1.0, BENCH_DOES_NOT_HOLD, 0 },
	{ "the control gains nothing", "primes", "primes-gil", 6, 1, 1.2, 0.65, BENCH_HOLDS, 0 },
	{ "the control gains", "primes", "primes-gil", 6, 0.5, 1.2, 0.65, BENCH_DOES_NOT_HOLD, 0 },
	{ "five rounds have no interval", "primes", "primes-scale", 5, 1, 1.2, 0.65, BENCH_NOT_MEASURABLE, 5 },
	{ "cheap enough", "io-threads", "io-threads", 6, 1, 1, 1.1, BENCH_HOLDS, 0 },
	{ "too dear", "io-threads", "io-threads", 6, 1, 1, 1.2, BENCH_DOES_NOT_HOLD, 0 },
	{ "a task is serial", "io-asyncio", "io-asyncio", 6, 1, 1.2, 1, BENCH_DOES_NOT_HOLD, 0 },
	{ "contended", "lock", "lock", 6, 1, 1, 2, BENCH_HOLDS, 0 },
	{ "not contended", "lock", "lock", 6, 1, 1, 0.6, BENCH_DOES_NOT_HOLD, 0 },
	{ "contention is cheap enough", "queue-items", "queue-items-cost", 6, 1, 1, 1.1, BENCH_HOLDS, 0 },
	{ "contention is dear", "queue-items", "queue-items-cost", 6, 1, 1, 5, BENCH_DOES_NOT_HOLD, 0 },
	{ "about 40%", "single-thread", "single-time-3.13", 6, 1, 1.35, 1, BENCH_HOLDS, 0 },
	{ "more than 40%", "single-thread", "single-time-3.13", 6, 1, 1.45, 1, BENCH_DOES_NOT_HOLD, 0 },
	{ "memory", "single-thread", "single-memory", 6, 1, 1.45, 1, BENCH_HOLDS, 0 },
	{ "memory of processes", "shared-data", "shared-memory", 6, 1, 1, 1, BENCH_HOLDS, 0 },
};

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_BENCH b = { 0 };
		make(&b, rows[i].workload, rows[i].rounds, rows[i].gil_many, rows[i].ft_one, rows[i].ft_many);
		bench_judge(&b);
		const struct bench_claim *c = claim(&b, rows[i].claim);
		if (c->verdict != rows[i].want || b.exit_code != rows[i].exit_code || !c->why != (rows[i].want != BENCH_NOT_MEASURABLE))
			fail_msg("%s: %s, exit %d, %s", rows[i].about, bench_verdict_word(c->verdict), b.exit_code, c->why ? c->why : "no reason");
	}
}

/* What spoils a bench, and what is then said. */
enum spoil { WRONG_SUM, WRONG_SERIAL, UNEXPECTED, ONE_CORE, BROKEN, GIL_ON, GIL_OFF, NOT_ALIKE, NO_MEMORY, INTERRUPTED };

static void spoil(struct bench *b, struct bench_workload *w, enum spoil how)
{
	struct bench_point *last = &w->points[w->n_points - 1];
	switch (how) {
	case WRONG_SUM: str_set(&last->runs[3].checksum, "43"); break;
	case WRONG_SERIAL: str_set(&w->points[1].runs[0].checksum, "41"); break;
	case UNEXPECTED: str_set(&w->points[0].runs[2].expected, "40"); break;
	case ONE_CORE: b->cores = 1; break;
	case BROKEN: w->why = xstrdup("ft threads 2, round 1: died of SIGSEGV"); break;
	case GIL_ON: last->runs[5].gil = true; break;
	case GIL_OFF: w->points[0].runs[1].gil = false; break;
	case NOT_ALIKE: strv_add(&b->pair.parity, "compiler: gcc, clang"); break;
	case NO_MEMORY:
		for (size_t k = 0; k < last->n; k++)
			last->runs[k].tree_pss = 0;
		break;
	case INTERRUPTED: b->interrupted = true; break;
	}
}

static void spoilt(void **state)
{
	(void)state;
	static const struct {
		const char *workload, *claim;
		enum spoil how;
		enum bench_verdict want;
		const char *why;
		int exit_code;
	} cases[] = {
		{ "primes", "primes-scale", WRONG_SUM, BENCH_WRONG_RESULT, "ft threads 2, round 4: 43, right is 42", 1 },
		{ "primes", "primes-gil", WRONG_SUM, BENCH_WRONG_RESULT, "ft threads 2, round 4: 43, right is 42", 1 },
		{ "primes", "primes-gil", WRONG_SERIAL, BENCH_WRONG_RESULT, "ft serial 1, round 1: 41, right is 42", 1 },
		{ "lock", "lock", UNEXPECTED, BENCH_WRONG_RESULT, "gil serial 1, round 3: 42, right is 40", 1 },
		{ "primes", "primes-scale", ONE_CORE, BENCH_NOT_MEASURABLE, "one core only: threads have nothing to run on at the same time", 5 },
		{ "lock", "lock", ONE_CORE, BENCH_NOT_MEASURABLE, "one core only: threads have nothing to run on at the same time", 0 },
		{ "io-asyncio", "io-asyncio", ONE_CORE, BENCH_HOLDS, NULL, 0 },
		{ "lock", "lock", BROKEN, BENCH_NOT_MEASURABLE, "ft threads 2, round 1: died of SIGSEGV", 5 },
		{ "lock", "lock", GIL_ON, BENCH_NOT_MEASURABLE, "the GIL was not off on the free-threaded build, or not on elsewhere", 5 },
		{ "io-asyncio", "io-asyncio", GIL_OFF, BENCH_NOT_MEASURABLE, "the GIL was not off on the free-threaded build, or not on elsewhere", 5 },
		{ "io-asyncio", "io-asyncio", NOT_ALIKE, BENCH_NOT_MEASURABLE, "the pair is not like for like: compiler: gcc, clang", 5 },
		{ "primes", "primes-scale", NOT_ALIKE, BENCH_HOLDS, NULL, 0 },
		{ "shared-data", "shared-memory", NO_MEMORY, BENCH_NOT_MEASURABLE, "this system does not tell how much memory a process has", 0 },
		{ "primes", "primes-scale", INTERRUPTED, BENCH_HOLDS, NULL, 130 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BENCH b = { 0 };
		struct bench_workload *w = make(&b, cases[i].workload, 6, 1, 1, 0.55);
		spoil(&b, w, cases[i].how);
		bench_judge(&b);
		const struct bench_claim *c = claim(&b, cases[i].claim);
		if (c->verdict != cases[i].want || !str_eq(c->why, cases[i].why) || b.exit_code != cases[i].exit_code)
			fail_msg("case %zu: %s, exit %d, %s", i, bench_verdict_word(c->verdict), b.exit_code, c->why ? c->why : "no reason");
	}
}

/* Every workload has a claim for each version, and each claim's points are measured. */
static void tables_fit(void **state)
{
	(void)state;
	size_t n;
	const struct bench_row *all = bench_rows(&n);
	for (size_t i = 0; i < n; i++)
		for (int version = 13; version <= 15; version++) {
			AUTO_BENCH b = { 0 };
			make(&b, all[i].name, 6, 1, 1, 0.55);
			free(b.pair.ft.version);
			b.pair.ft.version = xasprintf("3.%d.0", version);
			bench_judge(&b);
			assert_true(b.n_claims > 0);
			for (size_t k = 0; k < b.n_claims; k++)
				if (b.claims[k].value.n != 6 || !*b.claims[k].source)
					fail_msg("%s of 3.%d: %d pairs", b.claims[k].id, version, b.claims[k].value.n);
		}
}

static void threads_make_a_curve(void **state)
{
	(void)state;
	AUTO_BENCH b = { .threads = 12 };
	const struct bench_workload *w = bench_add_workload(&b, bench_row_find("primes"));
	static const int counts[] = { 2, 4, 8, 12 };
	assert_int_equal(w->n_points, 3 + 2 * ARRAY_LEN(counts));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		assert_non_null(bench_find_point(w, ARM_FT, BENCH_THREADS, counts[i]));
	assert_int_equal(bench_find_point(w, ARM_FT, BENCH_THREADS, 0)->threads, 12);
	assert_null(bench_find_point(w, ARM_FT, BENCH_PROCESSES, 0));
}

/* The bound of a speed-up counts the cores that the threads can use. */
static void bound_counts_cores(void **state)
{
	(void)state;
	static const struct {
		int threads, cores;
		double bound;
	} cases[] = { { 2, 2, 1.6 }, { 8, 4, 3.2 }, { 2, 16, 1.6 } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BENCH b = { 0 };
		make(&b, "primes", 6, 1, 1, 0.55);
		b.threads = cases[i].threads;
		b.cores = cases[i].cores;
		bench_judge(&b);
		assert_true(fabs(claim(&b, "primes-scale")->bound - cases[i].bound) < 1e-9);
	}
}

static void hardware_threads_of_one_core_count_once(void **state)
{
	(void)state;
	static const char *const siblings[] = { "0,4\n", "1,5\n", NULL, "3,7\n", "0,4\n", "1,5\n" };
	char *folder = NULL;
	assert_int_equal(make_temp_dir("/tmp", "cpus", &folder, NULL), 0);
	cpu_set_t set;
	CPU_ZERO(&set);
	for (int i = 0; i < (int)ARRAY_LEN(siblings); i++) {
		CPU_SET((size_t)i, &set);
		AUTO_FREE char *dir = xasprintf("%s/cpu%d/topology", folder, i);
		AUTO_FREE char *file = path_join(dir, "thread_siblings_list");
		assert_int_equal(make_dirs(dir, NULL), 0);
		if (siblings[i])
			assert_int_equal(write_file(file, siblings[i], strlen(siblings[i]), NULL), 0);
	}
	assert_int_equal(cores_distinct(&set, folder), 4);
	CPU_CLR(0, &set); /* its sibling 4 is left */
	assert_int_equal(cores_distinct(&set, folder), 4);
	CPU_CLR(4, &set);
	assert_int_equal(cores_distinct(&set, folder), 3);
	assert_true(cores_usable() >= 1);
	remove_tree(folder, NULL);
	free(folder);
}

static void quota_of_a_container(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int cores;
	} cases[] = { { NULL, 8 }, { "max 100000\n", 8 }, { "150000 100000\n", 1 }, { "400000 100000\n", 4 }, { "50000 100000\n", 1 },
		          { "1600000 100000\n", 8 }, { "", 8 }, { "4", 8 }, { "inf 1", 8 }, { "1 0", 8 }, { "nan 2", 8 }, { "-1 100000", 8 } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (bench_cores_under_quota(8, cases[i].text) != cases[i].cores)
			fail_msg("case %zu", i);
}

/* ---- reports ---- */

/* Three workloads: one that scales, one with a wrong result, one whose process said something nasty. */
static void make_mixed(struct bench *b)
{
	make(b, "primes", 6, 1, 1.2, 0.65);
	b->load = 1.25;
	struct bench_workload *single = bench_add_workload(b, bench_row_find("single-thread"));
	struct bench_workload *w;
	for (size_t i = 0; i < single->n_points; i++)
		for (int k = 0; k < 6; k++) {
			struct bench_run *r = bench_point_run(&single->points[i], (size_t)k);
			*r = (struct bench_run){ .ok = true, .seconds = single->points[i].arm == ARM_GIL ? (single->points[i].again ? 0.205 : 0.2) : 0.29,
				                     .peak_rss = 20000000, .gil = single->points[i].arm != ARM_FT };
			r->checksum = xstrdup(i == 1 && k == 5 ? "<script>alert(1)</script>" : "7");
		}
	w = bench_add_workload(b, bench_row_find("lock"));
	w->why = xstrdup("gil serial 1, round 1: exit code 1: \x1b[31m'><img src=x onerror=alert(2)>\xe2\x80\xae https://user:pa55word@host/x");
	bench_judge(b);
}

static void texts(void **state)
{
	(void)state;
	AUTO_BENCH b = { 0 };
	make_mixed(&b);
	struct report_options pipe = { .width = 0 }, narrow = { .width = 80, .terminal = true }, color = { .width = 120, .color = true, .terminal = true };
	AUTO_FREE char *table = CAPTURE(out, report_bench(out, &b, &pipe, NULL));
	AUTO_FREE char *small = CAPTURE(out, report_bench(out, &b, &narrow, NULL));
	AUTO_FREE char *colored = CAPTURE(out, report_bench(out, &b, &color, NULL));
	AUTO_FREE char *json = CAPTURE(out, report_bench_json(out, &b, NULL));
	check_golden("bench-table.txt", table);
	check_golden("bench-table-80.txt", small);
	check_golden("bench-mixed.json", json);
	check_harmless(table, false);
	check_harmless(json, false);
	check_words(table);
	AUTO_FREE char *plain = strip_color(colored);
	assert_string_not_equal(plain, colored);
	assert_null(strstr(table, "pa55word"));
	assert_null(strstr(json, "pa55word"));
}

static void pages(void **state)
{
	(void)state;
	AUTO_BENCH b = { 0 };
	make_mixed(&b);
	AUTO_FREE char *page = CAPTURE(out, report_bench_html(out, &b, NULL, NULL));
	check_golden("bench-attack.html", page);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "pa55word"));
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *none = CAPTURE(out, assert_int_equal(report_bench_html(out, &b, "</style>", &err), -1));
	assert_int_equal(err.code, ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(side_of_the_bound), cmocka_unit_test(verdicts), cmocka_unit_test(spoilt), cmocka_unit_test(tables_fit),
		cmocka_unit_test(threads_make_a_curve), cmocka_unit_test(bound_counts_cores), cmocka_unit_test(hardware_threads_of_one_core_count_once),
		cmocka_unit_test(quota_of_a_container), cmocka_unit_test(texts), cmocka_unit_test(pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
