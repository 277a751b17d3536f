/* marker.c: the syntax of environment markers (PEP 508); see marker_problem(). */
#include "inputs/requirement.h"

#include "base/text.h"

#include <string.h>

#define MAX_DEPTH 32 /* of parentheses */

static const char *const variables[] = {
	"python_version", "python_full_version", "os_name", "sys_platform", "platform_release", "platform_system",
	"platform_version", "platform_machine", "platform_python_implementation", "implementation_name",
	"implementation_version", "extra", "extras", "dependency_groups",
};

struct scan {
	const char *start, *p;
	const char *expected; /* set at the first problem, p then stands there */
	const char *near;
	size_t bad_len;
};

static void skip_blanks(struct scan *s)
{
	s->p += strspn(s->p, " \t");
}

static bool fail(struct scan *s, const char *expected)
{
	s->expected = expected;
	return false;
}

static bool is_word_char(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", c);
}

static size_t word_len(const char *p)
{
	size_t n = 0;
	while (is_word_char(p[n]))
		n++;
	return n;
}

static bool take_word(struct scan *s, const char *word)
{
	skip_blanks(s);
	size_t n = strlen(word);
	if (word_len(s->p) != n || strncmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* A quoted string or one of the variables. */
static bool take_value(struct scan *s)
{
	skip_blanks(s);
	if (*s->p == '"' || *s->p == '\'') {
		const char *end = strchr(s->p + 1, *s->p);
		if (!end)
			return fail(s, "a closing quote");
		s->p = end + 1;
		return true;
	}
	size_t n = word_len(s->p);
	size_t best = 4;
	AUTO_FREE char *word = xstrndup(s->p, n);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		size_t d = text_edit_distance(word, variables[i]);
		if (d == 0) {
			s->p += n;
			return true;
		}
		if (d < best && n > 2) {
			best = d;
			s->near = variables[i];
		}
	}
	s->bad_len = n;
	return fail(s, "a quoted text or a marker name such as python_version");
}

static bool take_operator(struct scan *s)
{
	static const char *const ops[] = { "===", "==", "~=", "!=", "<=", ">=", "<", ">" };
	if (take_word(s, "in"))
		return true;
	if (take_word(s, "not"))
		return take_word(s, "in") || fail(s, "`in`");
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (str_starts(s->p, ops[i])) {
			s->p += strlen(ops[i]);
			return true;
		}
	}
	return fail(s, "one of == != <= >= < > ~= in `not in`");
}

static bool take_expression(struct scan *s, int depth)
{
	for (;;) {
		skip_blanks(s);
		if (*s->p == '(') {
			s->p++;
			if (depth >= MAX_DEPTH)
				return fail(s, "fewer parentheses");
			if (!take_expression(s, depth + 1))
				return false;
			skip_blanks(s);
			if (*s->p != ')')
				return fail(s, "`)`");
			s->p++;
		} else if (!take_value(s) || !take_operator(s) || !take_value(s)) {
			return false;
		}
		if (!take_word(s, "and") && !take_word(s, "or"))
			return true;
	}
}

ssize_t marker_problem(const char *marker, const char **expected, const char **near, size_t *bad_len)
{
	struct scan s = { .start = marker, .p = marker };
	if (take_expression(&s, 0)) {
		skip_blanks(&s);
		if (!*s.p)
			return -1;
		fail(&s, "`and`, `or` or the end");
	}
	*expected = s.expected;
	if (near)
		*near = s.bad_len ? s.near : NULL;
	if (bad_len)
		*bad_len = s.bad_len;
	return s.p - s.start;
}
