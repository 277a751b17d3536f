/*
 * ini.h: pip's configuration files, read as Python's configparser reads them:
 * [section], "key = value" or "key: value", indented lines continue a value,
 * lines that begin with # or ; are comments. Keys are lower-cased, a leading
 * "--" is dropped and _ becomes - (as pip does). The last of equal keys counts.
 */
#ifndef MC_FETCH_INI_H
#define MC_FETCH_INI_H

#include "base/buf.h"
#include "base/error.h"

struct ini_entry {
	char *section, *key, *value; /* owned; the lines of a value are joined by newlines */
};
struct ini {
	struct ini_entry *entries;
	size_t n, cap;
};
#define AUTO_INI CLEANUP(ini_release) struct ini

/* Adds to out. A line that cannot be read is ERR_BAD_CONFIG with source:line:column. */
int ini_parse(const char *text, size_t n, const char *source, struct ini *out, struct error *err);
/* The last value of that key, or NULL; owned by ini. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);
/* Frees the entries. */
void ini_release(struct ini *ini);

#endif
