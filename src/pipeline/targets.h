/* targets.h: from the command line and requirement files to the packages of a survey. */
#ifndef MC_PIPELINE_TARGETS_H
#define MC_PIPELINE_TARGETS_H

#include "inputs/target.h"

struct session;

/* Parse the targets, read requirement files (through uv), find the names of
 * local ones, and add the closure when asked. Duplicates are dropped. */
int targets_collect(struct session *s, struct target_list *out, struct error *err);
/* The indexes that the files name become those of the session; index_url (--index-url, or NULL) stands above theirs. */
int targets_use_indexes(struct session *s, const struct strv *requirement_files, const char *index_url, struct error *err);
/* Names that the index must know; ERR_NOT_FOUND for the first that it does not. */
int targets_check(struct session *s, const struct target_list *l, struct error *err);

#endif
