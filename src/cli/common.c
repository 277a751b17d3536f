/* common.c: what several commands share: streams and signals. */
#include "cli/cli.h"
#include "process/process.h"

#include <signal.h>

struct report_options cli_report_options(const struct options *o, FILE *stream)
{
	return (struct report_options){ .width = style_width(stream), .color = style_color(o->color, stream),
		                            .terminal = style_terminal(stream), .all_rows = o->set[OPT_ALL] || o->set[OPT_FULL],
		                            .verbosity = o->verbosity, .store = o->value[OPT_STORE], .survey = o->value[OPT_SURVEY] };
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
	r->bisect = o->set[OPT_BISECT];
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
