/*
 * newer.h: which newer versions are tried for findings, and what that says:
 * the newest that can be prepared first; then, when asked to, those between by
 * halves, until for each finding the smallest version is known that no longer
 * shows it. Pure.
 */
#ifndef MC_NEWER_H
#define MC_NEWER_H

#include "base/buf.h"

enum shown { SHOWN_NOT_TRIED, SHOWN_YES, SHOWN_NO /* though it was played */, SHOWN_NOT_PLAYED,
             SHOWN_NOT_PREPARED /* it cannot be built or installed here */ };

/* One version and one finding. */
struct newer_cell {
	enum shown shown;
	int64_t runs; /* in which it was played */
};
struct newer {
	size_t n_versions, n_keys;    /* versions: oldest first, all newer than the tested one */
	bool bisect;
	struct newer_cell *v;
};
/* No version has been tried yet; n holds n_versions times n_keys cells until it is released. */
void newer_init(struct newer *n, size_t n_versions, size_t n_keys, bool bisect);
void newer_release(struct newer *n); /* frees the cells, zeroes *n */
/* What is known of one version and one finding, to be read and filled in; it points into n. */
struct newer_cell *newer_at(const struct newer *n, size_t version, size_t key);

/* The newest that is not known to be unpreparable; -1: none is left. */
int newer_top(const struct newer *n);
/* The version to try next; -1: nothing more is to be learned. */
int newer_next(const struct newer *n);
/* Does it tell anything of this finding? */
bool newer_wants(const struct newer *n, size_t version, size_t key);
/* The smallest version that did not show it, and above which none did; -1: none. */
int newer_fixed(const struct newer *n, size_t key);

#endif
