/* test_effort.c: what an effort may spend, and times as people write them. */
#include "plan/effort.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void times_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double seconds;
	} good[] = { { "90", 90 },   { "90s", 90 },     { "45sec", 45 },       { "5m", 300 },       { "5min", 300 },
		         { "1h", 3600 }, { "1h30m", 5400 }, { "1h 30m 5s", 5405 }, { "1.5h", 5400 }, { "0.5s", 0.5 } };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (duration_parse(good[i].text) != good[i].seconds)
			fail_msg("%s is read as %g", good[i].text, duration_parse(good[i].text));
}

static void what_is_no_time_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", " ", "s", "m5", "-5", "+5", "5x", "5 m", "5ms", "5mi", "h1", "0", "0s", "1h-5m", "nan", "inf",
		                               "1e8", "99999999h", "5m,", ".5", "1h30q", "5M" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (duration_parse(bad[i]) != -1)
			fail_msg("`%s` is read as %g", bad[i], duration_parse(bad[i]));
}

static void efforts_grow(void **state)
{
	(void)state;
	struct effort_limits quick = effort_limits(EFFORT_QUICK, 0), standard = effort_limits(EFFORT_STANDARD, 0), deep = effort_limits(EFFORT_DEEP, 0);
	assert_true(quick.total_seconds < standard.total_seconds && standard.total_seconds < deep.total_seconds);
	assert_true(quick.max_files > 0 && quick.max_files < standard.max_files);
	assert_int_equal(deep.max_files, 0); /* all */
	assert_int_equal(deep.cap_per_file, 0);
	assert_true(quick.confirm_runs < standard.confirm_runs);
	assert_true(effort_limits(EFFORT_COUNT, 0).total_seconds == quick.total_seconds);
}

static void a_budget_bounds_each_part(void **state)
{
	(void)state;
	struct effort_limits l = effort_limits(EFFORT_DEEP, 60);
	assert_true(l.suite_seconds == 20 && l.measure_seconds == 15);
	assert_true(l.test_seconds == 20); /* no test may outlast the suite */
	assert_true(l.total_seconds == 60);
	struct effort_limits wide = effort_limits(EFFORT_QUICK, 36000), own = effort_limits(EFFORT_QUICK, 0);
	assert_true(wide.suite_seconds == own.suite_seconds && wide.measure_seconds == own.measure_seconds); /* a bound, not a wish */
	assert_true(wide.total_seconds == 36000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(efforts_grow),
		cmocka_unit_test(a_budget_bounds_each_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
