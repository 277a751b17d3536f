/* git_auth.c: credentials for git servers, each source tried once; see git.h. */
#include "fetch/git_internal.h"
#include "fetch/netrc.h"

#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TRIES 6 /* libgit2 asks again after each refusal, without an end */

static int from_netrc(git_credential **out, const char *url)
{
	AUTO_FREE char *user = NULL, *password = NULL;
	if (!netrc_for_url(url, &user, &password))
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
