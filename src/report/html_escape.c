/* html_escape.c: see html_escape.h. */
#include "report/html_escape.h"

#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum context { CONTEXT_TEXT, CONTEXT_BLOCK, CONTEXT_ATTRIBUTE };

/* A sequence longer than this is not taken for one: its text is shown. */
#define SEQUENCE_MAX 4096

void html_markup(struct html *w, const char *literal, size_t n)
{
	buf_add(&w->b, literal, n);
}

/* Length of an operating-system or device-control string that starts after its
 * introducer at s[from]; 0 unless BEL or ST ends it on the same line. */
static size_t string_sequence(const char *s, size_t n, size_t from)
{
	for (size_t i = from; i < n && i < SEQUENCE_MAX && s[i] != '\n'; i++) {
		if (s[i] == '\a')
			return i + 1;
		if (s[i] == '\x1b' && i + 1 < n && s[i + 1] == '\\')
			return i + 2;
	}
	return 0;
}

/* Length of the terminal sequence that starts at s (ECMA-48), 0 when there is
 * no complete one. An incomplete one is never removed, or it could hide text. */
static size_t terminal_sequence(const char *s, size_t n)
{
	size_t i;
	if (n >= 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] == 0x9b)
		i = 2; /* CSI as one C1 character */
	else if (n >= 2 && s[0] == '\x1b' && s[1] == '[')
		i = 2;
	else if (n >= 2 && s[0] == '\x1b' && strchr("]PX^_", s[1]) && s[1])
		return string_sequence(s, n, 2);
	else if (n >= 2 && s[0] == '\x1b') {
		i = 1;
		while (i < n && i < 8 && s[i] >= 0x20 && s[i] <= 0x2f)
			i++;
		return i < n && s[i] >= 0x30 && s[i] <= 0x7e ? i + 1 : 0;
	} else
		return 0;
	while (i < n && i < 128 && s[i] >= 0x20 && s[i] <= 0x3f)
		i++;
	return i < n && s[i] >= 0x40 && s[i] <= 0x7e ? i + 1 : 0;
}

static bool is_hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || text_is_bidi_control(cp) || cp == 0xad || cp == 0x180e ||
	       (cp >= 0x200b && cp <= 0x200d) || (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfff9 && cp <= 0xfffb) ||
	       (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef) || (cp >= 0xe0000 && cp <= 0xe007f);
}

static const char *entity(uint32_t cp, enum context context)
{
	switch (cp) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return context == CONTEXT_ATTRIBUTE ? "&#34;" : NULL;
	case '\'': return context == CONTEXT_ATTRIBUTE ? "&#39;" : NULL;
	default: return NULL;
	}
}

/* Length of "://user:password" at s when an "@" follows it, else 0. */
static size_t credentials(const char *s, size_t n)
{
	if (n < 4 || memcmp(s, "://", 3) != 0)
		return 0;
	size_t end = 3;
	while (end < n && !strchr("/?# \t\r\n\"'<>", s[end]))
		end++;
	const char *at = memrchr(s + 3, '@', end - 3);
	return at ? (size_t)(at - s) : 0;
}

/* Write one character; returns how many bytes of s it took. */
static size_t escape_character(struct html *w, const char *s, size_t n, enum context context)
{
	uint32_t cp = 0;
	size_t len = text_decode(s, n, &cp);
	if (len == 0) {
		buf_adds(&w->b, "\xef\xbf\xbd");
		return 1;
	}
	const char *name = entity(cp, context);
	bool line_end = context == CONTEXT_BLOCK && cp == '\r' && n > 1 && s[1] == '\n';
	if (name)
		buf_adds(&w->b, name);
	else if (is_hidden(cp) && !(context == CONTEXT_BLOCK && (cp == '\n' || cp == '\t')) && !line_end)
		buf_addf(&w->b, "&lt;U+%04X&gt;", cp);
	else if (!line_end) /* CR LF is one line end */
		buf_add(&w->b, s, len);
	return len;
}

static void escape(struct html *w, const char *s, size_t n, enum context context)
{
	while (n > 0) {
		size_t len = *s == ':' ? credentials(s, n) : 0;
		if (len)
			buf_adds(&w->b, "://***");
		else
			len = terminal_sequence(s, n);
		if (len == 0)
			len = escape_character(w, s, n, context);
		s += len;
		n -= len;
	}
}

/* The largest length at most max that does not split a character. */
static size_t whole_characters(const char *s, size_t max)
{
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void html_text(struct html *w, const char *s)
{
	html_text_cut(w, s, SIZE_MAX);
}

void html_text_cut(struct html *w, const char *s, size_t max)
{
	size_t n = s ? strlen(s) : 0;
	if (n <= max) {
		escape(w, s, n, CONTEXT_TEXT);
		return;
	}
	escape(w, s, whole_characters(s, max), CONTEXT_TEXT);
	buf_adds(&w->b, "\xe2\x80\xa6");
}

void html_textf(struct html *w, const char *fmt, ...)
{
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	escape(w, buf_str(&text), text.len, CONTEXT_TEXT);
}

/* Where the last max_lines lines of s begin. */
static size_t last_lines(const char *s, size_t n, size_t max_lines)
{
	size_t i = n;
	while (i > 0) {
		if (s[i - 1] == '\n' && i != n && max_lines-- <= 1)
			break;
		i--;
	}
	return i;
}

static size_t first_lines(const char *s, size_t n, size_t max_lines)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\n' && max_lines-- <= 1)
			return i;
	return n;
}

void html_block(struct html *w, const char *s, size_t max_lines, size_t max_bytes, bool from_end)
{
	if (!s)
		return;
	size_t n = strlen(s);
	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	if (!from_end) {
		size_t keep = first_lines(s, n, max_lines);
		if (keep > max_bytes)
			keep = whole_characters(s, max_bytes);
		escape(w, s, keep, CONTEXT_BLOCK);
		if (keep < n)
			buf_adds(&w->b, "\n\xe2\x80\xa6");
		return;
	}
	size_t start = last_lines(s, n, max_lines);
	if (n - start > max_bytes) {
		start = n - max_bytes;
		const char *line = memchr(s + start, '\n', n - start);
		if (line && (size_t)(line - s) + 1 < n)
			start = (size_t)(line - s) + 1;
		while (start < n && ((unsigned char)s[start] & 0xc0) == 0x80)
			start++;
	}
	if (start > 0)
		buf_adds(&w->b, "\xe2\x80\xa6\n");
	escape(w, s + start, n - start, CONTEXT_BLOCK);
}

void html_attr(struct html *w, const char *name, const char *value)
{
	buf_addc(&w->b, ' ');
	buf_adds(&w->b, name);
	buf_adds(&w->b, "='");
	escape(w, value, value ? strlen(value) : 0, CONTEXT_ATTRIBUTE);
	buf_addc(&w->b, '\'');
}

void html_attrf(struct html *w, const char *name, const char *fmt, ...)
{
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	html_attr(w, name, buf_str(&text));
}

bool html_url_allowed(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:" };
	for (const unsigned char *c = (const unsigned char *)(url ? url : ""); *c; c++)
		if (*c <= 0x20 || *c >= 0x7f || *c == '\\')
			return false; /* what a browser strips or reads in another way */
	for (size_t i = 0; url && i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

void html_link(struct html *w, const char *url)
{
	AUTO_FREE char *shown = url ? text_hide_credentials(url) : NULL;
	if (!html_url_allowed(url) || !str_eq(shown, url)) {
		html_text(w, shown); /* a link without its credentials would lead elsewhere */
		return;
	}
	buf_adds(&w->b, "<a rel='noreferrer'");
	html_attr(w, "href", url);
	buf_addc(&w->b, '>');
	html_text(w, url);
	buf_adds(&w->b, "</a>");
}

void html_id(char out[HTML_ID], const char *prefix, const char *name)
{
	char hex[SHA256_HEX];
	sha256_hex(name, strlen(name), hex);
	snprintf(out, HTML_ID, "%.6s%.16s", prefix, hex);
}

int html_raw_asset(struct html *w, const char *text)
{
	if (!text || strstr(text, "</") || strstr(text, "<!--") || strchr(text, '\r'))
		return -1;
	buf_adds(&w->b, text);
	return 0;
}
