/* test_pip.c: what pip says, as errors; its installation report, as a lock and as annotated text. */
#include "base/fs.h"
#include "base/json.h"
#include "build/lock.h"
#include "build/pip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Real samples, shortened. */
static const struct {
	const char *text;
	enum error_code code;
	const char *what, *where, *hint, *subject;
} cases[] = {
	{ "ERROR: Could not find a version that satisfies the requirement okpure==9 (from versions: 1.1, 1.2)\n"
	  "ERROR: No matching distribution found for okpure==9\n",
	  ERR_NO_VERSION, "no release of `okpure` is ==9", NULL, "available: 1.1, 1.2", "okpure" },
	{ "ERROR: Could not find a version that satisfies the requirement winonly (from versions: none)\n"
	  "ERROR: No matching distribution found for winonly\n",
	  ERR_NO_VERSION, "no file of `winonly` fits this interpreter", NULL, NULL, "winonly" },
	{ "ERROR: Package 'futurepy' requires a different Python: 3.13.15 not in '>=3.99'\n",
	  ERR_NO_VERSION, "no file of `futurepy` fits this interpreter", NULL, NULL, "futurepy" },
	{ "ERROR: Cannot install a and b because these package versions have conflicting dependencies.\n"
	  "ERROR: ResolutionImpossible: for help visit the documentation\n",
	  ERR_CONFLICT, "the requirements contradict one another", NULL, NULL, NULL },
	{ "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
	  "    bad from http://u:p@127.0.0.1:1/files/bad-1.0.tar.gz:\n        Expected sha256 00\n             Got        11\n",
	  ERR_BAD_HASH, "the download of bad-1.0.tar.gz does not have the sha256 that the index states", NULL, "try again", NULL },
	{ "ERROR: Invalid member in the tar file /tmp/x/escape-1.0.tar.gz: '../x' would be extracted outside\n",
	  ERR_BAD_ARCHIVE, "the archive escape-1.0.tar.gz cannot be unpacked", NULL, NULL, NULL },
	{ "  File \"gzip.py\", line 568, in read\nEOFError: Compressed file ended before the end-of-stream marker was reached\n",
	  ERR_BAD_ARCHIVE, "the archive of a package cannot be unpacked", NULL, NULL, NULL },
	{ "ERROR: Invalid requirement: 'okdep => 1': Expected end\n    okdep => 1\n          ^ (from line 2 of r1.txt)\n",
	  ERR_BAD_REQUIREMENT, "cannot read a requirement", "r1.txt:2   'okdep => 1'", NULL, NULL },
	{ "ERROR: Could not open requirements file: [Errno 2] No such file or directory: '/p/nothere.txt'\n",
	  ERR_BAD_TARGET, "no file '/p/nothere.txt'", NULL, NULL, NULL },
	{ "  error: subprocess-exited-with-error\n  \n  x Preparing metadata did not run successfully.\n"
	  "  > [2 lines of output]\n      first\n      hook says no\n      [end of output]\n  \n"
	  "error: metadata-generation-failed\nx Encountered error while generating package metadata.\n> metafail\n",
	  ERR_BUILD, "the metadata of `metafail` cannot be made: hook says no", NULL, NULL, "metafail" },
	{ "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n", ERR_DISK_FULL,
	  "no space left while packages were resolved", NULL, NULL, NULL },
	{ "WARNING: Retrying (Max retries exceeded with url: /simple/x/)\nERROR: No matching distribution found for x\n", ERR_NETWORK,
	  "the package index cannot be reached", NULL, NULL, NULL },
	{ "something else", ERR_TOOL, "pip failed", NULL, NULL, NULL },
};

static void each_complaint_has_its_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ERROR err = { 0 };
		AUTO_FREE char *subject = NULL;
		assert_int_equal(pip_complaint(cases[i].text, "/", &subject, &err), -1);
		assert_string_equal(err.what, cases[i].what);
		assert_int_equal(err.code, cases[i].code);
		assert_true(str_eq(err.where, cases[i].where));
		assert_true(!cases[i].hint || strstr(err.hint, cases[i].hint));
		assert_true(str_eq(subject, cases[i].subject));
		assert_null(strstr(err.why, "u:p@"));
	}
}

static const char report_text[] =
    "{\"install\": ["
    "{\"requested\": true, \"requested_extras\": [\"x\", \"y\"], \"download_info\": {\"url\": \"http://h.example/f/top-1.0.tar.gz\","
    "  \"archive_info\": {\"hashes\": {\"sha256\": \"aa\"}}},"
    "  \"metadata\": {\"name\": \"Top\", \"version\": \"1.0\", \"requires_dist\": [\"low.er>=2; python_version>'3'\"]}},"
    "{\"requested\": false, \"download_info\": {\"url\": \"file:///w/low_er-2.0%2Bx-py3-none-any.whl\", \"archive_info\": {}},"
    "  \"metadata\": {\"name\": \"low-er\", \"version\": \"2.0+x\"}}]}";

static void a_report_becomes_a_lock(void **state)
{
	(void)state;
	AUTO_JSON *report = cJSON_Parse(report_text);
	struct toolbox t = { 0 };
	AUTO_JSON *j = pip_report_lock(&t, report);
	struct interpreter python = { .tag = (char *)(uintptr_t)"cp313t" };
	AUTO_LOCK lock = { 0 };
	assert_int_equal(lock_from_json(j, &python, &lock, NULL), 0);
	assert_int_equal(lock.n, 2);
	const struct locked *top = lock_find(&lock, "top"), *low = lock_find(&lock, "low-er");
	assert_non_null(top);
	assert_false(top->wheel);
	assert_string_equal(top->sha256, "aa");
	assert_string_equal(top->filename, "top-1.0.tar.gz");
	assert_non_null(low);
	assert_true(low->wheel);
	assert_string_equal(low->filename, "low_er-2.0+x-py3-none-any.whl");
	assert_non_null(low->local);
}

static void a_report_says_who_wants_what(void **state)
{
	(void)state;
	AUTO_JSON *report = cJSON_Parse(report_text);
	struct resolve_request r = { 0 };
	AUTO_FREE char *dir = NULL;
	assert_int_equal(make_temp_dir("/tmp", "test-pip", &dir, NULL), 0);
	AUTO_FREE char *file = path_join(dir, "r.txt");
	assert_int_equal(write_file(file, "top\n", 4, NULL), 0);
	strv_add(&r.requirement_files, file);
	AUTO_FREE char *text = pip_report_annotated(&r, report);
	AUTO_FREE char *wanted = xasprintf("top[x,y]==1.0\n    # via -r %s\nlow-er==2.0+x\n    # via Top\n", file);
	assert_string_equal(text, wanted);
	resolve_request_release(&r);
	remove_tree(dir, NULL);
}

static void what_came_from_no_index_keeps_its_url(void **state)
{
	(void)state;
	AUTO_JSON *report = cJSON_Parse(
	    "{\"install\": [{\"is_direct\": true, \"download_info\": {\"url\": \"file:///w/tree\", \"dir_info\": {\"editable\": true}},"
	    "  \"metadata\": {\"name\": \"a\", \"version\": \"1\"}},"
	    "{\"is_direct\": true, \"download_info\": {\"url\": \"https://h.example/b\", \"subdirectory\": \"py\","
	    "  \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"0123\"}}, \"metadata\": {\"name\": \"b\", \"version\": \"1\"}}]}");
	struct resolve_request r = { 0 };
	AUTO_FREE char *text = pip_report_annotated(&r, report);
	assert_string_equal(text, "a @ file:///w/tree\nb @ git+https://h.example/b@0123#subdirectory=py\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_complaint_has_its_error),
		cmocka_unit_test(a_report_becomes_a_lock),
		cmocka_unit_test(a_report_says_who_wants_what),
		cmocka_unit_test(what_came_from_no_index_keeps_its_url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
