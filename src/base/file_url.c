/* file_url.c: see file_url.h. */
#include "base/file_url.h"
#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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
	for (const char *end = p + strcspn(p, "?#"); p < end;) {
		int c = percent_byte(p);
		if (c == 0)
			return NULL;
		buf_addc(&out, c > 0 ? (char)c : *p);
		p += c > 0 ? 3 : 1;
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
