/*
 * compare.h: the runs of two arms laid side by side, one row per test id.
 * Rows point into the evidence, which must outlive the comparison.
 */
#ifndef MC_COMPARE_H
#define MC_COMPARE_H

#include "model/evidence.h"

/* What a row says, once judge_classify() has looked at all of them. */
enum row_kind {
	ROW_SAME,      /* nothing to tell */
	ROW_REGRESSED, /* fails on ft and not so on gil, confirmed */
	ROW_SUSPECT,   /* fails on ft, never on gil, not confirmed */
	ROW_FLAKY,     /* fails now and then, on gil too */
	ROW_BOTH,      /* fails whenever it runs, on both */
	ROW_FIXED,     /* fails on gil only */
	ROW_SELF_SKIP, /* passes on gil, skips itself on ft */
	ROW_FALLBACK,  /* fails only where the GIL comes back: not with it off, nor with it on all along */
	ROW_KIND_COUNT
};

/* What the runs of one arm say of one id. Runs in which it was skipped, or not
 * run for a stated reason, are no runs of it. */
struct arm_row {
	int64_t runs, bad;
	int64_t fresh_runs, fresh_bad;  /* of the runs after the one in which it was first bad on ft: what may confirm it */
	int64_t crashed, hung;          /* of the bad ones */
	int64_t skipped, not_run;
	enum test_status first;         /* in the fullest run; TEST_COUNT: not there */
	enum test_status worst;         /* over all runs; TEST_COUNT: not there */
	const char *message;            /* of the last bad run */
};

struct test_row {
	const char *id;
	bool collect;        /* a file that could not be collected, not a test */
	bool repeated;       /* its id occurs twice in one run (subtests); the worst counts */
	char *needs;         /* module or fixture of a test dependency that is not there */
	bool other_bad;      /* failed for another reason too, so that `needs` excuses nothing */
	enum row_kind kind;
	struct arm_row arm[2]; /* ARM_GIL, ARM_FT */
	/* while building: */
	size_t mark, first_bad;
	enum test_status now;
	const char *now_message;
};

struct runs {
	const struct evidence *const *v;
	size_t n;
};

struct comparison {
	struct test_row *rows; /* in the order of first appearance, gil first */
	size_t n;
	size_t *slot, slots;   /* index by id */
};
#define AUTO_COMPARISON CLEANUP(comparison_release) struct comparison

/*
 * Lay the runs side by side; run k of one arm was made beside run k of the
 * other. Runs that could not be started (END_FAILED) are left out. A failure
 * for a missing test dependency makes the id not run on both arms, unless the
 * module belongs to the package (its first part is in top_level, may be NULL).
 * Of a suite that was repeated in one process the first repetition is the run:
 * many tests do not stand a second one. Death by a signal counts in any.
 * c is initialised by this.
 */
void compare_runs(struct comparison *c, struct runs gil, struct runs ft, const struct strv *top_level);
void comparison_release(struct comparison *c); /* frees the rows, not the evidence they point into; c is empty afterwards */
const struct test_row *comparison_find(const struct comparison *c, const char *id); /* NULL when absent */
bool row_not_run(const struct test_row *r); /* excused by a missing test dependency */
/* The run with the most tests that were executed; NULL when there is none. */
const struct evidence *fullest_run(struct runs runs);
bool same_package(const char *module, const struct strv *top_level); /* is module one of the package's own? */

/* Name of the missing module or fixture that `t` failed for; owned by the caller, NULL when it did not. */
char *missing_dependency(const struct test_result *t, const struct strv *top_level) MC_NODISCARD;

#endif
