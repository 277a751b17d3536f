/* test_compare.c: runs laid side by side, and the signatures of messages, stacks and logs. */
#include "tests/unit/judge_help.h"

#include "judge/confirm.h"
#include "judge/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct pair_of_runs {
	struct run_set gil, ft;
	struct comparison c;
};

static void lay(struct pair_of_runs *p, const char *gil, const char *ft)
{
	make_runs(&p->gil, gil);
	make_runs(&p->ft, ft);
	compare_runs(&p->c, (struct runs){ p->gil.p, p->gil.n }, (struct runs){ p->ft.p, p->ft.n }, NULL);
}

static void drop(struct pair_of_runs *p)
{
	comparison_release(&p->c);
	release_runs(&p->gil);
	release_runs(&p->ft);
}

static void counts_per_arm(void **state)
{
	(void)state;
	struct pair_of_runs p;
	lay(&p, "a:P b:S|a:F b:P|a:P c:N", "a:P b:P|a:H b:N|a:C b:P @failed=x");
	const struct test_row *a = comparison_find(&p.c, "a"), *b = comparison_find(&p.c, "b"), *c = comparison_find(&p.c, "c");
	assert_int_equal(a->arm[ARM_GIL].runs, 3);
	assert_int_equal(a->arm[ARM_GIL].bad, 1);
	assert_int_equal(a->arm[ARM_FT].runs, 2);
	assert_int_equal(a->arm[ARM_FT].hung, 1);
	assert_int_equal(a->arm[ARM_FT].crashed, 0);
	assert_int_equal(a->arm[ARM_FT].worst, TEST_HUNG);
	assert_int_equal(b->arm[ARM_GIL].skipped, 1);
	assert_int_equal(b->arm[ARM_GIL].runs, 1);
	assert_int_equal(b->arm[ARM_FT].not_run, 1);
	assert_int_equal(c->arm[ARM_GIL].not_run, 1);
	assert_int_equal(c->arm[ARM_FT].worst, TEST_COUNT);
	assert_null(comparison_find(&p.c, "d"));
	drop(&p);
}

/* The run that drew attention does not confirm itself: only what comes after it is fresh. */
static void fresh_runs_begin_after_the_first_failure(void **state)
{
	(void)state;
	struct pair_of_runs p;
	lay(&p, "a:P|a:F|a:P|a:F", "a:P|a:F|a:F|a:P");
	const struct test_row *a = comparison_find(&p.c, "a");
	assert_int_equal(a->arm[ARM_FT].bad, 2);
	assert_int_equal(a->arm[ARM_FT].fresh_runs, 2);
	assert_int_equal(a->arm[ARM_FT].fresh_bad, 1);
	assert_int_equal(a->arm[ARM_GIL].fresh_runs, 2);
	assert_int_equal(a->arm[ARM_GIL].fresh_bad, 1);
	drop(&p);
}

static void repeated_ids_count_once_and_worst(void **state)
{
	(void)state;
	struct pair_of_runs p;
	lay(&p, "a:P a:F a:S b:P", "a:P a:P b:P");
	const struct test_row *a = comparison_find(&p.c, "a");
	assert_true(a->repeated);
	assert_false(comparison_find(&p.c, "b")->repeated);
	assert_int_equal(a->arm[ARM_GIL].runs, 1);
	assert_int_equal(a->arm[ARM_GIL].bad, 1);
	assert_int_equal(a->arm[ARM_FT].bad, 0);
	assert_string_equal(a->arm[ARM_GIL].message, "AssertionError: a is 2");
	drop(&p);
}

static void many_ids_are_found_again(void **state)
{
	(void)state;
	AUTO_BUF text = { 0 };
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "%st%d:P", i ? " " : "", i);
	struct pair_of_runs p;
	lay(&p, buf_str(&text), buf_str(&text));
	assert_int_equal(p.c.n, 3000);
	for (size_t i = 0; i < p.c.n; i++) {
		assert_ptr_equal(comparison_find(&p.c, p.c.rows[i].id), &p.c.rows[i]);
		assert_int_equal(p.c.rows[i].arm[ARM_FT].runs, 1);
	}
	drop(&p);
}

static void missing_dependencies_are_read(void **state)
{
	(void)state;
	static const struct { const char *needs, *message, *name; } rows[] = {
		{ "hypothesis", NULL, "hypothesis" }, { NULL, "ModuleNotFoundError: No module named 'a.b'", "a.b" },
		{ NULL, "E ModuleNotFoundError: No module named 'a'; 'a' is not a package", "a" },
		{ NULL, "fixture 'benchmark' not found", "benchmark" }, { NULL, "fixture 'x' is odd", NULL },
		{ NULL, "ImportError: cannot import name 'x'", NULL }, { NULL, NULL, NULL },
		{ "pkg._c", NULL, NULL }, { NULL, "ModuleNotFoundError: No module named 'pkg'", NULL }, { "pkgs", NULL, "pkgs" },
		{ NULL, "ModuleNotFoundError: No module named 'a", NULL } };
	AUTO_STRV top = { 0 };
	strv_add(&top, "pkg");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *needs = xstrdup(rows[i].needs);
		AUTO_FREE char *message = xstrdup(rows[i].message);
		const struct test_result t = { .needs = needs, .message = message, .status = TEST_FAILED };
		AUTO_FREE char *name = missing_dependency(&t, &top);
		assert_true(str_eq(name, rows[i].name));
	}
}

static void messages_lose_what_varies(void **state)
{
	(void)state;
	static const struct { const char *message, *signature; } rows[] = {
		{ "AssertionError: 12 != 3.5", "AssertionError: N != N" },
		{ "TypeError: <X object at 0x7f12ab> in int32", "TypeError: <X object at 0xN> in int32" },
		{ "OSError: '/var/a b/c1'", "OSError: 'a b/c1'" },
		{ "OSError: '/var/x/c1' is 0x", "OSError: 'c1' is Nx" },
		{ "one\ntwo", "one" }, { "", "" }, { NULL, "" }, { "a/b and /x", "a/b and /x" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *signature = signature_of_message(rows[i].message);
		assert_string_equal(signature, rows[i].signature);
	}
	char *longer = xcalloc(1001, 1);
	memset(longer, 'x', 1000);
	AUTO_FREE char *cut = signature_of_message(longer);
	assert_int_equal(strlen(cut), 160);
	free(longer);
}

static void stacks_name_the_package(void **state)
{
	(void)state;
	static const struct { const char *native, *python, *where; bool package; } rows[] = {
		{ "#0  0x00007f in __pthread_kill_implementation () from /lib/x86_64-linux-gnu/libc.so.6\n"
		  "#1  0x00007f in raise () from /lib/x86_64-linux-gnu/libc.so.6\n"
		  "#2  <signal handler called>\n"
		  "#3  md_iter_next (self=0x7f) at multidict/_multidict.c:120\n"
		  "#4  0x000055 in multidict_iternext (o=0x1) at multidict/_multidict.c:300\n"
		  "#5  0x000055 in _PyEval_EvalFrameDefault () at Python/ceval.c:10\n", NULL, "_multidict.c: md_iter_next < multidict_iternext", true },
		{ "#0  0x1 in dict_get (a=1) at Objects/dictobject.c:10\n"
		  "#1  0x2 in fast_get () from /x/site-packages/pkg/_c.cpython-313t-x86_64-linux-gnu.so\n", NULL, "_c.cpython-313t-x86_64-linux-gnu.so: fast_get", true },
		{ "#0  0x1 in dict_get (a=1) at Objects/dictobject.c:10\n#1  0x2 in PyObject_Call () at /usr/src/Python-3.13.15/Objects/call.c:1\n", NULL, "dict_get < PyObject_Call", false },
		{ "#0  0x1 in ?? ()\nno frame\n", "Fatal Python error: Segmentation fault\n\nCurrent thread:\n  File \"/a/b/x.py\", line 3 in go\n  File \"/c.py\", line 1 in f\n", "x.py: go", false },
		{ NULL, "nothing", NULL, false }, { "", "", NULL, false }, { NULL, NULL, NULL, false } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stack_facts f;
		stack_facts_of(&f, rows[i].native, rows[i].python);
		if (!str_eq(f.where, rows[i].where))
			fail_msg("%s", f.where ? f.where : "NULL");
		assert_int_equal(f.package_frame, rows[i].package);
		stack_facts_release(&f);
	}
}

/* Frames of a crash say whose it is: by the extension modules that the runs had loaded. */
static void native_frames_say_whose_crash_it_is(void **state)
{
	(void)state;
	static const struct { const char *frames; bool pure; enum fault fault; const char *module, *signature; } cases[] = {
		{ "_c.cpython-313t-x86_64-linux-gnu.so!get python3.13t!cfunction_vectorcall", false, FAULT_LIBRARY, "pkg._c", "SIGSEGV _c!get" },
		{ "python3.13t!dict_lookup _c.cpython-313t-x86_64-linux-gnu.so!get", false, FAULT_LIBRARY, "pkg._c", "SIGSEGV _c!get" },
		{ "_d.so!put _c.cpython-313t-x86_64-linux-gnu.so!get", false, FAULT_DEPENDENCY, "dep._d", "SIGSEGV _d!put < _c!get" },
		{ "python3.13t!dict_lookup python3.13t!dict_get", true, FAULT_INTERPRETER, NULL, "SIGSEGV b.c: b_crash < call_it" },
		{ "python3.13t!dict_lookup python3.13t!dict_get", false, FAULT_UNKNOWN, NULL, "SIGSEGV b.c: b_crash < call_it" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run_set gil, ft;
		make_runs(&gil, "a:P b:P");
		make_runs(&ft, "a:P b:C");
		struct evidence *e = &ft.e[0];
		strv_split(&e->culprits[0].frames, cases[i].frames, ' ');
		evidence_add_extension(e, "pkg._c", "pkg/_c.cpython-313t-x86_64-linux-gnu.so");
		evidence_add_extension(e, "dep._d", "dep/_d.so");
		AUTO_STRV top = { 0 };
		strv_add(&top, "pkg");
		struct judge_input in = { .gil = gil.p, .n_gil = gil.n, .ft = ft.p, .n_ft = ft.n, .top_level = &top, .native_known = true,
			                      .native_ft = !cases[i].pure, .build = { .gil = BUILD_OK, .ft = BUILD_OK } };
		struct package_result p;
		package_result_init(&p);
		judge_package(&in, &p);
		assert_true(p.n_findings > 0);
		const struct finding *f = &p.findings[0];
		if (f->fault != cases[i].fault || (cases[i].module && !str_eq(f->module, cases[i].module)) || !str_eq(f->signature, cases[i].signature))
			fail_msg("%s: %s, %s, %s", cases[i].frames, fault_word(f->fault), f->module, f->signature);
		assert_int_equal(f->frames.n, 2);
		assert_non_null(f->native_stack);
		package_result_release(&p);
		release_runs(&gil);
		release_runs(&ft);
	}
}

static void build_logs_name_their_error(void **state)
{
	(void)state;
	static const struct { const char *log, *line; } rows[] = {
		{ "gcc -c x.c\nx.c:1:2: error: bad\nx.c:9:9: error: worse\nRuntimeError: command failed\n", "x.c:1:2: error: bad" },
		{ "Traceback\n  x\n    raise\nRuntimeError: first\nsetuptools.errors.CompileError: second\ndone", "setuptools.errors.CompileError: second" },
		{ "error[E0433]: failed to resolve\n", "error[E0433]: failed to resolve" },
		{ "  | fatal.c:1:1: fatal error: x.h: No such file\n", "fatal.c:1:1: fatal error: x.h: No such file" },
		{ "only\nthis\n\n", "this" }, { "", "" }, { NULL, "" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *line = error_line_of_log(rows[i].log);
		assert_string_equal(line, rows[i].line);
	}
	AUTO_FREE char *segv = signal_word(11);
	AUTO_FREE char *odd = signal_word(999);
	assert_string_equal(segv, "SIGSEGV");
	assert_string_equal(odd, "signal 999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_per_arm),
		cmocka_unit_test(fresh_runs_begin_after_the_first_failure),
		cmocka_unit_test(repeated_ids_count_once_and_worst),
		cmocka_unit_test(many_ids_are_found_again),
		cmocka_unit_test(missing_dependencies_are_read),
		cmocka_unit_test(messages_lose_what_varies),
		cmocka_unit_test(stacks_name_the_package),
		cmocka_unit_test(native_frames_say_whose_crash_it_is),
		cmocka_unit_test(build_logs_name_their_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
