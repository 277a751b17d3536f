/* delta.c: see delta.h. */
#include "model/delta.h"
#include "model/json_fields.h"

#include <stdlib.h>

void measured_release(struct measured *m)
{
	for (size_t i = 0; i < m->n_tests; i++)
		free(m->tests[i].id);
	free(m->tests);
	*m = (struct measured){ 0 };
}

struct test_delta *measured_add_test(struct measured *m, const char *id)
{
	m->tests = xrealloc(m->tests, m->n_tests + 1, sizeof(*m->tests));
	struct test_delta *t = &m->tests[m->n_tests++];
	*t = (struct test_delta){ .id = xstrdup(id), .p = 1 };
	return t;
}

void baseline_release(struct baseline *b)
{
	for (size_t i = 0; i < b->n_rows; i++) {
		free(b->rows[i].name);
		free(b->rows[i].time.note);
	}
	free(b->rows);
	char *notes[] = { b->time.note, b->build.note, b->import_time.note, b->memory.note };
	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		free(notes[i]);
	*b = (struct baseline){ 0 };
}

struct baseline_row *baseline_add_row(struct baseline *b, const char *name)
{
	b->rows = xrealloc(b->rows, b->n_rows + 1, sizeof(*b->rows));
	struct baseline_row *r = &b->rows[b->n_rows++];
	*r = (struct baseline_row){ .name = xstrdup(name) };
	return r;
}

void ratio_copy(struct ratio *dst, const struct ratio *src)
{
	char *note = xstrdup(src->note);
	free(dst->note);
	*dst = *src;
	dst->note = note;
}

cJSON *ratio_to_json(const struct ratio *v)
{
	cJSON *o = cJSON_CreateObject();
	put_known(o, "ratio", v->known, v->ratio);
	put_known(o, "lo", v->known && v->n >= 6, v->lo);
	put_known(o, "hi", v->known && v->n >= 6, v->hi);
	PUT_INT(n)
	json_add_str(o, "verdict", perf_verdict_word(v->known ? v->verdict : PERF_UNKNOWN));
	PUT_NUM(noise)
	PUT_STR(note)
	return o;
}

void ratio_from_json(struct ratio *v, const cJSON *j)
{
	*v = (struct ratio){ .known = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(j, "ratio")) };
	GET_NUM(ratio)
	GET_NUM(lo)
	GET_NUM(hi)
	GET_INT(n)
	GET_NUM(noise)
	GET_STR(note)
	v->verdict = perf_verdict_parse(json_str(j, "verdict"));
	if (v->verdict == PERF_COUNT)
		v->verdict = PERF_UNKNOWN;
}

#define TEST_NUM(F) F(ratio) F(gil_seconds) F(ft_seconds) F(p)

static cJSON *test_to_json(const struct test_delta *v)
{
	cJSON *o = cJSON_CreateObject();
	PUT_STR(id)
	TEST_NUM(PUT_NUM)
	put_known(o, "lo", v->n >= 6, v->lo);
	put_known(o, "hi", v->n >= 6, v->hi);
	PUT_INT(n)
	PUT_BOOL(significant)
	return o;
}

static void test_from_json(struct measured *m, const cJSON *j)
{
	struct test_delta *v = measured_add_test(m, NULL);
	GET_STR(id)
	TEST_NUM(GET_NUM)
	GET_NUM(lo)
	GET_NUM(hi)
	GET_INT(n)
	GET_BOOL(significant)
}

#define MEASURED_INT(F)                                                                      \
	F(pairs) F(noise_pairs) F(build_pairs) F(spoilt) F(repeated) F(repeat)                   \
	F(drawn) F(drawn_of) F(timed) F(too_short) F(waiting) F(unequal) F(lost) F(gained)

cJSON *measured_to_json(const struct measured *v)
{
	if (!v->known)
		return cJSON_CreateNull();
	cJSON *o = cJSON_CreateObject();
	MEASURED_INT(PUT_INT)
	PUT_NUM(seconds)
	put_known(o, "load", v->load >= 0, v->load);
	put_known(o, "load_most", v->load_most >= 0, v->load_most);
	cJSON *tests = cJSON_AddArrayToObject(o, "tests");
	for (size_t i = 0; i < v->n_tests; i++)
		cJSON_AddItemToArray(tests, test_to_json(&v->tests[i]));
	return o;
}

void measured_from_json(struct measured *v, const cJSON *j)
{
	*v = (struct measured){ .known = cJSON_IsObject(j), .load = -1, .load_most = -1 };
	MEASURED_INT(GET_INT)
	GET_NUM(seconds)
	GET_NUM(load)
	GET_NUM(load_most)
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "tests"))
		test_from_json(v, row);
}

static cJSON *row_to_json(const struct baseline_row *v)
{
	cJSON *o = cJSON_CreateObject();
	PUT_STR(name)
	PUT_NUM(gil_seconds)
	PUT_NUM(ft_seconds)
	cJSON_AddItemToObject(o, "time", ratio_to_json(&v->time));
	return o;
}

static void row_from_json(struct baseline *b, const cJSON *j)
{
	struct baseline_row *v = baseline_add_row(b, NULL);
	GET_STR(name)
	GET_NUM(gil_seconds)
	GET_NUM(ft_seconds)
	ratio_from_json(&v->time, json_obj(j, "time"));
}

cJSON *baseline_to_json(const struct baseline *v)
{
	if (!v->known)
		return cJSON_CreateNull();
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, "time", ratio_to_json(&v->time));
	cJSON_AddItemToObject(o, "build", ratio_to_json(&v->build));
	cJSON_AddItemToObject(o, "import", ratio_to_json(&v->import_time));
	cJSON_AddItemToObject(o, "memory", ratio_to_json(&v->memory));
	put_known(o, "load", v->load >= 0, v->load);
	cJSON *rows = cJSON_AddArrayToObject(o, "workloads");
	for (size_t i = 0; i < v->n_rows; i++)
		cJSON_AddItemToArray(rows, row_to_json(&v->rows[i]));
	return o;
}

void baseline_from_json(struct baseline *v, const cJSON *j)
{
	*v = (struct baseline){ .known = cJSON_IsObject(j), .load = -1 };
	ratio_from_json(&v->time, json_obj(j, "time"));
	ratio_from_json(&v->build, json_obj(j, "build"));
	ratio_from_json(&v->import_time, json_obj(j, "import"));
	ratio_from_json(&v->memory, json_obj(j, "memory"));
	GET_NUM(load)
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "workloads"))
		row_from_json(v, row);
}
