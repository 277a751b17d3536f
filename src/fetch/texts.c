/* texts.c: fetch_texts(): small texts into memory; see http.h. */
#include "base/file_url.h"
#include "base/fs.h"
#include "base/text.h"
#include "fetch/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add_header(struct transfer *t, const char *name, const char *value)
{
	AUTO_FREE char *line = xasprintf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
}

static enum transfer_step prepare(struct transfer *t)
{
	struct text_get *g = t->owner;
	buf_clear(&g->body);
	g->body.max = g->max;
	if (g->accept)
		add_header(t, "Accept", g->accept);
	if (g->etag)
		add_header(t, "If-None-Match", g->etag);
	if (g->last_modified)
		add_header(t, "If-Modified-Since", g->last_modified);
	if (g->head)
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
	return STEP_GO;
}

static int receive(struct transfer *t, const char *data, size_t n)
{
	struct text_get *g = t->owner;
	buf_add(&g->body, data, n);
	if (!g->body.truncated)
		return 0;
	AUTO_FREE char *limit = text_bytes(g->max);
	error_set(&t->error, ERR_TOO_LARGE, "the answer of the server has more than %s", limit);
	return error_where(&t->error, "%s", t->label);
}

static enum transfer_step complete(struct transfer *t)
{
	struct text_get *g = t->owner;
	char *url = NULL;
	g->status = t->answer.status;
	g->length = t->answer.length;
	g->max_age = t->answer.max_age;
	g->etag_out = STEAL(&t->answer.etag);
	g->last_modified_out = STEAL(&t->answer.last_modified);
	g->content_type = STEAL(&t->answer.content_type);
	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	g->final_url = xstrdup(url);
	return STEP_DONE;
}

static const struct transfer_ops ops = { prepare, receive, complete, NULL };

static void read_local(struct text_get *g, const struct fetch_options *o)
{
	AUTO_FREE char *path = file_url_path(g->url);
	if (!o->net || !o->net->allow_file || !path) {
		error_set(&g->error, ERR_NETWORK, "'%s' is a local file, but the index is not", g->url);
		return;
	}
	AUTO_FREE char *page = path_is_dir(path) ? path_join(path, "index.html") : xstrdup(path);
	g->status = path_is_file(page) ? 200 : 404;
	g->content_type = xstrdup(str_ends(page, ".json") ? "application/json" : "text/html");
	g->final_url = xasprintf("%s%s", g->url, path_is_dir(path) && !str_ends(g->url, "/") ? "/" : "");
	if (g->status == 200)
		read_file(page, g->max, &g->body, &g->error);
}

/* What needs no transfer. */
static bool settle_locally(struct text_get *g, const struct fetch_options *o)
{
	if (strncasecmp(g->url, "file:", 5) == 0) {
		read_local(g, o);
		return true;
	}
	if (!o->offline)
		return false;
	AUTO_FREE char *shown = url_without_secrets(g->url);
	error_set(&g->error, ERR_OFFLINE_MISS, "'%s' is not in the cache and the network is off (--offline)", shown);
	error_hint(&g->error, "run once without `--offline`");
	return true;
}

static void run(struct text_get **wanted, size_t n, const struct fetch_options *o)
{
	struct transfer *t = xcalloc(n, sizeof(*t));
	AUTO_STRV labels = { 0 };
	for (size_t i = 0; i < n; i++) {
		strv_take(&labels, url_without_secrets(wanted[i]->url));
		t[i] = (struct transfer){ .ops = &ops, .owner = wanted[i], .url = wanted[i]->url, .label = labels.v[i] };
	}
	transfers_run(t, n, o, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		error_move(&wanted[i]->error, &t[i].error);
		transfer_release(&t[i]);
	}
	free(t);
}

int fetch_texts(struct text_get *g, size_t n, const struct fetch_options *o, struct error *err)
{
	struct text_get **wanted = xcalloc(n, sizeof(struct text_get *));
	size_t left = 0;
	for (size_t i = 0; i < n; i++) {
		text_get_release(&g[i]);
		if (!settle_locally(&g[i], o))
			wanted[left++] = &g[i];
	}
	if (left > 0)
		run(wanted, left, o);
	free(wanted);
	for (size_t i = 0; i < n; i++) {
		if (g[i].error.code == ERR_NONE)
			continue;
		error_copy(err, &g[i].error);
		return -1;
	}
	return 0;
}

void text_get_release(struct text_get *g)
{
	buf_release(&g->body);
	free(g->etag_out);
	free(g->last_modified_out);
	free(g->content_type);
	free(g->final_url);
	error_release(&g->error);
	g->etag_out = g->last_modified_out = g->content_type = g->final_url = NULL;
	g->status = 0;
	g->length = g->max_age = -1;
}
