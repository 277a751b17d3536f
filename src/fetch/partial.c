/* partial.c: downloads under way, one writer each; see cache.h. */
#include "fetch/cache.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char *validator_path(const struct partial *p)
{
	return xasprintf("%s.validator", p->path);
}

static void read_validator(struct partial *p)
{
	AUTO_FREE char *path = validator_path(p);
	AUTO_BUF text = { 0 };
	if (read_file(path, 1024, &text, NULL) == 0 && text.len > 0)
		p->validator = buf_steal(&text);
}

/* Is the locked descriptor still the file of that name? Another process may
 * have finished the file and moved it away while we waited for its lock; what
 * we hold then is a blob, and must not be written. */
static bool still_named(int fd, const char *path)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int partial_open(struct partial *p, const char *url, const char *sha256, struct error *err)
{
	char hex[SHA256_HEX];
	AUTO_FREE char *key = xasprintf("%s %s", url, sha256 ? sha256 : "");
	sha256_hex(key, strlen(key), hex);
	AUTO_FREE char *dir = cache_dir_for("partial");
	*p = (struct partial)PARTIAL_INIT;
	p->path = path_join(dir, hex);
	for (;;) {
		p->fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (p->fd < 0) {
			error_errno(err, ERR_IO, errno, "cannot write the cache '%s'", dir);
			partial_close(p);
			return -1;
		}
		if (flock(p->fd, LOCK_EX | LOCK_NB) < 0) {
			partial_close(p);
			return 1;
		}
		if (still_named(p->fd, p->path))
			break;
		close(p->fd);
	}
	struct stat st;
	p->size = fstat(p->fd, &st) == 0 ? st.st_size : 0;
	if (p->size > 0)
		read_validator(p);
	return 0;
}

int partial_set_validator(struct partial *p, const char *validator, struct error *err)
{
	AUTO_FREE char *path = validator_path(p);
	str_set(&p->validator, validator);
	if (validator)
		return write_file(path, validator, strlen(validator), err);
	unlink(path);
	return 0;
}

int partial_restart(struct partial *p, struct error *err)
{
	partial_set_validator(p, NULL, NULL);
	p->size = 0;
	if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", p->path);
	return 0;
}

void partial_close(struct partial *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->path);
	free(p->validator);
	*p = (struct partial)PARTIAL_INIT;
}

static void forget(struct partial *p)
{
	AUTO_FREE char *path = validator_path(p);
	unlink(path);
	partial_close(p);
}

void partial_discard(struct partial *p)
{
	if (!p->path)
		return;
	unlink(p->path);
	forget(p);
}

int partial_adopt(struct partial *p, const char *expected, char hex[SHA256_HEX], struct error *err)
{
	if (cache_adopt(p->path, expected, hex, err) < 0)
		return -1;
	forget(p);
	return 0;
}
