/* stress_course.c: see stress_course.h. */
#include "pipeline/stress_course.h"

#include "judge/stress_cluster.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CANDIDATES = 12, TSAN_THREADS = 3 };
static const double follow_seconds = 15;      /* of one confirmation or control */
static const double recording_share = 0.4;    /* of a cell's seconds, where operations are recorded first */
static const double gil_switch_interval = 1e-6;

/* One key that a play found. */
struct candidate {
	size_t slot;
	struct stress_event *event; /* of the play; stays where it is */
	bool memory;                /* memory is never wrong by design: one event is enough */
	bool missed;                /* not reached by a run of its tests alone: it needs the others */
	bool confirmed, controlled, on_gil, when_locked;
};

struct course {
	struct stress_course *c;
	struct candidate v[MAX_CANDIDATES];
	size_t n;
	double spent;               /* of confirm_seconds */
	int seed;                   /* number of the next cell's */
};

enum step { STEP_CONFIRM, STEP_CONTROL, STEP_LOCKED, STEP_SCRIPT };

static bool records(const char *mode)
{
	return strcmp(mode, "replay") == 0 || strcmp(mode, "perturb") == 0;
}

/* Two threads are a race; more cost ThreadSanitizer time, and show it nothing. */
static int threads_of(const struct stress_course *c, const char *mode)
{
	return strcmp(mode, "tsan") == 0 && c->threads > TSAN_THREADS ? TSAN_THREADS : c->threads;
}

static int play_all(struct course *r, struct error *err)
{
	struct stress_course *c = r->c;
	for (size_t i = 0; i < c->n_slots; i++) {
		const struct stress_slot *slot = &c->slots[i];
		AUTO_FREE char *seed = xasprintf("%s+%d", c->seed, r->seed++);
		struct stress_spec spec = { .kind = "play", .threads = threads_of(c, slot->mode), .seconds = slot->seconds, .seed = seed };
		double suite = slot->seconds * (records(slot->mode) ? recording_share : 1);
		struct evidence e;
		if (c->cell(c->cookie, ARM_FT, slot->mode, 0, c->ids, suite, &spec, &e, err) < 0)
			return -1;
		runs_add(c->stress, &e);
	}
	return 0;
}

/* One operation alone says most of what is wrong, and is played most often in the same time. */
static int breadth(const char *key)
{
	return str_starts(key, "replay|self|") ? 0 : str_starts(key, "replay|pair|") ? 1 : 2;
}

static int by_severity(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int rx = stress_oracle_rank(x->event->oracle), ry = stress_oracle_rank(y->event->oracle);
	int bx = breadth(x->event->key), by = breadth(y->event->key);
	if (rx != ry || bx != by)
		return rx != ry ? rx - ry : bx - by;
	return x->slot != y->slot ? (x->slot < y->slot ? -1 : 1) : strcmp(x->event->key, y->event->key);
}

static bool is_explained(const struct candidate *all, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (i != at && stress_explains(all[i].event, all[at].event))
			return true;
	return false;
}

/* The first MAX_CANDIDATES of n that are defects of their own. */
static void keep_distinct(struct course *r, const struct candidate *all, size_t n)
{
	for (size_t i = 0; i < n && r->n < MAX_CANDIDATES; i++) {
		bool known = is_explained(all, n, i);
		for (size_t k = 0; k < r->n && !known; k++)
			known = stress_one_defect(r->v[k].event, all[i].event);
		if (!known)
			r->v[r->n++] = all[i];
	}
}

/* The most severe defects of the plays, by one key each. What is wrong without threads too needs no second look. */
static void choose(struct course *r)
{
	struct run_list *runs = r->c->stress;
	size_t n = 0;
	for (size_t i = 0; i < runs->n; i++)
		n += runs->v[i].n_stress;
	struct candidate *all = xcalloc(n ? n : 1, sizeof(*all));
	n = 0;
	for (size_t i = 0; i < runs->n; i++) {
		for (size_t k = 0; k < runs->v[i].n_stress; k++) {
			struct stress_event *s = &runs->v[i].stress[k];
			bool again = false;
			for (size_t m = 0; m < n && !again; m++)
				again = str_eq(all[m].event->key, s->key);
			if (!again && !s->persistent && stress_oracle_rank(s->oracle) >= 0)
				all[n++] = (struct candidate){ .slot = i, .event = s, .memory = stress_oracle_memory(s->oracle) };
		}
	}
	if (n > 1)
		qsort(all, n, sizeof(*all), by_severity);
	keep_distinct(r, all, n);
	free(all);
}

/* Does the candidate take part in the step? */
static bool wanted(const struct candidate *c, enum step step)
{
	bool shown = c->memory || c->confirmed;
	switch (step) {
	case STEP_CONFIRM:
		return !c->confirmed;
	case STEP_CONTROL:
		return shown && !c->controlled;
	case STEP_LOCKED:
		return !c->memory && shown && !c->on_gil;
	case STEP_SCRIPT:
		return shown && !c->on_gil && !c->when_locked;
	}
	return false;
}

static void add_focus(const struct course *r, size_t slot, enum step step, struct strv *focus)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].slot == slot && wanted(&r->v[i], step))
			strv_add(focus, r->v[i].event->key);
}

/* The tests that led to the step's findings, when all of them say so and the
 * mode can do with these; else false. */
static bool narrow(const struct course *r, size_t slot, enum step step, struct strv *ids)
{
	const char *mode = r->c->slots[slot].mode;
	if (!records(mode) && strcmp(mode, "same-test") != 0)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].slot != slot || !wanted(&r->v[i], step))
			continue;
		if (r->v[i].event->tests.n == 0 || r->v[i].missed)
			return false;
		for (size_t k = 0; k < r->v[i].event->tests.n; k++)
			strv_add_unique(ids, r->v[i].event->tests.v[k]);
	}
	return ids->n > 0;
}

static bool shows(const struct evidence *e, const char *key)
{
	const struct stress_event *s = evidence_find_stress(e, key);
	const struct stress_played *p = evidence_find_played(e, key);
	return (s && s->kind != FIND_COUNT && s->events > 0 && !s->persistent) || (p && p->bad > 0);
}

/* What the step's cell says of its candidates. */
static void learn(struct course *r, size_t slot, enum step step, struct evidence *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct candidate *c = &r->v[i];
		if (c->slot != slot || !wanted(c, step))
			continue;
		const struct stress_played *p = evidence_find_played(e, c->event->key);
		const struct stress_event *s = evidence_find_stress(e, c->event->key);
		bool bad = shows(e, c->event->key);
		c->missed |= !bad && !(p && p->tries > 0);
		if (step == STEP_CONFIRM)
			c->confirmed = bad;
		else if (step == STEP_CONTROL) {
			c->on_gil = bad;
			c->controlled = bad || (p && p->tries > 0);
		}
		else if (step == STEP_LOCKED)
			c->when_locked = bad;
		else if (s && !s->script)
			str_set(&c->event->script_note, s->script_note);
		else if (s) {
			str_set(&c->event->script, s->script);
			c->event->script_bad = s->script_bad;
			c->event->script_tries = s->script_tries;
			c->event->script_threads = s->script_threads;
		}
	}
}

static bool is_hang(const struct candidate *c)
{
	return str_eq(c->event->oracle, "hang") || str_eq(c->event->oracle, "deadlock");
}

/* A memory error is reported after one event, and then whether the GIL build shows it too has to
 * be known: its first control is not left out for want of time, where there was any for following; nor is that of a hang, whose
 * confirmation alone may take it all, nor a second one where the first did not reach it. Nor are scripts, where
 * there was enough for one of each step: many findings would spend it all, and a reproducer is what a report stands on. */
static bool is_due(const struct course *r, size_t slot, enum step step, int round)
{
	if (step == STEP_SCRIPT)
		return records(r->c->slots[slot].mode) && r->c->confirm_seconds >= follow_seconds * (STEP_SCRIPT + 1);
	if (step != STEP_CONTROL || round > 1 || r->c->confirm_seconds < follow_seconds)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].slot == slot && (r->v[i].memory || is_hang(&r->v[i])) && wanted(&r->v[i], step) && (round == 0 || r->v[i].missed))
			return true;
	return false;
}

/* One cell of the step for the findings of one mode; none when there are none, or no time. */
static int follow(struct course *r, size_t slot, enum step step, int round, struct error *err)
{
	static const char *const kinds[] = { "confirm", "control", "locked", "script" };
	struct stress_course *c = r->c;
	const char *mode = c->slots[slot].mode;
	AUTO_STRV focus = { 0 }, ids = { 0 };
	add_focus(r, slot, step, &focus);
	if (focus.n == 0 || (step == STEP_CONTROL && !c->gil))
		return 0;
	/* The GIL build has no sanitizer, and a script without one shows nothing. */
	if (strcmp(mode, "tsan") == 0 && step != STEP_CONFIRM)
		return 0;
	bool narrowed = narrow(r, slot, step, &ids);
	double recording = records(mode) && !narrowed ? c->slots[slot].seconds * recording_share : 0;
	double seconds = follow_seconds + recording;
	if (r->spent + seconds / 2 > c->confirm_seconds && !is_due(r, slot, step, round))
		return 0;
	AUTO_FREE char *seed = xasprintf("%s+%d", c->seed, r->seed++);
	struct stress_spec spec = { .kind = kinds[step], .threads = threads_of(c, mode), .seconds = seconds, .seed = seed, .focus = &focus,
		                        .locked = step == STEP_LOCKED, .switch_interval = step == STEP_CONTROL ? gil_switch_interval : 0,
		                        .want_script = step == STEP_SCRIPT };
	double suite = records(mode) ? narrowed ? seconds * recording_share : recording : seconds;
	enum arm arm = step == STEP_CONTROL ? ARM_GIL : ARM_FT;
	struct evidence e;
	if (c->cell(c->cookie, arm, mode, round, narrowed ? &ids : c->ids, suite, &spec, &e, err) < 0)
		return -1;
	r->spent += (double)e.wall_ns / 1e9;
	learn(r, slot, step, &e);
	if (step == STEP_SCRIPT)
		evidence_release(&e); /* its script is with the finding; its plays count nowhere */
	else
		runs_add(step == STEP_CONTROL ? c->control : c->stress, &e);
	return 0;
}

static int follow_all(struct course *r, enum step step, int round, struct error *err)
{
	for (size_t slot = 0; slot < r->c->n_slots; slot++)
		if (follow(r, slot, step, round, err) < 0)
			return -1;
	return 0;
}

/* A finding that its own tests did not reach has one more chance, with all of them. */
static bool any_missed(const struct course *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].missed && !(r->v[i].confirmed && r->v[i].controlled))
			return true;
	return false;
}

int stress_course_run(struct stress_course *c, struct error *err)
{
	struct course r = { .c = c };
	if (play_all(&r, err) < 0)
		return -1;
	choose(&r);
	for (int round = 0; round < c->rounds || (round == c->rounds && any_missed(&r)); round++)
		if (follow_all(&r, STEP_CONFIRM, round, err) < 0 || follow_all(&r, STEP_CONTROL, round, err) < 0)
			return -1;
	for (enum step step = STEP_LOCKED; step <= STEP_SCRIPT; step++)
		if (follow_all(&r, step, 0, err) < 0)
			return -1;
	return 0;
}
