/* store_help.c: see store_help.h. */
#include "tests/unit/store_help.h"

#include <stdlib.h>

static char *root;

static int make_root(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	return make_temp_dir(tmp && *tmp ? tmp : "/tmp", "test-store", &root, NULL);
}

static int remove_root(void **state)
{
	(void)state;
	int r = remove_tree(root, NULL);
	free(root);
	return r;
}

int run_in_temp_folder(const struct CMUnitTest *tests, size_t n)
{
	return _cmocka_run_group_tests("store", tests, n, make_root, remove_root);
}

char *fresh_dir(void)
{
	char *dir = NULL;
	assert_int_equal(make_temp_dir(root, "dir", &dir, NULL), 0);
	return dir;
}

struct store *open_store(const char *dir, enum store_mode mode)
{
	struct store *s = NULL;
	AUTO_ERROR err = { 0 };
	if (store_open(dir, mode, &s, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why ? err.why : "");
	return s;
}

const char *cell_id(unsigned n)
{
	static _Thread_local char ids[8][65];
	static _Thread_local unsigned next;
	char *id = ids[next++ % 8];
	snprintf(id, sizeof(ids[0]), "%02x%062x", n & 0xff, n);
	return id;
}

void make_evidence(struct evidence *e, size_t tests)
{
	evidence_init(e);
	e->arm = ARM_FT;
	str_set(&e->mode, "serial");
	e->ending = END_NORMAL;
	e->imported = true;
	e->collected = e->selected = (int64_t)tests;
	for (size_t i = 0; i < tests; i++) {
		AUTO_FREE char *id = xasprintf("tests/test_a.py::test_%zu[\xc3\xa9'\"]", i);
		evidence_add_test(e, id, TEST_PASSED)->call_ns = 1000;
	}
}

void put_survey(struct store *s, const char *id, const char *request, const char *names, bool finish)
{
	AUTO_SURVEY survey = { .id = xstrdup(id), .title = xstrdup(names), .started = xstrdup("2026-11-22T12:00:00Z") };
	assert_int_equal(store_begin_survey(s, &survey, request, NULL), 0);
	AUTO_STRV list = { 0 };
	strv_split(&list, names, ' ');
	for (size_t i = 0; i < list.n; i++) {
		struct package_result p;
		package_result_init(&p);
		str_set(&p.name, list.v[i]);
		p.version = xasprintf("1.%s", id);
		assert_int_equal(store_put_package(s, id, i, &p, NULL), 0);
		package_result_release(&p);
	}
	if (finish)
		assert_int_equal(store_finish_survey(s, &survey, NULL), 0);
}
