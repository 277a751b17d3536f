/* index_parse.c: pages of an index, JSON and HTML, into struct index_project. */
#include "base/json.h"
#include "base/text.h"
#include "fetch/index.h"
#include "fetch/index_page.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 200000

void index_project_release(struct index_project *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct index_file *f = &p->files[i];
		char *owned[] = { f->filename, f->url, f->sha256, f->version, f->requires_python, f->yanked_reason,
			f->py_tag, f->abi_tag, f->platform_tag, f->upload_time };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
	}
	free(p->files);
	free(p->name);
	*p = (struct index_project){ 0 };
}

static char *clean_hash(const char *sha256)
{
	AUTO_FREE char *lower = xstrdup(sha256);
	for (char *c = lower; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return is_sha256_hex(lower) ? STEAL(&lower) : NULL;
}

void index_add_file(struct index_project *p, const struct index_entry *e)
{
	AUTO_FILE_NAME name = { 0 };
	if (p->n >= FILES_MAX || !e->url || !e->filename || !file_name_parse(e->filename, p->name, &name) ||
	    strcmp(name.project, p->name) != 0)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->files = xrealloc(p->files, p->cap, sizeof(*p->files));
	}
	p->files[p->n++] = (struct index_file){
		.filename = xstrdup(e->filename),
		.url = xstrdup(e->url),
		.sha256 = clean_hash(e->sha256),
		.version = STEAL(&name.version),
		.requires_python = xstrdup(e->requires_python),
		.yanked = e->yanked,
		.yanked_reason = e->yanked && e->yanked_reason && *e->yanked_reason ? xstrdup(e->yanked_reason) : NULL,
		.wheel = name.wheel,
		.py_tag = STEAL(&name.py_tag),
		.abi_tag = STEAL(&name.abi_tag),
		.platform_tag = STEAL(&name.platform_tag),
		.size = e->size,
		.upload_time = xstrdup(e->upload_time),
	};
}

static void add_json_file(struct index_project *out, const cJSON *f, const char *base)
{
	const char *relative = json_str(f, "url");
	AUTO_FREE char *url = relative ? url_resolve(base, relative) : NULL;
	const cJSON *yanked = cJSON_GetObjectItemCaseSensitive(f, "yanked");
	const char *reason = cJSON_GetStringValue(yanked);
	index_add_file(out, &(struct index_entry){
		.filename = json_str(f, "filename"),
		.url = url,
		.sha256 = json_str(json_obj(f, "hashes"), "sha256"),
		.requires_python = json_str(f, "requires-python"),
		.yanked = cJSON_IsTrue(yanked) || (reason && *reason),
		.yanked_reason = reason,
		.size = json_int(f, "size", -1),
		.upload_time = json_str(f, "upload-time"),
	});
}

struct json_reader {
	struct index_project *out;
	const char *base;
	bool known; /* the version of the API */
};

static void add_json_member(void *cookie, const char *key, const cJSON *value)
{
	struct json_reader *r = cookie;
	if (strcmp(key, "files") == 0)
		add_json_file(r->out, value, r->base);
	else if (strcmp(key, "meta") == 0)
		r->known = str_starts(json_str(value, "api-version"), "1.");
}

int index_parse_json(const char *text, size_t n, const char *base, struct index_project *out, struct error *err)
{
	AUTO_ERROR cause = { 0 };
	struct json_reader r = { .out = out, .base = base };
	if (json_each(text, n, base, add_json_member, &r, &cause) < 0) {
		error_set(err, ERR_NETWORK, "the index sent a page that is not valid JSON");
		return error_where(err, "%s", cause.where);
	}
	if (!r.known) {
		error_set(err, ERR_NETWORK, "the index speaks a version of its API that is not known here");
		return error_where(err, "%s", base);
	}
	out->from_json = true;
	return 0;
}

/* The last part of a URL's path, decoded: the file name. */
static char *last_part(const char *url)
{
	CURLU *u = curl_url();
	char *path = NULL, *name = NULL;
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PATH, &path, CURLU_URLDECODE) == CURLUE_OK) {
		const char *slash = strrchr(path, '/');
		name = xstrdup(slash ? slash + 1 : path);
	}
	curl_free(path);
	curl_url_cleanup(u);
	return name;
}

struct html_reader {
	struct index_project *out;
	const char *page; /* URL of the page */
	char *base;       /* <base href>, as written */
};

static void add_anchor(void *cookie, const struct html_anchor *a)
{
	struct html_reader *r = cookie;
	if (!a->href)
		return;
	AUTO_FREE char *base = r->base ? url_resolve(r->page, r->base) : NULL;
	AUTO_FREE char *relative = xstrdup(a->href);
	char *fragment = strchr(relative, '#');
	if (fragment)
		*fragment++ = '\0';
	const char *hash = fragment ? strstr(fragment, "sha256=") : NULL;
	AUTO_FREE char *sha256 = hash ? xstrndup(hash + 7, strcspn(hash + 7, "&")) : NULL;
	AUTO_FREE char *url = url_resolve(base ? base : r->page, relative);
	AUTO_FREE char *filename = url ? last_part(url) : NULL;
	index_add_file(r->out, &(struct index_entry){
		.filename = filename,
		.url = url,
		.sha256 = sha256,
		.requires_python = a->requires_python,
		.yanked = a->yanked != NULL,
		.yanked_reason = a->yanked,
		.size = -1,
	});
}

void index_parse_html(const char *text, size_t n, const char *base, struct index_project *out)
{
	struct html_reader r = { .out = out, .page = base };
	html_anchors(text, n, &r.base, add_anchor, &r);
	free(r.base);
}

static void add_name(void *cookie, const struct html_anchor *a)
{
	struct strv *out = cookie;
	if (out->n < FILES_MAX && name_valid(a->text))
		strv_add(out, a->text);
}

void index_parse_names(const char *text, size_t n, struct strv *out)
{
	AUTO_JSON *page = NULL;
	if (json_parse(text, n, "root page", &page, NULL) < 0) {
		html_anchors(text, n, NULL, add_name, out);
		return;
	}
	const cJSON *p;
	cJSON_ArrayForEach(p, json_arr(page, "projects")) {
		const char *name = json_str(p, "name");
		if (name && name_valid(name))
			strv_add(out, name);
	}
}
