/* stress.c: events put together, counted and judged; see stress.h. */
#include "judge/stress.h"
#include "judge/compare.h"
#include "judge/confirm.h"
#include "judge/stats.h"
#include "judge/stress_cluster.h"
#include "judge/stress_fault.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The lower the graver; of an oracle that is not known the least. */
static int gravity(const char *oracle)
{
	int rank = stress_oracle_rank(oracle);
	return rank < 0 ? 100 : rank;
}

/* Evidence of an unknown kind is shown as the mildest, never as nothing. */
static enum finding_kind kind_of(const struct stress_event *e)
{
	return e->kind <= FIND_SANITIZER ? e->kind : FIND_EXCEPTION;
}

static struct stress_defect *find_by(struct stress_list *l, const char *key, const char *signature)
{
	for (size_t i = 0; i < l->n; i++)
		if ((key && strv_has(&l->v[i].keys, key)) || (signature && str_eq(l->v[i].signature, signature)))
			return &l->v[i];
	return NULL;
}

/* Which of two events tells more: the graver one, then the one with native frames. */
static bool tells_more(const struct stress_event *a, const struct stress_event *b)
{
	int ga = gravity(a->oracle), gb = gravity(b->oracle);
	return ga != gb ? ga < gb : a->frames.n > 0 && b->frames.n == 0;
}

static void release_defect(struct stress_defect *d)
{
	free(d->signature);
	free(d->blame);
	strv_release(&d->keys);
	strv_release(&d->seeds);
	strv_release(&d->tests);
}

static void set_event(struct stress_defect *d, const struct stress_event *e, const struct evidence *run, const char *signature)
{
	d->event = e;
	d->run = run;
	d->kind = kind_of(e);
	str_set(&d->signature, signature);
}

/* The second goes into the first, which keeps its event. */
static void merge(struct stress_list *l, struct stress_defect *into, struct stress_defect *from)
{
	for (size_t i = 0; i < from->keys.n; i++)
		strv_add_unique(&into->keys, from->keys.v[i]);
	for (size_t i = 0; i < from->tests.n; i++)
		strv_add_unique(&into->tests, from->tests.v[i]);
	into->persistent |= from->persistent;
	release_defect(from);
	size_t at = (size_t)(from - l->v);
	memmove(from, from + 1, (l->n - at - 1) * sizeof(*from));
	l->n--;
}

static void add_event(struct stress_list *l, const struct evidence *run, const struct stress_event *e)
{
	if (!e->key)
		return;
	AUTO_FREE char *signature = stress_signature(e);
	struct stress_defect *d = find_by(l, e->key, NULL), *same = find_by(l, NULL, signature);
	if (d && same && d != same) {
		struct stress_defect *first = d < same ? d : same, *second = d < same ? same : d;
		if (tells_more(second->event, first->event))
			set_event(first, second->event, second->run, second->signature);
		merge(l, first, second);
		d = first;
	}
	d = d ? d : same;
	if (!d) {
		l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
		d = &l->v[l->n++];
		*d = (struct stress_defect){ .first_seconds = -1, .fault = FAULT_UNKNOWN, .state = DEFECT_SUSPECT };
		set_event(d, e, run, signature);
	} else if (tells_more(e, d->event)) {
		set_event(d, e, run, signature);
	}
	strv_add_unique(&d->keys, e->key);
	d->persistent |= e->persistent;
	for (size_t i = 0; i < e->tests.n; i++)
		strv_add_unique(&d->tests, e->tests.v[i]);
}

/* What one operation shows alone, units that do more than it show as well. */
static void merge_explained(struct stress_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; k < l->n;) {
			if (k == i || !stress_explains(l->v[i].event, l->v[k].event)) {
				k++;
				continue;
			}
			merge(l, &l->v[i], &l->v[k]);
			i -= k < i;
			k = 0;
		}
	}
}

/* How one run fared with one defect. A run that was not focused on it and did
 * not show it may not have come to it, so it counts for nothing. */
struct fared {
	bool played, bad;
	int64_t bad_plays, tries;
	int64_t serial_bad, serial_tries, locked_bad, locked_tries;
	double first_seconds;
};

static void fare_event(struct fared *f, const struct stress_event *e)
{
	f->played = f->bad = true;
	f->bad_plays += e->events > 0 ? e->events : 1;
	f->tries += e->tries > e->events ? e->tries : e->events > 0 ? e->events : 1;
	f->serial_bad += e->serial_bad;
	f->serial_tries += e->serial_tries;
	f->locked_bad += e->locked_bad;
	f->locked_tries += e->locked_tries;
	if (f->first_seconds < 0 || e->seconds < f->first_seconds)
		f->first_seconds = e->seconds;
}

static struct fared fare(const struct evidence *run, const struct stress_defect *d)
{
	struct fared f = { .first_seconds = -1 };
	for (size_t i = 0; i < run->n_stress; i++) {
		const struct stress_event *e = &run->stress[i];
		AUTO_FREE char *signature = e->key ? stress_signature(e) : NULL;
		if (e->key && (strv_has(&d->keys, e->key) || str_eq(signature, d->signature)))
			fare_event(&f, e);
	}
	bool events = f.bad;
	for (size_t i = 0; i < d->keys.n; i++) {
		const struct stress_played *p = evidence_find_played(run, d->keys.v[i]);
		if (!p || p->tries <= 0)
			continue;
		f.played = true;
		f.bad |= p->bad > 0;
		if (!events) { /* else the same plays would count twice */
			f.tries += p->tries;
			f.bad_plays += p->bad;
			if (p->bad > 0 && (f.first_seconds < 0 || (p->first_seconds >= 0 && p->first_seconds < f.first_seconds)))
				f.first_seconds = p->first_seconds;
		}
	}
	return f;
}

static void count_ft(struct stress_defect *d, const struct evidence *run)
{
	struct fared f = fare(run, d);
	if (str_eq(run->stress_kind, "locked")) {
		d->locked_bad += f.bad_plays;
		d->locked_tries += f.tries;
		return;
	}
	d->serial_bad += f.serial_bad;
	d->serial_tries += f.serial_tries;
	d->locked_bad += f.locked_bad;
	d->locked_tries += f.locked_tries;
	if (f.bad && run->stress_seed)
		strv_add_unique(&d->seeds, run->stress_seed);
	if (d->events > 0) {
		d->fresh_bad += f.bad_plays;
		d->fresh_tries += f.tries;
	} else if (f.bad) {
		d->first_seconds = f.first_seconds;
	}
	d->runs += f.played;
	d->events += f.bad;
}

static void count_gil(struct stress_defect *d, const struct evidence *run)
{
	struct fared f = fare(run, d);
	d->gil_runs += f.played;
	d->gil_events += f.bad;
	d->gil_bad += f.bad_plays;
	d->gil_tries += f.tries;
}

static void count(struct stress_defect *d, const struct judge_input *in)
{
	for (size_t i = 0; i < in->n_stress; i++)
		if (in->stress[i].ending != END_FAILED)
			count_ft(d, &in->stress[i]);
	for (size_t i = 0; i < in->n_stress_control; i++)
		if (in->stress_control[i].ending != END_FAILED)
			count_gil(d, &in->stress_control[i]);
}

static void set_state(struct stress_defect *d, enum defect_state state, const char *why)
{
	d->state = state;
	d->why = why;
}

/* Would a defect as frequent as in the fresh plays on free threading have shown on the GIL build with 95%? The
 * frequency is taken a little lower than it was seen: two of two plays are no proof that every play shows it. */
static bool gil_was_played_enough(const struct stress_defect *d)
{
	double rate = d->fresh_bad > 0 ? ((double)d->fresh_bad - 0.5) / ((double)d->fresh_tries + 1) : 0;
	return pow(1 - rate, (double)d->gil_tries) <= 0.05;
}

/* What the controls excuse, and what has been seen often enough. Outcomes of tests are compared by judge_outcomes(). */
static void judge_one(struct stress_defect *d)
{
	const struct stress_event *e = d->event;
	bool memory = stress_oracle_memory(e->oracle), tests = key_of_tests(e->key);
	bool alone = d->serial_bad > 0 || d->locked_bad > 0;
	if (exception_of_size_change(e->title) && !memory && d->kind == FIND_EXCEPTION)
		set_state(d, DEFECT_DROPPED, "a documented exception of changing what another thread iterates");
	else if (d->persistent && !memory)
		set_state(d, DEFECT_DROPPED, "the state stays wrong without threads too");
	else if (alone && !memory && !tests)
		set_state(d, DEFECT_DROPPED, "happens one at a time too");
	else if (memory)
		set_state(d, DEFECT_CONFIRMED, NULL);
	else if (d->events < 2)
		set_state(d, DEFECT_SUSPECT, d->fresh_tries ? "not seen again in a fresh process" : "not played again in a fresh process");
	else if (d->gil_runs == 0)
		set_state(d, DEFECT_SUSPECT, "not compared with the GIL build");
	else if (d->gil_events == 0 && d->locked_tries == 0 && (tests || str_starts(e->key, "replay|")))
		set_state(d, DEFECT_SUSPECT, "not compared with one at a time");
	else if (d->gil_events == 0 && !gil_was_played_enough(d))
		set_state(d, DEFECT_SUSPECT, "too rare to tell from the plays on the GIL build, which did not show it");
	else
		set_state(d, DEFECT_CONFIRMED, NULL);
}

/* Outcomes of tests fail for many reasons: one-sided Fisher exact test on the
 * fresh plays of both builds, Benjamini-Hochberg over the package's own. */
static void judge_outcomes(struct stress_list *l)
{
	double *p = xcalloc(l->n, sizeof(*p));
	size_t *index = xcalloc(l->n, sizeof(*index)), n = 0;
	bool *rejected = xcalloc(l->n, sizeof(*rejected));
	for (size_t i = 0; i < l->n; i++) {
		const struct stress_defect *d = &l->v[i];
		if (d->state != DEFECT_CONFIRMED || !str_eq(d->event->oracle, "test-outcome"))
			continue;
		p[n] = fisher_one_sided(d->fresh_bad, d->fresh_tries - d->fresh_bad, d->gil_bad, d->gil_tries - d->gil_bad);
		index[n++] = i;
	}
	benjamini_hochberg(p, n, CONFIRM_Q, rejected);
	for (size_t i = 0; i < n; i++)
		if (!rejected[i])
			set_state(&l->v[index[i]], DEFECT_SUSPECT, "not more often than on the GIL build, as far as the plays tell");
	free(p);
	free(index);
	free(rejected);
}

/* What an operation does by itself on the GIL build too, it does beside others: a
 * short control may miss it there. Memory errors keep their own controls. */
static void inherit_racy(struct stress_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct stress_defect *d = &l->v[i];
		if (d->fault != FAULT_LIBRARY || stress_oracle_memory(d->event->oracle))
			continue;
		for (size_t k = 0; k < l->n; k++)
			if (l->v[k].gil_events > 0 && l->v[k].fault == FAULT_RACY_WITH_GIL && key_plays(d->event->key, l->v[k].event->key))
				d->fault = FAULT_RACY_WITH_GIL;
	}
}

static int compare_defects(const void *va, const void *vb)
{
	const struct stress_defect *a = va, *b = vb;
	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	if (a->fault != b->fault)
		return a->fault < b->fault ? -1 : 1;
	int ga = gravity(a->event->oracle), gb = gravity(b->event->oracle);
	return ga != gb ? (ga < gb ? -1 : 1) : strcmp(a->event->key, b->event->key);
}

void stress_find(struct stress_list *l, const struct judge_input *in)
{
	*l = (struct stress_list){ 0 };
	for (size_t i = 0; i < in->n_stress; i++)
		for (size_t k = 0; in->stress[i].ending != END_FAILED && k < in->stress[i].n_stress; k++)
			if (!str_eq(in->stress[i].stress_kind, "locked"))
				add_event(l, &in->stress[i], &in->stress[i].stress[k]);
	merge_explained(l);
	for (size_t i = 0; i < l->n; i++) {
		count(&l->v[i], in);
		judge_one(&l->v[i]);
		stress_fault(&l->v[i], in);
	}
	judge_outcomes(l);
	inherit_racy(l);
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare_defects);
}

void stress_list_release(struct stress_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		release_defect(&l->v[i]);
	free(l->v);
	*l = (struct stress_list){ 0 };
}

size_t stress_count(const struct stress_list *l, enum defect_state state, enum fault fault)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].state == state && (fault == FAULT_COUNT || l->v[i].fault == fault);
	return n;
}

bool stress_grave(const struct stress_defect *d)
{
	bool grave = d->kind == FIND_CRASH || d->kind == FIND_ABORT || d->kind == FIND_HANG || d->kind == FIND_SANITIZER;
	return d->state == DEFECT_CONFIRMED && d->fault == FAULT_LIBRARY && (grave || stress_oracle_memory(d->event->oracle));
}

/* Of several runs of a mode the numbers are those of the one that reached most. */
static void take_larger(struct stress_summary *s, const struct stress_coverage *c)
{
	bool more_tests = c->of > 0 && (s->of == 0 || c->parallel > s->parallel);
	if (more_tests) {
		s->of = c->of;
		s->parallel = c->parallel;
		strv_copy(&s->serialised, &c->serialised);
	}
	if (c->ops_played > s->ops_played || (s->ops == 0 && c->ops > 0)) {
		s->types = c->types;
		s->types_played = c->types_played;
		s->ops = c->ops;
		s->ops_played = c->ops_played;
		strv_copy(&s->never, &c->never);
		strv_copy(&s->never_why, &c->never_why);
	}
	s->units = c->units > s->units ? c->units : s->units;
	s->hidden = c->hidden > s->hidden ? c->hidden : s->hidden;
	s->interpreter = c->interpreter > s->interpreter ? c->interpreter : s->interpreter;
	s->overlap = c->overlap > s->overlap ? c->overlap : s->overlap;
}

static struct stress_summary *summary_of(struct package_result *out, const char *mode)
{
	for (size_t i = 0; i < out->n_stress; i++)
		if (str_eq(out->stress[i].mode, mode))
			return &out->stress[i];
	return package_add_stress(out, mode);
}

/* A run that neither told what it reached nor found anything has shown nothing, and is said to. */
static bool came_to_nothing(const struct evidence *e, struct package_result *out)
{
	if (e->ending != END_FAILED && (e->coverage.known || e->n_stress > 0))
		return false;
	AUTO_FREE char *line = xasprintf("%s: %s", e->mode, e->error ? e->error : "its run did not come to its end");
	strv_add_unique(&out->stress_left_out, line);
	return true;
}

void stress_summarise(const struct judge_input *in, struct package_result *out)
{
	for (size_t i = 0; i < in->n_stress; i++) {
		const struct evidence *e = &in->stress[i];
		if (!e->mode || (e->stress_kind && !str_eq(e->stress_kind, "play")) || came_to_nothing(e, out))
			continue;
		struct stress_summary *s = summary_of(out, e->mode);
		s->runs++;
		s->seconds += e->stress_seconds;
		s->threads = e->threads > s->threads ? e->threads : s->threads;
		if (e->coverage.known)
			take_larger(s, &e->coverage);
	}
	if (in->stress_left_out)
		strv_add_all(&out->stress_left_out, in->stress_left_out);
}
