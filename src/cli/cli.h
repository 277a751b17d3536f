/*
 * cli.h: the command line. A command is one row of the table in commands.c and
 * one function; options are rows of options.def.
 *
 * Adding a command: a row in commands.c, a function below, a FOR_ bit here and
 * in options.def where it takes options, a section in docs/migrate-check.1.
 */
#ifndef MC_CLI_H
#define MC_CLI_H

#include "pipeline/pipeline.h"
#include "report/errors.h"
#include "report/progress.h"
#include "report/report.h"
#include "report/style.h"

enum {
	FOR_RUN = 1 << 0,
	FOR_REPORT = 1 << 1,
	FOR_SHOW = 1 << 2,
	FOR_PYTHON = 1 << 3,
	FOR_REPRODUCE = 1 << 4,
	FOR_CLEAN = 1 << 5,
	FOR_LOG = 1 << 6,
	FOR_EXPLAIN = 1 << 7,
	FOR_TOOLS = 1 << 8,
	FOR_WORKLOAD = 1 << 9,
	FOR_BENCH = 1 << 10,
	FOR_ALL = (1 << 11) - 1
};

enum option_id {
#define X(id, letter, name, arg, commands, help) id,
#include "cli/options.def"
#undef X
	OPT_COUNT
};

/* A parsed command line. Strings point into argv. */
struct options {
	bool set[OPT_COUNT];
	const char *value[OPT_COUNT];      /* last one given */
	struct strv requirement_files, constraint_files, with;
	struct strv operands;
	enum color_choice color;
	enum progress_mode progress;
	int verbosity;
	enum effort effort;
	double budget_seconds;
	enum build_mode build;
	int runs, threads;                 /* 0: not given */
	int exit_code;                     /* 0 also when not given */
	double stress_seconds, timeout_seconds; /* 0: not given */
	int rounds;                        /* of bench; 0: not given, as the two below */
	double scale, deadline_seconds;
	bool help, version;
	const char *program_line;          /* whole command as typed, for reports */
	char **argv;                       /* the same, as it came */
};
#define AUTO_OPTIONS CLEANUP(options_release) struct options
void options_release(struct options *o); /* frees the lists with their copies; value[] points into argv */

/* Parse the words after the command for the commands in `mask`; ERR_USAGE names
 * the option and, for a near miss, the likely one. Of `workload` all words from the
 * first operand on are operands: they are another program's command line. */
int options_parse(int argc, char **argv, unsigned mask, struct options *o, struct error *err);
/* "  -r, --requirement FILE   ..." for each option of the mask. */
void options_help(FILE *out, unsigned mask);

struct command {
	const char *name, *operands, *summary;
	unsigned mask;
	bool hidden;
	/* Returns the exit code, or -1 with err. */
	int (*run)(const struct options *o, struct error *err);
};
const struct command *command_find(const char *name); /* NULL when unknown */
const struct command *command_at(size_t i);           /* NULL behind the last */
void help_print(FILE *out, const struct command *c);  /* c NULL: the whole program */

int cmd_run(const struct options *o, struct error *err); /* the survey's exit code, after all files are written */
int cmd_report(const struct options *o, struct error *err); /* of a survey in the store, in any format */
int cmd_show(const struct options *o, struct error *err); /* one sheet (--issue: Markdown), from --survey or the newest that has it */
int cmd_log(const struct options *o, struct error *err);  /* of a cell or package; several that fit are listed */
int cmd_explain(const struct options *o, struct error *err); /* a word; without one the list of words */
int cmd_python(const struct options *o, struct error *err);  /* `list` (the default), `install` or `check` */
int cmd_reproduce(const struct options *o, struct error *err); /* a finding, or --test of one target */
int cmd_bench(const struct options *o, struct error *err); /* claims measured and judged; --list names the workloads */
int cmd_clean(const struct options *o, struct error *err);     /* needs at least one of --builds, --logs, --old-surveys, --all */
int cmd_tools(const struct options *o, struct error *err);     /* sandbox and uv made ready, and said */

int cmd_workload(const struct options *o, struct error *err); /* a program on both builds; its exit code as report says */

/* Whole program; returns the exit code. */
int cli_main(int argc, char **argv);

/* When MIGRATE_CHECK_STATS names a file: write there what the program itself and
 * its children cost so far, as one JSON line. Only for measuring the program. */
void cli_stats_write(void);

/* Report options for a stream, from the command line and the environment. */
struct report_options cli_report_options(const struct options *o, FILE *stream);
struct store;
/* The survey that a reading command means (--survey, else the newest finished, else the newest), in the order of reports. */
int cli_load_survey(const struct options *o, struct store *store, struct survey *s, struct error *err);
/* Fill the parts of a request that several commands share. */
void cli_request(const struct options *o, const struct observer *observer, struct pipeline_request *r);
/* Progress on standard error, with Ctrl-C, Ctrl-C twice and SIGUSR1 wired. */
struct progress *cli_progress(const struct options *o);
void cli_progress_end(struct progress *p); /* frees it, takes what is on the terminal away; SIGUSR1 is ignored from here on */
/* Open an output file now ("-": standard output), so that a mistake shows before
 * the work; written by cli_write_to(). */
int cli_output_check(const char *path, struct error *err);
/* Through a temporary file, so that what stood there stays when this fails (ERR_IO, ERR_DISK_FULL); to a device, a pipe, or "-",
 * standard output, directly. */
typedef int cli_writer(FILE *out, const void *what, struct error *err);
int cli_write_to(const char *path, cli_writer *write, const void *what, struct error *err);
/* `format` is a word of --format. What stood in the file stays when this fails: ERR_IO, ERR_DISK_FULL. */
int cli_output_write(const char *path, const char *format, const struct survey *s, const struct report_options *opt, struct error *err);

#endif
