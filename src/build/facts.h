/*
 * facts.h: static facts of sources and wheels, read by harness/project_facts.py in
 * the sandbox. Answers about what has a hash are kept in the cache, one file each.
 */
#ifndef MC_BUILD_FACTS_H
#define MC_BUILD_FACTS_H

#include "base/json.h"
#include "build/toolbox.h"

struct fact_question {
	const char *option; /* of the script: "--wheel", NULL for the folder of a source */
	const char *path;   /* NULL: not asked */
	const char *id;     /* sha256 of what the path was made of; NULL: of the file itself, "" unknown */
	cJSON **out;        /* gets the object, replacing what is there; NULL when there is nothing to read */
};

/* Answer all of them with at most one process; both arms may ask at once, and what one
 * asks about the other is not asked again. The first complaint of the script (owned by
 * the caller, may be NULL) is set when it failed as a whole. */
int facts_ask(const struct toolbox *t, const struct fact_question *q, size_t n, char **complaint, struct error *err);

#endif
