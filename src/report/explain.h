/* explain.h: what the tool's words mean; one source for the terminal, the HTML
 * glossary and the manual. */
#ifndef MC_EXPLAIN_H
#define MC_EXPLAIN_H

#include "report/report.h"

struct explanation {
	const char *group; /* "outcome", "readiness", "flag", "error", "arm", "mode", ... */
	const char *word, *text;
};

/* The i-th explanation, groups together; false behind the last one. */
bool explanation_get(size_t i, struct explanation *out);

/* Print all explanations of a word, or the list of words when word is NULL.
 * ERR_USAGE with near words when nothing explains it; ERR_IO. */
int report_explain(FILE *out, const char *word, const struct report_options *opt, struct error *err);

#endif
