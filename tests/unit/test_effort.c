/* test_effort.c: what an effort may spend, and times as people write them. */
#include "judge/delta.h"
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

/* The exact interval at 95% needs six pairs: of the builds, and of what the GIL alone costs. */
static void both_ratios_have_pairs_for_an_interval(void **state)
{
	(void)state;
	for (enum effort e = EFFORT_QUICK; e < EFFORT_COUNT; e++) {
		struct effort_limits l = effort_limits(e, 0);
		assert_true(l.pairs[PAIR_TIME] >= DELTA_MIN_PAIRS && l.pairs[PAIR_BUILD] >= DELTA_MIN_PAIRS && l.pairs[PAIR_NOISE] >= 3);
	}
}

static void a_budget_bounds_each_part(void **state)
{
	(void)state;
	struct effort_limits l = effort_limits(EFFORT_DEEP, 60);
	assert_true(l.suite_seconds == 18 && l.measure_seconds == 15);
	assert_true(l.test_seconds == 18); /* no test may outlast the suite */
	assert_true(l.stress_seconds == 12 && l.confirm_seconds == 8); /* a third for stress */
	assert_true(l.scaling_seconds == 3 && l.scaling_runs == 8);
	assert_true(l.total_seconds == 60);
	struct effort_limits wide = effort_limits(EFFORT_QUICK, 36000), own = effort_limits(EFFORT_QUICK, 0);
	assert_true(wide.suite_seconds == own.suite_seconds && wide.measure_seconds == own.measure_seconds); /* a bound, not a wish */
	assert_true(wide.total_seconds == 36000);
}

static void what_the_parts_take_is_within_the_bound(void **state)
{
	(void)state;
	static const double budgets[] = { 0, 10, 60, 300, 3600, 100000 };
	for (enum effort effort = EFFORT_QUICK; effort < EFFORT_COUNT; effort++) {
		for (size_t i = 0; i < ARRAY_LEN(budgets); i++) {
			struct effort_limits l = effort_limits(effort, budgets[i]);
			double suites = effort_suites_seconds(&l, true, true);
			if (suites < l.suite_seconds) /* a first run always fits */
				fail_msg("effort %d, budget %g: %g s for a suite of %g s", (int)effort, budgets[i], suites, l.suite_seconds);
			if (suites + l.measure_seconds + l.baseline_seconds + l.scaling_seconds + l.stress_seconds + l.confirm_seconds > l.total_seconds + 1e-6)
				fail_msg("effort %d, budget %g: the parts take more than %g s", (int)effort, budgets[i], l.total_seconds);
			assert_true(effort_suites_seconds(&l, false, true) > suites && effort_suites_seconds(&l, true, false) > suites);
		}
	}
}

/* "replay 36, first-use 8": modes and whole seconds of a schedule. */
static void expect_schedule(enum effort effort, double budget, const char *modes, const char *expected)
{
	struct effort_limits l = effort_limits(effort, budget);
	struct stress_slot slots[STRESS_MODES];
	size_t n = stress_schedule(effort, &l, modes, slots);
	char text[200] = "";
	size_t at = 0;
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %.0f", i ? ", " : "", slots[i].mode, slots[i].seconds);
	assert_string_equal(text, expected);
}

static void stress_has_its_seconds_by_effort(void **state)
{
	(void)state;
	expect_schedule(EFFORT_QUICK, 0, NULL, "replay 48, first-use 6, mixed 6");
	expect_schedule(EFFORT_QUICK, 0, "auto", "replay 48, first-use 6, mixed 6");
	expect_schedule(EFFORT_STANDARD, 0, NULL, "replay 180, first-use 30, mixed 30, same-test 30, perturb 30");
	expect_schedule(EFFORT_DEEP, 0, NULL, "replay 420, first-use 60, mixed 90, same-test 90, perturb 120, tsan 120");
	expect_schedule(EFFORT_QUICK, 0, "none", "");
	expect_schedule(EFFORT_QUICK, 0, "replay", "replay 60");
	expect_schedule(EFFORT_QUICK, 0, "same-test,replay", "replay 51, same-test 9");
	expect_schedule(EFFORT_QUICK, 0, "tsan", "tsan 60");
	expect_schedule(EFFORT_QUICK, 200, NULL, "replay 32, first-use 4, mixed 4");
	expect_schedule(EFFORT_QUICK, 100, NULL, "replay 20"); /* the others would have less than 4 s each */
	expect_schedule(EFFORT_QUICK, 10, NULL, "");
}

static void modes_are_known_and_named_once(void **state)
{
	(void)state;
	static const char *const good[] = { NULL, "auto", "none", "replay", "mixed,replay", "same-test,mixed,first-use,replay,perturb,tsan" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(stress_modes_check(good[i]));
	static const char *const bad[] = { "", ",", "replay,", ",replay", "replay,replay", "serial", "replays", "repla", "replay,none", "auto,replay",
		                               "Replay", "replay mixed" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (stress_modes_check(bad[i]))
			fail_msg("`%s` is taken", bad[i]);
}

/* The kinds in the order in which they are measured, each pair costing `cost`: T time, N noise, B build. */
static void expect_pairs(double seconds, double cost, const char *expected)
{
	static const int planned[PAIR_KINDS] = { 6, 3, 3 };
	int done[PAIR_KINDS] = { 0 };
	char text[40] = "";
	for (size_t n = 0; n + 1 < sizeof(text); n++) {
		double now = cost * (double)n;
		enum pair_kind next = pair_next(planned, done, 6, n ? cost : 0, seconds - now);
		if (next == PAIR_KINDS)
			break;
		done[next]++;
		text[n] = "TNB"[next];
	}
	assert_string_equal(text, expected);
}

static void pairs_of_all_kinds_are_mixed_as_time_allows(void **state)
{
	(void)state;
	expect_pairs(100, 1, "TNBTTNBTTNBT");
	expect_pairs(8.5, 1, "TNBTTTTT"); /* an interval first */
	expect_pairs(6.5, 1, "TTTTTT");
	expect_pairs(4, 1, "TTTTTT"); /* up to twice the seconds */
	expect_pairs(2, 1, "TTTTT");
	expect_pairs(0.1, 1, "T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(efforts_grow),
		cmocka_unit_test(both_ratios_have_pairs_for_an_interval),
		cmocka_unit_test(a_budget_bounds_each_part),
		cmocka_unit_test(what_the_parts_take_is_within_the_bound),
		cmocka_unit_test(stress_has_its_seconds_by_effort),
		cmocka_unit_test(modes_are_known_and_named_once),
		cmocka_unit_test(pairs_of_all_kinds_are_mixed_as_time_allows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
