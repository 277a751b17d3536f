/*
 * test_store.c: the store as one process uses it: cells, facts, durations,
 * surveys, logs, cleaning, and the frozen sample of schema 1. What happens
 * between processes, on bad files and full disks is in test_store_robust.c.
 */
#include "tests/unit/store_help.h"

#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#include <cmocka.h>

static void cell_comes_back_as_put(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	AUTO_EVIDENCE e;
	make_evidence(&e, 300);
	assert_int_equal(store_put_cell(s, cell_id(1), "p", "1.0", "{\"a\":1}", &e, 2.5, NULL), 0);
	bool found = false;
	AUTO_EVIDENCE back;
	assert_int_equal(store_get_cell(s, cell_id(1), &found, &back, NULL), 0);
	assert_true(found);
	AUTO_JSON *a = evidence_to_json(&e);
	AUTO_JSON *b = evidence_to_json(&back);
	assert_true(cJSON_Compare(a, b, 1));
	AUTO_EVIDENCE none;
	assert_int_equal(store_get_cell(s, cell_id(2), &found, &none, NULL), 0);
	assert_false(found);
	assert_int_equal(none.collected, -1);
	assert_int_equal(store_put_cell(s, "../../etc", "p", "1.0", "{}", &e, 1, NULL), -1);
}

static void cells_are_listed_and_replaced(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	AUTO_EVIDENCE e;
	make_evidence(&e, 1);
	store_put_cell(s, cell_id(1), "p", "1.0", "{}", &e, 1, NULL);
	store_put_cell(s, cell_id(2), "q", "1.0", "{}", &e, 1, NULL);
	store_put_cell(s, cell_id(3), "p", NULL, "{\"k\":3}", &e, 1, NULL);
	store_put_cell(s, cell_id(1), "p", "1.1", "{}", &e, 7.5, NULL);
	struct cell_list l;
	assert_int_equal(store_list_cells(s, "p", &l, NULL), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].key, "{\"k\":3}");
	assert_string_equal(l.v[0].version, "");
	assert_string_equal(l.v[1].version, "1.1");
	assert_true(l.v[1].seconds == 7.5);
	cell_list_release(&l);
	assert_int_equal(store_list_cells(s, NULL, &l, NULL), 0);
	assert_int_equal(l.n, 3);
	cell_list_release(&l);
}

static void facts_replace_and_vanish(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	AUTO_JSON *one = cJSON_Parse("{\"v\":1}");
	AUTO_JSON *two = cJSON_Parse("[2,\"'; DROP TABLE fact; --\"]");
	assert_int_equal(store_put_fact(s, FACT_LOCK, "k", one, NULL), 0);
	assert_int_equal(store_put_fact(s, FACT_PAGE, "k", one, NULL), 0);
	assert_int_equal(store_put_fact(s, FACT_LOCK, "k", two, NULL), 0);
	AUTO_JSON *back = NULL;
	assert_int_equal(store_get_fact(s, FACT_LOCK, "k", &back, NULL), 0);
	assert_true(cJSON_Compare(back, two, 1));
	assert_int_equal(store_drop_fact(s, FACT_LOCK, "k", NULL), 0);
	AUTO_JSON *gone = NULL;
	AUTO_JSON *other = NULL;
	assert_int_equal(store_get_fact(s, FACT_LOCK, "k", &gone, NULL), 0);
	assert_null(gone);
	assert_int_equal(store_get_fact(s, FACT_PAGE, "k", &other, NULL), 0);
	assert_non_null(other);
}

static void typical_duration_is_the_median_of_the_last_five(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	static const struct { double added, typical; } rows[] = {
		{ 100, 100 }, { 2, 51 }, { 90, 90 }, { 3, 46.5 }, { 1, 3 }, { 4, 3 }, { 5, 4 }, { 6, 4 } };
	double seconds = 0;
	bool found = true;
	assert_int_equal(store_typical_duration(s, "build", "p", &seconds, &found, NULL), 0);
	assert_false(found);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(store_add_duration(s, "build", "p", rows[i].added, NULL), 0);
		assert_int_equal(store_typical_duration(s, "build", "p", &seconds, &found, NULL), 0);
		assert_true(found);
		assert_true(seconds == rows[i].typical);
	}
	assert_int_equal(store_typical_duration(s, "suite", "p", &seconds, &found, NULL), 0);
	assert_false(found);
}

static void survey_comes_back_with_its_packages_in_order(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "aaa111", "req1", "b a", true);
	AUTO_SURVEY back = { 0 };
	bool found = false;
	assert_int_equal(store_find_survey(s, "req1", true, &found, &back, NULL), 0);
	assert_true(found);
	assert_string_equal(back.id, "aaa111");
	assert_non_null(back.finished);
	assert_int_equal(back.n_packages, 2);
	assert_string_equal(back.packages[0].name, "b");
	assert_string_equal(back.packages[1].name, "a");
	AUTO_SURVEY none = { 0 };
	assert_int_equal(store_find_survey(s, "req2", false, &found, &none, NULL), 0);
	assert_false(found);
	struct package_result p;
	package_result_init(&p);
	assert_int_equal(store_put_package(s, "nosuch", 0, &p, NULL), -1);
	AUTO_SURVEY unknown = { .id = xstrdup("nosuch") };
	AUTO_ERROR err = { 0 };
	assert_int_equal(store_finish_survey(s, &unknown, &err), -1);
	assert_int_equal(err.code, ERR_NO_SURVEY);
}

static void only_finished_surveys_answer(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "aaa111", "req", "a", true);
	put_survey(s, "aaa222", "req", "a", false);
	AUTO_SURVEY stopped = { .id = xstrdup("aaa333"), .interrupted = true };
	assert_int_equal(store_begin_survey(s, &stopped, "req", NULL), 0);
	assert_int_equal(store_finish_survey(s, &stopped, NULL), 0);
	static const struct { bool finished_only; const char *id; } rows[] = { { true, "aaa111" }, { false, "aaa333" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = false;
		AUTO_SURVEY a = { 0 }, b = { 0 };
		assert_int_equal(store_find_survey(s, "req", rows[i].finished_only, &found, &a, NULL), 0);
		assert_string_equal(a.id, rows[i].id);
		assert_int_equal(store_latest_survey(s, rows[i].finished_only, &found, &b, NULL), 0);
		assert_string_equal(b.id, rows[i].id);
	}
	struct survey_list l;
	assert_int_equal(store_list_surveys(s, &l, NULL), 0);
	assert_int_equal(l.n, 3);
	assert_true(l.v[0].interrupted);
	assert_string_equal(l.v[1].id, "aaa222");
	assert_null(l.v[1].finished);
	assert_int_equal(l.v[1].packages, 1);
	assert_non_null(l.v[2].finished);
	survey_list_release(&l);
}

static void survey_is_found_by_unique_prefix(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "abc123", "r", "a", true);
	put_survey(s, "abd123", "r", "b", true);
	put_survey(s, "abd1", "r", "c", true);
	static const struct { const char *given, *id; } rows[] = {
		{ "abc", "abc123" }, { "abc123", "abc123" }, { "abd1", "abd1" }, { "abd12", "abd123" },
		{ "ab", NULL }, { "zz", NULL }, { "", NULL }, { "a%", NULL } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_SURVEY found = { 0 };
		AUTO_ERROR err = { 0 };
		int r = store_get_survey(s, rows[i].given, &found, &err);
		assert_int_equal(r, rows[i].id ? 0 : -1);
		if (rows[i].id)
			assert_string_equal(found.id, rows[i].id);
		else
			assert_int_equal(err.code, ERR_NO_SURVEY);
	}
}

static void previous_survey_shares_a_package(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "s1", "r1", "a b", true);
	put_survey(s, "s2", "r2", "c", true);
	put_survey(s, "s3", "r3", "a", false);
	put_survey(s, "s4", "r4", "b d", true);
	put_survey(s, "s5", "r5", "a", true);
	static const struct { const char *id, *names, *previous; } rows[] = {
		{ "s4", "b", "s1" }, { "s2", "c", NULL }, { "s5", "d", "s4" }, { "s5", "a", "s1" }, { "s9", "a", "s5" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_SURVEY now = { .id = xstrdup(rows[i].id) };
		str_set(&survey_add_package(&now)->name, rows[i].names);
		AUTO_SURVEY before = { 0 };
		bool found = false;
		assert_int_equal(store_previous_survey(s, &now, &found, &before, NULL), 0);
		assert_int_equal(found, rows[i].previous != NULL);
		if (found)
			assert_string_equal(before.id, rows[i].previous);
	}
}

static void newest_result_of_a_package(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "s1", "r1", "a b", true);
	put_survey(s, "s2", "r2", "b", false);
	static const struct { const char *name, *version, *survey; } rows[] = {
		{ "a", NULL, "s1" }, { "b", NULL, "s2" }, { "b", "1.s1", "s1" }, { "b", "9", NULL }, { "z", NULL, NULL } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct package_result p;
		bool found = false;
		AUTO_FREE char *id = NULL;
		assert_int_equal(store_find_package(s, rows[i].name, rows[i].version, &found, &p, &id, NULL), 0);
		assert_int_equal(found, rows[i].survey != NULL);
		if (found) {
			assert_string_equal(id, rows[i].survey);
			assert_string_equal(p.name, rows[i].name);
		}
		package_result_release(&p);
	}
}

/* A put replaces the result at its place, and a survey begun again keeps its packages. */
static void package_at_a_position_is_replaced(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	put_survey(s, "s1", "r1", "a b", true);
	struct package_result p;
	package_result_init(&p);
	str_set(&p.name, "new");
	assert_int_equal(store_put_package(s, "s1", 0, &p, NULL), 0);
	package_result_release(&p);
	AUTO_SURVEY again = { .id = xstrdup("s1"), .title = xstrdup("again") };
	assert_int_equal(store_begin_survey(s, &again, "r1", NULL), 0);
	AUTO_SURVEY back = { 0 };
	assert_int_equal(store_get_survey(s, "s1", &back, NULL), 0);
	assert_string_equal(back.title, "again");
	assert_null(back.finished);
	assert_int_equal(back.n_packages, 2);
	assert_string_equal(back.packages[0].name, "new");
	assert_string_equal(back.packages[1].name, "b");
}

static void log_names_stay_below_the_store(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	AUTO_FREE char *name = NULL;
	AUTO_FREE char *path = store_log_path(s, cell_id(0xab), "ft serial/../2", &name);
	AUTO_FREE char *expected = xasprintf("logs/%.2s/%s-ft-serial----2.log", cell_id(0xab), cell_id(0xab));
	assert_string_equal(name, expected);
	assert_int_equal(write_file(path, "x", 1, NULL), 0);
	AUTO_FREE char *same = store_file(s, name);
	assert_string_equal(same, path);
	assert_null(store_file(s, "/etc/passwd"));
	assert_null(store_file(s, "logs/../../x"));
	AUTO_FREE char *dots = store_file(s, "logs/a..b");
	assert_non_null(dots);
}

static void fill_for_cleaning(struct store *s)
{
	AUTO_EVIDENCE e;
	make_evidence(&e, 2000);
	store_put_cell(s, cell_id(1), "p", "1", "{}", &e, 1, NULL);
	put_survey(s, "s1", "r", "a", true);
	put_survey(s, "s2", "r", "a", true);
	put_survey(s, "s3", "r", "a", false);
	AUTO_JSON *v = cJSON_CreateTrue();
	store_put_fact(s, FACT_WHEEL, "w", v, NULL);
	store_put_fact(s, FACT_LOCK, "l", v, NULL);
	AUTO_FREE char *log = store_log_path(s, cell_id(1), "x", NULL);
	AUTO_FREE char *builds = path_join(store_dir(s), "builds/deep");
	AUTO_FREE char *built = path_join(builds, "w.whl");
	make_dirs(builds, NULL);
	write_file(log, "0123456789", 10, NULL);
	write_file(built, "01234", 5, NULL);
}

static void clean_removes_what_it_says(void **state)
{
	(void)state;
	static const struct { enum clean_what what; bool wheel, lock, log, built, cell; size_t surveys; uint64_t least; } rows[] = {
		{ CLEAN_BUILDS, false, true, true, false, true, 3, 5 },
		{ CLEAN_LOGS, true, true, false, true, true, 3, 10 },
		{ CLEAN_OLD_SURVEYS, true, true, true, true, true, 2, 0 },
		{ CLEAN_ALL, false, false, false, false, false, 0, 100000 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *dir = fresh_dir();
		AUTO_STORE *s = open_store(dir, STORE_WRITE);
		fill_for_cleaning(s);
		uint64_t freed = 0;
		assert_int_equal(store_clean(s, rows[i].what, &freed, NULL), 0);
		assert_true(freed >= rows[i].least);
		AUTO_JSON *wheel = NULL;
		AUTO_JSON *lock = NULL;
		store_get_fact(s, FACT_WHEEL, "w", &wheel, NULL);
		store_get_fact(s, FACT_LOCK, "l", &lock, NULL);
		assert_int_equal(wheel != NULL, rows[i].wheel);
		assert_int_equal(lock != NULL, rows[i].lock);
		AUTO_FREE char *log = store_log_path(s, cell_id(1), "x", NULL);
		AUTO_FREE char *built = path_join(store_dir(s), "builds/deep/w.whl");
		assert_int_equal(path_exists(log), rows[i].log);
		assert_int_equal(path_exists(built), rows[i].built);
		bool found = false;
		AUTO_EVIDENCE e;
		store_get_cell(s, cell_id(1), &found, &e, NULL);
		assert_int_equal(found, rows[i].cell);
		struct survey_list l;
		store_list_surveys(s, &l, NULL);
		assert_int_equal(l.n, rows[i].surveys);
		survey_list_release(&l);
	}
}

/* The newest finished one stays even if newer ones were killed, and its packages with it. */
static void old_surveys_leave_the_last_answer(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_STORE *s = open_store(dir, STORE_WRITE);
	fill_for_cleaning(s);
	uint64_t freed = 0;
	assert_int_equal(store_clean(s, CLEAN_OLD_SURVEYS, &freed, NULL), 0);
	AUTO_SURVEY last = { 0 };
	bool found = false;
	assert_int_equal(store_latest_survey(s, true, &found, &last, NULL), 0);
	assert_string_equal(last.id, "s2");
	assert_int_equal(last.n_packages, 1);
	/* What belonged to the removed ones went with them. */
	AUTO_FREE char *path = path_join(dir, "store.db");
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM package", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), 2);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void a_reader_cannot_write(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	store_close(open_store(dir, STORE_WRITE));
	AUTO_STORE *s = open_store(dir, STORE_READ);
	AUTO_JSON *v = cJSON_CreateTrue();
	AUTO_ERROR err = { 0 };
	assert_int_equal(store_put_fact(s, "k", "k", v, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	AUTO_FREE char *log = store_log_path(s, cell_id(1), "x", NULL);
	AUTO_FREE char *folder = path_join(dir, "logs");
	assert_false(path_exists(folder));
}

static void dir_defaults_to_the_data_folder(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	setenv("MIGRATE_CHECK_DATA", dir, 1);
	AUTO_STORE *s = open_store(NULL, STORE_WRITE);
	AUTO_FREE char *expected = path_join(dir, "store");
	assert_string_equal(store_dir(s), expected);
	unsetenv("MIGRATE_CHECK_DATA");
}

/* Stores written by a released version must stay readable for ever: never
 * change the sample; a later schema adds its own. */
static void frozen_sample_of_schema_1_opens(void **state)
{
	(void)state;
	AUTO_FREE char *dir = fresh_dir();
	AUTO_FREE char *path = path_join(dir, "store.db");
	AUTO_BUF sql = { 0 };
	assert_int_equal(read_file(MC_BUILD_SRCDIR "/tests/unit/data/store_v1.sql", 1 << 20, &sql, NULL), 0);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, buf_str(&sql), NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	for (enum store_mode mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		AUTO_STORE *s = open_store(dir, mode);
		bool found = false;
		AUTO_EVIDENCE e;
		assert_int_equal(store_get_cell(s, cell_id(1), &found, &e, NULL), 0);
		assert_true(found);
		assert_int_equal(e.n_tests, 2);
		assert_int_equal(e.tests[1].status, TEST_FAILED);
		AUTO_SURVEY survey = { 0 };
		assert_int_equal(store_latest_survey(s, true, &found, &survey, NULL), 0);
		assert_string_equal(survey.id, "5dc62e960001");
		assert_int_equal(survey.n_packages, 2);
		assert_int_equal(survey.packages[0].verdict, OUT_TEST_REGRESSED);
		AUTO_JSON *fact = NULL;
		assert_int_equal(store_get_fact(s, FACT_TEST_DEPS, "p", &fact, NULL), 0);
		assert_int_equal(cJSON_GetArraySize(fact), 1);
		double seconds = 0;
		assert_int_equal(store_typical_duration(s, "suite", "p", &seconds, &found, NULL), 0);
		assert_true(seconds == 2.5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cell_comes_back_as_put),
		cmocka_unit_test(cells_are_listed_and_replaced),
		cmocka_unit_test(facts_replace_and_vanish),
		cmocka_unit_test(typical_duration_is_the_median_of_the_last_five),
		cmocka_unit_test(survey_comes_back_with_its_packages_in_order),
		cmocka_unit_test(only_finished_surveys_answer),
		cmocka_unit_test(survey_is_found_by_unique_prefix),
		cmocka_unit_test(previous_survey_shares_a_package),
		cmocka_unit_test(newest_result_of_a_package),
		cmocka_unit_test(package_at_a_position_is_replaced),
		cmocka_unit_test(log_names_stay_below_the_store),
		cmocka_unit_test(clean_removes_what_it_says),
		cmocka_unit_test(old_surveys_leave_the_last_answer),
		cmocka_unit_test(a_reader_cannot_write),
		cmocka_unit_test(dir_defaults_to_the_data_folder),
		cmocka_unit_test(frozen_sample_of_schema_1_opens),
	};
	return run_in_temp_folder(tests, ARRAY_LEN(tests));
}
