/* common.c: what several commands share: streams, signals, output files. */
#include "base/fs.h"
#include "cli/cli.h"
#include "process/process.h"
#include "report/html.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct report_options cli_report_options(const struct options *o, FILE *stream)
{
	return (struct report_options){ .width = style_width(stream), .color = style_color(o->color, stream),
		                            .terminal = style_terminal(stream), .all_rows = o->set[OPT_ALL] || o->set[OPT_FULL],
		                            .verbosity = o->verbosity };
}

void cli_request(const struct options *o, const struct observer *observer, struct pipeline_request *r)
{
	r->gil = o->value[OPT_GIL];
	r->ft = o->value[OPT_FT];
	r->python = o->value[OPT_PYTHON];
	r->index_url = o->value[OPT_INDEX_URL];
	r->store_dir = o->value[OPT_STORE];
	r->profiles_dir = o->value[OPT_PROFILES];
	r->seed = o->value[OPT_SEED];
	r->command = o->program_line;
	r->effort = o->effort;
	r->budget_seconds = o->budget_seconds;
	r->build = o->build;
	r->closure = o->set[OPT_CLOSURE];
	r->fresh = o->set[OPT_FRESH];
	r->offline = o->set[OPT_OFFLINE];
	r->no_sandbox = o->set[OPT_NO_SANDBOX];
	r->no_measure = o->set[OPT_NO_MEASURE];
	r->stress = o->value[OPT_STRESS];
	r->stress_seconds = o->stress_seconds;
	r->threads = o->threads;
	r->keep_work = o->set[OPT_KEEP_WORK];
	r->observer = observer;
	strv_copy(&r->targets, &o->operands);
	strv_copy(&r->requirement_files, &o->requirement_files);
	strv_copy(&r->constraint_files, &o->constraint_files);
}

static struct progress *current;
static volatile sig_atomic_t interrupts;

static void on_interrupt(int sig)
{
	(void)sig;
	if (interrupts++ == 0)
		processes_cancel();
	else
		processes_kill_now();
}

static void on_usr1(int sig)
{
	(void)sig;
	if (current)
		progress_request_status(current);
}

struct progress *cli_progress(const struct options *o)
{
	struct progress_options options = { .mode = o->progress, .verbosity = o->verbosity, .color = style_color(o->color, stderr), .ticker = true };
	current = progress_new(stderr, &options);
	struct sigaction interrupt = { .sa_handler = on_interrupt }, status = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	sigaction(SIGUSR1, &status, NULL);
	signal(SIGPIPE, SIG_IGN);
	return current;
}

void cli_progress_end(struct progress *p)
{
	signal(SIGUSR1, SIG_IGN);
	current = NULL;
	progress_free(p);
}

int cli_output_check(const char *path, struct error *err)
{
	if (!path || strcmp(path, "-") == 0)
		return 0;
	AUTO_FREE char *temp = xasprintf("%s.new", path); /* as cli_output_write() will do it */
	int why = path_is_dir(path) ? EISDIR : 0;
	FILE *out = why ? NULL : fopen(temp, "we");
	if (!out && !why)
		why = errno;
	if (out) {
		fclose(out);
		unlink(temp);
	}
	if (why) {
		error_errno(err, ERR_USAGE, why, "cannot write '%s'", path);
		return error_hint(err, "name a file in a folder that exists and can be written");
	}
	return 0;
}

/* The page's style and script are read here, as reports do no input. */
static int write_html(FILE *out, const struct survey *s, const struct report_options *opt, struct error *err)
{
	AUTO_FREE char *dir = asset_path("reports");
	AUTO_FREE char *style_file = path_join(dir, "style.css");
	AUTO_FREE char *script_file = path_join(dir, "report.js");
	AUTO_BUF style = { 0 };
	AUTO_BUF script = { 0 };
	if (read_file(style_file, 1 << 20, &style, err) < 0 || read_file(script_file, 1 << 20, &script, err) < 0)
		return -1;
	struct html_options h = { .style = buf_str(&style), .script = buf_str(&script), .previous = opt->previous };
	return report_html(out, s, &h, err);
}

/* Any format by name, "html" among them. */
static int write_format(FILE *out, const char *format, const struct survey *s, const struct report_options *opt, struct error *err)
{
	if (strcmp(format, "html") == 0)
		return write_html(out, s, opt, err);
	const struct report_format *f = report_format_find(format);
	return f ? f->write(out, s, opt, err) : error_set(err, ERR_INTERNAL, "no format '%s'", format);
}

int cli_output_write(const char *path, const char *format, const struct survey *s, const struct report_options *opt, struct error *err)
{
	if (strcmp(path, "-") == 0)
		return write_format(stdout, format, s, opt, err);
	AUTO_FREE char *temp = xasprintf("%s.new", path);
	AUTO_FILE FILE *out = fopen(temp, "we");
	if (!out)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", path);
	if (write_format(out, format, s, opt, err) < 0 || fflush(out) != 0 || rename(temp, path) < 0) {
		int saved = errno;
		unlink(temp);
		return err && err->code ? -1 : error_errno(err, ERR_IO, saved, "cannot write '%s'", path);
	}
	return 0;
}
