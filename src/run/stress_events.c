/* stress_events.c: see stress_events.h. */
#include "run/stress_events.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	FINDINGS_MAX = 200, PLAYED_MAX = 500, SCRIPTS_MAX = 20, TESTS_MAX = 5, FRAMES_MAX = 8, NEVER_MAX = 40, REASONS_MAX = 100,
	KEY_MAX = 2000, LINE_TEXT_MAX = 500, STACK_MAX = 16 * 1024, UNIT_MAX = 48 * 1024
};
static const double seconds_max = 1e6;

/* What is counted in each phase. */
static const struct {
	const char *word, *unit;
} phases[] = { { "record", "tests" }, { "calibrate", "types" }, { "play", "units" }, { "confirm", "units" }, { "minimise", "steps" } };

static char *bounded(const cJSON *j, const char *key, size_t max)
{
	const char *s = json_str(j, key);
	return s && *s ? xstrndup(s, max) : NULL;
}

/* A count: never negative. */
static int64_t count(const cJSON *j, const char *key)
{
	int64_t n = json_int(j, key, 0);
	return n > 0 ? n : 0;
}

static double seconds(const cJSON *j, const char *key, double fallback)
{
	double s = json_num(j, key, fallback);
	return s >= 0 && s <= seconds_max ? s : fallback;
}

/* A key names things in files and command lines: printable, and not cut. */
static const char *key_of(const cJSON *j)
{
	const char *key = json_str(j, "key");
	if (!key || !*key || strlen(key) > KEY_MAX)
		return NULL;
	for (const char *p = key; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return NULL;
	return key;
}

static void bounded_list(const cJSON *j, const char *key, size_t n_max, size_t text_max, struct strv *out)
{
	strv_clear(out);
	const cJSON *item;
	cJSON_ArrayForEach(item, json_arr(j, key))
		if (cJSON_IsString(item) && out->n < n_max)
			strv_take(out, xstrndup(item->valuestring, text_max));
}

void stress_on_stress(struct event_reader *r, const cJSON *j)
{
	const char *phase = json_str(j, "phase");
	for (size_t i = 0; phase && i < ARRAY_LEN(phases); i++) {
		if (strcmp(phases[i].word, phase) != 0)
			continue;
		r->phase = phases[i].word;
		r->phase_done = count(j, "done");
		r->phase_total = count(j, "total");
		free(r->phase_text);
		r->phase_text = bounded(j, "text", LINE_TEXT_MAX);
	}
}

char *stress_phase_text(const struct event_reader *r)
{
	const char *unit = "";
	for (size_t i = 0; i < ARRAY_LEN(phases); i++)
		if (str_eq(phases[i].word, r->phase))
			unit = phases[i].unit;
	if (!r->phase)
		return NULL;
	AUTO_FREE char *done = text_count((uint64_t)r->phase_done);
	AUTO_FREE char *total = text_count((uint64_t)r->phase_total);
	return r->phase_total ? xasprintf("%s %s of %s %s%s%s", r->phase, done, total, unit, r->phase_text ? "  " : "",
	                                  r->phase_text ? r->phase_text : "")
	                      : xasprintf("%s%s%s", r->phase, r->phase_text ? "  " : "", r->phase_text ? r->phase_text : "");
}

static struct stress_event *event_for(struct evidence *e, const char *key)
{
	struct stress_event *s = evidence_find_stress(e, key);
	return s ? s : e->n_stress < FINDINGS_MAX ? evidence_add_stress(e, key) : NULL;
}

static void replace(char **dst, const cJSON *j, const char *key, size_t max)
{
	free(*dst);
	*dst = bounded(j, key, max);
}

static void set_controls(struct stress_event *s, const cJSON *j)
{
	const cJSON *controls = json_obj(j, "controls");
	const struct {
		const char *name;
		int64_t *bad, *tries;
	} rows[] = { { "serial", &s->serial_bad, &s->serial_tries }, { "locked", &s->locked_bad, &s->locked_tries } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const cJSON *pair = json_arr(controls, rows[i].name), *bad = cJSON_GetArrayItem(pair, 0), *tries = cJSON_GetArrayItem(pair, 1);
		bool sound = cJSON_IsNumber(bad) && cJSON_IsNumber(tries) && bad->valuedouble >= 0 && tries->valuedouble >= bad->valuedouble &&
		             tries->valuedouble <= 1e15;
		*rows[i].bad = sound ? (int64_t)bad->valuedouble : 0;
		*rows[i].tries = sound ? (int64_t)tries->valuedouble : 0;
	}
}

/* A later line with the same key replaces the earlier one: the harness counts. */
void stress_on_finding(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	const char *key = key_of(j), *oracle = stress_oracle_word(json_str(j, "oracle"));
	enum finding_kind kind = finding_kind_parse(json_str(j, "kind"));
	struct stress_event *s = e->stress_kind && key && oracle && kind <= FIND_SANITIZER ? event_for(e, key) : NULL;
	if (!s)
		return;
	str_set(&s->oracle, oracle);
	s->kind = kind;
	int64_t signal = count(j, "signal");
	s->signal = signal <= 64 ? (int)signal : 0;
	replace(&s->title, j, "title", LINE_TEXT_MAX);
	replace(&s->module, j, "module", LINE_TEXT_MAX);
	replace(&s->function, j, "function", LINE_TEXT_MAX);
	replace(&s->python_stack, j, "python_stack", STACK_MAX);
	replace(&s->native_stack, j, "native_stack", STACK_MAX);
	const char *unit = json_str(j, "unit"); /* JSON: of no use when cut */
	str_set(&s->unit, unit && strlen(unit) <= UNIT_MAX ? unit : NULL);
	s->seconds = seconds(j, "seconds", 0);
	s->events = count(j, "events");
	s->tries = count(j, "tries");
	set_controls(s, j);
	bounded_list(j, "tests", TESTS_MAX, KEY_MAX, &s->tests);
	bounded_list(j, "frames", FRAMES_MAX, LINE_TEXT_MAX, &s->frames);
	s->persistent = json_bool(j, "persistent", false);
}

void stress_on_played(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	const char *key = key_of(j);
	if (!e->stress_kind || !key)
		return;
	struct stress_played *p = evidence_find_played(e, key);
	if (!p && e->n_played >= PLAYED_MAX)
		return;
	p = p ? p : evidence_add_played(e, key);
	p->tries = count(j, "tries");
	p->bad = count(j, "bad") < p->tries ? count(j, "bad") : p->tries;
	p->first_seconds = seconds(j, "first_seconds", -1);
}

/* {"capsys": 71} as "capsys: 71". */
static void reasons(const cJSON *j, const char *key, struct strv *out)
{
	strv_clear(out);
	const cJSON *item;
	cJSON_ArrayForEach(item, json_obj(j, key))
		if (cJSON_IsNumber(item) && item->string && item->valuedouble >= 0 && item->valuedouble <= 1e15 && out->n < REASONS_MAX)
			strv_addf(out, "%.*s: %lld", LINE_TEXT_MAX, item->string, (long long)item->valuedouble);
}

void stress_on_coverage(struct event_reader *r, const cJSON *j)
{
	if (!r->evidence->stress_kind)
		return;
	struct stress_coverage *c = &r->evidence->coverage;
	c->known = true;
	const struct {
		const char *name;
		int64_t *value;
	} counts[] = { { "of", &c->of }, { "parallel", &c->parallel }, { "types", &c->types }, { "types_played", &c->types_played },
		           { "ops", &c->ops }, { "ops_played", &c->ops_played }, { "units", &c->units }, { "hidden", &c->hidden }, { "interpreter", &c->interpreter } };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		*counts[i].value = count(j, counts[i].name);
	double overlap = json_num(j, "overlap", 0);
	c->overlap = overlap >= 0 && overlap <= 1e4 ? overlap : 0;
	reasons(j, "serialised", &c->serialised);
	reasons(j, "never_why", &c->never_why);
	bounded_list(j, "never", NEVER_MAX, LINE_TEXT_MAX, &c->never);
}

void stress_on_script(struct event_reader *r, const cJSON *j)
{
	const char *key = key_of(j), *file = json_str(j, "file");
	if (r->evidence->stress_kind && key && file && !*file) { /* none could be made */
		AUTO_FREE char *why = bounded(j, "text", LINE_TEXT_MAX);
		struct stress_event *s = why ? event_for(r->evidence, key) : NULL;
		if (s)
			str_set(&s->script_note, why);
		return;
	}
	if (!r->evidence->stress_kind || !key || !file || strlen(file) > 200 || strchr(file, '/') || *file == '.' ||
	    r->script_keys.n >= SCRIPTS_MAX)
		return;
	struct stress_event *s = event_for(r->evidence, key);
	if (!s)
		return;
	const cJSON *pair = json_arr(j, "verified"), *bad = cJSON_GetArrayItem(pair, 0), *tries = cJSON_GetArrayItem(pair, 1);
	if (cJSON_IsNumber(bad) && cJSON_IsNumber(tries) && bad->valuedouble >= 0 && tries->valuedouble >= bad->valuedouble && tries->valuedouble <= 1e9) {
		s->script_bad = (int64_t)bad->valuedouble;
		s->script_tries = (int64_t)tries->valuedouble;
	}
	int64_t threads = count(j, "threads");
	s->script_threads = threads <= 10000 ? threads : 0;
	strv_add(&r->script_keys, key);
	strv_add(&r->script_files, file);
}

void stress_reader_release(struct event_reader *r)
{
	free(r->phase_text);
	strv_release(&r->script_keys);
	strv_release(&r->script_files);
}
