/* discover.c: see discover.h. */
#include "interp/discover.h"
#include "base/fs.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void candidates_release(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].path);
		interpreter_release(&c->v[i].i);
	}
	free(c->v);
	*c = (struct candidates){ 0 };
}

/* "python3.13" or "python3.13t": gives the minor version, else -1. */
static int minor_of_name(const char *name)
{
	if (!str_starts(name, "python3."))
		return -1;
	const char *p = name + strlen("python3.");
	int minor = 0, digits = 0;
	for (; isdigit((unsigned char)*p) && digits < 3; p++, digits++)
		minor = minor * 10 + (*p - '0');
	if (*p == 't')
		p++;
	return digits && *p == 0 ? minor : -1;
}

static void add(struct candidates *c, char *path, const char *provider, int rank)
{
	struct stat st;
	bool fits = stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
	for (size_t i = 0; fits && i < c->n; i++)
		fits = c->v[i].device != st.st_dev || c->v[i].inode != st.st_ino;
	if (!fits) {
		free(path);
		return;
	}
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->v = xrealloc(c->v, c->cap, sizeof(*c->v));
	}
	c->v[c->n++] = (struct candidate){ .path = path, .provider = provider, .rank = rank, .device = st.st_dev, .inode = st.st_ino };
}

/* Names that end in t first: where one file has both names, the telling one is kept. */
static void scan_bin(struct candidates *c, const char *dir, const char *provider, int rank)
{
	AUTO_STRV names = { 0 };
	if (!path_is_dir(dir) || list_dir(dir, &names, NULL) < 0)
		return;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = names.n; i-- > 0;)
			if (minor_of_name(names.v[i]) >= INTERP_OLDEST_MINOR && str_ends(names.v[i], "t") == (pass == 0))
				add(c, path_join(dir, names.v[i]), provider, rank);
}

/* Every root/NAME/bin. */
static void scan_root(struct candidates *c, const char *root, const char *provider, int rank)
{
	AUTO_STRV names = { 0 };
	if (!root || *root != '/' || !path_is_dir(root) || list_dir(root, &names, NULL) < 0)
		return;
	for (size_t i = names.n; i-- > 0;) {
		if (*names.v[i] == '.')
			continue; /* builds under way */
		AUTO_FREE char *bin = xasprintf("%s/%s/bin", root, names.v[i]);
		scan_bin(c, bin, provider, rank);
	}
}

static void scan_own(struct candidates *c, int rank)
{
	AUTO_FREE char *data = dir_data();
	AUTO_FREE char *root = path_join(data, "python");
	scan_root(c, root, "own", rank);
}

/* $variable, else $alternative/tail, else $HOME/home_tail. */
static char *root_folder(const char *variable, const char *alternative, const char *tail, const char *home_tail)
{
	const char *value = getenv(variable), *other = alternative ? getenv(alternative) : NULL, *home = getenv("HOME");
	if (value && *value)
		return xstrdup(value);
	if (other && *other)
		return path_join(other, tail);
	return home && *home ? path_join(home, home_tail) : NULL;
}

static void scan_uv(struct candidates *c, int rank)
{
	AUTO_FREE char *root = root_folder("UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "uv/python", ".local/share/uv/python");
	scan_root(c, root, "uv", rank);
}

static void scan_pyenv(struct candidates *c, int rank)
{
	AUTO_FREE char *home = root_folder("PYENV_ROOT", NULL, NULL, ".pyenv");
	AUTO_FREE char *root = home ? path_join(home, "versions") : NULL;
	scan_root(c, root, "pyenv", rank);
}

/* Folders of PATH, without relative ones and without pyenv's shims, which are
 * scripts for the versions that scan_pyenv() finds. */
static void scan_path(struct candidates *c, int rank)
{
	AUTO_STRV dirs = { 0 };
	strv_split(&dirs, getenv("PATH") ? getenv("PATH") : "", ':');
	for (size_t i = 0; i < dirs.n; i++) {
		if (*dirs.v[i] != '/' || str_ends(dirs.v[i], "/shims"))
			continue;
		scan_bin(c, dirs.v[i], "PATH", rank);
		add(c, path_join(dirs.v[i], "python3"), "PATH", rank);
	}
}

/* Where interpreters are looked for, best first. */
static const struct {
	const char *name;
	void (*scan)(struct candidates *c, int rank);
} places[] = {
	{ "own", scan_own },
	{ "uv", scan_uv },
	{ "pyenv", scan_pyenv },
	{ "PATH", scan_path },
};

void discover_programs(const char *only, struct candidates *out)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!only || str_eq(only, places[i].name))
			places[i].scan(out, (int)i);
}

static bool worth_running(const struct candidate *c, const struct pyversion *want)
{
	int minor = minor_of_name(path_base(c->path));
	return !want || minor < 0 || minor == want->minor;
}

/* A virtual environment is answered by its base, which may be in the list already. */
static bool is_new(const struct candidates *c, size_t kept, const struct interpreter *i)
{
	for (size_t k = 0; k < kept; k++)
		if (str_eq(c->v[k].i.id, i->id) && str_eq(c->v[k].i.prefix, i->prefix))
			return false;
	return true;
}

/* What each candidate says of itself. */
struct answers {
	struct candidates *c;
	const struct pyversion *want;
	struct error *why; /* one for each */
	bool *good;
};

static void ask_every_second(struct answers *a, size_t first)
{
	for (size_t i = first; i < a->c->n; i += 2) {
		struct candidate *x = &a->c->v[i];
		a->good[i] = worth_running(x, a->want) && interp_describe(x->path, &x->i, &a->why[i]) == 0;
	}
}

static void *ask_odd(void *p)
{
	ask_every_second(p, 1);
	return NULL;
}

/* Two at a time: each answer takes the start of an interpreter. */
static void ask_all(struct answers *a)
{
	pthread_t thread;
	bool threaded = a->c->n > 1 && pthread_create(&thread, NULL, ask_odd, a) == 0;
	ask_every_second(a, 0);
	if (threaded)
		pthread_join(thread, NULL);
	else
		ask_every_second(a, 1);
}

int discover_describe(struct candidates *c, const struct pyversion *want, const struct observer *observer, struct error *err)
{
	size_t kept = 0, n = c->n;
	int failed = 0;
	AUTO_FREE struct error *whys = xcalloc(n, sizeof(*whys));
	AUTO_FREE bool *answered = xcalloc(n, sizeof(*answered));
	ask_all(&(struct answers){ c, want, whys, answered });
	for (size_t i = 0; i < n; i++) {
		struct candidate *x = &c->v[i];
		struct error *why = &whys[i];
		bool good = answered[i] && !failed;
		if (why->code == ERR_INTERRUPTED && !failed) {
			error_move(err, why);
			failed = -1;
		} else if (why->code != ERR_NONE) {
			observe_note(observer, "%s is left out: %s", x->path, why->what);
		}
		error_release(why);
		good = good && pyversion_read(x->i.version, &x->version) && x->version.major == 3 &&
		       x->version.minor >= INTERP_OLDEST_MINOR && is_new(c, kept, &x->i);
		if (!good) {
			free(x->path);
			interpreter_release(&x->i);
			continue;
		}
		str_set(&x->i.provider, x->provider);
		struct candidate moved = *x;
		c->v[kept++] = moved;
	}
	c->n = kept;
	return failed;
}
