/* survey_stress.c: what stress modes reached, in memory and as the JSON member "coverage"; see survey.h. */
#include "model/survey.h"

#include <stdlib.h>
#include <string.h>

struct stress_summary *package_add_stress(struct package_result *p, const char *mode)
{
	p->stress = xrealloc(p->stress, p->n_stress + 1, sizeof(*p->stress));
	struct stress_summary *s = &p->stress[p->n_stress++];
	*s = (struct stress_summary){ .mode = xstrdup(mode) };
	return s;
}

const struct stress_summary *package_find_stress(const struct package_result *p, const char *mode)
{
	for (size_t i = 0; i < p->n_stress; i++)
		if (str_eq(p->stress[i].mode, mode))
			return &p->stress[i];
	return NULL;
}

const struct stress_summary *package_stress_tests(const struct package_result *p)
{
	const struct stress_summary *best = NULL;
	for (size_t i = 0; i < p->n_stress; i++)
		if (p->stress[i].of > 0 && !str_eq(p->stress[i].mode, "tsan") && (!best || p->stress[i].parallel > best->parallel))
			best = &p->stress[i];
	return best;
}

const struct stress_summary *package_stress_replay(const struct package_result *p)
{
	const struct stress_summary *best = NULL;
	for (size_t i = 0; i < p->n_stress; i++)
		if (p->stress[i].ops > 0 && !str_eq(p->stress[i].mode, "tsan") && (!best || p->stress[i].ops_played > best->ops_played))
			best = &p->stress[i];
	return best;
}

static bool ran_stress(const struct package_result *p, int64_t *threads)
{
	bool ran = false;
	*threads = 0;
	for (size_t i = 0; i < p->n_stress; i++) {
		if (str_eq(p->stress[i].mode, "tsan"))
			continue;
		ran = true;
		*threads = p->stress[i].threads > *threads ? p->stress[i].threads : *threads;
	}
	return ran;
}

char *package_stress_reach(const struct package_result *p)
{
	const struct stress_summary *tests = package_stress_tests(p), *replay = package_stress_replay(p);
	int64_t threads;
	if (!ran_stress(p, &threads))
		return NULL;
	struct buf b = { 0 };
	buf_addf(&b, "%lld threads", (long long)threads);
	if (tests)
		buf_addf(&b, " x %lld of %lld tests", (long long)tests->parallel, (long long)tests->of);
	if (replay)
		buf_addf(&b, "%s %lld of %lld operations", tests ? "," : " x", (long long)replay->ops_played, (long long)replay->ops);
	if (!tests && !replay)
		buf_adds(&b, ", coverage not known");
	return buf_steal(&b);
}

void stress_summaries_release(struct package_result *p)
{
	for (size_t i = 0; i < p->n_stress; i++) {
		free(p->stress[i].mode);
		strv_release(&p->stress[i].serialised);
		strv_release(&p->stress[i].never);
		strv_release(&p->stress[i].never_why);
	}
	free(p->stress);
	p->stress = NULL;
	p->n_stress = 0;
}

/* "reason: count" lines and the JSON object that maps reasons to counts. */
static void put_counts(cJSON *o, const char *name, const struct strv *lines)
{
	cJSON *counts = cJSON_AddObjectToObject(o, name);
	for (size_t i = 0; i < lines->n; i++) {
		const char *colon = strrchr(lines->v[i], ':');
		AUTO_FREE char *reason = colon ? xstrndup(lines->v[i], (size_t)(colon - lines->v[i])) : xstrdup(lines->v[i]);
		if (!cJSON_GetObjectItemCaseSensitive(counts, reason))
			cJSON_AddNumberToObject(counts, reason, colon ? (double)strtoll(colon + 1, NULL, 10) : 1);
	}
}

static void get_counts(const cJSON *o, const char *name, struct strv *lines)
{
	const cJSON *count;
	cJSON_ArrayForEach(count, json_obj(o, name))
		if (count->string)
			strv_addf(lines, "%s: %lld", count->string, (long long)json_int(json_obj(o, name), count->string, 0));
}

#define SUMMARY_INT(F) F(parallel) F(of) F(runs) F(threads) F(types) F(types_played) F(ops) F(ops_played) F(units)
#define SUMMARY_NUM(F) F(seconds) F(overlap)

static cJSON *summary_to_json(const struct stress_summary *s)
{
	cJSON *o = cJSON_CreateObject();
#define F(f) cJSON_AddNumberToObject(o, #f, (double)s->f);
	SUMMARY_INT(F)
	SUMMARY_NUM(F)
#undef F
	put_counts(o, "serialised", &s->serialised);
	json_add_strv(o, "never", &s->never);
	put_counts(o, "never_why", &s->never_why);
	return o;
}

cJSON *coverage_to_json(const struct package_result *p)
{
	cJSON *all = cJSON_CreateObject();
	for (size_t i = 0; i < p->n_stress; i++)
		if (p->stress[i].mode)
			cJSON_AddItemToObject(all, p->stress[i].mode, summary_to_json(&p->stress[i]));
	return all;
}

void coverage_from_json(struct package_result *p, const cJSON *coverage)
{
	const cJSON *j;
	cJSON_ArrayForEach(j, coverage) {
		if (!j->string || !cJSON_IsObject(j))
			continue;
		struct stress_summary *s = package_add_stress(p, j->string);
#define F(f) s->f = json_int(j, #f, 0);
		SUMMARY_INT(F)
#undef F
#define F(f) s->f = json_num(j, #f, 0);
		SUMMARY_NUM(F)
#undef F
		get_counts(j, "serialised", &s->serialised);
		json_strv(j, "never", &s->never);
		get_counts(j, "never_why", &s->never_why);
	}
}
