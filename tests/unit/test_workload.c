/* test_workload.c: of which kind an observed run is, which rule follows, and how sure it is. */
#include "base/json.h"
#include "judge/workload.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One observed run in few words; times in seconds. */
struct run {
	double run, starved, io, sleep, children, lock, gil, idle; /* of the process */
	double cpu, locked;          /* sums over threads */
	double children_cpu, children_starved;
	int64_t working, contending, threads;
};

static struct workload_seen seen_of(const struct run *r)
{
	struct workload_seen s = { .known = true, .finished = true, .samples = 500, .gil_on = true, .run = r->run, .starved = r->starved,
		                       .thread_cpu = r->cpu, .cpu_self = r->cpu, .thread_locked = r->locked, .cpu_children = r->children_cpu,
		                       .children_starved = r->children_starved, .working = r->working, .contending = r->contending,
		                       .threads_peak = r->threads ? r->threads : 1 };
	const double waits[] = { r->io, r->sleep, r->children, r->lock, r->gil, r->idle, 0 };
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++) {
		s.waits[k] = waits[k];
		s.seconds += waits[k];
	}
	s.seconds += s.run + s.starved;
	return s;
}

static const struct {
	const char *name;
	struct run run;
	enum workload_kind kind;
	double busy;
} kinds[] = {
	{ "computes", { .run = 10, .io = 0.5, .cpu = 10, .working = 1 }, WORKLOAD_CPU, 10 / 10.5 },
	{ "waits", { .run = 0.5, .io = 10, .cpu = 0.5, .working = 1 }, WORKLOAD_IO, 0.5 / 10.5 },
	{ "sleeps", { .run = 1, .sleep = 9, .cpu = 1, .working = 1 }, WORKLOAD_IO, 0.1 },
	{ "half and half", { .run = 5, .io = 5, .cpu = 5, .working = 1 }, WORKLOAD_MIXED, 0.5 },
	{ "at the upper threshold it is still mixed", { .run = 7, .io = 3, .cpu = 7, .working = 1 }, WORKLOAD_MIXED, 0.7 },
	{ "a busy machine does not make it wait", { .run = 2, .starved = 8, .cpu = 2, .working = 1 }, WORKLOAD_CPU, 1 },
	{ "a busy machine does not make it compute", { .run = 0.2, .starved = 8, .io = 2, .cpu = 0.2, .working = 1 }, WORKLOAD_IO, 0.2 / 2.2 },
	{ "handing over the GIL is not waiting", { .run = 5, .gil = 4, .cpu = 5, .working = 2 }, WORKLOAD_CPU, 1 },
	{ "threads want one lock", { .run = 4, .cpu = 4, .locked = 12, .working = 4, .contending = 4 }, WORKLOAD_LOCK, 1 },
	{ "a lock that is held while sleeping", { .run = 0.1, .sleep = 4, .cpu = 0.1, .locked = 12, .working = 4, .contending = 4 }, WORKLOAD_LOCK, 0.1 / 4.1 },
	{ "a lock that one thread alone waits for", { .run = 4, .cpu = 4, .locked = 12, .working = 2, .contending = 1 }, WORKLOAD_CPU, 1 },
	{ "a lock that hardly matters", { .run = 4, .cpu = 8, .locked = 1, .working = 2, .contending = 2 }, WORKLOAD_CPU, 1 },
	{ "its children compute", { .run = 0.1, .io = 5, .cpu = 0.1, .children_cpu = 8, .working = 1 }, WORKLOAD_CPU, 1 },
	{ "its children had no core", { .run = 0.1, .children = 10, .cpu = 0.1, .children_cpu = 2, .children_starved = 7.9, .working = 1 }, WORKLOAD_CPU, 2.1 / 2.2 },
	{ "its children wait", { .run = 0.1, .children = 10, .cpu = 0.1, .children_cpu = 0.1, .working = 1 }, WORKLOAD_IO, 0.2 / 10.1 },
	{ "over at once", { .run = 0.05, .starved = 3, .io = 0.04, .cpu = 0.05, .working = 1 }, WORKLOAD_SHORT, 0.05 / 0.09 },
};

static void the_kind_is_what_the_machine_did_not_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct workload_seen s = seen_of(&kinds[i].run);
		struct workload_quantities q;
		enum workload_kind kind = workload_kind_of(&s, &q);
		if (kind != kinds[i].kind || fabs(q.busy - kinds[i].busy) > 1e-9)
			fail_msg("%s: %s, busy %g", kinds[i].name, workload_kind_word(kind), q.busy);
	}
	struct workload_seen nothing = { 0 };
	struct workload_quantities q;
	assert_int_equal(workload_kind_of(&nothing, &q), WORKLOAD_UNKNOWN);
}

#define CPU .kind = WORKLOAD_CPU, .cores = 2, .busy = 0.95
#define IO .kind = WORKLOAD_IO, .cores = 2, .busy = 0.05
#define MIXED .kind = WORKLOAD_MIXED, .cores = 2, .busy = 0.5
#define SLOWER .ratio = 1.2, .verdict = PERF_SLOWER
#define FASTER .ratio = 0.6, .verdict = PERF_FASTER

/* Each rule once, and next to it what must not trigger it. */
static const struct {
	const char *rule;
	struct workload_quantities q;
} cases[] = {
	{ "fails-on-both", { CPU, .gil_fails = true, .ft_fails = true } },
	{ "fails-on-both", { CPU, .gil_fails = true, .ft_missing = true } },
	{ "fails-on-gil", { CPU, .gil_fails = true } },
	{ "fails-on-ft", { CPU, .ft_fails = true } },
	{ "not-to-be-had", { CPU, .ft_missing = true } },
	{ "detaches", { .kind = WORKLOAD_UNKNOWN, .cores = 2, .daemon = true } },
	{ "too-short", { .kind = WORKLOAD_SHORT, .cores = 2, .short_run = true } },
	{ "not-seen", { .kind = WORKLOAD_UNKNOWN, .cores = 2 } },
	{ "lock", { .kind = WORKLOAD_LOCK, .cores = 1, .working = 4 } },
	{ "one-core", { .kind = WORKLOAD_CPU, .cores = 1, .busy = 0.95 } },
	{ "gil-turned-on", { CPU, SLOWER, .gil_module = "native" } },
	{ "gil-turned-on", { MIXED, .gil_module = "native" } },
	{ "one-thread-waits", { IO, .gil_module = "native" } },
	{ "threads-gain", { CPU, FASTER, .working = 2 } },
	{ "threads-gain", { MIXED, FASTER, .working = 2 } },
	{ "one-thread-computes", { CPU, FASTER } },
	{ "processes-replaced", { CPU, .ratio = 1.2, .verdict = PERF_SLOWER, .processes = 0.9 } },
	{ "processes-kept", { CPU, .ratio = 1.4, .verdict = PERF_SLOWER, .processes = 0.9 } },
	{ "processes-kept", { CPU, .processes = 0.9 } },
	{ "native-at-once", { CPU, SLOWER, .working = 2, .cores_gil = 1.9, .cores_ft = 1.9 } },
	{ "threads-in-turn", { CPU, SLOWER, .working = 2, .cores_gil = 1, .cores_ft = 1.1 } },
	{ "threads-at-once", { CPU, .ratio = 1.1, .verdict = PERF_INCONCLUSIVE, .working = 2, .cores_gil = 1, .cores_ft = 1.1, .crowded = true } },
	{ "threads-at-once", { CPU, .ratio = 0.9, .verdict = PERF_INCONCLUSIVE, .working = 2, .cores_gil = 1, .cores_ft = 1.9 } },
	{ "threads-no-gain", { CPU, SLOWER, .working = 2, .cores_gil = 1, .cores_ft = 1.9 } },
	{ "loop-computes", { CPU, SLOWER, .loop = true } },
	{ "loop-computes", { MIXED, SLOWER, .loop = true } },
	{ "costs-more-than-cores", { CPU, .ratio = 2.1, .verdict = PERF_SLOWER } },
	{ "one-thread-computes", { CPU, .ratio = 1.9, .verdict = PERF_SLOWER } },
	{ "one-thread-computes", { CPU, .ratio = 9, .verdict = PERF_INCONCLUSIVE } },
	{ "computes-and-waits", { MIXED, SLOWER } },
	{ "loop-waits", { IO, .loop = true } },
	{ "waits-for-programs", { IO, .waits = { [WAIT_CHILDREN] = 0.6 } } },
	{ "many-threads-wait", { IO, .threads = 200 } },
	{ "threads-wait", { IO, .threads = 8 } },
	{ "one-thread-waits", { IO, .threads = 2 } },
};

static void each_rule_has_its_case(void **state)
{
	(void)state;
	const char *name, *text;
	enum advice advice;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		workload_advise(&cases[i].q, &name, &text);
		if (strcmp(name, cases[i].rule) != 0)
			fail_msg("case %zu: rule %s, expected %s", i, name, cases[i].rule);
	}
	for (size_t i = 0; workload_rule(i, &name, &advice, &text); i++) {
		bool has = false;
		for (size_t k = 0; k < ARRAY_LEN(cases) && !has; k++)
			has = strcmp(cases[k].rule, name) == 0;
		if (!has)
			fail_msg("no case for the rule %s", name);
	}
}

/* A whole result: both builds observed alike, six pairs of plain runs with this ratio and spread. */
static void make(struct workload *w, const struct run *r, double ratio, double spread)
{
	*w = (struct workload){ .cores = 2 };
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		w->arms[a].state = WORKLOAD_OK;
		w->arms[a].seen = seen_of(r);
		w->arms[a].seen.gil_on = a == ARM_GIL;
		for (int i = 0; i < 6; i++)
			workload_add_run(&w->arms[a], &(struct workload_run){ a == ARM_GIL ? 1 : ratio * (1 + spread * (i - 2.5)), 1, 1000000 });
	}
}

static const struct run computing = { .run = 10, .cpu = 10, .working = 1 };

static void a_clear_case_is_sure_of_its_kind(void **state)
{
	(void)state;
	AUTO_WORKLOAD w = { 0 };
	make(&w, &computing, 1.2, 0.001);
	workload_judge(&w);
	assert_int_equal(w.kind, WORKLOAD_CPU);
	assert_int_equal(w.kind_sureness, SURENESS_SURE);
	assert_int_equal(w.wall.verdict, PERF_SLOWER);
	assert_int_equal(w.advice, ADVICE_THREADS);
	assert_int_equal(w.advice_sureness, SURENESS_LIKELY); /* as the rule says: nobody knows whether it can be divided */
	assert_int_equal(w.basis, ARM_FT);
	assert_int_equal(w.exit_code, 0);
	assert_string_equal(w.reason, "one thread computes 100% of the time and 2 cores are there; divided among threads it gains on the "
	                              "free-threaded build, where one thread takes 1.20x of the time");
}

static void what_makes_it_less_sure(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double run, starved;
		int64_t samples;
		bool finished;
		double spread;
		enum sureness kind, advice;
	} rows[] = {
		{ "few samples", 10, 0, 60, true, 0.001, SURENESS_LIKELY, SURENESS_LIKELY },
		{ "very few samples", 10, 0, 20, true, 0.001, SURENESS_UNSURE, SURENESS_UNSURE },
		{ "part of a run", 10, 0, 500, false, 0.001, SURENESS_LIKELY, SURENESS_LIKELY },
		{ "near a threshold", 7.5, 0, 500, true, 0.001, SURENESS_LIKELY, SURENESS_LIKELY },
		{ "at a threshold", 7.1, 0, 500, true, 0.001, SURENESS_UNSURE, SURENESS_UNSURE },
		{ "a ratio that is none", 10, 0, 500, true, 0.1, SURENESS_SURE, SURENESS_UNSURE },
		{ "a busy machine", 10, 6, 500, true, 0.001, SURENESS_LIKELY, SURENESS_LIKELY },
		{ "a very busy machine", 10, 30, 500, true, 0.001, SURENESS_UNSURE, SURENESS_UNSURE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_WORKLOAD w = { 0 };
		struct run r = { .run = rows[i].run, .starved = rows[i].starved, .io = 10 - rows[i].run, .cpu = rows[i].run, .working = 1 };
		make(&w, &r, 1.05, rows[i].spread);
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
			w.arms[a].seen.samples = rows[i].samples;
			w.arms[a].seen.finished = rows[i].finished;
		}
		if (rows[i].spread < 0.01) /* a ratio that is judged */
			for (int k = 0; k < 6; k++)
				w.arms[ARM_FT].runs[k].wall = 1.2;
		workload_judge(&w);
		if (w.kind_sureness != rows[i].kind || w.advice_sureness != rows[i].advice)
			fail_msg("%s: kind %s, advice %s", rows[i].name, sureness_word(w.kind_sureness), sureness_word(w.advice_sureness));
	}
}

static void builds_that_disagree_are_noted(void **state)
{
	(void)state;
	AUTO_WORKLOAD w = { 0 };
	make(&w, &computing, 1.2, 0.001);
	w.arms[ARM_GIL].seen = seen_of(&(struct run){ .run = 5, .io = 5, .cpu = 5, .working = 1 });
	workload_judge(&w);
	assert_int_equal(w.kind, WORKLOAD_CPU); /* of the build without the GIL */
	assert_int_equal(w.kind_sureness, SURENESS_LIKELY);
	assert_string_equal(w.notes.v[0], "the builds differ in kind: mixed on gil, cpu-bound on ft");
}

static void failures_decide_the_exit_code(void **state)
{
	(void)state;
	static const struct {
		enum workload_state gil, ft;
		const char *rule;
		int code;
	} rows[] = {
		{ WORKLOAD_FAILED, WORKLOAD_FAILED, "fails-on-both", 5 },
		{ WORKLOAD_FAILED, WORKLOAD_OK, "fails-on-gil", 5 },
		{ WORKLOAD_OK, WORKLOAD_FAILED, "fails-on-ft", 1 },
		{ WORKLOAD_OK, WORKLOAD_NO_ENVIRONMENT, "not-to-be-had", 1 },
		{ WORKLOAD_NO_ENVIRONMENT, WORKLOAD_NO_ENVIRONMENT, "fails-on-both", 5 },
		{ WORKLOAD_TIMED_OUT, WORKLOAD_TIMED_OUT, "one-thread-computes", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_WORKLOAD w = { 0 };
		make(&w, &computing, 1.2, 0.001);
		w.arms[ARM_GIL].state = rows[i].gil;
		w.arms[ARM_FT].state = rows[i].ft;
		workload_judge(&w);
		if (strcmp(w.rule, rows[i].rule) != 0 || w.exit_code != rows[i].code)
			fail_msg("row %zu: %s, %d", i, w.rule, w.exit_code);
	}
}

/* What fails now and then is no program that fails; what fails more often on one build is. */
static void one_failure_is_not_a_program_that_fails(void **state)
{
	(void)state;
	static const struct {
		int gil_failed, gil_tried, ft_failed, ft_tried, hung;
		enum workload_state gil, ft;
		int code;
		const char *note; /* NULL: none of how often */
	} rows[] = {
		{ 0, 9, 1, 9, 0, WORKLOAD_OK, WORKLOAD_OK, 0, "failed in 1 of 9 runs on ft, in 0 of 9 on gil" },
		{ 0, 9, 4, 9, 0, WORKLOAD_OK, WORKLOAD_FAILED, 1, "failed in 4 of 9 runs on ft, in 0 of 9 on gil" }, /* p = 0.041 */
		{ 0, 9, 3, 9, 0, WORKLOAD_OK, WORKLOAD_OK, 0, "failed in 3 of 9 runs on ft, in 0 of 9 on gil" },     /* p = 0.103 */
		{ 2, 9, 4, 9, 0, WORKLOAD_OK, WORKLOAD_OK, 0, "failed in 4 of 9 runs on ft, in 2 of 9 on gil" },
		{ 0, 5, 6, 6, 0, WORKLOAD_OK, WORKLOAD_FAILED, 1, NULL },
		{ 6, 6, 0, 5, 0, WORKLOAD_FAILED, WORKLOAD_OK, 5, NULL },
		{ 1, 1, 1, 1, 0, WORKLOAD_FAILED, WORKLOAD_FAILED, 5, NULL },
		{ 0, 6, 6, 6, 6, WORKLOAD_OK, WORKLOAD_TIMED_OUT, 0, NULL },
		{ 0, 7, 1, 7, 1, WORKLOAD_OK, WORKLOAD_OK, 0, "failed in 1 of 7 runs on ft, in 0 of 7 on gil (still running at the deadline counts)" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_WORKLOAD w = { 0 };
		make(&w, &computing, 1.2, 0.001);
		struct workload_arm *gil = &w.arms[ARM_GIL], *ft = &w.arms[ARM_FT];
		gil->failed = rows[i].gil_failed;
		gil->tried = rows[i].gil_tried;
		ft->failed = rows[i].ft_failed;
		ft->tried = rows[i].ft_tried;
		ft->hung = rows[i].hung;
		workload_settle(&w);
		workload_judge(&w);
		bool said = !rows[i].note || strv_has(&w.notes, rows[i].note);
		if (gil->state != rows[i].gil || ft->state != rows[i].ft || w.exit_code != rows[i].code || !said)
			fail_msg("row %zu: gil %s, ft %s, exit %d, %s", i, workload_state_word(gil->state), workload_state_word(ft->state), w.exit_code,
			         w.notes.n ? w.notes.v[0] : "no note");
		if (rows[i].note && w.exit_code == 0 && w.advice_sureness != SURENESS_UNSURE)
			fail_msg("row %zu: %s", i, sureness_word(w.advice_sureness));
	}
}

static void the_reason_says_how_often(void **state)
{
	(void)state;
	AUTO_WORKLOAD w = { 0 };
	make(&w, &computing, 1.2, 0.001);
	w.arms[ARM_FT].failed = 5;
	w.arms[ARM_FT].tried = w.arms[ARM_GIL].tried = 9;
	w.arms[ARM_FT].hung = 2;
	workload_settle(&w);
	workload_judge(&w);
	assert_string_equal(w.reason, "it fails on the free-threaded build more often (5 of 9 runs) than with the GIL (0 of 9)");
	workload_release(&w);
	make(&w, &computing, 1.2, 0.001);
	w.arms[ARM_FT].failed = w.arms[ARM_FT].tried = w.arms[ARM_FT].hung = 6;
	workload_settle(&w);
	workload_judge(&w);
	assert_true(strv_has(&w.notes, "ft: still running at its deadline (`--timeout`) in 6 of 6 plain runs"));
}

/* The control is run beside every second pair: 1.5 against 1, although the pairs between take 9. */
static void the_control_is_compared_with_its_own_pairs(void **state)
{
	(void)state;
	AUTO_WORKLOAD w = { 0 };
	make(&w, &computing, 1.2, 0.001);
	for (int i = 0; i < 6; i++)
		w.arms[ARM_GIL].runs[i].wall = i % WORKLOAD_CONTROL_EVERY ? 9 : 1;
	for (int i = 0; i < 3; i++)
		workload_add_run(&w.arms[ARM_FT_GIL], &(struct workload_run){ 1.5, 1, 1 });
	workload_ratios(&w);
	assert_true(w.control.known && fabs(w.control.ratio - 1.5) < 1e-12);
	assert_int_equal(w.control.n, 3);
	assert_non_null(w.control.note);
}

/* A peak that a run of nothing has, too, is not the program's. */
static void memory_that_the_tool_hides_is_not_judged(void **state)
{
	(void)state;
	AUTO_WORKLOAD w = { 0 };
	make(&w, &computing, 1.2, 0.001);
	w.memory_floor = 900000;
	workload_judge(&w);
	assert_true(w.memory.known && w.notes.n == 0);
	workload_release(&w);
	make(&w, &computing, 1.2, 0.001);
	w.memory_floor = 920000;
	for (int i = 0; i < 6; i++)
		w.arms[ARM_FT].runs[i].peak_rss = 1500000;
	workload_judge(&w);
	assert_true(!w.memory.known && w.wall.known);
	assert_non_null(strstr(w.notes.v[0], "peak memory is not known"));
}

static void read_text(const char *text, struct workload_seen *s, bool good)
{
	AUTO_JSON *j = NULL;
	assert_int_equal(json_parse(text, strlen(text), "test", &j, NULL), 0);
	assert_true(workload_seen_read(j, s) == good);
}

static void foreign_numbers_are_bounded(void **state)
{
	(void)state;
	struct workload_seen s = { 0 };
	read_text("{\"schema\":1,\"wall\":{\"run\":-5,\"io\":1e300},\"cpu\":{\"self\":\"x\",\"children\":1,\"children_seen\":2},"
	          "\"samples\":-3,\"threads\":{\"rows\":[{\"name\":7,\"cpu\":1}]},\"functions\":{}}", &s, true);
	assert_true(s.run == 0 && s.waits[WAIT_IO] == 1e9 && s.cpu_self == 0 && s.cpu_children == 2 && s.samples == 0);
	assert_true(s.n_rows == 1 && !s.rows[0].name && s.rows[0].cpu == 1 && s.n_functions == 0);
	workload_seen_release(&s);
	read_text("{\"schema\":2,\"wall\":{},\"cpu\":{}}", &s, false);
	read_text("{\"schema\":1,\"wall\":[],\"cpu\":{}}", &s, false);
	read_text("[1]", &s, false);
	assert_false(s.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kind_is_what_the_machine_did_not_do), cmocka_unit_test(each_rule_has_its_case),
		cmocka_unit_test(a_clear_case_is_sure_of_its_kind), cmocka_unit_test(what_makes_it_less_sure),
		cmocka_unit_test(builds_that_disagree_are_noted), cmocka_unit_test(failures_decide_the_exit_code),
		cmocka_unit_test(one_failure_is_not_a_program_that_fails), cmocka_unit_test(the_reason_says_how_often),
		cmocka_unit_test(memory_that_the_tool_hides_is_not_judged),
		cmocka_unit_test(the_control_is_compared_with_its_own_pairs), cmocka_unit_test(foreign_numbers_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
