/* fuzz_complaint.c: text on uv's standard error; it always becomes an error. */
#include "fuzz.h"
#include "inputs/target.h"

#include <stdlib.h>

const char fuzz_corpus[] = "../../unit/data/uv"; /* what uv really said */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	AUTO_FREE char *subject = NULL;
	AUTO_ERROR err = { 0 };
	if (uv_complaint(text, "/nonexistent", &subject, &err) != -1 || err.code == ERR_NONE || !err.what || !err.why)
		abort();
	return 0;
}
