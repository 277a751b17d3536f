/* workload_env.c: the environments of a program, alike on both builds; see workload_stage.h. */
#include "base/fs.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/lock.h"
#include "pipeline/local.h"
#include "pipeline/targets.h"
#include "pipeline/workload_stage.h"

#include <stdlib.h>
#include <string.h>

static bool wants_environment(const struct workload_stage *s)
{
	const struct pipeline_request *r = s->request->common;
	return r->targets.n || r->requirement_files.n;
}

static void missing(struct workload_stage *s, enum arm arm, const char *why)
{
	struct workload_arm *a = &s->out->arms[arm];
	a->state = WORKLOAD_NO_ENVIRONMENT;
	free(a->why);
	a->why = text_safe_line(why);
}

static bool is_missing(const struct workload_stage *s, enum arm arm)
{
	return s->out->arms[arm].state == WORKLOAD_NO_ENVIRONMENT;
}

/* A folder, archive or git tree: its wheel for each build. */
static int add_local(struct workload_stage *s, const struct target *t, struct error *err)
{
	struct package_result result;
	package_result_init(&result);
	struct package_job j;
	job_init(&j, &s->session, t, &result);
	int done = local_target_prepare(&j, err);
	for (enum arm a = ARM_GIL; done == 0 && a <= ARM_FT; a++) {
		const struct build_result *b = &j.arm[a].built;
		if (j.arm[a].target_line)
			strv_add(&s->side[a].lines, j.arm[a].target_line);
		else
			missing(s, a, b->refusal ? b->refusal : b->error ? b->error : "it cannot be built");
	}
	job_release(&j);
	package_result_release(&result);
	return done;
}

static int add_with(struct workload_stage *s, const char *text, struct error *err)
{
	AUTO_TARGET t = { 0 };
	if (target_parse(text, &t, err) < 0)
		return -1;
	if (t.kind == TARGET_REQUIREMENT) {
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
			strv_add(&s->side[a].lines, text);
		return 0;
	}
	AUTO_FREE char *tree = NULL;
	AUTO_FREE char *name = NULL;
	if (local_target_name(&s->session, &t, &tree, &name, err) < 0)
		return -1;
	str_set(&t.name, name);
	if (tree)
		str_set(&t.path, tree);
	return add_local(s, &t, err);
}

/* Versions of one build; `hold` are those of the other. *fits: there is a set. */
static int resolve_side(struct workload_stage *s, enum arm arm, const struct lock *hold, bool *fits, struct error *problem, struct error *err)
{
	const struct pipeline_request *r = s->request->common;
	struct resolve_request q = { .label = "workload", .python = s->side[arm].python };
	strv_copy(&q.requirements, &s->side[arm].lines);
	for (size_t i = 0; i < r->requirement_files.n; i++)
		strv_take(&q.requirement_files, path_absolute(r->requirement_files.v[i]));
	for (size_t i = 0; i < r->constraint_files.n; i++)
		strv_take(&q.constraint_files, path_absolute(r->constraint_files.v[i]));
	for (size_t i = 0; hold && i < hold->n; i++)
		if (hold->v[i].version && !hold->v[i].local)
			strv_addf(&q.constraints, "%s==%s", hold->v[i].name, hold->v[i].version);
	lock_release(&s->side[arm].lock);
	int result = resolve(&s->session.tools, &q, &s->side[arm].lock, problem);
	resolve_request_release(&q);
	*fits = result == 0;
	if (result < 0 && !resolve_error_is_answer(problem)) {
		error_move(err, problem);
		return -1;
	}
	return 0;
}

/* Free threading chooses the versions, as it has fewer to choose from; the GIL build is held to them. */
static int resolve_both(struct workload_stage *s, struct error *err)
{
	AUTO_ERROR ft_problem = { 0 };
	AUTO_ERROR gil_problem = { 0 };
	bool ft = false, gil = false;
	if (resolve_side(s, ARM_FT, NULL, &ft, &ft_problem, err) < 0)
		return -1;
	if (resolve_side(s, ARM_GIL, ft ? &s->side[ARM_FT].lock : NULL, &gil, &gil_problem, err) < 0)
		return -1;
	if (!gil && ft) {
		error_release(&gil_problem);
		if (resolve_side(s, ARM_GIL, NULL, &gil, &gil_problem, err) < 0)
			return -1;
	}
	if (!gil && !ft) { /* the request's own mistake */
		error_move(err, &gil_problem);
		return -1;
	}
	if (!ft)
		missing(s, ARM_FT, ft_problem.what);
	if (!gil)
		missing(s, ARM_GIL, gil_problem.what);
	return 0;
}

/* Fetch and build for one build, and make its environment. *failed (owned by the caller) is the package that could not be built. */
static int make_side(struct workload_stage *s, enum arm arm, char **failed, struct error *err)
{
	struct workload_side *side = &s->side[arm];
	struct toolbox *t = &s->session.tools;
	struct lock_failure failure = { 0 };
	AUTO_FREE char *complaint = NULL;
	AUTO_STRV wheels = { 0 };
	int slot = observe_step(t->observer, "workload", "%s environment", arm_word(arm));
	if (!side->wheelhouse)
		side->wheelhouse = xasprintf("%s/%s-wheels", t->work, arm_word(arm));
	int result = lock_realise(t, side->python, &side->lock, side->wheelhouse, NULL, NULL, &failure, err);
	if (result == 0 && failure.name) {
		const struct build_result *b = &failure.result;
		AUTO_FREE char *why = xasprintf("%s %s: %s", failure.name, failure.version ? failure.version : "", b->refusal ? b->refusal : b->error ? b->error : "it cannot be built");
		missing(s, arm, why);
		*failed = xstrdup(failure.name);
	}
	for (size_t i = 0; result == 0 && !is_missing(s, arm) && i < side->lock.n; i++)
		strv_add(&wheels, side->lock.v[i].local);
	if (result == 0 && !is_missing(s, arm))
		result = environment_make(t, side->python, &wheels, false, &side->env, &complaint, err);
	if (complaint)
		missing(s, arm, complaint);
	lock_failure_release(&failure);
	observe_step_end(t->observer, slot);
	return result;
}

/* The environments that can be made of the locks as they are; *failed as above, of the first that fails. */
static int make_sides(struct workload_stage *s, char **failed, struct error *err)
{
	for (enum arm a = ARM_GIL; a <= ARM_FT && !*failed; a++)
		if (!is_missing(s, a) && !s->side[a].env && make_side(s, a, failed, err) < 0)
			return -1;
	return 0;
}

/* Alike on both builds as far as that can be built: what is built from source for that alone, and cannot be, keeps its wheels. */
static int make_alike(struct workload_stage *s, struct error *err)
{
	AUTO_LOCK gil = { 0 };
	AUTO_LOCK ft = { 0 };
	AUTO_STRV keep = { 0 };
	lock_copy(&gil, &s->side[ARM_GIL].lock);
	lock_copy(&ft, &s->side[ARM_FT].lock);
	for (;;) {
		AUTO_STRV forced = { 0 };
		AUTO_FREE char *failed = NULL;
		lock_make_equal(&s->side[ARM_GIL].lock, &s->side[ARM_FT].lock, &keep, NULL, &forced);
		if (make_sides(s, &failed, err) < 0)
			return -1;
		if (!failed || !strv_has(&forced, failed))
			return 0;
		strv_add(&keep, failed);
		strv_addf(&s->out->notes, "%s is not alike on both builds: one has a wheel with native code, the other one without, and it could not be built from source", failed);
		lock_copy(&s->side[ARM_GIL].lock, &gil);
		lock_copy(&s->side[ARM_FT].lock, &ft);
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
			s->out->arms[a].state = WORKLOAD_NOT_RUN;
			str_set(&s->out->arms[a].why, NULL);
			str_set(&s->side[a].env, NULL);
		}
	}
}

static void use_bare(struct workload_side *side)
{
	side->program = xstrdup(side->python->executable);
	side->bin = path_dir(side->python->executable);
}

static void use_environment(struct workload_side *side)
{
	side->program = environment_python(side->env);
	side->bin = path_dir(side->program);
}

int workload_environments(struct workload_stage *s, struct error *err)
{
	const struct pipeline_request *r = s->request->common;
	if (!wants_environment(s)) {
		use_bare(&s->side[ARM_GIL]);
		use_bare(&s->side[ARM_FT]);
		return 0;
	}
	for (size_t i = 0; i < r->requirement_files.n; i++)
		if (!path_is_file(r->requirement_files.v[i]))
			return error_set(err, ERR_BAD_TARGET, "no requirements file '%s'", r->requirement_files.v[i]);
	if (toolbox_get_uv(&s->session.tools, err) < 0 || targets_use_indexes(&s->session, &r->requirement_files, r->index_url, err) < 0)
		return -1;
	for (size_t i = 0; i < r->targets.n; i++)
		if (add_with(s, r->targets.v[i], err) < 0)
			return -1;
	if (is_missing(s, ARM_GIL) || is_missing(s, ARM_FT))
		return 0;
	int slot = observe_step(s->session.tools.observer, "workload", "resolve");
	int result = resolve_both(s, err);
	observe_step_end(s->session.tools.observer, slot);
	if (result < 0)
		return -1;
	AUTO_FREE char *failed = NULL;
	bool both = !is_missing(s, ARM_GIL) && !is_missing(s, ARM_FT);
	if (both ? make_alike(s, err) < 0 : make_sides(s, &failed, err) < 0)
		return -1;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		if (s->side[a].env)
			use_environment(&s->side[a]);
	for (size_t i = 0; i < s->side[ARM_FT].lock.n; i++)
		strv_addf(&s->out->installed, "%s==%s", s->side[ARM_FT].lock.v[i].name, s->side[ARM_FT].lock.v[i].version ? s->side[ARM_FT].lock.v[i].version : "?");
	return 0;
}

/* Where the name stands otherwise, for the hint. */
static int no_console(const char *name, bool bare, struct error *err)
{
	AUTO_FREE char *safe = text_safe_line(name);
	AUTO_FREE char *elsewhere = find_program(name);
	if (elsewhere && !program_has_python_line(elsewhere)) {
		error_set(err, ERR_BAD_TARGET, "`%s` is no Python program: %s", safe, elsewhere);
		return error_hint(err, "name a script, a module (`python -m NAME`), or a script of a package (`--with PACKAGE -- NAME`)");
	}
	error_set(err, ERR_BAD_TARGET, "%s has no program `%s`", bare ? "the bare interpreter" : "the environment", safe);
	return error_hint(err, "`--with PACKAGE` installs the package that brings it on both builds, for example `--with %s`", safe);
}

int workload_find_console(struct workload_stage *s, struct error *err)
{
	if (s->program.kind != PROGRAM_CONSOLE)
		return 0;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		if (is_missing(s, a))
			continue;
		AUTO_FREE char *path = path_join(s->side[a].bin, s->program.target);
		if (!path_is_file(path) || !program_has_python_line(path))
			return no_console(s->program.target, !s->side[a].env, err);
	}
	return 0;
}
