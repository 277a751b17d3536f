/* fuzz_ini.c: pip's configuration files. */
#include "fetch/ini.h"
#include "fuzz.h"

#include <stdlib.h>

const char fuzz_corpus[] = "ini";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_INI ini = { 0 };
	AUTO_ERROR err = { 0 };
	if (ini_parse((const char *)data, size, "fuzz", &ini, &err) < 0 && (err.code != ERR_BAD_CONFIG || !err.where))
		abort();
	for (size_t i = 0; i < ini.n; i++)
		if (!ini_get(&ini, ini.entries[i].section, ini.entries[i].key))
			abort();
	return 0;
}
