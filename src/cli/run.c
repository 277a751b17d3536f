/* run.c: `migrate-check TARGET...`: check packages and print the matrix. */
#include "cli/cli.h"
#include "report/events.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Files that are rewritten after each package, so that a killed run leaves them. */
static int write_files(const struct options *o, const struct survey *s, bool final, struct error *err)
{
	struct report_options opt = { .all_rows = true };
	const char *json = o->value[OPT_JSON], *html = o->value[OPT_HTML];
	if (json && (final || strcmp(json, "-") != 0) && cli_output_write(json, "json", s, &opt, err) < 0)
		return -1;
	if (html && cli_output_write(html, "html", s, &opt, err) < 0)
		return -1;
	return 0;
}

static void on_package(void *cookie, const struct survey *s)
{
	AUTO_ERROR ignored = { 0 }; /* the final write reports what went wrong */
	write_files(cookie, s, false, &ignored);
}

/* With `--json -` standard output is the document; the matrix goes to a terminal or nowhere. */
static int print_matrix(const struct options *o, const struct survey *s, const struct survey *previous, struct error *err)
{
	bool json_out = str_eq(o->value[OPT_JSON], "-");
	FILE *out = json_out ? stderr : stdout;
	if (json_out && !style_terminal(stderr))
		return 0;
	struct report_options opt = cli_report_options(o, out);
	opt.previous = previous;
	const struct report_format *f = report_format_find(o->value[OPT_FORMAT] ? o->value[OPT_FORMAT] : "matrix");
	return o->verbosity <= -2 ? 0 : f->write(out, s, &opt, err);
}

static int check_usage(const struct options *o, struct error *err)
{
	if (o->operands.n == 0 && o->requirement_files.n == 0) {
		error_set(err, ERR_USAGE, "no target: name packages, files, folders or git URLs");
		return error_hint(err, "`migrate-check numpy pandas`, or `migrate-check -r requirements.txt`");
	}
	if (cli_output_check(o->value[OPT_JSON], err) < 0 || cli_output_check(o->value[OPT_HTML], err) < 0 ||
	    cli_output_check(o->value[OPT_EVENTS], err) < 0)
		return -1;
	return 0;
}

/* The survey before this one, for "new, fixed, still". */
static bool find_previous(const struct options *o, const struct survey *s, struct survey *out)
{
	AUTO_STORE *store = NULL;
	bool found = false;
	AUTO_ERROR ignored = { 0 };
	if (store_open(o->value[OPT_STORE], STORE_READ, &store, &ignored) < 0)
		return false;
	return store_previous_survey(store, s, &found, out, &ignored) == 0 && found;
}

int cmd_run(const struct options *o, struct error *err)
{
	if (check_usage(o, err) < 0)
		return -1;
	AUTO_FILE FILE *event_file = o->value[OPT_EVENTS] ? fopen(o->value[OPT_EVENTS], "we") : NULL;
	if (o->value[OPT_EVENTS] && !event_file)
		return error_errno(err, ERR_IO, errno, "cannot write '%s'", o->value[OPT_EVENTS]);
	struct progress *progress = cli_progress(o);
	struct observer to_progress = progress_observer(progress);
	struct events_writer *events = event_file ? events_new(event_file, &to_progress) : NULL;
	struct observer observer = events ? events_observer(events) : to_progress;
	struct pipeline_request r = { 0 };
	cli_request(o, &observer, &r);
	AUTO_SURVEY s = { 0 };
	AUTO_SURVEY previous = { 0 };
	bool answered = false;
	int result = pipeline_run(&r, &s, &answered, on_package, (void *)(uintptr_t)o, err);
	cli_progress_end(progress);
	pipeline_request_release(&r);
	if (events_free(events, result < 0 ? NULL : err) < 0 || result < 0)
		return -1;
	if (answered && o->verbosity > -2)
		fprintf(stderr, "answered from the run of %s; the index lists nothing newer for %s; `--fresh` runs again\n", s.started,
		        s.n_packages == 1 ? "it" : "them");
	bool has_previous = find_previous(o, &s, &previous);
	if (write_files(o, &s, true, err) < 0 || print_matrix(o, &s, has_previous ? &previous : NULL, err) < 0)
		return -1;
	return s.exit_code;
}
