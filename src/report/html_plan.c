/* html_plan.c: the order of moving: four groups that add up, blockers by weight; and changes since the last survey. */
#include "report/html_page.h"

#include <stdlib.h>

void html_name(struct html *w, const struct package_result *package)
{
	size_t before = w->b.len;
	html_text_cut(w, package->name, 200);
	if (w->b.len == before) /* a link must have a text */
		html_text(w, "(no name)");
}

void html_package_link(struct page *p, const struct package_result *package, bool version)
{
	struct html *w = &p->w;
	const struct row *row = page_row(p, package);
	if (row) {
		H(w, "<a");
		html_attrf(w, "href", "#%s", row->id);
		H(w, ">");
	}
	html_name(w, package);
	if (version && package->version) {
		H(w, " <span class='v'>");
		html_text_cut(w, package->version, 60);
		H(w, "</span>");
	}
	if (row)
		H(w, "</a>");
}

/* The packages of one readiness, with what was found. */
static void group(struct page *p, enum readiness r)
{
	struct html *w = &p->w;
	size_t n = survey_count(p->s, r);
	H(w, "<details class='group'");
	if (r == READY_NO_GO && n > 0 && n <= 40)
		H(w, " open");
	H(w, "><summary>");
	html_glyph(w, r);
	H(w, "<span");
	html_attrf(w, "class", "w %s", readiness_word(r));
	H(w, "><b class='n'>");
	html_textf(w, "%zu", n);
	H(w, "</b> ");
	html_text(w, readiness_word(r));
	H(w, "</span> <span class='mean'>");
	html_text(w, readiness_meaning(r));
	H(w, "</span></summary>\n<ul class='names'");
	html_attrf(w, "id", "plan-%s", readiness_word(r));
	H(w, ">");
	for (size_t i = 0; i < p->n_rows; i++) {
		if (p->rows[i].p->readiness != r)
			continue;
		if (i >= p->listed) {
			H(w, "<li>and more, not listed here</li>");
			break;
		}
		H(w, "<li>");
		html_package_link(p, p->rows[i].p, true);
		if (r != READY_GO) {
			H(w, " ");
			html_text(w, outcome_word(p->rows[i].p->verdict));
		}
		H(w, "</li>");
	}
	if (!n)
		H(w, "<li>none</li>");
	H(w, "</ul></details>\n");
}

static void path_cell(struct page *p, const struct strv *path, const char *self)
{
	struct html *w = &p->w;
	if (path->n == 0) {
		html_text_cut(w, self, 200);
		return;
	}
	for (size_t i = 0; i < path->n && i < 12; i++) {
		if (i)
			H(w, " <span class='gt' aria-hidden='true'>\xe2\x80\xba</span><span class='vh'> needs </span> ");
		html_text_cut(w, path->v[i], 120);
	}
}

static void blocker_row(struct page *p, const struct blocker *b)
{
	struct html *w = &p->w;
	const struct package_result *why = b->p ? b->p : b->example;
	const char *advice = b->p ? b->p->advice : b->example->advice;
	H(w, "<tr><th scope='row'>");
	html_glyph(w, READY_NO_GO);
	H(w, "<span class='vh'>no-go </span>");
	if (b->p)
		html_package_link(p, b->p, true);
	else
		html_text_cut(w, b->name, 200);
	H(w, "</th><td class='num'>");
	if (b->of > 0)
		html_textf(w, "%lld of %lld", (long long)b->holds, (long long)b->of);
	else
		html_textf(w, "%zu %s", b->stops, b->stops == 1 ? "package" : "packages");
	H(w, "</td><td>");
	path_cell(p, &b->example->path, b->name);
	H(w, "</td><td>");
	if (why->reasons.n)
		html_text_cut(w, why->reasons.v[0], 300);
	else
		html_text(w, outcome_word(why->verdict));
	H(w, "</td><td>");
	html_text_cut(w, advice && advice[0] ? advice : EN_DASH, 300);
	H(w, "</td></tr>\n");
}

static void blockers(struct page *p)
{
	struct html *w = &p->w;
	if (!p->n_blockers)
		return;
	H(w, "<h3>Blockers</h3>\n<div class='region' role='region' tabindex='0' aria-label='Blockers table'><table class='plain'>"
	     "<caption>Blockers, by how many of your requirements each holds</caption>\n"
	     "<thead><tr><th scope='col'>package</th><th scope='col'>holds</th><th scope='col'>path</th><th scope='col'>why</th>"
	     "<th scope='col'>what would fix it</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < p->n_blockers && i < p->listed; i++)
		blocker_row(p, &p->blockers[i]);
	H(w, "</tbody></table></div>\n");
}

/* Every process that imports one of these runs with the GIL, whatever the others do. */
static void gain_blockers(struct page *p)
{
	struct html *w = &p->w;
	bool any = false;
	for (size_t i = 0; i < p->listed; i++) {
		const struct package_result *r = p->rows[i].p;
		if (r->gil_state != 1 && r->verdict != OUT_GIL_FALLBACK)
			continue;
		if (!any)
			H(w, "<h3>Holds back the gain</h3>\n<p>Every process that imports one of these runs with the GIL, whatever the other packages do.</p>\n<ul class='rows'>");
		any = true;
		H(w, "<li>");
		html_package_link(p, r, true);
		if (r->gil_module) {
			H(w, " turned on by <code>");
			html_text_cut(w, r->gil_module, 200);
			H(w, "</code>");
		}
		H(w, "</li>");
	}
	if (any)
		H(w, "</ul>\n");
}

static void wave(struct html *w, const char *href, const char *label, size_t n)
{
	H(w, "<li><a");
	html_attr(w, "href", href);
	H(w, ">");
	html_text_cut(w, label, 120);
	html_textf(w, " %zu", n);
	H(w, "</a></li>");
}

/* The waves add up to all packages: each no-go package belongs to one blocker. */
static void order_of_moving(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	H(w, "<h3>Order of moving</h3>\n<ol class='waves'>");
	wave(w, "#plan-go", "now", survey_count(s, READY_GO));
	if (survey_count(s, READY_LIMITS))
		wave(w, "#plan-limits", "now, with limits", survey_count(s, READY_LIMITS));
	size_t shown = 0, rest = 0;
	for (size_t i = 0; i < p->n_blockers; i++) {
		if (shown < 12) {
			AUTO_FREE char *label = xasprintf("after %s", p->blockers[i].name);
			AUTO_FREE char *href = xasprintf("#wave-%zu", i + 1);
			wave(w, href, label, p->blockers[i].stops);
			shown++;
		} else
			rest += p->blockers[i].stops;
	}
	if (rest)
		wave(w, "#plan-no-go", "after the other blockers", rest);
	if (survey_count(s, READY_UNKNOWN))
		wave(w, "#plan-unknown", "not known", survey_count(s, READY_UNKNOWN));
	H(w, "</ol>\n");
	for (size_t i = 0; i < shown; i++) {
		H(w, "<details><summary>");
		html_textf(w, "after %s: %zu", p->blockers[i].name, p->blockers[i].stops);
		H(w, "</summary><ul class='names'");
		html_attrf(w, "id", "wave-%zu", i + 1);
		H(w, ">");
		for (size_t k = 0; k < p->listed; k++)
			if (p->rows[k].root_name && str_eq(p->rows[k].root_name, p->blockers[i].name)) {
				H(w, "<li>");
				html_package_link(p, p->rows[k].p, true);
				H(w, "</li>");
			}
		H(w, "</ul></details>\n");
	}
}

void html_plan(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<section id='plan' aria-labelledby='plan-h'>\n<h2 id='plan-h'>Plan</h2>\n");
	H(w, "<p>");
	html_textf(w, "%zu %s in four groups.", p->n_rows, p->n_rows == 1 ? "package" : "packages");
	if (p->s->requirements > 0)
		html_textf(w, " You named %lld %s%s.", (long long)p->s->requirements, p->s->requirements == 1 ? "requirement" : "requirements",
		           (size_t)p->s->requirements < p->n_rows ? "; the others come with them" : "");
	H(w, "</p>\n");
	static const enum readiness order[] = { READY_NO_GO, READY_LIMITS, READY_UNKNOWN, READY_GO };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		group(p, order[i]);
	blockers(p);
	gain_blockers(p);
	if (p->n_rows)
		order_of_moving(p);
	H(w, "</section>\n");
}
