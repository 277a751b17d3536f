/* test_program.c: which program a command line runs, and what is refused. */
#include "inputs/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/program-XXXXXX";

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_files(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	put("app.py", "print()\n");
	put("tool", "#!/usr/bin/env python3\nprint()\n");
	put("other", "#!/bin/sh\n# starts python\n");
	put("far", "#!/bin/sh\n'''exec' '/a/very/long/way/bin/python3.13' \"$0\" \"$@\"\n' '''\nprint()\n");
	mkdir("empty", 0700);
	mkdir("whole", 0700);
	put("whole/__main__.py", "print()\n");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	static const char *const files[] = { "app.py", "tool", "other", "far", "whole/__main__.py" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(files[i]);
	rmdir("empty");
	rmdir("whole");
	return chdir("/") < 0 ? -1 : rmdir(folder);
}

/* kind target | options | args, or the slug and the words of a refusal */
static const struct {
	const char *line, *read;
} rows[] = {
	{ "python app.py -x --fresh", "script app.py || -x --fresh" },
	{ "python3.13t app.py", "script app.py ||" },
	{ "/usr/bin/python3 app.py", "script app.py ||" },
	{ "python -u -X dev -Wd app.py -u", "script app.py | -u -X dev -Wd | -u" },
	{ "python -Xdev -W error -m pkg.mod -m x", "module pkg.mod | -Xdev -W error | -m x" },
	{ "python -mpkg a", "module pkg || a" },
	{ "python -c pass a", "code pass || a" },
	{ "python whole", "script whole ||" },
	{ "./app.py a", "script ./app.py || a" },
	{ "app.py", "script app.py ||" },
	{ "./tool", "script ./tool ||" },
	{ "./far", "script ./far ||" },
	{ "black --check .", "console black || --check ." },
	{ "pythonic", "console pythonic ||" },
	{ "python", "usage: `python` alone runs no program" },
	{ "python -m", "usage: `-m` of the interpreter cannot be used here" },
	{ "python -u", "usage: `python` alone runs no program" },
	{ "python - a", "usage: a program from standard input (`-`) cannot be run several times" },
	{ "python -i app.py", "usage: `-i` of the interpreter cannot be used here" },
	{ "python --version", "usage: `--version` of the interpreter cannot be used here" },
	{ "python gone.py", "bad-target: no such program: 'gone.py'" },
	{ "python empty", "bad-target: the folder 'empty' holds no __main__.py" },
	{ "./other", "bad-target: './other' is no Python program" },
	{ "./gone", "bad-target: no such program: './gone'" },
	{ "", "usage: no program was named" },
};

static char *text_of(const char *line)
{
	AUTO_STRV words = { 0 };
	AUTO_PROGRAM p = { 0 };
	AUTO_ERROR err = { 0 };
	if (*line)
		strv_split(&words, line, ' ');
	if (program_parse(&words, &p, &err) < 0)
		return xasprintf("%s: %s", error_slug(err.code), err.what);
	AUTO_FREE char *options = strv_join(&p.options, " ");
	AUTO_FREE char *args = strv_join(&p.args, " ");
	return xasprintf("%s %s |%s%s%s|%s%s", program_kind_word(p.kind), p.target, *options ? " " : "", options, *options ? " " : "", *args ? " " : "", args);
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *text = text_of(rows[i].line);
		if (strcmp(text, rows[i].read) != 0)
			fail_msg("%s: %s, expected %s", rows[i].line, text, rows[i].read);
	}
}

static void the_line_is_quoted_for_a_shell(void **state)
{
	(void)state;
	AUTO_STRV words = { 0 };
	strv_add(&words, "python");
	strv_add(&words, "-c");
	strv_add(&words, "print(1)");
	AUTO_FREE char *line = program_line(&words);
	assert_string_equal(line, "python -c 'print(1)'");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table), cmocka_unit_test(the_line_is_quoted_for_a_shell) };
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
