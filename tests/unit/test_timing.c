/* test_timing.c: which ids are timed, and what their call phases add up to. */
#include "tests/unit/judge_help.h"

#include "judge/timing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each test takes 1 s in make_runs(); runs as in judge_help.h. */
static const struct {
	const char *name, *gil, *ft, *kept;
	double gil_sum, ft_sum; /* of the first run */
} rows[] = {
	{ "all pass", "2*a:P b:P", "2*a:P b:P", "a b", 2, 2 },
	{ "every repetition counts", "2*a:P b:P / a:P b:P / a:P b:P", "2*a:P b:P / a:P b:P / a:P b:P", "a b", 6, 6 },
	{ "fails in one run", "a:P b:P|a:P b:F", "2*a:P b:P", "a", 1, 1 },
	{ "fails in a later repetition of one arm", "2*a:P b:P / a:P b:P", "a:P b:P / a:P b:P|a:P b:P / a:P b:F", "a", 2, 2 },
	{ "fails in a middle repetition", "a:P b:P / a:P b:F / a:P b:P", "a:P b:P / a:P b:P / a:P b:P", "a", 3, 3 },
	{ "is skipped", "a:P b:S", "a:P b:S", "a", 1, 1 },
	{ "ran less often in one run", "2*a:P b:P / a:P b:P", "a:P b:P / a:P b:P|a:P b:P / a:P", "a", 2, 2 },
	{ "is not there on one arm", "a:P b:P", "a:P", "a", 1, 1 },
	{ "nothing is left", "a:P", "a:F", "", 0, 0 },
	{ "was not asked for", "a:P c:P", "a:P c:P", "a", 1, 1 },
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run_set gil, ft;
		make_runs(&gil, rows[i].gil);
		make_runs(&ft, rows[i].ft);
		AUTO_STRV ids = { 0 };
		AUTO_STRV keep = { 0 };
		strv_add(&ids, "b");
		strv_add(&ids, "a");
		timing_common((struct runs){ gil.p, gil.n }, (struct runs){ ft.p, ft.n }, &ids, &keep);
		AUTO_FREE char *kept = strv_join(&keep, " ");
		double g = timing_sum(gil.p[0], &keep), f = timing_sum(ft.p[0], &keep);
		if (strcmp(kept, rows[i].kept) != 0 || g != rows[i].gil_sum || f != rows[i].ft_sum)
			fail_msg("%s: kept '%s', %g s and %g s", rows[i].name, kept, g, f);
		release_runs(&gil);
		release_runs(&ft);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
