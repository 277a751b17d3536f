/* test_interp_describe.c: what an interpreter says of itself, programs that are none, and parity. */
#include "interp_help.h"
#include "base/fs.h"
#include "interp/describe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void test_reply_is_read(void **state)
{
	(void)state;
	CLEANUP(reply_release) struct reply r = { 0 };
	const char *text = fake_answer(&(struct fake){ .ft = true, .version = "3.14.0rc2",
		.config_args = "'--prefix=/a b' '--disable-gil' '--enable-optimizations' '--with-lto=full'" });
	assert_int_equal(reply_read(text, strlen(text), &r, NULL), 0);
	assert_string_equal(r.i.version, "3.14.0rc2");
	assert_string_equal(r.i.tag, "cp314t");
	assert_string_equal(r.i.optimisation, "PGO+LTO");
	assert_string_equal(r.i.libc, "glibc 2.36");
	assert_true(r.i.gil_disabled && r.i.has_headers && r.i.has_pip && !r.i.debug);
	assert_int_equal(strlen(r.i.id), 16);
	assert_null(r.base);
}

static void test_bad_replies_are_refused(void **state)
{
	(void)state;
	const char *texts[] = {
		"", "3", "[]", "{}", "{\"implementation\": 3}", "{\"implementation\": \"cpython\", \"version\": \"3.13.5\"}",
		fake_answer(&(struct fake){ .implementation = "pypy" }), fake_answer(&(struct fake){ .version = "3.13" }),
		fake_answer(&(struct fake){ .version = "9999999.1.1" }), fake_answer(&(struct fake){ .version = "3.13.5 x" }),
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO_ERROR err = { 0 };
		struct reply r;
		assert_int_equal(reply_read(texts[i], strlen(texts[i]), &r, &err), -1);
		assert_int_equal(err.code, ERR_BAD_INTERPRETER);
	}
}

static void test_config_args_are_split(void **state)
{
	(void)state;
	AUTO_STRV out = { 0 };
	config_args_split("'--prefix=/a b'  '' plain\\ word 'it'\\''s' ", &out);
	assert_int_equal(out.n, 4);
	assert_string_equal(out.v[0], "--prefix=/a b");
	assert_string_equal(out.v[1], "");
	assert_string_equal(out.v[2], "plain word");
	assert_string_equal(out.v[3], "it's");
}

static void expect_bad(const char *path, const char *words)
{
	AUTO_ERROR err = { 0 };
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	assert_int_equal(describe_within(path, 0.3, &i, &err), -1);
	assert_int_equal(err.code, ERR_BAD_INTERPRETER);
	assert_non_null(err.hint);
	if (!strstr(err.what, words) && !(err.why && strstr(err.why, words)))
		fail_msg("`%s` is not in: %s / %s", words, err.what, err.why);
}

static void test_programs_that_are_no_interpreter(void **state)
{
	(void)state;
	put(at("text"), "hello");
	put_program(at("silent"), "#!/bin/sh\nexit 0\n");
	put_program(at("talks"), "#!/bin/sh\necho hello there\n");
	put_program(at("exits"), "#!/bin/sh\necho 'no such option' >&2; exit 3\n");
	put_program(at("dies"), "#!/bin/sh\nkill -SEGV $$\n");
	put_program(at("hangs"), "#!/bin/sh\nexec sleep 60\n");
	put_program(at("bad-interpreter"), "#!/nowhere/sh\n");
	put_program(at("half"), "#!/bin/sh\nprintf '\\nmigrate-check-interpreter:{\"impl'\n");
	expect_bad(at("absent"), "No such file");
	expect_bad(at("home"), "");
	expect_bad(at("text"), "no executable file");
	expect_bad(at("silent"), "prints nothing");
	expect_bad(at("talks"), "hello there");
	expect_bad(at("exits"), "code 3");
	expect_bad(at("exits"), "no such option");
	expect_bad(at("dies"), "signal 11");
	expect_bad(at("hangs"), "no answer within 0.3 s");
	expect_bad(at("bad-interpreter"), "");
	expect_bad(at("half"), "no JSON");
	expect_bad("not-in-path", "PATH");
}

static void test_answer_is_remembered_until_the_file_changes(void **state)
{
	(void)state;
	CLEANUP(interpreter_release) struct interpreter a = { 0 };
	CLEANUP(interpreter_release) struct interpreter b = { 0 };
	put_interpreter(at("python3.13"), &(struct fake){ 0 });
	assert_int_equal(interp_describe(at("python3.13"), &a, NULL), 0);
	assert_int_equal(interp_describe(at("python3.13"), &b, NULL), 0);
	assert_string_equal(get(at("runs")), "run\n");
	assert_string_equal(a.id, b.id);
	assert_string_equal(a.executable, at("python3.13"));
	put_interpreter(at("python3.13"), &(struct fake){ .version = "3.13.11" });
	assert_int_equal(interp_describe(at("python3.13"), &b, NULL), 0);
	assert_string_equal(b.version, "3.13.11");
	assert_string_not_equal(a.id, b.id);
}

static void test_damaged_memory_is_asked_again(void **state)
{
	(void)state;
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	AUTO_STRV names = { 0 };
	put_interpreter(at("python3.13"), &(struct fake){ 0 });
	assert_int_equal(interp_describe(at("python3.13"), &i, NULL), 0);
	assert_int_equal(walk_files(at("cache"), 10, &names, NULL), 0);
	assert_int_equal(names.n, 1);
	put(at("cache/%s", names.v[0]), "{\"implementation\"");
	assert_int_equal(interp_describe(at("python3.13"), &i, NULL), 0);
	assert_string_equal(get(at("runs")), "run\nrun\n");
}

static void test_noise_before_the_answer_does_no_harm(void **state)
{
	(void)state;
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	put_program(at("noisy"), "#!/bin/sh\ncat <<'EOF'\nwarning: a site module\nno newline at its end\nmigrate-check-interpreter:%s\nEOF\n",
	            fake_answer(&(struct fake){ 0 }));
	assert_int_equal(interp_describe(at("noisy"), &i, NULL), 0);
}

static void test_virtual_environment_is_its_base(void **state)
{
	(void)state;
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	put_interpreter(at("base/python3.13"), &(struct fake){ 0 });
	put_interpreter(at("venv/python"), &(struct fake){ .base = at("base/python3.13") });
	assert_int_equal(interp_describe(at("venv/python"), &i, NULL), 0);
	assert_string_equal(i.executable, at("base/python3.13"));
}

static void test_python3_of_this_machine(void **state)
{
	(void)state;
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(interp_describe("/usr/bin/python3", &i, &err), 0);
	assert_true(str_starts(i.version, "3.") && str_starts(i.tag, "cp3"));
}

/* The phrase of one difference; NULL when there is none. */
static void expect_parity(const struct fake *gil, const struct fake *ft, const char *phrase)
{
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	CLEANUP(reply_release) struct reply a = { 0 };
	CLEANUP(reply_release) struct reply b = { 0 };
	const char *text = fake_answer(gil), *other = fake_answer(ft);
	assert_int_equal(reply_read(text, strlen(text), &a, NULL), 0);
	assert_int_equal(reply_read(other, strlen(other), &b, NULL), 0);
	interpreter_copy(&p.gil, &a.i);
	interpreter_copy(&p.ft, &b.i);
	strv_add(&p.parity, "from before");
	interp_parity(&p);
	assert_int_equal(p.parity.n, phrase ? 1 : 0);
	if (phrase)
		assert_string_equal(p.parity.v[0], phrase);
}

static void test_parity_names_each_difference(void **state)
{
	(void)state;
	const struct fake gil = { 0 };
	expect_parity(&gil, &(struct fake){ .ft = true }, NULL);
	expect_parity(&gil, &(struct fake){ .ft = true, .version = "3.13.4" }, "version: gil 3.13.5, free-threaded 3.13.4");
	expect_parity(&gil, &(struct fake){ .ft = true, .compiler = "Clang 14" }, "compiler: gil GCC 12.2.0, free-threaded Clang 14");
	expect_parity(&gil, &(struct fake){ .ft = true, .cflags = "-O3 -Wall" }, "flags: only gil -O2, only free-threaded -O3");
	expect_parity(&gil, &(struct fake){ .ft = true, .cflags = "-O2 -Wall -g" }, "flags: only free-threaded -g");
	expect_parity(&gil, &(struct fake){ .ft = true, .debug = true }, "debug: gil no, free-threaded yes");
	expect_parity(&gil, &(struct fake){ .ft = true, .config_args = "'--disable-gil' '--with-pydebug'" },
	              "configure arguments: only free-threaded --with-pydebug");
	expect_parity(&(struct fake){ .cflags = "-I/opt/gil/include:/opt/gil/x" },
	              &(struct fake){ .ft = true, .cflags = "-I/opt/ft/include:/opt/ft/x" }, NULL);
}

static void test_parity_names_optimisation(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	str_set(&p.gil.optimisation, "PGO+LTO");
	str_set(&p.ft.optimisation, "none");
	interp_parity(&p);
	assert_int_equal(p.parity.n, 1);
	assert_string_equal(p.parity.v[0], "optimisation: gil PGO+LTO, free-threaded none");
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reply_is_read), T(test_bad_replies_are_refused), T(test_config_args_are_split),
		T(test_programs_that_are_no_interpreter), T(test_answer_is_remembered_until_the_file_changes),
		T(test_damaged_memory_is_asked_again), T(test_noise_before_the_answer_does_no_harm),
		T(test_virtual_environment_is_its_base), T(test_python3_of_this_machine), T(test_parity_names_each_difference),
		T(test_parity_names_optimisation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
