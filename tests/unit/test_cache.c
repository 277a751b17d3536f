/* test_cache.c: the content-addressed cache, damaged blobs, partial downloads. */
#include "base/fs.h"
#include "fetch/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char *scratch;

static int set_up(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	const char *tmp = getenv("TMPDIR");
	if (make_temp_dir(tmp ? tmp : "/tmp", "mc-cache", &scratch, &err) < 0)
		return -1;
	AUTO_FREE char *cache = path_join(scratch, "cache");
	return setenv("MIGRATE_CHECK_CACHE", cache, 1);
}

static int tear_down(void **state)
{
	(void)state;
	remove_tree(scratch, NULL);
	free(scratch);
	return 0;
}

static char *make_file(const char *name, const char *text)
{
	char *path = path_join(scratch, name);
	assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
	return path;
}

static void test_put_and_find(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *file = make_file("a", "content a");
	char hex[SHA256_HEX], want[SHA256_HEX];
	sha256_hex("content a", 9, want);
	assert_null(cache_find(want));
	assert_int_equal(cache_put(file, NULL, hex, &err), 0);
	assert_string_equal(hex, want);
	AUTO_FREE char *found = cache_find(want);
	assert_non_null(found);
	assert_true(path_exists(file));
	assert_null(cache_find("nonsense"));
	assert_null(cache_find(NULL));
	assert_int_equal(cache_put(file, want, hex, &err), 0); /* a second time is fine */
}

static void test_wrong_hash_stays_out(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *file = make_file("b", "content b");
	char hex[SHA256_HEX], lie[SHA256_HEX];
	sha256_hex("other", 5, lie);
	assert_int_equal(cache_put(file, lie, hex, &err), -1);
	assert_int_equal(err.code, ERR_BAD_HASH);
	assert_non_null(strstr(err.why, lie));
	assert_non_null(strstr(err.why, hex));
	assert_null(cache_find(lie));
	assert_null(cache_find(hex));
	error_release(&err);
	assert_int_equal(cache_adopt(file, lie, hex, &err), -1);
	assert_int_equal(err.code, ERR_BAD_HASH);
	assert_true(path_exists(file));
}

static void test_damaged_blob_is_removed(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *file = make_file("c", "content c");
	char hex[SHA256_HEX];
	assert_int_equal(cache_adopt(file, NULL, hex, &err), 0);
	assert_false(path_exists(file));
	AUTO_FREE char *blob = cache_find(hex);
	assert_non_null(blob);
	chmod(blob, 0644);
	assert_int_equal(truncate(blob, 3), 0);
	assert_null(cache_find(hex));
	assert_false(path_exists(blob));
}

static void test_export(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *file = make_file("d", "content d");
	AUTO_FREE char *house = path_join(scratch, "wheelhouse");
	AUTO_FREE char *out = path_join(house, "d-1.0-py3-none-any.whl");
	char hex[SHA256_HEX];
	assert_int_equal(cache_put(file, NULL, hex, &err), 0);
	for (int i = 0; i < 2; i++) { /* again over itself */
		assert_int_equal(cache_export(hex, house, "d-1.0-py3-none-any.whl", &err), 0);
		AUTO_BUF text = { 0 };
		assert_int_equal(read_file(out, 100, &text, &err), 0);
		assert_string_equal(buf_str(&text), "content d");
	}
	AUTO_STRV names = { 0 };
	assert_int_equal(list_dir(house, &names, &err), 0);
	assert_int_equal(names.n, 1);
	assert_int_equal(cache_export(hex, house, "../escape", &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	char missing[SHA256_HEX];
	sha256_hex("never", 5, missing);
	assert_int_equal(cache_export(missing, house, "x", &err), -1);
	assert_int_equal(err.code, ERR_OFFLINE_MISS);
}

static void test_links(void **state)
{
	(void)state;
	char hex[SHA256_HEX], seen[SHA256_HEX];
	sha256_hex("x", 1, hex);
	assert_false(cache_link_get("http://a.example/x", seen));
	assert_int_equal(cache_link_put("http://a.example/x", hex, NULL), 0);
	assert_true(cache_link_get("http://a.example/x", seen));
	assert_string_equal(hex, seen);
}

static void test_partial_has_one_writer(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	struct partial a = PARTIAL_INIT, b = PARTIAL_INIT;
	assert_int_equal(partial_open(&a, "http://a.example/f", NULL, &err), 0);
	assert_int_equal(partial_open(&b, "http://a.example/f", NULL, &err), 1);
	assert_int_equal(write(a.fd, "abc", 3), 3);
	assert_int_equal(partial_set_validator(&a, "\"tag\"", &err), 0);
	partial_close(&a);
	assert_int_equal(partial_open(&b, "http://a.example/f", NULL, &err), 0);
	assert_int_equal(b.size, 3);
	assert_string_equal(b.validator, "\"tag\"");
	assert_int_equal(partial_restart(&b, &err), 0);
	assert_int_equal(b.size, 0);
	assert_null(b.validator);
	assert_int_equal(write(b.fd, "whole", 5), 5);
	char hex[SHA256_HEX];
	assert_int_equal(partial_adopt(&b, NULL, hex, &err), 0);
	assert_int_equal(partial_open(&a, "http://a.example/f", NULL, &err), 0);
	assert_int_equal(a.size, 0);
	partial_discard(&a);
}

/* Four processes put the same file again and again; every result is whole. */
static void test_concurrent_puts(void **state)
{
	(void)state;
	AUTO_FREE char *file = make_file("e", "content e");
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			char hex[SHA256_HEX];
			int bad = 0;
			for (int k = 0; k < 20; k++)
				bad |= cache_put(file, NULL, hex, NULL) < 0;
			_exit(bad);
		}
	}
	for (int i = 0; i < 4; i++) {
		int status = 0;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	char hex[SHA256_HEX];
	sha256_hex("content e", 9, hex);
	AUTO_FREE char *found = cache_find(hex);
	assert_non_null(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_find), cmocka_unit_test(test_wrong_hash_stays_out),
		cmocka_unit_test(test_damaged_blob_is_removed), cmocka_unit_test(test_export), cmocka_unit_test(test_links),
		cmocka_unit_test(test_partial_has_one_writer), cmocka_unit_test(test_concurrent_puts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
