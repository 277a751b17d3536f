/* wheel.c: see wheel.h. */
#include "fetch/wheel.h"

#include "base/fs.h"
#include "base/text.h"
#include "fetch/unpack.h"
#include "fetch/utf8.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_TEXT (8u << 20) /* METADATA with a long description */

struct reading {
	const char *wheel;
	struct archive *in;
	struct wheel_facts *out;
	uint64_t total;
	bool has_wheel, has_metadata;
};

static int damaged(const struct reading *r, const char *what, struct error *err)
{
	const char *text = r->in ? archive_error_string(r->in) : NULL;
	error_set(err, ERR_BAD_ARCHIVE, "'%s' is %s", path_base(r->wheel), what);
	error_where(err, "%s", r->wheel);
	if (text) {
		AUTO_FREE char *shown = text_safe_line(text);
		error_why(err, "%s", shown);
	}
	return -1;
}

/* Copies the entry's data into text, or into fd when text is NULL; bounded. */
static int read_entry(struct reading *r, struct buf *text, int fd, uint64_t max, struct error *err)
{
	char chunk[65536];
	uint64_t n = 0;
	ssize_t got;
	while ((got = archive_read_data(r->in, chunk, sizeof(chunk))) > 0) {
		n += (uint64_t)got;
		r->total += (uint64_t)got;
		if (n > max || r->total > unpack_default_limits.bytes)
			return error_set(err, ERR_TOO_LARGE, "'%s' expands beyond its limits", path_base(r->wheel));
		if (text) {
			buf_add(text, chunk, (size_t)got);
			continue;
		}
		for (ssize_t done = 0; done < got;) {
			ssize_t w = write(fd, chunk + done, (size_t)(got - done));
			if (w < 0 && errno != EINTR)
				return error_errno(err, ERR_IO, errno, "cannot look into '%s'", path_base(r->wheel));
			done += w > 0 ? w : 0;
		}
	}
	return got < 0 ? damaged(r, "damaged", err) : 0;
}

static bool take_wheel_field(void *cookie, const char *key, const char *value)
{
	struct wheel_facts *w = cookie;
	if (strcasecmp(key, "Tag") == 0 && *value && w->tags.n < 1000)
		strv_add(&w->tags, value);
	if (strcasecmp(key, "Root-Is-Purelib") == 0)
		w->pure = strcasecmp(value, "true") == 0;
	return true;
}

/* A file that vanishes with its descriptor. */
static int unnamed_file(struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	tmp = tmp && *tmp ? tmp : "/tmp";
	int fd = open(tmp, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	AUTO_FREE char *name = xasprintf("%s/migrate-check.XXXXXX", tmp);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd >= 0 ? fd : error_errno(err, ERR_IO, errno, "cannot write in '%s'", tmp);
}

static int take_shared_object(struct reading *r, const char *path, struct error *err)
{
	AUTO_FREE char *module = extension_module_name(path);
	bool is_extension = false;
	if (module) {
		AUTO_CLOSE int fd = unnamed_file(err);
		if (fd < 0 || read_entry(r, NULL, fd, unpack_default_limits.entry_bytes, err) < 0)
			return -1;
		is_extension = extension_exports_init(fd, module);
	}
	if (is_extension) {
		strv_add(&r->out->extensions, module);
		strv_add(&r->out->extension_files, path);
	} else {
		strv_add(&r->out->shared_files, path);
	}
	return 0;
}

/* The first part of an importable path: "pkg/a.py" -> pkg, "six.py" -> six. */
static void take_top_level(struct reading *r, const char *path)
{
	const char *slash = strchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : strcspn(path, ".");
	if (slash && n > 5 && strncmp(slash - 5, ".data", 5) == 0) {
		if (str_starts(slash, "/purelib/") || str_starts(slash, "/platlib/"))
			take_top_level(r, slash + strlen("/purelib/"));
		return;
	}
	bool module = str_ends(path, ".py") || str_ends(path, ".so");
	bool named = n > 0 && !memchr(path, '.', n) && !memchr(path, '-', n);
	if (!module || !named || r->out->top_level.n >= 1000)
		return;
	AUTO_FREE char *name = xstrndup(path, n);
	strv_add_unique(&r->out->top_level, name);
}

/* "name-1.0.dist-info/FILE" at the top? */
static bool is_dist_info(const char *path, const char *file)
{
	const char *slash = strchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	return n > 10 && strncmp(slash - 10, ".dist-info", 10) == 0 && strcmp(slash + 1, file) == 0;
}

static int take_entry(struct reading *r, const char *path, struct error *err)
{
	bool meta = is_dist_info(path, "METADATA") && !r->has_metadata;
	bool wheel = is_dist_info(path, "WHEEL") && !r->has_wheel;
	if (meta || wheel) {
		AUTO_BUF text = { .max = MAX_TEXT };
		if (read_entry(r, &text, -1, MAX_TEXT, err) < 0)
			return -1;
		if (meta)
			metadata_parse(buf_str(&text), text.len, &r->out->meta);
		else
			header_fields(buf_str(&text), text.len, take_wheel_field, r->out);
		r->has_metadata |= meta;
		r->has_wheel |= wheel;
		return 0;
	}
	take_top_level(r, path);
	if (is_test_file(path))
		strv_add(&r->out->test_files, path);
	bool so = str_ends(path, ".so") || strstr(path_base(path), ".so.");
	return so ? take_shared_object(r, path, err) : 0;
}

static int read_entries(struct reading *r, struct error *err)
{
	struct archive_entry *e;
	int got;
	while ((got = archive_read_next_header(r->in, &e)) != ARCHIVE_EOF) {
		if (got < ARCHIVE_WARN)
			return damaged(r, "damaged, or not a wheel", err);
		const char *path = archive_entry_pathname_utf8(e);
		path = path ? path : archive_entry_pathname(e);
		if (!path || unpack_name_problem(path, NULL))
			return damaged(r, "not a wheel that can be used: it leaves its folder", err);
		if (++r->out->entries > unpack_default_limits.entries)
			return error_set(err, ERR_TOO_LARGE, "'%s' has more than %zu entries", path_base(r->wheel), unpack_default_limits.entries);
		if (archive_entry_filetype(e) != AE_IFREG)
			continue;
		AUTO_FREE char *copy = xstrdup(path); /* reading data may end the entry's own */
		if (take_entry(r, copy, err) < 0)
			return -1;
	}
	return 0;
}

int wheel_inventory(const char *wheel, struct wheel_facts *out, struct error *err)
{
	AUTO_UTF8 utf8 = utf8_enter();
	struct reading r = { .wheel = wheel, .out = out, .in = archive_read_new() };
	if (!r.in)
		return error_set(err, ERR_INTERNAL, "libarchive has no memory");
	archive_read_support_format_zip_seekable(r.in);
	int ret = 0;
	if (!path_is_file(wheel))
		ret = error_errno(err, ERR_IO, ENOENT, "cannot read '%s'", wheel);
	else if (archive_read_open_filename(r.in, wheel, 65536) != ARCHIVE_OK)
		ret = damaged(&r, "damaged, or not a wheel", err);
	else
		ret = read_entries(&r, err);
	archive_read_free(r.in);
	r.in = NULL;
	if (ret == 0 && (!r.has_wheel || !r.has_metadata))
		ret = damaged(&r, r.has_wheel ? "not a wheel: it has no METADATA" : "not a wheel: it has no WHEEL file", err);
	strv_sort(&out->test_files);
	strv_sort(&out->top_level);
	return ret;
}

void wheel_facts_release(struct wheel_facts *w)
{
	metadata_release(&w->meta);
	strv_release(&w->tags);
	strv_release(&w->extensions);
	strv_release(&w->extension_files);
	strv_release(&w->shared_files);
	strv_release(&w->test_files);
	strv_release(&w->top_level);
	*w = (struct wheel_facts){ 0 };
}
