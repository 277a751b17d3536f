/* test_options.c: the command line: what is read, what is refused and in which words, and that help tells all of it. */
#include "cli/cli.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parse the words of a line, parted by one blank each. */
static int parse(const char *line, unsigned mask, struct strv *words, struct options *o, struct error *err)
{
	strv_clear(words);
	strv_add(words, "migrate-check");
	if (*line)
		strv_split(words, line, ' ');
	optind = 0; /* glibc: forget a cluster of letters that an earlier parse left in the middle */
	getopt(1, words->v, "+");
	return options_parse((int)words->n, words->v, mask, o, err);
}

static void good(const char *line, unsigned mask, struct strv *words, struct options *o)
{
	AUTO_ERROR err = { 0 };
	if (parse(line, mask, words, o, &err) < 0)
		fail_msg("%s: %s", line, err.what);
}

static void expect_list(const struct strv *l, const char *joined)
{
	AUTO_FREE char *text = strv_join(l, "|");
	assert_string_equal(text, joined);
}

static void options_and_targets_mix_in_any_order(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("numpy --effort deep -r a.txt pandas -rb.txt -c c.txt --build=wheel --fresh attrs==25.1 -- -odd --fresh", FOR_RUN, &w, &o);
	expect_list(&o.operands, "numpy|pandas|attrs==25.1|-odd|--fresh");
	expect_list(&o.requirement_files, "a.txt|b.txt");
	expect_list(&o.constraint_files, "c.txt");
	assert_true(o.effort == EFFORT_DEEP && o.build == BUILD_WHEEL && o.set[OPT_FRESH] && !o.set[OPT_OFFLINE]);
}

static void a_programs_own_words_are_left_alone(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("--with a --runs 7 --with ./b python app.py --runs 2 -q -- x", FOR_WORKLOAD, &w, &o);
	expect_list(&o.operands, "python|app.py|--runs|2|-q|--|x");
	expect_list(&o.with, "a|./b");
	assert_true(o.runs == 7 && o.verbosity == 0);
	AUTO_OPTIONS behind = { 0 };
	good("--timeout 90s -- -odd --network", FOR_WORKLOAD, &w, &behind);
	expect_list(&behind.operands, "-odd|--network");
	assert_true(behind.timeout_seconds == 90 && !behind.set[OPT_NETWORK]);
}

static void the_last_value_counts(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("--seed a --seed b --color never --color always", FOR_RUN, &w, &o);
	assert_string_equal(o.value[OPT_SEED], "b");
	assert_int_equal(o.color, COLOR_ALWAYS);
}

static void letters_may_be_joined(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("-qqv -h -V", FOR_RUN, &w, &o);
	assert_true(o.verbosity == -1 && o.help && o.version);
}

static void values_that_are_dashes_are_values(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("--json - -r -- a", FOR_RUN, &w, &o);
	assert_string_equal(o.value[OPT_JSON], "-");
	expect_list(&o.requirement_files, "--");
	expect_list(&o.operands, "a");
}

static void words_and_numbers_are_read(void **state)
{
	(void)state;
	AUTO_STRV w = { 0 };
	AUTO_OPTIONS o = { 0 };
	good("--budget 5m --progress plain --format tsv --build auto", FOR_RUN, &w, &o);
	assert_true(o.budget_seconds == 300 && o.progress == PROGRESS_PLAIN && o.build == BUILD_AUTO);
	assert_string_equal(o.value[OPT_FORMAT], "tsv");
	AUTO_OPTIONS t = { 0 };
	good("--stress replay,mixed --stress-seconds 2m --threads 8", FOR_RUN, &w, &t);
	assert_true(t.stress_seconds == 120 && t.threads == 8);
	assert_string_equal(t.value[OPT_STRESS], "replay,mixed");
	AUTO_OPTIONS r = { 0 };
	good("--runs 1000 --test t.py::a", FOR_REPRODUCE, &w, &r);
	assert_int_equal(r.runs, 1000);
	assert_string_equal(r.value[OPT_TEST], "t.py::a");
}

static const struct {
	const char *line;
	unsigned mask;
	const char *what, *hint;
} mistakes[] = {
	{ "--effrot deep", FOR_RUN, "unknown option `--effrot`", "did you mean `--effort`?" },
	{ "--ofline=1", FOR_RUN, "unknown option `--ofline=1`", "did you mean `--offline`?" },
	{ "--xyzzyxyzzy", FOR_RUN, "unknown option `--xyzzyxyzzy`", "`migrate-check --help` lists the options" },
	{ "-x", FOR_RUN, "unknown option `-x`", "`migrate-check --help` lists the options" },
	{ "-qx", FOR_RUN, "unknown option `-qx`", "`migrate-check --help` lists the options" },
	{ "--\x1b[31m", FOR_RUN, "unknown option `--\\x1b[31m`", "`migrate-check --help` lists the options" },
	/* an option of another command is not known here, and not proposed */
	{ "--fresh", FOR_REPORT, "unknown option `--fresh`", "`migrate-check --help` lists the options" },
	{ "--runs 3", FOR_RUN, "unknown option `--runs`", NULL },
	{ "--pro plain", FOR_RUN, "unknown option `--pro`", NULL }, /* progress or profiles */
	{ "--fresh=yes", FOR_RUN, "`--fresh` takes no value", NULL },
	{ "-r", FOR_RUN, "`-r` needs a value", NULL },
	{ "a --json", FOR_RUN, "`--json` needs a value", NULL },
	{ "--seed=", FOR_RUN, "`--seed ''`: expected a value", "`migrate-check --help` lists the options" },
	{ "--effort fast", FOR_RUN, "`--effort fast`: expected quick, standard or deep", NULL },
	{ "--build sdist", FOR_RUN, "`--build sdist`: expected auto, wheel or source", NULL },
	{ "--color red", FOR_RUN, "`--color red`: expected auto, always or never", NULL },
	{ "--progress loud", FOR_RUN, "`--progress loud`: expected auto, plain or none", NULL },
	{ "--format pdf", FOR_RUN, "`--format pdf`: expected matrix, tsv or json", NULL },
	{ "--budget 5s", FOR_RUN, "`--budget 5s`: expected a time of at least 10s, such as 90s, 5m or 1h", NULL },
	{ "--budget soon", FOR_RUN, "`--budget soon`: expected a time of at least 10s, such as 90s, 5m or 1h", NULL },
	{ "--stress all", FOR_RUN, "`--stress all`: expected auto, none, or modes (each once) of replay, first-use, mixed, same-test, perturb, tsan", NULL },
	{ "--stress replay,none", FOR_RUN, "`--stress replay,none`: expected auto, none, or modes (each once) of replay, first-use, mixed, same-test, perturb, tsan", NULL },
	{ "--stress-seconds 3", FOR_RUN, "`--stress-seconds 3`: expected a time from 4s to 24h, such as 60s or 5m", NULL },
	{ "--stress-seconds 25h", FOR_RUN, "`--stress-seconds 25h`: expected a time from 4s to 24h, such as 60s or 5m", NULL },
	{ "--threads 1", FOR_RUN, "`--threads 1`: expected a number from 2 to 256", NULL },
	{ "--threads 8x", FOR_RUN, "`--threads 8x`: expected a number from 2 to 256", NULL },
	{ "--runs 0", FOR_REPRODUCE, "`--runs 0`: expected a number from 1 to 1000", NULL },
	{ "--runs 1001", FOR_REPRODUCE, "`--runs 1001`: expected a number from 1 to 1000", NULL },
	{ "--runs 3x", FOR_REPRODUCE, "`--runs 3x`: expected a number from 1 to 1000", NULL },
	{ "--runs 99999999999999999999", FOR_REPRODUCE, "`--runs 99999999999999999999`: expected a number from 1 to 1000", NULL },
};

static void mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		AUTO_STRV w = { 0 };
		AUTO_OPTIONS o = { 0 };
		AUTO_ERROR err = { 0 };
		if (parse(mistakes[i].line, mistakes[i].mask, &w, &o, &err) == 0)
			fail_msg("`%s` is taken", mistakes[i].line);
		assert_int_equal(err.code, ERR_USAGE);
		assert_int_equal(error_exit_code(err.code), 2);
		assert_string_equal(err.what, mistakes[i].what);
		if (mistakes[i].hint && !str_eq(err.hint, mistakes[i].hint))
			fail_msg("`%s`: hint `%s`", mistakes[i].line, err.hint);
	}
}

/* ---- help ---- */

static char *help_of(const struct command *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_non_null(out);
	help_print(out, c);
	fclose(out);
	return text;
}

static const struct {
	char letter;
	const char *name, *arg;
	unsigned mask;
	const char *help;
} rows[] = {
#define X(id, letter, name, arg, commands, help) { letter, name, arg, commands, help },
#include "cli/options.def"
#undef X
};

static void each_command_lists_its_options_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; command_at(i); i++) {
		const struct command *c = command_at(i);
		AUTO_FREE char *text = help_of(c);
		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			AUTO_FREE char *named = xasprintf("--%s%s%s ", rows[k].name, rows[k].arg ? " " : "", rows[k].arg ? rows[k].arg : "");
			if (!strstr(text, named) != !(rows[k].mask & c->mask))
				fail_msg("help of %s and --%s", c->name, rows[k].name);
			if (rows[k].mask & c->mask)
				assert_non_null(strstr(text, rows[k].help));
		}
	}
}

static void the_programs_help_names_each_command(void **state)
{
	(void)state;
	AUTO_FREE char *text = help_of(NULL);
	for (size_t i = 0; command_at(i); i++) {
		const struct command *c = command_at(i);
		AUTO_FREE char *named = xasprintf("\n  %s ", c->name);
		if (!strstr(text, named) != c->hidden)
			fail_msg("%s", c->name);
	}
}

static void commands_are_found_and_apart(void **state)
{
	(void)state;
	unsigned seen = 0;
	for (size_t i = 0; command_at(i); i++) {
		const struct command *c = command_at(i);
		assert_ptr_equal(command_find(c->name), c);
		assert_true(c->mask && !(c->mask & seen));
		seen |= c->mask;
	}
	assert_int_equal(seen, FOR_ALL);
	assert_null(command_find("numpy"));
	assert_null(command_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_targets_mix_in_any_order),
		cmocka_unit_test(a_programs_own_words_are_left_alone), cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(letters_may_be_joined),
		cmocka_unit_test(values_that_are_dashes_are_values),
		cmocka_unit_test(words_and_numbers_are_read),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(each_command_lists_its_options_and_no_others),
		cmocka_unit_test(the_programs_help_names_each_command),
		cmocka_unit_test(commands_are_found_and_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
