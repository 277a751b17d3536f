/* crates.c: see crates.h. */
#include "build/crates.h"
#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { FETCH_SECONDS = 600 };

int crates_show(const struct toolbox *t, const char *cargo, struct sandbox *s, struct error *err)
{
	AUTO_FREE char *bin = path_dir(cargo);
	AUTO_FREE char *crates = path_join(t->cache, "cargo");
	if (make_dirs(crates, err) < 0)
		return -1;
	strv_add_unique(&s->read_only, bin);
	strv_add_unique(&s->read_only, crates);
	const char *rustup = getenv("RUSTUP_HOME"), *home = getenv("HOME");
	AUTO_FREE char *toolchains = rustup ? xstrdup(rustup) : xasprintf("%s/.rustup", home ? home : "");
	if (path_is_dir(toolchains)) {
		strv_add_unique(&s->read_only, toolchains);
		strv_addf(&s->env, "RUSTUP_HOME=%s", toolchains);
	}
	strv_addf(&s->env, "CARGO_HOME=%s", crates);
	strv_add(&s->env, "CARGO_NET_OFFLINE=true");
	return 0;
}

bool cargo_blames_network(const char *output)
{
	static const char *const words[] = {
		"failed to download from", "failed to fetch into", "failed to clone into", "spurious network error",
		"network failure seems to have happened", "failed to resolve address", "resolve host", "connect to server",
		"Failed to connect", "Connection refused", "Connection reset", "Timeout was reached", "SSL connect error",
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(output, words[i]))
			return true;
	return false;
}

/* Cargo names what failed first and the cause last; both are worth a line. */
static int unreachable(const struct toolbox *t, const char *name, const char *last_line, struct error *err)
{
	AUTO_FREE char *hidden = text_hide_credentials_in(*last_line ? last_line + strspn(last_line, " ") : "it says nothing");
	AUTO_FREE char *why = text_safe_line(hidden);
	if (t->offline) {
		error_set(err, ERR_OFFLINE_MISS, "the cache lacks Rust crates that %s needs, and the network is off (--offline)", name);
		error_why(err, "%s", why);
		return error_hint(err, "run once without `--offline`");
	}
	error_set(err, ERR_NETWORK, "the Rust crates of %s could not be fetched", name);
	return error_why(err, "%s", why);
}

int crates_fetch(const struct toolbox *t, const char *cargo, const char *manifest, const char *name, const char *log, struct sandbox *s,
                 char **complaint, struct error *err)
{
	const char *const words[] = { cargo, "fetch", "--manifest-path", manifest };
	AUTO_STRV argv = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	AUTO_FREE char *crates = path_join(t->cache, "cargo");
	size_t variables = s->env.n, shown = s->read_only.n;
	strv_add(&s->writable, crates);
	if (!t->offline) {
		toolbox_network(t, s);
		strv_add(&s->env, "CARGO_NET_OFFLINE=false");
	}
	struct process_spec spec = { .deadline_seconds = FETCH_SECONDS, .log_path = log, .log_append = true };
	sandbox_bound_build(&spec, false);
	AUTO_PROCESS done = { 0 };
	int result = sandbox_run(s, &argv, &spec, &done, err);
	s->network = false;
	free(s->writable.v[--s->writable.n]);
	while (s->env.n > variables)
		free(s->env.v[--s->env.n]);
	while (s->read_only.n > shown) /* certificates */
		free(s->read_only.v[--s->read_only.n]);
	if (result < 0 || process_ok(&done))
		return result;
	if (done.cancelled)
		return error_set(err, ERR_INTERRUPTED, "interrupted while fetching the Rust crates of %s", name);
	const char *output = buf_str(&done.output);
	AUTO_FREE char *tail = process_tail(&done, 1);
	if (done.ending == END_TIMEOUT || cargo_blames_network(output) || (t->offline && strstr(output, "offline")))
		return unreachable(t, name, tail, err);
	*complaint = text_safe_line(tail);
	return 0;
}
