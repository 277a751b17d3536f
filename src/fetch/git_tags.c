/* git_tags.c: which tag stands for a version; see git_pick_version_tag(). */
#include "fetch/git.h"

#include "model/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_separator(char c)
{
	return c && strchr("-_./@= ", c);
}

/* Bytes of `tag` that spell the project's name, separators and case aside; 0 when it begins otherwise. */
static size_t skip_name(const char *tag, const char *name)
{
	const char *t = tag;
	while (*name) {
		if (is_separator(*name)) {
			while (is_separator(*name))
				name++;
			while (is_separator(*t))
				t++;
			continue;
		}
		if (tolower((unsigned char)*t) != tolower((unsigned char)*name))
			return 0;
		t++;
		name++;
	}
	return (size_t)(t - tag);
}

/* The rest behind "release-", "v" and the like, as PEP 440 would write it. */
static char *version_text(const char *s)
{
	static const char *const words[] = { "releases", "release", "version", "rel", "ver", "v" };
	for (bool again = true; again;) {
		again = false;
		while (is_separator(*s))
			s++;
		for (size_t i = 0; i < ARRAY_LEN(words) && !again; i++) {
			size_t n = strlen(words[i]);
			again = strncasecmp(s, words[i], n) == 0 && (is_separator(s[n]) || isdigit((unsigned char)s[n]));
			s += again ? n : 0;
		}
	}
	char *out = xstrdup(s);
	for (char *c = out; *c; c++)
		*c = *c == '_' ? '.' : (char)tolower((unsigned char)*c);
	size_t n = strlen(out);
	if (str_ends(out, "final"))
		out[n -= 5] = '\0';
	while (n > 0 && is_separator(out[n - 1]))
		out[--n] = '\0';
	return out;
}

/* 0 the best; -1 when the tag is not of this version. */
static int rank(const char *tag, const char *name, const char *version)
{
	size_t skip = name ? skip_name(tag, name) : 0;
	AUTO_FREE char *named = skip ? version_text(tag + skip) : NULL;
	if (named && version_valid(named) && version_compare(named, version) == 0)
		return 0; /* in a repository of several projects only these are ours */
	AUTO_FREE char *plain = version_text(tag);
	if (!version_valid(plain) || version_compare(plain, version) != 0)
		return -1;
	return str_eq(tag, version) || (tag[0] == 'v' && str_eq(tag + 1, version)) ? 1 : 2;
}

const char *git_pick_version_tag(const struct strv *tags, const char *name, const char *version)
{
	const char *best = NULL;
	int best_rank = 0;
	for (size_t i = 0; i < tags->n; i++) {
		int r = rank(tags->v[i], name, version);
		if (r >= 0 && (!best || r < best_rank)) {
			best = tags->v[i];
			best_rank = r;
		}
	}
	return best;
}
