/* version.h: versions of CPython and of Debian packages: read and compare. */
#ifndef MC_INTERP_VERSION_H
#define MC_INTERP_VERSION_H

#include "base/base.h"

struct pyversion {
	int major, minor;
	int patch;      /* -1: not given */
	int stage;      /* 'a', 'b', 'r' (candidate), or 'z' for a final release */
	int serial;     /* number behind the stage */
};

/* Read "3.13", "3.13.5", "3.15.0a1", "3.15.0rc2+"; false when it is something else. */
bool pyversion_read(const char *text, struct pyversion *out);
/* Negative, zero, positive, as strcmp(); a missing patch counts as the lowest. */
int pyversion_compare(const struct pyversion *a, const struct pyversion *b);
/* Does `have` satisfy `want`? A want without patch fits every patch of its minor. */
bool pyversion_fits(const struct pyversion *want, const struct pyversion *have);

/* Order of two Debian versions ([epoch:]upstream[-revision], deb-version(7)). */
int debversion_compare(const char *a, const char *b);

#endif
