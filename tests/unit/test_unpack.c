/* test_unpack.c: good archives unpack, every attack is refused and leaves nothing. */
#include "base/fs.h"
#include "fetch/unpack.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *work; /* holds in/ (archives) and out/ (what is unpacked) */

static int make_all(void **state)
{
	(void)state;
	assert_int_equal(make_temp_dir("/tmp", "test-unpack", &work, NULL), 0);
	AUTO_FREE char *in = path_join(work, "in");
	assert_int_equal(make_dirs(in, NULL), 0);
	AUTO_FREE char *cmd = xasprintf("python3 '%s/tests/unit/data/make_archives.py' '%s'", MC_BUILD_SRCDIR, in);
	return system(cmd);
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	return 0;
}

static char *in_work(const char *sub)
{
	return path_join(work, sub);
}

/* Unpack in/NAME to out/; *top as unpack_archive() gives it. */
static int unpack(const char *name, const struct unpack_limits *limits, char **top, struct error *err)
{
	AUTO_FREE char *in = xasprintf("%s/in/%s", work, name);
	AUTO_FREE char *out = in_work("out");
	remove_tree(out, NULL);
	return unpack_archive(in, out, limits, top, err);
}

static void assert_content(const char *sub, const char *expected)
{
	AUTO_FREE char *path = in_work(sub);
	AUTO_BUF b = { 0 };
	assert_int_equal(read_file(path, 1000, &b, NULL), 0);
	assert_string_equal(buf_str(&b), expected);
}

static unsigned mode_of(const char *sub)
{
	AUTO_FREE char *path = in_work(sub);
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void assert_refused(const char *name, const struct unpack_limits *limits, enum error_code code, const char *says)
{
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *out = in_work("out");
	AUTO_FREE char *outside = in_work("x");
	if (unpack(name, limits, NULL, &err) == 0)
		fail_msg("%s was unpacked", name);
	if (err.code != code || !strstr(err.what, says))
		fail_msg("%s: error[%s]: %s", name, error_slug(err.code), err.what);
	assert_false(path_exists(out));
	assert_false(path_exists(outside));
	assert_false(path_exists("/x-absolute"));
}

static void good_archives_unpack(void **state)
{
	(void)state;
	static const char *const names[] = { "good.tar.gz", "good.tar.bz2", "good.tar.xz", "good.zip" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *top = NULL;
		AUTO_ERROR err = { 0 };
		if (unpack(names[i], NULL, &top, &err) != 0)
			fail_msg("%s: %s (%s)", names[i], err.what, err.why);
		assert_non_null(top);
		assert_string_equal(path_base(top), "pkg-1.0");
		assert_content("out/pkg-1.0/pkg/__init__.py", "x = 1\n");
		assert_content("out/pkg-1.0/pkg/\xc3\xbc" "ber.py", "y = 2\n"); /* in the C locale */
		enum sdist_kind kind;
		assert_int_equal(sdist_kind(top, &kind, NULL), 0);
		assert_int_equal(kind, SDIST_PYPROJECT);
	}
}

static void the_top_folder_is_named_only_when_single(void **state)
{
	(void)state;
	char *top = NULL;
	assert_int_equal(unpack("two-tops.tar.gz", NULL, &top, NULL), 0);
	assert_null(top);
	assert_int_equal(unpack("flat.tar.gz", NULL, &top, NULL), 0);
	assert_null(top);
}

static void damaged_archives_are_refused(void **state)
{
	(void)state;
	assert_refused("truncated.tar.gz", NULL, ERR_BAD_ARCHIVE, "is truncated");
	assert_refused("truncated.zip", NULL, ERR_BAD_ARCHIVE, "damaged");
	assert_refused("checksum.zip", NULL, ERR_BAD_ARCHIVE, "damaged");
	assert_refused("garbage.tar.gz", NULL, ERR_BAD_ARCHIVE, "damaged, or no archive");
	assert_refused("empty.tar.gz", NULL, ERR_BAD_ARCHIVE, "is empty");
	assert_refused("twice.tar.gz", NULL, ERR_BAD_ARCHIVE, "compressed more than once");
	assert_refused("encrypted.zip", NULL, ERR_BAD_ARCHIVE, "is encrypted");
	assert_refused("absent.tar.gz", NULL, ERR_IO, "cannot read");
}

static void names_that_leave_the_folder_are_refused(void **state)
{
	(void)state;
	assert_refused("dotdot.tar.gz", NULL, ERR_BAD_ARCHIVE, "leaves its folder: '../../x'");
	assert_refused("inner-dotdot.tar.gz", NULL, ERR_BAD_ARCHIVE, "leaves its folder");
	assert_refused("absolute.tar.gz", NULL, ERR_BAD_ARCHIVE, "leaves its folder: '/x-absolute'");
	assert_refused("dotdot.zip", NULL, ERR_BAD_ARCHIVE, "leaves its folder: '../x'");
}

static void links_that_leave_the_folder_are_refused(void **state)
{
	(void)state;
	assert_refused("link-absolute.tar.gz", NULL, ERR_BAD_ARCHIVE, "link that leaves");
	assert_refused("link-dotdot.tar.gz", NULL, ERR_BAD_ARCHIVE, "link that leaves");
	assert_refused("link-chain.tar.gz", NULL, ERR_BAD_ARCHIVE, "link that leaves");
	assert_refused("link.zip", NULL, ERR_BAD_ARCHIVE, "link that leaves");
	assert_refused("through-link.tar.gz", NULL, ERR_BAD_ARCHIVE, "cannot be unpacked at");
	assert_refused("hard-dotdot.tar.gz", NULL, ERR_BAD_ARCHIVE, "hard link that leaves");
	assert_refused("hard-absolute.tar.gz", NULL, ERR_BAD_ARCHIVE, "hard link that leaves");
	assert_refused("hard-to-link.tar.gz", NULL, ERR_BAD_ARCHIVE, "no file of it");
}

static void links_inside_are_kept(void **state)
{
	(void)state;
	assert_int_equal(unpack("link-good.tar.gz", NULL, NULL, NULL), 0);
	assert_content("out/p/docs/l", "1");
	assert_int_equal(unpack("hard-good.tar.gz", NULL, NULL, NULL), 0);
	assert_content("out/p/h", "shared");
	assert_content("out/p/f", "shared");
}

static void later_entries_replace_and_never_write_through_a_link(void **state)
{
	(void)state;
	assert_int_equal(unpack("duplicate.tar.gz", NULL, NULL, NULL), 0);
	assert_content("out/p/f", "second");
	assert_int_equal(unpack("over-link.tar.gz", NULL, NULL, NULL), 0);
	assert_content("out/p/f", "first");
	assert_content("out/p/l", "second");
}

static void modes_are_masked(void **state)
{
	(void)state;
	mode_t old = umask(022);
	assert_int_equal(unpack("setuid.tar.gz", NULL, NULL, NULL), 0);
	assert_int_equal(mode_of("out/p/s"), 0755);
	assert_int_equal(mode_of("out/p/r"), 0600); /* others may not execute what the owner may not */
	assert_int_equal(mode_of("out/p/x"), 0755);
	assert_int_equal(unpack("locked-folder.tar.gz", NULL, NULL, NULL), 0);
	assert_int_equal(mode_of("out/p/d"), 0755);
	umask(old);
}

static void special_files_are_refused(void **state)
{
	(void)state;
	assert_refused("fifo.tar.gz", NULL, ERR_BAD_ARCHIVE, "device, pipe or socket");
	assert_refused("device.tar.gz", NULL, ERR_BAD_ARCHIVE, "device, pipe or socket");
}

static void limits_hold(void **state)
{
	(void)state;
	assert_refused("bomb.zip", NULL, ERR_BAD_ARCHIVE, "expands beyond 200 times");
	assert_refused("deep.tar.gz", NULL, ERR_BAD_ARCHIVE, "nested too deeply");
	assert_refused("long-name.tar.gz", NULL, ERR_BAD_ARCHIVE, "too long");
	struct unpack_limits few = { .entries = 299 }, enough = { .entries = 300 };
	assert_refused("many.tar.gz", &few, ERR_TOO_LARGE, "more than 299 entries");
	assert_int_equal(unpack("many.tar.gz", &enough, NULL, NULL), 0);
	struct unpack_limits one = { .entry_bytes = 5 }, all = { .bytes = 20 };
	assert_refused("good.zip", &one, ERR_TOO_LARGE, "a file of more than");
	assert_refused("good.tar.gz", &all, ERR_TOO_LARGE, "expands to more than");
	struct unpack_limits loose = { .ratio = 1e6 };
	assert_int_equal(unpack("bomb.zip", &loose, NULL, NULL), 0);
}

static void a_folder_that_holds_something_is_left_alone(void **state)
{
	(void)state;
	AUTO_FREE char *in = in_work("in/good.zip");
	AUTO_FREE char *dir = in_work("in");
	AUTO_ERROR err = { 0 };
	assert_int_equal(unpack_archive(in, dir, NULL, NULL, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_true(path_exists(in));
}

static void the_folder_may_be_reached_by_a_link(void **state)
{
	(void)state;
	AUTO_FREE char *real = in_work("real"), *alias = in_work("alias");
	AUTO_FREE char *in = in_work("in/good.zip"), *out = in_work("alias/out");
	assert_int_equal(make_dirs(real, NULL), 0);
	assert_int_equal(symlink("real", alias), 0);
	assert_int_equal(unpack_archive(in, out, NULL, NULL, NULL), 0);
	assert_content("real/out/pkg-1.0/pkg/__init__.py", "x = 1\n");
}

/* Runs in a child with a mount namespace of its own: 0 as expected, 77 cannot try. */
static int unpack_on_a_full_disk(void)
{
	AUTO_FREE char *small = in_work("small"), *out = in_work("small/out"), *in = in_work("in/bomb.zip");
	struct unpack_limits loose = { .ratio = 1e6 };
	AUTO_FREE char *map = xasprintf("0 %u 1\n", (unsigned)geteuid());
	bool root = geteuid() == 0;
	if (make_dirs(small, NULL) < 0 || unshare(root ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 77;
	AUTO_FILE FILE *f = root ? NULL : fopen("/proc/self/uid_map", "w");
	if (f && (fputs(map, f) < 0 || fflush(f) != 0))
		return 77;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", small, "tmpfs", 0, "size=1m") < 0)
		return 77;
	AUTO_ERROR err = { 0 };
	return unpack_archive(in, out, &loose, NULL, &err) == -1 && err.code == ERR_DISK_FULL && !path_exists(out) ? 0 : 1;
}

static void a_full_disk_is_not_the_archives_fault(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0)
		_exit(unpack_on_a_full_disk());
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void link_rules(void **state)
{
	(void)state;
	assert_true(unpack_link_stays("a/b/l", "../../c"));
	assert_false(unpack_link_stays("a/b/l", "../../../c"));
	assert_false(unpack_link_stays("l", ".."));
	assert_true(unpack_link_stays("a/l", "."));
	assert_false(unpack_link_stays("a/l", "b/../../c"));
	assert_false(unpack_link_stays("a/l", ""));
	assert_false(unpack_link_stays("a/l", "/a"));
}

static void a_folder_without_project_files_is_no_project(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	enum sdist_kind kind;
	assert_int_equal(unpack("flat.tar.gz", NULL, NULL, NULL), 0);
	AUTO_FREE char *out = in_work("out"), *setup = in_work("out/setup.py");
	assert_int_equal(sdist_kind(out, &kind, &err), -1);
	assert_int_equal(err.code, ERR_NOT_A_PROJECT);
	assert_int_equal(write_file(setup, "", 0, NULL), 0);
	assert_int_equal(sdist_kind(out, &kind, NULL), 0);
	assert_int_equal(kind, SDIST_SETUP_PY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_archives_unpack),
		cmocka_unit_test(the_top_folder_is_named_only_when_single),
		cmocka_unit_test(damaged_archives_are_refused),
		cmocka_unit_test(names_that_leave_the_folder_are_refused),
		cmocka_unit_test(links_that_leave_the_folder_are_refused),
		cmocka_unit_test(links_inside_are_kept),
		cmocka_unit_test(later_entries_replace_and_never_write_through_a_link),
		cmocka_unit_test(modes_are_masked),
		cmocka_unit_test(special_files_are_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_folder_that_holds_something_is_left_alone),
		cmocka_unit_test(the_folder_may_be_reached_by_a_link),
		cmocka_unit_test(a_full_disk_is_not_the_archives_fault),
		cmocka_unit_test(link_rules),
		cmocka_unit_test(a_folder_without_project_files_is_no_project),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
