/* input.h: what the judge is told, taken from a job. */
#ifndef MC_INPUT_H
#define MC_INPUT_H

#include "pipeline/job.h"

/* Memory that a judge_input borrows. */
struct judge_views {
	const struct evidence **lists[4];
	char *blocked_by, *no_suite, *wheel;
	struct strv path;
};
/* Initialises both. *in points into j and v: it is good until one of them is released. */
void judge_input_fill(struct package_job *j, struct judge_views *v, struct judge_input *in);
void judge_views_release(struct judge_views *v); /* once, when the judge is through; the evidence is the job's */

#endif
