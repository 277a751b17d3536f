/* pipeline.c: one survey, from the request to its end; see pipeline.h. */
#include "pipeline/pipeline.h"
#include "base/fs.h"
#include "base/text.h"
#include "pipeline/job.h"
#include "pipeline/session.h"
#include "pipeline/targets.h"

#include <stdlib.h>
#include <string.h>

void pipeline_request_release(struct pipeline_request *r)
{
	strv_release(&r->targets);
	strv_release(&r->requirement_files);
	strv_release(&r->constraint_files);
}

/* Errors that say nothing about one package: the whole run ends. What is wrong
 * with one of several targets is said in its row, so that the others have theirs. */
static bool ends_run(const struct session *s, const struct error *e)
{
	switch (e->code) {
	case ERR_NO_VERSION:
	case ERR_CONFLICT:
	case ERR_NOT_FOUND:
	case ERR_BAD_TARGET:
	case ERR_NOT_A_PROJECT:
	case ERR_BUILD:
		return processes_cancelled() || s->survey->requirements < 2;
	case ERR_NETWORK:
	case ERR_TOOL:
	case ERR_BAD_HASH:
	case ERR_TOO_LARGE:
	case ERR_BAD_ARCHIVE:
	case ERR_IO:
	case ERR_INTERNAL:
		return processes_cancelled();
	default:
		return true;
	}
}

/* The first line of a cause that says more than that there is none. */
static char *telling_line(const char *why)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, why ? why : "", '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (*lines.v[i] && !str_starts(lines.v[i], "No solution found") && !str_starts(lines.v[i], "Failed to "))
			return text_safe_line(lines.v[i]);
	return NULL;
}

/* " (https://index.example/simple/x/)": where it failed, unless that is said already or says nothing. */
static char *place(const struct error *e)
{
	if (!e->where || !*e->where || strcmp(e->where, "command line") == 0)
		return xstrdup("");
	AUTO_FREE char *hidden = text_hide_credentials_in(e->where);
	AUTO_FREE char *safe = text_safe_line(hidden);
	return strstr(e->what, safe) ? xstrdup("") : xasprintf(" (%s)", safe);
}

/* The tool or machine failed for this package: its state is unknown, and that is said, with where and what to do. */
static void record_failure(struct session *s, struct package_job *j, struct error *problem)
{
	struct package_result *p = j->result;
	bool machine = error_exit_code(problem->code) != 2;
	p->verdict = machine ? OUT_ERROR : OUT_UNTESTED;
	p->readiness = READY_UNKNOWN;
	str_set(&p->version, j->version);
	bool complete = problem->code == ERR_BAD_ARCHIVE || problem->code == ERR_BAD_HASH; /* the cause repeats it */
	AUTO_FREE char *why = complete ? NULL : telling_line(problem->why);
	AUTO_FREE char *where = place(problem);
	strv_addf(&p->reasons, "%s: %s%s%s%s", error_slug(problem->code), problem->what, where, why ? ": " : "", why ? why : "");
	str_set(&p->advice, problem->hint);
	s->survey->infra_errors += machine;
}

static int run_package(struct session *s, const struct target *t, struct error *err)
{
	struct package_result *result = survey_add_package(s->survey);
	str_set(&result->name, t->name);
	str_set(&result->requested, t->text);
	struct package_job j;
	job_init(&j, s, t, result);
	AUTO_ERROR problem = { 0 };
	int done = job_run(&j, &problem);
	result->seconds = (double)(now_monotonic_ns() - j.start_ns) / 1e9;
	if (processes_cancelled()) /* whatever was cut short must not be judged; finished cells are kept */
		done = error_set(&problem, ERR_INTERRUPTED, "interrupted");
	if (done < 0 && !ends_run(s, &problem)) {
		record_failure(s, &j, &problem);
		done = 0;
	} else if (done < 0) {
		error_move(err, &problem);
		s->survey->n_packages--;
		package_result_release(&s->survey->packages[s->survey->n_packages]);
	}
	job_release(&j);
	return done;
}

static int finish_package(struct session *s, size_t position, struct error *err)
{
	const struct package_result *p = &s->survey->packages[position];
	if (store_put_package(s->store, s->survey->id, position, p, err) < 0)
		return -1;
	store_add_duration(s->store, "package", p->name, p->seconds, NULL);
	observe(s->tools.observer, &(struct event){ .kind = EVENT_PACKAGE_DONE, .package = p->name, .result = p,
	                                             .done = (int64_t)position + 1 });
	return 0;
}

/* An earlier, unfinished run of the same request has finished packages: take them. */
static size_t resume(struct session *s, const char *hash)
{
	bool found = false;
	AUTO_SURVEY old = { 0 };
	if (s->request->fresh || store_find_survey(s->store, hash, false, &found, &old, NULL) < 0 || !found || (old.finished && !old.interrupted))
		return 0;
	size_t n = old.n_packages;
	for (size_t i = 0; i < n; i++) {
		if (old.packages[i].verdict == OUT_ERROR) { /* the machine failed then: try again */
			n = i;
			break;
		}
	}
	for (size_t i = 0; i < n; i++) {
		AUTO_JSON *copy = package_to_json(&old.packages[i]);
		package_from_json(survey_add_package(s->survey), copy);
	}
	str_set(&s->survey->id, old.id);
	s->survey->cells = old.cells;
	return n;
}

static int run_all(struct session *s, const struct target_list *targets, const char *hash,
                   void (*on_package)(void *, const struct survey *), void *cookie, struct error *err)
{
	size_t first = resume(s, hash);
	if (store_begin_survey(s->store, s->survey, hash, err) < 0)
		return -1;
	for (size_t i = 0; i < first; i++)
		if (finish_package(s, i, err) < 0)
			return -1;
	for (size_t i = first; i < targets->n; i++) {
		if (processes_cancelled())
			return error_set(err, ERR_INTERRUPTED, "interrupted");
		if (run_package(s, &targets->v[i], err) < 0 || finish_package(s, s->survey->n_packages - 1, err) < 0)
			return -1;
		if (on_package)
			on_package(cookie, s->survey);
	}
	return 0;
}

/* How many of the requirements each blocker holds back. */
static void count_blockers(struct survey *v)
{
	for (size_t i = 0; i < v->n_packages; i++) {
		struct package_result *p = &v->packages[i];
		p->of = (int64_t)v->n_packages;
		p->holds = 0;
		for (size_t k = 0; k < v->n_packages; k++) {
			const char *blocker = v->packages[k].blocker;
			size_t n = p->name ? strlen(p->name) : 0;
			if (k != i && blocker && n && strncmp(blocker, p->name, n) == 0 && (blocker[n] == '=' || !blocker[n]))
				p->holds++;
		}
	}
}

static int finish_survey(struct session *s, struct error *err)
{
	struct survey *v = s->survey;
	count_blockers(v);
	for (size_t i = 0; i < v->n_packages; i++) /* what only the whole survey shows, before the order changes */
		if (store_put_package(s->store, v->id, i, &v->packages[i], err) < 0)
			return -1;
	survey_sort(v);
	survey_set_not_covered(v);
	str_set(&v->finished, NULL);
	if (!v->interrupted)
		v->finished = now_utc();
	v->exit_code = pipeline_exit_code(v);
	return store_finish_survey(s->store, v, err);
}

int pipeline_exit_code(const struct survey *s)
{
	if (s->interrupted)
		return 130;
	if (survey_count(s, READY_NO_GO))
		return 1;
	if (s->infra_errors > 0 && (double)s->infra_errors > 0.02 * (double)s->n_packages)
		return 4;
	return survey_compared(s) == 0 ? 5 : 0;
}

int pipeline_run(const struct pipeline_request *r, struct survey *out, bool *answered,
                 void (*on_package)(void *cookie, const struct survey *s), void *cookie, struct error *err)
{
	*out = (struct survey){ 0 };
	*answered = false;
	uint64_t start = now_monotonic_ns();
	struct session s;
	struct target_list targets = { 0 };
	char hash[SHA256_HEX] = "";
	int result = session_open(&s, r, out, err);
	if (result == 0)
		result = targets_collect(&s, &targets, err);
	if (result < 0 && processes_cancelled())
		error_set(err, ERR_INTERRUPTED, "interrupted before the first package");
	if (result == 0)
		result = session_answer(&s, &targets, hash, answered, err);
	if (result == 0 && !*answered) {
		result = session_prepare(&s, &targets, err);
		if (result < 0 && processes_cancelled())
			error_set(err, ERR_INTERRUPTED, "interrupted before the first package");
		AUTO_ERROR problem = { 0 };
		if (result == 0)
			result = run_all(&s, &targets, hash, on_package, cookie, &problem);
		if (result < 0 && problem.code == ERR_INTERRUPTED) {
			out->interrupted = true;
			result = 0;
		} else if (result < 0 && problem.code != ERR_NONE) {
			error_move(err, &problem);
		}
		out->seconds = (double)(now_monotonic_ns() - start) / 1e9;
		if (result == 0)
			result = finish_survey(&s, err);
		if (result == 0 && !out->interrupted)
			session_remember(&s, &targets, hash);
	}
	target_list_release(&targets);
	session_close(&s);
	return result;
}
