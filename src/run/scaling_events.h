/*
 * scaling_events.h: the event kinds that only the scaling modes send; part of
 * event_reader. They come from a process that has run foreign code: words, counts and
 * numbers are bounded here, and a line that does not hold together leaves nothing.
 */
#ifndef MC_SCALING_EVENTS_H
#define MC_SCALING_EVENTS_H

#include "run/event_reader.h"

void scaling_on_work(struct event_reader *r, const cJSON *j);  /* the units; a later line (another child) replaces them, and forgets rounds and waits */
void scaling_on_round(struct event_reader *r, const cJSON *j); /* only after `work` */
void scaling_on_wait(struct event_reader *r, const cJSON *j);  /* the same */

#endif
