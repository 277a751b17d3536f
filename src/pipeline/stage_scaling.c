/*
 * stage_scaling.c: how the package's own work grows with threads: recorded calls
 * and passing tests from 1, 2, 4, ... threads, in fresh processes of both arms in
 * turn, with the machine to itself. After stress, so that nothing is repeated
 * that is known to spoil memory or to hang. The first cell chooses the units; the
 * others measure the same.
 */
#include "base/cores.h"
#include "base/text.h"
#include "pipeline/job.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 16, MOST_IDS = 120 };
static const double recording_share = 0.3; /* of a cell's seconds */
static const double least_seconds = 1;     /* of a cell: fewer hold no three rounds */

static int by_text(const void *key, const void *item)
{
	return strcmp(key, *(char *const *)item);
}

/* Tests that pass on both arms whenever they ran; of many, some that are spread over all. */
static void choose_ids(const struct evidence *gil, const struct evidence *ft, struct strv *out)
{
	AUTO_STRV both = { 0 }, own = { 0 }, other = { 0 };
	job_passing_ids(ft, &own);
	job_passing_ids(gil, &other);
	strv_sort(&other);
	for (size_t i = 0; i < own.n; i++)
		if (other.n && bsearch(own.v[i], other.v, other.n, sizeof(*other.v), by_text))
			strv_add(&both, own.v[i]);
	size_t n = both.n < MOST_IDS ? both.n : MOST_IDS;
	for (size_t i = 0; i < n; i++)
		strv_add(out, both.v[i * both.n / n]);
}

/* Keys of what stress found to spoil memory or to hang: their types, functions and tests are left out. */
static void dangerous(const struct run_list *stress, struct strv *out)
{
	for (size_t i = 0; i < stress->n; i++)
		for (size_t k = 0; k < stress->v[i].n_stress; k++) {
			const struct stress_event *s = &stress->v[i].stress[k];
			if (stress_oracle_memory(s->oracle) || str_eq(s->oracle, "hang") || str_eq(s->oracle, "deadlock"))
				strv_add_unique(out, s->key);
		}
}

static int most_threads(void)
{
	int cores = cores_usable();
	return cores < MOST_THREADS ? cores : MOST_THREADS;
}

struct plan {
	struct strv ids, avoid;
	double seconds;   /* of one cell */
	int runs, threads;
};

/* Why the cell had nothing to measure: its commonest reason. The caller owns it. */
static char *why_none(const struct evidence *e, const char *work)
{
	const char *best = NULL;
	long long most = 0;
	for (size_t i = 0; i < e->coverage.never_why.n; i++) {
		const char *line = e->coverage.never_why.v[i], *colon = strrchr(line, ':');
		long long count = colon ? strtoll(colon + 1, NULL, 10) : 0;
		if (count > most) {
			most = count;
			best = line;
		}
	}
	const char *why = e->error ? e->error : best ? best : "none was recorded that only reads and can be repeated";
	return xasprintf("no %s to measure (%s)", work, why);
}

/* All cells of one kind of work; *none is why there were none, NULL when it was measured. */
static int run_work(struct package_job *j, const char *work, const struct plan *plan, char **none, struct error *err)
{
	AUTO_FREE char *mode = xasprintf("scaling-%s", work);
	AUTO_STRV units = { 0 };
	*none = NULL;
	for (int i = 0; i < 2 * plan->runs; i++) {
		int run = i / 2;
		enum arm arm = (run + i) % 2 == 0 ? ARM_FT : ARM_GIL; /* FT GIL, GIL FT, ... */
		struct arm_state *a = &j->arm[arm];
		struct stress_spec spec = { .kind = "scaling", .threads = plan->threads, .seconds = plan->seconds, .seed = j->session->seed,
			                        .focus = i ? &units : NULL, .avoid = plan->avoid.n ? &plan->avoid : NULL };
		struct evidence e;
		if (job_stress_cell(a, arm == ARM_FT && a->nogil.n ? GIL_OFF : GIL_DEFAULT, mode, run, &plan->ids, plan->seconds * recording_share,
		                    &spec, &e, err) < 0)
			return -1;
		if (i == 0)
			strv_copy(&units, &e.scaling.units);
		if (i == 0 && e.scaling.n_rounds == 0)
			*none = why_none(&e, work);
		runs_add(&j->scaling, &e);
		if (*none)
			return 0;
	}
	return 0;
}

/* Calls and tests; where the effort has time for one of them only, tests where no call can be measured. */
static int run_both(struct package_job *j, struct plan *plan, struct error *err)
{
	bool both = j->session->request->effort != EFFORT_QUICK;
	double seconds = j->session->limits.scaling_seconds / (2.0 * plan->runs * (both ? 2 : 1));
	plan->seconds = seconds > least_seconds ? seconds : least_seconds;
	AUTO_FREE char *no_calls = NULL;
	AUTO_FREE char *no_tests = NULL;
	if (run_work(j, "calls", plan, &no_calls, err) < 0)
		return -1;
	if ((both || no_calls) && run_work(j, "tests", plan, &no_tests, err) < 0)
		return -1;
	if (no_calls && no_tests)
		j->no_scaling = xasprintf("%s; %s", no_calls, no_tests);
	return 0;
}

int stage_scaling(struct package_job *j, struct error *err)
{
	struct arm_state *ft = &j->arm[ARM_FT], *gil = &j->arm[ARM_GIL];
	const struct evidence *f = ft->nogil.n ? &ft->nogil.v[0] : ft->serial.n ? &ft->serial.v[0] : NULL;
	const struct evidence *g = gil->serial.n ? &gil->serial.v[0] : NULL;
	if (j->session->request->no_measure || !f || !g || !f->imported || j->import_blocker)
		return 0;
	struct plan plan = { .runs = j->session->limits.scaling_runs, .threads = most_threads() };
	if (plan.threads < 2) {
		j->no_scaling = xstrdup("one core only: threads would only take turns");
		return 0;
	}
	choose_ids(g, f, &plan.ids);
	dangerous(&j->stress, &plan.avoid);
	int result = 0;
	if (plan.ids.n == 0)
		j->no_scaling = xstrdup("no test that passes on both builds");
	else
		result = run_both(j, &plan, err);
	strv_release(&plan.ids);
	strv_release(&plan.avoid);
	return result;
}
