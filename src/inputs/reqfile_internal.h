/* reqfile_internal.h: lines of requirements files, for the files of this folder. */
#ifndef MC_REQFILE_INTERNAL_H
#define MC_REQFILE_INTERNAL_H

#include "base/base.h"

/* Hears of a requirements file that could be read (line NULL, number 0) and of each of its lines that includes no
 * other file, cleaned: without comment, blanks around it, CR and continuation mark. `file` is its name as seen from cwd. True ends the walk. */
typedef bool (*reqfile_visitor)(void *cookie, const char *file, int number, const char *line);
/* Walks a file and those that it includes with -r (with `constraints` also with -c), each once, at most 64, of at most
 * 4 MiB each. cwd: where relative paths start, NULL for the tool's own. True when a visit ended it. */
bool reqfile_walk(const char *file, const char *cwd, bool constraints, reqfile_visitor visit, void *cookie);

#endif
