/* json.c: see json.h. */
#include "base/json.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

void json_free_p(cJSON **j)
{
	cJSON_Delete(*j);
}

/* Where in a text a reader stands. */
struct place {
	const char *at, *end;
};

static const char *skip_space(struct place *p)
{
	while (p->at < p->end && *p->at && strchr(" \t\r\n", *p->at))
		p->at++;
	return p->at;
}

static bool take(struct place *p, char c)
{
	bool there = skip_space(p) < p->end && *p->at == c;
	p->at += there;
	return there;
}

/* One value of any kind; NULL where there is none. */
static cJSON *take_value(struct place *p)
{
	const char *after = NULL;
	cJSON *v = skip_space(p) < p->end ? cJSON_ParseWithLengthOpts(p->at, (size_t)(p->end - p->at), &after, 0) : NULL;
	p->at = after ? after : p->at;
	return v;
}

static void position(const char *text, const char *at, size_t *line, size_t *column)
{
	*line = 1;
	*column = 1;
	for (const char *p = text; p < at; p++) {
		if (*p == '\n') {
			(*line)++;
			*column = 1;
		} else {
			(*column)++;
		}
	}
}

static int not_valid(const char *text, const struct place *p, const char *source, struct error *err)
{
	size_t line, column;
	position(text, p->at, &line, &column);
	error_set(err, ERR_IO, "not valid JSON");
	return error_where(err, "%s:%zu:%zu", source, line, column);
}

int json_parse(const char *text, size_t n, const char *source, cJSON **out, struct error *err)
{
	struct place p = { text, text + n };
	cJSON *j = take_value(&p);
	if (j && skip_space(&p) == p.end) {
		*out = j;
		return 0;
	}
	cJSON_Delete(j);
	return not_valid(text, &p, source, err);
}

struct visitor {
	void (*each)(void *cookie, const char *key, const cJSON *value);
	void *cookie;
};

/* What follows "[". */
static bool visit_elements(struct place *p, const char *key, const struct visitor *v)
{
	if (take(p, ']'))
		return true;
	do {
		AUTO_JSON *value = take_value(p);
		if (!value)
			return false;
		v->each(v->cookie, key, value);
	} while (take(p, ','));
	return take(p, ']');
}

static bool visit_member(struct place *p, const struct visitor *v)
{
	AUTO_JSON *key = take_value(p);
	if (!cJSON_IsString(key) || !take(p, ':'))
		return false;
	if (take(p, '['))
		return visit_elements(p, key->valuestring, v);
	AUTO_JSON *value = take_value(p);
	if (value)
		v->each(v->cookie, key->valuestring, value);
	return value != NULL;
}

int json_each(const char *text, size_t n, const char *source, void (*each)(void *cookie, const char *key, const cJSON *value), void *cookie,
              struct error *err)
{
	struct place p = { text, text + n };
	const struct visitor v = { each, cookie };
	bool good = take(&p, '{');
	if (good && !take(&p, '}')) {
		do
			good = visit_member(&p, &v);
		while (good && take(&p, ','));
		good = good && take(&p, '}');
	}
	return good && skip_space(&p) == p.end ? 0 : not_valid(text, &p, source, err);
}

int json_read(const char *path, size_t max, cJSON **out, struct error *err)
{
	AUTO_BUF text = { 0 };
	if (read_file(path, max, &text, err) < 0)
		return -1;
	return json_parse(buf_str(&text), text.len, path, out, err);
}

static char *printed(const cJSON *j)
{
	AUTO_FREE char *text = cJSON_Print(j);
	return xasprintf("%s\n", text ? text : "null");
}

int json_write(const char *path, const cJSON *j, struct error *err)
{
	AUTO_FREE char *text = printed(j);
	return write_file(path, text, strlen(text), err);
}

int json_write_unflushed(const char *path, const cJSON *j, struct error *err)
{
	AUTO_FREE char *text = printed(j);
	return write_unflushed(path, text, strlen(text), err);
}

const char *json_str(const cJSON *o, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

double json_num(const cJSON *o, const char *key, double fallback)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	return cJSON_IsNumber(v) ? v->valuedouble : fallback;
}

int64_t json_int(const cJSON *o, const char *key, int64_t fallback)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	if (!cJSON_IsNumber(v) || v->valuedouble != v->valuedouble)
		return fallback;
	const double limit = 9007199254740992.0; /* 2^53 */
	if (v->valuedouble > limit)
		return (int64_t)limit;
	if (v->valuedouble < -limit)
		return (int64_t)-limit;
	return (int64_t)v->valuedouble;
}

bool json_bool(const cJSON *o, const char *key, bool fallback)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : fallback;
}

const cJSON *json_obj(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	return cJSON_IsObject(v) ? v : NULL;
}

const cJSON *json_arr(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
	return cJSON_IsArray(v) ? v : NULL;
}

void json_strv(const cJSON *o, const char *key, struct strv *out)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_arr(o, key))
		if (cJSON_IsString(item))
			strv_add(out, item->valuestring);
}

void json_add_str(cJSON *o, const char *key, const char *s)
{
	if (s)
		cJSON_AddStringToObject(o, key, s);
	else
		cJSON_AddNullToObject(o, key);
}

void json_add_strv(cJSON *o, const char *key, const struct strv *l)
{
	cJSON *a = cJSON_AddArrayToObject(o, key);
	for (size_t i = 0; i < l->n; i++)
		cJSON_AddItemToArray(a, cJSON_CreateString(l->v[i]));
}
