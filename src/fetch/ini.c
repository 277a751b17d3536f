/* ini.c: see ini.h. */
#include "fetch/ini.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* [first, last) without the white space around it, as a copy. */
static char *trimmed(const char *first, const char *last)
{
	while (first < last && isspace((unsigned char)*first))
		first++;
	while (last > first && isspace((unsigned char)last[-1]))
		last--;
	return xstrndup(first, (size_t)(last - first));
}

static char *make_key(const char *first, const char *last)
{
	char *key = trimmed(first, last);
	if (str_starts(key, "--"))
		memmove(key, key + 2, strlen(key) - 1);
	for (char *p = key; *p; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	return key;
}

static void append_line(struct ini_entry *e, const char *first, const char *last)
{
	AUTO_FREE char *line = trimmed(first, last);
	char *joined = *e->value ? xasprintf("%s\n%s", e->value, line) : xstrdup(line);
	free(e->value);
	e->value = joined;
}

static void add_entry(struct ini *ini, const char *section, char *key, char *value)
{
	if (ini->n == ini->cap) {
		ini->cap = ini->cap ? ini->cap * 2 : 16;
		ini->entries = xrealloc(ini->entries, ini->cap, sizeof(*ini->entries));
	}
	ini->entries[ini->n++] = (struct ini_entry){ xstrdup(section), key, value };
}

static int mistake(const char *source, size_t line, const char *what, struct error *err)
{
	error_set(err, ERR_BAD_CONFIG, "cannot read a configuration file: %s", what);
	return error_where(err, "%s:%zu:1", source, line);
}

/* The state between lines. */
struct reader {
	struct ini *ini;
	const char *source;
	char *section; /* NULL before the first one */
	size_t line;
	size_t indent;   /* of the current key */
	bool has_key;    /* an indented line may continue it */
};

static int read_key(struct reader *r, const char *first, const char *end, struct error *err)
{
	const char *sep = first;
	while (sep < end && *sep != '=' && *sep != ':')
		sep++;
	if (!r->section)
		return mistake(r->source, r->line, "no [section] before this line", err);
	if (sep == end || sep == first)
		return mistake(r->source, r->line, "expected `key = value`", err);
	add_entry(r->ini, r->section, make_key(first, sep), trimmed(sep + 1, end));
	r->has_key = true;
	return 0;
}

static int read_line(struct reader *r, const char *s, const char *end, struct error *err)
{
	const char *first = s;
	while (first < end && isspace((unsigned char)*first))
		first++;
	if (first == end || *first == '#' || *first == ';')
		return 0;
	size_t indent = (size_t)(first - s);
	if (r->has_key && indent > r->indent) {
		append_line(&r->ini->entries[r->ini->n - 1], first, end);
		return 0;
	}
	r->has_key = false;
	r->indent = indent;
	if (*first != '[')
		return read_key(r, first, end, err);
	const char *close = memchr(first, ']', (size_t)(end - first));
	if (!close)
		return mistake(r->source, r->line, "`[` without `]`", err);
	free(r->section);
	r->section = trimmed(first + 1, close);
	return 0;
}

int ini_parse(const char *text, size_t n, const char *source, struct ini *out, struct error *err)
{
	struct reader r = { .ini = out, .source = source };
	const char *end = text + n;
	int result = 0;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	if (memchr(text, '\0', (size_t)(end - text)))
		return mistake(source, 1, "it holds a zero byte", err);
	while (text < end && result == 0) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		r.line++;
		result = read_line(&r, text, stop, err);
		text = newline ? newline + 1 : end;
	}
	free(r.section);
	return result;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = ini->n; i-- > 0;)
		if (strcmp(ini->entries[i].section, section) == 0 && strcmp(ini->entries[i].key, key) == 0)
			return ini->entries[i].value;
	return NULL;
}

void ini_release(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->entries[i].section);
		free(ini->entries[i].key);
		free(ini->entries[i].value);
	}
	free(ini->entries);
	*ini = (struct ini){ 0 };
}
