/*
 * process.h: run one child process to its end. This header is the manual.
 *
 *   1. Fill a struct process_spec (zero it first; argv is all that is needed).
 *   2. Call process_run(). It blocks; several threads may each run one.
 *   3. Read struct process_result; release it.
 *
 * The child gets its own session and process group, /dev/null as standard
 * input, and standard output and error on one pipe that is read to a bound
 * (head and tail are kept, the middle is dropped and counted) and, if asked,
 * copied to a log file up to a bound. Descriptors other than 0, 1, 2 and the
 * event descriptor (and share_as) are closed in the child. When the deadline passes, when no
 * event arrived for idle_seconds, or when processes_cancel() was called, the
 * whole group gets SIGKILL (SIGTERM first when grace_seconds > 0) and is reaped;
 * descendants that left the group are reaped by the sandbox's pid namespace.
 *
 * A child that fails is data in the result; only what kept it from being
 * started is an error (ERR_TOOL; ERR_INTERRUPTED after a cancel), or a log that
 * cannot be written (ERR_IO, ERR_DISK_FULL). Then `ending` is END_FAILED.
 *
 * When the tool is killed its children are, too (PDEATHSIG, which Linux ties to
 * the thread that called process_run(): a callback must not end that thread).
 * The first call makes the tool a subreaper. Signal handlers and masks of the
 * tool do not reach the child; core dumps are off.
 */
#ifndef MC_PROCESS_H
#define MC_PROCESS_H

#include "base/buf.h"
#include "base/error.h"
#include "model/observer.h"

struct process_spec {
	const struct strv *argv;      /* argv->v[0] is found in PATH unless it has a slash */
	const struct strv *env;       /* whole environment as NAME=value; NULL: the tool's own */
	const char *cwd;              /* NULL: the tool's own */
	const char *input;            /* written to standard input, then closed; NULL: /dev/null */
	size_t input_len;
	size_t output_max;            /* bytes of output kept in memory; 0: 256 KiB */
	const char *log_path;         /* output is also written here, truncated first; NULL: nowhere */
	bool log_append;              /* add to the log instead */
	size_t log_max;               /* bytes written to the log; 0: 8 MiB */
	double deadline_seconds;      /* 0: none */
	double idle_seconds;          /* no event for so long: on_idle, then end; 0: off. Needs event_fd */
	double grace_seconds;         /* between SIGTERM and SIGKILL; 0: SIGKILL at once */
	int event_fd;                 /* 3 to 63: the child has the writing end of a pipe under this number; 0: none */
	int share_fd;                 /* a descriptor of the tool's that the child has, too, under the number share_as; 0: none */
	int share_as;                 /* 3 to 63, not event_fd */
	/* Bytes from the event pipe, as they come; called on the thread of process_run(). */
	void (*on_event)(void *cookie, const char *data, size_t n);
	void (*on_start)(void *cookie, pid_t pid); /* once, the child as seen by the tool; may be NULL */
	/* Before a process that is idle, past its deadline or stopped by should_stop
	 * is ended: look at it from outside (stacks). pid is the child's, as seen by
	 * the tool. Not called when cancelled. */
	void (*on_stuck)(void *cookie, pid_t pid);
	void (*on_output)(void *cookie, const char *data, size_t n); /* as it comes; may be NULL */
	const struct observer *observer; /* gets each line of output as an EVENT_OUTPUT of the step `slot`; may be NULL */
	int slot;
	/* Polled about 5 times a second; returning true ends the child like a deadline. May be NULL. */
	bool (*should_stop)(void *cookie);
	void *cookie;
	uint64_t limit_address_space; /* rlimits of the child; 0: unlimited */
	uint64_t limit_file_size;
	uint64_t limit_cpu_seconds;
	bool fixed_addresses;         /* no randomised memory layout, which old ThreadSanitizer runtimes cannot map around */
};

struct process_result {
	enum ending ending;           /* END_EXIT (also code 0), END_SIGNAL, END_TIMEOUT, END_FAILED */
	int code;                     /* exit code or signal number */
	bool idle;                    /* END_TIMEOUT because no event came */
	bool cancelled;               /* ended by processes_cancel() */
	struct buf output;            /* stdout and stderr: head and tail, with a line "[... N bytes left out ...]" between */
	uint64_t output_bytes;        /* all that was printed */
	bool output_truncated;
	uint64_t wall_ns, cpu_ns;     /* cpu: user and system, with reaped descendants */
	uint64_t peak_rss;            /* bytes, largest of child and reaped descendants */
};

#define AUTO_PROCESS CLEANUP(process_result_release) struct process_result
/* Runs it to its end, as told at the top. *result is initialised by this, also when it returns -1. */
int process_run(const struct process_spec *spec, struct process_result *result, struct error *err);
void process_result_release(struct process_result *r); /* frees the output; the figures stay readable */
bool process_ok(const struct process_result *r); /* exited with 0 */
char *process_tail(const struct process_result *r, size_t lines) MC_NODISCARD; /* last lines of the output */

/* End every running child of this module, and let later process_run() fail
 * with ERR_INTERRUPTED. Async-signal-safe. */
void processes_cancel(void);
bool processes_cancelled(void); /* true from processes_cancel() or processes_kill_now() on, for good */
/* Signal-safe clean-up for a second Ctrl-C: SIGKILL to all groups now. */
void processes_kill_now(void);

/* Native stacks of a process by gdb, bounded in time (20 s) and size (64 KiB);
 * NULL when gdb is missing or fails. The caller owns the result. `frames` (may be
 * NULL) gets at most 8 "object!function", innermost first, of the thread that a
 * signal interrupted, else of the first that is in an extension module. */
char *process_native_stacks(pid_t pid, struct strv *frames) MC_NODISCARD;
/* Can stacks be had at all? */
bool process_has_native_stacks(void);
/* The innermost descendant of pid that runs `program` (base name prefix), or
 * pid itself: finds the interpreter below bwrap. */
pid_t process_find_descendant(pid_t pid, const char *program);
/* The outermost one instead; 0 when there is none. */
pid_t process_find_outermost(pid_t pid, const char *program);
/* The fatal signal in whose handler a thread of the process waits (harness/hold.py
 * sees to it), or 0: it blocks that one fatal signal alone, and sleeps in pause(). */
int process_held_signal(pid_t pid);

#endif
