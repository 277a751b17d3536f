/* workload_json.c: a program's result as a document; reports/workload.schema.json describes it. */
#include "report/workload.h"

#include <math.h>
#include <string.h>

static void add_count(cJSON *o, const char *key, int64_t v)
{
	cJSON_AddNumberToObject(o, key, (double)v);
}

static void add_ratio(cJSON *o, const char *key, const struct ratio *r)
{
	if (!r->known) {
		cJSON_AddNullToObject(o, key);
		return;
	}
	cJSON *j = cJSON_AddObjectToObject(o, key);
	cJSON_AddNumberToObject(j, "ratio", r->ratio);
	bool interval = isfinite(r->lo) && isfinite(r->hi);
	cJSON_AddNumberToObject(j, "lo", interval ? r->lo : NAN);
	cJSON_AddNumberToObject(j, "hi", interval ? r->hi : NAN);
	add_count(j, "n", r->n);
	json_add_str(j, "verdict", perf_verdict_word(r->verdict));
}

static void add_waits(cJSON *o, const double waits[WAIT_COUNT])
{
	cJSON *j = cJSON_AddObjectToObject(o, "waits_seconds");
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		cJSON_AddNumberToObject(j, wait_kind_word(k), waits[k]);
}

static void add_places(cJSON *o, const char *key, const char *name, const struct workload_place *v, size_t n, bool located)
{
	cJSON *list = cJSON_AddArrayToObject(o, key);
	for (size_t i = 0; i < n; i++) {
		cJSON *j = cJSON_CreateObject();
		json_add_str(j, name, v[i].name);
		if (located) {
			json_add_str(j, "file", v[i].file);
			add_count(j, "line", v[i].line);
		}
		cJSON_AddNumberToObject(j, "seconds", v[i].seconds);
		cJSON_AddItemToArray(list, j);
	}
}

static void add_threads(cJSON *o, const struct workload_seen *s)
{
	cJSON *list = cJSON_AddArrayToObject(o, "threads");
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct workload_thread *t = &s->rows[i];
		cJSON *j = cJSON_CreateObject();
		json_add_str(j, "name", t->name);
		cJSON_AddBoolToObject(j, "python", t->python);
		cJSON_AddBoolToObject(j, "event_loop", t->loop);
		cJSON_AddNumberToObject(j, "cpu_seconds", t->cpu);
		cJSON_AddNumberToObject(j, "starved_seconds", t->starved);
		add_waits(j, t->waits);
		add_count(j, "voluntary_switches", t->voluntary);
		add_count(j, "involuntary_switches", t->involuntary);
		cJSON_AddItemToArray(list, j);
	}
}

static void add_functions(cJSON *o, const struct workload_seen *s)
{
	cJSON *list = cJSON_AddArrayToObject(o, "functions");
	for (size_t i = 0; i < s->n_functions; i++) {
		cJSON *j = cJSON_CreateObject();
		json_add_str(j, "function", s->functions[i].name);
		json_add_str(j, "file", s->functions[i].file);
		add_count(j, "line", s->functions[i].line);
		cJSON_AddNumberToObject(j, "self_seconds", s->functions[i].self);
		cJSON_AddNumberToObject(j, "total_seconds", s->functions[i].total);
		cJSON_AddItemToArray(list, j);
	}
}

static void add_seen(cJSON *o, const struct workload_seen *s)
{
	if (!s->known) {
		cJSON_AddNullToObject(o, "observed");
		return;
	}
	cJSON *j = cJSON_AddObjectToObject(o, "observed");
	cJSON_AddBoolToObject(j, "finished", s->finished);
	cJSON_AddNumberToObject(j, "wall_seconds", s->seconds);
	cJSON_AddNumberToObject(j, "run_seconds", s->run);
	cJSON_AddNumberToObject(j, "starved_seconds", s->starved);
	add_waits(j, s->waits);
	cJSON_AddNumberToObject(j, "cpu_seconds", s->cpu_self);
	cJSON_AddNumberToObject(j, "children_cpu_seconds", s->cpu_children);
	cJSON_AddNumberToObject(j, "threads_cpu_seconds", s->thread_cpu);
	cJSON_AddNumberToObject(j, "threads_locked_seconds", s->thread_locked);
	cJSON_AddNumberToObject(j, "threads_gil_seconds", s->thread_gil);
	add_count(j, "samples", s->samples);
	add_count(j, "voluntary_switches", s->voluntary);
	add_count(j, "involuntary_switches", s->involuntary);
	cJSON_AddBoolToObject(j, "gil", s->gil_on);
	cJSON_AddBoolToObject(j, "gil_turned_on", s->gil_turned_on);
	json_add_str(j, "gil_module", s->gil_module);
	cJSON_AddBoolToObject(j, "event_loop", s->loop);
	cJSON_AddBoolToObject(j, "daemon", s->daemon);
	cJSON_AddBoolToObject(j, "asks_input", s->input || s->terminal);
	json_add_str(j, "replaced_by", s->replaced_by);
	add_count(j, "processes_forked", s->forked);
	add_count(j, "processes_started", s->processes);
	add_count(j, "threads_seen", s->threads);
	add_count(j, "threads_peak", s->threads_peak);
	add_count(j, "threads_working", s->working);
	add_threads(j, s);
	add_functions(j, s);
	add_places(j, "locks", "function", s->locks, s->n_locks, true);
	add_places(j, "extensions", "module", s->extensions, s->n_extensions, false);
}

static void add_arm(cJSON *list, const struct workload *w, enum arm arm)
{
	const struct workload_arm *a = &w->arms[arm];
	cJSON *j = cJSON_CreateObject();
	json_add_str(j, "name", arm_word(arm));
	json_add_str(j, "state", workload_state_word(a->state));
	bool bad = a->state == WORKLOAD_FAILED;
	json_add_str(j, "ending", bad ? ending_word(a->ending) : NULL);
	if (bad)
		add_count(j, "code", a->code);
	else
		cJSON_AddNullToObject(j, "code");
	json_add_str(j, "why", a->why);
	json_add_str(j, "log_tail", a->tail);
	if (arm != ARM_FT_GIL)
		json_add_str(j, "kind", a->seen.known ? workload_kind_word(w->kinds[arm]) : NULL);
	add_count(j, "runs_tried", a->tried);
	add_count(j, "runs_failed", a->failed);
	cJSON *runs = cJSON_AddArrayToObject(j, "runs");
	for (size_t i = 0; i < a->n_runs; i++) {
		cJSON *r = cJSON_CreateObject();
		cJSON_AddNumberToObject(r, "wall_seconds", a->runs[i].wall);
		cJSON_AddNumberToObject(r, "cpu_seconds", a->runs[i].cpu);
		add_count(r, "peak_rss_bytes", (int64_t)a->runs[i].peak_rss);
		cJSON_AddItemToArray(runs, r);
	}
	if (arm != ARM_FT_GIL)
		add_seen(j, &a->seen);
	cJSON_AddItemToArray(list, j);
}

static cJSON *document(const struct workload *w)
{
	cJSON *j = cJSON_CreateObject();
	cJSON_AddNumberToObject(j, "schema_version", 1);
	json_add_str(j, "tool_version", w->tool_version);
	json_add_str(j, "started", w->started);
	json_add_str(j, "command", w->command);
	json_add_str(j, "kind", workload_kind_word(w->kind));
	json_add_str(j, "kind_sureness", sureness_word(w->kind_sureness));
	json_add_str(j, "advice", advice_word(w->advice));
	json_add_str(j, "advice_sureness", sureness_word(w->advice_sureness));
	json_add_str(j, "rule", w->rule);
	json_add_str(j, "reason", w->reason);
	json_add_strv(j, "notes", &w->notes);
	add_ratio(j, "wall", &w->wall);
	add_ratio(j, "cpu", &w->cpu);
	add_ratio(j, "memory", &w->memory);
	add_ratio(j, "control", &w->control);
	json_add_str(j, "basis", arm_word(w->basis));
	add_count(j, "cores", w->cores);
	cJSON_AddBoolToObject(j, "sandbox", w->sandbox);
	cJSON_AddBoolToObject(j, "network", w->network);
	cJSON_AddBoolToObject(j, "writable", w->writable);
	json_add_str(j, "python", w->gil.version);
	json_add_strv(j, "parity", &w->parity);
	json_add_strv(j, "installed", &w->installed);
	cJSON *arms = cJSON_AddArrayToObject(j, "arms");
	for (enum arm a = ARM_GIL; a < ARM_COUNT; a++)
		add_arm(arms, w, a);
	add_count(j, "exit_code", w->exit_code);
	return j;
}

int report_workload_json(FILE *out, const struct workload *w, struct error *err)
{
	AUTO_JSON *j = document(w);
	AUTO_BUF text = { 0 };
	report_json_text(&text, j);
	return report_flush(out, &text, err);
}
