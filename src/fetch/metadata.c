/* metadata.c: see metadata.h. */
#include "fetch/metadata.h"

#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_KEY 64
#define MAX_FILE (8u << 20)

/* The header that is being read: its key and what of its value was seen. */
struct field {
	char key[MAX_KEY + 1]; /* "" while there is none */
	struct buf value;
};

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Adds text without blanks around it and without bytes that C strings cannot hold. */
static void add_trimmed(struct buf *b, const char *s, size_t n)
{
	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		n--;
	const char *nul = memchr(s, '\0', n);
	buf_add(b, s, nul ? (size_t)(nul - s) : n);
}

/* "Key: value" starts a field; anything else is skipped with its folded lines. */
static void start_field(struct field *f, const char *line, size_t n)
{
	f->key[0] = '\0';
	buf_clear(&f->value);
	size_t k = 0;
	while (k < n && k < MAX_KEY && is_key_char(line[k]))
		k++;
	if (k == 0 || k >= n || line[k] != ':')
		return;
	memcpy(f->key, line, k);
	f->key[k] = '\0';
	add_trimmed(&f->value, line + k + 1, n - k - 1);
}

void header_fields(const char *text, size_t n, bool (*each)(void *cookie, const char *key, const char *value), void *cookie)
{
	struct field f = { .value.max = METADATA_MAX_VALUE };
	size_t fields = 0;
	bool more = true;
	while (n > 0 && more) {
		const char *nl = memchr(text, '\n', n);
		size_t len = nl ? (size_t)(nl - text) : n;
		if (len == 0 || (len == 1 && *text == '\r'))
			break;
		if (*text == ' ' || *text == '\t') {
			buf_addc(&f.value, '\n');
			add_trimmed(&f.value, text, len);
		} else {
			if (f.key[0])
				more = each(cookie, f.key, buf_str(&f.value)) && ++fields < METADATA_MAX_FIELDS;
			start_field(&f, text, len);
		}
		text += nl ? len + 1 : len;
		n -= nl ? len + 1 : len;
	}
	if (more && f.key[0])
		each(cookie, f.key, buf_str(&f.value));
	buf_release(&f.value);
}

static bool take_field(void *cookie, const char *key, const char *value)
{
	struct metadata *m = cookie;
	struct {
		const char *key;
		char **one; /* the first one counts */
		struct strv *list;
	} fields[] = {
		{ "Name", &m->name, NULL },
		{ "Version", &m->version, NULL },
		{ "Requires-Python", &m->requires_python, NULL },
		{ "Classifier", NULL, &m->classifiers },
		{ "Requires-Dist", NULL, &m->requires_dist },
		{ "Provides-Extra", NULL, &m->provides_extra },
		{ "Project-URL", NULL, &m->project_urls },
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcasecmp(key, fields[i].key) != 0 || !*value)
			continue;
		if (fields[i].list)
			strv_add(fields[i].list, value);
		else if (!*fields[i].one)
			*fields[i].one = xstrdup(value);
	}
	if (strcasecmp(key, "Home-page") == 0 && *value && strcmp(value, "UNKNOWN") != 0)
		strv_addf(&m->project_urls, "Homepage, %s", value);
	return true;
}

void metadata_parse(const char *text, size_t n, struct metadata *out)
{
	header_fields(text, n, take_field, out);
}

int metadata_read(const char *path, struct metadata *out, struct error *err)
{
	AUTO_BUF text = { 0 };
	if (read_file(path, MAX_FILE, &text, err) < 0)
		return -1;
	metadata_parse(buf_str(&text), text.len, out);
	return 0;
}

void metadata_release(struct metadata *m)
{
	free(m->name);
	free(m->version);
	free(m->requires_python);
	strv_release(&m->classifiers);
	strv_release(&m->requires_dist);
	strv_release(&m->provides_extra);
	strv_release(&m->project_urls);
	*m = (struct metadata){ 0 };
}
