/* scaling_evidence.c: see scaling_evidence.h. */
#include "model/scaling_evidence.h"

#include <stdlib.h>

struct scaling_round *scaling_add_round(struct scaling_evidence *s, const char *objects)
{
	if (s->n_rounds >= SCALING_MOST_ROUNDS)
		return NULL;
	s->rounds = xrealloc(s->rounds, s->n_rounds + 1, sizeof(*s->rounds));
	struct scaling_round *r = &s->rounds[s->n_rounds++];
	*r = (struct scaling_round){ .objects = xstrdup(objects) };
	return r;
}

struct scaling_wait *scaling_add_wait(struct scaling_evidence *s, const char *objects, const char *unit)
{
	if (s->n_waits >= SCALING_MOST_WAITS)
		return NULL;
	s->waits = xrealloc(s->waits, s->n_waits + 1, sizeof(*s->waits));
	struct scaling_wait *w = &s->waits[s->n_waits++];
	*w = (struct scaling_wait){ .objects = xstrdup(objects), .unit = xstrdup(unit) };
	return w;
}

void scaling_evidence_release(struct scaling_evidence *s)
{
	for (size_t i = 0; i < s->n_rounds; i++)
		free(s->rounds[i].objects);
	for (size_t i = 0; i < s->n_waits; i++) {
		char *owned[] = { s->waits[i].objects, s->waits[i].unit, s->waits[i].object, s->waits[i].place };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
	}
	free(s->rounds);
	free(s->waits);
	free(s->work);
	strv_release(&s->units);
	*s = (struct scaling_evidence){ .load = -1 };
}

#define SAMPLE_NUM(F) F(threads) F(per_second) F(speedup) F(overlap) F(ceiling)
#define WAIT_STR(F) F(objects) F(unit) F(object) F(place)
#define WAIT_NUM(F) F(threads) F(speedup) F(blocked) F(share) F(stacks)

static cJSON *round_to_json(const struct scaling_round *r)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "objects", r->objects);
	cJSON_AddNumberToObject(o, "busy", r->busy);
	cJSON_AddNumberToObject(o, "units", r->units);
	cJSON *samples = cJSON_AddArrayToObject(o, "samples");
	for (size_t i = 0; i < r->n; i++) {
		cJSON *one = cJSON_CreateObject();
#define F(f) cJSON_AddNumberToObject(one, #f, (double)r->samples[i].f);
		SAMPLE_NUM(F)
#undef F
		cJSON_AddItemToArray(samples, one);
	}
	return o;
}

cJSON *scaling_evidence_to_json(const struct scaling_evidence *s)
{
	cJSON *o = cJSON_CreateObject();
	json_add_str(o, "work", s->work);
	json_add_strv(o, "units", &s->units);
	cJSON_AddNumberToObject(o, "load", s->load);
	cJSON *rounds = cJSON_AddArrayToObject(o, "rounds");
	for (size_t i = 0; i < s->n_rounds; i++)
		cJSON_AddItemToArray(rounds, round_to_json(&s->rounds[i]));
	cJSON *waits = cJSON_AddArrayToObject(o, "waits");
	for (size_t i = 0; i < s->n_waits; i++) {
		cJSON *one = cJSON_CreateObject();
#define F(f) json_add_str(one, #f, s->waits[i].f);
		WAIT_STR(F)
#undef F
#define F(f) cJSON_AddNumberToObject(one, #f, (double)s->waits[i].f);
		WAIT_NUM(F)
#undef F
		cJSON_AddItemToArray(waits, one);
	}
	return o;
}

static void round_from_json(struct scaling_evidence *s, const cJSON *j)
{
	struct scaling_round *r = json_str(j, "objects") ? scaling_add_round(s, json_str(j, "objects")) : NULL;
	if (!r)
		return;
	r->busy = json_num(j, "busy", 1);
	r->units = (int)json_int(j, "units", 0);
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "samples")) {
		if (r->n == SCALING_MOST_COUNTS)
			return;
		struct scaling_sample *one = &r->samples[r->n++];
#define F(f) one->f = (__typeof__(one->f))json_num(row, #f, 0);
		SAMPLE_NUM(F)
#undef F
	}
}

static void wait_from_json(struct scaling_evidence *s, const cJSON *j)
{
	bool named = json_str(j, "objects") && json_str(j, "unit");
	struct scaling_wait *w = named ? scaling_add_wait(s, json_str(j, "objects"), json_str(j, "unit")) : NULL;
	if (!w)
		return;
	str_set(&w->object, json_str(j, "object"));
	str_set(&w->place, json_str(j, "place"));
#define F(f) w->f = (__typeof__(w->f))json_num(j, #f, 0);
	WAIT_NUM(F)
#undef F
}

void scaling_evidence_from_json(struct scaling_evidence *s, const cJSON *j)
{
	str_set(&s->work, json_str(j, "work"));
	json_strv(j, "units", &s->units);
	s->load = json_num(j, "load", -1);
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "rounds"))
		round_from_json(s, row);
	cJSON_ArrayForEach(row, json_arr(j, "waits"))
		wait_from_json(s, row);
}
