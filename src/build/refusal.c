/*
 * refusal.c: does a failed build say that the release itself does not support
 * this interpreter? Only its own words count (an #error, an exception that it
 * raises, a requirement of pip's), not that the build failed on free threading.
 */
#include "base/text.h"
#include "build/wheel_build.h"

#include <regex.h>
#include <string.h>

/* Seen in the field: multidict 7, cffi 2.1, pyo3's build script, setuptools' python_requires. */
static const char pattern[] =
	"(free[- ]?thread|gil|no-?gil|3\\.[0-9]+t).*(requires?|needs?|not (yet )?(be )?support|unsupported|only support|cannot be|or newer|or later|is incompatible)"
	"|(requires?|needs?|not (yet )?support|unsupported|only support).*(free[- ]?thread|no-?gil|3\\.[0-9]+t)"
	"|requires a different python"
	"|requires python *[<>=!~]"
	"|configured python interpreter version .* is (newer|lower) than";

/* Lines that merely mention the subject: warnings, echoed commands, file names. */
static bool is_own_statement(const char *line)
{
	static const char *const noise[] = { "warning:", "note:", "-Wl,", "gcc ", "cc1", "copying ", "adding '", "running " };
	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		if (strcasestr(line, noise[i]))
			return false;
	return strcasestr(line, "error") || strcasestr(line, "exception") || strcasestr(line, "requires");
}

char *build_refusal(const char *log)
{
	regex_t re;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return NULL;
	AUTO_STRV lines = { 0 };
	strv_split(&lines, log, '\n');
	char *found = NULL;
	for (size_t i = 0; i < lines.n && !found; i++)
		if (strlen(lines.v[i]) < 2000 && is_own_statement(lines.v[i]) && regexec(&re, lines.v[i], 0, NULL, 0) == 0)
			found = text_safe_line(lines.v[i]);
	regfree(&re);
	return found;
}
