/* buf.c: see buf.h. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

static void reserve(struct buf *b, size_t extra)
{
	size_t need = b->len + extra + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < need)
		cap *= 2;
	b->data = xrealloc(b->data, cap, 1);
	b->cap = cap;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (b->max && b->len + n > b->max) {
		n = b->max > b->len ? b->max - b->len : 0;
		b->truncated = true;
	}
	reserve(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	if (s)
		buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, ap);
	if (n >= 0)
		buf_add(b, text, (size_t)n);
	free(text);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->truncated = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		buf_clear(b);
		return;
	}
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	char *s = b->data ? b->data : xstrdup("");
	b->data = NULL;
	b->len = b->cap = 0;
	b->truncated = false;
	return s;
}

void buf_release(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

void strv_take(struct strv *l, char *s)
{
	if (l->n + 2 > l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		l->v = xrealloc(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strv_add(struct strv *l, const char *s)
{
	strv_take(l, xstrdup(s ? s : ""));
}

void strv_addf(struct strv *l, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	strv_take(l, buf_steal(&b));
}

void strv_add_all(struct strv *l, const struct strv *other)
{
	for (size_t i = 0; i < other->n; i++)
		strv_add(l, other->v[i]);
}

bool strv_has(const struct strv *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

void strv_add_unique(struct strv *l, const char *s)
{
	if (!strv_has(l, s))
		strv_add(l, s);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare);
}

void strv_sort_unique(struct strv *l)
{
	strv_sort(l);
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (n > 0 && strcmp(l->v[i], l->v[n - 1]) == 0)
			free(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	if (l->v)
		l->v[n] = NULL;
	l->n = n;
}

void strv_clear(struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
	if (l->v)
		l->v[0] = NULL;
}

void strv_release(struct strv *l)
{
	strv_clear(l);
	free(l->v);
	*l = (struct strv){ 0 };
}

char *strv_join(const struct strv *l, const char *sep)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < l->n; i++) {
		buf_adds(&b, i ? sep : NULL);
		buf_adds(&b, l->v[i]);
	}
	return buf_steal(&b);
}

void strv_split(struct strv *out, const char *s, char sep)
{
	for (;;) {
		const char *end = strchr(s, sep);
		strv_take(out, end ? xstrndup(s, (size_t)(end - s)) : xstrdup(s));
		if (!end)
			return;
		s = end + 1;
	}
}

void strv_copy(struct strv *dst, const struct strv *src)
{
	struct strv copy = { 0 };
	strv_add_all(&copy, src);
	strv_release(dst);
	*dst = copy;
}
