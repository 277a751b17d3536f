/* fuzz_apt_sources.c: the machine's apt sources in both forms, apt's listing of versions, and a download site's. */
#include "interp/apt_sources.h"
#include "interp/install.h"
#include "fuzz.h"

#include <stdlib.h>

const char fuzz_corpus[] = "apt-sources";

static void both_forms(const char *data, size_t size, bool deb822)
{
	CLEANUP(apt_sources_release) struct apt_sources s = { 0 };
	AUTO_STRV suites = { 0 };
	strv_add(&suites, "sid");
	apt_sources_read(data, size, deb822, &s);
	AUTO_FREE char *text = apt_sources_write(&s, "bookworm", &suites);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pyversion want = { .major = 3, .minor = 13, .patch = -1, .stage = 'z' };
	AUTO_BUF text = { 0 };
	AUTO_STRV versions = { 0 };
	AUTO_STRV folders = { 0 };
	both_forms((const char *)data, size, true);
	both_forms((const char *)data, size, false);
	buf_add(&text, data, size);
	showsrc_versions(buf_str(&text), "python3.13", &versions);
	listing_versions(buf_str(&text), &want, &folders);
	AUTO_FREE char *name = listing_tarball(buf_str(&text), &want);
	return 0;
}
