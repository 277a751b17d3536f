/*
 * fuzz_report_html.c: a survey's JSON, or any bytes as every text of a package, as an
 * HTML page; the page's markup must then be nothing but the template's.
 */
#include "report/html.h"
#include "fuzz.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "report-html";
const size_t fuzz_cuts = 60; /* a page takes milliseconds */

static const char *const elements[] = {
	"!doctype", "a", "b", "body", "button", "caption", "circle", "code", "dd", "defs", "desc", "details", "div", "dl", "dt", "fieldset",
	"footer", "h1", "h2", "h3", "h4", "head", "header", "html", "input", "label", "legend", "li", "link", "main", "meta", "nav", "ol",
	"p", "path", "pattern", "pre", "q", "rect", "section", "span", "summary", "sup", "svg", "symbol", "table", "tbody", "td", "text",
	"th", "thead", "title", "tr", "ul", "use",
};

static bool known(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (strlen(elements[i]) == n && strncmp(elements[i], name, n) == 0)
			return true;
	return false;
}

static void require(bool ok, const char *what, const char *at)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %.60s\n", what, at);
	abort();
}

/* One tag: a known name, then attributes that are quoted or bare words. Returns what is behind it. */
static const char *read_tag(const char *s)
{
	const char *start = s++;
	s += *s == '/';
	size_t n = strspn(s, "!abcdefghijklmnopqrstuvwxyz0123456789");
	require(known(s, n), "an unknown element", start);
	s += n;
	while (*s == ' ') {
		s++;
		n = strspn(s, "abcdefghijklmnopqrstuvwxyzBTU-");
		require(n > 0 && strncmp(s, "on", 2) != 0 && strncmp(s, "style", 5) != 0, "an attribute", start);
		s += n;
		if (*s != '=')
			continue;
		require(s[1] == '\'', "a value without quotes", start);
		s += 2;
		s += strcspn(s, "'<>");
		require(*s == '\'', "a value that does not end", start);
		s++;
	}
	s += *s == '/';
	require(*s == '>', "a tag that does not end", start);
	return s + 1;
}

static void read_page(const char *s)
{
	require(strncmp(s, "<!doctype html>\n<html lang='en'>", 32) == 0, "the beginning", s);
	while (*s) {
		require(*s == '\n' || *s == '\t' || (!iscntrl((unsigned char)*s) && *s != '>'), "a character of the text", s);
		s = *s == '<' ? read_tag(s) : s + 1;
	}
}

static void add_everywhere(struct survey *s, const char *text)
{
	struct package_result *p = survey_add_package(s);
	char **fields[] = { &p->name, &p->version, &p->requested, &p->tested_version, &p->blocker, &p->advice, &p->from, &p->gil_module, &p->tests_from,
		                &p->runner, &p->profile, &p->reproduce, &p->time.note, &s->title, &s->command, &s->seed, &s->id, &s->started, &s->tool_version,
		                &s->pair.ft.version, &s->pair.gil.flags };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		str_set(fields[i], text);
	struct strv *lists[] = { &p->reasons, &p->flags, &p->path, &p->only_gil, &p->left_out, &p->logs, &s->not_covered, &s->pair.parity };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_add(lists[i], text);
	struct finding *f = package_add_finding(p, FIND_CRASH, FAULT_LIBRARY);
	char **parts[] = { &f->id, &f->mode, &f->module, &f->signature, &f->title, &f->test, &f->stack, &f->tail, &f->reproduce };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		str_set(parts[i], text);
	package_add_rung(p, text, text, text);
	package_add_rung(p, "stress", text, text);
	str_set(&package_add_difference(p, text, text)->message, text);
	p->verdict = OUT_BLOCKED;
	p->readiness = READY_NO_GO;
	p->gil_state = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_SURVEY s = { 0 };
	AUTO_JSON *j = NULL;
	AUTO_ERROR err = { 0 };
	if (json_parse((const char *)data, size, "input", &j, &err) == 0) {
		survey_from_json(&s, j);
	} else {
		AUTO_FREE char *text = xstrndup((const char *)data, size);
		add_everywhere(&s, text);
		add_everywhere(&s, text);
	}
	char *page = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&page, &n);
	/* against itself: every package has an earlier state */
	if (out && report_html(out, &s, &(struct html_options){ .previous = size % 2 ? &s : NULL }, NULL) == 0 && fflush(out) == 0)
		read_page(page);
	if (out)
		fclose(out);
	free(page);
	return 0;
}
