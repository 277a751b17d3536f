/* find.c: the pair that a run uses: what was given, what is configured, what is found. */
#include "base/fs.h"
#include "interp/discover.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (1u << 20)

/* What is asked for, after the configuration was read. */
struct wish {
	struct pyversion want;
	bool has_want;
	char *gil, *ft;              /* paths, or NULL */
	const char *gil_from, *ft_from; /* "option" or "config" */
};

static void wish_release(struct wish *w)
{
	free(w->gil);
	free(w->ft);
}

static int read_version(const char *text, const char *where, struct wish *w, struct error *err)
{
	size_t n = strlen(text);
	AUTO_FREE char *plain = xstrndup(text, n && text[n - 1] == 't' ? n - 1 : n);
	w->has_want = pyversion_read(plain, &w->want);
	if (w->has_want && w->want.major == 3 && w->want.minor >= INTERP_OLDEST_MINOR)
		return 0;
	if (w->has_want)
		error_set(err, ERR_USAGE, "CPython %s has no free-threaded build", plain);
	else
		error_set(err, ERR_USAGE, "`%.40s` is no version of CPython", text);
	if (where)
		error_where(err, "%s", where);
	return error_hint(err, "use a version from 3.%d on, for example `--python " INTERP_DEFAULT_VERSION "`", INTERP_OLDEST_MINOR);
}

static int read_config(struct wish *w, const struct interp_options *o, struct error *err)
{
	AUTO_FREE char *dir = dir_config();
	AUTO_FREE char *path = path_join(dir, "config.json");
	if (!path_is_file(path))
		return 0;
	AUTO_JSON *j = NULL;
	AUTO_ERROR why = { 0 };
	if (json_read(path, CONFIG_MAX, &j, &why) < 0) {
		error_set(err, ERR_BAD_CONFIG, "%s", why.what);
		return error_where(err, "%s", why.where ? why.where : path);
	}
	/* A version asked for on the command line is not answered by configured paths of another. */
	if (!o->python && !o->gil && !o->ft) {
		w->gil = xstrdup(json_str(j, "gil"));
		w->ft = xstrdup(json_str(j, "ft"));
		w->gil_from = w->ft_from = "config";
	}
	const char *python = json_str(j, "python");
	if (python && !o->python && !o->gil && !o->ft && !w->gil && !w->ft && read_version(python, path, w, err) < 0) {
		if (err)
			err->code = ERR_BAD_CONFIG;
		return -1;
	}
	return 0;
}

static int read_wish(const struct interp_options *o, struct wish *w, struct error *err)
{
	if (o->python && read_version(o->python, NULL, w, err) < 0)
		return -1;
	if (read_config(w, o, err) < 0)
		return -1;
	if (o->gil) {
		str_set(&w->gil, o->gil);
		w->gil_from = "option";
	}
	if (o->ft) {
		str_set(&w->ft, o->ft);
		w->ft_from = "option";
	}
	return 0;
}

static int describe_given(const char *path, const char *from, struct interpreter *out, struct error *err)
{
	if (interp_describe(path, out, err) < 0)
		return str_eq(from, "config") ? error_wrap(err, "configured interpreter") : -1;
	str_set(&out->provider, from);
	return 0;
}

static int not_a_pair(const struct interpreter *g, const struct interpreter *f, struct error *err, const char *what, const char *hint)
{
	error_set(err, ERR_NOT_A_PAIR, "%s", what);
	error_why(err, "gil: %s %s (%s), ft: %s %s (%s)", g->version, g->gil_disabled ? "free-threaded" : "with GIL", g->executable,
	          f->version, f->gil_disabled ? "free-threaded" : "with GIL", f->executable);
	return error_hint(err, "%s", hint);
}

static int check_given(const struct interpreter *g, const struct interpreter *f, struct error *err)
{
	struct pyversion a, b;
	if (g->gil_disabled && f->gil_disabled)
		return not_a_pair(g, f, err, "neither interpreter has the GIL", "`--gil` needs an ordinary build, such as `python3.13`");
	if (!g->gil_disabled && !f->gil_disabled)
		return not_a_pair(g, f, err, "both interpreters have the GIL", "`--ft` needs a free-threaded build, such as `python3.13t`");
	if (g->gil_disabled)
		return not_a_pair(g, f, err, "the two interpreters are swapped", "exchange `--gil` and `--ft`");
	if (!pyversion_read(g->version, &a) || !pyversion_read(f->version, &b) || a.major != b.major || a.minor != b.minor)
		return not_a_pair(g, f, err, "the two interpreters have different versions", "both must be of one minor version, such as 3.13");
	return 0;
}

/* An arm that was given must be of its kind and of the version asked for. */
static int check_one(const struct interpreter *i, enum arm arm, const struct wish *w, struct error *err)
{
	struct pyversion v;
	if (pyversion_read(i->version, &v) && v.major == 3 && v.minor < INTERP_OLDEST_MINOR) {
		error_set(err, ERR_NOT_A_PAIR, "CPython %d.%d has no free-threaded build", v.major, v.minor);
		return error_why(err, "%s is CPython %s", i->executable, i->version);
	}
	if (i->gil_disabled != (arm == ARM_FT)) {
		error_set(err, ERR_NOT_A_PAIR, arm == ARM_FT ? "`--ft` names an interpreter with the GIL" : "`--gil` names a free-threaded interpreter");
		return error_why(err, "%s is CPython %s (%s)", i->executable, i->version, i->tag);
	}
	if (w->has_want && (!pyversion_read(i->version, &v) || !pyversion_fits(&w->want, &v))) {
		error_set(err, ERR_NOT_A_PAIR, "`--%s` names another version than `--python`", arm_word(arm));
		return error_why(err, "%s is CPython %s", i->executable, i->version);
	}
	return 0;
}

/* Which minor version a message should be about: the one asked for, else the
 * newest of which one arm is there, else the one that installing would give. */
static char *version_missed(const struct candidates *c, const struct pyversion *want, bool *has_gil, bool *has_ft)
{
	struct pyversion v;
	(void)pyversion_read(INTERP_DEFAULT_VERSION, &v);
	int newest = 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].version.minor > newest && c->v[i].version.stage == 'z')
			newest = c->v[i].version.minor;
	if (newest)
		v.minor = newest;
	if (want)
		v = *want;
	for (size_t i = 0; i < c->n; i++) {
		if (!pyversion_fits(&v, &c->v[i].version))
			continue;
		*has_gil = *has_gil || !c->v[i].i.gil_disabled;
		*has_ft = *has_ft || c->v[i].i.gil_disabled;
	}
	return v.patch < 0 ? xasprintf("%d.%d", v.major, v.minor) : xasprintf("%d.%d.%d", v.major, v.minor, v.patch);
}

static int no_pair(const struct candidates *c, const struct pyversion *want, const struct interpreter *gil,
                   const struct interpreter *ft, struct error *err)
{
	bool has_gil = gil != NULL, has_ft = ft != NULL;
	AUTO_FREE char *version = version_missed(c, want, &has_gil, &has_ft);
	struct pyversion v;
	(void)pyversion_read(version, &v);
	if (has_gil && has_ft)
		error_set(err, ERR_NO_PAIR, "no pair of CPython %s found", version);
	else if (has_gil)
		error_set(err, ERR_NO_PAIR, "no free-threaded CPython %s found", version);
	else if (has_ft)
		error_set(err, ERR_NO_PAIR, "no CPython %s with the GIL found", version);
	else
		error_set(err, ERR_NO_PAIR, "no CPython %s found", version);
	error_why(err, "looked in: --python, config, own store, uv, pyenv, PATH (python%d.%dt, python%d.%d)", v.major, v.minor, v.major, v.minor);
	return error_hint(err, "`migrate-check python install %s` (3 to 6 min), or `--%s FILE`", version, has_gil ? "ft" : "gil");
}

/* Look for what was not given. */
static int search(const struct wish *w, const struct interpreter *gil, const struct interpreter *ft, struct pair *out,
                  const struct observer *observer, struct error *err)
{
	struct pyversion want = w->want;
	bool has_want = w->has_want;
	const struct interpreter *given = gil ? gil : ft;
	if (given && !has_want && pyversion_read(given->version, &want)) {
		want.patch = -1; /* another patch version will do, and is a difference */
		has_want = true;
	}
	CLEANUP(candidates_release) struct candidates c = { 0 };
	discover_programs(NULL, &c);
	if (discover_describe(&c, has_want ? &want : NULL, observer, err) < 0)
		return -1;
	if (discover_choose(&c, gil, ft, has_want ? &want : NULL, out))
		return 0;
	return no_pair(&c, has_want ? &want : NULL, gil, ft, err);
}

int interp_find_pair(const struct interp_options *options, struct pair *out, const struct observer *observer,
                     struct error *err)
{
	CLEANUP(wish_release) struct wish w = { 0 };
	CLEANUP(interpreter_release) struct interpreter gil = { 0 };
	CLEANUP(interpreter_release) struct interpreter ft = { 0 };
	*out = (struct pair){ 0 };
	if (read_wish(options, &w, err) < 0 || (w.gil && describe_given(w.gil, w.gil_from, &gil, err) < 0) ||
	    (w.ft && describe_given(w.ft, w.ft_from, &ft, err) < 0))
		return -1;
	if (w.gil && w.ft && check_given(&gil, &ft, err) < 0)
		return -1;
	if ((w.gil && check_one(&gil, ARM_GIL, &w, err) < 0) || (w.ft && check_one(&ft, ARM_FT, &w, err) < 0))
		return -1;
	if (!w.gil || !w.ft)
		return search(&w, w.gil ? &gil : NULL, w.ft ? &ft : NULL, out, observer, err);
	interpreter_copy(&out->gil, &gil);
	interpreter_copy(&out->ft, &ft);
	interp_parity(out);
	return 0;
}

int interp_list(struct interpreter **list, size_t *n, struct error *err)
{
	CLEANUP(candidates_release) struct candidates c = { 0 };
	discover_programs(NULL, &c);
	*list = NULL;
	*n = 0;
	if (discover_describe(&c, NULL, NULL, err) < 0)
		return -1;
	*list = xcalloc(c.n + 1, sizeof(**list));
	for (size_t i = 0; i < c.n; i++) {
		(*list)[(*n)++] = c.v[i].i;
		c.v[i].i = (struct interpreter){ 0 };
	}
	return 0;
}

void interp_list_release(struct interpreter *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		interpreter_release(&list[i]);
	free(list);
}
