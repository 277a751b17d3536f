/* report_help.h: what the tests of reports share: surveys from files, output
 * as a string, and expected texts that UPDATE_GOLDEN=1 rewrites. */
#ifndef MC_REPORT_HELP_H
#define MC_REPORT_HELP_H

#include "report/report.h"

/* tests/unit/data/surveys/NAME.json; fails the test when it cannot be read. */
void load_survey(struct survey *s, const char *name);

/* What `call` writes, as an owned string; `out` is the stream it writes to:
 *     char *text = CAPTURE(out, report_tsv(out, &s, &opt, NULL)); */
#define CAPTURE(out, call)                                                     \
	({                                                                         \
		FILE *out = capture_open();                                            \
		(void)(call);                                                          \
		capture_close(out);                                                    \
	})
FILE *capture_open(void);           /* one at a time */
char *capture_close(FILE *stream);  /* what was written; owned by the caller */

/* Compare with tests/unit/data/golden/NAME, or write it when UPDATE_GOLDEN is set. */
void check_golden(const char *name, const char *text);

/* The text without SGR sequences; owned by the caller. */
char *strip_color(const char *text);

/* Fail when the text holds a control character other than newline (and tab
 * when allowed), a bidi control, or a line that a CI runner takes for a command. */
void check_harmless(const char *text, bool tabs);

/* Fail when the text promises what the tool never promises. */
void check_words(const char *text);

#endif
