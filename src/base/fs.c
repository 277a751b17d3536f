/* fs.c: see fs.h. */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || !dir || !*dir)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

char *path_absolute(const char *path)
{
	AUTO_FREE char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *joined = path_join(cwd, path);
	size_t n = strlen(joined);
	while (n > 1 && joined[n - 1] == '/')
		joined[--n] = '\0';
	return joined;
}

bool path_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t file_size(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

char *find_program(const char *name)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 && path_is_file(name) ? path_absolute(name) : NULL;
	const char *path = getenv("PATH");
	AUTO_STRV dirs = { 0 };
	strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
	for (size_t i = 0; i < dirs.n; i++) {
		char *full = path_join(*dirs.v[i] ? dirs.v[i] : ".", name);
		if (access(full, X_OK) == 0 && path_is_file(full))
			return full;
		free(full);
	}
	return NULL;
}

int make_dirs(const char *path, struct error *err)
{
	if (mkdir(path, 0777) == 0 || (errno == EEXIST && path_is_dir(path))) /* mostly only the last part is missing */
		return 0;
	AUTO_FREE char *p = xstrdup(path);
	for (char *s = p + 1;; s++) {
		if (*s && *s != '/')
			continue;
		char saved = *s;
		*s = '\0';
		if (mkdir(p, 0777) != 0 && errno != EEXIST)
			return error_errno(err, ERR_IO, errno, "cannot make folder '%s'", p);
		*s = saved;
		if (!saved)
			break;
	}
	if (!path_is_dir(path))
		return error_errno(err, ERR_IO, ENOTDIR, "cannot make folder '%s'", path);
	return 0;
}

int make_temp_dir(const char *parent, const char *prefix, char **path, struct error *err)
{
	if (make_dirs(parent, err) < 0)
		return -1;
	AUTO_FREE char *name = xasprintf("%s/%s.XXXXXX", parent, prefix);
	if (!mkdtemp(name))
		return error_errno(err, ERR_IO, errno, "cannot make a folder in '%s'", parent);
	*path = STEAL(&name);
	return 0;
}

static int unlock_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
		(void)!chmod(path, 0700);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}

int remove_tree(const char *path, struct error *err)
{
	if (!path_exists(path))
		return 0;
	if (geteuid() != 0)
		nftw(path, unlock_entry, 32, FTW_PHYS);
	if (nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		return error_errno(err, ERR_IO, errno, "cannot remove '%s'", path);
	return 0;
}

int read_file(const char *path, size_t max, struct buf *out, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", path);
	char chunk[65536];
	size_t total = 0;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, ERR_IO, errno, "cannot read '%s'", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max)
			return error_set(err, ERR_TOO_LARGE, "'%s' has more than %zu bytes", path, max);
		buf_add(out, chunk, (size_t)n);
	}
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

bool path_is_special(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_special(const char *path, const void *data, size_t n, struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || write_all(fd, data, n) < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", path);
	return 0;
}

static int write_whole(const char *path, const void *data, size_t n, bool flush, struct error *err)
{
	if (path_is_special(path))
		return write_special(path, data, n, err);
	AUTO_FREE char *temp = xasprintf("%s.XXXXXX", path);
	AUTO_CLOSE int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", path);
	fchmod(fd, 0644);
	if (write_all(fd, data, n) < 0 || (flush && fsync(fd) < 0) || rename(temp, path) < 0) {
		int saved = errno;
		unlink(temp);
		return error_errno(err, ERR_IO, saved, "cannot write '%s'", path);
	}
	return 0;
}

int write_file(const char *path, const void *data, size_t n, struct error *err)
{
	return write_whole(path, data, n, true, err);
}

int write_unflushed(const char *path, const void *data, size_t n, struct error *err)
{
	return write_whole(path, data, n, false, err);
}

int list_dir(const char *path, struct strv *names, struct error *err)
{
	DIR *dir = opendir(path);
	if (!dir)
		return error_errno(err, ERR_IO, errno, "cannot read folder '%s'", path);
	struct dirent *e;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(names, e->d_name);
	closedir(dir);
	strv_sort(names);
	return 0;
}

static int copy_regular(const char *from, const char *to, mode_t mode, struct error *err)
{
	AUTO_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", from);
	AUTO_CLOSE int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777);
	if (out < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", to);
	char chunk[65536];
	ssize_t n;
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		if (write_all(out, chunk, (size_t)n) < 0)
			return error_errno(err, ERR_IO, errno, "cannot write '%s'", to);
	return n < 0 ? error_errno(err, ERR_IO, errno, "cannot read '%s'", from) : 0;
}

static int copy_link(const char *from, const char *to, struct error *err)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);
	if (n < 0)
		return error_errno(err, ERR_IO, errno, "cannot read link '%s'", from);
	target[n] = '\0';
	if (symlink(target, to) < 0)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", to);
	return 0;
}

int copy_tree(const char *from, const char *to, struct error *err)
{
	struct stat st;
	if (lstat(from, &st) < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", from);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, err);
	if (S_ISREG(st.st_mode))
		return copy_regular(from, to, st.st_mode, err);
	if (!S_ISDIR(st.st_mode))
		return 0; /* sockets and devices have no business in a source tree */
	if (mkdir(to, 0755) < 0)
		return error_errno(err, ERR_IO, errno, "cannot make folder '%s'", to);
	AUTO_STRV names = { 0 };
	if (list_dir(from, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *a = path_join(from, names.v[i]);
		AUTO_FREE char *b = path_join(to, names.v[i]);
		if (copy_tree(a, b, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_into(const char *root, const char *rel, size_t max, struct strv *out, struct error *err)
{
	AUTO_FREE char *dir = path_join(root, rel);
	AUTO_STRV names = { 0 };
	if (list_dir(*rel ? dir : root, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *sub = path_join(rel, names.v[i]);
		AUTO_FREE char *full = path_join(root, sub);
		struct stat st;
		if (lstat(full, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && walk_into(root, sub, max, out, err) < 0)
			return -1;
		if (!S_ISREG(st.st_mode))
			continue;
		if (out->n >= max)
			return error_set(err, ERR_TOO_LARGE, "'%s' has more than %zu files", root, max);
		strv_add(out, sub);
	}
	return 0;
}

int walk_files(const char *root, size_t max_files, struct strv *out, struct error *err)
{
	return walk_into(root, "", max_files, out, err);
}

static char *own_dir(const char *override, const char *xdg, const char *fallback)
{
	const char *value = override ? getenv(override) : NULL;
	if (value && *value)
		return path_absolute(value);
	value = getenv(xdg);
	if (value && value[0] == '/')
		return path_join(value, "migrate-check");
	const char *home = getenv("HOME");
	return xasprintf("%s/%s/migrate-check", home && *home ? home : "/tmp", fallback);
}

char *dir_cache(void)
{
	return own_dir("MIGRATE_CHECK_CACHE", "XDG_CACHE_HOME", ".cache");
}

char *dir_data(void)
{
	return own_dir("MIGRATE_CHECK_DATA", "XDG_DATA_HOME", ".local/share");
}

char *dir_config(void)
{
	return own_dir(NULL, "XDG_CONFIG_HOME", ".config");
}

bool runs_from_build_tree(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	AUTO_FREE char *dir = path_dir(exe);
	AUTO_FREE char *status = path_join(dir, "config.status");
	AUTO_FREE char *up = xasprintf("%s/../config.status", dir);
	AUTO_FREE char *upup = xasprintf("%s/../../config.status", dir);
	return path_exists(status) || path_exists(up) || path_exists(upup);
}

char *asset_path(const char *name)
{
	const char *root = getenv("MIGRATE_CHECK_ASSETS");
	if (root && *root)
		return path_join(root, name);
	if (runs_from_build_tree())
		return strcmp(name, "harness") == 0 ? path_join(MC_BUILD_SRCDIR, "src/harness")
		                                    : path_join(MC_BUILD_SRCDIR, name);
	return path_join(MC_DATADIR, name);
}
