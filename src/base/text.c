/* text.c: see text.h. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

size_t text_decode(const char *text, size_t n, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	*cp = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = (*cp << 6) | (s[i] & 0x3fu);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

bool text_is_bidi_control(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f ||
	       cp == 0x61c || cp == 0x2028 || cp == 0x2029 || cp == 0xfeff;
}

void text_safe(struct buf *out, const char *s, size_t n, bool keep_newlines)
{
	const char *p = s;
	while (n > 0) {
		uint32_t cp = 0;
		size_t len = text_decode(p, n, &cp);
		if (len == 0)
			buf_adds(out, "\xef\xbf\xbd");
		else if (keep_newlines && (cp == '\n' || cp == '\t'))
			buf_addc(out, (char)cp);
		else if (cp < 0x20 || cp == 0x7f)
			buf_addf(out, "\\x%02x", cp);
		else if ((cp >= 0x80 && cp < 0xa0) || text_is_bidi_control(cp))
			buf_addf(out, "<U+%04X>", cp);
		else
			buf_add(out, p, len);
		p += len ? len : 1;
		n -= len ? len : 1;
	}
}

char *text_safe_line(const char *s)
{
	struct buf b = { 0 };
	const char *end = s ? strchr(s, '\n') : NULL;
	text_safe(&b, s ? s : "", end ? (size_t)(end - s) : strlen(s ? s : ""), false);
	size_t i = 0, columns = 0;
	while (i < b.len && columns < 157) {
		i++;
		while (i < b.len && ((unsigned char)b.data[i] & 0xc0) == 0x80)
			i++;
		columns++;
	}
	if (text_width(buf_str(&b)) > 160) {
		b.len = i;
		buf_adds(&b, "...");
	}
	return buf_steal(&b);
}

char *text_count(uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	struct buf b = { 0 };
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_addc(&b, ',');
		buf_addc(&b, digits[i]);
	}
	return buf_steal(&b);
}

char *text_duration(double seconds)
{
	if (seconds < 9.95)
		return xasprintf("%.1f s", seconds < 0 ? 0.0 : seconds);
	unsigned long s = (unsigned long)(seconds + 0.5);
	if (s < 60)
		return xasprintf("%lu s", s);
	if (s < 3600)
		return s % 60 ? xasprintf("%lu min %lu s", s / 60, s % 60) : xasprintf("%lu min", s / 60);
	return xasprintf("%lu h %lu min", s / 3600, s % 3600 / 60);
}

char *text_clock(double seconds)
{
	unsigned long s = seconds < 0 ? 0 : (unsigned long)seconds;
	if (s < 3600)
		return xasprintf("%lu:%02lu", s / 60, s % 60);
	return xasprintf("%lu:%02lu:%02lu", s / 3600, s % 3600 / 60, s % 60);
}

char *text_bytes(uint64_t bytes)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t u = 0;
	while (v >= 999.5 && u + 1 < ARRAY_LEN(unit)) {
		v /= 1000;
		u++;
	}
	return u == 0 || v >= 99.5 ? xasprintf("%.0f %s", v, unit[u]) : xasprintf("%.1f %s", v, unit[u]);
}

size_t text_width(const char *s)
{
	size_t n = strlen(s), width = 0;
	const char *p = s;
	while (n > 0) {
		uint32_t cp = 0;
		size_t len = text_decode(p, n, &cp);
		if (!(cp >= 0x300 && cp < 0x370))
			width++;
		p += len ? len : 1;
		n -= len ? len : 1;
	}
	return width;
}

char *text_hide_credentials(const char *url)
{
	const char *host = strstr(url, "://");
	if (!host)
		return xstrdup(url);
	host += 3;
	size_t authority = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', authority);
	if (!at)
		return xstrdup(url);
	return xasprintf("%.*s***%s", (int)(host - url), url, at);
}

char *text_hide_credentials_in(const char *text)
{
	struct buf out = { 0 };
	for (const char *sep; (sep = strstr(text, "://"));) {
		const char *host = sep + 3;
		size_t authority = strcspn(host, "/?# \t\r\n\"'`<>)");
		const char *at = memrchr(host, '@', authority);
		buf_add(&out, text, (size_t)(host - text));
		if (at)
			buf_adds(&out, "***");
		text = at ? at : host;
	}
	buf_adds(&out, text);
	return out.data ? buf_steal(&out) : xstrdup("");
}

size_t text_edit_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, 256), m = strnlen(b, 256);
	size_t row[257];
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

char *text_shell_word(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	if (*s && strspn(s, plain) == strlen(s))
		return xstrdup(s);
	struct buf b = { 0 };
	buf_addc(&b, '\'');
	for (; *s; s++)
		*s == '\'' ? buf_adds(&b, "'\\''") : buf_addc(&b, *s);
	buf_addc(&b, '\'');
	return buf_steal(&b);
}

char *text_shown_word(const char *s)
{
	AUTO_FREE char *hidden = text_hide_credentials_in(s);
	return text_shell_word(hidden);
}

uint64_t now_monotonic_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

char *now_utc(void)
{
	time_t t = time(NULL);
	struct tm tm;
	gmtime_r(&t, &tm);
	char s[32];
	strftime(s, sizeof(s), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xstrdup(s);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int percent_byte(const char *s)
{
	int high = *s == '%' ? hex_digit(s[1]) : -1, low = high >= 0 ? hex_digit(s[2]) : -1;
	return low >= 0 ? high * 16 + low : -1;
}

bool is_sha256_hex(const char *s)
{
	return s && strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}
