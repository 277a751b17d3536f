/*
 * stage_stress.c: what suites do not show: the package under threads. Which
 * modes run is the session's (effort, --stress); which cells follow from what
 * they find is stress_course.c. The stage has the machine to itself: packages
 * go one after the other, and its cells one at a time.
 */
#include "pipeline/stress_course.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *key, const void *item)
{
	return strcmp(key, *(char *const *)item);
}

void job_passing_ids(const struct evidence *e, struct strv *ids)
{
	AUTO_STRV bad = { 0 };
	for (size_t i = 0; i < e->n_tests; i++)
		if (e->tests[i].status != TEST_PASSED)
			strv_add(&bad, e->tests[i].id);
	strv_sort(&bad);
	for (size_t i = 0; i < e->n_tests; i++) {
		const char *id = e->tests[i].id;
		bool again = ids->n && strcmp(ids->v[ids->n - 1], id) == 0;
		if (!again && !(bad.n && bsearch(id, bad.v, bad.n, sizeof(*bad.v), by_text)))
			strv_add(ids, id);
	}
}

static int run_cell(void *cookie, enum arm arm, const char *mode, int round, const struct strv *ids, double suite_seconds,
                    const struct stress_spec *spec, struct evidence *out, struct error *err)
{
	struct package_job *j = cookie;
	struct arm_state *a = str_eq(mode, "tsan") ? &j->tsan : &j->arm[arm];
	enum gil_choice gil = arm == ARM_FT && j->arm[ARM_FT].nogil.n ? GIL_OFF : GIL_DEFAULT;
	return job_stress_cell(a, gil, mode, round, ids, suite_seconds, spec, out, err);
}

/* The package for the ThreadSanitizer interpreter; *ready is false when it cannot be had, which is said. */
static int prepare_tsan(struct package_job *j, bool *ready, struct error *err)
{
	AUTO_FREE char *why_not = NULL;
	*ready = false;
	if (tsan_prepare(j, &j->tsan, &why_not, &j->stress_left_out, err) < 0)
		return -1;
	if (why_not)
		strv_addf(&j->stress_left_out, "tsan: %s", why_not);
	*ready = !why_not;
	return 0;
}

/* The session's modes that this package can have; why not, for the others. */
static int modes_for(struct package_job *j, bool has_tests, struct stress_slot out[STRESS_MODES], size_t *count, struct error *err)
{
	const struct session *s = j->session;
	size_t n = 0;
	strv_add_all(&j->stress_left_out, &s->stress_left_out);
	for (size_t i = 0; i < s->n_stress; i++) {
		bool tsan = strcmp(s->stress[i].mode, "tsan") == 0, ready = true;
		if (tsan && has_tests && prepare_tsan(j, &ready, err) < 0)
			return -1;
		if (!ready)
			continue;
		if (has_tests || strcmp(s->stress[i].mode, "first-use") == 0)
			out[n++] = s->stress[i];
		else
			strv_addf(&j->stress_left_out, "%s: no test that passes", s->stress[i].mode);
	}
	*count = n;
	return 0;
}

int stage_stress(struct package_job *j, struct error *err)
{
	struct session *s = j->session;
	struct arm_state *ft = &j->arm[ARM_FT], *gil = &j->arm[ARM_GIL];
	const struct evidence *e = ft->nogil.n ? &ft->nogil.v[0] : ft->serial.n ? &ft->serial.v[0] : NULL;
	/* Without a suite nothing has imported it yet: the run itself shows whether it can be. */
	bool imports = e ? e->imported : j->suite.import_names.n > 0;
	if (!ft->env_python || ft->install_error || ft->failure.name || !imports || j->import_blocker)
		return 0;
	AUTO_STRV ids = { 0 };
	if (e)
		job_passing_ids(e, &ids);
	struct stress_slot slots[STRESS_MODES];
	size_t n_slots = 0;
	if (modes_for(j, ids.n > 0, slots, &n_slots, err) < 0)
		return -1;
	struct stress_course c = {
		.slots = slots, .n_slots = n_slots, .threads = s->threads, .seed = s->seed,
		.confirm_seconds = s->limits.confirm_seconds, .rounds = s->limits.stress_rounds, .ids = ids.n ? &ids : NULL,
		.gil = gil->env_python && !gil->install_error && !gil->failure.name, .cell = run_cell, .cookie = j,
		.stress = &j->stress, .control = &j->stress_control,
	};
	return stress_course_run(&c, err);
}
