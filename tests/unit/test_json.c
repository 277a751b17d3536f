/* test_json.c: how documents are printed, and long ones read. */
#include "report_help.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_sane(void **state)
{
	(void)state;
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0.1 + 0.2 - 0.2, "0.1" }, { 1.0 / 3, "0.333333" }, { 5, "5" }, { -0.0, "0" }, { 1e15, "1000000000000000" },
		{ 1.5e-7, "1.5e-07" }, { 123456789.25, "1.23457e+08" }, { -12, "-12" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_JSON *j = cJSON_CreateNumber(rows[i].v);
		AUTO_BUF b = { 0 };
		report_json_line(&b, j);
		assert_string_equal(b.data, rows[i].text);
	}
	const double none[] = { NAN, INFINITY, -INFINITY };
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		AUTO_JSON *j = cJSON_CreateNumber(none[i]);
		AUTO_BUF b = { 0 };
		report_json_line(&b, j);
		assert_string_equal(b.data, "null");
	}
}

static void strings_are_valid_and_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\t\r\x1b", "\"\\n\\t\\u000d\\u001b\"" },
		{ "\xff" "a\xc3", "\"\xef\xbf\xbd" "a\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a lone surrogate */
		{ "\xe2\x80\xae\xc2\x9b\x7f", "\"\\u202e\\u009b\\u007f\"" },
		{ "\xc3\xa9\xf0\x9f\x8e\x89", "\"\xc3\xa9\xf0\x9f\x8e\x89\"" },
		{ "https://u:p@h.example/", "\"https://***@h.example/\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_JSON *j = cJSON_CreateString(rows[i].in);
		AUTO_BUF b = { 0 };
		report_json_line(&b, j);
		assert_string_equal(b.data, rows[i].out);
	}
}

static void documents_are_indented(void **state)
{
	(void)state;
	const char *text = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": null\n  },\n  \"d\": []\n}\n";
	AUTO_JSON *j = cJSON_Parse(text);
	AUTO_BUF b = { 0 };
	report_json_text(&b, j);
	assert_string_equal(b.data, text);
	buf_clear(&b);
	report_json_line(&b, j);
	assert_string_equal(b.data, "{\"a\": [1, {}], \"b\": {\"c\": null}, \"d\": []}");
}

/* Printed, read and printed again: the same bytes. */
static void documents_are_stable(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 }, again = { 0 };
	load_survey(&s, "mixed");
	struct report_options opt = { 0 };
	AUTO_FREE char *first = CAPTURE(out, report_json(out, &s, &opt, NULL));
	AUTO_JSON *j = NULL;
	assert_int_equal(json_parse(first, strlen(first), "first", &j, NULL), 0);
	survey_from_json(&again, j);
	AUTO_FREE char *second = CAPTURE(out, report_json(out, &again, &opt, NULL));
	assert_string_equal(first, second);
}

static void note(void *cookie, const char *key, const cJSON *value)
{
	AUTO_FREE char *text = cJSON_PrintUnformatted(value);
	buf_addf(cookie, "%s=%s;", key, text);
}

static void long_objects_are_read_member_by_member(void **state)
{
	(void)state;
	static const struct {
		const char *text, *seen, *where; /* where: of the mistake, or NULL */
	} rows[] = {
		{ "{}", "", NULL },
		{ " {\"a\" : 1 , \"b\":[ ], \"c\": [2,{\"d\":[3]} , \"x,]\"]}\n", "a=1;c=2;c={\"d\":[3]};c=\"x,]\";", NULL },
		{ "{\"a\":[[1,2],null]}", "a=[1,2];a=null;", NULL },
		{ "[1]", "", "page:1:1" },
		{ "", "", "page:1:1" },
		{ "{\"a\":1", "a=1;", "page:1:7" },
		{ "{\"a\":[1,2", "a=1;a=2;", "page:1:10" },
		{ "{\"a\":[1,]}", "a=1;", "page:1:9" },
		{ "{\"a\" 1}", "", "page:1:6" },
		{ "{1:2}", "", "page:1:3" },
		{ "{\"a\":1}\n x", "a=1;", "page:2:2" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_BUF seen = { 0 };
		AUTO_ERROR err = { 0 };
		int result = json_each(rows[i].text, strlen(rows[i].text), "page", note, &seen, &err);
		assert_string_equal(buf_str(&seen), rows[i].seen);
		assert_int_equal(result, rows[i].where ? -1 : 0);
		if (rows[i].where)
			assert_string_equal(err.where, rows[i].where);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_sane),
		cmocka_unit_test(strings_are_valid_and_harmless),
		cmocka_unit_test(documents_are_indented),
		cmocka_unit_test(documents_are_stable),
		cmocka_unit_test(long_objects_are_read_member_by_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
