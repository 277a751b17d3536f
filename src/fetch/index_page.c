/* index_page.c: see index_page.h. */
#include "fetch/index_page.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "fetch/cache.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PAGE_MAX (64u << 20)
#define FRESH_MAX 600 /* seconds; what uv allows, too */

static const char accept[] =
	"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/* What the cache knows of a page. */
struct known {
	char *path; /* of the bytes; the .meta lies beside */
	char *etag, *last_modified, *base;
	char hash[SHA256_HEX];
	int64_t fetched, max_age;
	bool json, present;
};

static void known_release(struct known *k)
{
	free(k->path);
	free(k->etag);
	free(k->last_modified);
	free(k->base);
	*k = (struct known){ 0 };
}

void index_page_release(struct index_page *p)
{
	free(p->url);
	free(p->base);
	buf_release(&p->body);
	*p = (struct index_page){ 0 };
}

static char *meta_path(const struct known *k)
{
	return xasprintf("%s.meta", k->path);
}

static void known_load(struct known *k, const char *url)
{
	char key[SHA256_HEX];
	AUTO_FREE char *bare = url_without_secrets(url);
	AUTO_FREE char *dir = cache_dir_for("index");
	AUTO_JSON *meta = NULL;
	sha256_hex(bare, strlen(bare), key);
	*k = (struct known){ .path = path_join(dir, key), .max_age = -1 };
	AUTO_FREE char *path = meta_path(k);
	if (json_read(path, 65536, &meta, NULL) < 0)
		return;
	const char *hash = json_str(meta, "sha256");
	k->base = xstrdup(json_str(meta, "base"));
	if (!is_sha256_hex(hash) || !k->base || !path_is_file(k->path))
		return;
	memcpy(k->hash, hash, SHA256_HEX);
	k->etag = xstrdup(json_str(meta, "etag"));
	k->last_modified = xstrdup(json_str(meta, "last_modified"));
	k->fetched = json_int(meta, "fetched", 0);
	k->max_age = json_int(meta, "max_age", -1);
	k->json = json_bool(meta, "json", false);
	k->present = true;
}

static int known_save(const struct known *k, struct error *err)
{
	AUTO_JSON *meta = cJSON_CreateObject();
	AUTO_FREE char *path = meta_path(k);
	json_add_str(meta, "base", k->base);
	json_add_str(meta, "etag", k->etag);
	json_add_str(meta, "last_modified", k->last_modified);
	json_add_str(meta, "sha256", k->hash);
	cJSON_AddNumberToObject(meta, "fetched", (double)k->fetched);
	cJSON_AddNumberToObject(meta, "max_age", (double)k->max_age);
	cJSON_AddBoolToObject(meta, "json", k->json);
	return json_write_unflushed(path, meta, err);
}

static bool is_fresh(const struct known *k, const struct fetch_options *o)
{
	if (!k->present || o->offline)
		return k->present;
	int64_t age = (int64_t)time(NULL) - k->fetched;
	int64_t allowed = k->max_age < FRESH_MAX ? k->max_age : FRESH_MAX;
	return !o->refresh && age >= 0 && age < allowed;
}

/* The bytes of a known page; -1 when they do not have their hash any more. */
static int read_bytes(struct index_page *p, const struct known *k)
{
	char hash[SHA256_HEX];
	buf_clear(&p->body);
	if (read_file(k->path, PAGE_MAX, &p->body, NULL) < 0)
		return -1;
	sha256_hex(buf_str(&p->body), p->body.len, hash);
	return strcmp(hash, k->hash) == 0 ? 0 : -1;
}

static int use_known(struct index_page *p, const struct known *k, bool want_body)
{
	if (want_body && read_bytes(p, k) < 0)
		return -1;
	p->found = true;
	p->json = k->json;
	memcpy(p->hash, k->hash, SHA256_HEX);
	str_set(&p->base, k->base);
	return 0;
}

/* A page that came whole: keep it. Without a cache (a local file) there is nothing to keep. */
static int take_new(struct index_page *p, struct known *k, struct text_get *g, bool want_body, struct error *err)
{
	bool local = strncasecmp(p->url, "file:", 5) == 0;
	sha256_hex(buf_str(&g->body), g->body.len, k->hash);
	str_set(&k->etag, g->etag_out);
	str_set(&k->last_modified, g->last_modified_out);
	free(k->base);
	k->base = url_without_secrets(g->final_url);
	k->fetched = (int64_t)time(NULL);
	k->max_age = g->max_age;
	k->json = g->content_type && strcasestr(g->content_type, "json") != NULL;
	k->present = true;
	if (!local && (write_unflushed(k->path, buf_str(&g->body), g->body.len, err) < 0 || known_save(k, err) < 0))
		return -1;
	if (want_body) {
		buf_release(&p->body);
		p->body = g->body;
		g->body = (struct buf){ 0 };
	}
	return use_known(p, k, false);
}

static int refused(const struct text_get *g, struct error *err)
{
	AUTO_FREE char *shown = url_without_secrets(g->url);
	error_set(err, ERR_NETWORK, "the index answered HTTP %ld", g->status);
	error_where(err, "%s", shown);
	if (g->status == 401 || g->status == 403)
		error_hint(err, "give credentials in the index URL or in a netrc entry");
	return -1;
}

/* Make use of one answer. Returns 1 when the page must be asked for again
 * without condition, because the cached bytes are damaged. */
static int take_answer(struct index_page *p, struct known *k, struct text_get *g, bool want_body, struct error *err)
{
	if (g->status == 200)
		return take_new(p, k, g, want_body, err);
	if (g->status == 404 || g->status == 410) {
		p->found = false;
		return 0;
	}
	if (g->status != 304 || !k->present)
		return refused(g, err);
	if (use_known(p, k, want_body) < 0) {
		k->present = false;
		return 1;
	}
	k->fetched = (int64_t)time(NULL);
	k->max_age = g->max_age;
	return known_save(k, err);
}

static void ask(struct text_get *g, const struct index_page *p, const struct known *k)
{
	bool conditional = k->present;
	*g = (struct text_get){
		.url = p->url,
		.accept = accept,
		.etag = conditional ? k->etag : NULL,
		.last_modified = conditional && !k->etag ? k->last_modified : NULL,
		.max = PAGE_MAX,
	};
}

/* One round of requests for the pages that are not settled. */
static int ask_round(struct index_page *p, struct known *k, bool *settled, size_t n, bool want_body, const struct fetch_options *o,
                     struct error *err)
{
	struct text_get *g = xcalloc(n, sizeof(*g));
	size_t *which = xcalloc(n, sizeof(*which));
	size_t asked = 0;
	for (size_t i = 0; i < n; i++) {
		if (settled[i])
			continue;
		ask(&g[asked], &p[i], &k[i]);
		which[asked++] = i;
	}
	int r = asked ? fetch_texts(g, asked, o, err) : 0;
	for (size_t i = 0; i < asked && r == 0; i++) {
		int taken = take_answer(&p[which[i]], &k[which[i]], &g[i], want_body, err);
		settled[which[i]] = taken == 0;
		r = taken < 0 ? -1 : r;
	}
	for (size_t i = 0; i < asked; i++)
		text_get_release(&g[i]);
	free(g);
	free(which);
	return r;
}

int index_pages_get(struct index_page *p, size_t n, bool want_body, const struct fetch_options *o, struct error *err)
{
	struct known *k = xcalloc(n, sizeof(*k));
	bool *settled = xcalloc(n, sizeof(*settled));
	for (size_t i = 0; i < n; i++) {
		known_load(&k[i], p[i].url);
		settled[i] = is_fresh(&k[i], o) && use_known(&p[i], &k[i], want_body) == 0;
		if (!settled[i] && is_fresh(&k[i], o))
			k[i].present = false;
	}
	int r = ask_round(p, k, settled, n, want_body, o, err);
	if (r == 0)
		r = ask_round(p, k, settled, n, want_body, o, err);
	for (size_t i = 0; i < n; i++)
		known_release(&k[i]);
	free(k);
	free(settled);
	return r;
}
