/* testenv.h: test dependencies of one package: resolved, installed, learned, left out. */
#ifndef MC_TESTENV_H
#define MC_TESTENV_H

#include "pipeline/job.h"

/* Resolve j->test_requires beside the target and make the environments of both arms;
 * where the target itself cannot be installed, its arm has install_error. */
int testenv_install(struct package_job *j, struct error *err);

/* Make a's environment of its installed_wheels, with test folders that lie inside the package. *complaint
 * (owned by the caller) says what could not be installed; then a has no environment. */
int testenv_make(struct arm_state *a, const struct toolbox *t, char **complaint, struct error *err);

/* Compile once what the suite imports, of the GIL arm's environment and of ft_env, whose interpreters are t's pair. */
int testenv_compile(const struct package_job *j, const struct toolbox *t, const char *ft_env, struct error *err);

/* Learn from a run what was missing (modules, fixtures, options) and install it.
 * *learned says whether anything new was installed, so that the run is worth repeating. */
int testenv_learn(struct package_job *j, bool *learned, struct error *err);

/* What was learned of this package in an earlier run (kept in the store). */
void testenv_recall(struct package_job *j);

/* Add to `out` which test dependencies are not the release that was meant: the newest that is
 * allowed, where it has no wheel for free threading, or the one that is pinned. */
void testenv_replaced(struct package_job *j, struct package_result *out);

/* The project's repository at the tag of this version: *tree and *word ("git v1.2"), or *why not. */
int testenv_repository(struct package_job *j, char **tree, char **word, char **why, struct error *err);

#endif
