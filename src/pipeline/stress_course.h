/*
 * stress_course.h: which stress cells run, in which order: a play of each mode;
 * then, for what the plays have found, confirmation in a fresh process with
 * another seed, the same on the GIL build, the same under one lock, and
 * stand-alone scripts for what stays. Cells run one at a time, through a
 * callback, so that the course can be tested without any package.
 */
#ifndef MC_STRESS_COURSE_H
#define MC_STRESS_COURSE_H

#include "pipeline/job.h"

struct stress_course {
	const struct stress_slot *slots; /* modes in order */
	size_t n_slots;
	int threads;
	const char *seed;              /* cell n uses "SEED+n" */
	double confirm_seconds;        /* for all that follows the plays, in wall time of the cells */
	int rounds;                    /* confirmations of what has not shown again, at most */
	const struct strv *ids;        /* tests worth running under stress; NULL: no suite */
	bool gil;                      /* the GIL build can run it */
	int (*cell)(void *cookie, enum arm arm, const char *mode, int round, const struct strv *ids, double suite_seconds,
	            const struct stress_spec *spec, struct evidence *out, struct error *err);
	void *cookie;
	struct run_list *stress;       /* filled: plays, confirmations and locked controls of the free-threaded build */
	struct run_list *control;      /* filled: of the GIL build */
};

/* -1 only when a cell was: the tool's or the machine's fault, or an interruption. */
int stress_course_run(struct stress_course *c, struct error *err);

#endif
