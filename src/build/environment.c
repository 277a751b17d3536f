/* environment.c: see environment.h. */
#include "build/environment.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "fetch/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NO_ENVIRONMENT = 99 /* exit code of the scripts below when not even an empty one could be made */ };
static const char recipe[] = "1"; /* changes when older environments must not be used */

/* $1 uv, $2 interpreter, $3 environment, then options and wheels. */
static const char by_uv[] =
	"\"$1\" venv --quiet --no-project --offline --python \"$2\" \"$3\" || exit 99\n"
	"uv=$1 env=$3; shift 3; [ $# -gt 2 ] || exit 0\n"
	"exec \"$uv\" pip install --quiet --offline --no-index --no-deps --no-compile-bytecode --python \"$env/bin/python\" \"$@\"";
/* $1 the GIL interpreter, whose pip acts on the environment so that it holds what uv would put there. */
static const char by_pip[] =
	"\"$2\" -m venv --without-pip \"$3\" || exit 99\n"
	"gil=$1 env=$3; shift 3; [ $# -gt 0 ] || exit 0\n"
	"exec \"$gil\" -m pip --python \"$env/bin/python\" install --quiet --no-index --no-deps --no-cache-dir "
	"--disable-pip-version-check --no-compile \"$@\"";

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

/* One environment being made. */
struct making {
	const struct toolbox *t;
	const struct interpreter *python;
	char *root;           /* what the installer may write to */
	char *place;          /* ROOT/KEY */
	int lock;             /* on the place, against other runs that want the same; -1: none */
	struct strv wheels;   /* below root, under their own names */
};

static void making_release(struct making *m)
{
	free(m->root);
	free(m->place);
	cleanup_close_p(&m->lock);
	strv_release(&m->wheels);
}

/* The wheel under its own name at a place that stays, so that uv knows it again. A copy
 * and no link: each new link to a file would make it another one for uv (its ctime). */
static int show_wheel(struct making *m, const char *wheel, const char *hex, struct error *err)
{
	AUTO_FREE char *dir = xasprintf("%s/wheels/%.24s", m->root, hex);
	AUTO_FREE char *path = path_join(dir, path_base(wheel));
	strv_add(&m->wheels, path);
	if (path_is_file(path))
		return 0;
	AUTO_FREE char *scratch = NULL;
	if (make_temp_dir(dir, "new", &scratch, err) < 0)
		return -1;
	AUTO_FREE char *copy = path_join(scratch, "wheel");
	if (copy_tree(wheel, copy, err) < 0)
		return -1;
	if (link(copy, path) < 0 && errno != EEXIST)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", path);
	return remove_tree(scratch, err);
}

static int hash_wheels(const struct strv *wheels, struct strv *hashes, struct error *err)
{
	for (size_t i = 0; i < wheels->n; i++) {
		char hex[SHA256_HEX];
		if (!cache_hash_of(wheels->v[i], hex) && sha256_file(wheels->v[i], hex, err) < 0)
			return -1;
		strv_add(hashes, hex);
	}
	return 0;
}

/* ROOT/KEY of what makes an environment what it is; the caller owns it. */
static char *place_of(const struct toolbox *t, const char *root, const struct interpreter *python, const struct strv *wheels,
                      const struct strv *hashes)
{
	AUTO_STRV parts = { 0 };
	char key[SHA256_HEX];
	for (size_t i = 0; i < wheels->n; i++)
		strv_addf(&parts, "%s %s", path_base(wheels->v[i]), hashes->v[i]);
	strv_sort(&parts);
	strv_addf(&parts, "%s %s %s", recipe, python->id, t->uv ? UV_VERSION : "pip");
	AUTO_FREE char *text = strv_join(&parts, "\n");
	sha256_hex(text, strlen(text), key);
	return xasprintf("%s/%.24s", root, key);
}

/* Nobody else makes the same one meanwhile. */
static int lock_place(struct making *m, struct error *err)
{
	AUTO_FREE char *path = path_join(m->place, "lock");
	if (make_dirs(m->place, err) < 0)
		return -1;
	m->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (m->lock < 0)
		return error_errno(err, ERR_IO, errno, "cannot lock '%s'", m->place);
	while (flock(m->lock, LOCK_EX) < 0)
		if (errno != EINTR || processes_cancelled())
			return error_set(err, ERR_INTERRUPTED, "interrupted");
	return 0;
}

static int in_sandbox(const struct toolbox *t, const char *root, const struct strv *argv, const struct strv *read_only,
                      struct process_result *done, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	if (toolbox_sandbox(t, "env", &s, err) < 0)
		return -1;
	strv_add(&s.writable, root);
	if (read_only)
		strv_add_all(&s.read_only, read_only);
	strv_addf(&s.env, "UV_CACHE_DIR=%s/uv", root);
	strv_add(&s.env, "UV_NO_CONFIG=1");
	strv_add(&s.env, "UV_PYTHON_DOWNLOADS=never");
	strv_add(&s.env, "NO_COLOR=1");
	struct process_spec spec = { .deadline_seconds = 600 };
	int result = sandbox_run(&s, argv, &spec, done, err);
	if (result == 0 && !process_ok(done))
		result = toolbox_check_space(t, buf_str(&done->output), "an environment was made", err);
	remove_tree(s.home, NULL);
	return result;
}

static int install(struct making *m, const char *env, char **complaint, struct error *err)
{
	const struct toolbox *t = m->t;
	AUTO_STRV argv = { 0 };
	const char *const words[] = { "/bin/sh", "-c", t->uv ? by_uv : by_pip, "sh", t->uv ? t->uv : t->pair->gil.executable, m->python->executable, env };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	if (t->uv) { /* linked files are shared with other environments: never where package code could write */
		strv_add(&argv, "--link-mode");
		strv_add(&argv, t->no_sandbox ? "copy" : "hardlink");
	}
	strv_add_all(&argv, &m->wheels);
	AUTO_PROCESS done = { 0 };
	if (in_sandbox(t, m->root, &argv, NULL, &done, err) < 0)
		return -1;
	if (process_ok(&done))
		return 0;
	AUTO_FREE char *tail = process_tail(&done, 6);
	if (done.ending != END_EXIT || done.code != NO_ENVIRONMENT) {
		*complaint = STEAL(&tail);
		return 0;
	}
	error_set(err, ERR_TOOL, "cannot make an environment for CPython %s", m->python->version);
	return error_why(err, "%s", tail);
}

static int make(struct making *m, char **dir, char **complaint, struct error *err)
{
	AUTO_FREE char *env = path_join(m->place, "env");
	AUTO_FREE char *ready = path_join(m->place, "ready");
	if (path_exists(ready)) {
		*dir = STEAL(&env);
		return 0;
	}
	if (remove_tree(env, err) < 0)
		return -1;
	if (install(m, env, complaint, err) < 0 || *complaint) {
		remove_tree(env, NULL);
		return *complaint ? 0 : -1;
	}
	AUTO_CLOSE int mark = open(ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (mark < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", ready);
	*dir = STEAL(&env);
	return 0;
}

int environment_make(const struct toolbox *t, const struct interpreter *python, const struct strv *wheels, bool own,
                     char **dir, char **complaint, struct error *err)
{
	CLEANUP(making_release) struct making m = { .t = t, .python = python, .lock = -1 };
	AUTO_STRV hashes = { 0 };
	if (!own)
		m.root = xstrdup(t->environments);
	else if (make_temp_dir(t->work, "own", &m.root, err) < 0)
		return -1;
	if (hash_wheels(wheels, &hashes, err) < 0)
		return -1;
	for (size_t i = 0; i < wheels->n; i++)
		if (show_wheel(&m, wheels->v[i], hashes.v[i], err) < 0)
			return -1;
	m.place = place_of(t, m.root, python, wheels, &hashes);
	return lock_place(&m, err) < 0 ? -1 : make(&m, dir, complaint, err);
}

/* ---- bytecode ---- */

static char *compiled_mark(const char *dir)
{
	AUTO_FREE char *place = path_dir(dir);
	return path_join(place, "compiled");
}

static void mark(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644); /* without it, it is done again */
	cleanup_close_p(&fd);
}

static int compile(const struct toolbox *t, const struct interpreter *python, const char *first, const char *second,
                   const struct strv *options, const char *tests, struct error *err)
{
	AUTO_FREE char *script = path_join(t->harness, "compile_environment.py");
	AUTO_FREE char *site = environment_site(first);
	AUTO_FREE char *other = second ? environment_site(second) : NULL;
	AUTO_FREE char *top = path_dir(first);
	AUTO_STRV argv = { 0 };
	AUTO_STRV shown = { 0 };
	const char *const words[] = { python->executable, "-I", "-S", script, site };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	if (other)
		strv_add(&argv, other);
	strv_add_all(&argv, options);
	if (tests)
		strv_add(&shown, tests);
	AUTO_FREE char *root = path_dir(top);
	AUTO_PROCESS done = { 0 };
	return in_sandbox(t, root, &argv, &shown, &done, err);
}

int environment_compile(const struct toolbox *t, const char *gil_dir, const char *ft_dir, const struct strv *whole,
                        const struct strv *roots, const char *tests, struct error *err)
{
	AUTO_FREE char *gil_mark = compiled_mark(gil_dir);
	AUTO_FREE char *ft_mark = compiled_mark(ft_dir);
	if (path_exists(gil_mark) && path_exists(ft_mark))
		return 0;
	AUTO_STRV options = { 0 };
	for (size_t i = 0; i < whole->n; i++)
		strv_addf(&options, "--whole=%s", whole->v[i]);
	for (size_t i = 0; i < roots->n; i++)
		strv_addf(&options, "--root=%s", roots->v[i]);
	if (tests)
		strv_addf(&options, "--tests=%s", tests);
	const struct pair *p = t->pair;
	/* Builds of one version read the same bytecode; both lie below one folder unless one is a run's own. */
	bool together = str_eq(p->gil.version, p->ft.version) && str_starts(gil_dir, t->environments) && str_starts(ft_dir, t->environments);
	if (compile(t, &p->gil, gil_dir, together ? ft_dir : NULL, &options, tests, err) < 0 ||
	    (!together && compile(t, &p->ft, ft_dir, NULL, &options, tests, err) < 0))
		return -1;
	mark(gil_mark);
	mark(ft_mark);
	return 0;
}

/* Both come from the same wheels, so that each file of bytecode belongs to an equal source;
 * an interpreter that finds one to differ after all compiles it itself. */
static void share_bytecode(const char *from_env, const char *to_env)
{
	AUTO_FREE char *from = environment_site(from_env);
	AUTO_FREE char *to = environment_site(to_env);
	AUTO_STRV files = { 0 };
	if (walk_files(from, 100000, &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		if (!str_ends(files.v[i], ".pyc"))
			continue;
		AUTO_FREE char *source = path_join(from, files.v[i]);
		AUTO_FREE char *copy = path_join(to, files.v[i]);
		if (link(source, copy) == 0 || errno != ENOENT)
			continue;
		AUTO_FREE char *folder = path_dir(copy);
		if (mkdir(folder, 0755) == 0)
			(void)!link(source, copy);
	}
}

int environment_compile_backend(const struct toolbox *t, const struct interpreter *python, const char *dir,
                                const struct strv *wheels, const char *package, struct error *err)
{
	const struct interpreter *other = str_eq(python->id, t->pair->gil.id) ? &t->pair->ft : &t->pair->gil;
	AUTO_STRV hashes = { 0 };
	AUTO_STRV options = { 0 };
	AUTO_FREE char *place = path_dir(dir);
	AUTO_FREE char *done = xasprintf("%s/compiled-%s", place, package);
	if (path_exists(done))
		return 0;
	if (hash_wheels(wheels, &hashes, err) < 0)
		return -1;
	AUTO_FREE char *twin = place_of(t, t->environments, other, wheels, &hashes);
	AUTO_FREE char *twin_done = xasprintf("%s/compiled-%s", twin, package);
	AUTO_FREE char *twin_env = path_join(twin, "env");
	bool alike = str_eq(python->version, other->version);
	/* Without a sandbox package code could write to what is shared. */
	if (!t->no_sandbox && alike && path_exists(twin_done)) {
		share_bytecode(twin_env, dir);
	} else {
		strv_addf(&options, "--whole=%s", package);
		if (compile(t, alike ? &t->pair->gil : python, dir, NULL, &options, NULL, err) < 0) /* which is the faster one */
			return -1;
	}
	mark(done);
	return 0;
}
