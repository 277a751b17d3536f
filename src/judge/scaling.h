/*
 * scaling.h: from the rounds of scaling cells to curves. S(N) = N * T(1) / T(N)
 * over the same work. The interval is the exact signed-rank interval of log S(N):
 * over processes (each by its own Hodges-Lehmann estimate) when six of them have undisturbed
 * rounds; else over all undisturbed rounds, widened to hold the estimate of each process, of
 * which there must be two. A round is disturbed when others had the cores for more than
 * SCALING_BUSY of its time.
 */
#ifndef MC_JUDGE_SCALING_H
#define MC_JUDGE_SCALING_H

#include "model/evidence.h"
#include "model/survey.h"

#define SCALING_BUSY 0.1

/*
 * What one curve says, from its points: contended (with the GIL: serial) when at some number of threads the
 * whole interval lies below 1.05, so that more threads get no more done; scales when at every number
 * it lies above; else inconclusive. Without a point of two threads or more: unknown.
 */
enum scaling_verdict scaling_verdict_of(const struct scaling_curve *c);

/* Adds a curve to out for each kind of work and objects of both arms that has rounds, and what contends. n cells, of both arms. */
void scaling_judge(const struct evidence *cells, size_t n, struct scaling *out);

/*
 * What the curves mean for the package: a reason line and the flag "contended" where a curve of the free-threaded
 * build falls below 1 with its whole interval, or private work gains nothing. Readiness go becomes limits only where
 * private work of two threads is below that of one. Nothing for packages that cannot be used there anyway.
 */
void scaling_remark(struct package_result *out);

#endif
