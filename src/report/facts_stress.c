/* facts_stress.c: what stress modes reached and found, as sentences; see facts.h. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>

#define MOST_REASONS 6

/* "142 uses capsys" of "uses capsys: 142". */
static void add_count(struct buf *b, const char *line)
{
	const char *colon = strrchr(line, ':');
	if (!colon) {
		style_text(b, line);
		return;
	}
	AUTO_FREE char *reason = xstrndup(line, (size_t)(colon - line));
	long long n = strtoll(colon + 1, NULL, 10);
	AUTO_FREE char *count = text_count((uint64_t)(n > 0 ? n : 0));
	buf_addf(b, "%s ", count);
	style_text(b, reason);
}

static void add_counts(struct buf *b, const struct strv *lines)
{
	for (size_t i = 0; i < lines->n && i < MOST_REASONS; i++) {
		buf_adds(b, i ? ", " : "; not: ");
		add_count(b, lines->v[i]);
	}
	if (lines->n > MOST_REASONS)
		buf_addf(b, ", and %zu more reasons", lines->n - MOST_REASONS);
}

static void add_share(struct buf *b, int64_t part, int64_t whole)
{
	AUTO_FREE char *p = text_count((uint64_t)(part > 0 ? part : 0));
	AUTO_FREE char *w = text_count((uint64_t)(whole > 0 ? whole : 0));
	buf_addf(b, "%s of %s", p, w);
}

char *fact_parallel(const struct package_result *p)
{
	const struct stress_summary *s = package_stress_tests(p);
	if (!s)
		return NULL;
	struct buf b = { 0 };
	add_share(&b, s->parallel, s->of);
	add_counts(&b, &s->serialised);
	if (s->overlap > 0)
		buf_addf(&b, "; %.1f threads ran at once", s->overlap);
	return buf_steal(&b);
}

char *fact_replayed(const struct package_result *p)
{
	const struct stress_summary *s = package_stress_replay(p);
	if (!s)
		return NULL;
	struct buf b = { 0 };
	add_share(&b, s->ops_played, s->ops);
	buf_adds(&b, " operations");
	if (s->types > 0) {
		buf_adds(&b, " of ");
		add_share(&b, s->types_played, s->types);
		buf_adds(&b, " types");
	}
	buf_addf(&b, ", %lld units played", (long long)s->units);
	add_counts(&b, &s->never_why);
	return buf_steal(&b);
}

char *fact_sanitized(const struct package_result *p)
{
	const struct stress_summary *s = package_find_stress(p, "tsan");
	if (!s)
		return NULL;
	struct buf b = { 0 };
	add_share(&b, s->parallel, s->of);
	buf_adds(&b, " tests in threads");
	add_counts(&b, &s->serialised);
	AUTO_FREE char *hidden = text_count((uint64_t)(s->hidden > 0 ? s->hidden : 0));
	AUTO_FREE char *other = text_count((uint64_t)(s->interpreter > 0 ? s->interpreter : 0));
	if (s->hidden > 0 || s->interpreter > 0)
		buf_addf(&b, "; reports left out as the interpreter's: %s of known races, %s of others", hidden, other);
	return buf_steal(&b);
}

char *fact_never(const struct package_result *p, size_t most)
{
	const struct stress_summary *s = package_stress_replay(p);
	if (!s || s->never.n == 0)
		return NULL;
	size_t shown = most && s->never.n > most ? most : s->never.n;
	int64_t left = s->ops - s->ops_played > (int64_t)shown ? s->ops - s->ops_played - (int64_t)shown : 0;
	struct buf b = { 0 };
	for (size_t i = 0; i < shown; i++) {
		buf_adds(&b, i ? ", " : "");
		style_text(&b, s->never.v[i]);
	}
	if (left)
		buf_addf(&b, " and %lld more", (long long)left);
	return buf_steal(&b);
}

char *fact_stress_runs(const struct package_result *p)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < p->n_stress; i++) {
		const struct stress_summary *s = &p->stress[i];
		AUTO_FREE char *seconds = text_duration(s->seconds);
		buf_adds(&b, i ? "; " : "");
		style_text(&b, s->mode);
		buf_addf(&b, " %lld %s, %s, %lld threads", (long long)s->runs, s->runs == 1 ? "run" : "runs", seconds, (long long)s->threads);
	}
	for (size_t i = 0; i < p->stress_left_out.n; i++) {
		buf_adds(&b, b.len ? "; not " : "not ");
		style_text(&b, p->stress_left_out.v[i]);
	}
	return b.len ? buf_steal(&b) : NULL;
}

char *fact_fixed(const struct finding *f)
{
	if (!f->fixed_in)
		return f->fixed_note ? style_line(f->fixed_note) : NULL;
	AUTO_FREE char *version = style_line(f->fixed_in);
	if (!f->fixed_tested)
		return xasprintf("%s is newer, untested", version);
	if (f->fixed_runs == 0)
		return xasprintf("%s, tested here: does not show it", version);
	return xasprintf("%s, tested here: 0 of %lld run%s", version, (long long)f->fixed_runs, f->fixed_runs == 1 ? "" : "s");
}

char *fact_script(const struct finding *f, const char *package)
{
	if (!f->script && !f->script_note)
		return NULL;
	AUTO_FREE char *note = f->script_note ? style_line(f->script_note) : NULL;
	if (!f->script)
		return xasprintf("none: %s", note);
	AUTO_FREE char *name = style_command_word(package ? package : "");
	AUTO_FREE char *id = style_command_word(f->id ? f->id : "");
	AUTO_FREE char *plain = xasprintf("migrate-check reproduce %s:%s", name, id);
	AUTO_FREE char *given = style_line(f->reproduce); /* the same with the options that it needs */
	size_t n = strlen(plain);
	bool longer = str_starts(given, plain) && (given[n] == '\0' || given[n] == ' ');
	return xasprintf("%s --script > repro.py   (%s)", longer ? given : plain, note ? note : "not verified");
}

char *fact_oracle(const struct finding *f)
{
	if (!f->oracle)
		return NULL;
	struct buf b = { 0 };
	style_text(&b, f->oracle);
	if (f->mode) {
		buf_adds(&b, ", mode ");
		style_text(&b, f->mode);
	}
	if (f->threads > 0)
		buf_addf(&b, ", %lld threads", (long long)f->threads);
	for (size_t i = 0; i < f->seeds.n && i < 5; i++) {
		buf_adds(&b, i ? " " : f->seeds.n == 1 ? ", seed " : ", seeds ");
		style_text(&b, f->seeds.v[i]);
	}
	return buf_steal(&b);
}
