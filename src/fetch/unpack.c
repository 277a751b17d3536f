/* unpack.c: see unpack.h. */
#include "fetch/unpack.h"

#include "base/fs.h"
#include "base/text.h"
#include "fetch/utf8.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATIO_FREE_BYTES (64u << 20) /* small archives may compress as well as they like */

const struct unpack_limits unpack_default_limits = {
	.bytes = 2ull << 30,
	.entry_bytes = 1ull << 30,
	.entries = 200000,
	.depth = 32,
	.name_len = 1024,
	.ratio = 200,
};

/* One unpacking: both ends of libarchive and what was counted so far. */
struct unpacking {
	const char *file;
	char *root; /* real path: SECURE_SYMLINKS would refuse a link among the folder's own parents */
	struct unpack_limits limits;
	struct archive *in, *out;
	uint64_t file_size, total;
	size_t entries;
	struct strv tops; /* distinct first components, at most two are kept */
};

static struct unpack_limits with_defaults(const struct unpack_limits *given)
{
	struct unpack_limits l = given ? *given : unpack_default_limits;
	const struct unpack_limits *d = &unpack_default_limits;
	l.bytes = l.bytes ? l.bytes : d->bytes;
	l.entry_bytes = l.entry_bytes ? l.entry_bytes : d->entry_bytes;
	l.entries = l.entries ? l.entries : d->entries;
	l.depth = l.depth ? l.depth : d->depth;
	l.name_len = l.name_len ? l.name_len : d->name_len;
	l.ratio = l.ratio > 0 ? l.ratio : d->ratio;
	return l;
}

const char *unpack_name_problem(const char *name, const struct unpack_limits *limits)
{
	struct unpack_limits l = with_defaults(limits);
	if (name[0] == '/')
		return "leaves its folder";
	if (strlen(name) > l.name_len)
		return "has a name that is too long";
	size_t depth = 0;
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return "leaves its folder";
		if (n > 255)
			return "has a name that is too long";
		if (n > 0 && !(n == 1 && p[0] == '.'))
			depth++;
		p += n;
		p += *p == '/';
	}
	return depth > l.depth ? "has folders nested too deeply" : NULL;
}

bool unpack_link_stays(const char *name, const char *target)
{
	if (!*target || target[0] == '/')
		return false;
	size_t depth = 0; /* folders between the root and the link */
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/'))
		depth++;
	bool descended = false;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");
		bool up = n == 2 && p[0] == '.' && p[1] == '.';
		if (up && (descended || depth == 0))
			return false;
		if (up)
			depth--;
		else if (n > 0 && !(n == 1 && p[0] == '.'))
			descended = true;
		p += n;
		p += *p == '/';
	}
	return true;
}

static int bad(const struct unpacking *u, struct error *err, const char *problem, const char *name)
{
	AUTO_FREE char *shown = text_safe_line(name);
	error_set(err, ERR_BAD_ARCHIVE, "'%s' %s: '%s'", path_base(u->file), problem, shown);
	return error_where(err, "%s", u->file);
}

/* libarchive's word for what went wrong on the reading side. */
static int bad_input(const struct unpacking *u, struct error *err)
{
	const char *text = archive_error_string(u->in);
	bool cut = text && (strcasestr(text, "truncated") || strcasestr(text, "premature") || strcasestr(text, "end of file"));
	AUTO_FREE char *shown = text_safe_line(text ? text : "unreadable");
	error_set(err, ERR_BAD_ARCHIVE, "'%s' is %s", path_base(u->file), cut ? "truncated" : "damaged, or no archive of a known kind");
	error_where(err, "%s", u->file);
	return error_why(err, "%s", shown);
}

/* The writing side: a full disk and the tool's own trouble are not the archive's fault. */
static int bad_output(const struct unpacking *u, const char *name, struct error *err)
{
	int e = archive_errno(u->out);
	if (e == ENOSPC || e == EDQUOT || e == EIO || e == EROFS || e == EACCES || e == EPERM || e == EMFILE || e == ENFILE) {
		error_errno(err, ERR_IO, e, "cannot unpack '%s'", path_base(u->file));
		return error_where(err, "%s", u->root);
	}
	AUTO_FREE char *why = text_safe_line(archive_error_string(u->out));
	bad(u, err, "cannot be unpacked at", name);
	return error_why(err, "%s", why);
}

/* Would `more` bytes exceed a limit, `in_entry` being the size of this file so far? */
static int count_bytes(struct unpacking *u, uint64_t in_entry, uint64_t more, struct error *err)
{
	if (in_entry + more > u->limits.entry_bytes || u->total + more > u->limits.bytes) {
		bool one = in_entry + more > u->limits.entry_bytes;
		AUTO_FREE char *limit = text_bytes(one ? u->limits.entry_bytes : u->limits.bytes);
		error_set(err, ERR_TOO_LARGE, "'%s' %s more than %s", path_base(u->file), one ? "holds a file of" : "expands to", limit);
		return error_where(err, "%s", u->file);
	}
	double most = RATIO_FREE_BYTES + u->limits.ratio * (double)u->file_size;
	if ((double)(u->total + more) > most) {
		error_set(err, ERR_BAD_ARCHIVE, "'%s' expands beyond %.0f times its size", path_base(u->file), u->limits.ratio);
		return error_where(err, "%s", u->file);
	}
	return 0;
}

/* Drops "./" and doubled or trailing slashes: "./a//b/" -> "a/b". */
static char *plain_name(const char *name)
{
	struct buf b = { 0 };
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");
		if (n > 0 && !(n == 1 && p[0] == '.')) {
			if (b.len)
				buf_addc(&b, '/');
			buf_add(&b, p, n);
		}
		p += n;
		p += *p == '/';
	}
	return b.data ? buf_steal(&b) : xstrdup("");
}

/* What is not UTF-8 is taken as the bytes that it is. */
static const char *entry_name(struct archive_entry *e)
{
	const char *s = archive_entry_pathname_utf8(e);
	return s ? s : archive_entry_pathname(e);
}

static int check_link(struct unpacking *u, struct archive_entry *e, const char *name, struct error *err)
{
	const char *target = archive_entry_symlink_utf8(e);
	target = target ? target : archive_entry_symlink(e);
	if (!target || !unpack_link_stays(name, target))
		return bad(u, err, "has a link that leaves its folder", name);
	AUTO_FREE char *copy = xstrdup(target);
	archive_entry_set_symlink(e, copy);
	return 0;
}

/* A hard link to a symbolic link would resolve from another place, so only files. */
static int check_hard_link(struct unpacking *u, struct archive_entry *e, const char *name, const char *target, struct error *err)
{
	if (unpack_name_problem(target, &u->limits))
		return bad(u, err, "has a hard link that leaves its folder", name);
	AUTO_FREE char *plain = plain_name(target);
	AUTO_FREE char *full = path_join(u->root, plain);
	struct stat st;
	if (lstat(full, &st) < 0 || !S_ISREG(st.st_mode))
		return bad(u, err, "has a hard link to what is no file of it", name);
	archive_entry_set_hardlink(e, full);
	archive_entry_set_size(e, 0); /* with a size, libarchive would empty the target to write it anew */
	return 0;
}

/* PEP 706 "data": no high bits, no writing by others, owner may always read
 * and write, others execute only what the owner may. */
static mode_t safe_mode(mode_t type, mode_t perm)
{
	if (type == AE_IFDIR)
		return 0755;
	perm = (perm & 0755) | 0600;
	return perm & 0100 ? perm : perm & ~(mode_t)0011;
}

/* Check one entry and point it into the folder. *skip: nothing to write. */
static int prepare(struct unpacking *u, struct archive_entry *e, char **name, bool *skip, struct error *err)
{
	const char *raw = entry_name(e);
	if (!raw || !*raw)
		return bad(u, err, "has an entry without a readable name", raw ? raw : "?");
	if (++u->entries > u->limits.entries) {
		error_set(err, ERR_TOO_LARGE, "'%s' has more than %zu entries", path_base(u->file), u->limits.entries);
		return error_where(err, "%s", u->file);
	}
	const char *problem = unpack_name_problem(raw, &u->limits);
	if (problem)
		return bad(u, err, problem, raw);
	if (archive_entry_is_encrypted(e))
		return bad(u, err, "is encrypted", raw);
	*name = plain_name(raw);
	*skip = !**name;
	mode_t type = archive_entry_filetype(e);
	const char *hard = archive_entry_hardlink_utf8(e);
	hard = hard ? hard : archive_entry_hardlink(e);
	if (!hard && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
		return bad(u, err, "holds a device, pipe or socket", raw);
	if (!*skip && hard && check_hard_link(u, e, *name, hard, err) < 0)
		return -1;
	if (!*skip && !hard && type == AE_IFLNK && check_link(u, e, *name, err) < 0)
		return -1;
	AUTO_FREE char *full = path_join(u->root, *name);
	archive_entry_set_pathname(e, full);
	archive_entry_set_perm(e, safe_mode(type, archive_entry_perm(e)));
	AUTO_FREE char *top = xstrndup(*name, strcspn(*name, "/"));
	if (!*skip && u->tops.n < 2)
		strv_add_unique(&u->tops, top);
	return 0;
}

static int copy_data(struct unpacking *u, const char *name, struct error *err)
{
	const void *block;
	size_t n;
	int64_t offset;
	uint64_t written = 0; /* logical size: holes of sparse files count */
	int r;
	while ((r = archive_read_data_block(u->in, &block, &n, &offset)) == ARCHIVE_OK) {
		uint64_t end = (uint64_t)offset + n;
		uint64_t more = offset >= 0 && end > written ? end - written : 0;
		if (count_bytes(u, written, more, err) < 0)
			return -1;
		u->total += more;
		written += more;
		if (archive_write_data_block(u->out, block, n, offset) < ARCHIVE_OK)
			return bad_output(u, name, err);
	}
	/* a warning here is a wrong checksum: the data is not what was packed */
	return r == ARCHIVE_EOF ? 0 : bad_input(u, err);
}

static int unpack_entry(struct unpacking *u, struct archive_entry *e, struct error *err)
{
	AUTO_FREE char *name = NULL;
	bool skip = false;
	if (prepare(u, e, &name, &skip, err) < 0)
		return -1;
	if (skip)
		return 0;
	bool has_data = !archive_entry_hardlink(e) && archive_entry_filetype(e) == AE_IFREG;
	if (has_data && archive_entry_size_is_set(e)) {
		int64_t size = archive_entry_size(e);
		if (size < 0)
			return bad(u, err, "has an entry of negative size", name);
		if (count_bytes(u, 0, (uint64_t)size, err) < 0)
			return -1;
	}
	if (archive_write_header(u->out, e) < ARCHIVE_WARN)
		return bad_output(u, name, err);
	if (has_data && copy_data(u, name, err) < 0)
		return -1;
	return archive_write_finish_entry(u->out) < ARCHIVE_WARN ? bad_output(u, name, err) : 0;
}

static int open_both(struct unpacking *u, struct error *err)
{
	u->in = archive_read_new();
	u->out = archive_write_disk_new();
	if (!u->in || !u->out)
		return error_set(err, ERR_INTERNAL, "libarchive has no memory");
	archive_read_support_filter_gzip(u->in);
	archive_read_support_filter_bzip2(u->in);
	archive_read_support_filter_xz(u->in);
	archive_read_support_format_tar(u->in);
	archive_read_support_format_zip_seekable(u->in); /* by its directory: a cut zip has none */
	/* NOABSOLUTEPATHS cannot be asked for, as names are made absolute here
	 * after unpack_name_problem() has refused those that were. */
	archive_write_disk_set_options(u->out, ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_TIME);
	if (archive_read_open_filename(u->in, u->file, 65536) != ARCHIVE_OK)
		return bad_input(u, err);
	return 0;
}

static int unpack_all(struct unpacking *u, struct error *err)
{
	if (open_both(u, err) < 0)
		return -1;
	for (;;) {
		struct archive_entry *e;
		int r = archive_read_next_header(u->in, &e);
		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return bad_input(u, err);
		if (archive_filter_count(u->in) > 2)
			return bad(u, err, "is compressed more than once", path_base(u->file));
		if (unpack_entry(u, e, err) < 0)
			return -1;
	}
	if (archive_write_close(u->out) < ARCHIVE_WARN)
		return bad_output(u, "", err);
	if (u->entries == 0)
		return bad(u, err, "is empty", path_base(u->file));
	return 0;
}

static int prepare_dir(const char *dir, struct error *err)
{
	AUTO_STRV names = { 0 };
	if (path_exists(dir) && list_dir(dir, &names, err) < 0)
		return -1;
	if (names.n > 0)
		return error_set(err, ERR_IO, "'%s' is not empty", dir);
	return make_dirs(dir, err);
}

int unpack_archive(const char *file, const char *dir, const struct unpack_limits *limits, char **top, struct error *err)
{
	AUTO_UTF8 utf8 = utf8_enter();
	if (top)
		*top = NULL;
	struct stat st;
	if (stat(file, &st) < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", file);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_BAD_ARCHIVE, "'%s' is not a file", file);
	if (prepare_dir(dir, err) < 0)
		return -1;
	struct unpacking u = { .file = file, .limits = with_defaults(limits), .file_size = (uint64_t)st.st_size };
	u.root = realpath(dir, NULL);
	int r = u.root ? unpack_all(&u, err) : error_errno(err, ERR_IO, errno, "cannot use '%s'", dir);
	if (u.out)
		archive_write_free(u.out);
	if (u.in)
		archive_read_free(u.in);
	AUTO_FREE char *only = u.tops.n == 1 ? path_join(dir, u.tops.v[0]) : NULL;
	struct stat only_st;
	if (r == 0 && top && only && lstat(only, &only_st) == 0 && S_ISDIR(only_st.st_mode))
		*top = STEAL(&only);
	if (r < 0)
		remove_tree(dir, NULL);
	strv_release(&u.tops);
	free(u.root);
	return r;
}

int sdist_kind(const char *dir, enum sdist_kind *kind, struct error *err)
{
	AUTO_FREE char *pyproject = path_join(dir, "pyproject.toml");
	AUTO_FREE char *setup = path_join(dir, "setup.py");
	if (!path_is_file(pyproject) && !path_is_file(setup)) {
		error_set(err, ERR_NOT_A_PROJECT, "'%s' is not a Python project", path_base(dir));
		error_where(err, "%s", dir);
		return error_why(err, "it has neither pyproject.toml nor setup.py");
	}
	*kind = path_is_file(pyproject) ? SDIST_PYPROJECT : SDIST_SETUP_PY;
	return 0;
}
