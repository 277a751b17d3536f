/* test_model.c: the vocabulary, and surveys and evidence through JSON and back with every field set. */
#include "model/evidence.h"
#include "model/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHECK_WORDS(type, name, count)                                         \
	do {                                                                       \
		for (int i = 0; i < (int)(count); i++) {                               \
			assert_int_equal(name##_parse(name##_word((enum type)i)), i);      \
			for (int k = 0; k < i; k++)                                        \
				assert_string_not_equal(name##_word((enum type)i), name##_word((enum type)k)); \
		}                                                                      \
		assert_int_equal(name##_parse("no such word"), (count));               \
		assert_int_equal(name##_parse("?"), (count));                          \
		assert_int_equal(name##_parse(NULL), (count));                         \
		assert_string_equal(name##_word((enum type)(count)), "?");             \
	} while (0)

static void each_word_reads_back(void **state)
{
	(void)state;
	CHECK_WORDS(readiness, readiness, READY_COUNT);
	CHECK_WORDS(outcome, outcome, OUT_COUNT);
	CHECK_WORDS(arm, arm, ARM_COUNT);
	CHECK_WORDS(test_status, test_status, TEST_COUNT);
	CHECK_WORDS(ending, ending, END_COUNT);
	CHECK_WORDS(effort, effort, EFFORT_COUNT);
	CHECK_WORDS(perf_verdict, perf_verdict, PERF_COUNT);
	CHECK_WORDS(scaling_verdict, scaling_verdict, SCALING_COUNT);
	CHECK_WORDS(finding_kind, finding_kind, FIND_COUNT);
	CHECK_WORDS(fault, fault, FAULT_COUNT);
}

/* The enum and its words are two lists: these pin the pairs that reports and stores rely on. */
static void words_stand_at_their_enumerators(void **state)
{
	(void)state;
	assert_string_equal(arm_word(ARM_FT_GIL), "ft-gil");
	assert_string_equal(test_status_word(TEST_XPASSED), "xpassed");
	assert_string_equal(test_status_word(TEST_NOT_RUN), "not-run");
	assert_string_equal(ending_word(END_FAILED), "failed");
	assert_string_equal(effort_word(EFFORT_DEEP), "deep");
	assert_string_equal(perf_verdict_word(PERF_UNKNOWN), "unknown");
	assert_string_equal(scaling_verdict_word(SCALING_CONTENDED), "contended");
	assert_string_equal(scaling_verdict_word(SCALING_UNKNOWN), "unknown");
	assert_string_equal(finding_kind_word(FIND_SANITIZER), "sanitizer");
	assert_string_equal(finding_kind_word(FIND_IMPORT), "import");
	assert_string_equal(fault_word(FAULT_RACY_WITH_GIL), "racy-with-gil");
	assert_string_equal(outcome_word(OUT_GIL_FALLBACK), "gil-fallback");
	assert_string_equal(readiness_word(READY_NO_GO), "no-go");
}

static void only_pass_is_green(void **state)
{
	(void)state;
	for (enum outcome o = 0; o < OUT_COUNT; o++)
		assert_int_equal(outcome_readiness(o) == READY_GO, o == OUT_PASS);
	static const bool bad[TEST_COUNT] = { [TEST_FAILED] = true, [TEST_ERROR] = true, [TEST_CRASHED] = true, [TEST_HUNG] = true };
	for (enum test_status s = 0; s < TEST_COUNT; s++)
		assert_int_equal(test_status_bad(s), bad[s]);
}

/* Every member of every object that the JSON text holds is set to something
 * else than what a fresh struct gives: a field that the reader forgets then
 * changes the text. Returns false and prints the path where it is not so. */
static bool all_set(const cJSON *j, const char *path)
{
	if (cJSON_IsNull(j) || (cJSON_IsString(j) && !*j->valuestring) || (cJSON_IsNumber(j) && j->valuedouble == 0) ||
	    cJSON_IsFalse(j) || (cJSON_IsArray(j) && cJSON_GetArraySize(j) == 0)) {
		print_error("not set: %s\n", path);
		return false;
	}
	const cJSON *item;
	bool ok = true;
	cJSON_ArrayForEach(item, j)
	{
		AUTO_FREE char *sub = xasprintf("%s.%s", path, item->string ? item->string : "[]");
		ok = all_set(item, sub) && ok;
	}
	return ok;
}

#define SET(field) str_set(&(field), #field)

static void fill_stress(struct evidence *e)
{
	str_set(&e->stress_kind, "confirm");
	e->threads = 8;
	e->stress_seconds = 14.5;
	SET(e->stress_seed);
	str_set(&e->units, "{}\n{}\n");
	struct stress_event *s = evidence_add_stress(e, "replay|rotate|p.C.append");
	s->kind = FIND_LOST_UPDATE;
	s->signal = 11;
	s->script_bad = 9, s->script_tries = 10, s->script_threads = 2;
	SET(s->script_note);
	s->seconds = 0.25;
	s->events = 3, s->tries = 60;
	s->serial_bad = 1, s->serial_tries = 20, s->locked_bad = 2, s->locked_tries = 21;
	s->persistent = true;
	SET(s->oracle), SET(s->title), SET(s->module), SET(s->function), SET(s->python_stack);
	SET(s->native_stack), SET(s->unit), SET(s->script);
	strv_add(&s->tests, "t/a.py::x");
	strv_add(&s->frames, "_m.so!grow");
	struct stress_played *p = evidence_add_played(e, "replay|rotate|p.C.append");
	p->tries = 40, p->bad = 2, p->first_seconds = 0.5;
	e->coverage = (struct stress_coverage){ .known = true, .of = 530, .parallel = 412, .overlap = 1.75, .types = 4,
		                                    .types_played = 3, .ops = 50, .ops_played = 40, .units = 120, .hidden = 41, .interpreter = 3 };
	strv_add(&e->coverage.serialised, "capsys: 71");
	strv_add(&e->coverage.never, "C.__del__");
	strv_add(&e->coverage.never_why, "no recipe: 4");
}

static void fill_evidence(struct evidence *e)
{
	evidence_init(e);
	*e = (struct evidence){ .arm = ARM_FT, .gil_forced_off = true, .ending = END_SIGNAL, .code = 11, .collected = 123456789012345, .files = 40, .files_selected = 36,
		                    .selected = 2, .runner_exit = 3, .imported = true, .gil_after_import = 1, .gil_at_end = 1,
		                    .forged_events = 4, .output_truncated = true, .out_of_memory = true, .timed_out = true,
		                    .wall_ns = 5, .cpu_ns = 6, .peak_rss = 7, .import_rss = 8, .import_ns = 9, .import_cpu_ns = 8, .turns = 10, .load = 0.5 };
	SET(e->mode);
	SET(e->error);
	SET(e->import_error);
	SET(e->gil_module);
	SET(e->gil_test);
	SET(e->log);
	SET(e->log_tail);
	SET(e->command);
	SET(e->turns_lost);
	strv_add(&e->missing_modules, "mm");
	strv_add(&e->missing_fixtures, "mf");
	strv_add(&e->unknown_options, "--uo");
	strv_add(&e->shadowed, "sh");
	struct test_result *t = evidence_add_test(e, "t/a.py::x[\"\xc3\xa9\n\x1b]", TEST_FAILED);
	t->call_ns = 10;
	t->total_ns = 11;
	SET(t->message);
	SET(t->needs);
	t = evidence_add_test(e, "t/a.py::again", TEST_PASSED);
	t->call_ns = 14;
	t->cpu_ns = 15;
	t->total_ns = 16;
	t->rep = 2;
	SET(t->message);
	SET(t->needs);
	t = evidence_add_collect_error(e, "t/b.py", "E");
	t->call_ns = 12;
	t->total_ns = 13;
	SET(t->needs);
	struct culprit *c = evidence_add_culprit(e, "t/c.py::y", TEST_HUNG);
	c->signal = 14;
	c->exit_code = 15;
	c->rep = 17;
	SET(c->python_stack);
	SET(c->native_stack);
	strv_add(&c->frames, "_c!f");
	evidence_add_extension(e, "p._m", "p/_m.so");
	fill_stress(e);
}

static void evidence_survives_json(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	fill_evidence(&e);
	AUTO_JSON *j = evidence_to_json(&e);
	assert_true(all_set(j, "evidence"));
	AUTO_FREE char *text = cJSON_PrintUnformatted(j);
	AUTO_JSON *parsed = NULL;
	assert_int_equal(json_parse(text, strlen(text), "test", &parsed, NULL), 0);
	AUTO_EVIDENCE back;
	evidence_from_json(&back, parsed);
	AUTO_JSON *j2 = evidence_to_json(&back);
	AUTO_FREE char *text2 = cJSON_PrintUnformatted(j2);
	assert_string_equal(text, text2);
	assert_string_equal(back.tests[0].id, e.tests[0].id);
	assert_int_equal(back.collected, e.collected);
	assert_int_equal(back.files, e.files);
	assert_int_equal(back.files_selected, e.files_selected);
	assert_int_equal(evidence_count(&back, TEST_FAILED), 1);
	assert_int_equal(evidence_count(&back, TEST_PASSED), 0);
	assert_int_equal(evidence_find_stress(&back, "replay|rotate|p.C.append")->kind, FIND_LOST_UPDATE);
	assert_int_equal(evidence_find_played(&back, "replay|rotate|p.C.append")->bad, 2);
	assert_null(evidence_find_stress(&back, "replay|rotate|p.C"));
}

/* Unknown stays unknown: not 0, not false. */
static void a_repetition_that_passed_survives_json(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	evidence_init(&e);
	evidence_add_test(&e, "a", TEST_PASSED)->rep = 3;
	AUTO_JSON *j = evidence_to_json(&e);
	AUTO_EVIDENCE back;
	evidence_from_json(&back, j);
	assert_true(back.n_tests == 1 && back.tests[0].rep == 3 && !back.tests[0].message && !back.tests[0].needs);
	assert_true(evidence_results(&back) == 0 && evidence_count(&back, TEST_PASSED) == 0);
}

static void empty_evidence_survives_json(void **state)
{
	(void)state;
	AUTO_EVIDENCE e, back;
	evidence_init(&e);
	AUTO_JSON *j = evidence_to_json(&e);
	evidence_from_json(&back, j);
	assert_int_equal(back.collected, -1);
	assert_int_equal(back.runner_exit, -1);
	assert_int_equal(back.gil_after_import, -1);
	assert_int_equal(back.gil_at_end, -1);
	assert_null(back.mode);
	assert_int_equal(back.n_tests, 0);
	AUTO_EVIDENCE from_nothing;
	evidence_from_json(&from_nothing, NULL);
	assert_int_equal(from_nothing.collected, -1);
	assert_null(cJSON_GetObjectItemCaseSensitive(j, "stress")); /* a serial run has none */
	AUTO_JSON *odd = cJSON_Parse("{\"stress\":{\"kind\":\"play\",\"findings\":[7,{}],\"played\":[{}]}}");
	AUTO_EVIDENCE from_odd;
	evidence_from_json(&from_odd, odd);
	assert_int_equal(from_odd.stress[1].kind, FIND_COUNT);
	assert_true(from_odd.played[0].first_seconds < 0);
}

static void fill_interpreter(struct interpreter *i)
{
	char **fields[] = { &i->executable, &i->version, &i->compiler, &i->flags, &i->config_args, &i->optimisation,
		                &i->tag, &i->platform, &i->provider, &i->id, &i->prefix, &i->libc };
	for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
		AUTO_FREE char *text = xasprintf("field %zu", k);
		str_set(fields[k], text);
	}
	i->gil_disabled = true;
	i->debug = true;
	i->has_headers = true;
	i->has_pip = true;
}

static void fill_artifact(struct artifact_facts *a)
{
	a->known = true;
	SET(a->kind);
	SET(a->file);
	SET(a->sha256);
	a->seconds = 1.5;
	a->cached = true;
	a->native = true;
	strv_add(&a->extensions, "x");
	strv_add(&a->loaded, "y");
	a->wheel_bytes = 1000;
	a->installed_bytes = 3000;
}

static void fill_ratio(struct ratio *r, double ratio)
{
	*r = (struct ratio){ .known = true, .ratio = ratio, .lo = ratio - 0.1, .hi = ratio + 0.1, .n = 15, .verdict = PERF_SAME, .noise = 0.0625 };
	SET(r->note);
}

static void fill_measured(struct measured *m)
{
	*m = (struct measured){ .known = true, .pairs = 15, .noise_pairs = 6, .build_pairs = 5, .spoilt = 3, .repeated = 2, .repeat = 4, .load = 0.25,
		                    .load_most = 0.5, .drawn = 120, .drawn_of = 900, .timed = 100, .too_short = 12, .waiting = 7, .unequal = 1, .seconds = 61.5, .lost = 9, .gained = 8 };
	struct test_delta *t = measured_add_test(m, "t::slow");
	*t = (struct test_delta){ .id = t->id, .ratio = 2.5, .lo = 2.25, .hi = 2.75, .n = 15, .gil_seconds = 0.5, .ft_seconds = 1.25, .p = 0.0625, .significant = true };
}

static void fill_baseline(struct baseline *b)
{
	b->known = true;
	b->load = 0.125;
	fill_ratio(&b->time, 1.28);
	fill_ratio(&b->build, 1.2);
	fill_ratio(&b->import_time, 1.1);
	fill_ratio(&b->memory, 1.05);
	struct baseline_row *r = baseline_add_row(b, "calls");
	fill_ratio(&r->time, 1.3);
	r->gil_seconds = 0.25;
	r->ft_seconds = 0.375;
}

static void fill_finding(struct package_result *p)
{
	struct finding *f = package_add_finding(p, FIND_HANG, FAULT_INTERPRETER);
	char **fields[] = { &f->mode, &f->module, &f->signature, &f->title, &f->test, &f->stack, &f->tail, &f->reproduce,
		                &f->oracle, &f->key, &f->function, &f->native_stack, &f->unit, &f->script, &f->script_note, &f->note, &f->fixed_in, &f->fixed_note };
	for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
		AUTO_FREE char *text = xasprintf("finding %zu", k);
		str_set(fields[k], text);
	}
	f->events = 1;
	f->runs = 2;
	f->control_events = 3;
	f->control_runs = 4;
	f->seconds_to_first = 0.25;
	f->threads = 4;
	f->locked_events = 5;
	f->locked_runs = 6;
	f->serial_events = 7;
	f->serial_runs = 8;
	f->fixed_runs = 3;
	f->confirmed = f->fixed_tested = true;
	strv_add(&f->seeds, "4f1c");
	strv_add(&f->tests, "t::a");
	strv_add(&f->frames, "_c.so!crash");
}

static void fill_coverage(struct package_result *p)
{
	struct stress_summary *s = package_add_stress(p, "replay");
	*s = (struct stress_summary){ .mode = s->mode, .runs = 1, .threads = 4, .seconds = 60, .overlap = 1.75, .of = 212, .parallel = 198,
		                          .types = 5, .types_played = 4, .ops = 80, .ops_played = 61, .units = 300, .hidden = 41, .interpreter = 3 };
	strv_add(&s->serialised, "uses capsys: 14");
	strv_add(&s->never, "pkg.C.close");
	strv_add(&s->never_why, "cannot be copied: 3");
}

static void fill_scaling(struct scaling *s)
{
	SET(s->note);
	SET(s->contends);
	s->load = 0.25;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		struct scaling_curve *c = scaling_add_curve(s, "calls", "private", a);
		c->verdict = a == ARM_FT ? SCALING_CONTENDED : SCALING_SERIAL;
		c->efficiency = 0.5;
		c->overlap = 1.5;
		c->units = 12;
		SET(c->where);
		SET(c->note);
		for (int n = 1; n <= 2; n++) {
			struct scaling_point *p = scaling_add_point(c, n);
			*p = (struct scaling_point){ .threads = n, .per_second = 1000.5, .speedup = 1.25 * n, .lo = 1.125, .hi = 1.375, .overlap = 1.5, .ceiling = 1.75, .n = 9 };
		}
	}
}

static void fill_lists(struct package_result *p)
{
	struct strv *lists[] = { &p->reasons, &p->flags, &p->path, &p->only_gil, &p->only_ft, &p->left_out, &p->logs, &p->stress_left_out };
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		strv_addf(lists[k], "list %zu", k);
	struct test_difference *d = package_add_difference(p, "t::d", "regressed");
	*d = (struct test_difference){ .id = d->id, .kind = d->kind, .gil = TEST_XFAILED, .ft = TEST_CRASHED,
		                           .gil_bad = 1, .gil_runs = 2, .ft_bad = 3, .ft_runs = 4 };
	SET(d->message);
	package_add_rung(p, "wheel", "cp313t", "detail");
	fill_finding(p);
	fill_coverage(p);
}

static void fill_package(struct package_result *p)
{
	char **fields[] = { &p->name, &p->version, &p->requested, &p->tested_version, &p->blocker, &p->advice, &p->from,
		                &p->gil_module, &p->tests_from, &p->runner, &p->profile, &p->reproduce };
	for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
		AUTO_FREE char *text = xasprintf("package %zu", k);
		str_set(fields[k], text);
	}
	p->verdict = OUT_CRASH;
	p->readiness = READY_NO_GO;
	p->runs = 1;
	p->bound = 0.39;
	p->holds = 9;
	p->of = 14;
	p->gil_state = 1;
	p->selected = 2;
	p->collected = 3;
	p->files = 40;
	p->files_selected = 36;
	p->seconds = 4.5;
	fill_artifact(&p->artifact[ARM_GIL]);
	fill_artifact(&p->artifact[ARM_FT]);
	for (enum arm a = 0; a < ARM_COUNT; a++)
		p->tests[a] = (struct arm_tests){ .known = true, .passed = 1 + a, .failed = 2, .skipped = 3, .errors = 4, .not_run = 5, .seconds = 6.5 };
	fill_ratio(&p->time, 1.25);
	fill_ratio(&p->memory, 1.5);
	fill_ratio(&p->import_time, 2);
	fill_ratio(&p->baseline, 3);
	fill_ratio(&p->build, 4);
	fill_ratio(&p->memory_import, 5);
	fill_measured(&p->measured);
	fill_scaling(&p->scaling);
	fill_lists(p);
}

static void fill_survey(struct survey *s)
{
	*s = (struct survey){ .effort = EFFORT_DEEP, .budget_seconds = 60, .sandbox = true, .interrupted = true, .cores = 2, .exit_code = 1,
		                  .requirements = 14, .infra_errors = 1, .cells = 138, .cells_planned = 150, .seconds = 760.5 };
	SET(s->id);
	SET(s->started);
	SET(s->finished);
	SET(s->tool_version);
	SET(s->title);
	SET(s->command);
	SET(s->seed);
	fill_interpreter(&s->pair.gil);
	fill_interpreter(&s->pair.ft);
	strv_add(&s->pair.parity, "compiler");
	strv_add(&s->not_covered, "sanitizer (no tsan interpreter)");
	fill_baseline(&s->baseline);
	fill_package(survey_add_package(s));
}

static void survey_survives_json(void **state)
{
	(void)state;
	AUTO_SURVEY s;
	fill_survey(&s);
	AUTO_JSON *j = survey_to_json(&s);
	AUTO_FREE char *text = cJSON_PrintUnformatted(j);
	AUTO_JSON *parsed = NULL;
	assert_int_equal(json_parse(text, strlen(text), "test", &parsed, NULL), 0);
	AUTO_SURVEY back;
	survey_from_json(&back, parsed);
	AUTO_JSON *j2 = survey_to_json(&back);
	AUTO_FREE char *text2 = cJSON_PrintUnformatted(j2);
	assert_string_equal(text, text2);
	cJSON *package = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "packages"), 0);
	const cJSON *replay = cJSON_GetObjectItem(cJSON_GetObjectItem(package, "coverage"), "replay");
	assert_int_equal(json_int(json_obj(replay, "serialised"), "uses capsys", 0), 14);
	assert_string_equal(back.packages[0].stress[0].serialised.v[0], "uses capsys: 14");
	assert_true(all_set(j, "survey"));
	assert_int_equal(back.packages[0].gil_state, 1);
	assert_int_equal(back.packages[0].tests[ARM_FT].passed, 2);
	assert_true(back.packages[0].measured.tests[0].lo == 2.25);
	assert_true(back.baseline.rows[0].time.ratio == 1.3);
	assert_true(back.packages[0].time.lo == s.packages[0].time.lo);
}

static void empty_package_survives_json(void **state)
{
	(void)state;
	struct package_result p, back;
	package_result_init(&p);
	AUTO_JSON *j = package_to_json(&p);
	package_from_json(&back, j);
	assert_int_equal(back.verdict, OUT_UNTESTED);
	assert_int_equal(back.readiness, READY_UNKNOWN);
	assert_true(back.bound == 1);
	assert_int_equal(back.gil_state, -1);
	assert_int_equal(back.selected, -1);
	assert_int_equal(back.collected, -1);
	assert_false(back.time.known);
	assert_false(back.measured.known);
	assert_int_equal(back.scaling.n, 0);
	assert_true(back.scaling.load < 0);
	assert_int_equal(back.time.verdict, PERF_UNKNOWN);
	assert_false(back.tests[ARM_GIL].known);
	assert_false(back.artifact[ARM_FT].known);
	package_result_release(&back);
}

/* A word of a later version must not become the first enumerator, or green. */
static void unknown_words_are_not_green(void **state)
{
	(void)state;
	static const char text[] = "{\"name\":\"p\",\"verdict\":\"perfect\",\"readiness\":\"go\"}";
	AUTO_JSON *j = NULL;
	assert_int_equal(json_parse(text, strlen(text), "test", &j, NULL), 0);
	struct package_result p;
	package_from_json(&p, j);
	assert_int_equal(p.verdict, OUT_ERROR);
	assert_int_equal(p.readiness, READY_UNKNOWN);
	package_result_release(&p);
}

static void where_no_test_ran_in_threads_the_mode_that_says_why_is_shown(void **state)
{
	(void)state;
	CLEANUP(package_result_release) struct package_result p = { 0 };
	package_add_stress(&p, "replay")->of = 308;
	package_add_stress(&p, "mixed")->of = 1897;
	strv_add(&p.stress[1].serialised, "uses capsys: 1897");
	assert_ptr_equal(package_stress_tests(&p), &p.stress[1]);
	p.stress[0].parallel = 1;
	assert_ptr_equal(package_stress_tests(&p), &p.stress[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_reads_back),
		cmocka_unit_test(words_stand_at_their_enumerators),
		cmocka_unit_test(only_pass_is_green),
		cmocka_unit_test(evidence_survives_json),
		cmocka_unit_test(a_repetition_that_passed_survives_json),
		cmocka_unit_test(empty_evidence_survives_json),
		cmocka_unit_test(survey_survives_json),
		cmocka_unit_test(empty_package_survives_json),
		cmocka_unit_test(unknown_words_are_not_green),
		cmocka_unit_test(where_no_test_ran_in_threads_the_mode_that_says_why_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
