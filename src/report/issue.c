/* issue.c: the diagnosis sheet as Markdown for a package's own tracker. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/report.h"
#include "report/style.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_LINES 40
#define DIFFERENCES 30

/* Prose: nothing in it may become markup, ping a person or link an issue. A
 * zero-width space behind "@" and "#", and inside what would become a link,
 * does what a backslash does not. */
static void add_prose(struct buf *out, const char *harmless)
{
	size_t digits = strspn(harmless, "0123456789"); /* "1." would begin a list, as "+" and "-" do */
	for (const char *p = harmless; *p; p++) {
		bool marker = (p == harmless && strchr("+-=", *p)) || (digits && p == harmless + digits && (*p == '.' || *p == ')'));
		if (marker || strchr("\\`*_[]<>|~&!#", *p))
			buf_addc(out, '\\');
		buf_addc(out, *p);
		bool link = str_starts(p, "://") || str_starts(p, "ww.");
		if (link || *p == '@' || (*p == '#' && isdigit((unsigned char)p[1])))
			buf_adds(out, "&#8203;");
	}
}

static void add_foreign(struct buf *out, const char *text)
{
	AUTO_FREE char *safe = style_line(text);
	add_prose(out, safe);
}

/* The longest run of backticks, so that a fence can be longer. */
static size_t backticks(const char *s)
{
	size_t longest = 0;
	for (; *s; s++) {
		size_t n = strspn(s, "`");
		longest = n > longest ? n : longest;
		s += n ? n - 1 : 0;
	}
	return longest;
}

static void add_ticks(struct buf *out, size_t n)
{
	while (n--)
		buf_addc(out, '`');
}

/* Inline code; blanks keep a backtick at either end apart from the fence. */
static void add_code(struct buf *out, const char *text)
{
	AUTO_FREE char *safe = style_line(text);
	size_t fence = backticks(safe) + 1;
	add_ticks(out, fence);
	buf_addf(out, "%s%s%s", fence > 1 ? " " : "", safe, fence > 1 ? " " : "");
	add_ticks(out, fence);
}

static void add_block(struct buf *out, const char *title, const char *text, enum block_end end)
{
	if (!text || !*text)
		return;
	AUTO_BUF block = { 0 };
	size_t shown;
	size_t n = style_block(&block, text, "", end, BLOCK_LINES, &shown);
	size_t fence = backticks(buf_str(&block)) + 3;
	buf_addf(out, "\n%s (%zu of %zu lines):\n\n", title, shown, n);
	add_ticks(out, fence);
	buf_addf(out, "text\n%s", buf_str(&block));
	add_ticks(out, fence);
	buf_addc(out, '\n');
}

/* The stand-alone reproducer, whole: it is what a maintainer asks for first. */
static void add_script(struct buf *out, const struct finding *f)
{
	if (!f->script || !*f->script)
		return;
	AUTO_BUF block = { 0 };
	size_t shown;
	style_block(&block, f->script, "", BLOCK_FIRST, 0, &shown);
	size_t fence = backticks(buf_str(&block)) + 3;
	AUTO_FREE char *note = style_line(f->script_note ? f->script_note : "not verified");
	buf_adds(out, "\nA script that needs the package alone (");
	add_prose(out, note);
	buf_adds(out, "):\n\n");
	add_ticks(out, fence);
	buf_addf(out, "python\n%s", buf_str(&block));
	add_ticks(out, fence);
	buf_addc(out, '\n');
}

static void add_item(struct buf *out, const char *label, const char *text, bool code)
{
	if (!text || !*text)
		return;
	buf_addf(out, "- %s: ", label);
	if (code)
		add_code(out, text);
	else
		add_foreign(out, text);
	buf_addc(out, '\n');
}

static void add_finding(struct buf *out, const struct finding *f)
{
	buf_addf(out, "\n## %s", finding_kind_word(f->kind));
	if (f->title) {
		buf_adds(out, ": ");
		add_foreign(out, f->title);
	}
	AUTO_FREE char *events = fact_events(f);
	AUTO_FREE char *oracle = fact_oracle(f);
	AUTO_FREE char *fixed = fact_fixed(f);
	buf_adds(out, "\n\n");
	add_item(out, "where", f->signature ? f->signature : f->module, true);
	add_item(out, "test", f->test, true);
	add_item(out, "mode", f->oracle ? NULL : f->mode, true);
	add_item(out, "found by", oracle, false);
	add_item(out, "events", events, false);
	add_item(out, "not confirmed", f->note, false);
	add_item(out, "with the GIL", fact_only_without_gil(f), false);
	add_item(out, "fault", fault_word(f->fault), false);
	add_item(out, f->fixed_in && f->fixed_tested ? "not shown by" : "newer", fixed, false);
	add_item(out, "reproduce", f->reproduce, true);
	add_script(out, f);
	add_block(out, "Stack", f->stack, BLOCK_FIRST);
	add_block(out, "Native stacks", style_interrupted(f->native_stack), BLOCK_FIRST);
	add_block(out, "End of the log", f->tail, BLOCK_LAST);
}

static void add_differences(struct buf *out, const struct package_result *p)
{
	if (p->n_differences == 0)
		return;
	buf_adds(out, "\n## Tests that differ\n\n");
	for (size_t i = 0; i < p->n_differences && i < DIFFERENCES; i++) {
		AUTO_FREE char *runs = fact_difference_runs(&p->differences[i]);
		buf_adds(out, "- ");
		add_code(out, p->differences[i].id);
		buf_adds(out, " ");
		add_foreign(out, runs);
		buf_addc(out, '\n');
	}
	if (p->n_differences > DIFFERENCES)
		buf_addf(out, "- and %zu more of %zu\n", p->n_differences - DIFFERENCES, p->n_differences);
}

static void add_setup(struct buf *out, const struct survey *s, const struct package_result *p)
{
	AUTO_FREE char *gil = fact_artifact(&p->artifact[ARM_GIL]);
	AUTO_FREE char *ft = fact_artifact(&p->artifact[ARM_FT]);
	AUTO_FREE char *suite = fact_suite(p);
	AUTO_FREE char *runs = fact_stress_runs(p);
	AUTO_FREE char *parallel = fact_parallel(p);
	AUTO_FREE char *replayed = fact_replayed(p);
	AUTO_FREE char *parity = strv_join(&s->pair.parity, "; ");
	buf_adds(out, "\n## How it was made\n\n");
	add_item(out, "interpreter with the GIL", s->pair.gil.version, true);
	add_item(out, "free-threaded interpreter", s->pair.ft.version, true);
	add_item(out, "compiler", s->pair.ft.compiler, true);
	add_item(out, "the two differ in", parity, false);
	add_item(out, "package on gil", gil, true);
	add_item(out, "package on ft", ft, true);
	add_item(out, "suite", suite, false);
	add_item(out, "stress", runs, false);
	add_item(out, "run in parallel", parallel, false);
	add_item(out, "replayed", replayed, false);
	add_item(out, "seed", s->seed, true);
	add_item(out, "sandbox", s->sandbox ? NULL : "off", false);
	add_item(out, "tool", s->tool_version, false);
	add_item(out, "command", p->reproduce, true);
}

int report_issue(FILE *stream, const struct survey *s, const struct package_result *p, const struct report_options *opt MC_UNUSED,
                 struct error *err)
{
	AUTO_BUF text = { 0 };
	AUTO_FREE char *version = cell_version(p);
	buf_adds(&text, "# ");
	add_foreign(&text, p->name);
	buf_addc(&text, ' ');
	add_prose(&text, version);
	buf_addf(&text, " on free-threaded CPython: %s\n\n%s\n\n", outcome_word(p->verdict), outcome_explain(p->verdict));
	AUTO_STRV reasons = { 0 };
	package_reasons(p, &reasons);
	for (size_t i = 0; i < reasons.n; i++) {
		buf_adds(&text, "- ");
		add_prose(&text, reasons.v[i]);
		buf_addc(&text, '\n');
	}
	for (size_t i = 0; i < p->n_findings; i++)
		add_finding(&text, &p->findings[i]);
	add_differences(&text, p);
	add_setup(&text, s, p);
	return report_flush(stream, &text, err);
}
