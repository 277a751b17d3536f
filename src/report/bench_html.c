/* bench_html.c: the page of `migrate-check bench --html`; see bench.h. */
#include "base/hash.h"
#include "base/text.h"
#include "report/bench.h"
#include "report/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int head(struct html *w, const struct bench *b, const char *style, struct error *err)
{
	char hash[SHA256_BASE64];
	AUTO_FREE char *counts = bench_counts(b);
	AUTO_BUF policy = { 0 };
	buf_adds(&policy, "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'");
	if (style) {
		sha256_base64(style, strlen(style), hash);
		buf_addf(&policy, "; style-src 'sha256-%s'", hash);
	}
	H(w, "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n<meta http-equiv='Content-Security-Policy'");
	html_attr(w, "content", buf_str(&policy));
	H(w, ">\n<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
	     "<meta name='color-scheme' content='light dark'>\n<meta name='referrer' content='no-referrer'>\n<title>");
	html_text(w, counts);
	H(w, ": migrate-check bench</title>\n");
	if (style) {
		H(w, "<style>");
		if (html_raw_asset(w, style) < 0)
			return error_set(err, ERR_INTERNAL, "style.css cannot be embedded in a page: it holds `</`, `<!--` or a carriage return");
		H(w, "</style>\n");
	}
	H(w, "</head>\n<body>\n<a class='skip' href='#main'>Skip to the result</a>\n"
	     "<header class='top'><span class='brand'>migrate-check bench</span>\n<nav aria-label='Sections'><ul>"
	     "<li><a href='#claims'>Claims</a></li><li><a href='#workloads'>Workloads</a></li><li><a href='#method'>Method</a></li></ul></nav></header>\n"
	     "<main id='main' tabindex='-1'>\n");
	return 0;
}

static void summary(struct html *w, const struct bench *b)
{
	AUTO_FREE char *counts = bench_counts(b);
	AUTO_FREE char *took = text_duration(b->seconds);
	AUTO_FREE char *noise = bench_noise(b);
	H(w, "<section id='summary' aria-labelledby='headline'><h1 id='headline'>");
	html_text(w, counts);
	H(w, "</h1>\n<p class='lead'>What is said of Python without the GIL, measured here on CPython ");
	html_text_cut(w, b->pair.ft.version, 40);
	html_textf(w, ": %d rounds, up to %d threads, %d core%s, %s", b->rounds, b->threads, b->cores, b->cores == 1 ? "" : "s", took);
	html_textf(w, "%s%s.", noise ? "; " : "", noise ? noise : "");
	H(w, "</p>\n");
	if (b->interrupted)
		H(w, "<p class='notice'>Interrupted: the page shows what had been measured.</p>\n");
	if (b->pair.parity.n) {
		AUTO_FREE char *differs = strv_join(&b->pair.parity, "; ");
		H(w, "<p class='notice'>The pair is not like for like: ");
		html_text_cut(w, differs, 1000);
		H(w, "</p>\n");
	}
	H(w, "</section>\n");
}

static void claim_row(struct html *w, const struct bench_claim *c)
{
	AUTO_FREE char *measured = bench_measured(c);
	AUTO_FREE char *claimed = bench_claimed(c);
	H(w, "<tr><th scope='row'>");
	html_text(w, c->workload);
	H(w, "</th><td>");
	html_text(w, c->text);
	H(w, "<p class='why'>");
	html_text(w, c->source);
	H(w, "</p></td><td>");
	html_text(w, c->metric);
	H(w, "</td><td class='num'>");
	html_text(w, measured);
	H(w, "</td><td class='num'>");
	html_text(w, claimed);
	H(w, "</td><td><b>");
	html_text(w, bench_verdict_word(c->verdict));
	H(w, "</b>");
	if (c->why) {
		H(w, "<p class='why'>");
		html_text_cut(w, c->why, 400);
		H(w, "</p>");
	}
	H(w, "</td></tr>\n");
}

static void claims(struct html *w, const struct bench *b)
{
	H(w, "<section id='claims' aria-labelledby='claims-h'><h2 id='claims-h'>Claims</h2>\n"
	     "<p>The band is where the claim says that the ratio lies, the line its 95% interval, the disc the estimate: open where nothing is decided, coloured where the claim does not hold.</p>\n");
	bench_plot(w, b);
	H(w, "<div class='region' role='region' tabindex='0' aria-label='Table of claims'><table class='plain'><caption>Claims, measured ratios and verdicts</caption>"
	     "<thead><tr><th scope='col'>workload</th><th scope='col'>claim and source</th><th scope='col'>measure</th><th scope='col'>measured</th>"
	     "<th scope='col'>claimed</th><th scope='col'>verdict</th></tr></thead>\n<tbody>");
	for (size_t i = 0; i < b->n_claims; i++)
		claim_row(w, &b->claims[i]);
	H(w, "</tbody></table></div>\n</section>\n");
}

static void number_cell(struct html *w, double v, const char *unit)
{
	H(w, "<td class='num'>");
	if (isfinite(v) && v > 0)
		html_textf(w, "%.3g%s", v, unit);
	else
		H(w, "-");
	H(w, "</td>");
}

/* Median of a figure of the runs that have it, by selection: there are few. */
static double median_memory(const struct bench_point *p)
{
	double best = NAN;
	for (size_t k = 0; k < p->n; k++) {
		size_t below = 0, known = 0;
		for (size_t i = 0; i < p->n; i++) {
			known += p->runs[i].tree_pss > 0;
			below += p->runs[i].tree_pss > 0 && (p->runs[i].tree_pss < p->runs[k].tree_pss || (p->runs[i].tree_pss == p->runs[k].tree_pss && i < k));
		}
		if (p->runs[k].tree_pss > 0 && below == (known - 1) / 2)
			best = (double)p->runs[k].tree_pss;
	}
	return best;
}

static void point_row(struct html *w, const struct bench_workload *load, const struct bench_point *p)
{
	const struct bench_point *one = bench_find_point(load, p->arm, BENCH_SERIAL, 1);
	const struct bench_point *gil = bench_find_point(load, ARM_GIL, p->variant, p->threads);
	double median = bench_point_median(p);
	size_t n = 0;
	for (size_t k = 0; k < p->n; k++)
		n += p->runs[k].ok;
	H(w, "<tr><th scope='row'>");
	html_textf(w, "%s %s%s", arm_word(p->arm), bench_variant_word(p->variant), p->again ? ", again" : "");
	H(w, "</th>");
	number_cell(w, p->threads, "");
	number_cell(w, (double)n, "");
	number_cell(w, median, " s");
	number_cell(w, gil && gil != p ? median / bench_point_median(gil) : NAN, "x");
	number_cell(w, one && one != p && !p->again ? bench_point_median(one) / median : NAN, "x");
	number_cell(w, median_memory(p) / 1e6, " MB");
	H(w, "</tr>\n");
}

static void workload(struct html *w, const struct bench *b, const struct bench_workload *load)
{
	H(w, "<h3>");
	html_text(w, load->row->name);
	H(w, "</h3>\n<p>");
	html_text(w, load->row->summary);
	H(w, "</p>\n");
	if (load->why) {
		H(w, "<p class='notice'>Broken off: ");
		html_text_cut(w, load->why, 400);
		H(w, "</p>\n");
	}
	if (load->row->plan == BENCH_PLAN_SCALE)
		bench_curve(w, load, b->cores);
	H(w, "<details><summary>Runs of ");
	html_text(w, load->row->name);
	H(w, "</summary><div class='region' role='region' tabindex='0'");
	html_attrf(w, "aria-label", "Runs of %s", load->row->name);
	H(w, "><table class='plain'><caption>Medians of ");
	html_text(w, load->row->name);
	H(w, "</caption><thead><tr><th scope='col'>run</th><th scope='col'>threads</th><th scope='col'>rounds</th><th scope='col'>time</th>"
	     "<th scope='col'>time / gil</th><th scope='col'>speed-up</th><th scope='col'>memory at the end</th></tr></thead>\n<tbody>");
	for (size_t i = 0; i < load->n_points; i++)
		point_row(w, load, &load->points[i]);
	H(w, "</tbody></table></div></details>\n");
}

static void fact(struct html *w, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	H(w, "<div><dt>");
	html_text(w, name);
	H(w, "</dt><dd>");
	html_text_cut(w, value, 2000);
	H(w, "</dd></div>\n");
}

static void interpreter(struct html *w, const char *arm, const struct interpreter *i)
{
	AUTO_FREE char *text = xasprintf("%s, %s, %s, optimisation %s, id %s", i->version ? i->version : "?", i->executable ? i->executable : "?",
	                                 i->compiler ? i->compiler : "?", i->optimisation ? i->optimisation : "?", i->id ? i->id : "?");
	fact(w, arm, text);
}

static void method(struct html *w, const struct bench *b)
{
	AUTO_FREE char *load = b->load >= 0 ? xasprintf("%.2f", b->load) : NULL;
	AUTO_FREE char *scale = xasprintf("%.3g", b->scale);
	H(w, "<section id='method' aria-labelledby='method-h'><h2 id='method-h'>Method</h2>\n"
	     "<p>Each run is a fresh process. A round runs every point of a workload once; every other round goes backwards, so that drift of the machine meets "
	     "both sides of a ratio. A ratio is the Hodges-Lehmann estimate over the rounds with the exact signed-rank interval. Every run's result is compared "
	     "with the serial one. A claim holds when the whole interval lies on its side of the bound.</p>\n<dl class='facts'>\n");
	fact(w, "command", b->command);
	fact(w, "started", b->started);
	interpreter(w, "gil", &b->pair.gil);
	interpreter(w, "ft", &b->pair.ft);
	fact(w, "load before", load);
	fact(w, "scale", scale);
	fact(w, "sandbox", b->sandbox ? "on" : "off");
	AUTO_FREE char *tool = xasprintf("migrate-check %s", b->tool_version ? b->tool_version : "");
	fact(w, "made by", tool);
	H(w, "</dl>\n</section>\n");
}

int report_bench_html(FILE *out, const struct bench *b, const char *style, struct error *err)
{
	struct html w = { { 0 } };
	int result = head(&w, b, style, err);
	if (result == 0) {
		summary(&w, b);
		claims(&w, b);
		H(&w, "<section id='workloads' aria-labelledby='workloads-h'><h2 id='workloads-h'>Workloads</h2>\n");
		for (size_t i = 0; i < b->n_workloads; i++)
			workload(&w, b, &b->workloads[i]);
		H(&w, "</section>\n");
		method(&w, b);
		H(&w, "</main>\n<footer><p>This page is one file and needs no network.</p></footer>\n</body>\n</html>\n");
		result = report_flush(out, &w.b, err);
	}
	buf_release(&w.b);
	return result;
}
