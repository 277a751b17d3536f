/* tsv.c: one line per package for awk and spreadsheets; columns in docs/outputs.md. */
#include "report/cells.h"
#include "report/report.h"
#include "report/style.h"

#include <stdlib.h>

static void field(struct buf *out, const char *foreign)
{
	style_text(out, foreign);
	buf_addc(out, '\t');
}

static void number(struct buf *out, bool known, int64_t v)
{
	if (known)
		buf_addf(out, "%lld", (long long)v);
	buf_addc(out, '\t');
}

static void decimal(struct buf *out, bool known, double v)
{
	if (known)
		buf_addf(out, "%.6g", v);
	buf_addc(out, '\t');
}

static void ratio(struct buf *out, const struct ratio *r)
{
	decimal(out, ratio_usable(r), r->ratio);
	decimal(out, ratio_has_interval(r), r->lo);
	decimal(out, ratio_has_interval(r), r->hi);
	field(out, ratio_usable(r) ? perf_verdict_word(r->verdict) : "");
}

static void stress(struct buf *out, const struct package_result *p)
{
	const struct stress_summary *tests = package_stress_tests(p), *replay = package_stress_replay(p);
	AUTO_FREE char *cell = cell_stress(p);
	field(out, str_eq(cell, "-") ? "" : cell);
	number(out, tests != NULL, tests ? tests->parallel : 0);
	number(out, tests != NULL, tests ? tests->of : 0);
	number(out, replay != NULL, replay ? replay->ops_played : 0);
	if (replay)
		buf_addf(out, "%lld", (long long)replay->ops);
}

static void costs(struct buf *out, const struct survey *s, const struct package_result *p)
{
	const struct ratio *alone = ratio_usable(&p->baseline) ? &p->baseline : &s->baseline.time;
	const struct artifact_facts *ft = &p->artifact[ARM_FT];
	decimal(out, ratio_usable(alone), alone->ratio);
	ratio(out, &p->build);
	ratio(out, &p->memory_import);
	ratio(out, &p->import_time);
	number(out, ft->wheel_bytes > 0, ft->wheel_bytes);
	if (ft->installed_bytes > 0)
		buf_addf(out, "%lld", (long long)ft->installed_bytes);
}

/* Two threads, of the curve that stands for the package on ft; the GIL build's beside it. */
static void scaling(struct buf *out, const struct package_result *p)
{
	const struct scaling_curve *ft = scaling_headline(&p->scaling, ARM_FT);
	const struct scaling_curve *gil = ft ? scaling_find(&p->scaling, ft->work, ft->objects, ARM_GIL) : NULL;
	const struct scaling_point *f = scaling_at(ft, 2), *g = scaling_at(gil, 2);
	bool known = f && speedup_usable(f->speedup);
	decimal(out, known, known ? f->speedup : 0);
	decimal(out, known && speedup_usable(f->lo), known ? f->lo : 0);
	decimal(out, known && speedup_usable(f->hi), known ? f->hi : 0);
	field(out, known ? scaling_verdict_word(ft->verdict) : "");
	if (g && speedup_usable(g->speedup))
		buf_addf(out, "%.6g", g->speedup);
}

static void row(struct buf *out, const struct survey *s, const struct package_result *p)
{
	const struct arm_tests *gil = &p->tests[ARM_GIL], *ft = &p->tests[ARM_FT];
	field(out, p->name);
	field(out, p->tested_version ? p->tested_version : p->version);
	field(out, readiness_word(p->readiness));
	field(out, outcome_word(p->verdict));
	number(out, p->runs > 0, p->runs);
	decimal(out, p->runs > 0, p->bound);
	number(out, gil->known, gil->passed);
	number(out, ft->known, ft->passed);
	number(out, p->selected >= 0, p->selected);
	number(out, p->collected >= 0, p->collected);
	field(out, p->gil_state < 0 ? "" : p->gil_state ? "on" : "off");
	field(out, p->from);
	ratio(out, &p->time);
	ratio(out, &p->memory);
	number(out, p->holds > 0, p->holds);
	AUTO_STRV reasons = { 0 };
	package_reasons(p, &reasons);
	field(out, reasons.n ? reasons.v[0] : "");
	stress(out, p);
	buf_addc(out, '\t');
	costs(out, s, p);
	buf_addc(out, '\t');
	scaling(out, p);
	buf_addc(out, '\n');
}

/* Rows in the order of the survey, whatever the options say. */
int report_tsv(FILE *out, const struct survey *s, const struct report_options *opt MC_UNUSED, struct error *err)
{
	AUTO_BUF text = { 0 };
	for (size_t i = 0; i < s->n_packages; i++)
		row(&text, s, &s->packages[i]);
	return report_flush(out, &text, err);
}
