/* bench.h: what `migrate-check bench` measured, as a table for people, a JSON document and an HTML page. */
#ifndef MC_REPORT_BENCH_H
#define MC_REPORT_BENCH_H

#include "base/error.h"
#include "model/bench.h"
#include "report/html_escape.h"
#include "report/report.h"

/* The table claim / measured / verdict with a summary below it. ERR_IO when the stream fails. */
int report_bench(FILE *out, const struct bench *b, const struct report_options *opt, struct error *err);
/* The document that reports/bench.schema.json describes. */
int report_bench_json(FILE *out, const struct bench *b, struct error *err);
/* A page of its own: needs no network, no other file and no script. `style` is the
 * content of reports/style.css, NULL for none. ERR_INTERNAL when it cannot be embedded. */
int report_bench_html(FILE *out, const struct bench *b, const char *style, struct error *err);

/* "7 of 15 claims hold, 3 do not, 4 inconclusive, 1 not measurable here"; the caller owns it. */
char *bench_counts(const struct bench *b) MC_NODISCARD;
/* "1.93x [1.90, 1.95]", or "-"; the caller owns it, as below. */
char *bench_measured(const struct bench_claim *c) MC_NODISCARD;
char *bench_claimed(const struct bench_claim *c) MC_NODISCARD; /* "at least 1.60x" */
char *bench_noise(const struct bench *b) MC_NODISCARD; /* "two runs of the same differ by up to 3%"; NULL when not known */

void bench_plot(struct html *w, const struct bench *b);                    /* all claims with an interval, on one axis */
void bench_curve(struct html *w, const struct bench_workload *workload, int cores); /* speed-up over threads, both builds */

#endif
