/* effort.h: what each effort may spend on one package; `--budget` scales it. */
#ifndef MC_EFFORT_H
#define MC_EFFORT_H

#include "model/words.h"

struct effort_limits {
	int64_t max_files;     /* test files sampled; 0: all */
	int64_t cap_per_file;  /* tests sampled in one file; 0: all */
	double test_seconds;   /* deadline of one test */
	double suite_seconds;  /* after this no new test of a run starts */
	int confirm_runs;      /* re-runs of nominees on each arm, at most */
	int pairs;             /* interleaved pairs for the time ratio */
	double measure_seconds; /* bound on all pairs together */
	double stress_seconds; /* thread stress: all modes' plays together */
	double confirm_seconds; /* ... and confirming, controls and scripts of what they find */
	int stress_rounds;     /* confirmations of what has not shown again, at most */
	double total_seconds;  /* bound that the plan line states */
};

/* budget_seconds: bound on one package, 0 for the effort's own. */
struct effort_limits effort_limits(enum effort effort, double budget_seconds);

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
