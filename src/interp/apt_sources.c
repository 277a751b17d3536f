/* apt_sources.c: see apt_sources.h. */
#include "interp/apt_sources.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX (1u << 20)
#define ENTRIES_MAX 500

/* Fields that decide whether a mirror is trusted; the others do not matter for sources. */
static const char *const kept_fields[] = { "Signed-By", "Trusted", "Check-Valid-Until", "Check-Date", "Allow-Insecure", "Allow-Weak" };

static void source_release(struct apt_source *s)
{
	strv_release(&s->uris);
	strv_release(&s->suites);
	strv_release(&s->components);
	free(s->options);
	*s = (struct apt_source){ 0 };
}

void apt_sources_release(struct apt_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		source_release(&s->v[i]);
	free(s->v);
	*s = (struct apt_sources){ 0 };
}

/* Takes what s holds. An entry without mirror or suite is dropped. */
static void add_source(struct apt_sources *out, struct apt_source *s)
{
	if (s->uris.n == 0 || s->suites.n == 0 || out->n >= ENTRIES_MAX) {
		source_release(s);
		return;
	}
	if (out->n == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 8;
		out->v = xrealloc(out->v, out->cap, sizeof(*out->v));
	}
	out->v[out->n++] = *s;
	*s = (struct apt_source){ 0 };
}

static void split_words(const char *text, struct strv *out)
{
	static const char blank[] = " \t\r\n";
	for (text += strspn(text, blank); *text; text += strspn(text, blank)) {
		size_t n = strcspn(text, blank);
		strv_take(out, xstrndup(text, n));
		text += n;
	}
}

/* "name=value" of a one-line entry's options as a deb822 line. */
static void add_option(struct buf *options, const char *word)
{
	const char *equals = strchr(word, '=');
	if (!equals)
		return;
	size_t n = (size_t)(equals - word);
	for (size_t i = 0; i < ARRAY_LEN(kept_fields); i++)
		if (strlen(kept_fields[i]) == n && strncasecmp(kept_fields[i], word, n) == 0)
			buf_addf(options, "%s: %s\n", kept_fields[i], equals + 1);
}

/* deb [options] uri suite component...; `words` has no comment any more. */
static void read_one_line(const struct strv *words, struct apt_sources *out)
{
	struct apt_source s = { 0 };
	AUTO_BUF options = { 0 };
	size_t i = 1;
	if (words->n < 3 || (!str_eq(words->v[0], "deb") && !str_eq(words->v[0], "deb-src")))
		return;
	if (words->v[1][0] == '[') {
		bool end = false;
		for (; i < words->n && !end; i++) {
			AUTO_FREE char *word = xstrdup(words->v[i] + (i == 1));
			size_t n = strlen(word);
			end = n && word[n - 1] == ']';
			if (end)
				word[n - 1] = 0;
			add_option(&options, word);
		}
	}
	if (i < words->n)
		strv_add(&s.uris, words->v[i++]);
	if (i < words->n)
		strv_add(&s.suites, words->v[i++]);
	for (; i < words->n; i++)
		strv_add(&s.components, words->v[i]);
	if (options.len)
		s.options = buf_steal(&options);
	add_source(out, &s);
}

static void read_one_line_file(const char *text, size_t n, struct apt_sources *out)
{
	for (size_t i = 0; i < n;) {
		const char *newline = memchr(text + i, '\n', n - i);
		size_t len = newline ? (size_t)(newline - (text + i)) : n - i;
		AUTO_FREE char *line = xstrndup(text + i, len);
		line[strcspn(line, "#")] = 0;
		AUTO_STRV words = { 0 };
		split_words(line, &words);
		read_one_line(&words, out);
		i += len + 1;
	}
}

/* A field of a deb822 stanza with its continuation lines. */
struct field {
	struct buf name, value;
};

/* The state of reading one stanza. */
struct stanza {
	struct apt_source source;
	struct buf options;
	bool wanted_type, disabled;
};

static void end_field(struct stanza *st, struct field *f)
{
	const char *name = buf_str(&f->name), *value = buf_str(&f->value);
	if (strcasecmp(name, "Types") == 0) {
		AUTO_STRV types = { 0 };
		split_words(value, &types);
		st->wanted_type = strv_has(&types, "deb") || strv_has(&types, "deb-src");
	} else if (strcasecmp(name, "URIs") == 0) {
		split_words(value, &st->source.uris);
	} else if (strcasecmp(name, "Suites") == 0) {
		split_words(value, &st->source.suites);
	} else if (strcasecmp(name, "Components") == 0) {
		split_words(value, &st->source.components);
	} else if (strcasecmp(name, "Enabled") == 0) {
		st->disabled = strcasecmp(value, "no") == 0 || strcasecmp(value, "false") == 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(kept_fields); i++)
		if (strcasecmp(name, kept_fields[i]) == 0 && f->value.len)
			buf_addf(&st->options, "%s: %s\n", kept_fields[i], value);
	buf_clear(&f->name);
	buf_clear(&f->value);
}

static void end_stanza(struct stanza *st, struct field *f, struct apt_sources *out)
{
	end_field(st, f);
	if (st->options.len)
		st->source.options = buf_steal(&st->options);
	if (st->wanted_type && !st->disabled)
		add_source(out, &st->source);
	source_release(&st->source);
	buf_release(&st->options);
	*st = (struct stanza){ 0 };
}

static void read_deb822_line(struct stanza *st, struct field *f, const char *line)
{
	if (*line == ' ' || *line == '\t') {
		if (f->name.len)
			buf_addf(&f->value, "\n%s", line);
		return;
	}
	end_field(st, f);
	const char *colon = strchr(line, ':');
	if (!colon)
		return;
	buf_add(&f->name, line, (size_t)(colon - line));
	buf_adds(&f->value, colon + 1 + strspn(colon + 1, " \t"));
}

static void read_deb822_file(const char *text, size_t n, struct apt_sources *out)
{
	struct stanza st = { 0 };
	struct field f = { 0 };
	for (size_t i = 0; i < n;) {
		const char *newline = memchr(text + i, '\n', n - i);
		size_t len = newline ? (size_t)(newline - (text + i)) : n - i;
		AUTO_FREE char *line = xstrndup(text + i, len);
		size_t end = strlen(line);
		while (end && strchr(" \t\r", line[end - 1]))
			line[--end] = 0;
		if (*line == 0)
			end_stanza(&st, &f, out);
		else if (*line != '#')
			read_deb822_line(&st, &f, line);
		i += len + 1;
	}
	end_stanza(&st, &f, out);
	buf_release(&f.name);
	buf_release(&f.value);
}

void apt_sources_read(const char *text, size_t n, bool deb822, struct apt_sources *out)
{
	if (deb822)
		read_deb822_file(text, n, out);
	else
		read_one_line_file(text, n, out);
}

static void load_file(const char *path, bool deb822, struct apt_sources *out)
{
	AUTO_BUF text = { .max = FILE_MAX };
	if (path_is_file(path) && read_file(path, FILE_MAX, &text, NULL) == 0)
		apt_sources_read(buf_str(&text), text.len, deb822, out);
}

void apt_sources_load(const char *folder, struct apt_sources *out)
{
	AUTO_FREE char *list = path_join(folder, "sources.list");
	AUTO_FREE char *parts = path_join(folder, "sources.list.d");
	AUTO_STRV names = { 0 };
	load_file(list, false, out);
	if (!path_is_dir(parts) || list_dir(parts, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = path_join(parts, names.v[i]);
		if (str_ends(names.v[i], ".list") || str_ends(names.v[i], ".sources"))
			load_file(path, str_ends(names.v[i], ".sources"), out);
	}
}

/* Does this entry serve the release itself (not its updates, and no other vendor's folder)? */
static bool serves(const struct apt_source *s, const char *codename)
{
	static const char *const moving[] = { "stable", "testing", "unstable", "sid", "oldstable" };
	if (!strv_has(&s->components, "main"))
		return false;
	bool named = codename && strv_has(&s->suites, codename);
	for (size_t i = 0; i < ARRAY_LEN(moving) && !named; i++)
		named = strv_has(&s->suites, moving[i]);
	return named;
}

char *apt_sources_write(const struct apt_sources *s, const char *codename, const struct strv *suites)
{
	AUTO_BUF out = { 0 };
	AUTO_STRV seen = { 0 };
	AUTO_FREE char *list = strv_join(suites, " ");
	for (size_t i = 0; i < s->n; i++) {
		if (!serves(&s->v[i], codename))
			continue;
		for (size_t k = 0; k < s->v[i].uris.n; k++) {
			const char *uri = s->v[i].uris.v[k];
			if (str_starts(uri, "cdrom:") || strv_has(&seen, uri))
				continue;
			strv_add(&seen, uri);
			buf_addf(&out, "%sTypes: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n%s", out.len ? "\n" : "", uri, list,
			         s->v[i].options ? s->v[i].options : "");
		}
	}
	return out.len ? buf_steal(&out) : xstrdup("");
}
