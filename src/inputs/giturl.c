/* giturl.c: the parts of git+https://host/path@ref#subdirectory=dir&egg=name; see git_url_parse(). */
#include "inputs/target.h"

#include "base/text.h"
#include "inputs/requirement.h"

#include <string.h>

static int bad(const char *text, struct error *err, const char *why)
{
	AUTO_FREE char *hidden = text_hide_credentials(text);
	AUTO_FREE char *shown = text_safe_line(hidden);
	error_set(err, ERR_BAD_TARGET, "cannot read the git URL %s", shown);
	return error_why(err, "%s", why);
}

/* "%2F" -> "/"; false for %00 and what is no hexadecimal pair. */
static bool percent_decode(char *s)
{
	char *to = s;
	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		int c = percent_byte(s);
		if (c <= 0)
			return false;
		*to++ = (char)c;
		s += 2;
	}
	*to = '\0';
	return true;
}

/* A subdirectory stays below the tree's top. */
static bool stays_below(const char *path)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, path, '/');
	return path[0] != '/' && !strv_has(&parts, "..");
}

static int take_egg(const char *text, const char *egg, struct target *out, struct error *err)
{
	AUTO_REQUIREMENT r = { 0 };
	if (requirement_parse(egg, &r, NULL) < 0)
		return bad(text, err, "egg= is not the name of a project");
	str_set(&out->name, r.name);
	strv_copy(&out->extras, &r.extras);
	return 0;
}

static int take_fragment(const char *text, const char *fragment, struct target *out, struct error *err)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, fragment, '&');
	for (size_t i = 0; i < parts.n; i++) {
		char *part = parts.v[i];
		if (!percent_decode(part))
			return bad(text, err, "a percent sign is not followed by two hexadecimal digits");
		if (str_starts(part, "egg=")) {
			if (take_egg(text, part + 4, out, err) < 0)
				return -1;
		} else if (str_starts(part, "subdirectory=")) {
			if (!stays_below(part + 13))
				return bad(text, err, "subdirectory= leaves the repository");
			str_set(&out->subdirectory, part[13] ? part + 13 : NULL);
		} else if (*part) {
			return bad(text, err, "behind # only subdirectory= and egg= are known");
		}
	}
	return 0;
}

static int check_characters(const char *text, struct error *err)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c <= ' ' || *c == 0x7f)
			return bad(text, err, "it holds a blank or a control character");
	return strlen(text) > 4096 ? bad(text, err, "it is longer than 4,096 bytes") : 0;
}

/* Behind the last "@" of the path; one in front of the host belongs to the user. */
static int take_ref(const char *text, char *url, struct target *out, struct error *err)
{
	char *path = strchr(strstr(url, "://") + 3, '/');
	char *at = path ? strrchr(path, '@') : NULL;
	if (!at)
		return 0;
	*at = '\0';
	out->ref = xstrdup(at + 1);
	if (!*out->ref || !percent_decode(out->ref))
		return bad(text, err, "a branch, tag or commit is expected behind @");
	return out->ref[0] == '-' ? bad(text, err, "a ref cannot begin with a dash") : 0;
}

int git_url_parse(const char *text, struct target *out, struct error *err)
{
	static const char *const schemes[] = { "https://", "http://", "ssh://", "git://", "file:///" };
	if (check_characters(text, err) < 0)
		return -1;
	const char *rest = str_starts(text, "git+") ? text + 4 : text;
	AUTO_FREE char *url = xstrndup(rest, strcspn(rest, "#"));
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		known = known || str_starts(url, schemes[i]);
	if (!known) {
		bad(text, err, "expected git+https://, git+http://, git+ssh://, git+git:// or git+file:///");
		const char *at = strchr(url, '@'), *colon = strchr(url, ':');
		if (at && colon && at < colon && !strstr(url, "://"))
			return error_hint(err, "write `git+ssh://%.*s/%s`", (int)(colon - url), url, colon + 1);
		return -1;
	}
	const char *host = strstr(url, "://") + 3;
	if (!str_starts(url, "file:") && (*host == '/' || !*host))
		return bad(text, err, "it names no host");
	if (take_ref(text, url, out, err) < 0)
		return -1;
	out->url = STEAL(&url);
	const char *hash = strchr(rest, '#');
	return hash ? take_fragment(text, hash + 1, out, err) : 0;
}
