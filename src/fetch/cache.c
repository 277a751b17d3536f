/* cache.c: blobs of the content-addressed cache; see cache.h. */
#include "fetch/cache.h"
#include "base/fs.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a blob looked like when its hash was last checked by this process. */
struct stamp {
	char hex[SHA256_HEX];
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

static pthread_mutex_t stamps_lock = PTHREAD_MUTEX_INITIALIZER;
static struct stamp *stamps; /* sorted by hex */
static size_t stamps_n, stamps_cap;

static size_t stamp_position(const char *hex, bool *found)
{
	size_t lo = 0, hi = stamps_n;
	*found = false;
	while (lo < hi && !*found) {
		size_t mid = (lo + hi) / 2;
		int c = memcmp(stamps[mid].hex, hex, 64);
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
		*found = c == 0;
		if (*found)
			lo = mid;
	}
	return lo;
}

/* ctime is left out: hard links made by cache_export change it. */
static bool same_file(const struct stamp *s, const struct stat *st)
{
	return s->dev == st->st_dev && s->ino == st->st_ino && s->size == st->st_size && s->mtime.tv_sec == st->st_mtim.tv_sec &&
	       s->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static bool stamp_known(const char *hex, const struct stat *st)
{
	pthread_mutex_lock(&stamps_lock);
	bool found;
	size_t at = stamp_position(hex, &found);
	bool known = found && same_file(&stamps[at], st);
	pthread_mutex_unlock(&stamps_lock);
	return known;
}

static void stamp_add(const char *hex, const struct stat *st)
{
	pthread_mutex_lock(&stamps_lock);
	bool found;
	size_t at = stamp_position(hex, &found);
	if (!found) {
		if (stamps_n == stamps_cap) {
			stamps_cap = stamps_cap ? stamps_cap * 2 : 64;
			stamps = xrealloc(stamps, stamps_cap, sizeof(*stamps));
		}
		memmove(stamps + at + 1, stamps + at, (stamps_n - at) * sizeof(*stamps));
		stamps_n++;
	}
	stamps[at] = (struct stamp){ .dev = st->st_dev, .ino = st->st_ino, .size = st->st_size, .mtime = st->st_mtim };
	memcpy(stamps[at].hex, hex, 64);
	pthread_mutex_unlock(&stamps_lock);
}

bool cache_hash_of(const char *file, char hex[SHA256_HEX])
{
	struct stat st;
	if (lstat(file, &st) < 0)
		return false;
	pthread_mutex_lock(&stamps_lock);
	bool found = false;
	for (size_t i = 0; i < stamps_n && !found; i++) {
		found = same_file(&stamps[i], &st);
		if (found)
			memcpy(hex, stamps[i].hex, SHA256_HEX);
	}
	pthread_mutex_unlock(&stamps_lock);
	return found;
}

char *cache_dir_for(const char *kind)
{
	AUTO_FREE char *root = dir_cache();
	char *dir = path_join(root, kind);
	if (!path_is_dir(dir))
		make_dirs(dir, NULL);
	return dir;
}

static char *blob_path(const char *hex)
{
	AUTO_FREE char *root = dir_cache();
	return xasprintf("%s/blobs/sha256/%.2s/%s", root, hex, hex);
}

char *cache_find(const char *sha256)
{
	if (!is_sha256_hex(sha256))
		return NULL;
	AUTO_FREE char *path = blob_path(sha256);
	struct stat st;
	if (lstat(path, &st) < 0)
		return NULL;
	if (S_ISREG(st.st_mode) && stamp_known(sha256, &st))
		return STEAL(&path);
	char seen[SHA256_HEX] = "";
	if (S_ISREG(st.st_mode) && sha256_file(path, seen, NULL) == 0 && strcmp(seen, sha256) == 0) {
		stamp_add(sha256, &st);
		return STEAL(&path);
	}
	remove_tree(path, NULL); /* damaged: whoever needs it fetches it again */
	return NULL;
}

static int bad_hash(const char *file, const char *expected, const char *seen, struct error *err)
{
	error_set(err, ERR_BAD_HASH, "'%s' does not have the expected sha256", path_base(file));
	return error_why(err, "expected %s, seen %s", expected, seen);
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, data, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		data += w;
		n -= (size_t)w;
	}
	return 0;
}

/* Copy in to out and hash what is copied. */
static int copy_hashing(int in, int out, const char *file, char hex[SHA256_HEX], struct error *err)
{
	struct hasher *h = hasher_new();
	char chunk[65536];
	ssize_t n = 0;
	int failed = 0;
	while (!failed && (n = read(in, chunk, sizeof(chunk))) > 0) {
		hasher_update(h, chunk, (size_t)n);
		failed = write_all(out, chunk, (size_t)n) < 0 ? errno : 0;
	}
	int read_errno = n < 0 ? errno : 0;
	hasher_finish(h, hex);
	if (failed)
		return error_errno(err, ERR_IO, failed, "cannot write the cache");
	return read_errno ? error_errno(err, ERR_IO, read_errno, "cannot read '%s'", file) : 0;
}

/* Give a verified file its place. The temporary name is in the cache already. */
static int publish(const char *temp, const char *hex, struct error *err)
{
	AUTO_FREE char *path = blob_path(hex);
	AUTO_FREE char *dir = path_dir(path);
	if (make_dirs(dir, err) < 0)
		return -1;
	chmod(temp, 0444);
	if (rename(temp, path) < 0)
		return error_errno(err, ERR_IO, errno, "cannot move a file into the cache");
	struct stat st;
	if (lstat(path, &st) == 0)
		stamp_add(hex, &st);
	return 0;
}

int cache_put(const char *file, const char *expected, char hex[SHA256_HEX], struct error *err)
{
	AUTO_CLOSE int in = open(file, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", file);
	AUTO_FREE char *dir = cache_dir_for("partial");
	AUTO_FREE char *temp = path_join(dir, "put.XXXXXX");
	AUTO_CLOSE int out = mkostemp(temp, O_CLOEXEC);
	if (out < 0)
		return error_errno(err, ERR_IO, errno, "cannot write the cache '%s'", dir);
	int r = copy_hashing(in, out, file, hex, err);
	if (r == 0 && fsync(out) < 0)
		r = error_errno(err, ERR_IO, errno, "cannot write the cache '%s'", dir);
	if (r == 0 && expected && strcmp(expected, hex) != 0)
		r = bad_hash(file, expected, hex, err);
	if (r == 0)
		r = publish(temp, hex, err);
	if (r < 0)
		unlink(temp);
	return r;
}

int cache_adopt(const char *file, const char *expected, char hex[SHA256_HEX], struct error *err)
{
	AUTO_FREE char *dir = cache_dir_for("partial");
	struct stat a, b;
	if (stat(dir, &a) < 0 || lstat(file, &b) < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", file);
	if (a.st_dev != b.st_dev || !S_ISREG(b.st_mode)) {
		if (cache_put(file, expected, hex, err) < 0)
			return -1;
		unlink(file);
		return 0;
	}
	AUTO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", file);
	if (sha256_file(file, hex, err) < 0)
		return -1;
	if (expected && strcmp(expected, hex) != 0)
		return bad_hash(file, expected, hex, err);
	return publish(file, hex, err);
}

static int copy_out(const char *blob, const char *temp, struct error *err)
{
	char hex[SHA256_HEX];
	AUTO_CLOSE int in = open(blob, O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int out = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (in < 0 || out < 0)
		return error_errno(err, ERR_IO, errno, "cannot copy '%s' to '%s'", blob, temp);
	return copy_hashing(in, out, blob, hex, err);
}

int cache_export(const char *sha256, const char *dir, const char *filename, struct error *err)
{
	if (!*filename || strchr(filename, '/') || strcmp(filename, ".") == 0 || strcmp(filename, "..") == 0)
		return error_set(err, ERR_INTERNAL, "'%s' is not a plain file name", filename);
	AUTO_FREE char *blob = cache_find(sha256);
	if (!blob)
		return error_set(err, ERR_OFFLINE_MISS, "'%s' is not in the cache", filename);
	if (make_dirs(dir, err) < 0)
		return -1;
	static _Atomic unsigned count;
	AUTO_FREE char *path = path_join(dir, filename);
	AUTO_FREE char *temp = xasprintf("%s/.export.%ld.%u", dir, (long)getpid(), count++);
	unlink(temp);
	if (link(blob, temp) < 0 && copy_out(blob, temp, err) < 0) {
		unlink(temp);
		return -1;
	}
	int r = rename(temp, path) < 0 ? error_errno(err, ERR_IO, errno, "cannot write '%s'", path) : 0;
	unlink(temp); /* still there when both names were one file already */
	return r;
}

static char *link_path(const char *url)
{
	char hex[SHA256_HEX];
	sha256_hex(url, strlen(url), hex);
	AUTO_FREE char *dir = cache_dir_for("links");
	return path_join(dir, hex);
}

int cache_link_put(const char *url, const char *sha256, struct error *err)
{
	AUTO_FREE char *path = link_path(url);
	return write_file(path, sha256, strlen(sha256), err);
}

bool cache_link_get(const char *url, char hex[SHA256_HEX])
{
	AUTO_FREE char *path = link_path(url);
	AUTO_BUF text = { 0 };
	if (read_file(path, 64, &text, NULL) < 0 || !is_sha256_hex(buf_str(&text)))
		return false;
	memcpy(hex, text.data, SHA256_HEX);
	return true;
}
