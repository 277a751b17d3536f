/* interp_help.h: a scratch machine for the tests of src/interp: private folders, fake interpreters and programs. */
#ifndef MC_TEST_INTERP_HELP_H
#define MC_TEST_INTERP_HELP_H

#include "interp/interp.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

extern char *scratch; /* folder of the running test */

/* cmocka set-up and tear-down of each test: a new scratch folder; HOME, cache,
 * data and configuration below it; PATH = scratch/bin alone, which links the
 * ordinary tools that the fakes need, but no interpreter. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

char *at(const char *fmt, ...) MC_PRINTF(1, 2); /* path below scratch; lives until the test ends */
void put(const char *path, const char *fmt, ...) MC_PRINTF(2, 3); /* write a file, making its folders */
void put_program(const char *path, const char *fmt, ...) MC_PRINTF(2, 3); /* the same, executable */
char *get(const char *path); /* content of a file, "" when absent; lives until the test ends */

/* What a fake interpreter answers; NULL fields get ordinary values. */
struct fake {
	const char *version, *compiler, *cflags, *config_args, *implementation, *prefix, *base;
	bool ft, debug, no_headers;
};
char *fake_answer(const struct fake *f); /* the JSON; lives until the test ends */
void put_interpreter(const char *path, const struct fake *f);

/* A tarball whose configure and make "build" fake interpreters of that version;
 * in_make is added to the recipe of `make` (shell, NULL: nothing). */
char *put_tarball(const char *path, const char *version, const char *in_make);

/* python3 -m http.server on scratch/FOLDER; the URL lives until the test ends. */
char *serve(const char *folder);

#endif
