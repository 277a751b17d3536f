/* test_newer.c: which newer versions are tried, in which order, and what is concluded. */
#include "pipeline/newer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One row per finding: what each version, oldest first, would show: s shows it, n does
 * not, x cannot be played, b cannot be built. `tried`: the versions in the order they are tried. */
static const struct {
	const char *truth[2];
	bool bisect;
	const char *tried;
	int fixed[2];
} cases[] = {
	{ { "" }, true, "", { -1 } },
	{ { "n" }, false, "0", { 0 } },
	{ { "s" }, true, "0", { -1 } },
	{ { "x" }, true, "0", { -1 } },
	{ { "ssnn" }, false, "3", { 3 } },
	{ { "ssnn" }, true, "312", { 2 } },
	{ { "nnnn" }, true, "310", { 0 } },
	{ { "sssn" }, true, "312", { 3 } },
	{ { "ssss" }, true, "3", { -1 } },
	{ { "sssx" }, true, "3", { -1 } },
	{ { "sxxn" }, true, "3102", { 3 } },
	{ { "sxnn" }, true, "3102", { 2 } },
	{ { "ssssssnn" }, true, "7356", { 6 } },
	{ { "b" }, true, "0", { -1 } },
	{ { "snb" }, false, "21", { 1 } },
	{ { "ssnbb" }, true, "43201", { 2 } },
	{ { "sbnn" }, true, "3102", { 2 } },
	{ { "snnn", "ssnn" }, true, "3102", { 1, 2 } },
	{ { "snnn", "ssss" }, true, "310", { 1, -1 } },
};

static enum shown shows(char c)
{
	return c == 's' ? SHOWN_YES : c == 'n' ? SHOWN_NO : c == 'b' ? SHOWN_NOT_PREPARED : SHOWN_NOT_PLAYED;
}

static void versions_are_tried_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct newer n;
		size_t keys = cases[i].truth[1] ? 2 : 1;
		newer_init(&n, strlen(cases[i].truth[0]), keys, cases[i].bisect);
		AUTO_BUF tried = { 0 };
		for (int next; (next = newer_next(&n)) >= 0 && tried.len < 20;) {
			buf_addf(&tried, "%d", next);
			for (size_t k = 0; k < keys; k++)
				if (newer_wants(&n, (size_t)next, k))
					newer_at(&n, (size_t)next, k)->shown = shows(cases[i].truth[k][next]);
		}
		if (strcmp(buf_str(&tried), cases[i].tried) != 0)
			fail_msg("%s: tried %s", cases[i].truth[0], buf_str(&tried));
		for (size_t k = 0; k < keys; k++)
			if (newer_fixed(&n, k) != cases[i].fixed[k])
				fail_msg("%s: %d", cases[i].truth[k], newer_fixed(&n, k));
		newer_release(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(versions_are_tried_in_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
