/* effort.c: see effort.h. */
#include "plan/effort.h"

#include <stdlib.h>
#include <string.h>

static const struct effort_limits table[EFFORT_COUNT] = {
	[EFFORT_QUICK] = { 36, 150, 30, 150, 5, 6, 60, 600 },
	[EFFORT_STANDARD] = { 200, 1000, 120, 600, 10, 15, 180, 2400 },
	[EFFORT_DEEP] = { 0, 0, 300, 3600, 20, 15, 600, 10800 },
};

struct effort_limits effort_limits(enum effort effort, double budget_seconds)
{
	struct effort_limits l = table[effort < EFFORT_COUNT ? effort : EFFORT_QUICK];
	if (budget_seconds <= 0)
		return l;
	/* A third for the suites, a quarter for measuring; the rest is building and confirming. */
	if (l.suite_seconds > budget_seconds / 3)
		l.suite_seconds = budget_seconds / 3;
	if (l.measure_seconds > budget_seconds / 4)
		l.measure_seconds = budget_seconds / 4;
	if (l.test_seconds > l.suite_seconds)
		l.test_seconds = l.suite_seconds;
	l.total_seconds = budget_seconds;
	return l;
}

static double unit_seconds(const char *unit, size_t n)
{
	static const struct {
		const char *word;
		double seconds;
	} units[] = { { "s", 1 }, { "sec", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 } };
	if (n == 0)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strlen(units[i].word) == n && strncmp(unit, units[i].word, n) == 0)
			return units[i].seconds;
	return -1;
}

double duration_parse(const char *text)
{
	double total = 0;
	const char *p = text;
	while (*p) {
		char *end = NULL;
		if (*p < '0' || *p > '9')
			return -1;
		double value = strtod(p, &end);
		size_t n = strspn(end, "abcdefghijklmnopqrstuvwxyz");
		double unit = unit_seconds(end, n);
		if (unit < 0 || value < 0 || value > 1e7)
			return -1;
		total += value * unit;
		p = end + n;
		p += strspn(p, " ");
	}
	return total > 0 ? total : -1;
}
