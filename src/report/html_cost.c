/*
 * html_cost.c: what free threading costs one package, inside its section: a plot
 * of its ratios over the band of noise, each with the interpreter's own interval,
 * the same as text, and the tests that lost and gained most.
 */
#include "report/facts.h"
#include "report/html_page.h"

#include <math.h>
#include <stdlib.h>

/* The plot: names on the left, then a log axis of 1/2x to 2x, or 1/4x to 4x when something needs it. */
#define PLOT_LEFT 116
#define PLOT_WIDTH 216
#define PLOT_ROW 20
#define LEAST_NOISE 0.05
#define TESTS_SHOWN 3 /* of those that lost, and of those that gained */

struct plot_row {
	const char *name;
	const struct ratio *r, *alone; /* alone: of the interpreters; NULL when there is none */
};

struct plot {
	struct html *w;
	int reach; /* the axis ends at 2^reach */
};

static int axis(const struct plot *p, double ratio)
{
	double x = PLOT_LEFT + PLOT_WIDTH * (log2(ratio) / p->reach + 1) / 2;
	return x < PLOT_LEFT ? PLOT_LEFT : x > PLOT_LEFT + PLOT_WIDTH ? PLOT_LEFT + PLOT_WIDTH : (int)(x + 0.5);
}

/* Marks of one kind, of all rows, are one path: pages of a thousand packages stay small. */
enum mark { MARK_BAND, MARK_OWN, MARK_BASE, MARK_INTERVAL, MARK_COUNT };

static void strip(const struct plot *p, struct buf *path, double lo, double hi, int y, int height)
{
	int left = axis(p, lo), width = axis(p, hi) > left ? axis(p, hi) - left : 1;
	buf_addf(path, "M%d %dh%dv%dh%dz", left, y, width, height, -width);
}

static void row_marks(const struct plot *p, struct buf path[MARK_COUNT], const struct plot_row *row, int y)
{
	const struct ratio *r = row->r, *alone = row->alone;
	double noise = r->noise > LEAST_NOISE && r->noise < 1 ? r->noise : LEAST_NOISE;
	strip(p, &path[MARK_BAND], 1 / (1 + noise), 1 + noise, y, PLOT_ROW);
	if (alone && ratio_usable(alone)) {
		if (ratio_has_interval(alone))
			strip(p, &path[MARK_OWN], alone->lo, alone->hi, y + 2, PLOT_ROW - 4);
		buf_addf(&path[MARK_BASE], "M%d %dv%d", axis(p, alone->ratio), y, PLOT_ROW);
	}
	if (ratio_has_interval(r)) {
		int lo = axis(p, r->lo), hi = axis(p, r->hi);
		buf_addf(&path[MARK_INTERVAL], "M%d %dH%d", lo, y + PLOT_ROW / 2, hi > lo ? hi : lo + 1);
	}
}

static void plot_rows(const struct plot *p, const struct plot_row *rows, int n)
{
	static const char *const classes[MARK_COUNT] = { "band", "own", "base", "iv" };
	struct html *w = p->w;
	struct buf path[MARK_COUNT] = { 0 };
	for (int i = 0; i < n; i++)
		row_marks(p, path, &rows[i], i * PLOT_ROW);
	for (int m = 0; m < MARK_COUNT; m++) {
		if (path[m].len) {
			H(w, "<path");
			html_attr(w, "class", classes[m]);
			html_attr(w, "d", buf_str(&path[m]));
			H(w, "/>");
		}
		buf_release(&path[m]);
	}
	for (int i = 0; i < n; i++) {
		H(w, "<circle r='4'");
		html_attrf(w, "cx", "%d", axis(p, rows[i].r->ratio));
		html_attrf(w, "cy", "%d", i * PLOT_ROW + PLOT_ROW / 2);
		html_attr(w, "class", html_point_class(rows[i].r->verdict));
		H(w, "/><text");
		html_attrf(w, "y", "%d", i * PLOT_ROW + 14);
		H(w, ">");
		html_text(w, rows[i].name);
		H(w, "</text>");
	}
}

static void plot_axis(const struct plot *p, int y)
{
	struct html *w = p->w;
	static const int at[] = { -1, 0, 1 };
	static const char *const words[][3] = { { "0.5x", "1x", "2x" }, { "0.25x", "1x", "4x" } };
	H(w, "<path class='rule'");
	html_attrf(w, "d", "M%d %dh%dM%d 0V%d", PLOT_LEFT, y, PLOT_WIDTH, PLOT_LEFT + PLOT_WIDTH / 2, y + 3);
	H(w, "/>");
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		H(w, "<text class='tick' text-anchor='middle'");
		html_attrf(w, "x", "%d", PLOT_LEFT + PLOT_WIDTH * (at[i] + 1) / 2);
		html_attrf(w, "y", "%d", y + 14);
		H(w, ">");
		html_text(w, words[p->reach - 1][i]);
		H(w, "</text>");
	}
}

static bool beyond(const struct ratio *r, double limit)
{
	if (!r || !ratio_usable(r))
		return false;
	double lo = ratio_has_interval(r) ? r->lo : r->ratio, hi = ratio_has_interval(r) ? r->hi : r->ratio;
	return lo < 1 / limit || hi > limit;
}

/* Title and description: what is drawn, in words and numbers. */
static void plot_words(struct html *w, const struct row *row, const struct plot_row *rows, size_t n)
{
	H(w, "<title>Cost of ");
	html_text_cut(w, row->p->name, 60);
	H(w, ", ft/gil</title><desc>");
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *times = cell_times(rows[i].r->ratio);
		AUTO_FREE char *interval = cell_interval(rows[i].r);
		html_textf(w, "%s%s %s%s%s", i ? "; " : "", rows[i].name, times, interval[0] == '[' ? " " : "", interval[0] == '[' ? interval : "");
		if (rows[i].alone && ratio_usable(rows[i].alone)) {
			AUTO_FREE char *own = cell_times(rows[i].alone->ratio);
			html_textf(w, ", interpreter %s", own);
		}
	}
	H(w, "</desc>");
}

static void plot(struct page *p, const struct row *row)
{
	const struct package_result *r = row->p;
	const struct baseline *own = &p->s->baseline;
	const struct plot_row all[] = {
		{ "time", &r->time, ratio_usable(&r->baseline) ? &r->baseline : &own->time }, { "build alone", &r->build, &own->build },
		{ "memory, peak", &r->memory, &own->memory }, { "after import", &r->memory_import, NULL }, { "import", &r->import_time, &own->import_time },
	};
	struct plot_row rows[ARRAY_LEN(all)];
	struct plot plot = { .w = &p->w, .reach = 1 };
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!ratio_usable(all[i].r))
			continue;
		rows[n++] = all[i];
		if (beyond(all[i].r, 2) || beyond(all[i].alone, 2))
			plot.reach = 2;
	}
	if (n == 0)
		return;
	struct html *w = &p->w;
	H(w, "<svg class='plot' role='img' width='344'");
	html_attrf(w, "height", "%d", (int)n * PLOT_ROW + 18);
	H(w, ">");
	plot_words(w, row, rows, n);
	plot_rows(&plot, rows, (int)n);
	plot_axis(&plot, (int)n * PLOT_ROW);
	H(w, "</svg>");
}

static void test_row(struct html *w, const struct test_delta *t)
{
	const struct ratio r = { .known = true, .ratio = t->ratio, .lo = t->lo, .hi = t->hi, .n = t->n };
	if (!ratio_usable(&r))
		return;
	AUTO_FREE char *times = cell_times(r.ratio), *interval = cell_interval(&r);
	AUTO_FREE char *gil = seconds_text(t->gil_seconds), *ft = seconds_text(t->ft_seconds);
	H(w, "<tr><th scope='row'><code>");
	html_text_cut(w, t->id, 300);
	H(w, "</code></th><td class='num'>");
	html_textf(w, "%s", times);
	if (interval[0] == '[')
		html_textf(w, " %s", interval);
	H(w, "</td><td class='num'>");
	html_text(w, gil);
	H(w, "</td><td class='num'>");
	html_text(w, ft);
	H(w, "</td><td>");
	html_text(w, t->significant ? "differs" : "may be chance");
	H(w, "</td></tr>");
}

/* Those that lost most and those that gained most; in between is left out. */
static void tests(struct html *w, const struct package_result *r)
{
	const struct measured *m = &r->measured;
	if (!m->n_tests)
		return;
	H(w, "<details><summary>Tests of ");
	html_text_cut(w, r->name, 100);
	html_textf(w, " that lost and gained most: %lld slower, %lld faster of %lld", (long long)m->lost, (long long)m->gained, (long long)m->timed);
	H(w, "</summary><div class='region' role='region' tabindex='0'");
	html_attrf(w, "aria-label", "Tests of %.100s by time", r->name ? r->name : "");
	H(w, "><table class='plain'><caption>Call phase, ft/gil; differs: signed-rank test, Benjamini-Hochberg at 0.05 over all timed tests</caption>"
	     "<thead><tr><th scope='col'>test</th><th scope='col'>ft/gil</th><th scope='col'>gil</th><th scope='col'>ft</th><th scope='col'>says</th></tr></thead><tbody>");
	for (size_t i = 0; i < m->n_tests; i++)
		if (i < TESTS_SHOWN || i + TESTS_SHOWN >= m->n_tests)
			test_row(w, &m->tests[i]);
	H(w, "</tbody></table></div></details>");
}

void html_costs(struct page *p, const struct row *row)
{
	struct html *w = &p->w;
	AUTO_STRV lines = { 0 };
	fact_costs(p->s, row->p, &lines);
	if (!lines.n)
		return;
	html_term(w, "cost");
	if (p->detail < DETAIL_NO_CHARTS)
		plot(p, row);
	H(w, "<ul class='rows'>");
	for (size_t i = 0; i < lines.n; i++) {
		H(w, "<li>");
		html_text_cut(w, lines.v[i], 400);
		H(w, "</li>");
	}
	H(w, "</ul>");
	if (p->detail < DETAIL_NO_TABLES)
		tests(w, row->p);
	html_end_term(w);
}
