/*
 * judge_help.h: evidence from one line of text, for tables of verdict tests.
 *
 * Words are separated by spaces. `id:LETTER` is one test:
 *   P passed  F failed  E error  S skipped  X xfailed  N not run
 *   C died of SIGSEGV  Q left by exit code 3  H hung
 *   K died of SIGSEGV in a place that all K share  G failed with a message that all G share
 *   M failed: module `dep` is missing  O failed: the package's own `pkg._c` is missing
 *   U not run because `pkg._c` is missing
 * After a word `/` the tests are those of the next repetition in the same process.
 * `@word` or `@word=text` says something of the whole run:
 *   @died @signal @timeout @nostart @failed=WHY @exit5 @early @oom @forged @truncated
 *   @shadow=MODULE @gil=MODULE @giltest=TEST @ext=MODULE @collect=FILE @collectM=FILE
 *   @import=ERROR @importdied @subset (a run of chosen ids) @more (than these were collected)
 * In a text an underscore followed by an underscore stands for a space.
 */
#ifndef MC_TEST_JUDGE_HELP_H
#define MC_TEST_JUDGE_HELP_H

#include "judge/verdict.h"

#define MOST_RUNS 24

struct run_set {
	struct evidence e[MOST_RUNS];
	const struct evidence *p[MOST_RUNS];
	size_t n;
};
/* Runs separated by `|`; "4*a:P" repeats one. NULL: none. */
void make_runs(struct run_set *set, const char *text);
void release_runs(struct run_set *set);

#endif
