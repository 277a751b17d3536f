/* session.c: see session.h. */
#include "pipeline/session.h"
#include "base/fs.h"
#include "base/text.h"
#include "build/lock.h"
#include "fetch/index.h"
#include "interp/interp.h"
#include "pipeline/content.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find_pair(struct session *s, struct error *err)
{
	const struct pipeline_request *r = s->request;
	struct interp_options o = { .gil = r->gil, .ft = r->ft, .python = r->python };
	return interp_find_pair(&o, &s->pair, r->observer, err);
}

static int open_tools(struct session *s, struct error *err)
{
	const struct pipeline_request *r = s->request;
	struct toolbox *t = &s->tools;
	t->pair = &s->pair;
	t->observer = r->observer;
	t->offline = r->offline;
	t->fresh = r->fresh;
	t->no_sandbox = r->no_sandbox;
	t->keep_work = r->keep_work;
	t->cache = dir_cache();
	t->harness = asset_path("harness");
	if (toolbox_open_work(t, "run", err) < 0)
		return -1;
	if (index_config_load(&(struct index_request){ .index_url = r->index_url, .python = s->pair.gil.executable }, &t->index, err) < 0)
		return -1;
	toolbox_set_fetch(t);
	return 0;
}

static int read_profiles(struct session *s, struct error *err)
{
	if (profiles_preferring_wheels(s->request->profiles_dir, &s->wheels_preferred, err) < 0)
		return -1;
	AUTO_FREE char *dir = asset_path("profiles");
	AUTO_FREE char *learn = path_join(dir, "_learn.json");
	return json_read(learn, 1 << 20, &s->learn, err);
}

/* A seed of four hex digits; the same request draws the same tests by default. */
static char *default_seed(void)
{
	return xstrdup("4f1c");
}

static const char no_tsan[] = "tsan: no ThreadSanitizer interpreter";

static bool plays_tsan(const struct session *s)
{
	for (size_t i = 0; i < s->n_stress; i++)
		if (str_eq(s->stress[i].mode, "tsan"))
			return true;
	return false;
}

static void describe_survey(struct session *s)
{
	const struct pipeline_request *r = s->request;
	struct survey *v = s->survey;
	char hex[SHA256_HEX];
	AUTO_FREE char *unique = xasprintf("%llu %d", (unsigned long long)now_monotonic_ns(), getpid());
	sha256_hex(unique, strlen(unique), hex);
	v->id = xstrndup(hex, 12);
	v->started = now_utc();
	v->tool_version = xstrdup(MC_VERSION);
	AUTO_STRV title = { 0 };
	for (size_t i = 0; i < r->requirement_files.n; i++)
		strv_add(&title, path_base(r->requirement_files.v[i]));
	strv_add_all(&title, &r->targets);
	v->title = strv_join(&title, " ");
	v->command = xstrdup(r->command);
	v->seed = xstrdup(s->seed);
	v->effort = r->effort;
	v->budget_seconds = r->budget_seconds;
	v->sandbox = s->isolated;
	v->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	interpreter_copy(&v->pair.gil, &s->pair.gil);
	interpreter_copy(&v->pair.ft, &s->pair.ft);
	strv_copy(&v->pair.parity, &s->pair.parity);
	for (size_t i = 0; i < s->stress_left_out.n && s->n_stress; i++)
		strv_addf(&v->not_covered, "stress mode %s", s->stress_left_out.v[i]);
	if (s->n_stress == 0)
		strv_add(&v->not_covered, str_eq(r->stress, "none") ? "thread stress (--stress none)" : "thread stress (no mode has run)");
	if (strv_has(&s->stress_left_out, no_tsan))
		strv_add(&v->not_covered, "sanitizer (no tsan interpreter)");
	else if (!plays_tsan(s))
		strv_add(&v->not_covered, "sanitizer (only with `--stress tsan` or `--effort deep`)");
}

/* Each mode is one file of the harness. */
static bool harness_has(const struct session *s, const char *mode)
{
	AUTO_FREE char *name = xasprintf("mode_%s.py", mode);
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	AUTO_FREE char *path = path_join(s->tools.harness, name);
	return path_is_file(path);
}

/* What stress may spend, and by which modes. */
static void plan_stress(struct session *s)
{
	const struct pipeline_request *r = s->request;
	if (r->stress_seconds > 0) {
		double budget = r->budget_seconds > 0 ? r->budget_seconds / 5 : r->stress_seconds; /* confirming has the rest of stress's third */
		double seconds = r->stress_seconds < budget ? r->stress_seconds : budget;
		if (r->budget_seconds <= 0)
			s->limits.total_seconds += seconds - s->limits.stress_seconds;
		s->limits.stress_seconds = seconds;
	}
	struct stress_slot slots[STRESS_MODES];
	size_t n = stress_schedule(r->effort, &s->limits, r->stress, slots);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(slots[i].mode, "tsan") == 0 && interp_find_tsan_for(&s->pair.ft, &s->tsan.ft) < 0)
			strv_add(&s->stress_left_out, no_tsan);
		else if (!harness_has(s, slots[i].mode))
			strv_addf(&s->stress_left_out, "%s: this harness has no such mode", slots[i].mode);
		else
			s->stress[s->n_stress++] = slots[i];
	}
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	s->threads = r->threads > 0 ? r->threads : cores > 2 ? cores < 128 ? (int)(2 * cores) : 256 : 4;
}

int session_open_tools(struct session *s, const struct pipeline_request *r, struct error *err)
{
	s->request = r;
	s->isolated = !r->no_sandbox;
	return find_pair(s, err) < 0 ? -1 : open_tools(s, err);
}

int session_open(struct session *s, const struct pipeline_request *r, struct survey *survey, struct error *err)
{
	*s = (struct session){ .request = r, .survey = survey, .isolated = !r->no_sandbox };
	s->limits = effort_limits(r->effort, r->budget_seconds);
	s->seed = r->seed ? xstrdup(r->seed) : default_seed();
	if (find_pair(s, err) < 0 || store_open(r->store_dir, STORE_WRITE, &s->store, err) < 0 || open_tools(s, err) < 0 ||
	    read_profiles(s, err) < 0)
		return -1;
	struct hasher *harness = hasher_new();
	bool whole = content_add_folder(harness, s->tools.harness, CONTENT_MOST_FILES);
	hasher_finish(harness, s->tools.harness_hash);
	if (!whole)
		return error_set(err, ERR_IO, "cannot read the harness in '%s'", s->tools.harness);
	plan_stress(s);
	describe_survey(s);
	return 0;
}

/* From durations of earlier runs; 0 unless every package has one. */
static double expected_seconds(struct session *s, const struct target_list *targets)
{
	double sum = 0;
	for (size_t i = 0; i < targets->n; i++) {
		double seconds = 0;
		bool found = false;
		if (store_typical_duration(s->store, "package", targets->v[i].name, &seconds, &found, NULL) < 0 || !found)
			return 0;
		sum += seconds;
	}
	return sum;
}

void session_warn(const struct session *s)
{
	const struct pair *p = &s->pair;
	if (p->parity.n == 0)
		return;
	const char *version = p->ft.version ? p->ft.version : "";
	AUTO_FREE char *differs = strv_join(&p->parity, "\n");
	AUTO_ERROR e = { 0 };
	error_set(&e, ERR_PAIR_DIFFERS, "the two interpreters are not like for like; time ratios are shown as unknown");
	error_why(&e, "%s", differs);
	error_hint(&e, "`migrate-check python install %.*s` builds both the same way", (int)version_series(version), version);
	observe(s->tools.observer, &(struct event){ .kind = EVENT_WARNING, .error = &e });
}

int session_prepare(struct session *s, struct target_list *targets, struct error *err)
{
	if (s->isolated && sandbox_check(err) < 0)
		return -1;
	if (!s->tools.uv && toolbox_get_uv(&s->tools, err) < 0)
		return -1;
	if (targets_check(s, targets, err) < 0)
		return -1;
	session_warn(s);
	double expected = expected_seconds(s, targets);
	AUTO_FREE char *bound = text_duration(s->limits.total_seconds * (double)targets->n);
	AUTO_FREE char *text = xasprintf("plan: %zu package%s x 2 arms, effort %s: testing at most %s on %d cores, building not counted", targets->n, targets->n == 1 ? "" : "s",
	                                 effort_word(s->request->effort), bound, s->survey->cores);
	s->survey->requirements = (int64_t)targets->n;
	observe(s->tools.observer, &(struct event){ .kind = EVENT_PLAN, .total = (int64_t)targets->n, .text = text, .topic = s->seed,
	                                             .done = (int64_t)expected });
	return 0;
}

void session_close(struct session *s)
{
	toolbox_release(&s->tools);
	store_close(s->store);
	interp_pair_release(&s->pair);
	interp_pair_release(&s->tsan);
	strv_release(&s->wheels_preferred);
	strv_release(&s->stress_left_out);
	cJSON_Delete(s->learn);
	free(s->seed);
}

/* A target as it was understood, and what lies where it points. Its text alone does not do: of
 * a requirements file it is the line, while the version comes from elsewhere. */
static bool add_target(struct hasher *h, const struct target *t)
{
	const char *const texts[] = { t->text, t->name, t->specifier, t->marker, t->url, t->ref, t->subdirectory };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		content_add_text(h, texts[i]);
	for (size_t i = 0; i < t->extras.n; i++)
		content_add_text(h, t->extras.v[i]);
	return content_add_path(h, t->path);
}

/* Constraints, with the files that they include. */
static bool add_constraints(struct hasher *h, const struct strv *files)
{
	AUTO_STRV seen = { 0 };
	bool whole = true;
	for (size_t i = 0; i < files->n; i++)
		requirement_files_seen(files->v[i], NULL, &seen);
	for (size_t i = 0; i < seen.n; i++)
		whole &= content_add_path(h, seen.v[i]);
	return whole;
}

static void add_options(struct hasher *h, const struct session *s)
{
	const struct pipeline_request *r = s->request;
	AUTO_FREE char *options = xasprintf("%s|%d|%g|%d|%d|%d|%d|%d|%s|%s|%d", MC_VERSION, (int)r->effort, r->budget_seconds, (int)r->build,
	                                    r->closure, r->no_sandbox, r->no_measure, r->bisect, s->seed, s->tools.index.url, s->n_stress ? s->threads : 0);
	content_add_text(h, options);
	for (size_t i = 0; i < s->tools.index.extra_urls.n; i++)
		content_add_text(h, s->tools.index.extra_urls.v[i]);
	for (size_t i = 0; i < s->n_stress; i++) {
		AUTO_FREE char *slot = xasprintf("%s %g", s->stress[i].mode, s->stress[i].seconds);
		content_add_text(h, slot);
	}
	content_add_text(h, s->pair.gil.id);
	content_add_text(h, s->pair.ft.id);
	if (plays_tsan(s))
		content_add_text(h, s->tsan.ft.id);
}

/* Equal for equal requests of which nothing has changed. */
static void request_hash(const struct session *s, const struct target_list *targets, char hash[SHA256_HEX])
{
	const struct pipeline_request *r = s->request;
	struct hasher *h = hasher_new();
	add_options(h, s);
	AUTO_FREE char *profiles = asset_path("profiles");
	bool whole = content_add_folder(h, profiles, CONTENT_MOST_FILES);
	content_add_text(h, s->tools.harness_hash);
	whole &= content_add_folder(h, r->profiles_dir, CONTENT_MOST_FILES);
	whole &= add_constraints(h, &r->constraint_files);
	for (size_t i = 0; i < targets->n; i++)
		whole &= add_target(h, &targets->v[i]);
	content_finish(h, whole, s->survey->id, hash);
}

/* What the index shows of the targets now; NULL when it cannot be asked. */
static cJSON *page_hashes(struct session *s, const struct target_list *targets)
{
	AUTO_STRV names = { 0 };
	AUTO_STRV hashes = { 0 };
	for (size_t i = 0; i < targets->n; i++)
		if (targets->v[i].kind == TARGET_REQUIREMENT)
			strv_add(&names, targets->v[i].name);
	if (names.n && toolbox_page_hashes(&s->tools, &names, &hashes, NULL) < 0)
		return NULL;
	cJSON *o = cJSON_CreateObject();
	json_add_strv(o, "pages", &hashes);
	return o;
}

int session_answer(struct session *s, const struct target_list *targets, char hash[SHA256_HEX], bool *answered, struct error *err)
{
	request_hash(s, targets, hash);
	if (s->request->fresh)
		return 0;
	AUTO_SURVEY old = { 0 };
	bool found = false;
	if (store_find_survey(s->store, hash, true, &found, &old, err) < 0)
		return -1;
	if (!found || old.infra_errors)
		return 0;
	if (!s->request->offline) {
		AUTO_JSON *now = page_hashes(s, targets);
		AUTO_JSON *then = NULL;
		store_get_fact(s->store, FACT_PAGE, hash, &then, NULL);
		if (!now || !then || !cJSON_Compare(now, then, true))
			return 0;
	}
	survey_release(s->survey);
	*s->survey = old;
	old = (struct survey){ 0 };
	survey_sort(s->survey); /* the store keeps the order of the request */
	*answered = true;
	return 0;
}

void session_remember(struct session *s, const struct target_list *targets, const char *hash)
{
	AUTO_JSON *pages = s->request->offline ? NULL : page_hashes(s, targets);
	if (pages)
		store_put_fact(s->store, FACT_PAGE, hash, pages, NULL);
}
