/* bench.c: see bench.h. */
#include "model/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_row rows[] = {
#define X(name, plan, summary) { name, plan, summary },
#include "model/bench_workloads.def"
#undef X
};

/* How many threads a point has. */
enum count { ONE, ALL, CURVE /* 2, 4, ... and all: a point each */, CONNECTIONS };

static const struct {
	enum bench_plan plan;
	enum arm arm;
	enum bench_variant variant;
	enum count count;
	bool again;
} plans[] = {
	{ BENCH_PLAN_SINGLE, ARM_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SINGLE, ARM_FT, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SINGLE, ARM_FT_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SINGLE, ARM_GIL, BENCH_SERIAL, ONE, true },
	{ BENCH_PLAN_SCALE, ARM_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SCALE, ARM_FT, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SCALE, ARM_FT_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SCALE, ARM_GIL, BENCH_THREADS, CURVE, false },
	{ BENCH_PLAN_SCALE, ARM_FT, BENCH_THREADS, CURVE, false },
	{ BENCH_PLAN_CONTEND, ARM_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_CONTEND, ARM_FT, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_CONTEND, ARM_GIL, BENCH_THREADS, ALL, false },
	{ BENCH_PLAN_CONTEND, ARM_FT, BENCH_THREADS, ALL, false },
	{ BENCH_PLAN_WAIT_THREADS, ARM_GIL, BENCH_THREADS, CONNECTIONS, false },
	{ BENCH_PLAN_WAIT_THREADS, ARM_FT, BENCH_THREADS, CONNECTIONS, false },
	{ BENCH_PLAN_WAIT_THREADS, ARM_FT_GIL, BENCH_THREADS, CONNECTIONS, false },
	{ BENCH_PLAN_WAIT_TASKS, ARM_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_WAIT_TASKS, ARM_FT, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_WAIT_TASKS, ARM_FT_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SHARE, ARM_GIL, BENCH_SERIAL, ONE, false },
	{ BENCH_PLAN_SHARE, ARM_GIL, BENCH_THREADS, ALL, false },
	{ BENCH_PLAN_SHARE, ARM_GIL, BENCH_PROCESSES, ALL, false },
	{ BENCH_PLAN_SHARE, ARM_FT, BENCH_THREADS, ALL, false },
	{ BENCH_PLAN_SHARE, ARM_FT, BENCH_PROCESSES, ALL, false },
};

const char *bench_variant_word(enum bench_variant v)
{
	static const char *const words[] = { "serial", "threads", "processes" };
	return (size_t)v < ARRAY_LEN(words) ? words[v] : "?";
}

const char *bench_verdict_word(enum bench_verdict v)
{
	static const char *const words[] = { "holds", "does not hold", "inconclusive", "not measurable here", "wrong result" };
	return (size_t)v < ARRAY_LEN(words) ? words[v] : "?";
}

const struct bench_row *bench_rows(size_t *n)
{
	*n = ARRAY_LEN(rows);
	return rows;
}

const struct bench_row *bench_row_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static void run_release(struct bench_run *r)
{
	free(r->checksum);
	free(r->expected);
	free(r->why);
}

static void workload_release(struct bench_workload *w)
{
	for (size_t i = 0; i < w->n_points; i++) {
		for (size_t k = 0; k < w->points[i].n; k++)
			run_release(&w->points[i].runs[k]);
		free(w->points[i].runs);
	}
	free(w->points);
	free(w->why);
}

void bench_release(struct bench *b)
{
	for (size_t i = 0; i < b->n_workloads; i++)
		workload_release(&b->workloads[i]);
	for (size_t i = 0; i < b->n_claims; i++) {
		free(b->claims[i].why);
		free(b->claims[i].value.note);
	}
	free(b->workloads);
	free(b->claims);
	free(b->started);
	free(b->command);
	free(b->tool_version);
	free(b->noise.note);
	interpreter_release(&b->pair.gil);
	interpreter_release(&b->pair.ft);
	strv_release(&b->pair.parity);
	*b = (struct bench){ 0 };
}

static void add_point(struct bench_workload *w, size_t plan, int threads)
{
	w->points = xrealloc(w->points, w->n_points + 1, sizeof(*w->points));
	w->points[w->n_points++] =
	    (struct bench_point){ .arm = plans[plan].arm, .variant = plans[plan].variant, .threads = threads, .again = plans[plan].again };
}

struct bench_workload *bench_add_workload(struct bench *b, const struct bench_row *row)
{
	b->workloads = xrealloc(b->workloads, b->n_workloads + 1, sizeof(*b->workloads));
	struct bench_workload *w = &b->workloads[b->n_workloads++];
	*w = (struct bench_workload){ .row = row };
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		if (plans[i].plan != row->plan)
			continue;
		for (int n = 2; plans[i].count == CURVE && n < b->threads; n *= 2)
			add_point(w, i, n);
		add_point(w, i, plans[i].count == ONE ? 1 : plans[i].count == CONNECTIONS ? BENCH_CONNECTIONS : b->threads);
	}
	return w;
}

struct bench_run *bench_point_run(struct bench_point *p, size_t k)
{
	if (k >= p->n) {
		p->runs = xrealloc(p->runs, k + 1, sizeof(*p->runs));
		for (; p->n <= k; p->n++)
			p->runs[p->n] = (struct bench_run){ 0 };
	}
	return &p->runs[k];
}

const struct bench_point *bench_find_point(const struct bench_workload *w, enum arm arm, enum bench_variant variant, int threads)
{
	const struct bench_point *most = NULL;
	for (size_t i = 0; i < w->n_points; i++) {
		const struct bench_point *p = &w->points[i];
		if (p->arm != arm || p->variant != variant || p->again || (threads && p->threads != threads))
			continue;
		if (!most || p->threads > most->threads)
			most = p;
	}
	return most;
}

int bench_cores_under_quota(int cores, const char *cpu_max)
{
	char *end = NULL;
	double quota = cpu_max ? strtod(cpu_max, &end) : NAN;
	double period = end && end != cpu_max && *end == ' ' ? strtod(end, NULL) : NAN;
	if (!(quota > 0) || !(period > 0) || !isfinite(quota / period)) /* "max" is none */
		return cores;
	double left = floor(quota / period);
	return left < 1 ? 1 : left < cores ? (int)left : cores;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_point_median(const struct bench_point *p)
{
	AUTO_FREE double *v = xcalloc(p->n + 1, sizeof(*v));
	size_t n = 0;
	for (size_t k = 0; k < p->n; k++)
		if (p->runs[k].ok)
			v[n++] = p->runs[k].seconds;
	if (n == 0)
		return NAN;
	qsort(v, n, sizeof(*v), compare);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}
