/* workload_stage.h: shared by the files workload*.c of this folder. */
#ifndef MC_WORKLOAD_STAGE_H
#define MC_WORKLOAD_STAGE_H

#include "pipeline/session.h"
#include "pipeline/workload.h"

/* One build as the program sees it. */
struct workload_side {
	const struct interpreter *python;
	char *env;      /* folder of its environment; NULL: the bare interpreter */
	char *program;  /* its python */
	char *bin;      /* folder of its scripts */
	char *bytecode; /* folder for compiled modules, kept from run to run */
	struct strv lines;   /* requirement lines for this build */
	struct lock lock;
	char *wheelhouse;
};

struct workload_stage {
	const struct workload_request *request;
	struct session session;  /* pair and tools alone */
	struct program program;
	struct workload_side side[2]; /* ARM_GIL, ARM_FT */
	char *cwd;               /* the user's */
	struct workload *out;
};

/* Make the environments that --with and -r ask for (none: the bare interpreters). What cannot be had for one build is
 * said in that arm of the result (WORKLOAD_NO_ENVIRONMENT). */
int workload_environments(struct workload_stage *s, struct error *err);
/* Find the console script on both builds; ERR_BAD_TARGET says how to get it. */
int workload_find_console(struct workload_stage *s, struct error *err);

/* One plain run of an arm: *done is the caller's. */
int workload_run_plain(struct workload_stage *s, enum arm arm, struct process_result *done, struct error *err);
/* The peak memory that a run of nothing in the same sandbox shows, in bytes; 0: not known. */
int workload_run_nothing(struct workload_stage *s, uint64_t *peak_rss, struct error *err);
/* One observed run: fills the arm's `seen`. */
int workload_run_observed(struct workload_stage *s, enum arm arm, struct process_result *done, struct error *err);

#endif
