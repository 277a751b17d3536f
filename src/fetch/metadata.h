/*
 * metadata.h: core metadata of a package (METADATA of a wheel, PKG-INFO of an
 * sdist): e-mail-like header lines, as the core metadata specification says.
 * Foreign text: lines, fields and values are bounded, what is malformed is skipped.
 */
#ifndef MC_METADATA_H
#define MC_METADATA_H

#include "base/buf.h"
#include "base/error.h"

#define METADATA_MAX_FIELDS 20000
#define METADATA_MAX_VALUE 65536 /* bytes; longer values are cut */

struct metadata {
	char *name, *version;  /* as written; NULL when absent */
	char *requires_python; /* e.g. ">=3.9", NULL when absent */
	struct strv classifiers, requires_dist, provides_extra;
	struct strv project_urls; /* "Label, URL"; Home-page is added as "Homepage, URL" */
};

/* Reads the header up to the first empty line; the body is the description.
 * Zeroed *out is filled; the caller releases it. Never fails: absent is absent. */
void metadata_parse(const char *text, size_t n, struct metadata *out);
/* The same from a file of at most 8 MiB. ERR_IO, ERR_TOO_LARGE. */
int metadata_read(const char *path, struct metadata *out, struct error *err);
void metadata_release(struct metadata *m); /* frees the fields and zeroes *m; a zeroed one is fine */
#define AUTO_METADATA CLEANUP(metadata_release) struct metadata

/* One field of such text: calls `each` for every header, folded lines joined
 * by "\n" with their indent removed; stops when it returns false. */
void header_fields(const char *text, size_t n, bool (*each)(void *cookie, const char *key, const char *value), void *cookie);

#endif
