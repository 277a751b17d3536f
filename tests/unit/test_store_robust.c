/*
 * test_store_robust.c: the store between processes and on bad ground: kill -9
 * at every point, readers beside a writer, two writers, threads, damaged and
 * foreign files, newer versions, a read-only file system and a full one.
 */
#include "base/hash.h"
#include "tests/unit/store_help.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STEPS 7

/* One put after another, as a run does them; 0 when the step was reported durable. */
static int do_step(struct store *s, int step)
{
	AUTO_SURVEY survey = { .id = xstrdup("s1"), .title = xstrdup("t") };
	struct package_result p;
	package_result_init(&p);
	str_set(&p.name, step == 2 ? "a" : "b");
	AUTO_EVIDENCE e = { 0 };
	make_evidence(&e, 400);
	AUTO_JSON *v = cJSON_CreateNumber(step);
	int r = 0;
	switch (step) {
	case 0: r = store_put_cell(s, cell_id(1), "p", "1", "{}", &e, 1, NULL); break;
	case 1: r = store_begin_survey(s, &survey, "req", NULL); break;
	case 2: r = store_put_package(s, "s1", 0, &p, NULL); break;
	case 3: r = store_put_cell(s, cell_id(2), "p", "1", "{}", &e, 1, NULL); break;
	case 4: r = store_put_package(s, "s1", 1, &p, NULL); break;
	case 5: r = store_put_fact(s, "k", "k", v, NULL); break;
	case 6: r = store_finish_survey(s, &survey, NULL); break;
	}
	package_result_release(&p);
	return r;
}

/* How many steps of the row are in the store; each must be there only after the one before. */
static int steps_kept(struct store *s)
{
	bool cell[2];
	for (unsigned i = 0; i < 2; i++) {
		AUTO_EVIDENCE e = { 0 };
		assert_int_equal(store_get_cell(s, cell_id(i + 1), &cell[i], &e, NULL), 0);
		assert_int_equal(e.n_tests, cell[i] ? 400 : 0);
	}
	bool found = false, finished = false;
	AUTO_SURVEY any = { 0 }, whole = { 0 };
	assert_int_equal(store_find_survey(s, "req", false, &found, &any, NULL), 0);
	assert_int_equal(store_find_survey(s, "req", true, &finished, &whole, NULL), 0);
	AUTO_JSON *fact = NULL;
	assert_int_equal(store_get_fact(s, "k", "k", &fact, NULL), 0);
	const bool have[STEPS] = { cell[0], found, any.n_packages > 0, cell[1], any.n_packages > 1, fact != NULL, finished };
	int kept = 0;
	for (int i = 0; i < STEPS; i++) {
		if (have[i])
			assert_int_equal(kept, i);
		kept += have[i];
	}
	return kept;
}

/* Runs the steps in a child that tells each one; kills it after `point` of
 * them: by itself at once, or from outside while it goes on. */
static void run_and_kill(const char *dir, int point, bool from_outside)
{
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct store *s = NULL;
		if (store_open(dir, STORE_WRITE, &s, NULL) < 0)
			_exit(1);
		for (int step = 0; step < STEPS; step++) {
			if (step == point && !from_outside)
				raise(SIGKILL);
			if (do_step(s, step) < 0 || write(fds[1], "", 1) != 1)
				_exit(1);
		}
		raise(SIGKILL);
	}
	close(fds[1]);
	char c;
	for (int i = 0; i < point && from_outside; i++)
		assert_int_equal(read(fds[0], &c, 1), 1);
	if (from_outside)
		kill(pid, SIGKILL);
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	close(fds[0]);
}

static void kill_loses_nothing_that_was_reported(void **state)
{
	(void)state;
	for (int point = 0; point <= STEPS; point++) {
		for (int outside = 0; outside <= 1; outside++) {
			AUTO_FREE char *dir = fresh_dir();
			store_close(open_store(dir, STORE_WRITE));
			run_and_kill(dir, point, outside);
			struct store *r = open_store(dir, STORE_READ);
			int kept = steps_kept(r);
			store_close(r);
			assert_true(outside ? kept >= point : kept == point);
			/* The next run goes on where it stopped: the lock died with the process. */
			AUTO_STORE *s = open_store(dir, STORE_WRITE);
			for (int step = kept; step < STEPS; step++)
				assert_int_equal(do_step(s, step), 0);
			assert_int_equal(steps_kept(s), STEPS);
		}
	}
}

static void killed_survey_is_listed_as_unfinished(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	store_close(open_store(dir, STORE_WRITE));
	run_and_kill(dir, 4, false);
	AUTO_STORE *s = open_store(dir, STORE_READ);
	struct survey_list l;
	assert_int_equal(store_list_surveys(s, &l, NULL), 0);
	assert_int_equal(l.n, 1);
	assert_null(l.v[0].finished);
	assert_int_equal(l.v[0].packages, 1);
	survey_list_release(&l);
}

static void readers_see_what_is_put_meanwhile(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *writer = open_store(dir, STORE_WRITE);
	AUTO_STORE *reader = open_store(dir, STORE_READ);
	for (int step = 0; step < STEPS; step++) {
		assert_int_equal(steps_kept(reader), step);
		assert_int_equal(do_step(writer, step), 0);
	}
	assert_int_equal(steps_kept(reader), STEPS);
	/* A reader that came late, and one that outlives the writer. */
	AUTO_STORE *late = open_store(dir, STORE_READ);
	assert_int_equal(steps_kept(late), STEPS);
	store_close(STEAL(&writer));
	assert_int_equal(steps_kept(reader), STEPS);
}

static void second_writer_is_told_who_writes(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	struct store *other = NULL;
	AUTO_ERROR err = { 0 };
	assert_int_equal(store_open(dir, STORE_WRITE, &other, &err), -1);
	assert_int_equal(err.code, ERR_STORE_BUSY);
	AUTO_FREE char *who = xasprintf("another run (pid %ld, since ", (long)getpid());
	assert_true(str_starts(err.what, who));
	assert_non_null(strstr(err.hint, "--store DIR"));
	store_close(STEAL(&s));
	s = open_store(dir, STORE_WRITE);
}

struct worker {
	struct store *store;
	unsigned first;
	int failures;
};

static void *put_and_get(void *arg)
{
	struct worker *w = arg;
	for (unsigned i = w->first; i < w->first + 40; i++) {
		AUTO_EVIDENCE e, back;
		make_evidence(&e, i);
		bool found = false;
		AUTO_JSON *v = cJSON_CreateNumber(i);
		int r = store_put_cell(w->store, cell_id(i), "p", "1", "{}", &e, i, NULL);
		r |= store_get_cell(w->store, cell_id(i), &found, &back, NULL);
		r |= store_add_duration(w->store, "suite", "p", i, NULL);
		r |= store_put_fact(w->store, "k", cell_id(i), v, NULL);
		w->failures += r != 0 || !found || back.n_tests != i;
	}
	return NULL;
}

static void two_threads_share_one_store(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	struct worker workers[2] = { { .store = s, .first = 1 }, { .store = s, .first = 101 } };
	pthread_t threads[2];
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_and_get, &workers[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].failures, 0);
	}
	struct cell_list l;
	assert_int_equal(store_list_cells(s, "p", &l, NULL), 0);
	assert_int_equal(l.n, 80);
	cell_list_release(&l);
}

static void run_sql(const char *dir, const char *sql)
{
	AUTO_FREE char *path = path_join(dir, "store.db");
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Opening in both modes fails as stated and does not change a byte of the file. */
static void check_refused(const char *dir, enum error_code code, const char *words)
{
	AUTO_FREE char *path = path_join(dir, "store.db");
	char before[SHA256_HEX], after[SHA256_HEX];
	assert_int_equal(sha256_file(path, before, NULL), 0);
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		struct store *s = NULL;
		AUTO_ERROR err = { 0 };
		assert_int_equal(store_open(dir, mode, &s, &err), -1);
		assert_int_equal(err.code, code);
		assert_non_null(strstr(err.what, words));
		assert_string_equal(err.where, path);
		assert_non_null(err.hint);
	}
	assert_int_equal(sha256_file(path, after, NULL), 0);
	assert_string_equal(before, after);
}

static void newer_store_is_left_alone(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	store_close(open_store(dir, STORE_WRITE));
	run_sql(dir, "PRAGMA user_version = 2");
	check_refused(dir, ERR_STORE_NEWER, "schema 2");
	/* Nor is the journal of a newer tool that was killed moved into the file. */
	AUTO_FREE char *killed = fresh_dir();
	run_and_kill(killed, 3, false);
	run_sql(killed, "PRAGMA user_version = 2");
	check_refused(killed, ERR_STORE_NEWER, "schema 2");
}

static void foreign_database_is_left_alone(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	run_sql(dir, "CREATE TABLE cell (mine); INSERT INTO cell VALUES (1)");
	check_refused(dir, ERR_STORE, "not a store of migrate-check");
}

static void damaged_file_is_left_alone(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_FREE char *path = path_join(dir, "store.db");
	char noise[5000];
	memset(noise, 'x', sizeof(noise));
	assert_int_equal(write_file(path, noise, sizeof(noise), NULL), 0);
	check_refused(dir, ERR_STORE, "damaged");
}

/* The head is whole, the pages behind it are not: found when they are read. */
static void damage_inside_is_reported_at_use(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_FREE char *path = path_join(dir, "store.db");
	struct store *w = open_store(dir, STORE_WRITE);
	for (int step = 0; step < STEPS; step++)
		do_step(w, step);
	store_close(w);
	AUTO_BUF file = { 0 };
	assert_int_equal(read_file(path, 1 << 24, &file, NULL), 0);
	memset(file.data + 4096, 0xa5, file.len - 4096);
	assert_int_equal(write_file(path, file.data, file.len, NULL), 0);
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	AUTO_EVIDENCE e = { 0 };
	bool found = false;
	AUTO_ERROR err = { 0 };
	assert_int_equal(store_get_cell(s, cell_id(1), &found, &e, &err), -1);
	assert_int_equal(err.code, ERR_STORE);
	assert_non_null(strstr(err.what, "damaged"));
	AUTO_SURVEY survey = { 0 };
	assert_int_equal(store_latest_survey(s, false, &found, &survey, NULL), -1);
}

static void nothing_to_read_is_no_survey(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_FREE char *absent = path_join(dir, "absent");
	AUTO_FREE char *empty = path_join(dir, "store.db");
	struct store *s = NULL;
	AUTO_ERROR err = { 0 };
	assert_int_equal(store_open(absent, STORE_READ, &s, &err), -1);
	assert_int_equal(err.code, ERR_NO_SURVEY);
	assert_false(path_exists(absent));
	/* What a kill in the first instant of a first run leaves. */
	assert_int_equal(write_file(empty, "", 0, NULL), 0);
	AUTO_ERROR err2 = { 0 };
	assert_int_equal(store_open(dir, STORE_READ, &s, &err2), -1);
	assert_int_equal(err2.code, ERR_NO_SURVEY);
	store_close(open_store(dir, STORE_WRITE));
}

/* Runs fn in a child with mounts of its own; skips the test where that is not allowed. */
static void in_own_mounts(int (*fn)(const char *dir), const char *dir)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			_exit(77);
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
			_exit(77);
		_exit(fn(dir));
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int read_on_read_only(const char *dir)
{
	if (mount(dir, dir, NULL, MS_BIND, NULL) != 0 || mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return 77;
	struct store *s = NULL;
	bool found = false;
	AUTO_EVIDENCE e = { 0 };
	if (store_open(dir, STORE_READ, &s, NULL) < 0)
		return 1;
	if (store_get_cell(s, cell_id(1), &found, &e, NULL) < 0 || !found || e.n_tests != 400)
		return 2;
	store_close(s);
	AUTO_ERROR err = { 0 };
	if (store_open(dir, STORE_WRITE, &s, &err) == 0 || err.code != ERR_STORE)
		return 3;
	return 0;
}

static void store_on_a_read_only_file_system_can_be_read(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	/* Characters that mean something in a file: URI. */
	AUTO_FREE char *odd = path_join(dir, "a %41?b#c");
	struct store *s = open_store(odd, STORE_WRITE);
	do_step(s, 0);
	store_close(s);
	in_own_mounts(read_on_read_only, odd);
}

static void killed_store_on_a_read_only_file_system_can_be_read(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	run_and_kill(dir, 1, false);
	in_own_mounts(read_on_read_only, dir);
}

/* All or nothing: without its index the journal cannot be read here, and what
 * it holds must not be left out in silence. */
static int read_all_or_fail(const char *dir)
{
	if (mount(dir, dir, NULL, MS_BIND, NULL) != 0 || mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return 77;
	struct store *s = NULL;
	bool found = false;
	AUTO_EVIDENCE e = { 0 };
	AUTO_ERROR err = { 0 };
	if (store_open(dir, STORE_READ, &s, &err) < 0)
		return err.code == ERR_STORE ? 0 : 1;
	return store_get_cell(s, cell_id(1), &found, &e, NULL) == 0 && found ? 0 : 2;
}

static void journal_without_index_is_not_left_out(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	store_close(open_store(dir, STORE_WRITE));
	run_and_kill(dir, 1, false);
	AUTO_FREE char *index = path_join(dir, "store.db-shm");
	assert_int_equal(unlink(index), 0);
	in_own_mounts(read_all_or_fail, dir);
}

static int fill_the_disk(const char *dir)
{
	if (mount("none", dir, "tmpfs", 0, "size=400k") != 0)
		return 77;
	struct store *s = NULL;
	AUTO_ERROR err = { 0 };
	AUTO_EVIDENCE e = { 0 };
	make_evidence(&e, 400);
	if (store_open(dir, STORE_WRITE, &s, NULL) < 0)
		return 1;
	unsigned kept = 0;
	while (kept < 1000 && store_put_cell(s, cell_id(kept + 1), "p", "1", "{}", &e, 1, &err) == 0)
		kept++;
	if (err.code != ERR_DISK_FULL || kept == 0)
		return 2;
	store_close(s);
	if (store_open(dir, STORE_READ, &s, NULL) < 0)
		return 3;
	struct cell_list l;
	if (store_list_cells(s, NULL, &l, NULL) < 0 || l.n != kept)
		return 4;
	return 0;
}

static void full_disk_is_told_and_keeps_what_was_put(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	in_own_mounts(fill_the_disk, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kill_loses_nothing_that_was_reported),
		cmocka_unit_test(killed_survey_is_listed_as_unfinished),
		cmocka_unit_test(readers_see_what_is_put_meanwhile),
		cmocka_unit_test(second_writer_is_told_who_writes),
		cmocka_unit_test(two_threads_share_one_store),
		cmocka_unit_test(newer_store_is_left_alone),
		cmocka_unit_test(foreign_database_is_left_alone),
		cmocka_unit_test(damaged_file_is_left_alone),
		cmocka_unit_test(damage_inside_is_reported_at_use),
		cmocka_unit_test(nothing_to_read_is_no_survey),
		cmocka_unit_test(store_on_a_read_only_file_system_can_be_read),
		cmocka_unit_test(killed_store_on_a_read_only_file_system_can_be_read),
		cmocka_unit_test(journal_without_index_is_not_left_out),
		cmocka_unit_test(full_disk_is_told_and_keeps_what_was_put),
	};
	return run_in_temp_folder(tests, ARRAY_LEN(tests));
}
