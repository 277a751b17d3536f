/* testenv.c: see testenv.h. */
#include "pipeline/testenv.h"
#include "base/fs.h"
#include "build/environment.h"
#include "build/lock.h"
#include "fetch/git.h"

#include <stdlib.h>
#include <string.h>

enum { OLDEST_PYTEST = 7 /* that the harness works with */ };

/* The target and its closure as they are installed, then the given test requirements. */
static void fill_request(const struct arm_state *a, const struct strv *tests, const struct strv *from_source,
                         const struct lock *hold, struct resolve_request *q)
{
	const struct package_job *j = a->job;
	q->label = j->name;
	q->python = a->python;
	strv_take(&q->requirements, a->target_line ? xstrdup(a->target_line) : xasprintf("%s==%s", j->name, j->version));
	strv_add_all(&q->requirements, tests);
	for (size_t i = 0; i < a->runtime.n; i++)
		if (!(a->target_line && str_eq(a->runtime.v[i].name, j->name)))
			strv_addf(&q->constraints, "%s==%s", a->runtime.v[i].name, a->runtime.v[i].version);
	for (size_t i = 0; hold && i < hold->n; i++)
		if (!lock_find(&a->runtime, hold->v[i].name))
			strv_addf(&q->constraints, "%s==%s", hold->v[i].name, hold->v[i].version);
	strv_addf(&q->constraints, "pytest>=%d", OLDEST_PYTEST);
	strv_add(&q->find_links, a->wheelhouse);
	if (from_source->n == 0)
		strv_add(&q->only_binary, ":all:");
}

/* *fits: whether a set of versions exists. */
static int try_resolve(struct arm_state *a, const struct strv *tests, const struct strv *from_source, const struct lock *hold,
                       struct lock *out, bool *fits, struct error *err)
{
	struct resolve_request q = { 0 };
	fill_request(a, tests, from_source, hold, &q);
	AUTO_ERROR problem = { 0 };
	int result = resolve(&a->job->session->tools, &q, out, &problem);
	resolve_request_release(&q);
	*fits = result == 0;
	if (result < 0 && !resolve_error_is_answer(&problem)) {
		error_move(err, &problem);
		return -1;
	}
	return 0;
}

static char *bare_name(const char *requirement)
{
	return xstrndup(requirement, strcspn(requirement, " [<>=!~;@("));
}

/* All at once does not fit: take them one by one, loosening pins, then leave out. */
static int accept_each(struct arm_state *a, struct strv *accepted, struct lock *out, struct error *err)
{
	struct package_job *j = a->job;
	static const struct strv none = { 0 };
	for (size_t i = j->test_requires.n; i-- > 0;) { /* the runner stands last and comes first */
		const char *wanted = j->test_requires.v[i];
		AUTO_FREE char *name = bare_name(wanted);
		const char *const forms[] = { wanted, name };
		bool fits = false;
		for (size_t k = 0; k < ARRAY_LEN(forms) && !fits; k++) {
			strv_add(accepted, forms[k]);
			if (try_resolve(a, accepted, &none, NULL, out, &fits, err) < 0)
				return -1;
			if (!fits) {
				free(accepted->v[--accepted->n]);
				accepted->v[accepted->n] = NULL;
			}
		}
		if (!fits)
			strv_addf(&j->left_out, "%s: no wheel for %s", wanted, a->python->tag);
	}
	bool fits = false;
	return try_resolve(a, accepted, &none, NULL, out, &fits, err);
}

/* Exact pins are what a project's own CI uses, not what its tests need: without
 * them, and without a bound that only an old pytest keeps, the whole set often fits at once. */
static bool without_pins(const struct strv *requires, struct strv *loose)
{
	bool changed = false;
	for (size_t i = 0; i < requires->n; i++) {
		AUTO_FREE char *name = bare_name(requires->v[i]);
		bool pinned = strstr(requires->v[i], "==") || (strcmp(name, "pytest") == 0 && strcmp(name, requires->v[i]) != 0);
		strv_take(loose, pinned ? STEAL(&name) : xstrdup(requires->v[i]));
		changed |= pinned;
	}
	return changed;
}

/* All that was asked, without what is already known not to fit. */
static int resolve_ft(struct package_job *j, struct error *err)
{
	struct arm_state *ft = &j->arm[ARM_FT];
	static const struct strv none = { 0 };
	AUTO_STRV loose = { 0 };
	if (without_pins(&j->test_requires, &loose)) {
		bool fits = false;
		if (try_resolve(ft, &loose, &none, NULL, &ft->whole, &fits, err) < 0)
			return -1;
		strv_copy(&j->test_requires, &loose);
		if (fits)
			return 0;
	}
	AUTO_STRV accepted = { 0 };
	if (accept_each(ft, &accepted, &ft->whole, err) < 0)
		return -1;
	strv_copy(&j->test_requires, &accepted);
	return 0;
}

static int resolve_gil(struct package_job *j, struct error *err)
{
	struct arm_state *gil = &j->arm[ARM_GIL];
	static const struct strv none = { 0 };
	bool fits = false;
	if (try_resolve(gil, &j->test_requires, &none, &j->arm[ARM_FT].whole, &gil->whole, &fits, err) < 0)
		return -1;
	if (fits)
		return 0;
	strv_add(&j->left_out, "the gil arm could not be held to the same test dependencies");
	return try_resolve(gil, &j->test_requires, &none, NULL, &gil->whole, &fits, err);
}

/* What the tests need beside the target's closure is the same for both arms if it is pure. */
static bool serves_both(const struct package_job *j)
{
	const struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	if (!str_eq(gil->python->version, ft->python->version) || gil->runtime.n != ft->runtime.n)
		return false;
	for (size_t i = 0; i < ft->runtime.n; i++)
		if (!lock_find(&gil->runtime, ft->runtime.v[i].name))
			return false;
	for (size_t i = 0; i < ft->whole.n; i++) {
		const struct locked *l = &ft->whole.v[i];
		if (!lock_find(&ft->runtime, l->name) && (!l->wheel || l->native))
			return false;
	}
	return true;
}

static int resolve_tests(struct package_job *j, struct error *err)
{
	struct arm_state *ft = &j->arm[ARM_FT];
	static const struct strv none = { 0 };
	bool fits = false;
	if (try_resolve(ft, &j->test_requires, &none, NULL, &ft->whole, &fits, err) < 0)
		return -1;
	if (!fits && resolve_ft(j, err) < 0)
		return -1;
	if (!serves_both(j))
		return resolve_gil(j, err);
	lock_copy_beside(&j->arm[ARM_GIL].whole, &ft->whole, &ft->runtime);
	return 0;
}

/* Wheels of the environment: the target's closure, then what the tests need beside it. */
static int gather_wheels(struct arm_state *a, struct strv *wheels, struct error *err)
{
	struct lock_failure failure = { 0 };
	if (lock_realise(&a->job->session->tools, a->python, &a->whole, a->wheelhouse, NULL, NULL, &failure, err) < 0)
		return -1;
	lock_failure_release(&failure); /* wheels only: nothing is built here */
	for (size_t i = 0; i < a->runtime.n; i++)
		strv_add(wheels, a->runtime.v[i].local);
	for (size_t i = 0; i < a->whole.n; i++)
		if (a->whole.v[i].local && !lock_find(&a->runtime, a->whole.v[i].name))
			strv_add(wheels, a->whole.v[i].local);
	return 0;
}

/* Not everything could be installed: is it the target with its closure, or what its tests need? */
static int blame(struct arm_state *a, const char *complaint, struct error *err)
{
	AUTO_STRV wheels = { 0 };
	AUTO_FREE char *dir = NULL;
	for (size_t i = 0; i < a->runtime.n; i++)
		strv_add(&wheels, a->runtime.v[i].local);
	if (environment_make(&a->job->session->tools, a->python, &wheels, false, &dir, &a->install_error, err) < 0)
		return -1;
	if (a->install_error)
		return 0;
	return error_set(err, ERR_TOOL, "test dependencies of %s could not be installed: %s", a->job->name, complaint);
}

/* "src/pkg/tests>pkg/tests": lay a test folder of the source over site-packages. */
static int lay_over(struct arm_state *a, const char *source, const char *rule, struct error *err)
{
	const char *arrow = strchr(rule, '>');
	if (!arrow || strstr(rule, ".."))
		return 0;
	AUTO_FREE char *rel = xstrndup(rule, (size_t)(arrow - rule));
	AUTO_FREE char *from = path_join(source, rel);
	AUTO_FREE char *to = path_join(a->site, arrow + 1);
	AUTO_FREE char *parent = path_dir(to);
	if (!path_is_dir(from) || !path_is_dir(parent) || path_exists(to))
		return 0;
	return copy_tree(from, to, err);
}

int testenv_make(struct arm_state *a, const struct toolbox *t, char **complaint, struct error *err)
{
	const struct package_job *j = a->job;
	bool overlay = j->original && j->suite.overlay.n;
	AUTO_FREE char *dir = NULL;
	if (environment_make(t, a->python, &a->installed_wheels, overlay, &dir, complaint, err) < 0)
		return -1;
	if (*complaint)
		return 0;
	str_set(&a->env, dir);
	free(a->env_python);
	a->env_python = environment_python(dir);
	free(a->site);
	a->site = environment_site(dir);
	for (size_t i = 0; overlay && i < j->suite.overlay.n; i++)
		if (lay_over(a, j->original, j->suite.overlay.v[i], err) < 0)
			return -1;
	return 0;
}

static int install_arm(struct arm_state *a, struct error *err)
{
	AUTO_FREE char *complaint = NULL;
	strv_clear(&a->installed_wheels);
	if (gather_wheels(a, &a->installed_wheels, err) < 0 || testenv_make(a, &a->job->session->tools, &complaint, err) < 0)
		return -1;
	return complaint ? blame(a, complaint, err) : 0;
}

int testenv_compile(const struct package_job *j, const struct toolbox *t, const char *ft_env, struct error *err)
{
	AUTO_STRV whole = { 0 };
	if (str_eq(j->suite.runner, "pytest")) { /* it loads its own parts by name */
		strv_add(&whole, "_pytest");
		strv_add(&whole, "pytest");
	}
	return environment_compile(t, j->arm[ARM_GIL].env, ft_env, &whole, &j->suite.import_names, j->suite.copy_source ? j->source : NULL, err);
}

int testenv_install(struct package_job *j, struct error *err)
{
	if (j->test_requires.n && resolve_tests(j, err) < 0)
		return -1;
	if (job_both_arms(j, install_arm, err) < 0)
		return -1;
	if (!j->suite.from || j->arm[ARM_GIL].install_error || j->arm[ARM_FT].install_error)
		return 0;
	return testenv_compile(j, &j->session->tools, j->arm[ARM_FT].env, err);
}

static void collect_missing(const struct run_list *r, struct strv *modules, struct strv *fixtures, struct strv *options)
{
	if (r->n == 0)
		return;
	const struct evidence *e = &r->v[r->n - 1];
	for (size_t i = 0; i < e->missing_modules.n; i++)
		strv_add_unique(modules, e->missing_modules.v[i]);
	for (size_t i = 0; i < e->missing_fixtures.n; i++)
		strv_add_unique(fixtures, e->missing_fixtures.v[i]);
	for (size_t i = 0; i < e->unknown_options.n; i++)
		strv_add_unique(options, e->unknown_options.v[i]);
}

/* Which of the new names can be had on both arms? Those stay in j->test_requires. */
static int add_learned(struct package_job *j, const struct strv *names, bool *learned, struct error *err)
{
	struct arm_state *ft = &j->arm[ARM_FT];
	static const struct strv none = { 0 };
	for (size_t i = 0; i < names->n; i++) {
		AUTO_STRV with = { 0 };
		AUTO_LOCK lock = { 0 };
		bool fits = false;
		strv_copy(&with, &j->test_requires);
		strv_add(&with, names->v[i]);
		strv_add(&j->learned, names->v[i]); /* tried once, whatever comes of it */
		if (try_resolve(ft, &with, &none, NULL, &lock, &fits, err) < 0)
			return -1;
		if (fits) {
			strv_add(&j->test_requires, names->v[i]);
			*learned = true;
		} else {
			strv_addf(&j->left_out, "%s: cannot be had for %s", names->v[i], ft->python->tag);
		}
	}
	return 0;
}

static void remember(struct package_job *j)
{
	AUTO_JSON *o = cJSON_CreateObject();
	AUTO_STRV kept = { 0 };
	for (size_t i = 0; i < j->learned.n; i++)
		if (strv_has(&j->test_requires, j->learned.v[i]))
			strv_add(&kept, j->learned.v[i]);
	json_add_strv(o, "requires", &kept);
	store_put_fact(j->session->store, FACT_TEST_DEPS, j->name, o, NULL);
}

int testenv_learn(struct package_job *j, bool *learned, struct error *err)
{
	*learned = false;
	AUTO_STRV modules = { 0 };
	AUTO_STRV fixtures = { 0 };
	AUTO_STRV options = { 0 };
	AUTO_STRV have = { 0 };
	AUTO_STRV add = { 0 };
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		collect_missing(&j->arm[a].serial, &modules, &fixtures, &options);
	strv_add_all(&have, &j->learned);
	for (size_t i = 0; i < j->test_requires.n; i++)
		strv_take(&have, bare_name(j->test_requires.v[i]));
	suite_learn(j->session->learn, &modules, &fixtures, &options, &j->suite.top_level, &have, &add);
	if (add.n == 0)
		return 0;
	if (add_learned(j, &add, learned, err) < 0)
		return -1;
	if (!*learned)
		return 0;
	remember(j);
	return testenv_install(j, err);
}

void testenv_recall(struct package_job *j)
{
	AUTO_JSON *o = NULL;
	if (store_get_fact(j->session->store, FACT_TEST_DEPS, j->name, &o, NULL) < 0 || !o)
		return;
	AUTO_STRV names = { 0 };
	json_strv(o, "requires", &names);
	for (size_t i = 0; i < names.n; i++) {
		strv_add_unique(&j->learned, names.v[i]);
		strv_add_unique(&j->test_requires, names.v[i]);
	}
}

/* The metadata's URLs, the likeliest repository first. */
static void repository_urls(const struct package_job *j, struct strv *out)
{
	const cJSON *facts[] = { json_obj(j->arm[ARM_GIL].installed, "urls"), json_obj(j->facts, "urls") };
	static const char *const labels[] = { "source", "repository", "code", "github", "homepage", "home" };
	for (size_t l = 0; l < ARRAY_LEN(labels); l++) {
		for (size_t f = 0; f < ARRAY_LEN(facts); f++) {
			const cJSON *u;
			cJSON_ArrayForEach(u, facts[f])
				if (cJSON_IsString(u) && strcasestr(u->string, labels[l]) &&
				    (str_starts(u->valuestring, "https://") || str_starts(u->valuestring, "http://") || str_starts(u->valuestring, "file://")))
					strv_add_unique(out, u->valuestring);
		}
	}
}

int testenv_repository(struct package_job *j, char **tree, char **word, char **why, struct error *err)
{
	struct session *s = j->session;
	AUTO_STRV urls = { 0 };
	repository_urls(j, &urls);
	if (urls.n == 0)
		*why = xstrdup("the metadata names none");
	AUTO_FREE char *mirrors = path_join(s->tools.cache, "git");
	for (size_t i = 0; i < urls.n && i < 2 && !*tree; i++) {
		AUTO_ERROR problem = { 0 };
		AUTO_FREE char *tag = NULL;
		AUTO_FREE char *dest = xasprintf("%s/%s-repository", s->tools.work, j->name);
		char commit[41] = "";
		struct git_request q = { .url = urls.v[i], .offline = s->tools.offline, .cancelled = processes_cancelled, .observer = s->tools.observer };
		int done = git_find_version_tag(&q, mirrors, j->name, j->version, &tag, &problem);
		q.ref = tag;
		if (done == 0 && !tag)
			done = error_set(&problem, ERR_NO_REF, "no tag for version %s", j->version);
		if (done == 0)
			done = git_fetch_tree(&q, mirrors, dest, commit, &problem);
		if (done == 0) {
			*tree = xstrdup(dest);
			*word = xasprintf("git %s", tag);
		} else if (problem.code == ERR_INTERRUPTED || problem.code == ERR_DISK_FULL) {
			error_move(err, &problem);
			return -1;
		} else {
			free(*why);
			*why = xstrdup(problem.what);
		}
	}
	return 0;
}
