/* resolve.c: run the resolver and keep its answers for offline use; see resolve.h. */
#include "build/resolve.h"
#include "base/file_url.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "build/lock.h"
#include "build/pip.h"
#include "fetch/cache.h"
#include "fetch/index.h"
#include "fetch/netrc.h"
#include "inputs/target.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void resolve_request_release(struct resolve_request *r)
{
	struct strv *lists[] = { &r->requirements, &r->constraints, &r->no_binary, &r->only_binary,
		                     &r->find_links, &r->requirement_files, &r->constraint_files };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_release(lists[i]);
}

bool resolve_error_is_answer(const struct error *err)
{
	return err->code == ERR_NOT_FOUND || err->code == ERR_NO_VERSION || err->code == ERR_CONFLICT ||
	       err->code == ERR_BAD_REQUIREMENT || err->code == ERR_NOT_A_PROJECT || err->code == ERR_BUILD;
}

static void hash_list(struct hasher *h, const struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		hasher_update(h, l->v[i], strlen(l->v[i]) + 1);
	hasher_update(h, "|", 1);
}

/* The requirement and constraint files, with those that they include and what they name by path. */
static void files_seen(const struct resolve_request *r, struct strv *out)
{
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	const struct strv *lists[] = { &r->requirement_files, &r->constraint_files };
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			requirement_files_seen(lists[l]->v[i], cwd ? cwd : "/", out);
}

/* Equal requests have equal keys; files, and folders of wheels, count with what they hold. */
static void request_key(const struct toolbox *t, const struct resolve_request *r, const struct interpreter *python, char hex[SHA256_HEX])
{
	struct hasher *h = hasher_new();
	hasher_update(h, python->id, strlen(python->id));
	hasher_update(h, t->index.url, strlen(t->index.url));
	hash_list(h, &r->requirements);
	hash_list(h, &r->constraints);
	hash_list(h, &r->no_binary);
	hash_list(h, &r->only_binary);
	hasher_update(h, r->no_deps ? "n" : "d", 1);
	for (size_t i = 0; i < r->find_links.n; i++) {
		AUTO_STRV names = { 0 };
		list_dir(r->find_links.v[i], &names, NULL);
		for (size_t k = 0; k < names.n; k++) {
			AUTO_FREE char *path = path_join(r->find_links.v[i], names.v[k]);
			char file[SHA256_HEX] = "";
			if (path_is_file(path) && !cache_hash_of(path, file))
				sha256_file(path, file, NULL);
			hasher_update(h, file, strlen(file));
		}
		hash_list(h, &names);
	}
	AUTO_STRV seen = { 0 };
	files_seen(r, &seen);
	for (size_t i = 0; i < seen.n; i++) {
		char file[SHA256_HEX] = "";
		if (path_is_file(seen.v[i]))
			sha256_file(seen.v[i], file, NULL);
		else
			hasher_update(h, seen.v[i], strlen(seen.v[i]));
		hasher_update(h, file, strlen(file));
	}
	hasher_finish(h, hex);
}

static int write_lines(const char *dir, const char *name, const struct strv *lines, char **path, struct error *err)
{
	AUTO_FREE char *text = strv_join(lines, "\n");
	AUTO_FREE char *whole = xasprintf("%s\n", text);
	*path = path_join(dir, name);
	return write_unflushed(*path, whole, strlen(whole), err);
}

static void add_each(struct strv *argv, const char *option, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++) {
		strv_add(argv, option);
		strv_add(argv, values->v[i]);
	}
}

/* A hook of a project's backend may write beside the project's files: it gets a copy in their place. */
static int show_project(struct sandbox *s, const char *dir, struct error *err)
{
	AUTO_FREE char *copies = path_join(s->home, "projects");
	AUTO_FREE char *copy = xasprintf("%s/%zu", copies, s->shown_as.n);
	if (make_dirs(copies, err) < 0 || copy_tree(dir, copy, err) < 0)
		return -1;
	strv_add(&s->shown_as, copy);
	strv_add(&s->shown_as, dir);
	return 0;
}

/* The files of a request must be visible inside under their own names; only they, as
 * the folders that hold them may be anything, and a hook that runs inside has network. */
static int bind_files(struct sandbox *s, const struct resolve_request *r, struct error *err)
{
	AUTO_STRV seen = { 0 };
	files_seen(r, &seen);
	for (size_t i = 0; i < r->requirements.n; i++) { /* name @ file:///..., /folder[extra] */
		const char *line = r->requirements.v[i], *at = strstr(line, "@ file://"), *extras = strrchr(line, '[');
		AUTO_FREE char *path = xstrndup(line, extras && str_ends(line, "]") ? (size_t)(extras - line) : strlen(line));
		AUTO_FREE char *named = at ? file_url_path(at + strlen("@ ")) : NULL;
		if (named || line[0] == '/')
			strv_add_unique(&seen, named ? named : path);
	}
	strv_add_all(&s->read_only, &r->find_links);
	for (size_t i = 0; i < seen.n; i++) {
		if (s->disabled || !path_is_dir(seen.v[i]))
			strv_add_unique(&s->read_only, seen.v[i]);
		else if (show_project(s, seen.v[i], err) < 0)
			return -1;
	}
	if (r->requirement_files.n) { /* relative paths in them start there, as with pip and uv */
		s->cwd = getcwd(NULL, 0);
		s->make_cwd = true;
	}
	return 0;
}

static void add_index(const struct toolbox *t, struct sandbox *s)
{
	strv_addf(&s->env, "UV_DEFAULT_INDEX=%s", t->index.url);
	if (t->index.extra_urls.n) {
		AUTO_FREE char *extra = strv_join(&t->index.extra_urls, " ");
		strv_addf(&s->env, "UV_INDEX=%s", extra);
	}
	/* Old releases carry names that uv would otherwise look up in all indexes. */
	strv_add(&s->env, "UV_NO_CONFIG=1");
	strv_add(&s->env, "UV_NO_PROGRESS=1");
	strv_add(&s->env, "UV_PYTHON_DOWNLOADS=never");
	strv_add(&s->env, "NO_COLOR=1");
}

/* Of the user's netrc, the resolver sees the entries of the indexes in use, nothing else. */
static int add_netrc(const struct toolbox *t, const struct sandbox *s, struct error *err)
{
	AUTO_BUF text = { 0 };
	for (size_t i = 0; i <= t->index.extra_urls.n; i++) {
		const char *url = i ? t->index.extra_urls.v[i - 1] : t->index.url;
		AUTO_FREE char *user = NULL;
		AUTO_FREE char *password = NULL;
		AUTO_FREE char *host = netrc_url_host(url);
		if (!url_has_credentials(url) && netrc_for_url(url, &user, &password) && !strpbrk(user, " \n") && !strpbrk(password, " \n"))
			buf_addf(&text, "machine %s login %s password %s\n", host, user, password);
	}
	if (text.len == 0)
		return 0;
	AUTO_FREE char *file = path_join(s->home, ".netrc");
	return write_unflushed(file, buf_str(&text), text.len, err);
}

static int uv_command(const struct toolbox *t, const struct resolve_request *r, struct sandbox *s, const char *format,
                      const char *output, struct strv *argv, struct error *err)
{
	AUTO_FREE char *requirements = NULL;
	AUTO_FREE char *constraints = NULL;
	if (write_lines(s->home, "requirements.in", &r->requirements, &requirements, err) < 0 ||
	    write_lines(s->home, "constraints.txt", &r->constraints, &constraints, err) < 0)
		return -1;
	const char *const head[] = { t->uv, "pip", "compile", "--quiet", "--no-header", "--python", r->python->executable,
		                         "--format", format, "--output-file", output, "--constraints", constraints, "--no-strip-extras" };
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		strv_add(argv, head[i]);
	if (r->no_deps)
		strv_add(argv, "--no-deps");
	add_each(argv, "--no-binary", &r->no_binary);
	add_each(argv, "--only-binary", &r->only_binary);
	add_each(argv, "--find-links", &r->find_links);
	add_each(argv, "--constraints", &r->constraint_files);
	for (size_t i = 0; i < r->requirement_files.n; i++)
		strv_add(argv, r->requirement_files.v[i]);
	if (r->requirements.n || !r->requirement_files.n)
		strv_add(argv, requirements);
	return 0;
}

/* What uv says as an error; a name that the index lacks with its neighbours there. */
static int refused(const struct toolbox *t, const char *output, const char *cwd, char **subject, struct error *err)
{
	uv_complaint(output, cwd, subject, err);
	AUTO_ERROR nearer = { 0 };
	AUTO_INDEX_PROJECT p = { 0 };
	if (!err || err->code != ERR_NOT_FOUND || !*subject ||
	    index_project_get(&t->index, *subject, &t->fetch, &p, &nearer) == 0 || nearer.code != ERR_NOT_FOUND)
		return -1;
	error_copy(err, &nearer);
	return -1;
}

/* A sandbox with network, the request's files, and a cache for this label alone (writable.v[0]). */
static int open_sandbox(const struct toolbox *t, const struct resolve_request *r, struct sandbox *s, struct error *err)
{
	if (toolbox_sandbox(t, "resolve", s, err) < 0)
		return -1;
	toolbox_network(t, s);
	AUTO_FREE char *cache = xasprintf("%s/resolver/%s", t->cache, r->label);
	if (make_dirs(cache, err) < 0)
		return -1;
	strv_add(&s->writable, cache);
	return bind_files(s, r, err) < 0 ? -1 : add_netrc(t, s, err);
}

/* Run uv and leave its answer in *text; a refusal becomes an error. *unbuilt
 * names the package whose own code failed (ERR_BUILD). */
static int run_uv(const struct toolbox *t, const struct resolve_request *r, const char *format, char **text, size_t *len,
                  char **unbuilt, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	if (open_sandbox(t, r, &s, err) < 0)
		return -1;
	strv_addf(&s.env, "UV_CACHE_DIR=%s", s.writable.v[0]);
	add_index(t, &s);
	AUTO_FREE char *output = path_join(s.home, strcmp(format, "pylock.toml") == 0 ? "pylock.toml" : "out.txt");
	AUTO_STRV argv = { 0 };
	if (uv_command(t, r, &s, format, output, &argv, err) < 0)
		return -1;
	struct process_spec spec = { .deadline_seconds = 600 };
	AUTO_PROCESS done = { 0 };
	if (sandbox_run(&s, &argv, &spec, &done, err) < 0)
		return -1;
	int result = 0;
	AUTO_BUF answer = { 0 };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE char *subject = NULL;
	if (done.cancelled)
		result = error_set(err, ERR_INTERRUPTED, "interrupted while resolving %s", r->label);
	else if (!process_ok(&done))
		result = refused(t, buf_str(&done.output), cwd, &subject, err);
	else if (read_file(output, 32u << 20, &answer, err) < 0)
		result = -1;
	if (result < 0 && err && err->code == ERR_BUILD)
		*unbuilt = STEAL(&subject);
	*len = answer.len;
	*text = result == 0 ? buf_steal(&answer) : NULL;
	remove_tree(s.home, NULL);
	return result;
}

/* The same by pip; one of *text (annotated) and *lock is asked for. */
static int run_pip(const struct toolbox *t, const struct resolve_request *r, char **text, cJSON **lock, char **unbuilt, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	AUTO_JSON *report = NULL;
	if (open_sandbox(t, r, &s, err) < 0)
		return -1;
	int result = pip_report(t, r, &s, &report, unbuilt, err);
	if (result == 0 && text)
		*text = pip_report_annotated(r, report);
	if (result == 0 && lock)
		*lock = pip_report_lock(t, report);
	remove_tree(s.home, NULL);
	return result;
}

static char *saved_path(const struct toolbox *t, const char *key, const char *kind)
{
	return xasprintf("%s/locks/%.2s/%s.%s", t->cache, key, key, kind);
}

static int offline_miss(const struct resolve_request *r, struct error *err)
{
	AUTO_FREE char *what = strv_join(&r->requirements, ", ");
	error_set(err, ERR_OFFLINE_MISS, "no earlier resolution of %s is kept, and the network is off (--offline)",
	          r->requirements.n ? what : "these files");
	return error_hint(err, "run once without `--offline`");
}

int resolve_annotated(const struct toolbox *t, const struct resolve_request *r, char **text, struct error *err)
{
	char key[SHA256_HEX];
	request_key(t, r, r->python, key);
	AUTO_FREE char *saved = saved_path(t, key, "txt");
	if (t->offline) {
		AUTO_BUF b = { 0 };
		if (read_file(saved, 16u << 20, &b, NULL) < 0)
			return offline_miss(r, err);
		*text = buf_steal(&b);
		return 0;
	}
	size_t len = 0;
	AUTO_FREE char *unbuilt = NULL;
	if ((t->uv ? run_uv(t, r, "requirements.txt", text, &len, &unbuilt, err) : run_pip(t, r, text, NULL, &unbuilt, err)) < 0)
		return -1;
	len = strlen(*text);
	AUTO_FREE char *dir = path_dir(saved);
	make_dirs(dir, NULL);
	write_file(saved, *text, len, NULL);
	return 0;
}

/* uv's pylock through the interpreter's tomllib, as JSON. */
static int lock_from_toml(const struct toolbox *t, const char *toml, size_t len, cJSON **out, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	if (toolbox_sandbox(t, "lock", &s, err) < 0)
		return -1;
	AUTO_FREE char *file = path_join(s.home, "pylock.toml");
	if (write_unflushed(file, toml, len, err) < 0)
		return -1;
	AUTO_STRV args = { 0 };
	strv_add(&args, "--lock");
	strv_add(&args, file);
	AUTO_FREE char *complaint = NULL;
	if (toolbox_script(t, &s, &t->pair->gil, "project_facts.py", &args, out, &complaint, err) < 0)
		return -1;
	remove_tree(s.home, NULL);
	return *out ? 0 : error_set(err, ERR_TOOL, "the resolver's lock could not be read: %s", complaint ? complaint : "");
}

static int ask_resolver(const struct toolbox *t, const struct resolve_request *r, cJSON **lock, char **unbuilt, struct error *err)
{
	if (!t->uv)
		return run_pip(t, r, NULL, lock, unbuilt, err);
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	return run_uv(t, r, "pylock.toml", &text, &len, unbuilt, err) < 0 ? -1 : lock_from_toml(t, text, len, lock, err);
}

/* What the index shows of the targets among the requirements now: an answer from before
 * a release must not be taken, because the survey remembers the page of after it. NULL
 * when it cannot be asked. */
static char *target_pages(const struct toolbox *t, const struct resolve_request *r)
{
	AUTO_STRV names = { 0 }, hashes = { 0 };
	for (size_t i = 0; i < r->requirements.n; i++) {
		AUTO_FREE char *bare = xstrndup(r->requirements.v[i], strcspn(r->requirements.v[i], " [<>=!~;@("));
		AUTO_FREE char *name = name_normalize(bare);
		if (str_eq(name, r->label) || str_eq(r->label, "closure")) /* their pages were read before */
			strv_add(&names, name);
	}
	if (names.n && toolbox_page_hashes(t, &names, &hashes, NULL) < 0)
		return NULL;
	return strv_join(&hashes, "\n");
}

static bool same_pages(const char *saved, const char *pages)
{
	AUTO_FREE char *file = xasprintf("%s.pages", saved);
	AUTO_BUF then = { 0 };
	return pages && read_file(file, 1u << 20, &then, NULL) == 0 && strcmp(buf_str(&then), pages) == 0;
}

/* As index pages, answers are good for ten minutes; those from files of the user are not. */
static bool is_young(const struct toolbox *t, const struct resolve_request *r, const char *saved)
{
	enum { YOUNG_SECONDS = 600 };
	struct stat st;
	if (t->fresh || r->requirement_files.n || r->constraint_files.n || stat(saved, &st) < 0)
		return false;
	for (size_t i = 0; i < r->requirements.n; i++)
		if (r->requirements.v[i][0] == '/' || strstr(r->requirements.v[i], "@ file://"))
			return false;
	time_t age = time(NULL) - st.st_mtime;
	return age >= 0 && age < YOUNG_SECONDS;
}

static int keep(const char *saved, const cJSON *lock, const char *pages, struct error *err)
{
	AUTO_FREE char *dir = path_dir(saved);
	AUTO_FREE char *beside = xasprintf("%s.pages", saved);
	return make_dirs(dir, err) < 0 || json_write(saved, lock, err) < 0 || (pages && write_file(beside, pages, strlen(pages), err) < 0) ? -1 : 0;
}

static bool all_pure(const struct lock *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].wheel || l->v[i].native || l->v[i].local)
			return false;
	return true;
}

/* What the other interpreter of the pair has just been answered, where it is this one's answer too. */
static bool answer_of_twin(const struct toolbox *t, const struct resolve_request *r, const char *pages, cJSON **out)
{
	char key[SHA256_HEX];
	AUTO_LOCK lock = { 0 };
	AUTO_JSON *j = NULL;
	if (!r->twin || !str_eq(r->twin->version, r->python->version))
		return false;
	request_key(t, r, r->twin, key);
	AUTO_FREE char *saved = saved_path(t, key, "json");
	if (!is_young(t, r, saved) || !same_pages(saved, pages) || json_read(saved, 32u << 20, &j, NULL) < 0 ||
	    lock_from_json(j, r->twin, &lock, NULL) < 0 || !all_pure(&lock))
		return false;
	*out = STEAL(&j);
	return true;
}

int resolve(const struct toolbox *t, const struct resolve_request *r, struct lock *out, struct error *err)
{
	char key[SHA256_HEX];
	request_key(t, r, r->python, key);
	AUTO_FREE char *saved = saved_path(t, key, "json");
	AUTO_JSON *j = NULL;
	if (t->offline) {
		if (json_read(saved, 32u << 20, &j, NULL) < 0)
			return offline_miss(r, err);
		return lock_from_json(j, r->python, out, err);
	}
	AUTO_FREE char *pages = target_pages(t, r);
	if (is_young(t, r, saved) && same_pages(saved, pages) && json_read(saved, 32u << 20, &j, NULL) == 0)
		return lock_from_json(j, r->python, out, err);
	AUTO_FREE char *unbuilt = NULL;
	if (!answer_of_twin(t, r, pages, &j) && ask_resolver(t, r, &j, &unbuilt, err) < 0) {
		lock_release(out);
		out->unbuilt = STEAL(&unbuilt);
		return -1;
	}
	return keep(saved, j, pages, err) < 0 ? -1 : lock_from_json(j, r->python, out, err);
}
