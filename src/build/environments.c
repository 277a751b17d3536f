/*
 * environments.c: the folder of kept environments; see environment.h.
 *
 *   lock            held shared by runs that use the folder, alone to clear it
 *   boot            which start of the machine it belongs to
 *   uv/             uv's cache: unpacked wheels
 *   wheels/HASH/    wheels under their own names
 *   KEY/env         an environment; KEY/ready when it is whole
 *
 * Its many small files are not flushed to the disk one by one, so that nothing in it
 * is trusted after the machine was started anew.
 */
#include "base/fs.h"
#include "build/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MOST_KEPT = 96 };

static char *this_boot(void)
{
	AUTO_BUF id = { 0 };
	if (read_file("/proc/sys/kernel/random/boot_id", 256, &id, NULL) < 0)
		return xstrdup("unknown");
	return xstrdup(buf_str(&id));
}

static bool is_of_this_boot(const char *root)
{
	AUTO_FREE char *path = path_join(root, "boot");
	AUTO_FREE char *now = this_boot();
	AUTO_BUF then = { 0 };
	return read_file(path, 256, &then, NULL) == 0 && strcmp(buf_str(&then), now) == 0;
}

/* Everything but the lock, which the caller holds alone. */
static void clear(const char *root)
{
	AUTO_STRV names = { 0 };
	if (list_dir(root, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = path_join(root, names.v[i]);
		if (strcmp(names.v[i], "lock") != 0)
			remove_tree(path, NULL);
	}
}

static int open_lock(const char *root)
{
	AUTO_FREE char *path = path_join(root, "lock");
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* Clear and mark what an earlier start of the machine left; false: another run is at it. */
static bool renew(const char *root, int lock)
{
	AUTO_FREE char *path = path_join(root, "boot");
	AUTO_FREE char *now = this_boot();
	if (is_of_this_boot(root))
		return true;
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return flock(lock, LOCK_SH) == 0 && is_of_this_boot(root);
	clear(root);
	bool marked = write_file(path, now, strlen(now), NULL) == 0;
	return flock(lock, LOCK_SH) == 0 && marked;
}

int environments_open(struct toolbox *t, struct error *err)
{
	/* Without a sandbox package code could write into what later runs trust. */
	if (!t->no_sandbox) {
		AUTO_FREE char *root = path_join(t->cache, "environments");
		int lock = make_dirs(root, err) < 0 ? -1 : open_lock(root);
		if (lock >= 0 && flock(lock, LOCK_SH) == 0 && renew(root, lock)) {
			t->environments = STEAL(&root);
			t->environments_lock = lock;
			return 0;
		}
		cleanup_close_p(&lock);
	}
	t->environments = path_join(t->work, "environments");
	return make_dirs(t->environments, err);
}

void environments_close(struct toolbox *t)
{
	if (t->environments_lock > 0)
		close(t->environments_lock);
	t->environments_lock = 0;
	str_set(&t->environments, NULL);
}

void environments_trim(const struct toolbox *t)
{
	AUTO_STRV names = { 0 };
	if (!t->environments_lock || list_dir(t->environments, &names, NULL) < 0 || names.n <= MOST_KEPT)
		return;
	if (flock(t->environments_lock, LOCK_EX | LOCK_NB) == 0) {
		AUTO_FREE char *path = path_join(t->environments, "boot");
		AUTO_FREE char *now = this_boot();
		clear(t->environments);
		write_file(path, now, strlen(now), NULL);
	}
	flock(t->environments_lock, LOCK_SH);
}

void environments_clear(const char *cache)
{
	AUTO_FREE char *root = path_join(cache, "environments");
	AUTO_CLOSE int lock = path_is_dir(root) ? open_lock(root) : -1;
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
		clear(root);
}
