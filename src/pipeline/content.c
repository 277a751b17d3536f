/* content.c: see content.h. */
#include "pipeline/content.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool content_add_text(struct hasher *h, const char *s)
{
	hasher_update(h, s ? "+" : "-", 1);
	hasher_update(h, s ? s : "", s ? strlen(s) + 1 : 1);
	return true;
}

bool content_add_file(struct hasher *h, const char *path)
{
	char hex[SHA256_HEX] = "";
	if (!path || !path_exists(path))
		return content_add_text(h, NULL);
	if (sha256_file(path, hex, NULL) < 0)
		return false;
	return content_add_text(h, hex);
}

/* Nothing of it comes from the project's authors, and it changes or grows by itself. */
static bool is_left_out(const char *dir, const char *name)
{
	static const char *const names[] = { ".git", ".hg", ".svn", "__pycache__" };
	static const char *const marks[] = { "pyvenv.cfg", "CACHEDIR.TAG", "meson-private", "CMakeCache.txt" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		AUTO_FREE char *mark = path_join(dir, marks[i]);
		if (path_exists(mark))
			return true;
	}
	return false;
}

static bool add_link(struct hasher *h, const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return content_add_text(h, "link") && content_add_text(h, target);
}

static bool add_below(struct hasher *h, const char *dir, size_t *left)
{
	AUTO_STRV names = { 0 };
	if (list_dir(dir, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = path_join(dir, names.v[i]);
		struct stat st;
		if (lstat(path, &st) < 0)
			return false;
		if (S_ISDIR(st.st_mode)) {
			if (is_left_out(path, names.v[i]))
				continue;
			content_add_text(h, "folder");
			content_add_text(h, names.v[i]);
			if (!add_below(h, path, left))
				return false;
			content_add_text(h, "end");
			continue;
		}
		if ((*left)-- == 0)
			return false;
		content_add_text(h, st.st_mode & 0111 ? "program" : "file");
		content_add_text(h, names.v[i]);
		if (S_ISLNK(st.st_mode) ? !add_link(h, path) : S_ISREG(st.st_mode) && !content_add_file(h, path))
			return false;
	}
	return true;
}

bool content_add_folder(struct hasher *h, const char *dir, size_t most_files)
{
	if (!dir || !path_is_dir(dir))
		return content_add_text(h, NULL);
	return add_below(h, dir, &most_files);
}

bool content_add_path(struct hasher *h, const char *path)
{
	return path && path_is_dir(path) ? content_add_folder(h, path, CONTENT_MOST_FILES) : content_add_file(h, path);
}

void content_finish(struct hasher *h, bool whole, const char *survey, char hex[SHA256_HEX])
{
	if (!whole)
		content_add_text(h, survey);
	hasher_finish(h, hex);
}
