/* pages.c: what the index showed in this run; see toolbox.h. */
#include "base/fs.h"
#include "build/toolbox.h"
#include "fetch/index.h"

#include <pthread.h>
#include <stdlib.h>

struct seen_pages {
	pthread_mutex_t lock; /* both arms ask */
	struct strv names, hashes;
};

struct seen_pages *seen_pages_new(void)
{
	struct seen_pages *p = xcalloc(1, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void seen_pages_free(struct seen_pages *p)
{
	if (!p)
		return;
	strv_release(&p->names);
	strv_release(&p->hashes);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* Fill in what is known; false when something is not. */
static bool recall(const struct seen_pages *p, const struct strv *names, struct strv *hashes)
{
	strv_clear(hashes);
	for (size_t i = 0; i < names->n; i++) {
		size_t at = 0;
		while (at < p->names.n && !str_eq(p->names.v[at], names->v[i]))
			at++;
		if (at == p->names.n)
			return false;
		strv_add(hashes, p->hashes.v[at]);
	}
	return true;
}

int toolbox_page_hashes(const struct toolbox *t, const struct strv *names, struct strv *hashes, struct error *err)
{
	struct seen_pages *p = t->pages;
	if (!p) /* a toolbox without a run */
		return index_page_hashes(&t->index, names, &t->fetch, hashes, err);
	pthread_mutex_lock(&p->lock);
	bool known = recall(p, names, hashes);
	int result = 0;
	if (!known) {
		strv_clear(hashes);
		result = index_page_hashes(&t->index, names, &t->fetch, hashes, err);
		for (size_t i = 0; result == 0 && i < names->n; i++) {
			if (strv_has(&p->names, names->v[i]))
				continue;
			strv_add(&p->names, names->v[i]);
			strv_add(&p->hashes, hashes->v[i]);
		}
		if (result == 0) /* of two answers for one name the first counts */
			recall(p, names, hashes);
	}
	pthread_mutex_unlock(&p->lock);
	return result;
}
