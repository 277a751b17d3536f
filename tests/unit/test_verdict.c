/*
 * test_verdict.c: the verdict rules as a table: for each outcome and flag a row
 * that has it and its neighbours, which differ in the one fact that decides.
 * How runs are written is told in judge_help.h.
 */
#include "tests/unit/judge_help.h"

#include "judge/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *name;
	const char *gil, *ft, *nogil, *control;
	struct build_facts build;
	const char *blocked_by, *infra, *skip, *older, *tried, *no_suite, *why;
	bool blocked_on_both, exhausted;
	const char *native; /* "11": native on gil and ft */
	struct import_facts import_gil, import_ft;
	enum outcome verdict;
	enum readiness ready;
	const char *reason; /* part of a reason line */
	const char *flag;   /* must be there; with ! in front: must not */
};

#define OK_BUILD { .gil = BUILD_OK, .ft = BUILD_OK }
#define FAILED_FT { .gil = BUILD_OK, .ft = BUILD_FAILED, .build_error_ft = "running build\n  src/x.c:12:3: error: unknown type name 'Foo'\nerror: command failed\n" }
#define REFUSED { .gil = BUILD_OK, .ft = BUILD_REFUSED, .refusal = "requires CPython 3.14 or newer" }

static const struct row rows[] = {
	/* error */
	{ .name = "index down", .infra = "the index did not answer", .gil = "a:P", .ft = "a:P", .verdict = OUT_ERROR, .ready = READY_UNKNOWN, .reason = "error: the index did not answer" },
	{ .name = "no run could start", .gil = "@failed=no__such__interpreter", .ft = "a:P", .verdict = OUT_ERROR, .reason = "error: no such interpreter" },
	{ .name = "one of two started", .gil = "@failed=x|a:P", .ft = "a:P|a:P", .verdict = OUT_PASS, .ready = READY_GO },
	/* skipped */
	{ .name = "skipped", .skip = "needs a display", .verdict = OUT_SKIPPED, .ready = READY_UNKNOWN, .reason = "skipped: needs a display" },
	{ .name = "error before skipped", .skip = "x", .infra = "disk", .verdict = OUT_ERROR },
	/* unsupported */
	{ .name = "refuses", .build = REFUSED, .verdict = OUT_UNSUPPORTED, .ready = READY_NO_GO, .reason = "refuses this interpreter: requires CPython 3.14 or newer" },
	{ .name = "refuses, older passes", .build = REFUSED, .older = "6.7.1", .gil = "6*a:P", .ft = "6*a:P", .verdict = OUT_UNSUPPORTED, .ready = READY_LIMITS, .flag = "older-version", .reason = "0 failures in 6 runs: below 39% at 95%" },
	{ .name = "refuses, older fails too", .build = REFUSED, .older = "6.7.1", .gil = "5*a:P b:P", .ft = "5*a:P b:F", .verdict = OUT_UNSUPPORTED, .ready = READY_NO_GO, .reason = "test-regressed: b fails" },
	{ .name = "refuses, as older ones do", .build = REFUSED, .tried = "0.9 0.8", .verdict = OUT_UNSUPPORTED, .ready = READY_NO_GO, .reason = "tried in its place, and none works here: 0.9, 0.8" },
	{ .name = "refuses, older untested", .build = REFUSED, .older = "6.7.1", .verdict = OUT_UNSUPPORTED, .ready = READY_NO_GO },
	{ .name = "refuses, older turns the GIL on", .build = REFUSED, .older = "1", .gil = "a:P", .ft = "a:P @gil=pkg._c", .verdict = OUT_UNSUPPORTED, .ready = READY_LIMITS },
	/* broken */
	{ .name = "builds on neither", .build = { .gil = BUILD_FAILED, .ft = BUILD_FAILED, .build_error_gil = "x\nValueError: no\nmore" }, .verdict = OUT_BROKEN, .ready = READY_UNKNOWN, .reason = "does not build on the GIL build either: ValueError: no" },
	{ .name = "builds on ft only", .build = { .gil = BUILD_FAILED, .ft = BUILD_OK }, .gil = NULL, .ft = "a:P", .verdict = OUT_BROKEN },
	{ .name = "imports on neither", .gil = "@import=boom", .ft = "@import=boom", .verdict = OUT_BROKEN, .reason = "cannot be imported on the GIL build: boom" },
	{ .name = "suite dies on gil", .gil = "a:P @died", .ft = "a:P @died", .verdict = OUT_BROKEN, .reason = "dies on the GIL build after 1 tests" },
	{ .name = "nothing passes on gil", .gil = "a:F b:F", .ft = "a:F b:F", .verdict = OUT_BROKEN, .reason = "no test passes on the GIL build" },
	{ .name = "one passes on gil", .gil = "a:P b:F", .ft = "a:P b:F", .verdict = OUT_PASS, .ready = READY_GO, .flag = "fails-on-both: 1", .reason = "1 test fails on both builds, not counted; b: AssertionError" },
	{ .name = "fails to import in one of two gil runs", .gil = "@import=boom|a:P", .ft = "a:P|a:P", .verdict = OUT_PASS },
	{ .name = "dependency fails on both", .blocked_by = "cffi==2.1.1", .blocked_on_both = true, .verdict = OUT_BROKEN, .reason = "its dependency cffi==2.1.1 fails on the GIL build too" },
	/* blocked */
	{ .name = "dependency fails on ft", .blocked_by = "cffi==2.1.1", .verdict = OUT_BLOCKED, .ready = READY_NO_GO, .reason = "blocked by cffi==2.1.1 (requests > cffi)" },
	{ .name = "dependency refuses", .blocked_by = "core==2", .why = "needs CPython 3.14", .verdict = OUT_BLOCKED, .ready = READY_NO_GO, .reason = "blocked by core==2 (requests > cffi): needs CPython 3.14" },
	{ .name = "broken before blocked", .blocked_by = "x", .build = { .gil = BUILD_FAILED }, .verdict = OUT_BROKEN },
	/* build-regressed */
	{ .name = "builds on gil only", .build = FAILED_FT, .gil = "a:P", .verdict = OUT_BUILD_REGRESSED, .ready = READY_NO_GO, .reason = "not for free threading: src/x.c:12:3: error: unknown type name 'Foo'" },
	{ .name = "blocked before build-regressed", .build = FAILED_FT, .blocked_by = "x", .verdict = OUT_BLOCKED },
	/* import-regressed */
	{ .name = "imports on gil only", .gil = "a:P", .ft = "@import=ImportError:__no", .verdict = OUT_IMPORT_REGRESSED, .ready = READY_NO_GO, .reason = "cannot be imported on free threading: ImportError: no" },
	{ .name = "dies while importing", .gil = "a:P", .ft = "@importdied", .verdict = OUT_IMPORT_REGRESSED, .reason = "dies of SIGSEGV" },
	{ .name = "import known from a process of its own", .import_gil = { true, true, NULL }, .import_ft = { true, false, "boom" }, .verdict = OUT_IMPORT_REGRESSED, .reason = "boom" },
	{ .name = "import on gil not known", .ft = "@import=boom", .verdict = OUT_UNTESTED },
	{ .name = "imports now and then", .gil = "2*a:P", .ft = "@import=boom|a:P", .verdict = OUT_SUSPECT, .reason = "the import failed on free threading in 1 of 2 tries: boom" },
	/* crash */
	{ .name = "one crash is enough", .gil = "4*a:P b:P", .ft = "a:P b:C|3*a:P b:P", .verdict = OUT_CRASH, .ready = READY_NO_GO, .reason = "crash: SIGSEGV in b (b.c: b_crash < call_it); ft 1 of 4 runs, gil 0 of 4" },
	{ .name = "crash on gil too", .gil = "2*a:P b:C", .ft = "2*a:P b:C", .verdict = OUT_PASS, .flag = "fails-on-both: 1" },
	{ .name = "the same stack on gil in another test", .gil = "a:P b:P c:K", .ft = "a:P b:K c:P", .verdict = OUT_SUSPECT },
	{ .name = "another stack on gil in the same test", .gil = "a:P b:K", .ft = "a:P b:C", .verdict = OUT_PASS, .flag = "fails-on-both: 1" },
	{ .name = "crash where gil fails", .gil = "a:P b:F", .ft = "a:P b:C", .verdict = OUT_CRASH },
	{ .name = "left by exit code", .gil = "5*a:P b:P", .ft = "5*a:P b:Q", .verdict = OUT_TEST_REGRESSED },
	{ .name = "left by exit code once", .gil = "5*a:P b:P", .ft = "a:P b:Q|4*a:P b:P", .verdict = OUT_SUSPECT },
	{ .name = "killed for want of memory", .gil = "a:P b:P", .ft = "a:P @oom b:C", .verdict = OUT_SUSPECT, .flag = "oom" },
	/* hang */
	{ .name = "hangs every time", .gil = "4*a:P b:P", .ft = "4*a:P b:H", .verdict = OUT_HANG, .ready = READY_NO_GO, .reason = "hang: b does not end on free threading in 4 of 4 runs, gil 0 of 4" },
	{ .name = "hung once", .gil = "4*a:P b:P", .ft = "a:P b:H|3*a:P b:P", .verdict = OUT_SUSPECT },
	{ .name = "hangs on both", .gil = "4*a:P b:H", .ft = "4*a:P b:H", .verdict = OUT_PASS, .flag = "fails-on-both: 1" },
	{ .name = "crash before hang", .gil = "4*a:P b:P c:P", .ft = "4*a:P b:H c:C", .verdict = OUT_CRASH },
	/* test-regressed */
	{ .name = "fails every time", .gil = "4*a:P b:P", .ft = "4*a:P b:F", .verdict = OUT_TEST_REGRESSED, .ready = READY_NO_GO, .reason = "test-regressed: b fails on free threading in 4 of 4 runs, gil 0 of 4: AssertionError: b is 2" },
	{ .name = "confirmed by runs of the nominee alone", .gil = "a:P b:P|3*b:P @subset", .ft = "a:P b:F|3*b:F @subset", .verdict = OUT_TEST_REGRESSED },
	{ .name = "two fresh runs are too few", .gil = "3*a:P b:P", .ft = "3*a:P b:F", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .reason = "neither confirmed nor seen on gil in the runs so far" },
	{ .name = "one run", .gil = "a:P b:P", .ft = "a:P b:F", .verdict = OUT_SUSPECT },
	{ .name = "hang before test-regressed", .gil = "5*a:P b:P c:P", .ft = "5*a:P b:F c:H", .verdict = OUT_HANG },
	{ .name = "fails often, rarely on gil", .gil = "a:P b:P|10*a:P b:P|a:P b:F", .ft = "12*a:P b:F", .verdict = OUT_TEST_REGRESSED },
	{ .name = "own module missing on ft", .gil = "4*a:P b:P", .ft = "4*a:P b:O", .verdict = OUT_TEST_REGRESSED },
	{ .name = "own module missing on ft, told as not run", .gil = "4*a:P b:P", .ft = "4*a:P b:U", .verdict = OUT_TEST_REGRESSED },
	{ .name = "file not collected on ft", .gil = "4*a:P t::b:P", .ft = "4*a:P @collect=t", .verdict = OUT_TEST_REGRESSED, .reason = "t is not collected on free threading in 4 of 4 runs, gil 0 of 4: SyntaxError: no", .flag = "collected-differs" },
	{ .name = "file not collected on either", .gil = "4*a:P @collect=t", .ft = "4*a:P @collect=t", .verdict = OUT_PASS, .reason = "1 file not collected on either build; t: SyntaxError: no", .flag = "collect-errors" },
	{ .name = "also with the GIL on the same build", .gil = "4*a:P b:P", .ft = "4*a:P b:F", .control = "a:P b:F", .verdict = OUT_TEST_REGRESSED, .reason = "gil 0 of 4, also with PYTHON_GIL=1: Assertion" },
	{ .name = "not with the GIL on the same build", .gil = "4*a:P b:P", .ft = "4*a:P b:F", .control = "a:P b:P", .verdict = OUT_TEST_REGRESSED, .reason = ", not with PYTHON_GIL=1: " },
	/* suspect */
	{ .name = "never again is no pass", .gil = "21*a:P b:P", .ft = "a:P b:F|20*a:P b:P", .verdict = OUT_SUSPECT, .reason = "suspect: b failed on free threading in 1 of 21 runs, gil 0 of 21" },
	{ .name = "budget used up", .gil = "a:P b:P", .ft = "a:P b:F", .exhausted = true, .verdict = OUT_SUSPECT, .reason = "within the budget" },
	{ .name = "fails where gil skips", .gil = "4*a:P b:S", .ft = "4*a:P b:F", .verdict = OUT_SUSPECT, .reason = "gil not run" },
	{ .name = "suite dies on ft", .gil = "a:P b:P", .ft = "a:P @died", .verdict = OUT_SUSPECT, .reason = "ended before its last test on free threading" },
	{ .name = "suite not finished on ft", .gil = "a:P b:P", .ft = "a:P b:N @timeout", .verdict = OUT_SUSPECT, .reason = "was not finished in its time on free threading" },
	{ .name = "collects nothing on ft", .gil = "a:P", .ft = "@exit5", .verdict = OUT_SUSPECT, .reason = "collected nothing on free threading" },
	{ .name = "does not start on ft", .gil = "a:P", .ft = "@nostart", .verdict = OUT_SUSPECT, .reason = "did not start" },
	/* flaky */
	{ .name = "fails on both now and then", .gil = "2*a:P b:P|a:P b:F|a:P b:P", .ft = "a:P b:F|3*a:P b:P", .verdict = OUT_PASS, .ready = READY_GO, .flag = "flaky", .reason = "flaky: b fails now and then, with the GIL too (ft 1 of 4 runs, gil 1 of 4)" },
	{ .name = "fails on gil now and then", .gil = "a:P b:F|a:P b:P", .ft = "2*a:P b:P", .verdict = OUT_PASS, .flag = "flaky" },
	{ .name = "fails on gil only", .gil = "2*a:P b:F", .ft = "2*a:P b:P", .verdict = OUT_PASS, .flag = "!flaky" },
	/* repetitions in one process: the first one is the run */
	{ .name = "fails the second time on both", .gil = "a:P b:P|5*a:P b:P / a:P b:F", .ft = "a:P b:P|5*a:P b:P / a:P b:F", .verdict = OUT_PASS, .ready = READY_GO, .flag = "!flaky", .reason = "0 failures in 6 runs" },
	{ .name = "fails the second time on ft", .gil = "a:P b:P|5*a:P b:P / a:P b:P", .ft = "a:P b:P|5*a:P b:P / a:P b:F", .verdict = OUT_PASS, .flag = "!repeated-ids" },
	{ .name = "fails the first time on ft", .gil = "a:P b:P|5*a:P b:P / a:P b:P", .ft = "a:P b:P|5*a:P b:F / a:P b:P", .verdict = OUT_TEST_REGRESSED, .reason = "in 5 of 6 runs" },
	{ .name = "left by exit code the second time", .gil = "6*a:P b:P / a:P b:P", .ft = "6*a:P b:P / a:P b:Q", .verdict = OUT_PASS },
	{ .name = "dies the second time on ft", .gil = "6*a:P b:P / a:P b:P", .ft = "6*a:P b:P / a:P b:C", .verdict = OUT_CRASH },
	{ .name = "dies the second time on both", .gil = "6*a:P b:P / a:P b:C", .ft = "6*a:P b:P / a:P b:C", .verdict = OUT_PASS },
	/* gil-fallback */
	{ .name = "turns the GIL on", .gil = "a:P", .ft = "a:P @gil=pkg._c", .nogil = "6*a:P", .verdict = OUT_GIL_FALLBACK, .ready = READY_LIMITS, .flag = "gil-forced-off", .reason = "pkg._c turns the GIL back on; the suite ran with PYTHON_GIL=0" },
	{ .name = "turns the GIL on, bound", .gil = "a:P", .ft = "a:P @gil=pkg._c", .nogil = "6*a:P", .verdict = OUT_GIL_FALLBACK, .reason = "with PYTHON_GIL=0: 0 failures in 6 runs: below 39% at 95%" },
	{ .name = "turns the GIL on in a test", .gil = "a:P", .ft = "a:P @giltest=a", .verdict = OUT_GIL_FALLBACK, .reason = "turns the GIL back on in a" },
	{ .name = "crashes without the GIL", .gil = "a:P", .ft = "a:P @gil=pkg._c", .nogil = "a:C", .verdict = OUT_GIL_FALLBACK, .ready = READY_LIMITS, .reason = "with PYTHON_GIL=0: SIGSEGV a.c: a_crash < call_it, 1 of 1 runs" },
	{ .name = "fails without the GIL", .gil = "a:P b:P", .ft = "a:P b:P @gil=pkg._c", .nogil = "a:P b:F", .verdict = OUT_GIL_FALLBACK, .reason = "with PYTHON_GIL=0: 1 test fails on free threading and not on gil" },
	{ .name = "fails where the GIL comes back", .gil = "4*a:P b:P", .ft = "4*a:P b:F @gil=pkg._c", .nogil = "a:P b:P", .control = "a:P b:P", .verdict = OUT_GIL_FALLBACK, .ready = READY_LIMITS, .reason = "1 test fails only where the GIL is turned back on, not with PYTHON_GIL=0 or 1" },
	{ .name = "fails with the GIL on all along too", .gil = "4*a:P b:P", .ft = "4*a:P b:F @gil=pkg._c", .nogil = "a:P b:P", .control = "a:P b:F", .verdict = OUT_TEST_REGRESSED },
	{ .name = "crashes where the GIL comes back", .gil = "4*a:P b:P", .ft = "4*a:P b:C @gil=pkg._c", .nogil = "a:P b:P", .control = "a:P b:P", .verdict = OUT_CRASH },
	{ .name = "fails with the GIL on", .gil = "4*a:P b:P", .ft = "4*a:P b:F @gil=pkg._c", .nogil = "a:P b:P", .verdict = OUT_TEST_REGRESSED },
	/* untested */
	{ .name = "no runs", .build = OK_BUILD, .no_suite = "no tests in wheel, sdist or repository", .verdict = OUT_UNTESTED, .ready = READY_UNKNOWN, .reason = "untested: no tests in wheel, sdist or repository" },
	{ .name = "nothing collected", .gil = "@exit5", .ft = "@exit5", .verdict = OUT_UNTESTED, .reason = "collected nothing on either build" },
	{ .name = "all skipped", .gil = "a:S b:S", .ft = "a:S b:S", .verdict = OUT_UNTESTED, .reason = "all are skipped on either build" },
	{ .name = "all skipped on ft", .gil = "a:P b:P", .ft = "a:S b:S", .verdict = OUT_UNTESTED, .reason = "all are skipped on free threading" },
	{ .name = "one not skipped", .gil = "a:P b:S", .ft = "a:P b:S", .verdict = OUT_PASS },
	{ .name = "only collection errors", .gil = "@collect=t", .ft = "@collect=t", .verdict = OUT_UNTESTED, .ready = READY_UNKNOWN, .reason = "could not be collected on either build: SyntaxError: no" },
	{ .name = "collection errors and nothing but failures", .gil = "a:F @collect=t", .ft = "a:F @collect=t", .verdict = OUT_BROKEN },
	{ .name = "only collection errors for want of a module", .gil = "@collectM=t", .ft = "@collectM=t", .verdict = OUT_UNTESTED, .reason = "could not be collected on either build" },
	{ .name = "runner gives up on both", .gil = "@nostart", .ft = "@nostart", .verdict = OUT_UNTESTED, .reason = "did not start on either build" },
	{ .name = "not finished on either", .gil = "a:P b:N @timeout", .ft = "a:P b:N @timeout", .verdict = OUT_UNTESTED, .reason = "was not finished in its time on either build", .flag = "timed-out" },
	{ .name = "stopped too early", .gil = "a:P b:N c:N @early", .ft = "a:P b:N c:N @early", .verdict = OUT_UNTESTED, .reason = "1 of 3 tests ran on both builds, nothing is claimed" },
	{ .name = "stopped late", .gil = "a:P b:P c:N @early", .ft = "a:P b:P c:N @early", .verdict = OUT_PASS, .flag = "timed-out", .reason = "2 of 3 tests ran on both builds before the time was up" },
	{ .name = "shadowed", .gil = "a:P @shadow=pkg", .ft = "a:P @shadow=pkg", .verdict = OUT_UNTESTED, .flag = "shadowed", .reason = "instead of the installed build: pkg" },
	{ .name = "no common pass", .gil = "a:P b:S", .ft = "a:S b:P", .verdict = OUT_UNTESTED, .reason = "no test passed on both builds" },
	{ .name = "run on gil only", .gil = "a:P", .verdict = OUT_UNTESTED, .reason = "was not run on free threading" },
	/* pass */
	{ .name = "passes", .build = OK_BUILD, .gil = "6*a:P b:X", .ft = "6*a:P b:X", .verdict = OUT_PASS, .ready = READY_GO, .reason = "0 failures in 6 runs: below 39% at 95%" },
	{ .name = "native on gil only", .native = "10", .gil = "a:P", .ft = "a:P", .verdict = OUT_PASS, .ready = READY_LIMITS, .flag = "gil-only-native", .reason = "native on gil only" },
	{ .name = "native on both", .native = "11", .gil = "a:P", .ft = "a:P", .verdict = OUT_PASS, .ready = READY_GO, .flag = "!native-differs" },
	{ .name = "loads another module on gil", .gil = "a:P @ext=pkg._c", .ft = "a:P", .verdict = OUT_PASS, .ready = READY_LIMITS, .flag = "native-differs" },
	{ .name = "a dependency loads another module", .gil = "a:P @ext=other._c", .ft = "a:P", .verdict = OUT_PASS, .ready = READY_GO, .flag = "!native-differs" },
	{ .name = "ids differ", .gil = "a:P b:P", .ft = "a:P", .verdict = OUT_PASS, .flag = "collected-differs", .reason = "collected on one build only: 1 on gil, 0 on free threading" },
	{ .name = "ids not reached do not differ", .gil = "a:P b:P", .ft = "a:P b:N", .verdict = OUT_PASS, .flag = "!collected-differs" },
	{ .name = "ids lost by a death do not differ", .gil = "a:P b:P", .ft = "a:P @died", .verdict = OUT_SUSPECT, .flag = "!collected-differs" },
	{ .name = "missing test dependency", .gil = "a:P b:M", .ft = "a:P b:M", .verdict = OUT_PASS, .flag = "left-out-dependencies", .reason = "1 test not run on either build, for want of dep.sub" },
	{ .name = "missing test dependency on ft", .gil = "4*a:P b:P", .ft = "4*a:P b:M", .verdict = OUT_PASS, .flag = "left-out-dependencies" },
	{ .name = "missing module, and fails besides", .gil = "4*a:P b:P", .ft = "a:P b:M|3*a:P b:F", .verdict = OUT_TEST_REGRESSED },
	{ .name = "skips itself on ft", .gil = "a:P b:P", .ft = "a:P b:S", .verdict = OUT_PASS, .ready = READY_GO },
	{ .name = "sampled", .gil = "a:P @more", .ft = "a:P @more", .verdict = OUT_PASS, .flag = "sampled" },
	{ .name = "not sampled", .gil = "a:P", .ft = "a:P", .verdict = OUT_PASS, .flag = "!sampled" },
	{ .name = "forged events", .gil = "a:P", .ft = "a:P @forged", .verdict = OUT_PASS, .flag = "forged-events", .reason = "wrote to the event channel" },
	{ .name = "much output", .gil = "a:P @truncated", .ft = "a:P", .verdict = OUT_PASS, .flag = "output-truncated" },
	{ .name = "ids twice, one fails", .gil = "4*a:P b:P b:P", .ft = "4*a:P b:F b:P", .verdict = OUT_TEST_REGRESSED, .flag = "repeated-ids" },
};

static void set_input(struct judge_input *in, const struct row *r, struct run_set set[4], const struct strv *path, const struct strv *top)
{
	const char *const text[] = { r->gil, r->ft, r->nogil, r->control };
	for (size_t i = 0; i < 4; i++)
		make_runs(&set[i], text[i]);
	*in = (struct judge_input){
		.gil = set[0].p, .n_gil = set[0].n, .ft = set[1].p, .n_ft = set[1].n, .ft_nogil = set[2].p, .n_ft_nogil = set[2].n,
		.ft_gil = set[3].p, .n_ft_gil = set[3].n, .build = r->build, .blocked_by = r->blocked_by, .blocked_path = path, .blocked_why = r->why,
		.blocked_on_both = r->blocked_on_both, .infra_error = r->infra, .skip_reason = r->skip, .tested_version = r->older,
		.no_suite = r->no_suite, .import_gil = r->import_gil, .import_ft = r->import_ft, .top_level = top,
		.native_known = r->native != NULL, .native_gil = r->native && r->native[0] == '1',
		.native_ft = r->native && r->native[1] == '1', .confirm_exhausted = r->exhausted };
}

static bool has_reason(const struct package_result *p, const char *part)
{
	for (size_t i = 0; i < p->reasons.n; i++)
		if (strstr(p->reasons.v[i], part))
			return true;
	return false;
}

/* A flag without a text could not be explained to anyone. */
static bool flag_is_explained(const char *flag)
{
	static const char *const words[] = {
#define X(word, text) word,
#include "model/flags.def"
#undef X
	};
	size_t n = strcspn(flag, ":");
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == n && memcmp(words[i], flag, n) == 0)
			return true;
	return false;
}

static void check_row(const struct row *r)
{
	struct run_set set[4];
	AUTO_STRV path = { 0 }, top = { 0 }, tried = { 0 };
	strv_split(&tried, r->tried ? r->tried : "", ' ');
	strv_split(&path, "requests cffi", ' ');
	strv_add(&top, "pkg");
	struct judge_input in;
	set_input(&in, r, set, &path, &top);
	in.older_tried = &tried;
	struct package_result p;
	package_result_init(&p);
	str_set(&p.name, "pkg");
	judge_package(&in, &p);
	/* READY_NO_GO is 0: rows without a readiness have their outcome's own */
	enum readiness expected = r->ready ? r->ready : outcome_readiness(r->verdict);
	AUTO_FREE char *reasons = strv_join(&p.reasons, "\n    ");
	AUTO_FREE char *flags = strv_join(&p.flags, " ");
	if (p.verdict != r->verdict || (r->reason && !has_reason(&p, r->reason)))
		fail_msg("%s: %s\n    %s", r->name, outcome_word(p.verdict), reasons);
	if (p.readiness != expected)
		fail_msg("%s: readiness %s", r->name, readiness_word(p.readiness));
	if (r->flag && strv_has(&p.flags, r->flag + (r->flag[0] == '!')) != (r->flag[0] != '!'))
		fail_msg("%s: flags %s", r->name, flags);
	if (p.readiness == READY_GO && (p.verdict != OUT_PASS || p.bound >= 1 || p.runs < 1))
		fail_msg("%s: green without evidence", r->name);
	for (size_t i = 0; i < p.flags.n; i++)
		if (!flag_is_explained(p.flags.v[i]))
			fail_msg("%s: flag %s", r->name, p.flags.v[i]);
	for (size_t i = 0; i < p.reasons.n; i++)
		if (strlen(p.reasons.v[i]) > 200)
			fail_msg("%s: long line: %s", r->name, p.reasons.v[i]);
	assert_true(p.reasons.n > 0);
	assert_int_equal(p.n_ladder, 7);
	package_result_release(&p);
	for (size_t i = 0; i < 4; i++)
		release_runs(&set[i]);
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

/* A rule without a row would not be noticed when it goes wrong. */
static void every_outcome_has_a_row(void **state)
{
	(void)state;
	for (enum outcome o = 0; o < OUT_COUNT; o++) {
		bool seen = o == OUT_RACE; /* the stress modes' own: test_stress.c */
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			seen |= rows[i].verdict == o;
		if (!seen)
			fail_msg("no row for %s", outcome_word(o));
	}
}

/* Judge gil against ft without further facts; released by finish(). */
struct judged {
	struct run_set set[4];
	struct judge_input in;
	struct strv top;
	struct package_result p;
};

static void judge(struct judged *j, const struct row *r)
{
	j->top = (struct strv){ 0 };
	strv_add(&j->top, "pkg");
	set_input(&j->in, r, j->set, NULL, &j->top);
	package_result_init(&j->p);
	str_set(&j->p.name, "multidict");
	judge_package(&j->in, &j->p);
}

static void finish(struct judged *j)
{
	for (size_t i = 0; i < 4; i++)
		release_runs(&j->set[i]);
	strv_release(&j->top);
	package_result_release(&j->p);
}

static void counts_are_of_the_fullest_run(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .gil = "a:P b:F c:S d:X e:E f:P n:N|a:P", .ft = "a:P b:F c:S d:X e:E f:H n:N @collect=t|a:P @subset" });
	const struct arm_tests *gil = &j.p.tests[ARM_GIL], *ft = &j.p.tests[ARM_FT];
	assert_true(gil->known && ft->known && !j.p.tests[ARM_FT_GIL].known);
	assert_int_equal(gil->passed, 3);
	assert_int_equal(gil->failed, 1);
	assert_int_equal(gil->errors, 1);
	assert_int_equal(gil->skipped, 1);
	assert_int_equal(gil->not_run, 1);
	assert_int_equal(ft->passed, 2);
	assert_int_equal(ft->failed, 2);
	assert_int_equal(ft->errors, 2);
	assert_int_equal(j.p.selected, 7);
	assert_int_equal(j.p.collected, 7);
	assert_int_equal(j.p.gil_state, 0);
	finish(&j);
}

static void counts_of_a_cut_off_suite_are_unknown(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .gil = "a:P b:P", .ft = "a:P b:N @timeout" });
	assert_true(j.p.tests[ARM_GIL].known);
	assert_false(j.p.tests[ARM_FT].known);
	finish(&j);
}

/* With the GIL turned back on, the counts beside gil are those of PYTHON_GIL=0. */
static void fallback_counts_the_runs_without_gil(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .gil = "a:P b:P", .ft = "a:P b:P @gil=pkg._c", .nogil = "3*a:P b:S" });
	assert_int_equal(j.p.tests[ARM_FT].passed, 1);
	assert_int_equal(j.p.tests[ARM_FT_GIL].passed, 2);
	assert_int_equal(j.p.runs, 3);
	assert_true(fabs(j.p.bound - bound_zero_failures(3)) < 1e-12);
	assert_int_equal(j.p.gil_state, 1);
	assert_string_equal(j.p.gil_module, "pkg._c");
	assert_int_equal(j.p.findings[0].kind, FIND_GIL_FALLBACK);
	assert_int_equal(j.p.findings[0].fault, FAULT_LIBRARY);
	finish(&j);
	judge(&j, &(struct row){ .gil = "a:P", .ft = "a:P @gil=other._c", .nogil = "a:C" });
	assert_int_equal(j.p.findings[0].fault, FAULT_DEPENDENCY);
	assert_int_equal(j.p.findings[1].kind, FIND_CRASH);
	assert_string_equal(j.p.findings[1].title, "with PYTHON_GIL=0: SIGSEGV a.c: a_crash < call_it");
	assert_true(j.p.bound == 1);
	finish(&j);
}

/* Subset runs confirm, but they are no runs of the suite. */
static void bound_counts_complete_runs_only(void **state)
{
	(void)state;
	static const struct { const char *ft; int64_t runs; } cases[] = {
		{ "3*a:P b:P", 3 }, { "2*a:P b:P|a:P @subset", 2 }, { "a:P b:P|a:P b:P @died|a:P b:P @timeout", 1 }, { "a:P b:P|@failed=x", 1 } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged j;
		judge(&j, &(struct row){ .gil = "3*a:P b:P", .ft = cases[i].ft });
		assert_int_equal(j.p.verdict, OUT_PASS);
		assert_int_equal(j.p.runs, cases[i].runs);
		assert_true(fabs(j.p.bound - bound_zero_failures(cases[i].runs)) < 1e-12);
		finish(&j);
	}
}

static void differences_have_their_kind_worst_first(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .gil = "4*ok:P same:F skip:P fixed:F flaky:P late:P bad:P|ok:P same:F skip:P fixed:F flaky:F late:P bad:P",
	                         .ft = "4*ok:P same:F skip:S fixed:P flaky:F late:P bad:F|ok:P same:F skip:S fixed:P flaky:P late:F bad:F" });
	static const char *const expected[][2] = { { "bad", "regressed" }, { "late", "suspect" }, { "flaky", "flaky" },
		                                       { "same", "both" }, { "fixed", "fixed" }, { "skip", "self-skip" } };
	assert_int_equal(j.p.n_differences, ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_string_equal(j.p.differences[i].id, expected[i][0]);
		assert_string_equal(j.p.differences[i].kind, expected[i][1]);
	}
	assert_int_equal(j.p.differences[0].gil, TEST_PASSED);
	assert_int_equal(j.p.differences[0].ft, TEST_FAILED);
	assert_int_equal(j.p.differences[0].ft_bad, 5);
	assert_int_equal(j.p.differences[0].gil_runs, 5);
	assert_int_equal(j.p.verdict, OUT_TEST_REGRESSED);
	finish(&j);
}

/* Benjamini-Hochberg over the nominees: beside many that fail by chance on
 * both, 3 fresh runs of 3 are not enough for one; 7 are. */
static void more_nominees_need_more_runs(void **state)
{
	(void)state;
	static const struct { int runs; enum outcome verdict; } cases[] = { { 4, OUT_SUSPECT }, { 8, OUT_TEST_REGRESSED } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *gil = xasprintf("%d*x:P bad:P a:F b:F c:F d:F e:F|x:P bad:P a:P b:P c:P d:P e:P", cases[i].runs - 1);
		AUTO_FREE char *ft = xasprintf("x:P bad:F a:F b:F c:F d:F e:F|%d*x:P bad:F a:P b:P c:P d:P e:P", cases[i].runs - 1);
		struct judged j;
		judge(&j, &(struct row){ .gil = gil, .ft = ft });
		assert_int_equal(j.p.verdict, cases[i].verdict);
		finish(&j);
	}
}

static void nominees_are_what_is_undecided(void **state)
{
	(void)state;
	static const struct { const char *gil, *ft, *ids; size_t cap; } cases[] = {
		{ "a:P b:P", "a:P b:F", "b", 0 },
		{ "a:P b:P c:P", "a:F b:F c:F", "a b", 2 },
		{ "a:P b:F", "a:P b:F", "", 0 },                       /* both */
		{ "a:P b:F", "a:P b:P", "", 0 },                       /* gil only */
		{ "a:P b:S", "a:P b:F", "", 0 },                       /* nothing to compare with */
		{ "4*a:P b:P", "4*a:P b:F", "", 0 },                   /* confirmed */
		{ "a:P b:F|a:P b:P", "a:P b:F|a:P b:F", "b", 0 },      /* inconsistent */
		{ "a:P b:P|a:P b:F|a:P b:P", "c:P a:F b:F|2*a:P b:P", "a b", 0 },
		{ "22*a:P", "a:F|21*a:P", "", 0 },                     /* given up */
		{ "a:P", "a:C", "a", 0 },                              /* a crash is repeated to say how often */
		{ "a:P", "a:M", "", 0 },
		{ "a:P t::x:P", "a:P @collect=t", "t", 0 } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged j;
		judge(&j, &(struct row){ .gil = cases[i].gil, .ft = cases[i].ft });
		AUTO_STRV ids = { 0 };
		judge_nominate(&j.in, cases[i].cap, &ids);
		AUTO_FREE char *joined = strv_join(&ids, " ");
		if (strcmp(joined, cases[i].ids) != 0)
			fail_msg("%s / %s: '%s'", cases[i].gil, cases[i].ft, joined);
		finish(&j);
	}
}

static void findings_name_place_fault_and_rate(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .gil = "5*b:P c:P d:P e:P", .ft = "b:C c:H d:F e:P|4*b:P c:H d:F e:P" });
	assert_int_equal(j.p.n_findings, 3);
	const struct finding *f = j.p.findings;
	assert_int_equal(f[0].kind, FIND_CRASH);
	assert_int_equal(f[0].fault, FAULT_LIBRARY);
	assert_string_equal(f[0].id, "m1");
	assert_string_equal(f[0].module, "b.c");
	assert_string_equal(f[0].signature, "SIGSEGV b.c: b_crash < call_it");
	assert_string_equal(f[0].test, "b");
	assert_string_equal(f[0].reproduce, "reproduce it");
	assert_string_equal(f[0].tail, "tail");
	assert_int_equal(f[0].events, 1);
	assert_int_equal(f[0].runs, 5);
	assert_int_equal(f[0].control_runs, 5);
	assert_int_equal(f[1].kind, FIND_HANG);
	assert_string_equal(f[1].signature, "hang: c.c: c_crash < call_it");
	assert_non_null(f[1].native_stack);
	assert_null(f[1].stack); /* the Python one: there is none */
	assert_int_equal(f[2].kind, FIND_TEST_REGRESSED);
	assert_int_equal(f[2].fault, FAULT_UNKNOWN);
	assert_string_equal(f[2].signature, "AssertionError: d is N");
	assert_int_equal(f[2].events, 5);
	assert_string_equal(j.p.differences[0].id, "b");
	assert_string_equal(j.p.differences[0].kind, "regressed");
	finish(&j);
	/* One defect in two tests is one finding, and counts once per run. */
	judge(&j, &(struct row){ .gil = "5*b:P c:P d:P e:P", .ft = "b:K c:K d:G e:G|4*b:P c:P d:G e:G" });
	assert_int_equal(j.p.n_findings, 2);
	assert_int_equal(j.p.findings[0].kind, FIND_CRASH);
	assert_int_equal(j.p.findings[0].events, 1);
	assert_int_equal(j.p.findings[0].runs, 5);
	assert_string_equal(j.p.findings[1].test, "d");
	finish(&j);
}

static void build_and_import_findings(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .build = FAILED_FT });
	assert_int_equal(j.p.findings[0].kind, FIND_BUILD);
	assert_string_equal(j.p.findings[0].signature, "build: src/x.c:N:N: error: unknown type name 'Foo'");
	finish(&j);
	judge(&j, &(struct row){ .gil = "a:P", .ft = "@import=ImportError:__/x/y/z.so:__0xdeadbeef" });
	assert_int_equal(j.p.findings[0].kind, FIND_IMPORT);
	assert_string_equal(j.p.findings[0].signature, "import: ImportError: z.so: 0xN");
	finish(&j);
	judge(&j, &(struct row){ .blocked_by = "cffi==2.1.1" });
	assert_string_equal(j.p.blocker, "cffi==2.1.1");
	assert_int_equal(j.p.n_findings, 0);
	finish(&j);
}

static const char *rung(const struct package_result *p, const char *name)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		if (strcmp(p->ladder[i].name, name) == 0)
			return p->ladder[i].state;
	return "";
}

static void ladder_says_how_far_each_rung_holds(void **state)
{
	(void)state;
	static const struct { struct row row; const char *builds, *import, *suite; } cases[] = {
		{ { .build = OK_BUILD, .gil = "a:P", .ft = "a:P" }, "yes", "GIL off", "same" },
		{ { .build = FAILED_FT }, "no", "unknown", "untested" },
		{ { .build = REFUSED }, "refused", "unknown", "untested" },
		{ { .gil = "a:P", .ft = "@import=x" }, "unknown", "no", "untested" },
		{ { .gil = "a:P", .ft = "a:P @gil=m" }, "unknown", "GIL on", "same" },
		{ { .gil = "a:P b:P", .ft = "a:P b:C" }, "unknown", "GIL off", "CRASH" },
		{ { .gil = "4*a:P b:P", .ft = "4*a:P b:H" }, "unknown", "GIL off", "HANG" },
		{ { .gil = "4*a:P b:P", .ft = "4*a:P b:F" }, "unknown", "GIL off", "differs" },
		{ { .gil = "a:P b:P", .ft = "a:P b:F" }, "unknown", "GIL off", "suspect" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged j;
		judge(&j, &cases[i].row);
		assert_string_equal(rung(&j.p, "builds"), cases[i].builds);
		assert_string_equal(rung(&j.p, "import"), cases[i].import);
		assert_string_equal(rung(&j.p, "suite"), cases[i].suite);
		assert_string_equal(rung(&j.p, "stress"), "untested");
		assert_string_equal(rung(&j.p, "classifier"), "unknown");
		finish(&j);
	}
}

/* Ids are whole however long, messages are cut at a character. */
static void long_lines_lose_the_message_only(void **state)
{
	(void)state;
	char id[150];
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	AUTO_FREE char *gil = xasprintf("4*%s:P y:P", id);
	AUTO_FREE char *ft = xasprintf("4*%s:F y:P", id);
	struct judged j;
	judge(&j, &(struct row){ .gil = gil, .ft = ft });
	assert_non_null(strstr(j.p.reasons.v[0], id));
	assert_true(str_ends(j.p.reasons.v[0], "..."));
	finish(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(every_outcome_has_a_row),
		cmocka_unit_test(counts_are_of_the_fullest_run),
		cmocka_unit_test(counts_of_a_cut_off_suite_are_unknown),
		cmocka_unit_test(fallback_counts_the_runs_without_gil),
		cmocka_unit_test(bound_counts_complete_runs_only),
		cmocka_unit_test(differences_have_their_kind_worst_first),
		cmocka_unit_test(more_nominees_need_more_runs),
		cmocka_unit_test(nominees_are_what_is_undecided),
		cmocka_unit_test(findings_name_place_fault_and_rate),
		cmocka_unit_test(build_and_import_findings),
		cmocka_unit_test(ladder_says_how_far_each_rung_holds),
		cmocka_unit_test(long_lines_lose_the_message_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
