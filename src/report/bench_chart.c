/* bench_chart.c: drawings of the bench page: claims on one axis, speed-up over threads; inline SVG, whole numbers. */
#include "report/bench.h"
#include "report/cells.h"

#include <math.h>
#include <stdlib.h>

/* The plot is PLOT_WIDTH wide: names to the left, then a logarithmic axis. */
enum { PLOT_WIDTH = 720, PLOT_LEFT = 300, PLOT_RIGHT = 690, ROW = 26, PLOT_TOP = 24 };
enum { CURVE_WIDTH = 260, CURVE_HEIGHT = 180, CURVE_LEFT = 34, CURVE_RIGHT = 200, CURVE_TOP = 12, CURVE_BOTTOM = 146 };

/* Powers of two that the axis reaches. */
struct scale {
	int first, last;
};

static bool has_interval(const struct bench_claim *c)
{
	return c->value.known && isfinite(c->value.lo) && isfinite(c->value.hi) && c->value.lo > 0 && c->verdict != BENCH_WRONG_RESULT &&
	       c->verdict != BENCH_NOT_MEASURABLE;
}

static struct scale scale_of(const struct bench *b)
{
	double least = 0.5, most = 2;
	for (size_t i = 0; i < b->n_claims; i++) {
		const struct bench_claim *c = &b->claims[i];
		if (!has_interval(c))
			continue;
		least = fmin(least, fmin(c->value.lo, c->bound));
		most = fmax(most, fmax(c->value.hi, c->bound));
	}
	int first = (int)floor(log2(fmax(least, 1.0 / 1024))), last = (int)ceil(log2(fmin(most, 1024)));
	return (struct scale){ first, last };
}

static int place(struct scale s, double ratio)
{
	double x = PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * (log2(ratio) - s.first) / (s.last - s.first);
	return x < PLOT_LEFT ? PLOT_LEFT : x > PLOT_RIGHT ? PLOT_RIGHT : (int)(x + 0.5);
}

static void number(struct html *w, const char *name, int v)
{
	html_attrf(w, name, "%d", v);
}

static void text_at(struct html *w, int x, int y, const char *anchor, const char *text)
{
	H(w, "<text");
	number(w, "x", x);
	number(w, "y", y);
	html_attr(w, "text-anchor", anchor);
	H(w, ">");
	html_text(w, text);
	H(w, "</text>");
}

static void axis(struct html *w, struct scale s, int bottom)
{
	for (int power = s.first; power <= s.last; power++) {
		int x = place(s, exp2(power));
		AUTO_FREE char *label = xasprintf("%gx", exp2(power));
		H(w, "<path class='rule'");
		html_attrf(w, "d", "M%d %dV%d", x, PLOT_TOP - 4, bottom);
		H(w, "/>");
		text_at(w, x, PLOT_TOP - 9, "middle", label);
	}
}

/* The claimed side of the bound as a band, the interval as a line, the estimate as a disc: open where nothing follows. */
static void claim_row(struct html *w, struct scale s, const struct bench_claim *c, int y)
{
	int bound = place(s, c->bound), lo = place(s, c->value.lo), hi = place(s, c->value.hi);
	H(w, "<rect class='band'");
	number(w, "x", c->at_least ? bound : PLOT_LEFT);
	number(w, "y", y - 8);
	number(w, "width", c->at_least ? PLOT_RIGHT - bound : bound - PLOT_LEFT);
	H(w, " height='16'/><path class='iv'");
	html_attrf(w, "d", "M%d %dH%d", lo, y, hi > lo ? hi : lo + 1);
	H(w, "/><circle r='4'");
	number(w, "cx", place(s, c->value.ratio));
	number(w, "cy", y);
	html_attr(w, "class", c->verdict == BENCH_INCONCLUSIVE ? "pt open" : c->verdict == BENCH_HOLDS ? "pt" : "pt slower");
	H(w, "/>");
	AUTO_FREE char *name = xasprintf("%s: %s", c->workload, c->text);
	text_at(w, PLOT_LEFT - 10, y + 4, "end", name);
}

void bench_plot(struct html *w, const struct bench *b)
{
	struct scale s = scale_of(b);
	int rows = 0, y = PLOT_TOP + ROW / 2;
	for (size_t i = 0; i < b->n_claims; i++)
		rows += has_interval(&b->claims[i]);
	if (rows == 0)
		return;
	H(w, "<div class='region' role='region' tabindex='0' aria-label='Plot of the claims'><svg class='plot' role='img' aria-labelledby='plot-t plot-d'");
	number(w, "width", PLOT_WIDTH);
	number(w, "height", PLOT_TOP + rows * ROW + 4);
	H(w, "><title id='plot-t'>Measured ratios and what is claimed</title><desc id='plot-d'>");
	for (size_t i = 0; i < b->n_claims; i++) {
		AUTO_FREE char *measured = bench_measured(&b->claims[i]);
		AUTO_FREE char *claimed = bench_claimed(&b->claims[i]);
		if (has_interval(&b->claims[i]))
			html_textf(w, "%s: %s, claimed %s. ", b->claims[i].workload, measured, claimed);
	}
	H(w, "</desc>");
	axis(w, s, PLOT_TOP + rows * ROW);
	for (size_t i = 0; i < b->n_claims; i++) {
		if (!has_interval(&b->claims[i]))
			continue;
		claim_row(w, s, &b->claims[i], y);
		y += ROW;
	}
	H(w, "</svg></div>\n");
}

/* ---- speed-up over threads ---- */

static double speedup(const struct bench_workload *w, enum arm arm, int threads)
{
	const struct bench_point *one = bench_find_point(w, arm, BENCH_SERIAL, 1);
	const struct bench_point *many = bench_find_point(w, arm, BENCH_THREADS, threads);
	return threads == 1 ? 1 : one && many ? bench_point_median(one) / bench_point_median(many) : NAN;
}

static int most_threads(const struct bench_workload *w)
{
	const struct bench_point *p = bench_find_point(w, ARM_FT, BENCH_THREADS, 0);
	return p ? p->threads : 1;
}

static int curve_x(int threads, int most)
{
	return CURVE_LEFT + (int)((CURVE_RIGHT - CURVE_LEFT) * log2(threads) / log2(most) + 0.5);
}

static int curve_y(double v, double top)
{
	return CURVE_BOTTOM - (int)((CURVE_BOTTOM - CURVE_TOP) * fmin(v, top) / top + 0.5);
}

/* One build's line, ended by its name `below` its end; the GIL build's is dashed with open squares. */
static void curve_line(struct html *w, const struct bench_workload *load, enum arm arm, int most, double top, int below)
{
	AUTO_BUF path = { 0 };
	int x = 0, y = 0;
	for (int n = 1; n <= most; n++) {
		double v = speedup(load, arm, n);
		if (!isfinite(v))
			continue;
		x = curve_x(n, most);
		y = curve_y(v, top);
		buf_addf(&path, "%c%d %d", path.len ? 'L' : 'M', x, y);
		H(w, "<rect width='7' height='7'");
		number(w, "x", x - 3);
		number(w, "y", y - 3);
		html_attr(w, "class", arm == ARM_FT ? "pt" : "pt open");
		H(w, "/>");
	}
	H(w, "<path");
	html_attr(w, "class", arm == ARM_FT ? "iv line" : "base line");
	html_attr(w, "d", buf_str(&path));
	H(w, "/>");
	AUTO_FREE char *label = xasprintf("%s %.2fx", arm_word(arm), speedup(load, arm, most));
	text_at(w, x + 8, y + 4 + below, "start", label);
}

/* What one thread does times the threads that have a core. */
static void ideal_line(struct html *w, int most, int cores, double top)
{
	AUTO_BUF path = { 0 };
	for (int n = 1; n <= most; n++)
		buf_addf(&path, "%c%d %d", path.len ? 'L' : 'M', curve_x(n, most), curve_y(n < cores ? n : cores, top));
	H(w, "<path class='rule ideal'");
	html_attr(w, "d", buf_str(&path));
	H(w, "/>");
}

void bench_curve(struct html *w, const struct bench_workload *load, int cores)
{
	int most = most_threads(load);
	double top = cores < most ? cores : most;
	if (most < 2 || !isfinite(speedup(load, ARM_FT, most)) || !isfinite(speedup(load, ARM_GIL, most)))
		return;
	top = fmax(fmax(top, 2), fmax(speedup(load, ARM_FT, most), speedup(load, ARM_GIL, most)));
	char title[HTML_ID];
	html_id(title, "s-", load->row->name);
	H(w, "<svg class='plot' role='img'");
	number(w, "width", CURVE_WIDTH);
	number(w, "height", CURVE_HEIGHT);
	html_attr(w, "aria-labelledby", title);
	H(w, "><title");
	html_attr(w, "id", title);
	H(w, ">");
	html_textf(w, "%s: speed-up of %d threads, free-threaded %.2f, with the GIL %.2f", load->row->name, most, speedup(load, ARM_FT, most),
	           speedup(load, ARM_GIL, most));
	H(w, "</title><path class='rule'");
	html_attrf(w, "d", "M%d %dV%dH%d", CURVE_LEFT, CURVE_TOP, CURVE_BOTTOM, CURVE_RIGHT);
	H(w, "/>");
	ideal_line(w, most, cores, top);
	for (int n = 1; n <= most; n *= 2) {
		AUTO_FREE char *label = xasprintf("%d", n);
		text_at(w, curve_x(n, most), CURVE_BOTTOM + 16, "middle", label);
	}
	AUTO_FREE char *highest = xasprintf("%.3gx", top);
	text_at(w, CURVE_LEFT - 6, CURVE_TOP + 5, "end", highest);
	text_at(w, CURVE_LEFT - 6, curve_y(1, top) + 4, "end", "1x");
	text_at(w, (CURVE_LEFT + CURVE_RIGHT) / 2, CURVE_BOTTOM + 31, "middle", "threads");
	/* the two names stay apart where the lines end at one place */
	int gil = curve_y(speedup(load, ARM_GIL, most), top), ft = curve_y(speedup(load, ARM_FT, most), top);
	int apart = abs(gil - ft) < 14 ? (14 - abs(gil - ft) + 1) / 2 : 0;
	curve_line(w, load, ARM_GIL, most, top, gil >= ft ? apart : -apart);
	curve_line(w, load, ARM_FT, most, top, gil >= ft ? -apart : apart);
	H(w, "</svg>\n");
}
