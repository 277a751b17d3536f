/*
 * index_page.h: pages of indexes with their cache on disk. Private to the
 * fetch library. A page is two files: its bytes, and a .meta with what the
 * server said of them and their hash, by which a torn pair is noticed.
 */
#ifndef MC_FETCH_INDEX_PAGE_H
#define MC_FETCH_INDEX_PAGE_H

#include "fetch/http.h"

struct index_page {
	char *url;       /* as asked for; may hold credentials */
	struct buf body; /* empty unless wanted */
	char *base;      /* URL that relative links refer to, without credentials */
	char hash[SHA256_HEX];
	bool json;
	bool found;      /* false: 404 or 410 */
};
/* Frees the fields; the struct is empty afterwards. */
void index_page_release(struct index_page *p);

/* Fill n pages whose url is set, in parallel: from the cache while fresh, else
 * by a conditional request. Bodies are read only when want_body is set. */
int index_pages_get(struct index_page *p, size_t n, bool want_body, const struct fetch_options *o, struct error *err);

/* One file of a project's page. Checks and reads the file name; takes nothing
 * over. Strings may be NULL; what is no wheel or sdist of the project is left out. */
struct index_project;
struct index_entry {
	const char *filename, *url, *sha256, *requires_python, *yanked_reason, *upload_time;
	bool yanked;
	int64_t size;
};
/* See struct index_entry; p->name must be set. */
void index_add_file(struct index_project *p, const struct index_entry *e);

/* Walk over the anchors of an HTML page. */
struct html_anchor {
	char *href, *requires_python, *yanked; /* decoded, NULL when absent */
	char *text;
};
/* Calls each() for every anchor; its strings live only during the call. *base (may be a NULL
 * pointer) becomes the first <base href>, owned by the caller. */
void html_anchors(const char *text, size_t n, char **base, void (*each)(void *cookie, const struct html_anchor *a), void *cookie);

#endif
