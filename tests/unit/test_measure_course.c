/*
 * test_measure_course.c: which pairs are run, how often their tests are called, and
 * which are made again. The pairs are made up here, in the place of job_pair().
 */
#include "pipeline/measure_course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the made-up pairs do, and what was asked of them. */
static struct world {
	bool warm_up_breaks;
	const char *spoilt_kind; /* its first pair had the processor, the next `spoilt` had not */
	int spoilt;
	unsigned orders[PAIR_KINDS][2]; /* of two processors: bit 1 the arm of side a ran first there, bit 2 that of b */
	bool whole_suite; /* no ids are named: the tests are those that ran */
	int asked[PAIR_KINDS], repeat; /* pairs by kind; calls in the last of them */
} world;

static int kind_of(const char *word)
{
	return strcmp(word, "time") == 0 ? PAIR_TIME : strcmp(word, "noise") == 0 ? PAIR_NOISE : strcmp(word, "build") == 0 ? PAIR_BUILD : -1;
}

static void add_call(struct evidence *e, const char *id, bool breaks, bool spoilt)
{
	struct test_result *t = evidence_add_test(e, id, TEST_PASSED);
	t->call_ns = t->total_ns = breaks ? 1000 : 20000000;
	t->cpu_ns = spoilt ? t->call_ns / 2 : t->call_ns;
}

/* One test of 20 ms on a process that starts within 100 ms; of a whole suite two, called twice. */
static void make(struct evidence *e, bool breaks, bool spoilt)
{
	evidence_init(e);
	e->ending = breaks ? END_SIGNAL : END_NORMAL;
	e->turns = 1;
	for (size_t i = 0; i < (world.whole_suite ? 4 : 1); i++)
		add_call(e, i % 2 ? "s" : "t", breaks, spoilt);
	e->wall_ns = 100000000 + 2 * e->tests[0].total_ns;
}

int __wrap_job_pair(const struct pair_request *p, struct evidence out[2], struct error *err);
int __wrap_job_pair(const struct pair_request *p, struct evidence out[2], struct error *err)
{
	(void)err;
	int kind = kind_of(p->kind);
	bool spoilt = world.spoilt_kind && strcmp(p->kind, world.spoilt_kind) == 0 && p->index >= 1 && p->index <= world.spoilt;
	for (int i = 0; i < 2; i++)
		make(&out[i], kind < 0 && world.warm_up_breaks, spoilt);
	if (kind >= 0) {
		world.orders[kind][p->turn % 2] |= p->index % 2 ? 2 : 1;
		world.asked[kind]++;
		world.repeat = p->repeat;
	}
	return 0;
}

/* A course of six time pairs and three of each other kind in that world, run to its end. */
static void run(struct measure_course *c, struct world of)
{
	static struct package_job job;
	static struct strv ids;
	AUTO_ERROR err = { 0 };
	world = of;
	strv_add_unique(&ids, "t");
	*c = (struct measure_course){ .job = &job, .ids = of.whole_suite ? NULL : &ids, .planned = { 6, 3, 3 }, .seconds = 1000, .suite_seconds = 100 };
	assert_int_equal(measure_course_run(c, &err), 0);
	strv_release(&ids);
}
#define AUTO_COURSE CLEANUP(measure_course_release) struct measure_course

static void short_tests_are_called_often(void **state)
{
	(void)state;
	AUTO_COURSE c = { 0 };
	run(&c, (struct world){ 0 });
	assert_int_equal(world.repeat, 21); /* 0.4 s of 20 ms, and one more */
	assert_true(world.asked[PAIR_TIME] == 6 && world.asked[PAIR_NOISE] == 3 && world.asked[PAIR_BUILD] == 3);
}

/* What of its tests were run says nothing about the others: 40 calls of a suite that takes a minute. */
static void a_warm_up_that_breaks_off_says_nothing(void **state)
{
	(void)state;
	AUTO_COURSE c = { 0 };
	run(&c, (struct world){ .warm_up_breaks = true });
	assert_int_equal(world.repeat, 1);
}

/* Of each kind: five of six time pairs, two of three noise pairs without the processor, and time to run them again. */
static void spoilt_pairs_of_each_kind_are_made_again(void **state)
{
	(void)state;
	static const struct {
		const char *kind;
		int spoilt, asked, good;
	} rows[] = { { "time", 5, 11, 6 }, { "noise", 2, 5, 3 }, { "build", 2, 5, 3 }, { "noise", 1, 4, 3 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_COURSE c = { 0 };
		run(&c, (struct world){ .spoilt_kind = rows[i].kind, .spoilt = rows[i].spoilt });
		int k = kind_of(rows[i].kind);
		if (world.asked[k] != rows[i].asked || c.pairs[k].n_good != (size_t)rows[i].good || c.pairs[k].busy || c.spoilt != rows[i].spoilt)
			fail_msg("%s: %d asked, %zu good, busy %d, %d spoilt", rows[i].kind, world.asked[k], c.pairs[k].n_good, c.pairs[k].busy, (int)c.spoilt);
		assert_int_equal(c.repeated, rows[i].spoilt);
	}
}

/* Noise pairs that all but one lacked the processor say nothing of the pairs of time. */
static void each_kind_is_busy_by_itself(void **state)
{
	(void)state;
	AUTO_COURSE c = { 0 };
	run(&c, (struct world){ .spoilt_kind = "noise", .spoilt = 100 });
	assert_int_equal(world.asked[PAIR_TIME], 6);
	assert_int_equal(world.asked[PAIR_NOISE], 6); /* at most twice as many as planned */
	assert_true(c.pairs[PAIR_NOISE].busy && !c.pairs[PAIR_TIME].busy);
}

/* Else the difference of two processors, or of first and second, would be one of the kinds or of the arms. */
static void each_processor_sees_both_orders_of_each_kind(void **state)
{
	(void)state;
	AUTO_COURSE c = { 0 };
	run(&c, (struct world){ 0 });
	assert_true(world.orders[PAIR_TIME][0] == 3 && world.orders[PAIR_TIME][1] == 3);
	for (int k = PAIR_NOISE; k < PAIR_KINDS; k++) /* three pairs: one processor sees both, the other one */
		if (world.orders[k][0] + world.orders[k][1] != 4)
			fail_msg("kind %d: %u %u", k, world.orders[k][0], world.orders[k][1]);
	assert_true(world.orders[PAIR_NOISE][1] == 3 && world.orders[PAIR_BUILD][0] == 3);
}

static void of_a_whole_suite_each_test_is_one(void **state)
{
	(void)state;
	AUTO_COURSE c = { 0 };
	run(&c, (struct world){ .whole_suite = true });
	assert_int_equal(c.seen.n, 2);
	assert_string_equal(c.seen.v[0], "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_tests_are_called_often),
		cmocka_unit_test(a_warm_up_that_breaks_off_says_nothing),
		cmocka_unit_test(spoilt_pairs_of_each_kind_are_made_again),
		cmocka_unit_test(each_kind_is_busy_by_itself),
		cmocka_unit_test(of_a_whole_suite_each_test_is_one),
		cmocka_unit_test(each_processor_sees_both_orders_of_each_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
