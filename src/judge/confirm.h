/*
 * confirm.h: which differences between the arms are real. A difference is
 * nominated by the run in which it first shows and tested on the runs after it,
 * so that the failure which drew attention does not count as its own proof.
 */
#ifndef MC_CONFIRM_H
#define MC_CONFIRM_H

#include "judge/compare.h"

#define CONFIRM_Q 0.05        /* false discovery rate over the nominees of a package */
#define CONFIRM_MOST_RUNS 20  /* fresh runs per arm after which a nominee is left as it is */

/* Set the kind of each row. Confirmed (ROW_REGRESSED): one-sided Fisher exact
 * test on fresh runs and Benjamini-Hochberg. Crashes need no test: facts.h. */
void judge_classify(struct comparison *c);

/* Ids to run again, equally often on both arms: rows that are bad on ft or
 * inconsistent, and not decided yet. A file that was not collected stands for
 * itself. At most `cap` (0: all), suspects before flaky ones. */
void judge_nominees(const struct comparison *c, size_t cap, struct strv *ids);

#endif
