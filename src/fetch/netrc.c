/* netrc.c: see netrc.h. */
#include "fetch/netrc.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

/* The next word of netrc text, or NULL; quotes as in "pass word". */
static char *next_word(const char **p)
{
	*p += strspn(*p, " \t\r\n");
	if (!**p)
		return NULL;
	if (**p == '"') {
		const char *end = strchr(*p + 1, '"');
		size_t n = end ? (size_t)(end - *p - 1) : strlen(*p + 1);
		char *word = xstrndup(*p + 1, n);
		*p += n + 1 + (end != NULL);
		return word;
	}
	size_t n = strcspn(*p, " \t\r\n");
	char *word = xstrndup(*p, n);
	*p += n;
	return word;
}

bool netrc_lookup(const char *text, const char *host, char **user, char **password)
{
	AUTO_FREE char *login = NULL, *pass = NULL;
	bool ours = false;
	for (const char *p = text;;) {
		AUTO_FREE char *word = next_word(&p);
		bool starts = !word || str_eq(word, "machine") || str_eq(word, "default");
		if (starts && ours && pass) {
			*user = login ? STEAL(&login) : xstrdup("");
			*password = STEAL(&pass);
			return true;
		}
		if (!word)
			return false;
		if (starts) {
			AUTO_FREE char *name = str_eq(word, "machine") ? next_word(&p) : NULL;
			ours = str_eq(word, "default") || str_eq(name, host);
			str_set(&login, NULL);
			str_set(&pass, NULL);
		} else if (str_eq(word, "macdef")) {
			const char *end = strstr(p, "\n\n"); /* a macro ends with an empty line */
			p = end ? end : p + strlen(p);
		} else if (str_eq(word, "login") || str_eq(word, "password")) {
			AUTO_FREE char *value = next_word(&p);
			if (ours)
				str_set(str_eq(word, "login") ? &login : &pass, value);
		}
	}
}

char *netrc_url_host(const char *url)
{
	const char *p = strstr(url, "://");
	p = p ? p + 3 : url;
	size_t n = strcspn(p, "/?#");
	const char *at = memrchr(p, '@', n);
	const char *host = at ? at + 1 : p;
	size_t len = n - (size_t)(host - p);
	const char *colon = host[0] == '[' ? NULL : memchr(host, ':', len);
	return xstrndup(host, colon ? (size_t)(colon - host) : len);
}

bool netrc_for_url(const char *url, char **user, char **password)
{
	const char *given = getenv("NETRC"), *home = getenv("HOME");
	AUTO_FREE char *path = given && *given ? xstrdup(given) : xasprintf("%s/.netrc", home ? home : "");
	AUTO_BUF text = { 0 };
	if (!path_is_file(path) || read_file(path, 1u << 20, &text, NULL) < 0)
		return false;
	AUTO_FREE char *host = netrc_url_host(url);
	return netrc_lookup(buf_str(&text), host, user, password);
}
