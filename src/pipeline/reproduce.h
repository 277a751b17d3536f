/* reproduce.h: one package made ready to run chosen tests or units again; used by reproduce*.c. */
#ifndef MC_REPRODUCE_H
#define MC_REPRODUCE_H

#include "pipeline/job.h"

/* What is run again once the package is ready. */
struct reproduction {
	const char *test;              /* a test id, or NULL */
	const struct finding *finding; /* of a stress mode, or NULL */
	int runs;
	FILE *out;
	int64_t *bad;                  /* counts the ft runs that were bad */
	char **script, **note;         /* set instead of running: the finding's script, or why there is none */
};

/* Makes the one package of r ready, with no result from the store, and does what `what` says.
 * -1 for errors of the tool, the machine or the user; a bad run is counted in *what->bad. */
int reproduce(const struct pipeline_request *r, const struct reproduction *what, struct error *err);
int reproduce_unit(struct package_job *j, const struct reproduction *what, struct error *err); /* reproduce_stress.c */

int reproduce_script(struct package_job *j, const struct reproduction *what, struct error *err); /* the same */

#endif
