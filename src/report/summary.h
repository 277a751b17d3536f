/*
 * summary.h: the lines around the matrix: under which conditions it was made,
 * what it adds up to, what it is worth, and what to type next.
 */
#ifndef MC_SUMMARY_H
#define MC_SUMMARY_H

#include "report/report.h"

/* Pair, how it differs and a missing sandbox, then an empty line; nothing when there is nothing of it to say. */
void summary_conditions(struct buf *out, const struct survey *s, const struct report_options *opt);
void summary_counts(struct buf *out, const struct survey *s, const struct report_options *opt); /* one line */
/* Below the counts: worth, cost, what was not covered, changes since opt->previous, the next command. */
void summary_rest(struct buf *out, const struct survey *s, const struct report_options *opt);

/* "migrate-check show cffi": the most useful command after this survey, which opt says where to find. */
char *summary_next(const struct survey *s, const struct report_options *opt) MC_NODISCARD;
/* "since 14 Nov: 1 new no-go (multidict), ..."; NULL without an earlier survey. */
char *summary_since(const struct survey *s, const struct survey *previous) MC_NODISCARD;

#endif
