/* workload.c: the order of a program's runs; see workload.h. */
#include "pipeline/workload.h"
#include "base/fs.h"
#include "base/text.h"
#include "judge/workload.h"
#include "pipeline/workload_stage.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL_LINES = 20, TIMED_OUT_BY_LAUNCHER = 124 };
/* A first run also compiles what it imports. Up to this length that may matter, and a second one counts. */
static const double warm_up_seconds = 20;

static int cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

static bool succeeded(const struct workload_stage *s, const struct process_result *done)
{
	return done->ending == END_EXIT && done->code == s->request->exit_code;
}

/* How a run ended. */
static void take_ending(const struct workload_stage *s, struct workload_arm *a, const struct process_result *done)
{
	bool ended_by_launcher = a->seen.timed_out && done->ending == END_EXIT && done->code == TIMED_OUT_BY_LAUNCHER;
	a->ending = done->ending;
	a->code = done->code;
	a->state = succeeded(s, done) ? WORKLOAD_OK : done->ending == END_TIMEOUT || ended_by_launcher ? WORKLOAD_TIMED_OUT : WORKLOAD_FAILED;
	free(a->tail);
	a->tail = a->state == WORKLOAD_FAILED ? process_tail(done, TAIL_LINES) : NULL;
}

/* The observed run; where it fails, a plain one tells whether the observer is to blame. */
static int observe_arm(struct workload_stage *s, enum arm arm, struct error *err)
{
	struct workload_arm *a = &s->out->arms[arm];
	AUTO_PROCESS done = { 0 };
	int slot = observe_step(s->session.tools.observer, "workload", "%s observed", arm_word(arm));
	int result = workload_run_observed(s, arm, &done, err);
	if (result == 0 && succeeded(s, &done) && (double)done.wall_ns / 1e9 < warm_up_seconds) {
		process_result_release(&done);
		result = workload_run_observed(s, arm, &done, err);
	}
	observe_step_end(s->session.tools.observer, slot);
	if (result < 0)
		return -1;
	take_ending(s, a, &done);
	if (a->state != WORKLOAD_FAILED)
		return 0;
	AUTO_PROCESS plain = { 0 };
	if (workload_run_plain(s, arm, &plain, err) < 0)
		return -1;
	take_ending(s, a, &plain);
	if (a->state == WORKLOAD_OK) {
		workload_seen_release(&a->seen);
		strv_addf(&s->out->notes, "%s: it fails when it is observed, and not by itself", arm_word(arm));
	}
	return 0;
}

static int run_plain(struct workload_stage *s, enum arm arm, int index, struct error *err)
{
	struct workload_arm *a = &s->out->arms[arm];
	AUTO_PROCESS done = { 0 };
	int slot = observe_step(s->session.tools.observer, "workload", "%s run %d of %d", arm_word(arm), index + 1, s->request->runs);
	int result = workload_run_plain(s, arm, &done, err);
	observe_step_end(s->session.tools.observer, slot);
	if (result < 0)
		return -1;
	if (!succeeded(s, &done)) {
		take_ending(s, a, &done);
		return 0;
	}
	workload_add_run(a, &(struct workload_run){ (double)done.wall_ns / 1e9, (double)done.cpu_ns / 1e9, done.peak_rss });
	return 0;
}

/* AB BA AB ..., and the control after every second pair. Ends at the first run that fails. */
static int run_pairs(struct workload_stage *s, struct error *err)
{
	struct workload_arm *arms = s->out->arms;
	arms[ARM_FT_GIL].state = WORKLOAD_OK;
	for (int i = 0; i < s->request->runs; i++) {
		const enum arm order[] = { i % 2 ? ARM_FT : ARM_GIL, i % 2 ? ARM_GIL : ARM_FT, ARM_FT_GIL };
		for (size_t k = 0; k < (i % WORKLOAD_CONTROL_EVERY ? 2 : ARRAY_LEN(order)); k++) {
			if (order[k] == ARM_FT_GIL && arms[ARM_FT_GIL].state != WORKLOAD_OK)
				continue;
			if (run_plain(s, order[k], i, err) < 0)
				return -1;
		}
		if (arms[ARM_GIL].state != WORKLOAD_OK || arms[ARM_FT].state != WORKLOAD_OK)
			break;
	}
	return 0;
}

static int run_all(struct workload_stage *s, struct error *err)
{
	struct workload_arm *arms = s->out->arms;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		if (arms[a].state != WORKLOAD_NO_ENVIRONMENT && observe_arm(s, a, err) < 0)
			return -1;
	bool both = arms[ARM_GIL].state == WORKLOAD_OK && arms[ARM_FT].state == WORKLOAD_OK;
	bool worth = both && !arms[ARM_GIL].seen.daemon && !arms[ARM_FT].seen.daemon;
	return worth ? run_pairs(s, err) : 0;
}

static void describe(struct workload_stage *s)
{
	struct workload *w = s->out;
	w->command = program_line(s->request->words);
	w->tool_version = xstrdup(MC_VERSION);
	w->started = now_utc();
	w->cores = cores();
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
