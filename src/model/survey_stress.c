/* survey_stress.c: what stress modes reached, in memory and as the JSON member "coverage"; see survey.h. */
#include "model/survey.h"
#include "base/text.h"

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
	for (size_t i = 0; i < p->n_stress; i++) {
		const struct stress_summary *s = &p->stress[i];
		if (s->of == 0 || str_eq(s->mode, "tsan"))
			continue;
		/* where none ran in parallel, the mode that says why, not replay, which only records them */
		bool says_more = !best || s->parallel > best->parallel || (s->parallel == best->parallel && !best->serialised.n);
		if (says_more)
			best = s;
	}
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

static void add_share(struct buf *b, const char *lead, int64_t part, int64_t whole, const char *what)
{
	AUTO_FREE char *p = text_count((uint64_t)(part > 0 ? part : 0));
	AUTO_FREE char *w = text_count((uint64_t)(whole > 0 ? whole : 0));
	buf_addf(b, "%s%s of %s %s", lead, p, w, what);
}

char *package_stress_reach(const struct package_result *p)
{
	const struct stress_summary *tests = package_stress_tests(p), *replay = package_stress_replay(p);
	int64_t threads, units = 0;
	if (!ran_stress(p, &threads))
		return NULL;
	for (size_t i = 0; i < p->n_stress; i++)
		units += p->stress[i].units;
	struct buf b = { 0 };
	buf_addf(&b, "%lld threads", (long long)threads);
	if (tests)
		add_share(&b, " x ", tests->parallel, tests->of, "tests");
	if (replay)
		add_share(&b, tests ? ", " : " x ", replay->ops_played, replay->ops, "operations");
	if (!tests && !replay && units > 0)
		buf_addf(&b, ", %lld units", (long long)units);
	else if (!tests && !replay)
		buf_adds(&b, ", coverage not known");
	return buf_steal(&b);
}

/* Why the mode did not run, of the first package that says so; NULL when none does. */
static const char *why_left_out(const struct survey *s, const char *mode)
{
	for (size_t i = 0; i < s->n_packages; i++)
		for (size_t k = 0; k < s->packages[i].stress_left_out.n; k++) {
			const char *line = s->packages[i].stress_left_out.v[k];
			if (str_starts(line, mode) && str_starts(line + strlen(mode), ": "))
				return line + strlen(mode) + 2;
		}
	return NULL;
}

/* The line that begins so, as the plan of the run gave it, else `otherwise`. */
static const char *line_with(const struct strv *lines, const char *start, const char *otherwise)
{
	for (size_t i = 0; i < lines->n; i++)
		if (str_starts(lines->v[i], start))
			return lines->v[i];
	return otherwise;
}

/* Modes that no package had, and why; tsan has a line of its own. */
static void add_left_out(struct survey *s)
{
	for (size_t i = 0; i < s->n_packages; i++)
		for (size_t k = 0; k < s->packages[i].stress_left_out.n; k++) {
			const char *line = s->packages[i].stress_left_out.v[k];
			AUTO_FREE char *mode = xstrndup(line, strcspn(line, ":"));
			AUTO_FREE char *text = xasprintf("stress mode %s", line);
			bool ran = str_eq(mode, "tsan");
			for (size_t n = 0; n < s->n_packages; n++)
				ran = ran || package_find_stress(&s->packages[n], mode);
			if (!ran)
				strv_add_unique(&s->not_covered, text);
		}
}

void survey_set_not_covered(struct survey *s)
{
	size_t stressed = 0, sanitized = 0;
	int64_t tests_left = 0, ops_left = 0, ops = 0, threads;
	for (size_t i = 0; i < s->n_packages; i++) {
		const struct package_result *p = &s->packages[i];
		const struct stress_summary *tests = package_stress_tests(p), *replay = package_stress_replay(p);
		stressed += ran_stress(p, &threads);
		sanitized += package_find_stress(p, "tsan") != NULL;
		tests_left += tests ? tests->of - tests->parallel : 0;
		ops_left += replay ? replay->ops - replay->ops_played : 0;
		ops += replay ? replay->ops : 0;
	}
	AUTO_STRV before = { 0 };
	strv_copy(&before, &s->not_covered);
	strv_clear(&s->not_covered);
	if (stressed == 0)
		strv_add(&s->not_covered, line_with(&before, "thread stress (", "thread stress (no mode has run)"));
	else if (stressed < s->n_packages)
		strv_addf(&s->not_covered, "thread stress of %zu of %zu packages", s->n_packages - stressed, s->n_packages);
	if (stressed)
		add_left_out(s);
	const char *why = why_left_out(s, "tsan");
	if (sanitized == 0 && why)
		strv_addf(&s->not_covered, "sanitizer (%s)", why);
	else if (sanitized == 0)
		strv_add(&s->not_covered, line_with(&before, "sanitizer (", "sanitizer (no tsan interpreter)"));
	else if (sanitized < s->n_packages)
		strv_addf(&s->not_covered, "sanitizer of %zu of %zu packages", s->n_packages - sanitized, s->n_packages);
	if (tests_left > 0)
		strv_addf(&s->not_covered, "%lld tests never ran in parallel", (long long)tests_left);
	if (ops_left > 0)
		strv_addf(&s->not_covered, "%lld of %lld recorded operations were never replayed", (long long)ops_left, (long long)ops);
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
	if (s->hidden || s->interpreter) {
		cJSON_AddNumberToObject(o, "hidden", (double)s->hidden);
		cJSON_AddNumberToObject(o, "interpreter", (double)s->interpreter);
	}
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
		s->hidden = json_int(j, "hidden", 0);
		s->interpreter = json_int(j, "interpreter", 0);
		get_counts(j, "serialised", &s->serialised);
		json_strv(j, "never", &s->never);
		get_counts(j, "never_why", &s->never_why);
	}
}
