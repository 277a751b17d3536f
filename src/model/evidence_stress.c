/* evidence_stress.c: what stress runs add to evidence: made, found, released, and JSON both ways; see evidence.h. */
#include "model/evidence.h"

#include <stdlib.h>

/* Most severe first; docs/harness-protocol.md says what each means. */
static const char *const oracles[] = { "signal", "abort", "refcount", "sanitizer", "system-error", "hang", "deadlock",
	                                   "wrong-result", "lost-update", "exception", "test-outcome" };
enum { MEMORY_ORACLES = 5 };

int stress_oracle_rank(const char *oracle)
{
	for (size_t i = 0; i < ARRAY_LEN(oracles); i++)
		if (str_eq(oracles[i], oracle))
			return (int)i;
	return -1;
}

bool stress_oracle_memory(const char *oracle)
{
	int rank = stress_oracle_rank(oracle);
	return rank >= 0 && rank < MEMORY_ORACLES;
}

const char *stress_oracle_word(const char *oracle)
{
	int rank = stress_oracle_rank(oracle);
	return rank < 0 ? NULL : oracles[rank];
}

struct stress_event *evidence_add_stress(struct evidence *e, const char *key)
{
	e->stress = xrealloc(e->stress, e->n_stress + 1, sizeof(*e->stress));
	struct stress_event *s = &e->stress[e->n_stress++];
	*s = (struct stress_event){ .key = xstrdup(key), .kind = FIND_COUNT };
	return s;
}

struct stress_played *evidence_add_played(struct evidence *e, const char *key)
{
	e->played = xrealloc(e->played, e->n_played + 1, sizeof(*e->played));
	struct stress_played *p = &e->played[e->n_played++];
	*p = (struct stress_played){ .key = xstrdup(key), .first_seconds = -1 };
	return p;
}

struct stress_event *evidence_find_stress(const struct evidence *e, const char *key)
{
	for (size_t i = 0; i < e->n_stress; i++)
		if (str_eq(e->stress[i].key, key))
			return &e->stress[i];
	return NULL;
}

struct stress_played *evidence_find_played(const struct evidence *e, const char *key)
{
	for (size_t i = 0; i < e->n_played; i++)
		if (str_eq(e->played[i].key, key))
			return &e->played[i];
	return NULL;
}

/* One list for both directions, as in evidence.c. */
#define EVENT_STRINGS(F) F(key) F(oracle) F(title) F(module) F(function) F(python_stack) F(native_stack) F(unit) F(script) F(script_note)
#define EVENT_INTS(F)                                                                       \
	F(signal) F(script_bad) F(script_tries) F(script_threads) F(events) F(tries)            \
	F(serial_bad) F(serial_tries) F(locked_bad) F(locked_tries)
#define COVERAGE_INTS(F) F(of) F(parallel) F(types) F(types_played) F(ops) F(ops_played) F(units) F(hidden) F(interpreter)
#define COVERAGE_LISTS(F) F(serialised) F(never) F(never_why)

void evidence_stress_release(struct evidence *e)
{
	for (size_t i = 0; i < e->n_stress; i++) {
		struct stress_event *s = &e->stress[i];
#define F(f) free(s->f);
		EVENT_STRINGS(F)
#undef F
		strv_release(&s->tests);
		strv_release(&s->frames);
	}
	free(e->stress);
	for (size_t i = 0; i < e->n_played; i++)
		free(e->played[i].key);
	free(e->played);
#define F(f) strv_release(&e->coverage.f);
	COVERAGE_LISTS(F)
#undef F
	free(e->stress_kind);
	free(e->stress_seed);
	free(e->units);
}

static cJSON *event_to_json(const struct stress_event *s)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "kind", finding_kind_word(s->kind));
#define F(f) json_add_str(o, #f, s->f);
	EVENT_STRINGS(F)
#undef F
#define F(f) cJSON_AddNumberToObject(o, #f, (double)s->f);
	EVENT_INTS(F)
#undef F
	cJSON_AddNumberToObject(o, "seconds", s->seconds);
	cJSON_AddBoolToObject(o, "persistent", s->persistent);
	json_add_strv(o, "tests", &s->tests);
	json_add_strv(o, "frames", &s->frames);
	return o;
}

static cJSON *coverage_to_json(const struct stress_coverage *c)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddBoolToObject(o, "known", c->known);
	cJSON_AddNumberToObject(o, "overlap", c->overlap);
#define F(f) cJSON_AddNumberToObject(o, #f, (double)c->f);
	COVERAGE_INTS(F)
#undef F
#define F(f) json_add_strv(o, #f, &c->f);
	COVERAGE_LISTS(F)
#undef F
	return o;
}

cJSON *evidence_stress_to_json(const struct evidence *e)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "kind", e->stress_kind);
	cJSON_AddNumberToObject(o, "threads", (double)e->threads);
	cJSON_AddNumberToObject(o, "seconds", e->stress_seconds);
	json_add_str(o, "seed", e->stress_seed);
	json_add_str(o, "units", e->units);
	cJSON *events = cJSON_AddArrayToObject(o, "findings");
	for (size_t i = 0; i < e->n_stress; i++)
		cJSON_AddItemToArray(events, event_to_json(&e->stress[i]));
	cJSON *played = cJSON_AddArrayToObject(o, "played");
	for (size_t i = 0; i < e->n_played; i++) {
		cJSON *p = cJSON_CreateObject();
		json_add_str(p, "key", e->played[i].key);
		cJSON_AddNumberToObject(p, "tries", (double)e->played[i].tries);
		cJSON_AddNumberToObject(p, "bad", (double)e->played[i].bad);
		cJSON_AddNumberToObject(p, "first_seconds", e->played[i].first_seconds);
		cJSON_AddItemToArray(played, p);
	}
	cJSON_AddItemToObject(o, "coverage", coverage_to_json(&e->coverage));
	return o;
}

static void event_from_json(struct stress_event *s, const cJSON *j)
{
	s->kind = finding_kind_parse(json_str(j, "kind"));
#define F(f) str_set(&s->f, json_str(j, #f));
	EVENT_STRINGS(F)
#undef F
#define F(f) s->f = (__typeof__(s->f))json_int(j, #f, 0);
	EVENT_INTS(F)
#undef F
	s->seconds = json_num(j, "seconds", 0);
	s->persistent = json_bool(j, "persistent", false);
	json_strv(j, "tests", &s->tests);
	json_strv(j, "frames", &s->frames);
}

static void coverage_from_json(struct stress_coverage *c, const cJSON *j)
{
	c->known = json_bool(j, "known", false);
	c->overlap = json_num(j, "overlap", 0);
#define F(f) c->f = json_int(j, #f, 0);
	COVERAGE_INTS(F)
#undef F
#define F(f) json_strv(j, #f, &c->f);
	COVERAGE_LISTS(F)
#undef F
}

void evidence_stress_from_json(struct evidence *e, const cJSON *j)
{
	str_set(&e->stress_kind, json_str(j, "kind"));
	e->threads = json_int(j, "threads", 0);
	e->stress_seconds = json_num(j, "seconds", 0);
	str_set(&e->stress_seed, json_str(j, "seed"));
	str_set(&e->units, json_str(j, "units"));
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "findings"))
		event_from_json(evidence_add_stress(e, json_str(row, "key")), row);
	cJSON_ArrayForEach(row, json_arr(j, "played")) {
		struct stress_played *p = evidence_add_played(e, json_str(row, "key"));
		p->tries = json_int(row, "tries", 0);
		p->bad = json_int(row, "bad", 0);
		p->first_seconds = json_num(row, "first_seconds", -1);
	}
	coverage_from_json(&e->coverage, json_obj(j, "coverage"));
}
