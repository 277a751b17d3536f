/* facts.c: see facts.h. */
#include "report/facts.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *fact_worth(const struct package_result *p)
{
	if (p->readiness != READY_GO)
		return NULL;
	if (p->runs <= 0)
		return xstrdup("no complete run stands behind this");
	AUTO_FREE char *bound = cell_percent(p->bound);
	return xasprintf("0 failures in %lld %s, so a failure rate below %s at 95%%", (long long)p->runs, p->runs == 1 ? "run" : "runs", bound);
}

char *fact_events(const struct finding *f)
{
	struct buf b = { 0 };
	buf_addf(&b, "ft %lld of %lld %s", (long long)f->events, (long long)f->runs, f->runs == 1 ? "run" : "runs");
	if (f->seconds_to_first >= 0) {
		AUTO_FREE char *first = cell_seconds(f->seconds_to_first);
		buf_addf(&b, ", first %s", first);
	}
	if (f->control_runs > 0)
		buf_addf(&b, " | gil %lld of %lld", (long long)f->control_events, (long long)f->control_runs);
	else
		buf_adds(&b, " | gil not run");
	if (f->locked_runs > 0)
		buf_addf(&b, " | ft one at a time %lld of %lld plays", (long long)f->locked_events, (long long)f->locked_runs);
	if (f->serial_runs > 0)
		buf_addf(&b, " | ft one thread %lld of %lld plays", (long long)f->serial_events, (long long)f->serial_runs);
	return buf_steal(&b);
}

const char *fact_only_without_gil(const struct finding *f)
{
	if (f->control_runs <= 0 || f->events <= 0)
		return "";
	return f->control_events == 0 ? "not seen with the GIL" : "seen with the GIL too";
}

/* "2 regressed, 1 flaky": the kinds in the order in which they first appear. */
static void add_kinds(struct buf *b, const struct package_result *p)
{
	AUTO_STRV kinds = { 0 };
	for (size_t i = 0; i < p->n_differences; i++)
		strv_add_unique(&kinds, p->differences[i].kind ? p->differences[i].kind : "other");
	for (size_t k = 0; k < kinds.n; k++) {
		size_t n = 0;
		for (size_t i = 0; i < p->n_differences; i++)
			n += str_eq(p->differences[i].kind ? p->differences[i].kind : "other", kinds.v[k]);
		buf_addf(b, "%s%zu ", k ? ", " : ": ", n);
		style_text(b, kinds.v[k]);
	}
}

char *fact_differences(const struct package_result *p)
{
	if (p->n_differences + p->only_gil.n + p->only_ft.n == 0)
		return NULL;
	struct buf b = { 0 };
	buf_addf(&b, "%zu %s", p->n_differences, p->n_differences == 1 ? "test" : "tests");
	add_kinds(&b, p);
	buf_addf(&b, "; collected only on gil %zu, only on ft %zu", p->only_gil.n, p->only_ft.n);
	return buf_steal(&b);
}

char *fact_difference_runs(const struct test_difference *d)
{
	struct buf b = { 0 };
	style_text(&b, d->kind ? d->kind : "other");
	buf_addf(&b, ": gil %s, failed %lld of %lld | ft %s, failed %lld of %lld", test_status_word(d->gil), (long long)d->gil_bad,
	         (long long)d->gil_runs, test_status_word(d->ft), (long long)d->ft_bad, (long long)d->ft_runs);
	return buf_steal(&b);
}

static bool one_of(const char *state, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(state, *words) == 0)
			return true;
	return false;
}

static bool says_yes(const char *state)
{
	static const char *const words[] = { "yes", "same", "GIL off", "ok", "passed", NULL };
	return str_starts(state, "cp3") || str_starts(state, "abi3") || one_of(state, words);
}

static bool says_no(const char *state)
{
	static const char *const words[] = { "no",   "crash", "hang",   "hung", "differs", "failed", "fails", "regressed",
		                                 "race", "abort", "GIL on", "different", NULL };
	return str_starts(state, "GIL on") || one_of(state, words);
}

/* The first two rungs are what the package claims, the others what was seen. */
static bool is_claim(const struct rung *r)
{
	return str_eq(r->name, "classifier") || str_eq(r->name, "wheel");
}

/* An extension that leaves the GIL off says of itself that it needs none (Py_MOD_GIL_NOT_USED). */
static bool declares(const struct package_result *p, const struct rung *r)
{
	return str_eq(r->name, "import") && r->state && strcasecmp(r->state, "GIL off") == 0 && p->artifact[ARM_FT].native;
}

static bool is_stress(const struct rung *r)
{
	return str_eq(r->name, "stress") || str_eq(r->name, "sanitizer");
}

char *fact_contradiction(const struct package_result *p)
{
	const struct rung *claim = NULL, *seen = NULL, *declared = NULL;
	for (size_t i = 0; i < p->n_ladder; i++) {
		const struct rung *r = &p->ladder[i];
		const char *state = r->state ? r->state : "";
		if (!claim && is_claim(r) && says_yes(state))
			claim = r;
		if (!seen && !is_claim(r) && says_no(state))
			seen = r;
		if (declares(p, r))
			declared = r;
	}
	if (!seen || (!claim && (!declared || !is_stress(seen))))
		return NULL;
	if (is_stress(seen) && declared) {
		AUTO_FREE char *who = claim ? style_line(claim->name) : NULL;
		return xasprintf("%s%s%s that it needs no GIL, the %s says otherwise", who ? "the " : "its extension modules declare", who ? who : "",
		                 who ? " says yes and its extension modules declare" : "", seen->name);
	}
	AUTO_FREE char *a = style_line(claim->name);
	AUTO_FREE char *b = style_line(seen->name);
	return xasprintf("the %s says yes, the %s no", a, b);
}

static const char *native(const struct package_result *p)
{
	const struct artifact_facts *gil = &p->artifact[ARM_GIL], *ft = &p->artifact[ARM_FT];
	if (!gil->known || !ft->known)
		return "";
	if (gil->native != ft->native)
		return gil->native ? "; native code on gil only" : "; native code on ft only";
	return gil->native ? "; native code on both arms" : "; no native code on either arm";
}

char *fact_suite(const struct package_result *p)
{
	struct buf b = { 0 };
	AUTO_FREE char *cell = cell_suite(p);
	buf_adds(&b, cell);
	if (p->tests[ARM_GIL].known && p->tests[ARM_FT].known)
		buf_adds(&b, " passed");
	if (p->selected >= 0 && p->collected >= 0) {
		AUTO_FREE char *selected = text_count((uint64_t)p->selected);
		AUTO_FREE char *collected = text_count((uint64_t)p->collected);
		buf_addf(&b, "; %s of %s tests selected", selected, collected);
		if (p->files > p->files_selected)
			buf_addf(&b, " in %lld of %lld files", (long long)p->files_selected, (long long)p->files);
		buf_addf(&b, "; %s ids", p->only_gil.n + p->only_ft.n ? "different" : "same");
	}
	buf_adds(&b, native(p));
	if (p->tests_from || p->runner) {
		AUTO_FREE char *from = style_line(p->tests_from ? p->tests_from : "?");
		AUTO_FREE char *runner = style_line(p->runner ? p->runner : "?");
		buf_addf(&b, "; tests from %s, run by %s", from, runner);
	}
	return buf_steal(&b);
}

char *fact_arm_tests(const struct arm_tests *t)
{
	if (!t->known)
		return NULL;
	const struct {
		const char *word;
		int64_t n;
	} parts[] = { { "passed", t->passed }, { "failed", t->failed }, { "skipped", t->skipped }, { "errors", t->errors }, { "not run", t->not_run } };
	struct buf b = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		AUTO_FREE char *n = text_count((uint64_t)(parts[i].n > 0 ? parts[i].n : 0));
		buf_addf(&b, "%s%s %s", i ? ", " : "", n, parts[i].word);
	}
	AUTO_FREE char *seconds = text_duration(t->seconds);
	buf_addf(&b, " in %s", seconds);
	return buf_steal(&b);
}

char *fact_artifact(const struct artifact_facts *a)
{
	if (!a->known)
		return NULL;
	struct buf b = { 0 };
	style_text(&b, a->kind ? a->kind : "?");
	buf_addc(&b, ' ');
	style_text(&b, a->file ? a->file : "?");
	if (a->sha256) {
		buf_adds(&b, " sha256 ");
		style_text(&b, a->sha256);
	}
	if (a->cached) {
		buf_adds(&b, ", built earlier");
	} else if (a->seconds > 0) {
		AUTO_FREE char *seconds = text_duration(a->seconds);
		buf_addf(&b, ", built in %s", seconds);
	}
	if (a->native)
		buf_addf(&b, ", %zu of %zu extension modules loaded", a->loaded.n, a->extensions.n);
	return buf_steal(&b);
}
