/* reqfile_internal.h: lines of requirements files, for the files of this folder. */
#ifndef MC_REQFILE_INTERNAL_H
#define MC_REQFILE_INTERNAL_H

#include "base/base.h"

enum {
	REQFILE_MAX_FILES = 64,     /* that one file may include */
	REQFILE_MAX_BYTES = 4 << 20 /* of each */
};

/* A line without comment, blanks around it, CR and continuation mark. The caller owns it. */
char *reqfile_clean_line(const char *line) MC_NODISCARD;
/* "-r FILE", "-cFILE", "--constraint=FILE": the file, of either kind; NULL for other lines. The caller owns it. */
char *reqfile_included(const char *line) MC_NODISCARD;

#endif
