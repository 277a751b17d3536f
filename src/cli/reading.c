/* reading.c: commands that only read: show and explain. */
#include "cli/cli.h"
#include "report/explain.h"
#include "store/store.h"

#include <string.h>

/* The survey that a reading command means: --survey, else the newest finished, else the newest. */
static int load_stored(const struct options *o, struct store *store, struct survey *s, struct error *err)
{
	if (o->value[OPT_SURVEY])
		return store_get_survey(store, o->value[OPT_SURVEY], s, err);
	bool found = false;
	if (store_latest_survey(store, true, &found, s, err) < 0)
		return -1;
	if (!found && store_latest_survey(store, false, &found, s, err) < 0)
		return -1;
	if (found)
		return 0;
	error_set(err, ERR_NO_SURVEY, "the store holds no survey");
	return error_hint(err, "run `migrate-check PACKAGE` first");
}

int cli_load_survey(const struct options *o, struct store *store, struct survey *s, struct error *err)
{
	if (load_stored(o, store, s, err) < 0)
		return -1;
	survey_sort(s);
	return 0;
}

int cmd_show(const struct options *o, struct error *err)
{
	if (o->operands.n != 1)
		return error_set(err, ERR_USAGE, "`show` takes one package");
	AUTO_STORE *store = NULL;
	AUTO_SURVEY s = { 0 };
	if (store_open(o->value[OPT_STORE], STORE_READ, &store, err) < 0 || cli_load_survey(o, store, &s, err) < 0)
		return -1;
	const struct package_result *p = report_find_package(&s, o->operands.v[0]);
	if (!p && !o->set[OPT_SURVEY]) { /* not in the newest survey: its newest result of all */
		struct package_result found;
		package_result_init(&found);
		AUTO_FREE char *id = NULL;
		bool has = false;
		int done = store_find_package(store, o->operands.v[0], NULL, &has, &found, &id, err);
		package_result_release(&found);
		if (done < 0)
			return -1;
		survey_release(&s);
		if (has && store_get_survey(store, id, &s, err) < 0)
			return -1;
		p = has ? report_find_package(&s, o->operands.v[0]) : NULL;
	}
	if (!p) {
		error_set(err, ERR_NO_SURVEY, "no survey holds a package '%s'", o->operands.v[0]);
		return error_hint(err, "run `migrate-check %s` first", o->operands.v[0]);
	}
	struct report_options opt = cli_report_options(o, stdout);
	if (o->set[OPT_SLOWEST])
		return report_slowest(stdout, p, &opt, err);
	return o->set[OPT_ISSUE] ? report_issue(stdout, &s, p, &opt, err) : report_show(stdout, &s, p, &opt, err);
}

int cmd_explain(const struct options *o, struct error *err)
{
	if (o->operands.n > 1)
		return error_set(err, ERR_USAGE, "`explain` takes one word");
	struct report_options opt = cli_report_options(o, stdout);
	return report_explain(stdout, o->operands.n ? o->operands.v[0] : NULL, &opt, err);
}
