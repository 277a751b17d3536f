/* effort.c: see effort.h. */
#include "plan/effort.h"

#include <stdlib.h>
#include <string.h>

static const struct effort_limits table[EFFORT_COUNT] = {
	[EFFORT_QUICK] = { 36, 150, 30, 150, 5, { 6, 3, 6 }, 60, 15, 60, 75, 1, 12, 3, 800 },
	[EFFORT_STANDARD] = { 200, 1000, 120, 600, 10, { 15, 6, 6 }, 180, 45, 300, 180, 2, 40, 6, 2950 },
	[EFFORT_DEEP] = { 0, 0, 300, 3600, 20, { 15, 10, 15 }, 600, 90, 900, 600, 3, 120, 8, 12450 },
};

struct effort_limits effort_limits(enum effort effort, double budget_seconds)
{
	struct effort_limits l = table[effort < EFFORT_COUNT ? effort : EFFORT_QUICK];
	if (budget_seconds <= 0)
		return l;
	/* All together are within it: three tenths for a run of the suite, a quarter for measuring, a third for stress, a
	 * twentieth for scaling and one for the interpreters alone. */
	if (l.suite_seconds > budget_seconds * 0.3)
		l.suite_seconds = budget_seconds * 0.3;
	if (l.measure_seconds > budget_seconds / 4)
		l.measure_seconds = budget_seconds / 4;
	if (l.baseline_seconds > budget_seconds / 20)
		l.baseline_seconds = budget_seconds / 20;
	if (l.stress_seconds > budget_seconds / 5)
		l.stress_seconds = budget_seconds / 5;
	if (l.confirm_seconds > budget_seconds / 3 - budget_seconds / 5)
		l.confirm_seconds = budget_seconds / 3 - budget_seconds / 5;
	if (l.scaling_seconds > budget_seconds / 20)
		l.scaling_seconds = budget_seconds / 20;
	if (l.test_seconds > l.suite_seconds)
		l.test_seconds = l.suite_seconds;
	l.total_seconds = budget_seconds;
	return l;
}

double effort_suites_seconds(const struct effort_limits *l, bool measures, bool stresses)
{
	double others = measures ? l->measure_seconds + l->baseline_seconds + l->scaling_seconds : 0;
	return l->total_seconds - others - (stresses ? l->stress_seconds + l->confirm_seconds : 0);
}

enum pair_kind pair_next(const int planned[PAIR_KINDS], const int done[PAIR_KINDS], int least, double cost, double left)
{
	int needed = done[PAIR_TIME] < least && planned[PAIR_TIME] > done[PAIR_TIME] ? least - done[PAIR_TIME] : 0;
	int all = done[PAIR_TIME] + done[PAIR_NOISE] + done[PAIR_BUILD];
	if (left < cost && (needed == 0 || 2 * left + cost * all < 0)) /* the second: more than twice the seconds are spent */
		return PAIR_KINDS;
	if (needed > 0 && left < cost * (needed + 1))
		return PAIR_TIME;
	enum pair_kind next = PAIR_KINDS;
	for (int k = 0; k < PAIR_KINDS; k++)
		if (done[k] < planned[k] && (next == PAIR_KINDS || (double)done[k] / planned[k] < (double)done[next] / planned[next]))
			next = (enum pair_kind)k;
	return next;
}

/* Order of running, and the weight of each mode in each effort (0: not of its own
 * accord). Replay has found the most per second in trials, so it has the most and
 * comes first. */
static const struct {
	const char *mode;
	double weight[EFFORT_COUNT];
	double asked; /* weight when the user names it and the effort does not have it */
} modes_table[STRESS_MODES] = {
	{ "replay", { 48, 180, 420 }, 36 },
	{ "first-use", { 6, 30, 60 }, 8 },
	{ "mixed", { 6, 30, 90 }, 8 },
	{ "same-test", { 0, 30, 90 }, 8 },
	{ "perturb", { 0, 30, 120 }, 12 },
	{ "tsan", { 0, 0, 120 }, 12 },
};
static const double least_seconds = 4; /* an interpreter, an import and a first play */

/* Is the word one of the comma-separated list? */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == ',' || !p[n]))
			return true;
	return false;
}

bool stress_modes_check(const char *modes)
{
	if (!modes || strcmp(modes, "auto") == 0 || strcmp(modes, "none") == 0)
		return true;
	size_t words = 1, known = 0;
	for (const char *p = modes; *p; p++)
		words += *p == ',';
	for (size_t i = 0; i < STRESS_MODES; i++)
		known += listed(modes, modes_table[i].mode);
	return words == known;
}

size_t stress_schedule(enum effort effort, const struct effort_limits *limits, const char *modes, struct stress_slot out[STRESS_MODES])
{
	bool own = !modes || strcmp(modes, "auto") == 0;
	effort = effort < EFFORT_COUNT ? effort : EFFORT_QUICK;
	double sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < STRESS_MODES; i++) {
		double weight = modes_table[i].weight[effort];
		if (!own && listed(modes, modes_table[i].mode) && weight <= 0)
			weight = modes_table[i].asked;
		else if (!own && !listed(modes, modes_table[i].mode))
			weight = 0;
		if (weight <= 0)
			continue;
		out[n++] = (struct stress_slot){ modes_table[i].mode, weight };
		sum += weight;
	}
	while (n > 0) { /* the last of those with the least share makes room for the others */
		size_t least = 0;
		for (size_t i = 1; i < n; i++)
			least = out[i].seconds <= out[least].seconds ? i : least;
		if (limits->stress_seconds * out[least].seconds / sum >= least_seconds)
			break;
		sum -= out[least].seconds;
		for (size_t i = least; i + 1 < n; i++)
			out[i] = out[i + 1];
		n--;
	}
	for (size_t i = 0; i < n; i++)
		out[i].seconds *= limits->stress_seconds / sum;
	return n;
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
