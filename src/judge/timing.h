/*
 * timing.h: what of processes that took turns (run/cell_pair.h) may be compared
 * as time. The unit is one call phase of a test; a test that is called several
 * times in its process counts with the median, which one interruption does not
 * move. The ratio of two processes is that of the sums over the timed tests,
 * which are the same for all pairs.
 */
#ifndef MC_TIMING_H
#define MC_TIMING_H

#include "model/evidence.h"

/* Two processes that took turns; ratios are b / a. */
struct process_pair {
	const struct evidence *a, *b;
};

struct pair_list {
	const struct process_pair *v;
	size_t n;
};

enum test_fate {
	FATE_TIMED,
	FATE_SHORT,   /* a call takes less than TIMING_RESOLUTION_NS */
	FATE_WAITS,   /* sleeps or waits: uses less than half of its time, even in the process of an arm where it used most */
	FATE_UNEQUAL, /* did not pass each time, or not equally often, in every process */
	FATE_COUNT
};

/* What the harness does around a call takes 2 to 3 us (docs/harness-protocol.md). */
enum { TIMING_RESOLUTION_NS = 20000 };

struct timed_test {
	const char *id;   /* borrowed */
	enum test_fate fate;
	double *a, *b;    /* seconds of a call, by pair; only of tests that passed everywhere */
};

struct timing {
	struct timed_test *v; /* in the order of ids */
	size_t n, pairs;
	size_t count[FATE_COUNT];
	double *seconds;  /* what a and b point into */
	double least;     /* seconds of all calls of timed tests in the process where they took least */
};
#define AUTO_TIMING CLEANUP(timing_release) struct timing

/* t is initialised by this; it borrows the ids. */
void timing_make(struct timing *t, struct pair_list pairs, const struct strv *ids);
void timing_release(struct timing *t); /* frees and zeroes; the ids are not its own */

/* log(sum b / sum a) over the timed tests that passed in both processes of this pair, which
 * need not be one of those of timing_make(). NaN when there is none. */
double timing_log_ratio(const struct timing *t, const struct process_pair *p);

/* CPU time by wall time of the timed tests' calls in one process: well below that of other
 * processes of the same arm where others took the processor away. NaN: not known. */
double timing_cpu_share(const struct timing *t, const struct evidence *e);

#endif
