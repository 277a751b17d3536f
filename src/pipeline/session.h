/* session.h: what a run opens once: pair, sandbox, index, uv, store; and whether its answer is known already. */
#ifndef MC_SESSION_H
#define MC_SESSION_H

#include "base/hash.h"
#include "pipeline/job.h"
#include "pipeline/targets.h"

/* Open all that is cheap (pair, store, index configuration); fills the survey's head. */
int session_open(struct session *s, const struct pipeline_request *r, struct survey *survey, struct error *err);
/* Pair and tools alone, in zeroed *s: no store, no survey. r is borrowed; session_close() as after session_open(). */
int session_open_tools(struct session *s, const struct pipeline_request *r, struct error *err);
/* Warns when the pair is not like for like; after session_open() or session_open_tools(). */
void session_warn(const struct session *s);
/* What only a run that really works needs: sandbox check, uv, that warning, plan line. */
int session_prepare(struct session *s, struct target_list *targets, struct error *err);
void session_close(struct session *s); /* also after session_open() failed; the survey is the caller's */

/* The request's hash and, when an equal request was answered before and the
 * index lists nothing newer for its targets, that answer in the survey. */
int session_answer(struct session *s, const struct target_list *targets, char hash[SHA256_HEX], bool *answered, struct error *err);
/* Keep what the index showed, for the next such question. */
void session_remember(struct session *s, const struct target_list *targets, const char *hash);

#endif
