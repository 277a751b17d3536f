/* workload.c: see workload.h. */
#include "model/workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 40, SCHEMA = 1 };
static const double longest = 1e9; /* seconds: what is above was made up */

static const char *const kind_words[] = { "cpu-bound", "io-bound", "lock-bound", "mixed", "too-short", "unknown", "?" };
static const char *const advice_words[] = { "stay", "threads", "asyncio", "processes", "hybrid", "none", "?" };
static const char *const sureness_words[] = { "sure", "likely", "unsure", "?" };
static const char *const wait_words[] = { "io", "sleep", "children", "lock", "gil", "idle", "other", "?" };
static const char *const state_words[] = { "not-run", "ok", "failed", "timed-out", "no-environment", "?" };

#define WORD(words, v) words[(size_t)(v) < ARRAY_LEN(words) - 1 ? (size_t)(v) : ARRAY_LEN(words) - 1]

const char *workload_kind_word(enum workload_kind k) { return WORD(kind_words, k); }
const char *advice_word(enum advice a) { return WORD(advice_words, a); }
const char *sureness_word(enum sureness s) { return WORD(sureness_words, s); }
const char *wait_kind_word(enum wait_kind k) { return WORD(wait_words, k); }
const char *workload_state_word(enum workload_state s) { return WORD(state_words, s); }

/* ---- reading ---- */

static double seconds_of(const cJSON *o, const char *key)
{
	double v = json_num(o, key, 0);
	return isfinite(v) && v > 0 ? fmin(v, longest) : 0;
}

static int64_t count_of(const cJSON *o, const char *key)
{
	int64_t v = json_int(o, key, 0);
	return v > 0 ? v : 0;
}

static char *text_of(const cJSON *o, const char *key)
{
	enum { LONGEST = 1000 };
	const char *s = json_str(o, key);
	return s ? xstrndup(s, strnlen(s, LONGEST)) : NULL;
}

static void read_waits(const cJSON *o, double waits[WAIT_COUNT])
{
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		waits[k] = seconds_of(o, wait_kind_word(k));
}

/* The list's objects, at most MAX_ROWS; *n says how many. The caller owns the zeroed rows. */
static void *rows_for(const cJSON *list, size_t size, size_t *n)
{
	int count = cJSON_GetArraySize(list);
	*n = (size_t)(count < 0 ? 0 : count > MAX_ROWS ? MAX_ROWS : count);
	return *n ? xcalloc(*n, size) : NULL;
}

static void read_threads(const cJSON *o, struct workload_seen *out)
{
	out->threads = count_of(o, "seen");
	out->threads_peak = count_of(o, "peak");
	out->working = count_of(o, "working");
	out->contending = count_of(o, "contending");
	out->thread_cpu = seconds_of(o, "cpu");
	out->thread_locked = seconds_of(o, "locked");
	out->thread_gil = seconds_of(o, "gil");
	const cJSON *list = json_arr(o, "rows");
	out->rows = rows_for(list, sizeof(*out->rows), &out->n_rows);
	for (size_t i = 0; i < out->n_rows; i++) {
		const cJSON *row = cJSON_GetArrayItem(list, (int)i);
		struct workload_thread *t = &out->rows[i];
		t->name = text_of(row, "name");
		t->python = json_bool(row, "python", false);
		t->loop = json_bool(row, "loop", false);
		t->cpu = seconds_of(row, "cpu");
		t->starved = seconds_of(row, "starved");
		t->voluntary = count_of(row, "voluntary");
		t->involuntary = count_of(row, "involuntary");
		read_waits(row, t->waits);
	}
}

static void read_functions(const cJSON *list, struct workload_seen *out)
{
	out->functions = rows_for(list, sizeof(*out->functions), &out->n_functions);
	for (size_t i = 0; i < out->n_functions; i++) {
		const cJSON *row = cJSON_GetArrayItem(list, (int)i);
		out->functions[i] = (struct workload_function){ text_of(row, "function"), text_of(row, "file"), count_of(row, "line"),
			                                            seconds_of(row, "self"), seconds_of(row, "total") };
	}
}

static void read_places(const cJSON *list, const char *name, struct workload_place **rows, size_t *n)
{
	*rows = rows_for(list, sizeof(**rows), n);
	for (size_t i = 0; i < *n; i++) {
		const cJSON *row = cJSON_GetArrayItem(list, (int)i);
		(*rows)[i] = (struct workload_place){ text_of(row, name), text_of(row, "file"), count_of(row, "line"), seconds_of(row, "seconds") };
	}
}

static void read_flags(const cJSON *j, struct workload_seen *out)
{
	const cJSON *gil = json_obj(j, "gil"), *processes = json_obj(j, "processes");
	out->finished = json_bool(j, "finished", false);
	out->timed_out = json_bool(j, "timed_out", false);
	out->daemon = json_bool(j, "daemon", false);
	out->input = json_bool(j, "input", false);
	out->terminal = json_bool(j, "terminal", false);
	out->loop = json_bool(j, "loop", false);
	out->exception = text_of(j, "exception");
	out->replaced_by = text_of(j, "replaced");
	out->gil_on = json_bool(gil, "on", true);
	out->gil_turned_on = json_bool(gil, "turned_on", false);
	out->gil_module = text_of(gil, "module");
	out->forked = count_of(processes, "forked");
	out->processes = count_of(processes, "started");
}

bool workload_seen_read(const cJSON *j, struct workload_seen *out)
{
	const cJSON *wall = json_obj(j, "wall"), *cpu = json_obj(j, "cpu"), *switches = json_obj(j, "switches");
	if (json_int(j, "schema", 0) != SCHEMA || !wall || !cpu)
		return false;
	out->known = true;
	out->seconds = seconds_of(j, "seconds");
	out->samples = count_of(j, "samples");
	out->run = seconds_of(wall, "run");
	out->starved = seconds_of(wall, "starved");
	read_waits(wall, out->waits);
	out->cpu_self = seconds_of(cpu, "self");
	out->cpu_children = fmax(seconds_of(cpu, "children"), seconds_of(cpu, "children_seen"));
	out->children_starved = seconds_of(cpu, "children_starved");
	out->voluntary = count_of(switches, "voluntary");
	out->involuntary = count_of(switches, "involuntary");
	read_flags(j, out);
	read_threads(json_obj(j, "threads"), out);
	read_functions(json_arr(j, "functions"), out);
	read_places(json_arr(j, "locks"), "function", &out->locks, &out->n_locks);
	read_places(json_arr(j, "extensions"), "module", &out->extensions, &out->n_extensions);
	return true;
}

/* ---- memory ---- */

static void places_release(struct workload_place *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(rows[i].name);
		free(rows[i].file);
	}
	free(rows);
}

void workload_seen_release(struct workload_seen *s)
{
	for (size_t i = 0; i < s->n_rows; i++)
		free(s->rows[i].name);
	free(s->rows);
	for (size_t i = 0; i < s->n_functions; i++) {
		free(s->functions[i].name);
		free(s->functions[i].file);
	}
	free(s->functions);
	places_release(s->locks, s->n_locks);
	places_release(s->extensions, s->n_extensions);
	free(s->exception);
	free(s->replaced_by);
	free(s->gil_module);
	*s = (struct workload_seen){ 0 };
}

void workload_release(struct workload *w)
{
	for (enum arm a = 0; a < ARM_COUNT; a++) {
		free(w->arms[a].why);
		free(w->arms[a].tail);
		free(w->arms[a].runs);
		workload_seen_release(&w->arms[a].seen);
	}
	interpreter_release(&w->gil);
	interpreter_release(&w->ft);
	struct ratio *ratios[] = { &w->wall, &w->cpu, &w->memory, &w->control };
	for (size_t i = 0; i < ARRAY_LEN(ratios); i++)
		free(ratios[i]->note);
	strv_release(&w->parity);
	strv_release(&w->installed);
	strv_release(&w->notes);
	char *owned[] = { w->command, w->tool_version, w->started, w->reason };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	*w = (struct workload){ 0 };
}

void workload_add_run(struct workload_arm *a, const struct workload_run *r)
{
	a->runs = xrealloc(a->runs, a->n_runs + 1, sizeof(*a->runs));
	a->runs[a->n_runs++] = *r;
}
