/* summary.c: see summary.h. */
#include "report/summary.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_KEPT 5 /* names listed in one summary line */

/* One summary line: a label, then prose that wraps on a terminal. */
static void add_line(struct buf *out, const struct report_options *opt, const char *label, const char *text)
{
	buf_adds(out, label);
	size_t at = text_width(label);
	style_wrap(out, text, at, at < 14 ? at : 4, opt->width);
	buf_addc(out, '\n');
}

static void add_foreign(struct buf *out, const struct report_options *opt, const char *label, const char *foreign)
{
	AUTO_FREE char *safe = style_line(foreign);
	add_line(out, opt, label, safe);
}

/* Facts of the run; a line breaks between facts only. */
static void add_pieces(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	AUTO_STRV pieces = { 0 };
	strv_addf(&pieces, "CPython %s, gil and free-threaded, %s", s->pair.ft.version, s->pair.parity.n ? "not like for like" : "like for like");
	strv_addf(&pieces, "effort %s", effort_word(s->effort));
	if (s->seed)
		strv_addf(&pieces, "seed %s", s->seed);
	if (s->cores > 0)
		strv_addf(&pieces, "%d %s", s->cores, s->cores == 1 ? "core" : "cores");
	size_t at = 0;
	for (size_t i = 0; i < pieces.n; i++) {
		AUTO_FREE char *safe = style_line(pieces.v[i]);
		size_t columns = text_width(safe);
		bool breaks = i && opt->width > 0 && at + 3 + columns > (size_t)opt->width;
		buf_addf(out, "%s%s", breaks ? "\n" : i ? "   " : "", safe);
		at = breaks ? columns : at + columns + (i ? 3 : 0);
	}
	buf_addc(out, '\n');
}

void summary_conditions(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	size_t start = out->len;
	const struct pair *pair = &s->pair;
	if (pair->ft.version)
		add_pieces(out, s, opt);
	if (pair->parity.n) {
		AUTO_FREE char *list = strv_join(&pair->parity, "; ");
		add_foreign(out, opt, "the pair differs: ", list);
	}
	if (!s->sandbox)
		add_line(out, opt, "", "sandbox off (--no-sandbox): package code ran with your rights and your network");
	if (out->len > start)
		buf_addc(out, '\n');
}

static bool was(const struct survey *s, const struct package_result *p, enum readiness r)
{
	const struct package_result *then = report_find_package(s, p->name ? p->name : "");
	return then && then->readiness == r;
}

/* "(a, b, c and 4 more)" */
static void add_names(struct buf *out, const struct strv *names)
{
	for (size_t i = 0; i < names->n && i < NAMES_KEPT; i++) {
		buf_adds(out, i ? ", " : " (");
		style_text(out, names->v[i]);
	}
	if (names->n > NAMES_KEPT)
		buf_addf(out, " and %zu more", names->n - NAMES_KEPT);
	if (names->n)
		buf_addc(out, ')');
}

/* "2026-11-14T..." -> "14 Nov"; anything else as it is. */
static char *short_date(const char *utc)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;
	if (utc && sscanf(utc, "%4d-%2d-%2d", &year, &month, &day) == 3 && month >= 1 && month <= 12)
		return xasprintf("%d %s", day, months[month - 1]);
	return style_reason(utc ? utc : "the last survey");
}

char *summary_since(const struct survey *s, const struct survey *previous)
{
	if (!previous)
		return NULL;
	AUTO_STRV fresh = { 0 }, fixed = { 0 }, still = { 0 };
	for (size_t i = 0; i < s->n_packages; i++) {
		const struct package_result *p = &s->packages[i];
		bool before = was(previous, p, READY_NO_GO);
		if (p->readiness == READY_NO_GO)
			strv_add(before ? &still : &fresh, p->name ? p->name : "");
		else if (before && p->readiness != READY_UNKNOWN) /* not knowing is no fix */
			strv_add(&fixed, p->name ? p->name : "");
	}
	AUTO_FREE char *date = short_date(previous->started);
	if (fresh.n + fixed.n + still.n == 0)
		return xasprintf("since %s: no package is or was no-go", date);
	struct buf b = { 0 };
	buf_addf(&b, "since %s: %zu new no-go", date, fresh.n);
	add_names(&b, &fresh);
	buf_addf(&b, ", %zu fixed", fixed.n);
	add_names(&b, &fixed);
	buf_addf(&b, ", %zu still", still.n);
	add_names(&b, &still);
	return buf_steal(&b);
}

void summary_counts(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	if (s->n_packages == 0)
		return;
	AUTO_BUF line = { 0 };
	AUTO_BUF plain = { 0 };
	for (enum readiness r = 0; r < READY_COUNT; r++) {
		size_t n = survey_count(s, r);
		if (n == 0)
			continue;
		AUTO_FREE char *part = xasprintf("%zu %s", n, readiness_word(r));
		buf_addf(&plain, "%s%s", plain.len ? ", " : "", part);
		buf_adds(&line, line.len ? ", " : "");
		style_add(&line, opt->color, readiness_ansi(r), part);
	}
	AUTO_FREE char *tail = xasprintf(" of %zu %s", s->n_packages, s->n_packages == 1 ? "package" : "packages");
	buf_adds(&line, tail);
	AUTO_FREE char *time = text_duration(s->seconds);
	size_t used = plain.len + strlen(tail) + strlen(time);
	size_t edge = opt->width > 0 && opt->width < 80 ? (size_t)opt->width : 80;
	int gap = used + 3 < edge ? (int)(edge - used) : 3;
	buf_addf(out, "%s%*s%s\n", buf_str(&line), s->seconds > 0 ? gap : 0, "", s->seconds > 0 ? time : "");
}

/* What a go is worth: the runs behind it and the bound they allow. */
static void add_worth(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	const struct package_result *weak = NULL, *strong = NULL;
	for (size_t i = 0; i < s->n_packages; i++) {
		const struct package_result *p = &s->packages[i];
		if (p->readiness != READY_GO)
			continue;
		if (!weak || p->runs < weak->runs)
			weak = p;
		if (!strong || p->runs > strong->runs)
			strong = p;
	}
	if (!weak)
		return;
	AUTO_FREE char *worst = cell_percent(weak->bound);
	AUTO_FREE char *best = cell_percent(strong->bound);
	AUTO_FREE char *name = style_line(weak->name);
	AUTO_FREE char *text =
		weak->runs == strong->runs
			? xasprintf("0 failures in %lld %s each, so a failure rate below %s at 95%%", (long long)weak->runs, weak->runs == 1 ? "run" : "runs", worst)
			: xasprintf("0 failures in %lld to %lld runs each, so a failure rate below %s (%s) to %s at 95%%", (long long)weak->runs,
	                    (long long)strong->runs, worst, name, best);
	add_line(out, opt, "go means: ", text);
}

static void add_fleet(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	AUTO_FREE char *cost = fact_fleet_cost(s);
	AUTO_FREE char *gain = fact_fleet_gain(s);
	if (cost)
		add_line(out, opt, "cost: ", cost);
	if (gain)
		add_line(out, opt, "gain: ", gain);
}

/* The survey's own command with another effort. */
static char *with_effort(const char *command, enum effort e)
{
	AUTO_STRV words = { 0 };
	strv_split(&words, command, ' ');
	struct buf b = { 0 };
	for (size_t i = 0; i < words.n; i++) {
		if (strcmp(words.v[i], "--effort") == 0) {
			i++;
			continue;
		}
		if (!str_starts(words.v[i], "--effort="))
			buf_addf(&b, "%s%s", b.len ? " " : "", words.v[i]);
	}
	buf_addf(&b, " --effort %s", effort_word(e));
	return buf_steal(&b);
}

char *summary_next(const struct survey *s, const struct report_options *opt)
{
	AUTO_FREE char *reading = report_reading_options(opt);
	const struct package_result *worst = NULL;
	for (size_t i = 0; i < s->n_packages; i++)
		if (!worst || package_compare(&s->packages[i], worst) < 0)
			worst = &s->packages[i];
	if (s->interrupted && s->command)
		return style_line(s->command);
	if (worst && worst->readiness != READY_GO) {
		AUTO_FREE char *name = style_command_word(worst->name);
		return xasprintf("migrate-check show %s%s", name, reading);
	}
	if (worst && s->command && s->effort + 1 < EFFORT_COUNT) {
		AUTO_FREE char *command = with_effort(s->command, s->effort + 1);
		return style_line(command);
	}
	return worst ? xasprintf("migrate-check report --html plan.html%s", reading) : xstrdup("migrate-check --help");
}

/* Why no package has a result to stand on; owned by the caller. */
static char *why_nothing(const struct survey *s)
{
	size_t broken = 0;
	for (size_t i = 0; i < s->n_packages; i++)
		broken += s->packages[i].verdict == OUT_BROKEN;
	size_t others = s->n_packages - broken;
	if (s->n_packages == 0)
		return xstrdup("no package was named   (exit 5)");
	if (broken == 0)
		return xasprintf("%zu of %zu suites were not found or did not start   (exit 5)", others, s->n_packages);
	AUTO_FREE char *rest = others ? xasprintf("; %zu suites were not found or did not start", others) : xstrdup("");
	return xasprintf("%zu of %zu packages %s on the GIL build too%s   (exit 5)", broken, s->n_packages, broken == 1 ? "fails" : "fail", rest);
}

static void add_endings(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	if (s->interrupted) {
		AUTO_FREE char *whole = s->cells_planned > 0 ? xasprintf(" of %lld", (long long)s->cells_planned) : xstrdup("");
		buf_addf(out, "interrupted: %lld%s cells kept; run the same command to go on    (exit 130)\n", (long long)s->cells, whole);
	} else if (survey_compared(s) == 0) {
		AUTO_FREE char *text = why_nothing(s);
		add_line(out, opt, "nothing was tested: ", text);
	}
}

void summary_rest(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	add_worth(out, s, opt);
	add_fleet(out, s, opt);
	if (s->not_covered.n) {
		AUTO_FREE char *list = strv_join(&s->not_covered, "; ");
		add_foreign(out, opt, "not covered: ", list);
	}
	AUTO_FREE char *since = summary_since(s, opt->previous);
	if (since)
		add_line(out, opt, "", since);
	add_endings(out, s, opt);
	AUTO_FREE char *next = summary_next(s, opt);
	AUTO_FREE char *reading = report_reading_options(opt);
	if (s->n_packages)
		buf_addf(out, "report: migrate-check report --html plan.html%s\n", reading);
	buf_adds(out, "next:   ");
	style_add(out, opt->color, SGR_BOLD, next);
	buf_addc(out, '\n');
}
