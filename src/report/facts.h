/*
 * facts.h: sentences about one package, shared by `show` on the terminal and
 * as Markdown. Strings are owned by the caller, on one line, and harmless for
 * a terminal; NULL means that there is nothing to say.
 */
#ifndef MC_FACTS_H
#define MC_FACTS_H

#include "model/survey.h"

char *fact_worth(const struct package_result *p) MC_NODISCARD;       /* "0 failures in 6 runs: ..." for a go */
char *fact_events(const struct finding *f) MC_NODISCARD;             /* "ft 3 of 3 runs, first 0.2 s | gil 0 of 3" */
const char *fact_only_without_gil(const struct finding *f);          /* "" when the control did not run */
char *fact_differences(const struct package_result *p) MC_NODISCARD; /* "3 tests: 2 regressed, 1 flaky; ..." */
/* "regressed: gil passed, failed 0 of 6 | ft failed, failed 6 of 6"; never NULL. */
char *fact_difference_runs(const struct test_difference *d) MC_NODISCARD;
char *fact_contradiction(const struct package_result *p) MC_NODISCARD; /* "the wheel says yes, the suite no" */
char *fact_suite(const struct package_result *p) MC_NODISCARD;       /* never NULL */
char *fact_arm_tests(const struct arm_tests *t) MC_NODISCARD;        /* "1,640 passed, 0 failed, ... in 31 s" */
/* facts_stress.c */
char *fact_parallel(const struct package_result *p) MC_NODISCARD;    /* "1,384 of 1,640; not: 142 capsys, 61 marked" */
char *fact_replayed(const struct package_result *p) MC_NODISCARD;    /* "61 of 80 operations of 4 of 5 types, 300 units" */
char *fact_sanitized(const struct package_result *p) MC_NODISCARD;   /* "9 of 12 tests; left out as the interpreter's own: 40 reports of known races" */
char *fact_never(const struct package_result *p, size_t most) MC_NODISCARD; /* operations never replayed; most 0: all */
char *fact_stress_runs(const struct package_result *p) MC_NODISCARD; /* "replay 2 runs, 30 s, 4 threads; ..." */
char *fact_fixed(const struct finding *f) MC_NODISCARD;              /* "6.9.0, tested here: 0 of 3 runs"; NULL: nothing is known of newer versions */
char *fact_script(const struct finding *f, const char *package) MC_NODISCARD; /* the command that prints it, or why there is none */
char *fact_oracle(const struct finding *f) MC_NODISCARD;             /* "signal, mode replay, 4 threads, seed 4f1c" */
/* facts_cost.c */
/* A line each: "time 1.31x [1.27, 1.35] n=15 slower, interpreter 1.28x"; memory; import; sizes; how it was measured. */
void fact_costs(const struct survey *s, const struct package_result *p, struct strv *out);
char *fact_measured(const struct package_result *p) MC_NODISCARD;    /* "15 pairs of processes, 41 tests; left out: 3 too short" */
char *fact_sizes(const struct package_result *p) MC_NODISCARD;       /* "wheel 16.2 MB, installed 60.1 MB; gil 15.0 MB, 55.0 MB" */
char *fact_fleet_cost(const struct survey *s) MC_NODISCARD;          /* "median package 1.24x on one thread, interpreter 1.22x; ..." */
char *fact_fleet_gain(const struct survey *s) MC_NODISCARD;          /* "31 of 40 packages scale past 1.6x on two threads; ..." */
/* facts_scaling.c. A line each: "calls on own objects: ft 1.71x [1.66, 1.75] at 2, scales | gil ..."; conditions; where threads wait. */
void fact_scaling(const struct package_result *p, struct strv *out);
char *fact_artifact(const struct artifact_facts *a) MC_NODISCARD;    /* "sdist x-1.0.tar.gz sha256 ..., built in 9 s" */

#endif
