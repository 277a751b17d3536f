/* requirement.c: see requirement.h. */
#include "inputs/requirement.h"

#include "base/text.h"
#include "model/names.h"
#include "model/version.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TEXT 4096

struct scan {
	const char *text, *p;
	struct requirement *out;
	struct requirement_problem *problem; /* NULL: only say whether */
};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void skip_blanks(struct scan *s)
{
	s->p += strspn(s->p, " \t");
}

/* Note the problem at s->p. When `with` is given, the suggestion has it in place of `cut` bytes there. */
static int problem(struct scan *s, const char *expected, size_t cut, const char *with)
{
	struct requirement_problem *p = s->problem;
	if (!p)
		return -1;
	size_t at = (size_t)(s->p - s->text);
	p->column = at + 1;
	p->expected = xasprintf("expected %s", expected);
	if (with) {
		char *text = xasprintf("%.*s%s%s", (int)at, s->text, with, s->p + cut);
		struct requirement r = { 0 };
		if (requirement_parse(text, &r, NULL) == 0)
			p->suggestion = STEAL(&text);
		requirement_release(&r);
		free(text);
	}
	return -1;
}

/* A project's or an extra's name; the caller owns the normalised form. */
static char *take_name(struct scan *s)
{
	size_t n = 0;
	while (is_alnum(s->p[n]) || (s->p[n] && strchr("-_.", s->p[n])))
		n++;
	while (n > 0 && !is_alnum(s->p[n - 1]))
		n--;
	AUTO_FREE char *name = xstrndup(s->p, n);
	if (!name_valid(name))
		return NULL;
	s->p += n;
	return name_normalize(name);
}

static int take_extras(struct scan *s)
{
	if (*s->p != '[')
		return 0;
	s->p++;
	for (skip_blanks(s); *s->p != ']'; skip_blanks(s)) {
		AUTO_FREE char *extra = take_name(s);
		if (!extra)
			return problem(s, *s->p ? "the name of an extra" : "`]`", 0, *s->p ? NULL : "]");
		strv_add_unique(&s->out->extras, extra);
		skip_blanks(s);
		if (*s->p == ',')
			s->p++;
		else if (*s->p != ']')
			return problem(s, "`,` or `]`", 0, *s->p ? NULL : "]");
	}
	s->p++;
	return 0;
}

static const char *take_operator(struct scan *s)
{
	static const char *const ops[] = { "===", "==", "~=", "!=", "<=", ">=", "<", ">" };
	static const char *const wrong[][2] = { { "=>", ">=" }, { "=<", "<=" }, { "=!", "!=" }, { "=~", "~=" }, { "<>", "!=" }, { "=", "==" }, { "~", "~=" }, { "!", "!=" } };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		size_t n = strlen(wrong[i][0]);
		bool right = s->p[0] && s->p[1] == '=' && strchr("=~!<>", s->p[0]);
		if (str_starts(s->p, wrong[i][0]) && !right) {
			problem(s, "one of == >= <= ~= != < >", n, wrong[i][1]);
			return NULL;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (str_starts(s->p, ops[i])) {
			s->p += strlen(ops[i]);
			return ops[i];
		}
	}
	bool number = *s->p >= '0' && *s->p <= '9';
	problem(s, "one of == >= <= ~= != < >", 0, number ? "==" : NULL);
	return NULL;
}

/* "1.0" or, with == and !=, "1.0.*"; === takes anything. */
static int take_version(struct scan *s, const char *op, struct buf *spec)
{
	size_t n = strcspn(s->p, ",;) \t");
	AUTO_FREE char *version = xstrndup(s->p, n);
	AUTO_FREE char *plain = xstrdup(version);
	bool wild = str_ends(plain, ".*") && (str_eq(op, "==") || str_eq(op, "!="));
	if (wild)
		plain[n - 2] = '\0';
	bool fine = str_eq(op, "===") ? n > 0 : version_valid(plain);
	if (!fine)
		return problem(s, n ? "a version such as 1.2 (PEP 440)" : "a version", 0, NULL);
	buf_addf(spec, "%s%s%s", spec->len ? "," : "", op, version);
	s->p += n;
	return 0;
}

static int take_specifiers(struct scan *s)
{
	bool paren = *s->p == '(';
	s->p += paren;
	AUTO_BUF spec = { 0 };
	for (skip_blanks(s); *s->p && *s->p != ';' && *s->p != ')'; skip_blanks(s)) {
		const char *op = take_operator(s);
		if (!op)
			return -1;
		skip_blanks(s);
		if (take_version(s, op, &spec) < 0)
			return -1;
		skip_blanks(s);
		if (*s->p == ',')
			s->p++;
		else if (*s->p && *s->p != ';' && *s->p != ')')
			return problem(s, "`,`, `;` or the end", 0, strchr("=<>~!", *s->p) ? "," : NULL);
	}
	if (paren && *s->p != ')')
		return problem(s, "`)`", 0, ")");
	s->p += paren;
	str_set(&s->out->specifier, buf_str(&spec));
	return 0;
}

/* Behind "@": up to the end, or to a ";" with a blank before it. */
static int take_url(struct scan *s)
{
	s->p++;
	skip_blanks(s);
	size_t n = strcspn(s->p, " \t");
	if (n == 0 || (!strstr(s->p, "://") && !str_starts(s->p, "file:"))) {
		AUTO_FREE char *version = xstrndup(s->p, n);
		if (!version_valid(version))
			return problem(s, "a URL", 0, NULL);
		const char *at = s->p; /* "name@1.0", as other tools write it */
		while (*--s->p != '@')
			;
		return problem(s, "a URL behind `@`", (size_t)(at - s->p), "==");
	}
	s->out->url = xstrndup(s->p, n);
	s->p += n;
	return 0;
}

static int take_marker(struct scan *s)
{
	skip_blanks(s);
	if (!*s->p)
		return 0;
	if (*s->p != ';')
		return problem(s, "one of == >= <= ~= != < >, `;` or the end", 0, NULL);
	s->p++;
	skip_blanks(s);
	const char *expected = NULL, *near = NULL;
	size_t bad_len = 0;
	ssize_t at = marker_problem(s->p, &expected, &near, &bad_len);
	if (at >= 0) {
		s->p += at;
		return problem(s, expected, bad_len, near);
	}
	s->out->marker = xstrdup(s->p);
	for (size_t n = strlen(s->out->marker); n > 0 && strchr(" \t", s->out->marker[n - 1]); n--)
		s->out->marker[n - 1] = '\0';
	return 0;
}

static int parse(struct scan *s)
{
	if (strlen(s->text) > MAX_TEXT)
		return problem(s, "at most 4,096 bytes", 0, NULL);
	size_t odd = strcspn(s->text, "\r\n\v\f");
	if (s->text[odd]) {
		s->p = s->text + odd;
		return problem(s, "one line", 0, NULL);
	}
	skip_blanks(s);
	s->out->name = take_name(s);
	if (!s->out->name)
		return problem(s, "the name of a project", 0, NULL);
	str_set(&s->out->specifier, "");
	skip_blanks(s);
	if (take_extras(s) < 0)
		return -1;
	skip_blanks(s);
	if (*s->p == '@')
		return take_url(s) < 0 ? -1 : take_marker(s);
	if (*s->p && *s->p != ';' && take_specifiers(s) < 0)
		return -1;
	return take_marker(s);
}

int requirement_parse(const char *text, struct requirement *out, struct requirement_problem *p)
{
	struct scan s = { .text = text, .p = text, .out = out, .problem = p };
	return parse(&s);
}

char *requirement_named(const char *name, const struct strv *extras)
{
	AUTO_FREE char *list = strv_join(extras, ",");
	return extras->n ? xasprintf("%s[%s]", name, list) : xstrdup(name);
}

void requirement_release(struct requirement *r)
{
	free(r->name);
	free(r->specifier);
	free(r->url);
	free(r->marker);
	strv_release(&r->extras);
	*r = (struct requirement){ 0 };
}

void requirement_problem_release(struct requirement_problem *p)
{
	free(p->expected);
	free(p->suggestion);
	*p = (struct requirement_problem){ 0 };
}

int requirement_error(const char *text, const char *origin, const struct requirement_problem *p, struct error *err)
{
	AUTO_FREE char *hidden = text_hide_credentials_in(text);
	AUTO_FREE char *shown = text_safe_line(hidden);
	error_set(err, ERR_BAD_REQUIREMENT, "cannot read a requirement");
	error_where(err, "%s:%zu   `%s`   %s", origin, p->column, shown, p->expected ? p->expected : "");
	if (p->suggestion) {
		AUTO_FREE char *suggestion = text_hide_credentials_in(p->suggestion);
		AUTO_FREE char *safe = text_safe_line(suggestion);
		error_hint(err, "did you mean `%s`?", safe);
	}
	return -1;
}
