/*
 * workload.h: what `migrate-check workload` found of one program: plain runs of
 * each arm, one observed run of both builds, and what the judge made of them.
 * Times are seconds unless a name says otherwise.
 */
#ifndef MC_WORKLOAD_H
#define MC_WORKLOAD_H

#include "base/json.h"
#include "model/survey.h"

/* What limits a program. */
enum workload_kind {
	WORKLOAD_CPU,     /* "cpu-bound": somebody computes, or wants to, most of the time */
	WORKLOAD_IO,      /* "io-bound": it waits for input, output, timers or other programs */
	WORKLOAD_LOCK,    /* "lock-bound": its threads wait for a lock that another one holds */
	WORKLOAD_MIXED,   /* "mixed": it computes and waits, neither most of the time */
	WORKLOAD_SHORT,   /* "too-short": over before anything could be told */
	WORKLOAD_UNKNOWN, /* "unknown": it could not be observed */
	WORKLOAD_KIND_COUNT
};

/* What to do about it. */
enum advice {
	ADVICE_STAY,      /* "stay": with the GIL build */
	ADVICE_THREADS,   /* "threads" */
	ADVICE_ASYNCIO,   /* "asyncio" */
	ADVICE_PROCESSES, /* "processes" */
	ADVICE_HYBRID,    /* "hybrid": asyncio, with the CPU part in threads behind asyncio.to_thread */
	ADVICE_NONE,      /* "none": nothing can be said */
	ADVICE_COUNT
};

enum sureness { SURENESS_SURE, SURENESS_LIKELY, SURENESS_UNSURE, SURENESS_COUNT };

/* As documents have them, static; "?" when out of range. */
const char *workload_kind_word(enum workload_kind k);
const char *advice_word(enum advice a);
const char *sureness_word(enum sureness s);

/* What the time of the process, or of a thread, went to when nobody ran. In the order of waits.KINDS of the harness. */
enum wait_kind { WAIT_IO, WAIT_SLEEP, WAIT_CHILDREN, WAIT_LOCK, WAIT_GIL, WAIT_IDLE, WAIT_OTHER, WAIT_COUNT };
const char *wait_kind_word(enum wait_kind k); /* "io", "sleep", ...; static */

struct workload_function {
	char *name, *file;
	int64_t line;
	double self, total;  /* CPU in it, and in it or below it */
};

struct workload_place {      /* where threads wait for a lock, or an extension module (name alone) */
	char *name, *file;
	int64_t line;
	double seconds;
};

struct workload_thread {
	char *name;
	bool python, loop;   /* ran Python code; an event loop ran in it */
	double cpu, starved; /* on a core; wanting one */
	double waits[WAIT_COUNT];
	int64_t voluntary, involuntary; /* context switches */
};

/* One observed run, as harness/workload wrote it. */
struct workload_seen {
	bool known;              /* a result was read */
	bool finished, timed_out, daemon, input, terminal;
	char *exception;         /* that ended it; or NULL */
	char *replaced_by;       /* program that took the process over (exec); or NULL */
	double seconds, run, starved; /* wall: all; some thread ran; none did but one wanted a core */
	double waits[WAIT_COUNT]; /* the rest of the wall time */
	int64_t samples;
	double cpu_self, cpu_children, children_starved;
	int64_t voluntary, involuntary;
	bool gil_on, gil_turned_on;
	char *gil_module;        /* that turned it on; NULL: not known */
	bool loop;               /* an event loop ran */
	int64_t processes, forked; /* started in all, and of them by fork */
	int64_t threads, threads_peak, working, contending; /* working: do the work (harness/workload/observer.py) */
	double thread_cpu, thread_locked, thread_gil; /* sums over threads */
	struct workload_thread *rows; /* those that used most CPU */
	size_t n_rows;
	struct workload_function *functions; /* hottest first */
	size_t n_functions;
	struct workload_place *locks, *extensions; /* longest first */
	size_t n_locks, n_extensions;
};
/* Read the harness's result into zeroed *out: foreign text, so numbers are made finite and not negative, lists bounded.
 * false when it is no such result; *out is then empty. */
bool workload_seen_read(const cJSON *j, struct workload_seen *out);
void workload_seen_release(struct workload_seen *s); /* frees and zeroes; a zeroed one is fine */

/* One plain run. */
struct workload_run {
	double wall, cpu;
	uint64_t peak_rss; /* bytes, of its largest process */
};

enum workload_state {
	WORKLOAD_NOT_RUN,
	WORKLOAD_OK,
	WORKLOAD_FAILED,    /* ended with another code than 0, or by a signal */
	WORKLOAD_TIMED_OUT, /* its deadline passed */
	WORKLOAD_NO_ENVIRONMENT /* what it needs cannot be had or built for this build */
};
const char *workload_state_word(enum workload_state s); /* "not-run", "ok", "failed", "timed-out", "no-environment"; static */

struct workload_arm {
	enum workload_state state;
	enum ending ending;
	int code;               /* exit code or signal of the first run that failed */
	char *why;              /* of no environment, one line; or NULL */
	char *tail;             /* last lines of what a failed run printed; or NULL */
	struct workload_run *runs; /* of pairs that went well on both builds */
	size_t n_runs;
	int tried, failed, hung; /* plain runs; those that went wrong; of these, those still running at their deadline */
	struct workload_seen seen;
};

/* A program's result. */
struct workload {
	char *command;          /* as typed behind `--` */
	char *tool_version, *started;
	struct interpreter gil, ft;
	struct strv parity;     /* what differs in the pair besides the GIL */
	struct strv installed;  /* "name==version" of the free-threaded arm's environment; empty: the bare interpreters */
	int cores;              /* that the program may use */
	uint64_t memory_floor;  /* bytes: the peak that a run of nothing shows, which is this tool's own before it starts the program */
	bool sandbox, network, writable;
	struct workload_arm arms[ARM_COUNT];
	/* ---- filled by judge/workload.h ---- */
	struct ratio wall, cpu, memory;      /* ft/gil */
	struct ratio control;                /* wall of ft-gil/gil */
	enum workload_kind kind, kinds[2];   /* of the program; as each build shows it (gil, ft) */
	enum arm basis;                      /* the build whose observed run decided */
	enum sureness kind_sureness, advice_sureness;
	enum advice advice;
	const char *rule;                    /* name of the rule; static */
	char *reason;                        /* its sentence, with the figures */
	struct strv notes;                   /* what else must be known */
	int exit_code;                       /* 0, 1 or 5 */
};
#define AUTO_WORKLOAD CLEANUP(workload_release) struct workload
void workload_release(struct workload *w); /* frees and zeroes; a zeroed one is fine */
/* Appends a copy of the struct. */
void workload_add_run(struct workload_arm *a, const struct workload_run *r);

#endif
