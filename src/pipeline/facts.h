/* facts.h: what the wheels and the source of a package say about it. */
#ifndef MC_FACTS_H
#define MC_FACTS_H

#include "pipeline/job.h"

/* Read j->facts from the source and, with `wheels`, `installed` of both arms from the
 * target's wheels, by one process in the sandbox. What cannot be read stays NULL.
 * Answers about files with known hashes are kept in the cache. */
int facts_read(struct package_job *j, bool wheels, struct error *err);

#endif
