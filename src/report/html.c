/* html.c: the frame of the page, and how much detail fits into it; see html.h. */
#include "report/html_page.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

size_t html_budget(size_t packages)
{
	if (packages <= 100)
		return MIB;
	if (packages >= 1360) /* where the line below reaches the hard stop */
		return HTML_MAX_BYTES;
	return MIB + (packages - 100) * 5 * MIB / 900;
}

static void policy(struct page *p)
{
	struct html *w = &p->w;
	const char *style = p->options->style, *script = p->options->script;
	char hash[SHA256_BASE64];
	AUTO_BUF text = { 0 };
	buf_adds(&text, "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'");
	if (style) {
		sha256_base64(style, strlen(style), hash);
		buf_addf(&text, "; style-src 'sha256-%s'", hash);
	}
	if (script) {
		sha256_base64(script, strlen(script), hash);
		buf_addf(&text, "; script-src 'sha256-%s'", hash);
	}
	H(w, "<meta http-equiv='Content-Security-Policy'");
	html_attr(w, "content", buf_str(&text));
	H(w, ">\n");
}

static void title(struct page *p)
{
	struct html *w = &p->w;
	static const enum readiness order[] = { READY_NO_GO, READY_LIMITS, READY_UNKNOWN, READY_GO };
	bool any = false;
	H(w, "<title>");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		size_t n = survey_count(p->s, order[i]);
		if (n)
			html_textf(w, "%s%zu %s", any ? ", " : "", n, readiness_word(order[i]));
		any = any || n;
	}
	html_text(w, any ? ": " : "nothing tested: ");
	html_text_cut(w, p->s->title ? p->s->title : "survey", 200);
	H(w, "</title>\n");
}

/* The shape of the headline, so that tabs differ; no data in it. */
static void icon(struct page *p)
{
	struct html *w = &p->w;
	const char *headline = survey_headline(p->s);
	H(w, "<link rel='icon' type='image/svg+xml' href='data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E");
	if (str_eq(headline, "Not yet"))
		H(w, "%3Cpath d=%22M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z%22 fill=%22%23a4161a%22/%3E%3Cpath d=%22M5.5 5.5l5 5M10.5 5.5l-5 5%22");
	else if (str_eq(headline, "Go"))
		H(w, "%3Ccircle cx=%228%22 cy=%228%22 r=%227%22 fill=%22%231a6b2f%22/%3E%3Cpath d=%22M4.6 8.4l2.3 2.3 4.6-5.2%22");
	else if (str_eq(headline, "Go with limits"))
		H(w, "%3Cpath d=%22M8 1.2L15.4 14.6H.6z%22 fill=%22%237a5200%22/%3E%3Cpath d=%22M8 5.8v4.1M8 11.9v.9%22");
	else
		H(w, "%3Ccircle cx=%228%22 cy=%228%22 r=%227%22 fill=%22%234d5358%22/%3E%3Cpath d=%22M6.2 6.4c0-2.4 3.7-2.3 3.7 0 0 1.5-1.9 1.5-1.9 3M8 11.2v.9%22");
	H(w, " fill=%22none%22 stroke=%22%23fff%22 stroke-width=%221.6%22/%3E%3C/svg%3E'>\n");
}

static int head(struct page *p, struct error *err)
{
	struct html *w = &p->w;
	H(w, "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
	policy(p);
	H(w, "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
	     "<meta name='color-scheme' content='light dark'>\n<meta name='referrer' content='no-referrer'>\n");
	title(p);
	icon(p);
	if (p->options->style) {
		H(w, "<style>");
		if (html_raw_asset(w, p->options->style) < 0)
			return error_set(err, ERR_INTERNAL, "style.css cannot be embedded in a page: it holds `</`, `<!--` or a carriage return");
		H(w, "</style>\n");
	}
	H(w, "</head>\n<body>\n");
	return 0;
}

static void navigation(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<a class='skip' href='#main'>Skip to the summary</a>\n"
	     "<header class='top'><span class='brand'>migrate-check</span>\n<nav aria-label='Sections'><ul>"
	     "<li><a href='#summary'>Summary</a></li><li><a href='#plan'>Plan</a></li>");
	if (p->options->previous)
		H(w, "<li><a href='#changes'>Changes</a></li>");
	H(w, "<li><a href='#matrix'>Matrix</a></li><li><a href='#findings'>Findings</a></li><li><a href='#packages'>Packages</a></li>"
	     "<li><a href='#method'>Method</a></li><li><a href='#words'>Words</a></li></ul></nav></header>\n");
}

static int foot(struct page *p, struct error *err)
{
	struct html *w = &p->w;
	H(w, "<footer>\n<p>This page is one file and needs no network: mail it as it is, or print it (the layout is landscape; the browser's print dialog makes a PDF).</p>\n<p>");
	if (p->s->id) {
		H(w, "survey <code>");
		html_text_cut(w, p->s->id, 64);
		H(w, "</code> ");
	}
	if (p->s->seed) {
		H(w, "seed <code>");
		html_text_cut(w, p->s->seed, 64);
		H(w, "</code> ");
	}
	H(w, "made by migrate-check ");
	html_text_cut(w, p->s->tool_version, 40);
	H(w, "</p>\n</footer>\n");
	if (p->options->script) {
		H(w, "<script>");
		if (html_raw_asset(w, p->options->script) < 0)
			return error_set(err, ERR_INTERNAL, "report.js cannot be embedded in a page: it holds `</`, `<!--` or a carriage return");
		H(w, "</script>\n");
	}
	H(w, "</body>\n</html>\n");
	return 0;
}

/* The whole page at p->detail, into a buffer that stops just beyond the limit. */
static int render(struct page *p, size_t limit, struct error *err)
{
	buf_clear(&p->w.b);
	p->w.b.max = limit + 1;
	if (head(p, err) < 0)
		return -1;
	html_sprite(&p->w);
	navigation(p);
	H(&p->w, "<main id='main' tabindex='-1'>\n");
	html_summary(p);
	html_plan(p);
	html_changes(p);
	html_matrix(p);
	html_findings(p);
	html_packages(p);
	html_method(p);
	html_words(p);
	H(&p->w, "</main>\n");
	return foot(p, err);
}

/* Leave out more and more until the page fits; the last step is rows. */
static int fit(struct page *p, size_t limit, struct error *err)
{
	for (p->detail = DETAIL_FULL; p->detail <= DETAIL_BRIEF; p->detail++) {
		if (render(p, limit, err) < 0)
			return -1;
		if (p->w.b.len <= limit)
			return 0;
	}
	p->detail = DETAIL_BRIEF;
	while (p->listed > 0) {
		p->listed -= (p->listed + 7) / 8;
		if (render(p, limit, err) < 0)
			return -1;
		if (p->w.b.len <= limit)
			return 0;
	}
	return error_set(err, ERR_INTERNAL, "the page does not fit into %zu bytes even without rows", limit);
}

int report_html(FILE *out, const struct survey *s, const struct html_options *options, struct error *err)
{
	struct page p;
	size_t limit = options->max_bytes ? options->max_bytes : html_budget(s->n_packages);
	page_init(&p, s, options);
	int result = fit(&p, limit < HTML_MAX_BYTES ? limit : HTML_MAX_BYTES, err);
	if (result == 0 && (fwrite(buf_str(&p.w.b), 1, p.w.b.len, out) != p.w.b.len || fflush(out) != 0))
		result = error_errno(err, ERR_IO, errno, "cannot write the HTML report");
	page_release(&p);
	return result;
}
