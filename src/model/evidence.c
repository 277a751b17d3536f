/* evidence.c: see evidence.h. */
#include "model/evidence.h"

#include <stdlib.h>

void evidence_init(struct evidence *e)
{
	*e = (struct evidence){ .collected = -1, .runner_exit = -1, .gil_after_import = -1, .gil_at_end = -1, .load = -1, .scaling = { .load = -1 } };
}

static void release_tests(struct test_result *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(t[i].id);
		free(t[i].message);
		free(t[i].needs);
	}
	free(t);
}

void evidence_release(struct evidence *e)
{
	release_tests(e->tests, e->n_tests);
	release_tests(e->collect_errors, e->n_collect_errors);
	for (size_t i = 0; i < e->n_extensions; i++) {
		free(e->extensions[i].module);
		free(e->extensions[i].file);
	}
	free(e->extensions);
	for (size_t i = 0; i < e->n_culprits; i++) {
		free(e->culprits[i].id);
		free(e->culprits[i].python_stack);
		free(e->culprits[i].native_stack);
		strv_release(&e->culprits[i].frames);
	}
	free(e->culprits);
	strv_release(&e->missing_modules);
	strv_release(&e->missing_fixtures);
	strv_release(&e->unknown_options);
	strv_release(&e->shadowed);
	char *owned[] = { e->mode, e->error, e->import_error, e->gil_module, e->gil_test, e->log, e->log_tail, e->command, e->turns_lost };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	evidence_stress_release(e);
	scaling_evidence_release(&e->scaling);
	evidence_init(e);
}

/* Room for one more element; doubles at powers of two. */
static void *grow(void *p, size_t n, size_t size)
{
	if (n == 0)
		return xrealloc(p, 1, size);
	return (n & (n - 1)) == 0 ? xrealloc(p, n * 2, size) : p;
}

struct test_result *evidence_add_test(struct evidence *e, const char *id, enum test_status status)
{
	e->tests = grow(e->tests, e->n_tests, sizeof(*e->tests));
	struct test_result *t = &e->tests[e->n_tests++];
	*t = (struct test_result){ .id = xstrdup(id), .status = status };
	return t;
}

struct test_result *evidence_add_collect_error(struct evidence *e, const char *id, const char *message)
{
	e->collect_errors = grow(e->collect_errors, e->n_collect_errors, sizeof(*e->collect_errors));
	struct test_result *t = &e->collect_errors[e->n_collect_errors++];
	*t = (struct test_result){ .id = xstrdup(id), .status = TEST_ERROR, .message = xstrdup(message) };
	return t;
}

struct culprit *evidence_add_culprit(struct evidence *e, const char *id, enum test_status status)
{
	e->culprits = grow(e->culprits, e->n_culprits, sizeof(*e->culprits));
	struct culprit *c = &e->culprits[e->n_culprits++];
	*c = (struct culprit){ .id = xstrdup(id), .status = status, .exit_code = -1 };
	return c;
}

void evidence_add_extension(struct evidence *e, const char *module, const char *file)
{
	e->extensions = grow(e->extensions, e->n_extensions, sizeof(*e->extensions));
	e->extensions[e->n_extensions++] = (struct extension){ .module = xstrdup(module), .file = xstrdup(file) };
}

size_t evidence_count(const struct evidence *e, enum test_status s)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n_tests; i++)
		n += e->tests[i].status == s && e->tests[i].rep == 0;
	return n;
}

size_t evidence_results(const struct evidence *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n_tests; i++)
		n += e->tests[i].rep == 0;
	return n;
}

/* Tests are many, so each is a short array: [id, status, call, total, message, needs, rep, cpu],
 * without what is null or 0 at its end. */
static cJSON *tests_to_json(const struct test_result *t, size_t n)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < n; i++) {
		cJSON *row = cJSON_CreateArray();
		cJSON_AddItemToArray(row, cJSON_CreateString(t[i].id ? t[i].id : ""));
		cJSON_AddItemToArray(row, cJSON_CreateString(test_status_word(t[i].status)));
		cJSON_AddItemToArray(row, cJSON_CreateNumber((double)t[i].call_ns));
		cJSON_AddItemToArray(row, cJSON_CreateNumber((double)t[i].total_ns));
		bool timed = t[i].rep || t[i].cpu_ns;
		if (t[i].message || t[i].needs || timed)
			cJSON_AddItemToArray(row, t[i].message ? cJSON_CreateString(t[i].message) : cJSON_CreateNull());
		if (t[i].needs || timed)
			cJSON_AddItemToArray(row, t[i].needs ? cJSON_CreateString(t[i].needs) : cJSON_CreateNull());
		if (timed)
			cJSON_AddItemToArray(row, cJSON_CreateNumber(t[i].rep));
		if (t[i].cpu_ns)
			cJSON_AddItemToArray(row, cJSON_CreateNumber((double)t[i].cpu_ns));
		cJSON_AddItemToArray(all, row);
	}
	return all;
}

static int64_t item_int(const cJSON *row, int index)
{
	const cJSON *v = cJSON_GetArrayItem(row, index);
	return cJSON_IsNumber(v) ? (int64_t)v->valuedouble : 0;
}

static void test_from_row(struct test_result *t, const cJSON *row)
{
	t->call_ns = item_int(row, 2);
	t->total_ns = item_int(row, 3);
	str_set(&t->message, cJSON_GetStringValue(cJSON_GetArrayItem(row, 4)));
	str_set(&t->needs, cJSON_GetStringValue(cJSON_GetArrayItem(row, 5)));
	t->rep = (int)item_int(row, 6);
	t->cpu_ns = item_int(row, 7);
}

static cJSON *culprits_to_json(const struct evidence *e)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < e->n_culprits; i++) {
		const struct culprit *c = &e->culprits[i];
		cJSON *o = cJSON_CreateObject();
		json_add_str(o, "id", c->id);
		json_add_str(o, "status", test_status_word(c->status));
		cJSON_AddNumberToObject(o, "signal", c->signal);
		cJSON_AddNumberToObject(o, "exit_code", c->exit_code);
		cJSON_AddNumberToObject(o, "rep", c->rep);
		json_add_str(o, "python_stack", c->python_stack);
		json_add_str(o, "native_stack", c->native_stack);
		json_add_strv(o, "frames", &c->frames);
		cJSON_AddItemToArray(all, o);
	}
	return all;
}

static cJSON *extensions_to_json(const struct evidence *e)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < e->n_extensions; i++) {
		cJSON *o = cJSON_CreateObject();
		json_add_str(o, "module", e->extensions[i].module);
		json_add_str(o, "file", e->extensions[i].file);
		cJSON_AddItemToArray(all, o);
	}
	return all;
}

/* One list for both directions: the scalar fields and their JSON names. */
#define INT_FIELDS(F)                                                          \
	F(code) F(collected) F(selected) F(files) F(files_selected) F(runner_exit) F(gil_after_import)        \
	F(gil_at_end) F(forged_events) F(wall_ns) F(cpu_ns) F(peak_rss)            \
	F(import_rss) F(import_ns) F(import_cpu_ns) F(turns)
#define BOOL_FIELDS(F) F(gil_forced_off) F(imported) F(output_truncated) F(out_of_memory) F(timed_out)
#define STR_FIELDS(F) F(mode) F(error) F(import_error) F(gil_module) F(gil_test) F(log) F(log_tail) F(command) F(turns_lost)
#define LIST_FIELDS(F) F(missing_modules) F(missing_fixtures) F(unknown_options) F(shadowed)

cJSON *evidence_to_json(const struct evidence *e)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "arm", arm_word(e->arm));
	json_add_str(o, "ending", ending_word(e->ending));
	if (e->load >= 0)
		cJSON_AddNumberToObject(o, "load", e->load);
#define F(f) cJSON_AddNumberToObject(o, #f, (double)e->f);
	INT_FIELDS(F)
#undef F
#define F(f) cJSON_AddBoolToObject(o, #f, e->f);
	BOOL_FIELDS(F)
#undef F
#define F(f) json_add_str(o, #f, e->f);
	STR_FIELDS(F)
#undef F
#define F(f) json_add_strv(o, #f, &e->f);
	LIST_FIELDS(F)
#undef F
	cJSON_AddItemToObject(o, "tests", tests_to_json(e->tests, e->n_tests));
	cJSON_AddItemToObject(o, "collect_errors", tests_to_json(e->collect_errors, e->n_collect_errors));
	cJSON_AddItemToObject(o, "culprits", culprits_to_json(e));
	cJSON_AddItemToObject(o, "extensions", extensions_to_json(e));
	if (e->stress_kind)
		cJSON_AddItemToObject(o, "stress", evidence_stress_to_json(e));
	if (e->scaling.work)
		cJSON_AddItemToObject(o, "scaling", scaling_evidence_to_json(&e->scaling));
	return o;
}

static void culprit_from_json(struct evidence *e, const cJSON *j)
{
	struct culprit *c = evidence_add_culprit(e, json_str(j, "id"), test_status_parse(json_str(j, "status")));
	c->signal = (int)json_int(j, "signal", 0);
	c->exit_code = (int)json_int(j, "exit_code", -1);
	c->rep = (int)json_int(j, "rep", 0);
	str_set(&c->python_stack, json_str(j, "python_stack"));
	str_set(&c->native_stack, json_str(j, "native_stack"));
	json_strv(j, "frames", &c->frames);
}

static void lists_from_json(struct evidence *e, const cJSON *j)
{
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "tests")) {
		const char *id = cJSON_GetStringValue(cJSON_GetArrayItem(row, 0));
		const char *word = cJSON_GetStringValue(cJSON_GetArrayItem(row, 1));
		if (id && word)
			test_from_row(evidence_add_test(e, id, test_status_parse(word)), row);
	}
	cJSON_ArrayForEach(row, json_arr(j, "collect_errors"))
		test_from_row(evidence_add_collect_error(e, cJSON_GetStringValue(cJSON_GetArrayItem(row, 0)), NULL), row);
	cJSON_ArrayForEach(row, json_arr(j, "culprits"))
		culprit_from_json(e, row);
	cJSON_ArrayForEach(row, json_arr(j, "extensions"))
		evidence_add_extension(e, json_str(row, "module"), json_str(row, "file"));
}

void evidence_from_json(struct evidence *e, const cJSON *j)
{
	evidence_init(e);
	e->arm = arm_parse(json_str(j, "arm"));
	e->ending = ending_parse(json_str(j, "ending"));
	e->load = json_num(j, "load", -1);
#define F(f) e->f = (__typeof__(e->f))json_int(j, #f, e->f);
	INT_FIELDS(F)
#undef F
#define F(f) e->f = json_bool(j, #f, false);
	BOOL_FIELDS(F)
#undef F
#define F(f) str_set(&e->f, json_str(j, #f));
	STR_FIELDS(F)
#undef F
#define F(f) json_strv(j, #f, &e->f);
	LIST_FIELDS(F)
#undef F
	lists_from_json(e, j);
	if (json_obj(j, "stress"))
		evidence_stress_from_json(e, json_obj(j, "stress"));
	if (json_obj(j, "scaling"))
		scaling_evidence_from_json(&e->scaling, json_obj(j, "scaling"));
}
