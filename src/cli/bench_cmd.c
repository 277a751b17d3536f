/* bench_cmd.c: `migrate-check bench`: classic claims about the build without the GIL, measured on the user's pair. */
#include "base/fs.h"
#include "cli/cli.h"
#include "pipeline/bench.h"
#include "report/bench.h"

#include <stdlib.h>

static int list(void)
{
	size_t n;
	const struct bench_row *rows = bench_rows(&n);
	for (size_t i = 0; i < n; i++)
		printf("%-14s %s\n", rows[i].name, rows[i].summary);
	return 0;
}

static int check_usage(const struct options *o, struct error *err)
{
	if (o->operands.n) {
		AUTO_FREE char *safe = style_line(o->operands.v[0]);
		error_set(err, ERR_USAGE, "`bench` takes no operand: `%s`", safe);
		return error_hint(err, "`migrate-check bench --only NAME` runs one workload; `--list` names all");
	}
	if (str_eq(o->value[OPT_JSON], "-") && str_eq(o->value[OPT_HTML], "-"))
		return error_set(err, ERR_USAGE, "`--json -` and `--html -` both want standard output");
	if (bench_check_names(o->value[OPT_ONLY], err) < 0 || cli_output_check(o->value[OPT_JSON], err) < 0)
		return -1;
	return cli_output_check(o->value[OPT_HTML], err);
}

static int write_page(FILE *out, const void *what, struct error *err)
{
	AUTO_FREE char *dir = asset_path("reports");
	AUTO_FREE char *file = path_join(dir, "style.css");
	AUTO_BUF style = { 0 };
	if (read_file(file, 1 << 20, &style, err) < 0)
		return -1;
	return report_bench_html(out, what, buf_str(&style), err);
}

static int write_json(FILE *out, const void *what, struct error *err)
{
	return report_bench_json(out, what, err);
}

static int write_to(const char *path, cli_writer *write, const struct bench *b, struct error *err)
{
	return path ? cli_write_to(path, write, b, err) : 0;
}

int cmd_bench(const struct options *o, struct error *err)
{
	if (check_usage(o, err) < 0)
		return -1;
	if (o->set[OPT_LIST])
		return list();
	struct progress *progress = cli_progress(o);
	struct observer observer = progress_observer(progress);
	struct bench_request r = { .gil = o->value[OPT_GIL], .ft = o->value[OPT_FT], .python = o->value[OPT_PYTHON], .only = o->value[OPT_ONLY],
		                       .command = o->program_line, .threads = o->threads, .rounds = o->rounds, .scale = o->scale,
		                       .deadline_seconds = o->deadline_seconds, .no_sandbox = o->set[OPT_NO_SANDBOX], .observer = &observer };
	AUTO_BENCH b = { 0 };
	int result = pipeline_bench(&r, &b, err);
	cli_progress_end(progress);
	if (result < 0 || write_to(o->value[OPT_JSON], write_json, &b, err) < 0 || write_to(o->value[OPT_HTML], write_page, &b, err) < 0)
		return -1;
	bool taken = str_eq(o->value[OPT_JSON], "-") || str_eq(o->value[OPT_HTML], "-");
	struct report_options opt = cli_report_options(o, taken ? stderr : stdout);
	if ((!taken || style_terminal(stderr)) && report_bench(taken ? stderr : stdout, &b, &opt, err) < 0)
		return -1;
	return b.exit_code;
}
