/*
 * timed_tests.h: which tests the measured processes run (pipeline/measure_course.h),
 * from one serial run of each arm.
 */
#ifndef MC_TIMED_TESTS_H
#define MC_TIMED_TESTS_H

#include "model/evidence.h"

enum { TIMED_CALLS = 3 }; /* so often the drawn tests are to fit into a process */

/* Seconds that a process of the run cost beside its tests: start, import, collection; at least 0.2. A hang counts
 * with its deadline of test_seconds, and each test that ended its process cost a further one. */
double process_overhead(const struct evidence *e, double test_seconds);

/* Seconds for one process's tests, of `share` seconds for the process: what its start leaves, but at least a quarter of
 * the share, and half a second: where starting is costly, a few tests rather than none. */
double seconds_for_tests(double share, const struct evidence *gil, const struct evidence *ft, double test_seconds);

/*
 * Appends the ids to run, in running order, and returns how many end by themselves on both arms. All of these, where
 * they fit into the seconds (a run is then a complete one); else a random sample of those that take at most a quarter
 * of it, in the order of SHA-256(seed, id), as many as fit TIMED_CALLS times; none fits: the cheapest alone.
 */
size_t timed_tests_choose(const struct evidence *gil, const struct evidence *ft, double seconds, const char *seed, struct strv *ids);

#endif
