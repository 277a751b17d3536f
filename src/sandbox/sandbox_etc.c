/*
 * sandbox_etc.c: the files of /etc that are ours. They lie in the cache, and not
 * in the sandbox's HOME, where package code could turn them into links to files
 * that the next sandbox would then show.
 */
#include "sandbox/sandbox_internal.h"

#include "base/fs.h"

#include <string.h>
#include <unistd.h>

static int write_if_different(const char *dir, const char *name, const char *text, struct error *err)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_BUF now = { 0 };
	if (read_file(path, 4096, &now, NULL) == 0 && str_eq(buf_str(&now), text))
		return 0;
	return write_file(path, text, strlen(text), err);
}

/* The one user that there is inside has the number that he has outside. */
static char *accounts(const char *root_line, const char *user_format, const char *nobody_line, unsigned id, unsigned group)
{
	AUTO_BUF text = { 0 };
	buf_adds(&text, root_line);
	if (id != 0)
		buf_addf(&text, user_format, id, group);
	if (id != 65534)
		buf_adds(&text, nobody_line);
	return buf_steal(&text);
}

int sandbox_etc(char **path, struct error *err)
{
	AUTO_FREE char *cache = dir_cache();
	AUTO_FREE char *dir = xasprintf("%s/sandbox/etc-%u-%u", cache, (unsigned)geteuid(), (unsigned)getegid());
	AUTO_FREE char *passwd = accounts("root:x:0:0:root:/tmp:/bin/sh\n", "user:x:%u:%u:user:/tmp:/bin/sh\n",
	                                  "nobody:x:65534:65534:nobody:/tmp:/bin/sh\n", geteuid(), getegid());
	AUTO_FREE char *group = accounts("root:x:0:\n", "user:x:%u:\n", "nogroup:x:65534:\n", getegid(), 0);
	*path = NULL;
	if (make_dirs(dir, err) < 0 || write_if_different(dir, "passwd", passwd, err) < 0 ||
	    write_if_different(dir, "group", group, err) < 0 ||
	    write_if_different(dir, "hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n", err) < 0 ||
	    write_if_different(dir, "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", err) < 0)
		return error_wrap(err, "cannot prepare the sandbox");
	*path = STEAL(&dir);
	return 0;
}
