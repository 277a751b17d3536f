/* store_help.h: temporary folders and small data for the tests of the store. */
#ifndef MC_TEST_STORE_HELP_H
#define MC_TEST_STORE_HELP_H

#include "base/fs.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Run the tests with a folder of their own, which is removed afterwards. */
int run_in_temp_folder(const struct CMUnitTest *tests, size_t n);
char *fresh_dir(void);                 /* a new folder below it; owned by the caller */
struct store *open_store(const char *dir, enum store_mode mode); /* fails the test when it cannot */
const char *cell_id(unsigned n);       /* 64 hex digits that end in n; valid for eight more calls */
void make_evidence(struct evidence *e, size_t tests); /* initialises e */
/* A survey with one package per word of `names`, version "1.ID". */
void put_survey(struct store *s, const char *id, const char *request, const char *names, bool finish);

#endif
