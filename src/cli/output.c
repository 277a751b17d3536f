/* output.c: surveys written to files and to standard output, in any format. */
#include "base/fs.h"
#include "cli/cli.h"
#include "report/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_output_check(const char *path, struct error *err)
{
	if (!path || strcmp(path, "-") == 0)
		return 0;
	AUTO_FREE char *temp = xasprintf("%s.new", path); /* as cli_write_to() will do it */
	bool special = path_is_special(path);
	int why = path_is_dir(path) ? EISDIR : special && access(path, W_OK) < 0 ? errno : 0;
	FILE *out = why || special ? NULL : fopen(temp, "we");
	if (!out && !why && !special)
		why = errno;
	if (out) {
		fclose(out);
		unlink(temp);
	}
	if (why) {
		error_errno(err, ERR_USAGE, why, "cannot write '%s'", path);
		return error_hint(err, "name a file in a folder that exists and can be written");
	}
	return 0;
}

/* The page's style and script are read here, as reports do no input. */
static int write_html(FILE *out, const struct survey *s, const struct report_options *opt, struct error *err)
{
	AUTO_FREE char *dir = asset_path("reports");
	AUTO_FREE char *style_file = path_join(dir, "style.css");
	AUTO_FREE char *script_file = path_join(dir, "report.js");
	AUTO_BUF style = { 0 };
	AUTO_BUF script = { 0 };
	if (read_file(style_file, 1 << 20, &style, err) < 0 || read_file(script_file, 1 << 20, &script, err) < 0)
		return -1;
	struct html_options h = { .style = buf_str(&style), .script = buf_str(&script), .previous = opt->previous };
	return report_html(out, s, &h, err);
}

/* Any format by name, "html" among them. */
static int write_format(FILE *out, const char *format, const struct survey *s, const struct report_options *opt, struct error *err)
{
	if (strcmp(format, "html") == 0)
		return write_html(out, s, opt, err);
	const struct report_format *f = report_format_find(format);
	return f ? f->write(out, s, opt, err) : error_set(err, ERR_INTERNAL, "no format '%s'", format);
}

int cli_write_to(const char *path, cli_writer *write, const void *what, struct error *err)
{
	if (strcmp(path, "-") == 0)
		return write(stdout, what, err);
	bool special = path_is_special(path);
	AUTO_FREE char *temp = special ? xstrdup(path) : xasprintf("%s.new", path);
	AUTO_FILE FILE *out = fopen(temp, "we");
	if (!out)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", path);
	if (write(out, what, err) < 0 || fflush(out) != 0 || (!special && rename(temp, path) < 0)) {
		int saved = errno;
		if (!special)
			unlink(temp);
		return err && err->code ? -1 : error_errno(err, ERR_IO, saved, "cannot write '%s'", path);
	}
	return 0;
}

struct rendering {
	const char *format;
	const struct survey *survey;
	const struct report_options *options;
};

static int write_rendering(FILE *out, const void *what, struct error *err)
{
	const struct rendering *r = what;
	return write_format(out, r->format, r->survey, r->options, err);
}

int cli_output_write(const char *path, const char *format, const struct survey *s, const struct report_options *opt, struct error *err)
{
	return cli_write_to(path, write_rendering, &(struct rendering){ format, s, opt }, err);
}
