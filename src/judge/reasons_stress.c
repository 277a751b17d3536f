/* reasons_stress.c: what stress found and reached, as lines under the package's row, and what to do about it; see state.h. */
#include "judge/state.h"
#include "judge/signature.h"
#include "model/version.h"

#include <stdlib.h>
#include <string.h>

#define MOST_NAMED 3   /* defects with a line of their own */
#define MOST_CALLS 4   /* named in the advice */

/* "md_iter_next in multidict._multidict", else what was played, else NULL. */
static char *place_of(const struct stress_defect *d)
{
	const struct stress_event *e = d->event;
	if (e->function && *e->function && e->module && *e->module)
		return xasprintf("%s in %s", e->function, e->module);
	AUTO_STRV operations = { 0 };
	key_operations(e->key, &operations);
	return operations.n ? strv_join(&operations, " and ") : NULL;
}

static void name_defect(const struct stress_defect *d, const char *word, struct package_result *out)
{
	AUTO_FREE char *place = place_of(d);
	AUTO_FREE char *gil = d->gil_runs ? xasprintf("%lld of %lld", (long long)d->gil_events, (long long)d->gil_runs) : xstrdup("not run");
	AUTO_FREE char *signal = d->event->signal > 0 ? signal_word(d->event->signal) : NULL;
	reason_add(out, xasprintf("%s: %s%s%.80s; ft %lld of %lld run%s, gil %s", word, signal ? signal : "", signal && place ? " " : "",
	                          place ? place : d->event->key, (long long)d->events, (long long)d->runs, d->runs == 1 ? "" : "s", gil),
	           d->event->title);
}

static bool is_first_use(const struct stress_defect *d)
{
	return str_starts(d->event->key, "first-use|");
}

/* "pkg.mod.Class.op" of the module "pkg.mod", or "pkg.mod.Class op": the class, for
 * "share no Class"; NULL for a function, and for an operation alone (".size"). */
static char *class_of(const char *operation, const char *module)
{
	size_t n = module ? strlen(module) : 0;
	const char *rest = n && strncmp(operation, module, n) == 0 && operation[n] == '.' ? operation + n + 1 : NULL;
	const char *space = strchr(operation, ' '), *last = space && space > operation ? space : strrchr(operation, '.');
	if (!last || last == operation || (!space && rest && !strchr(rest, '.')))
		return NULL;
	const char *start = rest ? rest : operation;
	for (const char *p = start; p < last; p++)
		if (*p == '.')
			start = p + 1;
	return xstrndup(start, (size_t)(last - start));
}

/* The classes not to share and the calls to hold a lock around. */
static void gather(const struct judge_state *s, struct strv *classes, struct strv *calls, bool *first_use)
{
	for (size_t i = 0; i < s->stress.n; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		if (d->state != DEFECT_CONFIRMED || d->fault != FAULT_LIBRARY)
			continue;
		*first_use |= is_first_use(d);
		AUTO_STRV operations = { 0 };
		for (size_t k = 0; k < d->keys.n && !is_first_use(d) && !key_of_tests(d->keys.v[k]) && !str_starts(d->keys.v[k], "tsan|"); k++)
			key_operations(d->keys.v[k], &operations);
		for (size_t k = 0; k < operations.n; k++) {
			char *owner = class_of(operations.v[k], d->event->module);
			const char *dot = strrchr(operations.v[k], '.');
			if (owner && classes->n < MOST_CALLS)
				strv_add_unique(classes, owner);
			free(owner);
			if (calls->n < MOST_CALLS)
				strv_add_unique(calls, dot ? dot + 1 : operations.v[k]);
		}
	}
}

/* How to live with it: what is not shared is not raced for. */
static char *workaround(const struct judge_state *s)
{
	AUTO_STRV classes = { 0 }, calls = { 0 };
	bool first_use = false;
	gather(s, &classes, &calls, &first_use);
	AUTO_FREE char *shared = strv_join(&classes, ", ");
	AUTO_FREE char *called = strv_join(&calls, ", ");
	struct buf b = { 0 };
	if (classes.n)
		buf_addf(&b, "share no %s between threads, or hold", shared);
	else if (calls.n)
		buf_adds(&b, "hold");
	if (calls.n)
		buf_addf(&b, " a lock around %s", called);
	if (first_use)
		buf_addf(&b, "%simport it and call it once before threads start", b.len ? "; " : "");
	if (b.len == 0)
		buf_adds(&b, "use it from one thread at a time");
	return buf_steal(&b);
}

void why_race(const struct judge_state *s, struct package_result *out)
{
	size_t named = 0, left = 0;
	bool grave = false;
	for (size_t i = 0; i < s->stress.n; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		if (d->state != DEFECT_CONFIRMED || d->fault != FAULT_LIBRARY)
			continue;
		grave |= stress_grave(d);
		if (named++ < MOST_NAMED)
			name_defect(d, finding_kind_word(d->kind), out);
		else
			left++;
	}
	if (left)
		strv_addf(&out->reasons, "race: and %zu more defect%s", left, left == 1 ? "" : "s");
	AUTO_FREE char *way = workaround(s);
	free(out->advice);
	out->advice = grave ? xasprintf("%s, or run with PYTHON_GIL=1; report it: `migrate-check show --issue %s`", way, out->name ? out->name : "PACKAGE")
	                    : STEAL(&way);
}

void name_stress_suspects(const struct judge_state *s, struct package_result *out)
{
	size_t named = 0;
	for (size_t i = 0; stress_decides(s) && i < s->stress.n; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		bool nobody = d->state == DEFECT_CONFIRMED && d->fault == FAULT_UNKNOWN;
		if (!nobody && (d->state != DEFECT_SUSPECT || d->fault != FAULT_LIBRARY))
			continue;
		if (named++ >= MOST_NAMED)
			continue;
		name_defect(d, "suspect", out);
		strv_addf(&out->reasons, "%s under stress: %s", finding_kind_word(d->kind), nobody ? "no frame says whose fault it is" : d->why);
	}
}

/* What is no fault of the package, or of nobody's concern without its GIL; a line each. */
static void remark_on_others(const struct judge_state *s, struct package_result *out)
{
	size_t tests = stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_TESTS), racy = 0;
	for (size_t i = 0; i < s->stress.n; i++) {
		const struct stress_defect *d = &s->stress.v[i];
		if (d->state != DEFECT_CONFIRMED)
			continue;
		if (d->fault == FAULT_DEPENDENCY)
			name_defect(d, d->blame, out);
		else if (d->fault == FAULT_INTERPRETER)
			name_defect(d, "interpreter", out);
		else if (d->fault == FAULT_RACY_WITH_GIL && racy++ < MOST_NAMED)
			name_defect(d, "racy with the GIL too", out);
		else if (d->fault == FAULT_LIBRARY && !stress_decides(s))
			name_defect(d, "with PYTHON_GIL=0", out);
	}
	if (tests)
		strv_addf(&out->reasons, "the suite is not made for threads: %zu failure%s under stress %s its own", tests, tests == 1 ? "" : "s",
		          tests == 1 ? "is" : "are");
}

void remark_on_stress(const struct judge_state *s, struct package_result *out)
{
	AUTO_FREE char *reach = package_stress_reach(out);
	remark_on_others(s, out);
	if (!reach)
		return;
	int64_t runs = 0;
	double seconds = 0;
	for (size_t i = 0; i < out->n_stress; i++) {
		runs += out->stress[i].runs;
		seconds += out->stress[i].seconds;
	}
	bool clean = stress_count(&s->stress, DEFECT_CONFIRMED, FAULT_COUNT) + stress_count(&s->stress, DEFECT_SUSPECT, FAULT_COUNT) == 0;
	strv_addf(&out->reasons, "stress: %lld run%s, %.0f s, %s%s", (long long)runs, runs == 1 ? "" : "s", seconds, reach,
	          clean ? ": nothing found" : "");
}

/* Every confirmed finding of the library is gone in *fix; NULL else, and *what is known of one that is not. */
static const char *common_fix(const struct package_result *out, char **what)
{
	const char *fix = NULL;
	bool all = true;
	for (size_t i = 0; i < out->n_findings; i++) {
		const struct finding *f = &out->findings[i];
		if (!f->oracle || !f->confirmed || f->fault != FAULT_LIBRARY)
			continue;
		bool tested = f->fixed_in && f->fixed_tested;
		all = all && tested;
		if (!tested && !*what && f->fixed_note)
			*what = xasprintf("%s: %s", f->id, f->fixed_note);
		else if (!tested && !*what && f->fixed_in)
			*what = xasprintf("%s is newer, untested", f->fixed_in);
		if (tested && (!fix || version_compare(f->fixed_in, fix) > 0))
			fix = f->fixed_in;
	}
	if (!all && !*what && fix)
		*what = xasprintf("%s is newer, and not known to be without all of them", fix);
	return all ? fix : NULL;
}

void judge_fixed(struct package_result *out, const char *specifier)
{
	if (out->verdict != OUT_RACE)
		return;
	char *what = NULL;
	const char *fix = common_fix(out, &what), *name = out->name ? out->name : "it";
	if (what)
		reason_add(out, what, NULL);
	if (!fix)
		return;
	bool allowed = version_satisfies(fix, specifier);
	strv_addf(&out->reasons, "%s does not show it (tested here)", fix);
	free(out->advice);
	out->advice = allowed ? xasprintf("pin %s>=%s", name, fix) : xasprintf("pin %s>=%s in place of %s", name, fix, specifier);
	if (allowed && out->readiness == READY_NO_GO)
		out->readiness = READY_LIMITS;
}
