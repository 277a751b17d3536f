/*
 * requirement.h: the syntax of a requirement (PEP 508), checked early so that a
 * typing mistake is answered at once with its place and a suggestion. What a
 * requirement means stays with uv.
 */
#ifndef MC_REQUIREMENT_H
#define MC_REQUIREMENT_H

#include "base/buf.h"
#include "base/error.h"

struct requirement {
	char *name;      /* normalised (PEP 503) */
	struct strv extras; /* normalised */
	char *specifier; /* without blanks: ">=1,<2"; "" when there is none */
	char *url;       /* behind "@", or NULL */
	char *marker;    /* behind ";", or NULL */
};
#define AUTO_REQUIREMENT CLEANUP(requirement_release) struct requirement

/* Where and why a text is no requirement. */
struct requirement_problem {
	size_t column;    /* of the first byte that cannot be, from 1 */
	char *expected;   /* "expected one of == >= <= ~= != < >" */
	char *suggestion; /* a text that is one, or NULL */
};
#define AUTO_PROBLEM CLEANUP(requirement_problem_release) struct requirement_problem

/* Fills zeroed *out and returns 0, or fills zeroed *problem (which may be NULL) and
 * returns -1. Both are released by the caller. Texts over 4,096 bytes are refused. */
int requirement_parse(const char *text, struct requirement *out, struct requirement_problem *problem);
void requirement_release(struct requirement *r); /* frees the fields and zeroes *r; a zeroed one is fine */
void requirement_problem_release(struct requirement_problem *p); /* frees both texts and zeroes *p; a zeroed one is fine */

/* "name[a,b]", or the name (or path) alone without extras. The caller owns it. */
char *requirement_named(const char *name, const struct strv *extras) MC_NODISCARD;

/* The problem as ERR_BAD_REQUIREMENT: `origin` is "requirements.txt:12" or
 * "command line"; the column is added to it. Returns -1. */
int requirement_error(const char *text, const char *origin, const struct requirement_problem *p, struct error *err);

/* Checks an environment marker; returns the offset of the first byte that is
 * wrong and what was expected there, or -1 when it is fine. near (may be NULL) gets
 * the name that was probably meant, and bad_len the length of what stands there. */
ssize_t marker_problem(const char *marker, const char **expected, const char **near, size_t *bad_len);

#endif
