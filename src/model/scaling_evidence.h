/*
 * scaling_evidence.h: what one cell of a scaling mode left behind (part of
 * struct evidence): its rounds, and where threads stood that got nothing more done
 * together. docs/harness-protocol.md, events `work`, `round` and `wait`.
 */
#ifndef MC_SCALING_EVIDENCE_H
#define MC_SCALING_EVIDENCE_H

#include "base/json.h"

enum { SCALING_MOST_COUNTS = 12, SCALING_MOST_ROUNDS = 200, SCALING_MOST_WAITS = 20 };

struct scaling_sample {
	int threads;
	double per_second, speedup, overlap; /* of the work, all threads together */
	double ceiling;        /* the machine's own speedup in this round */
};

struct scaling_round {
	char *objects;         /* "private" or "shared" */
	struct scaling_sample samples[SCALING_MOST_COUNTS]; /* in order of threads, the first with one */
	size_t n;
	int units;             /* different operations or tests in it */
	double busy;           /* share of the time that others had the cores */
};

/* Threads of one unit that together got no more done than one. */
struct scaling_wait {
	char *objects, *unit;  /* "private", "pkg.Class.op" */
	char *object;          /* type of the object; NULL for functions and tests */
	char *place;           /* innermost frame of the package where most stacks stood: "pkg.f (file.py:12)", "native code" */
	int threads;
	double speedup;        /* median over the process's rounds */
	double blocked;        /* share of their time that they slept */
	double share;          /* of the stacks that stood there */
	int64_t stacks;
};

struct scaling_evidence {
	char *work;            /* "calls" or "tests"; NULL: there was nothing to measure */
	struct strv units;     /* keys */
	double load;           /* load average (1 min) at its beginning; negative: not known */
	struct scaling_round *rounds;
	size_t n_rounds;
	struct scaling_wait *waits;
	size_t n_waits;
};

/* Each appends one that holds nothing yet; owned by s, valid until the next. NULL when there are as many as are kept. */
struct scaling_round *scaling_add_round(struct scaling_evidence *s, const char *objects);
/* The same, of a unit in which threads waited. */
struct scaling_wait *scaling_add_wait(struct scaling_evidence *s, const char *objects, const char *unit);
void scaling_evidence_release(struct scaling_evidence *s); /* frees all, and zeroes *s but for load, which is then not known */
cJSON *scaling_evidence_to_json(const struct scaling_evidence *s) MC_NODISCARD; /* the caller deletes it */
void scaling_evidence_from_json(struct scaling_evidence *s, const cJSON *j);    /* into one that holds nothing */

#endif
