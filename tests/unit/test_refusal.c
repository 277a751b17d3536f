/* test_refusal.c: which failed builds are refusals of the release itself, in which words; which are not; what is kept of a log. */
#include "build/crates.h"
#include "build/wheel_build.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CFFI "CFFI does not support the free-threaded build of CPython 3.13. Upgrade to free-threaded 3.14 or newer to use CFFI with the free-threaded build."

static const struct {
	const char *log, *says;
} logs[] = {
	/* multidict 7: the text of the #error, without what the compiler puts around it */
	{ "building 'multidict._multidict' extension\n"
	  "gcc -pthread -I/opt/cpython-3.13.15-gil/include/python3.13t -c multidict/_multidict.c\n"
	  "multidict/_multidict.c:14:2: error: #error \"the free-threaded build requires CPython 3.14 or newer\"\n"
	  "   14 | #error \"the free-threaded build requires CPython 3.14 or newer\"\n"
	  "      |  ^~~~~\n"
	  "error: command '/usr/bin/gcc' failed with exit code 1\n",
	  "the free-threaded build requires CPython 3.14 or newer" },
	/* clang puts the text behind its own word */
	{ "a.c:14:2: error: \"the free-threaded build requires CPython 3.14 or newer\"\n", "the free-threaded build requires CPython 3.14 or newer" },
	{ "a.c:3:2: error: #error this needs the GIL  \n", "this needs the GIL" },
	{ "a.c:3:1: error: static assertion failed: \"the no-GIL build is not supported\"\n", "static assertion failed: \"the no-GIL build is not supported\"" },
	/* cffi: the sentence of the exception, not a traceback's line */
	{ "Traceback (most recent call last):\n"
	  "  File \"/home/user/free-threading/build_hook.py\", line 44, in requires_error\n"
	  "  File \"/home/user/cpython-3.13.15-ft/lib/python3.13t/site-packages/setuptools/errors.py\", line 3, in get_requires_for_build_wheel\n"
	  "    raise RuntimeError(\"CFFI does not support the free-threaded build\")\n"
	  "RuntimeError: " CFFI "\n",
	  CFFI },
	{ "      pkg.errors.BuildError: needs Python 3.14t\n", "needs Python 3.14t" },
	/* an own statement wins over a looser line before it */
	{ "error in pkg setup: 3.13t is not supported\nRuntimeError: the free-threaded build is not supported yet\n",
	  "the free-threaded build is not supported yet" },
	{ "error in pkg setup: 3.13t is not supported\n", "error in pkg setup: 3.13t is not supported" },
	{ "../meson.build:29:2: ERROR: Problem encountered: pkg requires free-threaded CPython 3.14\n", "pkg requires free-threaded CPython 3.14" },
	{ "error: the configured Python interpreter version (3.15) is newer than PyO3's maximum supported version (3.14)\n",
	  "the configured Python interpreter version (3.15) is newer than PyO3's maximum supported version (3.14)" },
	{ "ERROR: Package 'pkg' requires a different Python: 3.13.15 not in '<3.13'\n", "Package 'pkg' requires a different Python: 3.13.15 not in '<3.13'" },
	/* what packages print is made harmless and is one line */
	{ "RuntimeError: \x1b[31mthe GIL is required: no-gil is not supported\n", "\\x1b[31mthe GIL is required: no-gil is not supported" },

	/* No refusals: builds that merely fail on free threading. */
	{ "", NULL },
	{ "a.c:10:5: error: '_PyCriticalSection_SuspendAll' undeclared (first use in this function)\n", NULL },
	{ "a.c:10:5: error: 'PyUnstable_Module_SetGIL' undeclared; free-threaded code requires it\n", NULL },
	{ "a.c:1:10: fatal error: free-threading/requires.h: No such file or directory\n", NULL },
	{ "/usr/bin/ld: cannot find -lpython3.13t: error, needs a library\n  File \"/a/gil/errors.py\", line 1, in requires\n", NULL },
	{ "  File \"/opt/cpython-3.13.15-gil/errors.py\", line 3, in get_requires_for_build_wheel\n", NULL },
	{ "warning: the free-threaded build is not supported, an error may follow\n", NULL },
	{ "a.c:5:9: note: error: this requires the GIL\n", NULL },
	{ "copying pkg/gil_errors_requires.py -> build/lib.linux-x86_64-cpython-313t\n", NULL },
	{ "gcc -c errors.c -o build/temp-cpython-3.13t/requires.o\n", NULL },
	{ "error: a fragile test of Virgil requires attention\n", NULL },
	{ "error: command 'gcc' failed: no such file\nModuleNotFoundError: No module named 'Cython'\n", NULL },
	{ "RuntimeError: pkg requires numpy\n", NULL },
	{ "This package requires Python 3.8 or newer; errors go to the tracker\n", NULL },
};

static void only_the_releases_own_words_are_a_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
		AUTO_FREE char *says = build_refusal(logs[i].log);
		if (!str_eq(says, logs[i].says))
			fail_msg("%s\nis read as `%s`", logs[i].log, says ? says : "no refusal");
	}
}

static void a_line_without_an_end_is_no_refusal(void **state)
{
	(void)state;
	AUTO_BUF log = { 0 };
	buf_adds(&log, "RuntimeError: needs the GIL ");
	for (int i = 0; i < 5000; i++)
		buf_addc(&log, 'x');
	AUTO_FREE char *says = build_refusal(buf_str(&log));
	assert_null(says);
}

/* The compiler's line stands far above the traceback of the backend that ran it. */
static void what_is_kept_of_a_log_begins_at_the_cause(void **state)
{
	(void)state;
	AUTO_BUF log = { 0 };
	buf_adds(&log, "running build\ngcc -c a.c\na.c:1:2: error: no such field\n");
	for (int i = 0; i < 50; i++)
		buf_addf(&log, "  File \"backend.py\", line %d\n", i);
	AUTO_FREE char *part = build_log_part(buf_str(&log), 10);
	assert_true(str_starts(part, "running build\n") && strstr(part, "no such field"));
	assert_null(strstr(part, "line 20"));
	AUTO_FREE char *whole = build_log_part("one\ntwo\nthree\n\n", 2);
	assert_string_equal(whole, "two\nthree\n");
	AUTO_FREE char *none = build_log_part("", 2);
	assert_string_equal(none, "");
}

/* What to install follows from what is missing, not from what is there. */
static void the_remedy_is_that_of_the_missing_program(void **state)
{
	(void)state;
	static const struct {
		const char *output;
		bool needs_rust, has_compiler, has_rust;
		const char *what, *remedy;
	} rows[] = {
		{ "error: command 'gcc' failed: No such file or directory", false, false, true, "C compiler", "build-essential" },
		{ "error: command 'gcc' failed: No such file or directory", false, false, false, "C compiler", "build-essential" },
		{ "error: linker `cc` not found", true, false, true, "C compiler", "build-essential" },
		{ "error: can't find Rust compiler", true, true, false, "Rust compiler (cargo)", "install Rust" },
		{ "no cargo", true, false, false, "Rust compiler (cargo)", "install Rust" },
		{ "error: command 'gcc' failed with exit code 1", false, true, true, NULL, NULL },
		{ "no such header", false, false, true, NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct missing_program m = { 0 };
		bool missing = build_missing_program(rows[i].output, rows[i].needs_rust, rows[i].has_compiler, rows[i].has_rust, &m);
		assert_int_equal(missing, rows[i].what != NULL);
		if (!missing)
			continue;
		assert_string_equal(m.what, rows[i].what);
		assert_non_null(strstr(m.remedy, rows[i].remedy));
	}
}

static void cargo_is_heard_about_the_network(void **state)
{
	(void)state;
	assert_true(cargo_blames_network("error: failed to get `a` as a dependency\n\nCaused by:\n  failed to download from `https://index.example/config.json`\n\n"
	                                 "Caused by:\n  [6] Could not resolve hostname (Could not resolve host: index.example)\n"));
	assert_true(cargo_blames_network("Caused by:\n  failed to fetch into: /c/git/db/x\n\nCaused by:\n  network failure seems to have happened\n"));
	assert_false(cargo_blames_network("error: failed to parse manifest at `/s/Cargo.toml`\n"));
	assert_false(cargo_blames_network("error: no matching package named `a` found\nlocation searched: registry\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_releases_own_words_are_a_refusal),
		cmocka_unit_test(what_is_kept_of_a_log_begins_at_the_cause),
		cmocka_unit_test(the_remedy_is_that_of_the_missing_program),
		cmocka_unit_test(cargo_is_heard_about_the_network),
		cmocka_unit_test(a_line_without_an_end_is_no_refusal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
