/* commands.c: the table of commands, help, and the program's entry. */
#include "base/text.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
	{ "run", "TARGET...", "check packages (the default; the word may be left out)", FOR_RUN, false, cmd_run },
	{ "show", "PACKAGE", "the evidence behind one verdict", FOR_SHOW, false, cmd_show },
	{ "report", "", "render the newest survey again, in any format", FOR_REPORT, false, cmd_report },
	{ "reproduce", "FINDING|TARGET", "run a finding or one test again on both arms", FOR_REPRODUCE, false, cmd_reproduce },
	{ "log", "[CELL|PACKAGE]", "whole logs of what was run", FOR_LOG, false, cmd_log },
	{ "explain", "[WORD]", "what an outcome, flag or error means", FOR_EXPLAIN, false, cmd_explain },
	{ "workload", "-- PROGRAM [ARG...]", "what kind your program is, on both builds, and what to do", FOR_WORKLOAD, false, cmd_workload },
	{ "python", "list|install|check [VERSION]", "interpreter pairs: list, install, check", FOR_PYTHON, false, cmd_python },
	{ "bench", "", "classic claims about free threading, measured on this machine", FOR_BENCH, false, cmd_bench },
	{ "clean", "", "remove builds, logs or old surveys", FOR_CLEAN, false, cmd_clean },
	{ "tools", "", "fetch the helper programs and check the sandbox", FOR_TOOLS, true, cmd_tools },
};

const struct command *command_at(size_t i)
{
	return i < ARRAY_LEN(commands) ? &commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void help_program(FILE *out)
{
	fputs("migrate-check: can these Python packages move to free-threaded CPython?\n\n"
	      "usage: migrate-check [OPTION...] TARGET...        check packages\n"
	      "       migrate-check COMMAND [OPTION...] [...]\n\n"
	      "A target is a requirement (numpy, attrs==25.1, httpx[http2]), an sdist or wheel\n"
	      "(file or URL), a folder, or git+URL@REF#subdirectory=DIR.\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!commands[i].hidden)
			fprintf(out, "  %-10s %-30s %s\n", commands[i].name, commands[i].operands, commands[i].summary);
	fputs("\noptions of run:\n", out);
	options_help(out, FOR_RUN);
	fputs("\nexit codes: 0 nothing found, 1 something holds you back, 2 usage, 3 internal error,\n"
	      "4 too many failures of the tool or machine, 5 nothing was tested, 130 interrupted\n",
	      out);
}

void help_print(FILE *out, const struct command *c)
{
	if (!c || c->mask == FOR_RUN) {
		help_program(out);
		return;
	}
	fprintf(out, "usage: migrate-check %s [OPTION...] %s\n%s\n\noptions:\n", c->name, c->operands, c->summary);
	options_help(out, c->mask);
}

static int fail(const struct options *o, struct error *err)
{
	struct report_options opt = cli_report_options(o, stderr);
	errors_print(stderr, err, 1, SEVERITY_ERROR, &opt);
	return error_exit_code(err->code);
}

static char *join_arguments(int argc, char **argv)
{
	AUTO_STRV words = { 0 };
	strv_add(&words, "migrate-check");
	for (int i = 1; i < argc; i++)
		strv_take(&words, style_command_word(argv[i]));
	return strv_join(&words, " ");
}

int cli_main(int argc, char **argv)
{
	AUTO_ERROR err = { 0 };
	AUTO_OPTIONS o = { .runs = 3 };
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;
	int skip = c ? 1 : 0;
	AUTO_FREE char *line = join_arguments(argc, argv);
	o.program_line = line;
	o.argv = argv;
	if (options_parse(argc - skip, argv + skip, c ? c->mask : FOR_RUN, &o, &err) < 0)
		return fail(&o, &err);
	if (o.version) {
		puts("migrate-check " MC_VERSION);
		return 0;
	}
	if (o.help || argc == 1) {
		help_print(o.help ? stdout : stderr, c);
		return o.help ? 0 : 2;
	}
	int code = (c ? c->run : cmd_run)(&o, &err);
	if (code < 0)
		code = fail(&o, &err);
	if (fflush(stdout) != 0 && code == 0)
		code = 3;
	return code;
}
