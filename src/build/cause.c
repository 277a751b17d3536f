/*
 * cause.c: the line of a failed build's log that says why, and what stands around
 * it. The last line is the traceback of whoever started the compiler; the first
 * error is the cause.
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

/* Index of the first error; without one of the last line that says something. */
static size_t cause_index(const struct strv *lines)
{
	size_t last = 0;
	for (size_t i = 0; i < lines->n; i++) {
		const char *line = lines->v[i] + strspn(lines->v[i], " \t");
		if (is_error(line) && !is_echo(line))
			return i;
		if (*line)
			last = i;
	}
	return last;
}

char *build_cause(const char *log)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, log, '\n');
	size_t i = cause_index(&lines);
	return text_safe_line(i < lines.n ? lines.v[i] + strspn(lines.v[i], " \t") : "");
}

char *build_log_part(const char *log, size_t most)
{
	AUTO_STRV lines = { 0 };
	AUTO_BUF part = { 0 };
	strv_split(&lines, log, '\n');
	size_t end = lines.n, cause = cause_index(&lines);
	while (end > 0 && lines.v[end - 1][0] == '\0')
		end--;
	size_t first = end > most ? end - most : 0;
	if (cause < first) /* the traceback that follows is longer than what is kept */
		first = cause > 2 ? cause - 2 : 0;
	for (size_t i = first; i < end && i < first + most; i++)
		buf_addf(&part, "%s\n", lines.v[i]);
	return buf_steal(&part);
}

bool build_missing_program(const char *output, bool needs_rust, bool has_compiler, bool has_rust, struct missing_program *out)
{
	static const char *const words[] = { "gcc", "clang", "'cc'", "`cc`", "compiler", "Compiler", "CC" };
	bool meant = false;
	for (size_t i = 0; i < ARRAY_LEN(words) && !meant; i++)
		meant = strstr(output, words[i]) != NULL;
	if (!has_compiler && meant)
		*out = (struct missing_program){ "C compiler", "`apt install build-essential`" };
	else if (!has_rust && needs_rust)
		*out = (struct missing_program){ "Rust compiler (cargo)", "install Rust" };
	else
		return false;
	return true;
}
