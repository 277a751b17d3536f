/* test_stress_names.c: how what stress finds is named, and which events are one defect. */
#include "judge/frames.h"
#include "judge/stress.h"
#include "judge/stress_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWN "_c.cpython-313t-x86_64-linux-gnu.so!"
#define PYTHON "python3.13t!"

static void frames_are_named_without_plumbing(void **state)
{
	(void)state;
	static const struct {
		const char *frames, *text;
	} cases[] = {
		{ "libc.so.6!raise " OWN "c_next " OWN "c_iter " OWN "c_more", "_c!c_next < _c!c_iter" },
		{ PYTHON "list_resize " OWN "c_next", "_c!c_next" },
		{ PYTHON "_PyEval_EvalFrameDefault " PYTHON "list_resize " PYTHON "list_append", "list_resize < list_append" },
		{ "libfoo-1a2b.so.3!run " PYTHON "_PyEval_Vector", "libfoo-1a2b!run" },
		{ "pkg.core!get " OWN "c_next", "_c!c_next" }, /* of Python code only the function has a meaning */
		{ "?!?? libc.so.6!malloc", NULL },
		{ PYTHON "_Py_Dealloc", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STRV frames = { 0 };
		strv_split(&frames, cases[i].frames, ' ');
		AUTO_FREE char *text = signature_of_frames(&frames);
		if (!str_eq(text, cases[i].text))
			fail_msg("%s: %s", cases[i].frames, text);
	}
}

static void keys_name_operations(void **state)
{
	(void)state;
	static const struct {
		const char *key, *operations;
		bool tests;
	} cases[] = {
		{ "replay|mix|m.C.add", "m.C.add", false },           { "replay|mix|m.C.add|m.C.pop", "m.C.add m.C.pop", false },
		{ "same-test|t::a", "t::a", true },                    { "mixed|t::a", "t::a", true },
		{ "perturb|same-test|t::a", "t::a", true },            { "perturb|replay|mix|m.f", "m.f", false },
		{ "first-use|m.f", "m.f", false },                     { "replay", "", false },
		{ "", "", false },                                     { "replay||", "", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STRV operations = { 0 };
		key_operations(cases[i].key, &operations);
		AUTO_FREE char *joined = strv_join(&operations, " ");
		if (strcmp(joined, cases[i].operations) != 0 || key_of_tests(cases[i].key) != cases[i].tests)
			fail_msg("%s: %s", cases[i].key, joined);
	}
}

static void a_key_plays_what_it_names_of_the_same_type(void **state)
{
	(void)state;
	static const struct {
		const char *key, *self;
		bool plays;
	} cases[] = {
		{ "replay|pair|m.C add|get", "replay|self|m.C add", true },  { "replay|pair|m.C get|add", "replay|self|m.C add", true },
		{ "replay|mix|m.C", "replay|self|m.C add", true },           { "replay|pair|m.C add_all|get", "replay|self|m.C add", false },
		{ "replay|pair|m.D add|get", "replay|self|m.C add", false }, { "replay|self|m.C add", "replay|self|m.C add", false },
		{ "replay|mix|m.Counter", "replay|self|m.C add", false },    { "replay|pair|m.C add|get", "replay|pair|m.C add|pop", false },
		{ "mixed|m.C add", "replay|self|m.C add", false },           { "replay|call|m.f", "replay|self|m.f", false },
		{ "replay|", "replay|self|m.C add", false },                 { NULL, "replay|self|m.C add", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (key_plays(cases[i].key, cases[i].self) != cases[i].plays)
			fail_msg("%s of %s", cases[i].key, cases[i].self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_named_without_plumbing),
		cmocka_unit_test(keys_name_operations),
		cmocka_unit_test(a_key_plays_what_it_names_of_the_same_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
