/*
 * internal.h: what the files of the store share: the open database, its
 * statements, and steps that turn SQLite's results into errors.
 */
#ifndef MC_STORE_INTERNAL_H
#define MC_STORE_INTERNAL_H

#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>

#define STORE_SCHEMA 1                  /* newest schema that this program knows */
#define STORE_APPLICATION_ID 0x6d634672 /* "mcFr": marks the file as ours */

/* Every statement of the store; its text is in sql.c under the same name. */
enum sql {
	SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK,
	SQL_PUT_CELL, SQL_GET_CELL, SQL_LIST_CELLS,
	SQL_PUT_FACT, SQL_GET_FACT, SQL_DROP_FACT,
	SQL_ADD_DURATION, SQL_TRIM_DURATION, SQL_GET_DURATIONS,
	SQL_BEGIN_SURVEY, SQL_FINISH_SURVEY, SQL_PUT_PACKAGE,
	SQL_FIND_SURVEY, SQL_LATEST_SURVEY, SQL_PREVIOUS_SURVEY, SQL_SURVEY_BY_PREFIX,
	SQL_LIST_SURVEYS, SQL_SURVEY_PACKAGES, SQL_FIND_PACKAGE,
	SQL_CLEAN_WHEELS, SQL_CLEAN_OLD_SURVEYS, SQL_CLEAN_SURVEYS, SQL_CLEAN_CELLS, SQL_CLEAN_FACTS, SQL_CLEAN_DURATIONS,
	SQL_VACUUM, SQL_CHECKPOINT,
	SQL_COUNT
};

struct store {
	char *dir;
	char *path;                         /* of the database */
	enum store_mode mode;
	int lock_fd;                        /* holds the flock; -1 when reading */
	sqlite3 *db;
	sqlite3_stmt *statement[SQL_COUNT]; /* prepared at first use */
	pthread_mutex_t mutex;              /* held by every public function that touches db */
};

/* Hold the store's mutex until the end of the scope. */
#define LOCK_STORE(s) CLEANUP(store_unlock_p) MC_UNUSED struct store *locked_ = store_lock(s)
struct store *store_lock(struct store *s);
void store_unlock_p(struct store **s); /* called by LOCK_STORE */

/* A statement ready for binding; reset at the end of the scope. NULL: err is set. */
#define AUTO_STMT CLEANUP(sql_reset_p) sqlite3_stmt
sqlite3_stmt *sql_get(struct store *s, enum sql id, struct error *err);
void sql_reset_p(sqlite3_stmt **q); /* called by AUTO_STMT; drops the bindings too, so that no text is kept */
void sql_bind(sqlite3_stmt *q, int index, const char *text); /* NULL: SQL NULL; text must live until the step */
int sql_step(struct store *s, sqlite3_stmt *q, bool *row, struct error *err); /* *row: there is one to read; false at the end */
int sql_run(struct store *s, enum sql id, struct error *err); /* a statement without parameters and rows */
int sql_finish(struct store *s, sqlite3_stmt *q, struct error *err); /* run a bound one that gives no rows */
const char *sql_text(sqlite3_stmt *q, int column); /* valid until the next step; NULL for SQL NULL */
/* The document in a column, which the caller deletes. ERR_STORE with the store's path when it is none. */
int sql_json(struct store *s, sqlite3_stmt *q, int column, cJSON **out, struct error *err);

/* Set err from the last failure of the database; returns -1. */
int store_failed(struct store *s, int rc, struct error *err);
int store_must_write(struct store *s, struct error *err); /* ERR_INTERNAL when open for reading */

/* lock.c */
int store_take_lock(const char *dir, int *fd, struct error *err);

#endif
