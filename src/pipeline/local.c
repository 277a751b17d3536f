/* local.c: see local.h. */
#include "pipeline/local.h"
#include "base/file_url.h"
#include "base/fs.h"
#include "base/hash.h"
#include "build/lock.h"
#include "model/names.h"
#include "fetch/cache.h"
#include "fetch/git.h"
#include "fetch/wheel.h"
#include "inputs/requirement.h"

#include <stdlib.h>
#include <string.h>

/* A hash over names and contents of a tree, as the identity of its builds. */
static int tree_id(const char *dir, char hex[SHA256_HEX], struct error *err)
{
	AUTO_STRV files = { 0 };
	if (walk_files(dir, 100000, &files, err) < 0)
		return -1;
	struct hasher *h = hasher_new();
	int result = 0;
	for (size_t i = 0; i < files.n && result == 0; i++) {
		if (strstr(files.v[i], "__pycache__") || str_starts(files.v[i], ".git/"))
			continue;
		AUTO_FREE char *path = path_join(dir, files.v[i]);
		char file[SHA256_HEX];
		result = sha256_file(path, file, err);
		hasher_update(h, files.v[i], strlen(files.v[i]) + 1);
		hasher_update(h, file, strlen(file));
	}
	hasher_finish(h, hex);
	return result;
}

static int fetch_tree(struct session *s, const struct target *t, char **tree, struct error *err)
{
	AUTO_FREE char *parent = NULL;
	if (make_temp_dir(s->tools.work, "git", &parent, err) < 0)
		return -1;
	char *dest = path_join(parent, "tree");
	struct git_request q = { .url = t->url, .ref = t->ref, .subdirectory = t->subdirectory, .submodules = true,
		                     .offline = s->tools.offline, .cancelled = processes_cancelled, .observer = s->tools.observer };
	char commit[41] = "";
	AUTO_FREE char *mirrors = path_join(s->tools.cache, "git");
	if (git_fetch_tree(&q, mirrors, dest, commit, err) < 0) {
		free(dest);
		return -1;
	}
	*tree = t->subdirectory ? path_join(dest, t->subdirectory) : xstrdup(dest);
	free(dest);
	if (!path_is_dir(*tree))
		return error_set(err, ERR_BAD_TARGET, "the repository has no folder '%s'", t->subdirectory);
	return 0;
}

/* Static facts of a tree; the name is needed before anything can be resolved. */
static int facts_name(struct session *s, const char *tree, const char *fallback, char **name, struct error *err)
{
	AUTO_SANDBOX box = { 0 };
	AUTO_JSON *facts = NULL;
	AUTO_FREE char *complaint = NULL;
	AUTO_STRV args = { 0 };
	strv_add(&args, tree);
	if (toolbox_sandbox(&s->tools, "facts", &box, err) < 0)
		return -1;
	strv_add(&box.read_only, tree);
	if (toolbox_script(&s->tools, &box, &s->pair.gil, "project_facts.py", &args, &facts, &complaint, err) < 0)
		return -1;
	const char *found = json_str(facts, "name");
	AUTO_FREE char *base = path_absolute(tree);
	*name = name_normalize(found ? found : fallback ? fallback : path_base(base)); /* setup.py alone: corrected after building */
	return 0;
}

/* pkg-1.0.tar.gz -> "pkg" */
static char *archive_name(const char *path)
{
	AUTO_FREE char *base = xstrdup(path_base(path));
	for (char *p = base; *p; p++) {
		if (*p == '-' && p[1] >= '0' && p[1] <= '9') {
			*p = '\0';
			break;
		}
	}
	return name_normalize(base);
}

/* An archive on a server, under its own name in a folder of this run. */
static int fetch_archive(struct session *s, const struct target *t, char **file, struct error *err)
{
	AUTO_FREE char *name = url_file_name(t->url);
	AUTO_FREE char *dir = NULL;
	if (!name)
		return error_set(err, ERR_BAD_TARGET, "the URL of an archive ends in no file name");
	struct download d = { .url = t->url, .filename = name, .sha256 = t->sha256, .size = -1 };
	int result = fetch_all(&d, 1, &s->tools.fetch, err);
	if (result == 0)
		result = make_temp_dir(s->tools.work, "archive", &dir, err);
	if (result == 0)
		result = cache_export(d.sha256_seen, dir, name, err);
	if (result == 0)
		*file = path_join(dir, name);
	download_release(&d);
	return result;
}

/* file:///...#sha256=... */
static int check_hash(const struct target *t, struct error *err)
{
	char hex[SHA256_HEX];
	if (!t->sha256)
		return 0;
	if (sha256_file(t->path, hex, err) < 0)
		return -1;
	if (strcmp(hex, t->sha256) == 0)
		return 0;
	error_set(err, ERR_BAD_HASH, "'%s' does not have the sha256 that is asked for", path_base(t->path));
	return error_why(err, "expected %s, seen %s", t->sha256, hex);
}

/* Of an archive whose file name does not tell it ("v1.0.tar.gz"). */
static int name_inside(struct session *s, const char *archive, char **name, struct error *err)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *top = NULL;
	if (make_temp_dir(s->tools.work, "name", &dir, err) < 0)
		return -1;
	AUTO_FREE char *inside = path_join(dir, "files");
	int result = unpack_archive(archive, inside, NULL, &top, err);
	AUTO_FREE char *tree = path_join(inside, top ? top : ".");
	AUTO_FREE char *fallback = archive_name(top ? top : archive);
	if (result == 0)
		result = facts_name(s, tree, fallback, name, err);
	remove_tree(dir, NULL);
	return result;
}

static int name_archive(struct session *s, const struct target *t, char **file, char **name, struct error *err)
{
	if (t->url ? fetch_archive(s, t, file, err) < 0 : check_hash(t, err) < 0)
		return -1;
	const char *path = t->url ? *file : t->path;
	AUTO_FILE_NAME f = { 0 };
	if (t->name && t->kind == TARGET_SDIST)
		*name = xstrdup(t->name); /* forges name archives after repositories; the wheel built of it says what it is */
	else if (file_name_parse(path_base(path), NULL, &f) && f.version)
		*name = STEAL(&f.project);
	return *name ? 0 : name_inside(s, path, name, err);
}

int local_target_name(struct session *s, struct target *t, char **tree, char **name, struct error *err)
{
	*tree = NULL;
	if (t->kind == TARGET_REQUIREMENT)
		return 0;
	if (t->kind == TARGET_SDIST || t->kind == TARGET_WHEEL)
		return name_archive(s, t, tree, name, err);
	if (t->kind == TARGET_GIT) {
		if (fetch_tree(s, t, tree, err) < 0)
			return -1;
	} else {
		*tree = path_absolute(t->path);
	}
	AUTO_FREE char *pyproject = path_join(*tree, "pyproject.toml");
	AUTO_FREE char *setup = path_join(*tree, "setup.py");
	if (!path_exists(pyproject) && !path_exists(setup)) {
		error_set(err, ERR_NOT_A_PROJECT, "'%s' holds no pyproject.toml and no setup.py", t->text);
		return error_hint(err, "name the folder of the project itself, or `#subdirectory=` for a git URL");
	}
	return facts_name(s, *tree, t->name, name, err);
}

/* "v2.1" -> "2.1"; a branch or commit says nothing, so the lowest version stands for it. */
static char *version_of_ref(const char *ref)
{
	const char *digits = ref ? ref + strcspn(ref, "0123456789") : "";
	bool is_version = *digits && strspn(digits, "0123456789.abrcpost-") == strlen(digits) && strchr(digits, '.');
	return xstrdup(is_version ? digits : "0.0.0");
}

int local_target_build(const struct package_job *j, const struct toolbox *t, const struct interpreter *python,
                       struct build_result *built, struct error *err)
{
	const char *source = j->target->path;
	char id[SHA256_HEX];
	if (j->target->kind == TARGET_SDIST ? sha256_file(source, id, err) < 0 : tree_id(source, id, err) < 0)
		return -1;
	AUTO_FREE char *version = j->target->kind == TARGET_SDIST ? NULL : version_of_ref(j->target->ref);
	struct build_request q = { .name = j->name, .source = source, .source_id = id, .scm_version = version, .python = python };
	return build_wheel(t, &q, built, err);
}

static int build_local(struct arm_state *a, struct error *err)
{
	return local_target_build(a->job, &a->job->session->tools, a->python, &a->built, err);
}

/* The wheel's own name and version are the truth from here on. */
static int adopt_wheel(struct package_job *j, struct arm_state *a, const char *wheel, struct error *err)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, path_base(wheel), '-');
	if (parts.n < 5)
		return error_set(err, ERR_BAD_TARGET, "'%s' is not the name of a wheel", path_base(wheel));
	free(j->name);
	j->name = name_normalize(parts.v[0]);
	AUTO_FREE char *absolute = path_absolute(wheel);
	AUTO_FREE char *named = requirement_named(j->name, &j->target->extras);
	free(a->target_line);
	AUTO_FREE char *url = file_url_make(absolute);
	a->target_line = xasprintf("%s @ %s", named, url);
	return 0;
}

static int take_wheel_target(struct package_job *j, struct error *err)
{
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		const char *file = path_base(j->target->path), *tag = j->arm[a].python->tag;
		AUTO_FREE char *own = xasprintf("-%s-", tag);
		bool fits = str_ends(file, "-any.whl") || strstr(file, own) || (strstr(file, "-abi3-") && !str_ends(tag, "t"));
		if (!fits) {
			error_set(err, ERR_NO_VERSION, "'%s' does not fit the %s arm (%s)", file, arm_word(a), tag);
			return error_hint(err, "name the sdist or the project, so that each arm gets its own build");
		}
		if (adopt_wheel(j, &j->arm[a], j->target->path, err) < 0)
			return -1;
	}
	return 0;
}

/* The file is the user's own: that it is damaged is not the package's fault. */
static int check_archive(struct package_job *j, struct error *err)
{
	AUTO_FREE char *dir = NULL;
	if (make_temp_dir(j->session->tools.work, "check", &dir, err) < 0)
		return -1;
	AUTO_FREE char *inside = path_join(dir, "files");
	int result = unpack_archive(j->target->path, inside, NULL, NULL, err);
	remove_tree(dir, NULL);
	return result;
}

int local_target_prepare(struct package_job *j, struct error *err)
{
	const struct target *t = j->target;
	if (t->kind == TARGET_REQUIREMENT)
		return 0;
	if ((t->kind == TARGET_WHEEL || t->kind == TARGET_SDIST) && check_archive(j, err) < 0)
		return -1;
	if (t->kind == TARGET_WHEEL)
		return take_wheel_target(j, err);
	char commit[GIT_COMMIT_HEX] = "";
	if (t->kind == TARGET_DIRECTORY && git_describe_dir(t->path, commit, &j->uncommitted, NULL) == 0 && j->uncommitted)
		observe_note(j->session->tools.observer, "%s: differs from commit %.12s; what lies there now is tested", t->text, commit);
	str_set(&j->source, t->path);
	str_set(&j->source_word, t->kind == TARGET_SDIST ? "sdist" : t->kind == TARGET_GIT ? "git" : "directory");
	if (job_both_arms(j, build_local, err) < 0)
		return -1;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		if (j->arm[a].built.state != BUILT_OK) {
			str_set(&j->arm[a].failure.name, j->name);
			j->stop = true;
		} else if (adopt_wheel(j, &j->arm[a], j->arm[a].built.wheel, err) < 0) {
			return -1;
		}
	}
	return 0;
}
