/* workload_text.h: sentences about a program with the figures in them; used by workload.c alone. */
#ifndef MC_WORKLOAD_TEXT_H
#define MC_WORKLOAD_TEXT_H

#include "judge/workload.h"

/* The sentence with each {name} replaced; {place} is the lock that is waited for most. The caller owns it. */
char *workload_fill(const char *text, const struct workload_quantities *q, const struct workload_seen *s) MC_NODISCARD;
/* Fill w->notes: what a reader must know beside the advice. */
void workload_note(struct workload *w, const struct workload_quantities *q);

#endif
