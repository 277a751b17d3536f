/*
 * version.h: versions and version specifiers of Python packages (PEP 440).
 * Text that is no version sorts below every version and satisfies nothing.
 */
#ifndef MC_VERSION_H
#define MC_VERSION_H

#include "base/base.h"

/* Is it a version at all? */
bool version_valid(const char *v);
/* Negative, 0 or positive as a is older than, equal to or newer than b, with
 * epoch, pre-, post- and development releases and local parts ("1.0" equals
 * "1.0.0"; 1.0.dev1 < 1.0a1 < 1.0rc1 < 1.0 < 1.0+local < 1.0.post1). Numbers
 * may have any length. */
int version_compare(const char *a, const char *b);
bool version_is_prerelease(const char *v); /* pre or dev; false for what is no version */
size_t version_series(const char *v); /* the length of "7.2" in "7.2.1"; of all of it where no second dot is */
/* Does v satisfy a comma-separated list of specifiers (">=3.8,!=3.9.*,<4")?
 * Empty or NULL is satisfied by everything, a specifier that cannot be read by
 * nothing. Pre-releases are compared like any other (as Requires-Python is). */
bool version_satisfies(const char *v, const char *specifiers);
/* May an interpreter of this version install what states this Requires-Python? As pip has it:
 * all bounds count, and a text that cannot be read forbids nothing. */
bool requires_python_allows(const char *specifiers, const char *python);

#endif
