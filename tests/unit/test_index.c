/* test_index.c: the index client, its parsers and its page cache. */
#include "base/fs.h"
#include "fetch/cache.h"
#include "fetch/index.h"
#include "local_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct local_index ix;
static struct index_config config;
static struct fetch_options options;

static const char *const files[] = {
	"demo-0.9.tar.gz",
	"demo-1.0.tar.gz",
	"demo-1.0-cp313-cp313-manylinux_2_17_x86_64.whl",
	"demo-1.1-cp313-cp313t-manylinux_2_17_x86_64.whl",
	"demo-1.2-cp313-cp313t-manylinux_2_17_x86_64.whl",
	"demo-1.3-py3-none-any.whl",
	"demo-1.4-cp313-cp313t-linux_x86_64.whl",
	"demo-2.0rc1-cp313-cp313t-linux_x86_64.whl",
	"demo-2.1-cp313-cp313t-linux_x86_64.whl",
	"other_thing-1.0.tar.gz",
};

static int set_up(void **state)
{
	(void)state;
	local_index_start(&ix, NULL);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		local_index_text(&ix, files[i], files[i], NULL);
	local_index_text(&ix, "demo-1.4-cp313-cp313t-linux_x86_64.whl.json", "{\"yanked\": \"broken & <bad>\"}", NULL);
	local_index_text(&ix, "demo-2.1-cp313-cp313t-linux_x86_64.whl.json",
	                 "{\"requires-python\": \">=3.14\", \"upload-time\": \"2026-01-02T03:04:05Z\"}", NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	index_config_release(&config);
	local_index_stop(&ix);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	local_index_clear(&ix);
	index_config_release(&config);
	AUTO_FREE char *url = local_index_at(&ix, "/simple/");
	fetch_options_init(&options);
	options.backoff_seconds = 0.01;
	setenv("PIP_CONFIG_FILE", "/dev/null", 1);
	return index_config_load(&(struct index_request){ .index_url = url }, &config, NULL);
}

static const struct index_file *file_of(const struct index_project *p, const char *filename)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->files[i].filename, filename) == 0)
			return &p->files[i];
	fail_msg("no %s", filename);
	return NULL;
}

/* What both forms of the page must say. */
static void check_demo(bool json)
{
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_PROJECT p;
	if (index_project_get(&config, "DEMO", &options, &p, &err) < 0)
		fail_msg("%s", err.what);
	assert_int_equal(p.from_json, json);
	assert_string_equal(p.name, "demo");
	assert_int_equal(p.n, 9);
	const struct index_file *sdist = file_of(&p, "demo-1.0.tar.gz");
	AUTO_FREE char *url = local_index_at(&ix, "/files/demo-1.0.tar.gz");
	char hex[SHA256_HEX];
	sha256_hex("demo-1.0.tar.gz", 15, hex);
	assert_string_equal(sdist->url, url);
	assert_string_equal(sdist->sha256, hex);
	assert_string_equal(sdist->version, "1.0");
	assert_false(sdist->wheel);
	assert_false(sdist->yanked);
	assert_int_equal(sdist->size, json ? 15 : -1);
	const struct index_file *yanked = file_of(&p, files[6]);
	assert_true(yanked->yanked);
	assert_string_equal(yanked->yanked_reason, "broken & <bad>");
	assert_string_equal(yanked->abi_tag, "cp313t");
	const struct index_file *newest = file_of(&p, files[8]);
	assert_string_equal(newest->requires_python, ">=3.14");
	if (json)
		assert_string_equal(newest->upload_time, "2026-01-02T03:04:05Z");
	assert_true(wheel_tag_fits(newest, "cp313t", "linux-x86_64"));
	assert_false(wheel_tag_fits(sdist, "cp313t", "linux-x86_64"));
	struct download d = { .url = sdist->url, .sha256 = sdist->sha256, .size = sdist->size };
	assert_int_equal(fetch_all(&d, 1, &options, NULL), 0);
	download_release(&d);
}

static void test_json_and_html(void **state)
{
	(void)state;
	check_demo(true);
	fresh(NULL);
	local_index_rules(&ix, "{'do': 'no-json'}");
	check_demo(false);
}

static void expect_version(char *seen, const char *want)
{
	if (!str_eq(seen, want))
		fail_msg("%s instead of %s", seen ? seen : "nothing", want ? want : "nothing");
	free(seen);
}

static void test_questions(void **state)
{
	(void)state;
	AUTO_INDEX_PROJECT p;
	assert_int_equal(index_project_get(&config, "demo", &options, &p, NULL), 0);
	const char *platform = "linux-x86_64";
	expect_version(index_newest_with_wheel(&p, "cp313t", platform, NULL, NULL), "2.1");
	expect_version(index_newest_with_wheel(&p, "cp313t", platform, NULL, "3.13.1"), "1.2");
	expect_version(index_newest_with_wheel(&p, "cp313t", platform, "1.2", "3.13.1"), "1.1");
	expect_version(index_newest_with_wheel(&p, "cp313t", platform, "1.1", "3.13.1"), NULL);
	expect_version(index_newest_with_wheel(&p, "cp313t", "linux-aarch64", NULL, NULL), NULL);
	expect_version(index_newest_with_wheel(&p, "cp313", platform, NULL, NULL), "1.0");
	expect_version(index_first_with_wheel(&p, "cp313t", platform, NULL), "1.1");
	expect_version(index_passed_over(&p, "1.0", NULL, "cp313t", platform, "3.13.1"), NULL);        /* 1.3 has a pure wheel */
	expect_version(index_passed_over(&p, "1.3", NULL, "cp313t", platform, "3.13.1"), NULL);        /* 2.1 is for another Python */
	expect_version(index_passed_over(&p, "1.3", NULL, "cp314t", platform, "3.14.0"), "2.1");
	expect_version(index_passed_over(&p, "1.3", "<2", "cp314t", platform, "3.14.0"), NULL);
	expect_version(index_passed_over(&p, "1.3", NULL, "cp313t", platform, "3.14.0"), NULL);
	expect_version(index_passed_over(&p, "0.1", "<1.3", "cp314t", platform, "3.14.0"), "1.2");
	AUTO_STRV versions = { 0 };
	index_versions_desc(&p, &versions);
	AUTO_FREE char *all = strv_join(&versions, " ");
	assert_string_equal(all, "2.1 2.0rc1 1.3 1.2 1.1 1.0 0.9");
	assert_true(index_version_yanked(&p, "1.4"));
	assert_false(index_version_yanked(&p, "1.3"));
	assert_false(index_version_yanked(&p, "7"));
}

static void get_demo(int requests, int not_modified)
{
	AUTO_INDEX_PROJECT p;
	assert_int_equal(index_project_get(&config, "demo", &options, &p, NULL), 0);
	assert_int_equal(p.n, 9);
	assert_int_equal(local_index_requests(&ix, "/simple/demo/", NULL), requests);
	assert_int_equal(local_index_requests(&ix, "/simple/demo/", "\"status\": 304"), not_modified);
}

static void test_page_cache(void **state)
{
	(void)state;
	get_demo(1, 0);
	get_demo(2, 1); /* no max-age: asked again, not sent again */
	local_index_rules(&ix, "{'do': 'header', 'name': 'Cache-Control', 'value': 'max-age=600'}");
	get_demo(3, 2);
	get_demo(3, 2); /* fresh now */
	options.refresh = true;
	get_demo(4, 3);
	options.refresh = false;
	options.offline = true;
	get_demo(4, 3);
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_PROJECT p;
	assert_int_equal(index_project_get(&config, "other-thing", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_OFFLINE_MISS);
}

/* A cached page that was damaged is fetched whole again. */
static void test_damaged_page(void **state)
{
	(void)state;
	get_demo(1, 0);
	AUTO_FREE char *dir = cache_dir_for("index");
	AUTO_STRV names = { 0 };
	assert_int_equal(list_dir(dir, &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = path_join(dir, names.v[i]);
		if (!str_ends(path, ".meta"))
			write_file(path, "{", 1, NULL);
	}
	get_demo(3, 1);
}

static void test_page_hashes(void **state)
{
	(void)state;
	AUTO_STRV names = { 0 };
	AUTO_STRV first = { 0 };
	AUTO_STRV second = { 0 };
	strv_add(&names, "demo");
	strv_add(&names, "Other.Thing");
	strv_add(&names, "missing");
	assert_int_equal(index_page_hashes(&config, &names, &options, &first, NULL), 0);
	assert_int_equal(first.n, 3);
	assert_string_equal(first.v[2], "absent");
	local_index_text(&ix, "other_thing-1.1.tar.gz", "new", NULL);
	assert_int_equal(index_page_hashes(&config, &names, &options, &second, NULL), 0);
	assert_string_equal(first.v[0], second.v[0]);
	assert_string_not_equal(first.v[1], second.v[1]);
	assert_int_equal(local_index_requests(&ix, "/simple/demo/", "\"status\": 304"), 1);
	bool same = false;
	assert_int_equal(index_project_unchanged(&config, "demo", &options, first.v[0], &same, NULL), 0);
	assert_true(same);
	assert_int_equal(index_project_unchanged(&config, "other-thing", &options, first.v[1], &same, NULL), 0);
	assert_false(same);
	AUTO_FREE char *extra = path_join(ix.root, "other_thing-1.1.tar.gz");
	remove_tree(extra, NULL);
}

static void test_not_found(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_PROJECT p;
	assert_int_equal(index_project_get(&config, "demmo", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.what, "no project named `demmo` on the index in use");
	assert_non_null(strstr(err.where, "(from option)"));
	assert_string_equal(err.hint, "did you mean `demo`?");
	error_release(&err);
	local_index_rules(&ix, "{'match': '/simple/', 'do': 'no-length'}");
	assert_int_equal(index_project_get(&config, "demmo", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "check the name"));
	assert_int_equal(local_index_requests(&ix, "\"path\": \"/simple/\"", "\"GET\""), 1); /* of unknown size: not read */
	error_release(&err);
	assert_int_equal(index_project_get(&config, "../x", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_BAD_REQUIREMENT);
}

static void test_index_down(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_PROJECT p;
	options.retries = 1;
	local_index_rules(&ix, "{'do': 'status', 'status': 503}");
	assert_int_equal(index_project_get(&config, "demo", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 2);
	error_release(&err);
	local_index_rules(&ix, "{'do': 'auth', 'user': 'u', 'password': 'p'}");
	assert_int_equal(index_project_get(&config, "demo", &options, &p, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_non_null(strstr(err.hint, "netrc"));
}

static void test_private_index(void **state)
{
	(void)state;
	local_index_rules(&ix, "{'do': 'auth', 'user': 'u', 'password': 'p'}");
	index_config_release(&config);
	AUTO_FREE char *url = xasprintf("http://u:p@%s/simple", ix.url + strlen("http://"));
	assert_int_equal(index_config_load(&(struct index_request){ .index_url = url }, &config, NULL), 0);
	options.net = &config.net;
	check_demo(true); /* the file, too, whose URL has no credentials */
}

static void test_wrong_hash_in_the_index(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_PROJECT p;
	local_index_rules(&ix, "{'do': 'wrong-hash'}");
	assert_int_equal(index_project_get(&config, "demo", &options, &p, NULL), 0);
	struct download d = { .url = p.files[0].url, .sha256 = p.files[0].sha256, .size = p.files[0].size };
	assert_int_equal(fetch_all(&d, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_BAD_HASH);
	download_release(&d);
}

static void test_extra_index_first(void **state)
{
	(void)state;
	AUTO_FREE char *page = path_join(ix.scratch, "local/demo/index.html");
	AUTO_FREE char *dir = path_dir(page);
	make_dirs(dir, NULL);
	const char *html = "<a href=\"demo-7.0.tar.gz#sha256=00\">x</a>";
	write_file(page, html, strlen(html), NULL);
	AUTO_STRV extra = { 0 };
	strv_addf(&extra, "file://%s/local", ix.scratch);
	index_config_release(&config);
	AUTO_FREE char *url = local_index_at(&ix, "/simple");
	assert_int_equal(index_config_load(&(struct index_request){ .index_url = url, .extra_urls = &extra }, &config, NULL), 0);
	AUTO_INDEX_PROJECT p;
	assert_int_equal(index_project_get(&config, "demo", &options, &p, NULL), 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.files[0].version, "7.0");
	assert_null(p.files[0].sha256);
	assert_true(str_starts(p.files[0].url, "file:///"));
	AUTO_INDEX_PROJECT q;
	assert_int_equal(index_project_get(&config, "other-thing", &options, &q, NULL), 0);
	assert_int_equal(q.n, 1);
}

static void test_hostile_html(void **state)
{
	(void)state;
	static const char page[] =
		"<!-- <a href='x-9.0.tar.gz'>no</a> --><BASE HREF=\"/pool/\"><A data-requires-python='&gt;=3.8'\n HREF=x-1.0.tar.gz>x</A>"
		"<a href='javascript:x-2.0.tar.gz'>x</a><a href=\"x-3.0.tar.gz\" data-yanked>x</a><abbr href='x-4.0.tar.gz'>"
		"<a href='ftp://h.example/x-5.0.tar.gz'>x</a><a href='y-1.0.tar.gz'>x</a><a href='%2e%2e%2fx-6.0.tar.gz'>x</a><a>z</a>"
		"<a href='x-8.0&#46;tar&#x2E;gz#egg=x&sha256=AB'>x</a><a href='x-7.0.tar.gz";
	struct index_project p = { .name = xstrdup("x") };
	index_parse_html(page, sizeof(page) - 1, "http://h.example/simple/x/", &p);
	AUTO_STRV urls = { 0 };
	for (size_t i = 0; i < p.n; i++)
		strv_add(&urls, p.files[i].url);
	AUTO_FREE char *all = strv_join(&urls, " ");
	assert_string_equal(all, "http://h.example/pool/x-1.0.tar.gz http://h.example/pool/x-3.0.tar.gz http://h.example/pool/%2e%2e%2fx-6.0.tar.gz "
	                         "http://h.example/pool/x-8.0.tar.gz http://h.example/pool/x-7.0.tar.gz");
	assert_string_equal(p.files[0].requires_python, ">=3.8");
	assert_true(p.files[1].yanked);
	assert_null(p.files[1].yanked_reason);
	index_project_release(&p);
}

static void test_hostile_json(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "{", "[]", "{\"meta\": {\"api-version\": \"2.0\"}}", "{\"files\": []}", "{\"meta\": 1}" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_ERROR err = { 0 };
		struct index_project p = { .name = xstrdup("x") };
		assert_int_equal(index_parse_json(bad[i], strlen(bad[i]), "http://h.example/", &p, &err), -1);
		assert_int_equal(err.code, ERR_NETWORK);
		index_project_release(&p);
	}
	static const char odd[] = "{\"meta\":{\"api-version\":\"1.9\"},\"files\":[1,{},{\"filename\":\"x-1.0.tar.gz\"},{\"url\":\"a\"},"
	                          "{\"filename\":\"../x-1.0.tar.gz\",\"url\":\"a\"},{\"filename\":\"x-1.0.tar.gz\",\"url\":\"file:///etc/passwd\",\"size\":\"9\","
	                          "\"yanked\":\"\",\"hashes\":{\"sha256\":\"zz\"}}]}";
	struct index_project p = { .name = xstrdup("x") };
	assert_int_equal(index_parse_json(odd, sizeof(odd) - 1, "http://h.example/", &p, NULL), 0);
	assert_int_equal(p.n, 1);
	assert_null(p.files[0].sha256);
	assert_false(p.files[0].yanked);
	assert_int_equal(p.files[0].size, -1);
	/* the link to a local file is data; fetching it is refused */
	AUTO_ERROR err = { 0 };
	struct download d = { .url = p.files[0].url, .size = -1 };
	options.net = &config.net;
	assert_int_equal(fetch_all(&d, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	download_release(&d);
	index_project_release(&p);
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_json_and_html), T(test_questions), T(test_page_cache), T(test_damaged_page), T(test_page_hashes), T(test_not_found),
		T(test_index_down), T(test_private_index), T(test_wrong_hash_in_the_index), T(test_extra_index_first), T(test_hostile_html),
		T(test_hostile_json),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
