/* complaint.c: uv's standard error -> an error of ours; see uv_complaint(). The samples are in tests/unit/data/uv. */
#include "inputs/target.h"

#include "base/fs.h"
#include "base/text.h"
#include "inputs/requirement.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WHY 4096

struct complaint {
	const char *text; /* cleaned: see clean() */
	const char *cwd;
	char *subject;
	struct error *err;
};

/* uv's text without colours, credentials and the marks in front of causes. */
static char *clean(const char *text)
{
	AUTO_FREE char *hidden = text_hide_credentials_in(text);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, hidden, '\n');
	struct buf out = { .max = MAX_WHY };
	static const char *const marks[] = { "error: ", "cause: ", "Caused by: ", "\xc3\x97 ", "\xe2\x95\xb0\xe2\x94\x80\xe2\x96\xb6 ", "\xe2\x94\x9c\xe2\x94\x80\xe2\x96\xb6 ", "\xe2\x94\x82 " };
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i];
		size_t indent = strspn(line, " ");
		for (size_t m = 0; m < ARRAY_LEN(marks); m++) {
			if (str_starts(line + indent, marks[m])) {
				line += indent + strlen(marks[m]);
				indent = 0;
			}
		}
		if (!line[indent] || str_starts(line, "warning: "))
			continue;
		if (out.len)
			buf_addc(&out, '\n');
		text_safe(&out, line, strlen(line), true);
	}
	return out.data ? buf_steal(&out) : xstrdup("uv said nothing");
}

static bool is_name_char(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", c);
}

static char *word_at(const char *p)
{
	size_t n = 0;
	while (is_name_char(p[n]))
		n++;
	return n ? xstrndup(p, n) : NULL;
}

/* The requirement that follows `phrase`: "==99.1" of "no version of attrs==99.1"; "" when bare. */
static char *specifier_at(const char *p)
{
	while (is_name_char(*p))
		p++;
	size_t n = strcspn(p, " \n");
	while (n > 0 && p[n - 1] == '.')
		n--;
	return xstrndup(p, n);
}

/* The start of the word before `phrase`: "cffi==1.17.1" of "cffi==1.17.1 has no". */
static const char *word_before(const char *text, const char *phrase)
{
	const char *p = phrase;
	while (p > text && p[-1] == ' ')
		p--;
	while (p > text && p[-1] != ' ' && p[-1] != '\n')
		p--;
	return p;
}

static int finish(struct complaint *c)
{
	return error_why(c->err, "%s", c->text);
}

/* Line and column of a byte offset in a file; 0 when the file cannot be read so far. */
static int line_of_offset(const struct complaint *c, const char *file, size_t offset)
{
	AUTO_FREE char *path = path_join(c->cwd, file);
	AUTO_BUF text = { 0 };
	if (!path_is_file(path) || read_file(path, 4u << 20, &text, NULL) < 0 || offset > text.len)
		return 0;
	int line = 1;
	for (size_t i = 0; i < offset; i++)
		line += text.data[i] == '\n';
	return line;
}

/* "Couldn't parse requirement in `F` at position N", cause, the text, a caret. */
static int bad_requirement(struct complaint *c, const char *at)
{
	const char *open = strchr(at, '`'), *close = open ? strchr(open + 1, '`') : NULL;
	const char *position = close ? strstr(close, "position ") : NULL;
	AUTO_FREE char *file = close ? xstrndup(open + 1, (size_t)(close - open - 1)) : xstrdup("requirements");
	int line = position ? line_of_offset(c, file, strtoul(position + 9, NULL, 10)) : 0;
	AUTO_FREE char *origin = line ? xasprintf("%s:%d", file, line) : xstrdup(file);
	AUTO_STRV rest = { 0 };
	strv_split(&rest, at, '\n'); /* the head, the cause, the requirement, the caret */
	const char *shown = rest.n > 2 ? rest.v[2] + strspn(rest.v[2], " ") : "";
	AUTO_REQUIREMENT r = { 0 };
	AUTO_PROBLEM p = { 0 };
	if (*shown && requirement_parse(shown, &r, &p) < 0) {
		requirement_error(shown, origin, &p, c->err);
		return finish(c);
	}
	error_set(c->err, ERR_BAD_REQUIREMENT, "cannot read a requirement");
	error_where(c->err, *shown ? "%s   `%s`" : "%s", origin, shown);
	return finish(c);
}

/* "Unexpected '-', expected ...: FILE:1:1" */
static int bad_line(struct complaint *c, const char *at)
{
	AUTO_FREE char *first = xstrndup(at, strcspn(at, "\n"));
	char *place = strrchr(first, ' ');
	error_set(c->err, ERR_BAD_REQUIREMENT, "cannot read a line of a requirements file");
	if (place && strchr(place, ':'))
		error_where(c->err, "%s", place + 1);
	return finish(c);
}

static int missing_file(struct complaint *c, const char *at)
{
	const char *open = strchr(at, '`'), *close = open ? strchr(open + 1, '`') : NULL;
	const char *colon = strchr(at, ':');
	AUTO_FREE char *name = close ? xstrndup(open + 1, (size_t)(close - open - 1)) : colon ? xstrndup(colon + 1, strcspn(colon + 1, "\n")) : xstrdup("?");
	const char *shown = name + strspn(name, " ");
	error_set(c->err, ERR_BAD_TARGET, "no file '%s'", shown);
	const char *including = strstr(c->text, "Error parsing included file in `");
	if (including) {
		const char *from = strchr(including, '`') + 1;
		AUTO_FREE char *file = xstrndup(from, strcspn(from, "`"));
		const char *position = strstr(from, "position ");
		int line = position ? line_of_offset(c, file, strtoul(position + 9, NULL, 10)) : 0;
		error_where(c->err, line ? "%s:%d" : "%s", file, line);
	}
	return finish(c);
}

static int no_project(struct complaint *c, const char *at)
{
	if (strstr(c->text, "401 Unauthorized") || strstr(c->text, "403 Forbidden")) {
		error_set(c->err, ERR_NETWORK, "the package index asks for credentials, or refuses those given");
		error_hint(c->err, "put them into netrc, or into the URL given by `--index-url`");
		return finish(c);
	}
	c->subject = word_at(word_before(c->text, at));
	error_set(c->err, ERR_NOT_FOUND, "no project named `%s` on the index in use", c->subject ? c->subject : "?");
	error_hint(c->err, "check the name; a private project needs `--index-url` or a netrc entry");
	return finish(c);
}

static int offline(struct complaint *c, const char *at)
{
	const char *missing = strstr(c->text, " was not found in the cache");
	(void)at;
	c->subject = missing ? word_at(word_before(c->text, missing)) : NULL;
	error_set(c->err, ERR_OFFLINE_MISS, "%s is not in the cache and the network is off (--offline)", c->subject ? c->subject : "something");
	error_hint(c->err, "run once without `--offline`");
	return finish(c);
}

static int unreachable(struct complaint *c, const char *at)
{
	const char *url = strstr(at, "://");
	const char *from = url ? word_before(c->text, url) : NULL;
	if (from && *from == '(')
		from++;
	AUTO_FREE char *shown = from ? xstrndup(from, strcspn(from, " \n)`'")) : xstrdup("the package index");
	error_set(c->err, ERR_NETWORK, "cannot fetch %s", shown);
	error_hint(c->err, "check the network and the proxy; `--offline` uses only what is in the cache");
	return finish(c);
}

/* "there is no version of X==9", "there are no versions of X" */
static int no_version(struct complaint *c, const char *at)
{
	const char *p = strstr(at, " of ") + 4;
	AUTO_FREE char *spec = specifier_at(p);
	c->subject = word_at(p);
	error_set(c->err, ERR_NO_VERSION, *spec ? "no release of `%s` is %s" : "no release of `%s` can be had", c->subject ? c->subject : "?", spec);
	return finish(c);
}

/* "only X<=6.0.3 is available and you require X>=99" */
static int out_of_range(struct complaint *c, const char *at)
{
	const char *p = strstr(c->text, "ecause only ");
	p = p && p < at ? p + strlen("ecause only ") : word_before(c->text, at);
	if (str_starts(p, "the following versions of "))
		p += strlen("the following versions of ");
	AUTO_FREE char *spec = specifier_at(p);
	c->subject = word_at(p);
	AUTO_FREE char *wanted = c->subject ? xasprintf("you require %s", c->subject) : NULL;
	const char *required = wanted ? strstr(c->text, wanted) : NULL;
	AUTO_FREE char *asked = required ? specifier_at(required + strlen("you require ")) : xstrdup("");
	asked[strcspn(asked, " ")] = '\0';
	if (*asked)
		asked[strlen(asked) - (asked[strlen(asked) - 1] == ',')] = '\0';
	error_set(c->err, ERR_NO_VERSION, "no release of `%s` satisfies %s", c->subject ? c->subject : "?", *asked ? asked : "what is required");
	if (*spec && *spec != ' ')
		error_hint(c->err, "available: %s%s", c->subject ? c->subject : "", spec);
	return finish(c);
}

static int no_fit(struct complaint *c, const char *at)
{
	const char *p = word_before(c->text, at);
	AUTO_FREE char *spec = specifier_at(p);
	c->subject = word_at(p);
	error_set(c->err, ERR_NO_VERSION, "no file of `%s`%s%s fits this interpreter", c->subject ? c->subject : "?", *spec ? " " : "", spec);
	return finish(c);
}

static int yanked(struct complaint *c, const char *at)
{
	const char *p = word_before(c->text, at);
	AUTO_FREE char *spec = specifier_at(p);
	c->subject = word_at(p);
	error_set(c->err, ERR_NO_VERSION, "`%s` %s was yanked (withdrawn by its authors)", c->subject ? c->subject : "?", str_starts(spec, "==") ? spec + 2 : spec);
	error_hint(c->err, "require another version; only `==` takes one that was yanked");
	return finish(c);
}

static int not_a_project(struct complaint *c, const char *at)
{
	const char *p = word_before(c->text, at);
	p += *p == '`';
	AUTO_FREE char *dir = xstrndup(p, strcspn(p, "`\n"));
	error_set(c->err, ERR_NOT_A_PROJECT, "'%s' is not a Python project", path_base(dir));
	error_where(c->err, "%s", dir);
	return finish(c);
}

static int git_failed_there(struct complaint *c, const char *at)
{
	(void)at;
	const char *ref = strstr(c->text, "branch or tag `");
	AUTO_FREE char *name = ref ? xstrndup(ref + 15, strcspn(ref + 15, "`\n")) : NULL;
	if (strstr(c->text, "find remote ref") && name)
		error_set(c->err, ERR_NO_REF, "the git repository has no branch, tag or commit '%s'", name);
	else
		error_set(c->err, ERR_NETWORK, "a git repository cannot be fetched");
	return finish(c);
}

static int disk_full(struct complaint *c, const char *at)
{
	(void)at;
	error_set(c->err, ERR_DISK_FULL, "no space left while packages were resolved");
	return finish(c);
}

/* The last line that says something, of what the package's own code printed. */
static char *last_words(const char *text)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	const char *last = NULL;
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i] + strspn(lines.v[i], " ");
		if (str_starts(line, "hint: "))
			break;
		if (*line && *line != '[')
			last = line;
	}
	return xstrdup(last ? last : "it says nothing");
}

/* "Failed to build `X==1`", causes, what its build backend printed. The subject is "X==1". */
static int build_failed(struct complaint *c, const char *at)
{
	const char *open = strstr(c->text, "build `");
	c->subject = open ? xstrndup(open + 7, strcspn(open + 7, "`\n @")) : NULL;
	AUTO_FREE char *words = last_words(at);
	error_set(c->err, ERR_BUILD, "the metadata of `%s` cannot be made: %s", c->subject ? c->subject : "?", words);
	return finish(c);
}

static int bad_hash(struct complaint *c, const char *at)
{
	const char *open = strchr(at, '`');
	AUTO_FREE char *name = open ? xstrndup(open + 1, strcspn(open + 1, "`\n")) : xstrdup("?");
	error_set(c->err, ERR_BAD_HASH, "the download of `%s` does not have the sha256 that the index states", name);
	error_hint(c->err, "try again; if it stays so, the index or a proxy on the way serves a damaged or changed file");
	return finish(c);
}

static int bad_archive(struct complaint *c, const char *at)
{
	const char *name = strstr(at, "archive: ");
	AUTO_FREE char *shown = name ? xstrndup(name + 9, strcspn(name + 9, "\n")) : xstrdup("?");
	AUTO_FREE char *words = last_words(at);
	error_set(c->err, ERR_BAD_ARCHIVE, "the archive of `%s` cannot be unpacked: %s", shown, words);
	return finish(c);
}

static int conflict(struct complaint *c, const char *at)
{
	(void)at;
	error_set(c->err, ERR_CONFLICT, "the requirements contradict one another");
	return finish(c);
}

/* In this order: what explains more comes first. */
static const struct {
	const char *phrase;
	int (*take)(struct complaint *c, const char *at);
} rules[] = {
	{ "No space left on device", disk_full },
	{ "Hash mismatch for `", bad_hash },
	{ "Failed to extract archive", bad_archive },
	{ "network was disabled", offline },
	{ "etwork connectivity is disabled", offline },
	{ "was not found in the cache", offline },
	{ "Couldn't parse requirement in", bad_requirement },
	{ "Unexpected '", bad_line },
	{ "failed to read from file", missing_file },
	{ "File not found", missing_file },
	{ "Distribution not found at", missing_file },
	{ "does not appear to be a Python project", not_a_project },
	{ "Git operation failed", git_failed_there },
	{ "The build backend returned an error", build_failed },
	{ "Failed to fetch", unreachable },
	{ "Could not connect", unreachable },
	{ "error sending request", unreachable },
	{ "was not found in the package registry", no_project },
	{ "was yanked", yanked },
	{ "has no usable wheels", no_fit },
	{ "has no wheels with a ", no_fit },
	{ "only has wheels with", no_fit },
	{ "depends on Python", no_fit },
	{ "requires-python", no_fit },
	{ " requires Python ", no_fit },
	{ "there is no version of ", no_version },
	{ "there are no versions of ", no_version },
	{ " is available and you require", out_of_range },
	{ "only the following versions of", out_of_range },
	{ "No solution found", conflict },
};

int uv_complaint(const char *stderr_text, const char *cwd, char **subject, struct error *err)
{
	AUTO_FREE char *text = clean(stderr_text);
	struct complaint c = { .text = text, .cwd = cwd, .err = err };
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(rules) && !known; i++) {
		const char *at = strstr(text, rules[i].phrase);
		known = at != NULL;
		if (known)
			rules[i].take(&c, at);
	}
	if (!known) {
		error_set(err, ERR_TOOL, "uv failed");
		finish(&c);
	}
	if (subject)
		*subject = STEAL(&c.subject);
	free(c.subject);
	return -1;
}
