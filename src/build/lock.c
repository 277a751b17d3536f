/* lock.c: see lock.h and resolve.h. */
#include "build/lock.h"
#include "model/names.h"
#include "base/file_url.h"
#include "base/fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void locked_release(struct locked *l)
{
	char *owned[] = { l->name, l->version, l->url, l->filename, l->sha256, l->local, l->sdist_url, l->sdist_filename, l->sdist_sha256 };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
}

void lock_release(struct lock *l)
{
	for (size_t i = 0; i < l->n; i++)
		locked_release(&l->v[i]);
	free(l->v);
	free(l->unbuilt);
	*l = (struct lock){ 0 };
}

const struct locked *lock_find(const struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

bool lock_agrees(const struct lock *a, const struct lock *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct locked *other = lock_find(a, b->v[i].name);
		if (other && b->v[i].version && !str_eq(other->version, b->v[i].version))
			return false;
	}
	return true;
}

void lock_take_sdist(struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		struct locked *p = &l->v[i];
		if (!str_eq(p->name, name) || !p->wheel || !p->sdist_url)
			continue;
		str_set(&p->url, p->sdist_url);
		str_set(&p->filename, p->sdist_filename);
		str_set(&p->sha256, p->sdist_sha256);
		free(p->local);
		p->local = file_url_path(p->url);
		p->size = -1;
		p->wheel = p->native = false;
	}
}

static struct locked locked_copy(const struct locked *l)
{
	return (struct locked){
		.name = xstrdup(l->name), .version = xstrdup(l->version), .url = xstrdup(l->url), .filename = xstrdup(l->filename),
		.sha256 = xstrdup(l->sha256), .size = l->size, .wheel = l->wheel, .native = l->native, .local = xstrdup(l->local),
		.sdist_url = xstrdup(l->sdist_url), .sdist_filename = xstrdup(l->sdist_filename), .sdist_sha256 = xstrdup(l->sdist_sha256),
	};
}

void lock_copy_beside(struct lock *dst, const struct lock *src, const struct lock *without)
{
	struct lock copy = { .v = xcalloc(src->n, sizeof(*copy.v)) };
	for (size_t i = 0; i < src->n; i++)
		if (!lock_find(without, src->v[i].name))
			copy.v[copy.n++] = locked_copy(&src->v[i]);
	lock_release(dst);
	*dst = copy;
}

void lock_copy(struct lock *dst, const struct lock *src)
{
	static const struct lock none = { 0 };
	lock_copy_beside(dst, src, &none);
}

void lock_pins(const struct lock *l, struct strv *out)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].version)
			strv_addf(out, "%s==%s", l->v[i].name, l->v[i].version);
}

int wheel_rank(const char *filename, const char *tag)
{
	if (!str_ends(filename, ".whl"))
		return 0;
	AUTO_STRV parts = { 0 };
	AUTO_FREE char *stem = xstrndup(filename, strlen(filename) - 4);
	strv_split(&parts, stem, '-');
	if (parts.n < 5)
		return 0;
	const char *abi = parts.v[parts.n - 2], *platform = parts.v[parts.n - 1];
	if (strcmp(platform, "any") == 0)
		return 1;
	if (strcmp(abi, tag) == 0)
		return 4;
	return strstr(abi, "abi3") ? 3 : 2;
}

/* https://host/a/b.whl#frag -> "b.whl"; percent signs stay: index file names have none. */
static char *url_filename(const char *url)
{
	const char *base = path_base(url);
	return xstrndup(base, strcspn(base, "#?"));
}

/* The file gets this name in folders of the tool, so it must be one. */
static bool is_file_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

static void take_file(struct locked *l, const cJSON *file, bool wheel)
{
	const char *url = json_str(file, "url"), *path = json_str(file, "path"), *name = json_str(file, "name");
	str_set(&l->url, url);
	free(l->filename);
	l->filename = name ? xstrdup(name) : url_filename(url ? url : path ? path : "");
	str_set(&l->sha256, json_str(file, "sha256"));
	l->size = json_int(file, "size", -1);
	l->wheel = wheel;
	free(l->local);
	l->local = path ? xstrdup(path) : url ? file_url_path(url) : NULL;
}

static const cJSON *best_wheel(const cJSON *package, const char *tag, int *best_rank)
{
	const cJSON *file, *best = NULL;
	*best_rank = 0;
	cJSON_ArrayForEach(file, json_arr(package, "wheels")) {
		const char *url = json_str(file, "url"), *name = json_str(file, "name");
		AUTO_FREE char *own = name ? xstrdup(name) : url_filename(url ? url : json_str(file, "path") ? json_str(file, "path") : "");
		int rank = wheel_rank(own, tag);
		if (rank && str_starts(url, "file://"))
			rank += 10; /* what was built here is what is meant */
		if (rank > *best_rank) {
			*best_rank = rank;
			best = file;
		}
	}
	return best;
}

static int take_package(struct locked *l, const cJSON *package, const struct interpreter *python, struct error *err)
{
	const char *name = json_str(package, "name");
	l->name = name_normalize(name ? name : "");
	l->version = xstrdup(json_str(package, "version"));
	l->size = -1;
	int rank;
	const cJSON *wheel = best_wheel(package, python->tag, &rank);
	const cJSON *sdist = json_obj(package, "sdist"), *archive = json_obj(package, "archive");
	if (sdist) {
		l->sdist_url = xstrdup(json_str(sdist, "url"));
		l->sdist_filename = json_str(sdist, "name") ? xstrdup(json_str(sdist, "name")) : url_filename(l->sdist_url ? l->sdist_url : "");
		l->sdist_sha256 = xstrdup(json_str(sdist, "sha256"));
	}
	if (wheel)
		take_file(l, wheel, true);
	else if (archive)
		take_file(l, archive, false);
	else if (sdist)
		take_file(l, sdist, false);
	if (!l->filename || !is_file_name(l->filename))
		return error_set(err, ERR_NO_VERSION, "%s has no file that can be used", l->name);
	l->wheel = str_ends(l->filename, ".whl");
	l->native = l->wheel && !str_ends(l->filename, "-any.whl");
	return 0;
}

int lock_from_json(const cJSON *j, const struct interpreter *python, struct lock *out, struct error *err)
{
	const cJSON *packages = json_arr(j, "packages"), *package;
	struct lock l = { .v = xcalloc((size_t)cJSON_GetArraySize(packages), sizeof(*l.v)) };
	cJSON_ArrayForEach(package, packages) {
		if (take_package(&l.v[l.n++], package, python, err) < 0) {
			lock_release(&l);
			return -1;
		}
	}
	lock_release(out);
	*out = l;
	return 0;
}

void lock_make_equal(struct lock *gil, struct lock *ft, const struct strv *only_binary, const char *target, struct strv *from_source)
{
	for (size_t i = 0; i < ft->n; i++) {
		const struct locked *f = &ft->v[i], *g = lock_find(gil, f->name);
		if (!g || f->local || g->local || !f->sdist_url || (only_binary && strv_has(only_binary, f->name)))
			continue;
		bool pure_against_native = f->wheel && g->wheel && f->native != g->native;
		bool target_differs = str_eq(f->name, target) && f->wheel != g->wheel;
		if (!pure_against_native && !target_differs)
			continue;
		if (from_source)
			strv_add_unique(from_source, f->name);
		lock_take_sdist(gil, f->name);
		lock_take_sdist(ft, f->name);
	}
}
