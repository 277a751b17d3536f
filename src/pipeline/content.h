/* content.h: what lies in local files and folders, hashed: has anything changed since an answer was given? */
#ifndef MC_CONTENT_H
#define MC_CONTENT_H

#include "base/hash.h"

/* Files that a folder may have, those left out not counted. */
#define CONTENT_MOST_FILES 20000

/*
 * Each adds to h and returns false when it could not see everything: the hash
 * must then be taken for equal to no other. NULL, and what is not there, count
 * as such: they differ from everything that is there.
 *
 * Of a folder: names, contents, and the targets of links, which are not followed. Left
 * out, at any depth: .git, .hg, .svn, __pycache__, virtual environments (they hold
 * pyvenv.cfg), caches (CACHEDIR.TAG, as in the Cache Directory Tagging Specification)
 * and build trees of Meson and CMake (meson-private, CMakeCache.txt).
 */
bool content_add_text(struct hasher *h, const char *s); /* with its end, so that "a" "bc" is not "ab" "c"; always true */
bool content_add_file(struct hasher *h, const char *path); /* its content, not its name */
bool content_add_folder(struct hasher *h, const char *dir, size_t most_files); /* all below it; more files count as not seen */
bool content_add_path(struct hasher *h, const char *path); /* either, whichever is there */
/* hasher_finish(); where not all was seen (`whole` false) with the id of this survey, so that it is equal to no other. */
void content_finish(struct hasher *h, bool whole, const char *survey, char hex[SHA256_HEX]);

#endif
