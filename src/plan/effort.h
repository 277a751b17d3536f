/* effort.h: what each effort may spend on one package; `--budget` scales it. */
#ifndef MC_EFFORT_H
#define MC_EFFORT_H

#include "model/words.h"

/* What the two processes of a measured pair are. */
enum pair_kind {
	PAIR_TIME,  /* gil and ft */
	PAIR_NOISE, /* gil and gil: how far equals differ */
	PAIR_BUILD, /* gil and ft-gil: what the build costs with the GIL on */
	PAIR_KINDS
};

struct effort_limits {
	int64_t max_files;     /* test files sampled; 0: all */
	int64_t cap_per_file;  /* tests sampled in one file; 0: all */
	double test_seconds;   /* deadline of one test */
	double suite_seconds;  /* after this no new test of a run starts */
	int confirm_runs;      /* re-runs of nominees on each arm, at most */
	int pairs[PAIR_KINDS]; /* pairs of fresh processes that are measured */
	double measure_seconds; /* bound on all pairs of a package together */
	double baseline_seconds; /* the same for the interpreters alone, once for a survey */
	double stress_seconds; /* thread stress: all modes' plays together */
	double confirm_seconds; /* ... and confirming, controls and scripts of what they find */
	int stress_rounds;     /* confirmations of what has not shown again, at most */
	double scaling_seconds; /* throughput over threads, both arms together */
	int scaling_runs;      /* fresh processes of each arm for it */
	double total_seconds;  /* bound on all of these, building not counted: what the plan line states */
};

/* budget_seconds: bound on one package, 0 for the effort's own. */
struct effort_limits effort_limits(enum effort effort, double budget_seconds);
/* What all runs of the suite together may take, so that total_seconds holds: runs that need not be
 * begin only within it. Not less than one run has. */
double effort_suites_seconds(const struct effort_limits *l, bool measures, bool stresses);

/* Which pair is measured next: the kind of which the least part of planned[] is done, so that a drift
 * of the machine meets all alike; but time pairs alone, when no more than `least` of those
 * fit into the seconds left, a pair having taken `cost` so far. PAIR_KINDS: none, all are done or
 * time is up; `least` time pairs may take as long again as was left. */
enum pair_kind pair_next(const int planned[PAIR_KINDS], const int done[PAIR_KINDS], int least, double cost, double left);

/* One stress mode in the order of running, and its seconds. */
struct stress_slot {
	const char *mode;      /* "replay"; static */
	double seconds;
};
enum { STRESS_MODES = 6 };

/* The modes that run: `modes` is NULL or "auto" for the effort's own, "none", or
 * a list "replay,mixed". They share limits->stress_seconds by weight; a mode
 * whose share is too short to be worth starting is left out. Returns how many;
 * unknown words are left out (stress_modes_check() is for those). */
size_t stress_schedule(enum effort effort, const struct effort_limits *limits, const char *modes, struct stress_slot out[STRESS_MODES]);
/* Is it NULL, "auto", "none" or a list of modes, each once? */
bool stress_modes_check(const char *modes);

/* "90", "90s", "5m", "5min", "1h", "1h30m" -> seconds; -1 when it is none of these. */
double duration_parse(const char *text);

#endif
