/* test_style.c: colour and width decisions, foreign text, commands, wrapping, errors and explanations. */
#include "base/text.h"
#include "report/errors.h"
#include "model/bench.h"
#include "report/explain.h"
#include "report/facts.h"
#include "report/style.h"
#include "report/summary.h"
#include "report_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void environment(const char *no_color, const char *force, const char *term)
{
	no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
	force ? setenv("FORCE_COLOR", force, 1) : unsetenv("FORCE_COLOR");
	term ? setenv("TERM", term, 1) : unsetenv("TERM");
	unsetenv("CLICOLOR_FORCE");
}

static void colour_follows_the_order_of_switches(void **state)
{
	(void)state;
	FILE *file = tmpfile(); /* not a terminal */
	const struct {
		enum color_choice choice;
		const char *no_color, *force;
		bool color;
	} rows[] = {
		{ COLOR_ALWAYS, "1", NULL, true }, { COLOR_NEVER, NULL, "1", false }, { COLOR_AUTO, "1", "1", false },
		{ COLOR_AUTO, "", "1", true },     { COLOR_AUTO, NULL, "1", true },   { COLOR_AUTO, NULL, "0", false },
		{ COLOR_AUTO, NULL, "", false },   { COLOR_AUTO, NULL, NULL, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		environment(rows[i].no_color, rows[i].force, "xterm");
		assert_int_equal(style_color(rows[i].choice, file), rows[i].color);
	}
	environment(NULL, NULL, "xterm");
	setenv("CLICOLOR_FORCE", "1", 1);
	assert_true(style_color(COLOR_AUTO, file));
	environment(NULL, NULL, NULL);
	assert_int_equal(style_width(file), 0); /* no terminal: no limit */
	fclose(file);
	assert_int_equal(color_choice_parse("never"), COLOR_NEVER);
	assert_int_equal(color_choice_parse("sometimes"), COLOR_COUNT);
	assert_int_equal(color_choice_parse(NULL), COLOR_COUNT);
}

static void foreign_lines_are_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "plain", "plain" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "a\rb\bc", "a\\x0db\\x08c" },
		{ "two\nlines\tand", "two lines and" },
		{ "::error::x", "\\x3a:error::x" },
		{ "   ::error::x", "   \\x3a:error::x" },
		{ "\n::error::x", " \\x3a:error::x" },
		{ "tests/a.py::test_b", "tests/a.py::test_b" },
		{ "x ##[group]##[y", "x #\\x23[group]#\\x23[y" },
		{ "https://me:pw@h.example/x", "https://***@h.example/x" },
		{ "(https://a.example,ssh://u:p@b.example)", "(https://a.example,ssh://***@b.example)" },
		{ "https://h.example/a@b", "https://h.example/a@b" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "\xe2\x80\xae", "<U+202E>" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *line = style_line(rows[i].in);
		assert_string_equal(line, rows[i].out);
	}
	AUTO_FREE char *none = style_line(NULL);
	assert_string_equal(none, "");
}

static void reasons_are_one_line_of_at_most_160(void **state)
{
	(void)state;
	char longer[400];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	AUTO_FREE char *cut = style_reason(longer);
	assert_true(text_width(cut) <= 160);
	assert_true(str_ends(cut, "..."));
	AUTO_FREE char *first = style_reason("\n  first\nsecond");
	assert_string_equal(first, "first");
}

static void wrapping_keeps_words_and_commands(void **state)
{
	(void)state;
	AUTO_BUF b = { 0 };
	style_wrap(&b, "run `migrate-check show something` or wait", 0, 2, 12);
	assert_string_equal(b.data, "run\n  `migrate-check show something`\n  or wait");
	buf_clear(&b);
	style_wrap(&b, "an-endless-word-that-does-not-fit", 4, 2, 10);
	assert_string_equal(b.data, "an-endless-word-that-does-not-fit");
	buf_clear(&b);
	style_wrap(&b, "nothing   is changed without a width", 0, 2, 0);
	assert_string_equal(b.data, "nothing   is changed without a width");
	buf_clear(&b);
	style_wrap(&b, "one ` alone does not hold", 0, 0, 10);
	assert_string_equal(b.data, "one `\nalone does\nnot hold");
}

static void blocks_keep_the_last_lines(void **state)
{
	(void)state;
	AUTO_BUF b = { 0 };
	size_t shown;
	assert_int_equal(style_block(&b, "1\n2\n::3\n\n", "| ", BLOCK_LAST, 2, &shown), 3);
	assert_int_equal(shown, 2);
	assert_string_equal(b.data, "| 2\n| \\x3a:3\n");
}

static void stacks_keep_the_first_lines(void **state)
{
	(void)state;
	AUTO_BUF b = { 0 };
	size_t shown;
	assert_int_equal(style_block(&b, "1\n2\n3\n", "| ", BLOCK_FIRST, 2, &shown), 3);
	assert_int_equal(shown, 2);
	assert_string_equal(b.data, "| 1\n| 2\n");
	assert_string_equal(style_interrupted("#0 pause\n#1  <signal handler called>\n#2 raise\n#3  <signal handler called>\n#4 f\n"), "#4 f\n");
	assert_string_equal(style_interrupted("#0 sleep\n"), "#0 sleep\n");
	assert_null(style_interrupted(NULL));
}

static void commands_are_quoted(void **state)
{
	(void)state;
	AUTO_FREE char *plain = style_command_word("numpy==2.0");
	AUTO_FREE char *odd = style_command_word("a'b; rm");
	AUTO_FREE char *none = style_command_word("");
	AUTO_FREE char *exact = text_shell_word("a\x1b[1m"); /* for a command that is run, not shown */
	assert_string_equal(exact, "'a\x1b[1m'");
	assert_string_equal(plain, "numpy==2.0");
	assert_string_equal(odd, "'a'\\''b; rm'");
	assert_string_equal(none, "''");
}

/* A store that is not the default's is named in every command that reads it, as one word. */
static void commands_name_the_store_and_survey_they_are_about(void **state)
{
	(void)state;
	struct report_options opt = { .store = "/data/my store", .survey = "abc123" };
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "mixed");
	AUTO_FREE char *next = summary_next(&s, &opt);
	assert_string_equal(next, "migrate-check show cffi --store '/data/my store' --survey abc123");
	AUTO_BUF text = { 0 };
	summary_rest(&text, &s, &opt);
	assert_non_null(strstr(buf_str(&text), "report: migrate-check report --html plan.html --store '/data/my store' --survey abc123\n"));
	struct finding f = { .id = (char *)"m1", .script_note = (char *)"3 of 3", .script = (char *)"x", .reproduce = (char *)"migrate-check reproduce m:m1 --store /s" };
	AUTO_FREE char *script = fact_script(&f, "m");
	assert_string_equal(script, "migrate-check reproduce m:m1 --store /s --script > repro.py   (3 of 3)");
}

static void errors_look_as_expected(void **state)
{
	(void)state;
	AUTO_ERROR e = { 0 };
	struct report_options pipe_options = { 0 }, narrow = { .width = 40, .terminal = true };
	error_set(&e, ERR_NOT_FOUND, "no project named `pyyamll` on the index in use");
	error_where(&e, "requirements.txt:4    index: https://me:secret@index.example/simple (from PIP_INDEX_URL)");
	error_why(&e, "the index answered 404\nfor https://me:secret@index.example/simple/pyyamll/");
	error_hint(&e, "check the name, or run `migrate-check python install 3.13 --long-option`");
	AUTO_BUF b = { 0 };
	error_text(&b, &e, SEVERITY_ERROR, 1, &pipe_options);
	error_why(&e, "looked in: own store, PATH");
	error_text(&b, &e, SEVERITY_WARNING, 1, &narrow);
	error_why(&e, "unprivileged user namespaces are off");
	error_text(&b, &e, SEVERITY_ERROR, 3, &narrow);
	check_golden("errors.txt", b.data);
	check_harmless(b.data, false);
}

static void equal_errors_appear_once(void **state)
{
	(void)state;
	struct error list[4] = { 0 };
	for (size_t i = 0; i < 4; i++)
		error_set(&list[i], ERR_NETWORK, "%s", i == 2 ? "another" : "cannot reach the index");
	struct report_options opt = { 0 };
	AUTO_FREE char *text = CAPTURE(out, errors_print(out, list, 4, SEVERITY_ERROR, &opt));
	assert_string_equal(text, "error[network]: cannot reach the index (3 times)\nerror[network]: another\n");
	for (size_t i = 0; i < 4; i++)
		error_release(&list[i]);
}

static bool is_explained(const char *group, const char *word)
{
	struct explanation e;
	for (size_t i = 0; explanation_get(i, &e); i++)
		if (strcmp(e.group, group) == 0 && strcmp(e.word, word) == 0)
			return true;
	return false;
}

#define CHECK_EXPLAINED(group, type, name, count)                              \
	for (int i = 0; i < (int)(count); i++)                                     \
		if (!is_explained(group, name##_word((enum type)i)))                   \
	fail_msg("no explanation of the %s %s", group, name##_word((enum type)i))

static void every_word_is_explained(void **state)
{
	(void)state;
	CHECK_EXPLAINED("readiness", readiness, readiness, READY_COUNT);
	CHECK_EXPLAINED("outcome", outcome, outcome, OUT_COUNT);
	CHECK_EXPLAINED("arm", arm, arm, ARM_COUNT);
	CHECK_EXPLAINED("effort", effort, effort, EFFORT_COUNT);
	CHECK_EXPLAINED("ratio", perf_verdict, perf_verdict, PERF_COUNT);
	CHECK_EXPLAINED("finding", finding_kind, finding_kind, FIND_COUNT);
	CHECK_EXPLAINED("fault", fault, fault, FAULT_COUNT);
	CHECK_EXPLAINED("bench", bench_verdict, bench_verdict, BENCH_VERDICT_COUNT);
	for (enum error_code c = ERR_NONE + 1; c < ERR_COUNT; c++)
		assert_true(is_explained("error", error_slug(c)));
	struct explanation e;
	for (size_t i = 0; explanation_get(i, &e); i++) {
		check_words(e.text);
		assert_true(str_ends(e.text, ".") || strcmp(e.group, "readiness") == 0);
	}
}

static void explain_answers(void **state)
{
	(void)state;
	struct report_options opt = { 0 };
	AUTO_FREE char *crash = CAPTURE(out, assert_int_equal(report_explain(out, "Crash", &opt, NULL), 0));
	assert_non_null(strstr(crash, "crash   (outcome, no-go)\n    The free-threaded"));
	assert_non_null(strstr(crash, "crash   (finding)\n"));
	AUTO_FREE char *slug = CAPTURE(out, assert_int_equal(report_explain(out, "no-pair", &opt, NULL), 0));
	assert_non_null(strstr(slug, "no-pair   (error, exit code 2)\n"));
	AUTO_FREE char *list = CAPTURE(out, assert_int_equal(report_explain(out, NULL, &opt, NULL), 0));
	assert_non_null(strstr(list, "readiness  no-go, limits, unknown, go\n"));
	AUTO_ERROR near = { 0 }, far = { 0 };
	AUTO_FREE char *nothing = CAPTURE(out, assert_int_equal(report_explain(out, "no-pear", &opt, &near), -1));
	assert_string_equal(nothing, "");
	assert_string_equal(near.hint, "did you mean `no-pair`?");
	assert_int_equal(report_explain(stdout, "xylophone", &opt, &far), -1);
	assert_string_equal(far.hint, "`migrate-check explain` lists all words");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colour_follows_the_order_of_switches),
		cmocka_unit_test(foreign_lines_are_harmless),
		cmocka_unit_test(reasons_are_one_line_of_at_most_160),
		cmocka_unit_test(wrapping_keeps_words_and_commands),
		cmocka_unit_test(blocks_keep_the_last_lines),
		cmocka_unit_test(stacks_keep_the_first_lines),
		cmocka_unit_test(commands_are_quoted),
		cmocka_unit_test(commands_name_the_store_and_survey_they_are_about),
		cmocka_unit_test(errors_look_as_expected),
		cmocka_unit_test(equal_errors_appear_once),
		cmocka_unit_test(every_word_is_explained),
		cmocka_unit_test(explain_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
