/*
 * stage_resolve.c: which versions each arm would get, made like for like: the
 * GIL arm is held to the versions of the free-threaded one; an
 * arm that would get a pure-Python wheel where the other gets native code is
 * built from source; the target comes from the same kind of file on both.
 */
#include "base/fs.h"
#include "base/text.h"
#include "build/lock.h"
#include "inputs/requirement.h"
#include "model/names.h"
#include "pipeline/job.h"
#include "pipeline/local.h"

#include <stdlib.h>
#include <string.h>

/* "name[extra]>=1 ; marker": what is asked of the resolver. */
static char *requirement_line(const struct package_job *j)
{
	const struct target *t = j->target;
	if (j->spec)
		return xstrdup(j->spec);
	AUTO_FREE char *named = requirement_named(t->name, &t->extras);
	return xasprintf("%s%s", named, t->specifier ? t->specifier : "");
}

static void fill_request(const struct package_job *j, const struct arm_state *a, struct resolve_request *q)
{
	q->label = j->name;
	q->python = a->python;
	if (a->target_line)
		strv_add(&q->requirements, a->target_line);
	else
		strv_take(&q->requirements, requirement_line(j));
	strv_copy(&q->no_binary, &j->no_binary);
	strv_copy(&q->only_binary, &j->only_binary);
	strv_add_all(&q->constraints, &j->held);
	const struct strv *constraints = &j->session->request->constraint_files;
	for (size_t i = 0; i < constraints->n; i++)
		strv_take(&q->constraint_files, path_absolute(constraints->v[i])); /* the resolver works elsewhere */
}

/* The code of a package failed while its metadata was asked for: as if its build had. */
static void take_unbuilt(struct arm_state *a, const struct error *problem)
{
	const char *which = a->runtime.unbuilt, *equals = strstr(which, "==");
	lock_failure_release(&a->failure);
	AUTO_FREE char *name = xstrndup(which, equals ? (size_t)(equals - which) : strlen(which));
	a->failure.name = name_normalize(name);
	a->failure.version = equals ? xstrdup(equals + 2) : NULL;
	struct build_result *r = str_eq(a->failure.name, a->job->name) ? &a->built : &a->failure.result;
	build_result_release(r);
	r->error = text_safe_line(problem->what);
	r->tail = problem->why ? xstrdup(problem->why) : NULL;
	r->refusal = problem->why ? build_refusal(problem->why) : NULL;
	r->state = r->refusal ? BUILT_REFUSED : BUILT_FAILED;
}

/* Resolve one arm. An answer of "no" is data; *hold pins the other arm's versions. */
static int resolve_arm(struct package_job *j, struct arm_state *a, const struct lock *hold, struct error *err)
{
	struct resolve_request q = { 0 };
	fill_request(j, a, &q);
	if (hold)
		for (size_t i = 0; i < hold->n; i++)
			if (hold->v[i].version && !(a->target_line && str_eq(hold->v[i].name, j->name)))
				strv_addf(&q.constraints, "%s==%s", hold->v[i].name, hold->v[i].version);
	AUTO_ERROR problem = { 0 };
	lock_release(&a->runtime);
	int result = resolve(&j->session->tools, &q, &a->runtime, &problem);
	str_set(&a->unresolved, NULL);
	if (result < 0 && problem.code == ERR_BUILD && a->runtime.unbuilt) {
		take_unbuilt(a, &problem);
		result = 0;
	} else if (result < 0 && resolve_error_is_answer(&problem)) {
		a->unresolved = problem.why ? xasprintf("%s: %s", problem.what, problem.why) : xstrdup(problem.what);
		error_release(&a->refusal);
		error_move(&a->refusal, &problem);
		result = 0;
	} else if (result < 0) {
		error_move(err, &problem);
	}
	resolve_request_release(&q);
	return result;
}

static int resolve_alone(struct arm_state *a, struct error *err)
{
	return resolve_arm(a->job, a, NULL, err);
}

/* Both at once; mostly the GIL arm comes to ft's versions by itself, else it is held to them. */
static int resolve_both(struct package_job *j, struct error *err)
{
	struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	if (job_both_arms(j, resolve_alone, err) < 0)
		return -1;
	if (gil->unresolved || ft->unresolved || gil->failure.name || ft->failure.name || lock_agrees(&gil->runtime, &ft->runtime))
		return 0;
	if (resolve_arm(j, gil, &ft->runtime, err) < 0)
		return -1;
	return gil->unresolved ? resolve_arm(j, gil, NULL, err) : 0; /* ft's versions do not fit the GIL build: its own */
}

/* What must be built from source so that both arms hold the same thing. */
static void make_equal(struct package_job *j)
{
	AUTO_STRV wheels = { 0 };
	strv_copy(&wheels, &j->only_binary);
	strv_add_all(&wheels, &j->as_wheels);
	lock_make_equal(&j->arm[ARM_GIL].runtime, &j->arm[ARM_FT].runtime, &wheels, j->name, &j->no_binary);
}

static void initial_choice(struct package_job *j)
{
	const struct session *s = j->session;
	if (s->request->build == BUILD_WHEEL)
		strv_add(&j->only_binary, ":all:");
	if (s->request->build == BUILD_SOURCE)
		strv_add_unique(&j->no_binary, j->name);
	for (size_t i = 0; i < s->wheels_preferred.n; i++)
		if (!(s->request->build == BUILD_SOURCE && str_eq(s->wheels_preferred.v[i], j->name)))
			strv_add_unique(&j->only_binary, s->wheels_preferred.v[i]);
}

static void note_version(struct package_job *j)
{
	const struct arm_state *ft = &j->arm[ARM_FT], *gil = &j->arm[ARM_GIL];
	const struct locked *t = lock_find(&ft->runtime, j->name);
	t = t ? t : lock_find(&gil->runtime, j->name);
	const char *failed = str_eq(ft->failure.name, j->name) ? ft->failure.version : NULL;
	str_set(&j->version, t ? t->version : failed);
}

/* No set of versions fits: on both arms that is the request's mistake. */
static int judge_unresolved(struct package_job *j, struct error *err)
{
	const struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	if (gil->failure.name) /* on free threading alone: an older release may do */
		j->stop = true;
	if (!gil->unresolved && !ft->unresolved)
		return 0;
	if (gil->unresolved && ft->unresolved) {
		error_copy(err, &ft->refusal);
		return err && !err->where ? error_where(err, "%s", j->target->origin ? j->target->origin : "command line") : -1;
	}
	j->stop = true;
	return 0;
}

int stage_resolve(struct package_job *j, struct error *err)
{
	struct session *s = j->session;
	int slot = observe_step(s->tools.observer, j->name, "resolve");
	int result = profile_load(s->request->profiles_dir, j->name, &j->has_profile, &j->profile, err);
	if (result == 0)
		j->stop = j->profile.skip != NULL; /* nothing of it is fetched, built or run */
	if (result == 0 && !j->stop) {
		initial_choice(j);
		result = local_target_prepare(j, err); /* a folder, archive or git tree is built first */
	}
	if (result == 0 && !j->stop)
		result = resolve_both(j, err);
	if (result == 0 && !j->stop)
		make_equal(j);
	if (result == 0 && !j->stop)
		result = judge_unresolved(j, err);
	observe_step_end(s->tools.observer, slot);
	if (result == 0)
		note_version(j);
	return result;
}
