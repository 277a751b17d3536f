/* html_findings.c: equal defects of several packages together, by their signature. */
#include "report/html_page.h"

#include <stdlib.h>
#include <string.h>

/* One finding and the row that it belongs to. */
struct item {
	const struct finding *f;
	const struct row *row;
	size_t place; /* in the page's order, so that equal signatures keep it */
};

#define CLUSTERS_MAX 500 /* the rest is counted */

void html_finding_id(char out[HTML_ID], const struct row *row, const struct finding *f)
{
	AUTO_FREE char *name = xasprintf("%s %zu", row->id, (size_t)(f - row->p->findings));
	html_id(out, "f-", name);
}

/* Without a signature a finding is like no other. */
static int compare_signatures(const struct item *a, const struct item *b)
{
	const char *sa = a->f->signature, *sb = b->f->signature;
	if (!sa || !sb || !*sa || !*sb)
		return a->place < b->place ? -1 : a->place > b->place;
	return strcmp(sa, sb);
}

static int compare_items(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	bool plain_a = !a->f->signature || !a->f->signature[0], plain_b = !b->f->signature || !b->f->signature[0];
	if (plain_a != plain_b)
		return plain_a ? 1 : -1;
	int c = compare_signatures(a, b);
	return c ? c : a->place < b->place ? -1 : a->place > b->place;
}

/* A run of equal signatures in the sorted list. */
struct cluster {
	const struct item *items;
	size_t n;
};

static int compare_clusters(const void *va, const void *vb)
{
	const struct cluster *a = va, *b = vb;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->items[0].place < b->items[0].place ? -1 : a->items[0].place > b->items[0].place;
}

static struct item *collect(struct page *p, size_t *n)
{
	struct item *items = NULL;
	size_t cap = 0;
	*n = 0;
	for (size_t i = 0; i < p->listed; i++)
		for (size_t k = 0; k < p->rows[i].p->n_findings; k++) {
			if (*n == cap) {
				cap = cap ? cap * 2 : 64;
				items = xrealloc(items, cap, sizeof(*items));
			}
			items[*n] = (struct item){ .f = &p->rows[i].p->findings[k], .row = &p->rows[i], .place = *n };
			++*n;
		}
	if (*n)
		qsort(items, *n, sizeof(*items), compare_items);
	return items;
}

static struct cluster *make_clusters(const struct item *items, size_t n, size_t *count)
{
	struct cluster *all = xcalloc(n, sizeof(*all));
	*count = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || compare_signatures(&items[i - 1], &items[i]) != 0)
			all[(*count)++] = (struct cluster){ .items = &items[i] };
		all[*count - 1].n++;
	}
	if (*count)
		qsort(all, *count, sizeof(*all), compare_clusters);
	return all;
}

/* Links to the findings themselves; a brief page has only the package's section to link to. */
static void cluster_links(struct page *p, const struct cluster *c)
{
	struct html *w = &p->w;
	for (size_t i = 0; i < c->n && i < 30; i++) {
		const struct item *it = &c->items[i];
		char id[HTML_ID];
		html_finding_id(id, it->row, it->f);
		H(w, "<li><a");
		html_attrf(w, "href", "#%s", p->detail < DETAIL_BRIEF ? id : it->row->id);
		H(w, ">");
		html_name(w, it->row->p);
		H(w, " ");
		html_text_cut(w, it->f->id, 40);
		H(w, "</a></li>");
	}
	if (c->n > 30) {
		H(w, "<li>");
		html_textf(w, "and %zu more", c->n - 30);
		H(w, "</li>");
	}
}

/* The innermost frames that the findings share. */
static void cluster_stack(struct page *p, const struct cluster *c)
{
	struct html *w = &p->w;
	const struct finding *f = c->items[0].f;
	const char *stack = f->native_stack && f->native_stack[0] ? f->native_stack : f->stack;
	if (!stack || !stack[0])
		return;
	H(w, "<details><summary>stack of ");
	html_name(w, c->items[0].row->p);
	H(w, " ");
	html_text_cut(w, f->id, 40);
	H(w, "</summary><pre tabindex='0' role='region'");
	html_attrf(w, "aria-label", "Frames of %.100s %.40s", c->items[0].row->p->name ? c->items[0].row->p->name : "", f->id ? f->id : "");
	H(w, ">");
	html_block(w, stack, 6, 1024, false);
	H(w, "</pre></details>");
}

static void cluster_row(struct page *p, const struct cluster *c)
{
	struct html *w = &p->w;
	const struct finding *f = c->items[0].f;
	int64_t events = 0, runs = 0;
	for (size_t i = 0; i < c->n; i++) /* hostile numbers stop at the first sum that does not fit */
		if (__builtin_add_overflow(events, c->items[i].f->events, &events) || __builtin_add_overflow(runs, c->items[i].f->runs, &runs))
			break;
	H(w, "<tr><th scope='row'>");
	html_text(w, finding_kind_word(f->kind));
	H(w, "</th><td>");
	html_text_cut(w, f->title ? f->title : f->test, 300);
	if (f->signature && f->signature[0] && !str_eq(f->signature, f->title)) {
		H(w, " <code class='sig'>");
		html_text_cut(w, f->signature, 200);
		H(w, "</code>");
	}
	if (p->detail == DETAIL_FULL)
		cluster_stack(p, c);
	H(w, "</td><td>");
	html_text(w, fault_word(f->fault));
	H(w, "</td><td class='num'>");
	html_textf(w, "%lld of %lld", (long long)events, (long long)runs);
	H(w, "</td><td class='num'>");
	html_textf(w, "%zu", c->n);
	H(w, "</td><td><ul class='inline'>");
	cluster_links(p, c);
	H(w, "</ul></td></tr>\n");
}

void html_findings(struct page *p)
{
	struct html *w = &p->w;
	size_t n, count;
	struct item *items = collect(p, &n);
	struct cluster *all = make_clusters(items, n, &count);
	H(w, "<section id='findings' aria-labelledby='findings-h'>\n<h2 id='findings-h'>Findings</h2>\n");
	if (n == 0) {
		H(w, "<p>No finding. What that is worth stands in the <a href='#summary'>summary</a>.</p>\n");
	} else {
		H(w, "<div class='region' role='region' tabindex='0' aria-labelledby='findings-c'><table class='plain'><caption id='findings-c'>");
		html_textf(w, "%zu %s in %zu %s: equal signatures together, most packages first", n, n == 1 ? "finding" : "findings",
		           count, count == 1 ? "group" : "groups");
		H(w, "</caption>\n<thead><tr><th scope='col'>kind</th><th scope='col'>what</th><th scope='col'>fault</th>"
		     "<th scope='col'>ft runs</th><th scope='col'>findings</th><th scope='col'>where</th></tr></thead>\n<tbody>\n");
		for (size_t i = 0; i < count && i < CLUSTERS_MAX; i++)
			cluster_row(p, &all[i]);
		H(w, "</tbody></table></div>\n");
		if (count > CLUSTERS_MAX) {
			H(w, "<p>");
			html_textf(w, "%zu more groups are listed with their packages only.", count - CLUSTERS_MAX);
			H(w, "</p>\n");
		}
	}
	H(w, "</section>\n");
	free(items);
	free(all);
}
