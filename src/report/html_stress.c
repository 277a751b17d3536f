/* html_stress.c: what stress modes found and reached, inside a package's section; see html_page.h. */
#include "report/facts.h"
#include "report/html_page.h"

#include <stdlib.h>

#define NEVER_MAX 40

static void plays(struct html *w, const char *how, int64_t bad, int64_t tries)
{
	if (tries <= 0)
		return;
	H(w, " <span class='arm'>");
	html_textf(w, "ft %s %lld of %lld plays", how, (long long)bad, (long long)tries);
	H(w, "</span>");
}

void html_controls(struct html *w, const struct finding *f)
{
	plays(w, "one at a time", f->locked_events, f->locked_runs);
	plays(w, "one thread", f->serial_events, f->serial_runs);
}

static void fact(struct html *w, const char *name, const char *text, bool code)
{
	if (!text || !text[0])
		return;
	html_term(w, name);
	if (code)
		H(w, "<code>");
	html_text_cut(w, text, 600);
	if (code)
		H(w, "</code>");
	html_end_term(w);
}

void html_stress_facts(struct html *w, const struct finding *f, const char *package)
{
	AUTO_FREE char *oracle = fact_oracle(f);
	AUTO_FREE char *fixed = fact_fixed(f);
	AUTO_FREE char *script = fact_script(f, package);
	fact(w, "found by", oracle, false);
	fact(w, "played", f->key, true);
	fact(w, "suspect", f->note, false);
	fact(w, f->fixed_in && f->fixed_tested ? "fixed in" : "newer", fixed, false);
	fact(w, "reproducer", script, f->script != NULL);
}

void html_text_block(struct html *w, const char *term, const char *title, const struct finding *f, const char *text, size_t lines)
{
	if (!text || !text[0])
		return;
	html_term(w, term);
	H(w, "<details><summary>");
	html_textf(w, "%s of ", title);
	html_text_cut(w, f->id ? f->id : "the finding", 40);
	H(w, "</summary><pre tabindex='0' role='region'");
	html_attrf(w, "aria-label", "%s of %s", title, f->id ? f->id : "the finding");
	H(w, ">");
	html_block(w, text, lines, lines > 40 ? 16384 : 4096, false);
	H(w, "</pre></details>");
	html_end_term(w);
}

static void share(struct html *w, int64_t part, int64_t whole)
{
	H(w, "<td class='num'>");
	if (whole > 0) {
		AUTO_FREE char *p = count_text(part), *of = count_text(whole);
		html_textf(w, "%s of %s", p, of);
	} else {
		html_text(w, EN_DASH);
	}
	H(w, "</td>");
}

static void reasons(struct html *w, const struct strv *list)
{
	for (size_t i = 0; i < list->n && i < 12; i++) {
		html_text(w, i ? "; " : "");
		html_text_cut(w, list->v[i], 100);
	}
}

static void mode_row(struct html *w, const struct stress_summary *s)
{
	H(w, "<tr><th scope='row'>");
	html_text_cut(w, s->mode, 60);
	H(w, "</th><td class='num'>");
	html_textf(w, "%lld", (long long)s->runs);
	H(w, "</td><td class='num'>");
	AUTO_FREE char *seconds = seconds_text(s->seconds);
	html_text(w, seconds);
	H(w, "</td><td class='num'>");
	html_textf(w, "%lld", (long long)s->threads);
	H(w, "</td><td class='num'>");
	if (s->overlap > 0 && s->overlap < 10000)
		html_textf(w, "%.1f", s->overlap);
	else
		html_text(w, EN_DASH);
	H(w, "</td>");
	share(w, s->parallel, s->of);
	share(w, s->ops_played, s->ops);
	share(w, s->types_played, s->types);
	H(w, "<td>");
	reasons(w, &s->serialised);
	if (s->serialised.n && s->never_why.n)
		H(w, "; ");
	reasons(w, &s->never_why);
	H(w, "</td></tr>\n");
}

static void never(struct html *w, const struct package_result *r)
{
	AUTO_FREE char *names = fact_never(r, NEVER_MAX);
	if (!names)
		return;
	H(w, "<details><summary>Operations of ");
	html_text_cut(w, r->name, 100);
	H(w, " that were never replayed</summary><p>");
	html_text_cut(w, names, 4000);
	H(w, "</p></details>\n");
}

void html_coverage(struct page *p, const struct package_result *r)
{
	struct html *w = &p->w;
	if (!r->n_stress)
		return;
	H(w, "<div class='region' role='region' tabindex='0'");
	html_attrf(w, "aria-label", "What stress reached of %.100s", r->name ? r->name : "");
	H(w, "><table class='plain'><caption>What stress reached: a result without findings is worth no more than this</caption>"
	     "<thead><tr><th scope='col'>mode</th><th scope='col'>runs</th><th scope='col'>time</th><th scope='col'>threads</th>"
	     "<th scope='col'>ran at once</th><th scope='col'>tests in parallel</th><th scope='col'>operations</th><th scope='col'>types</th>"
	     "<th scope='col'>why not the others</th></tr></thead>\n<tbody>");
	for (size_t i = 0; i < r->n_stress && i < 12; i++)
		mode_row(w, &r->stress[i]);
	H(w, "</tbody></table></div>\n");
	never(w, r);
}
