/*
 * workload.h: the course of `migrate-check workload`: environments of both
 * builds, one observed run of the program on each, then plain runs in turn.
 * docs/workload.md says what is measured and why in this order.
 */
#ifndef MC_PIPELINE_WORKLOAD_H
#define MC_PIPELINE_WORKLOAD_H

#include "inputs/program.h"
#include "model/workload.h"
#include "pipeline/pipeline.h"

struct workload_request {
	const struct pipeline_request *common; /* interpreters, index, sandbox, requirement files; its targets are --with */
	const struct strv *words;  /* the program's command line */
	int runs;                  /* pairs of plain runs */
	double timeout_seconds;    /* of one run */
	int exit_code;             /* that counts as success */
	bool network, writable;
};

/* Run it and judge it. What the program does wrong is in *out; an error is the request's, the tool's or the machine's. */
int pipeline_workload(const struct workload_request *r, struct workload *out, struct error *err);

#endif
