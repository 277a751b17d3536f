/*
 * make_html.c: a survey's JSON as an HTML page, for the tests that read pages:
 *     make_html SURVEY.json OUT.html [PREVIOUS.json|-] [MAX_BYTES] [plain]
 * "plain" leaves style and script out.
 */
#include "base/fs.h"
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#define SURVEY_MAX ((size_t)64 << 20)

static int read_survey(const char *path, struct survey *s, struct error *err)
{
	AUTO_JSON *j = NULL;
	if (json_read(path, SURVEY_MAX, &j, err) < 0)
		return -1;
	survey_from_json(s, j);
	return 0;
}

static int write_page(int argc, char **argv, struct error *err)
{
	AUTO_SURVEY s = { 0 };
	AUTO_SURVEY before = { 0 };
	AUTO_BUF style = { 0 };
	AUTO_BUF script = { 0 };
	struct html_options options = { .max_bytes = argc > 4 ? strtoul(argv[4], NULL, 10) : 0 };
	if (read_survey(argv[1], &s, err) < 0)
		return -1;
	if (argc > 3 && strcmp(argv[3], "-") != 0) {
		if (read_survey(argv[3], &before, err) < 0)
			return -1;
		options.previous = &before;
	}
	if (argc <= 5) {
		if (read_file(MC_BUILD_SRCDIR "/reports/style.css", 1 << 20, &style, err) < 0 ||
		    read_file(MC_BUILD_SRCDIR "/reports/report.js", 1 << 20, &script, err) < 0)
			return -1;
		options.style = buf_str(&style);
		options.script = buf_str(&script);
	}
	AUTO_FILE FILE *out = fopen(argv[2], "w");
	if (!out)
		return error_set(err, ERR_IO, "cannot write '%s'", argv[2]);
	return report_html(out, &s, &options, err);
}

int main(int argc, char **argv)
{
	AUTO_ERROR err = { 0 };
	if (argc < 3) {
		fputs("usage: make_html SURVEY.json OUT.html [PREVIOUS.json|-] [MAX_BYTES] [plain]\n", stderr);
		return 2;
	}
	if (write_page(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "make_html: %s\n", err.what);
	return 1;
}
