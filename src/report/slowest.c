/*
 * slowest.c: the tests of one package that lost or gained most on the
 * free-threaded build (`show --slowest`), with which of them are beyond chance:
 * one of many tests is always the slowest.
 */
#include "base/text.h"
#include "report/cells.h"
#include "report/report.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 20 };
static const double fdr = 0.05; /* as judge/delta.c has it */

/* "34.2 us", "1.50 ms", "2.30 s": three digits. */
static char *short_time(double seconds)
{
	static const struct {
		double least, factor;
		const char *unit;
	} units[] = { { 0.9995, 1, "s" }, { 0.0009995, 1e3, "ms" }, { 0, 1e6, "us" } };
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (seconds >= units[i].least) {
			double v = seconds * units[i].factor;
			return xasprintf("%.*f %s", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v, units[i].unit);
		}
	return xstrdup("-");
}

static void add_row(struct buf *b, const struct test_delta *t)
{
	struct ratio r = { .known = true, .ratio = t->ratio, .lo = t->lo, .hi = t->hi, .n = t->n };
	AUTO_FREE char *times = ratio_usable(&r) ? cell_times(t->ratio) : xstrdup("-");
	AUTO_FREE char *interval = cell_interval(&r);
	AUTO_FREE char *gil = short_time(t->gil_seconds);
	AUTO_FREE char *ft = short_time(t->ft_seconds);
	AUTO_FREE char *p = xasprintf("%.2g", t->p);
	AUTO_FREE char *id = style_line(t->id);
	const char *const cells[] = { times, interval, gil, ft, p };
	static const size_t widths[] = { 7, 14, 9, 9, 8 };
	buf_adds(b, t->significant ? "* " : "  ");
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		style_pad(b, cells[i], widths[i]);
		buf_addc(b, ' ');
	}
	buf_addf(b, "%s\n", id ? id : "");
}

/* Those above 1 from the front, or those below 1 from the back; at most `most` (0: all). */
static void add_part(struct buf *b, const struct measured *m, bool lost, size_t most)
{
	size_t shown = 0;
	for (size_t i = 0; i < m->n_tests && (most == 0 || shown < most); i++) {
		const struct test_delta *t = &m->tests[lost ? i : m->n_tests - 1 - i];
		if (lost ? !(t->ratio > 1) : !(t->ratio < 1))
			break;
		if (shown++ == 0)
			buf_addf(b, "\n  %-7s %-14s %-9s %-9s %-8s test\n", lost ? "lost" : "gained", "interval", "gil", "ft", "p");
		add_row(b, t);
	}
	if (shown == 0)
		buf_addf(b, "\n  no test %s\n", lost ? "lost" : "gained");
}

/* What so few pairs can show at all. */
static void add_limits(struct buf *b, const struct measured *m)
{
	int64_t n = m->n_tests ? m->tests[0].n : 0;
	double least = ldexp(1, 1 - (int)(n < 60 ? n : 60)), share = least / fdr;
	buf_addf(b, "\n* beyond chance at a false discovery rate of %g%% over all %lld timed tests (Benjamini and Hochberg): %lld lost, %lld gained\n",
	         fdr * 100, (long long)m->timed, (long long)m->lost, (long long)m->gained);
	if (share > 1)
		buf_addf(b, "with %lld pairs no p is below %.2g, so that nothing can be: more effort measures more pairs\n", (long long)n, least);
	else if (share * (double)m->timed > 1)
		buf_addf(b, "with %lld pairs no p is below %.2g, so that a test can be only where at least %.0f of the %lld have it\n", (long long)n, least,
		         ceil(share * (double)m->timed), (long long)m->timed);
}

static void add_head(struct buf *b, const struct package_result *p)
{
	const struct measured *m = &p->measured;
	AUTO_FREE char *name = style_line(p->name);
	AUTO_FREE char *version = style_line(p->version);
	buf_addf(b, "%s %s  free-threaded / gil, call phase of %lld tests in %lld pairs of processes\n", name ? name : "", version ? version : "",
	         (long long)m->timed, (long long)m->pairs);
	buf_addf(b, "left out: %lld too short, %lld that sleep or wait, %lld that did not pass everywhere\n", (long long)m->too_short,
	         (long long)m->waiting, (long long)m->unequal);
}

int report_slowest(FILE *out, const struct package_result *p, const struct report_options *opt, struct error *err)
{
	AUTO_BUF b = { 0 };
	const struct measured *m = &p->measured;
	AUTO_FREE char *name = style_line(p->name);
	if (!m->known) {
		buf_addf(&b, "%s: nothing was measured (no suite that runs on both builds, or --no-measure)\n", name ? name : "");
		return report_flush(out, &b, err);
	}
	if (m->n_tests == 0) {
		AUTO_FREE char *note = style_line(p->time.note);
		buf_addf(&b, "%s: no test could be timed%s%s\n", name ? name : "", note ? ": " : "", note ? note : "");
		return report_flush(out, &b, err);
	}
	add_head(&b, p);
	add_part(&b, m, true, opt->all_rows ? 0 : ROWS);
	add_part(&b, m, false, opt->all_rows ? 0 : ROWS);
	if (m->timed > (int64_t)m->n_tests) /* the survey keeps those that lost and gained most */
		buf_addf(&b, "%lld more tests lie between; their ratios are not kept\n", (long long)m->timed - (long long)m->n_tests);
	add_limits(&b, m);
	return report_flush(out, &b, err);
}
