/*
 * timing.h: what of measured runs may be compared as time. The unit is the sum
 * of call-phase durations over a set of ids that is the same for every run of
 * both arms, all repetitions included.
 */
#ifndef MC_TIMING_H
#define MC_TIMING_H

#include "judge/compare.h"

/* Those of `ids` that passed each time they ran, equally often in every run of both arms; adds them, sorted, to keep. */
void timing_common(struct runs gil, struct runs ft, const struct strv *ids, struct strv *keep);

/* Seconds in the call phases of one run, of the ids in keep (sorted). */
double timing_sum(const struct evidence *e, const struct strv *keep);

#endif
