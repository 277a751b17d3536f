/* lock_realise.c: the files of a lock, fetched or built, in one folder; see wheel_build.h. */
#include "base/fs.h"
#include "build/wheel_build.h"
#include "fetch/cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void lock_failure_release(struct lock_failure *f)
{
	free(f->name);
	free(f->version);
	build_result_release(&f->result);
	*f = (struct lock_failure){ 0 };
}

/* Download whatever is not a local file. */
static int fetch_lock(const struct toolbox *t, const struct lock *l, struct error *err)
{
	struct download *d = xcalloc(l->n, sizeof(*d));
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct locked *p = &l->v[i];
		if (!p->local)
			d[n++] = (struct download){ .url = p->url, .filename = p->filename, .sha256 = p->sha256, .size = p->size };
	}
	int result = n ? fetch_all(d, n, &t->fetch, err) : 0;
	size_t at = 0;
	for (size_t i = 0; result == 0 && i < l->n; i++) { /* an index that states no hash: from now on it has one */
		if (!l->v[i].local && !l->v[i].sha256)
			str_set(&l->v[i].sha256, d[at].sha256_seen);
		at += !l->v[i].local;
	}
	for (size_t i = 0; i < n; i++)
		download_release(&d[i]);
	free(d);
	return result;
}

/* Put one file under its own name into the folder; what is the cache's own may be linked. */
static int place(const struct locked *p, const char *from, bool may_link, const char *folder, const char *name, char **path, struct error *err)
{
	*path = path_join(folder, name);
	if (path_exists(*path))
		return 0;
	if (from && may_link && link(from, *path) == 0)
		return 0;
	if (from)
		return copy_tree(from, *path, err);
	return cache_export(p->sha256, folder, name, err);
}

static int realise_wheel(struct locked *p, const char *folder, struct error *err)
{
	char *path = NULL;
	if (place(p, p->local, false, folder, p->filename, &path, err) < 0) {
		free(path);
		return -1;
	}
	free(p->local);
	p->local = path;
	return 0;
}

static int realise_sdist(const struct toolbox *t, const struct interpreter *python, struct locked *p, const char *folder,
                         struct build_result *r, struct error *err)
{
	AUTO_FREE char *sources = path_join(folder, "sources");
	AUTO_FREE char *archive = NULL;
	if (make_dirs(sources, err) < 0 || place(p, p->local, false, sources, p->filename, &archive, err) < 0)
		return -1;
	struct build_request q = { .name = p->name, .version = p->version, .source = archive, .source_id = p->sha256, .python = python };
	if (build_wheel(t, &q, r, err) < 0 || r->state != BUILT_OK)
		return r->state == BUILT_OK || r->state == BUILT_NOT_TRIED ? -1 : 0;
	char *path = NULL;
	if (place(p, r->wheel, true, folder, path_base(r->wheel), &path, err) < 0) {
		free(path);
		return -1;
	}
	free(p->local);
	p->local = path;
	return 0;
}

static void take_result(struct build_result *dst, struct build_result *src)
{
	if (!dst)
		return;
	build_result_release(dst);
	*dst = *src;
	*src = (struct build_result){ 0 };
}

int lock_realise(const struct toolbox *t, const struct interpreter *python, struct lock *lock, const char *folder,
                 const char *target, struct build_result *built, struct lock_failure *failure, struct error *err)
{
	if (make_dirs(folder, err) < 0 || fetch_lock(t, lock, err) < 0)
		return -1;
	for (size_t i = 0; i < lock->n; i++) {
		struct locked *p = &lock->v[i];
		if (p->wheel) {
			if (realise_wheel(p, folder, err) < 0)
				return -1;
			continue;
		}
		AUTO_BUILD r = { 0 };
		if (realise_sdist(t, python, p, folder, &r, err) < 0)
			return error_wrap(err, "building %s %s", p->name, p->version ? p->version : "");
		bool failed = r.state != BUILT_OK;
		if (failed) {
			failure->name = xstrdup(p->name);
			failure->version = xstrdup(p->version);
		}
		if (str_eq(p->name, target))
			take_result(built, &r);
		else if (failed)
			take_result(&failure->result, &r);
		if (failed)
			return 0;
	}
	return 0;
}
