/*
 * measure_course.h: the process pairs of one measurement: gil:ft for the ratio,
 * gil:gil for the noise, gil:ft-gil for what the build alone costs, in a mixed
 * order, one pair at a time. Before them goes a pair that is not judged: it warms
 * the caches, and says how often the tests fit into a process. Pairs that are of no use, and those from whose
 * processes others took the processor, are made again as long as there is time.
 */
#ifndef MC_MEASURE_COURSE_H
#define MC_MEASURE_COURSE_H

#include "judge/delta.h"
#include "pipeline/job.h"
#include "plan/effort.h"

/* Both runs of pair i: a.v[i] and b.v[i]. */
struct pair_runs {
	struct run_list a, b;
	struct process_pair *good; /* made by measure_course_run(): what may be judged */
	size_t n_good;
	bool busy;                     /* spoilt pairs had to be judged, too: there were too few others */
};

struct measure_course {
	struct package_job *job;
	const struct strv *ids;        /* what the processes run; NULL: everything */
	int planned[PAIR_KINDS];       /* how many pairs of each kind */
	double seconds;                /* all pairs together; twice as long where six gil:ft pairs need it */
	double suite_seconds;          /* soft stop of one process */
	bool once;                     /* see struct pair_request */
	/* filled: */
	int repeat;                    /* calls of each test in a process */
	struct pair_runs pairs[PAIR_KINDS];
	struct strv seen;              /* without ids: those of the first pair that was of use */
	int64_t spoilt, repeated;
	double spent;
};

/* A warm-up pair, those that are planned as far as time allows, and again those that were spoilt while there is time. -1 (err is
 * set) where a pair could not be run; what was measured until then stays in c. */
int measure_course_run(struct measure_course *c, struct error *err);
/* The Judge's view; it points into c. */
struct delta_input measure_course_input(const struct measure_course *c);
void measure_course_release(struct measure_course *c); /* frees what was filled */

#endif
