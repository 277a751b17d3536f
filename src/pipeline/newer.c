/* newer.c: see newer.h. */
#include "pipeline/newer.h"

#include <stdlib.h>

void newer_init(struct newer *n, size_t n_versions, size_t n_keys, bool bisect)
{
	*n = (struct newer){ .n_versions = n_versions, .n_keys = n_keys, .bisect = bisect };
	n->v = xcalloc(n_versions * n_keys + 1, sizeof(*n->v));
}

void newer_release(struct newer *n)
{
	free(n->v);
	*n = (struct newer){ 0 };
}

struct newer_cell *newer_at(const struct newer *n, size_t version, size_t key)
{
	return &n->v[version * n->n_keys + key];
}

int newer_fixed(const struct newer *n, size_t key)
{
	int found = -1;
	for (size_t i = n->n_versions; i-- > 0;) {
		enum shown shown = newer_at(n, i, key)->shown;
		if (shown == SHOWN_YES)
			break;
		if (shown == SHOWN_NO)
			found = (int)i;
	}
	return found;
}

int newer_top(const struct newer *n)
{
	for (size_t i = n->n_versions; n->n_keys && i-- > 0;)
		if (newer_at(n, i, 0)->shown != SHOWN_NOT_PREPARED) /* of all findings, or of none */
			return (int)i;
	return -1;
}

bool newer_wants(const struct newer *n, size_t version, size_t key)
{
	if (newer_at(n, version, key)->shown != SHOWN_NOT_TRIED)
		return false;
	if ((int)version == newer_top(n))
		return true;
	int fixed = newer_fixed(n, key);
	if (!n->bisect || fixed < 0 || version >= (size_t)fixed)
		return false;
	for (size_t i = version + 1; i < (size_t)fixed; i++)
		if (newer_at(n, i, key)->shown == SHOWN_YES)
			return false;
	return true;
}

/* The middle one of the versions that tell anything of the finding. */
static int middle(const struct newer *n, size_t key)
{
	size_t wanted = 0, seen = 0;
	for (size_t i = 0; i < n->n_versions; i++)
		wanted += newer_wants(n, i, key);
	for (size_t i = 0; wanted && i < n->n_versions; i++)
		if (newer_wants(n, i, key) && seen++ == (wanted - 1) / 2)
			return (int)i;
	return -1;
}

int newer_next(const struct newer *n)
{
	int top = newer_top(n);
	for (size_t k = 0; top >= 0 && k < n->n_keys; k++)
		if (newer_wants(n, (size_t)top, k))
			return top;
	for (size_t k = 0; k < n->n_keys; k++) {
		int next = middle(n, k);
		if (next >= 0)
			return next;
	}
	return -1;
}
