/* bench.h: `migrate-check bench`: the workloads of harness/bench run on the user's own pair, and what that says of claims. */
#ifndef MC_PIPELINE_BENCH_H
#define MC_PIPELINE_BENCH_H

#include "model/bench.h"
#include "model/observer.h"

struct bench_request {
	const char *gil, *ft, *python; /* interpreter choice */
	const char *only;              /* names of workloads, separated by commas; NULL: all */
	const char *command;           /* as typed, for the report */
	int threads;                   /* 0: one per core, from 2 to 16 */
	int rounds;                    /* 0: BENCH_MIN_ROUNDS */
	double scale;                  /* of the work of each run; 0: 1 */
	double deadline_seconds;       /* of one run; 0: 60, or 60 times a scale above 1 */
	bool no_sandbox;
	const struct observer *observer;
};

/* Does each name in the list exist? ERR_USAGE names the one that does not, and the nearest that does. */
int bench_check_names(const char *only, struct error *err);

/*
 * Measure and judge. Each run is a fresh process in the sandbox, without network
 * but its own loopback; all points of a workload once are a round, and every other
 * round goes backwards (AB BA). A run that dies, hangs or cannot work here breaks
 * its workload off, which its claims then say. After Ctrl-C *out holds what was
 * measured, with `interrupted` set. Errors are the tool's, the machine's or the
 * user's: those of interp_find_pair(), sandbox_check() and sandbox_run().
 */
int pipeline_bench(const struct bench_request *r, struct bench *out, struct error *err);

#endif
