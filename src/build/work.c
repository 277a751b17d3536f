/* work.c: the private folder of a run below the cache, what killed runs left there, and how it fetches; see toolbox.h. */
#include "base/fs.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/toolbox.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A lock that its run holds for as long as it lives, however it ends. */
static int take_lock(const char *dir, int flags)
{
	AUTO_FREE char *path = path_join(dir, "lock");
	int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -1;
}

void toolbox_sweep(const char *cache, bool kept)
{
	AUTO_FREE char *all = path_join(cache, "work");
	AUTO_STRV names = { 0 };
	if (!path_is_dir(all) || list_dir(all, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *dir = path_join(all, names.v[i]);
		AUTO_FREE char *keep = path_join(dir, "keep");
		if (!kept && path_exists(keep))
			continue;
		int fd = take_lock(dir, 0); /* without a lock file: it is being made, or not ours */
		if (fd < 0)
			continue;
		remove_tree(dir, NULL);
		close(fd);
	}
}

int toolbox_open_work(struct toolbox *t, const char *label, struct error *err)
{
	toolbox_sweep(t->cache, false);
	AUTO_FREE char *all = path_join(t->cache, "work");
	if (make_temp_dir(all, label, &t->work, err) < 0)
		return -1;
	int fd = take_lock(t->work, O_CREAT);
	if (fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot lock '%s'", t->work);
	t->work_lock = fd;
	AUTO_FREE char *keep = path_join(t->work, "keep");
	if (t->keep_work && write_file(keep, "", 0, err) < 0)
		return -1;
	t->pages = seen_pages_new();
	return environments_open(t, err);
}

static bool is_cancelled(void *cookie)
{
	(void)cookie;
	return processes_cancelled();
}

void toolbox_set_fetch(struct toolbox *t)
{
	fetch_options_init(&t->fetch);
	t->fetch.net = &t->index.net;
	t->fetch.offline = t->offline;
	t->fetch.observer = t->observer;
	t->fetch.should_stop = is_cancelled;
}

int toolbox_check_space(const struct toolbox *t, const char *output, const char *doing, struct error *err)
{
	enum { NEARLY_FULL = 256 << 20 };
	struct statvfs fs;
	bool said = strstr(output, "No space left on device") || strstr(output, "Disk quota exceeded");
	if (!said || statvfs(t->work, &fs) < 0 || (fs.f_bavail * fs.f_frsize >= NEARLY_FULL && (fs.f_files == 0 || fs.f_favail > 1000)))
		return 0;
	AUTO_FREE char *left = text_bytes((uint64_t)fs.f_bavail * fs.f_frsize);
	error_set(err, ERR_DISK_FULL, "no space left while %s (%s free)", doing, left);
	error_where(err, "%s", t->cache);
	error_why(err, "finished cells are kept, and the package is not blamed: its state is unknown");
	return error_hint(err, "`migrate-check clean --builds` frees some, then run the same command to go on");
}
