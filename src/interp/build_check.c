/* build_check.c: is everything here that building CPython with its usual modules needs? */
#include "base/fs.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

/* What is needed, and the Debian package that brings it. */
static const struct {
	const char *program, *package;
} programs[] = {
	{ "make", "make" },
	{ "tar", "tar" },
	{ "xz", "xz-utils" },
	{ "bzip2", "bzip2" },
};

static const struct {
	const char *header, *package;
} headers[] = {
	{ "stdio.h", "libc6-dev" },
	{ "openssl/ssl.h", "libssl-dev" },
	{ "zlib.h", "zlib1g-dev" },
	{ "ffi.h", "libffi-dev" },
	{ "sqlite3.h", "libsqlite3-dev" },
	{ "bzlib.h", "libbz2-dev" },
	{ "lzma.h", "liblzma-dev" },
	{ "readline/readline.h", "libreadline-dev" },
};

/* The preprocessor itself is asked, so that every search path of it counts. */
static int missing_headers(const char *compiler, struct strv *missing, struct error *err)
{
	AUTO_BUF program = { 0 };
	AUTO_BUF output = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		buf_addf(&program, "#if !__has_include(<%s>)\nmissing %zu\n#endif\n", headers[i].header, i);
	AUTO_FREE char *dir = NULL;
	if (make_temp_dir("/tmp", "migrate-check-", &dir, err) < 0)
		return -1;
	AUTO_FREE char *file = path_join(dir, "headers.c");
	const char *const argv[] = { compiler, "-E", "-P", file, NULL };
	AUTO_STRV env = { 0 };
	build_environment(&env);
	struct command c = { .argv = argv, .env = &env, .cwd = dir, .seconds = 60 };
	int done = write_file(file, buf_str(&program), program.len, err) < 0 ? -1 : command_run(&c, &output, err);
	(void)remove_tree(dir, NULL);
	for (size_t i = 0; done == 0 && i < ARRAY_LEN(headers); i++) {
		AUTO_FREE char *line = xasprintf("missing %zu\n", i);
		if (strstr(buf_str(&output), line))
			strv_add(missing, headers[i].package);
	}
	return done;
}

/* Can clang make a ThreadSanitizer program? The runtime is a package of its own, one for
 * each version of clang. Without the symbolizer reports have no source lines. */
static int missing_tsan(struct strv *missing, struct error *err)
{
	static const char program[] = "int main(void) { return 0; }\n";
	AUTO_FREE char *clang = find_program("clang");
	AUTO_FREE char *symbolizer = find_program("llvm-symbolizer");
	if (!symbolizer)
		strv_add(missing, "llvm");
	if (!clang) {
		strv_add(missing, "clang");
		return 0;
	}
	AUTO_FREE char *dir = NULL;
	if (make_temp_dir("/tmp", "migrate-check-", &dir, err) < 0)
		return -1;
	AUTO_FREE char *file = path_join(dir, "t.c");
	const char *const version[] = { clang, "-dumpversion", NULL };
	const char *const link[] = { clang, "-fsanitize=thread", file, "-o", "t", NULL };
	AUTO_STRV env = { 0 };
	AUTO_BUF output = { 0 };
	AUTO_ERROR why = { 0 };
	build_environment(&env);
	struct command c = { .argv = version, .env = &env, .cwd = dir, .seconds = 60 };
	int done = write_file(file, program, strlen(program), err) < 0 ? -1 : command_run(&c, &output, err);
	c.argv = link;
	if (done == 0 && command_run(&c, NULL, &why) < 0 && why.code == ERR_INTERRUPTED) {
		error_move(err, &why);
		done = -1;
	} else if (done == 0 && why.code != ERR_NONE) {
		strv_addf(missing, "libclang-rt-%.*s-dev", (int)strspn(buf_str(&output), "0123456789"), buf_str(&output));
	}
	(void)remove_tree(dir, NULL);
	return done;
}

int build_check(bool tsan, struct error *err)
{
	AUTO_STRV missing = { 0 };
	if (tsan && missing_tsan(&missing, err) < 0)
		return -1;
	const char *wanted = getenv("CC");
	AUTO_FREE char *compiler = wanted && *wanted ? find_program(wanted) : NULL;
	if (!compiler)
		compiler = find_program("cc");
	if (!compiler)
		compiler = find_program("gcc");
	if (!compiler)
		strv_add(&missing, "gcc");
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		AUTO_FREE char *path = find_program(programs[i].program);
		if (!path)
			strv_add(&missing, programs[i].package);
	}
	if (compiler && missing_headers(compiler, &missing, err) < 0)
		return -1;
	for (size_t i = 0; !compiler && i < ARRAY_LEN(headers); i++)
		strv_add(&missing, headers[i].package);
	if (missing.n == 0)
		return 0;
	AUTO_FREE char *names = strv_join(&missing, " ");
	return error_set(err, ERR_INSTALL, "building needs packages that are not here: `apt-get install --no-install-recommends %s`", names);
}
