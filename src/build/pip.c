/* pip.c: see pip.h. */
#include "build/pip.h"
#include "base/file_url.h"
#include "base/fs.h"
#include "fetch/index.h"
#include "inputs/requirement.h"
#include "inputs/target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_lines(const char *path, const struct strv *lines, struct error *err)
{
	AUTO_FREE char *text = strv_join(lines, "\n");
	AUTO_FREE char *whole = xasprintf("%s\n", text);
	return write_unflushed(path, whole, strlen(whole), err);
}

static void add_each(struct strv *argv, const char *option, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++) {
		strv_add(argv, option);
		strv_add(argv, values->v[i]);
	}
}

static int command(const struct resolve_request *r, const struct sandbox *s, const char *report, struct strv *argv, struct error *err)
{
	AUTO_FREE char *requirements = path_join(s->home, "requirements.in");
	AUTO_FREE char *constraints = path_join(s->home, "constraints.txt");
	if (write_lines(requirements, &r->requirements, err) < 0 || write_lines(constraints, &r->constraints, err) < 0)
		return -1;
	const char *const head[] = { r->python->executable, "-P", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
		                         "--no-color", "--dry-run", "--ignore-installed", "--report", report, "--constraint", constraints };
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		strv_add(argv, head[i]);
	if (r->no_deps)
		strv_add(argv, "--no-deps");
	add_each(argv, "--no-binary", &r->no_binary);
	add_each(argv, "--only-binary", &r->only_binary);
	add_each(argv, "--find-links", &r->find_links);
	add_each(argv, "--constraint", &r->constraint_files);
	add_each(argv, "--requirement", &r->requirement_files);
	if (r->requirements.n || !r->requirement_files.n) {
		strv_add(argv, "--requirement");
		strv_add(argv, requirements);
	}
	return 0;
}

static void add_environment(const struct toolbox *t, struct sandbox *s)
{
	strv_addf(&s->env, "PIP_INDEX_URL=%s", t->index.url);
	if (t->index.extra_urls.n) {
		AUTO_FREE char *extra = strv_join(&t->index.extra_urls, " ");
		strv_addf(&s->env, "PIP_EXTRA_INDEX_URL=%s", extra);
	}
	strv_add(&s->env, "PIP_CONFIG_FILE=/dev/null");
	strv_addf(&s->env, "PIP_CACHE_DIR=%s/pip", s->writable.v[0]); /* the cache of this label, see resolve.c */
	strv_add(&s->env, "PIP_ROOT_USER_ACTION=ignore");
	strv_add(&s->env, "NO_COLOR=1");
}

int pip_report(const struct toolbox *t, const struct resolve_request *r, struct sandbox *s, cJSON **report, char **unbuilt,
               struct error *err)
{
	AUTO_FREE char *output = path_join(s->home, "report.json");
	AUTO_STRV argv = { 0 };
	if (command(r, s, output, &argv, err) < 0)
		return -1;
	add_environment(t, s);
	struct process_spec spec = { .deadline_seconds = 600 };
	AUTO_PROCESS done = { 0 };
	if (sandbox_run(s, &argv, &spec, &done, err) < 0)
		return -1;
	if (done.cancelled)
		return error_set(err, ERR_INTERRUPTED, "interrupted while resolving %s", r->label);
	if (process_ok(&done))
		return json_read(output, 64u << 20, report, err);
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE char *subject = NULL;
	AUTO_ERROR problem = { 0 }, nearer = { 0 };
	AUTO_INDEX_PROJECT p = { 0 };
	pip_complaint(buf_str(&done.output), cwd, &subject, &problem);
	if (problem.code == ERR_BUILD)
		*unbuilt = xstrdup(subject ? subject : r->label);
	/* pip does not tell a project that is not there from one whose files do not fit */
	if (problem.code == ERR_NO_VERSION && subject && index_project_get(&t->index, subject, &t->fetch, &p, &nearer) < 0 &&
	    nearer.code == ERR_NOT_FOUND)
		error_copy(&problem, &nearer);
	error_move(err, &problem);
	return -1;
}

static cJSON *file_entry(const char *name, const char *url, const char *sha256)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "name", name);
	json_add_str(o, "url", url);
	json_add_str(o, "sha256", sha256);
	return o;
}

/* The sdist of the same version, which the report does not mention when a wheel was chosen. */
static void add_sdist(const struct toolbox *t, cJSON *package, const char *name, const char *version)
{
	AUTO_INDEX_PROJECT p = { 0 };
	if (index_project_get(&t->index, name, &t->fetch, &p, NULL) < 0)
		return;
	for (size_t i = 0; i < p.n; i++) {
		const struct index_file *f = &p.files[i];
		if (f->wheel || version_compare(f->version, version) != 0)
			continue;
		cJSON_AddItemToObject(package, "sdist", file_entry(f->filename, f->url, f->sha256));
		return;
	}
}

cJSON *pip_report_lock(const struct toolbox *t, const cJSON *report)
{
	cJSON *lock = cJSON_CreateObject(), *packages = cJSON_AddArrayToObject(lock, "packages");
	const cJSON *item;
	cJSON_ArrayForEach(item, json_arr(report, "install")) {
		const cJSON *info = json_obj(item, "download_info"), *metadata = json_obj(item, "metadata");
		const char *url = json_str(info, "url"), *name = json_str(metadata, "name"), *version = json_str(metadata, "version");
		if (!url || !name || !version)
			continue;
		const char *sha256 = json_str(json_obj(json_obj(info, "archive_info"), "hashes"), "sha256");
		AUTO_FREE char *file = url_file_name(url);
		if (!file)
			continue;
		cJSON *package = cJSON_CreateObject();
		json_add_str(package, "name", name);
		json_add_str(package, "version", version);
		if (str_ends(file, ".whl")) {
			cJSON_AddItemToArray(cJSON_AddArrayToObject(package, "wheels"), file_entry(file, url, sha256));
			if (!str_starts(url, "file:"))
				add_sdist(t, package, name, version);
		} else {
			cJSON_AddItemToObject(package, "sdist", file_entry(file, url, sha256));
		}
		cJSON_AddItemToArray(packages, package);
	}
	return lock;
}

static void add_wanting_file(struct buf *out, const struct resolve_request *r, const char *name, const char *url)
{
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	AUTO_FREE char *path = url ? file_url_path(url) : NULL;
	for (size_t i = 0; i < r->requirement_files.n; i++) {
		AUTO_REQUIREMENT_LINE l = { 0 };
		const char *file = r->requirement_files.v[i];
		if (!requirement_lines_locate(file, cwd, name, &l) && !(path && requirement_lines_locate_path(file, cwd, path, &l)))
			continue;
		buf_addf(out, "    # via -r %s\n", r->requirement_files.v[i]);
		return;
	}
}

/* "name[extra]>=1 ; marker": is that the package? Markers are not asked: the package is there. */
static bool wants(const cJSON *item, const char *name)
{
	const cJSON *line;
	cJSON_ArrayForEach(line, json_arr(json_obj(item, "metadata"), "requires_dist")) {
		if (!cJSON_IsString(line))
			continue;
		AUTO_FREE char *bare = xstrndup(line->valuestring, strcspn(line->valuestring, " [<>=!~;@("));
		AUTO_FREE char *normal = name_normalize(bare);
		if (str_eq(normal, name))
			return true;
	}
	return false;
}

/* "name[extra]==version", or "name[extra] @ URL" of what was not taken from the index. */
static void add_chosen(struct buf *out, const cJSON *item, const char *name, const char *version)
{
	const cJSON *info = json_obj(item, "download_info"), *vcs = json_obj(info, "vcs_info");
	const char *url = json_str(info, "url"), *folder = json_str(info, "subdirectory"), *commit = json_str(vcs, "commit_id");
	AUTO_STRV extras = { 0 };
	json_strv(item, "requested_extras", &extras);
	AUTO_FREE char *named = requirement_named(name, &extras);
	buf_adds(out, named);
	if (!json_bool(item, "is_direct", false) || !url)
		buf_addf(out, "==%s\n", version);
	else
		buf_addf(out, " @ %s%s%s%s%s%s\n", vcs ? "git+" : "", url, commit ? "@" : "", commit ? commit : "", folder ? "#subdirectory=" : "",
		         folder ? folder : "");
}

char *pip_report_annotated(const struct resolve_request *r, const cJSON *report)
{
	struct buf out = { 0 };
	const cJSON *item, *other, *all = json_arr(report, "install");
	cJSON_ArrayForEach(item, all) {
		const cJSON *metadata = json_obj(item, "metadata");
		const char *version = json_str(metadata, "version");
		AUTO_FREE char *name = name_normalize(json_str(metadata, "name") ? json_str(metadata, "name") : "");
		if (!*name || !version)
			continue;
		add_chosen(&out, item, name, version);
		if (json_bool(item, "requested", false))
			add_wanting_file(&out, r, name, json_str(json_obj(item, "download_info"), "url"));
		cJSON_ArrayForEach(other, all)
			if (other != item && wants(other, name))
				buf_addf(&out, "    # via %s\n", json_str(json_obj(other, "metadata"), "name"));
	}
	return out.data ? buf_steal(&out) : xstrdup("");
}
