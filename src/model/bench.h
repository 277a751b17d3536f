/*
 * bench.h: what `migrate-check bench` measured: each workload at several points
 * (build, variant, threads), each point once per round in a process of its own,
 * and what that says of each claim. Reports see only this; bench_to_json() is the
 * document of `bench --json` (reports/bench.schema.json).
 */
#ifndef MC_BENCH_H
#define MC_BENCH_H

#include "model/survey.h"

/* Points of a workload; the table is in bench.c. */
enum bench_plan {
	BENCH_PLAN_SINGLE,       /* one thread on all arms, the GIL build twice (A/A) */
	BENCH_PLAN_SCALE,        /* one thread, then 2, 4, ... threads */
	BENCH_PLAN_CONTEND,      /* one thread, then all threads */
	BENCH_PLAN_WAIT_THREADS, /* BENCH_CONNECTIONS threads that wait */
	BENCH_PLAN_WAIT_TASKS,   /* one thread with a loop of events */
	BENCH_PLAN_SHARE,        /* all threads, and as many processes */
};
#define BENCH_CONNECTIONS 16

enum bench_variant { BENCH_SERIAL, BENCH_THREADS, BENCH_PROCESSES, BENCH_VARIANT_COUNT };
const char *bench_variant_word(enum bench_variant v); /* "serial", "threads", "processes"; static */

/* What the measurement says of a claim. */
enum bench_verdict {
	BENCH_HOLDS,          /* "holds": the whole interval is on the claim's side of its bound */
	BENCH_DOES_NOT_HOLD,  /* "does not hold": the whole interval is on the other side */
	BENCH_INCONCLUSIVE,   /* "inconclusive": the interval crosses the bound */
	BENCH_NOT_MEASURABLE, /* "not measurable here": `why` says why */
	BENCH_WRONG_RESULT,   /* "wrong result": a run's checksum is not the serial one's */
	BENCH_VERDICT_COUNT
};
const char *bench_verdict_word(enum bench_verdict v); /* "?" when out of range; static */

/* One row of bench_workloads.def. */
struct bench_row {
	const char *name;
	enum bench_plan plan;
	const char *summary;
};
const struct bench_row *bench_rows(size_t *n); /* all, static; n receives how many */
const struct bench_row *bench_row_find(const char *name); /* NULL when unknown */

/* One process. Without a result (`ok` false) only `why` is set. */
struct bench_run {
	bool ok;
	double seconds;       /* of the work, by the process's own clock */
	double cpu_seconds;   /* of all its threads, without processes that it started */
	int64_t peak_rss;     /* bytes; 0: not known */
	int64_t tree_pss;     /* bytes of it and its children, shared pages once; 0: not known */
	bool gil;             /* the GIL was on when the work ended */
	char *checksum;
	char *expected;       /* NULL: the first serial run's checksum of the workload */
	char *why;
};

/* One way of running the workload; runs[k] is that of round k. */
struct bench_point {
	enum arm arm;
	enum bench_variant variant;
	int threads;
	bool again;           /* the same as an earlier point, for the noise (A/A) */
	struct bench_run *runs;
	size_t n;
};

struct bench_workload {
	const struct bench_row *row;
	struct bench_point *points;
	size_t n_points;
	int64_t size;         /* of the work, as its file counts it; 0: not known */
	char *why;            /* it was broken off for this reason, or NULL */
};

/* A claim that was judged. The first four strings are static. */
struct bench_claim {
	const char *id, *workload, *text, *source;
	const char *metric;   /* what `value` is: "speed-up of all threads, ft" */
	struct ratio value;   /* its verdict and noise are not used */
	double bound;
	bool at_least;        /* the claim is value >= bound; else value <= bound */
	enum bench_verdict verdict;
	char *why;            /* for not measurable and wrong result; NULL otherwise */
};

struct bench {
	char *started, *command, *tool_version;
	double seconds;       /* the whole took */
	struct pair pair;
	int cores;            /* that this process may use (base/cores.h) */
	int threads;          /* the most that were used */
	int rounds;           /* asked for */
	double scale;
	double load;          /* machine's load average before the first run; below 0: not known */
	bool sandbox, interrupted;
	struct ratio noise;   /* two points that are the same; known only with single-thread */
	struct bench_workload *workloads;
	size_t n_workloads;
	struct bench_claim *claims;
	size_t n_claims;
	int exit_code;
};
#define AUTO_BENCH CLEANUP(bench_release) struct bench
void bench_release(struct bench *b); /* frees all and zeroes *b */

/* Add a workload with the points of its plan, for b->threads threads; b owns it. The
 * pointer is good until the next one is added. */
struct bench_workload *bench_add_workload(struct bench *b, const struct bench_row *row);
/* The run of a point in round k: added, empty runs before it too. Good until the next is added. */
struct bench_run *bench_point_run(struct bench_point *p, size_t k);
/* The point of an arm (not the repeated one), or NULL. threads 0: the most threads. */
const struct bench_point *bench_find_point(const struct bench_workload *w, enum arm arm, enum bench_variant variant, int threads);
/* Median seconds of the runs that have a result; NaN without one. */
double bench_point_median(const struct bench_point *p);

/* Of so many cores, how many does a quota of CPU time leave? `cpu_max` is the content of
 * the cgroup's cpu.max ("150000 100000", "max 100000"; cgroups(7)); NULL or another form: no quota.
 * At least 1. */
int bench_cores_under_quota(int cores, const char *cpu_max);

/* The document; the caller deletes it. */
cJSON *bench_to_json(const struct bench *b);

#endif
