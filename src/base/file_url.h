/*
 * file_url.h: file: URLs (RFC 8089) and the paths that they stand for.
 */
#ifndef MC_BASE_FILE_URL_H
#define MC_BASE_FILE_URL_H

#include "base/base.h"

/* The path of "file:///a%20b", "file://localhost/a", "file:/a" or, as pip has it, the relative "file:a",
 * decoded; what stands behind "?" or "#" is no part of it. NULL for another scheme or host, and where a
 * NUL would be in it. The caller owns it. */
char *file_url_path(const char *url) MC_NODISCARD;

/* "file:///a%20b" for the absolute path "/a b". The caller owns it. */
char *file_url_make(const char *path) MC_NODISCARD;

#endif
