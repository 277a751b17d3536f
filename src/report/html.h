/*
 * html.h: a survey as one HTML page, self-contained and finished: it needs no
 * network, no other file and no script to be read.
 */
#ifndef MC_HTML_H
#define MC_HTML_H

#include "base/error.h"
#include "model/survey.h"

#define HTML_MAX_BYTES ((size_t)8 << 20) /* no page is ever larger */

struct html_options {
	const char *style;             /* content of reports/style.css; NULL: a page without style */
	const char *script;            /* content of reports/report.js; NULL: a page without script */
	const struct survey *previous; /* an earlier survey to compare with, or NULL */
	size_t max_bytes;              /* 0: what html_budget() says; never over HTML_MAX_BYTES */
};

/* How many bytes a page of that many packages may have: 1 MiB up to 100
 * packages, 6 MiB at 1,000, in proportion between them, at most 8 MiB. */
size_t html_budget(size_t packages);

/* Write the page. The survey need not be sorted and is not changed. When the
 * page exceeds its budget, log tails are left out first, then stacks, then the
 * details of package sections, then rows from the best end, and the page says
 * so. Every reader of data treats it as hostile. ERR_INTERNAL when style or
 * script cannot be embedded, ERR_IO when the stream fails. */
int report_html(FILE *out, const struct survey *s, const struct html_options *options, struct error *err);

#endif
