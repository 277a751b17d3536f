/*
 * stress_events.h: the event kinds that only stress modes send; part of
 * event_reader. Every text, list and number is bounded here; a line whose
 * words are unknown leaves nothing.
 */
#ifndef MC_STRESS_EVENTS_H
#define MC_STRESS_EVENTS_H

#include "run/event_reader.h"

void stress_on_stress(struct event_reader *r, const cJSON *j);
void stress_on_finding(struct event_reader *r, const cJSON *j);
void stress_on_played(struct event_reader *r, const cJSON *j);
void stress_on_coverage(struct event_reader *r, const cJSON *j);
void stress_on_script(struct event_reader *r, const cJSON *j);

/* What the phase does, for the progress line ("play 48 of 120 units"); NULL before the first. The caller owns it. */
char *stress_phase_text(const struct event_reader *r) MC_NODISCARD;
void stress_reader_release(struct event_reader *r);

#endif
