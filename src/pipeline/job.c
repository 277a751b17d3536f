/* job.c: memory of a package's job, its two threads, and the order of stages. */
#include "pipeline/job.h"
#include "base/fs.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/lock.h"

#include <pthread.h>
#include <stdlib.h>

void job_init(struct package_job *j, struct session *s, const struct target *t, struct package_result *result)
{
	environments_trim(&s->tools);
	*j = (struct package_job){ .session = s, .target = t, .result = result, .start_ns = now_monotonic_ns() };
	j->name = xstrdup(t->name);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		j->arm[a].arm = a;
		j->arm[a].job = j;
		j->arm[a].python = toolbox_interpreter(&s->tools, a);
	}
}

void runs_add(struct run_list *r, struct evidence *e)
{
	r->v = xrealloc(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = *e;
	evidence_init(e);
}

void runs_release(struct run_list *r)
{
	for (size_t i = 0; i < r->n; i++)
		evidence_release(&r->v[i]);
	free(r->v);
	*r = (struct run_list){ 0 };
}

void job_arm_release(struct arm_state *a)
{
	if (!a->job)
		return;
	if (a->dir && !a->job->session->tools.keep_work)
		remove_tree(a->dir, NULL);
	lock_release(&a->runtime);
	lock_release(&a->whole);
	char *owned[] = { a->dir, a->wheelhouse, a->env, a->site, a->env_python, a->unresolved, a->target_line, a->install_error };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	build_result_release(&a->built);
	lock_failure_release(&a->failure);
	cJSON_Delete(a->installed);
	strv_release(&a->installed_wheels);
	runs_release(&a->serial);
	runs_release(&a->nogil);
	runs_release(&a->control);
	error_release(&a->err);
	error_release(&a->refusal);
}

void job_release(struct package_job *j)
{
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		job_arm_release(&j->arm[a]);
	job_arm_release(&j->tsan);
	char *owned[] = { j->name, j->version, j->spec, j->source, j->original, j->source_word, j->requires_origin, j->refusal,
	                  j->import_blocker, j->import_blocker_version, j->no_scaling, j->no_repository };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	runs_release(&j->pairs_gil);
	runs_release(&j->pairs_ft);
	runs_release(&j->stress);
	runs_release(&j->stress_control);
	runs_release(&j->scaling);
	strv_release(&j->stress_left_out);
	profile_release(&j->profile);
	suite_plan_release(&j->suite);
	cJSON_Delete(j->facts);
	struct strv *lists[] = { &j->no_binary, &j->only_binary, &j->held, &j->as_wheels, &j->test_requires, &j->learned, &j->left_out, &j->remarks, &j->wanted, &j->older_tried };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_release(lists[i]);
}

struct thread_call {
	int (*fn)(struct arm_state *a, struct error *err);
	struct arm_state *arm;
};

static void *thread_main(void *p)
{
	struct thread_call *c = p;
	error_release(&c->arm->err);
	c->arm->status = c->fn(c->arm, &c->arm->err);
	return NULL;
}

int job_both_arms(struct package_job *j, int (*fn)(struct arm_state *a, struct error *err), struct error *err)
{
	/* Where they take turns the first one is mostly this thread's: the slower build. */
	struct thread_call other = { fn, &j->arm[ARM_GIL] }, own = { fn, &j->arm[ARM_FT] };
	pthread_t thread;
	bool threaded = pthread_create(&thread, NULL, thread_main, &other) == 0;
	thread_main(&own);
	if (threaded)
		pthread_join(thread, NULL);
	else
		thread_main(&other);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		if (j->arm[a].status < 0) {
			error_move(err, &j->arm[a].err);
			return -1;
		}
	}
	return 0;
}

int job_run(struct package_job *j, struct error *err)
{
	int (*const stages[])(struct package_job *, struct error *) = { stage_resolve, stage_build, stage_tests, stage_suites, stage_measure, stage_stress, stage_scaling };
	for (size_t i = 0; i < ARRAY_LEN(stages) && !j->stop; i++)
		if (stages[i](j, err) < 0)
			return -1;
	return stage_judge(j, err) < 0 ? -1 : stage_newer(j, err);
}
