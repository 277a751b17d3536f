/* verdict.c: the rules, one small function each, tried in the order of outcome.def; see verdict.h. */
#include "judge/scaling.h"
#include "judge/state.h"
#include "judge/stats.h"

#include <stdlib.h>
#include <string.h>

bool status_passed(enum test_status t)
{
	return t == TEST_PASSED || t == TEST_XFAILED || t == TEST_XPASSED;
}

static bool was_run(enum test_status t)
{
	return t != TEST_COUNT && t != TEST_NOT_RUN;
}

bool only_on(const struct judge_state *s, const struct test_row *r, enum arm arm)
{
	enum arm other = arm == ARM_GIL ? ARM_FT : ARM_GIL;
	const struct arm_facts *f = other == ARM_GIL ? &s->gil : &s->ft;
	return !r->collect && f->complete > 0 && r->arm[arm].worst != TEST_COUNT && r->arm[other].worst == TEST_COUNT;
}

/* Native modules of the package itself that one arm loaded, by name. */
static void own_extensions(const struct judge_state *s, const struct arm_facts *f, struct strv *out)
{
	for (size_t i = 0; f->base && i < f->base->n_extensions; i++) {
		const char *module = f->base->extensions[i].module;
		if (module && (!s->in->top_level || same_package(module, s->in->top_level)))
			strv_add_unique(out, module);
	}
	strv_sort(out);
}

static bool native_differs(const struct judge_state *s)
{
	if (s->in->native_known && s->in->native_gil != s->in->native_ft)
		return true;
	/* Before its end a suite has not loaded all that it would. */
	if (s->gil.complete == 0 || s->ft.complete == 0 || s->gil.stopped_early || s->ft.stopped_early)
		return false;
	AUTO_STRV gil = { 0 }, ft = { 0 };
	own_extensions(s, &s->gil, &gil);
	own_extensions(s, &s->ft, &ft);
	AUTO_FREE char *a = strv_join(&gil, " ");
	AUTO_FREE char *b = strv_join(&ft, " ");
	return strcmp(a, b) != 0;
}

int64_t nogil_failures(const struct judge_state *s)
{
	int64_t n = 0;
	for (size_t i = 0; i < s->nogil_rows.n; i++)
		n += s->nogil_rows.rows[i].kind == ROW_REGRESSED || s->nogil_rows.rows[i].kind == ROW_SUSPECT;
	return n;
}

static bool passes(const struct comparison *c, const char *id)
{
	const struct test_row *r = comparison_find(c, id);
	return r && r->arm[ARM_FT].runs > 0 && r->arm[ARM_FT].bad == 0;
}

/* Of a package that turns the GIL back on: what passes without it and with it on all along
 * fails for the turning, most often because it sees the interpreter's warning. */
static void excuse_fallback(struct judge_state *s)
{
	for (size_t i = 0; s->ft.gil_on && i < s->rows.n; i++) {
		struct test_row *r = &s->rows.rows[i];
		bool ended = r->arm[ARM_FT].crashed > 0 || r->arm[ARM_FT].hung > 0;
		if ((r->kind == ROW_REGRESSED || r->kind == ROW_SUSPECT) && !ended && passes(&s->nogil_rows, r->id) && passes(&s->control, r->id))
			r->kind = ROW_FALLBACK;
	}
}

static void count_rows(struct judge_state *s)
{
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct test_row *r = &s->rows.rows[i];
		enum test_status gil = r->arm[ARM_GIL].first, ft = r->arm[ARM_FT].first;
		s->kinds[r->kind]++;
		s->not_run += row_not_run(r);
		s->both_ran += !r->collect && was_run(gil) && was_run(ft);
		s->both_passed += !r->collect && status_passed(gil) && status_passed(ft);
	}
}

void judge_state_init(struct judge_state *s, const struct judge_input *in)
{
	struct runs gil = { in->gil, in->n_gil }, ft = { in->ft, in->n_ft };
	struct runs nogil = { in->ft_nogil, in->n_ft_nogil }, control = { in->ft_gil, in->n_ft_gil };
	*s = (struct judge_state){ .in = in };
	arm_facts_of(&s->gil, gil, &in->import_gil);
	arm_facts_of(&s->ft, ft, &in->import_ft);
	arm_facts_of(&s->nogil, nogil, NULL);
	compare_runs(&s->rows, gil, ft, in->top_level);
	judge_classify(&s->rows);
	find_crashes(&s->crashes, gil, ft, &s->rows);
	if (nogil.n) {
		compare_runs(&s->nogil_rows, gil, nogil, in->top_level);
		judge_classify(&s->nogil_rows);
		find_crashes(&s->nogil_crashes, gil, nogil, &s->nogil_rows);
	}
	if (control.n)
		compare_runs(&s->control, gil, control, in->top_level);
	excuse_fallback(s);
	stress_find(&s->stress, in);
	count_rows(s);
	s->native_differs = native_differs(s);
}

void judge_state_release(struct judge_state *s)
{
	comparison_release(&s->rows);
	comparison_release(&s->nogil_rows);
	comparison_release(&s->control);
	crash_list_release(&s->crashes);
	crash_list_release(&s->nogil_crashes);
	stress_list_release(&s->stress);
}

static bool is_error(const struct judge_state *s)
{
	return s->in->infra_error || s->gil.failed_to_start || s->ft.failed_to_start;
}

static bool is_skipped(const struct judge_state *s)
{
	return s->in->skip_reason != NULL;
}

static bool is_unsupported(const struct judge_state *s)
{
	return s->in->build.gil == BUILD_REFUSED || s->in->build.ft == BUILD_REFUSED;
}

static bool import_fails(const struct arm_facts *f)
{
	return f->import_failures > 0 && f->imports == 0;
}

/* The GIL build fails as a whole: there is nothing to compare with. */
static bool is_broken(const struct judge_state *s)
{
	const struct evidence *e = s->gil.base;
	if (s->in->build.gil == BUILD_FAILED || (s->in->blocked_by && s->in->blocked_on_both) || import_fails(&s->gil))
		return true;
	if (!e || s->gil.ran == 0)
		return false;
	if (s->gil.state == SUITE_DIED)
		return true;
	int64_t passed = 0, bad = 0;
	for (size_t i = 0; i < s->rows.n; i++) {
		passed += status_passed(s->rows.rows[i].arm[ARM_GIL].first) && !s->rows.rows[i].collect;
		bad += test_status_bad(s->rows.rows[i].arm[ARM_GIL].first);
	}
	return passed == 0 && bad > 0;
}

static bool is_blocked(const struct judge_state *s)
{
	return s->in->blocked_by != NULL;
}

static bool is_build_regressed(const struct judge_state *s)
{
	return s->in->build.ft == BUILD_FAILED;
}

static bool is_import_regressed(const struct judge_state *s)
{
	return s->gil.imports > 0 && import_fails(&s->ft);
}

static bool is_crash(const struct judge_state *s)
{
	return s->crashes.n > 0;
}

static bool is_hang(const struct judge_state *s)
{
	for (size_t i = 0; i < s->rows.n; i++)
		if (s->rows.rows[i].kind == ROW_REGRESSED && s->rows.rows[i].arm[ARM_FT].hung > 0)
			return true;
	return false;
}

static bool is_test_regressed(const struct judge_state *s)
{
	return s->kinds[ROW_REGRESSED] > 0;
}

bool stress_decides(const struct judge_state *s)
{
	return !s->ft.gil_on;
}

/* Only the stress modes can say it; a serial suite has one thread at a time. */
static bool is_race(const struct judge_state *s)
{
	return stress_decides(s) && stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_LIBRARY) > 0;
}

/* Seen under stress and not settled, or memory was spoilt and nobody can be named. */
static bool stress_suspects(const struct judge_state *s)
{
	return stress_count(&s->stress, DEFECT_SUSPECT, FAULT_LIBRARY) > 0 || stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_UNKNOWN) > 0;
}

/* Something differs that no equal number of runs has settled. */
static bool is_suspect(const struct judge_state *s)
{
	if (s->kinds[ROW_SUSPECT] > 0 || (s->ft.import_failures > 0 && s->gil.imports > 0))
		return true;
	bool lost = s->ft.state == SUITE_DIED || s->ft.state == SUITE_TIMEOUT || s->ft.state == SUITE_NOT_STARTED ||
	            s->ft.state == SUITE_EMPTY;
	return (s->gil.state == SUITE_RAN && lost) || (stress_decides(s) && stress_suspects(s));
}

static bool is_gil_fallback(const struct judge_state *s)
{
	return s->ft.gil_on;
}

static bool is_untested(const struct judge_state *s)
{
	if (s->gil.state != SUITE_RAN || s->ft.state != SUITE_RAN || s->both_passed == 0)
		return true;
	if (s->gil.shadowed || s->ft.shadowed)
		return true;
	/* Stopped by the clock: what ran may speak for the rest only if it is most of it. */
	return (s->gil.stopped_early || s->ft.stopped_early) && s->both_ran * 2 < s->ft.selected;
}

static bool is_pass(const struct judge_state *s)
{
	(void)s;
	return true;
}

/* One row per outcome; a new outcome is a row here and one in outcome.def. */
static const struct {
	bool (*matches)(const struct judge_state *s);
	void (*explain)(const struct judge_state *s, struct package_result *out);
} rules[] = {
	[OUT_ERROR] = { is_error, why_error },
	[OUT_SKIPPED] = { is_skipped, why_skipped },
	[OUT_UNSUPPORTED] = { is_unsupported, why_unsupported },
	[OUT_BROKEN] = { is_broken, why_broken },
	[OUT_BLOCKED] = { is_blocked, why_blocked },
	[OUT_BUILD_REGRESSED] = { is_build_regressed, why_build_regressed },
	[OUT_IMPORT_REGRESSED] = { is_import_regressed, why_import_regressed },
	[OUT_CRASH] = { is_crash, why_crash },
	[OUT_HANG] = { is_hang, why_hang },
	[OUT_TEST_REGRESSED] = { is_test_regressed, why_test_regressed },
	[OUT_RACE] = { is_race, why_race },
	[OUT_SUSPECT] = { is_suspect, why_suspect },
	[OUT_GIL_FALLBACK] = { is_gil_fallback, why_gil_fallback },
	[OUT_UNTESTED] = { is_untested, why_untested },
	[OUT_PASS] = { is_pass, why_pass },
};
_Static_assert(ARRAY_LEN(rules) == OUT_COUNT, "every outcome has its rule");

static enum outcome first_match(const struct judge_state *s, enum outcome from)
{
	while (from < OUT_PASS && !rules[from].matches(s))
		from++;
	return from;
}

/* Under stress memory was spoilt by what the package needs: its users meet that too. */
static bool others_at_fault(const struct judge_state *s)
{
	return stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_DEPENDENCY) + stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_INTERPRETER) > 0;
}

static bool any_grave(const struct judge_state *s)
{
	for (size_t i = 0; i < s->stress.n; i++)
		if (stress_grave(&s->stress.v[i]))
			return true;
	return false;
}

/* The outcome's own readiness, lowered or raised where the rest of the facts ask for it. */
static enum readiness readiness_of(const struct judge_state *s, enum outcome verdict, enum outcome instead)
{
	if (verdict == OUT_UNSUPPORTED && (instead == OUT_PASS || instead == OUT_GIL_FALLBACK))
		return READY_LIMITS;
	if (verdict == OUT_PASS && (s->native_differs || others_at_fault(s)))
		return READY_LIMITS;
	if (verdict == OUT_RACE) /* a caller's lock helps against wrong results, and is no help against a dead process */
		return any_grave(s) ? READY_NO_GO : READY_LIMITS;
	return outcome_readiness(verdict);
}

static void set_bound(const struct judge_state *s, enum outcome seen, struct package_result *out)
{
	bool without_gil = s->ft.gil_on && s->nogil.complete > 0;
	out->runs = (int64_t)(without_gil ? s->nogil.complete : s->ft.complete);
	bool clean = seen == OUT_PASS || seen == OUT_GIL_FALLBACK;
	if (without_gil && (s->nogil_crashes.n > 0 || nogil_failures(s) > 0))
		clean = false;
	out->bound = clean ? bound_zero_failures(out->runs) : 1;
}

void judge_package(const struct judge_input *in, struct package_result *out)
{
	struct judge_state s;
	judge_state_init(&s, in);
	enum outcome verdict = first_match(&s, OUT_ERROR);
	/* Of a release that refuses the interpreter, an older one may have been tested: judged by the rules that follow. */
	bool instead = verdict == OUT_UNSUPPORTED && in->tested_version;
	enum outcome seen = instead ? first_match(&s, OUT_UNSUPPORTED + 1) : verdict;
	out->verdict = verdict;
	out->readiness = readiness_of(&s, verdict, instead ? seen : OUT_UNSUPPORTED);
	if (instead)
		str_set(&out->tested_version, in->tested_version);
	set_bound(&s, seen, out);
	fill_counts(&s, out);
	fill_differences(&s, out);
	stress_summarise(in, out);
	rules[verdict].explain(&s, out);
	if (instead)
		rules[seen].explain(&s, out);
	add_remarks(&s, out);
	fill_flags(&s, out);
	fill_findings(&s, out);
	fill_ladder(&s, out);
	scaling_judge(in->scaling, in->n_scaling, &out->scaling);
	if (out->scaling.n == 0)
		str_set(&out->scaling.note, in->no_scaling);
	scaling_remark(out);
	judge_state_release(&s);
}

void judge_nominate(const struct judge_input *in, size_t cap, struct strv *ids)
{
	struct comparison c;
	compare_runs(&c, (struct runs){ in->gil, in->n_gil }, (struct runs){ in->ft, in->n_ft }, in->top_level);
	judge_classify(&c);
	judge_nominees(&c, cap, ids);
	comparison_release(&c);
}
