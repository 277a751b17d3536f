/*
 * summary.h: the lines around the matrix: under which conditions it was made,
 * what it adds up to, what it is worth, and what to type next.
 */
#ifndef MC_SUMMARY_H
#define MC_SUMMARY_H

#include "report/report.h"

void summary_conditions(struct buf *out, const struct survey *s, const struct report_options *opt);
void summary_counts(struct buf *out, const struct survey *s, const struct report_options *opt); /* one line */
void summary_rest(struct buf *out, const struct survey *s, const struct report_options *opt);

/* "migrate-check show cffi": the most useful command after this survey. */
char *summary_next(const struct survey *s) MC_NODISCARD;
/* "since 14 Nov: 1 new no-go (multidict), ..."; NULL without an earlier survey. */
char *summary_since(const struct survey *s, const struct survey *previous) MC_NODISCARD;

#endif
