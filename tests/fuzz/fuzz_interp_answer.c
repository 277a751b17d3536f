/* fuzz_interp_answer.c: what an interpreter says of itself, and configure's quoting in it. */
#include "interp/describe.h"
#include "fuzz.h"

const char fuzz_corpus[] = "interp-answer";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply r = { 0 };
	AUTO_ERROR err = { 0 };
	if (reply_read((const char *)data, size, &r, &err) == 0)
		reply_release(&r);
	AUTO_STRV args = { 0 };
	AUTO_BUF text = { 0 };
	buf_add(&text, data, size);
	config_args_split(buf_str(&text), &args);
	return 0;
}
