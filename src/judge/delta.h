/*
 * delta.h: from process pairs that took turns to ratios: what the free-threaded
 * build costs in time, memory and import time, with intervals, the noise of the
 * same run, and each test's part.
 */
#ifndef MC_JUDGE_DELTA_H
#define MC_JUDGE_DELTA_H

#include "judge/timing.h"
#include "model/delta.h"

enum { DELTA_MIN_PAIRS = 6 }; /* below it no interval at 95% exists */

struct delta_input {
	struct pair_list time;    /* gil:ft */
	struct pair_list noise;   /* gil:gil */
	struct pair_list build;   /* gil:ft-gil */
	const struct strv *ids;   /* what the processes were to run */
	bool like_for_like;       /* false: the interpreters differ otherwise, so that no verdict is given */
};

struct delta {
	struct ratio time, build, memory, memory_import, import_time;
	struct measured measured; /* but for drawn, spoilt, repeated, repeat and seconds, which the caller knows */
};
#define AUTO_DELTA CLEANUP(delta_release) struct delta

/* out is initialised by this. Each ratio is the Hodges-Lehmann estimate over its pairs with
 * the exact signed-rank interval, its verdict perf_judge()'s with the band of its own noise
 * (aa_noise() of the pairs gil:gil). What cannot be said has a note. */
void delta_judge(const struct delta_input *in, struct delta *out);
void delta_release(struct delta *d); /* what was moved out of it must be zeroed by the mover */

/* Sets spoilt[i] (which has room for all.n) where the processor was taken away from a process of pair i: it used less than
 * 90% of the share of its time in timed calls that the best process of its arm used. `all`: pairs of the same kind, which
 * t was made of or which ran the same tests. */
void delta_spoilt(const struct timing *t, struct pair_list all, bool *spoilt);

#endif
