/* facts.h: what the runs of one arm say as a whole, and how its processes died. */
#ifndef MC_FACTS_H
#define MC_FACTS_H

#include "judge/compare.h"
#include "judge/signature.h"
#include "judge/verdict.h"

/* How far the fullest run of an arm came. */
enum suite_state {
	SUITE_NONE,        /* not run */
	SUITE_RAN,         /* to its end, and tests were executed */
	SUITE_NOT_STARTED, /* the runner gave up first: unknown option, usage error, missing plugin */
	SUITE_EMPTY,       /* nothing was collected */
	SUITE_NOT_COLLECTED, /* collection errors and not one test */
	SUITE_SKIPPED,     /* every test skipped itself or could not be run */
	SUITE_DIED,        /* ended before its last event */
	SUITE_TIMEOUT      /* its time passed */
};

struct arm_facts {
	struct runs runs;
	const struct evidence *base; /* fullest run; NULL when there is none */
	enum suite_state state;
	size_t usable;        /* runs that could be started */
	size_t complete;      /* of those, ran the whole selection to its end */
	bool failed_to_start; /* there were runs, and none could be started */
	size_t imports, import_failures;
	const char *import_error;
	int import_signal;    /* died of it while importing; else 0 */
	bool gil_known, gil_on;
	const char *gil_module, *gil_test;
	bool out_of_memory, forged, truncated, stopped_early, shadowed;
	int64_t ran, selected; /* tests of the fullest run: executed or skipped, and chosen */
};
/* Sums up the runs of one arm. import: what an import in a process of its own showed, NULL when
 * none was tried. *f is initialised by this, owns nothing and points into both. */
void arm_facts_of(struct arm_facts *f, struct runs runs, const struct import_facts *import);

/* One way in which the processes of an arm died of a signal. */
struct crash {
	char *signature;      /* where, or the test when no stack names a place */
	struct stack_facts stack;
	const struct culprit *culprit; /* of the first event */
	const struct evidence *run, *last_run;
	struct strv ids;      /* tests that died so; empty: between tests */
	int64_t events, runs; /* runs with it, and runs in which its test was executed */
	int64_t control_events, control_runs; /* on gil */
};
struct crash_list {
	struct crash *v;
	size_t n;
};
/* Deaths in `ft` that gil does not have, neither with that test nor with that
 * stack; one event is enough. Deaths for want of memory are left out. The rows
 * of their tests become ROW_REGRESSED. */
void find_crashes(struct crash_list *l, struct runs gil, struct runs ft, struct comparison *c);
void crash_list_release(struct crash_list *l); /* frees the crashes, not the evidence they point into; l is empty afterwards */

#endif
