/*
 * json.h: small helpers over cJSON. Parsing is bounded; getters never fail but
 * fall back, because what is read is often written by others.
 */
#ifndef MC_JSON_H
#define MC_JSON_H

#include "base/buf.h"
#include "base/error.h"

#include <cjson/cJSON.h>

#define AUTO_JSON CLEANUP(json_free_p) cJSON
void json_free_p(cJSON **j); /* called by AUTO_JSON; NULL is fine */

/* Parse exactly one value of n bytes (trailing white space allowed). `source`
 * names the origin in the error, which carries line and column. */
int json_parse(const char *text, size_t n, const char *source, cJSON **out, struct error *err);
/* Read an object that is too long to be held as a whole: each() is called for every member, and
 * for one that is an array for every element in its place, in order. The values live during
 * the call only. Errors as json_parse(), also for what is no object, and after some calls. */
int json_each(const char *text, size_t n, const char *source, void (*each)(void *cookie, const char *key, const cJSON *value), void *cookie,
              struct error *err);
/* json_parse() of a file of at most max bytes; ERR_IO, ERR_TOO_LARGE. The caller deletes *out. */
int json_read(const char *path, size_t max, cJSON **out, struct error *err);
int json_write(const char *path, const cJSON *j, struct error *err); /* pretty, newline at the end */
int json_write_unflushed(const char *path, const cJSON *j, struct error *err); /* see write_unflushed() */

/* Members of an object; a missing member or one of another type gives the fallback. */
const char *json_str(const cJSON *o, const char *key); /* NULL when absent; owned by o */
double json_num(const cJSON *o, const char *key, double fallback);   /* as written: may be negative, fractional or huge */
int64_t json_int(const cJSON *o, const char *key, int64_t fallback); /* clamped to +-2^53 */
bool json_bool(const cJSON *o, const char *key, bool fallback);      /* true and false only; a number is another type */
const cJSON *json_obj(const cJSON *o, const char *key); /* NULL unless an object */
const cJSON *json_arr(const cJSON *o, const char *key); /* NULL unless an array */
void json_strv(const cJSON *o, const char *key, struct strv *out); /* adds the array's strings */

/* Building; add nothing or null as stated. */
void json_add_str(cJSON *o, const char *key, const char *s); /* NULL: JSON null */
void json_add_strv(cJSON *o, const char *key, const struct strv *l); /* an array of the strings; [] when empty */

#endif
