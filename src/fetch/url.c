/* url.c: reading, joining and comparing URLs with curl's parser; see http.h. */
#include "base/fs.h"
#include "fetch/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void url_free_p(CURLU **u)
{
	curl_url_cleanup(*u);
}
#define AUTO_URL CLEANUP(url_free_p) CURLU

/* One part of a URL as our own string, NULL when absent. */
static char *part(CURLU *u, CURLUPart which, unsigned flags)
{
	char *s = NULL;
	if (curl_url_get(u, which, &s, flags) != CURLUE_OK)
		return NULL;
	char *copy = xstrdup(s);
	curl_free(s);
	return copy;
}

static bool supported(CURLU *u)
{
	AUTO_FREE char *scheme = part(u, CURLUPART_SCHEME, 0);
	return str_eq(scheme, "http") || str_eq(scheme, "https") || str_eq(scheme, "file");
}

static bool clean(const char *url)
{
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p < 0x21 || *p == 0x7f)
			return false;
	return true;
}

char *url_resolve(const char *base, const char *relative)
{
	AUTO_URL *u = curl_url();
	if (!u || !clean(relative) || curl_url_set(u, CURLUPART_URL, base, 0) != CURLUE_OK ||
	    curl_url_set(u, CURLUPART_URL, relative, 0) != CURLUE_OK || !supported(u))
		return NULL;
	return part(u, CURLUPART_URL, 0);
}

char *url_without_secrets(const char *url)
{
	AUTO_URL *u = curl_url();
	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
		return xstrdup("");
	curl_url_set(u, CURLUPART_USER, NULL, 0);
	curl_url_set(u, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	char *out = part(u, CURLUPART_URL, 0);
	return out ? out : xstrdup("");
}

bool url_has_credentials(const char *url)
{
	AUTO_URL *u = curl_url();
	AUTO_FREE char *user = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK ? part(u, CURLUPART_USER, 0) : NULL;
	return user != NULL;
}

bool url_same_origin(const char *a, const char *b)
{
	static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };
	AUTO_URL *ua = curl_url();
	AUTO_URL *ub = curl_url();
	if (!ua || !ub || curl_url_set(ua, CURLUPART_URL, a, 0) != CURLUE_OK ||
	    curl_url_set(ub, CURLUPART_URL, b, 0) != CURLUE_OK)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		AUTO_FREE char *x = part(ua, parts[i], CURLU_DEFAULT_PORT);
		AUTO_FREE char *y = part(ub, parts[i], CURLU_DEFAULT_PORT);
		if ((!x != !y) || (x && strcasecmp(x, y) != 0))
			return false;
	}
	return true;
}

char *url_file_name(const char *url)
{
	AUTO_URL *u = curl_url();
	AUTO_FREE char *path = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK ? part(u, CURLUPART_PATH, 0) : NULL;
	const char *last = path ? path_base(path) : "";
	int n = 0;
	char *decoded = curl_easy_unescape(NULL, last, 0, &n);
	bool fine = decoded && n > 0 && strlen(decoded) == (size_t)n && decoded[0] != '.' && !strchr(decoded, '/') && clean(decoded);
	char *name = fine ? xstrdup(decoded) : NULL;
	curl_free(decoded);
	return name;
}
