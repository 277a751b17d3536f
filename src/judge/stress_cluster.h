/*
 * stress_cluster.h: which events of stress are one defect. One missing lock shows
 * in every type that inherits the operation, beside every other operation, and in
 * units that do everything at once; a report of each would hide the defect.
 */
#ifndef MC_JUDGE_STRESS_CLUSTER_H
#define MC_JUDGE_STRESS_CLUSTER_H

#include "model/evidence.h"

/* Does the replay key play, beside others, the operation that `self` ("replay|self|m.C add") plays alone on the same
 * type? So do "replay|pair|m.C add|get" and "replay|mix|m.C". Other keys: no. */
bool key_plays(const char *key, const char *self);

/* Is what e shows explained by what one operation alone shows: it plays that operation, and goes wrong in the
 * same way (state, or memory where no frame of the package's own tells more)? Exceptions explain nothing. */
bool stress_explains(const struct stress_event *self, const struct stress_event *e);

/* The same key or signature, or one explains the other. */
bool stress_one_defect(const struct stress_event *a, const struct stress_event *b);

#endif
