/* test_wheel.c: facts of a wheel without unpacking it, and the metadata reader. */
#include "base/fs.h"
#include "fetch/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *work;

static int make_all(void **state)
{
	(void)state;
	assert_int_equal(make_temp_dir("/tmp", "test-wheel", &work, NULL), 0);
	AUTO_FREE char *cmd = xasprintf("python3 '%s/tests/unit/data/make_wheels.py' '%s'", MC_BUILD_SRCDIR, work);
	return system(cmd);
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	return 0;
}

static void assert_list(const struct strv *l, const char *expected)
{
	AUTO_FREE char *joined = strv_join(l, " | ");
	assert_string_equal(joined, expected);
}

static void a_wheel_tells_its_facts(void **state)
{
	(void)state;
	AUTO_WHEEL_FACTS w = { 0 };
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *path = path_join(work, "native.whl");
	if (wheel_inventory(path, &w, &err) != 0)
		fail_msg("%s", err.what);
	assert_list(&w.tags, "cp313-cp313t-linux_x86_64 | cp313-cp313t-manylinux_2_17_x86_64");
	assert_false(w.pure);
	assert_list(&w.extensions, "my_pkg._x | top._x");
	assert_list(&w.extension_files, "my_pkg/_x.cpython-313t-x86_64-linux-gnu.so | my_pkg-1.2.3.data/platlib/top/_x.so");
	assert_list(&w.shared_files, "my_pkg/_y.abi3.so | my_pkg.libs/libhelper.so.1 | broken.so");
	assert_list(&w.test_files, "my_pkg/tests/b_test.py | my_pkg/tests/test_a.py");
	assert_list(&w.top_level, "broken | my_pkg | single | top");
	assert_int_equal(w.entries, 13);
	assert_string_equal(w.meta.name, "My.Pkg");
	assert_string_equal(w.meta.version, "1.2.3");
	assert_string_equal(w.meta.requires_python, ">=3.9");
	assert_list(&w.meta.requires_dist, "numpy>=2; python_version > \"3.8\" | pytest; extra == \"test\"");
	assert_int_equal(w.meta.classifiers.n, 2); /* the description's line is no field */
	assert_list(&w.meta.provides_extra, "test");
	assert_list(&w.meta.project_urls, "Homepage, https://code.example/my/pkg | Source, https://code.example/my/pkg");
}

static void what_is_no_wheel_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		enum error_code code;
		const char *says;
	} cases[] = {
		{ "plain.whl", ERR_BAD_ARCHIVE, "no WHEEL file" },
		{ "escape.whl", ERR_BAD_ARCHIVE, "leaves its folder" },
		{ "helper.c", ERR_BAD_ARCHIVE, "not a wheel" },
		{ "absent.whl", ERR_IO, "cannot read" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_WHEEL_FACTS w = { 0 };
		AUTO_ERROR err = { 0 };
		AUTO_FREE char *path = path_join(work, cases[i].file);
		assert_int_equal(wheel_inventory(path, &w, &err), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.what, cases[i].says));
	}
}

static void module_names(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "a/b/_c.cpython-313-x86_64-linux-gnu.so", "a.b._c" },
		{ "_c.abi3.so", "_c" },
		{ "n-1.0.data/purelib/a/_c.so", "a._c" },
		{ "n-1.0.data/data/lib/_c.so", NULL },
		{ "a.libs/libz.so", NULL },
		{ "a/lib-z.so", NULL },
		{ "a/libz.so.1", NULL },
		{ "a/9.so", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *name = extension_module_name(cases[i][0]);
		assert_true(str_eq(name, cases[i][1]));
	}
}

static void folded_and_broken_headers(void **state)
{
	(void)state;
	static const char text[] = "Name: a\r\nSummary: one\r\n        |two\nno colon here\n folded under nothing\n"
	                           "version:  1 \nRequires-Dist: x\n  ; extra == 'y'\nBad Key: z\n\nName: body\n";
	AUTO_METADATA m = { 0 };
	metadata_parse(text, sizeof(text) - 1, &m);
	assert_string_equal(m.name, "a");
	assert_string_equal(m.version, "1");
	assert_list(&m.requires_dist, "x\n; extra == 'y'");
}

static void a_value_has_a_bound(void **state)
{
	(void)state;
	AUTO_BUF b = { 0 };
	buf_adds(&b, "Name: ");
	for (int i = 0; i < METADATA_MAX_VALUE; i++)
		buf_adds(&b, "nn");
	AUTO_METADATA m = { 0 };
	metadata_parse(buf_str(&b), b.len, &m);
	assert_int_equal(strlen(m.name), METADATA_MAX_VALUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wheel_tells_its_facts),
		cmocka_unit_test(what_is_no_wheel_is_refused),
		cmocka_unit_test(module_names),
		cmocka_unit_test(folded_and_broken_headers),
		cmocka_unit_test(a_value_has_a_bound),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
