/* default_index.c: which index pip itself would use, read from pip's own source. */
#include "base/fs.h"
#include "fetch/index_config.h"

#include <archive.h>
#include <archive_entry.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_MAX 65536 /* the file has about 1 kB */

static const char source_name[] = "pip/_internal/models/index.py";

/* The first argument of `PyPI = PackageIndex("https://...", ...)`. */
static char *read_constant(const char *source)
{
	const char *name = strstr(source, "\nPyPI = PackageIndex(");
	const char *open = name ? strchr(name, '"') : NULL;
	const char *close = open ? strchr(open + 1, '"') : NULL;
	if (!close || close - open > 512)
		return NULL;
	AUTO_FREE char *host = xstrndup(open + 1, (size_t)(close - open - 1));
	AUTO_FREE char *url = str_starts(host, "http") ? url_resolve(host, "simple") : NULL;
	return STEAL(&url);
}

static void read_entry(struct archive *a, struct buf *out)
{
	char chunk[4096];
	la_ssize_t n;
	while (out->len < SOURCE_MAX && (n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
}

static char *from_wheel(const char *wheel)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	AUTO_BUF source = { .max = SOURCE_MAX };
	archive_read_support_format_zip(a);
	if (archive_read_open_filename(a, wheel, 65536) == ARCHIVE_OK)
		for (int i = 0; i < 5000 && archive_read_next_header(a, &entry) == ARCHIVE_OK; i++)
			if (str_eq(archive_entry_pathname(entry), source_name)) {
				read_entry(a, &source);
				break;
			}
	archive_read_free(a);
	return read_constant(buf_str(&source));
}

static char *from_file(const char *path)
{
	if (str_ends(path, ".whl"))
		return from_wheel(path);
	AUTO_BUF source = { 0 };
	return read_file(path, SOURCE_MAX, &source, NULL) == 0 ? read_constant(buf_str(&source)) : NULL;
}

/* Below an installation prefix: the wheel that ensurepip carries, an installed
 * pip, and where Debian keeps its wheels. */
static char *below_prefix(const char *prefix)
{
	static const char *const patterns[] = {
		"lib*/python3.*/ensurepip/_bundled/pip-*.whl",
		"lib*/python3*/site-packages/pip/_internal/models/index.py",
		"lib*/python3*/dist-packages/pip/_internal/models/index.py",
		"share/python-wheels/pip-*.whl",
	};
	char *url = NULL;
	for (size_t i = 0; i < ARRAY_LEN(patterns) && !url; i++) {
		AUTO_FREE char *pattern = path_join(prefix, patterns[i]);
		glob_t found;
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = found.gl_pathc; k-- > 0 && !url;) /* the newest first */
			url = from_file(found.gl_pathv[k]);
		globfree(&found);
	}
	return url;
}

static char *below_interpreter(const char *python)
{
	AUTO_FREE char *bin = path_dir(python);
	AUTO_FREE char *prefix = path_dir(bin);
	char *url = below_prefix(prefix);
	AUTO_FREE char *real = url ? NULL : realpath(python, NULL); /* a virtual environment has its pip elsewhere */
	if (!real)
		return url;
	AUTO_FREE char *real_bin = path_dir(real);
	AUTO_FREE char *real_prefix = path_dir(real_bin);
	return below_prefix(real_prefix);
}

char *default_index_of(const char *python)
{
	char *url = python ? below_interpreter(python) : NULL;
	const char *path = getenv("PATH");
	AUTO_STRV dirs = { 0 };
	strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin", ':');
	for (size_t i = 0; i < dirs.n && !url; i++) {
		AUTO_FREE char *candidate = path_join(dirs.v[i], "python3");
		if (candidate[0] == '/' && path_exists(candidate))
			url = below_interpreter(candidate);
	}
	return url;
}
