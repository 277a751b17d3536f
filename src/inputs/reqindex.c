/* reqindex.c: the package indexes that requirements files name; see requirement_files_indexes(). */
#include "inputs/target.h"

#include "base/fs.h"
#include "base/text.h"
#include "inputs/reqfile_internal.h"

#include <stdlib.h>
#include <string.h>

/* "--option VALUE", "--option=VALUE", of a short one also "-iVALUE": the value, else NULL. */
static const char *value_of(const char *line, const char *option)
{
	size_t n = strlen(option);
	bool is_short = option[1] != '-';
	if (strncmp(line, option, n) != 0 || (!is_short && line[n] && !strchr(" \t=", line[n])))
		return NULL;
	return line + n + strspn(line + n, " \t=");
}

/* "${NAME}" becomes the variable's value, as in pip and uv; one that is not set stays as it is. */
static char *expanded(const char *value)
{
	AUTO_BUF out = { 0 };
	for (const char *p = value; *p;) {
		size_t n = str_starts(p, "${") ? strspn(p + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
		AUTO_FREE char *name = n && p[2 + n] == '}' ? xstrndup(p + 2, n) : NULL;
		const char *set = name ? getenv(name) : NULL;
		if (set)
			buf_adds(&out, set);
		else
			buf_addc(&out, *p);
		p += set ? n + 3 : 1;
	}
	return out.data ? buf_steal(&out) : xstrdup("");
}

static void read_line(const char *line, const char *file, int number, struct requirement_indexes *out)
{
	static const char *const unread[] = { "-f", "--find-links", "--no-index" };
	const char *index = value_of(line, "--index-url"), *extra = value_of(line, "--extra-index-url");
	index = index || str_starts(line, "--") ? index : value_of(line, "-i");
	if (index && *index) {
		free(out->url);
		free(out->origin);
		out->url = expanded(index);
		out->origin = xasprintf("%s:%d", file, number);
	}
	if (extra && *extra)
		strv_take(&out->extra_urls, expanded(extra));
	for (size_t i = 0; i < ARRAY_LEN(unread); i++)
		if ((i > 0 || !str_starts(line, "--")) && value_of(line, unread[i]))
			strv_addf(&out->unread, "%s:%d: %s", file, number, unread[i]);
}

void requirement_files_indexes(const char *file, const char *cwd, struct requirement_indexes *out)
{
	AUTO_STRV files = { 0 };
	strv_add(&files, file);
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *path = path_join(cwd, files.v[i]);
		AUTO_FREE char *dir = path_dir(files.v[i]);
		AUTO_BUF text = { 0 };
		AUTO_STRV lines = { 0 };
		if (!path_is_file(path) || read_file(path, REQFILE_MAX_BYTES, &text, NULL) < 0)
			continue;
		strv_split(&lines, buf_str(&text), '\n');
		for (size_t k = 0; k < lines.n; k++) {
			AUTO_FREE char *line = reqfile_clean_line(lines.v[k]);
			AUTO_FREE char *include = reqfile_included(line);
			AUTO_FREE char *full = include ? path_join(dir, include) : NULL;
			AUTO_FREE char *shown = text_safe_line(files.v[i]);
			if (!include)
				read_line(line, shown, (int)k + 1, out);
			else if (files.n < REQFILE_MAX_FILES)
				strv_add_unique(&files, full);
		}
	}
}

void requirement_indexes_release(struct requirement_indexes *x)
{
	free(x->url);
	free(x->origin);
	strv_release(&x->extra_urls);
	strv_release(&x->unread);
	*x = (struct requirement_indexes){ 0 };
}
