/* matrix.c: the survey as a table for people, on a terminal or in a log. */
#include "base/text.h"
#include "report/cells.h"
#include "report/report.h"
#include "report/style.h"
#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#define FOLD_ABOVE 20 /* packages; the go rows fold on a terminal beyond it */
#define WIDE 120      /* columns; below it the columns marked wide are left out */

enum column {
	COL_PACKAGE, COL_VERSION, COL_FROM, COL_GIL, COL_SUITE, COL_STRESS, COL_TIME, COL_INTERVAL, COL_ALONE, COL_MEMORY, COL_IMPORT, COL_SIZE,
	COL_THREADS, COL_VERDICT,
	COL_COUNT
};

static const struct {
	const char *head;
	bool wide;  /* from WIDE columns on */
	int leaves; /* which columns leave first when the table is too wide; 0: never */
	bool known; /* only when a row has something to say there */
} columns[COL_COUNT] = {
	[COL_PACKAGE] = { "package", false, 0 },
	[COL_VERSION] = { "version", false, 7 },
	[COL_FROM] = { "from", true, 4 },
	[COL_GIL] = { "GIL", true, 4 },
	[COL_SUITE] = { "suite gil | ft", false, 0 },
	[COL_STRESS] = { "stress", false, 0 },
	[COL_TIME] = { "time ft/gil", false, 0 },
	[COL_INTERVAL] = { "interval", true, 5 },
	[COL_ALONE] = { "interpreter", true, 2, true },
	[COL_MEMORY] = { "memory", true, 6 },
	[COL_IMPORT] = { "import", true, 2, true },
	[COL_SIZE] = { "wheel | installed", true, 1, true },
	[COL_THREADS] = { "2 threads", true, 3 },
	[COL_VERDICT] = { "verdict", false, 0 },
};

struct table {
	const struct report_options *opt;
	bool shown[COL_COUNT];
	size_t width[COL_COUNT];
	char *(*cells)[COL_COUNT]; /* one row per package shown */
	size_t n;
};

static void table_release(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t c = 0; c < COL_COUNT; c++)
			free(t->cells[i][c]);
	free(t->cells);
}

/* What the interpreters alone show, beside each package that was timed. */
static char *cell_alone(const struct survey *s, const struct package_result *p)
{
	const struct ratio *alone = ratio_usable(&p->baseline) ? &p->baseline : &s->baseline.time;
	return ratio_usable(&p->time) && ratio_usable(alone) ? cell_times(alone->ratio) : xstrdup("-");
}

static void fill_row(char *cell[COL_COUNT], const struct survey *s, const struct package_result *p)
{
	cell[COL_PACKAGE] = style_line(p->name);
	cell[COL_VERSION] = cell_version(p);
	cell[COL_FROM] = cell_from(p);
	cell[COL_GIL] = cell_gil(p);
	cell[COL_SUITE] = cell_suite(p);
	cell[COL_STRESS] = cell_stress(p);
	cell[COL_TIME] = cell_ratio(&p->time);
	cell[COL_INTERVAL] = cell_interval(&p->time);
	cell[COL_ALONE] = cell_alone(s, p);
	cell[COL_IMPORT] = cell_ratio(&p->import_time);
	cell[COL_SIZE] = cell_size(p);
	cell[COL_MEMORY] = cell_memory(&p->memory);
	cell[COL_THREADS] = cell_threads(p);
	cell[COL_VERDICT] = xstrdup(readiness_word(p->readiness));
}

static size_t table_width(const struct table *t)
{
	size_t width = 0;
	for (size_t c = 0; c < COL_COUNT; c++)
		if (t->shown[c])
			width += 2 + t->width[c];
	return width;
}

/* Decide which columns are shown, so that the table fits. */
static void choose_columns(struct table *t)
{
	int width = t->opt->width;
	for (size_t c = 0; c < COL_COUNT; c++) {
		bool any = !columns[c].known;
		t->width[c] = text_width(columns[c].head);
		for (size_t i = 0; i < t->n; i++) {
			any = any || strcmp(t->cells[i][c], "-") != 0;
			if (text_width(t->cells[i][c]) > t->width[c])
				t->width[c] = text_width(t->cells[i][c]);
		}
		t->shown[c] = any && (!columns[c].wide || width <= 0 || width >= WIDE);
	}
	for (int leaves = 1; leaves <= 7 && width > 0 && table_width(t) > (size_t)width; leaves++)
		for (size_t c = 0; c < COL_COUNT; c++)
			if (columns[c].leaves == leaves)
				t->shown[c] = false;
}

static void add_header(struct buf *out, const struct table *t)
{
	AUTO_BUF line = { 0 };
	for (size_t c = 0; c < COL_COUNT; c++) {
		if (!t->shown[c])
			continue;
		buf_adds(&line, "  ");
		style_pad(&line, columns[c].head, c == COL_VERDICT ? 0 : t->width[c]);
	}
	style_add(out, t->opt->color, SGR_BOLD, buf_str(&line));
	buf_addc(out, '\n');
}

static void add_row(struct buf *out, const struct table *t, size_t i, const struct package_result *p)
{
	char glyph[] = { readiness_glyph(p->readiness), '\0' };
	style_add(out, t->opt->color, readiness_ansi(p->readiness), glyph);
	buf_addc(out, ' ');
	for (size_t c = 0; c < COL_COUNT; c++) {
		if (!t->shown[c])
			continue;
		if (c == COL_VERDICT) {
			style_add(out, t->opt->color, readiness_ansi(p->readiness), t->cells[i][c]);
		} else {
			style_pad(out, t->cells[i][c], t->width[c]);
			buf_adds(out, "  ");
		}
	}
	buf_addc(out, '\n');
}

/* A go row explains itself; only what is remarkable about it gets a line. */
static void add_reasons(struct buf *out, const struct report_options *opt, const struct package_result *p)
{
	if (p->readiness == READY_GO && p->flags.n == 0 && opt->verbosity < 1)
		return;
	AUTO_STRV lines = { 0 };
	package_reasons(p, &lines);
	for (size_t i = 0; i < lines.n; i++) {
		buf_adds(out, "    ");
		style_wrap(out, lines.v[i], 4, 6, opt->width);
		buf_addc(out, '\n');
	}
}

static int compare(const void *va, const void *vb)
{
	const struct package_result *const *a = va, *const *b = vb;
	return package_compare(*a, *b);
}

/* Fill the table with the packages in their order; folded receives how many go rows are left out. */
static const struct package_result **rows(struct table *t, const struct survey *s, size_t *folded)
{
	const struct package_result **list = xcalloc(s->n_packages, sizeof(*list));
	for (size_t i = 0; i < s->n_packages; i++)
		list[i] = &s->packages[i];
	qsort(list, s->n_packages, sizeof(*list), compare);
	size_t go = survey_count(s, READY_GO);
	bool fold = t->opt->terminal && !t->opt->all_rows && s->n_packages > FOLD_ABOVE && go > 1;
	*folded = fold ? go - 1 : 0; /* go rows are last: one stays as the example */
	t->n = s->n_packages - *folded;
	t->cells = xcalloc(t->n, sizeof(*t->cells));
	for (size_t i = 0; i < t->n; i++)
		fill_row(t->cells[i], s, list[i]);
	return list;
}

static void add_table(struct buf *out, const struct survey *s, const struct report_options *opt)
{
	CLEANUP(table_release) struct table t = { .opt = opt };
	size_t folded;
	AUTO_FREE const struct package_result **list = rows(&t, s, &folded);
	choose_columns(&t);
	add_header(out, &t);
	for (size_t i = 0; i < t.n; i++) {
		add_row(out, &t, i, list[i]);
		add_reasons(out, opt, list[i]);
	}
	if (folded) {
		style_add(out, opt->color, readiness_ansi(READY_GO), "+");
		buf_addf(out, " and %zu more go   (all rows: --all)\n", folded);
	}
	buf_addc(out, '\n');
}

/* With -q only the counts are written, with -qq nothing. */
int report_matrix(FILE *out, const struct survey *s, const struct report_options *opt, struct error *err)
{
	AUTO_BUF text = { 0 };
	if (opt->verbosity >= 0) {
		summary_conditions(&text, s, opt);
		if (s->n_packages)
			add_table(&text, s, opt);
	}
	if (opt->verbosity >= -1)
		summary_counts(&text, s, opt);
	if (opt->verbosity >= 0)
		summary_rest(&text, s, opt);
	return report_flush(out, &text, err);
}
