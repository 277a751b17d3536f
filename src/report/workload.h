/* workload.h: what `migrate-check workload` found, for people and for programs. */
#ifndef MC_REPORT_WORKLOAD_H
#define MC_REPORT_WORKLOAD_H

#include "base/error.h"
#include "model/workload.h"
#include "report/report.h"

/* The sheet of one program. ERR_IO when the stream fails. */
int report_workload(FILE *out, const struct workload *w, const struct report_options *opt, struct error *err);
/* As reports/workload.schema.json describes. */
int report_workload_json(FILE *out, const struct workload *w, struct error *err);

#endif
