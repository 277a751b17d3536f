/*
 * reasons.c: the lines under a package's row in the matrix, most important
 * first, and what to do about it. A line is at most 160 characters; what is
 * cut is the foreign message at its end, never an id.
 */
#include "judge/state.h"
#include "judge/stats.h"

#include <stdlib.h>
#include <string.h>

#define MOST_LINE 160
#define MOST_NAMED 3 /* failing tests with a line of their own */

void reason_add(struct package_result *out, char *head, const char *message)
{
	AUTO_FREE char *text = head;
	size_t used = strlen(text), n = message ? strcspn(message, "\r\n") : 0;
	size_t room = used + 22 < MOST_LINE ? MOST_LINE - used - 2 : 20;
	if (n == 0) {
		strv_add(&out->reasons, text);
		return;
	}
	bool cut = n > room;
	size_t keep = cut ? room - 3 : n;
	while (cut && keep > 0 && ((unsigned char)message[keep] & 0xc0) == 0x80)
		keep--; /* not inside a character */
	strv_addf(&out->reasons, "%s: %.*s%s", text, (int)keep, message, cut ? "..." : "");
}

static char *rate(const struct arm_row *a)
{
	return xasprintf("%lld of %lld", (long long)a->bad, (long long)a->runs);
}

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static char *bound_text(int64_t runs, double bound)
{
	return xasprintf("0 failures in %lld run%s: below %.2g%% at 95%%", (long long)runs, plural(runs), bound * 100);
}

void why_error(const struct judge_state *s, struct package_result *out)
{
	const char *why = s->in->infra_error;
	const struct arm_facts *f = s->gil.failed_to_start ? &s->gil : &s->ft;
	if (!why && f->failed_to_start)
		why = f->runs.v[0]->error ? f->runs.v[0]->error : "the suite could not be started";
	reason_add(out, xstrdup("error"), why);
	str_set(&out->advice, "nothing is claimed of the package; run the same command again");
}

void why_skipped(const struct judge_state *s, struct package_result *out)
{
	reason_add(out, xstrdup("skipped"), s->in->skip_reason);
}

void why_unsupported(const struct judge_state *s, struct package_result *out)
{
	bool both = s->in->build.gil == BUILD_REFUSED;
	bool named = s->in->tested_version && out->version;
	reason_add(out, xasprintf("%s%srefuses this interpreter%s", named ? out->version : "", named ? " " : "", both ? ", with the GIL too" : ""),
	         s->in->build.refusal);
	if (!s->in->tested_version) {
		AUTO_FREE char *tried = s->in->older_tried ? strv_join(s->in->older_tried, ", ") : NULL;
		if (tried && *tried)
			strv_addf(&out->reasons, "tried in its place, and none works here: %s", tried);
		str_set(&out->advice, "wait for a release that supports it, or use the CPython that it asks for");
		return;
	}
	strv_addf(&out->reasons, "%s tested in its place:", s->in->tested_version);
	free(out->advice);
	out->advice = xasprintf("pin %s==%s", out->name ? out->name : "it", s->in->tested_version);
}

void why_broken(const struct judge_state *s, struct package_result *out)
{
	const struct judge_input *in = s->in;
	if (in->build.gil == BUILD_FAILED) {
		AUTO_FREE char *line = error_line_of_log(in->build.build_error_gil);
		reason_add(out, xstrdup("broken: does not build on the GIL build either"), line);
	} else if (in->blocked_by && in->blocked_on_both) {
		reason_add(out, xasprintf("broken: its dependency %s fails on the GIL build too", in->blocked_by), NULL);
		str_set(&out->blocker, in->blocked_by);
		if (in->blocked_path)
			strv_copy(&out->path, in->blocked_path);
	} else if (s->gil.import_failures > 0 && s->gil.imports == 0) {
		reason_add(out, xstrdup("broken: cannot be imported on the GIL build"), s->gil.import_error);
	} else if (s->gil.state == SUITE_DIED) {
		reason_add(out, xasprintf("broken: the suite dies on the GIL build after %lld tests", (long long)s->gil.ran), s->gil.base->error);
	} else {
		reason_add(out, xstrdup("broken: no test passes on the GIL build"), NULL);
	}
	str_set(&out->advice, "nothing can be said about free threading until it works with the GIL");
}

void why_blocked(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *path = s->in->blocked_path ? strv_join(s->in->blocked_path, " > ") : xstrdup("");
	reason_add(out, xasprintf("blocked by %s%s%s%s", s->in->blocked_by, *path ? " (" : "", path, *path ? ")" : ""), s->in->blocked_why);
	str_set(&out->blocker, s->in->blocked_by);
	if (s->in->blocked_path)
		strv_copy(&out->path, s->in->blocked_path);
	free(out->advice);
	out->advice = xasprintf("wait for %s or replace it", s->in->blocked_by);
}

void why_build_regressed(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *line = error_line_of_log(s->in->build.build_error_ft);
	reason_add(out, xstrdup("build-regressed: builds for gil, not for free threading"), line);
	str_set(&out->advice, "report the build error to the package; an older release may build");
}

void why_import_regressed(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *signal = s->ft.import_signal ? signal_word(s->ft.import_signal) : NULL;
	reason_add(out, xasprintf("import-regressed: cannot be imported on free threading%s%s", signal ? ", dies of " : "", signal ? signal : ""),
	         s->ft.import_error);
	str_set(&out->advice, "report the import error to the package");
}

void why_crash(const struct judge_state *s, struct package_result *out)
{
	for (size_t i = 0; i < s->crashes.n && i < MOST_NAMED; i++) {
		const struct crash *c = &s->crashes.v[i];
		AUTO_FREE char *signal = signal_word(c->culprit->signal);
		AUTO_FREE char *where = c->stack.where ? xasprintf(" (%s)", c->stack.where) : xstrdup("");
		reason_add(out, xasprintf("crash: %s in %s%s; ft %lld of %lld runs, gil %lld of %lld", signal,
		                        c->culprit->id ? c->culprit->id : "the interpreter, between tests", where, (long long)c->events,
		                        (long long)c->runs, (long long)c->control_events, (long long)c->control_runs), NULL);
	}
	str_set(&out->advice, "report the crash to the package, with the command that reproduces it");
}

/* "also with PYTHON_GIL=1": then it is the build that matters, not the missing GIL. */
static const char *control_words(const struct judge_state *s, const struct test_row *r)
{
	const struct test_row *c = comparison_find(&s->control, r->id);
	if (!c || c->arm[ARM_FT].runs == 0)
		return "";
	return c->arm[ARM_FT].bad == c->arm[ARM_FT].runs ? ", also with PYTHON_GIL=1" : c->arm[ARM_FT].bad == 0 ? ", not with PYTHON_GIL=1" : "";
}

/* Lines for the first rows of a kind, then one for the rest; hung ones only, or all. */
static void name_rows(const struct judge_state *s, struct package_result *out, enum row_kind kind, const char *word,
                      const char *what, bool hung_only)
{
	int64_t named = 0, left = 0;
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct test_row *r = &s->rows.rows[i];
		if (r->kind != kind || (hung_only && r->arm[ARM_FT].hung == 0))
			continue;
		if (named++ >= MOST_NAMED) {
			left++;
			continue;
		}
		AUTO_FREE char *ft = rate(&r->arm[ARM_FT]);
		AUTO_FREE char *gil = r->arm[ARM_GIL].runs ? rate(&r->arm[ARM_GIL]) : xstrdup("not run");
		reason_add(out, xasprintf("%s: %s %s in %s runs, gil %s%s", word, r->id,
		                        r->collect ? "is not collected on free threading" : what, ft, gil, control_words(s, r)),
		         r->arm[ARM_FT].message);
	}
	if (left)
		strv_addf(&out->reasons, "%s: and %lld more", word, (long long)left);
}

void why_hang(const struct judge_state *s, struct package_result *out)
{
	name_rows(s, out, ROW_REGRESSED, "hang", "does not end on free threading", true);
	str_set(&out->advice, "report the hang to the package, with the stacks");
}

void why_test_regressed(const struct judge_state *s, struct package_result *out)
{
	name_rows(s, out, ROW_REGRESSED, "test-regressed", "fails on free threading", false);
	str_set(&out->advice, "report the failing tests to the package");
}

static void say_lost_suite(const struct judge_state *s, struct package_result *out)
{
	static const char *const words[] = {
		[SUITE_DIED] = "ended before its last test", [SUITE_TIMEOUT] = "was not finished in its time",
		[SUITE_NOT_STARTED] = "did not start", [SUITE_EMPTY] = "collected nothing" };
	const char *how = s->ft.state < ARRAY_LEN(words) ? words[s->ft.state] : NULL;
	if (how && s->gil.state == SUITE_RAN)
		reason_add(out, xasprintf("suspect: the suite %s on free threading, and ran to its end on gil", how), s->ft.base->error);
}

void why_suspect(const struct judge_state *s, struct package_result *out)
{
	name_rows(s, out, ROW_SUSPECT, "suspect", "failed on free threading", false);
	if (s->kinds[ROW_SUSPECT] > 0)
		strv_add(&out->reasons, s->in->confirm_exhausted ? "neither confirmed nor seen on gil within the budget"
		                                                 : "neither confirmed nor seen on gil in the runs so far");
	if (s->ft.import_failures > 0 && s->gil.imports > 0)
		reason_add(out, xasprintf("suspect: the import failed on free threading in %zu of %zu tries", s->ft.import_failures,
		                        s->ft.import_failures + s->ft.imports), s->ft.import_error);
	say_lost_suite(s, out);
	name_stress_suspects(s, out);
	str_set(&out->advice, "run it again with `--effort deep` to confirm or clear it");
}

/* Tests that fail for nothing but the turning itself. */
static void say_fallback_failures(const struct judge_state *s, struct package_result *out)
{
	int64_t n = s->kinds[ROW_FALLBACK];
	if (n)
		strv_addf(&out->reasons, "%lld test%s only where the GIL is turned back on, not with PYTHON_GIL=0 or 1", (long long)n,
		          n == 1 ? " fails" : "s fail");
}

static void say_without_gil(const struct judge_state *s, struct package_result *out)
{
	if (s->nogil.base == NULL) {
		strv_add(&out->reasons, "its suite was not run with PYTHON_GIL=0");
		return;
	}
	for (size_t i = 0; i < s->nogil_crashes.n && i < MOST_NAMED; i++)
		strv_addf(&out->reasons, "with PYTHON_GIL=0: %s, %lld of %lld runs", s->nogil_crashes.v[i].signature,
		          (long long)s->nogil_crashes.v[i].events, (long long)s->nogil_crashes.v[i].runs);
	int64_t bad = nogil_failures(s);
	if (bad)
		strv_addf(&out->reasons, "with PYTHON_GIL=0: %lld test%s on free threading and not on gil", (long long)bad,
		          bad == 1 ? " fails" : "s fail");
	else if (s->nogil.complete == 0)
		strv_add(&out->reasons, "with PYTHON_GIL=0 its suite did not come to an end");
	else {
		AUTO_FREE char *text = bound_text(out->runs, out->bound);
		strv_addf(&out->reasons, "with PYTHON_GIL=0: %s", text);
	}
}

void why_gil_fallback(const struct judge_state *s, struct package_result *out)
{
	const char *module = s->ft.gil_module ? s->ft.gil_module : "a module";
	if (s->ft.gil_test)
		reason_add(out, xasprintf("%s turns the GIL back on in %s", module, s->ft.gil_test), NULL);
	else
		reason_add(out, xasprintf("%s turns the GIL back on%s", module, s->nogil.base ? "; the suite ran with PYTHON_GIL=0" : ""), NULL);
	say_without_gil(s, out);
	say_fallback_failures(s, out);
	free(out->advice);
	out->advice = xasprintf("ask for %s to declare free threading: its import turns the GIL on for the whole process", module);
}

/* Why an arm's suite says nothing, or NULL when it ran. */
static const char *state_words(enum suite_state state)
{
	static const char *const words[] = {
		[SUITE_NONE] = "was not run", [SUITE_NOT_STARTED] = "did not start", [SUITE_EMPTY] = "collected nothing",
		[SUITE_NOT_COLLECTED] = "could not be collected", [SUITE_SKIPPED] = "ran no test: all are skipped",
		[SUITE_DIED] = "ended before its last test", [SUITE_TIMEOUT] = "was not finished in its time" };
	return state < ARRAY_LEN(words) ? words[state] : NULL;
}

static const char *detail_of(const struct evidence *e)
{
	if (!e)
		return NULL;
	if (e->n_collect_errors)
		return e->collect_errors[0].message;
	if (e->unknown_options.n)
		return e->unknown_options.v[0];
	return e->error;
}

void why_untested(const struct judge_state *s, struct package_result *out)
{
	const char *gil = state_words(s->gil.state), *ft = state_words(s->ft.state);
	const char *detail = detail_of(gil ? s->gil.base : s->ft.base);
	str_set(&out->advice, "a profile can say where its tests are and what they need");
	if (s->in->no_suite && !s->gil.base && !s->ft.base)
		reason_add(out, xstrdup("untested"), s->in->no_suite);
	else if (gil && ft && strcmp(gil, ft) == 0)
		reason_add(out, xasprintf("untested: the suite %s on either build", gil), detail);
	else if (gil)
		reason_add(out, xasprintf("untested: the suite %s on gil", gil), detail);
	else if (ft)
		reason_add(out, xasprintf("untested: the suite %s on free threading", ft), detail);
	else if (s->gil.shadowed || s->ft.shadowed)
		reason_add(out, xstrdup("untested: the suite imported its own folder instead of the installed build"),
		         (s->gil.shadowed ? s->gil : s->ft).base->shadowed.n ? (s->gil.shadowed ? s->gil : s->ft).base->shadowed.v[0] : NULL);
	else if (s->both_passed == 0)
		reason_add(out, xstrdup("untested: no test passed on both builds"), NULL);
	else
		reason_add(out, xasprintf("untested: suite not finished; %lld of %lld tests ran on both builds, nothing is claimed",
		                        (long long)s->both_ran, (long long)s->ft.selected), NULL);
}

void why_pass(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *text = bound_text(out->runs, out->bound);
	(void)s;
	strv_add(&out->reasons, text);
}

static void remark_on_rows(const struct judge_state *s, struct package_result *out)
{
	int64_t named = 0, both = 0, uncollected = 0;
	const struct test_row *first_both = NULL, *first_uncollected = NULL;
	for (size_t i = 0; i < s->rows.n; i++) {
		const struct test_row *r = &s->rows.rows[i];
		if (r->kind == ROW_FLAKY && named++ < MOST_NAMED)
			strv_addf(&out->reasons, "flaky: %s fails now and then, with the GIL too (ft %lld of %lld runs, gil %lld of %lld)", r->id,
			          (long long)r->arm[ARM_FT].bad, (long long)r->arm[ARM_FT].runs, (long long)r->arm[ARM_GIL].bad,
			          (long long)r->arm[ARM_GIL].runs);
		if (r->kind != ROW_BOTH)
			continue;
		const struct test_row **first = r->collect ? &first_uncollected : &first_both;
		*first = *first ? *first : r;
		*(r->collect ? &uncollected : &both) += 1;
	}
	if (uncollected)
		reason_add(out, xasprintf("%lld file%s not collected on either build; %s", (long long)uncollected, plural(uncollected),
		                        first_uncollected->id), first_uncollected->arm[ARM_FT].message);
	if (both)
		reason_add(out, xasprintf("%lld test%s on both builds, not counted; %s", (long long)both, both == 1 ? " fails" : "s fail",
		                        first_both->id), first_both->arm[ARM_FT].message);
}

static void remark_on_missing(const struct judge_state *s, struct package_result *out)
{
	AUTO_STRV needs = { 0 };
	for (size_t i = 0; i < s->rows.n && needs.n < 5; i++)
		if (row_not_run(&s->rows.rows[i]))
			strv_add_unique(&needs, s->rows.rows[i].needs);
	AUTO_FREE char *names = strv_join(&needs, ", ");
	if (needs.n)
		strv_addf(&out->reasons, "%lld test%s not run on either build, for want of %s", (long long)s->not_run, plural(s->not_run), names);
}

void add_remarks(const struct judge_state *s, struct package_result *out)
{
	if (out->verdict == OUT_ERROR || out->verdict == OUT_SKIPPED)
		return;
	remark_on_rows(s, out);
	remark_on_missing(s, out);
	remark_on_stress(s, out);
	if (s->in->native_known && s->in->native_gil && !s->in->native_ft)
		strv_add(&out->reasons, "native on gil only: free threading runs the pure Python version, so the comparison says little");
	else if (s->native_differs)
		strv_add(&out->reasons, "the builds do not run the same native code: the comparison says little");
	if (out->only_gil.n || out->only_ft.n)
		strv_addf(&out->reasons, "collected on one build only: %zu on gil, %zu on free threading", out->only_gil.n, out->only_ft.n);
	if ((s->gil.stopped_early || s->ft.stopped_early) && out->verdict == OUT_PASS)
		strv_addf(&out->reasons, "%lld of %lld tests ran on both builds before the time was up", (long long)s->both_ran,
		          (long long)s->ft.selected);
	if (s->ft.forged || s->gil.forged)
		strv_add(&out->reasons, "code under test wrote to the event channel; those lines were ignored");
	if (s->ft.out_of_memory || s->gil.out_of_memory)
		strv_addf(&out->reasons, "ran out of memory on %s", s->ft.out_of_memory ? "free threading" : "gil");
}
