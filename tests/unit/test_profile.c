/* test_profile.c: each field of a profile, each mistake with line and column, and where profiles are found. */
#include "base/fs.h"
#include "plan/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *work;

static int make_all(void **state)
{
	(void)state;
	return make_temp_dir("/tmp", "test-profile", &work, NULL);
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	return 0;
}

static void put(const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(work, name);
	AUTO_FREE char *dir = path_dir(path);
	assert_int_equal(make_dirs(dir, NULL), 0);
	assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
}

static void expect_list(const struct strv *l, const char *joined)
{
	AUTO_FREE char *text = strv_join(l, "|");
	assert_string_equal(text, joined);
}

static const char whole[] =
	"{ \"name\": \"a\", \"why\": \"because\", \"build\": \"wheel\", \"skip\": \"needs a GPU\", \"tests_from\": \"git\",\n"
	"  \"tests\": [\"tests\", \"more\"], \"runner\": \"unittest\", \"args\": [\"-m\", \"not slow\"], \"deny\": [\"/f2py/\"],\n"
	"  \"requires\": [\"pytest\", \"x<2\"], \"also_requires\": [\"y\"], \"pytest\": \"<9\",\n"
	"  \"deselect\": [{\"id\": \"t.py::a\", \"reason\": \"takes an hour\"}], \"env\": {\"A\": \"1\", \"B\": \"x=y\"},\n"
	"  \"import_names\": [\"a.b\"], \"test_seconds\": 2.5, \"suite_seconds\": 90 }";

static void every_field_arrives(void **state)
{
	(void)state;
	AUTO_PROFILE p = { 0 };
	AUTO_ERROR err = { 0 };
	if (profile_parse(whole, strlen(whole), "a.json", &p, &err) < 0)
		fail_msg("%s at %s", err.what, err.where);
	assert_string_equal(p.name, "a");
	assert_string_equal(p.why, "because");
	assert_true(p.prefer_wheel);
	assert_string_equal(p.skip, "needs a GPU");
	assert_string_equal(p.tests_from, "git");
	assert_string_equal(p.runner, "unittest");
	assert_string_equal(p.pytest, "<9");
	expect_list(&p.tests, "tests|more");
	expect_list(&p.args, "-m|not slow");
	expect_list(&p.deny, "/f2py/");
	expect_list(&p.requires_, "pytest|x<2");
	expect_list(&p.also, "y");
	expect_list(&p.deselect, "t.py::a");
	expect_list(&p.env, "A=1|B=x=y");
	expect_list(&p.import_names, "a.b");
	assert_true(p.test_seconds == 2.5 && p.suite_seconds == 90);
}

static void what_is_not_said_stays_unset(void **state)
{
	(void)state;
	static const char text[] = "{\"name\": \"a\", \"why\": \"b\", \"build\": \"auto\"}";
	AUTO_PROFILE p = { 0 };
	assert_int_equal(profile_parse(text, strlen(text), "a.json", &p, NULL), 0);
	assert_false(p.prefer_wheel);
	assert_null(p.skip);
	assert_null(p.tests_from);
	assert_null(p.runner);
	assert_true(p.tests.n == 0 && p.env.n == 0 && p.test_seconds == 0);
}

static const struct {
	const char *text, *where, *what;
} mistakes[] = {
	{ "{\n  \"name\": \"a\",\n  \"why\" \"b\"\n}", "p.json:3:9", "not valid JSON" },
	{ "{\"name\": \"a\", \"why\": \"b\"} x", "p.json:1:27", "not valid JSON" },
	{ "[]", "p.json:1:1", "`profile` must be an object" },
	{ "{\"why\": \"b\"}", "p.json:1:1", "`name` is missing" },
	{ "{\"name\": \"a\"}", "p.json:1:1", "`why` is missing" },
	{ "{\"name\": \"a\",\n \"why\": \"b\",\n\t\"test\": []}", "p.json:3:2", "`test` is not a field of a profile" },
	{ "{\"name\": 5}", "p.json:1:2", "`name` must be a string" },
	{ "{\"name\": \"a\", \"why\": null}", "p.json:1:15", "`why` must be a string" },
	{ "{\n \"skip\": true}", "p.json:2:2", "`skip` must be a string" },
	{ "{\n \"pytest\": 9}", "p.json:2:2", "`pytest` must be a string" },
	{ "{\n \"build\": \"source\"}", "p.json:2:2", "`build` has an unknown value" },
	{ "{\n \"build\": 1}", "p.json:2:2", "`build` must be a string" },
	{ "{\n \"tests_from\": \"tarball\"}", "p.json:2:2", "`tests_from` has an unknown value" },
	{ "{\n \"runner\": \"nose\"}", "p.json:2:2", "`runner` has an unknown value" },
	{ "{\n \"tests\": \"tests\"}", "p.json:2:2", "`tests` must be a list of strings" },
	{ "{\n \"args\": [\"a\", 1]}", "p.json:2:2", "`args` must be a list of strings" },
	{ "{\n \"deny\": {}}", "p.json:2:2", "`deny` must be a list of strings" },
	{ "{\n \"requires\": [null]}", "p.json:2:2", "`requires` must be a list of strings" },
	{ "{\n \"also_requires\": 1}", "p.json:2:2", "`also_requires` must be a list of strings" },
	{ "{\n \"import_names\": [[]]}", "p.json:2:2", "`import_names` must be a list of strings" },
	{ "{\n \"deselect\": [\"a\"]}", "p.json:2:2", "`deselect` must be a list of {\"id\", \"reason\"}, each with a reason" },
	{ "{\n \"deselect\": [{\"id\": \"a\", \"reason\": \"\"}]}", "p.json:2:2", "`deselect` must be a list of {\"id\", \"reason\"}, each with a reason" },
	{ "{\n \"deselect\": \"a\"}", "p.json:2:2", "`deselect` must be a list of {\"id\", \"reason\"}" },
	{ "{\n \"env\": [\"A=1\"]}", "p.json:2:2", "`env` must be an object of strings" },
	{ "{\n \"env\": {\"A\": 1}}", "p.json:2:2", "`env` must be an object of strings" },
	{ "{\n \"env\": {\"A=B\": \"1\"}}", "p.json:2:2", "`env` must be an object of strings" },
	{ "{\n \"env\": {\"\": \"1\"}}", "p.json:2:2", "`env` must be an object of strings" },
	{ "{\n \"test_seconds\": \"5\"}", "p.json:2:2", "`test_seconds` must be a number of seconds between 0 and 86400" },
	{ "{\n \"test_seconds\": 0}", "p.json:2:2", "`test_seconds` must be a number of seconds between 0 and 86400" },
	{ "{\n \"suite_seconds\": 86401}", "p.json:2:2", "`suite_seconds` must be a number of seconds between 0 and 86400" },
	/* the same word as a value, in a list, in an inner object or behind an escaped quote is not the place */
	{ "{\"name\": \"args\", \"why\": \"\\\"args\\\": {\", \"tests\": [\"args\"], \"env\": {\"args\": \"x\"},\n  \"args\" : 5}", "p.json:2:3",
	  "`args` must be a list of strings" },
};

static void a_mistake_is_named_with_line_and_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		AUTO_PROFILE p = { 0 };
		AUTO_ERROR err = { 0 };
		assert_int_equal(profile_parse(mistakes[i].text, strlen(mistakes[i].text), "p.json", &p, &err), -1);
		assert_int_equal(err.code, ERR_BAD_PROFILE);
		if (!str_eq(err.what, mistakes[i].what) || !str_eq(err.where, mistakes[i].where))
			fail_msg("%s\ngives `%s` at %s", mistakes[i].text, err.what, err.where);
		assert_string_equal(err.hint, "profiles/README.md describes each field");
	}
}

static void a_folder_of_ones_own_wins(void **state)
{
	(void)state;
	put("shipped/profiles/a.json", "{\"name\": \"a\", \"why\": \"shipped\"}");
	put("shipped/profiles/b.json", "{\"name\": \"b\", \"why\": \"shipped\"}");
	put("own/a.json", "{\"name\": \"a\", \"why\": \"own\"}");
	AUTO_FREE char *assets = path_join(work, "shipped"), *own = path_join(work, "own");
	setenv("MIGRATE_CHECK_ASSETS", assets, 1);
	static const struct {
		const char *name, *why;
		bool own;
	} cases[] = { { "a", "own", true }, { "a", "shipped", false }, { "b", "shipped", true }, { "c", NULL, true }, { "../own/a", NULL, false } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_PROFILE p = { 0 };
		bool found = true;
		assert_int_equal(profile_load(cases[i].own ? own : NULL, cases[i].name, &found, &p, NULL), 0);
		assert_int_equal(found, cases[i].why != NULL);
		if (!str_eq(p.why, cases[i].why))
			fail_msg("case %zu: %s", i, p.why);
		if (found)
			assert_true(str_ends(p.file, ".json"));
	}
	unsetenv("MIGRATE_CHECK_ASSETS");
}

static void those_that_prefer_wheels_are_listed(void **state)
{
	(void)state;
	put("assets/profiles/slow.json", "{\"name\": \"slow\", \"why\": \"w\", \"build\": \"wheel\"}");
	put("assets/profiles/quick.json", "{\"name\": \"quick\", \"why\": \"w\"}");
	put("assets/profiles/_learn.json", "{\"modules\": {}}");
	put("assets/profiles/profile.schema.json", "{\"type\": \"object\"}");
	put("assets/profiles/notes.txt", "none");
	put("mine/other.json", "{\"name\": \"other\", \"why\": \"w\", \"build\": \"wheel\"}");
	AUTO_FREE char *assets = path_join(work, "assets"), *mine = path_join(work, "mine");
	setenv("MIGRATE_CHECK_ASSETS", assets, 1);
	AUTO_STRV names = { 0 };
	assert_int_equal(profiles_preferring_wheels(mine, &names, NULL), 0);
	expect_list(&names, "other|slow");
	put("mine/broken.json", "{\"name\": \"broken\"}");
	AUTO_ERROR err = { 0 };
	assert_int_equal(profiles_preferring_wheels(mine, &names, &err), -1);
	assert_int_equal(err.code, ERR_BAD_PROFILE);
	assert_non_null(strstr(err.where, "mine/broken.json:1:1"));
	unsetenv("MIGRATE_CHECK_ASSETS");
}

/* What ships must be free of mistakes, and each file named after its package. */
static void the_profiles_of_the_tool_are_good(void **state)
{
	(void)state;
	setenv("MIGRATE_CHECK_ASSETS", MC_BUILD_SRCDIR, 1);
	AUTO_STRV files = { 0 };
	assert_int_equal(list_dir(MC_BUILD_SRCDIR "/profiles", &files, NULL), 0);
	size_t seen = 0;
	for (size_t i = 0; i < files.n; i++) {
		if (!str_ends(files.v[i], ".json") || files.v[i][0] == '_' || str_ends(files.v[i], ".schema.json"))
			continue;
		AUTO_FREE char *name = xstrndup(files.v[i], strlen(files.v[i]) - strlen(".json"));
		AUTO_PROFILE p = { 0 };
		AUTO_ERROR err = { 0 };
		bool found = false;
		if (profile_load(NULL, name, &found, &p, &err) < 0)
			fail_msg("%s at %s", err.what, err.where);
		assert_string_equal(p.name, name);
		seen++;
	}
	assert_true(seen > 0);
	unsetenv("MIGRATE_CHECK_ASSETS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_arrives),
		cmocka_unit_test(what_is_not_said_stays_unset),
		cmocka_unit_test(a_mistake_is_named_with_line_and_column),
		cmocka_unit_test(a_folder_of_ones_own_wins),
		cmocka_unit_test(those_that_prefer_wheels_are_listed),
		cmocka_unit_test(the_profiles_of_the_tool_are_good),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
