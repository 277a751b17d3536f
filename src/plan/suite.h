/*
 * suite.h: where a package's tests are and how they are started, decided from
 * static facts (harness/project_facts.py), in the order of research on real
 * packages: profile, tests inside the wheel, tests in the sdist or source tree.
 */
#ifndef MC_SUITE_H
#define MC_SUITE_H

#include "plan/profile.h"

struct suite_plan {
	char *from;            /* "wheel", "sdist", "git v1.2"; NULL: no tests found */
	char *runner;          /* "pytest" or "unittest" */
	struct strv args;      /* what the runner is told to collect */
	struct strv extra_args; /* further arguments */
	struct strv hide;      /* paths of the copied source that would shadow the installed build */
	struct strv overlay;   /* test folders inside the package, to be copied into site-packages: "src/pkg/tests>pkg/tests" */
	struct strv deny;
	struct strv import_names, top_level;
	bool copy_source;      /* the tests run in a copy of the source tree */
};
#define AUTO_SUITE CLEANUP(suite_plan_release) struct suite_plan
void suite_plan_release(struct suite_plan *p); /* frees the fields and zeroes *p; a zeroed one is fine */

/* installed: facts of the installed distribution (--dist-info); source: facts of
 * the unpacked sdist or tree, NULL when there is none; source_word: "sdist",
 * "git v1.2", "directory". */
void suite_find(const cJSON *installed, const cJSON *source, const char *source_word, const struct profile *profile,
                struct suite_plan *out);

/* Requirements of the tests, most trusted declaration first; *origin (owned by
 * the caller) says which: "profile", "extra test", "group tests", ... NULL when
 * none is declared. Tools that check, measure or publish code are left away. */
void suite_requirements(const cJSON *source, const cJSON *installed, const struct profile *profile, struct strv *out, char **origin);

struct evidence;
/* Which distributions to try for what a run lacked: modules, fixtures, options
 * (profiles/_learn.json). Adds those that are not in `have`; returns how many. */
size_t suite_learn(const cJSON *table, const struct strv *modules, const struct strv *fixtures, const struct strv *options,
                   const struct strv *top_level, const struct strv *have, struct strv *add);

#endif
