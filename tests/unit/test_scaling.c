/* test_scaling.c: from rounds to curves, words, places and remarks, on tables of numbers. */
#include "judge/scaling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_CELLS = 24 };
struct cells {
	struct evidence e[MOST_CELLS];
	size_t n;
};

/* A cell whose rounds have these speedups at two threads ("0.9 0.95 *2.1": a star marks a disturbed one). */
static struct evidence *add_cell(struct cells *c, enum arm arm, const char *work, const char *objects, const char *speedups)
{
	struct evidence *e = &c->e[c->n++];
	evidence_init(e);
	e->arm = arm;
	str_set(&e->scaling.work, work);
	AUTO_STRV words = { 0 };
	strv_split(&words, speedups, ' ');
	for (size_t i = 0; i < words.n; i++) {
		bool disturbed = words.v[i][0] == '*';
		double s = strtod(words.v[i] + disturbed, NULL);
		struct scaling_round *r = scaling_add_round(&e->scaling, objects);
		r->n = 2;
		r->units = 3;
		r->busy = disturbed ? 0.4 : 0.01;
		r->samples[0] = (struct scaling_sample){ 1, 1000, 1, 1, 1 };
		r->samples[1] = (struct scaling_sample){ 2, 1000 * s, s, 1.5, 1.9 };
	}
	return e;
}

static void release(struct cells *c)
{
	for (size_t i = 0; i < c->n; i++)
		evidence_release(&c->e[i]);
}

/* The rounds in two cells, one after the other. */
static void add_two_cells(struct cells *c, enum arm arm, const char *work, const char *objects, const char *speedups)
{
	AUTO_FREE char *first = xstrdup(speedups);
	char *middle = strchr(first + strlen(first) / 2, ' ');
	*middle = '\0';
	add_cell(c, arm, work, objects, first);
	add_cell(c, arm, work, objects, middle + 1);
}

static enum scaling_verdict verdict_of(enum arm arm, const char *speedups)
{
	struct cells c = { 0 };
	struct scaling out = { .load = -1 };
	add_two_cells(&c, arm, "calls", "private", speedups);
	scaling_judge(c.e, c.n, &out);
	enum scaling_verdict v = out.curves[0].verdict;
	scaling_release(&out);
	release(&c);
	return v;
}

static void intervals_become_words(void **state)
{
	(void)state;
	static const struct {
		enum arm arm;
		const char *speedups;
		enum scaling_verdict verdict;
	} rows[] = {
		{ ARM_FT, "1.7 1.72 1.68 1.71 1.69 1.74", SCALING_SCALES },
		{ ARM_FT, "0.6 0.62 0.61 0.59 0.6 0.63", SCALING_CONTENDED },
		{ ARM_FT, "1.0 1.01 0.99 1.02 1.0 0.98", SCALING_CONTENDED },   /* no more done is no gain either */
		{ ARM_GIL, "1.0 1.01 0.99 1.02 1.0 0.98", SCALING_SERIAL },
		{ ARM_FT, "0.7 1.7 0.8 1.6 0.9 1.5", SCALING_INCONCLUSIVE },    /* the interval holds both */
		{ ARM_FT, "1.7 1.72 1.68 1.71 1.69", SCALING_INCONCLUSIVE },    /* five rounds have no interval at 95% */
		{ ARM_FT, "1.7 1.72 1.68 1.71 1.69 *0.9", SCALING_INCONCLUSIVE }, /* a disturbed round is none */
		{ ARM_FT, "*0.6 *0.6 *0.6 1.7 1.72 1.68 1.71 1.69 1.74", SCALING_SCALES },
		{ ARM_FT, "1.04 1.045 1.04 1.03 1.049 1.04", SCALING_CONTENDED },
		{ ARM_FT, "1.06 1.07 1.06 1.08 1.06 1.07", SCALING_SCALES },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (verdict_of(rows[i].arm, rows[i].speedups) != rows[i].verdict)
			fail_msg("%s is %s", rows[i].speedups, scaling_verdict_word(verdict_of(rows[i].arm, rows[i].speedups)));
}

static void a_curve_has_its_numbers(void **state)
{
	(void)state;
	struct cells c = { 0 };
	struct scaling out = { .load = -1 };
	add_cell(&c, ARM_FT, "calls", "private", "1.5 1.6 1.7")->scaling.load = 0.5;
	add_cell(&c, ARM_FT, "calls", "private", "1.5 1.6 1.7 *9")->scaling.load = 2;
	add_cell(&c, ARM_GIL, "calls", "private", "0.9 1.0 1.1 0.9 1.0 1.1");
	add_cell(&c, ARM_FT, "calls", "shared", "0.5 0.5 0.5 0.5 0.5 0.5");
	scaling_judge(c.e, c.n, &out);
	assert_int_equal(out.n, 3);
	const struct scaling_curve *own = scaling_headline(&out, ARM_FT);
	const struct scaling_point *two = scaling_at(own, 2);
	assert_int_equal(own->n_points, 2);
	assert_true(scaling_at(own, 1)->speedup == 1 && scaling_at(own, 1)->per_second == 1000);
	assert_int_equal(two->n, 6);
	assert_true(fabs(two->lo - 1.5) < 1e-9 && fabs(two->hi - 1.7) < 1e-9); /* six values: smallest and largest */
	assert_true(two->speedup > 1.5 && two->speedup < 1.7 && fabs(own->efficiency - two->speedup / 2) < 1e-12);
	assert_true(two->per_second == 1600 && two->overlap == 1.5 && two->ceiling == 1.9);
	assert_int_equal(own->units, 3);
	assert_non_null(strstr(own->note, "6 of 7 rounds in 2 processes"));
	assert_true(out.load == 2);
	scaling_release(&out);
	release(&c);
}

static void judge_two(const char *first, const char *second, struct scaling *out)
{
	struct cells c = { 0 };
	add_cell(&c, ARM_FT, "calls", "private", first);
	if (second)
		add_cell(&c, ARM_FT, "calls", "private", second);
	scaling_judge(c.e, c.n, out);
	release(&c);
}

/* Many rounds of one process are no sample of processes: contended is what each of them shows. */
static void rounds_of_one_process_are_not_enough(void **state)
{
	(void)state;
	static const char slow[] = "0.8 0.8 0.81 0.8 0.79 0.8 0.8 0.8 0.81 0.8 0.79 0.8", fast[] = "1.6 1.6 1.61";
	struct scaling out = { .load = -1 };
	judge_two(slow, NULL, &out);
	assert_int_equal(out.curves[0].n_points, 0);
	assert_int_equal(out.curves[0].verdict, SCALING_INCONCLUSIVE);
	assert_non_null(strstr(out.curves[0].note, "in one process alone (12 of 12 in 1 process)"));
	scaling_release(&out);
	judge_two(slow, fast, &out);
	assert_int_equal(out.curves[0].verdict, SCALING_INCONCLUSIVE);
	assert_true(fabs(scaling_at(&out.curves[0], 2)->hi - 1.6) < 0.01);
	assert_non_null(strstr(out.curves[0].note, "interval over rounds, and what each process shows by itself"));
	scaling_release(&out);
	judge_two(slow, "0.9 0.91 0.9", &out);
	assert_int_equal(out.curves[0].verdict, SCALING_CONTENDED);
	scaling_release(&out);
	judge_two(slow, "*0.9 *0.9 *0.9", &out);
	assert_int_equal(out.curves[0].n_points, 0);
	scaling_release(&out);
}

/* Two threads that gain nothing do not make a curve contended that rises later; one that falls does, wherever. */
static void a_curve_is_judged_by_its_last_point_and_where_it_falls(void **state)
{
	(void)state;
	static const struct {
		double two[2], four[2]; /* the intervals */
		enum scaling_verdict verdict;
	} rows[] = {
		{ { 0.96, 1.04 }, { 1.7, 1.9 }, SCALING_INCONCLUSIVE }, { { 0.8, 0.9 }, { 1.7, 1.9 }, SCALING_CONTENDED },
		{ { 1.5, 1.7 }, { 0.98, 1.03 }, SCALING_CONTENDED },    { { 1.5, 1.7 }, { 1.7, 1.9 }, SCALING_SCALES },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scaling s = { 0 };
		struct scaling_curve *c = scaling_add_curve(&s, "calls", "private", ARM_FT);
		const double *intervals[] = { rows[i].two, rows[i].four };
		for (size_t k = 0; k < 2; k++) {
			struct scaling_point *p = scaling_add_point(c, k == 0 ? 2 : 4);
			p->lo = intervals[k][0];
			p->hi = intervals[k][1];
		}
		assert_int_equal(scaling_verdict_of(c), rows[i].verdict);
		scaling_release(&s);
	}
}

/* Six processes: each counts once, however many rounds it had. */
static void many_processes_are_the_sample(void **state)
{
	(void)state;
	struct cells c = { 0 };
	struct scaling out = { .load = -1 };
	for (int i = 0; i < 6; i++)
		add_cell(&c, ARM_FT, "tests", "private", i == 0 ? "1.2 1.2 1.2 1.2 1.2 1.2 1.2 1.2 1.2 1.2" : "1.8 1.8");
	scaling_judge(c.e, c.n, &out);
	const struct scaling_point *two = scaling_at(scaling_headline(&out, ARM_FT), 2);
	assert_int_equal(two->n, 6);
	assert_true(fabs(two->speedup - 1.8) < 1e-9);
	assert_true(fabs(two->lo - 1.2) < 1e-9);
	assert_non_null(strstr(out.curves[0].note, "interval over processes"));
	scaling_release(&out);
	release(&c);
}

static void add_wait_at(struct evidence *e, const char *unit, double speedup, double blocked)
{
	struct scaling_wait *w = scaling_add_wait(&e->scaling, "shared", unit);
	str_set(&w->object, "pkg.Box");
	str_set(&w->place, "pkg.Box.get (box.py:12)");
	w->threads = 2;
	w->speedup = speedup;
	w->blocked = blocked;
	w->share = 0.5;
	w->stacks = 200;
}

/* Neither a figure nor a place where threads wait. */
static void without_enough_quiet_nothing_is_said(void **state)
{
	(void)state;
	struct cells c = { 0 };
	struct scaling out = { .load = -1 };
	add_wait_at(add_cell(&c, ARM_FT, "calls", "private", "*0.5 *0.5 *0.5 0.5 0.5"), "pkg.Box.get", 0.5, 0.47);
	str_set(&c.e[0].scaling.waits[0].objects, "private");
	scaling_judge(c.e, c.n, &out);
	assert_int_equal(out.curves[0].n_points, 0);
	assert_int_equal(out.curves[0].verdict, SCALING_INCONCLUSIVE);
	assert_non_null(strstr(out.curves[0].note, "too few undisturbed rounds (2 of 5"));
	assert_null(out.curves[0].where);
	assert_null(scaling_headline(&out, ARM_FT));
	scaling_release(&out);
	release(&c);
}

/* The unit that most processes name, not the slowest of one; a lock is told from a busy wait. */
static void what_contends_is_named(void **state)
{
	(void)state;
	struct cells c = { 0 };
	struct scaling out = { .load = -1 };
	for (int i = 0; i < 2; i++) {
		struct evidence *e = add_cell(&c, ARM_FT, "calls", "shared", "0.6 0.6 0.6");
		add_wait_at(e, "pkg.Box.get", 0.6, 0.47);
		if (i == 0)
			add_wait_at(e, "pkg.Box.len", 0.3, 0);
	}
	struct evidence *gil = add_cell(&c, ARM_GIL, "calls", "shared", "1 1 1 1 1 1");
	add_wait_at(gil, "pkg.Box.never", 0.1, 1);
	scaling_judge(c.e, c.n, &out);
	assert_string_equal(out.contends, "pkg.Box.get on one shared pkg.Box: 2 threads get 0.60x of one done; they sleep 47% of their time (CPU time "
	                                  "against the clock), as for a lock; 50% of 200 sampled stacks stand in pkg.Box.get (box.py:12)");
	assert_null(scaling_find(&out, "calls", "shared", ARM_GIL)->where); /* there it is the GIL */
	c.e[0].scaling.waits[0].blocked = c.e[1].scaling.waits[0].blocked = 0.02;
	scaling_release(&out);
	scaling_judge(c.e, c.n, &out);
	assert_non_null(strstr(out.contends, "they run all the time"));
	scaling_release(&out);
	release(&c);
}

static enum readiness remarked(const char *own, const char *shared, enum readiness before, size_t *reasons, bool *flag)
{
	struct cells c = { 0 };
	struct package_result p;
	package_result_init(&p);
	p.readiness = before;
	if (own)
		add_two_cells(&c, ARM_FT, "calls", "private", own);
	if (shared)
		add_two_cells(&c, ARM_FT, "calls", "shared", shared);
	scaling_judge(c.e, c.n, &p.scaling);
	scaling_remark(&p);
	enum readiness after = p.readiness;
	*reasons = p.reasons.n;
	*flag = strv_has(&p.flags, "contended");
	package_result_release(&p);
	release(&c);
	return after;
}

static void only_private_work_that_loses_limits_a_package(void **state)
{
	(void)state;
	static const char good[] = "1.7 1.7 1.7 1.7 1.7 1.7", flat[] = "1 1.01 0.99 1 1.02 0.98", bad[] = "0.6 0.6 0.6 0.6 0.6 0.6";
	static const struct {
		const char *own, *shared;
		enum readiness before, after;
		size_t reasons;
	} rows[] = {
		{ good, good, READY_GO, READY_GO, 0 },
		{ good, bad, READY_GO, READY_GO, 1 },      /* said, but a matter of use */
		{ good, flat, READY_GO, READY_GO, 0 },     /* sharing one object gains nothing: usual, and no fall */
		{ flat, NULL, READY_GO, READY_GO, 1 },
		{ bad, bad, READY_GO, READY_LIMITS, 2 },
		{ bad, NULL, READY_NO_GO, READY_NO_GO, 0 },
		{ bad, NULL, READY_UNKNOWN, READY_UNKNOWN, 0 },
		{ NULL, bad, READY_GO, READY_GO, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t reasons;
		bool flag;
		enum readiness after = remarked(rows[i].own, rows[i].shared, rows[i].before, &reasons, &flag);
		if (after != rows[i].after || reasons != rows[i].reasons || flag != (rows[i].reasons > 0))
			fail_msg("row %zu: %s, %zu reasons, flag %d", i, readiness_word(after), reasons, flag);
	}
}

static void fill_scaling_rounds(struct scaling_evidence *s)
{
	str_set(&s->work, "calls");
	s->load = 1.5;
	strv_add(&s->units, "scaling|p.C get");
	struct scaling_round *r = scaling_add_round(s, "shared");
	r->n = 1;
	r->units = 3;
	r->busy = 0.125;
	r->samples[0] = (struct scaling_sample){ 2, 1000.5, 1.25, 1.75, 1.9 };
	struct scaling_wait *w = scaling_add_wait(s, "shared", "p.C.get");
	str_set(&w->object, "p.C");
	str_set(&w->place, "p.C.get (c.py:1)");
	w->threads = 2;
	w->speedup = 0.5;
	w->blocked = 0.25;
	w->share = 0.75;
	w->stacks = 80;
}

static void rounds_survive_json(void **state)
{
	(void)state;
	AUTO_EVIDENCE e, back;
	evidence_init(&e);
	fill_scaling_rounds(&e.scaling);
	AUTO_JSON *j = evidence_to_json(&e);
	evidence_from_json(&back, j);
	AUTO_JSON *j2 = evidence_to_json(&back);
	AUTO_FREE char *text = cJSON_PrintUnformatted(j);
	AUTO_FREE char *text2 = cJSON_PrintUnformatted(j2);
	assert_string_equal(text, text2);
	const struct scaling_evidence *s = &back.scaling;
	assert_true(s->load == 1.5 && s->units.n == 1 && s->n_rounds == 1 && s->n_waits == 1);
	assert_true(s->rounds[0].busy == 0.125 && s->rounds[0].units == 3 && s->rounds[0].samples[0].threads == 2);
	assert_true(s->rounds[0].samples[0].per_second == 1000.5 && s->rounds[0].samples[0].ceiling == 1.9);
	assert_true(s->waits[0].threads == 2 && s->waits[0].speedup == 0.5 && s->waits[0].stacks == 80);
	assert_string_equal(s->waits[0].place, "p.C.get (c.py:1)");
}

/* The headline is the first that there is; below six rounds there is no interval, in either form. */
static void scaling_headline_and_missing_intervals(void **state)
{
	(void)state;
	struct package_result p, back;
	package_result_init(&p);
	scaling_add_point(scaling_add_curve(&p.scaling, "calls", "shared", ARM_FT), 1)->speedup = 1;
	struct scaling_curve *c = scaling_add_curve(&p.scaling, "tests", "private", ARM_FT);
	scaling_add_point(c, 1)->speedup = 1;
	scaling_add_point(c, 2)->speedup = 1.75;
	AUTO_JSON *j = package_to_json(&p);
	const cJSON *pair = cJSON_GetArrayItem(json_arr(json_obj(j, "scaling"), "ft"), 1);
	assert_true(cJSON_GetArrayItem(pair, 0)->valuedouble == 2 && cJSON_GetArrayItem(pair, 1)->valuedouble == 1.75);
	assert_int_equal(cJSON_GetArraySize(json_arr(json_obj(j, "scaling"), "gil")), 0);
	package_from_json(&back, j);
	const struct scaling_curve *head = scaling_headline(&back.scaling, ARM_FT);
	assert_string_equal(head->work, "tests");
	assert_true(scaling_at(head, 2)->hi > 1e300 && scaling_at(head, 2)->lo < -1e300);
	assert_null(scaling_at(head, 4));
	assert_null(scaling_headline(&back.scaling, ARM_GIL));
	package_result_release(&back);
	package_result_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_become_words),
		cmocka_unit_test(a_curve_has_its_numbers),
		cmocka_unit_test(rounds_of_one_process_are_not_enough),
		cmocka_unit_test(a_curve_is_judged_by_its_last_point_and_where_it_falls),
		cmocka_unit_test(many_processes_are_the_sample),
		cmocka_unit_test(without_enough_quiet_nothing_is_said),
		cmocka_unit_test(what_contends_is_named),
		cmocka_unit_test(rounds_survive_json),
		cmocka_unit_test(scaling_headline_and_missing_intervals),
		cmocka_unit_test(only_private_work_that_loses_limits_a_package),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
