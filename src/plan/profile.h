/*
 * profile.h: what the tool knows of one package beyond its metadata
 * (profiles/NAME.json; profiles/README.md describes each field). A profile says
 * where tests are and what they need; nothing in it decides a verdict.
 */
#ifndef MC_PROFILE_H
#define MC_PROFILE_H

#include "base/json.h"

struct profile {
	char *name;
	char *file;             /* where it was read */
	bool prefer_wheel;      /* "build": "wheel": test the newest version with wheels for both arms */
	char *why;              /* the reason given for it */
	char *skip;             /* reason to leave the package out */
	char *tests_from;       /* "wheel", "sdist", "git" or NULL */
	struct strv tests;      /* paths, or import names for "wheel" */
	char *runner;           /* "pytest", "unittest" or NULL */
	struct strv args;       /* further arguments of the runner */
	struct strv deny;       /* path fragments never collected */
	struct strv requires_;  /* test dependencies, instead of the declared ones */
	struct strv also;       /* test dependencies added to the declared ones */
	char *pytest;           /* version specifier, e.g. "<9" */
	struct strv deselect;   /* ids never run; each has a stated reason in the file */
	struct strv env;        /* NAME=value */
	struct strv import_names;
	double test_seconds, suite_seconds; /* 0: the effort's own */
};
#define AUTO_PROFILE CLEANUP(profile_release) struct profile
void profile_release(struct profile *p); /* frees the fields and zeroes *p; a zeroed one is fine */

/* The profile of a package: from --profiles DIR (may be NULL), then the tool's
 * own. *found says whether there is one. A mistake in it is ERR_BAD_PROFILE
 * with file, line and column. */
int profile_load(const char *extra_dir, const char *name, bool *found, struct profile *out, struct error *err);

/* Parse one profile's text (for tests and fuzzing); `source` names it in errors. */
int profile_parse(const char *text, size_t n, const char *source, struct profile *out, struct error *err);

/* Names of all packages whose profile prefers wheels. */
int profiles_preferring_wheels(const char *extra_dir, struct strv *names, struct error *err);

#endif
