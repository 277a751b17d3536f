/* html_chart.c: the page's drawings: shapes of the readiness, share bar, interval cells; inline SVG. */
#include "report/html_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The interval cell is 160 by 16; its log axis runs from 0.5x to 2x. */
#define CELL_LEFT 8
#define CELL_WIDTH 144
#define CELL_RIGHT (CELL_LEFT + CELL_WIDTH)
#define LEAST_NOISE 0.05 /* the equivalence band is never narrower (research: statistics) */

void html_glyph(struct html *w, enum readiness r)
{
	switch (r) {
	case READY_NO_GO: H(w, "<svg class='g no-go' aria-hidden='true'><use href='#g-no-go'/></svg>"); break;
	case READY_LIMITS: H(w, "<svg class='g limits' aria-hidden='true'><use href='#g-limits'/></svg>"); break;
	case READY_GO: H(w, "<svg class='g go' aria-hidden='true'><use href='#g-go'/></svg>"); break;
	default: H(w, "<svg class='g unknown' aria-hidden='true'><use href='#g-unknown'/></svg>"); break;
	}
}

void html_ready(struct html *w, enum readiness r)
{
	html_glyph(w, r);
	H(w, "<span");
	html_attrf(w, "class", "w %s", readiness_word(r));
	H(w, ">");
	html_text(w, readiness_word(r));
	H(w, "</span>");
}

void html_sprite(struct html *w)
{
	H(w, "<svg class='sprite' aria-hidden='true' width='0' height='0'>"
	     "<symbol id='g-go' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' class='body'/>"
	     "<path d='M4.6 8.4l2.3 2.3 4.6-5.2' class='mark'/></symbol>"
	     "<symbol id='g-limits' viewBox='0 0 16 16'><path d='M8 1.2L15.4 14.6H.6z' class='body'/>"
	     "<path d='M8 5.8v4.1M8 11.9v.9' class='mark'/></symbol>"
	     "<symbol id='g-no-go' viewBox='0 0 16 16'><path d='M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z' class='body'/>"
	     "<path d='M5.5 5.5l5 5M10.5 5.5l-5 5' class='mark'/></symbol>"
	     "<symbol id='g-unknown' viewBox='0 0 16 16'><circle cx='8' cy='8' r='6.5' class='ring'/>"
	     "<path d='M6.2 6.4c0-2.4 3.7-2.3 3.7 0 0 1.5-1.9 1.5-1.9 3M8 11.2v.9' class='line'/></symbol>"
	     "<defs>"
	     "<pattern id='h-limits' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
	     "<rect width='8' height='8' class='fill limits'/><path d='M0 0v8' class='hatch'/></pattern>"
	     "<pattern id='h-unknown' width='7' height='7' patternUnits='userSpaceOnUse'>"
	     "<rect width='7' height='7' class='fill unknown'/><circle cx='3.5' cy='3.5' r='1' class='dot'/></pattern>"
	     "<pattern id='h-no-go' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
	     "<rect width='8' height='8' class='fill no-go'/><path d='M0 0v8M0 0h8' class='hatch'/></pattern>"
	     "</defs></svg>\n");
}

const enum readiness html_bar_order[READY_COUNT] = { READY_GO, READY_LIMITS, READY_UNKNOWN, READY_NO_GO };

/* Tenths of a per cent of the bar's width; what exists is never narrower than 2%. */
static void shares(const struct survey *s, int share[READY_COUNT])
{
	int sum = 0, largest = 0;
	for (int r = 0; r < READY_COUNT; r++) {
		size_t n = survey_count(s, (enum readiness)r);
		share[r] = n ? (int)((double)n * 1000 / (double)s->n_packages + 0.5) : 0;
		share[r] = n && share[r] < 20 ? 20 : share[r];
		sum += share[r];
		largest = share[r] > share[largest] ? r : largest;
	}
	share[largest] += s->n_packages ? 1000 - sum : 0;
}

static void bar_segment(struct html *w, enum readiness r, size_t count, int at, int share)
{
	H(w, "<rect y='0' height='28'");
	html_attrf(w, "x", "%d.%d%%", at / 10, at % 10);
	html_attrf(w, "width", "%d.%d%%", share / 10, share % 10);
	html_attrf(w, "class", "seg %s", readiness_word(r));
	H(w, "/>");
	if (share < 30)
		return; /* no room for a number; the list beside the bar has it */
	int middle = at + share / 2;
	H(w, "<text y='19' text-anchor='middle'");
	html_attrf(w, "x", "%d.%d%%", middle / 10, middle % 10);
	html_attrf(w, "class", "seg-n %s", readiness_word(r));
	H(w, ">");
	html_textf(w, "%zu", count);
	H(w, "</text>");
}

void html_bar(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	int share[READY_COUNT], at = 0;
	shares(s, share);
	H(w, "<svg class='bar' role='img' width='100%' height='28' aria-labelledby='bar-t bar-d'>"
	     "<title id='bar-t'>Readiness of the packages</title><desc id='bar-d'>");
	for (int i = 0; i < READY_COUNT; i++)
		html_textf(w, "%zu %s, ", survey_count(s, html_bar_order[i]), readiness_word(html_bar_order[i]));
	html_textf(w, "of %zu packages", s->n_packages);
	H(w, "</desc>");
	for (int i = 0; i < READY_COUNT; i++) {
		enum readiness r = html_bar_order[i];
		if (share[r] > 0)
			bar_segment(w, r, survey_count(s, r), at, share[r]);
		at += share[r];
	}
	H(w, "</svg>\n");
}

/* Where a ratio lies on the axis of the cell; outside becomes the end. */
static int axis(double ratio)
{
	double x = CELL_LEFT + CELL_WIDTH * (log2(ratio) + 1) / 2;
	return x < CELL_LEFT ? CELL_LEFT : x > CELL_RIGHT ? CELL_RIGHT : (int)(x + 0.5);
}

static void number(struct html *w, const char *name, int v)
{
	html_attrf(w, name, "%d", v);
}

/* A result that crosses the band is never coloured. */
const char *html_point_class(enum perf_verdict v)
{
	return v == PERF_SLOWER ? "pt slower" : v == PERF_FASTER ? "pt faster" : v == PERF_SAME ? "pt" : "pt open";
}

static void interval_line(struct html *w, const struct ratio *r)
{
	if (ratio_has_interval(r)) {
		H(w, "<path class='iv'");
		html_attrf(w, "d", "M%d 8H%d", axis(r->lo), axis(r->hi) > axis(r->lo) ? axis(r->hi) : axis(r->lo) + 1);
		H(w, "/>");
		if (r->hi > 2)
			H(w, "<path class='end' d='M152 4l5 4-5 4z'/>");
		if (r->lo < 0.5)
			H(w, "<path class='end' d='M8 4L3 8l5 4z'/>");
	}
	if (r->ratio > 2 && !ratio_has_interval(r))
		H(w, "<path class='end' d='M152 4l5 4-5 4z'/>");
	H(w, "<circle cy='8' r='4'");
	number(w, "cx", axis(r->ratio));
	html_attr(w, "class", html_point_class(r->verdict));
	H(w, "/>");
}

void html_interval_cell(struct html *w, const struct ratio *r, const struct ratio *baseline)
{
	double noise = r->noise > LEAST_NOISE && r->noise < 1 ? r->noise : LEAST_NOISE;
	int left = axis(1 / (1 + noise)), right = axis(1 + noise);
	H(w, "<svg class='cell' width='160' height='16' aria-hidden='true'><rect class='band' y='0' height='16'");
	number(w, "x", left);
	number(w, "width", right - left);
	H(w, "/>");
	if (ratio_usable(baseline)) {
		H(w, "<path class='base'");
		html_attrf(w, "d", "M%d 0V16", axis(baseline->ratio));
		H(w, "/>");
	}
	interval_line(w, r);
	H(w, "</svg>");
}

void html_interval_axis(struct html *w, const struct ratio *baseline)
{
	H(w, "<svg class='cell axis' width='160' height='22' aria-hidden='true'><path class='rule' d='M8 16.5H152M8 13v7M80 13v7M152 13v7'/>");
	if (baseline && ratio_usable(baseline)) {
		H(w, "<path class='base'");
		html_attrf(w, "d", "M%d 11V22", axis(baseline->ratio));
		H(w, "/>");
	}
	H(w, "<text x='8' y='10' text-anchor='start'>0.5x</text><text x='80' y='10' text-anchor='middle'>1x</text>"
	     "<text x='152' y='10' text-anchor='end'>2x</text></svg>");
}
