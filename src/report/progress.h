/*
 * progress.h: an observer that tells people what happens while it happens.
 *
 * On a terminal: set-up lines, then finished packages as permanent lines and
 * below them one line with counts and one per running step, redrawn at most
 * four times a second, from the second second on. Elsewhere (not a terminal,
 * TERM=dumb, ACCESSIBLE, or asked for): only appended lines with a time stamp,
 * and a heartbeat after 60 s of silence.
 *
 * All functions may be called from several threads at once, but
 * progress_free() only when nobody uses the object any more.
 */
#ifndef MC_PROGRESS_H
#define MC_PROGRESS_H

#include "model/observer.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_NONE, PROGRESS_MODE_COUNT };
enum progress_mode progress_mode_parse(const char *word); /* PROGRESS_MODE_COUNT when unknown */

struct progress_options {
	enum progress_mode mode;
	int verbosity; /* below 0: silent; 1: notes; 2: output of packages as well */
	bool color;
	int jobs;      /* running steps shown at most; 0: 8 */
	bool ticker;   /* a thread redraws; without it the caller calls progress_tick() now and then */
	/* For tests; zero: ask the system. */
	int terminal;              /* 1: the stream is a terminal, -1: it is not */
	int width;                 /* columns of that terminal */
	uint64_t (*now_ns)(void);  /* monotonic clock */
	int64_t (*wall)(void);     /* seconds since 1970, for time stamps */
};

/* The stream is not owned. Never NULL. */
struct progress *progress_new(FILE *stream, const struct progress_options *options) MC_NODISCARD;
/* Erase the running lines, say how often equal warnings came back, stop the thread. NULL is fine. */
void progress_free(struct progress *p);

struct observer progress_observer(struct progress *p); /* valid until progress_free() */

void progress_tick(struct progress *p); /* redraw or send a heartbeat if it is time */
void progress_clear(struct progress *p); /* erase the running lines, so that others can print; they come back */

/* Print all running steps with their age and what they did last (SIGUSR1). */
void progress_print_status(struct progress *p);
/* The same at the next tick or event; may be called from a signal handler. */
void progress_request_status(struct progress *p);

#endif
