/* timing.c: see timing.h. */
#include "judge/timing.h"
#include "judge/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
	const struct test_result *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

/* The results of one process in the order of id. */
struct table {
	const struct test_result **v;
	size_t n;
};

static struct table table_of(const struct evidence *e)
{
	struct table t = { xcalloc(e->n_tests, sizeof(*t.v)), e->n_tests };
	for (size_t i = 0; i < t.n; i++)
		t.v[i] = &e->tests[i];
	if (t.n > 1)
		qsort(t.v, t.n, sizeof(*t.v), by_id);
	return t;
}

/* One test in one process. */
struct sample {
	size_t times;      /* it ran, when it passed each time; else 0 */
	double call;       /* seconds: median */
	double calls, cpu; /* seconds: sums */
};

static struct sample sample_of(const struct table *t, const char *id)
{
	size_t lo = 0, hi = t->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (strcmp(t->v[mid]->id, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	struct sample s = { 0 };
	for (hi = lo; hi < t->n && strcmp(t->v[hi]->id, id) == 0; hi++)
		if (t->v[hi]->status != TEST_PASSED || t->v[hi]->call_ns <= 0)
			return s;
	AUTO_FREE double *calls = xcalloc(hi - lo, sizeof(*calls));
	for (; lo < hi; lo++) {
		calls[s.times++] = (double)t->v[lo]->call_ns / 1e9;
		s.calls += (double)t->v[lo]->call_ns / 1e9;
		s.cpu += (double)t->v[lo]->cpu_ns / 1e9;
	}
	s.call = s.times ? quantile(calls, s.times, 0.5) : 0;
	return s;
}

/* What all processes of one arm say of a test. */
struct arm_times {
	double median, most_cpu; /* the share of its time that it used, where it used most */
};

static struct arm_times arm_times(const struct sample *s, size_t n, size_t step)
{
	AUTO_FREE double *calls = xcalloc(n, sizeof(*calls));
	struct arm_times a = { 0 };
	for (size_t i = 0; i < n; i++) {
		calls[i] = s[i * step].call;
		a.most_cpu = fmax(a.most_cpu, s[i * step].cpu / s[i * step].calls);
	}
	a.median = quantile(calls, n, 0.5);
	return a;
}

/* samples: those of a and b of each pair in turn. */
static enum test_fate fate_of(const struct sample *s, size_t pairs)
{
	for (size_t k = 0; k < 2 * pairs; k++)
		if (s[k].times == 0 || s[k].times != s[0].times)
			return FATE_UNEQUAL;
	struct arm_times a = arm_times(s, pairs, 2), b = arm_times(s + 1, pairs, 2);
	if (a.most_cpu < 0.5 || b.most_cpu < 0.5)
		return FATE_WAITS;
	return fmin(a.median, b.median) * 1e9 < TIMING_RESOLUTION_NS ? FATE_SHORT : FATE_TIMED;
}

static void take_test(struct timing *t, struct timed_test *test, const struct sample *s, double *sums)
{
	test->fate = fate_of(s, t->pairs);
	t->count[test->fate]++;
	if (test->fate == FATE_UNEQUAL)
		return;
	size_t at = (size_t)(test - t->v);
	test->a = t->seconds + 2 * at * t->pairs;
	test->b = test->a + t->pairs;
	for (size_t k = 0; k < t->pairs; k++) {
		test->a[k] = s[2 * k].call;
		test->b[k] = s[2 * k + 1].call;
	}
	for (size_t k = 0; k < 2 * t->pairs && test->fate == FATE_TIMED; k++)
		sums[k] += s[k].calls;
}

void timing_make(struct timing *t, struct pair_list pairs, const struct strv *ids)
{
	*t = (struct timing){ .n = pairs.n ? ids->n : 0, .pairs = pairs.n };
	t->v = xcalloc(t->n, sizeof(*t->v));
	t->seconds = xcalloc(t->n * 2, pairs.n * sizeof(*t->seconds));
	AUTO_FREE struct table *tables = xcalloc(2 * pairs.n, sizeof(*tables));
	AUTO_FREE struct sample *samples = xcalloc(2 * pairs.n, sizeof(*samples));
	AUTO_FREE double *sums = xcalloc(2 * pairs.n, sizeof(*sums));
	for (size_t k = 0; k < pairs.n; k++) {
		tables[2 * k] = table_of(pairs.v[k].a);
		tables[2 * k + 1] = table_of(pairs.v[k].b);
	}
	for (size_t i = 0; i < t->n; i++) {
		t->v[i].id = ids->v[i];
		for (size_t k = 0; k < 2 * pairs.n; k++)
			samples[k] = sample_of(&tables[k], ids->v[i]);
		take_test(t, &t->v[i], samples, sums);
	}
	for (size_t k = 0; k < 2 * pairs.n; k++) {
		t->least = k == 0 ? sums[k] : fmin(t->least, sums[k]);
		free(tables[k].v);
	}
}

void timing_release(struct timing *t)
{
	free(t->v);
	free(t->seconds);
	*t = (struct timing){ 0 };
}

double timing_log_ratio(const struct timing *t, const struct process_pair *p)
{
	struct table a = table_of(p->a), b = table_of(p->b);
	double sum_a = 0, sum_b = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].fate != FATE_TIMED)
			continue;
		struct sample x = sample_of(&a, t->v[i].id), y = sample_of(&b, t->v[i].id);
		if (x.times == 0 || x.times != y.times)
			continue;
		sum_a += x.call;
		sum_b += y.call;
	}
	free(a.v);
	free(b.v);
	return sum_a > 0 && sum_b > 0 ? log(sum_b / sum_a) : NAN;
}

double timing_cpu_share(const struct timing *t, const struct evidence *e)
{
	struct table table = table_of(e);
	double calls = 0, cpu = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].fate != FATE_TIMED)
			continue;
		struct sample s = sample_of(&table, t->v[i].id);
		calls += s.calls;
		cpu += s.cpu;
	}
	free(table.v);
	return calls > 0 && cpu > 0 ? cpu / calls : NAN;
}
