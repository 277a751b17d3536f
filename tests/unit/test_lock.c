/* test_lock.c: from a resolver's lock to one file per package, and the way that leads to a package. Apostrophes in the JSON stand for quotes. */
#include "build/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_closest_wheel_ranks_highest(void **state)
{
	(void)state;
	static const struct {
		const char *file, *tag;
		int rank;
	} cases[] = {
		{ "a-1.0-cp313-cp313t-manylinux_2_17_x86_64.whl", "cp313t", 4 },
		{ "a-1.0-cp313-cp313-manylinux_2_17_x86_64.whl", "cp313", 4 },
		{ "a-1.0-1-cp313-cp313-linux_x86_64.whl", "cp313", 4 }, /* with a build tag */
		{ "a-1.0-cp39-abi3-manylinux_2_17_x86_64.whl", "cp313", 3 },
		{ "a-1.0-cp315-abi3.abi3t-manylinux_2_17_x86_64.whl", "cp315t", 3 },
		{ "a-1.0-py3-none-manylinux_2_17_x86_64.whl", "cp313", 2 },
		{ "a-1.0-py3-none-any.whl", "cp313t", 1 },
		{ "a-1.0.tar.gz", "cp313", 0 },
		{ "a-1.0.whl", "cp313", 0 },
		{ "a-1.0-py3-any.whl", "cp313", 0 },
		{ ".whl", "cp313", 0 },
		{ "", "cp313", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (wheel_rank(cases[i].file, cases[i].tag) != cases[i].rank)
			fail_msg("%s for %s ranks %d", cases[i].file, cases[i].tag, wheel_rank(cases[i].file, cases[i].tag));
}

static int read_lock(const char *text, const char *tag, struct lock *l, struct error *err)
{
	AUTO_FREE char *quoted = xstrdup(text);
	for (char *p = quoted; *p; p++)
		if (*p == '\'')
			*p = '"';
	AUTO_JSON *j = NULL;
	assert_int_equal(json_parse(quoted, strlen(quoted), "lock", &j, err), 0);
	AUTO_FREE char *owned = xstrdup(tag);
	struct interpreter python = { .tag = owned };
	return lock_from_json(j, &python, l, err);
}

#define URL "https://files.example/"
#define WHEEL(name) "{'url': '" URL name "', 'sha256': 'aa', 'size': 12}"
#define SDIST "'sdist': {'url': '" URL "a-1.0.tar.gz#x', 'sha256': 'bb'}"
#define ONE(rest) "{'packages': [{'name': 'A_b.C', 'version': '1.0', " rest "}]}"

static const struct {
	const char *lock, *tag, *filename, *local;
	bool wheel, native;
} choices[] = {
	{ ONE("'wheels': [" WHEEL("a-1.0-py3-none-any.whl") ", " WHEEL("a-1.0-cp313-cp313t-x.whl") "]"), "cp313t", "a-1.0-cp313-cp313t-x.whl", NULL, true, true },
	{ ONE("'wheels': [" WHEEL("a-1.0-cp313-cp313t-x.whl") ", " WHEEL("a-1.0-py3-none-any.whl") "]"), "cp313t", "a-1.0-cp313-cp313t-x.whl", NULL, true, true },
	{ ONE("'wheels': [" WHEEL("a-1.0-py3-none-any.whl?x=1#sha256=aa") "], " SDIST), "cp313", "a-1.0-py3-none-any.whl", NULL, true, false },
	{ ONE("'wheels': [{'url': '" URL "x', 'name': 'a-1.0-py3-none-any.whl'}]"), "cp313", "a-1.0-py3-none-any.whl", NULL, true, false },
	{ ONE("'wheels': [], " SDIST), "cp313", "a-1.0.tar.gz", NULL, false, false },
	{ ONE(SDIST), "cp313", "a-1.0.tar.gz", NULL, false, false },
	{ ONE("'wheels': [" WHEEL("broken.whl") "], " SDIST), "cp313", "a-1.0.tar.gz", NULL, false, false },
	/* what was built on this machine is what is meant, though another fits as well or better */
	{ ONE("'wheels': [" WHEEL("a-1.0-cp313-cp313-x.whl") ", {'url': 'file:///w/a-1.0-py3-none-any.whl'}]"), "cp313", "a-1.0-py3-none-any.whl",
	  "/w/a-1.0-py3-none-any.whl", true, false },
	{ ONE("'wheels': [{'path': '/w/a-1.0-py3-none-any.whl'}]"), "cp313", "a-1.0-py3-none-any.whl", "/w/a-1.0-py3-none-any.whl", true, false },
	{ ONE("'archive': {'url': '" URL "a.zip', 'sha256': 'cc'}"), "cp313", "a.zip", NULL, false, false },
	{ ONE("'archive': {'url': '" URL "a-1.0-cp313-cp313-x.whl'}"), "cp313", "a-1.0-cp313-cp313-x.whl", NULL, true, true },
	{ ONE("'archive': {'path': 'dist/a-1.0.tar.gz'}, " SDIST), "cp313", "a-1.0.tar.gz", "dist/a-1.0.tar.gz", false, false },
};

static void one_file_is_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		AUTO_LOCK l = { 0 };
		AUTO_ERROR err = { 0 };
		if (read_lock(choices[i].lock, choices[i].tag, &l, &err) < 0)
			fail_msg("case %zu: %s", i, err.what);
		assert_int_equal(l.n, 1);
		const struct locked *p = &l.v[0];
		assert_string_equal(p->name, "a-b-c");
		assert_string_equal(p->version, "1.0");
		if (!str_eq(p->filename, choices[i].filename) || !str_eq(p->local, choices[i].local) || p->wheel != choices[i].wheel ||
		    p->native != choices[i].native)
			fail_msg("case %zu: %s at %s, wheel %d, native %d", i, p->filename, p->local, p->wheel, p->native);
	}
}

static void hash_size_and_the_sdist_beside_are_kept(void **state)
{
	(void)state;
	AUTO_LOCK l = { 0 };
	assert_int_equal(read_lock(ONE("'wheels': [" WHEEL("a-1.0-py3-none-any.whl") "], " SDIST), "cp313", &l, NULL), 0);
	assert_string_equal(l.v[0].url, URL "a-1.0-py3-none-any.whl");
	assert_string_equal(l.v[0].sha256, "aa");
	assert_int_equal(l.v[0].size, 12);
	assert_string_equal(l.v[0].sdist_filename, "a-1.0.tar.gz");
	assert_string_equal(l.v[0].sdist_sha256, "bb");
	lock_take_sdist(&l, "a-b-c");
	assert_false(l.v[0].wheel);
	assert_string_equal(l.v[0].url, l.v[0].sdist_url);
	assert_string_equal(l.v[0].filename, "a-1.0.tar.gz");
	assert_string_equal(l.v[0].sha256, "bb");
	assert_int_equal(l.v[0].size, -1);
	assert_int_equal(read_lock(ONE(SDIST), "cp313", &l, NULL), 0); /* replaces what was there */
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].size, -1);
	assert_string_equal(l.v[0].sha256, "bb");
}

static void a_package_without_a_file_is_an_error(void **state)
{
	(void)state;
	AUTO_LOCK l = { 0 };
	assert_int_equal(read_lock(ONE(SDIST), "cp313", &l, NULL), 0);
	AUTO_ERROR err = { 0 };
	assert_int_equal(read_lock("{'packages': [{'name': 'good', " SDIST "}, {'name': 'bad', 'wheels': []}]}", "cp313", &l, &err), -1);
	assert_int_equal(err.code, ERR_NO_VERSION);
	assert_string_equal(err.what, "bad has no file that can be used");
	assert_int_equal(l.n, 1); /* the earlier lock stays */
	/* a name that is none could leave the folder where files are put */
	static const char *const names[] = { "../a-1.0-py3-none-any.whl", "/a-1.0-py3-none-any.whl" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *text = xasprintf(ONE("'wheels': [{'url': '" URL "x', 'name': '%s'}]"), names[i]);
		assert_int_equal(read_lock(text, "cp313", &l, NULL), -1);
	}
	assert_int_equal(read_lock(ONE("'sdist': {'url': '" URL "..'}"), "cp313", &l, NULL), -1);
	assert_int_equal(read_lock(ONE("'sdist': {'url': '" URL "'}"), "cp313", &l, NULL), -1);
	assert_int_equal(read_lock(ONE("'sdist': {}"), "cp313", &l, NULL), -1);
	AUTO_LOCK none = { 0 };
	assert_int_equal(read_lock("{}", "cp313", &none, NULL), 0);
	assert_int_equal(none.n, 0);
}

static void locks_are_found_copied_and_pinned(void **state)
{
	(void)state;
	AUTO_LOCK l = { 0 };
	AUTO_LOCK copy = { 0 };
	assert_int_equal(read_lock("{'packages': [{'name': 'a', 'version': '1', " SDIST "}, {'name': 'tree', " SDIST "}]}", "cp313", &l, NULL), 0);
	lock_copy(&copy, &l);
	lock_copy(&copy, &l);
	str_set(&l.v[0].version, "2");
	assert_string_equal(lock_find(&copy, "a")->version, "1");
	assert_string_equal(lock_find(&copy, "a")->sdist_url, URL "a-1.0.tar.gz#x");
	assert_null(lock_find(&copy, "b"));
	AUTO_STRV pins = { 0 };
	lock_pins(&copy, &pins); /* a tree has no version and is not pinned */
	assert_int_equal(pins.n, 1);
	assert_string_equal(pins.v[0], "a==1");
	AUTO_LOCK closure = { 0 };
	assert_int_equal(read_lock(ONE(SDIST), "cp313", &closure, NULL), 0);
	lock_copy_beside(&copy, &l, &closure);
	assert_int_equal(copy.n, 2);
	str_set(&closure.v[0].name, "a");
	lock_copy_beside(&copy, &l, &closure);
	assert_int_equal(copy.n, 1);
	assert_string_equal(copy.v[0].name, "tree");
}

static const char annotated[] =
	"app==1.0\n    # via -r requirements.in\n"
	"Mid_Dle==2.0\n    # via\n    #   app\n    #   other\n"
	"other==3\n    # via app\n"
	"deep==1.0  # via mid-dle\n"
	"loop-a==1\n    # via loop-b\n"
	"loop-b==1\n    # via loop-a\n";

static void the_way_to_a_package_is_the_shortest(void **state)
{
	(void)state;
	static const struct {
		const char *target, *name, *path;
	} cases[] = {
		{ "app", "deep", "app|mid-dle|deep" }, /* not by way of other */
		{ "app", "mid-dle", "app|mid-dle" },
		{ "app", "other", "app|other" },
		{ "app", "app", "app" },
		{ "app", "loop-a", "app|loop-a" },     /* no way is known, and the search ends */
		{ "app", "unknown", "app|unknown" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STRV path = { 0 };
		resolve_path_to(annotated, cases[i].target, cases[i].name, &path);
		AUTO_FREE char *text = strv_join(&path, "|");
		if (strcmp(text, cases[i].path) != 0)
			fail_msg("%s to %s: %s", cases[i].target, cases[i].name, text);
	}
}

static void answers_are_told_from_troubles(void **state)
{
	(void)state;
	static const struct {
		enum error_code code;
		bool answer;
	} cases[] = { { ERR_NOT_FOUND, true }, { ERR_NO_VERSION, true },   { ERR_CONFLICT, true },       { ERR_BAD_REQUIREMENT, true },
		          { ERR_NETWORK, false },  { ERR_OFFLINE_MISS, false }, { ERR_TOOL, false },          { ERR_INTERRUPTED, false },
		          { ERR_DISK_FULL, false } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (resolve_error_is_answer(&(struct error){ .code = cases[i].code }) != cases[i].answer)
			fail_msg("%s", error_slug(cases[i].code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_closest_wheel_ranks_highest),
		cmocka_unit_test(one_file_is_chosen),
		cmocka_unit_test(hash_size_and_the_sdist_beside_are_kept),
		cmocka_unit_test(a_package_without_a_file_is_an_error),
		cmocka_unit_test(locks_are_found_copied_and_pinned),
		cmocka_unit_test(the_way_to_a_package_is_the_shortest),
		cmocka_unit_test(answers_are_told_from_troubles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
