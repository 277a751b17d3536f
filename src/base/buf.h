/*
 * buf.h: a growing byte string with a maximum, and a growing list of strings.
 *
 * A buf always ends in a NUL that len does not count. What would exceed max is
 * dropped and `truncated` is set: every buffer that foreign bytes reach has a
 * bound. A zeroed struct is an empty buf without a bound.
 */
#ifndef MC_BUF_H
#define MC_BUF_H

#include "base/base.h"

#include <stdarg.h>

struct buf {
	char *data; /* NULL while empty and never written */
	size_t len, cap;
	size_t max; /* 0: no bound */
	bool truncated;
};
#define AUTO_BUF CLEANUP(buf_release) struct buf

void buf_add(struct buf *b, const void *bytes, size_t n); /* any bytes, NUL too; past max: what fits */
void buf_adds(struct buf *b, const char *s); /* NULL adds nothing */
void buf_addc(struct buf *b, char c);        /* one byte, also NUL */
void buf_addf(struct buf *b, const char *fmt, ...) MC_PRINTF(2, 3); /* formatted whole before it is cut at max */
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);         /* the same; ap is used up */
void buf_clear(struct buf *b);          /* empty, keeps the memory */
void buf_consume(struct buf *b, size_t n); /* drop the first n bytes */
const char *buf_str(const struct buf *b); /* "" when empty; valid until the next change */
char *buf_steal(struct buf *b);         /* the caller owns the result; b is empty */
void buf_release(struct buf *b);        /* frees the memory; b is empty and can be used again, with the same max */

/* A list of owned strings; v has a NULL behind the last one once anything was added. */
struct strv {
	char **v;
	size_t n, cap;
};
#define AUTO_STRV CLEANUP(strv_release) struct strv

void strv_add(struct strv *l, const char *s); /* copies */
void strv_addf(struct strv *l, const char *fmt, ...) MC_PRINTF(2, 3); /* adds one string, of any length */
void strv_take(struct strv *l, char *s);      /* takes ownership */
void strv_add_all(struct strv *l, const struct strv *other);          /* copies of all of other's, behind l's own; other is not l */
bool strv_has(const struct strv *l, const char *s);                   /* equal byte by byte; a linear search */
void strv_add_unique(struct strv *l, const char *s);                  /* a copy of s, unless l has it */
void strv_sort(struct strv *l); /* by bytes (strcmp), equal ones kept */
void strv_sort_unique(struct strv *l); /* the same, each kept once */
void strv_clear(struct strv *l);                        /* frees the strings, keeps the room for them */
void strv_release(struct strv *l);                      /* frees all; l is empty and can be used again */
char *strv_join(const struct strv *l, const char *sep); /* caller owns; "" when empty */
void strv_split(struct strv *out, const char *s, char sep); /* adds the parts, also empty ones */
void strv_copy(struct strv *dst, const struct strv *src);  /* replaces dst */

#endif
