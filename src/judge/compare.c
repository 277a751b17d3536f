/* compare.c: see compare.h. */
#include "judge/compare.h"

#include <stdlib.h>
#include <string.h>

static size_t hash_id(const char *id)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 1099511628211u;
	return (size_t)h;
}

/* Slots hold index + 1; 0 is free. */
static size_t *find_slot(const struct comparison *c, const char *id)
{
	size_t i = hash_id(id) & (c->slots - 1);
	while (c->slot[i] && strcmp(c->rows[c->slot[i] - 1].id, id) != 0)
		i = (i + 1) & (c->slots - 1);
	return &c->slot[i];
}

static void grow_index(struct comparison *c)
{
	free(c->slot);
	c->slots = c->slots ? c->slots * 2 : 256;
	c->slot = xcalloc(c->slots, sizeof(*c->slot));
	for (size_t i = 0; i < c->n; i++)
		*find_slot(c, c->rows[i].id) = i + 1;
	c->rows = xrealloc(c->rows, c->slots / 2, sizeof(*c->rows));
}

static struct test_row *get_row(struct comparison *c, const char *id)
{
	if (c->n + 1 > c->slots / 2)
		grow_index(c);
	size_t *slot = find_slot(c, id);
	if (*slot == 0) {
		struct test_row *r = &c->rows[c->n];
		*r = (struct test_row){ .id = id, .first_bad = SIZE_MAX };
		for (int a = 0; a < 2; a++)
			r->arm[a].first = r->arm[a].worst = TEST_COUNT;
		*slot = ++c->n;
	}
	return &c->rows[*slot - 1];
}

const struct test_row *comparison_find(const struct comparison *c, const char *id)
{
	size_t slot = c->slots ? *find_slot(c, id) : 0;
	return slot ? &c->rows[slot - 1] : NULL;
}

void comparison_release(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->rows[i].needs);
	free(c->rows);
	free(c->slot);
	*c = (struct comparison){ 0 };
}

bool same_package(const char *module, const struct strv *top_level)
{
	size_t n = strcspn(module, ".");
	for (size_t i = 0; top_level && i < top_level->n; i++)
		if (strlen(top_level->v[i]) == n && memcmp(top_level->v[i], module, n) == 0)
			return true;
	return false;
}

/* The quoted word between two texts of a message, or NULL. */
static char *quoted_after(const char *message, const char *before, const char *after)
{
	const char *start = message ? strstr(message, before) : NULL;
	const char *end = start ? strchr(start + strlen(before), '\'') : NULL;
	if (!end || !str_starts(end, after))
		return NULL;
	start += strlen(before);
	return xstrndup(start, (size_t)(end - start));
}

char *missing_dependency(const struct test_result *t, const struct strv *top_level)
{
	AUTO_FREE char *module = xstrdup(t->needs);
	if (!module)
		module = quoted_after(t->message, "ModuleNotFoundError: No module named '", "'");
	if (module)
		return same_package(module, top_level) ? NULL : STEAL(&module);
	return quoted_after(t->message, "fixture '", "' not found");
}

/* Which of two results of one id in one run counts. */
static enum test_status worse(enum test_status a, enum test_status b)
{
	static const int weight[] = { [TEST_NOT_RUN] = 1, [TEST_SKIPPED] = 2, [TEST_XFAILED] = 3, [TEST_PASSED] = 4, [TEST_XPASSED] = 5,
		                          [TEST_ERROR] = 6, [TEST_FAILED] = 7, [TEST_HUNG] = 8, [TEST_CRASHED] = 9, [TEST_COUNT] = 0 };
	return weight[b] > weight[a] ? b : a;
}

static void fold(struct test_row *r, size_t mark, enum test_status status, const char *message)
{
	if (r->mark != mark) {
		r->mark = mark;
		r->now = TEST_COUNT;
		r->now_message = NULL;
	}
	r->now = worse(r->now, status);
	if (message && (test_status_bad(status) || !r->now_message))
		r->now_message = message;
}

static void fold_result(struct comparison *c, size_t mark, const struct test_result *t, bool collect,
                        const struct strv *top_level)
{
	struct test_row *r = get_row(c, t->id ? t->id : "");
	/* A module of the package itself that is missing excuses nothing. */
	bool own = t->status == TEST_NOT_RUN && t->needs && same_package(t->needs, top_level);
	r->repeated |= r->mark == mark;
	r->collect |= collect;
	fold(r, mark, own ? TEST_ERROR : t->status, t->message);
	if (!test_status_bad(t->status) && !t->needs)
		return;
	char *needs = missing_dependency(t, top_level);
	if (!needs)
		r->other_bad = true;
	if (r->needs)
		free(needs);
	else
		r->needs = needs;
}

/* Gather one run into the rows' `now`; rows with another mark were not in it. */
static void fold_run(struct comparison *c, const struct evidence *e, size_t mark, const struct strv *top_level)
{
	for (size_t i = 0; i < e->n_tests; i++)
		if (e->tests[i].rep == 0)
			fold_result(c, mark, &e->tests[i], false, top_level);
	for (size_t i = 0; i < e->n_collect_errors; i++)
		fold_result(c, mark, &e->collect_errors[i], true, top_level);
	for (size_t i = 0; i < e->n_culprits; i++) {
		const struct culprit *p = &e->culprits[i];
		if (!p->id || (p->rep > 0 && p->signal == 0))
			continue;
		struct test_row *r = get_row(c, p->id);
		fold(r, mark, p->status, NULL);
		r->other_bad = true;
	}
}

bool row_not_run(const struct test_row *r)
{
	return r->needs && !r->other_bad;
}

/* What a row was in run `mark`. A file that failed to collect in some run was
 * collected in those whose collection ended without naming it. */
static enum test_status status_in(const struct test_row *r, const struct evidence *e, size_t mark)
{
	if (r->mark != mark)
		return r->collect && e->collected >= 0 && e->ending == END_NORMAL ? TEST_PASSED : TEST_COUNT;
	return row_not_run(r) ? TEST_NOT_RUN : r->now;
}

static void count_row(struct test_row *r, enum arm arm, size_t run, enum test_status s, bool base)
{
	struct arm_row *a = &r->arm[arm];
	if (base)
		a->first = s;
	if (s == TEST_COUNT)
		return;
	a->worst = a->worst == TEST_COUNT ? s : worse(a->worst, s);
	a->skipped += s == TEST_SKIPPED;
	a->not_run += s == TEST_NOT_RUN;
	if (s == TEST_SKIPPED || s == TEST_NOT_RUN)
		return;
	a->runs++;
	if (!test_status_bad(s))
		return;
	a->bad++;
	a->crashed += s == TEST_CRASHED;
	a->hung += s == TEST_HUNG;
	if (r->now_message)
		a->message = r->now_message;
	if (arm == ARM_FT && r->first_bad == SIZE_MAX)
		r->first_bad = run;
}

static void count_fresh(struct test_row *r, enum arm arm, size_t run, enum test_status s)
{
	if (r->first_bad == SIZE_MAX || run <= r->first_bad || s == TEST_COUNT || s == TEST_SKIPPED || s == TEST_NOT_RUN)
		return;
	r->arm[arm].fresh_runs++;
	r->arm[arm].fresh_bad += test_status_bad(s);
}

static size_t executed(const struct evidence *e)
{
	return evidence_results(e) - evidence_count(e, TEST_NOT_RUN) - evidence_count(e, TEST_SKIPPED);
}

const struct evidence *fullest_run(struct runs runs)
{
	const struct evidence *best = NULL;
	for (size_t i = 0; i < runs.n; i++)
		if (runs.v[i]->ending != END_FAILED && (!best || executed(runs.v[i]) > executed(best)))
			best = runs.v[i];
	return best;
}

/* The passes over all runs: find the ids, count, count what is fresh. */
enum pass { PASS_FIND, PASS_COUNT, PASS_FRESH, PASS_COUNT_OF };

static void pass_over(struct comparison *c, enum pass pass, enum arm arm, struct runs runs, const struct strv *top_level)
{
	const struct evidence *base = fullest_run(runs);
	for (size_t k = 0; k < runs.n; k++) {
		const struct evidence *e = runs.v[k];
		if (e->ending == END_FAILED)
			continue;
		size_t mark = ((k * 2 + arm) * PASS_COUNT_OF + pass) + 1;
		fold_run(c, e, mark, top_level);
		for (size_t i = 0; pass != PASS_FIND && i < c->n; i++) {
			enum test_status s = status_in(&c->rows[i], e, mark);
			if (pass == PASS_COUNT)
				count_row(&c->rows[i], arm, k, s, e == base);
			else
				count_fresh(&c->rows[i], arm, k, s);
		}
	}
}

void compare_runs(struct comparison *c, struct runs gil, struct runs ft, const struct strv *top_level)
{
	*c = (struct comparison){ 0 };
	for (enum pass pass = 0; pass < PASS_COUNT_OF; pass++) {
		pass_over(c, pass, ARM_GIL, gil, top_level);
		pass_over(c, pass, ARM_FT, ft, top_level);
	}
}
