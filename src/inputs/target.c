/* target.c: one argument of the command line -> a target; see target.h. */
#include "inputs/target.h"

#include "base/file_url.h"
#include "base/fs.h"
#include "base/text.h"
#include "model/names.h"
#include "inputs/requirement.h"

#include <stdlib.h>
#include <string.h>

static const char *const sdist_ends[] = { ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip" };

static bool is_sdist_name(const char *s)
{
	for (size_t i = 0; i < ARRAY_LEN(sdist_ends); i++)
		if (str_ends(s, sdist_ends[i]))
			return true;
	return false;
}

static bool is_archive_name(const char *s)
{
	return is_sdist_name(s) || str_ends(s, ".whl");
}

/* Name and "==version" from an archive's file name, where it follows the rules. */
static void name_from_file(const char *file, struct target *out)
{
	AUTO_FILE_NAME f = { 0 };
	if (!file_name_parse(path_base(file), NULL, &f))
		return;
	str_set(&out->name, f.project);
	if (f.version) {
		free(out->specifier);
		out->specifier = xasprintf("==%s", f.version);
	}
}

/* "./folder[test,doc]" -> "./folder" and the extras; false when the brackets are no extras. */
static bool split_extras(const char *text, char **path, struct strv *extras)
{
	const char *open = strrchr(text, '[');
	if (!open || open == text || !str_ends(text, "]"))
		return false;
	AUTO_FREE char *probe = xasprintf("x%s", open);
	AUTO_REQUIREMENT r = { 0 };
	if (requirement_parse(probe, &r, NULL) < 0)
		return false;
	*path = xstrndup(text, (size_t)(open - text));
	strv_add_all(extras, &r.extras);
	return true;
}

/* Absolute, without "." and links: what is kept in a survey must not depend on how it was typed. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);
	return real ? real : path_absolute(path);
}

static int take_directory(const char *path, struct target *out, struct error *err)
{
	out->kind = TARGET_DIRECTORY;
	out->path = real_path(path);
	AUTO_FREE char *pyproject = path_join(path, "pyproject.toml");
	AUTO_FREE char *setup = path_join(path, "setup.py");
	if (path_is_file(pyproject) || path_is_file(setup))
		return 0;
	AUTO_STRV names = { 0 };
	if (list_dir(path, &names, err) < 0)
		return -1;
	error_set(err, ERR_NOT_A_PROJECT, "'%s' is not a Python project", path);
	error_where(err, "%s", out->path);
	error_why(err, names.n ? "the folder has neither pyproject.toml nor setup.py" : "the folder is empty");
	return names.n ? error_hint(err, "name the folder that holds pyproject.toml") : -1;
}

/* What makes requirements of a lock file, or NULL when the name is no lock file's. */
static const char *lock_file_hint(const char *path)
{
	static const char *const known[][2] = {
		{ "uv.lock", "`uv export -o requirements.txt` makes a requirements file of it, for `-r requirements.txt`" },
		{ "poetry.lock", "`poetry export -o requirements.txt` makes a requirements file of it, for `-r requirements.txt`" },
		{ "pdm.lock", "`pdm export -o requirements.txt` makes a requirements file of it, for `-r requirements.txt`" },
		{ "Pipfile.lock", "`pipenv requirements >requirements.txt` makes a requirements file of it, for `-r requirements.txt`" },
	};
	const char *name = path_base(path);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_eq(name, known[i][0]))
			return known[i][1];
	bool pylock = str_starts(name, "pylock.") && str_ends(name, ".toml");
	return pylock || str_ends(name, ".lock") ? "requirements are read with `-r FILE`; the tool that wrote the lock file may export them" : NULL;
}

int lock_file_refuse(const char *path, struct error *err)
{
	const char *hint = lock_file_hint(path);
	if (!hint)
		return 0;
	error_set(err, ERR_BAD_TARGET, "'%s' is a lock file, which is not read", path);
	return error_hint(err, "%s", hint);
}

static int take_file(const char *path, struct target *out, struct error *err)
{
	bool wheel = str_ends(path, ".whl");
	if (!wheel && !is_sdist_name(path)) {
		if (lock_file_refuse(path, err) < 0)
			return -1;
		error_set(err, ERR_BAD_TARGET, "'%s' is a file of no known kind", path);
		if (str_ends(path, ".txt") || str_ends(path, ".in"))
			return error_hint(err, "requirements files are read with `-r %s`", path);
		if (str_eq(path_base(path), "pyproject.toml") || str_eq(path_base(path), "setup.py"))
			return error_hint(err, "name the folder that holds it");
		return error_why(err, "known are .whl, .tar.gz, .tgz, .tar.bz2, .tar.xz and .zip");
	}
	out->kind = wheel ? TARGET_WHEEL : TARGET_SDIST;
	out->path = real_path(path);
	name_from_file(path, out);
	if (wheel && !out->name) {
		error_set(err, ERR_BAD_TARGET, "'%s' is not named as a wheel must be", path_base(path));
		return error_why(err, "expected NAME-VERSION-PYTHON-ABI-PLATFORM.whl");
	}
	return 0;
}

static int take_path(const char *text, struct target *out, struct error *err)
{
	AUTO_FREE char *path = xstrdup(text);
	AUTO_FREE char *without = NULL;
	if (!path_exists(path) && split_extras(text, &without, &out->extras))
		str_set(&path, without);
	if (path_is_dir(path))
		return take_directory(path, out, err);
	if (path_is_file(path))
		return take_file(path, out, err);
	AUTO_FREE char *shown = text_safe_line(path);
	error_set(err, ERR_BAD_TARGET, is_archive_name(path) ? "no file '%s'" : "no file or folder '%s'", shown);
	AUTO_FREE char *bare = text_safe_line(path_base(path));
	if (name_valid(bare) && !is_archive_name(bare))
		return error_hint(err, "a package of the index is named without a slash: `%s`", bare);
	return -1;
}

/* Behind the "#" of an archive's URL. */
static int take_fragment(const char *fragment, struct target *out, struct error *err)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, fragment, '&');
	for (size_t i = 0; i < parts.n; i++) {
		char *value = strchr(parts.v[i], '=');
		value = value ? value + 1 : parts.v[i];
		if (str_starts(parts.v[i], "sha256=")) {
			for (char *c = value; *c; c++)
				*c = *c >= 'A' && *c <= 'F' ? (char)(*c | 0x20) : *c;
			if (!is_sha256_hex(value))
				return error_set(err, ERR_BAD_TARGET, "behind #sha256= of a URL stand 64 hexadecimal digits");
			str_set(&out->sha256, value);
		} else if (str_starts(parts.v[i], "egg=") && name_valid(value)) {
			AUTO_FREE char *name = name_normalize(value);
			str_set(&out->name, out->name ? out->name : name);
		} else if (*parts.v[i]) {
			return error_set(err, ERR_BAD_TARGET, "behind the # of an archive's URL only sha256= and egg= are known");
		}
	}
	return 0;
}

/* An archive on a server; anything else is probably meant as a git repository. */
static int take_url(const char *url, struct target *out, struct error *err)
{
	AUTO_FREE char *plain = xstrndup(url, strcspn(url, "?#"));
	if (strchr(url, '#') && take_fragment(strchr(url, '#') + 1, out, err) < 0)
		return -1;
	if (str_starts(plain, "file:")) {
		AUTO_FREE char *path = file_url_path(plain);
		if (path)
			return take_path(path, out, err);
		AUTO_FREE char *safe = text_safe_line(plain);
		return error_set(err, ERR_BAD_TARGET, "this URL names no file or folder of this machine: %s", safe);
	}
	if (!is_archive_name(plain) || !(str_starts(url, "https://") || str_starts(url, "http://"))) {
		AUTO_FREE char *shown = text_hide_credentials(url);
		AUTO_FREE char *safe = text_safe_line(shown);
		error_set(err, ERR_BAD_TARGET, "this URL names no archive: %s", safe);
		return error_hint(err, "for a git repository write `git+%s`", safe);
	}
	out->kind = str_ends(plain, ".whl") ? TARGET_WHEEL : TARGET_SDIST;
	out->url = xstrndup(url, strcspn(url, "#"));
	if (!out->name)
		name_from_file(plain, out);
	return 0;
}

static int take_requirement(const char *text, struct target *out, struct error *err)
{
	AUTO_REQUIREMENT r = { 0 };
	AUTO_PROBLEM p = { 0 };
	if (requirement_parse(text, &r, &p) < 0)
		return requirement_error(text, out->origin, &p, err);
	out->kind = TARGET_REQUIREMENT;
	out->name = STEAL(&r.name);
	str_set(&out->specifier, r.specifier);
	strv_copy(&out->extras, &r.extras);
	out->marker = STEAL(&r.marker);
	if (!r.url)
		return 0;
	if (!str_starts(r.url, "git+"))
		return take_url(r.url, out, err);
	out->kind = TARGET_GIT;
	AUTO_FREE char *name = xstrdup(out->name);
	if (git_url_parse(r.url, out, err) < 0)
		return -1;
	str_set(&out->name, name); /* the name in front wins over egg= */
	return 0;
}

/* As pip decides: a slash, a leading dot or an archive's ending make a path. */
static bool looks_like_path(const char *text)
{
	const char *end = text + strcspn(text, ";@ ");
	bool slash = memchr(text, '/', (size_t)(end - text)) != NULL;
	return slash || text[0] == '.' || (!*end && is_archive_name(text));
}

int target_parse(const char *text, struct target *out, struct error *err)
{
	while (*text == ' ' || *text == '\t')
		text++;
	out->text = xstrdup(text);
	str_set(&out->specifier, "");
	if (!out->origin)
		out->origin = xstrdup("command line");
	if (!*text)
		return error_set(err, ERR_BAD_TARGET, "a target is empty");
	if (str_starts(text, "git+")) {
		out->kind = TARGET_GIT;
		return git_url_parse(text, out, err);
	}
	const char *scheme = strstr(text, "://");
	if (scheme && strcspn(text, "@ \t[;") > (size_t)(scheme - text))
		return take_url(text, out, err);
	return looks_like_path(text) ? take_path(text, out, err) : take_requirement(text, out, err);
}

const char *target_asked(const struct target *t)
{
	return t->asked ? t->asked : t->specifier ? t->specifier : "";
}

void target_release(struct target *t)
{
	free(t->text);
	free(t->name);
	free(t->specifier);
	free(t->asked);
	free(t->marker);
	free(t->path);
	free(t->url);
	free(t->ref);
	free(t->sha256);
	free(t->subdirectory);
	free(t->origin);
	strv_release(&t->extras);
	*t = (struct target){ 0 };
}

struct target *target_list_add(struct target_list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = xrealloc(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n] = (struct target){ 0 };
	return &l->v[l->n++];
}

void target_list_release(struct target_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		target_release(&l->v[i]);
	free(l->v);
	*l = (struct target_list){ 0 };
}
