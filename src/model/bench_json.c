/* bench_json.c: the document of `bench --json`; reports/bench.schema.json describes it. */
#include "model/bench.h"

#include <math.h>

/* A number that may not be known: null then. */
static void add_number(cJSON *o, const char *key, bool known, double value)
{
	if (known && isfinite(value))
		cJSON_AddNumberToObject(o, key, value);
	else
		cJSON_AddNullToObject(o, key);
}

static void add_ratio(cJSON *o, const struct ratio *r)
{
	add_number(o, "ratio", r->known, r->ratio);
	bool interval = r->known && isfinite(r->lo) && isfinite(r->hi);
	add_number(o, "lo", interval, r->lo);
	add_number(o, "hi", interval, r->hi);
	cJSON_AddNumberToObject(o, "n", r->n);
}

static cJSON *claim_to_json(const struct bench_claim *c)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "id", c->id);
	json_add_str(o, "workload", c->workload);
	json_add_str(o, "claim", c->text);
	json_add_str(o, "source", c->source);
	json_add_str(o, "metric", c->metric);
	add_ratio(o, &c->value);
	json_add_str(o, "relation", c->at_least ? "at-least" : "at-most");
	cJSON_AddNumberToObject(o, "bound", c->bound);
	json_add_str(o, "verdict", bench_verdict_word(c->verdict));
	json_add_str(o, "why", c->why);
	return o;
}

static cJSON *run_to_json(const struct bench_run *r)
{
	cJSON *o = cJSON_CreateObject();
	add_number(o, "seconds", r->ok, r->seconds);
	add_number(o, "cpu_seconds", r->ok, r->cpu_seconds);
	add_number(o, "peak_rss_bytes", r->ok && r->peak_rss > 0, (double)r->peak_rss);
	add_number(o, "tree_pss_bytes", r->ok && r->tree_pss > 0, (double)r->tree_pss);
	json_add_str(o, "checksum", r->ok ? r->checksum : NULL);
	json_add_str(o, "why", r->why);
	return o;
}

static cJSON *point_to_json(const struct bench_point *p)
{
	cJSON *o = cJSON_CreateObject();
	double median = bench_point_median(p);
	json_add_str(o, "arm", arm_word(p->arm));
	json_add_str(o, "variant", bench_variant_word(p->variant));
	cJSON_AddNumberToObject(o, "threads", p->threads);
	cJSON_AddBoolToObject(o, "again", p->again);
	add_number(o, "median_seconds", true, median);
	cJSON *runs = cJSON_AddArrayToObject(o, "runs");
	for (size_t k = 0; k < p->n; k++)
		cJSON_AddItemToArray(runs, run_to_json(&p->runs[k]));
	return o;
}

static cJSON *workload_to_json(const struct bench_workload *w)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "name", w->row->name);
	json_add_str(o, "summary", w->row->summary);
	add_number(o, "size", w->size > 0, (double)w->size);
	json_add_str(o, "why", w->why);
	cJSON *points = cJSON_AddArrayToObject(o, "points");
	for (size_t i = 0; i < w->n_points; i++)
		cJSON_AddItemToArray(points, point_to_json(&w->points[i]));
	return o;
}

static void add_head(cJSON *o, const struct bench *b)
{
	cJSON_AddNumberToObject(o, "schema_version", 1);
	cJSON *tool = cJSON_AddObjectToObject(o, "tool");
	json_add_str(tool, "name", "migrate-check");
	json_add_str(tool, "version", b->tool_version);
	json_add_str(o, "command", b->command);
	json_add_str(o, "started", b->started);
	cJSON_AddNumberToObject(o, "seconds", b->seconds);
	cJSON *pair = cJSON_AddObjectToObject(o, "pair");
	cJSON_AddItemToObject(pair, "gil", interpreter_to_json(&b->pair.gil));
	cJSON_AddItemToObject(pair, "ft", interpreter_to_json(&b->pair.ft));
	json_add_strv(pair, "parity", &b->pair.parity);
	cJSON_AddNumberToObject(o, "cores", b->cores);
	cJSON_AddNumberToObject(o, "threads", b->threads);
	cJSON_AddNumberToObject(o, "rounds", b->rounds);
	cJSON_AddNumberToObject(o, "scale", b->scale);
	add_number(o, "load_before", b->load >= 0, b->load);
	cJSON_AddBoolToObject(o, "sandbox", b->sandbox);
	cJSON_AddBoolToObject(o, "interrupted", b->interrupted);
	cJSON_AddNumberToObject(o, "exit_code", b->exit_code);
	add_ratio(cJSON_AddObjectToObject(o, "noise"), &b->noise);
}

cJSON *bench_to_json(const struct bench *b)
{
	cJSON *o = cJSON_CreateObject();
	add_head(o, b);
	cJSON *claims = cJSON_AddArrayToObject(o, "claims");
	for (size_t i = 0; i < b->n_claims; i++)
		cJSON_AddItemToArray(claims, claim_to_json(&b->claims[i]));
	cJSON *workloads = cJSON_AddArrayToObject(o, "workloads");
	for (size_t i = 0; i < b->n_workloads; i++)
		cJSON_AddItemToArray(workloads, workload_to_json(&b->workloads[i]));
	return o;
}
