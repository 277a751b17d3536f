/* bench.c: the table of `migrate-check bench`, its words, and its JSON document; see bench.h. */
#include "report/bench.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column { COL_WORKLOAD, COL_CLAIM, COL_METRIC, COL_MEASURED, COL_CLAIMED, COL_VERDICT, COL_COUNT };

static const struct {
	const char *head;
	int leaves; /* which leave first in a narrow terminal; 0: never */
} columns[COL_COUNT] = {
	{ "workload", 0 }, { "claim", 0 }, { "measure", 1 }, { "measured", 0 }, { "claimed", 2 }, { "verdict", 0 },
};

char *bench_measured(const struct bench_claim *c)
{
	if (!c->value.known || c->verdict == BENCH_WRONG_RESULT || c->verdict == BENCH_NOT_MEASURABLE)
		return xstrdup("-");
	AUTO_FREE char *times = cell_times(c->value.ratio);
	AUTO_FREE char *interval = cell_interval(&c->value);
	return strcmp(interval, "-") == 0 ? xstrdup(times) : xasprintf("%s %s", times, interval);
}

char *bench_claimed(const struct bench_claim *c)
{
	AUTO_FREE char *times = cell_times(c->bound);
	return xasprintf("at %s %s", c->at_least ? "least" : "most", times);
}

char *bench_noise(const struct bench *b)
{
	if (!b->noise.known || !isfinite(b->noise.lo) || !isfinite(b->noise.hi) || b->noise.lo <= 0)
		return NULL;
	double up = b->noise.hi, down = 1 / b->noise.lo;
	AUTO_FREE char *percent = cell_percent((up > down ? up : down) - 1);
	return xasprintf("the same build twice differs by up to %s", percent);
}

char *bench_counts(const struct bench *b)
{
	size_t count[BENCH_VERDICT_COUNT] = { 0 };
	AUTO_BUF text = { 0 };
	for (size_t i = 0; i < b->n_claims; i++)
		count[b->claims[i].verdict]++;
	buf_addf(&text, "%zu of %zu claim%s", count[BENCH_HOLDS], b->n_claims, b->n_claims == 1 ? " holds" : "s hold");
	if (count[BENCH_DOES_NOT_HOLD])
		buf_addf(&text, ", %zu %s not", count[BENCH_DOES_NOT_HOLD], count[BENCH_DOES_NOT_HOLD] == 1 ? "does" : "do");
	if (count[BENCH_INCONCLUSIVE])
		buf_addf(&text, ", %zu inconclusive", count[BENCH_INCONCLUSIVE]);
	if (count[BENCH_NOT_MEASURABLE])
		buf_addf(&text, ", %zu not measurable here", count[BENCH_NOT_MEASURABLE]);
	if (count[BENCH_WRONG_RESULT])
		buf_addf(&text, ", %zu with a wrong result", count[BENCH_WRONG_RESULT]);
	return buf_steal(&text);
}

static char *cell_of(const struct bench_claim *c, enum column column)
{
	switch (column) {
	case COL_WORKLOAD: return xstrdup(c->workload);
	case COL_CLAIM: return xstrdup(c->text);
	case COL_METRIC: return xstrdup(c->metric);
	case COL_MEASURED: return bench_measured(c);
	case COL_CLAIMED: return bench_claimed(c);
	default: return xstrdup(bench_verdict_word(c->verdict));
	}
}

static const char *sgr_of(enum bench_verdict v)
{
	return v == BENCH_WRONG_RESULT ? SGR_RED : v == BENCH_DOES_NOT_HOLD ? SGR_YELLOW : v == BENCH_HOLDS ? "" : SGR_DIM;
}

/* Widths of the columns that fit; a column that leaves has width 0. */
static void lay_out(const struct bench *b, int limit, size_t width[COL_COUNT])
{
	size_t total = 0;
	for (int c = 0; c < COL_COUNT; c++) {
		width[c] = strlen(columns[c].head);
		for (size_t i = 0; i < b->n_claims; i++) {
			AUTO_FREE char *cell = cell_of(&b->claims[i], (enum column)c);
			width[c] = text_width(cell) > width[c] ? text_width(cell) : width[c];
		}
		total += width[c] + (c ? 2 : 0);
	}
	for (int turn = 1; turn <= 2 && limit > 0 && total > (size_t)limit; turn++)
		for (int c = 0; c < COL_COUNT; c++)
			if (columns[c].leaves == turn) {
				total -= width[c] + 2;
				width[c] = 0;
			}
}

static void add_row(struct buf *out, const struct bench_claim *c, const size_t width[COL_COUNT], const struct report_options *opt)
{
	for (int i = 0; i < COL_COUNT; i++) {
		if (width[i] == 0)
			continue;
		AUTO_FREE char *cell = c ? cell_of(c, (enum column)i) : xstrdup(columns[i].head);
		if (i == COL_VERDICT)
			style_add(out, opt->color, c ? sgr_of(c->verdict) : SGR_DIM, cell);
		else if (c)
			style_pad(out, cell, width[i] + 2);
		else {
			AUTO_BUF padded = { 0 };
			style_pad(&padded, cell, width[i] + 2);
			style_add(out, opt->color, SGR_DIM, buf_str(&padded));
		}
	}
	buf_addc(out, '\n');
	if (!c || !c->why)
		return;
	AUTO_FREE char *why = style_reason(c->why);
	buf_adds(out, "    ");
	style_wrap(out, why, 4, 4, opt->width);
	buf_addc(out, '\n');
}

static void add_summary(struct buf *out, const struct bench *b, const struct report_options *opt)
{
	AUTO_FREE char *counts = bench_counts(b);
	AUTO_FREE char *took = text_duration(b->seconds);
	AUTO_FREE char *noise = bench_noise(b);
	AUTO_BUF text = { 0 };
	buf_addf(&text, "%s%s.", b->interrupted ? "Interrupted; of what was measured " : "", counts);
	buf_addf(&text, " CPython %s, %d round%s of up to %d threads on %d core%s in %s", b->pair.ft.version ? b->pair.ft.version : "?", b->rounds,
	         b->rounds == 1 ? "" : "s", b->threads, b->cores, b->cores == 1 ? "" : "s", took);
	buf_addf(&text, "%s%s.", noise ? "; " : "", noise ? noise : "");
	if (b->load > 0.5)
		buf_addf(&text, " The machine was not idle before it (load %.1f).", b->load);
	if (b->pair.parity.n)
		buf_adds(&text, " The pair is not like for like.");
	if (!b->sandbox)
		buf_adds(&text, " Without a sandbox.");
	buf_addc(out, '\n');
	style_wrap(out, buf_str(&text), 0, 0, opt->width);
	buf_addc(out, '\n');
}

int report_bench(FILE *out, const struct bench *b, const struct report_options *opt, struct error *err)
{
	AUTO_BUF text = { 0 };
	size_t width[COL_COUNT];
	lay_out(b, opt->width, width);
	if (opt->verbosity >= 0 && b->n_claims) {
		add_row(&text, NULL, width, opt);
		for (size_t i = 0; i < b->n_claims; i++)
			add_row(&text, &b->claims[i], width, opt);
	}
	if (opt->verbosity > -2)
		add_summary(&text, b, opt);
	return report_flush(out, &text, err);
}

int report_bench_json(FILE *out, const struct bench *b, struct error *err)
{
	AUTO_JSON *j = bench_to_json(b);
	AUTO_BUF text = { 0 };
	report_json_text(&text, j);
	return report_flush(out, &text, err);
}
