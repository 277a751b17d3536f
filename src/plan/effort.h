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
	double total_seconds;  /* bound that the plan line states */
};

/* budget_seconds: bound on one package, 0 for the effort's own. */
struct effort_limits effort_limits(enum effort effort, double budget_seconds);

/* "90", "90s", "5m", "5min", "1h", "1h30m" -> seconds; -1 when it is none of these. */
double duration_parse(const char *text);

#endif
