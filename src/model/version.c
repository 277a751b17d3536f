/* version.c: see version.h. */
#include "model/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RELEASE_MAX 32 /* parts of a release or local label; real ones have at most 6 */

struct part { /* points into the text */
	const char *s;
	size_t n;
};

struct version {
	struct part epoch;
	struct part release[RELEASE_MAX];
	size_t releases;
	char pre; /* 0, 'a', 'b' or 'r' */
	struct part pre_n;
	bool has_post, has_dev;
	struct part post_n, dev_n;
	struct part local[RELEASE_MAX];
	size_t locals;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* Digits at *s, leading zeros left out; false when there is none. */
static bool number(const char **s, const char *end, struct part *out)
{
	const char *p = *s;
	while (p < end && digit(*p))
		p++;
	if (p == *s)
		return false;
	const char *first = *s;
	while (first + 1 < p && *first == '0')
		first++;
	*out = (struct part){ first, (size_t)(p - first) };
	*s = p;
	return true;
}

static int compare_numbers(struct part a, struct part b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.s, b.s, a.n) : 0;
}

/* [-_.]? word [-_.]? number?  Returns the number of the word, or -1. */
static int suffix(const char **s, const char *end, const char *const *words, struct part *n)
{
	const char *p = *s;
	if (p < end && separator(*p))
		p++;
	for (int i = 0; words[i]; i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(end - p) < len || strncasecmp(p, words[i], len) != 0)
			continue;
		p += len;
		const char *q = p;
		if (q < end && separator(*q))
			q++;
		if (number(&q, end, n))
			p = q;
		else
			*n = (struct part){ "0", 1 };
		*s = p;
		return i;
	}
	return -1;
}

static bool parse_release(const char **s, const char *end, struct version *v)
{
	const char *p = *s;
	struct part first;
	if (!number(&p, end, &first))
		return false;
	if (p < end && *p == '!') {
		v->epoch = first;
		p++;
		if (!number(&p, end, &first))
			return false;
	}
	v->release[v->releases++] = first;
	while (p + 1 < end && *p == '.' && digit(p[1])) {
		p++;
		if (v->releases == RELEASE_MAX || !number(&p, end, &v->release[v->releases]))
			return false;
		v->releases++;
	}
	while (v->releases > 1 && compare_numbers(v->release[v->releases - 1], (struct part){ "0", 1 }) == 0)
		v->releases--;
	*s = p;
	return true;
}

static bool parse_local(const char **s, const char *end, struct version *v)
{
	const char *p = *s;
	if (p == end || *p != '+')
		return true;
	do {
		p++;
		struct part label = { p, 0 };
		while (p < end && isalnum((unsigned char)*p))
			p++;
		label.n = (size_t)(p - label.s);
		if (label.n == 0 || v->locals == RELEASE_MAX)
			return false;
		v->local[v->locals++] = label;
	} while (p < end && separator(*p));
	*s = p;
	return true;
}

/* "-1" without a word is a post-release, too. */
static bool implicit_post(const char **s, const char *end, struct part *n)
{
	const char *p = *s;
	if (end - p < 2 || *p != '-' || !digit(p[1]))
		return false;
	p++;
	if (!number(&p, end, n))
		return false;
	*s = p;
	return true;
}

static bool parse(const char *text, struct version *v)
{
	static const char *const pre_words[] = { "alpha", "a", "beta", "b", "preview", "pre", "c", "rc", NULL };
	static const char pre_kind[] = "aabbrrrr";
	static const char *const post_words[] = { "post", "rev", "r", NULL };
	static const char *const dev_words[] = { "dev", NULL };
	*v = (struct version){ .epoch = { "0", 1 } };
	const char *s = text ? text : "";
	const char *end = s + strlen(s);
	while (s < end && isspace((unsigned char)*s))
		s++;
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (s < end && (*s == 'v' || *s == 'V'))
		s++;
	if (!parse_release(&s, end, v))
		return false;
	int pre = suffix(&s, end, pre_words, &v->pre_n);
	v->pre = pre >= 0 ? pre_kind[pre] : 0;
	v->has_post = implicit_post(&s, end, &v->post_n) || suffix(&s, end, post_words, &v->post_n) >= 0;
	v->has_dev = suffix(&s, end, dev_words, &v->dev_n) >= 0;
	return parse_local(&s, end, v) && s == end;
}

bool version_valid(const char *v)
{
	struct version parsed;
	return parse(v, &parsed);
}

static int compare_releases(const struct version *a, const struct version *b, size_t upto)
{
	static const struct part zero = { "0", 1 };
	for (size_t i = 0; i < a->releases || i < b->releases; i++) {
		if (i == upto)
			return 0;
		int c = compare_numbers(i < a->releases ? a->release[i] : zero, i < b->releases ? b->release[i] : zero);
		if (c)
			return c;
	}
	return 0;
}

/* A development release of a final one sorts below its pre-releases, a final one above them. */
static int pre_rank(const struct version *v)
{
	if (v->pre)
		return v->pre;
	return v->has_dev && !v->has_post ? 0 : 127;
}

static int compare_public(const struct version *a, const struct version *b)
{
	int c = compare_numbers(a->epoch, b->epoch);
	if (!c)
		c = compare_releases(a, b, RELEASE_MAX);
	if (!c)
		c = pre_rank(a) - pre_rank(b);
	if (!c && a->pre)
		c = compare_numbers(a->pre_n, b->pre_n);
	if (!c)
		c = a->has_post - b->has_post;
	if (!c && a->has_post)
		c = compare_numbers(a->post_n, b->post_n);
	if (!c)
		c = b->has_dev - a->has_dev;
	if (!c && a->has_dev)
		c = compare_numbers(a->dev_n, b->dev_n);
	return c;
}

static int compare_labels(struct part a, struct part b)
{
	struct part x, y;
	const char *p = a.s, *q = b.s;
	bool na = number(&p, a.s + a.n, &x) && p == a.s + a.n;
	bool nb = number(&q, b.s + b.n, &y) && q == b.s + b.n;
	if (na != nb)
		return na ? 1 : -1;
	if (na)
		return compare_numbers(x, y);
	int c = strncasecmp(a.s, b.s, a.n < b.n ? a.n : b.n);
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int compare_locals(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < a->locals && i < b->locals; i++) {
		int c = compare_labels(a->local[i], b->local[i]);
		if (c)
			return c;
	}
	return (a->locals > b->locals) - (a->locals < b->locals);
}

int version_compare(const char *a, const char *b)
{
	struct version x, y;
	bool xok = parse(a, &x), yok = parse(b, &y);
	if (!xok || !yok)
		return xok != yok ? xok - yok : strcmp(a ? a : "", b ? b : "");
	int c = compare_public(&x, &y);
	return c ? c : compare_locals(&x, &y);
}

size_t version_series(const char *v)
{
	const char *dot = strchr(v, '.');
	return dot ? (size_t)(dot - v) + 1 + strcspn(dot + 1, ".") : strlen(v);
}

bool version_is_prerelease(const char *v)
{
	struct version x;
	return parse(v, &x) && (x.pre || x.has_dev);
}

/* ==1.2.*: the releases agree in as many parts as are written. */
static bool prefix_match(const struct version *v, const char *text)
{
	AUTO_FREE char *stem = xstrndup(text, strlen(text) - 2);
	struct version want;
	if (!parse(stem, &want))
		return false;
	size_t parts = 1;
	for (const char *p = strchr(stem, '!') ? strchr(stem, '!') : stem; *p; p++)
		parts += *p == '.';
	return compare_numbers(v->epoch, want.epoch) == 0 && compare_releases(v, &want, parts) == 0;
}

/* ~=2.2.1: at least that, and the same in all parts but the last. */
static bool compatible(const struct version *v, const struct version *want, const char *text)
{
	const char *last = strrchr(text, '.');
	if (!last || compare_public(v, want) < 0)
		return false;
	size_t parts = 0;
	for (const char *p = text; *p && (digit(*p) || *p == '.' || *p == '!'); p++) {
		parts += *p == '.' && digit(p[1]);
		if (*p == '!')
			parts = 0;
	}
	return parts > 0 && compare_numbers(v->epoch, want->epoch) == 0 && compare_releases(v, want, parts) == 0;
}

static bool same_release(const struct version *a, const struct version *b)
{
	return compare_numbers(a->epoch, b->epoch) == 0 && compare_releases(a, b, RELEASE_MAX) == 0;
}

static bool equal(const struct version *v, const struct version *want)
{
	return compare_public(v, want) == 0 && (want->locals == 0 || compare_locals(v, want) == 0);
}

static bool satisfies_one(const char *v, const char *op, size_t op_len, const char *text)
{
	struct version have, want;
	if (op_len == 3 && strncmp(op, "===", 3) == 0)
		return strcasecmp(v, text) == 0;
	if (!parse(v, &have))
		return false;
	bool eq = strncmp(op, "==", 2) == 0, ne = strncmp(op, "!=", 2) == 0;
	size_t n = strlen(text);
	if (n > 2 && strcmp(text + n - 2, ".*") == 0)
		return eq ? prefix_match(&have, text) : ne && !prefix_match(&have, text);
	if (!parse(text, &want))
		return false;
	if (eq || ne)
		return equal(&have, &want) == eq;
	if (strncmp(op, "~=", 2) == 0)
		return compatible(&have, &want, text);
	int c = compare_public(&have, &want);
	if (op_len == 2)
		return *op == '>' ? c >= 0 : c <= 0;
	/* An exclusive comparison leaves out the bound's own pre- and post-releases. */
	if (*op == '<')
		return c < 0 && !((have.pre || have.has_dev) && !(want.pre || want.has_dev) && same_release(&have, &want));
	return c > 0 && !(have.has_post && !want.has_post && same_release(&have, &want));
}

/* Calls each(cookie, operator, its length, version text) for every specifier; false as soon as
 * one has no known operator or each says so. */
static bool all_specifiers(const char *s, bool (*each)(const char *v, const char *op, size_t op_len, const char *text), const char *v)
{
	while (s && *s) {
		size_t n = strcspn(s, ",");
		AUTO_FREE char *one = xstrndup(s, n);
		s += n + (s[n] == ',');
		char *p = one + strspn(one, " \t");
		if (!*p)
			continue;
		size_t op = strspn(p, "=<>!~");
		char *text = p + op + strspn(p + op, " \t");
		for (size_t len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]);)
			text[--len] = '\0';
		bool known = op == 1 ? *p == '<' || *p == '>' : op == 2 ? p[1] == '=' && strchr("=<>!~", *p) : op == 3 && strncmp(p, "===", 3) == 0;
		if (!known || !each(v, p, op, text))
			return false;
	}
	return true;
}

bool version_satisfies(const char *v, const char *specifiers)
{
	return all_specifiers(specifiers, satisfies_one, v);
}

/* Only == and != may end in ".*"; what stands behind === may be anything. */
static bool is_readable(const char *v, const char *op, size_t op_len, const char *text)
{
	(void)v;
	size_t n = strlen(text);
	bool wild = n > 2 && strcmp(text + n - 2, ".*") == 0;
	AUTO_FREE char *stem = xstrndup(text, wild ? n - 2 : n);
	return op_len == 3 || (version_valid(stem) && (!wild || strncmp(op, "==", 2) == 0 || strncmp(op, "!=", 2) == 0));
}

bool requires_python_allows(const char *specifiers, const char *python)
{
	return !all_specifiers(specifiers, is_readable, NULL) || version_satisfies(python, specifiers);
}
