/* scaling_events.c: see scaling_events.h. */
#include "run/scaling_events.h"

#include <math.h>
#include <stdlib.h>

enum { UNITS_MAX = 100, KEY_MAX = 2000, NAME_MAX_BYTES = 1200, THREADS_MAX = 4096 };
static const double rate_max = 1e12, speedup_max = 1e6;

static const char *objects_of(const cJSON *j)
{
	const char *word = json_str(j, "objects");
	return str_eq(word, "private") || str_eq(word, "shared") ? word : NULL;
}

void scaling_on_work(struct event_reader *r, const cJSON *j)
{
	struct scaling_evidence *s = &r->evidence->scaling;
	const char *work = json_str(j, "work");
	if (!r->evidence->stress_kind || !(str_eq(work, "calls") || str_eq(work, "tests")))
		return;
	scaling_evidence_release(s);
	str_set(&s->work, work);
	double load = json_num(j, "load", -1);
	s->load = load >= 0 && load <= 1e6 ? load : -1;
	const cJSON *key;
	cJSON_ArrayForEach(key, json_arr(j, "keys"))
		if (cJSON_IsString(key) && s->units.n < UNITS_MAX)
			strv_take(&s->units, xstrndup(key->valuestring, KEY_MAX));
}

/* The at-th number of a row; NaN when it is none, or out of [lo, hi]. */
static double number(const cJSON *row, int at, double lo, double hi)
{
	const cJSON *item = cJSON_IsArray(row) ? cJSON_GetArrayItem(row, at) : NULL;
	return cJSON_IsNumber(item) && item->valuedouble >= lo && item->valuedouble <= hi ? item->valuedouble : NAN;
}

/* One point with the machine's row of the same number of threads; false when a number is missing or cannot be. */
static bool sample_of(const cJSON *point, const cJSON *machine, struct scaling_sample *out)
{
	double threads = number(point, 0, 1, THREADS_MAX);
	double rate = number(point, 1, 0, rate_max), speedup = number(point, 2, 0, speedup_max), overlap = number(point, 3, 0, THREADS_MAX);
	if (!isfinite(threads) || !isfinite(rate) || !(speedup > 0) || !isfinite(overlap))
		return false;
	double ceiling = number(machine, 1, 0, speedup_max);
	if (number(machine, 0, 1, THREADS_MAX) != threads || !isfinite(ceiling))
		ceiling = 0;
	*out = (struct scaling_sample){ (int)threads, rate, speedup, overlap, ceiling };
	return true;
}

void scaling_on_round(struct event_reader *r, const cJSON *j)
{
	struct scaling_evidence *s = &r->evidence->scaling;
	const char *objects = objects_of(j);
	struct scaling_round found = { 0 };
	double busy = json_num(j, "busy", NAN);
	int64_t units = json_int(j, "units", 0) > 0 ? json_int(j, "units", 0) : 0;
	if (!s->work || !objects || !str_eq(json_str(j, "work"), s->work) || !(busy >= 0 && busy <= 1))
		return;
	const cJSON *point;
	int at = 0;
	cJSON_ArrayForEach(point, json_arr(j, "points")) {
		if (found.n == SCALING_MOST_COUNTS || !sample_of(point, cJSON_GetArrayItem(json_arr(j, "machine"), at++), &found.samples[found.n]))
			return;
		int before = found.n ? found.samples[found.n - 1].threads : 0, now = found.samples[found.n].threads;
		if (found.n == 0 ? now != 1 : now <= before)
			return;
		found.n++;
	}
	struct scaling_round *round = found.n ? scaling_add_round(s, objects) : NULL;
	if (!round)
		return;
	found.objects = round->objects;
	found.busy = busy;
	found.units = units <= UNITS_MAX ? (int)units : 0;
	*round = found;
}

static double share(const cJSON *j, const char *key)
{
	double v = json_num(j, key, 0);
	return v >= 0 && v <= 1 ? v : 0;
}

static char *name_of(const cJSON *j, const char *key)
{
	const char *s = json_str(j, key);
	return s && *s ? xstrndup(s, NAME_MAX_BYTES) : NULL;
}

void scaling_on_wait(struct event_reader *r, const cJSON *j)
{
	struct scaling_evidence *s = &r->evidence->scaling;
	const char *objects = objects_of(j);
	AUTO_FREE char *unit = name_of(j, "unit");
	double threads = json_num(j, "threads", 0), speedup = json_num(j, "speedup", -1), stacks = json_num(j, "stacks", 0);
	bool sound = threads >= 2 && threads <= THREADS_MAX && speedup >= 0 && speedup <= speedup_max && stacks >= 0 && stacks <= 1e9;
	struct scaling_wait *w = s->work && objects && unit && sound ? scaling_add_wait(s, objects, unit) : NULL;
	if (!w)
		return;
	w->object = name_of(j, "object");
	w->place = name_of(j, "place");
	w->threads = (int)threads;
	w->speedup = speedup;
	w->blocked = share(j, "blocked");
	w->share = share(j, "share");
	w->stacks = (int64_t)stacks;
}
