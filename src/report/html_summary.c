/* html_summary.c: the page's first screen: the answer, its worth, its price, and what to do first. */
#include "report/facts.h"
#include "report/html_page.h"

#include <stdlib.h>

static enum readiness headline_readiness(const struct survey *s)
{
	static const enum readiness order[] = { READY_NO_GO, READY_UNKNOWN, READY_LIMITS };
	if (s->interrupted && !survey_count(s, READY_NO_GO))
		return READY_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (survey_count(s, order[i]))
			return order[i];
	return s->n_packages ? READY_GO : READY_UNKNOWN;
}

static void meta_line(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	AUTO_FREE char *date = date_text(s->started);
	H(w, "<p class='meta'><span class='asked'>");
	html_text_cut(w, s->title ? s->title : "survey", 200);
	H(w, "</span>");
	if (*date) {
		H(w, " <span>");
		html_text_cut(w, date, 40);
		H(w, "</span>");
	}
	if (s->pair.ft.version) {
		H(w, " <span>CPython ");
		html_text_cut(w, s->pair.ft.version, 40);
		H(w, "</span>");
	}
	H(w, " <span>effort ");
	html_text(w, effort_word(s->effort));
	H(w, "</span>");
	if (s->seed) {
		H(w, " <span>seed ");
		html_text_cut(w, s->seed, 40);
		H(w, "</span>");
	}
	H(w, "</p>\n");
}

/* The names of the first blockers, as a reader would list them. */
static void blocker_names(struct page *p, size_t max)
{
	for (size_t i = 0; i < p->n_blockers && i < max; i++) {
		html_text(&p->w, i == 0 ? "" : i + 1 == p->n_blockers ? " and " : ", ");
		html_text_cut(&p->w, p->blockers[i].name, 100);
	}
	if (p->n_blockers > max)
		html_textf(&p->w, " and %zu more", p->n_blockers - max);
}

static void lead(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	enum readiness r = headline_readiness(s);
	size_t n = survey_count(s, r);
	H(w, "<p class='lead'>");
	if (s->n_packages == 0) {
		H(w, "No package was tested.");
	} else if (r == READY_UNKNOWN && n == s->n_packages) {
		html_textf(w, "%s no answer; nothing is claimed.", n == 1 ? "The package has" : "The packages have");
	} else if (r == READY_NO_GO) {
		html_textf(w, "%zu of %zu %s %s you", n, s->n_packages, s->n_packages == 1 ? "package" : "packages", n == 1 ? "stops" : "stop");
		const struct blocker *b = &p->blockers[0];
		if (b->holds > 1) {
			H(w, "; ");
			html_text_cut(w, b->name, 100);
			html_textf(w, " holds back %lld of your %lld requirements.", (long long)b->holds, (long long)b->of);
		} else {
			H(w, ": ");
			blocker_names(p, 3);
			H(w, ".");
		}
	} else if (r == READY_UNKNOWN && n == 0) {
		html_textf(w, "Nothing was found in the %zu %s that the run reached; it did not end.", s->n_packages, s->n_packages == 1 ? "package" : "packages");
	} else if (r == READY_UNKNOWN) {
		html_textf(w, "%zu of %zu packages %s no answer; of the others none is known to stop you.", n, s->n_packages, n == 1 ? "has" : "have");
	} else if (r == READY_LIMITS) {
		html_textf(w, "%zu of %zu %s %s with a stated restriction; none stops you.", n, s->n_packages, s->n_packages == 1 ? "package" : "packages",
		           n == 1 ? "works" : "work");
	} else {
		html_textf(w, "Nothing was found in %zu %s. How much that is worth stands below.", n, n == 1 ? "package" : "packages");
	}
	H(w, "</p>\n");
}

static const char *const left_out[] = {
	[DETAIL_FULL] = "",
	[DETAIL_NO_TABLES] = "tables of single tests' times and of speed-ups are left out",
	[DETAIL_NO_CHARTS] = "tables and charts of packages' times and speed-ups are left out",
	[DETAIL_SHORT_TAILS] = "tables and charts of packages are left out and log tails are cut to 8 lines",
	[DETAIL_NO_TAILS] = "tables and charts of packages and log tails are left out",
	[DETAIL_NO_STACKS] = "tables and charts of packages, log tails and stacks are left out",
	[DETAIL_BRIEF] = "log tails, stacks and the details of packages are left out",
};

/* What a reader must know before believing the rest. */
static void notices(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	if (s->interrupted || !s->finished)
		H(w, "<p class='notice'>The run did not end. This page shows what was finished; the same command goes on.</p>\n");
	if (!s->sandbox)
		H(w, "<p class='notice'>Package code ran without the sandbox (<code>--no-sandbox</code>): it could reach the network and change this machine.</p>\n");
	if (s->pair.parity.n) {
		H(w, "<p class='notice'>The two interpreters are not like for like (");
		for (size_t i = 0; i < s->pair.parity.n && i < 8; i++) {
			html_text(w, i ? "; " : "");
			html_text_cut(w, s->pair.parity.v[i], 200);
		}
		H(w, "), so ratios mean little.</p>\n");
	}
	if (s->infra_errors) {
		H(w, "<p class='notice'>");
		html_textf(w, "Nothing can be said of %lld of %zu packages for reasons of the machine or the tool. They are not blamed for it.",
		           (long long)s->infra_errors, s->n_packages);
		H(w, "</p>\n");
	}
	if (p->detail == DETAIL_FULL)
		return;
	H(w, "<p class='notice' id='cut'>To keep this page small, ");
	html_text(w, left_out[p->detail]);
	if (p->listed < p->n_rows)
		html_textf(w, ", and only the first %zu of %zu packages, worst first, are listed", p->listed, p->n_rows);
	H(w, ". <code>migrate-check log</code> and <code>migrate-check show</code> print all of it.</p>\n");
}

static void counts(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<div class='share'>");
	if (p->s->n_packages)
		html_bar(p);
	H(w, "<ul class='counts'>");
	for (int i = 0; i < READY_COUNT; i++) {
		enum readiness r = html_bar_order[i];
		H(w, "<li><a");
		html_attrf(w, "href", "#plan-%s", readiness_word(r));
		H(w, ">");
		html_glyph(w, r);
		H(w, "<span");
		html_attrf(w, "class", "w %s", readiness_word(r));
		H(w, ">");
		html_textf(w, "%zu %s", survey_count(p->s, r), readiness_word(r));
		H(w, "</span></a></li>");
	}
	H(w, "</ul></div>\n");
}

static void cost(struct page *p)
{
	struct html *w = &p->w;
	AUTO_FREE char *cost = fact_fleet_cost(p->s);
	AUTO_FREE char *gain = fact_fleet_gain(p->s);
	H(w, "<div><dt>Cost</dt><dd>");
	html_text(w, cost ? cost : "no time with an interval");
	H(w, "</dd></div>\n");
	if (!gain)
		return;
	H(w, "<div><dt>Gain</dt><dd>");
	html_text(w, gain);
	H(w, "</dd></div>\n");
}

static void first_steps(struct page *p)
{
	struct html *w = &p->w;
	AUTO_STRV steps = { 0 };
	page_first_steps(p, 3, &steps);
	if (!steps.n)
		return;
	H(w, "<div><dt>First</dt><dd><ol class='steps'>");
	for (size_t i = 0; i < steps.n; i++) {
		H(w, "<li>");
		html_text_cut(w, steps.v[i], 300);
		H(w, "</li>");
	}
	H(w, "</ol></dd></div>\n");
}

/* The range of runs and bounds behind what is called go or limits. */
static void worth(struct page *p)
{
	struct html *w = &p->w;
	int64_t least = INT64_MAX, most = 0;
	double low = 1, high = 0;
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct package_result *r = p->rows[i].p;
		if (r->verdict != OUT_PASS || r->runs < 1)
			continue;
		least = r->runs < least ? r->runs : least;
		most = r->runs > most ? r->runs : most;
		low = r->bound < low ? r->bound : low;
		high = r->bound > high ? r->bound : high;
	}
	H(w, "<div><dt>Worth</dt><dd>");
	if (most > 0) {
		AUTO_FREE char *best = percent_text(low), *worst = percent_text(high);
		if (least == most)
			html_textf(w, "0 failures in %lld %s per package: rates below %s may be missed (95%%).", (long long)most, most == 1 ? "run" : "runs", worst);
		else
			html_textf(w, "0 failures in %lld to %lld runs per package: rates below %s to %s may be missed (95%%).", (long long)least,
			           (long long)most, best, worst);
	} else {
		H(w, "No suite ran to its end without a failure, so no bound can be given.");
	}
	if (p->s->not_covered.n) {
		H(w, " Not covered: ");
		for (size_t i = 0; i < p->s->not_covered.n && i < 20; i++) {
			html_text(w, i ? "; " : "");
			html_text_cut(w, p->s->not_covered.v[i], 200);
		}
		H(w, ".");
	}
	H(w, " <a href='#method'>How this was found</a></dd></div>\n");
}

void html_summary(struct page *p)
{
	struct html *w = &p->w;
	enum readiness r = headline_readiness(p->s);
	H(w, "<section id='summary' aria-labelledby='headline'>\n");
	meta_line(p);
	H(w, "<h1 id='headline'");
	html_attrf(w, "class", "%s", readiness_word(r));
	H(w, ">");
	html_textf(w, "%s.", survey_headline(p->s));
	H(w, "</h1>\n");
	lead(p);
	notices(p);
	counts(p);
	H(w, "<dl class='facts'>\n");
	cost(p);
	first_steps(p);
	worth(p);
	H(w, "</dl>\n</section>\n");
}
