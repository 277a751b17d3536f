/* measure_course.c: see measure_course.h. */
#include "pipeline/measure_course.h"
#include "base/text.h"
#include "run/cell_pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WANTED_REPEAT = 5 /* so that the median is not moved by an interruption */, MAX_REPEAT = 40 };
static const double wanted_call_seconds = 0.4; /* in each process */
static const double planned_share = 0.9;       /* of the time: a pair may take longer than the first did */
static const char *const kind_words[PAIR_KINDS] = { [PAIR_TIME] = "time", [PAIR_NOISE] = "noise", [PAIR_BUILD] = "build" };

void measure_course_release(struct measure_course *c)
{
	for (int k = 0; k < PAIR_KINDS; k++) {
		runs_release(&c->pairs[k].a);
		runs_release(&c->pairs[k].b);
		free(c->pairs[k].good);
		c->pairs[k] = (struct pair_runs){ 0 };
	}
	strv_release(&c->seen);
}

/* ---- one pair ---- */

static struct pair_side side_of(const struct measure_course *c, enum pair_kind kind, bool second)
{
	struct arm_state *gil = &c->job->arm[ARM_GIL], *ft = &c->job->arm[ARM_FT];
	if (!second || kind == PAIR_NOISE)
		return (struct pair_side){ gil, GIL_DEFAULT };
	return (struct pair_side){ ft, kind == PAIR_BUILD ? GIL_ON : ft->nogil.n ? GIL_OFF : GIL_DEFAULT };
}

/* Which of the two runs first changes from pair to pair; the processor changes after both orders have been on it, and begins
 * with another one for each kind. */
static int run_pair(struct measure_course *c, enum pair_kind kind, struct error *err)
{
	struct pair_runs *p = &c->pairs[kind];
	bool swapped = p->a.n % 2 == 1;
	struct pair_request r = { .kind = kind_words[kind], .index = (int)p->a.n, .ids = c->ids, .suite_seconds = c->suite_seconds,
		                      .repeat = c->repeat, .turn = (unsigned)(p->a.n / 2 + kind), .once = c->once };
	for (int i = 0; i < 2; i++)
		r.side[i] = side_of(c, kind, (i == 1) != swapped);
	struct evidence out[2];
	if (job_pair(&r, out, err) < 0)
		return -1;
	runs_add(&p->a, &out[swapped]);
	runs_add(&p->b, &out[!swapped]);
	return 0;
}

/* How often the tests are called in each process: several times, and their calls are to add
 * up to something, but the pairs that are planned must fit into the time. */
static int repetitions(const struct measure_course *c, const struct evidence run[2])
{
	double tests = 0, calls = 0;
	for (int i = 0; i < 2; i++)
		for (size_t t = 0; t < run[i].n_tests; t++) {
			tests += (double)run[i].tests[t].total_ns / 1e9;
			calls += run[i].tests[t].status == TEST_PASSED ? (double)run[i].tests[t].call_ns / 2e9 : 0;
		}
	int pairs = c->planned[PAIR_TIME] + c->planned[PAIR_NOISE] + c->planned[PAIR_BUILD];
	double start = fmax((double)run[0].wall_ns, (double)run[1].wall_ns) / 1e9 - tests;
	double fit = (c->seconds * planned_share / pairs - start) / fmax(tests, 1e-6), wanted = wanted_call_seconds / fmax(calls, 1e-6) + 1;
	return (int)fmin(fmax(fmin(fit, fmax(wanted, WANTED_REPEAT)), 1), MAX_REPEAT);
}

static int warm_up(struct measure_course *c, struct error *err)
{
	struct pair_request r = { .side = { side_of(c, PAIR_TIME, false), side_of(c, PAIR_TIME, true) }, .kind = "warm-up", .ids = c->ids,
		                      .suite_seconds = c->suite_seconds, .repeat = 1, .once = c->once };
	struct evidence run[2];
	if (job_pair(&r, run, err) < 0)
		return -1;
	c->repeat = cell_pair_usable(&run[0], &run[1]) ? repetitions(c, run) : 1; /* one that broke off shows too little */
	evidence_release(&run[0]);
	evidence_release(&run[1]);
	return 0;
}

/* ---- which are good ---- */

static void take_ids(struct measure_course *c)
{
	const struct pair_runs *p = &c->pairs[PAIR_TIME];
	for (size_t i = 0; i < p->a.n && !c->ids && c->seen.n == 0; i++)
		for (size_t t = 0; cell_pair_usable(&p->a.v[i], &p->b.v[i]) && t < p->a.v[i].n_tests; t++)
			strv_add(&c->seen, p->a.v[i].tests[t].id); /* in every repetition */
	strv_sort_unique(&c->seen);
}

static const struct strv *ids_of(const struct measure_course *c)
{
	return c->ids ? c->ids : &c->seen;
}

static void take_usable(struct pair_runs *p)
{
	free(p->good);
	p->good = xcalloc(p->a.n, sizeof(*p->good));
	p->n_good = 0;
	for (size_t i = 0; i < p->a.n; i++)
		if (cell_pair_usable(&p->a.v[i], &p->b.v[i]))
			p->good[p->n_good++] = (struct process_pair){ &p->a.v[i], &p->b.v[i] };
}

/* Takes those out from which the processor was taken away, unless too few would be left. */
static void drop_spoilt(struct measure_course *c, struct pair_runs *p, const struct timing *t, size_t least)
{
	AUTO_FREE struct process_pair *kept = xcalloc(p->n_good, sizeof(*kept));
	AUTO_FREE bool *spoilt = xcalloc(p->n_good, sizeof(*spoilt));
	size_t n = 0;
	delta_spoilt(t, (struct pair_list){ p->good, p->n_good }, spoilt);
	for (size_t i = 0; i < p->n_good; i++)
		if (!spoilt[i])
			kept[n++] = p->good[i];
	c->spoilt += (int64_t)(p->n_good - n);
	if (n < p->n_good && n < least) {
		p->busy = true;
		return;
	}
	memcpy(p->good, kept, n * sizeof(*kept));
	p->n_good = n;
}

static void sort_out(struct measure_course *c)
{
	take_ids(c);
	c->spoilt = 0;
	for (int k = 0; k < PAIR_KINDS; k++) {
		take_usable(&c->pairs[k]);
		c->pairs[k].busy = false;
		c->spoilt += (int64_t)(c->pairs[k].a.n - c->pairs[k].n_good);
	}
	AUTO_TIMING t;
	timing_make(&t, (struct pair_list){ c->pairs[PAIR_TIME].good, c->pairs[PAIR_TIME].n_good }, ids_of(c));
	for (int k = 0; k < PAIR_KINDS; k++) {
		size_t least = k == PAIR_TIME ? DELTA_MIN_PAIRS : 2;
		drop_spoilt(c, &c->pairs[k], &t, least < (size_t)c->planned[k] ? least : (size_t)c->planned[k]);
	}
}

/* ---- the course ---- */

static double spent(uint64_t start)
{
	return (double)(now_monotonic_ns() - start) / 1e9;
}

/* The pairs that are planned, as far as time allows. */
static int run_planned(struct measure_course *c, uint64_t start, struct error *err)
{
	int done[PAIR_KINDS] = { 0 };
	for (int total = 0;; total++) {
		double now = spent(start);
		enum pair_kind next = pair_next(c->planned, done, DELTA_MIN_PAIRS, total ? now / total : 0, c->seconds - now);
		if (next == PAIR_KINDS)
			return 0;
		if (run_pair(c, next, err) < 0)
			return -1;
		done[next]++;
	}
}

/* What is still missing of each kind, one pair of each in turn while there is time for one. */
static int run_again(struct measure_course *c, uint64_t start, struct error *err)
{
	for (;;) {
		bool ran = false;
		for (int k = 0; k < PAIR_KINDS; k++) {
			const struct pair_runs *p = &c->pairs[k];
			size_t all = c->pairs[PAIR_TIME].a.n + c->pairs[PAIR_NOISE].a.n + c->pairs[PAIR_BUILD].a.n;
			double cost = all ? spent(start) / (double)all : 0;
			bool lacks = (p->n_good < p->a.n && p->n_good < (size_t)c->planned[k]) || p->busy;
			if (!lacks || p->a.n >= 2 * (size_t)c->planned[k] || spent(start) + cost > c->seconds)
				continue;
			if (run_pair(c, (enum pair_kind)k, err) < 0)
				return -1;
			c->repeated++;
			ran = true;
		}
		if (!ran)
			return 0;
		sort_out(c);
	}
}

int measure_course_run(struct measure_course *c, struct error *err)
{
	uint64_t start = now_monotonic_ns();
	if (warm_up(c, err) < 0 || run_planned(c, start, err) < 0)
		return -1;
	sort_out(c);
	if (run_again(c, start, err) < 0)
		return -1;
	c->spent = spent(start);
	return 0;
}

struct delta_input measure_course_input(const struct measure_course *c)
{
	struct delta_input in = { .ids = ids_of(c), .like_for_like = c->job->session->pair.parity.n == 0 };
	struct pair_list *const lists[PAIR_KINDS] = { [PAIR_TIME] = &in.time, [PAIR_NOISE] = &in.noise, [PAIR_BUILD] = &in.build };
	for (int k = 0; k < PAIR_KINDS; k++)
		*lists[k] = (struct pair_list){ c->pairs[k].good, c->pairs[k].n_good };
	return in;
}
