/*
 * report.h: a survey turned into text for somebody. Each format is one row of
 * report/formats.def and one function; all of them read nothing but the
 * survey. Everything that came from packages, indexes or the user is made
 * harmless by the writer, never by the caller.
 */
#ifndef MC_REPORT_H
#define MC_REPORT_H

#include "base/error.h"
#include "model/survey.h"

struct report_options {
	int width;        /* columns; 0: no limit, nothing folds, wraps or is cut */
	bool color;       /* SGR sequences may be written */
	bool terminal;    /* the stream is a terminal: go rows fold, prose wraps */
	bool all_rows;    /* never fold; show whole log tails and lists */
	int verbosity;    /* -2 .. 2: -qq, -q, nothing, -v, -vv */
	const struct survey *previous; /* an earlier survey to compare with, or NULL */
	const char *store, *survey; /* --store and --survey as they were given, for commands to paste; NULL: not given */
};
/* " --store DIR --survey ID", quoted for a shell and fit to be shown: what a reading command
 * needs to see what this report was made of; "" with the defaults. Owned by the caller. */
char *report_reading_options(const struct report_options *opt) MC_NODISCARD;

struct report_format {
	const char *name;    /* word of --format */
	const char *summary; /* one line for --help */
	/* Write the survey, which is in the order of survey_sort() already or not;
	 * it is not changed. Fails with ERR_IO when the stream does. */
	int (*write)(FILE *out, const struct survey *s, const struct report_options *opt, struct error *err);
};

/* The table; n receives the number of rows. */
const struct report_format *report_formats(size_t *n);
const struct report_format *report_format_find(const char *name); /* NULL when unknown */

#define X(name, function, summary)                                             \
	int function(FILE *out, const struct survey *s, const struct report_options *opt, struct error *err);
#include "report/formats.def"
#undef X

/* The diagnosis sheet of one package (`show`), or the same as Markdown for an
 * issue tracker (`show --issue`). ERR_IO when the stream fails. */
int report_show(FILE *out, const struct survey *s, const struct package_result *p, const struct report_options *opt, struct error *err);
/* The tests that lost or gained most (`show --slowest`), or why none was timed. Of opt all_rows alone is used. */
int report_slowest(FILE *out, const struct package_result *p, const struct report_options *opt, struct error *err);
/* Markdown, whatever the stream is; of opt nothing is used. */
int report_issue(FILE *out, const struct survey *s, const struct package_result *p, const struct report_options *opt, struct error *err);
/* The package of that name (normalised as PEP 503 says before comparing), or NULL. */
const struct package_result *report_find_package(const struct survey *s, const char *name);

/* The finding that `word` names, "m1" or "multidict:m1", and its package.
 * ERR_NO_FINDING lists what there is, or the packages between which "m1" does not choose. */
const struct finding *report_find_finding(const struct survey *s, const char *word, const struct package_result **package, struct error *err);

/* A JSON document, two spaces of indentation, members in the order in which
 * they were added, a newline at the end. Whole numbers are printed whole, other
 * numbers rounded to six significant digits, NaN and infinities as null.
 * Invalid UTF-8 becomes U+FFFD; control and bidi characters become \u escapes,
 * so that a document can be shown on a terminal; credentials in URLs become
 * "***", because documents are passed on. */
void report_json_text(struct buf *out, const cJSON *j);
/* The same on one line, without a newline. */
void report_json_line(struct buf *out, const cJSON *j);

/* Write the buffer to the stream and flush it; ERR_IO when that fails. */
int report_flush(FILE *out, const struct buf *b, struct error *err);

#endif
