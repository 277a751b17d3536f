/* test_facts_cost.c: what free threading costs and gains, of one package and of all, in words. */
#include "report/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* n packages of one ratio each, every second with a curve. */
static void add_measured(struct survey *s, int n)
{
	for (int i = 0; i < n; i++) {
		struct package_result *p = survey_add_package(s);
		str_set(&p->name, "some");
		p->time = (struct ratio){ .known = true, .ratio = 1.0 + 0.04 * i, .lo = 1, .hi = 3, .n = 15, .verdict = PERF_SLOWER };
		if (i % 2)
			continue;
		struct scaling_curve *c = scaling_add_curve(&p->scaling, "calls", "private", ARM_FT);
		c->verdict = i ? SCALING_SCALES : SCALING_CONTENDED;
		scaling_add_point(c, 1)->speedup = 1;
		scaling_add_point(c, 2)->speedup = i == 0 ? 0.7 : i == 2 ? 1.6 : 1.61;
	}
}

static void the_fleet_in_two_sentences(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	add_measured(&s, 7);
	s.packages[6].time.ratio = 9; /* one that would spoil a mean */
	s.packages[3].memory = (struct ratio){ .known = true, .ratio = 1.15, .lo = 1.1, .hi = 1.2, .n = 6, .verdict = PERF_SLOWER };
	s.baseline.known = true;
	s.baseline.time = (struct ratio){ .known = true, .ratio = 1.22 };
	survey_add_package(&s); /* not measured */
	AUTO_FREE char *cost = fact_fleet_cost(&s);
	AUTO_FREE char *gain = fact_fleet_gain(&s);
	assert_string_equal(cost, "median package 1.12x on one thread, interpreter 1.22x; memory 1.15x (7 of 8 packages measured, geometric mean 1.48x)");
	assert_string_equal(gain, "2 of 4 measured packages scale past 1.6x on two threads; 1 contended");
	AUTO_SURVEY one = { 0 };
	add_measured(&one, 1);
	AUTO_FREE char *cost_1 = fact_fleet_cost(&one);
	AUTO_FREE char *gain_1 = fact_fleet_gain(&one);
	assert_string_equal(cost_1, "1.00x on one thread (1 of 1 packages measured)");
	assert_string_equal(gain_1, "0.700x on two threads, contended (1 of 1 packages measured)");
	AUTO_SURVEY none = { 0 };
	survey_add_package(&none);
	assert_null(fact_fleet_cost(&none));
	assert_null(fact_fleet_gain(&none));
}

/* No interval, no verdict, and what nobody gets who does not force the GIL off: in neither sentence's figures. */
static void what_does_not_count_is_left_out(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	add_measured(&s, 7);
	s.packages[1].time.n = 5;
	s.packages[3].time.verdict = PERF_UNKNOWN;
	s.packages[6].gil_state = 1;
	AUTO_FREE char *cost = fact_fleet_cost(&s);
	AUTO_FREE char *gain = fact_fleet_gain(&s);
	assert_string_equal(cost, "median package 1.12x on one thread (4 of 7 packages measured, geometric mean 1.11x); 1 more only with PYTHON_GIL=0");
	assert_string_equal(gain, "1 of 3 measured packages scale past 1.6x on two threads; 1 contended; 1 more only with PYTHON_GIL=0");
	AUTO_STRV lines = { 0 };
	fact_costs(&s, &s.packages[6], &lines);
	assert_non_null(strstr(lines.v[0], "time, PYTHON_GIL=0 1.24x"));
	strv_clear(&lines);
	fact_costs(&s, &s.packages[5], &lines);
	assert_non_null(strstr(lines.v[0], "time 1.20x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fleet_in_two_sentences),
		cmocka_unit_test(what_does_not_count_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
