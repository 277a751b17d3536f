/* events.h: an observer that writes one JSON line per event (`--events FILE`),
 * for tools that watch a run; the lines are described in docs/outputs.md. */
#ifndef MC_EVENTS_H
#define MC_EVENTS_H

#include "base/error.h"
#include "model/observer.h"

/* Writes to the stream (not owned) and hands every event on to `next`, which
 * may be NULL and must outlive the writer. Thread-safe. */
struct events_writer *events_new(FILE *out, const struct observer *next) MC_NODISCARD;
struct observer events_observer(struct events_writer *w); /* borrows w, which must outlive it */
/* Frees it; ERR_IO when any line could not be written. NULL is fine. */
int events_free(struct events_writer *w, struct error *err);

#endif
