/*
 * delta.h: what the free-threaded build costs on one thread, as measured
 * (judge/timing.h says how): ratios with intervals, each test's part in them, and
 * what the interpreters alone show. A part of survey.h.
 */
#ifndef MC_DELTA_H
#define MC_DELTA_H

#include "base/json.h"
#include "model/words.h"

enum { TEST_DELTAS_KEPT = 50 }; /* of those that lost most, and of those that gained most */

/* A ratio ft/gil, or of what the field says, with its 95% interval over n pairs of processes. */
struct ratio {
	bool known;
	double ratio, lo, hi;
	int n;
	enum perf_verdict verdict;
	double noise;          /* A/A noise of the same run (one arm against itself), as a ratio - 1; 0 when none was measured */
	char *note;            /* why it is unknown or inconclusive; or what it is the sum of */
};

/* One test: call phase on ft / on gil, over the pairs. */
struct test_delta {
	char *id;
	double ratio, lo, hi;  /* lo, hi only from 6 pairs on */
	int n;
	double gil_seconds, ft_seconds; /* medians over the processes of one call phase */
	double p;              /* exact two-sided signed-rank test of "no difference" */
	bool significant;      /* Benjamini-Hochberg at q = 0.05 over all timed tests of the package */
};

/* How the ratios of one package came to be. */
struct measured {
	bool known;            /* something was measured, or was to be */
	int64_t pairs;         /* fresh process pairs gil:ft behind `time` */
	int64_t noise_pairs;   /* gil:gil pairs behind its noise */
	int64_t build_pairs;   /* gil:ft-gil pairs behind `build` */
	int64_t spoilt;        /* pairs set aside because others kept the machine busy, or for a process that ended early */
	int64_t repeated;      /* of those, measured again within the budget */
	int64_t repeat;        /* calls of each test in a process */
	double load, load_most; /* cores kept busy by others during a pair: median, most; < 0 not known */
	int64_t drawn, drawn_of; /* tests that the processes ran; of so many that end on both arms */
	int64_t timed;         /* tests in the sum: passed in every process of every pair */
	int64_t too_short;     /* left out: call phase below the resolution */
	int64_t waiting;       /* left out: sleep or wait for I/O (wall time far above CPU time) */
	int64_t unequal;       /* left out: did not pass everywhere, or not equally often */
	double seconds;        /* wall time of all pairs */
	int64_t lost, gained;  /* tests significantly slower, faster on ft */
	struct test_delta *tests; /* most lost first, then most gained last; of each those beyond chance before the others: at most TEST_DELTAS_KEPT from either end */
	size_t n_tests;
};

/* One fixed workload of the interpreters alone. */
struct baseline_row {
	char *name;            /* "calls" */
	struct ratio time;
	double gil_seconds, ft_seconds; /* medians of one call */
};

/* The interpreters alone: pure-Python workloads, measured as a package is, once for a survey. */
struct baseline {
	bool known;
	struct ratio time, build; /* over the sum of all; time.noise is the A/A noise of the day. build: ft-gil / gil */
	struct ratio import_time, memory; /* of a process that imports nothing but the suite */
	double load;           /* as in struct measured */
	struct baseline_row *rows;
	size_t n_rows;
};

void measured_release(struct measured *m); /* frees and zeroes *m; a zeroed one is fine */
/* Appends one with a copy of id, for the caller to fill. Owned by m, valid until the next is added. */
struct test_delta *measured_add_test(struct measured *m, const char *id);
void baseline_release(struct baseline *b); /* the same */
struct baseline_row *baseline_add_row(struct baseline *b, const char *name); /* the same */

void ratio_copy(struct ratio *dst, const struct ratio *src); /* replaces dst, with a note of its own */

cJSON *ratio_to_json(const struct ratio *v) MC_NODISCARD;       /* the caller deletes it */
cJSON *measured_to_json(const struct measured *v) MC_NODISCARD; /* null when not known */
cJSON *baseline_to_json(const struct baseline *v) MC_NODISCARD; /* null when not known */
/* Each initialises *v: what it held is not freed. Absent members are "not known". */
void ratio_from_json(struct ratio *v, const cJSON *j);
void measured_from_json(struct measured *v, const cJSON *j);
void baseline_from_json(struct baseline *v, const cJSON *j);

#endif
