/*
 * errors.h: failures of the tool as people read them:
 *
 *     error[slug]: what
 *       --> where
 *       why: why
 *     hint: hint
 */
#ifndef MC_ERRORS_H
#define MC_ERRORS_H

#include "report/report.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* Add one error; prose wraps at opt->width, commands never do; credentials
 * are hidden and foreign text is made harmless. count above 1 is shown. */
void error_text(struct buf *out, const struct error *e, enum severity severity, size_t count, const struct report_options *opt);

/* Print the errors, equal ones once with their count. A stream that fails is
 * ignored: there is nowhere left to say so. */
void errors_print(FILE *out, const struct error *list, size_t n, enum severity severity, const struct report_options *opt);

bool error_equal(const struct error *a, const struct error *b); /* same code and texts */

#endif
