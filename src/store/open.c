/* open.c: opening a store: its lock, its database, its schema; see store.h. */
#include "base/fs.h"
#include "store/internal.h"

#include "store/schema_v1.h" /* made from schema_v1.sql by the build */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What brings a store from the version before to `version`, oldest first. */
static const struct {
	int version;
	const char *sql;
} migrations[] = {
	{ 1, schema_v1 },
};

static int exec(struct store *s, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : store_failed(s, rc, err);
}

/* A number that a statement gives; outside of the cached ones, as it is asked once. */
static int query_int(struct store *s, const char *sql, int *out, int *rc)
{
	sqlite3_stmt *q = NULL;
	*rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	if (*rc == SQLITE_OK)
		*rc = sqlite3_step(q);
	if (*rc == SQLITE_ROW)
		*out = sqlite3_column_int(q, 0);
	int result = *rc == SQLITE_ROW ? 0 : -1;
	sqlite3_finalize(q);
	return result;
}

/* file: URI of the database, which SQLite is to believe unchangeable. */
static char *immutable_uri(const char *path)
{
	struct buf b = { 0 };
	buf_adds(&b, "file:");
	for (const char *p = path; *p; p++)
		buf_addf(&b, strchr("?#%", *p) ? "%%%02x" : "%c", (unsigned char)*p);
	buf_adds(&b, "?immutable=1");
	return buf_steal(&b);
}

static int connect(struct store *s, const char *name, int flags, int *version, int *rc)
{
	sqlite3_close(s->db);
	s->db = NULL;
	*rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (*rc != SQLITE_OK)
		return -1;
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, 10000);
	/* Until the version is known nothing may move from the journal into the file. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return query_int(s, "PRAGMA user_version", version, rc);
}

/*
 * A WAL database needs a -shm file beside it, which cannot be made on a
 * read-only file system. Without a journal to read it is safe to say that
 * nothing changes; with one, results would be missing.
 */
static int connect_read_only(struct store *s, int *version, int *rc)
{
	if (connect(s, s->path, SQLITE_OPEN_READONLY, version, rc) == 0)
		return 0;
	int code = *rc & 0xff;
	struct stat st;
	AUTO_FREE char *journal = xasprintf("%s-wal", s->path);
	if ((code != SQLITE_CANTOPEN && code != SQLITE_READONLY) || (stat(journal, &st) == 0 && st.st_size > 0))
		return -1;
	AUTO_FREE char *uri = immutable_uri(s->path);
	return connect(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, version, rc);
}

static int check_owner(struct store *s, int version, struct error *err)
{
	int id = 0, tables = 0, rc;
	if (query_int(s, "PRAGMA application_id", &id, &rc) < 0 ||
	    query_int(s, "SELECT count(*) FROM sqlite_schema", &tables, &rc) < 0)
		return store_failed(s, rc, err);
	if (id == STORE_APPLICATION_ID || (version == 0 && id == 0 && tables == 0))
		return 0;
	error_set(err, ERR_STORE, "the file is not a store of migrate-check; it is left as it is");
	error_where(err, "%s", s->path);
	return error_hint(err, "use another folder with `--store DIR`");
}

static int check_version(struct store *s, int version, struct error *err)
{
	if (version > STORE_SCHEMA) {
		error_set(err, ERR_STORE_NEWER, "the store was written by a newer migrate-check (schema %d, this one knows %d)",
		          version, STORE_SCHEMA);
		error_where(err, "%s", s->path);
		return error_hint(err, "use the newer version, or another store with `--store DIR`");
	}
	if (s->mode == STORE_WRITE || version == STORE_SCHEMA)
		return 0;
	if (version == 0) {
		error_set(err, ERR_NO_SURVEY, "the store is empty");
		error_where(err, "%s", s->path);
		return error_hint(err, "run `migrate-check PACKAGE` first");
	}
	error_set(err, ERR_STORE, "the store has an older form (schema %d)", version);
	error_where(err, "%s", s->path);
	return error_hint(err, "any run that writes it brings it up to date");
}

/* All missing steps and the new version in one transaction: a kill leaves the old store or the new one. */
static int migrate(struct store *s, int version, struct error *err)
{
	if (version == STORE_SCHEMA)
		return 0;
	AUTO_BUF sql = { 0 };
	buf_adds(&sql, "BEGIN IMMEDIATE;\n");
	for (size_t i = 0; i < ARRAY_LEN(migrations); i++)
		if (migrations[i].version > version)
			buf_adds(&sql, migrations[i].sql);
	buf_addf(&sql, "PRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT;\n", STORE_APPLICATION_ID, STORE_SCHEMA);
	return exec(s, buf_str(&sql), err);
}

static int open_database(struct store *s, struct error *err)
{
	int version = 0, rc = SQLITE_OK;
	if (s->mode == STORE_READ && !path_exists(s->path)) {
		error_set(err, ERR_NO_SURVEY, "there is no store yet");
		error_where(err, "%s", s->dir);
		return error_hint(err, "run `migrate-check PACKAGE` first");
	}
	int r = s->mode == STORE_WRITE
	            ? connect(s, s->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &version, &rc)
	            : connect_read_only(s, &version, &rc);
	if (r < 0)
		return store_failed(s, rc, err);
	if (check_owner(s, version, err) < 0 || check_version(s, version, err) < 0)
		return -1;
	if (s->mode == STORE_READ)
		return 0;
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if (exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;", err) < 0)
		return -1;
	return migrate(s, version, err);
}

int store_open(const char *dir, enum store_mode mode, struct store **out, struct error *err)
{
	AUTO_FREE char *data = dir ? NULL : dir_data();
	AUTO_FREE char *joined = dir ? xstrdup(dir) : path_join(data, "store");
	AUTO_STORE *s = xcalloc(1, sizeof(*s));
	s->dir = path_absolute(joined);
	s->path = path_join(s->dir, "store.db");
	s->mode = mode;
	s->lock_fd = -1;
	pthread_mutex_init(&s->mutex, NULL);
	if (mode == STORE_WRITE && (make_dirs(s->dir, err) < 0 || store_take_lock(s->dir, &s->lock_fd, err) < 0))
		return -1;
	if (open_database(s, err) < 0)
		return -1;
	*out = STEAL(&s);
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(s->statement[i]);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd); /* last: whoever takes the lock now finds the database closed */
	pthread_mutex_destroy(&s->mutex);
	free(s->path);
	free(s->dir);
	free(s);
}

void store_close_p(struct store **s)
{
	store_close(*s);
}

const char *store_dir(const struct store *s)
{
	return s->dir;
}
