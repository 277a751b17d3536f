/* fuzz_giturl.c: git URLs, one per line, also as a submodule's URL and as names of tags. */
#include "fetch/git.h"
#include "fuzz.h"
#include "inputs/target.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "giturl";

static void check(const char *line)
{
	AUTO_TARGET t = { 0 };
	if (git_url_parse(line, &t, NULL) < 0)
		return;
	bool dots = t.subdirectory && (t.subdirectory[0] == '/' || strcmp(t.subdirectory, "..") == 0 || str_starts(t.subdirectory, "../"));
	if (!t.url || strchr(t.url, '#') || strchr(t.url, ' ') || t.url[0] == '-' || (t.ref && (!*t.ref || t.ref[0] == '-')) || dots)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n && i < 64; i++) {
		check(lines.v[i]);
		AUTO_FREE char *sub = git_resolve_submodule_url("https://h.example/a/b.git", lines.v[i]);
		if (sub && (sub[0] == '/' || str_starts(sub, "file:") || (str_starts(lines.v[i], "../") && !str_starts(sub, "https://h.example/"))))
			abort();
		git_pick_version_tag(&lines, lines.v[i], "1.0");
	}
	return 0;
}
