/* discover.h: the interpreters on this machine, in the order of preference. */
#ifndef MC_INTERP_DISCOVER_H
#define MC_INTERP_DISCOVER_H

#include "interp/interp.h"
#include "interp/version.h"

/* A program that may be an interpreter; after discover_describe(), one that is. */
struct candidate {
	char *path;
	const char *provider;  /* static: "own", "uv", "pyenv", "PATH" */
	int rank;              /* place of its provider in the order of preference */
	uint64_t device, inode; /* the file itself, whatever its names */
	struct interpreter i;
	struct pyversion version;
};

struct candidates {
	struct candidate *v;
	size_t n, cap;
};
/* Free the list; *c is empty again. */
void candidates_release(struct candidates *c);

/* Programs by name only (python3.X, python3.Xt; in PATH also python3), each
 * file once. `only`: "own", "uv", ... or NULL for all. Nothing is run. */
void discover_programs(const char *only, struct candidates *out);

/* Run each candidate and drop those that do not answer, and those older than
 * INTERP_OLDEST_MINOR; want (or NULL) limits to one minor version, which saves
 * running the others. Fails only when interrupted. */
int discover_describe(struct candidates *c, const struct pyversion *want, const struct observer *observer, struct error *err);

/* Choose the best pair; false when none fits. fixed arms (or NULL) are taken as
 * they are. want as above, with patch if given. */
bool discover_choose(struct candidates *c, const struct interpreter *gil, const struct interpreter *ft,
                     const struct pyversion *want, struct pair *out);

/* The best pair of one provider; 0 and *out, or -1 when there is none (no error is set). */
int discover_pair_of(const char *provider, const struct pyversion *want, struct pair *out);

#endif
