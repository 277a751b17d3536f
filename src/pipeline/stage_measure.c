/*
 * stage_measure.c: the time ratio: fresh processes of both arms in turn (AB BA
 * AB ...), one at a time, over the tests that pass on both (judge/timing.h). A
 * suite that is over too soon runs several times in its process.
 */
#include "base/text.h"
#include "judge/stats.h"
#include "judge/timing.h"
#include "pipeline/job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_PAIRS = 6, MAX_REPEAT = 40 };
static const double min_call_seconds = 0.02; /* below this a sum is noise, whatever is done */
static const double wanted_call_seconds = 0.4;

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

/* The ids that end on both arms, in running order, as many as fit the seconds of
 * one run: when all fit, the run is a complete one and counts towards the bound.
 * *call is what those that pass on both took on the GIL build. */
static void choose(const struct evidence *gil, const struct evidence *ft, double seconds, struct strv *ids, double *call)
{
	const struct test_result **other = sorted(ft);
	double total = 0;
	*call = 0;
	for (size_t i = 0; i < gil->n_tests && total < seconds; i++) {
		const struct test_result *g = &gil->tests[i];
		const struct test_result *f = find(other, ft->n_tests, g->id);
		double cost = f ? (double)(g->total_ns + f->total_ns) / 2e9 : 0;
		if (!f || !ends_by_itself(g->status) || !ends_by_itself(f->status) || (cost > seconds / 2 && ids->n))
			continue;
		strv_add(ids, g->id);
		total += cost;
		*call += g->status == TEST_PASSED && f->status == TEST_PASSED ? (double)g->call_ns / 1e9 : 0;
	}
	free(other);
}

/* What a process costs beside its tests: start, import, collection. */
static double overhead(const struct evidence *e)
{
	double tests = 0;
	for (size_t i = 0; i < e->n_tests; i++)
		tests += (double)e->tests[i].total_ns / 1e9;
	double rest = (double)e->wall_ns / 1e9 - tests;
	return rest > 0.2 ? rest : 0.2;
}

struct pairs {
	struct run_list gil, ft;
};

static int run_pair(struct package_job *j, int index, const struct strv *ids, int repeat, double seconds, struct pairs *p, struct error *err)
{
	for (int turn = 0; turn < 2; turn++) {
		enum arm arm = (index + turn) % 2 == 0 ? ARM_GIL : ARM_FT;
		struct arm_state *a = &j->arm[arm];
		struct evidence e;
		if (job_cell(a, arm == ARM_FT && a->nogil.n ? GIL_OFF : GIL_DEFAULT, "pair", index, ids, seconds, repeat, &e, err) < 0)
			return -1;
		runs_add(arm == ARM_GIL ? &p->gil : &p->ft, &e);
	}
	return 0;
}

/* The list as the judge takes it; *v is for the caller to free. */
static struct runs runs_of(const struct run_list *r, const struct evidence ***v)
{
	*v = xcalloc(r->n, sizeof(const struct evidence *));
	for (size_t k = 0; k < r->n; k++)
		(*v)[k] = &r->v[k];
	return (struct runs){ *v, r->n };
}

static void keep_common(const struct pairs *p, const struct strv *ids, struct strv *keep)
{
	AUTO_FREE const struct evidence **gil = NULL;
	AUTO_FREE const struct evidence **ft = NULL;
	struct runs g = runs_of(&p->gil, &gil), f = runs_of(&p->ft, &ft);
	timing_common(g, f, ids, keep);
}

static void set_ratio(struct ratio *out, const double *logs, size_t n, const struct pair *pair, const char *note)
{
	double estimate = NAN, lo = -INFINITY, hi = INFINITY;
	signed_rank_interval(logs, n, 0.95, &estimate, &lo, &hi);
	str_set(&out->note, note);
	if (n == 0 || !isfinite(estimate))
		return;
	out->known = true;
	out->n = (int)n;
	out->ratio = exp(estimate);
	out->lo = exp(lo);
	out->hi = exp(hi);
	out->verdict = pair->parity.n ? PERF_UNKNOWN : perf_judge(out->ratio, out->lo, out->hi, perf_band(0));
}

static void judge_time(struct package_job *j, const struct pairs *p, const struct strv *ids)
{
	AUTO_STRV keep = { 0 };
	keep_common(p, ids, &keep);
	double logs[STATS_MAX_PAIRS], least = INFINITY;
	size_t n = 0;
	for (size_t k = 0; k < p->gil.n && k < p->ft.n && n < STATS_MAX_PAIRS; k++) {
		double g = timing_sum(&p->gil.v[k], &keep), f = timing_sum(&p->ft.v[k], &keep);
		least = fmin(least, fmin(g, f));
		if (g > 0 && f > 0)
			logs[n++] = log(f / g);
	}
	struct ratio *out = &j->result->time;
	if (keep.n == 0 || least < min_call_seconds) {
		str_set(&out->note, "the tests are too short to measure");
		return;
	}
	AUTO_FREE char *note = xasprintf("%zu tests that pass in every run of both arms", keep.n);
	set_ratio(out, logs, n, &j->session->pair, note);
}

/* One ratio from a figure of each run (memory, import time). */
static void judge_figure(struct package_job *j, const struct pairs *p, struct ratio *out, int64_t (*figure)(const struct evidence *))
{
	double logs[STATS_MAX_PAIRS];
	size_t n = 0;
	for (size_t k = 0; k < p->gil.n && k < p->ft.n && n < STATS_MAX_PAIRS; k++) {
		int64_t g = figure(&p->gil.v[k]), f = figure(&p->ft.v[k]);
		if (g > 0 && f > 0)
			logs[n++] = log((double)f / (double)g);
	}
	set_ratio(out, logs, n, &j->session->pair, NULL);
}

static int64_t peak_memory(const struct evidence *e) { return e->peak_rss; }
static int64_t import_time(const struct evidence *e) { return e->import_ns; }

int stage_measure(struct package_job *j, struct error *err)
{
	const struct arm_state *ft = &j->arm[ARM_FT];
	if (!j->suite.from || j->session->request->no_measure)
		return 0;
	const struct evidence *g = &j->arm[ARM_GIL].serial.v[0], *f = ft->nogil.n ? &ft->nogil.v[0] : &ft->serial.v[0];
	const struct effort_limits *l = &j->session->limits;
	double each = l->measure_seconds / (2.0 * l->pairs) - (overhead(g) + overhead(f)) / 2;
	if (each < 0.5)
		each = 0.5; /* costly to start: a few tests rather than none */
	AUTO_STRV ids = { 0 };
	double call = 0;
	choose(g, f, each, &ids, &call);
	if (ids.n == 0)
		return 0;
	int repeat = call > 0 && call < wanted_call_seconds ? (int)(wanted_call_seconds / call) + 1 : 1;
	repeat = repeat > MAX_REPEAT ? MAX_REPEAT : repeat;
	struct pairs p = { 0 };
	uint64_t start = now_monotonic_ns();
	int result = 0;
	for (int i = 0; i < l->pairs && result == 0; i++) {
		result = run_pair(j, i, &ids, repeat, l->suite_seconds, &p, err);
		double spent = (double)(now_monotonic_ns() - start) / 1e9;
		if (i + 1 >= MIN_PAIRS && spent > l->measure_seconds)
			break;
		if (spent > 2 * l->measure_seconds)
			break; /* too slow for six pairs: the result will say that it is inconclusive */
	}
	if (result == 0) {
		judge_time(j, &p, &ids);
		judge_figure(j, &p, &j->result->memory, peak_memory);
		judge_figure(j, &p, &j->result->import_time, import_time);
	}
	/* Runs of the whole selection count towards the bound on a pass. */
	for (size_t i = 0; result == 0 && i < p.ft.n; i++) {
		runs_add(&j->pairs_gil, &p.gil.v[i]);
		runs_add(&j->pairs_ft, &p.ft.v[i]);
	}
	runs_release(&p.gil);
	runs_release(&p.ft);
	return result;
}
