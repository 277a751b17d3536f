/* workload.c: the order of a program's runs; see workload.h. */
#include "pipeline/workload.h"
#include "base/cores.h"
#include "base/fs.h"
#include "base/text.h"
#include "judge/workload.h"
#include "pipeline/workload_stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_LINES = 20, TIMED_OUT_BY_LAUNCHER = 124 };
/* A first run also compiles what it imports. Up to this length that may matter, and a second one counts. */
static const double warm_up_seconds = 20;

static bool succeeded(const struct workload_stage *s, const struct process_result *done)
{
	return done->ending == END_EXIT && done->code == s->request->exit_code;
}

static bool hung(const struct workload_arm *a, const struct process_result *done)
{
	bool ended_by_launcher = a->seen.timed_out && done->ending == END_EXIT && done->code == TIMED_OUT_BY_LAUNCHER;
	return done->ending == END_TIMEOUT || ended_by_launcher;
}

/* How a run that did not succeed ended. */
static void keep_ending(struct workload_arm *a, const struct process_result *done)
{
	a->ending = done->ending;
	a->code = done->code;
	free(a->tail);
	a->tail = process_tail(done, TAIL_LINES);
}

/* Counts a plain run; the first that failed by itself says how. */
static void count_plain(const struct workload_stage *s, struct workload_arm *a, const struct process_result *done)
{
	bool ok = succeeded(s, done), late = !ok && done->ending == END_TIMEOUT;
	if (!ok && !late && a->failed == a->hung)
		keep_ending(a, done);
	a->tried++;
	a->failed += !ok;
	a->hung += late;
}

static int observe_once(struct workload_stage *s, enum arm arm, struct process_result *done, struct error *err)
{
	int slot = observe_step(s->session.tools.observer, "workload", "%s observed", arm_word(arm));
	int result = workload_run_observed(s, arm, done, err);
	observe_step_end(s->session.tools.observer, slot);
	return result;
}

/* One that failed in the first observed run, and not in the plain one: does it fail whenever it is observed? */
static int observe_again(struct workload_stage *s, enum arm arm, struct error *err)
{
	struct workload_arm *a = &s->out->arms[arm];
	AUTO_PROCESS done = { 0 };
	if (observe_once(s, arm, &done, err) < 0)
		return -1;
	if (succeeded(s, &done) || hung(a, &done)) {
		strv_addf(&s->out->notes, "%s: an observed run failed; the next one did not", arm_word(arm));
		return 0;
	}
	workload_seen_release(&a->seen);
	strv_addf(&s->out->notes, "%s: it fails when it is observed, and not by itself", arm_word(arm));
	return 0;
}

/* The observed run; where it fails, a plain one tells whether the observer is to blame. */
static int observe_arm(struct workload_stage *s, enum arm arm, struct error *err)
{
	struct workload_arm *a = &s->out->arms[arm];
	AUTO_PROCESS done = { 0 };
	if (observe_once(s, arm, &done, err) < 0)
		return -1;
	if (succeeded(s, &done) && (double)done.wall_ns / 1e9 < warm_up_seconds) {
		process_result_release(&done);
		if (observe_once(s, arm, &done, err) < 0)
			return -1;
	}
	a->state = succeeded(s, &done) ? WORKLOAD_OK : hung(a, &done) ? WORKLOAD_TIMED_OUT : WORKLOAD_FAILED;
	if (a->state != WORKLOAD_FAILED)
		return 0;
	AUTO_PROCESS plain = { 0 };
	if (workload_run_plain(s, arm, &plain, err) < 0)
		return -1;
	count_plain(s, a, &plain);
	if (a->failed == 0)
		a->state = WORKLOAD_OK;
	return a->failed ? 0 : observe_again(s, arm, err);
}

static int run_plain(struct workload_stage *s, enum arm arm, int index, struct workload_run *run, bool *ok, struct error *err)
{
	struct workload_arm *a = &s->out->arms[arm];
	AUTO_PROCESS done = { 0 };
	int slot = observe_step(s->session.tools.observer, "workload", "%s run %d", arm_word(arm), index + 1);
	int result = workload_run_plain(s, arm, &done, err);
	observe_step_end(s->session.tools.observer, slot);
	if (result < 0)
		return -1;
	count_plain(s, a, &done);
	*ok = succeeded(s, &done);
	*run = (struct workload_run){ (double)done.wall_ns / 1e9, (double)done.cpu_ns / 1e9, done.peak_rss };
	return 0;
}

/* Beside every second pair; the first one that fails is the last. */
static int run_control(struct workload_stage *s, int index, struct error *err)
{
	struct workload_arm *a = &s->out->arms[ARM_FT_GIL];
	struct workload_run run;
	bool ok = false;
	if (a->state != WORKLOAD_OK)
		return 0;
	if (run_plain(s, ARM_FT_GIL, index, &run, &ok, err) < 0)
		return -1;
	if (ok)
		workload_add_run(a, &run);
	else
		a->state = a->hung ? WORKLOAD_TIMED_OUT : WORKLOAD_FAILED;
	return 0;
}

/* Times are kept of a pair of which both runs went well. */
static int run_pair(struct workload_stage *s, int index, struct error *err)
{
	struct workload_arm *arms = s->out->arms;
	struct workload_run run[2];
	bool ok[2] = { false, false };
	for (int k = 0; k < 2; k++) {
		enum arm a = (index + k) % 2 ? ARM_FT : ARM_GIL;
		if (run_plain(s, a, index, &run[a], &ok[a], err) < 0)
			return -1;
	}
	if (!ok[ARM_GIL] || !ok[ARM_FT])
		return 0;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		workload_add_run(&arms[a], &run[a]);
	return (arms[ARM_GIL].n_runs - 1) % WORKLOAD_CONTROL_EVERY ? 0 : run_control(s, index, err);
}

/* AB BA AB ... A run that fails ends it, after further pairs: does it fail each time, or more often than on the other build? */
static int run_pairs(struct workload_stage *s, struct error *err)
{
	struct workload_arm *arms = s->out->arms;
	if (workload_run_nothing(s, &s->out->memory_floor, err) < 0)
		return -1;
	arms[ARM_FT_GIL].state = WORKLOAD_OK;
	bool failed = arms[ARM_GIL].failed || arms[ARM_FT].failed;
	int last = failed ? WORKLOAD_AGAIN : s->request->runs;
	for (int i = 0; i < last; i++) {
		if (run_pair(s, i, err) < 0)
			return -1;
		if (!failed && (arms[ARM_GIL].failed || arms[ARM_FT].failed)) {
			failed = true;
			last = i + 1 + WORKLOAD_AGAIN;
		}
	}
	workload_settle(s->out);
	return 0;
}

static int run_all(struct workload_stage *s, struct error *err)
{
	struct workload_arm *arms = s->out->arms;
	bool worth = true, any_ok = false, seen_failing[2];
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		if (arms[a].state != WORKLOAD_NO_ENVIRONMENT && observe_arm(s, a, err) < 0)
			return -1;
		seen_failing[a] = arms[a].state == WORKLOAD_FAILED;
		any_ok |= arms[a].state == WORKLOAD_OK;
		worth &= (arms[a].state == WORKLOAD_OK || seen_failing[a]) && !arms[a].seen.daemon;
	}
	if (!worth || !any_ok)
		return 0;
	if (run_pairs(s, err) < 0)
		return -1;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		if (seen_failing[a] && arms[a].state == WORKLOAD_OK && observe_again(s, a, err) < 0)
			return -1;
	return 0;
}

static void describe(struct workload_stage *s)
{
	struct workload *w = s->out;
	w->command = program_line(s->request->words);
	w->tool_version = xstrdup(MC_VERSION);
	w->started = now_utc();
	w->cores = processors_usable();
	w->sandbox = !s->request->common->no_sandbox;
	w->network = s->request->network || !w->sandbox;
	w->writable = s->request->writable || !w->sandbox;
	interpreter_copy(&w->gil, &s->session.pair.gil);
	interpreter_copy(&w->ft, &s->session.pair.ft);
	strv_copy(&w->parity, &s->session.pair.parity);
}

static void side_release(struct workload_side *side)
{
	char *owned[] = { side->env, side->program, side->bin, side->bytecode, side->wheelhouse };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	strv_release(&side->lines);
	lock_release(&side->lock);
}

static int prepare(struct workload_stage *s, struct error *err)
{
	const struct pipeline_request *common = s->request->common;
	if (program_parse(s->request->words, &s->program, err) < 0 || session_open_tools(&s->session, common, err) < 0)
		return -1;
	if (!common->no_sandbox && sandbox_check(err) < 0)
		return -1;
	session_warn(&s->session);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		s->side[a].python = toolbox_interpreter(&s->session.tools, a);
	describe(s);
	return workload_environments(s, err) < 0 ? -1 : workload_find_console(s, err);
}

int pipeline_workload(const struct workload_request *r, struct workload *out, struct error *err)
{
	struct workload_stage s = { .request = r, .out = out, .cwd = getcwd(NULL, 0) };
	int result = s.cwd ? prepare(&s, err) : error_set(err, ERR_IO, "the working folder cannot be read");
	if (result == 0)
		result = run_all(&s, err);
	if (result == 0)
		workload_judge(out);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		side_release(&s.side[a]);
	program_release(&s.program);
	session_close(&s.session);
	free(s.cwd);
	return result;
}
