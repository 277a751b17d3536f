/* scaling.c: see scaling.h. */
#include "model/scaling.h"

#include <math.h>
#include <stdlib.h>

struct scaling_curve *scaling_add_curve(struct scaling *s, const char *work, const char *objects, enum arm arm)
{
	s->curves = xrealloc(s->curves, s->n + 1, sizeof(*s->curves));
	struct scaling_curve *c = &s->curves[s->n++];
	*c = (struct scaling_curve){ .work = xstrdup(work), .objects = xstrdup(objects), .arm = arm, .verdict = SCALING_UNKNOWN };
	return c;
}

struct scaling_point *scaling_add_point(struct scaling_curve *c, int threads)
{
	c->points = xrealloc(c->points, c->n_points + 1, sizeof(*c->points));
	struct scaling_point *p = &c->points[c->n_points++];
	*p = (struct scaling_point){ .threads = threads, .lo = -INFINITY, .hi = INFINITY };
	return p;
}

const struct scaling_curve *scaling_find(const struct scaling *s, const char *work, const char *objects, enum arm arm)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->curves[i].arm == arm && str_eq(s->curves[i].work, work) && str_eq(s->curves[i].objects, objects))
			return &s->curves[i];
	return NULL;
}

const struct scaling_point *scaling_at(const struct scaling_curve *c, int threads)
{
	for (size_t i = 0; c && i < c->n_points; i++)
		if (c->points[i].threads == threads)
			return &c->points[i];
	return NULL;
}

const struct scaling_curve *scaling_headline(const struct scaling *s, enum arm arm)
{
	static const char *const order[][2] = { { "calls", "private" }, { "tests", "private" }, { "calls", "shared" } };
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct scaling_curve *c = scaling_find(s, order[i][0], order[i][1], arm);
		if (c && c->n_points)
			return c;
	}
	return NULL;
}

void scaling_release(struct scaling *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct scaling_curve *c = &s->curves[i];
		char *owned[] = { c->work, c->objects, c->where, c->note };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
		free(c->points);
	}
	free(s->curves);
	free(s->note);
	free(s->contends);
	*s = (struct scaling){ .load = -1 };
}

static void put_finite(cJSON *o, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(o, key, value);
	else
		cJSON_AddNullToObject(o, key);
}

#define POINT_NUM(F) F(per_second) F(speedup) F(lo) F(hi) F(overlap) F(ceiling)

static cJSON *point_to_json(const struct scaling_point *p)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "threads", p->threads);
#define F(f) put_finite(o, #f, p->f);
	POINT_NUM(F)
#undef F
	cJSON_AddNumberToObject(o, "n", p->n);
	return o;
}

static cJSON *curve_to_json(const struct scaling_curve *c)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "work", c->work);
	json_add_str(o, "objects", c->objects);
	json_add_str(o, "arm", arm_word(c->arm));
	json_add_str(o, "verdict", scaling_verdict_word(c->verdict));
	put_finite(o, "efficiency", c->efficiency);
	put_finite(o, "overlap", c->overlap);
	cJSON_AddNumberToObject(o, "units", (double)c->units);
	json_add_str(o, "where", c->where);
	json_add_str(o, "note", c->note);
	cJSON *points = cJSON_AddArrayToObject(o, "points");
	for (size_t i = 0; i < c->n_points; i++)
		cJSON_AddItemToArray(points, point_to_json(&c->points[i]));
	return o;
}

/* The headline curve as pairs [threads, speedup]. */
static cJSON *pairs(const struct scaling_curve *c)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; c && i < c->n_points; i++) {
		const double pair[] = { c->points[i].threads, c->points[i].speedup };
		if (isfinite(pair[1]))
			cJSON_AddItemToArray(all, cJSON_CreateDoubleArray(pair, 2));
	}
	return all;
}

cJSON *scaling_to_json(const struct scaling *s)
{
	if (s->n == 0 && !s->note)
		return cJSON_CreateNull();
	cJSON *o = cJSON_CreateObject();
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++)
		cJSON_AddItemToObject(o, arm_word(a), pairs(scaling_headline(s, a)));
	json_add_str(o, "note", s->note);
	json_add_str(o, "contends", s->contends);
	put_finite(o, "load", s->load >= 0 ? s->load : NAN);
	cJSON *curves = cJSON_AddArrayToObject(o, "curves");
	for (size_t i = 0; i < s->n; i++)
		cJSON_AddItemToArray(curves, curve_to_json(&s->curves[i]));
	return o;
}

static void curve_from_json(struct scaling *s, const cJSON *j)
{
	enum arm arm = arm_parse(json_str(j, "arm"));
	if (!json_str(j, "work") || !json_str(j, "objects") || (arm != ARM_GIL && arm != ARM_FT))
		return;
	struct scaling_curve *c = scaling_add_curve(s, json_str(j, "work"), json_str(j, "objects"), arm);
	c->verdict = scaling_verdict_parse(json_str(j, "verdict"));
	if (c->verdict == SCALING_COUNT)
		c->verdict = SCALING_INCONCLUSIVE;
	c->efficiency = json_num(j, "efficiency", NAN);
	c->overlap = json_num(j, "overlap", 0);
	c->units = json_int(j, "units", 0);
	str_set(&c->where, json_str(j, "where"));
	str_set(&c->note, json_str(j, "note"));
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "points")) {
		int64_t threads = json_int(row, "threads", 0);
		if (threads < 1 || threads > 100000)
			continue;
		struct scaling_point *p = scaling_add_point(c, (int)threads);
		p->per_second = json_num(row, "per_second", NAN);
		p->speedup = json_num(row, "speedup", NAN);
		p->lo = json_num(row, "lo", -INFINITY);
		p->hi = json_num(row, "hi", INFINITY);
		p->overlap = json_num(row, "overlap", 0);
		p->ceiling = json_num(row, "ceiling", 0);
		int64_t n = json_int(row, "n", 0);
		p->n = n > 0 && n < 1000000 ? (int)n : 0;
	}
}

void scaling_from_json(struct scaling *s, const cJSON *j)
{
	str_set(&s->note, json_str(j, "note"));
	str_set(&s->contends, json_str(j, "contends"));
	s->load = json_num(j, "load", -1);
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "curves"))
		curve_from_json(s, row);
}
