/* bench.c: see bench.h. */
#include "judge/bench.h"
#include "judge/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum metric { TIME_SERIAL, TIME_THREADS, MEMORY_SERIAL, SPEEDUP_FT, SPEEDUP_GIL, TIME_PROCESSES, MEMORY_PROCESSES };
enum relation { AT_MOST, AT_LEAST, AT_LEAST_PER_CORE /* bound times the cores that the threads can use */ };
enum figure { SECONDS, PEAK_RSS, TREE_PSS };

struct side {
	enum arm arm;
	enum bench_variant variant;
};

/* A metric is the figure of `over` divided by that of `under`. */
static const struct {
	const char *words;
	struct side over, under;
	enum figure figure;
} metrics[] = {
	[TIME_SERIAL] = { "time, ft/gil", { ARM_FT, BENCH_SERIAL }, { ARM_GIL, BENCH_SERIAL }, SECONDS },
	[TIME_THREADS] = { "time, ft/gil", { ARM_FT, BENCH_THREADS }, { ARM_GIL, BENCH_THREADS }, SECONDS },
	[MEMORY_SERIAL] = { "peak memory, ft/gil", { ARM_FT, BENCH_SERIAL }, { ARM_GIL, BENCH_SERIAL }, PEAK_RSS },
	[SPEEDUP_FT] = { "speed-up by threads, ft", { ARM_FT, BENCH_SERIAL }, { ARM_FT, BENCH_THREADS }, SECONDS },
	[SPEEDUP_GIL] = { "speed-up by threads, gil", { ARM_GIL, BENCH_SERIAL }, { ARM_GIL, BENCH_THREADS }, SECONDS },
	[TIME_PROCESSES] = { "time, processes/threads, ft", { ARM_FT, BENCH_PROCESSES }, { ARM_FT, BENCH_THREADS }, SECONDS },
	[MEMORY_PROCESSES] = { "memory, processes/threads, ft", { ARM_FT, BENCH_PROCESSES }, { ARM_FT, BENCH_THREADS }, TREE_PSS },
};

struct rule {
	const char *id, *workload;
	enum metric metric;
	enum relation relation;
	double bound;
	int first, last; /* minor versions of CPython */
	const char *text, *source;
};

static const struct rule rules[] = {
#define X(id, workload, metric, relation, bound, first, last, text, source) { id, workload, metric, relation, bound, first, last, text, source },
#include "judge/bench_claims.def"
#undef X
};

/* ---- results ---- */

static const struct bench_run *first_serial(const struct bench_workload *w)
{
	for (size_t i = 0; i < w->n_points; i++)
		for (size_t k = 0; w->points[i].variant == BENCH_SERIAL && k < w->points[i].n; k++)
			if (w->points[i].runs[k].ok)
				return &w->points[i].runs[k];
	return NULL;
}

char *bench_wrong(const struct bench_workload *w)
{
	const struct bench_run *serial = first_serial(w);
	for (size_t i = 0; i < w->n_points; i++) {
		const struct bench_point *p = &w->points[i];
		for (size_t k = 0; k < p->n; k++) {
			const struct bench_run *r = &p->runs[k];
			const char *right = r->expected ? r->expected : serial ? serial->checksum : r->checksum;
			if (r->ok && !str_eq(r->checksum, right))
				return xasprintf("%s %s %d, round %zu: %s, right is %s", arm_word(p->arm), bench_variant_word(p->variant), p->threads, k + 1,
				                 r->checksum ? r->checksum : "nothing", right ? right : "nothing");
		}
	}
	return NULL;
}

/* ---- ratios ---- */

static double figure_of(const struct bench_run *r, enum figure f)
{
	return f == SECONDS ? r->seconds : f == PEAK_RSS ? (double)r->peak_rss : (double)r->tree_pss;
}

/* Of the rounds in which both points have the figure. */
static void set_ratio(struct ratio *out, const struct bench_point *over, const struct bench_point *under, enum figure figure)
{
	double logs[STATS_MAX_PAIRS], estimate = NAN, lo = -INFINITY, hi = INFINITY;
	size_t n = 0;
	*out = (struct ratio){ .verdict = PERF_UNKNOWN };
	for (size_t k = 0; over && under && k < over->n && k < under->n && n < STATS_MAX_PAIRS; k++) {
		const struct bench_run *a = &over->runs[k], *b = &under->runs[k];
		double x = a->ok ? figure_of(a, figure) : 0, y = b->ok ? figure_of(b, figure) : 0;
		if (x > 0 && y > 0 && isfinite(x) && isfinite(y))
			logs[n++] = log(x / y);
	}
	out->n = (int)n;
	signed_rank_interval(logs, n, 0.95, &estimate, &lo, &hi);
	out->known = isfinite(estimate);
	if (!out->known)
		return;
	out->ratio = exp(estimate);
	out->lo = exp(lo);
	out->hi = exp(hi);
}

enum bench_verdict bench_side(double lo, double hi, bool at_least, double bound)
{
	if (!isfinite(lo) || !isfinite(hi) || lo <= 0)
		return BENCH_INCONCLUSIVE;
	if (at_least)
		return lo >= bound ? BENCH_HOLDS : hi < bound ? BENCH_DOES_NOT_HOLD : BENCH_INCONCLUSIVE;
	return hi <= bound ? BENCH_HOLDS : lo > bound ? BENCH_DOES_NOT_HOLD : BENCH_INCONCLUSIVE;
}

/* ---- claims ---- */

/* The GIL is off where it should be, and on elsewhere. */
static bool gil_as_said(const struct bench_point *p)
{
	for (size_t k = 0; p && k < p->n; k++)
		if (p->runs[k].ok && p->runs[k].gil != (p->arm != ARM_FT))
			return false;
	return true;
}

static bool is_speedup(const struct rule *r)
{
	return r->metric == SPEEDUP_FT || r->metric == SPEEDUP_GIL;
}

/* Why the rule's metric says nothing here, or NULL. */
static char *not_measurable(const struct bench *b, const struct bench_workload *w, const struct rule *r, const struct bench_claim *c)
{
	const struct side *over = &metrics[r->metric].over, *under = &metrics[r->metric].under;
	if (is_speedup(r) && b->cores < 2)
		return xstrdup("one core only: threads have nothing to run on at the same time");
	if (w->why)
		return xstrdup(w->why);
	if (!gil_as_said(bench_find_point(w, over->arm, over->variant, 0)) || !gil_as_said(bench_find_point(w, under->arm, under->variant, 0)))
		return xstrdup("the GIL was not off on the free-threaded build, or not on elsewhere");
	if (over->arm != under->arm && b->pair.parity.n) {
		AUTO_FREE char *differs = strv_join(&b->pair.parity, "; ");
		return xasprintf("the pair is not like for like: %s", differs);
	}
	if (c->value.n == 0 && metrics[r->metric].figure != SECONDS && bench_find_point(w, over->arm, over->variant, 0)->n > 0)
		return xstrdup("this system does not tell how much memory a process has");
	if (c->value.n < BENCH_MIN_ROUNDS)
		return xasprintf("%d of at least %d rounds", c->value.n, BENCH_MIN_ROUNDS);
	return NULL;
}

static void judge_claim(const struct bench *b, const struct bench_workload *w, const struct rule *r, struct bench_claim *c)
{
	int usable = b->threads < b->cores || b->cores < 2 ? b->threads : b->cores; /* one core is not measured at all */
	const struct side *over = &metrics[r->metric].over, *under = &metrics[r->metric].under;
	*c = (struct bench_claim){ .id = r->id, .workload = r->workload, .text = r->text, .source = r->source, .metric = metrics[r->metric].words,
		                       .at_least = r->relation != AT_MOST, .bound = r->bound };
	if (r->relation == AT_LEAST_PER_CORE)
		c->bound = r->bound * usable;
	set_ratio(&c->value, bench_find_point(w, over->arm, over->variant, 0), bench_find_point(w, under->arm, under->variant, 0),
	          metrics[r->metric].figure);
	c->why = bench_wrong(w);
	c->verdict = BENCH_WRONG_RESULT;
	if (c->why)
		return;
	c->why = not_measurable(b, w, r, c);
	c->verdict = c->why ? BENCH_NOT_MEASURABLE : bench_side(c->value.lo, c->value.hi, c->at_least, c->bound);
}

static int minor_of(const struct bench *b)
{
	const char *version = b->pair.ft.version, *dot = version ? strchr(version, '.') : NULL;
	return dot ? (int)strtol(dot + 1, NULL, 10) : 0;
}

static void judge_noise(struct bench *b)
{
	for (size_t i = 0; i < b->n_workloads; i++)
		for (size_t k = 0; k < b->workloads[i].n_points; k++) {
			const struct bench_point *p = &b->workloads[i].points[k];
			if (p->again)
				set_ratio(&b->noise, p, bench_find_point(&b->workloads[i], p->arm, p->variant, p->threads), SECONDS);
		}
}

void bench_judge(struct bench *b)
{
	int minor = minor_of(b);
	for (size_t i = 0; i < b->n_workloads; i++) {
		const struct bench_workload *w = &b->workloads[i];
		for (size_t k = 0; k < ARRAY_LEN(rules); k++) {
			if (!str_eq(rules[k].workload, w->row->name) || minor < rules[k].first || minor > rules[k].last)
				continue;
			b->claims = xrealloc(b->claims, b->n_claims + 1, sizeof(*b->claims));
			judge_claim(b, w, &rules[k], &b->claims[b->n_claims++]);
		}
	}
	judge_noise(b);
	b->exit_code = bench_exit_code(b);
}

int bench_exit_code(const struct bench *b)
{
	size_t measured = 0, wrong = 0;
	for (size_t i = 0; i < b->n_claims; i++) {
		wrong += b->claims[i].verdict == BENCH_WRONG_RESULT;
		measured += b->claims[i].verdict != BENCH_NOT_MEASURABLE;
	}
	return b->interrupted ? 130 : wrong ? 1 : measured ? 0 : 5;
}
