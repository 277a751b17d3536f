/* fuzz_lock.c: a resolver's lock as JSON, its annotated text, and a build's log. */
#include "build/lock.h"
#include "build/wheel_build.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "lock";

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void read_lock(const cJSON *j)
{
	char tag[] = "cp313t";
	struct interpreter python = { .tag = tag };
	AUTO_LOCK l = { 0 };
	AUTO_LOCK copy = { 0 };
	AUTO_STRV pins = { 0 };
	AUTO_ERROR err = { 0 };
	if (lock_from_json(j, &python, &l, &err) < 0) {
		require(err.code == ERR_NO_VERSION && l.n == 0, "an error without its code");
		return;
	}
	for (size_t i = 0; i < l.n; i++) {
		const char *f = l.v[i].filename;
		require(f && *f && !strchr(f, '/') && strcmp(f, "..") != 0, "a file name that leaves its folder");
		require(l.v[i].wheel == str_ends(f, ".whl") && (l.v[i].wheel || !l.v[i].native), "a wheel that is none");
		require(lock_find(&l, l.v[i].name) != NULL, "a package that is not found");
	}
	lock_copy(&copy, &l);
	lock_pins(&copy, &pins);
	require(pins.n <= l.n, "more pins than packages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON *j = NULL;
	if (json_parse((const char *)data, size, "input", &j, NULL) == 0)
		read_lock(j);
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_STRV path = { 0 };
	resolve_path_to(text, "app", "deep", &path);
	require(path.n >= 2 && strcmp(path.v[0], "app") == 0 && strcmp(path.v[path.n - 1], "deep") == 0, "a way that does not lead there");
	AUTO_FREE char *refusal = build_refusal(text);
	require(!refusal || !strchr(refusal, '\n'), "a refusal of several lines");
	return 0;
}
