/* choose.c: the best of all pairs that the candidates can form. */
#include "interp/discover.h"

#include <stdlib.h>

/* What makes a pair better, most important first; larger is better. */
enum { BY_FINAL, BY_MINOR, BY_HEADERS, BY_PARITY, BY_VERSION, BY_RELEASE, BY_PROVIDER, BY_RANK, BY_PATCH, BY_COUNT };

struct side {
	const struct interpreter *i;
	struct pyversion version;
	int rank;
};

static bool may_pair(const struct side *g, const struct side *f, const struct pyversion *want)
{
	if (interp_is_tsan(g->i) || interp_is_tsan(f->i) || g->i->gil_disabled || !f->i->gil_disabled || g->version.major != f->version.major ||
	    g->version.minor != f->version.minor)
		return false;
	return !want || (pyversion_fits(want, &g->version) && pyversion_fits(want, &f->version));
}

static void rate(const struct side *g, const struct side *f, const struct pair *p, int key[BY_COUNT])
{
	key[BY_FINAL] = g->version.stage == 'z' && f->version.stage == 'z';
	key[BY_MINOR] = g->version.minor;
	key[BY_HEADERS] = g->i->has_headers && f->i->has_headers;
	key[BY_PARITY] = p->parity.n == 0;
	key[BY_VERSION] = pyversion_compare(&g->version, &f->version) == 0;
	key[BY_RELEASE] = !g->i->debug && !f->i->debug;
	key[BY_PROVIDER] = str_eq(g->i->provider, f->i->provider);
	key[BY_RANK] = -(g->rank + f->rank);
	key[BY_PATCH] = g->version.patch;
}

static bool better(const int a[BY_COUNT], const int b[BY_COUNT])
{
	for (int i = 0; i < BY_COUNT; i++)
		if (a[i] != b[i])
			return a[i] > b[i];
	return false;
}

/* The candidates for one arm: the fixed one, or all. The caller frees. */
static struct side *sides(const struct candidates *c, const struct interpreter *fixed, size_t *n)
{
	struct side *list = xcalloc(c->n + 1, sizeof(*list));
	*n = 0;
	if (fixed) {
		list[0] = (struct side){ .i = fixed };
		*n = pyversion_read(fixed->version, &list[0].version) ? 1 : 0;
		return list;
	}
	for (size_t i = 0; i < c->n; i++)
		list[(*n)++] = (struct side){ .i = &c->v[i].i, .version = c->v[i].version, .rank = c->v[i].rank };
	return list;
}

bool discover_choose(struct candidates *c, const struct interpreter *gil, const struct interpreter *ft,
                     const struct pyversion *want, struct pair *out)
{
	size_t n_gil, n_ft;
	AUTO_FREE struct side *gils = sides(c, gil, &n_gil);
	AUTO_FREE struct side *fts = sides(c, ft, &n_ft);
	int best[BY_COUNT] = { 0 };
	bool found = false;
	for (size_t a = 0; a < n_gil; a++) {
		for (size_t b = 0; b < n_ft; b++) {
			if (!may_pair(&gils[a], &fts[b], want))
				continue;
			CLEANUP(interp_pair_release) struct pair p = { 0 };
			interpreter_copy(&p.gil, gils[a].i);
			interpreter_copy(&p.ft, fts[b].i);
			interp_parity(&p);
			int key[BY_COUNT];
			rate(&gils[a], &fts[b], &p, key);
			if (found && !better(key, best))
				continue;
			found = true;
			for (int k = 0; k < BY_COUNT; k++)
				best[k] = key[k];
			interp_pair_release(out);
			*out = p;
			p = (struct pair){ 0 };
		}
	}
	return found;
}

int discover_pair_of(const char *provider, const struct pyversion *want, struct pair *out)
{
	CLEANUP(candidates_release) struct candidates c = { 0 };
	discover_programs(provider, &c);
	if (discover_describe(&c, want, NULL, NULL) < 0)
		return -1;
	return discover_choose(&c, NULL, NULL, want, out) ? 0 : -1;
}
