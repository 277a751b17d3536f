/* html_method.c: how the numbers came about, what was not covered, the rule behind each column, and the words. */
#include "report/explain.h"
#include "report/html_page.h"

#include <stdlib.h>

static void fact(struct html *w, const char *name, const char *value, bool code)
{
	if (!value || !value[0])
		return;
	H(w, "<div><dt>");
	html_text(w, name);
	H(w, "</dt><dd>");
	if (code)
		H(w, "<code>");
	html_text_cut(w, value, 2000);
	if (code)
		H(w, "</code>");
	H(w, "</dd></div>\n");
}

static void pair_row(struct html *w, const char *name, const char *gil, const char *ft)
{
	if (!(gil && *gil) && !(ft && *ft))
		return;
	H(w, "<tr><th scope='row'>");
	html_text(w, name);
	H(w, "</th><td>");
	html_text_cut(w, gil && *gil ? gil : EN_DASH, 600);
	H(w, "</td><td>");
	html_text_cut(w, ft && *ft ? ft : EN_DASH, 600);
	H(w, "</td></tr>\n");
}

static void pair_table(struct html *w, const struct pair *pair)
{
	const struct interpreter *g = &pair->gil, *f = &pair->ft;
	H(w, "<div class='region' role='region' tabindex='0' aria-label='Interpreter pair table'><table class='plain pair-t'><caption>The interpreter pair");
	html_text(w, pair->parity.n ? ", not like for like" : ", like for like");
	H(w, "</caption><thead><tr><th scope='col'>property</th><th scope='col'>gil</th><th scope='col'>ft</th></tr></thead>\n<tbody>");
	pair_row(w, "version", g->version, f->version);
	pair_row(w, "compiler", g->compiler, f->compiler);
	pair_row(w, "flags", g->flags, f->flags);
	pair_row(w, "configured with", g->config_args, f->config_args);
	pair_row(w, "optimisation", g->optimisation, f->optimisation);
	pair_row(w, "wheel tag", g->tag, f->tag);
	pair_row(w, "platform", g->platform, f->platform);
	pair_row(w, "found by", g->provider, f->provider);
	pair_row(w, "executable", g->executable, f->executable);
	pair_row(w, "id", g->id, f->id);
	H(w, "</tbody></table></div>\n");
}

static void conditions(struct page *p)
{
	struct html *w = &p->w;
	const struct survey *s = p->s;
	AUTO_FREE char *parity = strv_join(&s->pair.parity, "; ");
	AUTO_FREE char *missing = strv_join(&s->not_covered, "; ");
	AUTO_FREE char *took = seconds_text(s->seconds);
	AUTO_FREE char *budget = seconds_text(s->budget_seconds);
	AUTO_FREE char *cores = xasprintf("%d", s->cores);
	AUTO_FREE char *cells = xasprintf("%lld; packages that failed for reasons of the machine or the tool: %lld", (long long)s->cells, (long long)s->infra_errors);
	AUTO_FREE char *tool = xasprintf("migrate-check %s", s->tool_version ? s->tool_version : "");
	AUTO_FREE char *exit_code = xasprintf("%d", s->exit_code);
	H(w, "<dl class='facts'>\n");
	fact(w, "command", s->command, true);
	fact(w, "started", s->started, false);
	fact(w, "finished", s->finished ? s->finished : s->interrupted ? "interrupted" : "not finished", false);
	fact(w, "took", took, false);
	fact(w, "effort", effort_word(s->effort), false);
	fact(w, "budget", s->budget_seconds > 0 ? budget : "the effort's own", false);
	fact(w, "seed", s->seed, true);
	fact(w, "cores", s->cores > 0 ? cores : NULL, false);
	fact(w, "runs", cells, false);
	fact(w, "sandbox", s->sandbox ? "on: package code had no network and a private home" : "off: package code ran with the rights of the user", false);
	fact(w, "pair", s->pair.parity.n ? parity : "like for like: nothing differs but the GIL", false);
	fact(w, "not covered", s->not_covered.n ? missing : "nothing was left out that was asked for", false);
	fact(w, "exit code", exit_code, false);
	fact(w, "survey", s->id, true);
	fact(w, "made by", tool, false);
	H(w, "</dl>\n");
}

/* The rule behind each column; the ids are what the heads of the matrix link to. */
static void rules(struct html *w)
{
	H(w, "<h3>What each column says</h3>\n<dl class='rules'>\n"
	     "<div id='c-readiness'><dt>readiness</dt><dd>What the verdict means for the move: one of four words, from a fixed table. Worst first, then by requirements held back.</dd></div>\n"
	     "<div id='c-package'><dt>package</dt><dd>Name and the version that the verdict is about. It leads to the evidence.</dd></div>\n"
	     "<div id='c-verdict'><dt>verdict</dt><dd>The first rule that matches, in the order of the words below, and its most important reason. What fails on the GIL build too is never called a regression.</dd></div>\n"
	     "<div id='c-wanted'><dt>wanted by</dt><dd><q>you</q> for a requirement that you named, else where the path to it starts; and how many of your requirements it holds back.</dd></div>\n"
	     "<div id='c-from'><dt>from</dt><dd>Whether wheels were installed or built from source, and whether they hold extension modules (native) or none (pure). <q>native \xe2\x89\xa0 pure</q>: only one arm got extension modules, so times do not compare like with like.</dd></div>\n"
	     "<div id='c-gil'><dt>GIL</dt><dd>State of the GIL on the free-threaded build after the import, as the interpreter itself says, and the module that turned it on.</dd></div>\n"
	     "<div id='c-suite'><dt>suite</dt><dd>Tests passed on gil | on ft, of the same ids. <q>of N</q>: a sample was run, chosen by the seed, the same ids on both arms. <q>\xe2\x89\xa0</q>: so many ids exist on one arm only.</dd></div>\n"
	     "<div id='c-stress'><dt>stress</dt><dd>The gravest confirmed finding of the stress modes and the seconds to its first event, or how many of the selected tests really ran in several threads at once (the bar), or how many recorded operations were replayed. A dash when no mode ran. Stress runs are not counted in the bound, which is of the serial suite.</dd></div>\n"
	     "<div id='c-time'><dt>time</dt><dd>Time ft/gil over the tests that pass in every run of both arms: Hodges-Lehmann estimate of paired, interleaved runs, with the exact 95% interval of the signed-rank test from 6 pairs on. Grey band: the noise of the same arm run twice, at least 5%. Dashed line: the interpreters alone, the same method on pure-Python workloads. <q>slower</q> and <q>faster</q> lie outside the band, <q>same</q> inside it, <q>inconclusive</q> crosses it.</dd></div>\n"
	     "<div id='c-memory'><dt>memory</dt><dd>Peak resident memory of the test process, ft/gil; the section has that after the import as well. The two builds use different allocators.</dd></div>\n"
	     "<div id='c-import'><dt>import</dt><dd>Time of importing the package, ft/gil, interleaved.</dd></div>\n"
	     "<div id='c-threads'><dt>threads</dt><dd>Throughput of N threads over that of one, on ft and on gil, of recorded operations with an object for each thread where there are any, else of tests. <q>contended</q>: more threads get no more done though there is no GIL. A dash when that was not measured.</dd></div>\n"
	     "<div id='c-size'><dt>wheel | installed</dt><dd>Size of the wheel file and of what it unpacks to, on ft.</dd></div>\n"
	     "<div id='c-change'><dt>change</dt><dd>Against the earlier survey: <q>new</q> and <q>still</q> stop you, <q>fixed</q> did.</dd></div>\n"
	     "</dl>\n<h3>How regressions are confirmed</h3>\n"
	     "<p>Both arms run the same tests. What passes on gil and fails on ft is run again equally often on both; one-sided Fisher exact test, Benjamini-Hochberg at 0.05 over the nominees of a package. A re-run never turns a failure into a pass. "
	     "With 0 failures in n runs the true rate is below 1 \xe2\x88\x92 0.05<sup>1/n</sup> at 95%.</p>\n"
	     "<h3>Whose fault a stress finding is</h3>\n"
	     "<p>Events of all runs are put together by what was played and by their innermost frames. What the GIL build shows too is <q>racy with the GIL</q>. What also happens one at a time, under one lock, is no race. "
	     "A failing test is the suite's own unless the package's code is where it shows. The innermost extension module names the library or the dependency. "
	     "An error of memory is reported after one event; anything else only when a fresh process shows it again and the controls do not.</p>\n");
}

void html_method(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<section id='method' aria-labelledby='method-h'>\n<h2 id='method-h'>Method and conditions</h2>\n");
	conditions(p);
	pair_table(w, &p->s->pair);
	rules(w);
	H(w, "</section>\n");
}

/* Every word that `migrate-check explain` knows, but for errors: no page shows one. */
void html_words(struct page *p)
{
	struct html *w = &p->w;
	struct explanation e;
	const char *group = NULL;
	H(w, "<section id='words' aria-labelledby='words-h'>\n<h2 id='words-h'>Words</h2>\n");
	for (size_t i = 0; explanation_get(i, &e); i++) {
		if (str_eq(e.group, "error"))
			continue;
		if (!str_eq(group, e.group)) {
			if (group)
				H(w, "</dl>\n");
			H(w, "<h3>");
			html_text(w, e.group);
			H(w, "</h3>\n<dl class='rules'>\n");
		}
		group = e.group;
		H(w, "<div><dt>");
		html_text(w, e.word);
		H(w, "</dt><dd>");
		html_text(w, e.text);
		H(w, "</dd></div>\n");
	}
	if (group)
		H(w, "</dl>\n");
	H(w, "</section>\n");
}
