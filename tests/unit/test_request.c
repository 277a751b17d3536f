/* test_request.c: a request as a command to paste: which options it names, quoted, without passwords. */
#include "inputs/target.h"
#include "pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char constraint[] = "my constraints.txt";
static char *constraint_list[] = { constraint };

static const struct pipeline_request defaults = { 0 };
static const struct pipeline_request everything = {
	.constraint_files = { .v = constraint_list, .n = 1, .cap = 1 },
	.gil = "/opt/a b/python3", .ft = "./python3t", .python = "3.14",
	.index_url = "https://joe:secret@index.example/simple", .store_dir = "/tmp/it's here", .profiles_dir = "prof",
	.seed = "a;b $x", .effort = EFFORT_DEEP, .budget_seconds = 90, .stress = "replay,mixed", .stress_seconds = 4.5, .threads = 6,
	.build = BUILD_SOURCE, .offline = true, .no_sandbox = true, .no_measure = true, .bisect = true,
	.fresh = true, .keep_work = true, .closure = true,
};

static const struct {
	const struct pipeline_request *r;
	enum request_use use;
	const char *text;
} rows[] = {
	{ &defaults, REQUEST_RUN, "" },
	{ &defaults, REQUEST_REPRODUCE, "" },
	{ &defaults, REQUEST_FINDING, "" },
	{ &everything, REQUEST_RUN,
	  " --gil '/opt/a b/python3' --ft ./python3t --python 3.14 --effort deep --seed 'a;b $x' --budget 90s --stress replay,mixed"
	  " --stress-seconds 4.5s --threads 6 --bisect --no-measure --build source -c 'my constraints.txt'"
	  " --index-url 'https://***@index.example/simple' --profiles prof --offline --no-sandbox --store '/tmp/it'\\''s here'" },
	{ &everything, REQUEST_REPRODUCE,
	  " --gil '/opt/a b/python3' --ft ./python3t --python 3.14 --effort deep --seed 'a;b $x' --build source -c 'my constraints.txt'"
	  " --index-url 'https://***@index.example/simple' --profiles prof --offline --no-sandbox --store '/tmp/it'\\''s here'" },
	{ &everything, REQUEST_FINDING,
	  " --build source -c 'my constraints.txt' --index-url 'https://***@index.example/simple' --profiles prof --offline --no-sandbox"
	  " --store '/tmp/it'\\''s here'" },
};

static void options_are_named_when_they_differ_from_the_defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *text = request_options(rows[i].r, rows[i].use);
		assert_string_equal(text, rows[i].text);
	}
}

static const struct {
	const char *asked, *version, *word;
} targets[] = {
	{ "httpx", "0.27", "httpx==0.27" },
	{ "httpx>=0.2", NULL, "'httpx>=0.2'" },
	{ "httpx[http2,Brotli]>=0.2", "0.27", "'httpx[http2,brotli]==0.27'" },
	{ "git+https://joe:secret@git.example/httpx@v1", "0.27", "'git+https://***@git.example/httpx@v1'" },
};

static void a_target_keeps_its_extras_and_loses_its_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		AUTO_TARGET t = { 0 };
		assert_int_equal(target_parse(targets[i].asked, &t, NULL), 0);
		AUTO_FREE char *word = request_target_word(&t, "httpx", targets[i].version);
		assert_string_equal(word, targets[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_named_when_they_differ_from_the_defaults),
		cmocka_unit_test(a_target_keeps_its_extras_and_loses_its_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
