/* facts.c: see facts.h. */
#include "judge/facts.h"
#include "judge/frames.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int64_t executed_or_skipped(const struct evidence *e)
{
	return (int64_t)(evidence_results(e) - evidence_count(e, TEST_NOT_RUN));
}

static enum suite_state state_of(const struct evidence *e)
{
	if (!e)
		return SUITE_NONE;
	if (e->ending == END_TIMEOUT)
		return SUITE_TIMEOUT;
	int64_t ran = executed_or_skipped(e), skipped = (int64_t)evidence_count(e, TEST_SKIPPED);
	if (e->ending == END_SIGNAL || (e->ending == END_EXIT && ran > 0))
		return SUITE_DIED;
	if (ran > skipped)
		return SUITE_RAN;
	if (e->n_tests > 0)
		return SUITE_SKIPPED;
	if (e->n_collect_errors > 0)
		return SUITE_NOT_COLLECTED;
	/* pytest: 2 interrupted, 3 internal error, 4 usage error */
	if (e->ending == END_EXIT || e->unknown_options.n > 0 || (e->runner_exit >= 2 && e->runner_exit <= 4))
		return SUITE_NOT_STARTED;
	return SUITE_EMPTY;
}

static void add_import(struct arm_facts *f, const struct evidence *e)
{
	bool died = !e->imported && e->ending == END_SIGNAL && e->n_tests == 0 && e->collected < 0;
	f->imports += e->imported;
	if (e->imported || (!e->import_error && !died))
		return;
	f->import_failures++;
	if (e->import_error)
		f->import_error = e->import_error;
	if (died)
		f->import_signal = e->code;
}

static void add_run(struct arm_facts *f, const struct evidence *e)
{
	f->usable++;
	add_import(f, e);
	f->gil_known |= e->gil_after_import >= 0;
	if (e->gil_after_import == 1 || e->gil_at_end == 1) {
		f->gil_on = true;
		f->gil_module = f->gil_module ? f->gil_module : e->gil_module;
		f->gil_test = f->gil_test || e->gil_after_import == 1 ? f->gil_test : e->gil_test;
	}
	f->out_of_memory |= e->out_of_memory;
	f->forged |= e->forged_events > 0;
	f->truncated |= e->output_truncated;
	f->shadowed |= e->shadowed.n > 0;
	/* A run of the nominees alone has selected fewer than the fullest one. */
	f->complete += state_of(e) == SUITE_RAN && e->selected >= f->base->selected;
}

void arm_facts_of(struct arm_facts *f, struct runs runs, const struct import_facts *import)
{
	*f = (struct arm_facts){ .runs = runs, .base = fullest_run(runs) };
	f->state = state_of(f->base);
	for (size_t i = 0; i < runs.n; i++)
		if (runs.v[i]->ending != END_FAILED)
			add_run(f, runs.v[i]);
	f->failed_to_start = runs.n > 0 && f->usable == 0;
	if (import && import->known) {
		f->imports += import->ok;
		f->import_failures += !import->ok;
		f->import_error = import->ok ? f->import_error : import->error;
	}
	if (!f->base)
		return;
	f->ran = executed_or_skipped(f->base);
	int64_t results = (int64_t)evidence_results(f->base);
	f->selected = f->base->selected > results ? f->base->selected : results;
	f->stopped_early = f->base->timed_out;
}

static bool is_crash(const struct evidence *e, const struct culprit *c)
{
	return c->status == TEST_CRASHED && c->signal != 0 && !(e->out_of_memory && c->signal == SIGKILL);
}

static char *signature_of(const struct culprit *c, const struct stack_facts *stack)
{
	AUTO_FREE char *signal = signal_word(c->signal);
	if (stack->where)
		return xasprintf("%s %s", signal, stack->where);
	return xasprintf("%s in %s", signal, c->id ? c->id : "the interpreter between two tests");
}

static struct crash *find_signature(struct crash_list *l, const char *signature)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].signature, signature) == 0)
			return &l->v[i];
	return NULL;
}

static void count_crash(struct crash *c, const struct evidence *e, const char *id)
{
	c->events += c->last_run != e; /* once per run; runs come one after another */
	c->last_run = e;
	if (id)
		strv_add_unique(&c->ids, id);
}

/* Where a process died: by the objects of its frames, where these are known. What
 * gdb printed names no object where it knows the source line. */
static void crash_stack(struct stack_facts *stack, const struct culprit *c)
{
	stack_facts_of(stack, c->native_stack, c->python_stack);
	if (c->frames.n == 0)
		return;
	stack->package_frame = frames_have_extension(&c->frames);
	if (!stack->package_frame)
		return;
	free(stack->where);
	stack->where = signature_of_frames(&c->frames);
}

static void add_crash(struct crash_list *l, const struct evidence *e, const struct culprit *c, const struct comparison *rows,
                      size_t usable)
{
	struct stack_facts stack;
	crash_stack(&stack, c);
	AUTO_FREE char *signature = signature_of(c, &stack);
	struct crash *known = find_signature(l, signature);
	if (known) {
		count_crash(known, e, c->id);
		stack_facts_release(&stack);
		return;
	}
	const struct test_row *row = c->id ? comparison_find(rows, c->id) : NULL;
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct crash){ .signature = STEAL(&signature), .stack = stack, .culprit = c, .run = e,
		                           .runs = row ? row->arm[ARM_FT].runs : (int64_t)usable,
		                           .control_runs = row ? row->arm[ARM_GIL].runs : 0 };
	count_crash(&l->v[l->n - 1], e, c->id);
}

static void collect_crashes(struct crash_list *l, struct runs runs, const struct comparison *rows)
{
	for (size_t i = 0; i < runs.n; i++)
		for (size_t k = 0; k < runs.v[i]->n_culprits; k++)
			if (is_crash(runs.v[i], &runs.v[i]->culprits[k]))
				add_crash(l, runs.v[i], &runs.v[i]->culprits[k], rows, runs.n);
}

static void release_crash(struct crash *c)
{
	free(c->signature);
	strv_release(&c->ids);
	stack_facts_release(&c->stack);
}

/* Did gil die too, in one of those tests or in that place? Then it is no regression. */
static bool also_on_gil(const struct crash *c, struct crash_list *gil, const struct comparison *rows)
{
	for (size_t i = 0; i < c->ids.n; i++) {
		const struct test_row *row = comparison_find(rows, c->ids.v[i]);
		if (row && row->arm[ARM_GIL].crashed > 0)
			return true;
	}
	return find_signature(gil, c->signature) != NULL;
}

static void mark_rows(const struct crash *c, struct comparison *rows)
{
	for (size_t i = 0; i < c->ids.n; i++) {
		const struct test_row *row = comparison_find(rows, c->ids.v[i]);
		if (row)
			rows->rows[row - rows->rows].kind = ROW_REGRESSED;
	}
}

void find_crashes(struct crash_list *l, struct runs gil, struct runs ft, struct comparison *c)
{
	struct crash_list all = { 0 }, control = { 0 };
	*l = (struct crash_list){ 0 };
	collect_crashes(&all, ft, c);
	collect_crashes(&control, gil, c);
	l->v = xcalloc(all.n, sizeof(*l->v));
	for (size_t i = 0; i < all.n; i++) {
		if (also_on_gil(&all.v[i], &control, c)) {
			release_crash(&all.v[i]);
			continue;
		}
		struct crash *kept = &l->v[l->n++];
		*kept = all.v[i];
		if (kept->ids.n == 0)
			kept->control_runs = (int64_t)gil.n;
		if (kept->runs < kept->events) /* several tests share the place */
			kept->runs = (int64_t)ft.n;
		mark_rows(kept, c);
	}
	free(all.v);
	crash_list_release(&control);
}

void crash_list_release(struct crash_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		release_crash(&l->v[i]);
	free(l->v);
	*l = (struct crash_list){ 0 };
}
