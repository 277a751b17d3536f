/*
 * json_fields.h: members of JSON objects from fields of structs and back, for
 * lists of fields that are written once and expanded for both directions. The
 * macros use `v` (the struct), `o` (the object written) and `j` (the one read).
 */
#ifndef MC_JSON_FIELDS_H
#define MC_JSON_FIELDS_H

#include "base/json.h"

#define PUT_STR(f) json_add_str(o, #f, v->f);
#define GET_STR(f) str_set(&v->f, json_str(j, #f));
#define PUT_INT(f) cJSON_AddNumberToObject(o, #f, (double)v->f);
#define GET_INT(f) v->f = (__typeof__(v->f))json_int(j, #f, v->f);
#define PUT_NUM(f) cJSON_AddNumberToObject(o, #f, v->f);
#define GET_NUM(f) v->f = json_num(j, #f, v->f);
#define PUT_BOOL(f) cJSON_AddBoolToObject(o, #f, v->f);
#define GET_BOOL(f) v->f = json_bool(j, #f, v->f);
#define PUT_LIST(f) json_add_strv(o, #f, &v->f);
#define GET_LIST(f) json_strv(j, #f, &v->f);

/* A number, or null: how the schema says that it is not known. */
static inline void put_known(cJSON *o, const char *key, bool known, double value)
{
	if (known)
		cJSON_AddNumberToObject(o, key, value);
	else
		cJSON_AddNullToObject(o, key);
}

#endif
