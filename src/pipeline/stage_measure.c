/*
 * stage_measure.c: what the package costs on the free-threaded build with one
 * thread: pairs of fresh processes that take turns (measure_course.h) over the
 * tests that end on both arms. The stage has the machine to itself: packages go
 * one after the other, and nothing is built or stressed meanwhile.
 */
#include "base/text.h"
#include "pipeline/baseline.h"
#include "pipeline/measure_course.h"

#include <stdlib.h>
#include <string.h>

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
 * one run: when all fit, the run is a complete one and counts towards the bound. */
static void choose(const struct evidence *gil, const struct evidence *ft, double seconds, struct strv *ids)
{
	const struct test_result **other = sorted(ft);
	double total = 0;
	for (size_t i = 0; i < gil->n_tests && total < seconds; i++) {
		const struct test_result *g = &gil->tests[i];
		const struct test_result *f = find(other, ft->n_tests, g->id);
		double cost = f ? (double)(g->total_ns + f->total_ns) / 2e9 : 0;
		if (!f || !ends_by_itself(g->status) || !ends_by_itself(f->status) || (cost > seconds / 2 && ids->n))
			continue;
		strv_add(ids, g->id);
		total += cost;
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

/* Seconds for one process's tests. */
static double each_seconds(const struct effort_limits *l, const struct evidence *gil, const struct evidence *ft)
{
	int pairs = l->pairs[PAIR_TIME] + l->pairs[PAIR_NOISE] + l->pairs[PAIR_BUILD];
	double each = l->measure_seconds / (2.0 * pairs) - (overhead(gil) + overhead(ft)) / 2;
	return each < 0.5 ? 0.5 : each; /* costly to start: a few tests rather than none */
}

static void take_delta(struct package_job *j, const struct measure_course *c)
{
	struct package_result *r = j->result;
	struct delta_input in = measure_course_input(c);
	struct delta d;
	delta_judge(&in, &d);
	r->time = d.time;
	r->build = d.build;
	r->memory = d.memory;
	r->memory_import = d.memory_import;
	r->import_time = d.import_time;
	r->measured = d.measured;
	r->measured.spoilt = c->spoilt;
	r->measured.repeated = c->repeated;
	r->measured.repeat = c->repeat;
	r->measured.seconds = c->spent;
	if (c->busy && r->time.known) {
		AUTO_FREE char *before = r->time.note;
		r->time.note = xasprintf("%s; others kept the machine busy", before ? before : "");
	}
}

int stage_measure(struct package_job *j, struct error *err)
{
	const struct arm_state *ft = &j->arm[ARM_FT];
	if (!j->suite.from || j->session->request->no_measure)
		return 0;
	const struct evidence *g = &j->arm[ARM_GIL].serial.v[0], *f = ft->nogil.n ? &ft->nogil.v[0] : &ft->serial.v[0];
	const struct effort_limits *l = &j->session->limits;
	double each = each_seconds(l, g, f);
	AUTO_STRV ids = { 0 };
	choose(g, f, each, &ids);
	if (ids.n == 0)
		return 0;
	if (baseline_measure(j->session, err) < 0)
		return -1;
	ratio_copy(&j->result->baseline, &j->session->survey->baseline.time);
	struct measure_course c = { .job = j, .ids = &ids, .seconds = l->measure_seconds, .suite_seconds = l->suite_seconds };
	memcpy(c.planned, l->pairs, sizeof(c.planned));
	int result = measure_course_run(&c, err);
	if (result == 0)
		take_delta(j, &c);
	/* Runs of the whole selection count towards the bound on a pass. */
	struct pair_runs *p = &c.pairs[PAIR_TIME];
	for (size_t i = 0; result == 0 && i < p->a.n; i++) {
		runs_add(&j->pairs_gil, &p->a.v[i]);
		runs_add(&j->pairs_ft, &p->b.v[i]);
	}
	measure_course_release(&c);
	return result;
}
