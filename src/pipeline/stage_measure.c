/*
 * stage_measure.c: what the package costs on the free-threaded build with one
 * thread: pairs of fresh processes that take turns (measure_course.h) over
 * tests that end on both arms (plan/timed_tests.h). The stage has the machine to itself: packages go
 * one after the other, and nothing is built or stressed meanwhile.
 */
#include "base/text.h"
#include "pipeline/baseline.h"
#include "pipeline/measure_course.h"
#include "plan/timed_tests.h"

#include <stdlib.h>
#include <string.h>

/* Seconds for one process's tests. */
static double each_seconds(const struct effort_limits *l, const struct evidence *gil, const struct evidence *ft)
{
	int pairs = l->pairs[PAIR_TIME] + l->pairs[PAIR_NOISE] + l->pairs[PAIR_BUILD];
	return seconds_for_tests(l->measure_seconds / (2.0 * pairs), gil, ft, l->test_seconds);
}

static void take_delta(struct package_job *j, const struct measure_course *c, size_t of)
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
	r->measured.drawn = (int64_t)c->ids->n;
	r->measured.drawn_of = (int64_t)of;
	r->measured.spoilt = c->spoilt;
	r->measured.repeated = c->repeated;
	r->measured.repeat = c->repeat;
	r->measured.seconds = c->spent;
	if (c->pairs[PAIR_TIME].busy && r->time.known) {
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
	AUTO_STRV ids = { 0 };
	size_t of = timed_tests_choose(g, f, each_seconds(l, g, f), j->session->seed, &ids);
	if (ids.n == 0)
		return 0;
	if (baseline_measure(j->session, err) < 0)
		return -1;
	ratio_copy(&j->result->baseline, &j->session->survey->baseline.time);
	struct measure_course c = { .job = j, .ids = &ids, .seconds = l->measure_seconds, .suite_seconds = l->suite_seconds };
	memcpy(c.planned, l->pairs, sizeof(c.planned));
	int result = measure_course_run(&c, err);
	if (result == 0)
		take_delta(j, &c, of);
	/* Runs of the whole selection count towards the bound on a pass. */
	struct pair_runs *p = &c.pairs[PAIR_TIME];
	for (size_t i = 0; result == 0 && i < p->a.n; i++) {
		runs_add(&j->pairs_gil, &p->a.v[i]);
		runs_add(&j->pairs_ft, &p->b.v[i]);
	}
	measure_course_release(&c);
	return result;
}
