/* html_facts.c: what the page says more than once: order, blockers, changes; see html_page.h. */
#include "report/html_page.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static int compare_rows(const void *a, const void *b)
{
	return package_compare(((const struct row *)a)->p, ((const struct row *)b)->p);
}

static const struct package_result *find_package(const struct package_result *list, size_t n, const char *name, size_t length)
{
	for (size_t i = 0; name && i < n; i++)
		if (list[i].name && strlen(list[i].name) == length && strncmp(list[i].name, name, length) == 0)
			return &list[i];
	return NULL;
}

/* Better is higher: unknown stands between no-go and limits, as nothing is claimed. */
static int rank(enum readiness r)
{
	static const int ranks[] = { [READY_NO_GO] = 0, [READY_UNKNOWN] = 1, [READY_LIMITS] = 2, [READY_GO] = 3 };
	return ranks[r];
}

static enum change change_of(const struct row *r)
{
	if (!r->before)
		return r->p->readiness == READY_NO_GO ? CHANGE_NEW : CHANGE_ADDED;
	enum readiness now = r->p->readiness, then = r->before->readiness;
	if (now == READY_NO_GO)
		return then == READY_NO_GO ? CHANGE_STILL : CHANGE_NEW;
	if (then == READY_NO_GO)
		return now == READY_UNKNOWN ? CHANGE_BETTER : CHANGE_FIXED;
	return rank(now) < rank(then) ? CHANGE_WORSE : rank(now) > rank(then) ? CHANGE_BETTER : CHANGE_NONE;
}

const char *change_word(enum change c)
{
	static const char *const words[] = { EN_DASH, "new", "still", "fixed", "worse", "better", "added" };
	return words[c];
}

size_t page_count_change(const struct page *p, enum change c)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_rows; i++)
		n += p->rows[i].change == c;
	return n;
}

static void find_changes(struct page *p)
{
	const struct survey *old = p->options->previous;
	if (!old)
		return;
	for (size_t i = 0; i < p->n_rows; i++) {
		const char *name = p->rows[i].p->name;
		p->rows[i].before = find_package(old->packages, old->n_packages, name, name ? strlen(name) : 0);
		p->rows[i].change = change_of(&p->rows[i]);
	}
	for (size_t i = 0; i < old->n_packages; i++) {
		const char *name = old->packages[i].name;
		p->n_gone += !find_package(p->s->packages, p->s->n_packages, name, name ? strlen(name) : 0);
	}
}

static struct blocker *blocker_named(struct page *p, const char *name)
{
	for (size_t i = 0; i < p->n_blockers; i++)
		if (str_eq(p->blockers[i].name, name))
			return &p->blockers[i];
	p->blockers = xrealloc(p->blockers, p->n_blockers + 1, sizeof(*p->blockers));
	p->blockers[p->n_blockers] = (struct blocker){ .name = name };
	return &p->blockers[p->n_blockers++];
}

static int compare_blockers(const void *va, const void *vb)
{
	const struct blocker *a = va, *b = vb;
	if (a->holds != b->holds)
		return a->holds > b->holds ? -1 : 1;
	if (a->stops != b->stops)
		return a->stops > b->stops ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Each no-go package is stopped by exactly one thing: its blocker, when it has
 * one, else itself. So the blockers' numbers add up to the no-go count. */
static void find_blockers(struct page *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		struct row *r = &p->rows[i];
		if (r->p->readiness != READY_NO_GO)
			continue;
		const char *name = r->p->blocker && r->p->blocker[0] ? r->p->blocker : r->p->name;
		size_t n = name ? strcspn(name, "=<>!~ [;@") : 0;
		r->root = r->p->blocker ? find_package(p->s->packages, p->s->n_packages, name, n) : r->p;
		r->root_name = r->root && r->root->name ? r->root->name : name ? name : "";
		struct blocker *b = blocker_named(p, r->root_name);
		b->p = r->root;
		b->example = b->example && b->example->path.n ? b->example : r->p;
		b->stops++;
		b->holds += r->p->requested != NULL;
	}
	for (size_t i = 0; i < p->n_blockers; i++) {
		struct blocker *b = &p->blockers[i];
		b->of = p->s->requirements;
		if (b->p && b->p->holds > 0) { /* the judge knows the whole closure, this page only its rows */
			b->holds = b->p->holds;
			b->of = b->p->of;
		}
	}
	if (p->n_blockers)
		qsort(p->blockers, p->n_blockers, sizeof(*p->blockers), compare_blockers);
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(struct row *const *)a)->id, (*(struct row *const *)b)->id);
}

/* Ids come from names; of rows with the same name (two versions) all but one get a number too. */
#define HTML_ID_BASE 18 /* "p-" and 16 digits */
static void make_ids(struct page *p)
{
	struct row **sorted = xcalloc(p->n_rows, sizeof(struct row *));
	for (size_t i = 0; i < p->n_rows; i++) {
		html_id(p->rows[i].id, "p-", p->rows[i].p->name ? p->rows[i].p->name : "");
		sorted[i] = &p->rows[i];
	}
	qsort(sorted, p->n_rows, sizeof(struct row *), compare_ids);
	for (size_t i = 1; i < p->n_rows; i++)
		if (strncmp(sorted[i]->id, sorted[i - 1]->id, HTML_ID_BASE) == 0)
			snprintf(sorted[i]->id + HTML_ID_BASE, HTML_ID - HTML_ID_BASE, "-%zu", i);
	free(sorted);
}

void page_init(struct page *p, const struct survey *s, const struct html_options *options)
{
	*p = (struct page){ .s = s, .options = options, .n_rows = s->n_packages, .listed = s->n_packages };
	p->rows = xcalloc(s->n_packages, sizeof(*p->rows));
	for (size_t i = 0; i < s->n_packages; i++)
		p->rows[i].p = &s->packages[i];
	qsort(p->rows, p->n_rows, sizeof(*p->rows), compare_rows);
	make_ids(p);
	find_changes(p);
	find_blockers(p);
}

void page_release(struct page *p)
{
	buf_release(&p->w.b);
	free(p->rows);
	free(p->blockers);
	*p = (struct page){ 0 };
}

const struct row *page_row(const struct page *p, const struct package_result *package)
{
	for (size_t i = 0; package && i < p->n_rows; i++)
		if (p->rows[i].p == package)
			return i < p->listed ? &p->rows[i] : NULL;
	return NULL;
}

/* "name: advice", or the advice alone when it names the package itself. */
static void add_step(struct strv *out, const char *name, const char *advice)
{
	if (!name || strstr(advice, name))
		strv_add(out, advice);
	else
		strv_addf(out, "%s: %s", name, advice);
}

void page_first_steps(const struct page *p, size_t max, struct strv *out)
{
	for (size_t i = 0; i < p->n_blockers && out->n < max; i++) {
		const struct blocker *b = &p->blockers[i];
		const char *advice = b->p ? b->p->advice : b->example->advice;
		if (advice && advice[0])
			add_step(out, b->name, advice);
		else
			strv_addf(out, "wait for or replace %s", b->name);
	}
	for (size_t i = 0; i < p->n_rows && out->n < max; i++) {
		const struct package_result *r = p->rows[i].p;
		if (r->readiness == READY_NO_GO || r->readiness == READY_GO)
			continue;
		if (r->advice && r->advice[0])
			add_step(out, r->name, r->advice);
		else if (r->verdict == OUT_GIL_FALLBACK)
			strv_addf(out, "ask %s to declare free threading: its import turns the GIL on for the whole process",
			          r->name ? r->name : "");
	}
}

char *seconds_text(double seconds)
{
	return cell_seconds(seconds > 0 && seconds < 1e9 ? seconds : seconds > 0 ? 1e9 : 0);
}

char *count_text(int64_t n)
{
	AUTO_FREE char *digits = text_count(n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n);
	return n < 0 ? xasprintf("-%s", digits) : STEAL(&digits);
}

char *date_text(const char *utc)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;
	if (utc && sscanf(utc, "%4d-%2d-%2dT", &year, &month, &day) == 3 && month >= 1 && month <= 12)
		return xasprintf("%d %s %d", day, months[month - 1], year);
	return xstrdup(utc ? utc : "");
}

char *percent_text(double share)
{
	return cell_percent(share >= 0 && share <= 1 ? share : 1);
}
