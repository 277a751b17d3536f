/* errors.c: see errors.h. */
#include "report/errors.h"
#include "base/text.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>

static void add_prose(struct buf *out, const char *label, const char *foreign, size_t indent, const struct report_options *opt)
{
	AUTO_FREE char *safe = style_line(foreign);
	buf_adds(out, label);
	style_wrap(out, safe, text_width(label), indent, opt->width);
	buf_addc(out, '\n');
}

/* Does the line say by itself what it is, as "looked in: ..." does? */
static bool has_label(const char *line)
{
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz- ");
	return n > 0 && n <= 20 && line[n] == ':' && line[n + 1] == ' ';
}

static void add_why(struct buf *out, const char *why, const struct report_options *opt)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, why, '\n');
	while (lines.n && lines.v[lines.n - 1][0] == '\0')
		free(lines.v[--lines.n]);
	for (size_t i = 0; i < lines.n; i++) {
		bool bare = lines.n > 1 || has_label(lines.v[i]);
		add_prose(out, bare ? "  " : "  why: ", lines.v[i], 4, opt);
	}
}

void error_text(struct buf *out, const struct error *e, enum severity severity, size_t count, const struct report_options *opt)
{
	bool is_error = severity == SEVERITY_ERROR;
	AUTO_FREE char *label = xasprintf("%s[%s]", is_error ? "error" : "warning", error_slug(e->code));
	AUTO_FREE char *what = style_line(e->what);
	AUTO_FREE char *times = count > 1 ? xasprintf(" (%zu times)", count) : xstrdup("");
	AUTO_FREE char *line = xasprintf("%s%s", what, times);
	style_add(out, opt->color, is_error ? SGR_BOLD ";" SGR_RED : SGR_BOLD ";" SGR_YELLOW, label);
	buf_adds(out, ": ");
	style_wrap(out, line, text_width(label) + 2, 2, opt->width);
	buf_addc(out, '\n');
	if (e->where)
		add_prose(out, "  --> ", e->where, 6, opt);
	if (e->why)
		add_why(out, e->why, opt);
	if (e->hint) {
		style_add(out, opt->color, SGR_BOLD, "hint");
		AUTO_FREE char *hint = style_line(e->hint);
		buf_adds(out, ": ");
		style_wrap(out, hint, 6, 2, opt->width);
		buf_addc(out, '\n');
	}
}

bool error_equal(const struct error *a, const struct error *b)
{
	return a->code == b->code && str_eq(a->what, b->what) && str_eq(a->where, b->where) && str_eq(a->why, b->why) &&
	       str_eq(a->hint, b->hint);
}

static bool seen_before(const struct error *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (error_equal(&list[k], &list[i]))
			return true;
	return false;
}

void errors_print(FILE *out, const struct error *list, size_t n, enum severity severity, const struct report_options *opt)
{
	AUTO_BUF text = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (list[i].code == ERR_NONE || seen_before(list, i))
			continue;
		size_t count = 0;
		for (size_t k = i; k < n; k++)
			count += error_equal(&list[k], &list[i]);
		error_text(&text, &list[i], severity, count, opt);
	}
	(void)report_flush(out, &text, NULL);
}
