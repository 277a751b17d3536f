/*
 * stage_tests.c: where the tests are, what they need, and getting it: test
 * dependencies are resolved on free threading first (wheels only, so that none
 * is replaced by a source build that cannot work), the GIL arm is held to the
 * same versions, and what cannot be installed is left out and named.
 */
#include "base/fs.h"
#include "build/lock.h"
#include "model/names.h"
#include "pipeline/content.h"
#include "pipeline/facts.h"
#include "pipeline/job.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

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
		str_set(&j->no_repository, why);
		return 0;
	}
	str_set(&j->source, tree);
	j->source_id[0] = '\0';
	str_set(&j->source_word, word);
	if (facts_read(j, false, err) < 0)
		return -1;
	plan_suite(j);
	return 0;
}

/* Equal cells have equal tests: a tree may have changed since the last run, while its wheel is the same. */
static void identify_tests(struct package_job *j)
{
	if (j->source_id[0]) {
		snprintf(j->tests_id, sizeof(j->tests_id), "%s", j->source_id);
		return;
	}
	struct hasher *h = hasher_new();
	bool whole = content_add_folder(h, j->source, CONTENT_MOST_FILES);
	content_finish(h, whole, j->session->survey->id, j->tests_id);
}

/* Take out of the copied source what would shadow the installed build. */
static int hide_in_tree(struct package_job *j, struct error *err)
{
	if (!j->suite.copy_source)
		return 0;
	identify_tests(j);
	const char *work = j->session->tools.work;
	bool own = str_starts(j->source, work) && j->suite.overlay.n == 0; /* unpacked here, and not needed whole */
	AUTO_FREE char *copy = own ? xstrdup(j->source) : xasprintf("%s/%s-suite", work, j->name);
	if (!own && (remove_tree(copy, err) < 0 || copy_tree(j->source, copy, err) < 0))
		return -1;
	for (size_t i = 0; i < j->suite.hide.n; i++) {
		AUTO_FREE char *path = path_join(copy, j->suite.hide.v[i]);
		if (str_starts(path, copy) && remove_tree(path, err) < 0)
			return -1;
	}
	if (!own)
		str_set(&j->original, j->source); /* for tests that live inside the package */
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
	int result = facts_read(j, true, err);
	if (result == 0)
		check_requires_python(j);
	if (result == 0 && !j->stop) {
		plan_suite(j);
		if (!plans_tests(j))
			result = look_in_repository(j, err);
	}
	if (result == 0 && !j->stop && plans_tests(j)) {
		base_requirements(j);
		complete_discovery(j);
		result = hide_in_tree(j, err);
	}
	if (result == 0 && !j->stop)
		result = testenv_install(j, err); /* without tests too: can the package be installed? */
	j->stop = j->stop || j->arm[ARM_GIL].install_error || j->arm[ARM_FT].install_error;
	observe_step_end(j->session->tools.observer, slot);
	return result;
}
