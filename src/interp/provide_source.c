/* provide_source.c: interpreters from CPython's own source tarball, given or downloaded. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

#define OFFICIAL_SITE "https://www.python.org/ftp/python"
#define TARBALL_MAX ((uint64_t)200 << 20)
#define LISTING_MAX ((uint64_t)4 << 20)
#define NAME_MAX_LEN 80

/* The value of each href="..." in turn; false at the end. */
static bool next_link(const char **at, char name[NAME_MAX_LEN])
{
	for (const char *p = strstr(*at, "href=\""); p; p = strstr(p, "href=\"")) {
		p += strlen("href=\"");
		size_t n = strcspn(p, "\"\n");
		if (p[n] != '"' || n >= NAME_MAX_LEN)
			continue;
		memcpy(name, p, n);
		name[n] = 0;
		*at = p + n;
		return true;
	}
	return false;
}

static void insert_newest_first(struct strv *list, const char *name, const struct pyversion *v)
{
	size_t i = 0;
	struct pyversion other;
	for (; i < list->n && pyversion_read(list->v[i], &other) && pyversion_compare(&other, v) >= 0; i++)
		if (pyversion_compare(&other, v) == 0)
			return;
	strv_add(list, name);
	for (size_t k = list->n - 1; k > i; k--) {
		char *swap = list->v[k];
		list->v[k] = list->v[k - 1];
		list->v[k - 1] = swap;
	}
}

void listing_versions(const char *html, const struct pyversion *want, struct strv *newest_first)
{
	char name[NAME_MAX_LEN];
	struct pyversion v;
	struct pyversion minor = *want;
	/* pre-releases are in the folder of their final release */
	minor.stage = 'z';
	minor.serial = 0;
	for (const char *at = html; next_link(&at, name) && newest_first->n < 1000;) {
		size_t n = strlen(name);
		if (n && name[n - 1] == '/')
			name[n - 1] = 0;
		if (pyversion_read(name, &v) && v.patch >= 0 && pyversion_fits(&minor, &v))
			insert_newest_first(newest_first, name, &v);
	}
}

/* "Python-3.13.5.tar.xz" -> its version; false for other names. */
static bool tarball_version(const char *name, struct pyversion *v)
{
	size_t n = strlen(name), head = strlen("Python-"), tail = strlen(".tar.xz");
	if (!str_starts(name, "Python-") || !str_ends(name, ".tar.xz") || n <= head + tail)
		return false;
	AUTO_FREE char *text = xstrndup(name + head, n - head - tail);
	return pyversion_read(text, v) && v->patch >= 0;
}

char *listing_tarball(const char *html, const struct pyversion *want)
{
	char name[NAME_MAX_LEN];
	char *best = NULL;
	struct pyversion v, best_version = { 0 };
	for (const char *at = html; next_link(&at, name);) {
		if (!tarball_version(name, &v) || !pyversion_fits(want, &v))
			continue;
		if (best && pyversion_compare(&v, &best_version) <= 0)
			continue;
		str_set(&best, name);
		best_version = v;
	}
	return best;
}

static int read_listing(struct install *in, const char *url, struct buf *out, struct error *err)
{
	AUTO_FREE char *path = path_join(in->work, "listing.html");
	buf_clear(out);
	return download(url, path, LISTING_MAX, err) < 0 ? -1 : read_file(path, LISTING_MAX, out, err);
}

/* The URL of the newest release: the first folder with a final tarball, else the
 * newest pre-release among the first folders. */
static int find_release(struct install *in, char **url, struct error *err)
{
	const char *site = in->request->source_site ? in->request->source_site : OFFICIAL_SITE;
	AUTO_BUF html = { .max = LISTING_MAX };
	AUTO_STRV versions = { 0 };
	AUTO_FREE char *root = xasprintf("%s/", site);
	if (read_listing(in, root, &html, err) < 0)
		return -1;
	listing_versions(buf_str(&html), &in->want, &versions);
	for (size_t i = 0; i < versions.n && i < 3; i++) {
		AUTO_FREE char *folder = xasprintf("%s/%s/", site, versions.v[i]);
		if (read_listing(in, folder, &html, err) < 0)
			return -1;
		AUTO_FREE char *name = listing_tarball(buf_str(&html), &in->want);
		struct pyversion v = { 0 };
		bool final = name && tarball_version(name, &v) && v.stage == 'z';
		if (name && (!*url || final)) {
			free(*url);
			*url = xasprintf("%s%s", folder, name);
		}
		if (final)
			return 0;
	}
	return *url ? 0 : error_set(err, ERR_INSTALL, "%s lists no CPython %s", site, in->version);
}

static int check_hash(const char *path, const char *wanted, struct error *err)
{
	char hex[SHA256_HEX];
	if (!wanted)
		return 0;
	if (!is_sha256_hex(wanted))
		return error_set(err, ERR_INSTALL, "`%.80s` is no sha256 (64 lower-case hexadecimal digits)", wanted);
	if (sha256_file(path, hex, err) < 0)
		return -1;
	if (str_eq(hex, wanted))
		return 0;
	error_set(err, ERR_INSTALL, "the tarball has another sha256 than the one given; it was not used");
	return error_why(err, "given: %s\nfound: %s", wanted, hex);
}

/* Split "place#sha256=hex"; *hash stays NULL without one. */
static void split_source(const char *source, char **place, char **hash)
{
	const char *mark = strstr(source, "#sha256=");
	*place = mark ? xstrndup(source, (size_t)(mark - source)) : xstrdup(source);
	*hash = mark ? xstrdup(mark + strlen("#sha256=")) : NULL;
}

int provide_by_source(struct install *in, struct pair *out, struct error *err)
{
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *hash = NULL;
	if (build_check(in->request->tsan, err) < 0)
		return -1;
	if (in->request->source)
		split_source(in->request->source, &place, &hash);
	else if (find_release(in, &place, err) < 0)
		return -1;
	bool is_url = strstr(place, "://") != NULL;
	AUTO_FREE char *tarball = is_url ? path_join(in->work, "source.tar") : path_absolute(place);
	AUTO_FREE char *shown = text_hide_credentials(place);
	if (is_url) {
		observe_note(in->observer, "downloading %s", shown);
		if (download(place, tarball, TARBALL_MAX, err) < 0)
			return -1;
	} else if (!path_is_file(tarball)) {
		return error_set(err, ERR_INSTALL, "there is no file %s", tarball);
	}
	if (check_hash(tarball, hash, err) < 0)
		return -1;
	return build_pair(in, tarball, shown, out, err);
}
