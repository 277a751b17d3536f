/* workload_cmd.c: `migrate-check workload -- python app.py ...`: a user's own program on both builds. */
#include "cli/cli.h"
#include "pipeline/workload.h"
#include "report/workload.h"

#include <stdlib.h>

enum { DEFAULT_RUNS = 6 };
static const double default_timeout = 300;

static int write_json(FILE *out, const void *what, struct error *err)
{
	return report_workload_json(out, what, err);
}

static int write_result(const struct options *o, const struct workload *w, struct error *err)
{
	const char *json = o->value[OPT_JSON];
	if (json && cli_write_to(json, write_json, w, err) < 0)
		return -1;
	bool json_out = str_eq(json, "-");
	if (o->verbosity <= -2 || (json_out && !style_terminal(stderr)))
		return 0;
	FILE *out = json_out ? stderr : stdout;
	struct report_options opt = cli_report_options(o, out);
	return report_workload(out, w, &opt, err);
}

int cmd_workload(const struct options *o, struct error *err)
{
	if (cli_output_check(o->value[OPT_JSON], err) < 0)
		return -1;
	struct progress *progress = cli_progress(o);
	struct observer observer = progress_observer(progress);
	struct pipeline_request common = { 0 };
	cli_request(o, &observer, &common);
	strv_copy(&common.targets, &o->with);
	struct workload_request r = { .common = &common, .words = &o->operands, .runs = o->set[OPT_RUNS] ? o->runs : DEFAULT_RUNS,
		                          .timeout_seconds = o->timeout_seconds > 0 ? o->timeout_seconds : default_timeout,
		                          .exit_code = o->exit_code, .network = o->set[OPT_NETWORK], .writable = o->set[OPT_WRITABLE] };
	AUTO_WORKLOAD w = { 0 };
	int result = pipeline_workload(&r, &w, err);
	cli_progress_end(progress);
	pipeline_request_release(&common);
	if (result < 0 || write_result(o, &w, err) < 0)
		return -1;
	return w.exit_code;
}
