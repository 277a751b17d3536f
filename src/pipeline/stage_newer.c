/*
 * stage_newer.c: does a newer release still show what stress has found? The
 * newest is prepared like the tested one and plays the findings' units again on
 * the free-threaded build, without the GIL, in fresh processes; with --bisect
 * so do those between. Only what was really played and not bad counts as fixed.
 */
#include "base/fs.h"
#include "base/text.h"
#include "fetch/index.h"
#include "pipeline/job.h"
#include "pipeline/newer.h"
#include "process/process.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_RUNS = 3, MOST_RUNS = 8, MOST_VERSIONS = 12, MOST_NEWEST = 4 /* without --bisect */, FIRST_SEED = 2000 };
static const double chance_to_miss = 0.05; /* of a defect that shows as often as in the tested version */
static const double play_seconds = 15;   /* of one run: that of a confirmation */
static const double wide_seconds = 40;   /* when its tests alone do not come to it */
static const double recording_share = 0.4;
static const double least_seconds = 30;  /* below which nothing is begun */

struct search {
	struct package_job *job;             /* of the tested version; judged */
	struct finding **findings;           /* to be tried; the result's own */
	size_t n;
	struct strv versions;                /* newer ones, oldest first */
	struct newer newer;
	uint64_t end_ns;
	size_t tried;
	char *trouble;                       /* why the newest could not be prepared; NULL: it could */
};

static double seconds_left(const struct search *s)
{
	uint64_t now = now_monotonic_ns();
	return now >= s->end_ns ? 0 : (double)(s->end_ns - now) / 1e9;
}

static bool is_candidate(const struct finding *f)
{
	return f->key && f->oracle && f->confirmed && f->fault == FAULT_LIBRARY && strcmp(f->mode, "tsan") != 0;
}

/* Final releases above the tested one that say of no file that it is withdrawn or of another Python. */
static void newer_versions(const struct package_job *j, struct strv *out)
{
	AUTO_INDEX_PROJECT p = { 0 };
	AUTO_ERROR ignored = { 0 };
	AUTO_STRV all = { 0 };
	if (index_project_get(&j->session->tools.index, j->name, &j->session->tools.fetch, &p, &ignored) < 0)
		return;
	index_versions_desc(&p, &all);
	for (size_t i = all.n; i-- > 0;) {
		bool fits = false;
		for (size_t k = 0; k < p.n && !fits; k++)
			fits = version_compare(p.files[k].version, all.v[i]) == 0 && !p.files[k].yanked &&
			       version_satisfies(j->arm[ARM_FT].python->version, p.files[k].requires_python);
		if (fits && version_valid(all.v[i]) && !version_is_prerelease(all.v[i]) && version_compare(all.v[i], j->version) > 0)
			strv_add(out, all.v[i]);
	}
}

/* A job for one version, as if the user had named it: its own folders, the same session. */
static void begin_version(struct package_job *k, const struct package_job *j, const struct target *t, struct package_result *scratch)
{
	job_init(k, j->session, t, scratch);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		k->arm[a].dir = xasprintf("%s/%s-%s-%s", j->session->tools.work, j->name, t->specifier + 2, arm_word(a));
		k->arm[a].wheelhouse = path_join(k->arm[a].dir, "wheels");
	}
}

/* What stands between a version and its tests, in one line. */
static char *what_stopped(const struct package_job *k)
{
	for (int a = ARM_FT; a >= ARM_GIL; a--) { /* the free-threaded arm's own trouble first */
		const struct arm_state *s = &k->arm[a];
		const char *text = s->unresolved ? s->unresolved : s->built.error ? s->built.error : s->failure.name ? s->failure.result.error : s->install_error;
		if (text)
			return text_safe_line(text);
	}
	return xstrdup("it cannot be built or installed");
}

/* As far as its tests can run. *why: what kept it from that, else NULL. */
static int prepare_version(struct package_job *k, char **why, struct error *err)
{
	int (*const stages[])(struct package_job *, struct error *) = { stage_resolve, stage_build, stage_tests };
	AUTO_ERROR problem = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(stages) && !k->stop; i++) {
		if (stages[i](k, &problem) < 0 && (problem.code == ERR_INTERRUPTED || problem.code == ERR_DISK_FULL || processes_cancelled())) {
			error_move(err, &problem);
			return -1;
		}
		if (problem.code != ERR_NONE) {
			*why = xstrdup(problem.what);
			return 0;
		}
	}
	if (k->stop)
		*why = what_stopped(k);
	return 0;
}

/* Runs after which a defect that shows in p of the tested version's runs would most likely have shown. */
static int runs_due(const struct finding *f)
{
	double p = f->runs > 0 ? (double)f->events / (double)f->runs : 1, missed = 1;
	int n = 0;
	while (n < MOST_RUNS && (n < LEAST_RUNS || missed > chance_to_miss)) {
		missed *= 1 - p;
		n++;
	}
	return n;
}

/* One mode's findings in one version. */
struct round {
	struct search *s;
	struct package_job *k;
	size_t version;
	const char *mode;
	bool wide;
};

static bool takes_part(const struct round *r, size_t i)
{
	const struct newer_cell *c = newer_at(&r->s->newer, r->version, i);
	return str_eq(r->s->findings[i]->mode, r->mode) && c->shown != SHOWN_YES && c->runs < runs_due(r->s->findings[i]) &&
	       (c->shown != SHOWN_NOT_TRIED || newer_wants(&r->s->newer, r->version, i));
}

/* The tests that led to them, where the mode can do with these; false: it needs all. */
static bool narrow_ids(const struct round *r, struct strv *ids)
{
	if (r->wide || strcmp(r->mode, "mixed") == 0 || strcmp(r->mode, "first-use") == 0)
		return false;
	for (size_t i = 0; i < r->s->n; i++) {
		if (!takes_part(r, i))
			continue;
		if (r->s->findings[i]->tests.n == 0)
			return false;
		for (size_t t = 0; t < r->s->findings[i]->tests.n; t++)
			strv_add_unique(ids, r->s->findings[i]->tests.v[t]);
	}
	return ids->n > 0;
}

/* What the run says; true when none of the findings was come to. */
static bool learn(const struct round *r, const struct evidence *e)
{
	bool reached = false;
	for (size_t i = 0; i < r->s->n; i++) {
		if (!takes_part(r, i))
			continue;
		const char *key = r->s->findings[i]->key;
		const struct stress_played *p = evidence_find_played(e, key);
		const struct stress_event *x = evidence_find_stress(e, key);
		struct newer_cell *c = newer_at(&r->s->newer, r->version, i);
		bool bad = (x && x->kind != FIND_COUNT && x->events > 0) || (p && p->bad > 0);
		bool played = bad || (p && p->tries > 0);
		reached |= played;
		c->runs += played;
		c->shown = bad ? SHOWN_YES : c->runs > 0 ? SHOWN_NO : SHOWN_NOT_PLAYED;
	}
	return !reached;
}

static int play_once(struct round *r, int run, bool *missed, struct error *err)
{
	AUTO_STRV focus = { 0 }, ids = { 0 };
	int threads = 0;
	for (size_t i = 0; i < r->s->n; i++) {
		if (!takes_part(r, i))
			continue;
		strv_add(&focus, r->s->findings[i]->key);
		threads = (int)r->s->findings[i]->threads;
	}
	*missed = false;
	if (focus.n == 0)
		return 0;
	bool narrow = narrow_ids(r, &ids);
	double seconds = narrow ? play_seconds : wide_seconds;
	AUTO_FREE char *seed = xasprintf("%s+%d", r->k->session->seed, FIRST_SEED + run);
	struct stress_spec spec = { .kind = "newer", .threads = threads, .seconds = seconds, .seed = seed, .focus = &focus };
	struct evidence e;
	/* Without the GIL even where this version turns it on: that would hide the defect, not mend it. */
	if (job_stress_cell(&r->k->arm[ARM_FT], GIL_OFF, r->mode, run, narrow ? &ids : NULL, seconds * recording_share, &spec, &e, err) < 0)
		return -1;
	*missed = learn(r, &e) && narrow;
	evidence_release(&e);
	return 0;
}

/* What fewer runs have played than were due was not played enough to be called fixed. */
static void discard_unfinished(const struct round *r)
{
	for (size_t i = 0; i < r->s->n; i++) {
		struct newer_cell *c = newer_at(&r->s->newer, r->version, i);
		if (str_eq(r->s->findings[i]->mode, r->mode) && c->shown == SHOWN_NO && c->runs < runs_due(r->s->findings[i]))
			c->shown = SHOWN_NOT_PLAYED;
	}
}

static int play_mode(struct search *s, struct package_job *k, size_t version, const char *mode, struct error *err)
{
	struct round r = { .s = s, .k = k, .version = version, .mode = mode };
	int due = 0;
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->findings[i]->mode, mode) && runs_due(s->findings[i]) > due)
			due = runs_due(s->findings[i]);
	for (int run = 0; run < due && seconds_left(s) > play_seconds / 2; run++) {
		bool missed = false;
		if (play_once(&r, run, &missed, err) < 0)
			return -1;
		if (missed) { /* this version's tests have changed: all of them may come to it */
			r.wide = true;
			run--;
		}
	}
	discard_unfinished(&r);
	return 0;
}

static int play_version(struct search *s, struct package_job *k, size_t version, struct error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		bool first = true;
		for (size_t b = 0; b < i && first; b++)
			first = !str_eq(s->findings[b]->mode, s->findings[i]->mode);
		if (first && play_mode(s, k, version, s->findings[i]->mode, err) < 0)
			return -1;
	}
	return 0;
}

/* What was not played is known now, too. What keeps one release from this interpreter
 * is taken to keep the earlier ones of its series from it. */
static void note_version(struct search *s, size_t version, const char *why)
{
	const char *v = s->versions.v[version];
	for (size_t k = version + 1; k-- > 0;) {
		bool same = version_series(v) == version_series(s->versions.v[k]) && strncmp(v, s->versions.v[k], version_series(v)) == 0;
		if (k != version && (!why || !same))
			break;
		for (size_t i = 0; i < s->n; i++) {
			struct newer_cell *c = newer_at(&s->newer, k, i);
			if (why || c->shown == SHOWN_NOT_TRIED)
				c->shown = why ? SHOWN_NOT_PREPARED : SHOWN_NOT_PLAYED;
		}
	}
	if (version + 1 == s->versions.n)
		str_set(&s->trouble, why);
}

static int try_version(struct search *s, size_t version, struct error *err)
{
	struct package_job *j = s->job;
	AUTO_TARGET t = { .kind = TARGET_REQUIREMENT, .name = xstrdup(j->name), .specifier = xasprintf("==%s", s->versions.v[version]) };
	t.text = xasprintf("%s==%s", j->name, s->versions.v[version]);
	strv_copy(&t.extras, &j->target->extras);
	observe_note(j->session->tools.observer, "%s: does %s still show what stress has found?", j->name, s->versions.v[version]);
	struct package_result scratch;
	package_result_init(&scratch);
	struct package_job k;
	begin_version(&k, j, &t, &scratch);
	AUTO_FREE char *why = NULL;
	int result = prepare_version(&k, &why, err);
	if (result == 0 && !why)
		result = play_version(s, &k, version, err);
	if (result == 0)
		note_version(s, version, why);
	job_release(&k);
	package_result_release(&scratch);
	s->tried++;
	return result;
}

/* Into the finding: the version without it, or what is known of the newest. */
static void conclude(const struct search *s, size_t i)
{
	struct finding *f = s->findings[i];
	const char *newest = s->versions.v[s->versions.n - 1];
	int top = newer_top(&s->newer);
	int fixed = newer_fixed(&s->newer, i);
	if (fixed >= 0 || s->tried == 0) {
		str_set(&f->fixed_in, fixed >= 0 ? s->versions.v[fixed] : newest);
		f->fixed_tested = fixed >= 0;
		f->fixed_runs = fixed >= 0 ? newer_at(&s->newer, (size_t)fixed, i)->runs : 0;
	} else if (top >= 0 && newer_at(&s->newer, (size_t)top, i)->shown == SHOWN_YES) {
		f->fixed_note = xasprintf("%s, the newest%s, shows it too", s->versions.v[top], s->trouble ? " that works here" : "");
	} else if (s->trouble) {
		f->fixed_note = xasprintf("%s is newer and could not be prepared: %s", newest, s->trouble);
	} else {
		bool some = newer_at(&s->newer, s->versions.n - 1, i)->runs > 0;
		f->fixed_note = xasprintf("%s is newer and could not be played%s", newest, some ? " often enough to say" : "");
	}
}

static double time_for(const struct package_job *j)
{
	const struct session *s = j->session;
	double passed = (double)(now_monotonic_ns() - j->start_ns) / 1e9;
	if (s->request->bisect && s->request->budget_seconds <= 0)
		return s->limits.total_seconds; /* asked for, so it has time of its own */
	return s->limits.total_seconds - passed;
}

static int search(struct search *s, struct error *err)
{
	newer_init(&s->newer, s->versions.n, s->n, s->job->session->request->bisect);
	int result = 0, next;
	size_t most = s->newer.bisect ? MOST_VERSIONS : MOST_NEWEST;
	while (result == 0 && s->tried < most && seconds_left(s) >= least_seconds && (next = newer_next(&s->newer)) >= 0)
		result = try_version(s, (size_t)next, err);
	for (size_t i = 0; result == 0 && i < s->n; i++)
		conclude(s, i);
	newer_release(&s->newer);
	return result;
}

int stage_newer(struct package_job *j, struct error *err)
{
	struct package_result *p = j->result;
	if (j->target->kind != TARGET_REQUIREMENT || !j->version || p->verdict != OUT_RACE)
		return 0;
	double seconds = time_for(j);
	struct search s = { .job = j, .findings = xcalloc(p->n_findings + 1, sizeof(*s.findings)),
		                .end_ns = now_monotonic_ns() + (uint64_t)((seconds > 0 ? seconds : 0) * 1e9) };
	for (size_t i = 0; i < p->n_findings; i++)
		if (is_candidate(&p->findings[i]))
			s.findings[s.n++] = &p->findings[i];
	int result = 0;
	if (s.n)
		newer_versions(j, &s.versions);
	if (s.versions.n)
		result = search(&s, err);
	if (result == 0 && s.versions.n)
		judge_fixed(p, target_asked(j->target));
	free(s.findings);
	free(s.trouble);
	strv_release(&s.versions);
	return result;
}
