/* fuzz_index.c: the JSON page of an index, and the questions asked of it. */
#include "base/text.h"
#include "fetch/index.h"
#include "fuzz.h"

#include <stdlib.h>

const char fuzz_corpus[] = "index";

static void question(const struct index_project *p)
{
	AUTO_STRV versions = { 0 };
	index_versions_desc(p, &versions);
	free(index_newest_with_wheel(p, "cp313t", "linux-x86_64", "2.0", "3.13.1"));
	for (size_t i = 0; i < p->n; i++)
		if (!p->files[i].filename || !p->files[i].url || !p->files[i].version || (p->files[i].sha256 && !is_sha256_hex(p->files[i].sha256)))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	AUTO_STRV names = { 0 };
	struct index_project p = { .name = xstrdup("demo") };
	AUTO_ERROR err = { 0 };
	if (index_parse_json(text, size, "http://h.example/simple/demo/", &p, &err) == 0)
		question(&p);
	else if (err.code != ERR_NETWORK)
		abort();
	index_project_release(&p);
	index_parse_names(text, size, &names);
	return 0;
}
