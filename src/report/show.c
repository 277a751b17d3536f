/* show.c: the diagnosis sheet of one package: what, whose fault, only there, how often, how to get it. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/report.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>

#define LABEL 12     /* columns of the labels "ladder", "suite", ... */
#define TAIL_LINES 12
#define STACK_LINES 12
#define LIST_LINES 20

struct sheet {
	struct buf *out;
	const struct report_options *opt;
};

static size_t limit(const struct sheet *sh, size_t lines)
{
	return sh->opt->all_rows ? 0 : lines;
}

/* "label     text", wrapped under the text; the text is harmless already. */
static void add(const struct sheet *sh, size_t indent, const char *label, const char *text)
{
	buf_addf(sh->out, "%*s", (int)indent, "");
	AUTO_BUF padded = { 0 };
	style_pad(&padded, label, LABEL - 2);
	style_add(sh->out, sh->opt->color, SGR_DIM, buf_str(&padded));
	style_wrap(sh->out, text, indent + LABEL - 2, indent + LABEL - 2, sh->opt->width);
	buf_addc(sh->out, '\n');
}

static void add_foreign(const struct sheet *sh, size_t indent, const char *label, const char *text)
{
	if (!text)
		return;
	AUTO_FREE char *safe = style_line(text);
	add(sh, indent, label, safe);
}

/* Commands and test ids are never wrapped, so that they can be copied. */
static void add_verbatim(const struct sheet *sh, size_t indent, const char *label, const char *text)
{
	if (!text)
		return;
	AUTO_FREE char *safe = style_line(text);
	AUTO_BUF padded = { 0 };
	style_pad(&padded, label, LABEL - 2);
	buf_addf(sh->out, "%*s", (int)indent, "");
	style_add(sh->out, sh->opt->color, SGR_DIM, buf_str(&padded));
	buf_addf(sh->out, "%s\n", safe);
}

static void add_list(const struct sheet *sh, const char *label, const struct strv *list)
{
	size_t max = limit(sh, LIST_LINES);
	for (size_t i = 0; i < list->n && (max == 0 || i < max); i++)
		add_verbatim(sh, 0, i ? "" : label, list->v[i]);
	if (max && list->n > max)
		buf_addf(sh->out, "%*sand %zu more of %zu (all: --full)\n", LABEL - 2, "", list->n - max, list->n);
}

static void add_head(const struct sheet *sh, const struct package_result *p)
{
	AUTO_FREE char *name = style_line(p->name);
	AUTO_FREE char *version = cell_version(p);
	AUTO_FREE char *word = xasprintf("%c %s", readiness_glyph(p->readiness), readiness_word(p->readiness));
	style_add(sh->out, sh->opt->color, SGR_BOLD, name);
	buf_addf(sh->out, " %s   ", version);
	style_add(sh->out, sh->opt->color, readiness_ansi(p->readiness), word);
	buf_addc(sh->out, '\n');
	AUTO_FREE char *verdict = xasprintf("%s: %s", outcome_word(p->verdict), outcome_explain(p->verdict));
	add(sh, 0, "verdict", verdict);
	AUTO_STRV reasons = { 0 };
	package_reasons(p, &reasons);
	for (size_t i = 0; i < reasons.n; i++)
		add(sh, 0, i ? "" : "reasons", reasons.v[i]);
	AUTO_FREE char *worth = fact_worth(p);
	if (worth)
		add(sh, 0, "worth", worth);
	AUTO_FREE char *flags = strv_join(&p->flags, ", ");
	if (p->flags.n)
		add_foreign(sh, 0, "flags", flags);
	if (p->tested_version && p->version && strcmp(p->tested_version, p->version) != 0) {
		AUTO_FREE char *text = xasprintf("%s in place of %s", p->tested_version, p->version);
		add_foreign(sh, 0, "tested", text);
	}
}

/* A bounded block of foreign lines: "tail | ... (4 of 31 lines, --full)". */
static void add_block(const struct sheet *sh, const char *label, const char *text, enum block_end end, size_t lines)
{
	if (!text || !*text)
		return;
	AUTO_BUF block = { 0 };
	size_t shown;
	size_t n = style_block(&block, text, "        | ", end, limit(sh, lines), &shown);
	AUTO_FREE char *note = shown < n ? xasprintf("%s %zu of %zu lines (all: --full)", end == BLOCK_LAST ? "last" : "first", shown, n) : xasprintf("%zu %s", n, n == 1 ? "line" : "lines");
	add(sh, 4, label, note);
	buf_adds(sh->out, buf_str(&block));
}

static void add_finding(const struct sheet *sh, const struct finding *f, const char *package)
{
	AUTO_FREE char *id = style_line(f->id);
	style_add(sh->out, sh->opt->color, SGR_BOLD, id);
	buf_addf(sh->out, "  %s   fault: %s", finding_kind_word(f->kind), fault_word(f->fault));
	const char *only = fact_only_without_gil(f);
	buf_addf(sh->out, "%s%s\n", *only ? "   " : "", only);
	add_foreign(sh, 4, "what", f->title);
	add_foreign(sh, 4, "where", f->signature ? f->signature : f->module);
	add_verbatim(sh, 4, "test", f->test);
	AUTO_FREE char *oracle = fact_oracle(f);
	if (oracle)
		add(sh, 4, "found by", oracle);
	else if (f->mode && strcmp(f->mode, "serial") != 0)
		add_foreign(sh, 4, "mode", f->mode);
	AUTO_FREE char *events = fact_events(f);
	add(sh, 4, "events", events);
	add_foreign(sh, 4, "suspect", f->note);
	AUTO_FREE char *fixed = fact_fixed(f);
	if (fixed)
		add(sh, 4, f->fixed_in && f->fixed_tested ? "fixed in" : "newer", fixed);
	add_verbatim(sh, 4, "reproduce", f->reproduce);
	AUTO_FREE char *script = fact_script(f, package);
	add_verbatim(sh, 4, "script", script);
	add_block(sh, "stack", f->stack, BLOCK_FIRST, STACK_LINES);
	add_block(sh, "native", limit(sh, 1) ? style_interrupted(f->native_stack) : f->native_stack, BLOCK_FIRST, STACK_LINES);
	add_block(sh, "tail", f->tail, BLOCK_LAST, TAIL_LINES);
}

static void add_differences(const struct sheet *sh, const struct package_result *p)
{
	AUTO_FREE char *counts = fact_differences(p);
	if (!counts)
		return;
	add(sh, 0, "different", counts);
	size_t max = limit(sh, LIST_LINES);
	for (size_t i = 0; i < p->n_differences && (max == 0 || i < max); i++) {
		const struct test_difference *d = &p->differences[i];
		AUTO_FREE char *id = style_line(d->id);
		AUTO_FREE char *runs = fact_difference_runs(d);
		buf_addf(sh->out, "    %s\n        %s\n", id, runs);
		if (d->message) {
			AUTO_FREE char *message = style_reason(d->message);
			buf_addf(sh->out, "        | %s\n", message);
		}
	}
	if (max && p->n_differences > max)
		buf_addf(sh->out, "    and %zu more of %zu (all: --full)\n", p->n_differences - max, p->n_differences);
	add_list(sh, "only gil", &p->only_gil);
	add_list(sh, "only ft", &p->only_ft);
}

static void add_ladder(const struct sheet *sh, const struct package_result *p)
{
	if (p->n_ladder == 0)
		return;
	AUTO_BUF line = { 0 };
	for (size_t i = 0; i < p->n_ladder; i++) {
		buf_adds(&line, i ? "  " : "");
		style_text(&line, p->ladder[i].name);
		buf_addc(&line, ' ');
		style_text(&line, p->ladder[i].state ? p->ladder[i].state : "unknown");
		if (p->ladder[i].detail) {
			buf_adds(&line, " (");
			style_text(&line, p->ladder[i].detail);
			buf_addc(&line, ')');
		}
	}
	add(sh, 0, "ladder", buf_str(&line));
	AUTO_FREE char *contradiction = fact_contradiction(p);
	if (contradiction)
		add(sh, 0, "", contradiction);
}

/* What stress reached: how much a "nothing found" is worth. */
static void add_stress(const struct sheet *sh, const struct package_result *p)
{
	const struct {
		const char *label;
		char *text;
	} lines[] = { { "stress", fact_stress_runs(p) },
		          { "parallel", fact_parallel(p) },
		          { "replayed", fact_replayed(p) },
		          { "sanitizer", fact_sanitized(p) },
		          { "never", fact_never(p, limit(sh, LIST_LINES / 2)) } };
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (lines[i].text)
			add(sh, 0, lines[i].label, lines[i].text);
		free(lines[i].text);
	}
}

static void add_scaling(const struct sheet *sh, const struct package_result *p)
{
	AUTO_STRV lines = { 0 };
	fact_scaling(p, &lines);
	for (size_t i = 0; i < lines.n; i++)
		add(sh, 0, i ? "" : "threads", lines.v[i]);
}

static void add_costs(const struct sheet *sh, const struct survey *s, const struct package_result *p)
{
	AUTO_STRV lines = { 0 };
	fact_costs(s, p, &lines);
	for (size_t i = 0; i < lines.n; i++)
		add(sh, 0, i ? "" : "cost", lines.v[i]);
}

static void add_artifacts(const struct sheet *sh, const struct package_result *p)
{
	for (enum arm a = 0; a < ARM_FT_GIL; a++) {
		AUTO_FREE char *text = fact_artifact(&p->artifact[a]);
		AUTO_FREE char *label = xasprintf("made %s", arm_word(a));
		if (text)
			add(sh, 0, label, text);
	}
}

static void add_conditions(const struct sheet *sh, const struct survey *s, const struct package_result *p)
{
	AUTO_BUF line = { 0 };
	if (s->pair.ft.version)
		buf_addf(&line, "CPython %s, %s, ", s->pair.ft.version, s->pair.parity.n ? "not like for like" : "like for like");
	buf_addf(&line, "effort %s", effort_word(s->effort));
	if (s->seed)
		buf_addf(&line, ", seed %s", s->seed);
	if (s->tool_version)
		buf_addf(&line, ", migrate-check %s", s->tool_version);
	if (!s->sandbox)
		buf_adds(&line, ", sandbox off");
	if (p->profile)
		buf_addf(&line, ", profile %s", p->profile);
	add_foreign(sh, 0, "under", buf_str(&line));
}

int report_show(FILE *out, const struct survey *s, const struct package_result *p, const struct report_options *opt, struct error *err)
{
	AUTO_BUF text = { 0 };
	struct sheet sh = { .out = &text, .opt = opt };
	add_head(&sh, p);
	for (size_t i = 0; i < p->n_findings; i++)
		add_finding(&sh, &p->findings[i], p->name);
	add_ladder(&sh, p);
	AUTO_FREE char *suite = fact_suite(p);
	add(&sh, 0, "suite", suite);
	for (enum arm a = 0; a < ARM_COUNT; a++) {
		AUTO_FREE char *counts = fact_arm_tests(&p->tests[a]);
		AUTO_FREE char *label = xasprintf("  %s", arm_word(a));
		if (counts)
			add(&sh, 0, label, counts);
	}
	add_differences(&sh, p);
	add_stress(&sh, p);
	add_costs(&sh, s, p);
	add_scaling(&sh, p);
	add_artifacts(&sh, p);
	add_list(&sh, "left out", &p->left_out);
	add_list(&sh, "logs", &p->logs);
	add_conditions(&sh, s, p);
	add_verbatim(&sh, 0, "reproduce", p->reproduce);
	return report_flush(out, &text, err);
}
