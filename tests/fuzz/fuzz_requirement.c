/* fuzz_requirement.c: requirements, one per line; the whole also as what uv compiles. */
#include "fuzz.h"
#include "inputs/requirement.h"
#include "inputs/target.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "requirement";

static void check(const char *line)
{
	AUTO_REQUIREMENT r = { 0 };
	AUTO_PROBLEM p = { 0 };
	if (requirement_parse(line, &r, &p) < 0) {
		AUTO_REQUIREMENT better = { 0 };
		if (p.column < 1 || p.column > strlen(line) + 1 || (p.suggestion && requirement_parse(p.suggestion, &better, NULL) < 0))
			abort();
		requirement_error(line, "requirements.txt:1", &p, NULL);
		return;
	}
	if (!name_valid(r.name))
		abort();
	/* what was read, written again, is read the same */
	AUTO_FREE char *extras = strv_join(&r.extras, ",");
	AUTO_FREE char *again = xasprintf("%s[%s]%s%s%s ; %s", r.name, extras, r.url ? "@ " : r.specifier, r.url ? r.url : "", "", r.marker ? r.marker : "a");
	char *semicolon = strstr(again, " ; ");
	if (!r.marker && semicolon)
		again[strlen(again) - 4] = '\0';
	AUTO_REQUIREMENT same = { 0 };
	if (requirement_parse(again, &same, NULL) < 0 || strcmp(same.specifier, r.specifier) != 0 || same.extras.n != r.extras.n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n && i < 64; i++)
		check(lines.v[i]);
	AUTO_TARGETS targets = { 0 };
	targets_from_compiled(text, "/nonexistent", &targets, NULL);
	return 0;
}
