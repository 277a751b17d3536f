/*
 * scaling.h: how a package's work scales with threads, as a survey keeps it
 * (package_result.scaling; JSON member "scaling"). The judge makes it, reports
 * show it. S(N) = N * T(1) / T(N) over the same work, that is the throughput of N
 * threads over that of one, both taken in the same round of one process.
 */
#ifndef MC_SCALING_H
#define MC_SCALING_H

#include "base/json.h"
#include "model/words.h"

/* One number of threads. */
struct scaling_point {
	int threads;           /* from 1 */
	double per_second;     /* pieces of work a second, of all threads together; median over the rounds */
	double speedup;        /* S(threads): Hodges-Lehmann estimate over processes or rounds (judge/scaling.h); 1 at one thread */
	double lo, hi;         /* its interval; -inf and inf below 6 rounds (JSON: null) */
	double overlap;        /* threads that really ran at once: CPU s / wall s; 0 unknown */
	double ceiling;        /* speedup of work that shares nothing, not even the interpreter, in the same rounds: what the machine had; 0 unknown */
	int n;                 /* independent values behind the interval */
};

struct scaling_curve {
	char *work;            /* "calls": recorded operations; "tests": passing tests */
	char *objects;         /* "private": each thread has its own; "shared": all threads use one */
	enum arm arm;          /* ARM_GIL or ARM_FT */
	enum scaling_verdict verdict;
	struct scaling_point *points; /* in order of threads, the first with one */
	size_t n_points;
	double efficiency;     /* speedup / threads at the most threads */
	double overlap;        /* at the most threads */
	int64_t units;         /* different operations or tests that were the work */
	char *where;           /* where the threads wait, and how that was found out; NULL: not asked or not known */
	char *note;            /* of the rounds and conditions, or why it is inconclusive; may be NULL */
};

struct scaling {
	struct scaling_curve *curves;
	size_t n;
	char *note;            /* why there are none: "one core only"; NULL else */
	char *contends;        /* the most telling `where` of the ft arm, with its operation and object; NULL: nothing contends */
	double load;           /* the machine's load average (1 min) beside the runs, at most; negative: not known */
};

/* Appends one without points. work and objects are copied; owned by s, valid until the next is added. */
struct scaling_curve *scaling_add_curve(struct scaling *s, const char *work, const char *objects, enum arm arm);
struct scaling_point *scaling_add_point(struct scaling_curve *c, int threads); /* appends; keep them in order. Valid until the next */
const struct scaling_curve *scaling_find(const struct scaling *s, const char *work, const char *objects, enum arm arm); /* NULL */
const struct scaling_point *scaling_at(const struct scaling_curve *c, int threads); /* NULL: none with so many, or c is NULL */
/* The curve that stands for the package: private calls, else tests, else shared calls; NULL when the arm has none. */
const struct scaling_curve *scaling_headline(const struct scaling *s, enum arm arm);
void scaling_release(struct scaling *s); /* frees all, and zeroes *s but for load, which is then not known */

cJSON *scaling_to_json(const struct scaling *s) MC_NODISCARD; /* null when there are neither curves nor a note; the caller deletes it */
/* Into an s that holds nothing; what is absent or of another type is left, unknown words give an inconclusive curve. */
void scaling_from_json(struct scaling *s, const cJSON *j);

#endif
