/* fuzz_metadata.c: METADATA and PKG-INFO text, and netrc text. */
#include "fetch/netrc.h"
#include "fetch/metadata.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "metadata";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_METADATA m = { 0 };
	metadata_parse((const char *)data, size, &m);
	if (m.classifiers.n > METADATA_MAX_FIELDS || (m.name && (!*m.name || strlen(m.name) > METADATA_MAX_VALUE)))
		abort();
	AUTO_FREE char *text = xstrndup((const char *)data, size);
	char *user = NULL, *password = NULL;
	bool found = netrc_lookup(text, "h.example", &user, &password);
	if (found != (user != NULL) || found != (password != NULL))
		abort();
	free(user);
	free(password);
	return 0;
}
