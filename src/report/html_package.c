/* html_package.c: one section per package: the evidence behind its verdict, in the order a maintainer asks. */
#include "report/facts.h"
#include "report/html_page.h"

#include <stdlib.h>
#include <string.h>

#define DOTS_MAX 12
#define DIFFERENCES_MAX 40
#define LIST_MAX 50

void html_term(struct html *w, const char *name)
{
	H(w, "<div><dt>");
	html_text(w, name);
	H(w, "</dt><dd>");
}

void html_end_term(struct html *w)
{
	H(w, "</dd></div>\n");
}

static void command(struct html *w, const char *text)
{
	H(w, "<span class='cmd'><code>");
	html_text_cut(w, text, 1000);
	H(w, "</code><button type='button' class='copy scripted' hidden>copy</button></span>");
}

/* A list of foreign strings as items, at most LIST_MAX of them. */
static void items(struct html *w, const struct strv *list, bool code)
{
	H(w, "<ul class='rows'>");
	for (size_t i = 0; i < list->n && i < LIST_MAX; i++) {
		H(w, "<li>");
		if (code)
			H(w, "<code>");
		html_text_cut(w, list->v[i], 300);
		if (code)
			H(w, "</code>");
		H(w, "</li>");
	}
	if (list->n > LIST_MAX) {
		H(w, "<li>");
		html_textf(w, "and %zu more", list->n - LIST_MAX);
		H(w, "</li>");
	}
	H(w, "</ul>");
}

/* A filled dot is a run that failed; the words beside them say the same. */
static void arm_runs(struct html *w, enum arm a, int64_t events, int64_t runs)
{
	H(w, "<span class='arm'>");
	html_text(w, arm_word(a));
	H(w, " ");
	if (runs > 0 && runs <= DOTS_MAX && events >= 0 && events <= runs) {
		H(w, "<span class='dots' aria-hidden='true'>");
		for (int64_t i = 0; i < runs; i++)
			html_text(w, i < events ? "\xe2\x97\x8f" : "\xe2\x97\x8b");
		H(w, "</span> ");
	}
	if (runs > 0)
		html_textf(w, "%lld of %lld runs", (long long)events, (long long)runs);
	else
		html_text(w, "not run");
	H(w, "</span>");
}

static const char *fault_text(const struct finding *f)
{
	static const char *const texts[FAULT_COUNT] = {
		[FAULT_LIBRARY] = "fault: library", [FAULT_TESTS] = "fault: its tests", [FAULT_RACY_WITH_GIL] = "racy with the GIL too",
		[FAULT_DEPENDENCY] = "fault: a dependency", [FAULT_INTERPRETER] = "fault: interpreter", [FAULT_UNKNOWN] = "fault: unknown",
	};
	return f->fault < FAULT_COUNT ? texts[f->fault] : "fault: unknown";
}

static void finding_texts(struct page *p, const struct finding *f)
{
	struct html *w = &p->w;
	if (p->detail < DETAIL_NO_STACKS) {
		html_text_block(w, "stack", "Stack", f, f->stack, 12);
		html_text_block(w, "native stacks", "Native stacks", f, f->native_stack, 12);
		html_text_block(w, "script", "Script", f, f->script, 200);
	}
	if (f->tail && f->tail[0] && p->detail < DETAIL_NO_TAILS) {
		html_term(w, "log tail");
		H(w, "<pre tabindex='0' role='region'");
		html_attrf(w, "aria-label", "Log tail of %s", f->id ? f->id : "the finding");
		H(w, ">");
		html_block(w, f->tail, p->detail < DETAIL_SHORT_TAILS ? 40 : 8, p->detail < DETAIL_SHORT_TAILS ? 4096 : 1024, true);
		H(w, "</pre>");
		html_end_term(w);
	}
}

static void finding_head(struct html *w, const struct finding *f)
{
	H(w, "<h4><span class='fid'>");
	html_text_cut(w, f->id, 40);
	H(w, "</span> ");
	html_text(w, finding_kind_word(f->kind));
	if (f->title && f->title[0]) {
		H(w, ": ");
		html_text_cut(w, f->title, 300);
	}
	H(w, "</h4>\n<p class='tags'><span>");
	html_text(w, fault_text(f));
	H(w, "</span>");
	if (f->runs > 0 && f->control_runs > 0 && f->control_events == 0)
		H(w, " <span>not seen on gil</span>");
	if (f->mode) {
		H(w, " <span>mode ");
		html_text_cut(w, f->mode, 60);
		H(w, "</span>");
	}
	H(w, "</p>\n");
}

static void finding(struct page *p, const struct row *row, const struct finding *f)
{
	struct html *w = &p->w;
	char id[HTML_ID];
	html_finding_id(id, row, f);
	H(w, "<div class='finding'");
	html_attr(w, "id", id);
	H(w, ">");
	finding_head(w, f);
	H(w, "<dl class='facts'>\n");
	html_term(w, "arms");
	arm_runs(w, ARM_FT, f->events, f->runs);
	H(w, " ");
	arm_runs(w, ARM_GIL, f->control_events, f->control_runs);
	html_controls(w, f);
	if (f->seconds_to_first >= 0) {
		AUTO_FREE char *first = seconds_text(f->seconds_to_first);
		html_textf(w, " first after %s", first);
	}
	html_end_term(w);
	const char *const where[][2] = { { "where", f->module }, { "test", f->test }, { "signature", f->signature } };
	for (size_t i = 0; i < ARRAY_LEN(where); i++)
		if (where[i][1] && where[i][1][0]) {
			html_term(w, where[i][0]);
			H(w, "<code>");
			html_text_cut(w, where[i][1], 600);
			H(w, "</code>");
			html_end_term(w);
		}
	html_stress_facts(w, f, row->p->name);
	if (f->reproduce && f->reproduce[0]) {
		html_term(w, "reproduce");
		command(w, f->reproduce);
		html_end_term(w);
	}
	finding_texts(p, f);
	H(w, "</dl></div>\n");
}

static void ladder(struct html *w, const struct package_result *r)
{
	if (!r->n_ladder)
		return;
	html_term(w, "ladder");
	H(w, "<ol class='ladder'>");
	for (size_t i = 0; i < r->n_ladder && i < 20; i++) {
		const struct rung *g = &r->ladder[i];
		H(w, "<li><span class='rung'>");
		html_text_cut(w, g->name, 60);
		H(w, "</span> <b>");
		html_text_cut(w, g->state, 60);
		H(w, "</b>");
		if (g->detail && g->detail[0]) {
			H(w, " <span class='why'>");
			html_text_cut(w, g->detail, 160);
			H(w, "</span>");
		}
		H(w, "</li>");
	}
	H(w, "</ol>");
	AUTO_FREE char *against = fact_contradiction(r);
	if (against) {
		H(w, "<span class='flag'>\xe2\x89\xa0 ");
		html_text_cut(w, against, 200);
		H(w, "</span>");
	}
	html_end_term(w);
}

static void arm_tests(struct html *w, enum arm a, const struct arm_tests *t)
{
	H(w, "<span class='arm'>");
	html_text(w, arm_word(a));
	H(w, " ");
	AUTO_FREE char *passed = count_text(t->passed);
	html_textf(w, "%s passed", passed);
	const struct { int64_t n; const char *word; } others[] = {
		{ t->failed, "failed" }, { t->errors, "errors" }, { t->skipped, "skipped" }, { t->not_run, "not run" },
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (others[i].n) {
			AUTO_FREE char *n = count_text(others[i].n);
			html_textf(w, ", %s %s", n, others[i].word);
		}
	H(w, "</span> ");
}

static void suite(struct html *w, const struct package_result *r)
{
	bool any = false;
	for (enum arm a = 0; a < ARM_COUNT; a++)
		any = any || r->tests[a].known;
	if (!any)
		return;
	html_term(w, "suite");
	for (enum arm a = 0; a < ARM_COUNT; a++)
		if (r->tests[a].known)
			arm_tests(w, a, &r->tests[a]);
	if (r->selected >= 0 && r->collected >= 0) {
		AUTO_FREE char *selected = count_text(r->selected), *of = count_text(r->collected);
		html_textf(w, "%s of %s tests", selected, of);
		if (r->files > r->files_selected)
			html_textf(w, " in %lld of %lld files", (long long)r->files_selected, (long long)r->files);
	}
	if (r->tests_from || r->runner) {
		H(w, "; ");
		html_text_cut(w, r->runner ? r->runner : "tests", 60);
		html_text(w, r->tests_from ? " from " : "");
		html_text_cut(w, r->tests_from, 60);
	}
	if (r->runs > 0) {
		AUTO_FREE char *bound = percent_text(r->bound);
		html_textf(w, "; %lld ft %s, bound %s at 95%%", (long long)r->runs, r->runs == 1 ? "run" : "runs", bound);
	}
	html_end_term(w);
}

/* "6 of 6 failed", and how the last run ended when that is neither pass nor failure. */
static void difference_runs(struct html *w, enum test_status status, int64_t bad, int64_t runs)
{
	html_textf(w, "%lld of %lld failed", (long long)bad, (long long)runs);
	if (status != TEST_PASSED && status != TEST_FAILED)
		html_textf(w, " (%s)", test_status_word(status));
}

static void difference_row(struct html *w, const struct test_difference *d)
{
	H(w, "<tr><th scope='row'><code>");
	html_text_cut(w, d->id, 400);
	H(w, "</code></th><td>");
	html_text_cut(w, d->kind, 40);
	H(w, "</td><td>");
	difference_runs(w, d->gil, d->gil_bad, d->gil_runs);
	H(w, "</td><td>");
	difference_runs(w, d->ft, d->ft_bad, d->ft_runs);
	H(w, "</td><td>");
	html_text_cut(w, d->message, 300);
	H(w, "</td></tr>\n");
}

static void differences(struct page *p, const struct package_result *r)
{
	struct html *w = &p->w;
	if (r->n_differences) {
		H(w, "<div class='region' role='region' tabindex='0'");
		html_attrf(w, "aria-label", "Tests of %.100s that differ", r->name ? r->name : "");
		H(w, "><table class='plain'><caption>");
		html_textf(w, "%zu %s differ between the arms", r->n_differences, r->n_differences == 1 ? "test" : "tests");
		H(w, "</caption><thead><tr><th scope='col'>test</th><th scope='col'>kind</th><th scope='col'>gil</th>"
		     "<th scope='col'>ft</th><th scope='col'>message</th></tr></thead>\n<tbody>");
		for (size_t i = 0; i < r->n_differences && i < DIFFERENCES_MAX; i++)
			difference_row(w, &r->differences[i]);
		H(w, "</tbody></table></div>\n");
		if (r->n_differences > DIFFERENCES_MAX) {
			H(w, "<p>");
			html_textf(w, "and %zu more; ", r->n_differences - DIFFERENCES_MAX);
			H(w, "<code>migrate-check show</code> lists them.</p>\n");
		}
	}
	const struct { const struct strv *ids; const char *head; } only[] = {
		{ &r->only_gil, "only on gil" }, { &r->only_ft, "only on ft" },
	};
	H(w, "<dl class='facts'>\n");
	for (size_t i = 0; i < ARRAY_LEN(only); i++)
		if (only[i].ids->n) {
			html_term(w, only[i].head);
			items(w, only[i].ids, true);
			html_end_term(w);
		}
}

static void artifact(struct html *w, enum arm a, const struct package_result *r)
{
	const struct artifact_facts *f = &r->artifact[a];
	const char *nature = arm_nature(r, a);
	H(w, "<li>");
	html_text(w, arm_word(a));
	H(w, ": ");
	html_text_cut(w, f->kind, 40);
	H(w, " <code>");
	html_text_cut(w, f->file, 300);
	H(w, "</code>");
	if (nature)
		html_textf(w, ", %s", nature);
	if (f->seconds > 0) {
		AUTO_FREE char *built = seconds_text(f->seconds);
		html_textf(w, ", built in %s", built);
	}
	html_text(w, f->cached ? ", from the cache" : "");
	if (f->sha256) {
		H(w, " <span class='hash'>sha256 <code>");
		html_text_cut(w, f->sha256, 64);
		H(w, "</code></span>");
	}
	H(w, "</li>");
}

static void artifacts(struct html *w, const struct package_result *r)
{
	const struct artifact_facts *gil = &r->artifact[ARM_GIL], *ft = &r->artifact[ARM_FT];
	if (!gil->known && !ft->known)
		return;
	html_term(w, "made from");
	H(w, "<ul class='rows'>");
	if (gil->known)
		artifact(w, ARM_GIL, r);
	if (ft->known)
		artifact(w, ARM_FT, r);
	H(w, "</ul>");
	html_end_term(w);
}

static void reasons(struct page *p, const struct row *row)
{
	struct html *w = &p->w;
	const struct package_result *r = row->p;
	H(w, "<dl class='facts'>\n");
	html_term(w, "verdict");
	H(w, "<b>");
	html_text(w, outcome_word(r->verdict));
	H(w, "</b> <span class='why'>");
	html_text(w, outcome_explain(r->verdict));
	H(w, "</span>");
	if (r->reasons.n)
		items(w, &r->reasons, false);
	html_end_term(w);
	if (r->advice && r->advice[0]) {
		html_term(w, "what to do");
		html_text_cut(w, r->advice, 600);
		html_end_term(w);
	}
	if (r->path.n) {
		AUTO_FREE char *path = strv_join(&r->path, " \xe2\x80\xba ");
		html_term(w, "path");
		html_text_cut(w, path, 600);
		html_end_term(w);
	}
	if (r->tested_version) {
		html_term(w, "tested");
		html_text_cut(w, r->tested_version, 60);
		html_text(w, " in its place");
		html_end_term(w);
	}
}

static void details(struct page *p, const struct row *row)
{
	struct html *w = &p->w;
	const struct package_result *r = row->p;
	ladder(w, r);
	suite(w, r);
	if (r->flags.n) {
		AUTO_FREE char *flags = strv_join(&r->flags, ", ");
		html_term(w, "flags");
		html_text_cut(w, flags, 400);
		html_end_term(w);
	}
	H(w, "</dl>\n");
	for (size_t i = 0; i < r->n_findings && i < LIST_MAX; i++)
		finding(p, row, &r->findings[i]);
	html_coverage(p, r);
	differences(p, r); /* opens the next list of facts */
	html_costs(p, row);
	html_scaling(p, row);
	artifacts(w, r);
	if (r->left_out.n) {
		html_term(w, "left out");
		items(w, &r->left_out, false);
		html_end_term(w);
	}
	if (r->logs.n) {
		html_term(w, "logs");
		items(w, &r->logs, true);
		html_end_term(w);
	}
	if (r->profile || r->requested) {
		html_term(w, "asked as");
		html_link(w, r->requested ? r->requested : r->name);
		if (r->profile) {
			H(w, " (profile ");
			html_text_cut(w, r->profile, 100);
			H(w, ")");
		}
		html_end_term(w);
	}
}

static void package(struct page *p, const struct row *row)
{
	struct html *w = &p->w;
	const struct package_result *r = row->p;
	H(w, "<section");
	html_attr(w, "id", row->id);
	html_attrf(w, "class", "pkg p-%s", readiness_word(r->readiness));
	html_attrf(w, "aria-labelledby", "h%s", row->id);
	H(w, "><details");
	if (r->readiness != READY_GO)
		H(w, " open");
	H(w, "><summary><h3");
	html_attrf(w, "id", "h%s", row->id);
	H(w, ">");
	html_name(w, r);
	H(w, " <span class='v'>");
	html_text_cut(w, r->version, 60);
	H(w, "</span></h3> ");
	html_ready(w, r->readiness);
	H(w, "</summary>\n");
	reasons(p, row);
	if (p->detail < DETAIL_BRIEF)
		details(p, row);
	if (r->reproduce && r->reproduce[0]) {
		html_term(w, "run again");
		command(w, r->reproduce);
		if (r->seconds > 0) {
			AUTO_FREE char *took = seconds_text(r->seconds);
			html_textf(w, " took %s", took);
		}
		html_end_term(w);
	}
	H(w, "</dl>\n</details></section>\n");
}

void html_packages(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<section id='packages' aria-labelledby='packages-h'>\n<h2 id='packages-h'>Packages</h2>\n");
	H(w, "<p class='scripted' hidden><button type='button' id='open-all'>open all</button> <button type='button' id='close-all'>close all</button></p>\n");
	if (p->n_rows == 0)
		H(w, "<p>No package was tested.</p>\n");
	for (size_t i = 0; i < p->listed; i++)
		package(p, &p->rows[i]);
	H(w, "</section>\n");
}
