/*
 * event_reader: reads the harness's event lines. What comes over the pipe is
 * foreign: a line counts only with the right token, the next sequence number
 * and a known kind; everything else is counted as forged and ignored.
 */
#ifndef MC_EVENT_READER_H
#define MC_EVENT_READER_H

#include "model/evidence.h"

struct event_reader {
	char token[33];            /* 32 hex digits */
	int64_t next;              /* sequence number expected */
	struct buf line;           /* incomplete line, bounded */
	bool skipping;             /* inside a line that is too long */
	struct evidence *evidence; /* filled; borrowed */
	char *running;             /* test that started and has not ended; NULL between tests */
	uint64_t running_since_ns;
	bool hello, ended;         /* first and last event of this process were seen */
	bool collected;
	int64_t left;              /* tests left when time ran out */
	struct strv selected;      /* ids in order */
	struct strv done;          /* ids with a result, once each unless the suite repeats one */
	char *stuck_stack;         /* Python stacks sent by the watchdog for `running` */
	int64_t results;           /* results in this cell so far */
	uint64_t last_event_ns;    /* when this process last sent a line that counts; 0: none yet */
	/* Stress modes only. */
	const char *phase;         /* word of the last `stress` event; NULL before the first. Static */
	char *phase_text;
	int64_t phase_done, phase_total;
	struct strv script_keys, script_files; /* of `script` events, in pairs; names without a folder */
};

/* Makes the first token. evidence is borrowed, and filled by event_reader_feed(); it must outlive r. */
void event_reader_init(struct event_reader *r, struct evidence *evidence);
/* A new process of the same cell: sequence and process state start anew, a new token is made. */
void event_reader_restart(struct event_reader *r);
/* Bytes as the pipe gives them, cut anywhere: whole lines are taken, the rest is kept for the next call. */
void event_reader_feed(struct event_reader *r, const char *data, size_t n);
void event_reader_release(struct event_reader *r); /* frees r's own parts; the evidence stays */

#endif
