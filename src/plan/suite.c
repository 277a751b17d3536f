/* suite.c: see suite.h. */
#include "plan/suite.h"
#include "base/fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void suite_plan_release(struct suite_plan *p)
{
	free(p->from);
	free(p->runner);
	struct strv *lists[] = { &p->args, &p->extra_args, &p->hide, &p->overlay, &p->deny, &p->import_names, &p->top_level };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_release(lists[i]);
	*p = (struct suite_plan){ 0 };
}

/* Names that projects give to folders which are no part of their API. */
static bool is_test_name(const char *name)
{
	static const char *const names[] = { "test", "tests", "testing", "Tests", "docs", "doc", "examples", "example",
		                                 "benchmarks", "benchmark", "scripts", "tools", "tasks", "setup", "conftest", "noxfile" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* A namespace has nothing to import: in its place the packages in it. */
static void add_importable(const cJSON *installed, const char *name, struct strv *out)
{
	AUTO_STRV packages = { 0 };
	json_strv(json_obj(installed, "namespaces"), name, &packages);
	strv_add_all(out, &packages);
	if (packages.n == 0)
		strv_add(out, name);
}

/* The modules to import and watch: what the installed distribution brings. */
static void take_top_level(const cJSON *installed, const struct profile *profile, struct suite_plan *out)
{
	AUTO_STRV names = { 0 };
	json_strv(installed, "top_level", &names);
	for (size_t i = 0; i < names.n; i++)
		if (!is_test_name(names.v[i]) && !strchr("./-", names.v[i][0]) && !str_starts(names.v[i], "__")) /* strchr also finds the end of "" */
			strv_add_unique(&out->top_level, names.v[i]);
	const struct strv *wanted = profile && profile->import_names.n ? &profile->import_names : &out->top_level;
	/* Private helper modules come with the public one; import them only when there is nothing else. */
	for (size_t i = 0; i < wanted->n; i++)
		if (wanted != &out->top_level)
			strv_add(&out->import_names, wanted->v[i]);
		else if (wanted->v[i][0] != '_')
			add_importable(installed, wanted->v[i], &out->import_names);
	if (out->import_names.n == 0)
		strv_add_all(&out->import_names, &out->top_level);
}

/* The package that a runner can be given for a test file of a namespace; NULL when `first`, its top-level folder, is none. */
static char *package_in_namespace(const cJSON *installed, const char *first, const char *file)
{
	AUTO_STRV packages = { 0 };
	json_strv(json_obj(installed, "namespaces"), first, &packages);
	for (size_t i = 0; i < packages.n; i++) {
		AUTO_FREE char *folder = xasprintf("%s/", packages.v[i]);
		for (char *p = folder; *p; p++)
			if (*p == '.')
				*p = '/';
		if (str_starts(file, folder))
			return xstrdup(packages.v[i]);
	}
	return NULL;
}

static size_t tests_in_wheel(const cJSON *installed, struct strv *top)
{
	AUTO_STRV files = { 0 };
	json_strv(installed, "record_tests", &files);
	size_t n = 0;
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *first = xstrndup(files.v[i], strcspn(files.v[i], "/"));
		if (is_test_name(first) || !strchr(files.v[i], '/'))
			continue; /* a stray top-level "tests" package */
		AUTO_FREE char *package = package_in_namespace(installed, first, files.v[i]);
		strv_add_unique(top, package ? package : first);
		n++;
	}
	return n;
}

static bool uses_unittest(const cJSON *source, const struct profile *profile)
{
	if (profile && profile->runner)
		return strcmp(profile->runner, "unittest") == 0;
	const cJSON *pytest = json_obj(source, "pytest");
	return source && json_bool(source, "unittest", false) && !json_str(pytest, "config_file");
}

static void plan_wheel(const struct strv *names, struct suite_plan *out)
{
	out->from = xstrdup("wheel");
	str_set(&out->runner, "pytest");
	strv_add(&out->args, "--pyargs");
	strv_add_all(&out->args, names);
}

/* Is this path below one of the folders that would shadow the installed build? */
static const char *shadowing_parent(const cJSON *source, const char *path)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_arr(source, "in_tree_packages")) {
		const char *folder = item->valuestring;
		size_t n = folder ? strlen(folder) : 0;
		if (n && strncmp(path, folder, n) == 0 && path[n] == '/')
			return folder;
	}
	return NULL;
}

/* Tests that live inside the package but are not in the wheel are laid over the installed copy. */
static void add_overlay(const char *path, struct suite_plan *out)
{
	const char *inside = str_starts(path, "src/") ? path + 4 : str_starts(path, "lib/") ? path + 4 : path;
	strv_addf(&out->overlay, "%s>%s", path, inside);
	AUTO_FREE char *dotted = xstrdup(inside);
	for (char *p = dotted; *p; p++)
		if (*p == '/')
			*p = '.';
	if (out->args.n == 0)
		strv_add(&out->args, "--pyargs");
	strv_add(&out->args, dotted);
}

static void add_source_tests(const cJSON *source, const struct strv *dirs, struct suite_plan *out)
{
	for (size_t i = 0; i < dirs->n; i++) {
		if (shadowing_parent(source, dirs->v[i]))
			add_overlay(dirs->v[i], out);
		else if (out->overlay.n == 0)
			strv_add(&out->args, dirs->v[i]);
	}
}

static void plan_source(const cJSON *source, const char *word, const struct profile *profile, struct suite_plan *out)
{
	AUTO_STRV dirs = { 0 };
	if (profile && profile->tests.n)
		strv_add_all(&dirs, &profile->tests);
	else
		json_strv(source, "test_dirs", &dirs);
	if (dirs.n == 0)
		return;
	if (!(profile && profile->tests.n) && dirs.n > 1) { /* ranked: the first is meant */
		AUTO_FREE char *first = xstrdup(dirs.v[0]);
		strv_clear(&dirs);
		strv_add(&dirs, first);
	}
	out->from = xstrdup(word);
	out->copy_source = true;
	bool unittest = uses_unittest(source, profile);
	str_set(&out->runner, unittest ? "unittest" : "pytest");
	json_strv(source, "in_tree_packages", &out->hide);
	add_source_tests(source, &dirs, out);
	if (unittest && out->overlay.n == 0) {
		AUTO_FREE char *dir = xstrdup(out->args.v[0]);
		strv_clear(&out->args);
		strv_add(&out->args, "discover");
		strv_add(&out->args, "-s");
		strv_add(&out->args, dir);
	} else if (unittest) {
		str_set(&out->runner, "pytest"); /* pytest runs TestCases by package name as well */
	}
}

void suite_find(const cJSON *installed, const cJSON *source, const char *source_word, const struct profile *profile,
                struct suite_plan *out)
{
	take_top_level(installed, profile, out);
	if (profile) {
		strv_add_all(&out->extra_args, &profile->args);
		strv_add_all(&out->deny, &profile->deny);
		for (size_t i = 0; i < profile->deselect.n; i++)
			strv_add(&out->deny, profile->deselect.v[i]);
	}
	AUTO_STRV packages = { 0 };
	size_t wheel = tests_in_wheel(installed, &packages);
	size_t tree = source ? (size_t)json_int(source, "test_files", 0) : 0;
	const char *forced = profile ? profile->tests_from : NULL;
	if (str_eq(forced, "wheel") && profile->tests.n) {
		plan_wheel(&profile->tests, out);
		return;
	}
	/* A wheel that carries the suite is the surest: nothing can shadow it. One
	 * that carries a stray test file beside a full suite in the sdist is not it. */
	bool prefer_wheel = str_eq(forced, "wheel") || (!forced && wheel > 0 && wheel * 2 >= tree);
	if (prefer_wheel && packages.n)
		plan_wheel(&packages, out);
	else if (source)
		plan_source(source, source_word, profile, out);
	if (!out->from && wheel && packages.n)
		plan_wheel(&packages, out);
}

/* Tools that check, measure or publish code: no test needs them to run. */
static bool is_tool(const char *requirement)
{
	static const char *const tools[] = { "tox", "nox", "black", "ruff", "flake8", "mypy", "pyright", "isort", "pre-commit", "pylint",
		"build", "twine", "wheel", "setuptools", "sphinx", "coverage", "pytest-cov", "codecov", "coveralls", "pytest-xdist", "pytest-randomly",
		"pytest-random-order", "pytest-flake8", "pytest-mypy", "pytest-ruff", "pytest-black", "pip", "uv", "cibuildwheel", "bump2version",
		"towncrier", "check-manifest", "pytest-github-actions-annotate-failures", "pytest-codspeed", "pytest-run-parallel", "furo", "blurb",
		"pyperf", "virtualenv", "types-setuptools", "tox-uv", "pip-tools", "poetry", "hatch", "zest-releaser", "pyroma", "bandit", "pytest-mypy-plugins" };
	size_t n = strcspn(requirement, " [<>=!~;@(");
	AUTO_BUF name = { 0 };
	for (size_t i = 0; i < n; i++)
		buf_addc(&name, requirement[i] == '_' || requirement[i] == '.' ? '-' : (char)tolower((unsigned char)requirement[i]));
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (strcmp(buf_str(&name), tools[i]) == 0)
			return true;
	return false;
}

static bool take_list(const cJSON *lists, const char *key, struct strv *out)
{
	AUTO_STRV found = { 0 };
	json_strv(lists, key, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!is_tool(found.v[i]) && found.v[i][0] != '-' && found.v[i][0] != '.')
			strv_add_unique(out, found.v[i]);
	return found.n > 0;
}

static bool take_first(const cJSON *lists, const char *const *keys, size_t n, const char *word, struct strv *out, char **origin)
{
	for (size_t i = 0; lists && i < n; i++) {
		if (!take_list(lists, keys[i], out))
			continue;
		*origin = xasprintf("%s %s", word, keys[i]);
		return true;
	}
	return false;
}

/* The shortest-named requirements file is the plainest one. */
static bool take_requirement_file(const cJSON *files, struct strv *out, char **origin)
{
	const cJSON *f, *best = NULL;
	cJSON_ArrayForEach(f, files)
		if (cJSON_GetArraySize(f) > 0 && (!best || strlen(f->string) < strlen(best->string)))
			best = f;
	if (!best)
		return false;
	take_list(files, best->string, out);
	*origin = xasprintf("file %s", best->string);
	return true;
}

void suite_requirements(const cJSON *source, const cJSON *installed, const struct profile *profile, struct strv *out, char **origin)
{
	static const char *const extras[] = { "test", "tests", "testing", "Tests", "Test", "pytest" };
	static const char *const groups[] = { "test", "tests", "testing", "pytest", "test-dependencies", "dev", "develop" };
	static const char *const dev[] = { "dev", "develop", "development", "all" };
	static const char *const scripts[] = { "tox_deps", "nox_deps", "tests_require" };
	if (profile && profile->requires_.n) {
		strv_add_all(out, &profile->requires_);
		*origin = xstrdup("profile");
		return;
	}
	const cJSON *own = source ? source : installed;
	bool found = take_first(json_obj(own, "extras"), extras, ARRAY_LEN(extras), "extra", out, origin) ||
	             take_first(json_obj(installed, "extras"), extras, ARRAY_LEN(extras), "extra", out, origin) ||
	             take_first(json_obj(source, "groups"), groups, ARRAY_LEN(groups), "group", out, origin) ||
	             take_requirement_file(json_obj(source, "requirements_files"), out, origin) ||
	             take_first(source, scripts, ARRAY_LEN(scripts), "list", out, origin) ||
	             take_first(json_obj(own, "extras"), dev, ARRAY_LEN(dev), "extra", out, origin);
	(void)found;
	if (profile)
		strv_add_all(out, &profile->also);
}

static void learn_one(const cJSON *map, const char *key, bool same_name, const struct strv *have, struct strv *add)
{
	const char *name = json_str(map, key);
	if (!name && same_name)
		name = key;
	if (!name || !*name || strv_has(have, name) || strv_has(add, name))
		return;
	strv_add(add, name);
}

size_t suite_learn(const cJSON *table, const struct strv *modules, const struct strv *fixtures, const struct strv *options,
                   const struct strv *top_level, const struct strv *have, struct strv *add)
{
	size_t before = add->n;
	for (size_t i = 0; i < modules->n; i++) {
		AUTO_FREE char *top = xstrndup(modules->v[i], strcspn(modules->v[i], "."));
		/* The package's own modules and its test helpers are not on the index under that name. */
		if (!strv_has(top_level, top) && !is_test_name(top) && top[0] != '_')
			learn_one(json_obj(table, "modules"), top, true, have, add);
	}
	for (size_t i = 0; i < fixtures->n; i++)
		learn_one(json_obj(table, "fixtures"), fixtures->v[i], false, have, add);
	for (size_t i = 0; i < options->n; i++)
		learn_one(json_obj(table, "options"), options->v[i], false, have, add);
	return add->n - before;
}
