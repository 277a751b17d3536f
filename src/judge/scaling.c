/* scaling.c: see scaling.h. */
#include "judge/scaling.h"
#include "judge/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_VALUES = 6, MIN_PROCESSES = 2 };
static const double slept_much = 0.15; /* of the threads' time: they wait for a lock that sleeps */

/* The cells of one curve. */
struct curve_input {
	const struct evidence *cells;
	size_t n;
	enum arm arm;
	const char *work, *objects;
};

static bool belongs(const struct curve_input *in, size_t cell)
{
	const struct evidence *e = &in->cells[cell];
	return e->arm == in->arm && str_eq(e->scaling.work, in->work);
}

static const struct scaling_sample *sample_at(const struct scaling_round *r, int threads)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->samples[i].threads == threads)
			return &r->samples[i];
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* What the undisturbed rounds show at one number of threads. */
struct values {
	double logs[STATS_MAX_PAIRS], rates[STATS_MAX_PAIRS], ceilings[STATS_MAX_PAIRS];
	double of_process[STATS_MAX_PAIRS];
	size_t n, n_ceilings, processes;
	double overlap;
};

static void take_cell(const struct curve_input *in, const struct evidence *e, int threads, struct values *v)
{
	size_t before = v->n;
	for (size_t i = 0; i < e->scaling.n_rounds && v->n < STATS_MAX_PAIRS; i++) {
		const struct scaling_round *r = &e->scaling.rounds[i];
		const struct scaling_sample *s = r->busy <= SCALING_BUSY && str_eq(r->objects, in->objects) ? sample_at(r, threads) : NULL;
		if (!s || !(s->speedup > 0))
			continue;
		if (s->ceiling > 0)
			v->ceilings[v->n_ceilings++] = s->ceiling;
		v->rates[v->n] = s->per_second;
		v->overlap += s->overlap;
		v->logs[v->n++] = log(s->speedup);
	}
	double lo, hi, estimate = NAN;
	if (v->n == before)
		return;
	signed_rank_interval(v->logs + before, v->n - before, 0.95, &estimate, &lo, &hi);
	v->of_process[v->processes++] = estimate;
}

/* Rounds of one process resemble each other, by where its threads and its memory lie, so that their interval is too narrow
 * for what another process would show: it is widened to hold what each process shows by itself. */
static void widen(const struct values *v, double *lo, double *hi)
{
	for (size_t i = 0; i < v->processes; i++) {
		*lo = fmin(*lo, v->of_process[i]);
		*hi = fmax(*hi, v->of_process[i]);
	}
}

/* The curve's point; its n counts what the interval stands on. */
static void add_point(const struct curve_input *in, int threads, struct scaling_curve *c)
{
	struct values v = { 0 };
	for (size_t i = 0; i < in->n; i++)
		if (belongs(in, i) && v.processes < STATS_MAX_PAIRS)
			take_cell(in, &in->cells[i], threads, &v);
	if (v.n < MIN_VALUES || v.processes < MIN_PROCESSES) /* no interval, no figure */
		return;
	struct scaling_point *p = scaling_add_point(c, threads);
	bool over_processes = v.processes >= MIN_VALUES;
	double estimate = NAN, lo = -INFINITY, hi = INFINITY;
	p->n = (int)(over_processes ? v.processes : v.n);
	signed_rank_interval(over_processes ? v.of_process : v.logs, (size_t)p->n, 0.95, &estimate, &lo, &hi);
	if (!over_processes)
		widen(&v, &lo, &hi);
	p->speedup = threads == 1 ? 1 : exp(estimate);
	p->lo = isfinite(lo) ? exp(lo) : lo;
	p->hi = exp(hi);
	p->overlap = v.overlap / (double)v.n;
	p->per_second = median(v.rates, v.n);
	p->ceiling = v.n_ceilings ? median(v.ceilings, v.n_ceilings) : 0;
}

/* The first point whose whole interval lies below 1; NULL when the curve nowhere falls so. */
static const struct scaling_point *falls(const struct scaling_curve *c)
{
	for (size_t i = 0; i < c->n_points; i++)
		if (c->points[i].threads >= 2 && c->points[i].hi < 1)
			return &c->points[i];
	return NULL;
}

/* What most threads do decides, and a point that falls: few threads may gain nothing on the way to many that do. */
enum scaling_verdict scaling_verdict_of(const struct scaling_curve *c)
{
	double gains = 1 + perf_band(0);
	bool all_above = true, any = false;
	for (size_t i = 0; i < c->n_points; i++) {
		const struct scaling_point *p = &c->points[i];
		if (p->threads < 2)
			continue;
		any = true;
		all_above = all_above && p->lo > gains;
	}
	if (!any)
		return SCALING_UNKNOWN;
	const struct scaling_point *last = &c->points[c->n_points - 1];
	if (falls(c) || (last->threads >= 2 && last->hi < gains))
		return c->arm == ARM_GIL ? SCALING_SERIAL : SCALING_CONTENDED;
	return all_above ? SCALING_SCALES : SCALING_INCONCLUSIVE;
}

/* How threads of the unit stood, as one line. The caller owns it. */
static char *wait_text(const struct scaling_wait *w)
{
	struct buf b = { 0 };
	buf_addf(&b, "%s", w->unit);
	if (w->object)
		buf_addf(&b, str_eq(w->objects, "shared") ? " on one shared %s" : " on a %s of each thread's own", w->object);
	buf_addf(&b, ": %d threads get %.2fx of one done", w->threads, w->speedup);
	if (w->blocked >= slept_much)
		buf_addf(&b, "; they sleep %.0f%% of their time (CPU time against the clock), as for a lock", w->blocked * 100);
	else
		buf_adds(&b, "; they run all the time (CPU time against the clock), as for a short lock or a reference count");
	if (w->place && w->stacks > 0)
		buf_addf(&b, "; %.0f%% of %lld sampled stacks stand in %s", w->share * 100, (long long)w->stacks, w->place);
	return buf_steal(&b);
}

/* The unit that was named by most processes, then the slowest. */
static const struct scaling_wait *most_telling(const struct curve_input *in)
{
	const struct scaling_wait *best = NULL;
	size_t best_named = 0;
	for (size_t i = 0; i < in->n; i++) {
		for (size_t k = 0; belongs(in, i) && k < in->cells[i].scaling.n_waits; k++) {
			const struct scaling_wait *w = &in->cells[i].scaling.waits[k];
			if (!str_eq(w->objects, in->objects))
				continue;
			size_t named = 0;
			for (size_t m = 0; m < in->n; m++)
				for (size_t q = 0; belongs(in, m) && q < in->cells[m].scaling.n_waits; q++)
					named += str_eq(in->cells[m].scaling.waits[q].unit, w->unit) && str_eq(in->cells[m].scaling.waits[q].objects, in->objects);
			if (!best || named > best_named || (named == best_named && w->speedup < best->speedup)) {
				best = w;
				best_named = named;
			}
		}
	}
	return best;
}

static void set_note(const struct curve_input *in, struct scaling_curve *c)
{
	size_t rounds = 0, clean = 0, processes = 0, useful = 0;
	double busy = 0;
	for (size_t i = 0; i < in->n; i++) {
		size_t before = rounds, clean_before = clean;
		for (size_t k = 0; belongs(in, i) && k < in->cells[i].scaling.n_rounds; k++) {
			const struct scaling_round *r = &in->cells[i].scaling.rounds[k];
			if (!str_eq(r->objects, in->objects))
				continue;
			rounds++;
			clean += r->busy <= SCALING_BUSY;
			busy += r->busy;
		}
		processes += rounds > before;
		useful += clean > clean_before;
	}
	free(c->note);
	busy = rounds ? busy / (double)rounds * 100 : 0;
	if (clean < MIN_VALUES)
		c->note = xasprintf("too few undisturbed rounds (%zu of %zu in %zu processes): others had the cores %.0f%% of the time", clean, rounds, processes, busy);
	else if (useful < MIN_PROCESSES)
		c->note = xasprintf("undisturbed rounds in one process alone (%zu of %zu in %zu process%s): another may differ", clean, rounds, processes,
		                    processes == 1 ? "" : "es");
	else
		c->note = xasprintf("%zu of %zu rounds in %zu processes, the others disturbed; interval over %s", clean, rounds, processes,
		                    useful >= MIN_VALUES ? "processes" : "rounds, and what each process shows by itself");
}

static void add_curve(const struct curve_input *in, struct scaling *out)
{
	const struct scaling_round *first = NULL;
	int64_t units = 0;
	for (size_t i = 0; i < in->n; i++) {
		for (size_t k = 0; belongs(in, i) && k < in->cells[i].scaling.n_rounds; k++) {
			const struct scaling_round *r = &in->cells[i].scaling.rounds[k];
			if (!str_eq(r->objects, in->objects))
				continue;
			first = first ? first : r;
			units = r->units > units ? r->units : units;
		}
	}
	if (!first)
		return;
	struct scaling_curve *c = scaling_add_curve(out, in->work, in->objects, in->arm);
	for (size_t i = 0; i < first->n; i++)
		add_point(in, first->samples[i].threads, c);
	c->units = units;
	if (c->n_points) {
		const struct scaling_point *last = &c->points[c->n_points - 1];
		c->efficiency = last->speedup / last->threads;
		c->overlap = last->overlap;
	}
	c->verdict = c->n_points ? scaling_verdict_of(c) : SCALING_INCONCLUSIVE;
	set_note(in, c);
	/* Of a curve that is not told from one that scales, waits tell nothing. */
	bool stands = c->verdict == SCALING_CONTENDED || c->verdict == SCALING_SERIAL;
	const struct scaling_wait *w = in->arm == ARM_FT && stands ? most_telling(in) : NULL;
	if (w)
		c->where = wait_text(w);
}

void scaling_judge(const struct evidence *cells, size_t n, struct scaling *out)
{
	static const char *const kinds[][2] = { { "calls", "private" }, { "calls", "shared" }, { "tests", "private" } };
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
			add_curve(&(struct curve_input){ cells, n, a, kinds[k][0], kinds[k][1] }, out);
	for (size_t i = 0; i < n; i++)
		out->load = fmax(out->load, cells[i].scaling.load);
	for (size_t i = 0; i < out->n && !out->contends; i++)
		if (out->curves[i].verdict == SCALING_CONTENDED && out->curves[i].where)
			out->contends = xstrdup(out->curves[i].where);
}

static void remark_curve(const struct scaling_curve *c, struct package_result *out)
{
	const struct scaling_point *p = falls(c);
	if (!p)
		p = &c->points[c->n_points - 1];
	strv_add_unique(&out->flags, "contended");
	const char *objects = str_eq(c->work, "tests") ? "" : str_eq(c->objects, "shared") ? " on one object" : " on objects of their own";
	strv_addf(&out->reasons, "contended: %s%s: %d threads get %.2fx [%.2f, %.2f] of one thread done%s%s", c->work, objects, p->threads,
	          p->speedup, p->lo, p->hi, c->where ? "; " : "", c->where ? c->where : "");
}

void scaling_remark(struct package_result *out)
{
	if (out->readiness != READY_GO && out->readiness != READY_LIMITS)
		return;
	const struct scaling_curve *own = scaling_headline(&out->scaling, ARM_FT);
	for (size_t i = 0; i < out->scaling.n; i++) {
		const struct scaling_curve *c = &out->scaling.curves[i];
		bool is_private = str_eq(c->objects, "private");
		if (c->arm == ARM_FT && c->verdict == SCALING_CONTENDED && (is_private || falls(c)))
			remark_curve(c, out);
	}
	const struct scaling_point *two = scaling_at(own, 2);
	if (two && two->hi < 1 && str_eq(own->objects, "private") && out->readiness == READY_GO)
		out->readiness = READY_LIMITS;
}
