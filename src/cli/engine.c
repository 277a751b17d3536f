/*
 * engine.c: commands that fetch, build or run are those of a second program, the
 * engine, which is this one linked with libcurl, libgit2 and libarchive. With what
 * those need they are fifty libraries, and --version would wait for all of them.
 */
#include "base/fs.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beside this program in a build tree, else where it was installed. */
static char *engine_path(void)
{
	static const char name[] = "migrate-check-engine";
	if (!runs_from_build_tree())
		return path_join(MC_LIBEXECDIR, name);
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	AUTO_FREE char *dir = path_dir(exe);
	return path_join(dir, name);
}

static int become_engine(const struct options *o, struct error *err)
{
	AUTO_FREE char *path = engine_path();
	execv(path, o->argv);
	error_errno(err, ERR_TOOL, errno, "cannot start '%s'", path);
	return error_hint(err, "install migrate-check again, as a whole");
}

int cmd_run(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_report(const struct options *o, struct error *err)
{
	return become_engine(o, err); /* a page states hashes of its style and script: libcrypto */
}

int cmd_reproduce(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_python(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_bench(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_clean(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_tools(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}

int cmd_workload(const struct options *o, struct error *err)
{
	return become_engine(o, err);
}
