/* workload.c: ratios and kind of a program; see workload.h. */
#include "judge/workload.h"
#include "judge/workload_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double share(double part, double whole)
{
	return whole > 0 ? fmin(part / whole, 1) : 0;
}

/*
 * The wall time without what the machine is to blame for: starved (no thread ran,
 * one wanted a core) and the hand-over of the GIL. What children computed while
 * this process waited is computing.
 */
enum workload_kind workload_kind_of(const struct workload_seen *s, struct workload_quantities *q)
{
	*q = (struct workload_quantities){ .kind = WORKLOAD_UNKNOWN };
	if (!s->known || s->samples == 0)
		return q->kind;
	double rest = 0;
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		rest += k == WAIT_GIL ? 0 : s->waits[k];
	double by_children = fmin(rest, s->cpu_children), delayed = fmin(rest - by_children, s->children_starved);
	double whole = s->run + rest - delayed;
	q->busy = share(s->run + by_children, whole);
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		q->waits[k] = k == WAIT_GIL || rest <= 0 ? 0 : share(s->waits[k] * (rest - by_children - delayed) / rest, whole);
	q->lock_share = share(s->thread_locked, s->thread_locked + s->thread_cpu);
	q->processes = share(s->cpu_children, s->cpu_children + s->cpu_self);
	q->working = s->working;
	q->threads = s->threads_peak;
	q->loop = s->loop;
	q->daemon = s->daemon;
	q->interactive = s->input || s->terminal;
	if (whole < WORKLOAD_SHORTEST)
		q->kind = WORKLOAD_SHORT;
	else if (s->contending >= 2 && q->lock_share >= WORKLOAD_LOCK_ABOVE)
		q->kind = WORKLOAD_LOCK;
	else
		q->kind = q->busy > WORKLOAD_CPU_ABOVE ? WORKLOAD_CPU : q->busy < WORKLOAD_IO_BELOW ? WORKLOAD_IO : WORKLOAD_MIXED;
	return q->kind;
}

/* ---- ratios ---- */

static double wall_of(const struct workload_run *r) { return r->wall; }
static double cpu_of(const struct workload_run *r) { return r->cpu; }
static double memory_of(const struct workload_run *r) { return (double)r->peak_rss; }

/* Run i of `other` against run i * stride of `base`, beside which it was made. */
static void set_ratio(struct ratio *out, const struct workload_arm *base, const struct workload_arm *other, size_t stride,
                      double (*figure)(const struct workload_run *), bool like_for_like)
{
	double logs[STATS_MAX_PAIRS] = { 0 }, estimate = NAN, lo = -INFINITY, hi = INFINITY;
	size_t n = 0;
	for (size_t i = 0; i * stride < base->n_runs && i < other->n_runs && n < STATS_MAX_PAIRS; i++) {
		double a = figure(&base->runs[i * stride]), b = figure(&other->runs[i]);
		if (a > 0 && b > 0)
			logs[n++] = log(b / a);
	}
	bool has_interval = signed_rank_interval(logs, n, 0.95, &estimate, &lo, &hi) == 0;
	if (n == 0 || !isfinite(estimate))
		return;
	*out = (struct ratio){ .known = true, .ratio = exp(estimate), .lo = has_interval ? exp(lo) : -INFINITY, .hi = exp(hi), .n = (int)n };
	out->verdict = like_for_like ? perf_judge(out->ratio, out->lo, out->hi, perf_band(0)) : PERF_UNKNOWN;
	if (!has_interval)
		out->note = xstrdup("fewer than 6 pairs: no interval");
}

/* Is the arm's peak that of the tool before it started the program? */
static bool at_floor(const struct workload *w, const struct workload_arm *a)
{
	AUTO_FREE double *v = xcalloc(a->n_runs, sizeof(*v));
	for (size_t i = 0; i < a->n_runs; i++)
		v[i] = memory_of(&a->runs[i]);
	return a->n_runs > 0 && quantile(v, a->n_runs, 0.5) < WORKLOAD_ABOVE_FLOOR * (double)w->memory_floor;
}

void workload_ratios(struct workload *w)
{
	const struct workload_arm *gil = &w->arms[ARM_GIL], *ft = &w->arms[ARM_FT];
	bool like = w->parity.n == 0;
	set_ratio(&w->wall, gil, ft, 1, wall_of, like);
	set_ratio(&w->cpu, gil, ft, 1, cpu_of, like);
	if (at_floor(w, gil) || at_floor(w, ft))
		w->memory = (struct ratio){ .note = xstrdup("hidden by the tool's own size") };
	else
		set_ratio(&w->memory, gil, ft, 1, memory_of, like);
	set_ratio(&w->control, gil, &w->arms[ARM_FT_GIL], WORKLOAD_CONTROL_EVERY, wall_of, like);
}

/* ---- runs that failed ---- */

static bool fails(const struct workload_arm *a, const struct workload_arm *other)
{
	return a->failed == a->tried || fisher_one_sided(a->failed, a->tried - a->failed, other->failed, other->tried - other->failed) <= WORKLOAD_FAILS_P;
}

void workload_settle(struct workload *w)
{
	for (enum arm i = ARM_GIL; i <= ARM_FT; i++) {
		struct workload_arm *a = &w->arms[i];
		if (a->failed == 0)
			continue;
		bool settled = fails(a, &w->arms[i == ARM_GIL ? ARM_FT : ARM_GIL]);
		a->state = !settled ? WORKLOAD_OK : a->hung == a->failed ? WORKLOAD_TIMED_OUT : WORKLOAD_FAILED;
	}
}

/* Some runs failed, and it cannot be said that it fails. */
static bool now_and_then(const struct workload_arm *a)
{
	return a->state == WORKLOAD_OK && a->failed > 0;
}

/* ---- the rules ---- */

/* A part of it computes, so that more cores could matter. */
#define CPU_PART (q->kind == WORKLOAD_CPU || q->kind == WORKLOAD_MIXED)

enum advice workload_advise(const struct workload_quantities *q, const char **rule, const char **text)
{
#define X(name, condition, advice, most, sentence)                             \
	if (condition) {                                                           \
		*rule = name;                                                          \
		*text = sentence;                                                      \
		return advice;                                                         \
	}
#include "judge/workload_rules.def"
#undef X
	return ADVICE_NONE;
}

static const struct {
	const char *name;
	enum advice advice;
	enum sureness most;
	const char *text;
} rules[] = {
#define X(name, condition, advice, most, sentence) { name, advice, most, sentence },
#include "judge/workload_rules.def"
#undef X
};

bool workload_rule(size_t i, const char **name, enum advice *advice, const char **text)
{
	if (i >= ARRAY_LEN(rules))
		return false;
	*name = rules[i].name;
	*advice = rules[i].advice;
	*text = rules[i].text;
	return true;
}

static enum sureness rule_sureness(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (str_eq(rules[i].name, name))
			return rules[i].most;
	return SURENESS_UNSURE;
}

/* ---- how sure ---- */

static enum sureness less_sure(enum sureness a, enum sureness b)
{
	return a > b ? a : b;
}

static double margin(const struct workload_quantities *q)
{
	if (q->kind == WORKLOAD_LOCK)
		return q->lock_share - WORKLOAD_LOCK_ABOVE;
	return fmin(fabs(q->busy - WORKLOAD_CPU_ABOVE), fabs(q->busy - WORKLOAD_IO_BELOW));
}

/* Share of the wall time in which no core was free. */
static double crowded_share(const struct workload_seen *s)
{
	double all = s->run + s->starved;
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		all += s->waits[k];
	return share(s->starved, all);
}

/* Near a threshold, few samples, part of a run, a busy machine, or builds that disagree: less sure. */
static enum sureness kind_sureness(const struct workload *w, const struct workload_seen *s, const struct workload_quantities *q)
{
	enum sureness result = SURENESS_SURE;
	if (q->kind == WORKLOAD_SHORT || q->kind == WORKLOAD_UNKNOWN)
		return result;
	if (margin(q) < 0.1 || s->samples < 3 * WORKLOAD_FEW_SAMPLES || !s->finished || crowded_share(s) > WORKLOAD_CROWDED)
		result = SURENESS_LIKELY;
	if (margin(q) < 0.03 || s->samples < WORKLOAD_FEW_SAMPLES || crowded_share(s) > 2 * WORKLOAD_CROWDED)
		result = SURENESS_UNSURE;
	bool differ = w->kinds[ARM_GIL] != w->kinds[ARM_FT] && w->arms[ARM_GIL].seen.known && w->arms[ARM_FT].seen.known;
	return differ ? less_sure(result, SURENESS_LIKELY) : result;
}

/* A rule that rests on the ratio is worth what the ratio is worth. */
static enum sureness advice_sureness(const struct workload *w, const struct workload_quantities *q, const char *text)
{
	enum sureness result = rule_sureness(w->rule);
	if (strstr(text, "{ratio}") && (q->verdict == PERF_INCONCLUSIVE || q->verdict == PERF_UNKNOWN))
		result = SURENESS_UNSURE;
	if (now_and_then(&w->arms[ARM_GIL]) || now_and_then(&w->arms[ARM_FT]))
		result = SURENESS_UNSURE;
	bool measured = w->kind != WORKLOAD_UNKNOWN && w->kind != WORKLOAD_SHORT && w->advice != ADVICE_NONE;
	return measured && w->arms[ARM_FT].state == WORKLOAD_OK ? less_sure(result, w->kind_sureness) : result;
}

/* ---- all of it ---- */

static bool failed(const struct workload_arm *a)
{
	return a->state == WORKLOAD_FAILED;
}

/* CPU used per second in which any thread ran: 1.0 is one after the other. */
static double cores_used(const struct workload_seen *s)
{
	return s->known && s->run > 0 ? fmax(s->cpu_self / s->run, 1) : 0;
}

static void fill_quantities(const struct workload *w, struct workload_quantities *q)
{
	const struct workload_arm *gil = &w->arms[ARM_GIL], *ft = &w->arms[ARM_FT];
	q->cores_gil = cores_used(&gil->seen);
	q->cores_ft = cores_used(&ft->seen);
	q->gil_wait = share(gil->seen.thread_gil, gil->seen.thread_gil + gil->seen.thread_cpu);
	q->crowded = ft->seen.starved > 0.2 * ft->seen.run;
	q->cores = w->cores;
	if (ft->seen.known && ft->seen.gil_turned_on)
		q->gil_module = ft->seen.gil_module ? ft->seen.gil_module : "an extension module";
	q->ratio = w->wall.known ? w->wall.ratio : 0;
	q->verdict = w->wall.known ? w->wall.verdict : PERF_UNKNOWN;
	q->gil_fails = failed(gil) || gil->state == WORKLOAD_NO_ENVIRONMENT;
	q->ft_fails = failed(ft);
	q->ft_missing = ft->state == WORKLOAD_NO_ENVIRONMENT;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		q->tried[a] = w->arms[a].tried;
		q->failed[a] = w->arms[a].failed;
	}
	q->daemon = gil->seen.daemon || ft->seen.daemon;
	q->interactive |= gil->seen.input || gil->seen.terminal;
	q->short_run = q->kind == WORKLOAD_SHORT;
}

static int exit_code(const struct workload *w, const struct workload_quantities *q)
{
	if (!q->gil_fails && (q->ft_fails || q->ft_missing))
		return 1;
	return w->advice == ADVICE_NONE ? 5 : 0;
}

void workload_judge(struct workload *w)
{
	struct workload_quantities shown[2], q;
	workload_ratios(w);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		w->kinds[a] = workload_kind_of(&w->arms[a].seen, &shown[a]);
	/* Without the GIL, waiting for it does not blur what is waited for. */
	const struct workload_seen *ft = &w->arms[ARM_FT].seen;
	w->basis = ft->known && !ft->gil_on && w->arms[ARM_FT].state != WORKLOAD_FAILED ? ARM_FT : ARM_GIL;
	q = shown[w->basis];
	fill_quantities(w, &q);
	if (q.gil_fails)
		q.kind = WORKLOAD_UNKNOWN; /* of a part that may be any part */
	w->kind = q.kind;
	w->kind_sureness = kind_sureness(w, &w->arms[w->basis].seen, &q);
	const char *text = "";
	w->advice = workload_advise(&q, &w->rule, &text);
	free(w->reason);
	w->reason = workload_fill(text, &q, &w->arms[w->basis].seen);
	w->advice_sureness = advice_sureness(w, &q, text);
	workload_note(w, &q);
	if (q.kind != WORKLOAD_UNKNOWN && crowded_share(&w->arms[w->basis].seen) > WORKLOAD_CROWDED)
		strv_add(&w->notes, "the machine was busy: for much of the time no core was free (times and ratios suffer, the kind less)");
	w->exit_code = exit_code(w, &q);
}
