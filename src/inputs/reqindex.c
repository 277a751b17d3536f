/* reqindex.c: the package indexes that requirements files name; see requirement_files_indexes(). */
#include "inputs/target.h"

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

static bool read_line(void *cookie, const char *file, int number, const char *line)
{
	struct requirement_indexes *out = cookie;
	static const char *const unread[] = { "-f", "--find-links", "--no-index" };
	if (!line)
		return false;
	AUTO_FREE char *shown = text_safe_line(file);
	const char *index = value_of(line, "--index-url"), *extra = value_of(line, "--extra-index-url");
	index = index || str_starts(line, "--") ? index : value_of(line, "-i");
	if (index && *index) {
		free(out->url);
		free(out->origin);
		out->url = expanded(index);
		out->origin = xasprintf("%s:%d", shown, number);
	}
	if (extra && *extra)
		strv_take(&out->extra_urls, expanded(extra));
	for (size_t i = 0; i < ARRAY_LEN(unread); i++)
		if ((i > 0 || !str_starts(line, "--")) && value_of(line, unread[i]))
			strv_addf(&out->unread, "%s:%d: %s", shown, number, unread[i]);
	return false;
}

void requirement_files_indexes(const char *file, const char *cwd, struct requirement_indexes *out)
{
	reqfile_walk(file, cwd, true, read_line, out);
}

void requirement_indexes_release(struct requirement_indexes *x)
{
	free(x->url);
	free(x->origin);
	strv_release(&x->extra_urls);
	strv_release(&x->unread);
	*x = (struct requirement_indexes){ 0 };
}
