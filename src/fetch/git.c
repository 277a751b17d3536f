/* git.c: sessions with git servers, mirrors in the cache, and git_fetch_tree(); see git.h. */
#include "fetch/git_internal.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "fetch/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MAX_DEPTH 5 /* of submodules in submodules */
#define STALL_SECONDS 60

#ifdef __SANITIZE_ADDRESS__
/* libgit2 1.5 built on PCRE2 loses 20 KiB for each name of the configuration
 * that does not match a pattern it looks for; not ours to free. */
const char *__lsan_default_suppressions(void);
__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2\n";
}
#endif

static void start_once(void)
{
	git_libgit2_init();
	git_stream_limits_install();
	/* Other people's repositories may be read: libgit2 runs no program that a
	 * repository's configuration names, which is what git's check protects from. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	static const char *const names[] = { "GIT_SSL_CAINFO", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *file = getenv(names[i]);
		if (file && *file && path_is_file(file) && git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL) == 0)
			break;
	}
}

void git_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start_once);
}

bool git_url_is_local(const char *url)
{
	return str_starts(url, "file://") || url[0] == '/' || url[0] == '.';
}

const char *git_local_path(const char *url)
{
	return str_starts(url, "file://") ? url + strlen("file://") : url;
}

int git_failed(const struct git_request *req, int code, enum error_code fallback, const char *doing, struct error *err)
{
	const git_error *last = git_error_last();
	AUTO_FREE char *why = text_safe_line(last && last->message ? last->message : "unknown reason");
	AUTO_FREE char *url = text_hide_credentials(req->url);
	if (strstr(why, strerror(ENOSPC)) || strstr(why, strerror(EDQUOT)))
		return error_set(err, ERR_DISK_FULL, "no space left for the git repository %s", url);
	bool gone = strstr(why, "status code: 404") || (git_url_is_local(req->url) && fallback == ERR_NETWORK);
	if (req->cancelled && req->cancelled())
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	if (gone)
		error_set(err, ERR_BAD_TARGET, "no git repository at %s", url);
	else
		error_set(err, fallback, "%s %s", doing, url);
	error_why(err, "%s", strstr(why, "://") ? "the server refused" : why); /* such a text may hold credentials */
	if (code == GIT_EAUTH || strstr(why, "status code: 401") || strstr(why, "status code: 403"))
		error_hint(err, "credentials come from the URL, from netrc, or for ssh from the agent and ~/.ssh");
	else if (code == GIT_ECERTIFICATE)
		error_hint(err, "set SSL_CERT_FILE if the server's authority is your own");
	return -1;
}

static bool is_cancelled(struct git_session *s)
{
	s->interrupted = s->req->cancelled && s->req->cancelled();
	return s->interrupted;
}

static int on_transfer(const git_indexer_progress *p, void *payload)
{
	struct git_session *s = payload;
	if (is_cancelled(s))
		return -1;
	observe_progress(s->req->observer, s->slot, p->received_objects, p->total_objects, "objects");
	return 0;
}

static int on_sideband(const char *text, int n, void *payload)
{
	(void)text;
	(void)n;
	return is_cancelled(payload) ? -1 : 0;
}

/* Is the scheme one that this libgit2 can speak? */
static int check_scheme(const struct git_request *req, struct error *err)
{
	int features = git_libgit2_features();
	const char *url = req->url;
	AUTO_FREE char *shown = text_hide_credentials(url);
	bool scp_like = !strstr(url, "://") && !git_url_is_local(url) && strchr(url, ':');
	bool ssh = str_starts(url, "ssh://") || scp_like, https = str_starts(url, "https://");
	if ((ssh && !(features & GIT_FEATURE_SSH)) || (https && !(features & GIT_FEATURE_HTTPS))) {
		error_set(err, ERR_TOOL, "this libgit2 was built without %s, so %s cannot be fetched", ssh ? "ssh" : "https", shown);
		return error_hint(err, "clone it with git and name the folder, or use another URL of the repository");
	}
	if (ssh || https || str_starts(url, "http://") || str_starts(url, "git://") || git_url_is_local(url))
		return 0;
	error_set(err, ERR_BAD_TARGET, "cannot fetch %s with git", shown);
	return error_why(err, "known are http, https, ssh, git and file");
}

int git_session_open(struct git_session *s, const struct git_request *req, git_repository *repo, struct error *err)
{
	*s = (struct git_session){ .req = req };
	git_start();
	if (check_scheme(req, err) < 0)
		return -1;
	git_stream_limits_set(req->stall_seconds > 0 ? req->stall_seconds : STALL_SECONDS);
	git_fetch_options_init(&s->options, GIT_FETCH_OPTIONS_VERSION);
	git_remote_callbacks *cb = &s->options.callbacks;
	cb->credentials = git_credentials;
	cb->transfer_progress = on_transfer;
	cb->sideband_progress = on_sideband;
	cb->payload = s;
	s->options.proxy_opts.type = GIT_PROXY_AUTO;
	s->options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	s->slot = observe_step(req->observer, path_base(req->url), "git");
	int r = repo ? git_remote_create_anonymous(&s->remote, repo, req->url) : git_remote_create_detached(&s->remote, req->url);
	if (r == 0)
		r = git_remote_connect(s->remote, GIT_DIRECTION_FETCH, cb, &s->options.proxy_opts, NULL);
	if (r == 0)
		return 0;
	git_failed(req, r, ERR_NETWORK, "cannot reach", err);
	git_session_close(s);
	return -1;
}

int git_session_fetch(struct git_session *s, const struct strv *refspecs, struct error *err)
{
	git_strarray specs = { .strings = refspecs->v, .count = refspecs->n };
#if GIT_AT_LEAST(1, 7)
	/* the local transport has no shallow fetch, and a pattern is asked for to search old commits */
	if (refspecs->n == 1 && !git_url_is_local(s->req->url))
		s->options.depth = 1;
#endif
	int r = git_remote_fetch(s->remote, &specs, &s->options, NULL);
	if (s->interrupted)
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	return r < 0 ? git_failed(s->req, r, ERR_NETWORK, "cannot fetch from", err) : 0;
}

void git_session_close(struct git_session *s)
{
	if (s->remote) {
		git_remote_disconnect(s->remote);
		git_remote_free(s->remote);
	}
	s->remote = NULL;
	observe_step_end(s->req->observer, s->slot);
}

/* One process at a time per mirror; another may be fetching for minutes. */
static int lock_mirror(const struct git_request *req, const char *path, int *out, struct error *err)
{
	AUTO_FREE char *name = xasprintf("%s.lock", path);
	AUTO_CLOSE int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", name);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, ERR_IO, errno, "cannot lock '%s'", name);
		if (req->cancelled && req->cancelled())
			return error_set(err, ERR_INTERRUPTED, "interrupted");
		poll(NULL, 0, 100);
	}
	*out = fd;
	fd = -1;
	return 0;
}

int git_mirror_open(const struct git_request *req, const char *cache_root, struct git_mirror *m, struct error *err)
{
	git_start();
	*m = (struct git_mirror){ .lock = -1 };
	AUTO_FREE char *dir = path_join(cache_root, "git");
	AUTO_FREE char *url = text_hide_credentials(req->url);
	char hex[SHA256_HEX];
	sha256_hex(url, strlen(url), hex);
	m->path = xasprintf("%s/%.32s.git", dir, hex);
	if (make_dirs(dir, err) < 0 || lock_mirror(req, m->path, &m->lock, err) < 0)
		return -1;
	if (git_repository_open_bare(&m->repo, m->path) == 0)
		return 0;
	/* absent, or left half made by a process that was killed */
	if (remove_tree(m->path, err) < 0)
		return -1;
	if (git_repository_init(&m->repo, m->path, 1) < 0)
		return git_failed(req, -1, ERR_IO, "cannot make a mirror of", err);
	return 0;
}

void git_mirror_release(struct git_mirror *m)
{
	git_repository_free(m->repo);
	if (m->lock >= 0)
		close(m->lock);
	free(m->path);
	*m = (struct git_mirror){ .lock = -1 };
}

static int offline_miss(const struct git_request *req, struct error *err)
{
	AUTO_FREE char *url = text_hide_credentials(req->url);
	error_set(err, ERR_OFFLINE_MISS, "%s%s%s is not in the cache and the network is off (--offline)", url, req->ref ? " at " : "", req->ref ? req->ref : "");
	return error_hint(err, "run once without `--offline`");
}

static bool is_full_id(const char *ref)
{
	return ref && strlen(ref) == 40 && strspn(ref, "0123456789abcdef") == 40;
}

/* The commit of the request, fetched if need be. */
static int resolve(const struct git_request *req, struct git_mirror *m, git_oid *id, struct error *err)
{
	if (is_full_id(req->ref) && git_resolve_mirror(req, m, id, NULL) == 0)
		return 0; /* a whole id means the same for ever */
	bool on_disk = git_url_is_local(req->url) && path_is_dir(git_local_path(req->url));
	if (!req->offline || on_disk)
		return git_resolve_remote(req, m, id, err);
	return git_resolve_mirror(req, m, id, NULL) == 0 ? 0 : offline_miss(req, err);
}

static int check_subdirectory(const struct git_request *req, const char *dest, struct error *err)
{
	if (!req->subdirectory || !*req->subdirectory)
		return 0;
	AUTO_FREE char *full = path_join(dest, req->subdirectory[0] == '/' ? "" : req->subdirectory);
	if (!unpack_name_problem(req->subdirectory, NULL) && path_is_dir(full))
		return 0;
	AUTO_FREE char *url = text_hide_credentials(req->url);
	error_set(err, ERR_BAD_TARGET, "the git repository has no folder '%s'%s%s", req->subdirectory, req->ref ? " at " : "", req->ref ? req->ref : "");
	return error_where(err, "%s", url);
}

static int fetch_at(const struct git_request *req, const char *cache_root, const char *dest, int depth, char commit[GIT_COMMIT_HEX], struct error *err);

static int fetch_submodules(const struct git_request *req, const char *cache_root, const char *dest, int depth, const struct strv *list, struct error *err)
{
	if (list->n > 0 && depth >= MAX_DEPTH)
		return error_set(err, ERR_BAD_ARCHIVE, "git submodules are nested more than %d deep", MAX_DEPTH);
	for (size_t i = 0; i < list->n; i++) {
		AUTO_STRV part = { 0 };
		strv_split(&part, list->v[i], '\t'); /* path, URL, id */
		AUTO_FREE char *url = git_resolve_submodule_url(req->url, part.v[1]);
		AUTO_FREE char *shown = text_hide_credentials(part.v[1]);
		if (!url)
			return error_set(err, ERR_BAD_TARGET, "the git submodule '%s' has a URL that is not followed: %s", part.v[0], shown);
		AUTO_FREE char *sub = path_join(dest, part.v[0]);
		struct git_request r = *req;
		r.url = url;
		r.ref = part.v[2];
		r.subdirectory = NULL;
		char id[GIT_COMMIT_HEX];
		if (fetch_at(&r, cache_root, sub, depth + 1, id, err) < 0)
			return error_wrap(err, "git submodule '%s'", part.v[0]);
	}
	return 0;
}

static int fetch_at(const struct git_request *req, const char *cache_root, const char *dest, int depth, char commit[GIT_COMMIT_HEX], struct error *err)
{
	AUTO_STRV submodules = { 0 };
	{
		AUTO_MIRROR m = { .lock = -1 }; /* released before submodules: one may have the same URL */
		git_oid id;
		if (git_mirror_open(req, cache_root, &m, err) < 0 || resolve(req, &m, &id, err) < 0)
			return -1;
		git_oid_tostr(commit, GIT_COMMIT_HEX, &id);
		if (git_checkout_commit(req, m.repo, &id, dest, &submodules, err) < 0)
			return -1;
	}
	return req->submodules ? fetch_submodules(req, cache_root, dest, depth, &submodules, err) : 0;
}

int git_fetch_tree(const struct git_request *req, const char *cache_root, const char *dest_dir, char commit[GIT_COMMIT_HEX], struct error *err)
{
	AUTO_STRV names = { 0 };
	if (path_exists(dest_dir) && list_dir(dest_dir, &names, err) < 0)
		return -1;
	if (names.n > 0)
		return error_set(err, ERR_IO, "'%s' is not empty", dest_dir);
	AUTO_FREE char *dest = path_absolute(dest_dir);
	int r = fetch_at(req, cache_root, dest, 0, commit, err);
	if (r == 0)
		r = check_subdirectory(req, dest, err);
	if (r < 0)
		remove_tree(dest, NULL);
	return r;
}
