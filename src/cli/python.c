/* python.c: `migrate-check python list|install|check`. */
#include "base/fs.h"
#include "build/toolbox.h"
#include "cli/cli.h"
#include "interp/interp.h"

#include <stdlib.h>
#include <string.h>

static void print_interpreter(const struct interpreter *i)
{
	const char *kind = interp_is_tsan(i) ? "tsan" : i->gil_disabled ? "free-threaded" : "gil";
	printf("%-10s %-14s %-8s %s\n", i->version, kind, i->provider ? i->provider : "-", i->executable);
}

static void print_details(const char *arm, const struct interpreter *i)
{
	printf("%-4s %s  %s\n     compiler %s, flags %s, optimisation %s%s\n     Py_GIL_DISABLED %d, tag %s, id %s\n", arm, i->version,
	       i->executable, i->compiler, i->flags && *i->flags ? i->flags : "(default)", i->optimisation, i->debug ? ", debug" : "",
	       i->gil_disabled, i->tag, i->id);
}

/* The ThreadSanitizer interpreter, and whether what it says can be believed. */
static void print_tsan(const struct interpreter *i)
{
	CLEANUP(tsan_fact_release) struct tsan_fact fact = { 0 };
	interp_tsan_fact(i, &fact);
	print_details("tsan", i);
	if (!fact.known)
		puts("     self-test never run for this build; `migrate-check python check` runs it");
	else if (fact.ok)
		printf("     self-test: the seeded race was found (%lld reports), its correct twin has none\n", (long long)fact.seeded);
	else
		printf("     self-test failed: %s\n", fact.why);
}

/* Only where one is there: a pair is enough for everything else. */
static int check_tsan(const struct interpreter *ft, struct error *err)
{
	CLEANUP(interpreter_release) struct interpreter i = { 0 };
	CLEANUP(tsan_fact_release) struct tsan_fact fact = { 0 };
	if (interp_find_tsan_for(ft, &i) < 0)
		return 0;
	interp_tsan_fact(&i, &fact);
	AUTO_FREE char *harness = asset_path("harness");
	AUTO_FREE char *script = path_join(harness, TSAN_SELF_TEST);
	if (!fact.known && interp_tsan_self_test(&i, script, NULL, &fact, err) < 0)
		return -1;
	print_tsan(&i);
	return 0;
}

static int list(struct error *err)
{
	struct interpreter *all = NULL;
	size_t n = 0;
	if (interp_list(&all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		print_interpreter(&all[i]);
	interp_list_release(all, n);
	if (n == 0)
		fputs("no CPython 3.13 or newer was found; `migrate-check python install` makes a pair\n", stderr);
	return 0;
}

static int print_pair(const struct pair *p)
{
	print_details("gil", &p->gil);
	print_details("ft", &p->ft);
	if (p->parity.n == 0) {
		puts("pair like for like");
		return 0;
	}
	AUTO_FREE char *differs = strv_join(&p->parity, "; ");
	printf("pair not like for like: %s\n", differs);
	return 0;
}

static int check(const struct options *o, struct error *err)
{
	struct interp_options want = { .gil = o->value[OPT_GIL], .ft = o->value[OPT_FT], .python = o->value[OPT_PYTHON] };
	if (o->operands.n > 1)
		want.python = o->operands.v[1];
	struct pair p = { 0 };
	if (interp_find_pair(&want, &p, NULL, err) < 0)
		return -1;
	int result = print_pair(&p);
	if (result == 0)
		result = check_tsan(&p.ft, err);
	interp_pair_release(&p);
	return result;
}

static int install(const struct options *o, struct error *err)
{
	AUTO_FREE char *uv = toolbox_uv_path();
	AUTO_FREE char *harness = asset_path("harness");
	AUTO_FREE char *self_test = path_join(harness, TSAN_SELF_TEST);
	struct interp_install_request q = {
		.uv = path_is_file(uv) ? uv : NULL,
		.version = o->operands.n > 1 ? o->operands.v[1] : o->value[OPT_PYTHON], .provider = o->value[OPT_PROVIDER],
		.source = o->value[OPT_SOURCE], .suite = o->value[OPT_SUITE], .optimized = o->set[OPT_OPTIMIZED], .force = o->set[OPT_FORCE],
		.tsan = o->set[OPT_TSAN], .self_test = self_test,
	};
	struct progress *progress = cli_progress(o);
	struct observer observer = progress_observer(progress);
	struct pair p = { 0 };
	int result = interp_install(&q, &p, &observer, err);
	cli_progress_end(progress);
	if (result == 0 && q.tsan)
		print_tsan(&p.ft);
	else if (result == 0)
		result = print_pair(&p);
	interp_pair_release(&p);
	return result;
}

int cmd_python(const struct options *o, struct error *err)
{
	const char *what = o->operands.n ? o->operands.v[0] : "list";
	size_t most = strcmp(what, "list") == 0 ? 1 : 2;
	if (o->operands.n > most) {
		AUTO_FREE char *word = style_line(o->operands.v[most]);
		AUTO_FREE char *command = style_line(what);
		return error_set(err, ERR_USAGE, "`python %s` takes %s: '%s'", command, most == 1 ? "no further word" : "one version", word);
	}
	if (strcmp(what, "list") == 0)
		return list(err);
	if (strcmp(what, "check") == 0)
		return check(o, err);
	if (strcmp(what, "install") == 0)
		return install(o, err);
	error_set(err, ERR_USAGE, "unknown `python %s`", what);
	return error_hint(err, "`python list`, `python install [VERSION]` or `python check`");
}
