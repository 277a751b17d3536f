/* version.c: see version.h. */
#include "interp/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* At most five digits: no version has more, and no overflow can happen. */
static bool read_number(const char **p, int *out)
{
	int n = 0, digits = 0;
	while (isdigit((unsigned char)**p) && digits < 5) {
		n = n * 10 + (**p - '0');
		(*p)++;
		digits++;
	}
	*out = n;
	return digits > 0 && !isdigit((unsigned char)**p);
}

static bool read_stage(const char **p, struct pyversion *v)
{
	if (**p != 'a' && **p != 'b' && strncmp(*p, "rc", 2) != 0)
		return true;
	v->stage = **p;
	*p += v->stage == 'r' ? 2 : 1;
	return read_number(p, &v->serial);
}

bool pyversion_read(const char *text, struct pyversion *out)
{
	struct pyversion v = { .patch = -1, .stage = 'z' };
	const char *p = text ? text : "";
	if (!read_number(&p, &v.major) || *p++ != '.' || !read_number(&p, &v.minor))
		return false;
	if (*p == '.') {
		p++;
		if (!read_number(&p, &v.patch) || !read_stage(&p, &v))
			return false;
		if (*p == '+')
			p++;
	}
	if (*p)
		return false;
	*out = v;
	return true;
}

int pyversion_compare(const struct pyversion *a, const struct pyversion *b)
{
	const int left[] = { a->major, a->minor, a->patch, a->stage, a->serial };
	const int right[] = { b->major, b->minor, b->patch, b->stage, b->serial };
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

bool pyversion_fits(const struct pyversion *want, const struct pyversion *have)
{
	if (want->major != have->major || want->minor != have->minor)
		return false;
	return want->patch < 0 || pyversion_compare(want, have) == 0;
}

/* dpkg's order of one character: "~" before the end, letters before the rest. */
static int deb_order(int c)
{
	if (c == '~')
		return -1;
	if (isdigit(c) || c == 0)
		return 0;
	return isalpha(c) ? c : c + 256;
}

/* Compare a part without epoch, as dpkg does: turns of non-digits and numbers. */
static int deb_compare_part(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		while ((a < a_end && !isdigit((unsigned char)*a)) || (b < b_end && !isdigit((unsigned char)*b))) {
			int x = a < a_end ? deb_order((unsigned char)*a) : 0;
			int y = b < b_end ? deb_order((unsigned char)*b) : 0;
			if (x != y)
				return x < y ? -1 : 1;
			a += a < a_end;
			b += b < b_end;
		}
		while (a < a_end && *a == '0')
			a++;
		while (b < b_end && *b == '0')
			b++;
		int first = 0;
		for (; a < a_end && b < b_end && isdigit((unsigned char)*a) && isdigit((unsigned char)*b); a++, b++)
			if (first == 0)
				first = (*a > *b) - (*a < *b);
		if (a < a_end && isdigit((unsigned char)*a))
			return 1;
		if (b < b_end && isdigit((unsigned char)*b))
			return -1;
		if (first)
			return first;
	}
	return 0;
}

static const char *deb_epoch(const char *v, const char **upstream)
{
	const char *colon = strchr(v, ':');
	*upstream = colon ? colon + 1 : v;
	return colon ? colon : v;
}

int debversion_compare(const char *a, const char *b)
{
	const char *up_a, *up_b;
	const char *epoch_a = deb_epoch(a, &up_a), *epoch_b = deb_epoch(b, &up_b);
	int c = deb_compare_part(a, epoch_a, b, epoch_b);
	if (c)
		return c;
	const char *rev_a = strrchr(up_a, '-'), *rev_b = strrchr(up_b, '-');
	const char *end_a = up_a + strlen(up_a), *end_b = up_b + strlen(up_b);
	c = deb_compare_part(up_a, rev_a ? rev_a : end_a, up_b, rev_b ? rev_b : end_b);
	return c ? c : deb_compare_part(rev_a ? rev_a + 1 : end_a, end_a, rev_b ? rev_b + 1 : end_b, end_b);
}
