/* git_auth.c: credentials for git servers, each source tried once; see git.h. */
#include "fetch/git_internal.h"

#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TRIES 6 /* libgit2 asks again after each refusal, without an end */

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

bool git_netrc_lookup(const char *text, const char *host, char **user, char **password)
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

static char *url_host(const char *url)
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

static int from_netrc(git_credential **out, const char *url)
{
	const char *given = getenv("NETRC"), *home = getenv("HOME");
	AUTO_FREE char *path = given && *given ? xstrdup(given) : xasprintf("%s/.netrc", home ? home : "");
	AUTO_BUF text = { 0 };
	if (!path_is_file(path) || read_file(path, 1u << 20, &text, NULL) < 0)
		return GIT_PASSTHROUGH;
	AUTO_FREE char *host = url_host(url), *user = NULL, *password = NULL;
	if (!git_netrc_lookup(buf_str(&text), host, &user, &password))
		return GIT_PASSTHROUGH;
	return git_credential_userpass_plaintext_new(out, user, password);
}

static void percent_decode(char *s)
{
	char *to = s;
	for (; *s; s++) {
		unsigned v;
		if (s[0] == '%' && s[1] && s[2] && sscanf(s + 1, "%2x", &v) == 1 && v != 0) {
			*to++ = (char)v;
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* "user:password@" or "token@" of the URL. */
static int from_url(git_credential **out, const char *url)
{
	const char *p = strstr(url, "://");
	p = p ? p + 3 : url;
	const char *at = memrchr(p, '@', strcspn(p, "/?#"));
	if (!at)
		return GIT_PASSTHROUGH;
	AUTO_FREE char *user = xstrndup(p, (size_t)(at - p));
	char *colon = strchr(user, ':');
	AUTO_FREE char *password = xstrdup(colon ? colon + 1 : "");
	if (colon)
		*colon = '\0';
	percent_decode(user);
	percent_decode(password);
	return git_credential_userpass_plaintext_new(out, user, password);
}

static int from_ssh(git_credential **out, const char *user, int nth)
{
	static const char *const keys[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	const char *home = getenv("HOME");
	user = user && *user ? user : "git";
	if (nth == 0)
		return getenv("SSH_AUTH_SOCK") ? git_credential_ssh_key_from_agent(out, user) : GIT_PASSTHROUGH;
	if ((size_t)nth > ARRAY_LEN(keys))
		return GIT_PASSTHROUGH;
	AUTO_FREE char *private = xasprintf("%s/.ssh/%s", home ? home : "", keys[nth - 1]);
	AUTO_FREE char *public = xasprintf("%s.pub", private);
	if (!path_is_file(private))
		return GIT_PASSTHROUGH;
	return git_credential_ssh_key_new(out, user, path_is_file(public) ? public : NULL, private, "");
}

int git_credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *payload)
{
	struct git_session *s = payload;
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return git_credential_username_new(out, user && *user ? user : "git");
	while (s->tries < MAX_TRIES) {
		int nth = s->tries++, r = GIT_PASSTHROUGH;
		if (allowed & GIT_CREDENTIAL_SSH_KEY)
			r = from_ssh(out, user, nth);
		else if (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT)
			r = nth == 0 ? from_url(out, s->req->url) : nth == 1 ? from_netrc(out, url) : GIT_PASSTHROUGH;
		if (r != GIT_PASSTHROUGH)
			return r;
	}
	git_error_set_str(GIT_ERROR_NET, "no credentials that the server accepts");
	return GIT_EAUTH;
}
