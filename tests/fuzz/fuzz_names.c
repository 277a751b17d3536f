/* fuzz_names.c: file names, versions and specifiers, one per line. */
#include "base/buf.h"
#include "model/names.h"
#include "model/version.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "names";

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

/* Comparing is an order: antisymmetric, reflexive and transitive. */
static void compare(const char *a, const char *b, const char *c)
{
	int ab = sign(version_compare(a, b)), bc = sign(version_compare(b, c)), ac = sign(version_compare(a, c));
	if (ab != -sign(version_compare(b, a)) || version_compare(a, a) != 0)
		abort();
	if (ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && (ab < 0 || bc < 0))))
		abort();
}

static void read_name(const char *line)
{
	AUTO_FILE_NAME f = { 0 };
	if (!file_name_parse(line, NULL, &f))
		return;
	if (strchr(line, '/') || !f.project || !f.version || f.wheel != (f.platform_tag != NULL))
		abort();
	tags_fit(f.py_tag, f.abi_tag, f.platform_tag, "cp313t", "linux-x86_64");
	AUTO_FREE char *again = name_normalize(f.project);
	if (strcmp(again, f.project) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n && i < 64; i++) {
		const char *next = lines.v[(i + 1) % lines.n], *third = lines.v[(i + 2) % lines.n];
		read_name(lines.v[i]);
		compare(lines.v[i], next, third);
		if (version_satisfies(lines.v[i], next) && *next && !version_valid(lines.v[i]) && !strstr(next, "===") && strspn(next, " \t,") != strlen(next))
			abort();
		name_valid(lines.v[i]);
	}
	return 0;
}
