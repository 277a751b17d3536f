/* describe.h: the parts of describing an interpreter that tests and providers use. */
#ifndef MC_INTERP_DESCRIBE_H
#define MC_INTERP_DESCRIBE_H

#include "model/survey.h"

/* What one interpreter answered. */
struct reply {
	struct interpreter i;  /* executable and provider are not filled; id is over the answer only */
	char *build;           /* sys.version */
	char *base;            /* a virtual environment's own interpreter; NULL when it is none */
};

/* Read an answer (JSON of n bytes, untrusted): only CPython, every field of its
 * type. ERR_BAD_INTERPRETER says what is wrong. The caller releases *out. */
int reply_read(const char *text, size_t n, struct reply *out, struct error *err);
/* Free what the answer holds and zero it. */
void reply_release(struct reply *r);

/* interp_describe() with another bound on the time of an answer. */
int describe_within(const char *executable, double seconds, struct interpreter *out, struct error *err);

/* Split configure's own quoting ('--prefix=/x' 'CFLAGS=-O2 -g') into arguments. */
void config_args_split(const char *text, struct strv *out);

#endif
