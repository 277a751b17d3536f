/* reqfile.c: where a requirement stands in requirements files, and what uv compiled from them; see target.h. */
#include "inputs/target.h"

#include "base/file_url.h"
#include "base/fs.h"
#include "base/text.h"
#include "model/names.h"
#include "inputs/reqfile_internal.h"
#include "inputs/requirement.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_FILES = 64,     /* that one file may include */
	MAX_BYTES = 4 << 20 /* of each */
};

/* A search over a file and those that it includes. */
struct search {
	const char *cwd;
	const char *name; /* normalised, or NULL */
	const char *path; /* in its place, as tidy_path() has it; or NULL */
	struct requirement_line *out;
};

/* The name that a line requires, normalised, or NULL; the caller owns it. */
static char *line_name(const char *line)
{
	size_t n = 0;
	while (line[n] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", line[n]))
		n++;
	AUTO_FREE char *name = xstrndup(line, n);
	const char *egg = strstr(line, "egg=");
	if (egg && strchr(line, '#')) { /* a URL: its name is in the fragment */
		free(name);
		name = xstrndup(egg + 4, strcspn(egg + 4, "&[ \t"));
	}
	return name_valid(name) ? name_normalize(name) : NULL;
}

/* Behind "-r", "--requirement" or "--requirement=": the file; NULL for other lines. */
static char *included_file(const char *line)
{
	static const char *const options[] = { "-r", "--requirement" };
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		size_t n = strlen(options[i]);
		if (strncmp(line, options[i], n) != 0 || !line[n] || (i == 1 && !strchr(" \t=", line[n])))
			continue;
		const char *file = line + n + strspn(line + n, " \t=");
		size_t len = strcspn(file, " \t");
		return len ? xstrndup(file, len) : NULL;
	}
	return NULL;
}

/* The same for constraints, too: "-cFILE", "--constraint=FILE". */
static char *any_included_file(const char *line)
{
	char *found = included_file(line);
	AUTO_FREE char *as_requirement = NULL;
	if (!found && str_starts(line, "--constraint"))
		as_requirement = xasprintf("-r%s", line + strlen("--constraint"));
	else if (!found && str_starts(line, "-c"))
		as_requirement = xasprintf("-r%s", line + 2);
	return as_requirement ? included_file(as_requirement) : found;
}

/* Without comment, blanks around it, CR and continuation mark. */
static char *clean_line(const char *line)
{
	line += strspn(line, " \t");
	size_t n = strlen(line);
	for (size_t i = 0; i < n; i++)
		if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
			n = i;
	while (n > 0 && strchr(" \t\r\\", line[n - 1]))
		n--;
	return xstrndup(line, n);
}

/* A line without "-e ". */
static const char *without_editable(const char *line)
{
	static const char *const options[] = { "-e", "--editable" };
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		size_t n = strlen(options[i]);
		if (strncmp(line, options[i], n) == 0 && line[n] && strchr(" \t=", line[n]))
			return line + n + strspn(line + n, " \t=");
	}
	return line;
}

/* "./lib[extra] ; marker", "-e ../lib", "name @ file:///x.whl", "git+file:///x@v1": the path, else NULL. */
static char *named_path(const char *line)
{
	const char *p = without_editable(line), *at = strstr(p, "@ ");
	const char *url = strstr(p, "file:");
	bool git = str_starts(p, "git+") || strstr(p, "@ git+");
	if (url)
		p = url;
	else if (at)
		p = at + 2 + strspn(at + 2, " \t");
	size_t n = strcspn(p, git ? "@ \t;[#" : " \t;[#");
	bool path = n && (p[0] == '.' || memchr(p, '/', n) || url) && (url || !memchr(p, ':', n));
	if (!path)
		return NULL;
	AUTO_FREE char *named = xstrndup(p, n);
	return url ? file_url_path(named) : STEAL(&named);
}

/* The path from `dir` on, without "." and "..", as resolvers make it: by its text alone. */
static char *tidy_path(const char *dir, const char *path)
{
	AUTO_FREE char *joined = path_join(dir, path);
	AUTO_FREE char *whole = path_absolute(joined);
	AUTO_STRV parts = { 0 };
	strv_split(&parts, whole, '/');
	AUTO_BUF out = { 0 };
	for (size_t i = 0; i < parts.n; i++) {
		const char *slash = str_eq(parts.v[i], "..") ? strrchr(buf_str(&out), '/') : NULL;
		if (slash) {
			out.data[out.len = (size_t)(slash - out.data)] = '\0';
		} else if (*parts.v[i] && !str_eq(parts.v[i], ".") && !str_eq(parts.v[i], "..")) {
			buf_addf(&out, "/%s", parts.v[i]);
		}
	}
	return out.len ? buf_steal(&out) : xstrdup("/");
}

static bool is_wanted(const struct search *s, const char *line)
{
	if (s->name) {
		AUTO_FREE char *name = line_name(line);
		return str_eq(name, s->name);
	}
	AUTO_FREE char *named = named_path(line);
	AUTO_FREE char *path = named ? tidy_path(s->cwd, named) : NULL;
	return str_eq(path, s->path);
}

bool reqfile_walk(const char *file, const char *cwd, bool constraints, reqfile_visitor visit, void *cookie)
{
	AUTO_STRV files = { 0 };
	bool ended = false;
	strv_add(&files, file);
	for (size_t i = 0; i < files.n && !ended; i++) {
		AUTO_FREE char *current = xstrdup(files.v[i]); /* the list may move */
		AUTO_FREE char *whole = path_join(cwd, current);
		AUTO_FREE char *dir = strchr(current, '/') ? path_dir(current) : xstrdup("");
		AUTO_BUF text = { 0 };
		AUTO_STRV lines = { 0 };
		if (!path_is_file(whole) || read_file(whole, MAX_BYTES, &text, NULL) < 0)
			continue;
		ended = visit(cookie, current, 0, NULL);
		strv_split(&lines, buf_str(&text), '\n');
		for (size_t k = 0; k < lines.n && !ended; k++) {
			AUTO_FREE char *line = clean_line(lines.v[k]);
			AUTO_FREE char *include = constraints ? any_included_file(line) : included_file(line);
			AUTO_FREE char *full = include ? path_join(dir, include) : NULL;
			if (!include)
				ended = visit(cookie, current, (int)k + 1, line);
			else if (files.n < MAX_FILES)
				strv_add_unique(&files, full);
		}
	}
	return ended;
}

static bool search_line(void *cookie, const char *file, int number, const char *line)
{
	struct search *s = cookie;
	const char *spec = line ? without_editable(line) : "-";
	if (spec[0] == '-' || !is_wanted(s, spec))
		return false;
	*s->out = (struct requirement_line){ .file = xstrdup(file), .line = number, .text = xstrdup(line) };
	return true;
}

bool requirement_lines_locate(const char *file, const char *cwd, const char *name, struct requirement_line *out)
{
	AUTO_FREE char *normal = name_normalize(name);
	return reqfile_walk(file, cwd, false, search_line, &(struct search){ .cwd = cwd, .name = normal, .out = out });
}

bool requirement_lines_locate_path(const char *file, const char *cwd, const char *path, struct requirement_line *out)
{
	AUTO_FREE char *tidy = tidy_path(cwd, path);
	return reqfile_walk(file, cwd, false, search_line, &(struct search){ .cwd = cwd, .path = tidy, .out = out });
}

void requirement_line_release(struct requirement_line *l)
{
	free(l->file);
	free(l->text);
	*l = (struct requirement_line){ 0 };
}

struct seen {
	const char *cwd;
	struct strv *paths;
};

static bool see_line(void *cookie, const char *file, int number, const char *line)
{
	struct seen *s = cookie;
	(void)number;
	AUTO_FREE char *named = line ? named_path(line) : NULL;
	AUTO_FREE char *full = !line ? path_join(s->cwd, file) : named ? tidy_path(s->cwd, named) : NULL; /* as pip and uv */
	if (full && path_exists(full))
		strv_add_unique(s->paths, full);
	return false;
}

void requirement_files_seen(const char *file, const char *cwd, struct strv *paths)
{
	reqfile_walk(file, cwd, true, see_line, &(struct seen){ cwd, paths });
}

/* "# via -r FILE", or "#   -r FILE" below "# via": FILE, else NULL. */
static char *via_file(const char *line)
{
	const char *p = line + strspn(line, " \t");
	if (*p++ != '#')
		return NULL;
	p += strspn(p, " \t");
	if (str_starts(p, "via "))
		p += 4;
	return str_starts(p, "-r ") ? xstrdup(p + 3) : NULL;
}

/* A line as an argument of the command line: without "-e ", options of its own ("--hash=...") and its
 * marker, which was true, or it were no target. */
static char *as_argument(const char *line)
{
	const char *spec = without_editable(line);
	const char *option = strstr(spec, " --");
	AUTO_FREE char *plain = xstrndup(spec, option ? (size_t)(option - spec) : strlen(spec));
	char *marker = strchr(plain, ';');
	if (marker && (marker[1] == ' ' || marker == plain || marker[-1] == ' ' || !strstr(plain, "://"))) /* not one in a URL */
		*marker = '\0';
	size_t n = strlen(plain);
	while (n > 0 && strchr(" \t", plain[n - 1]))
		n--;
	return xstrndup(plain, n);
}

/* A further file wants the newest target, too: its bounds are joined to those that are known. */
static void add_asked(struct target *t, const char *line)
{
	AUTO_TARGET read = { 0 };
	if (target_parse(line, &read, NULL) < 0 || t->kind != TARGET_REQUIREMENT || read.kind != TARGET_REQUIREMENT)
		return;
	bool both = t->asked && *t->asked && *read.specifier;
	AUTO_FREE char *joined = xasprintf("%s%s%s", t->asked ? t->asked : "", both ? "," : "", read.specifier);
	str_set(&t->asked, joined);
}

static void add_wish(struct target *t, const char *file, const char *cwd)
{
	AUTO_REQUIREMENT_LINE l = { 0 };
	if (!t->name || !requirement_lines_locate(file, cwd, t->name, &l))
		return;
	AUTO_FREE char *text = as_argument(l.text);
	add_asked(t, text);
}

/* Origin and typed text of the newest target, from the file that wanted it. */
static void set_origin(struct target *t, const char *file, const char *cwd)
{
	AUTO_REQUIREMENT_LINE l = { 0 };
	free(t->origin);
	AUTO_FREE char *written = named_path(t->text);
	const char *path = written ? written : t->path;
	bool named = t->name && requirement_lines_locate(file, cwd, t->name, &l);
	if (!named && !(path && requirement_lines_locate_path(file, cwd, path, &l))) {
		t->origin = xstrdup(file);
		return;
	}
	t->origin = xasprintf("%s:%d", l.file, l.line);
	AUTO_FREE char *text = as_argument(l.text);
	AUTO_TARGET line = { 0 };
	if (!t->extras.n && target_parse(text, &line, NULL) == 0) /* of a path without a name, uv prints no extras */
		strv_copy(&t->extras, &line.extras);
	add_asked(t, text);
	str_set(&t->text, text);
}

static int take_compiled(const char *raw, struct target_list *out, struct error *err)
{
	AUTO_FREE char *line = clean_line(raw);
	const char *spec = without_editable(line);
	struct target t = { .origin = xstrdup("requirements") };
	AUTO_ERROR why = { 0 };
	if (target_parse(spec, &t, &why) < 0) {
		AUTO_FREE char *hidden = text_hide_credentials_in(line);
		AUTO_FREE char *shown = text_safe_line(hidden);
		error_set(err, ERR_TOOL, "uv printed a line that is not understood: %s", shown);
		error_why(err, "%s", why.what);
		target_release(&t);
		return -1;
	}
	str_set(&t.marker, NULL); /* it was true */
	*target_list_add(out) = t;
	return 0;
}

int targets_from_compiled(const char *output, const char *cwd, struct target_list *out, struct error *err)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, output, '\n');
	bool placed = false; /* has the newest target its origin? */
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i] + strspn(lines.v[i], " \t\r");
		if (!*line || str_starts(line, "--hash="))
			continue;
		if (*line != '#') {
			if (take_compiled(line, out, err) < 0)
				return -1;
			placed = false;
			continue;
		}
		AUTO_FREE char *file = out->n ? via_file(line) : NULL;
		if (file && placed)
			add_wish(&out->v[out->n - 1], file, cwd);
		else if (file)
			set_origin(&out->v[out->n - 1], file, cwd);
		placed |= file != NULL;
	}
	return 0;
}
