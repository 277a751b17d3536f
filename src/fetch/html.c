/* html.c: the anchors of an HTML page (PEP 503), with entities decoded. */
#include "fetch/index_page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 16384 /* bytes of one attribute or text */

struct cursor {
	const char *p, *end;
};

static void add_code_point(struct buf *b, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		buf_addc(b, (char)c);
	} else if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* An entity at s ("&...;"); returns its length, or 0 when it is none. */
static size_t add_entity(struct buf *b, const char *s, const char *end)
{
	static const struct {
		const char *name;
		uint32_t c;
	} named[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }, { "&nbsp;", 0xa0 } };
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		size_t n = strlen(named[i].name);
		if ((size_t)(end - s) >= n && memcmp(s, named[i].name, n) == 0) {
			add_code_point(b, named[i].c);
			return n;
		}
	}
	if (end - s < 4 || s[1] != '#')
		return 0;
	bool hex = s[2] == 'x' || s[2] == 'X';
	uint32_t c = 0;
	const char *p = s + (hex ? 3 : 2);
	const char *first = p;
	for (; p < end && p - first < 8 && (hex ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p)); p++) {
		uint32_t digit = isdigit((unsigned char)*p) ? (uint32_t)(*p - '0') : (uint32_t)(tolower((unsigned char)*p) - 'a' + 10);
		c = c * (hex ? 16 : 10) + digit;
	}
	if (p == first || p == end || *p != ';')
		return 0;
	add_code_point(b, c);
	return (size_t)(p + 1 - s);
}

static char *decoded(const char *s, const char *end)
{
	struct buf b = { .max = VALUE_MAX };
	while (s < end) {
		size_t n = *s == '&' ? add_entity(&b, s, end) : 0;
		if (n == 0)
			buf_addc(&b, *s ? *s : ' ');
		s += n ? n : 1;
	}
	return buf_steal(&b);
}

static void skip_space(struct cursor *c)
{
	while (c->p < c->end && (isspace((unsigned char)*c->p) || *c->p == '/'))
		c->p++;
}

/* One attribute; false at the end of the tag. Name and value are ranges. */
static bool attribute(struct cursor *c, struct cursor *name, struct cursor *value)
{
	skip_space(c);
	if (c->p == c->end || *c->p == '>')
		return false;
	name->p = c->p++;
	while (c->p < c->end && !isspace((unsigned char)*c->p) && *c->p != '=' && *c->p != '>' && *c->p != '/')
		c->p++;
	name->end = c->p;
	value->p = value->end = c->p;
	struct cursor look = *c;
	while (look.p < look.end && isspace((unsigned char)*look.p))
		look.p++;
	if (look.p == look.end || *look.p != '=')
		return true;
	look.p++;
	while (look.p < look.end && isspace((unsigned char)*look.p))
		look.p++;
	char quote = look.p < look.end && (*look.p == '"' || *look.p == '\'') ? *look.p : '\0';
	value->p = look.p += quote != '\0';
	while (look.p < look.end && (quote ? *look.p != quote : !isspace((unsigned char)*look.p) && *look.p != '>'))
		look.p++;
	value->end = look.p;
	c->p = look.p + (quote && look.p < look.end);
	return true;
}

static bool named(const struct cursor *name, const char *want)
{
	size_t n = strlen(want);
	return (size_t)(name->end - name->p) == n && strncasecmp(name->p, want, n) == 0;
}

static void keep(char **field, const struct cursor *value)
{
	if (!*field) /* the first of equal attributes counts */
		*field = decoded(value->p, value->end);
}

static void read_attributes(struct cursor *c, struct html_anchor *a)
{
	struct cursor name, value;
	while (attribute(c, &name, &value)) {
		if (named(&name, "href"))
			keep(&a->href, &value);
		else if (named(&name, "data-requires-python"))
			keep(&a->requires_python, &value);
		else if (named(&name, "data-yanked"))
			keep(&a->yanked, &value);
	}
}

static void release(struct html_anchor *a)
{
	free(a->href);
	free(a->requires_python);
	free(a->yanked);
	free(a->text);
}

/* Does the tag at p ("<...") have this name? Moves behind the name if so. */
static bool tag(struct cursor *c, const char *want)
{
	size_t n = strlen(want);
	if ((size_t)(c->end - c->p) < n + 2 || strncasecmp(c->p + 1, want, n) != 0)
		return false;
	char after = c->p[n + 1];
	if (!isspace((unsigned char)after) && after != '>' && after != '/')
		return false;
	c->p += n + 1;
	return true;
}

static void skip_comment(struct cursor *c)
{
	const char *close = memmem(c->p + 4, (size_t)(c->end - c->p) - 4, "-->", 3);
	c->p = close ? close + 3 : c->end;
}

void html_anchors(const char *text, size_t n, char **base, void (*each)(void *cookie, const struct html_anchor *a), void *cookie)
{
	struct cursor c = { text, text + n };
	while (c.p < c.end && (c.p = memchr(c.p, '<', (size_t)(c.end - c.p)))) {
		struct html_anchor a = { 0 };
		if (c.end - c.p >= 4 && memcmp(c.p, "<!--", 4) == 0) {
			skip_comment(&c);
		} else if (tag(&c, "a")) {
			read_attributes(&c, &a);
			c.p += c.p < c.end; /* the > */
			const char *close = memchr(c.p, '<', (size_t)(c.end - c.p));
			a.text = decoded(c.p, close ? close : c.end);
			each(cookie, &a);
		} else if (tag(&c, "base")) {
			read_attributes(&c, &a);
			if (base && !*base)
				*base = STEAL(&a.href);
		} else {
			c.p++;
		}
		release(&a);
	}
}
