/*
 * error.h: how a failure of the tool travels.
 *
 * A function that can fail returns int, 0 for success and -1 for failure, and
 * takes `struct error *err` last. On success err is untouched; on failure it is
 * set exactly once, and callers add context on the way up. err may be NULL.
 * A failure of a *package* is never an error: it is data in struct evidence.
 *
 * Shown as:
 *     error[slug]: what
 *       --> where
 *       why: why
 *     hint: hint
 */
#ifndef MC_ERROR_H
#define MC_ERROR_H

#include "base/base.h"

enum error_code {
	ERR_NONE = 0,
#define X(id, slug, code, text) id,
#include "base/errors.def"
#undef X
	ERR_COUNT
};

struct error {
	enum error_code code;
	char *what;  /* one line, lower case, no full stop */
	char *where; /* file:line:column, URL without credentials, or NULL */
	char *why;   /* cause, may have several lines, or NULL */
	char *hint;  /* what to do, commands in backticks, or NULL */
};

#define AUTO_ERROR CLEANUP(error_release) struct error

/* Set the error; returns -1, so that callers can `return error_set(...)`. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...) MC_PRINTF(3, 4);
/* The same with ": strerror(errno_value)" added; ENOSPC and EDQUOT turn into ERR_DISK_FULL. */
int error_errno(struct error *err, enum error_code code, int errno_value, const char *fmt, ...) MC_PRINTF(4, 5);
/* Add to an error that is set; each returns -1 and does nothing when err is NULL or unset. */
int error_wrap(struct error *err, const char *fmt, ...) MC_PRINTF(2, 3); /* "context: what" */
int error_where(struct error *err, const char *fmt, ...) MC_PRINTF(2, 3);
int error_why(struct error *err, const char *fmt, ...) MC_PRINTF(2, 3);
int error_hint(struct error *err, const char *fmt, ...) MC_PRINTF(2, 3);

void error_release(struct error *err);                      /* frees the texts, makes it unset */
void error_move(struct error *dst, struct error *src);      /* dst must be unset (or NULL) */
void error_copy(struct error *dst, const struct error *src);      /* dst may be set (it is replaced) or NULL */
/* The word inside error[...], "no-ref"; static. What is no code of the table counts as
 * ERR_INTERNAL, here and below. */
const char *error_slug(enum error_code code);
int error_exit_code(enum error_code code);                  /* of the whole program when it ends with this error; 0 for ERR_NONE */
const char *error_explain(enum error_code code);            /* a sentence for `explain SLUG`; static, "" for ERR_NONE */
enum error_code error_from_slug(const char *slug);          /* ERR_NONE when unknown */

#endif
