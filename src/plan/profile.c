/* profile.c: see profile.h. */
#include "plan/profile.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

void profile_release(struct profile *p)
{
	char *owned[] = { p->name, p->file, p->why, p->skip, p->tests_from, p->runner, p->pytest };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	struct strv *lists[] = { &p->tests, &p->args, &p->deny, &p->requires_, &p->also, &p->deselect, &p->env, &p->import_names };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_release(lists[i]);
	*p = (struct profile){ 0 };
}

/* Where a member of the outermost object begins; NULL when it is not there. cJSON
 * keeps no positions. The text is known to be valid JSON. */
static const char *find_key(const char *text, const char *key)
{
	AUTO_FREE char *quoted = xasprintf("\"%s\"", key);
	size_t n = strlen(quoted);
	int depth = 0;
	for (const char *p = text; *p; p++) {
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		if (*p != '"')
			continue;
		if (depth == 1 && strncmp(p, quoted, n) == 0 && p[n + strspn(p + n, " \t\r\n")] == ':')
			return p;
		for (p++; *p && *p != '"'; p++)
			p += *p == '\\' && p[1];
		if (!*p)
			return NULL;
	}
	return NULL;
}

/* Set the error with line and column of the key, 1:1 when it stands nowhere. */
static int mistake(struct error *err, const char *bytes, size_t n, const char *source, const char *key, const char *what)
{
	AUTO_FREE char *text = xstrndup(bytes, n);
	const char *at = find_key(text, key);
	size_t line = 1, column = 1;
	for (const char *p = text; at && p < at; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	error_set(err, ERR_BAD_PROFILE, "`%s` %s", key, what);
	error_where(err, "%s:%zu:%zu", source, line, column);
	return error_hint(err, "profiles/README.md describes each field");
}

/* Each setter returns NULL, or what is wrong with the value. */
static const char *set_string(const cJSON *v, char **dst)
{
	if (!cJSON_IsString(v))
		return "must be a string";
	str_set(dst, v->valuestring);
	return NULL;
}

static const char *set_list(const cJSON *v, struct strv *dst)
{
	if (!cJSON_IsArray(v))
		return "must be a list of strings";
	const cJSON *item;
	cJSON_ArrayForEach(item, v) {
		if (!cJSON_IsString(item))
			return "must be a list of strings";
		strv_add(dst, item->valuestring);
	}
	return NULL;
}

static const char *set_seconds(const cJSON *v, double *dst)
{
	if (!cJSON_IsNumber(v) || v->valuedouble <= 0 || v->valuedouble > 86400)
		return "must be a number of seconds between 0 and 86400";
	*dst = v->valuedouble;
	return NULL;
}

static const char *set_env(const cJSON *v, struct strv *dst)
{
	if (!cJSON_IsObject(v))
		return "must be an object of strings";
	const cJSON *item;
	cJSON_ArrayForEach(item, v) {
		if (!cJSON_IsString(item) || !*item->string || strchr(item->string, '='))
			return "must be an object of strings";
		strv_addf(dst, "%s=%s", item->string, item->valuestring);
	}
	return NULL;
}

static const char *set_deselect(const cJSON *v, struct strv *dst)
{
	const cJSON *item;
	if (!cJSON_IsArray(v))
		return "must be a list of {\"id\", \"reason\"}";
	cJSON_ArrayForEach(item, v) {
		const char *id = json_str(item, "id"), *reason = json_str(item, "reason");
		if (!id || !reason || !*reason)
			return "must be a list of {\"id\", \"reason\"}, each with a reason";
		strv_add(dst, id);
	}
	return NULL;
}

static const char *one_of(const cJSON *v, char **dst, const char *a, const char *b, const char *c)
{
	const char *problem = set_string(v, dst);
	if (problem)
		return problem;
	return str_eq(*dst, a) || str_eq(*dst, b) || str_eq(*dst, c) ? NULL : "has an unknown value";
}

static const char *set_build(struct profile *p, const cJSON *v)
{
	AUTO_FREE char *word = NULL;
	const char *problem = one_of(v, &word, "wheel", "auto", "auto");
	p->prefer_wheel = str_eq(word, "wheel");
	return problem;
}

static const char *set_field(struct profile *p, const char *key, const cJSON *v)
{
	if (strcmp(key, "name") == 0) return set_string(v, &p->name);
	if (strcmp(key, "why") == 0) return set_string(v, &p->why);
	if (strcmp(key, "build") == 0) return set_build(p, v);
	if (strcmp(key, "skip") == 0) return set_string(v, &p->skip);
	if (strcmp(key, "tests_from") == 0) return one_of(v, &p->tests_from, "wheel", "sdist", "git");
	if (strcmp(key, "tests") == 0) return set_list(v, &p->tests);
	if (strcmp(key, "runner") == 0) return one_of(v, &p->runner, "pytest", "unittest", "unittest");
	if (strcmp(key, "args") == 0) return set_list(v, &p->args);
	if (strcmp(key, "deny") == 0) return set_list(v, &p->deny);
	if (strcmp(key, "requires") == 0) return set_list(v, &p->requires_);
	if (strcmp(key, "also_requires") == 0) return set_list(v, &p->also);
	if (strcmp(key, "pytest") == 0) return set_string(v, &p->pytest);
	if (strcmp(key, "deselect") == 0) return set_deselect(v, &p->deselect);
	if (strcmp(key, "env") == 0) return set_env(v, &p->env);
	if (strcmp(key, "import_names") == 0) return set_list(v, &p->import_names);
	if (strcmp(key, "test_seconds") == 0) return set_seconds(v, &p->test_seconds);
	if (strcmp(key, "suite_seconds") == 0) return set_seconds(v, &p->suite_seconds);
	return "is not a field of a profile";
}

int profile_parse(const char *text, size_t n, const char *source, struct profile *out, struct error *err)
{
	AUTO_JSON *j = NULL;
	if (json_parse(text, n, source, &j, err) < 0) {
		if (err)
			err->code = ERR_BAD_PROFILE;
		return error_hint(err, "profiles/README.md describes each field");
	}
	if (!cJSON_IsObject(j))
		return mistake(err, text, n, source, "profile", "must be an object");
	const cJSON *v;
	cJSON_ArrayForEach(v, j) {
		const char *problem = set_field(out, v->string, v);
		if (problem)
			return mistake(err, text, n, source, v->string, problem);
	}
	if (!out->name || !out->why)
		return mistake(err, text, n, source, out->name ? "why" : "name", "is missing");
	return 0;
}

static int load_file(const char *dir, const char *name, bool *found, struct profile *out, struct error *err)
{
	AUTO_FREE char *file = xasprintf("%s/%s.json", dir, name);
	if (!path_exists(file))
		return 0;
	AUTO_BUF text = { 0 };
	if (read_file(file, 1 << 20, &text, err) < 0)
		return -1;
	*found = true;
	out->file = xstrdup(file);
	return profile_parse(buf_str(&text), text.len, file, out, err);
}

int profile_load(const char *extra_dir, const char *name, bool *found, struct profile *out, struct error *err)
{
	*found = false;
	if (strchr(name, '/'))
		return 0;
	if (extra_dir && load_file(extra_dir, name, found, out, err) < 0)
		return -1;
	if (*found)
		return 0;
	AUTO_FREE char *own = asset_path("profiles");
	return load_file(own, name, found, out, err);
}

static int add_preferring(const char *dir, struct strv *names, struct error *err)
{
	AUTO_STRV files = { 0 };
	if (list_dir(dir, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		if (!str_ends(files.v[i], ".json") || files.v[i][0] == '_' || str_ends(files.v[i], ".schema.json"))
			continue;
		AUTO_FREE char *name = xstrndup(files.v[i], strlen(files.v[i]) - strlen(".json"));
		AUTO_PROFILE p = { 0 };
		bool found = false;
		if (load_file(dir, name, &found, &p, err) < 0)
			return -1;
		if (p.prefer_wheel)
			strv_add_unique(names, name);
	}
	return 0;
}

int profiles_preferring_wheels(const char *extra_dir, struct strv *names, struct error *err)
{
	AUTO_FREE char *own = asset_path("profiles");
	if (extra_dir && !path_is_dir(extra_dir)) {
		error_set(err, ERR_BAD_PROFILE, "no folder of profiles '%s'", extra_dir);
		return error_hint(err, "`--profiles` names a folder that holds files NAME.json");
	}
	if (extra_dir && add_preferring(extra_dir, names, err) < 0)
		return -1;
	return add_preferring(own, names, err);
}
