/* confirm.c: see confirm.h. */
#include "judge/confirm.h"
#include "judge/stats.h"

#include <stdlib.h>

static bool always_bad(const struct arm_row *a)
{
	return a->runs > 0 && a->bad == a->runs;
}

/* Bad on free threading, and not simply bad on both. */
static bool is_nominee(const struct test_row *r)
{
	const struct arm_row *gil = &r->arm[ARM_GIL], *ft = &r->arm[ARM_FT];
	return ft->bad > 0 && !(always_bad(gil) && always_bad(ft));
}

static double p_value(const struct test_row *r)
{
	const struct arm_row *gil = &r->arm[ARM_GIL], *ft = &r->arm[ARM_FT];
	return fisher_one_sided(ft->fresh_bad, ft->fresh_runs - ft->fresh_bad, gil->fresh_bad, gil->fresh_runs - gil->fresh_bad);
}

/* A kind for what needs no test, or ROW_SUSPECT for what does. */
static enum row_kind plain_kind(const struct test_row *r)
{
	const struct arm_row *gil = &r->arm[ARM_GIL], *ft = &r->arm[ARM_FT];
	if (is_nominee(r))
		return ROW_SUSPECT;
	if (ft->bad > 0)
		return ROW_BOTH;
	if (gil->bad > 0 && ft->runs == 0)
		return ROW_SAME; /* nothing to compare with */
	if (gil->bad > 0)
		return always_bad(gil) ? ROW_FIXED : ROW_FLAKY;
	if (gil->runs > 0 && ft->runs == 0 && ft->skipped > 0)
		return ROW_SELF_SKIP;
	return ROW_SAME;
}

/* Confirm those that were run again on both arms; the choice does not look at
 * the outcome of those runs, so the rate of false discoveries holds. */
static void confirm(struct test_row **nominee, size_t n)
{
	AUTO_FREE double *p = xcalloc(n, sizeof(*p));
	AUTO_FREE bool *rejected = xcalloc(n, sizeof(*rejected));
	for (size_t i = 0; i < n; i++)
		p[i] = p_value(nominee[i]);
	benjamini_hochberg(p, n, CONFIRM_Q, rejected);
	for (size_t i = 0; i < n; i++)
		if (rejected[i])
			nominee[i]->kind = ROW_REGRESSED;
}

void judge_classify(struct comparison *c)
{
	AUTO_FREE struct test_row **nominee = xcalloc(c->n, sizeof(*nominee));
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct test_row *r = &c->rows[i];
		r->kind = plain_kind(r);
		if (r->kind == ROW_SUSPECT && r->arm[ARM_GIL].fresh_runs > 0 && r->arm[ARM_FT].fresh_runs > 0)
			nominee[n++] = r;
	}
	confirm(nominee, n);
	for (size_t i = 0; i < c->n; i++)
		if (c->rows[i].kind == ROW_SUSPECT && c->rows[i].arm[ARM_GIL].bad > 0)
			c->rows[i].kind = ROW_FLAKY;
}

static void add_kind(const struct comparison *c, enum row_kind kind, size_t cap, struct strv *ids)
{
	for (size_t i = 0; i < c->n && (cap == 0 || ids->n < cap); i++) {
		const struct test_row *r = &c->rows[i];
		bool comparable = r->arm[ARM_GIL].runs > 0 && r->arm[ARM_FT].bad > 0;
		if (r->kind == kind && comparable && r->arm[ARM_FT].fresh_runs < CONFIRM_MOST_RUNS)
			strv_add(ids, r->id);
	}
}

void judge_nominees(const struct comparison *c, size_t cap, struct strv *ids)
{
	add_kind(c, ROW_SUSPECT, cap, ids);
	add_kind(c, ROW_FLAKY, cap, ids);
}
