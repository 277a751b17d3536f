/* cells.c: see cells.h. */
#include "report/cells.h"
#include "base/text.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *cell_version(const struct package_result *p)
{
	const char *v = p->tested_version ? p->tested_version : p->version;
	return v ? style_line(v) : xstrdup("-");
}

const char *arm_nature(const struct package_result *p, enum arm arm)
{
	const struct artifact_facts *f = &p->artifact[arm];
	bool installed = f->installed_bytes > 0 || p->tests[arm].known;
	return f->native ? "native" : f->known && installed ? "pure" : NULL;
}

const char *cell_nature(const struct package_result *p)
{
	const struct artifact_facts *gil = &p->artifact[ARM_GIL], *ft = &p->artifact[ARM_FT];
	if (!arm_nature(p, ARM_GIL) || !arm_nature(p, ARM_FT))
		return NULL;
	if (gil->native != ft->native)
		return gil->native ? "native != pure" : "pure != native";
	return gil->native ? "native" : "pure";
}

char *cell_from(const struct package_result *p)
{
	if (!p->from)
		return xstrdup("-");
	AUTO_FREE char *from = style_reason(p->from);
	const char *nature = cell_nature(p);
	return xasprintf("%s%s%s", from, nature ? ", " : "", nature ? nature : "");
}

char *cell_gil(const struct package_result *p)
{
	return xstrdup(p->gil_state < 0 ? "-" : p->gil_state ? "on!" : "off");
}

/* What stands in place of a count when an arm has none. */
static const char *missing_suite(const struct package_result *p)
{
	if (strv_has(&p->flags, "timed-out"))
		return "timed out";
	switch (p->verdict) {
	case OUT_UNSUPPORTED:
	case OUT_BUILD_REGRESSED:
		return "not built";
	case OUT_IMPORT_REGRESSED:
		return "not imported";
	case OUT_CRASH:
		return "crashed";
	case OUT_HANG:
		return "hung";
	case OUT_BLOCKED:
		return "blocked";
	case OUT_PASS: /* a pass without counts would be a mistake; never show it as one */
		return "untested";
	default:
		return outcome_word(p->verdict);
	}
}

static char *passed(const struct arm_tests *t, const char *missing)
{
	return t->known ? text_count((uint64_t)(t->passed > 0 ? t->passed : 0)) : xstrdup(missing);
}

char *cell_suite(const struct package_result *p)
{
	const struct arm_tests *gil = &p->tests[ARM_GIL], *ft = &p->tests[ARM_FT];
	bool forced = false;
	if (!ft->known && p->tests[ARM_FT_GIL].known && p->gil_state == 1) {
		ft = &p->tests[ARM_FT_GIL];
		forced = true;
	}
	const char *missing = missing_suite(p);
	bool built = p->verdict == OUT_UNSUPPORTED || p->verdict == OUT_BUILD_REGRESSED || p->verdict == OUT_IMPORT_REGRESSED;
	if (!gil->known && !ft->known)
		return xasprintf("%s%s", built ? "- | " : "", missing);
	AUTO_FREE char *left = passed(gil, "-");
	AUTO_FREE char *right = passed(ft, missing);
	AUTO_FREE char *whole = p->collected > p->selected && p->selected >= 0 ? text_count((uint64_t)p->collected) : NULL;
	const char *gil_on = forced ? " (GIL on)" : "";
	if (p->files > p->files_selected)
		return xasprintf("%s | %s in %lld of %lld files%s", left, right, (long long)p->files_selected, (long long)p->files, gil_on);
	return xasprintf("%s | %s%s%s%s", left, right, whole ? " of " : "", whole ? whole : "", gil_on);
}

/* Found under stress and not the fault of the suite or older than free threading. */
static bool counts_against(const struct finding *f)
{
	if (!f->mode || strcmp(f->mode, "serial") == 0)
		return false;
	return !f->oracle || (f->confirmed && f->fault != FAULT_TESTS && f->fault != FAULT_RACY_WITH_GIL);
}

/* What stress reached where it found nothing: never without the whole. */
static char *stress_ran(const struct package_result *p)
{
	const struct stress_summary *tests = package_stress_tests(p), *replay = package_stress_replay(p);
	if (!tests && !replay)
		return xstrdup("ran");
	AUTO_FREE char *part = text_count((uint64_t)(tests ? tests->parallel : replay->ops_played));
	AUTO_FREE char *whole = text_count((uint64_t)(tests ? tests->of : replay->ops));
	return xasprintf("ran %s of %s%s", part, whole, tests ? "" : " ops");
}

char *cell_stress(const struct package_result *p)
{
	for (size_t i = 0; i < p->n_findings; i++) {
		const struct finding *f = &p->findings[i];
		if (!counts_against(f))
			continue;
		AUTO_FREE char *seconds = f->seconds_to_first >= 0 ? cell_seconds(f->seconds_to_first) : NULL;
		return xasprintf("%s%s%s", finding_kind_word(f->kind), seconds ? " " : "", seconds ? seconds : "");
	}
	for (size_t i = 0; i < p->n_findings; i++)
		if (p->findings[i].oracle && !p->findings[i].confirmed && p->findings[i].fault == FAULT_LIBRARY)
			return xstrdup("suspect");
	if (p->n_stress)
		return stress_ran(p);
	for (size_t i = 0; i < p->n_ladder; i++) {
		const struct rung *r = &p->ladder[i];
		if (str_eq(r->name, "stress") && r->state && !str_eq(r->state, "untested") && !str_eq(r->state, "unknown"))
			return style_reason(r->state);
	}
	return xstrdup("-");
}

char *cell_times(double v)
{
	int digits = v >= 99.95 ? 0 : v >= 9.995 ? 1 : v >= 0.9995 ? 2 : v >= 0.09995 ? 3 : 4;
	return xasprintf("%.*fx", digits, v);
}

char *cell_percent(double share)
{
	double v = share * 100;
	return xasprintf("%.*f%%", v >= 9.95 ? 0 : v >= 0.95 ? 1 : 2, v);
}

char *cell_seconds(double seconds)
{
	return seconds > 0 && seconds < 0.0995 ? xasprintf("%.*f ms", seconds < 0.00995 ? 1 : 0, seconds * 1000) : text_duration(seconds);
}

bool speedup_usable(double speedup)
{
	return speedup > 1e-4 && speedup < 1e4;
}

bool ratio_usable(const struct ratio *r)
{
	return r->known && speedup_usable(r->ratio);
}

bool ratio_has_interval(const struct ratio *r)
{
	return ratio_usable(r) && r->n >= 6 && isfinite(r->lo) && isfinite(r->hi) && r->lo > 1e-4 && r->lo <= r->hi && r->hi < 1e4;
}

static char *ratio_with(const struct ratio *r, const char *word)
{
	if (!ratio_usable(r))
		return xstrdup("-");
	AUTO_FREE char *times = cell_times(r->ratio);
	return xasprintf("%s %s", times, word);
}

char *cell_ratio(const struct ratio *r)
{
	return ratio_with(r, perf_verdict_word(r->verdict));
}

const char *memory_word(enum perf_verdict v)
{
	return v == PERF_SLOWER ? "more" : v == PERF_FASTER ? "less" : perf_verdict_word(v);
}

char *cell_memory(const struct ratio *r)
{
	return ratio_with(r, memory_word(r->verdict));
}

char *cell_interval(const struct ratio *r)
{
	if (!ratio_has_interval(r))
		return xstrdup("-");
	AUTO_FREE char *lo = cell_times(r->lo);
	AUTO_FREE char *hi = cell_times(r->hi);
	return xasprintf("[%.*s, %.*s]", (int)strlen(lo) - 1, lo, (int)strlen(hi) - 1, hi);
}

static char *bytes_or_dash(int64_t n)
{
	return n > 0 ? text_bytes((uint64_t)n) : xstrdup("-");
}

char *cell_size(const struct package_result *p)
{
	const struct artifact_facts *a = p->artifact[ARM_FT].known ? &p->artifact[ARM_FT] : &p->artifact[ARM_GIL];
	if (a->wheel_bytes <= 0 && a->installed_bytes <= 0)
		return xstrdup("-");
	AUTO_FREE char *wheel = bytes_or_dash(a->wheel_bytes);
	AUTO_FREE char *installed = bytes_or_dash(a->installed_bytes);
	return xasprintf("%s | %s", wheel, installed);
}

static bool mentioned(const struct strv *lines, const char *text)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->v[i], text))
			return true;
	return false;
}

/* "holds back 9 of your 14 requirements", behind the first reason when it fits. */
static void add_holds(const struct package_result *p, struct strv *out)
{
	if (p->holds <= 0 || mentioned(out, "holds back"))
		return;
	AUTO_FREE char *text = xasprintf("holds back %lld of your %lld requirements", (long long)p->holds, (long long)p->of);
	if (out->n && strlen(out->v[0]) + strlen(text) + 2 <= 160) {
		char *joined = xasprintf("%s; %s", out->v[0], text);
		free(out->v[0]);
		out->v[0] = joined;
	} else {
		strv_add(out, text);
	}
}

/* "by way of cryptography > cffi", unless a reason says it already. */
static void add_path(const struct package_result *p, struct strv *out)
{
	AUTO_BUF path = { 0 };
	for (size_t i = 0; i < p->path.n; i++) {
		buf_adds(&path, i ? " > " : "");
		style_text(&path, p->path.v[i]);
	}
	if (mentioned(out, buf_str(&path)))
		return;
	AUTO_FREE char *text = xasprintf("by way of %s", buf_str(&path));
	strv_take(out, style_reason(text));
}

void package_reasons(const struct package_result *p, struct strv *out)
{
	for (size_t i = 0; i < p->reasons.n; i++)
		strv_take(out, style_reason(p->reasons.v[i]));
	add_holds(p, out);
	if (p->path.n > 1)
		add_path(p, out);
	if (p->advice) {
		AUTO_FREE char *advice = style_reason(p->advice);
		if (!mentioned(out, advice))
			strv_add(out, advice);
	}
	if (out->n == 0 && p->readiness != READY_GO)
		strv_addf(out, "%s", outcome_word(p->verdict));
}

static const struct ratio *ratio_of(const struct package_result *p, bool memory)
{
	return memory ? &p->memory : &p->time;
}

bool cost_counts(const struct package_result *p, bool memory)
{
	const struct ratio *r = ratio_of(p, memory);
	return ratio_has_interval(r) && r->verdict != PERF_UNKNOWN && p->gil_state != 1;
}

double survey_mean(const struct survey *s, bool memory, size_t *n)
{
	double sum = 0;
	*n = 0;
	for (size_t i = 0; i < s->n_packages; i++) {
		if (!cost_counts(&s->packages[i], memory))
			continue;
		sum += log(ratio_of(&s->packages[i], memory)->ratio);
		(*n)++;
	}
	return *n ? exp(sum / (double)*n) : 0;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double survey_median(const struct survey *s, bool memory, size_t *n)
{
	AUTO_FREE double *v = xcalloc(s->n_packages, sizeof(*v));
	*n = 0;
	for (size_t i = 0; i < s->n_packages; i++)
		if (cost_counts(&s->packages[i], memory))
			v[(*n)++] = ratio_of(&s->packages[i], memory)->ratio;
	if (*n == 0)
		return 0;
	qsort(v, *n, sizeof(*v), compare_doubles);
	return (v[(*n - 1) / 2] + v[*n / 2]) / 2;
}

const struct ratio *survey_baseline(const struct survey *s)
{
	if (ratio_usable(&s->baseline.time))
		return &s->baseline.time;
	for (size_t i = 0; i < s->n_packages; i++)
		if (ratio_usable(&s->packages[i].baseline))
			return &s->packages[i].baseline;
	return NULL;
}
