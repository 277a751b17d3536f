/* parity.c: in what do the two interpreters of a pair differ besides the GIL? */
#include "interp/describe.h"
#include "interp/interp.h"

#include <stdlib.h>
#include <string.h>

/* Configure arguments that differ by nature: the GIL, and where things are. */
static const char *const expected[] = {
	"--disable-gil", "--prefix", "--exec-prefix", "--srcdir", "--with-build-python", "--cache-file",
};

static bool is_expected(const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		size_t n = strlen(expected[i]);
		if (strncmp(argument, expected[i], n) == 0 && (argument[n] == 0 || argument[n] == '='))
			return true;
	}
	return false;
}

static void differ(struct strv *out, const char *what, const char *gil, const char *ft)
{
	if (!str_eq(gil ? gil : "", ft ? ft : ""))
		strv_addf(out, "%s: gil %.80s, free-threaded %.80s", what, gil && *gil ? gil : "none", ft && *ft ? ft : "none");
}

/* Add to out what `have` holds and `other` lacks; a repeated word counts once. */
static void only_in(const struct strv *have, const struct strv *other, struct strv *out)
{
	for (size_t i = 0; i < have->n; i++)
		if (*have->v[i] && !is_expected(have->v[i]) && !strv_has(other, have->v[i]))
			strv_add_unique(out, have->v[i]);
}

static void differ_words(struct strv *out, const char *what, const struct strv *gil, const struct strv *ft)
{
	AUTO_STRV only_gil = { 0 };
	AUTO_STRV only_ft = { 0 };
	only_in(gil, ft, &only_gil);
	only_in(ft, gil, &only_ft);
	if (only_gil.n + only_ft.n == 0)
		return;
	AUTO_FREE char *a = strv_join(&only_gil, " ");
	AUTO_FREE char *b = strv_join(&only_ft, " ");
	strv_addf(out, "%s:%s%.100s%s%s%.100s", what, *a ? " only gil " : "", a, *a && *b ? "," : "", *b ? " only free-threaded " : "", b);
}

/* The prefix may stand inside a word (-I/prefix/include), so it is made equal first. */
static void add_without_prefix(struct strv *out, const char *word, const char *prefix)
{
	AUTO_BUF plain = { 0 };
	size_t n = prefix ? strlen(prefix) : 0;
	for (const char *at = word; *at;) {
		const char *next = n > 1 ? strstr(at, prefix) : NULL;
		buf_add(&plain, at, next ? (size_t)(next - at) : strlen(at));
		if (next)
			buf_adds(&plain, "PREFIX");
		at = next ? next + n : at + strlen(at);
	}
	strv_add(out, buf_str(&plain));
}

static void words_without_prefix(const char *text, const char *prefix, bool quoted, struct strv *out)
{
	AUTO_STRV words = { 0 };
	if (quoted)
		config_args_split(text, &words);
	else
		strv_split(&words, text ? text : "", ' ');
	for (size_t i = 0; i < words.n; i++)
		add_without_prefix(out, words.v[i], prefix);
}

static void compare_flags(struct pair *p)
{
	const struct interpreter *g = &p->gil, *f = &p->ft;
	AUTO_STRV gil_flags = { 0 };
	AUTO_STRV ft_flags = { 0 };
	AUTO_STRV gil_args = { 0 };
	AUTO_STRV ft_args = { 0 };
	words_without_prefix(g->flags, g->prefix, false, &gil_flags);
	words_without_prefix(f->flags, f->prefix, false, &ft_flags);
	differ_words(&p->parity, "flags", &gil_flags, &ft_flags);
	words_without_prefix(g->config_args, g->prefix, true, &gil_args);
	words_without_prefix(f->config_args, f->prefix, true, &ft_args);
	differ_words(&p->parity, "configure arguments", &gil_args, &ft_args);
}

void interp_parity(struct pair *p)
{
	const struct interpreter *g = &p->gil, *f = &p->ft;
	strv_clear(&p->parity);
	differ(&p->parity, "version", g->version, f->version);
	differ(&p->parity, "compiler", g->compiler, f->compiler);
	differ(&p->parity, "optimisation", g->optimisation, f->optimisation);
	compare_flags(p);
	differ(&p->parity, "debug", g->debug ? "yes" : "no", f->debug ? "yes" : "no");
	differ(&p->parity, "platform", g->platform, f->platform);
	differ(&p->parity, "C library", g->libc, f->libc);
}

void interp_pair_release(struct pair *p)
{
	interpreter_release(&p->gil);
	interpreter_release(&p->ft);
	strv_release(&p->parity);
	*p = (struct pair){ 0 };
}
