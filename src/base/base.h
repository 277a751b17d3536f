/*
 * base.h: the one header that every file includes: standard types, attributes
 * of ownership, and allocation that cannot fail (it ends the process with exit
 * code 3 when memory is gone, because no caller could do better).
 */
#ifndef MC_BASE_H
#define MC_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define MC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MC_NODISCARD __attribute__((warn_unused_result))
#define MC_UNUSED __attribute__((unused))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Cleanup attributes: the variable is released when it goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define AUTO_FREE CLEANUP(cleanup_free_p) /* char *p: free(p) */
#define AUTO_CLOSE CLEANUP(cleanup_close_p) /* int fd: close(fd) when fd >= 0 */
#define AUTO_FILE CLEANUP(cleanup_file_p) /* FILE *f: fclose(f) when not NULL */
void cleanup_free_p(void *pp);
void cleanup_close_p(int *fd); /* called by AUTO_CLOSE; *fd below 0: nothing to close */
void cleanup_file_p(FILE **f); /* called by AUTO_FILE; a failing fclose goes unseen, so flush first where it matters */

/* Give up ownership: returns *pp and sets it to NULL. */
#define STEAL(pp)                                                              \
	({                                                                         \
		__typeof__(*(pp)) stolen_ = *(pp);                                     \
		*(pp) = NULL;                                                          \
		stolen_;                                                               \
	})

/* Allocation; never NULL. The caller owns the result and frees it with free(). */
void *xcalloc(size_t n, size_t size) MC_NODISCARD;
void *xrealloc(void *p, size_t n, size_t size) MC_NODISCARD; /* n elements of size bytes; an overflow of that ends the process too */
char *xstrdup(const char *s) MC_NODISCARD; /* NULL gives NULL */
char *xstrndup(const char *s, size_t n) MC_NODISCARD;        /* at most n bytes of s (not NULL), which needs no NUL within them */
char *xasprintf(const char *fmt, ...) MC_PRINTF(1, 2) MC_NODISCARD; /* a broken format ends the process too */

/* Replace the owned string *dst by a copy of src (NULL allowed). */
void str_set(char **dst, const char *src);
bool str_eq(const char *a, const char *b); /* NULL equals NULL only */
bool str_starts(const char *s, const char *prefix); /* NULL starts with nothing, not even "" */
bool str_ends(const char *s, const char *suffix);   /* NULL ends with nothing, not even "" */

#endif
