/* progress_lines.h: the lines that progress.c prints, as pure functions of its
 * state, and that state. Private to progress*.c. */
#ifndef MC_PROGRESS_LINES_H
#define MC_PROGRESS_LINES_H

#include "model/observer.h"

#define SECOND_NS 1000000000ull
#define SLOW_AFTER 30 /* seconds without a moving number */

struct step {
	int slot;
	char *package, *topic, *text; /* harmless */
	int64_t done, total;
	uint64_t started, moved; /* when it began, and when its number last moved */
};

struct progress_state {
	uint64_t now, started;
	size_t total, finished;
	size_t count[READY_COUNT];
	struct step *steps;
	size_t n_steps;
	uint64_t expected_end; /* 0: not known */
};

void step_release(struct step *s); /* frees the texts and zeroes *s; not its place in progress_state */

void line_bar(struct buf *out, const struct progress_state *st);                       /* "[ 4:12] 29 of 46 ..." */
bool line_step(struct buf *out, const struct progress_state *st, const struct step *s); /* true: slow */
void line_package(struct buf *out, const struct package_result *r, bool color);        /* terminal form */
/* For a log: "x 3/46 name no-go: first reason (31 s)", no colour, no newline. */
void line_package_plain(struct buf *out, const struct progress_state *st, const struct package_result *r);
void line_heartbeat(struct buf *out, const struct progress_state *st); /* all running steps with their times on one line, no newline */
void line_status(struct buf *out, const struct progress_state *st); /* the answer to SIGUSR1: several lines, each with its newline */
void line_group(struct buf *out, const struct package_result *r); /* GitHub Actions: a fold with the findings */
void line_cut(struct buf *line, size_t columns);                  /* shorten to at most that many columns */

#endif
