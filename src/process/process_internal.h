/* process_internal.h: what the files of src/process share and nobody else sees. */
#ifndef MC_PROCESS_INTERNAL_H
#define MC_PROCESS_INTERNAL_H

#include "process/process.h"

/* ---- process_output.c: what the child prints ---- */

/* Keeps the first and the last bytes of a stream within a bound. */
struct capture {
	size_t head_max, tail_max; /* head_max + tail_max is the bound */
	struct buf head;
	char *ring;                /* tail_max bytes, allocated once the head is full */
	uint64_t tail_bytes;       /* all that went past the head */
};
void capture_init(struct capture *c, size_t max);                 /* max 0: 256 KiB; half for the head, half for the tail */
void capture_add(struct capture *c, const char *data, size_t n);  /* past the head each byte pushes out the oldest of the tail */
void capture_finish(struct capture *c, struct process_result *r); /* fills output*, releases c */

/* A file that takes output up to a bound. */
struct log_sink {
	int fd;         /* -1: none */
	size_t max;
	size_t left;    /* bytes that may still be written */
	bool capped;    /* the line that says so is written */
	int failed;     /* errno of the first failed write, or 0 */
};
/* As the log fields of spec say. No log_path: 0, and the others do nothing. ERR_IO, ERR_DISK_FULL. */
int log_sink_open(struct log_sink *l, const struct process_spec *spec, struct error *err);
/* What does not fit is dropped, after one line that says so; a failed write is noted in l->failed and is the last. */
void log_sink_add(struct log_sink *l, const char *data, size_t n);
void log_sink_close(struct log_sink *l); /* also when none was opened */

/* Output as events, line by line. */
struct line_sink {
	const struct observer *observer; /* NULL: nobody listens */
	int slot;
	struct buf line;                 /* what has come of the next line */
};
void line_sink_add(struct line_sink *l, const char *data, size_t n); /* a line of more than 4 KiB becomes several */
void line_sink_end(struct line_sink *l); /* what has no newline is a line too; releases l */

/* ---- process_spawn.c: from fork to exec ---- */

struct child {
	pid_t pid;
	int pidfd;  /* readable when the child has ended; -1 where the kernel has none */
	int output; /* reading end, non-blocking */
	int events; /* reading end, non-blocking; -1 when not asked for */
};
/* Starts the child in its own session. On success the caller owns the
 * descriptors and must reap; on failure nothing is left. */
int child_spawn(const struct process_spec *spec, struct child *c, struct error *err);
void child_close(struct child *c); /* closes the descriptors; does not reap */

/* ---- process_frames.c: what gdb printed ---- */

/* Which file an address of a process belongs to. */
struct maps {
	struct range *v;
	size_t n;
};
void maps_read(struct maps *m, pid_t pid); /* empty when it cannot be read */
void maps_release(struct maps *m);
/* `text`: frames as gdb prints them, each followed by a line "pc 0x...". Adds
 * "object!function" of the telling thread, see process_native_stacks(). */
void stack_frames(const char *text, const struct maps *maps, struct strv *out);
char *stack_text(const char *text) MC_NODISCARD; /* without the lines of addresses */

/* ---- process_cancel.c: ending all from outside ---- */

int cancel_descriptor(void);      /* readable from processes_cancel() on; never read it. -1 when there is none */
void group_register(pid_t group); /* for processes_kill_now() */
void group_forget(pid_t group);   /* once it is reaped: its number may soon be another's */

#endif
