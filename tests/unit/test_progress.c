/* test_progress.c: what progress prints, with a clock of the test's own; and the stream of events as JSON lines. */
#include "report/events.h"
#include "report/progress.h"
#include "report_help.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t clock_ns;
static uint64_t fake_now(void) { return clock_ns; }
static int64_t fake_wall(void) { return 1795349071 + (int64_t)(clock_ns / 1000000000u); } /* 12:04:31 UTC */
static void advance(double seconds) { clock_ns += (uint64_t)(seconds * 1e9); }

struct fixture {
	char *text;
	size_t size;
	FILE *out;
	struct progress *p;
	struct observer o;
	struct survey survey;
};

static void start(struct fixture *f, struct progress_options opt)
{
	*f = (struct fixture){ 0 };
	clock_ns = 1000000000u;
	setenv("TZ", "UTC0", 1);
	tzset();
	setenv("TERM", "xterm", 1);
	unsetenv("ACCESSIBLE");
	unsetenv("GITHUB_ACTIONS");
	opt.now_ns = fake_now;
	opt.wall = fake_wall;
	f->out = open_memstream(&f->text, &f->size);
	f->p = progress_new(f->out, &opt);
	f->o = progress_observer(f->p);
	load_survey(&f->survey, "mixed");
}

/* What was printed since the last call of this; empty when nothing. */
static const char *news(struct fixture *f)
{
	static size_t seen;
	static const FILE *last;
	if (last != f->out)
		seen = 0;
	last = f->out;
	fflush(f->out);
	const char *text = f->text + seen;
	seen = f->size;
	return text;
}

static void finish(struct fixture *f)
{
	progress_free(f->p);
	fclose(f->out);
	free(f->text);
	survey_release(&f->survey);
	news(&(struct fixture){ .out = stdout, .text = (char[]){ "" } }); /* forget the closed stream */
}

static void done(struct fixture *f, const char *name)
{
	observe(&f->o, &(struct event){ .kind = EVENT_PACKAGE_DONE, .result = report_find_package(&f->survey, name) });
}

static void plan(struct fixture *f)
{
	observe(&f->o, &(struct event){ .kind = EVENT_PLAN, .total = 46, .text = "46 packages, effort standard, seed 4f1c" });
}

/* The whole life of a plain run, Screen 3. */
static void plain_lines_are_appended(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .mode = PROGRESS_PLAIN, .terminal = 1, .width = 80 });
	observe_setup(&f.o, "interpreter", "building 3.13.15 free-threaded ...");
	observe_setup(&f.o, "interpreter", "3.13.15 free-threaded  built from source in 3 min 40 s");
	observe_setup(&f.o, "pair", "like for like: same version, compiler, flags");
	plan(&f);
	advance(31);
	done(&f, "attrs");
	int slot = observe_step(&f.o, "pandas", "gil %s", "serial");
	observe_progress(&f.o, slot, 10, 758, "test_one");
	advance(40);
	done(&f, "multidict");
	advance(59);
	progress_tick(f.p); /* 59 s of silence: nothing */
	advance(1);
	progress_tick(f.p);
	observe_step_end(&f.o, slot);
	advance(100);
	progress_tick(f.p); /* nothing runs: no heartbeat */
	progress_print_status(f.p);
	news(&f);
	check_golden("progress-plain.txt", f.text);
	check_harmless(f.text, false);
	finish(&f);
}

static void terminal_lines_are_redrawn(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80, .jobs = 2 });
	plan(&f);
	assert_string_equal(news(&f), "46 packages, effort standard, seed 4f1c\n");
	int numpy = observe_step(&f.o, "numpy", "ft serial");
	advance(0.9);
	progress_tick(f.p);
	assert_string_equal(news(&f), ""); /* nothing in the first second */
	advance(0.2);
	observe_progress(&f.o, numpy, 611, 758, NULL);
	assert_string_equal(news(&f), "[ 0:01] 0 of 46   0 no-go  0 limits  0 go  0 unknown\n"
	                              "  numpy      ft serial             0:01   611 of 758 tests\n");
	advance(0.2);
	progress_tick(f.p);
	assert_string_equal(news(&f), ""); /* at most four times a second */
	advance(0.1);
	progress_tick(f.p);
	assert_true(str_starts(news(&f), "\033[2A\r\033[J[ 0:01] 0 of 46"));
	done(&f, "attrs");
	assert_string_equal(news(&f), "\033[2A\r\033[J+ attrs 1.0.0           go       120 | 120   0 of 6 runs failed\n");
	done(&f, "cffi");
	assert_string_equal(news(&f), "x cffi 2.1.1            no-go    refuses 3.13t (needs 3.14t); holds back 9 of your 14 requirements\n");
	observe(&f.o, &(struct event){ .kind = EVENT_PLAN, .total = 46, .done = 540 });
	advance(0.3);
	progress_tick(f.p);
	assert_true(str_starts(news(&f), "[ 0:01] 2 of 46   1 no-go  0 limits  1 go  0 unknown   about 9 min left\n"));
	progress_clear(f.p);
	assert_string_equal(news(&f), "\033[2A\r\033[J");
	finish(&f);
}

static void a_plan_says_how_long_it_takes(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80, .jobs = 2 });
	observe(&f.o, &(struct event){ .kind = EVENT_PLAN, .total = 46, .text = "plan", .done = 540 });
	observe_step(&f.o, "numpy", "ft serial");
	advance(1.1);
	progress_tick(f.p);
	assert_non_null(strstr(news(&f), "about 9 min left"));
	finish(&f);
}

static void running_lines_are_bounded(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 40, .jobs = 2 });
	plan(&f);
	int slots[3];
	for (int i = 0; i < 3; i++)
		slots[i] = observe_step(&f.o, "numpy", "ft serial");
	observe_progress(&f.o, slots[0], 1, 2, "a/very/long/test/id/that/does/not/fit/here.py::test");
	news(&f);
	advance(2);
	progress_tick(f.p);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, news(&f), '\n');
	assert_int_equal(lines.n, 1 + 1 + 2); /* the bar, two steps, and the empty rest */
	for (size_t i = 0; i < lines.n; i++)
		assert_true(strlen(lines.v[i]) < 40);
	assert_true(str_ends(lines.v[1], "..."));
	finish(&f);
}

static void a_number_that_stands_still_is_said(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80, .color = true });
	plan(&f);
	int slot = observe_step(&f.o, "pandas", "gil stress:replay");
	observe_progress(&f.o, slot, 5, 9, "test_downstream[10]");
	advance(29);
	progress_tick(f.p);
	assert_null(strstr(news(&f), "SLOW"));
	advance(19);
	observe_progress(&f.o, slot, 5, 9, "test_downstream[10]"); /* the same number is no movement */
	assert_non_null(strstr(news(&f), "\033[33m  pandas     gil stress:replay     0:48   SLOW: 48 s in test_downstream[10]\033[0m\n"));
	observe_progress(&f.o, slot, 6, 9, NULL);
	advance(1);
	progress_tick(f.p);
	assert_non_null(strstr(news(&f), "6 of 9 tests"));
	finish(&f);
}

static void setup_lines_replace_their_own_form(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80 });
	observe_setup(&f.o, "interpreter", "building ...");
	assert_string_equal(news(&f), "  interpreter  building ...\n"); /* at once, not after a second */
	observe_setup(&f.o, "interpreter", "built");
	assert_string_equal(news(&f), "\033[1A\r\033[Jsetting up once (kept for later runs; `migrate-check python list` shows it)\n"
	                              "  interpreter  built\n");
	finish(&f);
	start(&f, (struct progress_options){ .terminal = 1, .width = 80 });
	observe_setup(&f.o, "pair", "like for like");
	assert_string_equal(news(&f), "  pair         like for like\n"); /* a later run has no header */
	finish(&f);
}

static void environment_asks_for_plain_lines(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value;
	} rows[] = { { "TERM", "dumb" }, { "ACCESSIBLE", "1" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;
		start(&f, (struct progress_options){ .terminal = 1, .width = 80 });
		progress_free(f.p);
		setenv(rows[i].name, rows[i].value, 1);
		f.p = progress_new(f.out, &(struct progress_options){ .terminal = 1, .width = 80, .now_ns = fake_now, .wall = fake_wall });
		f.o = progress_observer(f.p);
		plan(&f);
		assert_string_equal(news(&f), "12:04:32 start   46 packages, effort standard, seed 4f1c\n");
		finish(&f);
	}
}

static void verbosity_decides(void **state)
{
	(void)state;
	static const char *const expected[] = { "", "", "12:04:32 note    ran uv\n", "12:04:32 note    ran uv\n  | \\x3a:error::x\n  | a\n  | \n  | b\n" };
	for (int verbosity = -1; verbosity <= 2; verbosity++) {
		struct fixture f;
		start(&f, (struct progress_options){ .terminal = -1, .verbosity = verbosity });
		observe_note(&f.o, "ran %s", "uv");
		observe(&f.o, &(struct event){ .kind = EVENT_OUTPUT, .text = "::error::x" });
		observe(&f.o, &(struct event){ .kind = EVENT_OUTPUT, .text = "a\n\nb\n" });
		assert_string_equal(news(&f), expected[verbosity + 1]);
		plan(&f);
		assert_int_equal(*news(&f) == '\0', verbosity < 0);
		finish(&f);
	}
	struct fixture f;
	start(&f, (struct progress_options){ .mode = PROGRESS_NONE, .terminal = 1, .width = 80 });
	plan(&f);
	done(&f, "attrs");
	observe_step(&f.o, "numpy", "ft serial");
	advance(100);
	progress_tick(f.p);
	assert_string_equal(news(&f), "");
	progress_request_status(f.p); /* asked for: it comes even so */
	progress_tick(f.p);
	assert_true(str_starts(news(&f), "running 1 min 40 s: 1 of 46 done, 1 step now\n"));
	finish(&f);
}

static void equal_warnings_are_counted(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = -1 });
	AUTO_ERROR e = { 0 };
	error_set(&e, ERR_NETWORK, "slow index");
	for (int i = 0; i < 3; i++)
		observe(&f.o, &(struct event){ .kind = EVENT_WARNING, .error = &e });
	assert_string_equal(news(&f), "warning[network]: slow index\n");
	progress_free(f.p);
	f.p = NULL;
	assert_string_equal(news(&f), "warning[network]: slow index (3 times)\n");
	finish(&f);
}

static void actions_get_a_group_for_findings_only(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = -1 });
	progress_free(f.p);
	setenv("GITHUB_ACTIONS", "true", 1);
	f.p = progress_new(f.out, &(struct progress_options){ .terminal = -1, .now_ns = fake_now, .wall = fake_wall });
	f.o = progress_observer(f.p);
	plan(&f);
	done(&f, "attrs");
	assert_null(strstr(news(&f), "::"));
	done(&f, "multidict");
	const char *text = news(&f);
	assert_non_null(strstr(text, "\n::group::multidict 6.8.0: 1 finding\n  | crash: iteration"));
	assert_non_null(strstr(text, "\n::endgroup::\n"));
	finish(&f);
	AUTO_SURVEY attack = { 0 };
	load_survey(&attack, "attack");
	start(&f, (struct progress_options){ .terminal = -1 });
	observe(&f.o, &(struct event){ .kind = EVENT_PACKAGE_DONE, .result = &attack.packages[0] });
	check_harmless(news(&f), false);
	finish(&f);
}

static void unknown_steps_are_ignored(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80 });
	observe_progress(&f.o, 4711, 1, 2, "x");
	observe_step_end(&f.o, 4711);
	observe(&f.o, &(struct event){ .kind = (enum event_kind)99 });
	observe(&f.o, &(struct event){ .kind = EVENT_PACKAGE_DONE });
	observe(&f.o, &(struct event){ .kind = EVENT_SETUP });
	finish(&f);
	progress_free(NULL);
}

static void *send_events(void *arg)
{
	const struct observer *o = arg;
	for (int i = 0; i < 200; i++) {
		int slot = observe_step(o, "numpy", "ft serial");
		observe_progress(o, slot, i, 200, "x");
		observe_note(o, "note %d", i);
		observe_step_end(o, slot);
	}
	return NULL;
}

/* A command can be pasted, is harmless on a terminal, and tells no password. */
static void commands_are_notes(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = -1, .verbosity = 1 });
	char *words[] = { (char *)"/opt/my tools/uv", (char *)"--index", (char *)"https://joe:secret@index.example/simple", (char *)"a;b", (char *)"\x1b[1m" };
	struct strv argv = { .v = words, .n = ARRAY_LEN(words), .cap = ARRAY_LEN(words) };
	observe_command(&f.o, &argv);
	observe_command(NULL, &argv);
	assert_string_equal(news(&f), "12:04:32 note    $ '/opt/my tools/uv' --index 'https://***@index.example/simple' 'a;b' '\\x1b[1m'\n");
	finish(&f);
}

/* The ticker and four senders at once: for the sanitizers. */
static void threads_share_it(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = 1, .width = 80, .verbosity = 1 });
	progress_free(f.p);
	f.p = progress_new(f.out, &(struct progress_options){ .terminal = 1, .width = 80, .verbosity = 1, .ticker = true });
	f.o = progress_observer(f.p);
	pthread_t threads[4];
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_events, &f.o), 0);
	progress_request_status(f.p);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	size_t notes = 0;
	progress_clear(f.p);
	for (const char *p = news(&f); (p = strstr(p, "note ")) != NULL; p++)
		notes++;
	assert_int_equal(notes, 4 * 200);
	finish(&f);
}

static void events_are_json_lines(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, (struct progress_options){ .terminal = -1 });
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct events_writer *w = events_new(out, &f.o);
	struct observer o = events_observer(w);
	int slot = observe_step(&o, "numpy", "ft serial");
	observe_progress(&o, slot, 3, 0, "line\nbreak \x1b[31m");
	observe(&o, &(struct event){ .kind = EVENT_PACKAGE_DONE, .result = &f.survey.packages[0] });
	AUTO_ERROR warning = { 0 }, err = { 0 };
	error_set(&warning, ERR_NETWORK, "cannot reach https://me:secret@index.example/");
	observe(&o, &(struct event){ .kind = EVENT_WARNING, .error = &warning });
	assert_int_equal(events_free(w, &err), 0);
	fclose(out);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	assert_int_equal(lines.n, 5); /* four events and the empty rest */
	static const char *const kinds[] = { "step-start", "step-progress", "package-done", "warning" };
	for (size_t i = 0; i < 4; i++) {
		AUTO_JSON *j = NULL;
		assert_int_equal(json_parse(lines.v[i], strlen(lines.v[i]), "event", &j, NULL), 0);
		assert_int_equal(json_int(j, "n", 0), (int64_t)i + 1);
		assert_string_equal(json_str(j, "event"), kinds[i]);
	}
	assert_null(strstr(text, "secret"));
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(news(&f), "warning[network]")); /* handed on */
	free(text);
	finish(&f);
}

static void a_full_disk_is_reported(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	struct events_writer *w = events_new(full, NULL);
	struct observer o = events_observer(w);
	observe_note(&o, "x");
	AUTO_ERROR err = { 0 };
	assert_int_equal(events_free(w, &err), -1);
	assert_int_equal(err.code, ERR_DISK_FULL);
	fclose(full);
	assert_int_equal(events_free(NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines_are_appended),
		cmocka_unit_test(terminal_lines_are_redrawn),
		cmocka_unit_test(a_plan_says_how_long_it_takes),
		cmocka_unit_test(running_lines_are_bounded),
		cmocka_unit_test(a_number_that_stands_still_is_said),
		cmocka_unit_test(setup_lines_replace_their_own_form),
		cmocka_unit_test(environment_asks_for_plain_lines),
		cmocka_unit_test(verbosity_decides),
		cmocka_unit_test(equal_warnings_are_counted),
		cmocka_unit_test(actions_get_a_group_for_findings_only),
		cmocka_unit_test(unknown_steps_are_ignored),
		cmocka_unit_test(commands_are_notes),
		cmocka_unit_test(threads_share_it),
		cmocka_unit_test(events_are_json_lines),
		cmocka_unit_test(a_full_disk_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
