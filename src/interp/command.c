/* command.c: run one command of an install, and say in a line why it failed. */
#include "base/fs.h"
#include "base/text.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OUTPUT_MAX (1u << 20)
#define LOG_MAX ((size_t)64 << 20)

void build_environment(struct strv *env)
{
	const char *keep[] = { "PATH", "HOME", "TMPDIR", "CC" };
	for (size_t i = 0; i < ARRAY_LEN(keep); i++)
		if (getenv(keep[i]))
			strv_addf(env, "%s=%s", keep[i], getenv(keep[i]));
	strv_add(env, "LC_ALL=C.UTF-8");
}

/* How telling a line of output is: what says error first, then what speaks of
 * one, then anything; the last words of make and apt say nothing. */
static int telling(const char *line)
{
	if (*line == 0 || (str_starts(line, "make") && strstr(line, "***")))
		return 0;
	if (strstr(line, "Failed to fetch some archives")) /* apt's last words; those before name the file */
		return 1;
	if (str_starts(line, "E: ") || str_starts(line, "error") || strstr(line, " error: ") || strstr(line, "Error: "))
		return 3;
	return strcasestr(line, "error") ? 2 : 1;
}

/* The line that a person would look for: the last of the most telling ones.
 * Owned; NULL when there is no output. */
static char *telling_line(const char *output)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, output, '\n');
	const char *best = NULL;
	int most = 0;
	for (size_t i = lines.n; i-- > 0;) {
		const char *line = lines.v[i] + strspn(lines.v[i], " \t");
		if (telling(line) <= most)
			continue;
		most = telling(line);
		best = line;
	}
	return best ? text_safe_line(best) : NULL;
}

static int failed(const struct command *c, const struct process_result *r, struct error *err)
{
	const char *name = path_base(c->argv[0]);
	const char *output = buf_str(&r->output);
	AUTO_FREE char *line = telling_line(output);
	AUTO_FREE char *tail = process_tail(r, 12);
	if (r->cancelled)
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	if (strstr(output, "No space left on device"))
		return error_set(err, ERR_DISK_FULL, "no space left while installing an interpreter");
	if (r->ending == END_TIMEOUT && c->should_stop && c->should_stop(c->cookie))
		return error_set(err, ERR_INSTALL, "%s was stopped because the other build failed", name);
	if (r->ending == END_TIMEOUT)
		error_set(err, ERR_INSTALL, "%s did not end within %.3g s", name, c->seconds);
	else if (r->ending == END_SIGNAL)
		error_set(err, ERR_INSTALL, "%s was ended by signal %d", name, r->code);
	else
		error_set(err, ERR_INSTALL, "%s: %s", name, line ? line : "it failed without a word");
	return tail && *tail ? error_why(err, "%s", tail) : -1;
}

int command_run(const struct command *c, struct buf *output, struct error *err)
{
	AUTO_STRV argv = { 0 };
	for (const char *const *a = c->argv; *a; a++)
		strv_add(&argv, *a);
	struct process_spec spec = {
		.argv = &argv, .env = c->env, .cwd = c->cwd, .output_max = OUTPUT_MAX, .log_path = c->log, .log_append = true,
		.log_max = LOG_MAX, .deadline_seconds = c->seconds, .on_output = c->on_output, .should_stop = c->should_stop,
		.cookie = c->cookie, .fixed_addresses = c->fixed_addresses,
	};
	AUTO_PROCESS result = { 0 };
	AUTO_ERROR why = { 0 };
	if (process_run(&spec, &result, &why) < 0) {
		bool fatal = why.code == ERR_INTERRUPTED || why.code == ERR_DISK_FULL;
		if (!fatal)
			return error_set(err, ERR_INSTALL, "%s cannot be run: %s", path_base(c->argv[0]), why.what);
		error_move(err, &why);
		return -1;
	}
	if (!process_ok(&result))
		return failed(c, &result, err);
	if (output) {
		buf_clear(output);
		buf_add(output, buf_str(&result.output), result.output.len);
	}
	return 0;
}
