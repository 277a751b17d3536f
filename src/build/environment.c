/* environment.c: see environment.h. */
#include "build/environment.h"
#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *environment_python(const char *dir)
{
	return path_join(dir, "bin/python");
}

char *environment_site(const char *dir)
{
	AUTO_FREE char *lib = path_join(dir, "lib");
	AUTO_STRV names = { 0 };
	list_dir(lib, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (str_starts(names.v[i], "python"))
			return xasprintf("%s/%s/site-packages", lib, names.v[i]);
	return path_join(lib, "site-packages");
}

static int run_tool(const struct toolbox *t, const char *dir, const struct strv *argv, const struct strv *read_only,
                    char **complaint, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	if (toolbox_sandbox(t, "env", &s, err) < 0)
		return -1;
	AUTO_FREE char *parent = path_dir(dir);
	strv_add(&s.writable, parent);
	if (read_only)
		strv_add_all(&s.read_only, read_only);
	strv_addf(&s.env, "UV_CACHE_DIR=%s/uv-cache", s.home);
	strv_add(&s.env, "UV_NO_CONFIG=1");
	strv_add(&s.env, "UV_PYTHON_DOWNLOADS=never");
	strv_add(&s.env, "NO_COLOR=1");
	struct process_spec spec = { .deadline_seconds = 600 };
	AUTO_PROCESS done = { 0 };
	int result = sandbox_run(&s, argv, &spec, &done, err);
	if (result == 0 && !process_ok(&done))
		result = toolbox_check_space(t, buf_str(&done.output), "an environment was made", err);
	remove_tree(s.home, NULL);
	if (result < 0)
		return -1;
	if (!process_ok(&done))
		*complaint = process_tail(&done, 6);
	return 0;
}

int environment_create(const struct toolbox *t, const struct interpreter *python, const char *dir, struct error *err)
{
	AUTO_FREE char *parent = path_dir(dir);
	if (make_dirs(parent, err) < 0)
		return -1;
	AUTO_STRV argv = { 0 };
	if (t->uv) {
		const char *const words[] = { t->uv, "venv", "--quiet", "--no-project", "--offline", "--python", python->executable, dir };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			strv_add(&argv, words[i]);
	} else {
		const char *const words[] = { python->executable, "-m", "venv", "--without-pip", dir };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			strv_add(&argv, words[i]);
	}
	AUTO_FREE char *complaint = NULL;
	if (run_tool(t, dir, &argv, NULL, &complaint, err) < 0)
		return -1;
	if (!complaint)
		return 0;
	error_set(err, ERR_TOOL, "cannot make an environment for CPython %s", python->version);
	return error_why(err, "%s", complaint);
}

/* The folders that hold the wheels, each once. */
static void wheel_folders(const struct strv *wheels, struct strv *out)
{
	for (size_t i = 0; i < wheels->n; i++) {
		AUTO_FREE char *dir = path_dir(wheels->v[i]);
		strv_add_unique(out, dir);
	}
}

/* Compile what suites import, once, as they run from a read-only environment.
 * Left out is most of what installers compile in vain: test modules, which pytest
 * compiles itself in another form, and the hundreds of modules of pygments that
 * are found by name. What does not compile is the package's own matter. */
static int compile_bytecode(const struct toolbox *t, const char *dir, struct error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	AUTO_FREE char *workers = xasprintf("%ld", cores > 2 ? cores / 2 : 1); /* both arms do this at once */
	AUTO_FREE char *python = environment_python(dir);
	AUTO_FREE char *site = environment_site(dir);
	AUTO_FREE char *complaint = NULL;
	AUTO_STRV argv = { 0 };
	const char *const words[] = { python, "-I", "-S", "-m", "compileall", "-q", "-j", workers, "--invalidation-mode", "timestamp",
		                          "-x", "/site-packages/(.*/)?(tests?|pygments/(lexers|styles|formatters))/", site };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	return run_tool(t, dir, &argv, NULL, &complaint, err);
}

int environment_install(const struct toolbox *t, const char *dir, const struct strv *wheels, bool bytecode,
                        char **complaint, struct error *err)
{
	if (wheels->n == 0)
		return 0;
	AUTO_FREE char *python = environment_python(dir);
	AUTO_STRV argv = { 0 };
	if (t->uv) {
		const char *const words[] = { t->uv, "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps", "--link-mode", "copy",
			                          "--no-compile-bytecode", "--python", python };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			strv_add(&argv, words[i]);
	} else {
		/* The pip of the GIL interpreter, acting on the environment: so that it holds what uv would put there. */
		const char *const words[] = { t->pair->gil.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps",
			                          "--no-cache-dir", "--disable-pip-version-check", "--no-compile" };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			strv_add(&argv, words[i]);
	}
	strv_add_all(&argv, wheels);
	AUTO_STRV folders = { 0 };
	wheel_folders(wheels, &folders);
	if (run_tool(t, dir, &argv, &folders, complaint, err) < 0)
		return -1;
	return bytecode && !*complaint ? compile_bytecode(t, dir, err) : 0;
}
