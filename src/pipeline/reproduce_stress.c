/* reproduce_stress.c: the unit of a stress finding played again, on ft and then on gil; see pipeline.h. */
#include "base/text.h"
#include "pipeline/reproduce.h"
#include "pipeline/session.h"

#include <string.h>

#define PLAY_SECONDS 15     /* with the tests that led to it */
#define WIDE_SECONDS 60     /* with all tests, when those did not come to it */
#define SCRIPT_SECONDS 120  /* for a script, which is tried again after each thing left out */
#define RECORDING_SHARE 0.4 /* of them, for the suite that is recorded first */
#define GIL_SWITCH_INTERVAL 1e-6 /* seconds: threads of the GIL build change as often as they can */

/* How one run fared with the unit. */
struct fared {
	bool reached, bad;
};

static void print_stack(FILE *out, const struct stress_event *e)
{
	const char *text = e->native_stack ? e->native_stack : e->python_stack;
	AUTO_BUF stack = { 0 };
	if (!text)
		return;
	text_safe(&stack, text, strlen(text), true);
	fprintf(out, "%s\n", buf_str(&stack));
}

static bool came_to(const struct evidence *e, const char *key)
{
	const struct stress_played *played = evidence_find_played(e, key);
	return evidence_find_stress(e, key) || (played && played->tries > 0);
}

static struct fared print_run(FILE *out, const struct evidence *e, const char *key, int run, bool stacks)
{
	const struct stress_event *event = evidence_find_stress(e, key);
	const struct stress_played *played = evidence_find_played(e, key);
	int64_t tries = played && played->tries > 0 ? played->tries : event ? event->tries : 0;
	int64_t bad = played && played->bad > 0 ? played->bad : event ? event->events : 0;
	double first = event ? event->seconds : played ? played->first_seconds : -1;
	fprintf(out, "%-3s run %d  ", arm_word(e->arm), run + 1);
	if (tries <= 0 && bad <= 0) {
		AUTO_FREE char *why = e->error ? text_safe_line(e->error) : NULL;
		fprintf(out, "not reached%s%s\n", why ? ": " : "", why ? why : "");
		return (struct fared){ 0 };
	}
	fprintf(out, "bad in %lld of %lld plays", (long long)bad, (long long)(tries > bad ? tries : bad));
	if (bad > 0 && first >= 0)
		fprintf(out, ", first after %.1f s", first);
	AUTO_FREE char *title = event && event->title ? text_safe_line(event->title) : NULL;
	fprintf(out, "%s%s\n", title ? ": " : "", title ? title : "");
	if (event && stacks)
		print_stack(out, event);
	return (struct fared){ .reached = true, .bad = bad > 0 };
}

/* The seeds that showed it come first, then new ones. */
static char *seed_of(const struct package_job *j, const struct finding *f, int run)
{
	if ((size_t)run < f->seeds.n)
		return xstrdup(f->seeds.v[run]);
	return xasprintf("%s+%d", j->session->seed, 1000 + run);
}

/* Modes that can do with the tests that led to a finding; others need their neighbours. */
static bool narrows(const struct finding *f)
{
	return f->tests.n && (str_eq(f->mode, "same-test") || str_eq(f->mode, "replay") || str_eq(f->mode, "perturb"));
}

static bool with_tsan(const struct finding *f)
{
	return str_eq(f->mode, "tsan");
}

/* The third arm, without which such a finding cannot show. */
static int prepare_tsan(struct package_job *j, struct error *err)
{
	AUTO_FREE char *why_not = NULL;
	AUTO_STRV notes = { 0 };
	if (tsan_prepare(j, &j->tsan, &why_not, &notes, err) < 0)
		return -1;
	return why_not ? error_set(err, ERR_BAD_TARGET, "%s cannot run under ThreadSanitizer: %s", j->name, why_not) : 0;
}

static int play(struct package_job *j, const struct finding *f, enum arm arm, int run, bool wide, struct evidence *e, struct error *err)
{
	struct arm_state *a = with_tsan(f) ? &j->tsan : &j->arm[arm];
	AUTO_STRV focus = { 0 };
	AUTO_FREE char *seed = seed_of(j, f, run);
	strv_add(&focus, f->key);
	double seconds = wide ? WIDE_SECONDS : PLAY_SECONDS;
	struct stress_spec spec = { .kind = arm == ARM_FT ? "confirm" : "control", .threads = (int)f->threads, .seconds = seconds, .seed = seed,
		                        .focus = &focus, .switch_interval = arm == ARM_GIL ? GIL_SWITCH_INTERVAL : 0 };
	enum gil_choice gil = arm == ARM_FT ? GIL_OFF : GIL_DEFAULT;
	double suite = with_tsan(f) ? seconds : seconds * RECORDING_SHARE; /* it plays while the suite runs */
	return job_stress_cell(a, gil, f->mode, run, wide ? NULL : &f->tests, suite, &spec, e, err);
}

int reproduce_unit(struct package_job *j, const struct reproduction *what, struct error *err)
{
	int64_t reached[2] = { 0 }, bad[2] = { 0 };
	bool wide = !narrows(what->finding), tsan = with_tsan(what->finding);
	if (tsan && prepare_tsan(j, err) < 0)
		return -1;
	for (int i = 0; i < what->runs; i++) {
		for (int k = 0; k < (tsan ? 1 : 2); k++) { /* the GIL build has no sanitizer */
			enum arm arm = k == 0 ? ARM_FT : ARM_GIL;
			AUTO_EVIDENCE e = { 0 };
			evidence_init(&e);
			if (play(j, what->finding, arm, i, wide, &e, err) < 0)
				return -1;
			if (!wide && !came_to(&e, what->finding->key)) { /* its own tests do not lead to it: all of them */
				wide = true;
				k--;
				continue;
			}
			struct fared f = print_run(what->out, &e, what->finding->key, i, bad[arm] == 0);
			reached[arm] += f.reached;
			bad[arm] += f.bad;
		}
	}
	AUTO_FREE char *gil = tsan ? xstrdup("under ThreadSanitizer") : xasprintf("gil %lld of %lld", (long long)bad[ARM_GIL], (long long)reached[ARM_GIL]);
	fprintf(what->out, "ft %lld of %lld runs, %s%s\n", (long long)bad[ARM_FT], (long long)reached[ARM_FT], gil,
	        reached[ARM_FT] == 0 ? ": no run came to it, which shows nothing" : "");
	*what->bad = bad[ARM_FT];
	return 0;
}

/* One cell that plays the finding, prints it as a script and makes that smaller. */
static int script_cell(struct package_job *j, const struct finding *f, bool wide, struct evidence *e, struct error *err)
{
	AUTO_STRV focus = { 0 };
	AUTO_FREE char *seed = seed_of(j, f, 0);
	strv_add(&focus, f->key);
	double seconds = SCRIPT_SECONDS, recording = wide ? WIDE_SECONDS * RECORDING_SHARE : PLAY_SECONDS * RECORDING_SHARE;
	struct stress_spec spec = { .kind = "script", .threads = (int)f->threads, .seconds = seconds, .seed = seed, .focus = &focus, .want_script = true };
	return job_stress_cell(&j->arm[ARM_FT], GIL_OFF, f->mode, wide, wide ? NULL : &f->tests, recording, &spec, e, err);
}

int reproduce_script(struct package_job *j, const struct reproduction *what, struct error *err)
{
	for (int wide = !narrows(what->finding); wide <= 1 && !*what->script; wide++) {
		AUTO_EVIDENCE e = { 0 };
		evidence_init(&e);
		if (script_cell(j, what->finding, wide, &e, err) < 0)
			return -1;
		const struct stress_event *event = evidence_find_stress(&e, what->finding->key);
		str_set(what->script, event ? event->script : NULL);
		str_set(what->note, event && event->script_note ? event->script_note : e.error ? e.error : "it did not show again in the time given");
	}
	return 0;
}

int pipeline_script(const struct pipeline_request *r, const struct finding *f, char **script, char **note, struct error *err)
{
	return reproduce(r, &(struct reproduction){ .finding = f, .script = script, .note = note }, err);
}

int pipeline_reproduce_stress(const struct pipeline_request *r, const struct finding *f, int runs, FILE *out, int64_t *bad, struct error *err)
{
	return reproduce(r, &(struct reproduction){ .finding = f, .runs = runs, .out = out, .bad = bad }, err);
}
