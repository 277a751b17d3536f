/*
 * html_scaling.c: how a package's work grows with threads, inside its section:
 * one small chart for each kind of work and of objects, and a table.
 */
#include "report/html_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A chart is 200 by 120: the plot, and room for the labels at the ends of the lines. */
#define LEFT 14
#define TOP 8
#define WIDTH 116
#define HEIGHT 92
#define LABEL_GAP 13 /* two labels are never closer */
#define CHARTS 4

/* One chart's curves; NULL when an arm has none. */
struct chart {
	const struct scaling_curve *arm[ARM_FT + 1];
	int threads; /* the axis ends there, on both sides */
	double most; /* and at this speed-up: threads, or more where a curve goes beyond */
};

static bool usable(const struct scaling_point *p)
{
	return p->threads >= 1 && p->threads <= 10000 && speedup_usable(p->speedup);
}

static bool has_interval(const struct scaling_point *p)
{
	return usable(p) && p->n >= 6 && isfinite(p->lo) && isfinite(p->hi) && p->lo > 0 && p->lo <= p->hi && p->hi < 1e4;
}

static const struct scaling_point *last(const struct scaling_curve *c)
{
	for (size_t i = c ? c->n_points : 0; i > 0; i--)
		if (usable(&c->points[i - 1]))
			return &c->points[i - 1];
	return NULL;
}

static int x_of(const struct chart *c, int threads)
{
	return LEFT + (c->threads > 1 ? WIDTH * (threads - 1) / (c->threads - 1) : 0);
}

static int y_of(const struct chart *c, double speedup)
{
	double part = speedup / c->most;
	return TOP + HEIGHT - (int)(HEIGHT * (part > 1 ? 1 : part) + 0.5);
}

/* The line through all usable points of a curve, and its marks: squares for gil, discs for ft. */
static void series(struct html *w, const struct chart *c, enum arm a)
{
	const struct scaling_curve *curve = c->arm[a];
	AUTO_BUF line = { 0 };
	AUTO_BUF squares = { 0 };
	for (size_t i = 0; i < curve->n_points; i++) {
		const struct scaling_point *p = &curve->points[i];
		if (!usable(p))
			continue;
		int x = x_of(c, p->threads), y = y_of(c, p->speedup);
		buf_addf(&line, "%s%d %d", line.len ? "L" : "M", x, y);
		buf_addf(&squares, "M%d %dh6v6h-6z", x - 3, y - 3);
	}
	H(w, "<path");
	html_attr(w, "class", a == ARM_GIL ? "s-gil" : "s-ft");
	html_attr(w, "d", buf_str(&line));
	H(w, "/>");
	if (a == ARM_GIL) {
		H(w, "<path class='end'");
		html_attr(w, "d", buf_str(&squares));
		H(w, "/>");
	}
	for (size_t i = 0; a == ARM_FT && i < curve->n_points; i++) {
		if (!usable(&curve->points[i]))
			continue;
		H(w, "<circle class='pt' r='3.5'");
		html_attrf(w, "cx", "%d", x_of(c, curve->points[i].threads));
		html_attrf(w, "cy", "%d", y_of(c, curve->points[i].speedup));
		H(w, "/>");
	}
}

static void label(struct html *w, const struct chart *c, enum arm a, int y)
{
	const struct scaling_point *p = last(c->arm[a]);
	AUTO_FREE char *times = cell_times(p->speedup);
	H(w, "<text");
	html_attrf(w, "x", "%d", x_of(c, p->threads) + 7);
	html_attrf(w, "y", "%d", y + 4);
	H(w, ">");
	html_textf(w, "%s %s", arm_word(a), times);
	H(w, "</text>");
}

/* Labels at the ends of the lines, moved apart where they would meet. */
static void labels(struct html *w, const struct chart *c)
{
	const struct scaling_point *g = last(c->arm[ARM_GIL]), *f = last(c->arm[ARM_FT]);
	int gil = g ? y_of(c, g->speedup) : 0, ft = f ? y_of(c, f->speedup) : 0;
	if (g && f && abs(gil - ft) < LABEL_GAP) {
		int middle = (gil + ft) / 2;
		bool above = f->speedup >= g->speedup;
		ft = middle + (above ? -LABEL_GAP / 2 : LABEL_GAP / 2 + 1);
		gil = middle + (above ? LABEL_GAP / 2 + 1 : -LABEL_GAP / 2);
	}
	if (g)
		label(w, c, ARM_GIL, gil);
	if (f)
		label(w, c, ARM_FT, ft);
}

static void frame(struct html *w, const struct chart *c)
{
	int right = LEFT + WIDTH, bottom = TOP + HEIGHT;
	H(w, "<path class='rule'");
	html_attrf(w, "d", "M%d %dV%dH%d", LEFT, TOP, bottom, right);
	H(w, "/><path class='ideal'");
	html_attrf(w, "d", "M%d %dL%d %d", x_of(c, 1), y_of(c, 1), right, y_of(c, c->threads));
	H(w, "/><text class='tick' text-anchor='middle'");
	html_attrf(w, "x", "%d", LEFT);
	html_attrf(w, "y", "%d", bottom + 13);
	H(w, ">1</text><text class='tick' text-anchor='middle'");
	html_attrf(w, "x", "%d", right);
	html_attrf(w, "y", "%d", bottom + 13);
	H(w, ">");
	html_textf(w, "%d threads", c->threads);
	H(w, "</text>");
}

static const char *objects_words(const struct scaling_curve *c)
{
	return str_eq(c->objects, "shared") ? "one shared object" : "an object for each thread";
}

static const struct scaling_curve *either(const struct chart *c)
{
	return c->arm[ARM_FT] ? c->arm[ARM_FT] : c->arm[ARM_GIL];
}

static void numbers(struct html *w, const struct scaling_curve *c)
{
	html_textf(w, "%s:", arm_word(c->arm));
	for (size_t i = 0; i < c->n_points; i++) {
		if (!usable(&c->points[i]))
			continue;
		AUTO_FREE char *times = cell_times(c->points[i].speedup);
		html_textf(w, " %s at %d", times, c->points[i].threads);
	}
	html_text(w, ". ");
}

static void chart(struct html *w, const struct row *row, const struct chart *c)
{
	const struct scaling_curve *any = either(c);
	H(w, "<svg role='img' class='scale' width='200' height='120'>");
	H(w, "<title>");
	html_text_cut(w, row->p->name, 60);
	html_textf(w, ": speed-up over threads, %s, %s", any->work, objects_words(any));
	H(w, "</title><desc>");
	for (enum arm a = ARM_FT + 1; a-- > 0;)
		if (c->arm[a])
			numbers(w, c->arm[a]);
	H(w, "</desc>");
	frame(w, c);
	for (enum arm a = 0; a <= ARM_FT; a++)
		if (c->arm[a])
			series(w, c, a);
	labels(w, c);
	H(w, "</svg>");
}

/* The charts of a package, in the order of its curves; returns how many. */
static size_t collect(const struct scaling *s, struct chart out[CHARTS])
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct scaling_curve *c = &s->curves[i];
		const struct scaling_point *end = last(c);
		size_t k = 0;
		if (!end || end->threads < 2 || c->arm > ARM_FT)
			continue;
		while (k < n && (!str_eq(either(&out[k])->work, c->work) || !str_eq(either(&out[k])->objects, c->objects)))
			k++;
		if (k == CHARTS)
			continue;
		if (k == n)
			out[n++] = (struct chart){ .threads = 1, .most = 1 };
		out[k].arm[c->arm] = c;
		if (end->threads > out[k].threads)
			out[k].threads = end->threads;
		out[k].most = fmax(out[k].most, out[k].threads);
		for (size_t j = 0; j < c->n_points; j++)
			if (usable(&c->points[j]))
				out[k].most = fmax(out[k].most, c->points[j].speedup);
	}
	return n;
}

static void number_cell(struct html *w, double v, const char *format)
{
	H(w, "<td class='num'>");
	if (isfinite(v) && v > 0 && v < 1e15)
		html_textf(w, format[0] == 'x' ? "%.2fx" : format[0] == '1' ? "%.1f" : "%.0f", v);
	else
		html_text(w, EN_DASH);
	H(w, "</td>");
}

static void point_row(struct html *w, const struct scaling_curve *c, const struct scaling_point *p)
{
	H(w, "<tr><th scope='row'>");
	html_text_cut(w, c->work, 40);
	H(w, ", ");
	html_text_cut(w, c->objects, 40);
	H(w, "</th><td>");
	html_text(w, arm_word(c->arm));
	H(w, "</td><td class='num'>");
	html_textf(w, "%d", p->threads);
	H(w, "</td>");
	number_cell(w, p->per_second, "0");
	H(w, "<td class='num'>");
	if (usable(p)) {
		AUTO_FREE char *times = cell_times(p->speedup);
		html_text(w, times);
	} else {
		html_text(w, EN_DASH);
	}
	if (has_interval(p) && p->threads > 1)
		html_textf(w, " [%.2f, %.2f]", p->lo, p->hi);
	H(w, "</td>");
	number_cell(w, p->speedup / p->threads * 100, "0");
	number_cell(w, p->overlap, "1");
	number_cell(w, p->ceiling, "x");
	H(w, "</tr>");
}

static void table(struct html *w, const struct package_result *r)
{
	H(w, "<details><summary>Numbers of ");
	html_text_cut(w, r->name, 100);
	H(w, " over threads</summary><div class='region' role='region' tabindex='0'");
	html_attrf(w, "aria-label", "Throughput of %.100s over threads", r->name ? r->name : "");
	H(w, "><table class='plain'><caption>Speed-up: throughput over that of one thread; ceiling: the same of work that shares nothing</caption>"
	     "<thead><tr><th scope='col'>work, objects</th><th scope='col'>arm</th><th scope='col'>threads</th><th scope='col'>per second</th>"
	     "<th scope='col'>speed-up</th><th scope='col'>efficiency, %</th><th scope='col'>ran at once</th><th scope='col'>ceiling</th></tr></thead><tbody>");
	for (size_t i = 0; i < r->scaling.n; i++)
		for (size_t k = 0; k < r->scaling.curves[i].n_points && k < 16; k++)
			point_row(w, &r->scaling.curves[i], &r->scaling.curves[i].points[k]);
	H(w, "</tbody></table></div></details>");
}

/* ", 1.71x at 2 threads (gil 0.99x)" */
static void ends(struct html *w, const struct scaling *s, const struct scaling_curve *c)
{
	const struct scaling_point *f = last(c);
	const struct scaling_point *g = f ? scaling_at(scaling_find(s, c->work, c->objects, ARM_GIL), f->threads) : NULL;
	if (!f)
		return;
	AUTO_FREE char *ft = cell_times(f->speedup), *gil = g && usable(g) ? cell_times(g->speedup) : NULL;
	html_textf(w, ", %s at %d threads%s%s%s", ft, f->threads, gil ? " (gil " : "", gil ? gil : "", gil ? ")" : "");
}

/* What each curve of the free-threaded arm says, and where its threads wait. */
static void verdicts(struct html *w, const struct scaling *s)
{
	H(w, "<ul class='rows'>");
	for (size_t i = 0; i < s->n; i++) {
		const struct scaling_curve *c = &s->curves[i];
		if (c->arm != ARM_FT)
			continue;
		H(w, "<li>");
		html_text_cut(w, c->work, 40);
		html_textf(w, ", %s: ", objects_words(c));
		H(w, "<b>");
		html_text(w, scaling_verdict_word(c->verdict));
		H(w, "</b>");
		ends(w, s, c);
		if (c->where && c->where[0]) {
			H(w, ": ");
			html_text_cut(w, c->where, 300);
		}
		if (c->note && c->note[0]) {
			H(w, " <span class='why'>");
			html_text_cut(w, c->note, 200);
			H(w, "</span>");
		}
		H(w, "</li>");
	}
	H(w, "</ul>");
}

void html_scaling(struct page *p, const struct row *row)
{
	struct html *w = &p->w;
	const struct scaling *s = &row->p->scaling;
	struct chart charts[CHARTS];
	size_t n = collect(s, charts);
	if (n == 0 && !s->n && !(s->note && s->note[0]))
		return;
	html_term(w, "threads");
	if (n && p->detail < DETAIL_NO_CHARTS) {
		H(w, "<div class='charts'>");
		for (size_t i = 0; i < n; i++) {
			H(w, "<div>");
			html_text_cut(w, either(&charts[i])->work, 40);
			html_textf(w, ", %s", objects_words(either(&charts[i])));
			chart(w, row, &charts[i]);
			H(w, "</div>");
		}
		H(w, "</div>");
	}
	if (s->n)
		verdicts(w, s);
	html_text_cut(w, s->note, 300);
	if (n && p->detail < DETAIL_NO_TABLES)
		table(w, row->p);
	html_end_term(w);
}
