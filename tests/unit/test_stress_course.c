/*
 * test_stress_course.c: which cells follow from what plays find, with cells that
 * are made up here: a line for each says what it was asked, a table what it shows.
 */
#include "pipeline/stress_course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What one key does. */
struct defect {
	const char *mode, *key, *oracle, *test;
	bool again, on_gil, when_locked, persistent;
	int missed; /* the first so many confirmations of its own tests do not reach it */
	bool missed_on_gil; /* nor does a control of them */
};

struct world {
	struct defect v[20];
	struct buf asked;      /* "ft replay play all 36s; ..." */
	double wall_seconds;   /* of each cell */
	int cells, fails_at;   /* the cell with this number is an error */
	bool dies;             /* plays end with an error of their own */
	struct run_list stress, control;
	struct strv seeds;
};

static void add_finding(struct evidence *e, const struct defect *d)
{
	struct stress_event *s = evidence_add_stress(e, d->key);
	str_set(&s->oracle, d->oracle);
	s->kind = FIND_CRASH;
	s->events = 1, s->tries = 10;
	s->persistent = d->persistent;
	if (d->test)
		strv_add(&s->tests, d->test);
}

static bool shows(const struct defect *d, enum arm arm, const struct stress_spec *spec)
{
	if (arm == ARM_GIL)
		return d->on_gil;
	return spec->locked ? d->when_locked : strcmp(spec->kind, "play") == 0 || strcmp(spec->kind, "script") == 0 || d->again;
}

static int cell(void *cookie, enum arm arm, const char *mode, int round, const struct strv *ids, double suite_seconds,
                const struct stress_spec *spec, struct evidence *out, struct error *err)
{
	struct world *w = cookie;
	(void)round;
	AUTO_FREE char *tests = ids ? strv_join(ids, ",") : xstrdup("none");
	AUTO_FREE char *focus = spec->focus ? strv_join(spec->focus, ",") : xstrdup("");
	buf_addf(&w->asked, "%s%s %s %s [%s] %s %.0fs/%.0fs%s", w->asked.len ? "; " : "", arm_word(arm), mode, spec->kind, tests, focus,
	         spec->seconds, suite_seconds, spec->switch_interval > 0 ? " switch" : "");
	if (spec->threads != 4)
		buf_addf(&w->asked, " %d threads", spec->threads);
	strv_add_unique(&w->seeds, spec->seed);
	if (++w->cells == w->fails_at)
		return error_set(err, ERR_IO, "the disk is gone");
	evidence_init(out);
	out->wall_ns = (int64_t)(w->wall_seconds * 1e9);
	str_set(&out->stress_kind, spec->kind);
	str_set(&out->error, w->dies ? "died" : NULL);
	for (struct defect *d = w->v; d->key; d++) {
		if (strcmp(d->mode, mode) != 0 || (spec->focus && !strv_has(spec->focus, d->key)))
			continue;
		bool reached = !(spec->focus && ids->n == 1 && strcmp(d->mode, "replay") == 0 && d->missed > 0 && d->missed--);
		reached = reached && !(arm == ARM_GIL && ids->n == 1 && d->missed_on_gil);
		if (spec->focus) {
			struct stress_played *p = evidence_add_played(out, d->key);
			p->tries = reached ? 10 : 0;
			p->bad = reached && shows(d, arm, spec);
		}
		if (reached && shows(d, arm, spec))
			add_finding(out, d);
		if (spec->want_script && out->n_stress)
			str_set(&out->stress[out->n_stress - 1].script, "print()");
	}
	return 0;
}

static int run_course(struct world *w, const struct stress_slot *slots, size_t n, double confirm, int rounds, struct error *err)
{
	AUTO_STRV ids = { 0 };
	strv_add(&ids, "a");
	strv_add(&ids, "b");
	struct stress_course c = { .slots = slots, .n_slots = n, .threads = 4, .seed = "s", .confirm_seconds = confirm, .rounds = rounds, .ids = &ids,
		                       .gil = true, .cell = cell, .cookie = w, .stress = &w->stress, .control = &w->control };
	return stress_course_run(&c, err);
}

static const struct stress_slot both[] = { { "replay", 36 }, { "mixed", 8 } };

static void expect(struct world *w, double confirm, int rounds, const char *asked)
{
	AUTO_ERROR err = { 0 };
	assert_int_equal(run_course(w, both, 2, confirm, rounds, &err), 0);
	assert_string_equal(buf_str(&w->asked), asked);
	assert_int_equal(w->seeds.n, (size_t)w->cells); /* each cell has a seed of its own */
}

static void end(struct world *w)
{
	runs_release(&w->stress);
	runs_release(&w->control);
	buf_release(&w->asked);
	strv_release(&w->seeds);
}

#define PLAYS "ft replay play [a,b]  36s/14s; ft mixed play [a,b]  8s/8s"

static void nothing_found_is_not_followed(void **state)
{
	(void)state;
	struct world w = { .dies = true }; /* and a mode that dies does not stop the next */
	expect(&w, 100, 1, PLAYS);
	assert_true(w.stress.n == 2 && w.control.n == 0);
	end(&w);
	struct world persistent = { .v = { { "replay", "k", "wrong-result", "a", .again = true, .persistent = true } } };
	expect(&persistent, 100, 1, PLAYS);
	end(&persistent);
}

static void a_lost_update_is_confirmed_controlled_and_gets_a_script(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "lost-update", "a", .again = true } } };
	expect(&w, 100, 1,
	       PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch; ft replay locked [a] k 15s/6s;"
	             " ft replay script [a] k 15s/6s");
	assert_true(w.stress.n == 4 && w.control.n == 1); /* the script's cell is not evidence of its own */
	assert_string_equal(w.stress.v[0].stress[0].script, "print()");
	end(&w);
}

static void what_does_not_show_again_stays_unconfirmed_unless_memory_was_wrong(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "wrong-result", "a", .again = false } } };
	expect(&w, 100, 2, PLAYS "; ft replay confirm [a] k 15s/6s; ft replay confirm [a] k 15s/6s");
	end(&w);
	struct world crash = { .v = { { "replay", "k", "signal", "a", .again = false } } };
	expect(&crash, 100, 1, PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch; ft replay script [a] k 15s/6s");
	end(&crash);
}

static void what_shows_on_the_gil_build_or_when_locked_gets_no_script(void **state)
{
	(void)state;
	struct world gil = { .v = { { "replay", "k", "wrong-result", "a", .again = true, .on_gil = true } } };
	expect(&gil, 100, 1, PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch");
	end(&gil);
	struct world locked = { .v = { { "replay", "k", "wrong-result", "a", .again = true, .when_locked = true } } };
	expect(&locked, 100, 1, PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch; ft replay locked [a] k 15s/6s");
	end(&locked);
}

/* The GIL build has no sanitizer: a control there would show nothing, and look like a clean one. */
static void a_sanitizer_finding_has_no_control_and_no_script(void **state)
{
	(void)state;
	static const struct stress_slot tsan = { "tsan", 40 };
	struct world w = { .v = { { "tsan", "tsan|a.c:f|a.c:g", "sanitizer", "a", .again = true } } };
	AUTO_ERROR err = { 0 };
	assert_int_equal(run_course(&w, &tsan, 1, 100, 1, &err), 0);
	assert_string_equal(buf_str(&w.asked), "ft tsan play [a,b]  40s/40s 3 threads; ft tsan confirm [a,b] tsan|a.c:f|a.c:g 15s/15s 3 threads");
	end(&w);
}

static void tests_are_narrowed_only_where_that_reaches_the_finding(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "signal", "a", .again = true, .missed = 1 } } };
	expect(&w, 100, 1,
	       PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a,b] k 29s/14s switch; ft replay confirm [a,b] k 29s/14s;"
	             " ft replay script [a,b] k 29s/14s");
	end(&w);
	struct world mixed = { .v = { { "mixed", "m", "exception", "a", .again = true } } };
	expect(&mixed, 20, 1, PLAYS "; ft mixed confirm [a,b] m 15s/15s; gil mixed control [a,b] m 15s/15s switch; ft mixed locked [a,b] m 15s/15s;"
	                            " ft mixed script [a,b] m 15s/15s");
	end(&mixed);
}

static void time_that_is_spent_leaves_the_rest_unconfirmed(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "signal", "a", .again = true }, { "mixed", "m", "exception", NULL, .again = true } },
		               .wall_seconds = 17 };
	expect(&w, 40, 1, PLAYS "; ft replay confirm [a] k 15s/6s; ft mixed confirm [a,b] m 15s/15s; gil replay control [a] k 15s/6s switch");
	end(&w);
	struct world none = { .v = { { "replay", "k", "signal", "a", .again = true } } };
	expect(&none, 5, 1, PLAYS);
	end(&none);
}

static void scripts_are_made_although_others_spent_the_time(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "signal", "a", .again = true }, { "mixed", "m", "exception", NULL, .again = true } },
		               .wall_seconds = 40 };
	expect(&w, 70, 1, PLAYS "; ft replay confirm [a] k 15s/6s; ft mixed confirm [a,b] m 15s/15s; gil replay control [a] k 15s/6s switch;"
	                        " ft replay script [a] k 15s/6s");
	end(&w);
}

static void a_confirmed_hang_is_controlled_although_its_confirmation_took_the_time(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "k", "hang", "a", .again = true } }, .wall_seconds = 60 };
	expect(&w, 50, 1, PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch");
	end(&w);
	struct world unreached = { .v = { { "replay", "k", "hang", "a", .again = true, .missed_on_gil = true } }, .wall_seconds = 60 };
	expect(&unreached, 50, 1,
	       PLAYS "; ft replay confirm [a] k 15s/6s; gil replay control [a] k 15s/6s switch; gil replay control [a,b] k 29s/14s switch");
	end(&unreached);
	struct world lost = { .v = { { "replay", "k", "lost-update", "a", .again = true } }, .wall_seconds = 60 };
	expect(&lost, 50, 1, PLAYS "; ft replay confirm [a] k 15s/6s");
	end(&lost);
}

static void the_most_severe_are_followed_first_and_each_key_once(void **state)
{
	(void)state;
	struct world w = { .wall_seconds = 15 };
	static char keys[14][16];
	for (int i = 0; i < 14; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%02d", i);
		w.v[i] = (struct defect){ .mode = "replay", .key = keys[i], .oracle = i == 13 ? "signal" : "exception", .test = "a" };
	}
	w.v[14] = (struct defect){ .mode = "mixed", .key = "k00", .oracle = "exception", .test = "a" }; /* another mode's */
	expect(&w, 8, 1, PLAYS "; ft replay confirm [a] k13,k00,k01,k02,k03,k04,k05,k06,k07,k08,k09,k10 15s/6s");
	end(&w);
}

static void one_defect_is_followed_by_one_key(void **state)
{
	(void)state;
	struct world w = { .v = { { "replay", "replay|mix|m.C", "lost-update", "a" }, { "replay", "replay|pair|m.C add|get", "wrong-result", "a" },
		                      { "replay", "replay|pair|m.C get|pop", "wrong-result", "a" }, { "replay", "replay|self|m.C add", "lost-update", "a" } },
		               .wall_seconds = 15 };
	expect(&w, 8, 1, PLAYS "; ft replay confirm [a] replay|pair|m.C get|pop,replay|self|m.C add 15s/6s");
	end(&w);
}

static void a_cell_that_is_the_tools_fault_ends_the_course(void **state)
{
	(void)state;
	for (int at = 1; at <= 3; at++) {
		struct world w = { .v = { { "replay", "k", "signal", "a", .again = true } }, .fails_at = at };
		AUTO_ERROR err = { 0 };
		assert_int_equal(run_course(&w, both, 2, 100, 1, &err), -1);
		assert_int_equal(err.code, ERR_IO);
		assert_int_equal(w.cells, at);
		assert_int_equal(w.stress.n, (size_t)at - 1); /* what ran is kept */
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_found_is_not_followed),
		cmocka_unit_test(a_lost_update_is_confirmed_controlled_and_gets_a_script),
		cmocka_unit_test(what_does_not_show_again_stays_unconfirmed_unless_memory_was_wrong),
		cmocka_unit_test(what_shows_on_the_gil_build_or_when_locked_gets_no_script),
		cmocka_unit_test(a_sanitizer_finding_has_no_control_and_no_script),
		cmocka_unit_test(tests_are_narrowed_only_where_that_reaches_the_finding),
		cmocka_unit_test(time_that_is_spent_leaves_the_rest_unconfirmed),
		cmocka_unit_test(scripts_are_made_although_others_spent_the_time),
		cmocka_unit_test(a_confirmed_hang_is_controlled_although_its_confirmation_took_the_time),
		cmocka_unit_test(the_most_severe_are_followed_first_and_each_key_once),
		cmocka_unit_test(one_defect_is_followed_by_one_key),
		cmocka_unit_test(a_cell_that_is_the_tools_fault_ends_the_course),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
