/* timed_tests.c: see timed_tests.h. */
#include "plan/timed_tests.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct candidate {
	const char *id;
	size_t place; /* in running order */
	double cost;  /* seconds, mean of both arms */
	bool taken;
	char hash[SHA256_HEX];
};

static int by_id(const void *a, const void *b)
{
	const struct test_result *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

/* The run's results in order of id. */
static const struct test_result **sorted(const struct evidence *e)
{
	const struct test_result **v = xcalloc(e->n_tests, sizeof(*v));
	for (size_t i = 0; i < e->n_tests; i++)
		v[i] = &e->tests[i];
	if (e->n_tests > 1)
		qsort(v, e->n_tests, sizeof(*v), by_id);
	return v;
}

static const struct test_result *find(const struct test_result **v, size_t n, const char *id)
{
	struct test_result key = { .id = (char *)(uintptr_t)id };
	const struct test_result *p = &key;
	const struct test_result **hit = n ? bsearch(&p, v, n, sizeof(*v), by_id) : NULL;
	return hit ? *hit : NULL;
}

static bool ends_by_itself(enum test_status s)
{
	return s != TEST_CRASHED && s != TEST_HUNG && s != TEST_NOT_RUN;
}

/* Those that end on both arms, in running order; v has room for all of gil. */
static size_t candidates(const struct evidence *gil, const struct evidence *ft, struct candidate *v)
{
	const struct test_result **other = sorted(ft);
	size_t n = 0;
	for (size_t i = 0; i < gil->n_tests; i++) {
		const struct test_result *g = &gil->tests[i];
		const struct test_result *f = find(other, ft->n_tests, g->id);
		if (f && ends_by_itself(g->status) && ends_by_itself(f->status))
			v[n++] = (struct candidate){ .id = g->id, .place = i, .cost = (double)(g->total_ns + f->total_ns) / 2e9 };
	}
	free(other);
	return n;
}

static int by_hash(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return strcmp(x->hash, y->hash);
}

static int by_place(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return (x->place > y->place) - (x->place < y->place);
}

static void draw(struct candidate *v, size_t n, double seconds, const char *seed)
{
	double total = 0;
	size_t cheapest = 0;
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *text = xasprintf("%s %s", seed, v[i].id);
		sha256_hex(text, strlen(text), v[i].hash);
	}
	qsort(v, n, sizeof(*v), by_hash);
	for (size_t i = 0; i < n; i++) {
		cheapest = v[i].cost < v[cheapest].cost ? i : cheapest;
		v[i].taken = v[i].cost <= seconds / 4 && total + v[i].cost <= seconds / TIMED_CALLS;
		total += v[i].taken ? v[i].cost : 0;
	}
	if (total <= 0 && !v[cheapest].taken)
		v[cheapest].taken = true;
	qsort(v, n, sizeof(*v), by_place);
}

size_t timed_tests_choose(const struct evidence *gil, const struct evidence *ft, double seconds, const char *seed, struct strv *ids)
{
	AUTO_FREE struct candidate *v = xcalloc(gil->n_tests, sizeof(*v));
	size_t n = candidates(gil, ft, v);
	double total = 0;
	for (size_t i = 0; i < n; i++)
		total += v[i].cost;
	if (n > 0 && total > seconds)
		draw(v, n, seconds, seed);
	for (size_t i = 0; i < n; i++)
		if (v[i].taken || total <= seconds)
			strv_add(ids, v[i].id);
	return n;
}

double process_overhead(const struct evidence *e, double test_seconds)
{
	double tests = 0;
	for (size_t i = 0; i < e->n_tests; i++)
		tests += (double)e->tests[i].total_ns / 1e9;
	for (size_t i = 0; i < e->n_culprits; i++)
		tests += e->culprits[i].status == TEST_HUNG ? test_seconds : 0;
	double rest = ((double)e->wall_ns / 1e9 - tests) / (double)(1 + e->n_culprits);
	return rest > 0.2 ? rest : 0.2;
}

double seconds_for_tests(double share, const struct evidence *gil, const struct evidence *ft, double test_seconds)
{
	double left = share - (process_overhead(gil, test_seconds) + process_overhead(ft, test_seconds)) / 2;
	double least = share / 4 > 0.5 ? share / 4 : 0.5;
	return left > least ? left : least;
}
