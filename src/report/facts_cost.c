/* facts_cost.c: what free threading costs and gains, of one package and of all; see facts.h. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>

#define SCALES_PAST 1.6 /* speed-up on two threads from which on a package counts as scaling: 80% of what there is */

/* "1.31x [1.27, 1.35] n=15 slower", and the interpreter's own where there is one. */
static void add_ratio(struct strv *out, const char *label, const struct ratio *r, const char *word, const struct ratio *alone)
{
	AUTO_FREE char *note = style_reason(r->note ? r->note : "");
	if (!ratio_usable(r)) {
		if (*note)
			strv_addf(out, "%s unknown (%s)", label, note);
		return;
	}
	AUTO_BUF b = { 0 };
	AUTO_FREE char *times = cell_times(r->ratio);
	AUTO_FREE char *interval = cell_interval(r);
	buf_addf(&b, "%s %s", label, times);
	if (interval[0] == '[')
		buf_addf(&b, " %s", interval);
	if (r->n > 0)
		buf_addf(&b, " n=%d", r->n);
	buf_addf(&b, " %s", word);
	if (alone && ratio_usable(alone)) {
		AUTO_FREE char *own = cell_times(alone->ratio);
		buf_addf(&b, ", interpreter %s", own);
	}
	if (*note)
		buf_addf(&b, " (%s)", note);
	strv_add(out, buf_str(&b));
}

static const struct ratio *own_baseline(const struct survey *s, const struct package_result *p)
{
	return ratio_usable(&p->baseline) ? &p->baseline : &s->baseline.time;
}

void fact_costs(const struct survey *s, const struct package_result *p, struct strv *out)
{
	const char *how = p->gil_state == 1 ? ", PYTHON_GIL=0" : ""; /* how the pairs of a package that turns the GIL on are run */
	AUTO_FREE char *time = xasprintf("time%s", how);
	AUTO_FREE char *memory = xasprintf("memory, peak%s", how);
	AUTO_FREE char *memory_import = xasprintf("memory after import%s", how);
	AUTO_FREE char *import = xasprintf("import%s", how);
	add_ratio(out, time, &p->time, perf_verdict_word(p->time.verdict), own_baseline(s, p));
	add_ratio(out, "build alone (ft-gil)", &p->build, perf_verdict_word(p->build.verdict), &s->baseline.build);
	add_ratio(out, memory, &p->memory, memory_word(p->memory.verdict), &s->baseline.memory);
	add_ratio(out, memory_import, &p->memory_import, memory_word(p->memory_import.verdict), NULL);
	add_ratio(out, import, &p->import_time, perf_verdict_word(p->import_time.verdict), &s->baseline.import_time);
	AUTO_FREE char *sizes = fact_sizes(p);
	if (sizes)
		strv_add(out, sizes);
	AUTO_FREE char *measured = fact_measured(p);
	if (measured)
		strv_add(out, measured);
}

static void add_sizes(struct buf *b, const struct artifact_facts *a)
{
	if (a->wheel_bytes > 0) {
		AUTO_FREE char *wheel = text_bytes((uint64_t)a->wheel_bytes);
		buf_addf(b, "wheel %s", wheel);
	}
	if (a->installed_bytes > 0) {
		AUTO_FREE char *installed = text_bytes((uint64_t)a->installed_bytes);
		buf_addf(b, "%sinstalled %s", a->wheel_bytes > 0 ? ", " : "", installed);
	}
}

char *fact_sizes(const struct package_result *p)
{
	const struct artifact_facts *gil = &p->artifact[ARM_GIL], *ft = &p->artifact[ARM_FT];
	struct buf b = { 0 };
	add_sizes(&b, ft);
	if (gil->wheel_bytes != ft->wheel_bytes || gil->installed_bytes != ft->installed_bytes) {
		AUTO_BUF other = { 0 };
		add_sizes(&other, gil);
		if (other.len)
			buf_addf(&b, "%s%s on gil", b.len ? " on ft; " : "", buf_str(&other));
	}
	return b.len ? buf_steal(&b) : NULL;
}

/* "; left out: 3 too short, 2 that wait" */
static void add_left_out(struct buf *b, const struct measured *m)
{
	const struct { int64_t n; const char *why; } rows[] = {
		{ m->too_short, "too short" }, { m->waiting, "that sleep or wait" }, { m->unequal, "that did not pass everywhere" },
	};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].n <= 0)
			continue;
		AUTO_FREE char *n = text_count((uint64_t)rows[i].n);
		buf_addf(b, "%s%s %s", any ? ", " : "; left out: ", n, rows[i].why);
		any = true;
	}
}

char *fact_measured(const struct package_result *p)
{
	const struct measured *m = &p->measured;
	if (!m->known)
		return NULL;
	struct buf b = { 0 };
	AUTO_FREE char *timed = text_count((uint64_t)(m->timed > 0 ? m->timed : 0));
	buf_addf(&b, "measured in %lld %s of fresh processes on %s %s", (long long)m->pairs, m->pairs == 1 ? "pair" : "pairs", timed,
	         m->timed == 1 ? "test" : "tests");
	if (m->drawn < m->drawn_of)
		buf_addf(&b, " (%lld of %lld that end on both builds were drawn)", (long long)m->drawn, (long long)m->drawn_of);
	if (m->repeat > 1)
		buf_addf(&b, ", each %lld times", (long long)m->repeat);
	add_left_out(&b, m);
	if (p->time.noise > 0 && p->time.noise < 100) {
		AUTO_FREE char *noise = cell_percent(p->time.noise);
		buf_addf(&b, "; noise %s", noise);
		if (m->noise_pairs > 0)
			buf_addf(&b, " (A/A, %lld pairs)", (long long)m->noise_pairs);
	}
	if (m->spoilt > 0)
		buf_addf(&b, "; %lld %s spoilt, %lld repeated", (long long)m->spoilt, m->spoilt == 1 ? "pair" : "pairs", (long long)m->repeated);
	if (m->load >= 0 && m->load < 1e4)
		buf_addf(&b, "; others kept %.2f cores busy (at most %.2f)", m->load, m->load_most >= m->load && m->load_most < 1e4 ? m->load_most : m->load);
	return buf_steal(&b);
}

/* "; 2 more only with PYTHON_GIL=0" */
static void add_forced(struct buf *b, size_t forced)
{
	if (forced)
		buf_addf(b, "; %zu more only with PYTHON_GIL=0", forced);
}

char *fact_fleet_cost(const struct survey *s)
{
	size_t n, n_memory, forced = 0;
	for (size_t i = 0; i < s->n_packages; i++)
		forced += s->packages[i].gil_state == 1 && ratio_has_interval(&s->packages[i].time);
	double median = survey_median(s, false, &n), mean = survey_mean(s, false, &n), memory = survey_median(s, true, &n_memory);
	if (n == 0)
		return NULL;
	struct buf b = { 0 };
	AUTO_FREE char *time = cell_times(median);
	buf_addf(&b, "%s%s on one thread", n > 1 ? "median package " : "", time);
	const struct ratio *alone = survey_baseline(s);
	if (alone) {
		AUTO_FREE char *own = cell_times(alone->ratio);
		buf_addf(&b, ", interpreter %s", own);
	}
	if (n_memory) {
		AUTO_FREE char *m = cell_times(memory);
		buf_addf(&b, "; memory %s", m);
	}
	AUTO_FREE char *g = n > 1 ? cell_times(mean) : NULL;
	buf_addf(&b, " (%zu of %zu packages measured%s%s)", n, s->n_packages, g ? ", geometric mean " : "", g ? g : "");
	add_forced(&b, forced);
	return buf_steal(&b);
}

char *fact_fleet_gain(const struct survey *s)
{
	size_t n = 0, past = 0, contended = 0, forced = 0;
	double only = 0;
	for (size_t i = 0; i < s->n_packages; i++) {
		const struct scaling_curve *c = scaling_headline(&s->packages[i].scaling, ARM_FT);
		const struct scaling_point *at = scaling_at(c, 2);
		if (!at || !speedup_usable(at->speedup))
			continue;
		if (s->packages[i].gil_state == 1) {
			forced++;
			continue;
		}
		n++;
		past += at->speedup > SCALES_PAST;
		contended += c->verdict == SCALING_CONTENDED;
		only = at->speedup;
	}
	if (n == 0)
		return NULL;
	struct buf b = { 0 };
	AUTO_FREE char *times = cell_times(only);
	if (n == 1)
		buf_addf(&b, "%s on two threads%s (1 of %zu packages measured)", times, contended ? ", contended" : "", s->n_packages);
	else
		buf_addf(&b, "%zu of %zu measured packages scale past %.1fx on two threads", past, n, SCALES_PAST);
	if (n > 1 && contended)
		buf_addf(&b, "; %zu contended", contended);
	add_forced(&b, forced);
	return buf_steal(&b);
}
