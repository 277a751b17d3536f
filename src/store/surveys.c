/* surveys.c: surveys and the results of their packages; see store.h. */
#include "base/text.h"
#include "store/internal.h"

#include <stdlib.h>

/* The survey's document without its packages, which have rows of their own. */
static char *survey_document(const struct survey *survey, const char *finished)
{
	AUTO_JSON *j = survey_to_json(survey);
	cJSON_DeleteItemFromObjectCaseSensitive(j, "packages");
	if (finished)
		cJSON_ReplaceItemInObjectCaseSensitive(j, "finished", cJSON_CreateString(finished));
	return cJSON_PrintUnformatted(j);
}

int store_begin_survey(struct store *s, const struct survey *survey, const char *request_hash, struct error *err)
{
	AUTO_FREE char *document = survey_document(survey, NULL);
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_BEGIN_SURVEY, err);
	if (!q)
		return -1;
	sql_bind(q, 1, survey->id);
	sql_bind(q, 2, request_hash);
	sql_bind(q, 3, survey->title);
	sql_bind(q, 4, survey->started);
	sql_bind(q, 5, document);
	return sql_finish(s, q, err);
}

static int no_such_survey(struct store *s, const char *id, struct error *err)
{
	error_set(err, ERR_NO_SURVEY, "no survey `%s`", id);
	return error_where(err, "%s", s->dir);
}

int store_put_package(struct store *s, const char *survey_id, size_t position, const struct package_result *p,
                      struct error *err)
{
	AUTO_JSON *j = package_to_json(p);
	AUTO_FREE char *document = cJSON_PrintUnformatted(j);
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_PUT_PACKAGE, err);
	if (!q)
		return -1;
	sql_bind(q, 1, survey_id);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)position);
	sql_bind(q, 3, p->name ? p->name : "");
	sql_bind(q, 4, p->version);
	sql_bind(q, 5, document);
	if (sql_finish(s, q, err) < 0)
		return -1;
	return sqlite3_changes(s->db) ? 0 : no_such_survey(s, survey_id, err);
}

int store_finish_survey(struct store *s, const struct survey *survey, struct error *err)
{
	AUTO_FREE char *now = now_utc();
	const char *finished = survey->finished ? survey->finished : now;
	AUTO_FREE char *document = survey_document(survey, finished);
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	AUTO_STMT *q = sql_get(s, SQL_FINISH_SURVEY, err);
	if (!q)
		return -1;
	sql_bind(q, 1, survey->id);
	sql_bind(q, 2, finished);
	sqlite3_bind_int(q, 3, survey->interrupted);
	sql_bind(q, 4, document);
	if (sql_finish(s, q, err) < 0)
		return -1;
	return sqlite3_changes(s->db) ? 0 : no_such_survey(s, survey->id, err);
}

static int load_packages(struct store *s, sqlite3_int64 seq, struct survey *out, struct error *err)
{
	AUTO_STMT *q = sql_get(s, SQL_SURVEY_PACKAGES, err);
	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, seq);
	for (bool row = true;;) {
		if (sql_step(s, q, &row, err) < 0)
			return -1;
		if (!row)
			return 0;
		AUTO_JSON *j = NULL;
		if (sql_json(s, q, 0, &j, err) < 0)
			return -1;
		package_from_json(survey_add_package(out), j);
	}
}

/* Run a bound statement that gives (seq, document) and load what it names. */
static int load_survey(struct store *s, sqlite3_stmt *q, bool *found, struct survey *out, struct error *err)
{
	*out = (struct survey){ 0 };
	if (sql_step(s, q, found, err) < 0)
		return -1;
	if (!*found)
		return 0;
	AUTO_JSON *j = NULL;
	if (sql_json(s, q, 1, &j, err) < 0)
		return -1;
	survey_from_json(out, j);
	if (load_packages(s, sqlite3_column_int64(q, 0), out, err) == 0)
		return 0;
	survey_release(out);
	return -1;
}

int store_find_survey(struct store *s, const char *request_hash, bool finished_only, bool *found, struct survey *out,
                      struct error *err)
{
	*found = false;
	*out = (struct survey){ 0 };
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_FIND_SURVEY, err);
	if (!q)
		return -1;
	sql_bind(q, 1, request_hash);
	sqlite3_bind_int(q, 2, finished_only);
	return load_survey(s, q, found, out, err);
}

int store_latest_survey(struct store *s, bool finished_only, bool *found, struct survey *out, struct error *err)
{
	*found = false;
	*out = (struct survey){ 0 };
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_LATEST_SURVEY, err);
	if (!q)
		return -1;
	sqlite3_bind_int(q, 2, finished_only);
	return load_survey(s, q, found, out, err);
}

int store_previous_survey(struct store *s, const struct survey *survey, bool *found, struct survey *out,
                          struct error *err)
{
	*found = false;
	*out = (struct survey){ 0 };
	AUTO_JSON *names = cJSON_CreateArray();
	for (size_t i = 0; i < survey->n_packages; i++)
		if (survey->packages[i].name)
			cJSON_AddItemToArray(names, cJSON_CreateString(survey->packages[i].name));
	AUTO_FREE char *text = cJSON_PrintUnformatted(names);
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_PREVIOUS_SURVEY, err);
	if (!q)
		return -1;
	sql_bind(q, 1, survey->id);
	sql_bind(q, 2, text);
	return load_survey(s, q, found, out, err);
}

int store_get_survey(struct store *s, const char *id, struct survey *out, struct error *err)
{
	*out = (struct survey){ 0 };
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_SURVEY_BY_PREFIX, err);
	if (!q)
		return -1;
	sql_bind(q, 1, id);
	bool found = false, more = false;
	if (load_survey(s, q, &found, out, err) < 0)
		return -1;
	if (!found || !*id) {
		survey_release(out);
		return no_such_survey(s, id, err);
	}
	bool exact = str_eq(sql_text(q, 2), id);
	if (!exact && sql_step(s, q, &more, err) < 0) {
		survey_release(out);
		return -1;
	}
	if (!more)
		return 0;
	survey_release(out);
	error_set(err, ERR_NO_SURVEY, "more than one survey begins with `%s`", id);
	return error_hint(err, "give more digits");
}

int store_list_surveys(struct store *s, struct survey_list *out, struct error *err)
{
	*out = (struct survey_list){ 0 };
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_LIST_SURVEYS, err);
	if (!q)
		return -1;
	for (bool row = true;;) {
		if (sql_step(s, q, &row, err) < 0) {
			survey_list_release(out);
			return -1;
		}
		if (!row)
			return 0;
		out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
		out->v[out->n++] = (struct survey_entry){
			.id = xstrdup(sql_text(q, 0)), .title = xstrdup(sql_text(q, 1)), .started = xstrdup(sql_text(q, 2)),
			.finished = xstrdup(sql_text(q, 3)), .interrupted = sqlite3_column_int(q, 4),
			.packages = sqlite3_column_int64(q, 5),
		};
	}
}

void survey_list_release(struct survey_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char *owned[] = { l->v[i].id, l->v[i].title, l->v[i].started, l->v[i].finished };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
	}
	free(l->v);
	*l = (struct survey_list){ 0 };
}

int store_find_package(struct store *s, const char *name, const char *version, bool *found, struct package_result *out,
                       char **survey_id, struct error *err)
{
	*found = false;
	package_result_init(out);
	LOCK_STORE(s);
	AUTO_STMT *q = sql_get(s, SQL_FIND_PACKAGE, err);
	if (!q)
		return -1;
	sql_bind(q, 1, name);
	sql_bind(q, 2, version);
	if (sql_step(s, q, found, err) < 0)
		return -1;
	if (!*found)
		return 0;
	AUTO_JSON *j = NULL;
	if (sql_json(s, q, 0, &j, err) < 0)
		return -1;
	package_from_json(out, j);
	if (survey_id)
		*survey_id = xstrdup(sql_text(q, 1));
	return 0;
}
