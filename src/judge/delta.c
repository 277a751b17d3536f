/* delta.c: see delta.h. */
#include "judge/delta.h"
#include "judge/stats.h"

#include <math.h>
#include <stdlib.h>

static const double least_seconds = 0.02; /* of timed calls in a process: below it a sum is noise, whatever is done */
static const double spoilt_share = 0.9;
static const double fdr = 0.05;

void delta_release(struct delta *d)
{
	char *notes[] = { d->time.note, d->build.note, d->memory.note, d->memory_import.note, d->import_time.note };
	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		free(notes[i]);
	measured_release(&d->measured);
	*d = (struct delta){ 0 };
}

/* A figure of one pair as a log ratio; NaN: not known. */
typedef double (*figure)(const struct timing *t, const struct process_pair *p);

static double of_int(int64_t a, int64_t b)
{
	return a > 0 && b > 0 ? log((double)b / (double)a) : NAN;
}

static double peak_memory(const struct timing *t, const struct process_pair *p)
{
	(void)t;
	return of_int(p->a->peak_rss, p->b->peak_rss);
}

static double import_memory(const struct timing *t, const struct process_pair *p)
{
	(void)t;
	return of_int(p->a->import_rss, p->b->import_rss);
}

static double import_time(const struct timing *t, const struct process_pair *p)
{
	(void)t;
	return of_int(p->a->import_ns, p->b->import_ns);
}

/* Those that are known; logs has room for STATS_MAX_PAIRS. */
static size_t collect(figure f, const struct timing *t, struct pair_list pairs, double *logs)
{
	size_t n = 0;
	for (size_t i = 0; i < pairs.n && n < STATS_MAX_PAIRS; i++) {
		double x = f(t, &pairs.v[i]);
		if (isfinite(x))
			logs[n++] = x;
	}
	return n;
}

static void set_ratio(struct ratio *out, const double *logs, size_t n, double noise, bool like_for_like)
{
	double estimate = NAN, lo = -INFINITY, hi = INFINITY;
	signed_rank_interval(logs, n, 0.95, &estimate, &lo, &hi);
	out->noise = noise;
	if (n == 0 || !isfinite(estimate))
		return;
	out->known = true;
	out->n = (int)n;
	out->ratio = exp(estimate);
	out->lo = exp(lo);
	out->hi = exp(hi);
	out->verdict = like_for_like ? perf_judge(out->ratio, out->lo, out->hi, perf_band(noise)) : PERF_UNKNOWN;
	if (n < DELTA_MIN_PAIRS)
		out->note = xasprintf("%zu pair%s; an interval needs %d", n, n == 1 ? "" : "s", DELTA_MIN_PAIRS);
}

/* ---- whose processor was taken away ---- */

/* The share of its time in which one process had the processor; NaN: not known. */
typedef double (*share_of)(const struct timing *t, const struct evidence *e);

static double import_share(const struct timing *t, const struct evidence *e)
{
	(void)t;
	return e->import_ns > 0 && e->import_cpu_ns > 0 ? (double)e->import_cpu_ns / (double)e->import_ns : NAN;
}

/* Returns the greatest share of the arm where it is smaller; 0: no share is known. */
static double mark_spoilt(share_of share, const struct timing *t, struct pair_list all, bool *spoilt)
{
	AUTO_FREE double *shares = xcalloc(all.n, sizeof(*shares));
	double least = INFINITY;
	for (int second = 0; second < 2; second++) {
		double best = 0;
		for (size_t i = 0; i < all.n; i++) {
			shares[i] = share(t, second ? all.v[i].b : all.v[i].a);
			best = isfinite(shares[i]) ? fmax(best, shares[i]) : best;
		}
		for (size_t i = 0; i < all.n; i++)
			spoilt[i] = spoilt[i] || (isfinite(shares[i]) && shares[i] < spoilt_share * best);
		least = fmin(least, best);
	}
	return least;
}

void delta_spoilt(const struct timing *t, struct pair_list all, bool *spoilt)
{
	mark_spoilt(timing_cpu_share, t, all, spoilt);
}

/* Those whose imports were not held up go to kept, which has room for all. */
static size_t keep_undisturbed(struct pair_list all, struct process_pair *kept, double *best)
{
	AUTO_FREE bool *spoilt = xcalloc(all.n, sizeof(*spoilt));
	*best = mark_spoilt(import_share, NULL, all, spoilt);
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (!spoilt[i])
			kept[n++] = all.v[i];
	return n;
}

/* ---- each figure ---- */

/* Returns how many pairs its noise stands on. */
static size_t judge_figure(const struct delta_input *in, const struct timing *t, figure f, struct pair_list pairs, struct ratio *out)
{
	double logs[STATS_MAX_PAIRS] = { 0 }, aa[STATS_MAX_PAIRS] = { 0 };
	size_t n = collect(f, t, pairs, logs), n_aa = collect(f, t, in->noise, aa);
	*out = (struct ratio){ .verdict = PERF_UNKNOWN };
	set_ratio(out, logs, n, aa_noise(aa, n_aa, n), in->like_for_like);
	return n_aa;
}

/* CPython 3.13 without the GIL gives up the processor up to 40 times for each file that an import closes (the lock of the file
 * is asked for again by the thread that has it), so another process on that processor makes an import of 3 ms last 400 ms: the
 * imports of such pairs are left out. */
static void judge_import_time(const struct delta_input *in, const struct timing *t, struct ratio *out)
{
	AUTO_FREE struct process_pair *kept = xcalloc(in->time.n, sizeof(*kept)), *noise = xcalloc(in->noise.n, sizeof(*noise));
	struct delta_input quiet = *in;
	double best = 0, best_noise = 0;
	quiet.time = (struct pair_list){ kept, keep_undisturbed(in->time, kept, &best) };
	quiet.noise = (struct pair_list){ noise, keep_undisturbed(in->noise, noise, &best_noise) };
	size_t lost = in->time.n - quiet.time.n;
	if (best > 0 && best < 0.5) {
		*out = (struct ratio){ .verdict = PERF_UNKNOWN, .note = xstrdup("imports had the processor for less than half of their time") };
		return;
	}
	judge_figure(&quiet, t, import_time, quiet.time, out);
	if (lost == 0 || quiet.time.n >= DELTA_MIN_PAIRS)
		return;
	free(out->note);
	out->note = xasprintf("other work took the processor from the imports of %zu of %zu pairs", lost, in->time.n);
}

/* Why nothing can be said of time, by what most tests are; NULL: it can. */
static const char *why_not(const struct timing *t)
{
	if (t->pairs == 0)
		return "no pair of processes came to its end in turns";
	if (t->count[FATE_TIMED] > 0)
		return t->least < least_seconds ? "the tests are too short to measure" : NULL;
	if (t->count[FATE_SHORT] >= t->count[FATE_WAITS] && t->count[FATE_SHORT] > 0)
		return "the tests are too short to measure";
	return t->count[FATE_WAITS] > 0 ? "the tests sleep or wait, so that there is nothing to measure"
	                                : "no test passes in every run of both builds";
}

static void judge_time(const struct delta_input *in, const struct timing *t, struct delta *out)
{
	const char *why = why_not(t);
	out->time = out->build = (struct ratio){ .verdict = PERF_UNKNOWN };
	if (why) {
		out->time.note = xstrdup(why);
		return;
	}
	size_t n_aa = judge_figure(in, t, timing_log_ratio, in->time, &out->time);
	judge_figure(in, t, timing_log_ratio, in->build, &out->build);
	if (!out->time.note)
		out->time.note = xasprintf("%zu test%s in every run of both arms", t->count[FATE_TIMED], t->count[FATE_TIMED] == 1 ? " that passes" : "s that pass");
	if (n_aa < 2) {
		AUTO_FREE char *before = out->time.note;
		out->time.note = xasprintf("%s; noise not measured: band %.0f%%", before, perf_band(0) * 100);
	}
}

/* ---- each test ---- */

static void judge_test(const struct timed_test *test, size_t pairs, struct test_delta *d)
{
	double logs[STATS_MAX_PAIRS], estimate = NAN, lo = -INFINITY, hi = INFINITY;
	size_t n = pairs < STATS_MAX_PAIRS ? pairs : STATS_MAX_PAIRS;
	for (size_t k = 0; k < n; k++)
		logs[k] = log(test->b[k] / test->a[k]);
	signed_rank_interval(logs, n, 0.95, &estimate, &lo, &hi);
	*d = (struct test_delta){ .id = (char *)(uintptr_t)test->id, .ratio = exp(estimate), .lo = exp(lo), .hi = exp(hi), .n = (int)n,
		                      .gil_seconds = quantile(test->a, n, 0.5), .ft_seconds = quantile(test->b, n, 0.5), .p = signed_rank_p(logs, n) };
}

/* Those beyond chance stand at the ends, so that they are kept and shown before any that chance explains. */
static int place(const struct test_delta *d)
{
	return d->ratio > 1 ? !d->significant : 2 + d->significant;
}

static int most_lost_first(const void *a, const void *b)
{
	const struct test_delta *x = a, *y = b;
	if (place(x) != place(y))
		return place(x) - place(y);
	return (x->ratio < y->ratio) - (x->ratio > y->ratio);
}

static void mark_significant(struct test_delta *all, size_t n, struct measured *m)
{
	AUTO_FREE double *p = xcalloc(n, sizeof(*p));
	AUTO_FREE bool *rejected = xcalloc(n, sizeof(*rejected));
	for (size_t i = 0; i < n; i++)
		p[i] = all[i].p;
	benjamini_hochberg(p, n, fdr, rejected);
	for (size_t i = 0; i < n; i++) {
		all[i].significant = rejected[i];
		m->lost += rejected[i] && all[i].ratio > 1;
		m->gained += rejected[i] && all[i].ratio < 1;
	}
}

static void judge_tests(const struct timing *t, struct measured *m)
{
	AUTO_FREE struct test_delta *all = xcalloc(t->n, sizeof(*all));
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].fate == FATE_TIMED)
			judge_test(&t->v[i], t->pairs, &all[n++]);
	if (n == 0)
		return;
	mark_significant(all, n, m);
	qsort(all, n, sizeof(*all), most_lost_first);
	for (size_t i = 0; i < n; i++) {
		if (i >= TEST_DELTAS_KEPT && i + TEST_DELTAS_KEPT < n)
			continue;
		struct test_delta *kept = measured_add_test(m, all[i].id);
		char *id = kept->id;
		*kept = all[i];
		kept->id = id;
	}
}

/* ---- the whole ---- */

/* The ratio is that of the sums, so a few long tests may say another thing than most of the tests do. */
static void note_contradiction(struct delta *d)
{
	const struct measured *m = &d->measured;
	bool contradicts = (d->time.verdict == PERF_FASTER && m->lost > m->gained) || (d->time.verdict == PERF_SLOWER && m->gained > m->lost);
	if (!contradicts)
		return;
	AUTO_FREE char *before = d->time.note;
	d->time.note = xasprintf("%s; the sum is that of its long tests: of all %lld, %lld are slower and %lld faster", before, (long long)m->timed,
	                         (long long)m->lost, (long long)m->gained);
}

static void count_load(const struct delta_input *in, struct measured *m)
{
	const struct pair_list lists[] = { in->time, in->noise, in->build };
	size_t n = 0, most = in->time.n + in->noise.n + in->build.n;
	AUTO_FREE double *loads = xcalloc(most, sizeof(*loads));
	m->load_most = -1;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l].n; i++)
			if (lists[l].v[i].a->load >= 0) {
				loads[n++] = lists[l].v[i].a->load;
				m->load_most = fmax(m->load_most, lists[l].v[i].a->load);
			}
	m->load = n ? quantile(loads, n, 0.5) : -1;
}

void delta_judge(const struct delta_input *in, struct delta *out)
{
	*out = (struct delta){ 0 };
	AUTO_TIMING t;
	timing_make(&t, in->time, in->ids);
	judge_time(in, &t, out);
	judge_figure(in, &t, peak_memory, in->time, &out->memory);
	judge_figure(in, &t, import_memory, in->time, &out->memory_import);
	judge_import_time(in, &t, &out->import_time);
	struct measured *m = &out->measured;
	*m = (struct measured){ .known = true, .pairs = (int64_t)in->time.n, .noise_pairs = (int64_t)in->noise.n, .build_pairs = (int64_t)in->build.n,
		                    .timed = (int64_t)t.count[FATE_TIMED], .too_short = (int64_t)t.count[FATE_SHORT],
		                    .waiting = (int64_t)t.count[FATE_WAITS], .unequal = (int64_t)t.count[FATE_UNEQUAL] };
	count_load(in, m);
	if (!out->time.known)
		return;
	judge_tests(&t, m);
	note_contradiction(out);
}
