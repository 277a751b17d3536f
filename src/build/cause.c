/*
 * cause.c: the line of a failed build's log that says why. The last line is the
 * traceback of whoever started the compiler; the first error is the cause.
 */
#include "base/text.h"
#include "build/wheel_build.h"

#include <string.h>

/* Lines that only say that something above failed. */
static bool is_echo(const char *line)
{
	static const char *const echoes[] = { "error: command ", "error: subprocess-exited", "SystemExit", "CalledProcessError",
		                                  "compilation terminated", "error: could not compile", "ninja: build stopped" };
	for (size_t i = 0; i < ARRAY_LEN(echoes); i++)
		if (strcasestr(line, echoes[i]))
			return true;
	return false;
}

static bool is_error(const char *line)
{
	return strstr(line, " error: ") || str_starts(line, "error: ") || str_starts(line, "error[") || strstr(line, "ERROR: ");
}

char *build_cause(const char *log)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, log, '\n');
	const char *last = "";
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i] + strspn(lines.v[i], " \t");
		if (is_error(line) && !is_echo(line))
			return text_safe_line(line);
		if (*line)
			last = line;
	}
	return text_safe_line(last);
}
