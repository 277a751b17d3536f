/* cells.c: finished cells, facts and durations; see store.h. */
#include "base/hash.h"
#include "base/text.h"
#include "store/internal.h"

#include <stdlib.h>

int store_put_cell(struct store *s, const char *cell_id, const char *package, const char *version, const char *key_json,
                   const struct evidence *e, double seconds, struct error *err)
{
	if (!is_sha256_hex(cell_id))
		return error_set(err, ERR_INTERNAL, "'%s' is not a cell id", cell_id);
	/* Rendering a large suite takes longer than writing it: do it before the lock. */
	AUTO_JSON *j = evidence_to_json(e);
	AUTO_FREE char *text = cJSON_PrintUnformatted(j);
	AUTO_FREE char *now = now_utc();
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_PUT_CELL, err);
	if (!q)
		return -1;
	sql_bind(q, 1, cell_id);
	sql_bind(q, 2, package);
	sql_bind(q, 3, version ? version : "");
	sql_bind(q, 4, key_json);
	sql_bind(q, 5, text);
	sqlite3_bind_double(q, 6, seconds);
	sql_bind(q, 7, now);
	return sql_finish(s, q, err);
}

int store_get_cell(struct store *s, const char *cell_id, bool *found, struct evidence *out, struct error *err)
{
	*found = false;
	evidence_init(out);
	AUTO_JSON *j = NULL;
	{
		LOCK_STORE(s);
		AUTO_STMT *q = sql_get(s, SQL_GET_CELL, err);
		if (!q)
			return -1;
		sql_bind(q, 1, cell_id);
		if (sql_step(s, q, found, err) < 0 || (*found && sql_json(s, q, 0, &j, err) < 0))
			return -1;
	}
	if (*found)
		evidence_from_json(out, j);
	return 0;
}

int store_list_cells(struct store *s, const char *package, struct cell_list *out, struct error *err)
{
	*out = (struct cell_list){ 0 };
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_LIST_CELLS, err);
	if (!q)
		return -1;
	sql_bind(q, 1, package);
	for (bool row = true;;) {
		if (sql_step(s, q, &row, err) < 0) {
			cell_list_release(out);
			return -1;
		}
		if (!row)
			return 0;
		out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
		out->v[out->n++] = (struct cell_entry){
			.id = xstrdup(sql_text(q, 0)), .package = xstrdup(sql_text(q, 1)), .version = xstrdup(sql_text(q, 2)),
			.key = xstrdup(sql_text(q, 3)), .finished = xstrdup(sql_text(q, 4)), .seconds = sqlite3_column_double(q, 5),
		};
	}
}

void cell_list_release(struct cell_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char *owned[] = { l->v[i].id, l->v[i].package, l->v[i].version, l->v[i].key, l->v[i].finished };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
	}
	free(l->v);
	*l = (struct cell_list){ 0 };
}

int store_put_fact(struct store *s, const char *kind, const char *key, const cJSON *value, struct error *err)
{
	AUTO_FREE char *text = cJSON_PrintUnformatted(value);
	AUTO_FREE char *now = now_utc();
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_PUT_FACT, err);
	if (!q)
		return -1;
	sql_bind(q, 1, kind);
	sql_bind(q, 2, key);
	sql_bind(q, 3, text ? text : "null");
	sql_bind(q, 4, now);
	return sql_finish(s, q, err);
}

int store_get_fact(struct store *s, const char *kind, const char *key, cJSON **out, struct error *err)
{
	*out = NULL;
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_GET_FACT, err);
	if (!q)
		return -1;
	sql_bind(q, 1, kind);
	sql_bind(q, 2, key);
	bool row = false;
	if (sql_step(s, q, &row, err) < 0)
		return -1;
	return row ? sql_json(s, q, 0, out, err) : 0;
}

int store_drop_fact(struct store *s, const char *kind, const char *key, struct error *err)
{
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_DROP_FACT, err);
	if (!q)
		return -1;
	sql_bind(q, 1, kind);
	sql_bind(q, 2, key);
	return sql_finish(s, q, err);
}

static int add_duration(struct store *s, const char *step, const char *package, double seconds, struct error *err)
{
	AUTO_STMT *add = sql_get(s, SQL_ADD_DURATION, err);
	AUTO_STMT *trim = add ? sql_get(s, SQL_TRIM_DURATION, err) : NULL;
	if (!trim)
		return -1;
	sql_bind(add, 1, step);
	sql_bind(add, 2, package);
	sqlite3_bind_double(add, 3, seconds);
	sql_bind(trim, 1, step);
	sql_bind(trim, 2, package);
	return sql_finish(s, add, err) < 0 ? -1 : sql_finish(s, trim, err);
}

int store_add_duration(struct store *s, const char *step, const char *package, double seconds, struct error *err)
{
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0 || sql_run(s, SQL_BEGIN, err) < 0)
		return -1;
	if (add_duration(s, step, package, seconds, err) == 0 && sql_run(s, SQL_COMMIT, err) == 0)
		return 0;
	sql_run(s, SQL_ROLLBACK, NULL);
	return -1;
}

int store_typical_duration(struct store *s, const char *step, const char *package, double *seconds, bool *found,
                           struct error *err)
{
	*found = false;
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_GET_DURATIONS, err);
	if (!q)
		return -1;
	sql_bind(q, 1, step);
	sql_bind(q, 2, package);
	double kept[5];
	size_t n = 0;
	for (bool row = true; n < ARRAY_LEN(kept); n++) {
		if (sql_step(s, q, &row, err) < 0)
			return -1;
		if (!row)
			break;
		kept[n] = sqlite3_column_double(q, 0);
	}
	*found = n > 0;
	if (*found)
		*seconds = (kept[(n - 1) / 2] + kept[n / 2]) / 2;
	return 0;
}
