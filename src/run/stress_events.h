/*
 * stress_events.h: the event kinds that only stress modes send; part of
 * event_reader. Every text, list and number is bounded here; a line whose
 * words are unknown leaves nothing.
 */
#ifndef MC_STRESS_EVENTS_H
#define MC_STRESS_EVENTS_H

#include "run/event_reader.h"

void stress_on_stress(struct event_reader *r, const cJSON *j); /* phase and its progress; an unknown phase changes nothing */
void stress_on_finding(struct event_reader *r, const cJSON *j);
void stress_on_played(struct event_reader *r, const cJSON *j); /* a key that came before is overwritten; at most 500 keys */
void stress_on_coverage(struct event_reader *r, const cJSON *j); /* the last one counts; lists are replaced */
/* The file of a finding's script, a plain name to be read once the process has ended,
 * or why there is none. At most 20. */
void stress_on_script(struct event_reader *r, const cJSON *j);

/* What the phase does, for the progress line ("play 48 of 120 units"); NULL before the first. The caller owns it. */
char *stress_phase_text(const struct event_reader *r) MC_NODISCARD;
void stress_reader_release(struct event_reader *r); /* part of event_reader_release() */

#endif
