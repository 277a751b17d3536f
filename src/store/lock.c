/* lock.c: one writer per store, by flock on a file that says who holds it. */
#include "base/fs.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* "12:04" for today, "21 Nov 12:04" for another day, in local time. */
static void format_since(time_t since, char *out, size_t n)
{
	time_t now = time(NULL);
	struct tm then, today;
	localtime_r(&since, &then);
	localtime_r(&now, &today);
	bool same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
	strftime(out, n, same_day ? "%H:%M" : "%d %b %H:%M", &then);
}

static int say_busy(int fd, const char *path, struct error *err)
{
	char text[64] = "", since[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	char *end = text;
	long pid = strtol(text, &end, 10);
	long long started = strtoll(end, NULL, 10);
	if (pid > 0 && started > 0) {
		format_since((time_t)started, since, sizeof(since));
		error_set(err, ERR_STORE_BUSY, "another run (pid %ld, since %s) is writing this store", pid, since);
	} else {
		/* It took the lock and has not written its name yet. */
		error_set(err, ERR_STORE_BUSY, "another run is writing this store");
	}
	error_where(err, "%s", path);
	return error_hint(err, "wait, or use another with `--store DIR`; `report` and `show` work meanwhile");
}

int store_take_lock(const char *dir, int *fd, struct error *err)
{
	AUTO_FREE char *path = path_join(dir, "lock");
	AUTO_CLOSE int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (lock < 0)
		return error_errno(err, ERR_STORE, errno, "cannot write '%s'", path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? say_busy(lock, path, err)
		                            : error_errno(err, ERR_STORE, errno, "cannot lock '%s'", path);
	char text[64];
	int n = snprintf(text, sizeof(text), "%ld %lld\n", (long)getpid(), (long long)time(NULL));
	if (ftruncate(lock, 0) < 0 || pwrite(lock, text, (size_t)n, 0) != n)
		return error_errno(err, ERR_STORE, errno, "cannot write '%s'", path);
	*fd = lock;
	lock = -1;
	return 0;
}
