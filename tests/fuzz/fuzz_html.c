/* fuzz_html.c: the HTML page of an index. */
#include "fetch/index.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "html";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index_project p = { .name = xstrdup("demo") };
	index_parse_html((const char *)data, size, "http://h.example/simple/demo/", &p);
	for (size_t i = 0; i < p.n; i++)
		if (!p.files[i].filename || strchr(p.files[i].filename, '/') || !strstr(p.files[i].url, ":/"))
			abort();
	index_project_release(&p);
	return 0;
}
