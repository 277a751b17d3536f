/* report_cmd.c: `migrate-check report`: render a stored survey again. */
#include "cli/cli.h"
#include "store/store.h"

int cmd_report(const struct options *o, struct error *err)
{
	if (o->operands.n)
		return error_set(err, ERR_USAGE, "`report` takes no operand; `migrate-check show %s` shows one package", o->operands.v[0]);
	if (cli_output_check(o->value[OPT_JSON], err) < 0 || cli_output_check(o->value[OPT_HTML], err) < 0)
		return -1;
	AUTO_STORE *store = NULL;
	AUTO_SURVEY s = { 0 };
	AUTO_SURVEY previous = { 0 };
	bool has_previous = false;
	if (store_open(o->value[OPT_STORE], STORE_READ, &store, err) < 0 || cli_load_survey(o, store, &s, err) < 0 ||
	    store_previous_survey(store, &s, &has_previous, &previous, err) < 0)
		return -1;
	struct report_options file = { .all_rows = true, .previous = has_previous ? &previous : NULL };
	const char *json = o->value[OPT_JSON], *html = o->value[OPT_HTML];
	if (json && cli_output_write(json, "json", &s, &file, err) < 0)
		return -1;
	if (html && cli_output_write(html, "html", &s, &file, err) < 0)
		return -1;
	if ((json || html) && !o->set[OPT_FORMAT])
		return 0;
	struct report_options opt = cli_report_options(o, stdout);
	opt.previous = file.previous;
	return cli_output_write("-", o->value[OPT_FORMAT] ? o->value[OPT_FORMAT] : "matrix", &s, &opt, err);
}
