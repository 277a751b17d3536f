/* fuzz_profile.c: a profile's text, the suite planned with it, and a time of the command line. */
#include "plan/effort.h"
#include "plan/suite.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "profile";

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* "input:LINE:COLUMN" with a line that the text has. */
static void check_place(const char *where, const char *text, size_t size)
{
	size_t lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	unsigned long line = 0, column = 0;
	require(where && sscanf(where, "input:%lu:%lu", &line, &column) == 2, "a mistake without a place");
	require(line >= 1 && line <= lines && column >= 1, "a place that is not in the text");
}

static void read_profile(const char *text, size_t size)
{
	AUTO_PROFILE p = { 0 };
	AUTO_ERROR err = { 0 };
	if (profile_parse(text, size, "input", &p, &err) < 0) {
		require(err.code == ERR_BAD_PROFILE && err.what && err.hint, "a mistake without words");
		check_place(err.where, text, size);
		return;
	}
	require(p.name && p.why && p.test_seconds >= 0 && p.suite_seconds >= 0, "a profile that lacks something");
	for (size_t i = 0; i < p.env.n; i++)
		require(strchr(p.env.v[i], '=') > p.env.v[i], "a variable without a name");
}

/* The same bytes as facts of a package, which its own files decide. */
static void plan(const cJSON *facts)
{
	AUTO_SUITE s = { 0 };
	AUTO_STRV needs = { 0 };
	AUTO_FREE char *origin = NULL;
	suite_find(facts, facts, "sdist", NULL, &s);
	suite_requirements(facts, facts, NULL, &needs, &origin);
	require(!s.from || (s.runner && s.args.n > 0), "a suite without a start");
	require(!needs.n || origin, "requirements from nowhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_profile((const char *)data, size);
	AUTO_JSON *j = NULL;
	if (json_parse((const char *)data, size, "facts", &j, NULL) == 0)
		plan(j);
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	double seconds = duration_parse(text);
	require(seconds == -1 || seconds > 0, "a time of no length");
	return 0;
}
