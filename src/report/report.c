/* report.c: the table of report formats, and what they share; see report.h. */
#include "report/report.h"
#include "report/style.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct report_format formats[] = {
#define X(name, function, summary) { name, summary, function },
#include "report/formats.def"
#undef X
};

const struct report_format *report_formats(size_t *n)
{
	*n = ARRAY_LEN(formats);
	return formats;
}

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (str_eq(formats[i].name, name))
			return &formats[i];
	return NULL;
}

char *report_reading_options(const struct report_options *opt)
{
	AUTO_FREE char *store = opt->store ? style_command_word(opt->store) : NULL;
	AUTO_FREE char *survey = opt->survey ? style_command_word(opt->survey) : NULL;
	return xasprintf("%s%s%s%s", store ? " --store " : "", store ? store : "", survey ? " --survey " : "", survey ? survey : "");
}

int report_flush(FILE *out, const struct buf *b, struct error *err)
{
	if (b->len && fwrite(b->data, 1, b->len, out) != b->len)
		return error_errno(err, ERR_IO, errno, "cannot write the report");
	if (fflush(out) != 0)
		return error_errno(err, ERR_IO, errno, "cannot write the report");
	return 0;
}

/* Names compare without case, and runs of "-", "_" and "." are one "-" (PEP 503). */
static void normalise(struct buf *out, const char *name)
{
	for (const char *p = name; *p; p++) {
		if (*p != '-' && *p != '_' && *p != '.')
			buf_addc(out, (char)tolower((unsigned char)*p));
		else if (out->len == 0 || out->data[out->len - 1] != '-')
			buf_addc(out, '-');
	}
}

const struct package_result *report_find_package(const struct survey *s, const char *name)
{
	AUTO_BUF wanted = { 0 };
	normalise(&wanted, name);
	for (size_t i = 0; i < s->n_packages; i++) {
		AUTO_BUF here = { 0 };
		normalise(&here, s->packages[i].name ? s->packages[i].name : "");
		if (strcmp(buf_str(&here), buf_str(&wanted)) == 0)
			return &s->packages[i];
	}
	return NULL;
}
