/*
 * refusal.c: does a failed build say that the release itself does not support
 * this interpreter? Only its own words count (an #error, an exception that it
 * raises, a requirement of pip's), not that the build failed on free threading.
 */
#include "base/text.h"
#include "build/wheel_build.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT "(free[- ]?thread|(^|[^a-z])(no-?)?gil([^a-z]|$)|3\\.[0-9]+t)"

/* Seen in the field: multidict 7, cffi 2.1, pyo3's build script, setuptools' python_requires. */
static const char pattern[] =
	SUBJECT ".*(requires?|needs?|not (yet )?(be )?support|unsupported|only support|cannot be|or newer|or later|is incompatible)"
	"|(requires?|needs?|not (yet )?support|unsupported|only support).*" SUBJECT
	"|requires a different python"
	"|requires python *[<>=!~]"
	"|configured python interpreter version .* is (newer|lower) than";

enum rank { NO_STATEMENT, LOOSE /* a line about an error */, OWN /* an #error, an exception's sentence */ };

/* Lines that merely mention the subject: warnings, echoed commands and source, file names. */
static bool is_noise(const char *line)
{
	static const char *const noise[] = { "warning:", "note:", "-Wl,", "gcc ", "cc1", "copying ", "adding '", "running ", "File \"", "raise ", "/ld: " };
	for (size_t i = 0; i < ARRAY_LEN(noise); i++)
		if (strcasestr(line, noise[i]))
			return true;
	return false;
}

/* Behind "path:line:column: error: ", which compilers print (meson writes ERROR); NULL when it is none. */
static const char *diagnostic(const char *line, const char *word)
{
	const char *at = strstr(line, word);
	return at && at > line && isdigit((unsigned char)at[-1]) ? at + strlen(word) : NULL;
}

/* "RuntimeError: text", "pkg.errors.BuildError: text" -> text. */
static const char *exception_sentence(const char *line)
{
	static const char *const ends[] = { "Error", "Exception", "Exit" };
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
	if (strncmp(line + n, ": ", 2) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t k = strlen(ends[i]);
		if (n >= k && strncmp(line + n - k, ends[i], k) == 0)
			return line + n + 2;
	}
	return NULL;
}

/* What one line says without its decoration, and how much it counts. */
static const char *statement(const char *line, enum rank *rank)
{
	*rank = OWN;
	const char *text = strstr(line, "#error ");
	if (text)
		return text + strlen("#error ");
	text = diagnostic(line, ": error: ");
	if (!text)
		text = diagnostic(line, ": fatal error: ");
	if (text) { /* a compiler's complaint is the package's own only when the package wrote it */
		*rank = strncasecmp(text, "static assertion failed", 23) == 0 || *text == '"' ? OWN : NO_STATEMENT;
		return text;
	}
	text = exception_sentence(line);
	if (text)
		return text;
	text = diagnostic(line, ": ERROR: ");
	if (text)
		return str_starts(text, "Problem encountered: ") ? text + strlen("Problem encountered: ") : text;
	*rank = strcasestr(line, "error") || strcasestr(line, "exception") || strcasestr(line, "requires") ? LOOSE : NO_STATEMENT;
	if (strncasecmp(line, "error: ", 7) == 0)
		line += 7;
	return line;
}

/* As it is shown: one line, without the quotes around it. */
static char *quoted_text(const char *text)
{
	size_t n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text++;
		n -= 2;
	}
	AUTO_FREE char *bare = xstrndup(text, n);
	return text_safe_line(bare);
}

char *build_refusal(const char *log)
{
	regex_t re;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return NULL;
	AUTO_STRV lines = { 0 };
	strv_split(&lines, log, '\n');
	char *found = NULL;
	enum rank best = NO_STATEMENT;
	for (size_t i = 0; i < lines.n && best != OWN; i++) {
		const char *line = lines.v[i] + strspn(lines.v[i], " \t");
		enum rank rank;
		if (strlen(line) >= 2000 || is_noise(line))
			continue;
		const char *text = statement(line, &rank);
		if (rank <= best || regexec(&re, text, 0, NULL, 0) != 0)
			continue;
		best = rank;
		free(found);
		found = quoted_text(text);
	}
	regfree(&re);
	return found;
}
