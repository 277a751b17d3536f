/* provide_uv.c: interpreters by `uv python install`, into uv's own folder. */
#include "base/fs.h"
#include "base/text.h"
#include "interp/discover.h"
#include "interp/install.h"

#include <stdlib.h>

#define UV_SECONDS 900.0

int provide_by_uv(struct install *in, struct pair *out, struct error *err)
{
	if (in->request->tsan)
		return error_set(err, ERR_INSTALL, "uv has no ThreadSanitizer builds");
	AUTO_FREE char *uv = in->request->uv ? xstrdup(in->request->uv) : find_program("uv");
	if (!uv || !path_is_file(uv))
		return error_set(err, ERR_INSTALL, uv ? "there is no program `%s`" : "the program uv is not here", uv);
	AUTO_FREE char *both = xasprintf("%st", in->version);
	AUTO_FREE char *log = xasprintf("%s/uv-%s.log", in->logs, in->version);
	const char *const argv[] = { uv, "python", "install", "--no-progress", in->version, both, NULL };
	(void)write_file(log, "", 0, NULL);
	uint64_t start = now_monotonic_ns();
	AUTO_STRV env = { 0 };
	network_environment(&env);
	struct command c = { .argv = argv, .env = &env, .cwd = in->work, .log = log, .seconds = UV_SECONDS };
	if (command_run(&c, NULL, err) < 0)
		return -1;
	if (discover_pair_of("uv", &in->want, out) < 0)
		return error_set(err, ERR_INSTALL, "uv says that it installed %s and %s, but no such pair is in its folder", in->version, both);
	AUTO_FREE char *time = text_duration((double)(now_monotonic_ns() - start) / 1e9);
	observe_setup(in->observer, "interpreter", "%s gil and free-threaded  installed by uv in %s", out->gil.version, time);
	return 0;
}
