/*
 * store.h: what the tool keeps between runs, in one SQLite database (WAL) with
 * log files beside it. The only layer with SQL.
 *
 * A put is durable when it returns: one transaction, synchronous=FULL. A store
 * has one writer at a time (flock on DIR/lock) and any number of readers, also
 * while it is written and on a read-only file system. One struct store may be
 * used by several threads at once.
 *
 * Errors: ERR_STORE (cannot be read or written, damaged; never overwritten),
 * ERR_STORE_BUSY (another writer), ERR_STORE_NEWER (written by a newer tool,
 * left untouched), ERR_DISK_FULL, ERR_NO_SURVEY (nothing there to read).
 */
#ifndef MC_STORE_H
#define MC_STORE_H

#include "model/evidence.h"
#include "model/survey.h"

struct store;
enum store_mode { STORE_READ, STORE_WRITE };
#define AUTO_STORE CLEANUP(store_close_p) struct store /* struct store *s, closed at the end of the scope */

/* dir NULL: dir_data()/store. STORE_WRITE makes the store when there is none
 * and brings an older one to the present schema; STORE_READ of an absent store
 * is ERR_NO_SURVEY. *out is closed by the caller. */
int store_open(const char *dir, enum store_mode mode, struct store **out, struct error *err);
void store_close(struct store *s); /* NULL is fine */
void store_close_p(struct store **s);         /* called by AUTO_STORE */
const char *store_dir(const struct store *s); /* absolute; owned by s */

/*
 * Cells. cell_id is 64 lower-case hex digits, the sha256 of the text key_json.
 * Putting an id again replaces the cell.
 */
int store_put_cell(struct store *s, const char *cell_id, const char *package, const char *version, const char *key_json,
                   const struct evidence *e, double seconds, struct error *err);
/* *found false: *out is initialised and empty. The caller releases *out in both cases. */
int store_get_cell(struct store *s, const char *cell_id, bool *found, struct evidence *out, struct error *err);

struct cell_entry {
	char *id, *package, *version;
	char *key;       /* JSON */
	char *finished;  /* UTC */
	double seconds;
};
struct cell_list {
	struct cell_entry *v;
	size_t n;
};
/* Cells of a package (all packages when NULL), oldest first; fills *out, which the caller releases. */
int store_list_cells(struct store *s, const char *package, struct cell_list *out, struct error *err);
void cell_list_release(struct cell_list *l); /* frees the entries too; l is empty afterwards */

/*
 * Facts: durable JSON values under a kind and a key.
 */
#define FACT_LOCK "lock"           /* resolved closure of a request and arm */
#define FACT_WHEEL "wheel"         /* wheel built for an interpreter; removed by CLEAN_BUILDS */
#define FACT_TEST_DEPS "test-deps" /* test dependencies learned for a package */
#define FACT_PAGE "page"           /* hash of a page of the index */
int store_put_fact(struct store *s, const char *kind, const char *key, const cJSON *value, struct error *err);
/* *out: NULL when there is none; else the caller deletes it. */
int store_get_fact(struct store *s, const char *kind, const char *key, cJSON **out, struct error *err);
int store_drop_fact(struct store *s, const char *kind, const char *key, struct error *err); /* absent is fine */

/* How long a step took; only the last five of each step and package are kept. */
int store_add_duration(struct store *s, const char *step, const char *package, double seconds, struct error *err);
/* Median of those kept; *found false when there is none. */
int store_typical_duration(struct store *s, const char *step, const char *package, double *seconds, bool *found,
                           struct error *err);

/*
 * Surveys. begin, any number of put_package, finish; each is durable by itself,
 * so a run that is killed leaves an unfinished survey with the packages so far.
 */
/* request_hash: equal for requests whose answer would be the same. An id begun again keeps its packages. */
int store_begin_survey(struct store *s, const struct survey *survey, const char *request_hash, struct error *err);
/* position: place of the package in the request, from 0; the same position is replaced. */
int store_put_package(struct store *s, const char *survey_id, size_t position, const struct package_result *p,
                      struct error *err);
/* Writes the survey's own fields, not its packages. `finished` NULL is written as now. */
int store_finish_survey(struct store *s, const struct survey *survey, struct error *err);

/* Each of these fills *out (with packages, in the order of the request) when
 * *found; else *out is empty. The caller releases *out in both cases.
 * finished_only leaves out surveys that were killed or interrupted. */
int store_find_survey(struct store *s, const char *request_hash, bool finished_only, bool *found, struct survey *out,
                      struct error *err); /* newest of that request */
/* Newest of any request. */
int store_latest_survey(struct store *s, bool finished_only, bool *found, struct survey *out, struct error *err);
/* The newest finished survey that began before `survey` and shares a package name with it. */
int store_previous_survey(struct store *s, const struct survey *survey, bool *found, struct survey *out,
                          struct error *err);
/* By id or by a prefix that fits one id only; else ERR_NO_SURVEY. *out is released by the caller on success. */
int store_get_survey(struct store *s, const char *id, struct survey *out, struct error *err);

struct survey_entry {
	char *id, *title, *started;
	char *finished;      /* NULL: the run was killed or still goes on */
	bool interrupted;
	int64_t packages;    /* with a result */
};
struct survey_list {
	struct survey_entry *v;
	size_t n;
};
int store_list_surveys(struct store *s, struct survey_list *out, struct error *err); /* newest first */
void survey_list_release(struct survey_list *l); /* frees the entries too; l is empty afterwards */

/* Newest result of a package over all surveys, unfinished ones too; version
 * NULL: of any version. *survey_id (may be NULL) is owned by the caller. */
int store_find_package(struct store *s, const char *name, const char *version, bool *found, struct package_result *out,
                       char **survey_id, struct error *err);

/*
 * Logs: plain files below DIR/logs, spread over 256 folders.
 */
/* The path of a cell's log and, in *name (may be NULL), its name below the
 * store, which is what evidence.log keeps; both owned by the caller. `words`
 * says which run it is ("ft serial 2"). Makes the folder when the store is
 * open for writing; the file itself is the caller's to write. */
char *store_log_path(struct store *s, const char *cell_id, const char *words, char **name);
/* Absolute path of a name below the store; NULL for a name that leaves it. */
char *store_file(const struct store *s, const char *name);

enum clean_what {
	CLEAN_BUILDS,      /* DIR/builds and what is known of built wheels */
	CLEAN_LOGS,        /* DIR/logs */
	CLEAN_OLD_SURVEYS, /* all surveys but the newest finished and the newest of all; cells stay */
	CLEAN_ALL          /* all of it, cells, facts and surveys too */
};
/* Needs STORE_WRITE. *freed_bytes: what the files and the database became smaller by, also when -1 is returned. */
int store_clean(struct store *s, enum clean_what what, uint64_t *freed_bytes, struct error *err);

#endif
