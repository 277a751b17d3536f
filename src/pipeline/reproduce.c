/* reproduce.c: one test, or one unit of a stress mode, again on both arms; see pipeline.h. */
#include "base/text.h"
#include "pipeline/reproduce.h"
#include "pipeline/session.h"

#include <string.h>

static void print_run(FILE *out, const struct evidence *e, const char *test, int run, bool *bad)
{
	const struct test_result *hit = NULL;
	for (size_t i = 0; i < e->n_tests; i++)
		if (strcmp(e->tests[i].id, test) == 0 && (!hit || test_status_bad(e->tests[i].status)))
			hit = &e->tests[i];
	*bad = hit && test_status_bad(hit->status);
	AUTO_FREE char *message = hit && hit->message ? text_safe_line(hit->message) : NULL;
	fprintf(out, "%-3s run %d  %s%s%s\n", arm_word(e->arm), run + 1, hit ? test_status_word(hit->status) : "not found", message ? "  " : "",
	        message ? message : "");
	for (size_t i = 0; i < e->n_culprits; i++) {
		AUTO_BUF stack = { 0 };
		const char *text = e->culprits[i].python_stack ? e->culprits[i].python_stack : e->culprits[i].native_stack;
		if (text)
			text_safe(&stack, text, strlen(text), true);
		fprintf(out, "%s\n", buf_str(&stack));
	}
}

static int run_test(struct package_job *j, const struct reproduction *what, struct error *err)
{
	AUTO_STRV ids = { 0 };
	strv_add(&ids, what->test);
	for (int i = 0; i < what->runs; i++) {
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
			AUTO_EVIDENCE e = { 0 };
			evidence_init(&e);
			bool failed = false;
			if (job_cell(&j->arm[a], GIL_DEFAULT, "reproduce", i, &ids, j->session->limits.suite_seconds, 1, &e, err) < 0)
				return -1;
			print_run(what->out, &e, what->test, i, &failed);
			*what->bad += a == ARM_FT && failed;
		}
	}
	return 0;
}

static int prepare_and_run(struct session *s, struct target_list *targets, const struct reproduction *what, struct error *err)
{
	struct package_result *result = survey_add_package(s->survey);
	struct package_job j;
	job_init(&j, s, &targets->v[0], result);
	int done = stage_resolve(&j, err);
	if (done == 0 && !j.stop)
		done = stage_build(&j, err);
	if (done == 0 && !j.stop)
		done = stage_tests(&j, err);
	bool needs_suite = !what->finding || !str_eq(what->finding->mode, "first-use");
	if (done == 0 && (j.stop || (needs_suite && !j.suite.from)))
		done = error_set(err, ERR_BAD_TARGET, "%s does not come as far as running a test", targets->v[0].text);
	if (done < 0 && j.profile.skip)
		error_why(err, "its profile leaves it out: %s", j.profile.skip);
	if (done == 0)
		done = what->script ? reproduce_script(&j, what, err) : what->finding ? reproduce_unit(&j, what, err) : run_test(&j, what, err);
	job_release(&j);
	return done;
}

int reproduce(const struct pipeline_request *r, const struct reproduction *what, struct error *err)
{
	struct pipeline_request fresh = *r;
	fresh.fresh = true; /* a result from the store would prove nothing */
	struct session s;
	struct target_list targets = { 0 };
	AUTO_SURVEY survey = { 0 };
	int result = session_open(&s, &fresh, &survey, err);
	if (result == 0)
		result = targets_collect(&s, &targets, err);
	if (result == 0)
		result = session_prepare(&s, &targets, err);
	if (result == 0)
		result = prepare_and_run(&s, &targets, what, err);
	target_list_release(&targets);
	session_close(&s);
	return result;
}

int pipeline_reproduce(const struct pipeline_request *r, const char *test, int runs, FILE *out, int64_t *bad, struct error *err)
{
	return reproduce(r, &(struct reproduction){ .test = test, .runs = runs, .out = out, .bad = bad }, err);
}
