/*
 * interp.h: find, install and describe interpreters, and say how far a pair is
 * like for like. An interpreter is described by what it says of itself: it is
 * run once with a small script, and the answer is kept below the cache folder
 * for as long as its file has the same size and time of change. Interpreters
 * are trusted programs (the user's or our own builds) and run outside the
 * sandbox, isolated from the user's site (`-I`) and bounded in time and output.
 */
#ifndef MC_INTERP_H
#define MC_INTERP_H

#include "model/observer.h"
#include "model/survey.h"

/* What is installed when no version is asked for. */
#define INTERP_DEFAULT_VERSION "3.13"
/* The first minor version with a free-threaded build; older ones are not looked at. */
#define INTERP_OLDEST_MINOR 13

/* Describe one program: a path, or a name without a slash that is found in
 * PATH. A virtual environment is answered by the interpreter that it was made
 * from. Fills *out (released by the caller with interpreter_release(); provider
 * stays NULL). What is not a working CPython gives ERR_BAD_INTERPRETER. */
int interp_describe(const char *executable, struct interpreter *out, struct error *err);

/* Which pair is wanted; zeroed: any. */
struct interp_options {
	const char *gil;    /* path of the GIL build; wins over everything found */
	const char *ft;     /* path of the free-threaded build */
	const char *python; /* "3.13" or "3.13.15"; NULL: the newest minor version that has a pair */
};

/*
 * Find the pair: the paths given, else those of the configuration file, else
 * the best of what is found in the own directory, uv's, pyenv's and PATH. Best:
 * newest minor version, like for like, same provider, own directory first. With
 * one path given, the other arm is looked for.
 *   ERR_NO_PAIR          nothing fits; says what is missing and where was looked
 *   ERR_NOT_A_PAIR       both given, but both or none with the GIL, or other minor versions
 *   ERR_BAD_INTERPRETER  a path given does not work
 *   ERR_BAD_CONFIG       the configuration file cannot be read
 *   ERR_USAGE            python is no version
 * The caller clears *out with interp_pair_release(). parity is filled.
 */
int interp_find_pair(const struct interp_options *options, struct pair *out, const struct observer *observer,
                     struct error *err);
/* Free what the pair holds and zero it. */
void interp_pair_release(struct pair *p);

/* Fill pair->parity anew: one phrase for each thing in which the two differ
 * besides the GIL (version, compiler, flags, configure arguments, optimisation,
 * debug, platform, C library). Empty: like for like. */
void interp_parity(struct pair *p);

/* All interpreters that are found (3.13 and newer), in the order of preference.
 * Programs that do not answer are left out. The caller releases the list. */
int interp_list(struct interpreter **list, size_t *n, struct error *err);
/* Free what interp_list() gave. */
void interp_list_release(struct interpreter *list, size_t n);

/* What to install; zeroed: the default version by the first provider that can. */
struct interp_install_request {
	const char *version;     /* "3.13" or "3.13.15"; NULL: INTERP_DEFAULT_VERSION */
	const char *provider;    /* "uv", "source" or "debian"; NULL: all, in this order */
	const char *uv;          /* the uv program; NULL: uv in PATH, if any */
	const char *source;      /* tarball of CPython: path or URL, may end in #sha256=HEX; only this is tried then */
	const char *source_site; /* folder that lists the versions; NULL: python.org's */
	const char *suite;       /* Debian suite tried first; only Debian is tried then */
	bool optimized;          /* source builds with PGO and LTO (slow) */
	bool force;              /* install although a pair is there */
	bool tsan;               /* not a pair, but the free-threaded interpreter built with ThreadSanitizer */
	const char *self_test;   /* tsan: script that shows that a seeded race is found; NULL: not checked */
	int jobs;                /* for make; 0: number of cores */
};

/*
 * Install a pair and describe it. Source builds configure both arms with the
 * same flags, at once, and land in dir_data()/python/cpython-VERSION-{gil,ft}
 * by a rename when complete, so that an interrupted install leaves nothing that
 * looks whole. Only one install runs at a time; another one waits. A pair that
 * is there already is returned at once unless force is set.
 *   ERR_INSTALL   no provider could; why has one line "NAME: reason" for each
 *   ERR_USAGE     version or provider is none
 * Logs are kept in dir_data()/python/logs.
 * With tsan: one interpreter, cpython-VERSION-tsan, is built by clang and becomes out->ft;
 * out->gil stays empty. It is kept only if the self-test passes.
 */
int interp_install(const struct interp_install_request *request, struct pair *out, const struct observer *observer,
                   struct error *err);

/* CPython's own suppressions, kept below the prefix of a ThreadSanitizer interpreter. */
#define TSAN_SUPPRESSIONS "tsan-suppressions.txt"
/* The script of the harness that shows whether one finds what it must. */
#define TSAN_SELF_TEST "tsan_self_test.py"
/* Was this interpreter built with ThreadSanitizer? Such a one is never part of a pair. */
bool interp_is_tsan(const struct interpreter *i);
struct pyversion;
/* The own ThreadSanitizer interpreter of this version (NULL: any; without its patch: the
 * newest); 0 and *out, or -1 when there is none (no error is set). */
int interp_find_tsan(const struct pyversion *want, struct interpreter *out);
/* The one that goes with a free-threaded interpreter: of the same minor version, so that wheels fit both. */
int interp_find_tsan_for(const struct interpreter *ft, struct interpreter *out);

/* What the self-test of a ThreadSanitizer interpreter showed, as kept beside it. */
struct tsan_fact {
	bool known, ok;
	int64_t seeded, twin;    /* reports of the extension with a seeded race, and of its correct twin */
	char *why;               /* what is wrong; NULL when ok */
};
void tsan_fact_release(struct tsan_fact *f); /* frees `why` and zeroes *f; a zeroed one is fine */
/* Read the fact; known stays false when there is none or it is of another build. */
void interp_tsan_fact(const struct interpreter *i, struct tsan_fact *out);
/* Run the self-test (a script of the harness) and keep what it showed. -1 only for
 * errors of the tool or machine. */
int interp_tsan_self_test(const struct interpreter *i, const char *script, const char *log, struct tsan_fact *out, struct error *err);

#endif
