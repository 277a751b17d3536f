/* sql.c: every SQL statement, and the steps around sqlite3_step(); see internal.h. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>

static const char *const text_of[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",

	[SQL_PUT_CELL] = "INSERT OR REPLACE INTO cell (id, package, version, key, evidence, seconds, finished)"
	                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_GET_CELL] = "SELECT evidence FROM cell WHERE id = ?1",
	[SQL_LIST_CELLS] = "SELECT id, package, version, key, finished, seconds FROM cell"
	                   " WHERE ?1 IS NULL OR package = ?1 ORDER BY finished, rowid",

	[SQL_PUT_FACT] = "INSERT OR REPLACE INTO fact (kind, key, value, updated) VALUES (?1, ?2, ?3, ?4)",
	[SQL_GET_FACT] = "SELECT value FROM fact WHERE kind = ?1 AND key = ?2",
	[SQL_DROP_FACT] = "DELETE FROM fact WHERE kind = ?1 AND key = ?2",

	[SQL_ADD_DURATION] = "INSERT INTO duration (step, package, seconds) VALUES (?1, ?2, ?3)",
	[SQL_TRIM_DURATION] = "DELETE FROM duration WHERE step = ?1 AND package = ?2 AND seq NOT IN"
	                      " (SELECT seq FROM duration WHERE step = ?1 AND package = ?2 ORDER BY seq DESC LIMIT 5)",
	[SQL_GET_DURATIONS] = "SELECT seconds FROM duration WHERE step = ?1 AND package = ?2 ORDER BY seconds",

	[SQL_BEGIN_SURVEY] = "INSERT INTO survey (id, request, title, started, interrupted, document)"
	                     " VALUES (?1, ?2, ?3, ?4, 0, ?5) ON CONFLICT (id) DO UPDATE SET request = ?2, title = ?3,"
	                     " started = ?4, finished = NULL, interrupted = 0, document = ?5",
	[SQL_FINISH_SURVEY] = "UPDATE survey SET finished = ?2, interrupted = ?3, document = ?4 WHERE id = ?1",
	[SQL_PUT_PACKAGE] = "INSERT OR REPLACE INTO package (survey, position, name, version, document)"
	                    " SELECT seq, ?2, ?3, ?4, ?5 FROM survey WHERE id = ?1",

	/* The four that give a survey: seq, document. ?2 = 1: finished ones only. */
	[SQL_FIND_SURVEY] = "SELECT seq, document FROM survey WHERE request = ?1"
	                    " AND (?2 = 0 OR (finished IS NOT NULL AND NOT interrupted)) ORDER BY seq DESC LIMIT 1",
	[SQL_LATEST_SURVEY] = "SELECT seq, document FROM survey"
	                      " WHERE ?2 = 0 OR (finished IS NOT NULL AND NOT interrupted) ORDER BY seq DESC LIMIT 1",
	[SQL_PREVIOUS_SURVEY] = "SELECT seq, document FROM survey WHERE finished IS NOT NULL AND NOT interrupted"
	                        " AND seq < coalesce((SELECT seq FROM survey WHERE id = ?1), 9223372036854775807)"
	                        " AND EXISTS (SELECT 1 FROM package WHERE survey = survey.seq"
	                        " AND name IN (SELECT value FROM json_each(?2))) ORDER BY seq DESC LIMIT 1",
	[SQL_SURVEY_BY_PREFIX] = "SELECT seq, document, id FROM survey WHERE substr(id, 1, length(?1)) = ?1"
	                         " ORDER BY id = ?1 DESC LIMIT 2",

	[SQL_LIST_SURVEYS] = "SELECT id, title, started, finished, interrupted,"
	                     " (SELECT count(*) FROM package WHERE survey = survey.seq) FROM survey ORDER BY seq DESC",
	[SQL_SURVEY_PACKAGES] = "SELECT document FROM package WHERE survey = ?1 ORDER BY position",
	[SQL_FIND_PACKAGE] = "SELECT package.document, survey.id FROM package JOIN survey ON survey.seq = package.survey"
	                     " WHERE package.name = ?1 AND (?2 IS NULL OR package.version = ?2)"
	                     " ORDER BY package.survey DESC, package.position LIMIT 1",

	[SQL_CLEAN_WHEELS] = "DELETE FROM fact WHERE kind = '" FACT_WHEEL "'",
	[SQL_CLEAN_OLD_SURVEYS] = "DELETE FROM survey WHERE seq < (SELECT max(seq) FROM survey) AND seq IS NOT"
	                          " (SELECT max(seq) FROM survey WHERE finished IS NOT NULL AND NOT interrupted)",
	[SQL_CLEAN_SURVEYS] = "DELETE FROM survey",
	[SQL_CLEAN_CELLS] = "DELETE FROM cell",
	[SQL_CLEAN_FACTS] = "DELETE FROM fact",
	[SQL_CLEAN_DURATIONS] = "DELETE FROM duration",
	[SQL_VACUUM] = "VACUUM",
	[SQL_CHECKPOINT] = "PRAGMA wal_checkpoint(TRUNCATE)",
};

struct store *store_lock(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	return s;
}

void store_unlock_p(struct store **s)
{
	pthread_mutex_unlock(&(*s)->mutex);
}

/* Is it the disk, whatever SQLite calls it? */
static bool no_space(struct store *s, int rc)
{
	int code = rc & 0xff;
	int system = s->db ? sqlite3_system_errno(s->db) : 0;
	return code == SQLITE_FULL ||
	       ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && (system == ENOSPC || system == EDQUOT));
}

int store_failed(struct store *s, int rc, struct error *err)
{
	AUTO_FREE char *why = xstrdup(s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
	int code = rc & 0xff;
	if (no_space(s, rc)) {
		error_set(err, ERR_DISK_FULL, "no space left while writing the store");
		error_hint(err, "`migrate-check clean --builds` frees space, then run the same command to go on");
	} else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
		error_set(err, ERR_STORE, "the store's database is damaged; it is left as it is");
		error_hint(err, "move it away and run again, or use another with `--store DIR`");
	} else if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
		error_set(err, ERR_STORE, "the store's database is locked by another program");
		error_hint(err, "wait until it is done, or use another with `--store DIR`");
	} else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM) {
		error_set(err, ERR_STORE, "the store cannot be opened");
		error_hint(err, "check that its folder may be written, or use another with `--store DIR`");
	} else {
		error_set(err, ERR_STORE, "the store could not be read or written");
	}
	error_where(err, "%s", s->path);
	return error_why(err, "%s", why);
}

int store_must_write(struct store *s, struct error *err)
{
	return s->mode == STORE_WRITE ? 0 : error_set(err, ERR_INTERNAL, "the store is open for reading only");
}

sqlite3_stmt *sql_get(struct store *s, enum sql id, struct error *err)
{
	if (!s->statement[id]) {
		int rc = sqlite3_prepare_v3(s->db, text_of[id], -1, SQLITE_PREPARE_PERSISTENT, &s->statement[id], NULL);
		if (rc != SQLITE_OK) {
			store_failed(s, rc, err);
			return NULL;
		}
	}
	return s->statement[id];
}

void sql_reset_p(sqlite3_stmt **q)
{
	if (!*q)
		return;
	sqlite3_reset(*q);
	sqlite3_clear_bindings(*q);
}

void sql_bind(sqlite3_stmt *q, int index, const char *text)
{
	if (text)
		sqlite3_bind_text64(q, index, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(q, index);
}

int sql_step(struct store *s, sqlite3_stmt *q, bool *row, struct error *err)
{
	int rc = sqlite3_step(q);
	*row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_failed(s, rc, err);
}

int sql_finish(struct store *s, sqlite3_stmt *q, struct error *err)
{
	bool row = true;
	while (row)
		if (sql_step(s, q, &row, err) < 0)
			return -1;
	return 0;
}

int sql_run(struct store *s, enum sql id, struct error *err)
{
	AUTO_STMT *q = sql_get(s, id, err);
	return q ? sql_finish(s, q, err) : -1;
}

const char *sql_text(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

int sql_json(struct store *s, sqlite3_stmt *q, int column, cJSON **out, struct error *err)
{
	const char *text = sql_text(q, column);
	struct error inner = { 0 };
	if (json_parse(text ? text : "", text ? (size_t)sqlite3_column_bytes(q, column) : 0, s->path, out, &inner) == 0)
		return 0;
	error_release(&inner);
	error_set(err, ERR_STORE, "the store holds a document that cannot be read");
	error_where(err, "%s", s->path);
	return error_hint(err, "move it away and run again, or use another with `--store DIR`");
}
