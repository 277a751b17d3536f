/* index.c: the client of the package index; see index.h. */
#include "fetch/index.h"
#include "base/text.h"
#include "fetch/index_page.h"

#include <stdlib.h>
#include <string.h>

#define ROOT_MAX (256 * 1024) /* a list of projects that may be read for near names */
#define NEAR_MAX 3

static char *page_url(const char *index, const char *name)
{
	size_t n = strlen(index);
	while (n > 0 && index[n - 1] == '/')
		n--;
	return xasprintf("%.*s/%s%s", (int)n, index, name, *name ? "/" : "");
}

/* The options with the configuration's network settings filled in. */
static struct fetch_options complete_options(const struct index_config *c, const struct fetch_options *o)
{
	struct fetch_options own = *o;
	if (!own.net)
		own.net = &c->net;
	return own;
}

/* All indexes in the order in which they are asked. */
static size_t index_count(const struct index_config *c)
{
	return c->extra_urls.n + 1;
}

static const char *index_at(const struct index_config *c, size_t i)
{
	return i < c->extra_urls.n ? c->extra_urls.v[i] : c->url;
}

/* The project names of the main index, if it lists them cheaply. The size is
 * asked for first: a public index has a list of tens of megabytes. */
static void list_projects(const struct index_config *c, const struct fetch_options *o, struct strv *out)
{
	AUTO_FREE char *root = page_url(c->url, "");
	struct fetch_options quick = *o;
	quick.retries = 0;
	struct text_get head = { .url = root, .accept = "text/html", .max = 1024, .head = true };
	bool small = fetch_texts(&head, 1, &quick, NULL) == 0 && head.status == 200 && head.length >= 0 && head.length <= ROOT_MAX;
	text_get_release(&head);
	if (!small)
		return;
	struct text_get get = { .url = root, .accept = "text/html", .max = ROOT_MAX };
	if (fetch_texts(&get, 1, &quick, NULL) == 0 && get.status == 200)
		index_parse_names(buf_str(&get.body), get.body.len, out);
	text_get_release(&get);
}

/* Names at an edit distance of at most a third of the length, the nearest first. */
static void near_names(const char *name, const struct strv *all, struct strv *out)
{
	size_t limit = strlen(name) / 3 > 2 ? strlen(name) / 3 : 2;
	for (size_t distance = 0; distance <= limit; distance++)
		for (size_t i = 0; i < all->n && out->n < NEAR_MAX; i++) {
			AUTO_FREE char *other = name_normalize(all->v[i]);
			if (text_edit_distance(name, other) == distance)
				strv_add_unique(out, other);
		}
}

static int not_found(const struct index_config *c, const char *name, const struct fetch_options *o, struct error *err)
{
	AUTO_STRV all = { 0 };
	AUTO_STRV near = { 0 };
	AUTO_FREE char *index = index_config_text(c);
	if (!o->offline)
		list_projects(c, o, &all);
	near_names(name, &all, &near);
	AUTO_FREE char *names = strv_join(&near, "`, `");
	error_set(err, ERR_NOT_FOUND, "no project named `%s` on the index in use", name);
	error_where(err, "index: %s", index);
	if (near.n > 0)
		return error_hint(err, "did you mean `%s`?", names);
	return error_hint(err, "check the name; a private project needs `--index-url` or a netrc entry");
}

/* The pages of all names on all indexes, name by name. */
static struct index_page *make_pages(const struct index_config *c, const struct strv *names)
{
	size_t per_name = index_count(c);
	struct index_page *pages = xcalloc(names->n * per_name, sizeof(*pages));
	for (size_t i = 0; i < names->n; i++) {
		AUTO_FREE char *name = name_normalize(names->v[i]);
		for (size_t k = 0; k < per_name; k++)
			pages[i * per_name + k].url = page_url(index_at(c, k), name);
	}
	return pages;
}

static void free_pages(struct index_page *pages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		index_page_release(&pages[i]);
	free(pages);
}

static int check_name(const char *name, struct error *err)
{
	if (name_valid(name))
		return 0;
	AUTO_FREE char *shown = text_safe_line(name);
	return error_set(err, ERR_BAD_REQUIREMENT, "`%s` is not a project name", shown);
}

int index_project_get(const struct index_config *config, const char *name, const struct fetch_options *o,
                      struct index_project *out, struct error *err)
{
	struct fetch_options own = complete_options(config, o);
	AUTO_STRV names = { 0 };
	*out = (struct index_project){ 0 };
	if (check_name(name, err) < 0)
		return -1;
	out->name = name_normalize(name);
	strv_add(&names, name);
	size_t n = index_count(config), first = 0;
	struct index_page *pages = make_pages(config, &names);
	int r = index_pages_get(pages, n, true, &own, err);
	while (r == 0 && first < n && !pages[first].found)
		first++;
	if (r == 0 && first == n)
		r = not_found(config, out->name, &own, err);
	else if (r == 0 && pages[first].json)
		r = index_parse_json(buf_str(&pages[first].body), pages[first].body.len, pages[first].base, out, err);
	else if (r == 0)
		index_parse_html(buf_str(&pages[first].body), pages[first].body.len, pages[first].base, out);
	free_pages(pages, n);
	if (r < 0)
		index_project_release(out);
	return r;
}

/* One hash for the pages of one name: the page's own where there is one index. */
static void add_hash(struct strv *hashes, const struct index_page *pages, size_t n)
{
	AUTO_BUF all = { 0 };
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		buf_adds(&all, pages[i].found ? pages[i].hash : "absent");
		any |= pages[i].found;
	}
	char hex[SHA256_HEX];
	sha256_hex(buf_str(&all), all.len, hex);
	strv_add(hashes, !any ? "absent" : n == 1 ? pages[0].hash : hex);
}

int index_page_hashes(const struct index_config *config, const struct strv *names, const struct fetch_options *o,
                      struct strv *hashes, struct error *err)
{
	struct fetch_options own = complete_options(config, o);
	size_t per_name = index_count(config);
	for (size_t i = 0; i < names->n; i++)
		if (check_name(names->v[i], err) < 0)
			return -1;
	struct index_page *pages = make_pages(config, names);
	int r = index_pages_get(pages, names->n * per_name, false, &own, err);
	for (size_t i = 0; i < names->n && r == 0; i++)
		add_hash(hashes, pages + i * per_name, per_name);
	free_pages(pages, names->n * per_name);
	return r;
}

int index_project_unchanged(const struct index_config *config, const char *name, const struct fetch_options *o, const char *hash,
                            bool *same, struct error *err)
{
	AUTO_STRV names = { 0 };
	AUTO_STRV hashes = { 0 };
	strv_add(&names, name);
	if (index_page_hashes(config, &names, o, &hashes, err) < 0)
		return -1;
	*same = str_eq(hashes.v[0], hash);
	return 0;
}
