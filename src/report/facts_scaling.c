/* facts_scaling.c: how a package's work grows with threads, as a cell and as lines; see cells.h and facts.h. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>

char *cell_threads(const struct package_result *p)
{
	const struct scaling_curve *c = scaling_headline(&p->scaling, ARM_FT);
	const struct scaling_point *two = scaling_at(c, 2);
	if (!two || !speedup_usable(two->speedup))
		return xstrdup("-");
	AUTO_FREE char *times = cell_times(two->speedup);
	bool plain = c->verdict == SCALING_SCALES || c->verdict == SCALING_UNKNOWN;
	return xasprintf("%s%s%s", times, plain ? "" : " ", plain ? "" : scaling_verdict_word(c->verdict));
}

/* "ft 1.71x [1.66, 1.75] at 2, 3.1x [2.9, 3.3] at 4, scales". */
static void add_arm(struct buf *b, const struct scaling_curve *c)
{
	buf_addf(b, "%s ", arm_word(c->arm));
	for (size_t i = 0; i < c->n_points; i++) {
		const struct scaling_point *p = &c->points[i];
		if (p->threads < 2 || !speedup_usable(p->speedup))
			continue;
		const struct ratio r = { .known = true, .ratio = p->speedup, .lo = p->lo, .hi = p->hi, .n = p->n };
		AUTO_FREE char *times = cell_times(p->speedup);
		AUTO_FREE char *interval = cell_interval(&r);
		buf_addf(b, "%s %s at %d, ", times, interval, p->threads);
	}
	buf_adds(b, scaling_verdict_word(c->verdict));
}

static void add_curves(const struct scaling *s, const char *work, const char *objects, struct strv *out)
{
	const struct scaling_curve *ft = scaling_find(s, work, objects, ARM_FT), *gil = scaling_find(s, work, objects, ARM_GIL);
	if (!ft && !gil)
		return;
	AUTO_BUF b = { 0 };
	style_text(&b, work);
	buf_addf(&b, " on %s: ", str_eq(objects, "shared") ? "one object" : "own objects");
	if (ft)
		add_arm(&b, ft);
	if (gil) {
		buf_adds(&b, ft ? " | " : "");
		add_arm(&b, gil);
	}
	const struct scaling_point *end = ft && ft->n_points ? &ft->points[ft->n_points - 1] : NULL;
	if (end && speedup_usable(end->ceiling) && end->threads > 1) {
		AUTO_FREE char *most = cell_times(end->ceiling);
		buf_addf(&b, " | machine %s", most);
	}
	strv_add(out, buf_str(&b));
	AUTO_FREE char *note = ft && ft->note ? style_line(ft->note) : NULL;
	if (note)
		strv_addf(out, "  %lld units, %s", (long long)ft->units, note);
	AUTO_FREE char *where = ft && ft->where ? style_line(ft->where) : NULL;
	if (where)
		strv_addf(out, "  %s", where);
}

void fact_scaling(const struct package_result *p, struct strv *out)
{
	static const char *const kinds[][2] = { { "calls", "private" }, { "calls", "shared" }, { "tests", "private" } };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		add_curves(&p->scaling, kinds[i][0], kinds[i][1], out);
	if (p->scaling.n == 0 && p->scaling.note) {
		AUTO_FREE char *note = style_line(p->scaling.note);
		strv_addf(out, "not measured: %s", note);
	}
	if (p->scaling.n && p->scaling.load >= 0)
		strv_addf(out, "load average beside the runs at most %.1f", p->scaling.load);
}
