/* test_names.c: versions (PEP 440), project and file names, wheel tags. */
#include "model/names.h"
#include "model/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The order of PEP 440, each entry older than the next. */
static const char *const ordered[] = {
	"not a version", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
	"1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
	"1.0+5", "1.0+5.1", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1.2", "1.10", "2024.1",
	"99999999999999999999999", "199999999999999999999999", "1!0.1",
};

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ordered); i++)
		for (size_t j = 0; j < ARRAY_LEN(ordered); j++) {
			int c = version_compare(ordered[i], ordered[j]);
			if ((c > 0) - (c < 0) != (i > j) - (i < j))
				fail_msg("%s against %s gives %d", ordered[i], ordered[j], c);
		}
}

static void test_equal_spellings(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "1.0", "1" }, { "1.0.0", "1.0" }, { "v1.0", "1.0" }, { "1.0-alpha.1", "1.0a1" }, { "1.0_beta2", "1.0b2" },
		{ "1.0c1", "1.0rc1" }, { "1.0preview1", "1.0rc1" }, { "1.0-1", "1.0.post1" }, { "1.0r1", "1.0.post1" },
		{ "1.0.DEV", "1.0.dev0" }, { "0!1.0", "1.0" }, { " 1.0 ", "1.0" }, { "1.01", "1.1" }, { "1.0+UBUNTU-1", "1.0+ubuntu.1" },
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (version_compare(pairs[i][0], pairs[i][1]) != 0)
			fail_msg("%s and %s differ", pairs[i][0], pairs[i][1]);
}

static void test_validity(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "a", "1.", "1.0+", "1.0+a..b", "1.0 beta", "1..0", "!1", "1!", "1.0-x", "1.0a1b1" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (version_valid(bad[i]))
			fail_msg("'%s' passes", bad[i]);
	assert_false(version_valid(NULL));
	assert_true(version_is_prerelease("1.0rc1"));
	assert_true(version_is_prerelease("1.0.dev1"));
	assert_true(version_is_prerelease("1.0.post1.dev1"));
	assert_false(version_is_prerelease("1.0.post1"));
	assert_false(version_is_prerelease("banana"));
}

static void test_specifiers(void **state)
{
	(void)state;
	static const struct {
		const char *v, *spec;
		bool fits;
	} t[] = {
		{ "3.13.15", ">=3.8", true }, { "3.13.15", ">=3.8,<3.13", false }, { "3.13.15", "!=3.13.*", false },
		{ "3.13.15", "==3.13.*", true }, { "3.13.15", "==3.1.*", false }, { "3.13", ">=3.13.0", true },
		{ "3.13.15", "~=3.8", true }, { "3.13.15", "~=3.8.1", false }, { "3.8.4", "~=3.8.1", true }, { "4.0", "~=3.8", false },
		{ "2.2.post3", "~=2.2", true }, { "1.0rc1", "<1.0", false }, { "1.0rc1", "<=1.0", true }, { "1.0.post1", ">1.0", false },
		{ "1.0.post2", ">1.0.post1", true }, { "1.0+local", "==1.0", true }, { "1.0", "==1.0+local", false }, { "1.0", "===1.0", true },
		{ "1.0.0", "===1.0", false }, { "3.13.15", "", true }, { "3.13.15", NULL, true }, { "3.13.15", " >= 3.8 , < 4 ", true },
		{ "3.13.15", "3.8", false }, { "3.13.15", ">>3.8", false }, { "3.13.15", ">=banana", false }, { "2!1.0", ">=1!5", true },
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (version_satisfies(t[i].v, t[i].spec) != t[i].fits)
			fail_msg("%s against '%s'", t[i].v, t[i].spec ? t[i].spec : "(null)");
}

/* All bounds count, as pip has it; what pip cannot read it ignores. */
static void test_requires_python(void **state)
{
	(void)state;
	static const struct {
		const char *spec;
		bool allowed;
	} t[] = {
		{ NULL, true }, { "", true }, { ">=3.8", true }, { ">=3.8,<3.13", false }, { ">=3.8,<3.14", true }, { "<3.13.15", false },
		{ "<=3.13", false }, { "<4,!=3.13.*", false }, { "==3.13.*", true }, { "~=3.8", true }, { ">=3.14", false },
		{ ">=3.6.*", true }, { ">=3.6.*,<3.13", true }, { "3.8", true }, { ">=banana", true }, { "===3.13", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (requires_python_allows(t[i].spec, "3.13.15") != t[i].allowed)
			fail_msg("'%s'", t[i].spec ? t[i].spec : "(null)");
}

static void test_project_names(void **state)
{
	(void)state;
	AUTO_FREE char *n = name_normalize("Zope._-Interface.X");
	assert_string_equal(n, "zope-interface-x");
	assert_true(name_valid("a"));
	assert_true(name_valid("ruamel.yaml"));
	assert_false(name_valid("../etc"));
	assert_false(name_valid("-a"));
	assert_false(name_valid("a\nb"));
	assert_false(name_valid(""));
}

static void check_file(const char *file, const char *project, const char *name, const char *version, const char *platform)
{
	AUTO_FILE_NAME f;
	if (!file_name_parse(file, project, &f)) {
		if (name)
			fail_msg("'%s' is refused", file);
		return;
	}
	if (!name)
		fail_msg("'%s' passes", file);
	assert_string_equal(f.project, name);
	assert_string_equal(f.version, version);
	if (platform)
		assert_string_equal(f.platform_tag, platform);
	assert_int_equal(f.wheel, platform != NULL);
}

static void test_file_names(void **state)
{
	(void)state;
	check_file("MarkupSafe-3.0.3-cp313-cp313t-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", NULL, "markupsafe", "3.0.3",
	           "manylinux2014_x86_64.manylinux_2_17_x86_64");
	check_file("foo_bar-1.0-1-py3-none-any.whl", NULL, "foo-bar", "1.0", "any");
	check_file("foo-1.0.tar.gz", NULL, "foo", "1.0", NULL);
	check_file("foo-bar-1.0-1.zip", "foo-bar", "foo-bar", "1.0-1", NULL);
	check_file("foo-bar-1.0.tar.bz2", NULL, "foo-bar", "1.0", NULL);
	check_file("foo-1.0.tar.gz", "bar", NULL, NULL, NULL);
	check_file("foo-1.0-py3.whl", NULL, NULL, NULL, NULL);
	check_file("foo--py3-none-any.whl", NULL, NULL, NULL, NULL);
	check_file("foo-1.0.exe", NULL, NULL, NULL, NULL);
	check_file("../foo-1.0.tar.gz", NULL, NULL, NULL, NULL);
	check_file(".foo-1.0.tar.gz", NULL, NULL, NULL, NULL);
	check_file("foo-1\n.tar.gz", NULL, NULL, NULL, NULL);
	check_file("", NULL, NULL, NULL, NULL);
}

static void test_tags(void **state)
{
	(void)state;
	static const struct {
		const char *py, *abi, *platform, *tag;
		enum wheel_fit fit;
	} t[] = {
		{ "cp313", "cp313t", "linux_x86_64", "cp313t", FIT_NATIVE },
		{ "cp313", "cp313t", "manylinux2014_x86_64.manylinux_2_17_x86_64", "cp313t", FIT_NATIVE },
		{ "cp313", "cp313t", "manylinux_2_999_x86_64", "cp313t", FIT_NO },
		{ "cp313", "cp313t", "manylinux_2_17_aarch64", "cp313t", FIT_NO },
		{ "cp313", "cp313t", "win_amd64", "cp313t", FIT_NO },
		{ "cp313", "cp313t", "linux_x86_64", "cp313", FIT_NO },
		{ "cp313", "cp313", "linux_x86_64", "cp313t", FIT_NO },
		{ "cp39", "abi3", "linux_x86_64", "cp313", FIT_NATIVE },
		{ "cp314", "abi3", "linux_x86_64", "cp313", FIT_NO },
		{ "cp39", "abi3", "linux_x86_64", "cp313t", FIT_NO },
		{ "cp315", "abi3.abi3t", "linux_x86_64", "cp315t", FIT_NATIVE },
		{ "py3", "none", "any", "cp313t", FIT_PURE },
		{ "py2.py3", "none", "any", "cp313", FIT_PURE },
		{ "py2", "none", "any", "cp313", FIT_NO },
		{ "py314", "none", "any", "cp313", FIT_NO },
		{ "py3", "none", "manylinux_2_17_x86_64", "cp313t", FIT_NATIVE },
		{ "pp310", "pypy310_pp73", "linux_x86_64", "cp313", FIT_NO },
		{ "cp313", "cp313t", "linux_x86_64", "313t", FIT_NO },
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (tags_fit(t[i].py, t[i].abi, t[i].platform, t[i].tag, "linux-x86_64") != t[i].fit)
			fail_msg("%s-%s-%s for %s", t[i].py, t[i].abi, t[i].platform, t[i].tag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),         cmocka_unit_test(test_equal_spellings), cmocka_unit_test(test_validity),
		cmocka_unit_test(test_specifiers), cmocka_unit_test(test_requires_python),    cmocka_unit_test(test_project_names),   cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_tags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
