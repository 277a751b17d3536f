/*
 * workload.h: of which kind a program is, and what to do about it: from what was
 * measured (model/workload.h) by the thresholds below and the rules of
 * workload_rules.def. Pure. docs/workload.md says the same in prose.
 */
#ifndef MC_JUDGE_WORKLOAD_H
#define MC_JUDGE_WORKLOAD_H

#include "judge/stats.h"
#include "model/workload.h"

/* A program that computes more of its time than the first is cpu-bound, less than the second io-bound. Time in
 * which it wanted a core and had none belongs to neither: it is the machine's. */
#define WORKLOAD_CPU_ABOVE 0.7
#define WORKLOAD_IO_BELOW 0.3
/* Of its threads' time on a core or waiting for a lock, waiting: from here on it is lock-bound. */
#define WORKLOAD_LOCK_ABOVE 0.5
#define WORKLOAD_CONTROL_EVERY 2 /* the control is run beside each so-manyth pair */
#define WORKLOAD_AGAIN 5        /* further runs of each build after one that failed */
#define WORKLOAD_FAILS_P 0.05   /* one-sided p of Fisher's exact test: up to it an arm fails more often than the other */
#define WORKLOAD_ABOVE_FLOOR 1.1 /* of the peak that a run of nothing shows: below, a program's own peak is hidden by it */
#define WORKLOAD_SHORTEST 0.1   /* seconds of computing and waiting that are needed to tell */
#define WORKLOAD_FEW_SAMPLES 30 /* below: unsure; below three times as many: likely */
#define WORKLOAD_CROWDED 0.33   /* share of the time without a free core: from here on likely, from twice that on unsure */

/* What the rules look at. Shares are of the time that the program computed or waited (see busy). */
struct workload_quantities {
	enum workload_kind kind;
	double busy;         /* share: some thread or child process computed */
	double waits[WAIT_COUNT]; /* shares */
	double lock_share;   /* of the threads' time on a core or waiting for a lock */
	double gil_wait;     /* GIL build: of its threads' time on a core or waiting for the GIL */
	double cores_gil, cores_ft; /* cores used while any thread ran: 1.0 is one after the other; 0: not known */
	double processes;    /* share of the CPU time that child processes used */
	bool crowded;        /* ft: much of the time no core was free, so that what could run at once did not */
	int64_t working;     /* threads that do the work (harness/workload/observer.py) */
	int64_t threads;     /* most threads at once */
	bool loop;           /* an event loop ran */
	int cores;           /* of the machine that the program may use */
	const char *gil_module; /* turned the GIL on, on ft; NULL: none */
	double ratio;        /* wall time ft/gil; 0: not measured */
	enum perf_verdict verdict;
	bool gil_fails, ft_fails, ft_missing, short_run, daemon, interactive;
	int tried[2], failed[2]; /* plain runs of gil and ft */
};

/* The kind that one observed run shows, and its shares. */
enum workload_kind workload_kind_of(const struct workload_seen *s, struct workload_quantities *q);

/* The ratios of the plain runs, from pairs with the same index; fewer than 6 have no interval. That of memory is unknown
 * where a build's median is below WORKLOAD_ABOVE_FLOOR times the floor. */
void workload_ratios(struct workload *w);

/* What the plain runs of both builds say of an arm of which some failed: it fails (WORKLOAD_FAILED, or
 * WORKLOAD_TIMED_OUT where all of those hung) when each did, or more often than the other's by WORKLOAD_FAILS_P; else
 * it is WORKLOAD_OK. An arm of which none failed is left as it is. */
void workload_settle(struct workload *w);

/* The first rule that applies: its advice; *rule is its name, *text its sentence with {names} in it. */
enum advice workload_advise(const struct workload_quantities *q, const char **rule, const char **text);
/* Name, condition and sentence of the i-th rule; false behind the last. For documents and tests. */
bool workload_rule(size_t i, const char **name, enum advice *advice, const char **text);

/* All of it: ratios, kinds, advice, notes, exit code (0; 1: the free-threaded build is held back; 5: nothing was told). */
void workload_judge(struct workload *w);

#endif
