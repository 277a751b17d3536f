/*
 * words.h: the vocabulary. Each enum comes with a function that gives its word
 * and one that reads a word back (returning the last enumerator, X_COUNT, when
 * the word is unknown). The words are used in output, JSON and the store alike.
 */
#ifndef MC_WORDS_H
#define MC_WORDS_H

#include "base/base.h"

enum readiness {
#define X(id, word, glyph, ansi, light, dark, meaning) id,
#include "model/readiness.def"
#undef X
	READY_COUNT
};

enum outcome {
#define X(id, word, ready, text) id,
#include "model/outcome.def"
#undef X
	OUT_COUNT
};

/* Which interpreter and GIL state a run used. */
enum arm {
	ARM_GIL,    /* "gil": the GIL build */
	ARM_FT,     /* "ft": the free-threaded build, GIL off unless the package turns it on */
	ARM_FT_GIL, /* "ft-gil": the free-threaded build with PYTHON_GIL=1, the control */
	ARM_COUNT
};

/* What one test did in one run. NOT_RUN: a stated reason (missing test
 * dependency, time) kept it from running, which is never a failure. */
enum test_status {
	TEST_PASSED,  /* "passed" */
	TEST_FAILED,  /* "failed": the call phase raised */
	TEST_ERROR,   /* "error": set-up, tear-down or collection raised */
	TEST_SKIPPED, /* "skipped" */
	TEST_XFAILED, /* "xfailed": failed as its mark expects */
	TEST_XPASSED, /* "xpassed": passed although marked to fail */
	TEST_CRASHED, /* "crashed": the process died in it */
	TEST_HUNG,    /* "hung": did not end before its deadline */
	TEST_NOT_RUN, /* "not-run" */
	TEST_COUNT
};

/* How a cell's process ended. */
enum ending {
	END_NORMAL,  /* "normal": the harness sent its last event and exited */
	END_EXIT,    /* "exit": left early with an exit code */
	END_SIGNAL,  /* "signal" */
	END_TIMEOUT, /* "timeout": its deadline passed */
	END_FAILED,  /* "failed": could not be started (tool or machine) */
	END_COUNT
};

enum effort { EFFORT_QUICK, EFFORT_STANDARD, EFFORT_DEEP, EFFORT_COUNT };

/* What a performance interval says. */
enum perf_verdict {
	PERF_SLOWER,
	PERF_FASTER,
	PERF_SAME,
	PERF_INCONCLUSIVE,
	PERF_UNKNOWN, /* not measured, or the pair is not like for like */
	PERF_COUNT
};

/* What a curve of throughput over threads says (judge/scaling.h). */
enum scaling_verdict {
	SCALING_SCALES,       /* more threads get more done */
	SCALING_CONTENDED,    /* without the GIL, more threads get no more done */
	SCALING_SERIAL,       /* the same with the GIL, where nothing else is to be expected */
	SCALING_INCONCLUSIVE, /* the interval, or the machine, does not tell */
	SCALING_UNKNOWN,      /* not measured */
	SCALING_COUNT
};

enum finding_kind {
	FIND_CRASH, FIND_ABORT, FIND_HANG, FIND_WRONG_RESULT, FIND_LOST_UPDATE, FIND_EXCEPTION, FIND_SANITIZER,
	FIND_TEST_REGRESSED, FIND_GIL_FALLBACK, FIND_BUILD, FIND_IMPORT,
	FIND_COUNT
};

enum fault {
	FAULT_LIBRARY, FAULT_TESTS, FAULT_RACY_WITH_GIL, FAULT_DEPENDENCY, FAULT_INTERPRETER, FAULT_UNKNOWN,
	FAULT_COUNT
};

const char *readiness_word(enum readiness r);      /* "no-go", "limits", "unknown", "go"; "?" for READY_COUNT. Static */
char readiness_glyph(enum readiness r);            /* one ASCII character that tells them apart without colour */
const char *readiness_ansi(enum readiness r);      /* SGR parameters, e.g. "31" */
const char *readiness_color(enum readiness r, bool dark); /* "#rrggbb" */
const char *readiness_meaning(enum readiness r);          /* half a sentence for legends; static */
enum readiness readiness_parse(const char *word);         /* READY_COUNT when unknown or NULL */

const char *outcome_word(enum outcome o);         /* as in the matrix and in documents: "test-regressed"; "?" for OUT_COUNT. Static */
enum readiness outcome_readiness(enum outcome o); /* the row's own; judge may lower or raise it with a reason */
const char *outcome_explain(enum outcome o);      /* one or two sentences for `explain WORD`; static */
enum outcome outcome_parse(const char *word);     /* OUT_COUNT when unknown or NULL */

/* Each ..._word(): as documents and the store have it, static; "?" when out of range. Each ..._parse(): the _COUNT
 * of its kind when unknown or NULL. */
const char *arm_word(enum arm a);
enum arm arm_parse(const char *word);
const char *test_status_word(enum test_status s);
enum test_status test_status_parse(const char *word);
bool test_status_bad(enum test_status s); /* failed, error, crashed, hung */
const char *ending_word(enum ending e);
enum ending ending_parse(const char *word);
const char *effort_word(enum effort e);
enum effort effort_parse(const char *word);
const char *perf_verdict_word(enum perf_verdict v);
enum perf_verdict perf_verdict_parse(const char *word);
const char *scaling_verdict_word(enum scaling_verdict v);
enum scaling_verdict scaling_verdict_parse(const char *word);
const char *finding_kind_word(enum finding_kind k);
enum finding_kind finding_kind_parse(const char *word);
const char *fault_word(enum fault f);
enum fault fault_parse(const char *word);

#endif
