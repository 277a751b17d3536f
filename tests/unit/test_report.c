/* test_report.c: every format against expected texts (UPDATE_GOLDEN=1 rewrites them) and the rules that hold for all of them. */
#include "base/text.h"
#include "report/cells.h"
#include "report/facts.h"
#include "report/html.h"
#include "report/style.h"
#include "report/summary.h"
#include "report_help.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const surveys[] = { "mixed", "all-go", "nothing-tested", "interrupted", "stress", "attack" };
static const struct report_options pipe_options = { 0 };
static const struct report_options narrow = { .width = 80, .terminal = true };
static const struct report_options wide = { .width = 120, .terminal = true };

static char *matrix(const struct survey *s, const struct report_options *opt)
{
	return CAPTURE(out, report_matrix(out, s, opt, NULL));
}

static void matrix_looks_as_expected(void **state)
{
	(void)state;
	const struct {
		const char *name;
		const struct report_options *opt;
	} forms[] = { { "80", &narrow }, { "120", &wide }, { "pipe", &pipe_options } };
	AUTO_SURVEY previous = { 0 };
	load_survey(&previous, "previous");
	for (size_t i = 0; i < ARRAY_LEN(surveys); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, surveys[i]);
		for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
			struct report_options opt = *forms[f].opt;
			opt.previous = strcmp(surveys[i], "mixed") == 0 ? &previous : NULL;
			AUTO_FREE char *text = matrix(&s, &opt);
			AUTO_FREE char *name = xasprintf("matrix-%s-%s.txt", surveys[i], forms[f].name);
			check_golden(name, text);
		}
	}
}

static void other_formats_look_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(surveys); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, surveys[i]);
		AUTO_FREE char *tsv = CAPTURE(out, report_tsv(out, &s, &pipe_options, NULL));
		AUTO_FREE char *tsv_name = xasprintf("tsv-%s.txt", surveys[i]);
		check_golden(tsv_name, tsv);
		if (strcmp(surveys[i], "mixed") == 0)
			s.n_packages = 5; /* enough to see the form */
		AUTO_FREE char *json = CAPTURE(out, report_json(out, &s, &pipe_options, NULL));
		s.n_packages = strcmp(surveys[i], "mixed") == 0 ? 27 : s.n_packages;
		AUTO_FREE char *json_name = xasprintf("survey-%s.json", surveys[i]);
		check_golden(json_name, json);
	}
}

static void sheets_look_as_expected(void **state)
{
	(void)state;
	const struct {
		const char *survey, *package;
	} rows[] = { { "mixed", "multidict" }, { "mixed", "cffi" }, { "mixed", "numpy" }, { "attack", NULL },
	            { "stress", "countlib" }, { "stress", "globals-in-tests" }, { "stress", "solid" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, rows[i].survey);
		const struct package_result *p = rows[i].package ? report_find_package(&s, rows[i].package) : &s.packages[0];
		assert_non_null(p);
		AUTO_FREE char *sheet = CAPTURE(out, report_show(out, &s, p, &narrow, NULL));
		AUTO_FREE char *issue = CAPTURE(out, report_issue(out, &s, p, &pipe_options, NULL));
		AUTO_FREE char *sheet_name = xasprintf("show-%s.txt", rows[i].package ? rows[i].package : "attack");
		AUTO_FREE char *issue_name = xasprintf("issue-%s.md", rows[i].package ? rows[i].package : "attack");
		check_golden(sheet_name, sheet);
		check_golden(issue_name, issue);
		check_words(sheet);
		check_words(issue);
		check_harmless(sheet, false);
		check_harmless(issue, false);
	}
}

/* The sheet of a stress finding has what a maintainer asks, and the issue the whole script. */
static void stress_findings_are_told_whole(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "stress");
	const struct package_result *p = report_find_package(&s, "multidict");
	AUTO_FREE char *sheet = CAPTURE(out, report_show(out, &s, p, &pipe_options, NULL));
	AUTO_FREE char *issue = CAPTURE(out, report_issue(out, &s, p, &pipe_options, NULL));
	check_golden("show-stress.txt", sheet);
	check_golden("issue-stress.md", issue);
	assert_non_null(strstr(sheet, "ft 3 of 3 runs, first 0.2 s | gil 0 of 3 | ft one at a time 0 of 40 plays | ft one thread 0 of 20 plays\n"));
	assert_non_null(strstr(sheet, "parallel  1,384 of 1,640; not: 142 use capsys, 61 are marked, 53 use module fixtures"));
	assert_non_null(strstr(sheet, "migrate-check reproduce multidict:m1 --script > repro.py"));
	assert_non_null(strstr(sheet, "6.9.0, tested here: 0 of 3 runs"));
	assert_non_null(strstr(sheet, "the stress says otherwise"));
	assert_non_null(strstr(issue, "        shared.add(f\"`k`{i % 7}\", i)\n"));
}

static void the_stress_cell_never_hides_what_was_not_reached(void **state)
{
	(void)state;
	static const char *const cells[][2] = { { "multidict", "crash 0.2 s" }, { "countlib", "lost-update 31 ms" },
		                                    { "globals-in-tests", "ran 30 of 120" }, { "solid", "ran 120 of 120" }, { "unstressed", "-" } };
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "stress");
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		AUTO_FREE char *cell = cell_stress(report_find_package(&s, cells[i][0]));
		assert_string_equal(cell, cells[i][1]);
	}
	struct finding *f = &s.packages[0].findings[0];
	f->fault = FAULT_RACY_WITH_GIL; /* m2 is suspect */
	AUTO_FREE char *suspect = cell_stress(&s.packages[0]);
	assert_string_equal(suspect, "suspect");
	s.packages[0].n_findings = 1;
	AUTO_FREE char *older = cell_stress(&s.packages[0]);
	assert_string_equal(older, "ran 1,384 of 1,640");
	s.packages[0].n_findings = 2;
}

/* Numbers that nothing can mean are as if they were missing, in every format. */
static void odd_numbers_are_not_shown(void **state)
{
	(void)state;
	static const double odd[] = { NAN, INFINITY, -INFINITY, -1, 0, 1e300, 1e-300 };
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		AUTO_SURVEY s = { 0 };
		struct package_result *p = survey_add_package(&s);
		str_set(&p->name, "some");
		struct scaling_curve *c = scaling_add_curve(&p->scaling, "calls", "private", ARM_FT);
		scaling_add_point(c, 1)->speedup = 1;
		scaling_add_point(c, 2)->speedup = odd[i];
		struct ratio *all[] = { &p->time, &p->build, &p->memory, &p->memory_import, &p->import_time, &p->baseline, &s.baseline.time };
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			*all[k] = (struct ratio){ .known = true, .ratio = odd[i], .lo = odd[i], .hi = odd[i], .n = 15, .noise = odd[i] };
		p->measured = (struct measured){ .known = true, .load = odd[i], .load_most = odd[i], .repeat = -5 };
		p->artifact[ARM_FT] = (struct artifact_facts){ .known = true, .wheel_bytes = -1, .installed_bytes = -7 };
		AUTO_FREE char *table = matrix(&s, &pipe_options);
		AUTO_FREE char *sheet = CAPTURE(out, report_show(out, &s, p, &pipe_options, NULL));
		AUTO_FREE char *tsv = CAPTURE(out, report_tsv(out, &s, &pipe_options, NULL));
		AUTO_FREE char *page = CAPTURE(out, report_html(out, &s, &(struct html_options){ 0 }, NULL));
		AUTO_FREE char *text = xasprintf("%s%s%s%s", table, sheet, tsv, page);
		static const char *const never[] = { "nanx", "infx", "nan%", "inf%", "-1.0", " nan", " inf,", "-inf", "inf]", "0000000000", "class='plot'", "class='scale'", "cost: ", "gain: " };
		for (size_t k = 0; k < ARRAY_LEN(never); k++)
			if (strstr(text, never[k]))
				fail_msg("%g is shown as %.80s", odd[i], strstr(text, never[k]));
	}
}

/* What stress did not reach is counted over all packages. */
static void gaps_of_stress_are_said(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "stress");
	survey_set_not_covered(&s);
	AUTO_FREE char *gaps = strv_join(&s.not_covered, "; ");
	assert_string_equal(gaps, "thread stress of 1 of 5 packages; sanitizer of 4 of 5 packages; 348 tests never ran in parallel; 56 of 152 recorded operations were never replayed");
	size_t n = s.n_packages;
	s.n_packages = 1; /* multidict alone: all stressed, no tsan */
	survey_set_not_covered(&s);
	assert_string_equal(s.not_covered.v[0], "sanitizer (no ThreadSanitizer interpreter)");
	strv_add(&s.packages[0].stress_left_out, "perturb: this harness has no such mode");
	survey_set_not_covered(&s);
	assert_string_equal(s.not_covered.v[0], "stress mode perturb: this harness has no such mode");
	stress_summaries_release(&s.packages[0]);
	strv_clear(&s.not_covered);
	strv_add(&s.not_covered, "thread stress (--stress none)");
	survey_set_not_covered(&s);
	assert_string_equal(s.not_covered.v[0], "thread stress (--stress none)");
	s.n_packages = n;
}

static void a_finding_is_named_by_id_or_by_package_and_id(void **state)
{
	(void)state;
	static const struct {
		const char *word, *package, *id, *hint;
	} rows[] = {
		{ "m1", "multidict", "m1", NULL }, { "multidict:m2", "multidict", "m2", NULL }, { "nosuch:m1", NULL, NULL, "`migrate-check report` lists its packages" },
		{ "c1", NULL, NULL, "name one of them: multidict:c1, countlib:c1" }, { "countlib:c1", "countlib", "c1", NULL },
		{ "m9", NULL, NULL, "it has multidict:m1, multidict:m2, multidict:c1" }, { "countlib:m1", NULL, NULL, "it has countlib:c1" }, { "", NULL, NULL, NULL }, { ":", NULL, NULL, NULL },
	};
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "stress");
	str_set(&package_add_finding(&s.packages[0], FIND_HANG, FAULT_LIBRARY)->id, "c1");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ERROR err = { 0 };
		const struct package_result *p;
		const struct finding *f = report_find_finding(&s, rows[i].word, &p, &err);
		if (!rows[i].id) {
			assert_null(f);
			assert_null(p);
			assert_int_equal(err.code, ERR_NO_FINDING);
			if (rows[i].hint && (!err.hint || !strstr(err.hint, rows[i].hint)))
				fail_msg("%s: %s", rows[i].word, err.hint);
			continue;
		}
		assert_non_null(f);
		assert_string_equal(f->id, rows[i].id);
		assert_string_equal(p->name, rows[i].package);
	}
}

static void colour_changes_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(surveys); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, surveys[i]);
		struct report_options colored = narrow;
		colored.color = true;
		AUTO_FREE char *plain = matrix(&s, &narrow);
		AUTO_FREE char *with = matrix(&s, &colored);
		AUTO_FREE char *stripped = strip_color(with);
		assert_string_not_equal(with, plain);
		assert_string_equal(stripped, plain);
		AUTO_FREE char *sheet = CAPTURE(out, report_show(out, &s, &s.packages[0], &narrow, NULL));
		AUTO_FREE char *sheet_with = CAPTURE(out, report_show(out, &s, &s.packages[0], &colored, NULL));
		AUTO_FREE char *sheet_stripped = strip_color(sheet_with);
		assert_string_equal(sheet_stripped, sheet);
	}
}

static void foreign_text_does_nothing(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "attack");
	const struct report_options *forms[] = { &narrow, &wide, &pipe_options };
	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		AUTO_FREE char *text = matrix(&s, forms[f]);
		if (forms[f]->width == 0)
			check_harmless(text, false);
		AUTO_FREE char *tsv = CAPTURE(out, report_tsv(out, &s, forms[f], NULL));
		check_harmless(tsv, true);
		assert_ptr_equal(strchr(tsv, '\n'), tsv + strlen(tsv) - 1); /* one package, one line */
		AUTO_FREE char *json = CAPTURE(out, report_json(out, &s, forms[f], NULL));
		assert_null(strchr(json, '\033'));
		assert_null(strstr(json, "\xe2\x80\xae"));
		assert_null(strstr(json, "secret"));
	}
}

static void nothing_is_promised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(surveys); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, surveys[i]);
		AUTO_FREE char *text = matrix(&s, &wide);
		check_words(text);
	}
}

/* The summary's counts add up to the whole that it states. */
static void counts_add_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(surveys); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, surveys[i]);
		AUTO_BUF line = { 0 };
		summary_counts(&line, &s, &pipe_options);
		unsigned long sum = 0, whole = 0;
		char *p = line.data;
		for (char *of = strstr(p, " of "); p < of; p = strstr(p, ", ") ? strstr(p, ", ") + 2 : of)
			sum += strtoul(p, NULL, 10);
		whole = strtoul(strstr(line.data, " of ") + 4, NULL, 10);
		assert_int_equal(sum, whole);
		assert_int_equal(whole, s.n_packages);
	}
}

static void go_rows_fold_on_a_terminal_only(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "mixed");
	struct report_options all = narrow;
	all.all_rows = true;
	AUTO_FREE char *folded = matrix(&s, &narrow);
	AUTO_FREE char *unfolded = matrix(&s, &all);
	AUTO_FREE char *piped = matrix(&s, &pipe_options);
	assert_non_null(strstr(folded, "+ and 21 more go   (all rows: --all)"));
	assert_null(strstr(folded, "+ yarl"));
	assert_null(strstr(unfolded, "more go"));
	assert_null(strstr(piped, "more go"));
	assert_non_null(strstr(unfolded, "+ yarl"));
	assert_non_null(strstr(piped, "+ yarl"));
	s.n_packages = 20; /* not more than 20: nothing folds */
	AUTO_FREE char *few = matrix(&s, &narrow);
	s.n_packages = 27;
	assert_null(strstr(few, "more go"));
}

/* Columns leave in the order that docs/outputs.md states. */
static void columns_leave_in_order(void **state)
{
	(void)state;
	static const char *const order[] = { " threads", " from", " interval", " memory", " version" };
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "mixed");
	size_t gone = 0;
	for (int width = 200; width >= 30; width--) {
		struct report_options opt = { .width = width, .terminal = true };
		AUTO_FREE char *text = matrix(&s, &opt);
		AUTO_FREE char *head = xstrndup(strstr(text, "  package"), strcspn(strstr(text, "  package"), "\n"));
		size_t now = 0;
		while (now < ARRAY_LEN(order) && !strstr(head, order[now]))
			now++;
		for (size_t k = now; k < ARRAY_LEN(order); k++)
			assert_non_null(strstr(head, order[k]));
		assert_true(now >= gone);
		gone = now;
		assert_non_null(strstr(text, "cryptography")); /* a name is never cut */
		assert_non_null(strstr(text, "no-go\n"));
	}
	assert_int_equal(gone, ARRAY_LEN(order));
}

static void lines_fit_the_terminal(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "mixed");
	for (int width = 72; width <= 160; width += 8) {
		struct report_options opt = { .width = width, .terminal = true, .all_rows = true };
		AUTO_FREE char *text = matrix(&s, &opt);
		AUTO_STRV lines = { 0 };
		strv_split(&lines, text, '\n');
		for (size_t i = 0; i < lines.n; i++)
			if (text_width(lines.v[i]) > (size_t)width)
				fail_msg("%zu columns at width %d: %s", text_width(lines.v[i]), width, lines.v[i]);
	}
}

static void bounds_that_differ_are_said(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "all-go");
	AUTO_FREE char *text = matrix(&s, &pipe_options);
	assert_non_null(strstr(text, "go means: 0 failures in 3 to 6 runs each, so a failure rate below 63% (click) to 39% at 95%\n"));
}

static void only_a_known_fix_counts_as_fixed(void **state)
{
	(void)state;
	AUTO_SURVEY then = { 0 }, now = { 0 };
	package_result_init(survey_add_package(&then));
	package_result_init(survey_add_package(&now));
	str_set(&then.packages[0].name, "a_b");
	str_set(&now.packages[0].name, "A-B"); /* the same name in the index's eyes */
	str_set(&then.started, "2026-11-14T08:00:00Z");
	then.packages[0].readiness = READY_NO_GO;
	const struct {
		enum readiness ready;
		const char *line;
	} rows[] = {
		{ READY_UNKNOWN, "since 14 Nov: no package is or was no-go" },
		{ READY_GO, "since 14 Nov: 0 new no-go, 1 fixed (A-B), 0 still" },
		{ READY_LIMITS, "since 14 Nov: 0 new no-go, 1 fixed (A-B), 0 still" },
		{ READY_NO_GO, "since 14 Nov: 0 new no-go, 0 fixed, 1 still (A-B)" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		now.packages[0].readiness = rows[i].ready;
		AUTO_FREE char *line = summary_since(&now, &then);
		assert_string_equal(line, rows[i].line);
	}
	assert_null(summary_since(&now, NULL));
}

static void next_is_the_most_useful_command(void **state)
{
	(void)state;
	static const struct {
		const char *survey, *next;
	} rows[] = {
		{ "mixed", "migrate-check show cffi" },
		{ "all-go", "migrate-check attrs click jinja2 --effort standard" },
		{ "nothing-tested", "migrate-check show alpha" },
		{ "interrupted", "migrate-check -r requirements.txt" },
		{ "attack", "migrate-check show 'evil\\x1b[31mname'" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_SURVEY s = { 0 };
		load_survey(&s, rows[i].survey);
		AUTO_FREE char *next = summary_next(&s, &pipe_options);
		assert_string_equal(next, rows[i].next);
	}
}

static void quiet_means_the_summary_only(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "interrupted");
	struct report_options opt = { .verbosity = -1 };
	AUTO_FREE char *quiet = matrix(&s, &opt);
	assert_non_null(strstr(quiet, "1 go of 1 package"));
	assert_ptr_equal(strchr(quiet, '\n'), quiet + strlen(quiet) - 1);
	opt.verbosity = -2;
	AUTO_FREE char *silent = matrix(&s, &opt);
	assert_string_equal(silent, "");
}

static void ratios_have_three_digits(void **state)
{
	(void)state;
	static const struct {
		double v;
		const char *text;
	} rows[] = { { 1.2, "1.20x" }, { 0.9994, "0.999x" }, { 0.9996, "1.00x" }, { 9.996, "10.0x" }, { 99.96, "100x" }, { 0.05, "0.0500x" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *text = cell_times(rows[i].v);
		assert_string_equal(text, rows[i].text);
	}
	struct ratio r = { .known = true, .ratio = 1.24, .lo = 1.19, .hi = 1.3, .n = 5, .verdict = PERF_SLOWER };
	AUTO_FREE char *few = cell_interval(&r); /* below 6 pairs no interval exists */
	assert_string_equal(few, "-");
	r.n = 6;
	AUTO_FREE char *enough = cell_interval(&r);
	assert_string_equal(enough, "[1.19, 1.30]");
}

static void write_errors_are_reported(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	load_survey(&s, "all-go");
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	size_t n;
	const struct report_format *formats = report_formats(&n);
	for (size_t i = 0; i < n; i++) {
		AUTO_ERROR err = { 0 };
		assert_int_equal(formats[i].write(full, &s, &pipe_options, &err), -1);
		assert_int_equal(err.code, ERR_DISK_FULL);
		clearerr(full);
	}
	fclose(full);
	assert_null(report_format_find("no such format"));
	assert_ptr_equal(report_format_find("json"), report_format_find("json"));
	assert_string_equal(report_format_find("tsv")->name, "tsv");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix_looks_as_expected),
		cmocka_unit_test(other_formats_look_as_expected),
		cmocka_unit_test(sheets_look_as_expected),
		cmocka_unit_test(stress_findings_are_told_whole),
		cmocka_unit_test(the_stress_cell_never_hides_what_was_not_reached),
		cmocka_unit_test(gaps_of_stress_are_said),
		cmocka_unit_test(odd_numbers_are_not_shown),
		cmocka_unit_test(a_finding_is_named_by_id_or_by_package_and_id),
		cmocka_unit_test(colour_changes_nothing_else),
		cmocka_unit_test(foreign_text_does_nothing),
		cmocka_unit_test(nothing_is_promised),
		cmocka_unit_test(counts_add_up),
		cmocka_unit_test(go_rows_fold_on_a_terminal_only),
		cmocka_unit_test(columns_leave_in_order),
		cmocka_unit_test(lines_fit_the_terminal),
		cmocka_unit_test(bounds_that_differ_are_said),
		cmocka_unit_test(only_a_known_fix_counts_as_fixed),
		cmocka_unit_test(next_is_the_most_useful_command),
		cmocka_unit_test(quiet_means_the_summary_only),
		cmocka_unit_test(ratios_have_three_digits),
		cmocka_unit_test(write_errors_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
