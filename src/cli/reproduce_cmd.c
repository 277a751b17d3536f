/* reproduce_cmd.c: `migrate-check reproduce`: a finding of a survey again, its script, or one test of a target. */
#include "base/text.h"
#include "cli/cli.h"
#include "inputs/target.h"
#include "interp/interp.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whatever is run again: progress on standard error, runs on standard output. */
static int run_again(const struct options *o, struct pipeline_request *r, const char *test, const struct finding *f, struct error *err)
{
	struct progress *progress = cli_progress(o);
	struct observer observer = progress_observer(progress);
	int64_t bad = 0;
	r->observer = &observer;
	int result = f ? pipeline_reproduce_stress(r, f, o->runs, stdout, &bad, err) : pipeline_reproduce(r, test, o->runs, stdout, &bad, err);
	cli_progress_end(progress);
	r->observer = NULL;
	return result < 0 ? -1 : bad ? 1 : 0;
}

static int reproduce_test(const struct options *o, struct error *err)
{
	struct pipeline_request r = { 0 };
	cli_request(o, NULL, &r);
	int code = run_again(o, &r, o->value[OPT_TEST], NULL, err);
	pipeline_request_release(&r);
	return code;
}

/* On a terminal the script is shown, in a pipe or a file it is the script: its bytes are those that were tested. */
static int print_script(const char *script, struct error *err)
{
	AUTO_BUF shown = { 0 };
	if (isatty(STDOUT_FILENO))
		text_safe(&shown, script, strlen(script), true);
	else
		buf_adds(&shown, script);
	return report_flush(stdout, &shown, err);
}

static int no_script(const struct options *o, const struct package_result *p, const struct finding *f, const char *why, struct error *err)
{
	AUTO_FREE char *name = style_line(p->name);
	AUTO_FREE char *reason = style_line(why);
	struct report_options opt = cli_report_options(o, stderr);
	AUTO_FREE char *reading = report_reading_options(&opt);
	error_set(err, ERR_NO_SCRIPT, "there is no stand-alone script of %s:%s", name, f->id);
	error_why(err, "%s", reason);
	return error_hint(err, "`migrate-check reproduce %s:%s%s` runs it again with the suite", name, f->id, reading);
}

/* The target that the survey was about: an index package by its exact version, anything else as it was written. */
static char *target_of(const struct package_result *p)
{
	const char *version = p->tested_version ? p->tested_version : p->version;
	const char *asked = p->requested;
	AUTO_TARGET t = { 0 };
	if (asked && target_parse(asked, &t, NULL) == 0)
		return request_pinned(&t, p->name, version);
	bool plain = !asked || (!strchr(asked, '/') && !str_ends(asked, ".whl") && !str_ends(asked, ".gz") && !str_ends(asked, ".zip"));
	return plain && version ? xasprintf("%s==%s", p->name, version) : xstrdup(asked ? asked : p->name);
}

static int other_interpreter(const struct interpreter *then, const char *what, const char *why, struct error *err)
{
	AUTO_FREE char *path = style_line(then->executable);
	AUTO_FREE char *version = style_line(then->version);
	error_set(err, ERR_BAD_INTERPRETER, "the finding is of CPython %s at '%s', which %s", version, path, what);
	if (why)
		error_why(err, "%s", why);
	return error_hint(err, "`--gil FILE --ft FILE` or `--python VERSION` names the pair to use in its place");
}

/* One interpreter of the survey's pair: another build in its place would answer another question. */
static int take_interpreter(const struct interpreter *then, const char **path, struct error *err)
{
	if (*path || !then->executable)
		return 0;
	AUTO_ERROR problem = { 0 };
	CLEANUP(interpreter_release) struct interpreter now = { 0 };
	if (interp_describe(then->executable, &now, &problem) < 0)
		return other_interpreter(then, "does not work any more", problem.what, err);
	if (then->id && !str_eq(now.id, then->id))
		return other_interpreter(then, "has been replaced by another build", NULL, err);
	*path = then->executable;
	return 0;
}

/* The request that makes the finding's package ready again, as the survey had it. */
static int request_of(const struct options *o, const struct survey *s, const struct package_result *p, struct pipeline_request *r, struct error *err)
{
	cli_request(o, NULL, r);
	strv_clear(&r->targets);
	strv_take(&r->targets, target_of(p));
	if (!r->seed)
		r->seed = s->seed;
	if (!o->set[OPT_EFFORT])
		r->effort = s->effort;
	if (r->python)
		return 0;
	return take_interpreter(&s->pair.gil, &r->gil, err) < 0 ? -1 : take_interpreter(&s->pair.ft, &r->ft, err);
}

/* The script that the survey kept, or one that is made now. */
static int reproduce_as_script(const struct options *o, const struct survey *s, const struct package_result *p, const struct finding *f,
                               struct error *err)
{
	if (f->script)
		return print_script(f->script, err);
	bool whole_test = f->key && !str_starts(f->key, "replay|");
	if (!f->key || whole_test)
		return no_script(o, p, f, f->script_note ? f->script_note : "only findings of the mode replay have one", err);
	CLEANUP(pipeline_request_release) struct pipeline_request r = { 0 };
	if (request_of(o, s, p, &r, err) < 0)
		return -1;
	struct progress *progress = cli_progress(o);
	struct observer observer = progress_observer(progress);
	r.observer = &observer;
	AUTO_FREE char *script = NULL;
	AUTO_FREE char *note = NULL;
	int result = pipeline_script(&r, f, &script, &note, err);
	cli_progress_end(progress);
	if (result < 0)
		return -1;
	return script ? print_script(script, err) : no_script(o, p, f, note ? note : "it could not be made", err);
}

static int reproduce_finding(const struct options *o, const struct survey *s, const struct package_result *p, const struct finding *f,
                             struct error *err)
{
	if (!f->key && !f->test) {
		error_set(err, ERR_NO_FINDING, "%s:%s (%s) is of no single test", p->name, f->id, finding_kind_word(f->kind));
		return error_hint(err, "the whole package again: `%s`", p->reproduce ? p->reproduce : "migrate-check PACKAGE --fresh");
	}
	CLEANUP(pipeline_request_release) struct pipeline_request r = { 0 };
	if (request_of(o, s, p, &r, err) < 0)
		return -1;
	return run_again(o, &r, f->test, f->key ? f : NULL, err);
}

/* The survey that the options mean; when it lacks the package of "PACKAGE:ID", the newest that has it. */
static int load(const struct options *o, const char *word, struct survey *s, struct error *err)
{
	AUTO_STORE *store = NULL;
	if (store_open(o->value[OPT_STORE], STORE_READ, &store, err) < 0 || cli_load_survey(o, store, s, err) < 0)
		return -1;
	const char *colon = strrchr(word, ':');
	AUTO_FREE char *name = colon ? xstrndup(word, (size_t)(colon - word)) : NULL;
	if (!name || o->set[OPT_SURVEY] || report_find_package(s, name))
		return 0;
	struct package_result found;
	package_result_init(&found);
	AUTO_FREE char *id = NULL;
	bool has = false;
	int done = store_find_package(store, name, NULL, &has, &found, &id, err);
	package_result_release(&found);
	if (done < 0 || !has)
		return done;
	survey_release(s);
	return store_get_survey(store, id, s, err);
}

static int usage(const char *what, struct error *err)
{
	error_set(err, ERR_USAGE, "%s", what);
	return error_hint(err, "`migrate-check reproduce m1`, `reproduce PACKAGE:m1 --script`, or `reproduce TARGET --test ID`; `migrate-check show PACKAGE` has them");
}

int cmd_reproduce(const struct options *o, struct error *err)
{
	if (o->operands.n != 1)
		return usage("`reproduce` takes one finding, or one target and `--test ID`", err);
	if (o->value[OPT_TEST] && o->set[OPT_SCRIPT])
		return usage("a test has no stand-alone script: `--script` is for a finding", err);
	if (o->value[OPT_TEST])
		return reproduce_test(o, err);
	AUTO_SURVEY s = { 0 };
	const struct package_result *p;
	if (load(o, o->operands.v[0], &s, err) < 0)
		return -1;
	const struct finding *f = report_find_finding(&s, o->operands.v[0], &p, err);
	if (!f)
		return -1;
	return o->set[OPT_SCRIPT] ? reproduce_as_script(o, &s, p, f, err) : reproduce_finding(o, &s, p, f, err);
}
