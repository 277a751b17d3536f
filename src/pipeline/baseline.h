/*
 * baseline.h: what the two interpreters show without any package: a few
 * pure-Python workloads (harness/baseline), measured as a package's tests are, so
 * that a package's ratio can be read against the interpreters' own.
 */
#ifndef MC_BASELINE_H
#define MC_BASELINE_H

#include "pipeline/job.h"

/* Fills s->survey->baseline, once for a survey: does nothing when it is filled. Its cells are
 * kept in the store, for this survey only, because the machine is another one tomorrow. What
 * cannot be measured has a note in the ratio. -1 only for errors of the tool or machine. */
int baseline_measure(struct session *s, struct error *err);

#endif
