/* test_html.c: escaping in each context, and what the page says of a survey. */
#include "base/hash.h"
#include "report/html.h"
#include "report/html_escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct html *w, const char *want)
{
	assert_string_equal(buf_str(&w->b), want);
	buf_release(&w->b);
}

static void test_text(void **state)
{
	(void)state;
	static const struct { const char *in, *out; } cases[] = {
		{ "a<b>&\"'", "a&lt;b&gt;&amp;\"'" },
		{ "\xff\xc0\xaf ok", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ok" },
		{ "\x1b[31mred\x1b[0m", "red" },
		{ "\xc2\x9b" "31mred", "red" },
		{ "\x1b]8;;https://x.example\aword\x1b]8;;\x1b\\", "word" },
		{ "\x1b]0;title that never ends", "&lt;U+001B&gt;]0;title that never ends" },
		{ "\x1b[31", "&lt;U+001B&gt;[31" },
		{ "\x1b", "&lt;U+001B&gt;" },
		{ "a\nb\tc\rd", "a&lt;U+000A&gt;b&lt;U+0009&gt;c&lt;U+000D&gt;d" },
		{ "\xe2\x80\xae" "gpj", "&lt;U+202E&gt;gpj" },
		{ "\xe2\x80\x8b", "&lt;U+200B&gt;" },
		{ "\xc2\x85\x7f", "&lt;U+0085&gt;&lt;U+007F&gt;" },
		{ "\xf3\xa0\x81\x81", "&lt;U+E0041&gt;" },
		{ "sch\xc3\xb6n \xe4\xbd\xa0", "sch\xc3\xb6n \xe4\xbd\xa0" },
		{ "get https://me:pa@ss@host.example/x@y", "get https://***@host.example/x@y" },
		{ NULL, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct html w = { 0 };
		html_text(&w, cases[i].in);
		expect(&w, cases[i].out);
	}
}

static void test_text_is_cut_between_characters(void **state)
{
	(void)state;
	struct html w = { 0 };
	html_text_cut(&w, "ab\xc3\xb6" "cd", 3);
	expect(&w, "ab\xe2\x80\xa6");
	html_text_cut(&w, "abc", 3);
	expect(&w, "abc");
}

static void test_block(void **state)
{
	(void)state;
	struct html w = { 0 };
	html_block(&w, "one\r\ntwo\t<x>\n\n", 40, 4096, true);
	expect(&w, "one\ntwo\t&lt;x&gt;");
	html_block(&w, "one\ntwo\nthree\n", 2, 4096, true);
	expect(&w, "\xe2\x80\xa6\ntwo\nthree");
	html_block(&w, "one\ntwo\nthree\n", 2, 4096, false);
	expect(&w, "one\ntwo\n\xe2\x80\xa6");
	html_block(&w, "first line\nsecond", 40, 8, true);
	expect(&w, "\xe2\x80\xa6\nsecond");
	html_block(&w, "aaaa\xc3\xb6", 40, 1, true);
	expect(&w, "\xe2\x80\xa6\n");
	html_block(&w, NULL, 1, 1, true);
	expect(&w, "");
}

static void test_attribute(void **state)
{
	(void)state;
	struct html w = { 0 };
	html_attr(&w, "title", "' onclick='x \"<>&\n");
	expect(&w, " title='&#39; onclick=&#39;x &#34;&lt;&gt;&amp;&lt;U+000A&gt;'");
	html_attr(&w, "title", NULL);
	expect(&w, " title=''");
}

static void test_links(void **state)
{
	(void)state;
	static const char *const refused[] = { "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//host.example", " https://x.example",
		                                   "https://x.example/\n", "java\tscript:x", "https:\\\\x", "vbscript:x", "file:///etc", "#own", "", NULL };
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_false(html_url_allowed(refused[i]));
	assert_true(html_url_allowed("HTTPS://x.example/"));
	assert_true(html_url_allowed("http://x.example"));
	assert_true(html_url_allowed("mailto:a@x.example"));
	struct html w = { 0 };
	html_link(&w, "https://x.example/?a='&b=<");
	expect(&w, "<a rel='noreferrer' href='https://x.example/?a=&#39;&amp;b=&lt;'>https://x.example/?a='&amp;b=&lt;</a>");
	html_link(&w, "https://me:secret@x.example/");
	expect(&w, "https://***@x.example/");
	html_link(&w, "javascript:alert(1)");
	expect(&w, "javascript:alert(1)");
}

static void test_ids_hold_no_foreign_character(void **state)
{
	(void)state;
	char id[HTML_ID], other[HTML_ID];
	html_id(id, "p-", "x' onload='y");
	assert_int_equal(strlen(id), 18);
	assert_int_equal(strspn(id + 2, "0123456789abcdef"), 16);
	html_id(other, "p-", "x' onload='z");
	assert_string_not_equal(id, other);
}

static void test_assets(void **state)
{
	(void)state;
	struct html w = { 0 };
	assert_int_equal(html_raw_asset(&w, "a</STYLE>"), -1);
	assert_int_equal(html_raw_asset(&w, "<!-- x"), -1);
	assert_int_equal(html_raw_asset(&w, "a\r\nb"), -1);
	assert_int_equal(html_raw_asset(&w, NULL), -1);
	expect(&w, "");
	assert_int_equal(html_raw_asset(&w, "a < b && c > d"), 0);
	expect(&w, "a < b && c > d");
}

static void test_base64_of_the_digest(void **state)
{
	(void)state;
	char hash[SHA256_BASE64];
	sha256_base64("", 0, hash);
	assert_string_equal(hash, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

static struct package_result *add(struct survey *s, const char *name, enum outcome verdict, enum readiness r)
{
	struct package_result *p = survey_add_package(s);
	str_set(&p->name, name);
	str_set(&p->version, "1.0");
	p->verdict = verdict;
	p->readiness = r;
	return p;
}

/* The page as a string, which the caller frees. */
static char *page(const struct survey *s, const struct html_options *options)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	AUTO_ERROR err = { 0 };
	assert_int_equal(report_html(out, s, options, &err), 0);
	fclose(out);
	return text;
}

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("the page lacks: %s", what);
}

static void test_headline_and_first_steps(void **state)
{
	(void)state;
	AUTO_SURVEY s = { .requirements = 3, .sandbox = true };
	str_set(&s.title, "a <b> title");
	str_set(&s.finished, "2026-11-22T15:00:00Z");
	struct package_result *p = add(&s, "good", OUT_PASS, READY_GO);
	p->runs = 6;
	p->bound = 0.393;
	p = add(&s, "upper", OUT_BLOCKED, READY_NO_GO);
	str_set(&p->blocker, "lower==1.0");
	strv_add(&p->path, "upper");
	strv_add(&p->path, "lower");
	p = add(&s, "lower", OUT_UNSUPPORTED, READY_NO_GO);
	p->holds = 2;
	p->of = 3;
	AUTO_FREE char *html = page(&s, &(struct html_options){ 0 });
	contains(html, "<title>2 no-go, 1 go: a &lt;b&gt; title</title>");
	contains(html, ">Not yet.</h1>");
	contains(html, "2 of 3 packages stop you; lower holds back 2 of your 3 requirements.");
	contains(html, "wait for or replace lower</li></ol>"); /* one step for both: upper only waits for lower */
	contains(html, "rates below 39% may be missed");
	contains(html, "after lower 2</a>");
	contains(html, "Content-Security-Policy' content='default-src &#39;none&#39;; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;'>");
	assert_null(strstr(html, "<script"));
}

static void test_conditions_are_said(void **state)
{
	(void)state;
	AUTO_SURVEY s = { .interrupted = true, .infra_errors = 1, .cells = 9 };
	strv_add(&s.pair.parity, "optimisation: PGO against none");
	add(&s, "good", OUT_PASS, READY_GO);
	AUTO_FREE char *html = page(&s, &(struct html_options){ 0 });
	contains(html, ">Cannot say.</h1>");
	contains(html, "The run did not end.");
	contains(html, "without the sandbox");
	contains(html, "not like for like (optimisation: PGO against none)");
	contains(html, "Nothing can be said of 1 of 1 packages");
}

static void test_changes(void **state)
{
	(void)state;
	AUTO_SURVEY old = { 0 };
	AUTO_SURVEY s = { 0 };
	add(&old, "worse", OUT_PASS, READY_GO);
	add(&s, "worse", OUT_CRASH, READY_NO_GO);
	add(&old, "stays", OUT_CRASH, READY_NO_GO);
	add(&s, "stays", OUT_CRASH, READY_NO_GO);
	add(&old, "mended", OUT_CRASH, READY_NO_GO);
	add(&s, "mended", OUT_PASS, READY_GO);
	add(&old, "left", OUT_PASS, READY_GO);
	AUTO_FREE char *html = page(&s, &(struct html_options){ .previous = &old });
	contains(html, "<b class='n'>1</b> new no-go");
	contains(html, "<b class='n'>1</b> still no-go");
	contains(html, "<b class='n'>1</b> fixed");
	contains(html, "<b class='n'>1</b> of the earlier survey not in this one");
	AUTO_FREE char *alone = page(&s, &(struct html_options){ 0 });
	assert_null(strstr(alone, "id='changes'"));
}

static void test_same_name_twice(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	add(&s, "twin", OUT_PASS, READY_GO);
	add(&s, "twin", OUT_PASS, READY_GO);
	char id[HTML_ID];
	html_id(id, "p-", "twin");
	AUTO_FREE char *html = page(&s, &(struct html_options){ 0 });
	AUTO_FREE char *first = xasprintf("<section id='%s'", id), *second = xasprintf("<section id='%s-1'", id);
	contains(html, first);
	contains(html, second);
}

/* What is cut, and in which order, when the page may not grow. */
static void test_budget(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	for (int i = 0; i < 40; i++) {
		AUTO_FREE char *name = xasprintf("package-%d", i);
		struct package_result *p = add(&s, name, OUT_CRASH, READY_NO_GO);
		struct finding *f = package_add_finding(p, FIND_CRASH, FAULT_LIBRARY);
		f->tail = xcalloc(3001, 1);
		memset(f->tail, 't', 3000);
		str_set(&f->stack, "frame-of-the-stack\n");
	}
	AUTO_FREE char *full = page(&s, &(struct html_options){ 0 });
	contains(full, "ttttt");
	assert_null(strstr(full, "To keep this page small"));
	size_t size = strlen(full);
	AUTO_FREE char *short_tails = page(&s, &(struct html_options){ .max_bytes = size - 40 * 1900 });
	contains(short_tails, "log tails are cut");
	AUTO_FREE char *no_tails = page(&s, &(struct html_options){ .max_bytes = size - 40 * 2900 });
	contains(no_tails, "and log tails are left out");
	contains(no_tails, "frame-of-the-stack");
	assert_null(strstr(no_tails, "ttttt"));
	AUTO_FREE char *few = page(&s, &(struct html_options){ .max_bytes = 60000 });
	assert_true(strlen(few) <= 60000);
	contains(few, "log tails, stacks and the details of packages are left out, and only the first ");
	contains(few, "of 40 packages, worst first, are listed");
	AUTO_ERROR err = { 0 };
	AUTO_FILE FILE *sink = fopen("/dev/null", "w");
	assert_int_equal(report_html(sink, &s, &(struct html_options){ .max_bytes = 100 }, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_int_equal(html_budget(10), 1 << 20);
	assert_int_equal(html_budget(1000), 6 << 20);
	assert_int_equal(html_budget(100000), 8 << 20);
}

/* A stress finding with all its arms and its script, the bar, and the table of what was reached. */
static void test_stress(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	struct package_result *p = add(&s, "racy", OUT_RACE, READY_NO_GO);
	struct stress_summary *m = package_add_stress(p, "same-test");
	m->runs = 2;
	m->of = 200;
	m->parallel = 50;
	strv_add(&m->serialised, "use <capsys>: 150");
	m = package_add_stress(p, "replay");
	m->ops = 80;
	m->ops_played = 61;
	strv_add(&m->never, "racy.C.<close>");
	struct finding *f = package_add_finding(p, FIND_CRASH, FAULT_LIBRARY);
	char **fields[] = { &f->mode, &f->oracle, &f->key, &f->script, &f->note, &f->fixed_in };
	static const char *const values[] = { "replay", "signal", "replay|mix|racy.C.add", "print('</pre>')\n", "why <not>", "2.0" };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		str_set(fields[i], values[i]);
	free(f->native_stack);
	f->native_stack = xasprintf("#0  c_add %0900d\n", 0); /* longer than the notice that the page is cut */
	f->confirmed = true;
	f->events = f->runs = 3;
	f->locked_runs = 40;
	f->serial_runs = 20;
	AUTO_FREE char *html = page(&s, &(struct html_options){ 0 });
	contains(html, "ft one at a time 0 of 40 plays");
	contains(html, "ft one thread 0 of 20 plays");
	contains(html, "&lt;/pre&gt;");
	assert_null(strstr(html, "'</pre>')"));
	contains(html, "why &lt;not&gt;");
	contains(html, "2.0 is newer, untested");
	contains(html, "<rect class='fill' x='0' y='0' height='8' width='10'/>");
	contains(html, "<td class='num'>50 of 200</td>");
	contains(html, "<td class='num'>61 of 80</td>");
	contains(html, "use &lt;capsys&gt;: 150");
	contains(html, "racy.C.&lt;close&gt; and 18 more");
	contains(html, "<summary>stack of racy r1</summary>");
	AUTO_FREE char *small = page(&s, &(struct html_options){ .max_bytes = strlen(html) - 100 });
	assert_null(strstr(small, "<summary>stack of racy r1</summary>")); /* the second copy goes first */
	contains(small, "Native stacks of r1");
}

static struct ratio ratio(double v, enum perf_verdict verdict)
{
	return (struct ratio){ .known = true, .ratio = v, .lo = v * 0.97, .hi = v * 1.03, .n = 15, .verdict = verdict, .noise = 0.04 };
}

static void add_curve(struct package_result *p, const char *objects, enum arm arm, enum scaling_verdict verdict, double speedup)
{
	struct scaling_curve *c = scaling_add_curve(&p->scaling, "calls", objects, arm);
	c->verdict = verdict;
	scaling_add_point(c, 1)->speedup = 1;
	struct scaling_point *last = scaling_add_point(c, 4);
	last->speedup = speedup;
	last->per_second = 1234.4;
}

/* Each chart has a name and all of its numbers as words; what is foreign in it is escaped. */
static void test_charts(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	struct package_result *p = add(&s, "a<b>", OUT_PASS, READY_GO);
	p->time = ratio(1.31, PERF_SLOWER);
	p->memory = ratio(2.6, PERF_SLOWER);
	s.baseline.time = ratio(1.28, PERF_SLOWER);
	p->artifact[ARM_FT] = (struct artifact_facts){ .known = true, .wheel_bytes = 1200000, .installed_bytes = 4500000 };
	p->measured = (struct measured){ .known = true, .pairs = 15, .timed = 41, .too_short = 3, .load = -1, .lost = 1 };
	measured_add_test(&p->measured, "test_<x>")->ratio = 2;
	add_curve(p, "private", ARM_GIL, SCALING_SERIAL, 0.98);
	add_curve(p, "private", ARM_FT, SCALING_SCALES, 3.4);
	add_curve(p, "shared", ARM_FT, SCALING_CONTENDED, 0.6);
	p->scaling.curves[2].where = xstrdup("a <lock>");
	AUTO_FREE char *html = page(&s, &(struct html_options){ 0 });
	contains(html, "<title>Cost of a&lt;b&gt;, ft/gil</title><desc>time 1.31x [1.27, 1.35], interpreter 1.28x; memory, peak 2.60x [2.52, 2.68]</desc>");
	contains(html, ">4x</text>"); /* the axis reaches what is beyond 2x */
	contains(html, "<li>time 1.31x [1.27, 1.35] n=15 slower, interpreter 1.28x</li>");
	contains(html, "<span class='alone'>interpreter 1.28x</span>");
	contains(html, "speed-up over threads, calls, an object for each thread</title><desc>ft: 1.00x at 1 3.40x at 4. gil: 1.00x at 1 0.980x at 4. </desc>");
	contains(html, "<path class='s-gil' d='M14 77L130 77'/><path class='end' d='M11 74h6v6h-6zM127 74h6v6h-6z'/>");
	contains(html, "<path class='s-ft' d='M14 77L130 22'/>");
	contains(html, ">ft 3.40x</text>");
	contains(html, "<b>contended</b>, 0.600x at 4 threads: a &lt;lock&gt;");
	contains(html, "<code>test_&lt;x&gt;</code></th><td class='num'>2.00x</td>");
	contains(html, "<td class='num'>1234</td><td class='num'>3.40x</td><td class='num'>85</td>");
	contains(html, "1.2 MB | 4.5 MB");
	contains(html, "left out: 3 too short");
	AUTO_FREE char *no_tables = page(&s, &(struct html_options){ .max_bytes = strlen(html) - 200 });
	contains(no_tables, "class='scale'");
	assert_null(strstr(no_tables, "test_&lt;x&gt;"));
	AUTO_FREE char *no_charts = page(&s, &(struct html_options){ .max_bytes = strlen(no_tables) - 200 });
	assert_null(strstr(no_charts, "class='scale'"));
	contains(no_charts, "<b>scales</b>, 3.40x at 4 threads (gil 0.980x)"); /* the words stay */
}

static void test_a_full_disk_is_an_error(void **state)
{
	(void)state;
	AUTO_SURVEY s = { 0 };
	AUTO_ERROR err = { 0 };
	AUTO_FILE FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	assert_int_equal(report_html(full, &s, &(struct html_options){ 0 }, &err), -1);
	assert_int_equal(err.code, ERR_DISK_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_is_cut_between_characters),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_attribute),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_ids_hold_no_foreign_character),
		cmocka_unit_test(test_assets),
		cmocka_unit_test(test_base64_of_the_digest),
		cmocka_unit_test(test_headline_and_first_steps),
		cmocka_unit_test(test_conditions_are_said),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_same_name_twice),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_stress),
		cmocka_unit_test(test_charts),
		cmocka_unit_test(test_a_full_disk_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
