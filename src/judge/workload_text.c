/* workload_text.c: see workload_text.h. */
#include "judge/workload_text.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static char *percent(double v)
{
	return xasprintf("%.0f%%", v * 100);
}

static char *times(double v)
{
	return v > 0 ? xasprintf("%.2fx", v) : xstrdup("an unknown multiple");
}

static char *figure(double v)
{
	return v > 0 ? xasprintf("%.1f", v) : xstrdup("an unknown number of");
}

static double all_waits(const struct workload_quantities *q)
{
	return 1 - q->busy;
}

/* " (work, app.py:12)" */
static char *lock_place(const struct workload_seen *s)
{
	if (s->n_locks == 0 || !s->locks[0].file)
		return xstrdup("");
	const char *slash = strrchr(s->locks[0].file, '/');
	return xasprintf(" (%s, %s:%lld)", s->locks[0].name ? s->locks[0].name : "?", slash ? slash + 1 : s->locks[0].file, (long long)s->locks[0].line);
}

/* ", and not with the GIL", or how often on either where the runs of one build differ. */
static char *failed_often(const struct workload_quantities *q)
{
	if (q->failed[ARM_GIL] == 0 && q->failed[ARM_FT] == q->tried[ARM_FT])
		return xstrdup(", and not with the GIL");
	return xasprintf(" more often (%d of %d runs) than with the GIL (%d of %d)", q->failed[ARM_FT], q->tried[ARM_FT], q->failed[ARM_GIL], q->tried[ARM_GIL]);
}

static char *value_of(const char *name, size_t n, const struct workload_quantities *q, const struct workload_seen *s)
{
#define IS(word) (n == strlen(word) && strncmp(name, word, n) == 0)
	if (IS("busy"))
		return percent(q->busy);
	if (IS("waits"))
		return percent(all_waits(q));
	if (IS("children"))
		return percent(q->waits[WAIT_CHILDREN]);
	if (IS("lock"))
		return percent(q->lock_share);
	if (IS("processes"))
		return percent(q->processes);
	if (IS("ratio"))
		return times(q->ratio);
	if (IS("cores_gil"))
		return figure(q->cores_gil);
	if (IS("cores_ft"))
		return figure(q->cores_ft);
	if (IS("cores"))
		return xasprintf("%d", q->cores);
	if (IS("working"))
		return xasprintf("%lld", (long long)q->working);
	if (IS("threads"))
		return xasprintf("%lld", (long long)q->threads);
	if (IS("module"))
		return xstrdup(q->gil_module ? q->gil_module : "?");
	if (IS("failed"))
		return failed_often(q);
	if (IS("place"))
		return lock_place(s);
#undef IS
	return NULL;
}

char *workload_fill(const char *text, const struct workload_quantities *q, const struct workload_seen *s)
{
	AUTO_BUF out = { 0 };
	while (*text) {
		size_t plain = strcspn(text, "{");
		buf_add(&out, text, plain);
		text += plain;
		if (!*text)
			break;
		size_t n = strcspn(text + 1, "}");
		AUTO_FREE char *value = value_of(text + 1, n, q, s);
		size_t length = text[n + 1] ? n + 2 : n + 1;
		if (value)
			buf_adds(&out, value);
		else
			buf_add(&out, text, length);
		text += length;
	}
	return buf_steal(&out);
}

/* ---- notes ---- */

/* Plain runs that failed where others did not. */
static void note_failed_runs(struct workload *w)
{
	const struct workload_arm *gil = &w->arms[ARM_GIL], *ft = &w->arms[ARM_FT];
	bool some = (gil->failed && gil->failed < gil->tried) || (ft->failed && ft->failed < ft->tried);
	if (some)
		strv_addf(&w->notes, "failed in %d of %d runs on ft, in %d of %d on gil%s", ft->failed, ft->tried, gil->failed, gil->tried,
		          gil->hung + ft->hung ? " (still running at the deadline counts)" : "");
}

static void note_deadline(struct workload *w, const struct workload_arm *a, const char *word)
{
	if (a->tried)
		strv_addf(&w->notes, "%s: still running at its deadline (`--timeout`) in %d of %d plain runs", word, a->hung, a->tried);
	else
		strv_addf(&w->notes, "%s: still running at its deadline (`--timeout`); what was sampled until then is shown, no plain run was timed", word);
}

static void note_arm(struct workload *w, enum arm a)
{
	const struct workload_arm *arm = &w->arms[a];
	const char *word = arm_word(a);
	if (arm->state == WORKLOAD_FAILED && arm->ending == END_SIGNAL)
		strv_addf(&w->notes, "%s: died of signal %d", word, arm->code);
	else if (arm->state == WORKLOAD_FAILED)
		strv_addf(&w->notes, "%s: ended with exit code %d", word, arm->code);
	if (arm->state == WORKLOAD_TIMED_OUT)
		note_deadline(w, arm, word);
	if (arm->why)
		strv_addf(&w->notes, "%s: %s", word, arm->why);
	if (arm->seen.replaced_by)
		strv_addf(&w->notes, "%s: the program was replaced by %s (exec); only what came before was observed", word, arm->seen.replaced_by);
	if (arm->seen.exception && arm->state == WORKLOAD_FAILED)
		strv_addf(&w->notes, "%s: %s", word, arm->seen.exception);
}

void workload_note(struct workload *w, const struct workload_quantities *q)
{
	for (enum arm a = ARM_GIL; a < ARM_COUNT; a++)
		note_arm(w, a);
	note_failed_runs(w);
	const struct workload_seen *seen = &w->arms[w->basis].seen;
	const struct workload_arm *gil = &w->arms[ARM_GIL], *ft = &w->arms[ARM_FT];
	bool same_code = q->gil_fails && q->ft_fails && gil->ending == END_EXIT && ft->ending == END_EXIT && gil->code == ft->code;
	if (same_code && !gil->seen.exception)
		strv_addf(&w->notes, "should %d be how it says that all went well: `--exit-code %d`", gil->code, gil->code);
	if (q->interactive && (q->gil_fails || q->ft_fails))
		strv_add(&w->notes, "it asks for a terminal or for input, and has neither here: give it what it asks for as arguments or files");
	if (q->gil_module)
		strv_addf(&w->notes, "on ft %s turned the GIL on: the figures of ft are those of a build with the GIL", q->gil_module);
	if (seen->processes)
		strv_addf(&w->notes, "it started %lld other process%s (%lld by fork); their code was not sampled", (long long)seen->processes,
		          seen->processes == 1 ? "" : "es", (long long)seen->forked);
	bool whole = w->arms[ARM_GIL].state != WORKLOAD_FAILED && w->arms[ARM_FT].state != WORKLOAD_FAILED;
	if (whole && w->kinds[ARM_GIL] != w->kinds[ARM_FT] && w->arms[ARM_GIL].seen.known && w->arms[ARM_FT].seen.known)
		strv_addf(&w->notes, "the builds differ in kind: %s on gil, %s on ft", workload_kind_word(w->kinds[ARM_GIL]), workload_kind_word(w->kinds[ARM_FT]));
	if (!w->memory.known && w->memory.note) {
		AUTO_FREE char *floor = text_bytes(w->memory_floor);
		strv_addf(&w->notes, "peak memory is not known: a run of nothing shows %s, which this tool has before it starts a program, and so much hides it", floor);
	}
	if (w->parity.n)
		strv_add(&w->notes, "the two interpreters are not like for like: no ratio is judged");
	if (w->cores < 2)
		strv_add(&w->notes, "one core: gains by running at once cannot be seen here");
}
