/* test_interp_find.c: which pair is chosen, and what is said when there is none. */
#include "interp_help.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_both(const char *gil, const char *ft, const char *version)
{
	put_interpreter(gil, &(struct fake){ .version = version });
	put_interpreter(ft, &(struct fake){ .version = version, .ft = true });
}

/* Find and compare the executables. */
static void expect_pair(const struct interp_options *o, const char *gil, const char *ft, size_t differences)
{
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	AUTO_ERROR err = { 0 };
	if (interp_find_pair(o, &p, NULL, &err) < 0)
		fail_msg("%s: %s", err.what, err.why);
	assert_string_equal(p.gil.executable, gil);
	assert_string_equal(p.ft.executable, ft);
	assert_int_equal(p.parity.n, differences);
}

static void expect_error(const struct interp_options *o, enum error_code code, const char *what)
{
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(interp_find_pair(o, &p, NULL, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.what, what))
		fail_msg("`%s` is not in `%s`", what, err.what);
}

static void test_places_in_order(void **state)
{
	(void)state;
	const struct interp_options any = { 0 };
	put_both(at("bin/python3.13"), at("bin/python3.13t"), "3.13.5");
	expect_pair(&any, at("bin/python3.13"), at("bin/python3.13t"), 0);
	put_both(at("pyenv/versions/3.13.5/bin/python3.13"), at("pyenv/versions/3.13.5t/bin/python3.13t"), "3.13.5");
	expect_pair(&any, at("pyenv/versions/3.13.5/bin/python3.13"), at("pyenv/versions/3.13.5t/bin/python3.13t"), 0);
	put_both(at("share/uv/python/a/bin/python3.13"), at("share/uv/python/b/bin/python3.13t"), "3.13.5");
	expect_pair(&any, at("share/uv/python/a/bin/python3.13"), at("share/uv/python/b/bin/python3.13t"), 0);
	put_both(at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), "3.13.5");
	put_both(at("data/python/.build-x/bin/python3.14"), at("data/python/.build-x/bin/python3.14t"), "3.14.1");
	expect_pair(&any, at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), 0);
	put(at("config/migrate-check/config.json"), "{\"gil\": \"%s\", \"ft\": \"%s\"}", at("bin/python3.13"), at("bin/python3.13t"));
	expect_pair(&any, at("bin/python3.13"), at("bin/python3.13t"), 0);
	const struct interp_options given = { .gil = at("pyenv/versions/3.13.5/bin/python3.13"), .ft = at("pyenv/versions/3.13.5t/bin/python3.13t") };
	expect_pair(&given, given.gil, given.ft, 0);
}

static void test_newest_minor_then_like_for_like(void **state)
{
	(void)state;
	const struct interp_options any = { 0 }, old = { .python = "3.13" }, exact = { .python = "3.13.5" }, pre = { .python = "3.15" };
	put_both(at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), "3.13.5");
	put_interpreter(at("data/python/c/bin/python3.14"), &(struct fake){ .version = "3.14.2", .compiler = "Clang 14" });
	put_interpreter(at("data/python/d/bin/python3.14t"), &(struct fake){ .version = "3.14.2", .ft = true });
	put_both(at("bin/python3.14"), at("bin/python3.14t"), "3.14.1");
	put_both(at("data/python/e/bin/python3.15"), at("data/python/e/bin/python3.15t"), "3.15.0a3");
	/* like for like on PATH wins over the own folder's that is not; a pre-release is taken only when asked for */
	expect_pair(&any, at("bin/python3.14"), at("bin/python3.14t"), 0);
	expect_pair(&old, at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), 0);
	expect_pair(&exact, at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), 0);
	expect_pair(&pre, at("data/python/e/bin/python3.15"), at("data/python/e/bin/python3.15t"), 0);
}

static void test_headers_are_preferred_and_debug_is_not(void **state)
{
	(void)state;
	const struct interp_options any = { 0 };
	put_interpreter(at("data/python/a/bin/python3.13"), &(struct fake){ .no_headers = true });
	put_interpreter(at("data/python/b/bin/python3.13"), &(struct fake){ .debug = true });
	put_interpreter(at("data/python/c/bin/python3.13"), &(struct fake){ 0 });
	put_interpreter(at("data/python/d/bin/python3.13t"), &(struct fake){ .ft = true });
	expect_pair(&any, at("data/python/c/bin/python3.13"), at("data/python/d/bin/python3.13t"), 0);
}

static void test_other_arm_is_found(void **state)
{
	(void)state;
	put_both(at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), "3.13.5");
	put_both(at("data/python/a/bin/python3.14"), at("data/python/b/bin/python3.14t"), "3.14.0");
	put_interpreter(at("my-gil"), &(struct fake){ .version = "3.13.4" });
	put_interpreter(at("my-ft"), &(struct fake){ .version = "3.14.0", .ft = true });
	/* another patch version is a pair, and its difference is told */
	expect_pair(&(struct interp_options){ .gil = at("my-gil") }, at("my-gil"), at("data/python/b/bin/python3.13t"), 1);
	expect_pair(&(struct interp_options){ .ft = at("my-ft") }, at("data/python/a/bin/python3.14"), at("my-ft"), 0);
}

static void test_no_pair_says_where_it_looked(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	AUTO_ERROR err = { 0 };
	put_interpreter(at("bin/python3.13"), &(struct fake){ 0 });
	assert_int_equal(interp_find_pair(&(struct interp_options){ .python = "3.13" }, &p, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NO_PAIR);
	assert_string_equal(err.what, "no free-threaded CPython 3.13 found");
	assert_string_equal(err.why, "looked in: --python, config, own store, uv, pyenv, PATH (python3.13t, python3.13)");
	assert_string_equal(err.hint, "`migrate-check python install 3.13` (3 to 6 min), or `--ft FILE`");
	expect_error(&(struct interp_options){ 0 }, ERR_NO_PAIR, "no free-threaded CPython 3.13 found");
	expect_error(&(struct interp_options){ .python = "3.14" }, ERR_NO_PAIR, "no CPython 3.14 found");
	expect_error(&(struct interp_options){ .gil = at("bin/python3.13") }, ERR_NO_PAIR, "no free-threaded CPython 3.13");
	put_interpreter(at("bin/python3.14t"), &(struct fake){ .version = "3.14.0", .ft = true });
	expect_error(&(struct interp_options){ 0 }, ERR_NO_PAIR, "no CPython 3.14 with the GIL found");
}

static void test_what_is_not_a_pair(void **state)
{
	(void)state;
	put_both(at("gil"), at("ft"), "3.13.5");
	put_both(at("gil14"), at("ft14"), "3.14.0");
	put_interpreter(at("old"), &(struct fake){ .version = "3.11.2" });
	const struct { const char *gil, *ft, *python, *what; } rows[] = {
		{ at("gil"), at("gil14"), NULL, "both interpreters have the GIL" },
		{ at("ft"), at("ft14"), NULL, "neither interpreter has the GIL" },
		{ at("ft"), at("gil"), NULL, "swapped" },
		{ at("gil"), at("ft14"), NULL, "different versions" },
		{ at("ft"), NULL, NULL, "`--gil` names a free-threaded interpreter" },
		{ NULL, at("gil"), NULL, "`--ft` names an interpreter with the GIL" },
		{ at("gil"), at("ft"), "3.14", "another version than `--python`" },
		{ at("old"), NULL, NULL, "CPython 3.11 has no free-threaded build" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_error(&(struct interp_options){ .gil = rows[i].gil, .ft = rows[i].ft, .python = rows[i].python }, ERR_NOT_A_PAIR, rows[i].what);
}

static void test_bad_wishes(void **state)
{
	(void)state;
	put_both(at("gil"), at("ft"), "3.13.5");
	expect_error(&(struct interp_options){ .python = "three" }, ERR_USAGE, "no version of CPython");
	expect_error(&(struct interp_options){ .python = "3.12" }, ERR_USAGE, "no free-threaded build");
	expect_error(&(struct interp_options){ .gil = at("absent"), .ft = at("ft") }, ERR_BAD_INTERPRETER, "absent");
	put(at("config/migrate-check/config.json"), "{\"python\": \"x\"}");
	expect_error(&(struct interp_options){ 0 }, ERR_BAD_CONFIG, "`x` is no version");
	put(at("config/migrate-check/config.json"), "{\"gil\": ");
	expect_error(&(struct interp_options){ 0 }, ERR_BAD_CONFIG, "not valid JSON");
	put(at("config/migrate-check/config.json"), "{\"gil\": \"%s\"}", at("absent"));
	expect_error(&(struct interp_options){ 0 }, ERR_BAD_INTERPRETER, "configured interpreter");
}

static void test_list_shows_each_file_once(void **state)
{
	(void)state;
	struct interpreter *list = NULL;
	size_t n = 0;
	put_both(at("data/python/a/bin/python3.13"), at("data/python/b/bin/python3.13t"), "3.13.5");
	assert_int_equal(link(at("data/python/b/bin/python3.13t"), at("data/python/b/bin/python3.13")), 0);
	assert_int_equal(symlink(at("data/python/a/bin/python3.13"), at("bin/python3")), 0);
	put_program(at("bin/python3.14"), "#!/bin/sh\nexit 1\n");
	put_program(at("bin/python3.13-config"), "#!/bin/sh\necho config >>%s\n", at("runs"));
	put_interpreter(at("bin/python3.12"), &(struct fake){ .version = "3.12.1" });
	put_interpreter(at("shims/python3.15"), &(struct fake){ .version = "3.15.0" });
	AUTO_FREE char *path = xasprintf("%s:%s::relative", at("shims"), at("bin"));
	setenv("PATH", path, 1);
	assert_int_equal(interp_list(&list, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].executable, at("data/python/b/bin/python3.13t"));
	assert_string_equal(list[1].provider, "own");
	interp_list_release(list, n);
	/* neither the old version nor the config script was run */
	assert_string_equal(get(at("runs")), "run\nrun\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_places_in_order), T(test_newest_minor_then_like_for_like), T(test_headers_are_preferred_and_debug_is_not),
		T(test_other_arm_is_found), T(test_no_pair_says_where_it_looked), T(test_what_is_not_a_pair), T(test_bad_wishes),
		T(test_list_shows_each_file_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
