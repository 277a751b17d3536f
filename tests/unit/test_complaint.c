/* test_complaint.c: real samples of what uv says, each to its error. */
#include "base/fs.h"
#include "inputs/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *file;
	enum error_code code;
	const char *what;    /* the whole of it */
	const char *where;   /* part, or NULL for none */
	const char *hint;    /* part, or NULL for any */
	const char *subject;
} cases[] = {
	{ "unknown", ERR_NOT_FOUND, "no project named `pyyamll-nope-zz` on the index in use", NULL, "check the name", "pyyamll-nope-zz" },
	{ "unknown-older-form", ERR_NOT_FOUND, "no project named `pyyamll` on the index in use", NULL, NULL, "pyyamll" },
	{ "noversion", ERR_NO_VERSION, "no release of `attrs` is ==99.1", NULL, NULL, "attrs" },
	{ "http200", ERR_NO_VERSION, "no release of `attrs` can be had", NULL, NULL, "attrs" },
	{ "range-noversion", ERR_NO_VERSION, "no release of `pyyaml` satisfies >=99", NULL, "available: pyyaml<=6.0.3", "pyyaml" },
	{ "incompatible-wheels", ERR_NO_VERSION, "no file of `cffi` ==1.17.1 fits this interpreter", NULL, NULL, "cffi" },
	{ "requires-python", ERR_NO_VERSION, "no file of `numpy` ==2.2.0 fits this interpreter", NULL, NULL, "numpy" },
	{ "other-abi", ERR_NO_VERSION, "no file of `winonly` ==1.0 fits this interpreter", NULL, NULL, "winonly" },
	{ "newer-python", ERR_NO_VERSION, "no file of `futurepy` ==1.0 fits this interpreter", NULL, NULL, "futurepy" },
	{ "wrong-hash", ERR_BAD_HASH, "the download of `wronghash==1.0` does not have the sha256 that the index states", NULL, "damaged", NULL },
	{ "truncated", ERR_BAD_ARCHIVE, "the archive of `truncated==1.0` cannot be unpacked: unexpected end of file", NULL, NULL, NULL },
	{ "metadata-hook", ERR_BUILD, "the metadata of `metafail==1.0` cannot be made: metadata hook says no", NULL, NULL, "metafail==1.0" },
	{ "yanked", ERR_NO_VERSION, "`attrs` 21.1.0 was yanked (withdrawn by its authors)", NULL, NULL, "attrs" },
	{ "conflict", ERR_CONFLICT, "the requirements contradict one another", NULL, NULL, NULL },
	{ "syntax", ERR_BAD_REQUIREMENT, "cannot read a requirement", "d.txt:4:7   `numpy => 2.0`   expected one of ==", "did you mean `numpy >= 2.0`?", NULL },
	{ "bracket", ERR_BAD_REQUIREMENT, "cannot read a requirement", "s.txt:7   `attrs[`", NULL, NULL },
	{ "marker", ERR_BAD_REQUIREMENT, "cannot read a requirement", "python_versoin", "did you mean `attrs; python_version > \"3\"`?", NULL },
	{ "included", ERR_BAD_REQUIREMENT, "cannot read a requirement", "sub/more.txt:6   `numpy=1.0`", "did you mean `numpy==1.0`?", NULL },
	{ "badver", ERR_BAD_REQUIREMENT, "cannot read a requirement", "`markupsafe==1.0.0.0.foo!`", NULL, NULL },
	{ "option", ERR_BAD_REQUIREMENT, "cannot read a line of a requirements file", "u.txt:1:1", NULL, NULL },
	{ "missing-include", ERR_BAD_TARGET, "no file '/home/user/project/missing.txt'", "e.txt", NULL, NULL },
	{ "nofile", ERR_BAD_TARGET, "no file 'nosuch.txt'", NULL, NULL, NULL },
	{ "nodir", ERR_BAD_TARGET, "no file 'file:///home/user/project/nosuchdir'", NULL, NULL, NULL },
	{ "emptydir", ERR_NOT_A_PROJECT, "'emptyd' is not a Python project", "/home/user/project/emptyd", NULL, NULL },
	{ "gitnoproj", ERR_NOT_A_PROJECT, "'2b61882' is not a Python project", "/home/user/.cache/uv", NULL, NULL },
	{ "offline", ERR_OFFLINE_MISS, "attrs is not in the cache and the network is off (--offline)", NULL, "without `--offline`", "attrs" },
	{ "server-down", ERR_NETWORK, "cannot fetch http://127.0.0.1:1/simple/attrs/", NULL, "proxy", NULL },
	{ "dns", ERR_NETWORK, "cannot fetch http://index.invalid/simple/attrs/", NULL, NULL, NULL },
	{ "url", ERR_NETWORK, "cannot fetch https://127.0.0.1:1/foo-1.0.tar.gz", NULL, NULL, NULL },
	{ "http503", ERR_NETWORK, "cannot fetch http://127.0.0.1:8000/503/simple/attrs/", NULL, NULL, NULL },
	{ "http401", ERR_NETWORK, "the package index asks for credentials, or refuses those given", NULL, "netrc", NULL },
	{ "http403", ERR_NETWORK, "the package index asks for credentials, or refuses those given", NULL, "netrc", NULL },
	{ "giturl", ERR_NETWORK, "a git repository cannot be fetched", NULL, NULL, NULL },
	{ "gitref", ERR_NO_REF, "the git repository has no branch, tag or commit 'nosuch'", NULL, NULL, NULL },
};

static void check(size_t i, const struct error *err, const char *subject)
{
	bool where = cases[i].where ? err->where && strstr(err->where, cases[i].where) : err->where == NULL;
	bool hint = !cases[i].hint || (err->hint && strstr(err->hint, cases[i].hint));
	if (err->code != cases[i].code || !str_eq(err->what, cases[i].what) || !where || !hint || !str_eq(subject, cases[i].subject))
		fail_msg("%s: error[%s] %s, where %s, hint %s, subject %s", cases[i].file, error_slug(err->code), err->what, err->where, err->hint, subject);
	assert_non_null(err->why);
}

/* The files that the samples name, so that positions become lines. */
static char *make_files(void)
{
	char *dir = NULL;
	assert_int_equal(make_temp_dir("/tmp", "test-complaint", &dir, NULL), 0);
	AUTO_FREE char *d = path_join(dir, "d.txt");
	static const char text[] = "attrs\nclick\n\nnumpy => 2.0\n";
	assert_int_equal(write_file(d, text, sizeof(text) - 1, NULL), 0);
	return dir;
}

static void every_sample_has_its_error(void **state)
{
	(void)state;
	AUTO_FREE char *dir = make_files();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *path = xasprintf("%s/tests/unit/data/uv/%s.txt", MC_BUILD_SRCDIR, cases[i].file);
		AUTO_FREE char *subject = NULL;
		AUTO_BUF text = { 0 };
		AUTO_ERROR err = { 0 };
		assert_int_equal(read_file(path, 100000, &text, NULL), 0);
		assert_int_equal(uv_complaint(buf_str(&text), dir, &subject, &err), -1);
		check(i, &err, subject);
	}
	remove_tree(dir, NULL);
}

static void what_is_not_known_keeps_its_text_without_secrets(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	uv_complaint("error: odd thing at https://user:secret@h.example/x and http://tok@i.example\x1b[31m\n  cause: b", NULL, NULL, &err);
	assert_int_equal(err.code, ERR_TOOL);
	assert_string_equal(err.why, "odd thing at https://***@h.example/x and http://***@i.example\\x1b[31m\nb");
	AUTO_ERROR none = { 0 };
	uv_complaint("", NULL, NULL, &none);
	assert_int_equal(none.code, ERR_TOOL);
}

static void a_full_disk_is_said_as_such(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	uv_complaint("error: Failed to fetch: http://h.example/a\n  cause: No space left on device (os error 28)\n", NULL, NULL, &err);
	assert_int_equal(err.code, ERR_DISK_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_has_its_error),
		cmocka_unit_test(what_is_not_known_keeps_its_text_without_secrets),
		cmocka_unit_test(a_full_disk_is_said_as_such),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
