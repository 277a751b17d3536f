/*
 * stage_suites.c: the suite on both arms at once; what it lacked is learned and
 * the run repeated; a package that turns the GIL back on also runs with
 * PYTHON_GIL=0; what differs is run again, equally often on both arms.
 */
#include "base/fs.h"
#include "base/text.h"
#include "pipeline/input.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ROUNDS = 4, MAX_NOMINEES = 200 };

static double suite_seconds(const struct package_job *j)
{
	return j->profile.suite_seconds > 0 ? j->profile.suite_seconds : j->session->limits.suite_seconds;
}

/* May a run that takes so long begin, if it need not be? */
static bool time_for(const struct package_job *j, double seconds)
{
	const struct session *s = j->session;
	double passed = (double)(now_monotonic_ns() - j->suites_ns) / 1e9;
	return passed + seconds <= effort_suites_seconds(&s->limits, !s->request->no_measure, s->n_stress > 0);
}

static int run_serial(struct arm_state *a, struct error *err)
{
	struct evidence e;
	if (job_cell(a, GIL_DEFAULT, "serial", 0, NULL, suite_seconds(a->job), 1, &e, err) < 0)
		return -1;
	runs_release(&a->serial);
	runs_add(&a->serial, &e);
	return 0;
}

/* A repeat is worth its time when the run was short, or when much was missing and it was the first. */
static bool worth_repeating(const struct package_job *j, int round)
{
	const struct evidence *e = &j->arm[ARM_GIL].serial.v[0];
	size_t lacking = e->n_collect_errors;
	for (size_t i = 0; i < e->n_tests; i++)
		lacking += e->tests[i].needs != NULL;
	double seconds = (double)e->wall_ns / 1e9;
	bool is_short = seconds * (round + 1) < suite_seconds(j) / 2;
	if (!time_for(j, seconds))
		return false;
	return is_short || (round == 0 && lacking * 20 > e->n_tests);
}

/* pytest 9 refuses what older suites are written for (usage error 4, or errors
 * in every file): an older pytest is what such a package would be tested with. */
static bool wants_older_pytest(const struct package_job *j)
{
	const struct evidence *e = &j->arm[ARM_GIL].serial.v[0];
	return e->runner_exit == 4 && e->n_tests == 0 && e->unknown_options.n == 0 && !strv_has(&j->test_requires, "pytest<9");
}

static int use_older_pytest(struct package_job *j, bool *changed, struct error *err)
{
	for (size_t i = 0; i < j->test_requires.n; i++) {
		if (strcmp(j->test_requires.v[i], "pytest") != 0)
			continue;
		str_set(&j->test_requires.v[i], "pytest<9");
		*changed = true;
		strv_add(&j->left_out, "pytest: below 9, the suite does not start with the newest");
		return testenv_install(j, err);
	}
	return 0;
}

static int run_and_learn(struct package_job *j, struct error *err)
{
	for (int round = 0; round < MAX_ROUNDS; round++) {
		if (job_both_arms(j, run_serial, err) < 0)
			return -1;
		bool changed = false;
		if (!worth_repeating(j, round))
			return 0;
		if (testenv_learn(j, &changed, err) < 0)
			return -1;
		if (!changed && wants_older_pytest(j) && use_older_pytest(j, &changed, err) < 0)
			return -1;
		if (!changed)
			return 0;
	}
	return 0;
}

/* Which extension turned the GIL on? One fresh process for each that was loaded. */
static int name_gil_module(struct package_job *j, struct error *err)
{
	struct arm_state *a = &j->arm[ARM_FT];
	struct evidence *e = &a->serial.v[0];
	for (size_t i = 0; i < e->n_extensions && i < 60; i++) {
		AUTO_SANDBOX s = { 0 };
		if (toolbox_sandbox(&j->session->tools, "probe", &s, err) < 0)
			return -1;
		strv_add(&s.read_only, a->env);
		AUTO_STRV args = { 0 };
		strv_add(&args, "--each-extension");
		strv_add(&args, e->extensions[i].module);
		struct interpreter python = *a->python;
		python.executable = a->env_python;
		AUTO_JSON *out = NULL;
		AUTO_FREE char *complaint = NULL;
		int result = toolbox_script(&j->session->tools, &s, &python, "import_probe.py", &args, &out, &complaint, err);
		remove_tree(s.home, NULL);
		if (result < 0)
			return -1;
		if (json_bool(out, "gil", false) && !json_bool(out, "gil_before", false)) {
			str_set(&e->gil_module, e->extensions[i].module);
			return 0;
		}
	}
	return 0;
}

static bool gil_came_back(const struct arm_state *a)
{
	const struct evidence *e = a->serial.n ? &a->serial.v[0] : NULL;
	return e && (e->gil_after_import == 1 || e->gil_at_end == 1);
}

static int run_without_gil(struct package_job *j, struct error *err)
{
	struct arm_state *a = &j->arm[ARM_FT];
	if (name_gil_module(j, err) < 0)
		return -1;
	struct evidence e;
	if (job_cell(a, GIL_OFF, "serial", 0, NULL, suite_seconds(j), 1, &e, err) < 0)
		return -1;
	runs_add(&a->nogil, &e);
	return 0;
}

static int confirm_arm(struct arm_state *a, struct error *err)
{
	struct evidence e;
	struct package_job *j = a->job;
	if (job_cell(a, GIL_DEFAULT, "confirm", j->confirm_index, j->confirm_ids, suite_seconds(j), 1, &e, err) < 0)
		return -1;
	runs_add(&a->serial, &e);
	return 0;
}

/* The free-threaded build with the GIL on: does what differs come from the build, or from the missing GIL? */
static int run_control(struct package_job *j, const struct strv *ids, struct error *err)
{
	struct arm_state *a = &j->arm[ARM_FT];
	struct evidence e;
	if (job_cell(a, GIL_ON, "control", 0, ids, suite_seconds(j), 1, &e, err) < 0)
		return -1;
	e.arm = ARM_FT_GIL;
	runs_add(&a->control, &e);
	return 0;
}

/* Run what differs again, the same number of times on both arms. */
static int confirm(struct package_job *j, struct error *err)
{
	uint64_t start = now_monotonic_ns();
	for (int i = 0; i < j->session->limits.confirm_runs; i++) {
		AUTO_STRV ids = { 0 };
		struct judge_views v;
		struct judge_input in;
		judge_input_fill(j, &v, &in);
		judge_nominate(&in, MAX_NOMINEES, &ids);
		judge_views_release(&v);
		if (ids.n == 0 || (double)(now_monotonic_ns() - start) / 1e9 > suite_seconds(j) || !time_for(j, 0))
			break; /* within the budget; what is not confirmed is said to be suspect */
		j->confirm_ids = &ids;
		j->confirm_index = i;
		int result = job_both_arms(j, confirm_arm, err);
		if (result == 0 && i == 0)
			result = run_control(j, &ids, err);
		j->confirm_ids = NULL;
		if (result < 0)
			return -1;
	}
	return 0;
}

int stage_suites(struct package_job *j, struct error *err)
{
	if (!j->suite.from)
		return 0;
	j->suites_ns = now_monotonic_ns();
	if (run_and_learn(j, err) < 0)
		return -1;
	if (find_import_blocker(j, err) < 0)
		return -1;
	if (j->import_blocker)
		return 0; /* its own suite says nothing until the dependency works */
	if (gil_came_back(&j->arm[ARM_FT]) && run_without_gil(j, err) < 0)
		return -1;
	return confirm(j, err);
}
