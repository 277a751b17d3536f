/*
 * test_cell.c: one cell from its job to its evidence, with a harness that plays
 * parts (data/fake-harness/main.py) and without a sandbox, which has tests of its own.
 */
#include "base/fs.h"
#include "run/cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *work, *python;

static int make_all(void **state)
{
	(void)state;
	python = find_program("python3");
	return python ? make_temp_dir("/tmp", "test-cell", &work, NULL) : -1;
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	free(python);
	return 0;
}

static struct cell_spec base_spec(const struct strv *args)
{
	return (struct cell_spec){ .arm = ARM_FT, .mode = "serial", .python = python, .harness = MC_BUILD_SRCDIR "/tests/unit/data/fake-harness",
		                       .work = work, .no_sandbox = true, .runner = "pytest", .args = args, .site = "/site", .seed = "4f1c",
		                       .test_seconds = 30, .suite_seconds = 60 };
}

static void run_spec(const struct cell_spec *c, struct evidence *e)
{
	AUTO_ERROR err = { 0 };
	if (cell_run(c, e, &err) < 0)
		fail_msg("%s: %s", err.what, err.why ? err.why : "");
	AUTO_STRV left = { 0 };
	assert_int_equal(list_dir(work, &left, NULL), 0);
	for (size_t i = 0; i < left.n; i++) /* the cell's own home is gone */
		assert_false(str_starts(left.v[i], "cell"));
}

static void play(const char *name, struct evidence *e)
{
	AUTO_STRV args = { 0 };
	strv_add(&args, name);
	struct cell_spec c = base_spec(&args);
	run_spec(&c, e);
}

/* "a=passed b=failed": status and order of all results. */
static void expect_tests(const struct evidence *e, const char *expected)
{
	AUTO_BUF b = { 0 };
	for (size_t i = 0; i < e->n_tests; i++)
		buf_addf(&b, "%s%s=%s", i ? " " : "", e->tests[i].id, test_status_word(e->tests[i].status));
	assert_string_equal(buf_str(&b), expected);
}

static void a_suite_runs_to_its_end(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("normal", &e);
	expect_tests(&e, "a=passed b=failed c=passed");
	assert_string_equal(e.tests[1].message, "wrong");
	assert_true(e.ending == END_NORMAL && e.n_culprits == 0 && e.imported && e.collected == 3 && e.selected == 3);
	assert_true(e.arm == ARM_FT && e.wall_ns > 0 && e.cpu_ns > 0);
	assert_int_equal(e.peak_rss, 10); /* as the process says: the figure of a child begins with its parent's */
	assert_string_equal(e.mode, "serial");
}

static void a_crash_names_its_test_and_the_rest_goes_on(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("crash", &e);
	expect_tests(&e, "a=passed b=crashed c=passed");
	assert_int_equal(e.n_culprits, 1);
	assert_string_equal(e.culprits[0].id, "b");
	assert_int_equal(e.culprits[0].signal, SIGSEGV);
	assert_non_null(strstr(e.tests[1].message, "signal 11"));
	assert_null(e.culprits[0].python_stack);
	assert_int_equal(e.ending, END_NORMAL); /* the last process went well */
}

static void stacks_of_a_crash_are_kept(void **state)
{
	(void)state;
	AUTO_EVIDENCE printed;
	play("crash-stack", &printed);
	assert_true(str_starts(printed.culprits[0].python_stack, "Fatal Python error: Segmentation fault\n  File in printed"));
	AUTO_EVIDENCE written; /* the harness's own file is surer than what was printed */
	play("crash-stack-file", &written);
	assert_string_equal(written.culprits[0].python_stack, "File in stack_file\n");
}

/* Its test may take 30 s, and no stack file says anything: that it stands is what ends it. */
static void a_held_crash_is_looked_at_and_ended(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("crash-held", &e);
	expect_tests(&e, "a=passed b=crashed c=passed");
	assert_true(e.n_culprits == 1 && e.culprits[0].signal == SIGSEGV);
	assert_string_equal(e.tests[1].message, "the process died of signal 11 (Segmentation fault)");
	assert_true(e.ending == END_NORMAL && e.wall_ns < 25000000000);
	if (!process_has_native_stacks())
		skip();
	assert_non_null(strstr(e.culprits[0].native_stack, "<signal handler called>"));
	if (e.culprits[0].frames.n == 0 || !strstr(e.culprits[0].frames.v[0], "python"))
		fail_msg("%s\n%s", e.culprits[0].frames.n ? e.culprits[0].frames.v[0] : "no frame", e.culprits[0].native_stack);
}

static void leaving_by_exit_is_a_crash_with_its_code(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("leave", &e);
	expect_tests(&e, "a=passed b=crashed c=passed");
	assert_true(e.culprits[0].signal == 0 && e.culprits[0].exit_code == 7);
	assert_string_equal(e.tests[1].message, "the process left with exit code 7");
	AUTO_EVIDENCE clean; /* code 0 makes it no better: the last event did not come */
	play("leave-clean", &clean);
	expect_tests(&clean, "a=passed b=crashed c=passed");
	assert_int_equal(clean.culprits[0].exit_code, 0);
}

static void a_hang_that_the_watchdog_reports_is_ended_at_once(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("stuck", &e); /* its test may take 30 s: the event is what ends it */
	expect_tests(&e, "a=passed b=hung c=passed");
	assert_string_equal(e.culprits[0].python_stack, "File in stuck");
	assert_int_equal(e.culprits[0].signal, 0);
	assert_string_equal(e.tests[1].message, "did not end in 30 s");
}

/* Takes 5 s, which the tool leaves to the watchdog inside. */
static void a_hang_in_silence_is_ended_from_outside(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 };
	strv_add(&args, "silent");
	struct cell_spec c = base_spec(&args);
	c.test_seconds = 0.1;
	AUTO_EVIDENCE e;
	run_spec(&c, &e);
	expect_tests(&e, "a=passed b=hung c=passed");
	assert_int_equal(e.culprits[0].status, TEST_HUNG);
	assert_null(e.culprits[0].python_stack);
}

static void restarts_are_bounded(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("always-dies", &e);
	assert_int_equal(e.n_culprits, 25);
	assert_int_equal(evidence_count(&e, TEST_CRASHED), 25);
	assert_int_equal(evidence_count(&e, TEST_NOT_RUN), 15);
}

static void a_death_between_tests_is_not_repeated_for_ever(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("dies-between", &e);
	assert_int_equal(e.n_culprits, 1);
	assert_null(e.culprits[0].id);
	assert_int_equal(e.culprits[0].signal, SIGSEGV);
	expect_tests(&e, "a=not-run");
	assert_string_equal(e.tests[0].message, "the run ended before it");
}

static void forged_lines_change_nothing(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("forged", &e);
	expect_tests(&e, "a=passed b=passed c=passed");
	assert_int_equal(e.forged_events, 5);
}

static void a_process_that_never_began_leaves_its_words(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play("no-hello", &e);
	assert_true(e.n_culprits == 0 && e.n_tests == 0 && e.ending == END_EXIT && e.code == 3);
	assert_int_equal(e.collected, -1);
	assert_string_equal(e.log_tail, "ImportError: broken");
}

static void what_did_not_run_says_why(void **state)
{
	(void)state;
	AUTO_EVIDENCE late;
	play("out-of-time", &late);
	expect_tests(&late, "a=passed b=not-run c=not-run");
	assert_string_equal(late.tests[1].message, "no time left");
	assert_true(late.timed_out);
	AUTO_EVIDENCE brief;
	play("short", &brief);
	expect_tests(&brief, "a=passed b=not-run c=not-run");
	assert_string_equal(brief.tests[2].message, "the run ended before it");
	assert_false(brief.timed_out);
}

/* ---- the job as the harness gets it ---- */

static void put_suite(const char *dir)
{
	AUTO_FREE char *file = path_join(dir, "test_x.py");
	assert_int_equal(make_dirs(dir, NULL), 0);
	assert_int_equal(write_file(file, "pass\n", 5, NULL), 0);
}

static void show(struct cell_spec *c, cJSON **out)
{
	AUTO_FREE char *log = path_join(work, "log.txt");
	c->log_path = log;
	AUTO_EVIDENCE e;
	run_spec(c, &e);
	c->log_path = NULL;
	AUTO_ERROR err = { 0 };
	if (json_read(log, 1 << 20, out, &err) < 0)
		fail_msg("%s", err.what);
}

static void expect_list(const cJSON *o, const char *key, const char *joined)
{
	AUTO_STRV l = { 0 };
	json_strv(o, key, &l);
	AUTO_FREE char *text = strv_join(&l, "|");
	assert_string_equal(text, joined);
}

static void the_job_says_what_to_run(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 }, extra = { 0 }, deny = { 0 }, names = { 0 }, env = { 0 };
	AUTO_FREE char *suite = path_join(work, "suite");
	put_suite(suite);
	strv_add(&args, "show");
	strv_add(&extra, "-m");
	strv_add(&deny, "/slow/");
	strv_add(&names, "pkg");
	strv_add(&env, "EXTRA=1");
	struct cell_spec c = base_spec(&args);
	c.extra_args = &extra, c.deny = &deny, c.import_names = &names, c.top_level = &names, c.env = &env;
	c.gil = GIL_OFF, c.suite = suite, c.max_files = 36, c.cap_per_file = 150;
	AUTO_JSON *shown = NULL;
	show(&c, &shown);
	const cJSON *job = json_obj(shown, "job"), *select = json_obj(job, "select");
	assert_string_equal(json_str(shown, "gil"), "0");
	assert_string_equal(json_str(shown, "extra"), "1");
	AUTO_FREE char *folder = path_dir(python);
	AUTO_FREE char *bin = xasprintf("%s:/usr/local/bin:/usr/bin:/bin", folder); /* the environment's own commands, before the machine's */
	assert_non_null(strstr(json_str(shown, "path"), bin));
	assert_string_equal(json_str(shown, "here"), json_str(job, "cwd"));
	assert_true(str_starts(json_str(job, "cwd"), json_str(shown, "home")));
	expect_list(shown, "files", "test_x.py"); /* a copy: the cell may write where it runs */
	assert_string_not_equal(json_str(job, "cwd"), suite);
	assert_string_equal(json_str(job, "task"), "suite");
	assert_string_equal(json_str(job, "runner"), "pytest");
	assert_string_equal(json_str(job, "mode"), "serial");
	assert_string_equal(json_str(job, "site"), "/site");
	expect_list(job, "args", "show");
	expect_list(job, "extra_args", "-m");
	expect_list(job, "deny_paths", "/slow/");
	expect_list(job, "import_names", "pkg");
	expect_list(job, "top_level", "pkg");
	assert_string_equal(json_str(select, "seed"), "4f1c");
	assert_true(json_int(select, "max_files", 0) == 36 && json_int(select, "cap_per_file", 0) == 150);
	assert_null(json_str(job, "deselect_file"));
	assert_true(json_num(job, "test_seconds", 0) == 30 && json_int(job, "repeat", 0) == 1);
	double left = json_num(job, "suite_seconds", 0);
	assert_true(left > 0 && left <= 60);
	assert_int_equal(strlen(json_str(job, "token")), 32);
	const cJSON *argv = json_arr(shown, "argv"); /* the token is not on the command line */
	assert_int_equal(cJSON_GetArraySize(argv), 1);
}

static void chosen_ids_go_by_file(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 }, ids = { 0 };
	strv_add(&args, "show");
	strv_add(&ids, "t.py::a");
	strv_add(&ids, "t.py::b[x y]");
	struct cell_spec c = base_spec(&args);
	c.ids = &ids, c.repeat = 4, c.max_files = 36;
	AUTO_JSON *shown = NULL;
	show(&c, &shown);
	assert_string_equal(json_str(shown, "ids"), "t.py::a\nt.py::b[x y]\n");
	assert_int_equal(json_int(json_obj(shown, "job"), "repeat", 0), 4);
	expect_list(shown, "files", "");
	assert_null(json_str(shown, "gil"));
	AUTO_JSON *whole = NULL;
	c.ids = NULL, c.max_files = 0, c.gil = GIL_ON;
	show(&c, &whole);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(json_obj(whole, "job"), "select")));
	assert_string_equal(json_str(whole, "gil"), "1");
}

static void a_missing_interpreter_is_the_tools_error(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 };
	strv_add(&args, "normal");
	struct cell_spec c = base_spec(&args);
	c.python = "/nonexistent/python";
	AUTO_EVIDENCE e;
	AUTO_ERROR err = { 0 };
	assert_int_equal(cell_run(&c, &e, &err), -1);
	assert_int_equal(err.code, ERR_TOOL);
}

/* ---- stress modes ---- */

static void play_stress(const char *name, struct stress_spec *stress, struct evidence *e)
{
	AUTO_STRV args = { 0 };
	strv_add(&args, name);
	struct cell_spec c = base_spec(&args);
	stress->kind = "play", stress->threads = 8, stress->seconds = 20, stress->seed = "4f1c+0";
	c.mode = "replay", c.stress = stress;
	run_spec(&c, e);
}

static void a_stress_run_leaves_findings_and_files(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	AUTO_STRV focus = { 0 };
	strv_add(&focus, "replay|rotate|p.C.add");
	strv_add(&focus, "other");
	play_stress("stress", &(struct stress_spec){ .focus = &focus, .want_script = true }, &e);
	assert_string_equal(e.mode, "replay");
	assert_string_equal(e.stress_kind, "play");
	assert_string_equal(e.stress_seed, "4f1c+0");
	assert_true(e.threads == 8 && e.stress_seconds == 20 && e.ending == END_NORMAL && !e.error);
	expect_tests(&e, "a=passed b=passed c=passed");
	assert_int_equal(e.n_stress, 1);
	assert_string_equal(e.stress[0].script, "print('caf\xc3\xa9')\n");
	assert_string_equal(e.units, "{\"op\":\"add\"}\n");
	assert_true(e.n_played == 2 && e.played[0].bad == 2 && e.played[1].tries == 40);
	assert_true(e.coverage.known && e.coverage.parallel == 3);
}

static void only_plain_bounded_text_is_read_back(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play_stress("stress-files", &(struct stress_spec){ .want_script = true }, &e);
	assert_int_equal(e.n_stress, 7);
	for (size_t i = 0; i < e.n_stress; i++)
		if ((e.stress[i].script != NULL) != (strcmp(e.stress[i].key, "whole.py") == 0))
			fail_msg("%s: %s", e.stress[i].key, e.stress[i].script ? "read" : "not read");
	assert_null(e.units);
}

static void a_recording_that_dies_begins_again_without_its_culprit(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play_stress("stress-recording-dies", &(struct stress_spec){ 0 }, &e);
	expect_tests(&e, "b=crashed a=passed c=passed"); /* a was run again */
	assert_true(e.n_culprits == 1 && e.culprits[0].signal == SIGSEGV && e.ending == END_NORMAL && !e.error);
	AUTO_EVIDENCE each;
	play_stress("stress-each-dies", &(struct stress_spec){ 0 }, &each);
	assert_int_equal(each.n_culprits, 4);
	assert_string_equal(each.error, "one test after another ended the recording");
}

static void a_death_while_playing_is_no_tests_crash(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play_stress("stress-play-dies", &(struct stress_spec){ 0 }, &e);
	expect_tests(&e, "a=passed b=passed c=passed");
	assert_true(e.n_culprits == 0 && e.n_stress == 1 && e.ending == END_SIGNAL);
	assert_string_equal(e.error, "the stress run's own process died of signal 11 (Segmentation fault; during: play 1 of 12 units  p.C)");
	AUTO_EVIDENCE odd; /* an unknown play: the harness never said hello */
	play_stress("no-hello", &(struct stress_spec){ 0 }, &odd);
	assert_string_equal(odd.error, "the stress run's own process left with exit code 3 (during: its start)");
}

static void silence_while_playing_ends_the_run(void **state)
{
	(void)state;
	AUTO_EVIDENCE e;
	play_stress("stress-silent", &(struct stress_spec){ .silent_seconds = 0.5 }, &e);
	assert_true(e.n_culprits == 0 && e.n_stress == 1 && e.ending == END_TIMEOUT);
	assert_non_null(strstr(e.error, "stopped answering"));
}

/* Silence is short here: what ends the process is the deadline of the open test (0.1 s and 3 s more). */
static void a_test_that_hangs_while_recorded_is_the_culprit(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 };
	strv_add(&args, "stress-open-test");
	struct stress_spec stress = { .kind = "play", .seconds = 20, .silent_seconds = 0.2 };
	struct cell_spec c = base_spec(&args);
	c.mode = "replay", c.stress = &stress, c.test_seconds = 0.1;
	AUTO_EVIDENCE e;
	run_spec(&c, &e);
	assert_true(e.n_culprits > 0 && e.culprits[0].status == TEST_HUNG);
	assert_string_equal(e.culprits[0].id, "a");
}

static void the_job_of_a_stress_mode_says_more(void **state)
{
	(void)state;
	AUTO_STRV args = { 0 }, focus = { 0 };
	strv_add(&args, "show");
	strv_add(&focus, "k1");
	strv_add(&focus, "k2");
	struct stress_spec stress = { .kind = "control", .threads = 6, .seconds = 15, .seed = "s+1", .focus = &focus, .locked = true,
		                          .switch_interval = 1e-6, .want_script = true };
	struct cell_spec c = base_spec(&args);
	c.mode = "replay", c.stress = &stress;
	AUTO_JSON *shown = NULL;
	show(&c, &shown);
	const cJSON *job = json_obj(shown, "job");
	assert_string_equal(json_str(job, "mode"), "replay");
	assert_true(json_int(job, "threads", 0) == 6 && json_num(job, "stress_seconds", 0) == 15 && json_num(job, "switch_interval", 0) == 1e-6);
	assert_string_equal(json_str(job, "stress_seed"), "s+1");
	assert_string_equal(json_str(job, "control"), "locked");
	expect_list(job, "focus", "k1|k2");
	assert_true(json_bool(job, "want_script", false));
	assert_true(str_starts(json_str(job, "out_dir"), json_str(shown, "home")));
	AUTO_JSON *plain = NULL;
	stress = (struct stress_spec){ .kind = "play", .threads = 6, .seconds = 15 };
	show(&c, &plain);
	job = json_obj(plain, "job");
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(job, "focus")) && !json_bool(job, "want_script", true));
	assert_string_equal(json_str(job, "control"), "none");
	assert_null(cJSON_GetObjectItem(job, "switch_interval"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_suite_runs_to_its_end),
		cmocka_unit_test(a_crash_names_its_test_and_the_rest_goes_on),
		cmocka_unit_test(stacks_of_a_crash_are_kept),
		cmocka_unit_test(a_held_crash_is_looked_at_and_ended),
		cmocka_unit_test(leaving_by_exit_is_a_crash_with_its_code),
		cmocka_unit_test(a_hang_that_the_watchdog_reports_is_ended_at_once),
		cmocka_unit_test(a_hang_in_silence_is_ended_from_outside),
		cmocka_unit_test(restarts_are_bounded),
		cmocka_unit_test(a_death_between_tests_is_not_repeated_for_ever),
		cmocka_unit_test(forged_lines_change_nothing),
		cmocka_unit_test(a_process_that_never_began_leaves_its_words),
		cmocka_unit_test(what_did_not_run_says_why),
		cmocka_unit_test(the_job_says_what_to_run),
		cmocka_unit_test(chosen_ids_go_by_file),
		cmocka_unit_test(a_stress_run_leaves_findings_and_files),
		cmocka_unit_test(only_plain_bounded_text_is_read_back),
		cmocka_unit_test(a_recording_that_dies_begins_again_without_its_culprit),
		cmocka_unit_test(a_death_while_playing_is_no_tests_crash),
		cmocka_unit_test(silence_while_playing_ends_the_run),
		cmocka_unit_test(a_test_that_hangs_while_recorded_is_the_culprit),
		cmocka_unit_test(the_job_of_a_stress_mode_says_more),
		cmocka_unit_test(a_missing_interpreter_is_the_tools_error),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
