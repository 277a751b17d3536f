/* test_survey.c: what a survey says as a whole: its headline, the order of its packages, what was compared. */
#include "model/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void headline_follows_the_worst(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	assert_string_equal(survey_headline(&s), "Cannot say");
	static const struct { enum readiness added; const char *headline; } rows[] = {
		{ READY_GO, "Go" }, { READY_LIMITS, "Go with limits" }, { READY_UNKNOWN, "Cannot say" }, { READY_NO_GO, "Not yet" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		survey_add_package(&s)->readiness = rows[i].added;
		assert_string_equal(survey_headline(&s), rows[i].headline);
		assert_int_equal(survey_count(&s, rows[i].added), 1);
	}
}

static void worst_comes_first(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	static const struct { const char *name; enum readiness ready; int holds; } rows[] = {
		{ "b", READY_GO, 0 }, { "a", READY_GO, 0 }, { "z", READY_NO_GO, 0 }, { "y", READY_NO_GO, 9 }, { "c", READY_UNKNOWN, 0 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct package_result *p = survey_add_package(&s);
		str_set(&p->name, rows[i].name);
		p->readiness = rows[i].ready;
		p->holds = rows[i].holds;
	}
	survey_sort(&s);
	static const char *const order[] = { "y", "z", "c", "a", "b" };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(s.packages[i].name, order[i]);
}

/* An outcome that says something about free threading is a comparison; no other is. */
static void what_fails_with_the_gil_is_not_compared(void **state)
{
	(void)state;
	for (enum outcome o = 0; o < OUT_COUNT; o++) {
		AUTO_SURVEY s = { 0 };
		survey_add_package(&s)->verdict = o;
		bool nothing = o == OUT_ERROR || o == OUT_SKIPPED || o == OUT_BROKEN || o == OUT_UNTESTED;
		assert_int_equal(survey_compared(&s), nothing ? 0 : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headline_follows_the_worst),
		cmocka_unit_test(worst_comes_first),
		cmocka_unit_test(what_fails_with_the_gil_is_not_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
