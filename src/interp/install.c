/* install.c: install a pair by the first provider that can. */
#include "interp/install.h"
#include "base/cores.h"
#include "base/fs.h"
#include "base/text.h"
#include "interp/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The providers, in the order in which they are tried. */
static const struct provider {
	const char *name;
	int (*provide)(struct install *in, struct pair *out, struct error *err);
} providers[] = {
	{ "uv", provide_by_uv },
	{ "source", provide_by_source },
	{ "debian", provide_by_debian },
};

/* Two builds report at once; what they tell must not be told at once. */
struct gate {
	pthread_mutex_t lock;
	const struct observer *inner;
};

static void pass_on(void *cookie, const struct event *event)
{
	struct gate *gate = cookie;
	pthread_mutex_lock(&gate->lock);
	observe(gate->inner, event);
	pthread_mutex_unlock(&gate->lock);
}

static void install_release(struct install *in)
{
	if (in->work)
		(void)remove_tree(in->work, NULL);
	free(in->work);
	free(in->root);
	free(in->logs);
}

static int read_request(struct install *in, struct error *err)
{
	const struct interp_install_request *r = in->request;
	in->version = r->version ? r->version : INTERP_DEFAULT_VERSION;
	bool good = pyversion_read(in->version, &in->want) && in->want.major == 3 && in->want.minor >= INTERP_OLDEST_MINOR;
	if (!good) {
		AUTO_FREE char *shown = text_safe_line(in->version);
		error_set(err, ERR_USAGE, "`%s` is no version of CPython with a free-threaded build", shown);
		return error_hint(err, "`migrate-check python install " INTERP_DEFAULT_VERSION "`");
	}
	for (size_t i = 0; r->provider && i <= ARRAY_LEN(providers); i++) {
		if (i == ARRAY_LEN(providers)) {
			AUTO_FREE char *shown = text_safe_line(r->provider);
			error_set(err, ERR_USAGE, "no provider is called `%s`", shown);
			return error_hint(err, "the providers are uv, source, debian");
		}
		if (str_eq(r->provider, providers[i].name))
			break;
	}
	in->jobs = r->jobs > 0 ? r->jobs : processors_usable();
	return 0;
}

static int prepare_folders(struct install *in, struct error *err)
{
	AUTO_FREE char *data = dir_data();
	in->root = path_join(data, "python");
	in->logs = path_join(in->root, "logs");
	return make_dirs(in->logs, err);
}

/* One install at a time; another one is waited for. The lock goes with fd. */
static int take_lock(struct install *in, int *fd, struct error *err)
{
	AUTO_FREE char *path = path_join(in->root, ".lock");
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (*fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot open %s", path);
	for (bool told = false; flock(*fd, LOCK_EX | LOCK_NB) < 0; told = true) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, ERR_IO, errno, "cannot lock %s", path);
		if (processes_cancelled())
			return error_set(err, ERR_INTERRUPTED, "interrupted");
		if (!told)
			observe_setup(in->observer, "interpreter", "another install is running here; waiting for it");
		usleep(200 * 1000);
	}
	return 0;
}

/* Builds that were killed left their folders; the lock says that none is alive. */
static int make_work(struct install *in, struct error *err)
{
	AUTO_STRV names = { 0 };
	if (list_dir(in->root, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = path_join(in->root, names.v[i]);
		if (str_starts(names.v[i], ".build-"))
			(void)remove_tree(path, NULL);
	}
	return make_temp_dir(in->root, ".build-", &in->work, err);
}

/* A tarball or a suite was named: then nothing else is meant. */
static bool is_meant(const struct interp_install_request *r, const struct provider *p)
{
	if (r->provider)
		return str_eq(r->provider, p->name);
	if (r->source)
		return str_eq(p->name, "source");
	if (r->suite)
		return str_eq(p->name, "debian");
	return true;
}

/* "NAME: reason", and its details (a log tail) indented below. */
static void add_reason(struct buf *reasons, const char *name, const struct error *why)
{
	size_t n = strlen(name);
	const char *what = why->what;
	if (strncmp(what, name, n) == 0 && str_starts(what + n, ": "))
		what += n + 2; /* the program is called as the provider is */
	buf_addf(reasons, "%s%s: %s", reasons->len ? "\n" : "", name, what);
	if (!why->why)
		return;
	AUTO_STRV lines = { 0 };
	strv_split(&lines, why->why, '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (*lines.v[i])
			buf_addf(reasons, "\n  | %s", lines.v[i]);
}

static int try_providers(struct install *in, struct pair *out, struct error *err)
{
	AUTO_BUF reasons = { .max = 16384 };
	for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
		if (!is_meant(in->request, &providers[i]))
			continue;
		AUTO_ERROR why = { 0 };
		int step = observe_step(in->observer, NULL, "CPython %s by %s", in->version, providers[i].name);
		int done = providers[i].provide(in, out, &why);
		observe_step_end(in->observer, step);
		if (done == 0)
			return 0;
		if (why.code == ERR_INTERRUPTED || why.code == ERR_DISK_FULL) {
			error_move(err, &why);
			return -1;
		}
		observe_setup(in->observer, providers[i].name, "cannot: %s", why.what);
		add_reason(&reasons, providers[i].name, &why);
	}
	error_set(err, ERR_INSTALL, "no provider could install CPython %s", in->version);
	error_why(err, "%s", buf_str(&reasons));
	return error_hint(err, "`migrate-check python install --source FILE` builds from a tarball of CPython's source; logs: %s", in->logs);
}

/* A pair that is good enough not to install again: like for like, from one provider that we can install by. */
static bool is_there(const struct install *in, struct pair *out)
{
	const struct interp_install_request *r = in->request;
	if (r->force || r->source)
		return false;
	if (r->tsan)
		return interp_find_tsan(&in->want, &out->ft) == 0;
	bool own = !str_eq(r->provider, "uv") && discover_pair_of("own", &in->want, out) == 0;
	bool by_uv = !own && (!r->provider || str_eq(r->provider, "uv")) && !r->suite && discover_pair_of("uv", &in->want, out) == 0;
	bool fits = (own || by_uv) && out->parity.n == 0 && (!r->optimized || str_eq(out->gil.optimisation, "PGO+LTO"));
	if (!fits)
		interp_pair_release(out);
	return fits;
}

static int install_locked(struct install *in, struct pair *out, struct error *err)
{
	if (is_there(in, out)) {
		observe_setup(in->observer, "interpreter", "%s, %s, is there already (%s)", out->ft.version,
		              in->request->tsan ? "ThreadSanitizer" : "gil and free-threaded", out->ft.provider);
		return 0;
	}
	if (make_work(in, err) < 0)
		return -1;
	return try_providers(in, out, err);
}

int interp_install(const struct interp_install_request *request, struct pair *out, const struct observer *observer,
                   struct error *err)
{
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .inner = observer };
	const struct observer gated = { .notify = pass_on, .cookie = &gate };
	CLEANUP(install_release) struct install in = { .request = request, .observer = &gated };
	AUTO_CLOSE int lock = -1;
	*out = (struct pair){ 0 };
	if (read_request(&in, err) < 0 || prepare_folders(&in, err) < 0 || take_lock(&in, &lock, err) < 0)
		return -1;
	return install_locked(&in, out, err);
}
