/* clean.c: log files and giving space back; see store.h. */
#include "base/fs.h"
#include "store/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_FILES 10000000

char *store_log_path(struct store *s, const char *cell_id, const char *words, char **name)
{
	struct buf b = { 0 };
	buf_addf(&b, "logs/%.2s/%s-", cell_id, cell_id);
	for (const char *p = words; *p; p++)
		buf_addc(&b, isalnum((unsigned char)*p) ? *p : '-');
	buf_adds(&b, ".log");
	AUTO_FREE char *relative = buf_steal(&b);
	char *path = path_join(s->dir, relative);
	if (s->mode == STORE_WRITE) {
		AUTO_FREE char *folder = path_dir(path);
		make_dirs(folder, NULL); /* opening the file says what is wrong, with its name */
	}
	if (name)
		*name = STEAL(&relative);
	return path;
}

char *store_file(const struct store *s, const char *name)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, name, '/');
	if (name[0] == '/' || strv_has(&parts, ".."))
		return NULL;
	return path_join(s->dir, name);
}

static uint64_t database_size(const struct store *s)
{
	AUTO_FREE char *journal = xasprintf("%s-wal", s->path);
	return file_size(s->path) + file_size(journal);
}

static int remove_folder(const struct store *s, const char *name, uint64_t *freed, struct error *err)
{
	AUTO_FREE char *path = path_join(s->dir, name);
	if (!path_is_dir(path))
		return 0;
	AUTO_STRV files = { 0 };
	uint64_t bytes = 0;
	if (walk_files(path, MOST_FILES, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *file = path_join(path, files.v[i]);
		bytes += file_size(file);
	}
	if (remove_tree(path, err) < 0)
		return -1;
	*freed += bytes;
	return 0;
}

/* The statements of a kind of cleaning in one transaction, then the space given back. */
static int clean_rows(struct store *s, const enum sql *statements, size_t n, uint64_t *freed, struct error *err)
{
	uint64_t before = database_size(s);
	if (sql_run(s, SQL_BEGIN, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (sql_run(s, statements[i], err) < 0) {
			sql_run(s, SQL_ROLLBACK, NULL);
			return -1;
		}
	if (sql_run(s, SQL_COMMIT, err) < 0) {
		sql_run(s, SQL_ROLLBACK, NULL);
		return -1;
	}
	/* The rows are gone; that the file stays large (a reader, a full disk) is no failure. */
	if (sql_run(s, SQL_VACUUM, NULL) == 0)
		sql_run(s, SQL_CHECKPOINT, NULL);
	uint64_t after = database_size(s);
	*freed += before > after ? before - after : 0;
	return 0;
}

int store_clean(struct store *s, enum clean_what what, uint64_t *freed_bytes, struct error *err)
{
	static const enum sql builds[] = { SQL_CLEAN_WHEELS };
	static const enum sql old[] = { SQL_CLEAN_OLD_SURVEYS };
	static const enum sql all[] = { SQL_CLEAN_SURVEYS, SQL_CLEAN_CELLS, SQL_CLEAN_FACTS, SQL_CLEAN_DURATIONS };
	*freed_bytes = 0;
	LOCK_STORE(s);
	if (store_must_write(s, err) < 0)
		return -1;
	if ((what == CLEAN_BUILDS || what == CLEAN_ALL) && remove_folder(s, "builds", freed_bytes, err) < 0)
		return -1;
	if ((what == CLEAN_LOGS || what == CLEAN_ALL) && remove_folder(s, "logs", freed_bytes, err) < 0)
		return -1;
	switch (what) {
	case CLEAN_BUILDS:
		return clean_rows(s, builds, ARRAY_LEN(builds), freed_bytes, err);
	case CLEAN_OLD_SURVEYS:
		return clean_rows(s, old, ARRAY_LEN(old), freed_bytes, err);
	case CLEAN_ALL:
		return clean_rows(s, all, ARRAY_LEN(all), freed_bytes, err);
	case CLEAN_LOGS:
		break;
	}
	return 0;
}
