/* workload.c: the sheet of one program: kind, advice, before and after, where its time went. */
#include "report/workload.h"
#include "base/fs.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 10, WIDE = 22, COLUMN = 12, FUNCTIONS = 10, PLACES = 3, TAIL_LINES = 12, THREADS = 4 };

struct sheet {
	struct buf *out;
	const struct workload *w;
	const struct report_options *opt;
};

/* "label     text", wrapped under the text, which is harmless already. */
static void add(const struct sheet *sh, const char *label, const char *text)
{
	AUTO_BUF padded = { 0 };
	style_pad(&padded, label, LABEL);
	style_add(sh->out, sh->opt->color, SGR_DIM, buf_str(&padded));
	style_wrap(sh->out, text, LABEL, LABEL, sh->opt->width);
	buf_addc(sh->out, '\n');
}

static void add_row(const struct sheet *sh, const char *label, const char *gil, const char *ft, const char *rest)
{
	AUTO_BUF line = { 0 };
	AUTO_BUF head = { 0 };
	style_pad(&head, label, WIDE);
	style_add(sh->out, sh->opt->color, SGR_DIM, buf_str(&head));
	style_pad(&line, gil, COLUMN);
	if (rest && *rest)
		style_pad(&line, ft, COLUMN);
	else
		buf_adds(&line, ft);
	buf_addf(sh->out, "%s%s\n", buf_str(&line), rest ? rest : "");
}

static void add_title(const struct sheet *sh, const char *text, bool columns)
{
	buf_addc(sh->out, '\n');
	AUTO_BUF head = { 0 };
	if (columns)
		style_pad(&head, text, WIDE);
	else
		buf_adds(&head, text);
	style_add(sh->out, sh->opt->color, SGR_BOLD, buf_str(&head));
	if (!columns)
		buf_addc(sh->out, '\n');
}

/* ---- head ---- */

static void add_head(const struct sheet *sh)
{
	const struct workload *w = sh->w;
	AUTO_FREE char *command = style_line(w->command);
	AUTO_FREE char *version = style_line(w->gil.version);
	style_add(sh->out, sh->opt->color, SGR_BOLD, command);
	buf_addf(sh->out, "   CPython %s, %d core%s, %s%s%s\n", version, w->cores, w->cores == 1 ? "" : "s", w->sandbox ? "sandboxed" : "no sandbox",
	         w->sandbox ? w->network ? ", network" : ", no network" : "", w->sandbox && w->writable ? ", working folder writable" : "");
	AUTO_FREE char *kind = xasprintf("%s (%s)", workload_kind_word(w->kind), sureness_word(w->kind_sureness));
	if (w->kind == WORKLOAD_SHORT || w->kind == WORKLOAD_UNKNOWN)
		add(sh, "kind", workload_kind_word(w->kind));
	else
		add(sh, "kind", kind);
	AUTO_FREE char *reason = style_line(w->reason);
	AUTO_FREE char *advice = xasprintf("%s (%s): %s", advice_word(w->advice), sureness_word(w->advice_sureness), reason);
	AUTO_FREE char *none = xasprintf("none: %s", reason);
	add(sh, "advice", w->advice == ADVICE_NONE ? none : advice);
	for (size_t i = 0; i < w->notes.n; i++) {
		AUTO_FREE char *note = style_line(w->notes.v[i]);
		add(sh, i ? "" : "note", note);
	}
}

/* ---- before and after ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(const struct workload_arm *a, double (*figure)(const struct workload_run *))
{
	AUTO_FREE double *v = xcalloc(a->n_runs + 1, sizeof(*v));
	for (size_t i = 0; i < a->n_runs; i++)
		v[i] = figure(&a->runs[i]);
	qsort(v, a->n_runs, sizeof(*v), by_value);
	return a->n_runs ? (v[(a->n_runs - 1) / 2] + v[a->n_runs / 2]) / 2 : NAN;
}

static double wall_of(const struct workload_run *r) { return r->wall; }
static double cpu_of(const struct workload_run *r) { return r->cpu; }
static double memory_of(const struct workload_run *r) { return (double)r->peak_rss; }

static char *seconds(double v)
{
	return isfinite(v) ? v < 10 ? xasprintf("%.3f s", v) : text_duration(v) : xstrdup("-");
}

static char *bytes(double v)
{
	return isfinite(v) ? text_bytes((uint64_t)v) : xstrdup("-");
}

/* "1.24x [1.19, 1.30] slower, n=6" */
static char *ratio_text(const struct ratio *r, const char *more)
{
	if (!r->known)
		return xstrdup("");
	AUTO_FREE char *times = cell_times(r->ratio);
	AUTO_FREE char *interval = isfinite(r->lo) && isfinite(r->hi) ? xasprintf(" [%.2f, %.2f]", r->lo, r->hi) : xstrdup("");
	const char *word = r->verdict == PERF_UNKNOWN || r->note ? "" : r->verdict == PERF_SLOWER ? more : r->verdict == PERF_FASTER ? (strcmp(more, "slower") == 0 ? "faster" : "less") :
	                                                                                                                    perf_verdict_word(r->verdict);
	return xasprintf("%s%s%s%s, n=%d%s%s", times, interval, *word ? " " : "", word, r->n, r->note ? "; " : "", r->note ? r->note : "");
}

static void add_figure(const struct sheet *sh, const char *label, double (*figure)(const struct workload_run *), char *(*show)(double),
                       const struct ratio *r, const char *more)
{
	AUTO_FREE char *gil = show(median(&sh->w->arms[ARM_GIL], figure));
	AUTO_FREE char *ft = show(median(&sh->w->arms[ARM_FT], figure));
	AUTO_FREE char *ratio = ratio_text(r, more);
	add_row(sh, label, gil, ft, ratio);
}

static void add_times(const struct sheet *sh)
{
	const struct workload *w = sh->w;
	if (!w->arms[ARM_GIL].n_runs || !w->arms[ARM_FT].n_runs)
		return;
	add_title(sh, "before and after", true);
	buf_adds(sh->out, "gil         ft          ft/gil\n");
	add_figure(sh, "wall time", wall_of, seconds, &w->wall, "slower");
	add_figure(sh, "cpu time", cpu_of, seconds, &w->cpu, "more");
	add_figure(sh, "peak memory", memory_of, bytes, &w->memory, "more");
	if (w->control.known) {
		AUTO_FREE char *times = cell_times(w->control.ratio);
		AUTO_FREE char *control = xasprintf("%s: the free-threaded build with PYTHON_GIL=1, n=%d", times, w->control.n);
		add_row(sh, "control", "", "", control);
	}
}

/* ---- where the time went ---- */

static char *share(double part, double whole)
{
	return whole > 0 ? xasprintf("%.0f%%", 100 * fmin(part / whole, 1)) : xstrdup("-");
}

static void add_share(const struct sheet *sh, const char *label, double gil, double ft)
{
	const struct workload_seen *g = &sh->w->arms[ARM_GIL].seen, *f = &sh->w->arms[ARM_FT].seen;
	AUTO_FREE char *a = share(gil, g->seconds);
	AUTO_FREE char *b = share(ft, f->seconds);
	if ((g->known && strcmp(a, "0%") != 0) || (f->known && strcmp(b, "0%") != 0))
		add_row(sh, label, a, b, NULL);
}

static void add_counts(const struct sheet *sh)
{
	const struct workload_seen *g = &sh->w->arms[ARM_GIL].seen, *f = &sh->w->arms[ARM_FT].seen;
	const struct {
		const char *label;
		int64_t gil, ft;
	} rows[] = {
		{ "threads at once", g->threads_peak, f->threads_peak },
		{ "threads that work", g->working, f->working },
		{ "yielded the core", g->voluntary, f->voluntary },
		{ "lost the core", g->involuntary, f->involuntary },
		{ "samples", g->samples, f->samples },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *a = g->known ? text_count((uint64_t)rows[i].gil) : xstrdup("-");
		AUTO_FREE char *b = f->known ? text_count((uint64_t)rows[i].ft) : xstrdup("-");
		add_row(sh, rows[i].label, a, b, NULL);
	}
}

static void add_cores(const struct sheet *sh)
{
	const struct workload_seen *g = &sh->w->arms[ARM_GIL].seen, *f = &sh->w->arms[ARM_FT].seen;
	AUTO_FREE char *a = g->run > 0 ? xasprintf("%.2f", fmax(g->cpu_self / g->run, 1)) : xstrdup("-");
	AUTO_FREE char *b = f->run > 0 ? xasprintf("%.2f", fmax(f->cpu_self / f->run, 1)) : xstrdup("-");
	add_row(sh, "cores when it runs", a, b, NULL);
}

static void add_where(const struct sheet *sh)
{
	static const char *const labels[WAIT_COUNT] = { "input, output", "sleep", "other programs", "locks", "the GIL", "its own threads", "not known" };
	const struct workload_seen *g = &sh->w->arms[ARM_GIL].seen, *f = &sh->w->arms[ARM_FT].seen;
	if (!g->known && !f->known)
		return;
	add_title(sh, "time of the process", true);
	buf_adds(sh->out, "gil         ft          (one observed run each)\n");
	add_share(sh, "a thread runs", g->run, f->run);
	add_share(sh, "no core is free", g->starved, f->starved);
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++) {
		AUTO_FREE char *label = xasprintf("waits: %s", labels[k]);
		add_share(sh, label, g->waits[k], f->waits[k]);
	}
	if (g->thread_locked + f->thread_locked > 0) {
		AUTO_FREE char *a = share(g->thread_locked, g->thread_locked + g->thread_cpu);
		AUTO_FREE char *b = share(f->thread_locked, f->thread_locked + f->thread_cpu);
		add_row(sh, "threads: locked", a, b, "of cpu and lock time");
	}
	if (g->thread_gil > 0) {
		AUTO_FREE char *a = share(g->thread_gil, g->thread_gil + g->thread_cpu);
		add_row(sh, "threads: GIL", a, "-", "of cpu and GIL time");
	}
	add_cores(sh);
	add_counts(sh);
}

/* ---- functions, locks, extensions ---- */

static bool same_function(const struct workload_function *a, const struct workload_function *b)
{
	return str_eq(a->name, b->name) && a->line == b->line && str_eq(a->file ? path_base(a->file) : NULL, b->file ? path_base(b->file) : NULL);
}

static const struct workload_function *find(const struct workload_seen *s, const struct workload_function *f)
{
	for (size_t i = 0; i < s->n_functions; i++)
		if (same_function(&s->functions[i], f))
			return &s->functions[i];
	return NULL;
}

static double rank(const struct workload *w, const struct workload_function *f)
{
	double most = 0;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		const struct workload_seen *s = &w->arms[a].seen;
		const struct workload_function *hit = find(s, f);
		if (hit && s->thread_cpu > 0)
			most = fmax(most, hit->self / s->thread_cpu);
	}
	return most;
}

/* The hottest of both builds that is below `limit`; equal ranks in the order of the tables. */
static const struct workload_function *next_hottest(const struct workload *w, const struct workload_function **taken, size_t n)
{
	const struct workload_function *best = NULL;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		for (size_t i = 0; i < w->arms[a].seen.n_functions; i++) {
			const struct workload_function *f = &w->arms[a].seen.functions[i];
			bool is_taken = false;
			for (size_t k = 0; k < n && !is_taken; k++)
				is_taken = same_function(taken[k], f);
			if (!is_taken && (!best || rank(w, f) > rank(w, best)))
				best = f;
		}
	return best;
}

static char *place_text(const char *name, const char *file, int64_t line)
{
	AUTO_FREE char *safe_name = style_line(name ? name : "?");
	AUTO_FREE char *safe_file = style_line(file ? path_base(file) : "?");
	return xasprintf("%s (%s:%lld)", safe_name, safe_file, (long long)line);
}

static void add_functions(const struct sheet *sh)
{
	const struct workload *w = sh->w;
	const struct workload_seen *g = &w->arms[ARM_GIL].seen, *f = &w->arms[ARM_FT].seen;
	const struct workload_function *taken[FUNCTIONS];
	size_t n = 0;
	for (const struct workload_function *next; n < FUNCTIONS && (next = next_hottest(w, taken, n)) && rank(w, next) >= 0.005;)
		taken[n++] = next;
	if (n == 0)
		return;
	add_title(sh, "hottest functions", true);
	buf_adds(sh->out, "gil         ft          (share of the CPU time, in the function itself)\n");
	for (size_t i = 0; i < n; i++) {
		const struct workload_function *a = find(g, taken[i]), *b = find(f, taken[i]);
		AUTO_FREE char *gil = share(a ? a->self : 0, g->thread_cpu);
		AUTO_FREE char *ft = share(b ? b->self : 0, f->thread_cpu);
		AUTO_FREE char *place = place_text(taken[i]->name, taken[i]->file, taken[i]->line);
		add_row(sh, "", gil, ft, place);
	}
}

static void add_places(const struct sheet *sh)
{
	const struct workload_seen *s = &sh->w->arms[sh->w->basis].seen;
	if (s->n_locks && s->locks[0].seconds > 0.05 * s->seconds) {
		add_title(sh, "locks that are waited for", false);
		for (size_t i = 0; i < s->n_locks && i < PLACES; i++) {
			AUTO_FREE char *place = place_text(s->locks[i].name, s->locks[i].file, s->locks[i].line);
			buf_addf(sh->out, "%*s%-8.3f s  %s\n", LABEL, "", s->locks[i].seconds, place);
		}
	}
	s = &sh->w->arms[ARM_GIL].seen; /* values are not read of threads that run without the GIL */
	if (s->n_extensions && s->extensions[0].seconds > 0.01 * s->thread_cpu) {
		add_title(sh, "extension modules, on the GIL build", false);
		for (size_t i = 0; i < s->n_extensions && i < PLACES; i++) {
			AUTO_FREE char *name = style_line(s->extensions[i].name);
			AUTO_FREE char *part = share(s->extensions[i].seconds, s->thread_cpu);
			buf_addf(sh->out, "%*s%-12s%s (estimate)\n", LABEL, "", part, name);
		}
	}
}

static void add_tails(const struct sheet *sh)
{
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		const char *tail = sh->w->arms[a].tail;
		if (!tail || !*tail)
			continue;
		AUTO_FREE char *title = xasprintf("what it printed last on %s", arm_word(a));
		size_t shown = 0;
		add_title(sh, title, false);
		style_block(sh->out, tail, "  | ", BLOCK_LAST, TAIL_LINES, &shown);
	}
}

int report_workload(FILE *out, const struct workload *w, const struct report_options *opt, struct error *err)
{
	AUTO_BUF text = { 0 };
	struct sheet sh = { &text, w, opt };
	add_head(&sh);
	bool told = w->kind != WORKLOAD_UNKNOWN;
	if (opt->verbosity >= 0)
		add_times(&sh);
	if (opt->verbosity >= 0 && told) {
		add_where(&sh);
		add_functions(&sh);
		add_places(&sh);
	}
	add_tails(&sh);
	return report_flush(out, &text, err);
}
