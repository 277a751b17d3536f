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
char *fact_difference_runs(const struct test_difference *d) MC_NODISCARD;
char *fact_contradiction(const struct package_result *p) MC_NODISCARD; /* "the wheel says yes, the suite no" */
char *fact_suite(const struct package_result *p) MC_NODISCARD;       /* never NULL */
char *fact_arm_tests(const struct arm_tests *t) MC_NODISCARD;
char *fact_cost(const struct package_result *p) MC_NODISCARD;
char *fact_artifact(const struct artifact_facts *a) MC_NODISCARD;

#endif
