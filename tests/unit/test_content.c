/* test_content.c: which changes of files and folders change their hash, and what is no longer seen at all; and how files are written. */
#include "base/fs.h"
#include "pipeline/content.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *root; /* of the test's own tree */

static int make_tree(void **state)
{
	(void)state;
	if (make_temp_dir("/tmp", "mc-content", &root, NULL) < 0)
		return -1;
	AUTO_FREE char *code = path_join(root, "src/code.py");
	AUTO_FREE char *dir = path_join(root, "src");
	return make_dirs(dir, NULL) < 0 || write_file(code, "VALUE = 1\n", 10, NULL) < 0 ? -1 : 0;
}

static int remove_all(void **state)
{
	(void)state;
	int result = remove_tree(root, NULL);
	free(root);
	return result;
}

static void put(const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(root, name);
	AUTO_FREE char *dir = path_dir(path);
	assert_int_equal(make_dirs(dir, NULL), 0);
	assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
}

static bool hash(size_t most, char hex[SHA256_HEX])
{
	struct hasher *h = hasher_new();
	bool whole = content_add_folder(h, root, most);
	hasher_finish(h, hex);
	return whole;
}

static void check(bool changes, const char *what, void (*change)(void))
{
	char before[SHA256_HEX], after[SHA256_HEX];
	assert_true(hash(CONTENT_MOST_FILES, before));
	change();
	assert_true(hash(CONTENT_MOST_FILES, after));
	if ((strcmp(before, after) != 0) != changes)
		fail_msg("%s: the hash is %s", what, changes ? "the same" : "another");
}

static void edit(void) { put("src/code.py", "VALUE = 2\n"); }
static void add_empty(void) { put("src/empty.py", ""); }
static void add_folder(void)
{
	AUTO_FREE char *path = path_join(root, "src/inner");
	assert_int_equal(make_dirs(path, NULL), 0);
}
static void move_up(void)
{
	AUTO_FREE char *from = path_join(root, "src/code.py");
	AUTO_FREE char *to = path_join(root, "code.py");
	assert_int_equal(rename(from, to), 0);
}
static void make_program(void)
{
	AUTO_FREE char *path = path_join(root, "src/code.py");
	assert_int_equal(chmod(path, 0755), 0);
}
static void add_link(void)
{
	AUTO_FREE char *path = path_join(root, "link.py");
	assert_int_equal(symlink("src/code.py", path), 0);
}
static void turn_link(void)
{
	add_link();
	char hex[SHA256_HEX];
	hash(CONTENT_MOST_FILES, hex);
	AUTO_FREE char *path = path_join(root, "link.py");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
}
static void swap_name_and_content(void)
{
	put("ab", "");
	AUTO_FREE char *path = path_join(root, "ab");
	assert_int_equal(unlink(path), 0);
	put("a", "b");
}
static void name_a_folder_build(void) { put("build/__init__.py", ""); }

static void what_authors_write_counts(void **state)
{
	(void)state;
	check(true, "an edited file", edit);
	check(true, "an empty file", add_empty);
	check(true, "a folder", add_folder);
	check(true, "a file that is executable now", make_program);
	check(true, "a file in another folder", move_up);
	check(true, "a link", turn_link);
	check(true, "a file named `a`", swap_name_and_content);
	check(true, "a folder named `build`: it may be a package", name_a_folder_build);
}

static void add_git(void) { put(".git/index", "x"); }
static void add_inner_git(void) { put("src/.git/index", "x"); }
static void add_bytecode(void) { put("src/__pycache__/code.cpython-313.pyc", "x"); }
static void add_environment(void) { put(".venv/pyvenv.cfg", "x"), put(".venv/lib/x.py", "x"); }
static void add_cache(void) { put(".mypy_cache/CACHEDIR.TAG", "x"), put(".mypy_cache/x.json", "x"); }
static void add_cmake(void) { put("_skbuild/CMakeCache.txt", "x"), put("_skbuild/x.o", "x"); }
static void add_meson(void) { put("builddir/meson-private/x.dat", "x"), put("builddir/x.o", "x"); }

static void what_tools_write_does_not(void **state)
{
	(void)state;
	check(false, ".git", add_git);
	check(false, ".git of a submodule", add_inner_git);
	check(false, "bytecode", add_bytecode);
	check(false, "a virtual environment", add_environment);
	check(false, "a cache", add_cache);
	check(false, "a build tree of CMake", add_cmake);
	check(false, "a build tree of Meson", add_meson);
}

static void what_is_not_wholly_seen_says_so(void **state)
{
	(void)state;
	char hex[SHA256_HEX];
	put("second.py", "");
	put(".git/a", "");
	put(".git/b", "");
	assert_true(hash(2, hex)); /* what is left out is not counted */
	assert_false(hash(1, hex));
	struct hasher *h = hasher_new();
	AUTO_FREE char *dir = path_join(root, "src");
	bool whole = content_add_file(h, dir); /* it is there and cannot be read */
	hasher_finish(h, hex);
	assert_false(whole);
}

static void what_is_not_there_is_no_empty_thing(void **state)
{
	(void)state;
	char hex[3][SHA256_HEX];
	put("empty", "");
	AUTO_FREE char *none = path_join(root, "none");
	AUTO_FREE char *empty = path_join(root, "empty");
	const char *const paths[] = { none, empty, NULL };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct hasher *h = hasher_new();
		assert_true(content_add_path(h, paths[i]));
		hasher_finish(h, hex[i]);
	}
	assert_string_not_equal(hex[0], hex[1]);
	assert_string_equal(hex[0], hex[2]);
}

/* A rename would make a file of it: of /dev/null, with the rights of root. */
static void a_pipe_is_written_to_and_never_replaced(void **state)
{
	(void)state;
	AUTO_FREE char *path = path_join(root, "pipe");
	assert_int_equal(mkfifo(path, 0600), 0);
	AUTO_CLOSE int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(write_file(path, "all", 3, NULL), 0);
	char seen[8] = "";
	assert_int_equal(read(reader, seen, sizeof(seen)), 3);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode) && path_is_special(path));
	assert_false(path_is_special(root) || path_is_special("/nowhere"));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pipe_is_written_to_and_never_replaced, make_tree, remove_all),
		cmocka_unit_test_setup_teardown(what_authors_write_counts, make_tree, remove_all),
		cmocka_unit_test_setup_teardown(what_tools_write_does_not, make_tree, remove_all),
		cmocka_unit_test_setup_teardown(what_is_not_wholly_seen_says_so, make_tree, remove_all),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_no_empty_thing, make_tree, remove_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
