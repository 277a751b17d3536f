/* findings.c: the defects behind a verdict, equal ones together. */
#include "judge/compare.h"
#include "judge/frames.h"
#include "judge/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FINDINGS 20

static void set_source(struct finding *f, const struct evidence *e)
{
	str_set(&f->mode, e && e->mode ? e->mode : "serial");
	if (!e)
		return;
	str_set(&f->tail, e->log_tail);
	str_set(&f->reproduce, e->command);
}

static void add_build(const struct judge_state *s, struct package_result *out)
{
	if (out->verdict != OUT_BUILD_REGRESSED)
		return;
	struct finding *f = package_add_finding(out, FIND_BUILD, FAULT_LIBRARY);
	AUTO_FREE char *line = error_line_of_log(s->in->build.build_error_ft);
	AUTO_FREE char *signature = signature_of_message(line);
	f->signature = xasprintf("build: %s", signature);
	str_set(&f->title, line);
	str_set(&f->tail, s->in->build.build_error_ft);
	str_set(&f->mode, "serial");
	f->events = f->runs = f->control_runs = 1;
}

static void add_import(const struct judge_state *s, struct package_result *out)
{
	if (out->verdict != OUT_IMPORT_REGRESSED)
		return;
	struct finding *f = package_add_finding(out, FIND_IMPORT, FAULT_LIBRARY);
	set_source(f, s->ft.base);
	AUTO_FREE char *signal = s->ft.import_signal ? signal_word(s->ft.import_signal) : NULL;
	const char *what = s->ft.import_error ? s->ft.import_error : signal;
	AUTO_FREE char *signature = signature_of_message(what);
	f->signature = xasprintf("import: %s", signature);
	str_set(&f->title, what);
	f->events = (int64_t)s->ft.import_failures;
	f->runs = (int64_t)(s->ft.import_failures + s->ft.imports);
	f->control_events = (int64_t)s->gil.import_failures;
	f->control_runs = (int64_t)(s->gil.import_failures + s->gil.imports);
}

/* Whose code a crash is in; the module that says so in *module (NULL when none does). */
static enum fault crash_fault(const struct judge_state *s, const struct crash *c, const char **module)
{
	*module = frames_module(s->in, c->run, &c->culprit->frames);
	if (*module) {
		bool own = !s->in->top_level || s->in->top_level->n == 0 || same_package(*module, s->in->top_level);
		return own ? FAULT_LIBRARY : FAULT_DEPENDENCY;
	}
	/* A frame of the package shows the library; without one the interpreter may as well be at fault. */
	if (c->stack.package_frame)
		return FAULT_LIBRARY;
	bool pure = s->in->native_known && !s->in->native_ft;
	return c->culprit->frames.n && pure ? FAULT_INTERPRETER : FAULT_UNKNOWN;
}

static void add_crashes(const struct judge_state *s, const struct crash_list *l, struct package_result *out, const char *circumstance)
{
	for (size_t i = 0; i < l->n && out->n_findings < MOST_FINDINGS; i++) {
		const struct crash *c = &l->v[i];
		const char *module;
		enum fault fault = crash_fault(s, c, &module);
		struct finding *f = package_add_finding(out, c->culprit->signal == SIGABRT ? FIND_ABORT : FIND_CRASH, fault);
		set_source(f, c->run);
		str_set(&f->module, module ? module : c->stack.module);
		str_set(&f->signature, c->signature);
		f->title = xasprintf("%s%s", circumstance, c->signature);
		str_set(&f->test, c->culprit->id);
		str_set(&f->stack, c->culprit->python_stack);
		str_set(&f->native_stack, c->culprit->native_stack);
		strv_copy(&f->frames, &c->culprit->frames);
		f->events = c->events;
		f->runs = c->runs;
		f->control_events = c->control_events;
		f->control_runs = c->control_runs;
	}
}

/* The ft run in which a test was bad, for its tail and command. */
static const struct evidence *run_with(struct runs runs, const char *id, const struct culprit **culprit)
{
	for (size_t i = 0; i < runs.n; i++) {
		const struct evidence *e = runs.v[i];
		for (size_t k = 0; k < e->n_culprits; k++)
			if (str_eq(e->culprits[k].id, id)) {
				*culprit = &e->culprits[k];
				return e;
			}
		for (size_t k = 0; k < e->n_tests + e->n_collect_errors; k++) {
			const struct test_result *t = k < e->n_tests ? &e->tests[k] : &e->collect_errors[k - e->n_tests];
			if (t->rep == 0 && test_status_bad(t->status) && str_eq(t->id, id))
				return e;
		}
	}
	return NULL;
}

static struct finding *find_finding(struct package_result *out, enum finding_kind kind, const char *signature)
{
	for (size_t i = 0; i < out->n_findings; i++)
		if (out->findings[i].kind == kind && str_eq(out->findings[i].signature, signature))
			return &out->findings[i];
	return NULL;
}

static bool in_crash(const struct crash_list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strv_has(&l->v[i].ids, id))
			return true;
	return false;
}

static char *row_signature(const struct test_row *r, const struct culprit *culprit)
{
	if (r->arm[ARM_FT].hung == 0)
		return signature_of_message(r->arm[ARM_FT].message ? r->arm[ARM_FT].message : r->id);
	struct stack_facts stack = { 0 };
	if (culprit)
		stack_facts_of(&stack, culprit->native_stack, culprit->python_stack);
	char *signature = xasprintf("hang: %s", stack.where ? stack.where : r->id);
	stack_facts_release(&stack);
	return signature;
}

static void add_row(const struct judge_state *s, const struct test_row *r, struct package_result *out)
{
	const struct culprit *culprit = NULL;
	const struct evidence *e = run_with(s->ft.runs, r->id, &culprit);
	AUTO_FREE char *signature = row_signature(r, culprit);
	enum finding_kind kind = r->arm[ARM_FT].hung ? FIND_HANG : FIND_TEST_REGRESSED;
	if (find_finding(out, kind, signature) || out->n_findings >= MOST_FINDINGS)
		return;
	struct finding *f = package_add_finding(out, kind, FAULT_UNKNOWN);
	set_source(f, e);
	str_set(&f->signature, signature);
	str_set(&f->title, kind == FIND_HANG ? signature : r->arm[ARM_FT].message ? r->arm[ARM_FT].message : r->id);
	str_set(&f->test, r->id);
	if (culprit) {
		str_set(&f->stack, culprit->python_stack);
		str_set(&f->native_stack, culprit->native_stack);
	}
	f->events = r->arm[ARM_FT].bad;
	f->runs = r->arm[ARM_FT].runs;
	f->control_events = r->arm[ARM_GIL].bad;
	f->control_runs = r->arm[ARM_GIL].runs;
}

static void add_gil_fallback(const struct judge_state *s, struct package_result *out)
{
	if (!s->ft.gil_on)
		return;
	const char *module = s->ft.gil_module;
	bool own = !module || !s->in->top_level || same_package(module, s->in->top_level);
	struct finding *f = package_add_finding(out, FIND_GIL_FALLBACK, own ? FAULT_LIBRARY : FAULT_DEPENDENCY);
	set_source(f, s->ft.base);
	str_set(&f->module, module);
	f->signature = xasprintf("gil-fallback: %s", module ? module : "unknown module");
	f->title = xasprintf("%s turns the GIL back on", module ? module : "a module");
	str_set(&f->test, s->ft.gil_test);
	f->events = f->runs = (int64_t)s->ft.usable;
	f->control_runs = 0;
}

void fill_findings(const struct judge_state *s, struct package_result *out)
{
	if (out->verdict == OUT_ERROR || out->verdict == OUT_SKIPPED)
		return;
	add_build(s, out);
	add_import(s, out);
	if (out->verdict != OUT_BROKEN)
		add_crashes(s, &s->crashes, out, "");
	for (size_t i = 0; i < s->rows.n; i++)
		if (s->rows.rows[i].kind == ROW_REGRESSED && !in_crash(&s->crashes, s->rows.rows[i].id))
			add_row(s, &s->rows.rows[i], out);
	add_gil_fallback(s, out);
	add_crashes(s, &s->nogil_crashes, out, "with PYTHON_GIL=0: ");
	fill_stress_findings(s, out);
}
