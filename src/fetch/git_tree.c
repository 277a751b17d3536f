/* git_tree.c: from a commit to files on disk: limits, links, submodules, and the state of a local folder; see git.h. */
#include "fetch/git_internal.h"

#include "base/fs.h"
#include "base/text.h"
#include "fetch/unpack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a look over a tree tells before anything is written: a tree may name
 * itself many times over and so unfold without end. */
struct tree_scan {
	git_repository *repo;
	size_t entries;
	uint64_t bytes;
	const char *problem; /* set when the scan was ended */
	enum error_code code;
	struct strv gitlinks; /* "path\tid" */
	struct strv bad_links; /* symbolic links that leave the tree */
};

static int scan_failed(struct tree_scan *s, enum error_code code, const char *problem)
{
	s->code = code;
	s->problem = problem;
	return -1;
}

static void scan_link(struct tree_scan *s, const char *path, const git_oid *id)
{
	git_blob *blob = NULL;
	if (git_blob_lookup(&blob, s->repo, id) == 0) {
		git_object_size_t n = git_blob_rawsize(blob);
		AUTO_FREE char *target = xstrndup(git_blob_rawcontent(blob), n < 4096 ? (size_t)n : 4096);
		if (!unpack_link_stays(path, target))
			strv_add(&s->bad_links, path);
	}
	git_blob_free(blob);
}

static int scan_entry(const char *root, const git_tree_entry *e, void *payload)
{
	struct tree_scan *s = payload;
	const struct unpack_limits *l = &unpack_default_limits;
	AUTO_FREE char *path = path_join(root, git_tree_entry_name(e));
	if (++s->entries > l->entries)
		return scan_failed(s, ERR_TOO_LARGE, "has too many entries");
	const char *problem = unpack_name_problem(path, l);
	if (problem)
		return scan_failed(s, ERR_BAD_ARCHIVE, problem);
	git_filemode_t mode = git_tree_entry_filemode(e);
	if (mode == GIT_FILEMODE_COMMIT) {
		char id[GIT_COMMIT_HEX];
		git_oid_tostr(id, sizeof(id), git_tree_entry_id(e));
		strv_addf(&s->gitlinks, "%s\t%s", path, id);
	}
	if (mode == GIT_FILEMODE_LINK)
		scan_link(s, path, git_tree_entry_id(e));
	if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		return 0;
	git_odb *odb = NULL;
	size_t size = 0;
	git_object_t type;
	if (git_repository_odb(&odb, s->repo) == 0 && git_odb_read_header(&size, &type, odb, git_tree_entry_id(e)) == 0)
		s->bytes += size;
	git_odb_free(odb);
	return s->bytes > l->bytes ? scan_failed(s, ERR_TOO_LARGE, "is too large") : 0;
}

static int scan_tree(const struct git_request *req, git_tree *tree, struct tree_scan *s, struct error *err)
{
	int r = git_tree_walk(tree, GIT_TREEWALK_PRE, scan_entry, s);
	if (r >= 0)
		return 0;
	if (!s->problem)
		return git_failed(req, r, ERR_IO, "cannot read the tree of", err);
	AUTO_FREE char *url = text_hide_credentials(req->url);
	return error_set(err, s->code, "the tree of %s %s", url, s->problem);
}

/* "key = value" of a .gitmodules line; NULL when it is another key. */
static char *module_value(const char *line, const char *key)
{
	line += strspn(line, " \t");
	size_t n = strlen(key);
	if (strncmp(line, key, n) != 0)
		return NULL;
	line += n;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t\"");
	return xstrndup(line, strcspn(line, "\"\r"));
}

/* The URL that .gitmodules gives for a path; NULL when it gives none. Read here
 * and not as a git configuration, which could include other files. */
static char *module_url(const char *text, const char *path)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	AUTO_FREE char *url = NULL;
	bool ours = false;
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i];
		if (line[strspn(line, " \t")] == '[') {
			if (ours && url)
				break;
			str_set(&url, NULL);
			ours = false;
			continue;
		}
		AUTO_FREE char *p = module_value(line, "path");
		AUTO_FREE char *u = module_value(line, "url");
		ours = ours || str_eq(p, path);
		if (u)
			str_set(&url, u);
	}
	return ours ? STEAL(&url) : NULL;
}

static void find_submodules(git_repository *repo, git_tree *tree, const struct strv *gitlinks, struct strv *out)
{
	git_tree_entry *e = NULL;
	git_blob *blob = NULL;
	if (gitlinks->n > 0 && git_tree_entry_bypath(&e, tree, ".gitmodules") == 0 &&
	    git_tree_entry_filemode(e) != GIT_FILEMODE_LINK && git_blob_lookup(&blob, repo, git_tree_entry_id(e)) == 0) {
		git_object_size_t n = git_blob_rawsize(blob);
		AUTO_FREE char *text = xstrndup(git_blob_rawcontent(blob), n < (1u << 20) ? (size_t)n : 1u << 20);
		for (size_t i = 0; i < gitlinks->n; i++) {
			const char *tab = strchr(gitlinks->v[i], '\t');
			AUTO_FREE char *path = xstrndup(gitlinks->v[i], (size_t)(tab - gitlinks->v[i]));
			AUTO_FREE char *url = module_url(text, path);
			if (url && !strchr(url, '\t') && !strchr(path, '\t'))
				strv_addf(out, "%s\t%s\t%s", path, url, tab + 1);
		}
	}
	git_blob_free(blob);
	git_tree_entry_free(e);
}

static void on_checkout(const char *path, size_t done, size_t total, void *payload)
{
	(void)path;
	const int *slot = ((void **)payload)[1];
	observe_progress(((void **)payload)[0], *slot, (int64_t)done, (int64_t)total, "files");
}

static int write_tree(const struct git_request *req, git_repository *repo, git_tree *tree, const char *dest, struct error *err)
{
	int slot = observe_step(req->observer, path_base(req->url), "git checkout");
	void *payload[] = { (void *)(uintptr_t)req->observer, &slot };
	git_checkout_options o;
	git_checkout_options_init(&o, GIT_CHECKOUT_OPTIONS_VERSION);
	o.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_UPDATE_INDEX | GIT_CHECKOUT_DONT_WRITE_INDEX | GIT_CHECKOUT_NO_REFRESH;
	o.progress_cb = on_checkout;
	o.progress_payload = payload;
	/* in memory only; with opts.target_directory a bare repository cannot check submodules' folders out */
	int r = git_repository_set_workdir(repo, dest, 0);
	if (r == 0)
		r = git_checkout_tree(repo, (const git_object *)tree, &o);
	observe_step_end(req->observer, slot);
	return r < 0 ? git_failed(req, r, ERR_IO, "cannot write the files of", err) : 0;
}

static int checkout_scanned(const struct git_request *req, git_repository *repo, git_tree *tree, const char *dest, struct strv *submodules, struct error *err)
{
	struct tree_scan s = { .repo = repo };
	int r = scan_tree(req, tree, &s, err);
	if (r == 0)
		r = make_dirs(dest, err);
	if (r == 0)
		r = write_tree(req, repo, tree, dest, err);
	for (size_t i = 0; r == 0 && i < s.bad_links.n; i++) {
		AUTO_FREE char *path = path_join(dest, s.bad_links.v[i]);
		unlink(path);
		observe_note(req->observer, "left out '%s' of %s: a link that leaves the tree", s.bad_links.v[i], path_base(req->url));
	}
	if (r == 0)
		find_submodules(repo, tree, &s.gitlinks, submodules);
	strv_release(&s.gitlinks);
	strv_release(&s.bad_links);
	return r;
}

int git_checkout_commit(const struct git_request *req, git_repository *repo, const git_oid *id, const char *dest, struct strv *submodules, struct error *err)
{
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	int r = git_commit_lookup(&commit, repo, id);
	if (r == 0)
		r = git_commit_tree(&tree, commit);
	if (r < 0)
		r = git_failed(req, r, ERR_IO, "cannot read the commit of", err);
	else
		r = checkout_scanned(req, repo, tree, dest, submodules, err);
	git_tree_free(tree);
	git_commit_free(commit);
	return r;
}

static bool has_scheme(const char *url)
{
	static const char *const schemes[] = { "https://", "http://", "ssh://", "git://", "file://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (str_starts(url, schemes[i]))
			return true;
	return false;
}

char *git_resolve_submodule_url(const char *parent, const char *url)
{
	bool local = git_url_is_local(parent);
	if (!str_starts(url, "./") && !str_starts(url, "../")) {
		bool scp_like = !strstr(url, "://") && !git_url_is_local(url) && strchr(url, ':');
		bool known = has_scheme(url) || scp_like || url[0] == '/';
		/* what comes from elsewhere must not read this machine's repositories */
		return known && url[0] != '-' && (local || !git_url_is_local(url)) ? xstrdup(url) : NULL;
	}
	AUTO_FREE char *base = xstrdup(parent);
	const char *scheme = strstr(base, "://");
	char *path = base + (scheme ? scheme + 3 - base : 0);
	path += local ? 0 : strcspn(path, scheme ? "/" : ":"); /* never climbs above the host */
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	while (str_starts(url, "./") || str_starts(url, "../")) {
		bool up = url[1] == '.';
		url += up ? 3 : 2;
		char *slash = strrchr(path, '/');
		if (up && !slash)
			return NULL;
		if (up)
			*slash = '\0';
	}
	return xasprintf("%s/%s", base, url);
}

/* The folder relative to the work tree, NULL when it is not below it. */
static char *below_workdir(git_repository *repo, const char *dir)
{
	const char *root = git_repository_workdir(repo);
	AUTO_FREE char *real = realpath(dir, NULL);
	AUTO_FREE char *real_root = root ? realpath(root, NULL) : NULL;
	if (!real || !real_root || !str_starts(real, real_root))
		return NULL;
	const char *rest = real + strlen(real_root);
	return *rest && *rest != '/' ? NULL : xstrdup(*rest ? rest + 1 : "");
}

static int read_state(git_repository *repo, const char *rel, char commit[GIT_COMMIT_HEX], bool *dirty)
{
	int ignored = 0;
	if (*rel && git_ignore_path_is_ignored(&ignored, repo, rel) == 0 && ignored)
		return 0;
	git_oid head;
	if (git_reference_name_to_id(&head, repo, "HEAD") < 0)
		return 0;
	char *spec = xstrdup(rel);
	git_status_options o;
	git_status_options_init(&o, GIT_STATUS_OPTIONS_VERSION);
	o.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
	if (*rel)
		o.pathspec = (git_strarray){ .strings = &spec, .count = 1 };
	git_status_list *list = NULL;
	int r = git_status_list_new(&list, repo, &o);
	if (r == 0) {
		*dirty = git_status_list_entrycount(list) > 0;
		git_oid_tostr(commit, GIT_COMMIT_HEX, &head);
	}
	git_status_list_free(list);
	free(spec);
	return r;
}

int git_describe_dir(const char *dir, char commit[GIT_COMMIT_HEX], bool *dirty, struct error *err)
{
	git_start();
	commit[0] = '\0';
	*dirty = false;
	git_repository *repo = NULL;
	int r = git_repository_open_ext(&repo, dir, 0, NULL);
	if (r == GIT_ENOTFOUND)
		return 0;
	struct git_request req = { .url = dir };
	if (r < 0)
		return git_failed(&req, r, ERR_IO, "cannot read the git repository of", err);
	AUTO_FREE char *rel = below_workdir(repo, dir);
	r = rel ? read_state(repo, rel, commit, dirty) : 0;
	git_repository_free(repo);
	return r < 0 ? git_failed(&req, r, ERR_IO, "cannot read the git state of", err) : 0;
}
