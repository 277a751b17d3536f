/* timing.c: see timing.h. */
#include "judge/timing.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
	const struct test_result *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

struct table {
	const struct test_result **v; /* in the order of id */
	size_t n;
};

static struct table table_of(const struct evidence *e)
{
	struct table t = { xcalloc(e->n_tests, sizeof(*t.v)), e->n_tests };
	for (size_t i = 0; i < t.n; i++)
		t.v[i] = &e->tests[i];
	if (t.n > 1)
		qsort(t.v, t.n, sizeof(*t.v), by_id);
	return t;
}

/* How often the id ran, when it passed each time; else 0. */
static size_t passes(const struct table *t, const char *id)
{
	size_t lo = 0, hi = t->n, n = 0;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (strcmp(t->v[mid]->id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->n && strcmp(t->v[lo]->id, id) == 0; lo++, n++)
		if (t->v[lo]->status != TEST_PASSED)
			return 0;
	return n;
}

void timing_common(struct runs gil, struct runs ft, const struct strv *ids, struct strv *keep)
{
	size_t n = gil.n + ft.n;
	AUTO_FREE struct table *tables = xcalloc(n, sizeof(*tables));
	for (size_t k = 0; k < n; k++)
		tables[k] = table_of(k < gil.n ? gil.v[k] : ft.v[k - gil.n]);
	for (size_t i = 0; i < ids->n; i++) {
		size_t times = n ? passes(&tables[0], ids->v[i]) : 0;
		for (size_t k = 1; k < n && times; k++)
			if (passes(&tables[k], ids->v[i]) != times)
				times = 0;
		if (times)
			strv_add(keep, ids->v[i]);
	}
	strv_sort(keep);
	for (size_t k = 0; k < n; k++)
		free(tables[k].v);
}

static bool is_kept(const struct strv *keep, const char *id)
{
	size_t lo = 0, hi = keep->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = strcmp(keep->v[mid], id);
		if (order == 0)
			return true;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

double timing_sum(const struct evidence *e, const struct strv *keep)
{
	double sum = 0;
	for (size_t i = 0; i < e->n_tests; i++)
		if (is_kept(keep, e->tests[i].id))
			sum += (double)e->tests[i].call_ns / 1e9;
	return sum;
}
