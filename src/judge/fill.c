/* fill.c: counts, differences, flags and the evidence ladder of a package result. */
#include "judge/state.h"

#include <stdlib.h>
#include <string.h>

#define MOST_DIFFERENCES 500
#define MOST_ONE_SIDED 50 /* ids kept that one arm alone collected */

/* Of a suite that was cut off by its deadline no counts are shown: they would
 * be read as those of the whole. */
static void count_arm(struct arm_tests *t, const struct comparison *c, enum arm arm, const struct evidence *base)
{
	if (!base || base->ending == END_TIMEOUT)
		return;
	*t = (struct arm_tests){ .known = true, .seconds = (double)base->wall_ns / 1e9 };
	for (size_t i = 0; i < c->n; i++) {
		const struct test_row *r = &c->rows[i];
		enum test_status s = r->arm[arm].first;
		if (r->collect && !test_status_bad(s))
			continue; /* a file is no test: it counts only as an error */
		t->passed += status_passed(s);
		t->failed += s == TEST_FAILED || s == TEST_CRASHED || s == TEST_HUNG;
		t->errors += s == TEST_ERROR;
		t->skipped += s == TEST_SKIPPED;
		t->not_run += s == TEST_NOT_RUN;
	}
}

void fill_counts(const struct judge_state *s, struct package_result *out)
{
	count_arm(&out->tests[ARM_GIL], &s->rows, ARM_GIL, s->gil.base);
	count_arm(&out->tests[ARM_FT], &s->rows, ARM_FT, s->ft.base);
	count_arm(&out->tests[ARM_FT_GIL], &s->control, ARM_FT, fullest_run((struct runs){ s->in->ft_gil, s->in->n_ft_gil }));
	if (s->ft.gil_on && s->nogil.base) {
		/* With the GIL turned back on a run on the free-threaded build is the control;
		 * the one that counts is the one with PYTHON_GIL=0. */
		if (!out->tests[ARM_FT_GIL].known)
			out->tests[ARM_FT_GIL] = out->tests[ARM_FT];
		count_arm(&out->tests[ARM_FT], &s->nogil_rows, ARM_FT, s->nogil.base);
	}
	const struct evidence *base = s->ft.base ? s->ft.base : s->gil.base;
	out->selected = base && base->collected >= 0 ? base->selected : -1;
	out->collected = base ? base->collected : -1;
	out->files = base ? base->files : 0;
	out->files_selected = base ? base->files_selected : 0;
	out->gil_state = s->ft.gil_on ? 1 : s->ft.gil_known ? 0 : -1;
	str_set(&out->gil_module, s->ft.gil_module);
}

static void add_difference(struct package_result *out, const struct test_row *r)
{
	static const char *const words[ROW_KIND_COUNT] = {
		[ROW_REGRESSED] = "regressed", [ROW_SUSPECT] = "suspect", [ROW_FLAKY] = "flaky", [ROW_BOTH] = "both",
		[ROW_FIXED] = "fixed", [ROW_SELF_SKIP] = "self-skip",
		[ROW_FALLBACK] = "gil-fallback" };
	struct test_difference *d = package_add_difference(out, r->id, words[r->kind]);
	const struct arm_row *gil = &r->arm[ARM_GIL], *ft = &r->arm[ARM_FT];
	d->gil = gil->worst == TEST_COUNT ? TEST_NOT_RUN : gil->worst;
	d->ft = ft->worst == TEST_COUNT ? TEST_NOT_RUN : ft->worst;
	d->gil_bad = gil->bad;
	d->gil_runs = gil->runs;
	d->ft_bad = ft->bad;
	d->ft_runs = ft->runs;
	str_set(&d->message, ft->message ? ft->message : gil->message);
}

void fill_differences(const struct judge_state *s, struct package_result *out)
{
	for (enum row_kind kind = ROW_REGRESSED; kind < ROW_KIND_COUNT; kind++)
		for (size_t i = 0; i < s->rows.n && out->n_differences < MOST_DIFFERENCES; i++)
			if (s->rows.rows[i].kind == kind)
				add_difference(out, &s->rows.rows[i]);
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct test_row *r = &s->rows.rows[i];
		if (only_on(s, r, ARM_GIL) && out->only_gil.n < MOST_ONE_SIDED)
			strv_add(&out->only_gil, r->id);
		if (only_on(s, r, ARM_FT) && out->only_ft.n < MOST_ONE_SIDED)
			strv_add(&out->only_ft, r->id);
	}
}

/* Every word has its explanation in model/flags.def. */
void fill_flags(const struct judge_state *s, struct package_result *out)
{
	bool repeated = false, uncollected = false, late = s->gil.state == SUITE_TIMEOUT || s->ft.state == SUITE_TIMEOUT;
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct test_row *r = &s->rows.rows[i];
		repeated |= r->repeated;
		uncollected |= r->collect && (r->kind == ROW_BOTH || row_not_run(r));
	}
	const struct {
		bool set;
		const char *word;
	} flags[] = {
		{ s->kinds[ROW_FLAKY] > 0, "flaky" },
		{ out->only_gil.n > 0 || out->only_ft.n > 0, "collected-differs" },
		{ s->native_differs, "native-differs" },
		{ s->in->native_known && s->in->native_gil && !s->in->native_ft, "gil-only-native" },
		{ s->gil.out_of_memory || s->ft.out_of_memory, "oom" },
		{ s->ft.gil_on && s->nogil.base, "gil-forced-off" },
		{ (out->selected >= 0 && out->selected < out->collected) || out->files_selected < out->files, "sampled" },
		{ out->tested_version != NULL, "older-version" },
		{ late || s->gil.stopped_early || s->ft.stopped_early, "timed-out" },
		{ uncollected, "collect-errors" },
		{ s->gil.shadowed || s->ft.shadowed, "shadowed" },
		{ s->gil.forged || s->ft.forged, "forged-events" },
		{ s->gil.truncated || s->ft.truncated, "output-truncated" },
		{ s->not_run > 0, "left-out-dependencies" },
		{ repeated, "repeated-ids" },
		{ stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_TESTS) > 0, "test-unsafe" },
		{ stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_RACY_WITH_GIL) > 0, "race-both" },
	};
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (flags[i].set)
			strv_add_unique(&out->flags, flags[i].word);
	const struct stress_summary *tests = package_stress_tests(out);
	if (tests)
		strv_addf(&out->flags, "parallel: %lld%%", (long long)(tests->parallel * 100 / tests->of));
	if (s->kinds[ROW_BOTH] > 0)
		strv_addf(&out->flags, "fails-on-both: %lld", (long long)s->kinds[ROW_BOTH]);
}

static const char *builds_rung(const struct build_facts *b)
{
	switch (b->ft) {
	case BUILD_OK:
		return "yes";
	case BUILD_FAILED:
		return "no";
	case BUILD_REFUSED:
		return "refused";
	case BUILD_NOT_TRIED:
		break;
	}
	return "unknown";
}

static const char *import_rung(const struct judge_state *s)
{
	if (s->ft.import_failures > 0 && s->ft.imports == 0)
		return "no";
	if (s->ft.gil_on)
		return "GIL on";
	if (s->ft.gil_known)
		return "GIL off";
	return s->ft.imports > 0 ? "yes" : "unknown";
}

static const char *suite_rung(const struct judge_state *s, enum outcome verdict)
{
	if (s->crashes.n)
		return "CRASH";
	if (verdict == OUT_HANG)
		return "HANG";
	if (s->gil.state == SUITE_NONE || s->ft.state == SUITE_NONE || s->both_passed == 0)
		return "untested";
	if (s->kinds[ROW_REGRESSED] > 0)
		return "differs";
	if (verdict == OUT_SUSPECT)
		return "suspect";
	return verdict == OUT_UNTESTED ? "untested" : "same";
}

void fill_ladder(const struct judge_state *s, struct package_result *out)
{
	package_add_rung(out, "classifier", s->in->classifier ? s->in->classifier : "unknown", NULL);
	package_add_rung(out, "wheel", s->in->wheel ? s->in->wheel : "unknown", NULL);
	package_add_rung(out, "builds", builds_rung(&s->in->build), s->in->tested_version);
	package_add_rung(out, "import", import_rung(s), s->ft.gil_on ? s->ft.gil_module : s->ft.import_error);
	package_add_rung(out, "suite", suite_rung(s, out->verdict), NULL);
	fill_stress_rungs(s, out);
}
