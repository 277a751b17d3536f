/*
 * stage_tests.c: where the tests are, what they need, and getting it: test
 * dependencies are resolved on free threading first (wheels only, so that none
 * is replaced by a source build that cannot work), the GIL arm is held to the
 * same versions, and what cannot be installed is left out and named.
 */
#include "base/fs.h"
#include "build/environment.h"
#include "build/lock.h"
#include "model/names.h"
#include "pipeline/job.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

/* Facts of the installed distribution: its dist-info folder in the environment. */
static int read_installed(struct arm_state *a, struct error *err)
{
	struct package_job *j = a->job;
	AUTO_STRV names = { 0 };
	if (list_dir(a->site, &names, err) < 0)
		return -1;
	AUTO_FREE char *info = NULL;
	for (size_t i = 0; i < names.n && !info; i++) {
		if (!str_ends(names.v[i], ".dist-info"))
			continue;
		AUTO_FREE char *stem = xstrndup(names.v[i], strcspn(names.v[i], "-"));
		AUTO_FREE char *normal = name_normalize(stem);
		if (str_eq(normal, j->name))
			info = path_join(a->site, names.v[i]);
	}
	if (!info)
		return 0;
	AUTO_SANDBOX s = { 0 };
	if (toolbox_sandbox(&j->session->tools, "installed", &s, err) < 0)
		return -1;
	strv_add(&s.read_only, a->env);
	AUTO_STRV args = { 0 };
	strv_add(&args, "--dist-info");
	strv_add(&args, info);
	AUTO_FREE char *complaint = NULL;
	return toolbox_script(&j->session->tools, &s, &j->session->pair.gil, "project_facts.py", &args, &a->installed, &complaint, err);
}

static int read_source(struct package_job *j, struct error *err)
{
	if (!j->source)
		return 0;
	AUTO_SANDBOX s = { 0 };
	if (toolbox_sandbox(&j->session->tools, "facts", &s, err) < 0)
		return -1;
	strv_add(&s.read_only, j->source);
	AUTO_STRV args = { 0 };
	strv_add(&args, j->source);
	AUTO_FREE char *complaint = NULL;
	return toolbox_script(&j->session->tools, &s, &j->session->pair.gil, "project_facts.py", &args, &j->facts, &complaint, err);
}

/* What the index did not say of the release, or what comes from no index. */
static void check_requires_python(struct package_job *j)
{
	if (j->refused)
		return;
	j->refusal = refusal_installed(&j->arm[ARM_FT]);
	j->refused = j->stop = j->refusal != NULL;
}

static bool plans_tests(const struct package_job *j)
{
	return j->suite.from != NULL;
}

static void plan_suite(struct package_job *j)
{
	const struct profile *profile = j->has_profile ? &j->profile : NULL;
	suite_plan_release(&j->suite);
	suite_find(j->arm[ARM_GIL].installed, j->facts, j->source_word, profile, &j->suite);
}

/* Tests that are a package of their own import one another relatively: unittest must
 * find them from the folder above. */
static void complete_discovery(struct package_job *j)
{
	if (!str_eq(j->suite.runner, "unittest") || j->suite.args.n != 3 || !j->source)
		return;
	AUTO_FREE char *init = xasprintf("%s/%s/__init__.py", j->source, j->suite.args.v[2]);
	if (strchr(j->suite.args.v[2], '/') || strcmp(j->suite.args.v[2], ".") == 0 || !path_is_file(init))
		return;
	strv_add(&j->suite.args, "-t");
	strv_add(&j->suite.args, ".");
}

/* Neither wheel nor sdist has tests: look into the repository at the version's tag. */
static int look_in_repository(struct package_job *j, struct error *err)
{
	AUTO_FREE char *tree = NULL;
	AUTO_FREE char *word = NULL;
	AUTO_FREE char *why = NULL;
	if (testenv_repository(j, &tree, &word, &why, err) < 0)
		return -1;
	if (!tree) {
		if (why)
			strv_addf(&j->left_out, "repository: %s", why);
		return 0;
	}
	str_set(&j->source, tree);
	str_set(&j->source_word, word);
	cJSON_Delete(j->facts);
	j->facts = NULL;
	if (read_source(j, err) < 0)
		return -1;
	plan_suite(j);
	return 0;
}

/* Take out of the copied source what would shadow the installed build. */
static int hide_in_tree(struct package_job *j, struct error *err)
{
	if (!j->suite.copy_source)
		return 0;
	AUTO_FREE char *copy = xasprintf("%s/%s-suite", j->session->tools.work, j->name);
	if (remove_tree(copy, err) < 0 || copy_tree(j->source, copy, err) < 0)
		return -1;
	for (size_t i = 0; i < j->suite.hide.n; i++) {
		AUTO_FREE char *path = path_join(copy, j->suite.hide.v[i]);
		if (str_starts(path, copy) && remove_tree(path, err) < 0)
			return -1;
	}
	/* The original stays for the overlay of tests that live inside the package. */
	for (size_t i = 0; i < j->suite.overlay.n; i++)
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
			if (testenv_overlay(&j->arm[a], j->source, j->suite.overlay.v[i], err) < 0)
				return -1;
	str_set(&j->source, copy);
	return 0;
}

static void base_requirements(struct package_job *j)
{
	suite_requirements(j->facts, j->arm[ARM_GIL].installed, j->has_profile ? &j->profile : NULL, &j->test_requires,
	                   &j->requires_origin);
	if (strcmp(j->suite.runner, "pytest") == 0)
		strv_addf(&j->test_requires, "pytest%s", j->has_profile && j->profile.pytest ? j->profile.pytest : "");
	strv_copy(&j->wanted, &j->test_requires);
	testenv_recall(j);
}

int stage_tests(struct package_job *j, struct error *err)
{
	int slot = observe_step(j->session->tools.observer, j->name, "tests");
	int result = job_both_arms(j, read_installed, err);
	if (result == 0)
		check_requires_python(j);
	if (result == 0 && !j->stop)
		result = read_source(j, err);
	if (result == 0 && !j->stop) {
		plan_suite(j);
		if (!plans_tests(j))
			result = look_in_repository(j, err);
	}
	if (result == 0 && !j->stop && plans_tests(j)) {
		base_requirements(j);
		complete_discovery(j);
		result = hide_in_tree(j, err);
		if (result == 0)
			result = testenv_install(j, err);
	}
	observe_step_end(j->session->tools.observer, slot);
	return result;
}
