/* test_timed_tests.c: which tests are measured, and how much of a process's time is theirs. */
#include "plan/timed_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Both arms ran `n` tests "t00", "t01", ...; seconds each. */
struct runs {
	struct evidence gil, ft;
};

static void add(struct runs *r, const char *id, enum test_status gil, enum test_status ft, double seconds)
{
	evidence_add_test(&r->gil, id, gil)->total_ns = (int64_t)(seconds * 1e9);
	evidence_add_test(&r->ft, id, ft)->total_ns = (int64_t)(seconds * 1e9);
}

static void add_many(struct runs *r, int n, double seconds)
{
	for (int i = 0; i < n; i++) {
		AUTO_FREE char *id = xasprintf("t%02d", i);
		add(r, id, TEST_PASSED, TEST_PASSED, seconds);
	}
}

static void make(struct runs *r, int n, double seconds)
{
	evidence_init(&r->gil);
	evidence_init(&r->ft);
	add_many(r, n, seconds);
}

static void release(struct runs *r)
{
	evidence_release(&r->gil);
	evidence_release(&r->ft);
}

static void a_suite_that_fits_stays_whole(void **state)
{
	(void)state;
	struct runs r;
	AUTO_STRV ids = { 0 };
	make(&r, 10, 0.1);
	add(&r, "hangs", TEST_PASSED, TEST_HUNG, 0);
	add(&r, "crashes", TEST_CRASHED, TEST_PASSED, 0);
	add(&r, "long", TEST_PASSED, TEST_FAILED, 0.9);
	assert_int_equal(timed_tests_choose(&r.gil, &r.ft, 2, "s", &ids), 11);
	AUTO_FREE char *all = strv_join(&ids, " ");
	assert_string_equal(all, "t00 t01 t02 t03 t04 t05 t06 t07 t08 t09 long");
	release(&r);
}

/* Not its first seconds: as much as fits three times, from all over the suite, the same for the same seed. */
static void a_longer_one_is_sampled_over_all_of_it(void **state)
{
	(void)state;
	struct runs r;
	AUTO_STRV ids = { 0 }, again = { 0 }, other = { 0 };
	make(&r, 100, 0.1);
	assert_int_equal(timed_tests_choose(&r.gil, &r.ft, 6.1, "s", &ids), 100);
	assert_int_equal(ids.n, 20);
	assert_true(strcmp(ids.v[ids.n - 1], "t60") > 0);
	for (size_t i = 1; i < ids.n; i++)
		assert_true(strcmp(ids.v[i - 1], ids.v[i]) < 0); /* in running order */
	timed_tests_choose(&r.gil, &r.ft, 6.1, "s", &again);
	timed_tests_choose(&r.gil, &r.ft, 6.1, "another", &other);
	AUTO_FREE char *a = strv_join(&ids, " "), *b = strv_join(&again, " "), *c = strv_join(&other, " ");
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	release(&r);
}

/* A first test that takes half of the time is not all that is measured. */
static void a_long_test_does_not_take_the_time_of_the_others(void **state)
{
	(void)state;
	struct runs r;
	AUTO_STRV ids = { 0 };
	make(&r, 0, 0);
	add(&r, "first", TEST_PASSED, TEST_PASSED, 1.6);
	add_many(&r, 50, 0.02);
	timed_tests_choose(&r.gil, &r.ft, 2, "s", &ids);
	assert_false(strv_has(&ids, "first"));
	assert_true(ids.n >= 30);
	release(&r);
}

static void of_tests_that_are_all_too_long_the_cheapest_is_taken(void **state)
{
	(void)state;
	struct runs r;
	AUTO_STRV ids = { 0 };
	make(&r, 5, 9);
	add(&r, "cheapest", TEST_PASSED, TEST_PASSED, 7);
	add(&r, "last", TEST_PASSED, TEST_PASSED, 8);
	assert_int_equal(timed_tests_choose(&r.gil, &r.ft, 2, "s", &ids), 7);
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.v[0], "cheapest");
	AUTO_STRV none = { 0 };
	struct runs empty;
	make(&empty, 0, 0);
	assert_int_equal(timed_tests_choose(&empty.gil, &empty.ft, 2, "s", &none), 0);
	assert_int_equal(none.n, 0);
	release(&empty);
	release(&r);
}

/* 10 tests of 0.1 s in 4 s; then one of them hung for its 30 s and the process was started again. */
static void a_hang_is_not_the_start_of_a_process(void **state)
{
	(void)state;
	struct runs r;
	make(&r, 10, 0.1);
	r.gil.wall_ns = 4000000000;
	r.ft.wall_ns = 37000000000;
	assert_true(process_overhead(&r.gil, 30) == 3);
	evidence_add_culprit(&r.ft, "t05", TEST_HUNG);
	assert_true(process_overhead(&r.ft, 30) == 3);
	assert_true(seconds_for_tests(5, &r.gil, &r.ft, 30) == 2);
	assert_true(seconds_for_tests(3.2, &r.gil, &r.ft, 30) == 0.8); /* a quarter */
	assert_true(seconds_for_tests(1, &r.gil, &r.ft, 30) == 0.5);
	release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_suite_that_fits_stays_whole),
		cmocka_unit_test(a_longer_one_is_sampled_over_all_of_it),
		cmocka_unit_test(a_long_test_does_not_take_the_time_of_the_others),
		cmocka_unit_test(of_tests_that_are_all_too_long_the_cheapest_is_taken),
		cmocka_unit_test(a_hang_is_not_the_start_of_a_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
