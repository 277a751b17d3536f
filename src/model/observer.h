/*
 * observer.h: events instead of prints. Stages report what happens through an
 * observer; report/progress.c turns events into words on the terminal.
 */
#ifndef MC_OBSERVER_H
#define MC_OBSERVER_H

#include "model/survey.h"

enum event_kind {
	EVENT_SETUP,        /* topic, text: one line of first-run set-up ("interpreter", "3.13.15 gil found on PATH") */
	EVENT_PLAN,         /* total packages, text: the plan line; done: seconds it is expected to take, 0 when not known */
	EVENT_STEP_START,   /* package, topic (e.g. "ft serial"), slot id */
	EVENT_STEP_PROGRESS,/* slot id, done, total, text: what runs now */
	EVENT_STEP_END,     /* slot id */
	EVENT_PACKAGE_DONE, /* result: final line of one package */
	EVENT_NOTE,         /* text: level 1 (-v) commands and cache hits */
	EVENT_OUTPUT,       /* text: level 2 (-vv) a line printed by what is run */
	EVENT_WARNING       /* error: shown as warning[slug] */
};

struct event {
	enum event_kind kind;
	const char *package, *topic, *text;
	int slot;               /* names a running step; unique while it runs */
	int64_t done, total;    /* total 0: not known */
	const struct package_result *result;
	const struct error *error;
};

struct observer {
	void (*notify)(void *cookie, const struct event *event);
	void *cookie;
};

/* Convenience; each does nothing when observer or notify is NULL. */
void observe(const struct observer *o, const struct event *event);
/* EVENT_SETUP with the formatted text, which is valid during the call alone, as in the two below. */
void observe_setup(const struct observer *o, const char *topic, const char *fmt, ...) MC_PRINTF(3, 4);
void observe_note(const struct observer *o, const char *fmt, ...) MC_PRINTF(2, 3);                     /* EVENT_NOTE: seen with -v */
/* EVENT_NOTE of a command that is run: "$ uv pip compile ...", its words quoted for a shell, credentials in URLs hidden. */
void observe_command(const struct observer *o, const struct strv *argv);
int observe_step(const struct observer *o, const char *package, const char *fmt, ...) MC_PRINTF(3, 4); /* the slot, above 0 */
/* EVENT_STEP_PROGRESS of an open slot; total 0: not known. text may be NULL. */
void observe_progress(const struct observer *o, int slot, int64_t done, int64_t total, const char *text);
void observe_step_end(const struct observer *o, int slot); /* EVENT_STEP_END; once for each slot */

#endif
