/* test_target.c: arguments and compiled requirements become targets; mistakes are named with their place. */
#include "base/file_url.h"
#include "base/fs.h"
#include "inputs/requirement.h"
#include "inputs/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *work; /* also the working directory of this program */

static int make_all(void **state)
{
	(void)state;
	assert_int_equal(make_temp_dir("/tmp", "test-target", &work, NULL), 0);
	assert_int_equal(chdir(work), 0);
	static const char *const files[][2] = {
		{ "lib/pyproject.toml", "" }, { "bare/README", "" }, { "numpy/setup.py", "" },
		{ "our-1.0.tar.gz", "" }, { "a b/our-1.0.tar.gz", "" }, { "our-1.0-cp313-cp313t-linux_x86_64.whl", "" }, { "odd.whl", "" },
		{ "requirements.txt", "attrs  # first\n-r sub/more.txt\n\nRequests[socks] >= 2 ; python_version > '3.8'\nclick==8.1.7 \\\n    --hash=sha256:00\n-c cons.txt\n-e git+https://h.example/x#egg=My.Lib\n" },
		{ "sub/more.txt", "# numpy\nNumPy\n-r ../requirements.txt\nzope.interface\n" },
		{ "third.txt", "click<9\n" }, { "uv.lock", "version = 1\n" }, { "pylock.dev.toml", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_FREE char *dir = path_dir(files[i][0]);
		assert_int_equal(make_dirs(dir, NULL), 0);
		assert_int_equal(write_file(files[i][0], files[i][1], strlen(files[i][1]), NULL), 0);
	}
	return make_dirs("empty", NULL);
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	return 0;
}

struct good {
	const char *text;
	enum target_kind kind;
	const char *name, *specifier, *extras, *marker, *path, *url, *ref, *subdirectory;
};

#define DIGITS "0123456789abcdEF"
static const struct good goods[] = {
	{ "numpy", TARGET_REQUIREMENT, "numpy", "", "", NULL, NULL, NULL, NULL, NULL }, /* though a folder is called so */
	{ " Zope.Interface == 5.0 ", TARGET_REQUIREMENT, "zope-interface", "==5.0", "", NULL, NULL, NULL, NULL, NULL },
	{ "a[X_y, z]>=1,<2 ; python_version > '3'", TARGET_REQUIREMENT, "a", ">=1,<2", "x-y z", "python_version > '3'", NULL, NULL, NULL, NULL },
	{ "a (>=1)", TARGET_REQUIREMENT, "a", ">=1", "", NULL, NULL, NULL, NULL, NULL },
	{ "a==1.*", TARGET_REQUIREMENT, "a", "==1.*", "", NULL, NULL, NULL, NULL, NULL },
	{ "a===any.thing", TARGET_REQUIREMENT, "a", "===any.thing", "", NULL, NULL, NULL, NULL, NULL },
	{ "./lib", TARGET_DIRECTORY, NULL, "", "", NULL, "lib", NULL, NULL, NULL },
	{ "lib/", TARGET_DIRECTORY, NULL, "", "", NULL, "lib", NULL, NULL, NULL },
	{ "./lib[test,doc]", TARGET_DIRECTORY, NULL, "", "test doc", NULL, "lib", NULL, NULL, NULL },
	{ "our-1.0.tar.gz", TARGET_SDIST, "our", "==1.0", "", NULL, "our-1.0.tar.gz", NULL, NULL, NULL },
	{ "our @ file:a%20b/our-1.0.tar.gz", TARGET_SDIST, "our", "==1.0", "", NULL, "a b/our-1.0.tar.gz", NULL, NULL, NULL },
	{ "./our-1.0-cp313-cp313t-linux_x86_64.whl", TARGET_WHEEL, "our", "==1.0", "", NULL, "our-1.0-cp313-cp313t-linux_x86_64.whl", NULL, NULL, NULL },
	{ "https://h.example/x/our-2.0.zip?a=b#sha256=" DIGITS DIGITS DIGITS DIGITS, TARGET_SDIST, "our", "==2.0", "", NULL, NULL, "https://h.example/x/our-2.0.zip?a=b", NULL, NULL },
	{ "https://h.example/x/v2.0.zip#egg=Our", TARGET_SDIST, "our", "", "", NULL, NULL, "https://h.example/x/v2.0.zip", NULL, NULL },
	{ "our @ https://h.example/x/our-2.0.zip", TARGET_SDIST, "our", "", "", NULL, NULL, "https://h.example/x/our-2.0.zip", NULL, NULL },
	{ "git+https://h.example/o/lib", TARGET_GIT, NULL, "", "", NULL, NULL, "https://h.example/o/lib", NULL, NULL },
	{ "git+https://u:p@h.example/o/lib.git@feature/x#subdirectory=py&egg=Lib[a]", TARGET_GIT, "lib", "", "a", NULL, NULL, "https://u:p@h.example/o/lib.git", "feature/x", "py" },
	{ "git+ssh://git@h.example/o/lib@v1", TARGET_GIT, NULL, "", "", NULL, NULL, "ssh://git@h.example/o/lib", "v1", NULL },
	{ "git+file:///srv/lib@release%2F1", TARGET_GIT, NULL, "", "", NULL, NULL, "file:///srv/lib", "release/1", NULL },
	{ "Name @ git+https://h.example/o/lib@v1 ; os_name == 'posix'", TARGET_GIT, "name", "", "", "os_name == 'posix'", NULL, "https://h.example/o/lib", "v1", NULL },
};

static void what_is_right_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
		const struct good *g = &goods[i];
		AUTO_TARGET t = { 0 };
		AUTO_ERROR err = { 0 };
		if (target_parse(g->text, &t, &err) != 0)
			fail_msg("%s: %s, %s", g->text, err.what, err.where);
		AUTO_FREE char *extras = strv_join(&t.extras, " ");
		AUTO_FREE char *path = g->path ? realpath(g->path, NULL) : NULL;
		bool same = t.kind == g->kind && str_eq(t.name, g->name) && str_eq(t.specifier, g->specifier) && str_eq(extras, g->extras) &&
		            str_eq(t.marker, g->marker) && str_eq(t.path, path) && str_eq(t.url, g->url) && str_eq(t.ref, g->ref) && str_eq(t.subdirectory, g->subdirectory);
		if (!same)
			fail_msg("%s: kind %d name %s spec %s extras %s marker %s path %s url %s ref %s sub %s", g->text, t.kind, t.name, t.specifier, extras,
			         t.marker, t.path, t.url, t.ref, t.subdirectory);
		assert_string_equal(t.origin, "command line");
		assert_true(!t.sha256 == !strstr(g->text, "#sha256=") && (!t.sha256 || strcmp(t.sha256 + 48, "0123456789abcdef") == 0));
	}
}

static const struct {
	const char *text;
	enum error_code code;
	const char *says; /* in what, where or why */
	const char *hint;
} bads[] = {
	{ "numpy => 2.0", ERR_BAD_REQUIREMENT, "command line:7   `numpy => 2.0`   expected one of == >= <= ~= != < >", "did you mean `numpy >= 2.0`?" },
	{ "numpy=2.0", ERR_BAD_REQUIREMENT, ":6 ", "`numpy==2.0`" },
	{ "numpy ~ 2.0", ERR_BAD_REQUIREMENT, ":7 ", "`numpy ~= 2.0`" },
	{ "numpy 2.0", ERR_BAD_REQUIREMENT, ":7 ", "`numpy ==2.0`" },
	{ "numpy@2.0", ERR_BAD_REQUIREMENT, ":6 ", "`numpy==2.0`" },
	{ "numpy[test", ERR_BAD_REQUIREMENT, ":11 ", "`numpy[test]`" },
	{ "numpy>=1<2", ERR_BAD_REQUIREMENT, "expected a version such as 1.2", NULL },
	{ "numpy>=1 <2", ERR_BAD_REQUIREMENT, ":10 ", "`numpy>=1 ,<2`" },
	{ "numpy==", ERR_BAD_REQUIREMENT, "expected a version", NULL },
	{ "numpy>=1.*", ERR_BAD_REQUIREMENT, "expected a version", NULL },
	{ "numpy==1.x", ERR_BAD_REQUIREMENT, "expected a version", NULL },
	{ "=numpy", ERR_BAD_REQUIREMENT, "expected the name of a project", NULL },
	{ "numpy; python_versoin > '3'", ERR_BAD_REQUIREMENT, ":8 ", "`numpy; python_version > '3'`" },
	{ "numpy; os_name = 'x'", ERR_BAD_REQUIREMENT, ":16 ", NULL },
	{ "numpy; (os_name == 'x'", ERR_BAD_REQUIREMENT, "`)`", NULL },
	{ "numpy\nattrs", ERR_BAD_REQUIREMENT, "expected one line", NULL },
	{ "", ERR_BAD_TARGET, "empty", NULL },
	{ "absent-1.0.tar.gz", ERR_BAD_TARGET, "no file 'absent-1.0.tar.gz'", NULL },
	{ "file://other.example/our-1.0.tar.gz", ERR_BAD_TARGET, "no file or folder of this machine", NULL },
	{ "./absent", ERR_BAD_TARGET, "no file or folder './absent'", "`absent`" },
	{ "./requirements.txt", ERR_BAD_TARGET, "no known kind", "-r ./requirements.txt" },
	{ "./uv.lock", ERR_BAD_TARGET, "a lock file, which is not read", "`uv export -o requirements.txt`" },
	{ "./pylock.dev.toml", ERR_BAD_TARGET, "a lock file, which is not read", "`-r FILE`" },
	{ "lib/pyproject.toml", ERR_BAD_TARGET, "no known kind", "the folder that holds it" },
	{ "./odd.whl", ERR_BAD_TARGET, "not named as a wheel", NULL },
	{ "./bare", ERR_NOT_A_PROJECT, "neither pyproject.toml nor setup.py", NULL },
	{ "./empty", ERR_NOT_A_PROJECT, "the folder is empty", NULL },
	{ "https://u:secret@h.example/o/lib.git", ERR_BAD_TARGET, "https://***@h.example/o/lib.git", "git+https://***@" },
	{ "https://h.example/our-2.0.zip#sha256=1", ERR_BAD_TARGET, "64 hexadecimal digits", NULL },
	{ "our @ https://h.example/our-2.0.zip#subdirectory=x", ERR_BAD_TARGET, "only sha256= and egg=", NULL },
	{ "git+git@h.example:o/lib", ERR_BAD_TARGET, "expected git+https://", "git+ssh://git@h.example/o/lib" },
	{ "git+https:///lib", ERR_BAD_TARGET, "no host", NULL },
	{ "git+ext::sh", ERR_BAD_TARGET, "expected git+https://", NULL },
	{ "git+https://h.example/lib@--upload-pack=x", ERR_BAD_TARGET, "cannot begin with a dash", NULL },
	{ "git+https://h.example/lib@", ERR_BAD_TARGET, "is expected behind @", NULL },
	{ "git+https://h.example/lib#subdirectory=../x", ERR_BAD_TARGET, "leaves the repository", NULL },
	{ "git+https://h.example/lib#subdirectory=a/%2e%2e/%2e%2e/x", ERR_BAD_TARGET, "leaves the repository", NULL },
	{ "git+https://h.example/lib#sub=x", ERR_BAD_TARGET, "only subdirectory=", NULL },
	{ "git+https://h.example/lib@%0", ERR_BAD_TARGET, "expected behind @", NULL },
};

static bool says(const struct error *err, const char *text)
{
	return strstr(err->what, text) || (err->where && strstr(err->where, text)) || (err->why && strstr(err->why, text));
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		AUTO_TARGET t = { 0 };
		AUTO_ERROR err = { 0 };
		if (target_parse(bads[i].text, &t, &err) == 0)
			fail_msg("%s was taken", bads[i].text);
		bool hint = !bads[i].hint || (err.hint && strstr(err.hint, bads[i].hint));
		if (err.code != bads[i].code || !says(&err, bads[i].says) || !hint)
			fail_msg("%s: error[%s] %s, where %s, why %s, hint %s", bads[i].text, error_slug(err.code), err.what, err.where, err.why, err.hint);
		assert_null(strstr(err.what, "secret"));
	}
}

static void a_line_is_found_through_includes(void **state)
{
	(void)state;
	static const struct {
		const char *name, *file, *text;
		int line;
	} cases[] = {
		{ "attrs", "requirements.txt", "attrs", 1 },
		{ "requests", "requirements.txt", "Requests[socks] >= 2 ; python_version > '3.8'", 4 },
		{ "click", "requirements.txt", "click==8.1.7", 5 },
		{ "my-lib", "requirements.txt", "-e git+https://h.example/x#egg=My.Lib", 8 },
		{ "numpy", "sub/more.txt", "NumPy", 2 },
		{ "zope-interface", "sub/more.txt", "zope.interface", 4 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_REQUIREMENT_LINE l = { 0 };
		if (!requirement_lines_locate("requirements.txt", NULL, cases[i].name, &l))
			fail_msg("%s not found", cases[i].name);
		assert_string_equal(l.file, cases[i].file);
		assert_int_equal(l.line, cases[i].line);
		assert_string_equal(l.text, cases[i].text);
	}
	AUTO_REQUIREMENT_LINE l = { 0 };
	assert_false(requirement_lines_locate("requirements.txt", NULL, "absent", &l)); /* though the files include one another */
	assert_true(requirement_lines_locate("more.txt", "sub", "numpy", &l));
}

static void compiled_requirements_become_targets(void **state)
{
	(void)state;
	static const char output[] = "attrs==26.1.0\n    # via -r requirements.txt\nclick==8.1.7 \\\n    --hash=sha256:00\n"
	                             "    # via\n    #   -c cons.txt\n    #   -r requirements.txt\n    #   -r third.txt\n"
	                             "numpy==2.4.6\n    # via -r sub/more.txt\nrequests[socks]==2.34.2 ; python_version > '3.8'\n    # via -r requirements.txt\n"
	                             "my-lib @ git+https://h.example/x@0123\n    # via -r requirements.txt\nother==1\n    # via -r gone.txt\n";
	AUTO_TARGETS l = { 0 };
	AUTO_ERROR err = { 0 };
	if (targets_from_compiled(output, NULL, &l, &err) != 0)
		fail_msg("%s", err.what);
	static const char *const expected[] = {
		"attrs ==26.1.0 '' requirements.txt:1 attrs", "click ==8.1.7 '==8.1.7,<9' requirements.txt:5 click==8.1.7",
		"numpy ==2.4.6 '' sub/more.txt:2 NumPy", "requests ==2.34.2 '>=2' requirements.txt:4 Requests[socks] >= 2",
		"my-lib  '' requirements.txt:8 git+https://h.example/x#egg=My.Lib", "other ==1 '==1' gone.txt other==1",
	};
	assert_int_equal(l.n, ARRAY_LEN(expected));
	for (size_t i = 0; i < l.n; i++) {
		AUTO_FREE char *got = xasprintf("%s %s '%s' %s %s", l.v[i].name, l.v[i].specifier, target_asked(&l.v[i]), l.v[i].origin, l.v[i].text);
		assert_string_equal(got, expected[i]);
	}
	assert_int_equal(l.v[4].kind, TARGET_GIT);
	assert_true(strv_has(&l.v[3].extras, "socks"));
	assert_null(l.v[3].marker); /* uv has asked it */
}

static void local_lines_keep_their_place_and_become_arguments(void **state)
{
	(void)state;
	static const char text[] = "-e ./lib[test]\nnumpy/ ; python_version > '3'\nour @ file:our-1.0.tar.gz --hash=sha256:00\n";
	assert_int_equal(write_file("sub/local.txt", text, strlen(text), NULL), 0);
	AUTO_TARGETS l = { 0 };
	AUTO_FREE char *output = xasprintf("-e ./lib\n    # via -r sub/local.txt\n%s/numpy\n    # via -r sub/local.txt\n"
	                                   "our @ file:our-1.0.tar.gz\n    # via -r sub/local.txt\n", work);
	AUTO_ERROR err = { 0 };
	if (targets_from_compiled(output, work, &l, &err) != 0)
		fail_msg("%s: %s", err.what, err.why);
	static const char *const expected[] = { "lib sub/local.txt:1 ./lib[test] test", "numpy sub/local.txt:2 numpy/ ",
		                                    "our-1.0.tar.gz sub/local.txt:3 our @ file:our-1.0.tar.gz " };
	assert_int_equal(l.n, ARRAY_LEN(expected));
	for (size_t i = 0; i < l.n; i++) {
		AUTO_FREE char *extras = strv_join(&l.v[i].extras, " ");
		AUTO_FREE char *got = xasprintf("%s %s %s %s", path_base(l.v[i].path), l.v[i].origin, l.v[i].text, extras);
		assert_string_equal(got, expected[i]);
	}
}

static void real_compiled_output_is_read(void **state)
{
	(void)state;
	AUTO_BUF text = { 0 };
	AUTO_TARGETS l = { 0 };
	assert_int_equal(read_file(MC_BUILD_SRCDIR "/tests/unit/data/uv/compiled.out", 10000, &text, NULL), 0);
	assert_int_equal(targets_from_compiled(buf_str(&text), NULL, &l, NULL), 0);
	assert_int_equal(l.n, 5);
	assert_string_equal(l.v[4].name, "zope-interface");
	assert_string_equal(l.v[4].origin, "x.txt");
}

static void a_line_that_is_no_requirement_is_an_error(void **state)
{
	(void)state;
	AUTO_TARGETS l = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(targets_from_compiled("attrs==1\nwhat is this\n", NULL, &l, &err), -1);
	assert_int_equal(err.code, ERR_TOOL);
}

/* A hook that a resolver runs has network: it must not see the folder around the files. */
static void a_resolver_sees_the_files_and_what_they_name(void **state)
{
	(void)state;
	AUTO_FREE char *dir = NULL;
	assert_int_equal(make_temp_dir("/tmp", "test-seen", &dir, NULL), 0);
	static const struct {
		const char *name, *text;
	} files[] = { { "sub/r.txt", "attrs\n-r more.txt\n-c limits.txt # why\n./lib[x] ; python_version > '3'\nnot-there @ file:///nowhere/x.whl\n" },
		          { "sub/more.txt", "--constraint=limits.txt\n-r none.txt\n--editable=./sub/../lib\nx @ git+file://DIR/repo@v1\ny @ file:///%2e/none\nz @ file:sp%20ace\n" },
		          { "sub/limits.txt", "attrs<30\n" }, { "lib", "" }, { "repo", "" }, { "sp ace", "" }, { "sub/lib", "" }, { "secret", "key" } };
	AUTO_FREE char *sub = path_join(dir, "sub");
	assert_int_equal(make_dirs(sub, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_FREE char *path = path_join(dir, files[i].name);
		const char *mark = strstr(files[i].text, "DIR");
		AUTO_FREE char *text = mark ? xasprintf("%.*s%s%s", (int)(mark - files[i].text), files[i].text, dir, mark + 3) : xstrdup(files[i].text);
		assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
	}
	AUTO_STRV seen = { 0 }, names = { 0 };
	requirement_files_seen("sub/r.txt", dir, &seen);
	for (size_t i = 0; i < seen.n; i++) {
		assert_true(str_starts(seen.v[i], dir));
		strv_add(&names, path_base(seen.v[i]));
	}
	AUTO_FREE char *all = strv_join(&names, " ");
	assert_string_equal(all, "r.txt lib more.txt repo sp ace limits.txt");
	remove_tree(dir, NULL);
}

static void indexes_of_the_files_are_read(void **state)
{
	(void)state;
	setenv("MC_TEST_TOKEN", "secret", 1);
	static const char outer[] = "-i https://a.example/simple\nattrs # --index-url x\n-r index-more.txt\n";
	static const char more[] = "--extra-index-url https://u:${MC_TEST_TOKEN}@b.example/${MC_TEST_NONE}\n--index-url=https://c.example/simple\n"
	                           "--find-links ./wheels\n--indexes x\n-e ./lib\n";
	assert_int_equal(write_file("index.txt", outer, strlen(outer), NULL), 0);
	assert_int_equal(write_file("index-more.txt", more, strlen(more), NULL), 0);
	AUTO_INDEXES x = { 0 };
	requirement_files_indexes("index.txt", NULL, &x);
	assert_string_equal(x.url, "https://c.example/simple"); /* the later file's counts */
	assert_string_equal(path_base(x.origin), "index-more.txt:2");
	assert_int_equal(x.extra_urls.n, 1);
	assert_string_equal(x.extra_urls.v[0], "https://u:secret@b.example/${MC_TEST_NONE}");
	assert_int_equal(x.unread.n, 1);
	assert_true(str_ends(x.unread.v[0], "index-more.txt:3: --find-links"));
}

static void file_urls_are_paths(void **state)
{
	(void)state;
	static const char *const rows[][2] = { { "file:///a%20b/c%2B1", "/a b/c+1" }, { "FILE://localhost/a?x#y", "/a" }, { "file:/a", "/a" },
		                                   { "file:a/b", "a/b" }, { "file:///50%", "/50%" }, { "file:///%zz", "/%zz" },
		                                   { "file://h.example/a", NULL }, { "file:///a%00b", NULL }, { "http://h.example/a", NULL }, { "file:", NULL } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *path = file_url_path(rows[i][0]);
		if (!str_eq(path, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], path ? path : "none");
	}
	AUTO_FREE char *url = file_url_make("/a b/\xc3\xa9[1]/c+1%.whl");
	assert_string_equal(url, "file:///a%20b/%C3%A9%5B1%5D/c+1%25.whl");
	AUTO_FREE char *back = file_url_path(url);
	assert_string_equal(back, "/a b/\xc3\xa9[1]/c+1%.whl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_urls_are_paths),
		cmocka_unit_test(what_is_right_is_read),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_line_is_found_through_includes),
		cmocka_unit_test(compiled_requirements_become_targets),
		cmocka_unit_test(local_lines_keep_their_place_and_become_arguments),
		cmocka_unit_test(real_compiled_output_is_read),
		cmocka_unit_test(indexes_of_the_files_are_read),
		cmocka_unit_test(a_line_that_is_no_requirement_is_an_error),
		cmocka_unit_test(a_resolver_sees_the_files_and_what_they_name),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
