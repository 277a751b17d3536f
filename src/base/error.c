/* error.c: see error.h. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *slug;
	int exit_code;
	const char *text;
} table[ERR_COUNT] = {
	[ERR_NONE] = { "none", 0, "" },
#define X(id, slug, code, text) [id] = { slug, code, text },
#include "base/errors.def"
#undef X
};

static char *format(const char *fmt, va_list ap)
{
	char *out = NULL;
	return vasprintf(&out, fmt, ap) < 0 ? NULL : out;
}

int error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	char *what = format(fmt, ap);
	va_end(ap);
	error_release(err);
	err->code = code;
	err->what = what;
	return -1;
}

int error_errno(struct error *err, enum error_code code, int errno_value, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	char *what = format(fmt, ap);
	va_end(ap);
	bool full = errno_value == ENOSPC || errno_value == EDQUOT;
	error_set(err, full ? ERR_DISK_FULL : code, "%s: %s", what ? what : "", strerror(errno_value));
	free(what);
	return -1;
}

static int set_field(struct error *err, char **field, const char *fmt, va_list ap)
{
	if (!err || err->code == ERR_NONE)
		return -1;
	char *text = format(fmt, ap);
	free(*field);
	*field = text;
	return -1;
}

#define DEFINE_FIELD_SETTER(name, field)                                       \
	int name(struct error *err, const char *fmt, ...)                          \
	{                                                                          \
		va_list ap;                                                            \
		va_start(ap, fmt);                                                     \
		int r = set_field(err, err ? &err->field : NULL, fmt, ap);             \
		va_end(ap);                                                            \
		return r;                                                              \
	}
DEFINE_FIELD_SETTER(error_where, where)
DEFINE_FIELD_SETTER(error_why, why)
DEFINE_FIELD_SETTER(error_hint, hint)

int error_wrap(struct error *err, const char *fmt, ...)
{
	if (!err || err->code == ERR_NONE)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	AUTO_FREE char *context = format(fmt, ap);
	va_end(ap);
	char *what = xasprintf("%s: %s", context ? context : "", err->what ? err->what : "");
	free(err->what);
	err->what = what;
	return -1;
}

void error_release(struct error *err)
{
	if (!err)
		return;
	free(err->what);
	free(err->where);
	free(err->why);
	free(err->hint);
	*err = (struct error){ 0 };
}

void error_move(struct error *dst, struct error *src)
{
	if (!dst) {
		error_release(src);
		return;
	}
	*dst = *src;
	*src = (struct error){ 0 };
}

void error_copy(struct error *dst, const struct error *src)
{
	if (!dst)
		return;
	struct error copy = { src->code, xstrdup(src->what), xstrdup(src->where), xstrdup(src->why), xstrdup(src->hint) };
	error_release(dst);
	*dst = copy;
}

const char *error_slug(enum error_code code)
{
	return table[code < ERR_COUNT ? code : ERR_INTERNAL].slug;
}

int error_exit_code(enum error_code code)
{
	return table[code < ERR_COUNT ? code : ERR_INTERNAL].exit_code;
}

const char *error_explain(enum error_code code)
{
	return table[code < ERR_COUNT ? code : ERR_INTERNAL].text;
}

enum error_code error_from_slug(const char *slug)
{
	for (enum error_code c = ERR_NONE + 1; c < ERR_COUNT; c++)
		if (strcmp(table[c].slug, slug) == 0)
			return c;
	return ERR_NONE;
}
