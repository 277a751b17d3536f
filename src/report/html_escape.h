/*
 * html_escape.h: the only way in which bytes reach an HTML page: one function
 * per context. Markup is written by H(), which takes string literals only, so
 * that data cannot be written as markup by mistake.
 *
 * All text from outside is made harmless the same way: invalid UTF-8 becomes
 * U+FFFD, complete terminal sequences are removed, and every control, bidi or
 * invisible character that is left is shown as <U+XXXX>. User and password of a
 * URL become "***" wherever one is shown.
 */
#ifndef MC_HTML_ESCAPE_H
#define MC_HTML_ESCAPE_H

#include "base/buf.h"

#define HTML_ID 48 /* room for a prefix of at most 6 characters, 16 digits, a number and the NUL */

struct html {
	struct buf b; /* written by html_escape.c alone */
};

/* Markup of the template: a string literal, or it does not compile. */
#define H(w, literal) html_markup((w), "" literal "", sizeof("" literal "") - 1)
void html_markup(struct html *w, const char *literal, size_t n);

/* Text context, one line: newlines and tabs too are shown as <U+XXXX>. NULL writes nothing. */
void html_text(struct html *w, const char *s);
void html_textf(struct html *w, const char *fmt, ...) MC_PRINTF(2, 3); /* what %s brings is escaped as the rest is */
/* The same, at most max bytes of s, and then an ellipsis. */
void html_text_cut(struct html *w, const char *s, size_t max);
/* Text context inside <pre>: newlines and tabs stay; at most max_lines and
 * max_bytes from the start, or from the end when `from_end` is set. */
void html_block(struct html *w, const char *s, size_t max_lines, size_t max_bytes, bool from_end);

/* Attribute context: writes ` name='value'`, always quoted. Name is a literal of the template. */
void html_attr(struct html *w, const char *name, const char *value);
void html_attrf(struct html *w, const char *name, const char *fmt, ...) MC_PRINTF(3, 4); /* the same, and escaped as a whole */

/* Link context. An http, https or mailto URL becomes a link whose text is the
 * URL without credentials; anything else is written as text. */
void html_link(struct html *w, const char *url);
/* One of those three schemes, and only printable ASCII without blank and backslash; NULL is not. */
bool html_url_allowed(const char *url);

/* Identifier context: prefix (a literal) and 16 digits of the SHA-256 of name. */
void html_id(char out[HTML_ID], const char *prefix, const char *name);

/* Style and script context: the text as it is, or -1 and nothing written when
 * it could end its element or would not keep its hash (`</`, `<!--`, CR, NUL). */
int html_raw_asset(struct html *w, const char *text);

#endif
