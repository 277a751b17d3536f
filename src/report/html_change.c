/* html_change.c: what is different from the earlier survey; folds what is equal and says how much that is. */
#include "report/html_page.h"

#include <stdlib.h>

static void count_item(struct page *p, enum change c, const char *what)
{
	size_t n = page_count_change(p, c);
	if (!n)
		return;
	H(&p->w, "<li><b class='n'>");
	html_textf(&p->w, "%zu", n);
	H(&p->w, "</b> ");
	html_text(&p->w, what);
	H(&p->w, "</li>");
}

static void counts(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<ul class='rows'>");
	count_item(p, CHANGE_NEW, "new no-go");
	count_item(p, CHANGE_STILL, "still no-go");
	count_item(p, CHANGE_FIXED, "fixed");
	count_item(p, CHANGE_WORSE, "worse, short of no-go");
	count_item(p, CHANGE_BETTER, "better");
	count_item(p, CHANGE_ADDED, "not in the earlier survey");
	count_item(p, CHANGE_NONE, "with the same readiness, not listed below");
	if (p->n_gone) {
		H(w, "<li><b class='n'>");
		html_textf(w, "%zu", p->n_gone);
		H(w, "</b> of the earlier survey not in this one</li>");
	}
	H(w, "</ul>\n");
}

static void state(struct html *w, const struct package_result *p)
{
	if (!p) {
		html_text(w, EN_DASH);
		return;
	}
	html_ready(w, p->readiness);
	H(w, " ");
	html_text(w, outcome_word(p->verdict));
	if (p->version) {
		H(w, " <span class='v'>");
		html_text_cut(w, p->version, 60);
		H(w, "</span>");
	}
}

static void change_rows(struct page *p, enum change c)
{
	struct html *w = &p->w;
	for (size_t i = 0; i < p->listed; i++) {
		const struct row *r = &p->rows[i];
		if (r->change != c)
			continue;
		H(w, "<tr><th scope='row'>");
		html_package_link(p, r->p, false);
		H(w, "</th><td>");
		html_text(w, change_word(c));
		H(w, "</td><td>");
		state(w, r->before);
		H(w, "</td><td>");
		state(w, r->p);
		H(w, "</td><td>");
		if (r->p->reasons.n)
			html_text_cut(w, r->p->reasons.v[0], 300);
		H(w, "</td></tr>\n");
	}
}

void html_changes(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *old = p->options->previous;
	if (!old)
		return;
	AUTO_FREE char *date = date_text(old->started);
	H(w, "<section id='changes' aria-labelledby='changes-h'>\n<h2 id='changes-h'>Changes</h2>\n<p>Since the survey of ");
	html_text_cut(w, *date ? date : "an unknown day", 40);
	if (old->id) {
		H(w, " (");
		html_text_cut(w, old->id, 40);
		H(w, ")");
	}
	H(w, ":</p>\n");
	counts(p);
	if (page_count_change(p, CHANGE_NONE) < p->n_rows) {
		H(w, "<div class='region' role='region' tabindex='0' aria-label='Changes table'><table class='plain'>"
		     "<caption>Packages whose readiness changed, and those that still stop you</caption>\n"
		     "<thead><tr><th scope='col'>package</th><th scope='col'>change</th><th scope='col'>before</th><th scope='col'>now</th>"
		     "<th scope='col'>why</th></tr></thead>\n<tbody>\n");
		static const enum change order[] = { CHANGE_NEW, CHANGE_STILL, CHANGE_WORSE, CHANGE_FIXED, CHANGE_BETTER, CHANGE_ADDED };
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			change_rows(p, order[i]);
		H(w, "</tbody></table></div>\n");
	}
	H(w, "</section>\n");
}
