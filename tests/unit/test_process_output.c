/* test_process_output.c: what a child prints is kept to a bound, in memory and in a log. */
#include "process/process.h"

#include "base/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static char *folder; /* private to this run of the test */

static int run_sh(const char *script, struct process_spec spec, struct process_result *r, struct error *err)
{
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	spec.argv = &argv;
	return process_run(&spec, r, err);
}

static void test_head_and_tail(void **state)
{
	(void)state;
	AUTO_PROCESS all = { 0 }, part = { 0 };
	assert_int_equal(run_sh("seq 20000", (struct process_spec){ .output_max = 1 << 20 }, &all, NULL), 0);
	assert_int_equal(run_sh("seq 20000", (struct process_spec){ .output_max = 1001 }, &part, NULL), 0);
	assert_false(all.output_truncated);
	assert_true(part.output_truncated);
	assert_int_equal(part.output_bytes, all.output.len);
	AUTO_FREE char *expected = xasprintf("%.501s\n[... %zu bytes left out ...]\n%s", all.output.data,
	                                     all.output.len - 1001, all.output.data + all.output.len - 500);
	assert_string_equal(buf_str(&part.output), expected);
}

static void test_output_just_fits(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("printf 0123; printf 456789", (struct process_spec){ .output_max = 10 }, &r, NULL), 0);
	assert_string_equal(buf_str(&r.output), "0123456789");
	assert_false(r.output_truncated);
}

static void test_tail(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("seq 5; echo", (struct process_spec){ 0 }, &r, NULL), 0);
	AUTO_FREE char *two = process_tail(&r, 2), *many = process_tail(&r, 99), *none = process_tail(&r, 0);
	assert_string_equal(two, "4\n5");
	assert_string_equal(many, "1\n2\n3\n4\n5");
	assert_string_equal(none, "");
}

static void expect_file(const char *path, const char *expected)
{
	AUTO_BUF text = { 0 };
	assert_int_equal(read_file(path, 1 << 20, &text, NULL), 0);
	assert_string_equal(buf_str(&text), expected);
}

static void test_log(void **state)
{
	(void)state;
	AUTO_FREE char *path = path_join(folder, "log");
	AUTO_PROCESS a = { 0 }, b = { 0 }, c = { 0 };
	assert_int_equal(run_sh("echo one", (struct process_spec){ .log_path = path }, &a, NULL), 0);
	assert_int_equal(run_sh("echo two", (struct process_spec){ .log_path = path, .log_append = true }, &b, NULL), 0);
	expect_file(path, "one\ntwo\n");
	struct process_spec spec = { .log_path = path, .log_max = 5 };
	assert_int_equal(run_sh("echo 123456789; echo more", spec, &c, NULL), 0);
	expect_file(path, "12345\n[... log ends here, after 5 bytes ...]\n");
	assert_int_equal(c.output_bytes, 15); /* the bound of the log is not that of the output */
}

static void test_log_on_full_disk(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("while :; do echo x; done", (struct process_spec){ .log_path = "/dev/full" }, &r, &err), -1);
	assert_int_equal(err.code, ERR_DISK_FULL);
	assert_int_equal(r.ending, END_FAILED);
}

int main(void)
{
	if (make_temp_dir("/tmp", "mc-process", &folder, NULL) < 0)
		return 99;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head_and_tail),
		cmocka_unit_test(test_output_just_fits),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_on_full_disk),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_tree(folder, NULL);
	free(folder);
	return failed;
}
