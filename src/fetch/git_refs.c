/* git_refs.c: which commit a ref means, at the remote and in the mirror; tags of versions; see git.h. */
#include "fetch/git_internal.h"

#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_REF "refs/migrate-check/HEAD" /* the remote's HEAD in the mirror */
#define SEEN_FILE "refs-seen"              /* names at the remote when it was last asked */

/* "refs/tags/v1" for the nth way to read "v1", NULL behind the last. */
static char *full_name(const char *ref, int nth)
{
	static const char *const prefixes[] = { "refs/tags/", "refs/heads/", "refs/" };
	if (str_starts(ref, "refs/"))
		return nth == 0 ? xstrdup(ref) : NULL;
	return nth < (int)ARRAY_LEN(prefixes) ? xasprintf("%s%s", prefixes[nth], ref) : NULL;
}

static bool looks_like_id(const char *ref)
{
	size_t n = strlen(ref);
	return n >= 4 && n <= 40 && strspn(ref, "0123456789abcdefABCDEF") == n;
}

static const git_remote_head *head_named(const git_remote_head **heads, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(heads[i]->name, name) == 0)
			return heads[i];
	return NULL;
}

/* The advertised ref that the request means, or NULL. */
static const git_remote_head *pick_head(const git_remote_head **heads, size_t n, const char *ref)
{
	if (!ref)
		return head_named(heads, n, "HEAD");
	for (int i = 0;; i++) {
		AUTO_FREE char *name = full_name(ref, i);
		if (!name)
			break;
		const git_remote_head *h = head_named(heads, n, name);
		if (h)
			return h;
	}
	if (!looks_like_id(ref))
		return NULL;
	const git_remote_head *found = NULL;
	for (size_t i = 0; i < n; i++) {
		char hex[GIT_COMMIT_HEX];
		git_oid_tostr(hex, sizeof(hex), &heads[i]->oid);
		if (strncasecmp(hex, ref, strlen(ref)) != 0 || !str_starts(heads[i]->name, "refs/"))
			continue;
		if (found && git_oid_cmp(&found->oid, &heads[i]->oid) != 0)
			return NULL; /* two objects begin so: the search over all decides */
		found = heads[i];
	}
	return found;
}

static const char *short_name(const char *name)
{
	return str_starts(name, "refs/tags/") ? name + 10 : str_starts(name, "refs/heads/") ? name + 11 : name;
}

/* Branches and tags by their full names, without peeled "^{}" lines. */
static void full_names(const git_remote_head **heads, size_t n, struct strv *out)
{
	for (size_t i = 0; i < n && out->n < GIT_MAX_REFS; i++)
		if (short_name(heads[i]->name) != heads[i]->name && !str_ends(heads[i]->name, "^{}"))
			strv_add(out, heads[i]->name);
}

struct near {
	const char *name;
	size_t distance;
};

static int by_distance(const void *a, const void *b)
{
	const struct near *x = a, *y = b;
	return x->distance < y->distance ? -1 : x->distance > y->distance ? 1 : strcmp(x->name, y->name);
}

static int no_ref(const struct git_request *req, const struct strv *names, struct error *err)
{
	AUTO_FREE char *url = text_hide_credentials(req->url);
	AUTO_FREE char *ref = text_safe_line(req->ref ? req->ref : "HEAD");
	error_set(err, ERR_NO_REF, "the git repository has no branch, tag or commit '%s'", ref);
	error_where(err, "%s", url);
	size_t n = names->n < 20000 ? names->n : 20000;
	struct near *near = xcalloc(n + 1, sizeof(*near));
	for (size_t i = 0; i < n; i++)
		near[i] = (struct near){ short_name(names->v[i]), text_edit_distance(short_name(names->v[i]), ref) };
	qsort(near, n, sizeof(*near), by_distance);
	AUTO_STRV shown = { 0 };
	for (size_t i = 0; i < n && i < 3 && near[i].distance <= 1 + strlen(ref) / 2; i++) {
		AUTO_FREE char *safe = text_safe_line(near[i].name);
		strv_addf(&shown, "`%s`", safe);
	}
	free(near);
	AUTO_FREE char *list = strv_join(&shown, ", ");
	if (shown.n)
		error_hint(err, "did you mean %s?", list);
	else if (names->n == 0)
		error_why(err, "it has no branches and no tags at all");
	return -1;
}

/* The commit that an object of the mirror is or points at (annotated tags). */
static int peel(git_repository *repo, const git_oid *oid, git_oid *id)
{
	git_object *o = NULL, *c = NULL;
	int r = git_object_lookup(&o, repo, oid, GIT_OBJECT_ANY);
	if (r == 0)
		r = git_object_peel(&c, o, GIT_OBJECT_COMMIT);
	if (r == 0)
		git_oid_cpy(id, git_object_id(c));
	git_object_free(c);
	git_object_free(o);
	return r;
}

static int find_abbreviated(git_repository *repo, const char *ref, git_oid *id)
{
	git_oid part;
	git_object *o = NULL;
	if (!looks_like_id(ref) || git_oid_fromstrn(&part, ref, strlen(ref)) < 0)
		return -1;
	if (git_object_lookup_prefix(&o, repo, &part, strlen(ref), GIT_OBJECT_ANY) < 0)
		return -1;
	git_oid found = *git_object_id(o);
	git_object_free(o);
	return peel(repo, &found, id);
}

int git_resolve_mirror(const struct git_request *req, struct git_mirror *m, git_oid *id, struct error *err)
{
	git_oid oid;
	if (!req->ref && git_reference_name_to_id(&oid, m->repo, HEAD_REF) == 0 && peel(m->repo, &oid, id) == 0)
		return 0;
	for (int i = 0; req->ref; i++) {
		AUTO_FREE char *name = full_name(req->ref, i);
		if (!name)
			break;
		if (git_reference_name_to_id(&oid, m->repo, name) == 0 && peel(m->repo, &oid, id) == 0)
			return 0;
	}
	if (req->ref && find_abbreviated(m->repo, req->ref, id) == 0)
		return 0;
	AUTO_STRV none = { 0 };
	return no_ref(req, &none, err);
}

/* Bring one advertised ref into the mirror and find its commit. */
static int fetch_head(struct git_session *s, struct git_mirror *m, const git_remote_head *h, git_oid *id, struct error *err)
{
	AUTO_FREE char *name = xstrdup(h->name);
	if (str_ends(name, "^{}"))
		name[strlen(name) - 3] = '\0';
	const char *local = strcmp(name, "HEAD") == 0 ? HEAD_REF : name;
	git_oid oid = h->oid;
	if (peel(m->repo, &oid, id) == 0) { /* its history came with it when it was fetched */
		git_reference *r = NULL;
		if (git_reference_create(&r, m->repo, local, &oid, 1, NULL) == 0)
			git_reference_free(r);
		return 0;
	}
	AUTO_STRV specs = { 0 };
	strv_addf(&specs, "+%s:%s", name, local);
	if (git_session_fetch(s, &specs, err) < 0)
		return -1;
	if (peel(m->repo, &oid, id) < 0)
		return git_failed(s->req, -1, ERR_IO, "cannot read what was fetched from", err);
	return 0;
}

/* A commit that no advertised ref names: all branches and tags have to come. */
static int fetch_all(struct git_session *s, struct git_mirror *m, git_oid *id, struct error *err)
{
	AUTO_STRV specs = { 0 };
	strv_add(&specs, "+refs/heads/*:refs/heads/*");
	strv_add(&specs, "+refs/tags/*:refs/tags/*");
	if (git_session_fetch(s, &specs, err) < 0)
		return -1;
	return find_abbreviated(m->repo, s->req->ref, id) == 0 ? 0 : 1;
}

static void remember_names(const struct git_mirror *m, const struct strv *names)
{
	AUTO_FREE char *path = path_join(m->path, SEEN_FILE);
	AUTO_FREE char *text = strv_join(names, "\n");
	write_file(path, text, strlen(text), NULL); /* only a help for offline runs */
}

int git_resolve_remote(const struct git_request *req, struct git_mirror *m, git_oid *id, struct error *err)
{
	struct git_session s;
	if (git_session_open(&s, req, m->repo, err) < 0)
		return -1;
	const git_remote_head **heads = NULL;
	size_t n = 0;
	AUTO_STRV names = { 0 };
	int r = git_remote_ls(&heads, &n, s.remote);
	if (r < 0) {
		git_failed(req, r, ERR_NETWORK, "cannot read the refs of", err);
	} else {
		full_names(heads, n, &names);
		remember_names(m, &names);
		const git_remote_head *h = pick_head(heads, n, req->ref);
		r = h ? fetch_head(&s, m, h, id, err) : 1;
		if (r > 0 && req->ref && looks_like_id(req->ref))
			r = fetch_all(&s, m, id, err);
		if (r > 0)
			r = no_ref(req, &names, err);
	}
	git_session_close(&s);
	return r;
}

/* The names of the remote's tags and branches, or those seen last when offline. */
static int list_names(const struct git_request *req, struct git_mirror *m, struct strv *names, struct error *err)
{
	bool on_disk = git_url_is_local(req->url) && path_is_dir(git_local_path(req->url));
	if (req->offline && !on_disk) {
		AUTO_FREE char *path = path_join(m->path, SEEN_FILE);
		AUTO_BUF text = { 0 };
		if (read_file(path, 32u << 20, &text, NULL) < 0) {
			AUTO_FREE char *url = text_hide_credentials(req->url);
			return error_set(err, ERR_OFFLINE_MISS, "the tags of %s are not in the cache and the network is off (--offline)", url);
		}
		strv_split(names, buf_str(&text), '\n');
		return 0;
	}
	struct git_session s;
	if (git_session_open(&s, req, m->repo, err) < 0)
		return -1;
	const git_remote_head **heads = NULL;
	size_t n = 0;
	int r = git_remote_ls(&heads, &n, s.remote);
	if (r < 0) {
		git_failed(req, r, ERR_NETWORK, "cannot read the refs of", err);
	} else {
		full_names(heads, n, names);
		remember_names(m, names);
	}
	git_session_close(&s);
	return r;
}

int git_find_version_tag(const struct git_request *req, const char *cache_root, const char *name, const char *version, char **tag, struct error *err)
{
	*tag = NULL;
	AUTO_MIRROR m = { .lock = -1 };
	AUTO_STRV names = { 0 };
	if (git_mirror_open(req, cache_root, &m, err) < 0 || list_names(req, &m, &names, err) < 0)
		return -1;
	AUTO_STRV tags = { 0 };
	for (size_t i = 0; i < names.n; i++)
		if (str_starts(names.v[i], "refs/tags/"))
			strv_add(&tags, short_name(names.v[i]));
	*tag = xstrdup(git_pick_version_tag(&tags, name, version));
	return 0;
}
