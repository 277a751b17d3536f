/* test_slowest.c: `show --slowest`: which tests are listed, and what so few pairs can show. */
#include "report_help.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct report_options short_lists = { 0 }, whole = { .all_rows = true };

static char *slowest(const struct package_result *p, const struct report_options *opt)
{
	FILE *out = capture_open();
	assert_int_equal(report_slowest(out, p, opt, NULL), 0);
	return capture_close(out);
}

/* A package with n tests, each slower than the next: 1.5 down in steps of 0.01. */
static void fill(struct package_result *p, int n, int pairs)
{
	package_result_init(p);
	str_set(&p->name, "pkg");
	str_set(&p->version, "1.0");
	p->measured = (struct measured){ .known = true, .pairs = pairs, .timed = n, .too_short = 3, .waiting = 2, .unequal = 1 };
	for (int i = 0; i < n; i++) {
		AUTO_FREE char *id = xasprintf("t%03d", i);
		struct test_delta *t = measured_add_test(&p->measured, id);
		*t = (struct test_delta){ .id = t->id, .ratio = 1.5 - i / 100.0, .lo = 1.2, .hi = 1.9, .n = pairs, .gil_seconds = 0.0000342, .ft_seconds = 0.0021, .p = 0.03 };
	}
}

static void most_lost_and_most_gained_come_first(void **state)
{
	(void)state;
	struct package_result p;
	fill(&p, 80, 15);
	p.measured.tests[1].significant = true;
	p.measured.lost = 1;
	AUTO_FREE char *text = slowest(&p, &short_lists);
	assert_non_null(strstr(text, "call phase of 80 tests in 15 pairs of processes\nleft out: 3 too short, 2 that sleep or wait, 1 that did not pass everywhere\n"));
	assert_non_null(strstr(text, "\n  1.50x   [1.20, 1.90]   34.2 us   2.10 ms   0.03     t000\n* 1.49x "));
	assert_null(strstr(text, "t020\n")); /* 20 that lost */
	const char *gained = strstr(text, "\n  gained ");
	assert_non_null(gained);
	assert_true(strstr(gained, "t079\n") < strstr(gained, "t078\n") && !strstr(gained, "t050\n") && !strstr(gained, "t059\n"));
	assert_non_null(strstr(text, "(Benjamini and Hochberg): 1 lost, 0 gained\n"));
	AUTO_FREE char *all = slowest(&p, &whole);
	assert_non_null(strstr(all, "t049\n"));
	assert_non_null(strstr(all, "t051\n"));
	assert_null(strstr(all, "t050\n")); /* 1.00x: neither */
	assert_null(strstr(all, "not kept"));
	p.measured.timed = 90;
	AUTO_FREE char *more = slowest(&p, &whole);
	assert_non_null(strstr(more, "\n10 more tests lie between; their ratios are not kept\n"));
	package_result_release(&p);
}

static void few_pairs_say_what_they_cannot_show(void **state)
{
	(void)state;
	static const struct { int tests, pairs; const char *says; } rows[] = {
		{ 10, 6, "with 6 pairs no p is below 0.031, so that a test can be only where at least 7 of the 10 have it\n" },
		{ 10, 5, "with 5 pairs no p is below 0.062, so that nothing can be: more effort measures more pairs\n" },
		{ 10, 15, NULL },
		{ 1, 6, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct package_result p;
		fill(&p, rows[i].tests, rows[i].pairs);
		AUTO_FREE char *text = slowest(&p, &short_lists);
		const char *limit = strstr(text, "\nwith ");
		if (rows[i].says ? !limit || strcmp(limit + 1, rows[i].says) != 0 : limit != NULL)
			fail_msg("%d tests, %d pairs: %s", rows[i].tests, rows[i].pairs, limit ? limit : text);
		package_result_release(&p);
	}
}

static void what_was_not_measured_is_said(void **state)
{
	(void)state;
	struct package_result p;
	package_result_init(&p);
	str_set(&p.name, "pkg");
	AUTO_FREE char *none = slowest(&p, &short_lists);
	assert_string_equal(none, "pkg: nothing was measured (no suite that runs on both builds, or --no-measure)\n");
	p.measured.known = true;
	str_set(&p.time.note, "the tests are too short to measure");
	AUTO_FREE char *empty = slowest(&p, &short_lists);
	assert_string_equal(empty, "pkg: no test could be timed: the tests are too short to measure\n");
	package_result_release(&p);
}

/* Ids are foreign, and figures may be. */
static void odd_ids_and_numbers_stay_harmless(void **state)
{
	(void)state;
	struct package_result p;
	fill(&p, 2, 15);
	str_set(&p.measured.tests[0].id, "::error::\033[31mred");
	p.measured.tests[0].ratio = INFINITY;
	p.measured.tests[1].ratio = 1.2;
	p.measured.tests[1].lo = NAN;
	AUTO_FREE char *text = slowest(&p, &short_lists);
	assert_true(!strchr(text, '\033') && !strstr(text, "::error::") && !strstr(text, "inf") && !strstr(text, "nan"));
	package_result_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_lost_and_most_gained_come_first),
		cmocka_unit_test(few_pairs_say_what_they_cannot_show),
		cmocka_unit_test(what_was_not_measured_is_said),
		cmocka_unit_test(odd_ids_and_numbers_stay_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
