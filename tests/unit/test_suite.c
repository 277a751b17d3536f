/* test_suite.c: where a suite is found and what it needs, from hand-made facts. Apostrophes in the facts stand for quotes. */
#include "plan/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static cJSON *facts(const char *text)
{
	if (!text)
		return NULL;
	AUTO_FREE char *quoted = xstrdup(text);
	for (char *p = quoted; *p; p++)
		if (*p == '\'')
			*p = '"';
	cJSON *j = NULL;
	if (json_parse(quoted, strlen(quoted), "facts", &j, NULL) < 0)
		fail_msg("the test's own facts are wrong: %s", text);
	return j;
}

static void expect_list(size_t i, const char *what, const struct strv *l, const char *joined)
{
	AUTO_FREE char *text = strv_join(l, "|");
	if (strcmp(text, joined ? joined : "") != 0)
		fail_msg("case %zu: %s are `%s`, not `%s`", i, what, text, joined ? joined : "");
}

struct where {
	const char *installed, *source, *profile;      /* facts; profile without name and why */
	const char *from, *runner, *args, *hide, *overlay;
	bool copied;
};

#define WHEEL3 "'record_tests': ['pkg/tests/test_a.py', 'pkg/tests/test_b.py', 'pkg/tests/test_c.py']"

static const struct where wheres[] = {
	/* the wheel carries the suite, the sdist as much: nothing can shadow it there */
	{ "{'top_level': ['pkg'], " WHEEL3 "}", "{'test_files': 6, 'test_dirs': ['pkg/tests'], 'in_tree_packages': ['pkg']}", NULL, "wheel",
	  "pytest", "--pyargs|pkg", NULL, NULL, false },
	/* a namespace cannot be collected: its packages that hold tests are */
	{ "{'top_level': ['ns'], 'namespaces': {'ns': ['ns.a', 'ns.b', 'ns.c']}, 'record_tests': ['ns/a/tests/test_a.py', 'ns/c/test_c.py']}",
	  NULL, NULL, "wheel", "pytest", "--pyargs|ns.a|ns.c", NULL, NULL, false },
	/* a stray file in the wheel beside a full suite in the sdist is not the suite */
	{ "{'top_level': ['pkg'], 'record_tests': ['pkg/test_x.py']}", "{'test_files': 3, 'test_dirs': ['tests']}", NULL, "sdist", "pytest", "tests",
	  NULL, NULL, true },
	/* a top-level "tests" package in the wheel belongs to nobody */
	{ "{'top_level': ['pkg'], 'record_tests': ['tests/test_x.py', 'test_y.py']}", NULL, NULL, NULL, NULL, NULL, NULL, NULL, false },
	/* the sdist: what would shadow the build is hidden; the first of ranked folders is meant */
	{ "{'top_level': ['pkg']}", "{'test_files': 2, 'test_dirs': ['tests', 'other'], 'in_tree_packages': ['src/pkg']}", NULL, "sdist", "pytest",
	  "tests", "src/pkg", NULL, true },
	/* tests inside the package but not in the wheel are laid over the installed copy */
	{ "{'top_level': ['pkg']}", "{'test_files': 2, 'test_dirs': ['src/pkg/tests'], 'in_tree_packages': ['src/pkg']}", NULL, "sdist", "pytest",
	  "--pyargs|pkg.tests", "src/pkg", "src/pkg/tests>pkg/tests", true },
	{ "{'top_level': ['pkg']}", "{'test_files': 2, 'test_dirs': ['pkg/sub/tests'], 'in_tree_packages': ['pkg']}", NULL, "sdist", "pytest",
	  "--pyargs|pkg.sub.tests", "pkg", "pkg/sub/tests>pkg/sub/tests", true },
	/* a folder whose name only begins like the package is not inside it */
	{ "{'top_level': ['pkg']}", "{'test_files': 2, 'test_dirs': ['pkg_tests'], 'in_tree_packages': ['pkg']}", NULL, "sdist", "pytest", "pkg_tests",
	  "pkg", NULL, true },
	/* unittest: only without a pytest configuration, and discovered below the folder */
	{ "{}", "{'test_files': 2, 'test_dirs': ['tests'], 'unittest': true}", NULL, "sdist", "unittest", "discover|-s|tests", NULL, NULL, true },
	{ "{}", "{'test_files': 2, 'test_dirs': ['tests'], 'unittest': true, 'pytest': {'config_file': 'pytest.ini'}}", NULL, "sdist", "pytest", "tests",
	  NULL, NULL, true },
	/* by package name pytest runs TestCases as well */
	{ "{}", "{'test_files': 2, 'test_dirs': ['pkg/tests'], 'in_tree_packages': ['pkg'], 'unittest': true}", NULL, "sdist", "pytest",
	  "--pyargs|pkg.tests", "pkg", "pkg/tests>pkg/tests", true },
	/* the profile decides over the facts */
	{ "{" WHEEL3 "}", "{'test_files': 1, 'test_dirs': ['tests']}", "'tests_from': 'sdist'", "sdist", "pytest", "tests", NULL, NULL, true },
	{ "{}", "{'test_files': 9, 'test_dirs': ['tests']}", "'tests_from': 'wheel', 'tests': ['pkg.tests']", "wheel", "pytest", "--pyargs|pkg.tests",
	  NULL, NULL, false },
	{ "{'record_tests': ['pkg/test_x.py']}", "{'test_files': 9, 'test_dirs': ['tests']}", "'tests_from': 'wheel'", "wheel", "pytest", "--pyargs|pkg",
	  NULL, NULL, false },
	{ "{}", "{'test_files': 9, 'test_dirs': ['tests']}", "'tests': ['a', 'b']", "sdist", "pytest", "a|b", NULL, NULL, true },
	{ "{}", "{'test_files': 9, 'test_dirs': ['tests']}", "'runner': 'unittest'", "sdist", "unittest", "discover|-s|tests", NULL, NULL, true },
	{ "{}", "{'test_files': 9, 'test_dirs': ['tests'], 'unittest': true}", "'runner': 'pytest'", "sdist", "pytest", "tests", NULL, NULL, true },
	/* the sdist has none: the few of the wheel are better than nothing */
	{ "{'record_tests': ['pkg/test_x.py']}", "{'test_files': 9, 'test_dirs': []}", NULL, "wheel", "pytest", "--pyargs|pkg", NULL, NULL, false },
	/* nothing anywhere */
	{ "{'top_level': ['pkg']}", "{'test_files': 0, 'test_dirs': []}", NULL, NULL, NULL, NULL, NULL, NULL, false },
	{ NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false },
	/* facts of other types than expected do no harm */
	{ "{'top_level': 5, 'record_tests': {}}", "{'test_files': 'x', 'test_dirs': [1], 'in_tree_packages': [null], 'pytest': []}", NULL, NULL, NULL,
	  NULL, NULL, NULL, false },
};

static void read_profile(const char *fields, struct profile *p)
{
	AUTO_FREE char *text = xasprintf("{\"name\": \"pkg\", \"why\": \"x\", %s}", fields);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	AUTO_ERROR err = { 0 };
	if (profile_parse(text, strlen(text), "p", p, &err) < 0)
		fail_msg("the test's own profile: %s", err.what);
}

static void suites_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wheres); i++) {
		const struct where *w = &wheres[i];
		AUTO_JSON *installed = facts(w->installed), *source = facts(w->source);
		AUTO_PROFILE p = { 0 };
		AUTO_SUITE s = { 0 };
		if (w->profile)
			read_profile(w->profile, &p);
		suite_find(installed, source, "sdist", w->profile ? &p : NULL, &s);
		if (!str_eq(s.from, w->from) || (w->from && !str_eq(s.runner, w->runner)) || s.copy_source != w->copied)
			fail_msg("case %zu: from %s by %s, copied %d", i, s.from, s.runner, s.copy_source);
		expect_list(i, "arguments", &s.args, w->args);
		expect_list(i, "hidden paths", &s.hide, w->hide);
		expect_list(i, "overlays", &s.overlay, w->overlay);
	}
}

static void the_word_for_the_source_is_kept(void **state)
{
	(void)state;
	AUTO_JSON *source = facts("{'test_files': 1, 'test_dirs': ['tests']}");
	AUTO_SUITE s = { 0 };
	suite_find(NULL, source, "git v1.2", NULL, &s);
	assert_string_equal(s.from, "git v1.2");
}

static void modules_to_import_are_the_public_ones(void **state)
{
	(void)state;
	static const struct {
		const char *installed, *profile, *top_level, *import_names;
	} cases[] = {
		{ "{'top_level': ['pkg', '_pkg', 'tests', 'docs', '.hidden', '__main__', '', 'pkg']}", NULL, "pkg|_pkg", "pkg" },
		{ "{'top_level': ['_only']}", NULL, "_only", "_only" },
		{ "{'top_level': ['ns', 'pkg'], 'namespaces': {'ns': ['ns.a', 'ns.b']}}", NULL, "ns|pkg", "ns.a|ns.b|pkg" },
		{ "{'top_level': ['pkg', 'other']}", "'import_names': ['pkg._core']", "pkg|other", "pkg._core" },
		{ "{}", NULL, "", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_JSON *installed = facts(cases[i].installed);
		AUTO_PROFILE p = { 0 };
		AUTO_SUITE s = { 0 };
		if (cases[i].profile)
			read_profile(cases[i].profile, &p);
		suite_find(installed, NULL, NULL, cases[i].profile ? &p : NULL, &s);
		expect_list(i, "top-level names", &s.top_level, cases[i].top_level);
		expect_list(i, "imports", &s.import_names, cases[i].import_names);
	}
}

static void a_profile_adds_arguments_and_what_is_never_run(void **state)
{
	(void)state;
	AUTO_PROFILE p = { 0 };
	AUTO_SUITE s = { 0 };
	read_profile("'args': ['-m', 'not slow'], 'deny': ['/slow/'], 'deselect': [{'id': 'a.py::b', 'reason': 'r'}]", &p);
	suite_find(NULL, NULL, NULL, &p, &s);
	expect_list(0, "further arguments", &s.extra_args, "-m|not slow");
	expect_list(0, "denied paths", &s.deny, "/slow/|a.py::b");
}

/* ---- what the tests need ---- */

static const struct {
	const char *source, *installed, *profile, *requires_, *origin;
} needs[] = {
	{ "{'extras': {'test': ['a']}, 'groups': {'test': ['b']}}", "{'extras': {'test': ['c']}}", NULL, "a", "extra test" },
	{ "{'extras': {'docs': ['d']}, 'groups': {'test': ['b']}}", "{'extras': {'testing': ['c']}}", NULL, "c", "extra testing" },
	{ "{'groups': {'dev': ['g'], 'tests': ['b']}, 'requirements_files': {'t.txt': ['f']}}", "{}", NULL, "b", "group tests" },
	{ "{'requirements_files': {'requirements/tests.txt': ['x'], 'test.txt': ['f'], 'a.txt': []}, 'tox_deps': ['t']}", "{}", NULL, "f", "file test.txt" },
	{ "{'tox_deps': ['t'], 'nox_deps': ['n'], 'extras': {'dev': ['d']}}", "{}", NULL, "t", "list tox_deps" },
	{ "{'nox_deps': ['n'], 'tests_require': ['r']}", "{}", NULL, "n", "list nox_deps" },
	{ "{'tests_require': ['r'], 'extras': {'dev': ['d']}}", "{}", NULL, "r", "list tests_require" },
	{ "{'extras': {'dev': ['d']}}", "{}", NULL, "d", "extra dev" },
	{ "{}", "{}", NULL, "", NULL },
	{ NULL, "{'extras': {'test': ['c']}}", NULL, "c", "extra test" },
	/* an empty list says nothing; the next declaration counts */
	{ "{'extras': {'test': []}, 'groups': {'test': ['b']}}", "{}", NULL, "b", "group test" },
	/* the profile's list stands alone, or is added */
	{ "{'extras': {'test': ['a']}}", "{}", "'requires': ['p', 'q<2']", "p|q<2", "profile" },
	{ "{'extras': {'test': ['a']}}", "{}", "'also_requires': ['p']", "a|p", "extra test" },
	/* tools, options and paths are left away; so are doubles; names count as normalised */
	{ "{'extras': {'test': ['a', 'tox>=4', 'Pytest_Cov', 'pytest.xdist[psutil]>=3', 'ruff==0.1', 'coverage[toml]', '-r more.txt', './local', 'a', 'pytest-asyncio']}}",
	  "{}", NULL, "a|pytest-asyncio", "extra test" },
	/* a list of tools alone is still the declaration */
	{ "{'extras': {'test': ['tox']}, 'groups': {'test': ['b']}}", "{}", NULL, "", "extra test" },
};

static void requirements_come_from_the_most_trusted_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		AUTO_JSON *source = facts(needs[i].source), *installed = facts(needs[i].installed);
		AUTO_PROFILE p = { 0 };
		AUTO_STRV out = { 0 };
		AUTO_FREE char *origin = NULL;
		if (needs[i].profile)
			read_profile(needs[i].profile, &p);
		suite_requirements(source, installed, needs[i].profile ? &p : NULL, &out, &origin);
		expect_list(i, "requirements", &out, needs[i].requires_);
		if (!str_eq(origin, needs[i].origin))
			fail_msg("case %zu: from %s", i, origin);
	}
}

/* ---- what a run lacked ---- */

static void add_words(struct strv *l, const char *words)
{
	if (*words)
		strv_split(l, words, ' ');
}

static void what_was_missing_names_distributions(void **state)
{
	(void)state;
	AUTO_JSON *table = facts("{'modules': {'yaml': 'pyyaml', 'gone': ''}, 'fixtures': {'benchmark': 'pytest-benchmark'}, 'options': {'--cov': 'pytest-cov'}}");
	static const struct {
		const char *modules, *fixtures, *options, *have, *add;
	} cases[] = {
		{ "yaml", "", "", "", "pyyaml" },
		{ "yaml.nodes", "", "", "", "pyyaml" },         /* the first part of the name */
		{ "attr", "", "", "", "attr" },                 /* not in the table: the module's own name */
		{ "gone", "", "", "", "" },                     /* the table knows that nothing brings it */
		{ "pkg.sub tests.util conftest _private", "", "", "", "" }, /* the package's own, its helpers, private ones */
		{ "", "benchmark nothing", "", "", "pytest-benchmark" },    /* a fixture's name is no distribution */
		{ "", "", "--cov --own", "", "pytest-cov" },
		{ "yaml", "", "", "pyyaml", "" },               /* tried before */
		{ "yaml yaml.x", "", "", "", "pyyaml" },        /* once */
		{ "yaml", "benchmark", "--cov", "pytest-cov", "pyyaml|pytest-benchmark" },
	};
	AUTO_STRV top = { 0 };
	strv_add(&top, "pkg");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STRV modules = { 0 }, fixtures = { 0 }, options = { 0 }, have = { 0 }, add = { 0 };
		add_words(&modules, cases[i].modules);
		add_words(&fixtures, cases[i].fixtures);
		add_words(&options, cases[i].options);
		add_words(&have, cases[i].have);
		size_t n = suite_learn(table, &modules, &fixtures, &options, &top, &have, &add);
		expect_list(i, "additions", &add, cases[i].add);
		assert_int_equal(n, add.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_found),
		cmocka_unit_test(the_word_for_the_source_is_kept),
		cmocka_unit_test(modules_to_import_are_the_public_ones),
		cmocka_unit_test(a_profile_adds_arguments_and_what_is_never_run),
		cmocka_unit_test(requirements_come_from_the_most_trusted_place),
		cmocka_unit_test(what_was_missing_names_distributions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
