/* file_url.c: see file_url.h. */
#include "base/file_url.h"
#include "base/buf.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *file_url_path(const char *url)
{
	if (strncasecmp(url, "file:", 5) != 0)
		return NULL;
	const char *p = url + 5;
	if (strncmp(p, "//", 2) == 0) {
		p += 2;
		if (strncasecmp(p, "localhost/", 10) == 0)
			p += strlen("localhost");
		if (*p != '/')
			return NULL;
	}
	AUTO_BUF out = { 0 };
	for (size_t left = strcspn(p, "?#"); left > 0;) {
		int high = left > 2 && *p == '%' ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;
		int c = low >= 0 ? high * 16 + low : (unsigned char)*p;
		if (c == 0)
			return NULL;
		buf_addc(&out, (char)c);
		p += low >= 0 ? 3 : 1;
		left -= low >= 0 ? 3 : 1;
	}
	return out.len ? buf_steal(&out) : NULL;
}

char *file_url_make(const char *path)
{
	AUTO_BUF out = { 0 };
	buf_adds(&out, "file://");
	for (const char *p = path; *p; p++) {
		if (isascii((unsigned char)*p) && (isalnum((unsigned char)*p) || strchr("/-._~+@!,=:", *p)))
			buf_addc(&out, *p);
		else
			buf_addf(&out, "%%%02X", (unsigned char)*p);
	}
	return buf_steal(&out);
}
