/* findings_stress.c: findings and rungs of the ladder that come from stress modes; see state.h. */
#include "judge/state.h"

#include <stdlib.h>
#include <string.h>

#define MOST_FINDINGS 20
#define MOST_OF_SUITE 5 /* failures that are the suite's own */

/* Why there is no script: of what no script is asked for, or what became of it. */
static const char *why_no_script(const struct stress_defect *d)
{
	if (d->gil_events > 0)
		return "none is made of what the GIL build shows too";
	if (d->fault == FAULT_TESTS || key_of_tests(d->event->key))
		return "a whole test is played, and stands in the suite";
	if (str_starts(d->event->key, "tsan|"))
		return "a sanitizer report shows in the instrumented build only: `migrate-check reproduce` makes that";
	if (d->state != DEFECT_CONFIRMED)
		return "none is made of what is not confirmed";
	return "the time for stress was up: `migrate-check reproduce --script` makes it";
}

/* The newest script for one of the defect's keys, and what is known of it. */
static void set_script(const struct judge_input *in, const struct stress_defect *d, struct finding *f)
{
	for (size_t i = 0; i < in->n_stress; i++) {
		for (size_t k = 0; k < d->keys.n; k++) {
			const struct stress_event *e = evidence_find_stress(&in->stress[i], d->keys.v[k]);
			if (e && !e->script && e->script_note)
				str_set(&f->script_note, e->script_note);
			if (!e || !e->script)
				continue;
			str_set(&f->script, e->script);
			free(f->script_note);
			f->script_note = xasprintf("failed in %lld of %lld fresh processes, %lld threads", (long long)e->script_bad,
			                           (long long)e->script_tries, (long long)e->script_threads);
		}
	}
	if (!f->script && !f->script_note)
		str_set(&f->script_note, why_no_script(d));
}

static void set_counts(const struct stress_defect *d, struct finding *f)
{
	f->events = d->events;
	f->runs = d->runs;
	f->control_events = d->gil_events;
	f->control_runs = d->gil_runs;
	f->locked_events = d->locked_bad;
	f->locked_runs = d->locked_tries;
	f->serial_events = d->serial_bad;
	f->serial_runs = d->serial_tries;
	f->seconds_to_first = d->first_seconds;
	f->threads = d->run->threads;
	f->confirmed = d->state == DEFECT_CONFIRMED;
	str_set(&f->note, d->why);
}

static void add_defect(const struct judge_state *s, const struct stress_defect *d, struct package_result *out)
{
	const struct stress_event *e = d->event;
	struct finding *f = package_add_finding(out, d->kind, d->fault);
	set_counts(d, f);
	str_set(&f->mode, d->run->mode);
	str_set(&f->oracle, e->oracle);
	str_set(&f->key, e->key);
	str_set(&f->module, d->blame ? d->blame : e->module);
	str_set(&f->function, e->function);
	str_set(&f->signature, d->signature);
	str_set(&f->title, e->title ? e->title : d->signature);
	str_set(&f->test, d->tests.n ? d->tests.v[0] : NULL);
	str_set(&f->stack, e->python_stack);
	str_set(&f->native_stack, e->native_stack);
	str_set(&f->unit, e->unit);
	str_set(&f->tail, d->run->log_tail);
	strv_copy(&f->seeds, &d->seeds);
	strv_copy(&f->tests, &d->tests);
	strv_copy(&f->frames, &e->frames);
	set_script(s->in, d, f);
}

void fill_stress_findings(const struct judge_state *s, struct package_result *out)
{
	size_t of_suite = 0;
	for (size_t i = 0; i < s->stress.n && out->n_findings < MOST_FINDINGS; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		if (d->state == DEFECT_DROPPED || (d->fault == FAULT_TESTS && of_suite++ >= MOST_OF_SUITE))
			continue;
		add_defect(s, d, out);
	}
}

/* The gravest thing that is confirmed of the library, as the ladder shouts it; NULL when there is none. */
static const char *found_word(const struct judge_state *s, bool sanitizer)
{
	const char *word = NULL;
	for (size_t i = 0; i < s->stress.n; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		if (d->fault != FAULT_LIBRARY || d->state == DEFECT_DROPPED || (d->kind == FIND_SANITIZER) != sanitizer)
			continue;
		if (d->state == DEFECT_SUSPECT)
			return word ? word : "suspect"; /* confirmed ones come first */
		bool crash = d->kind == FIND_CRASH || d->kind == FIND_ABORT;
		if (!word)
			word = crash ? "CRASH" : d->kind == FIND_HANG ? "HANG" : "RACE";
	}
	return word;
}

static const char *why_left_out(const struct package_result *out, const char *mode)
{
	for (size_t i = 0; i < out->stress_left_out.n; i++) {
		const char *line = out->stress_left_out.v[i], *colon = strchr(line, ':');
		if (colon && strlen(mode) == (size_t)(colon - line) && str_starts(line, mode))
			return colon + 1 + strspn(colon + 1, " ");
	}
	return NULL;
}

void fill_stress_rungs(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *reach = package_stress_reach(out);
	const char *found = found_word(s, false), *reported = found_word(s, true);
	AUTO_FREE char *detail = reach && s->ft.gil_on ? xasprintf("%s, PYTHON_GIL=0", reach) : xstrdup(reach);
	if (found)
		package_add_rung(out, "stress", found, detail);
	else
		package_add_rung(out, "stress", reach ? reach : "untested", reach && s->ft.gil_on ? "PYTHON_GIL=0" : NULL);
	const struct stress_summary *tsan = package_find_stress(out, "tsan");
	AUTO_FREE char *under = tsan ? xasprintf("%lld of %lld tests, %lld units", (long long)tsan->parallel, (long long)tsan->of, (long long)tsan->units) : NULL;
	package_add_rung(out, "sanitizer", reported ? reported : tsan ? "no report" : "untested", under ? under : why_left_out(out, "tsan"));
}
