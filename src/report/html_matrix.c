/*
 * html_matrix.c: one row per package. Columns and their heads are one table
 * here; a column belongs to sets (verdict, cost, evidence) that the style
 * shows and hides, and has a numeric or textual key that the script sorts by.
 */
#include "report/cells.h"
#include "report/html_page.h"

#include <stdlib.h>
#include <string.h>

/* What a cell function knows. */
struct cell {
	struct page *p;
	const struct row *row;
	const struct package_result *r;
};

static void none(struct html *w)
{
	H(w, "><span class='none'>");
	html_text(w, EN_DASH);
	H(w, "</span>");
}

/* Each cell function writes its attributes, ">" and the content. */

static void write_readiness(struct html *w, const struct cell *c)
{
	html_attrf(w, "data-v", "%d", (int)c->r->readiness * 1000000 + (int)(999999 - (c->r->holds < 999999 && c->r->holds > 0 ? c->r->holds : 0)));
	H(w, ">");
	html_ready(w, c->r->readiness);
}

static void write_verdict(struct html *w, const struct cell *c)
{
	html_attrf(w, "data-v", "%d", (int)c->r->verdict);
	H(w, "><b>");
	html_text(w, outcome_word(c->r->verdict));
	H(w, "</b>");
	if (c->r->reasons.n) {
		const char *word = outcome_word(c->r->verdict), *why = c->r->reasons.v[0];
		size_t n = strlen(word); /* "crash: where" behind "crash" says it twice */
		if (strncmp(why, word, n) == 0 && why[n] == ':')
			why += n + 1;
		H(w, " <span class='why'>");
		html_text_cut(w, why, 160);
		H(w, "</span>");
	}
}

static void write_wanted(struct html *w, const struct cell *c)
{
	html_attrf(w, "data-v", "%lld", -(long long)(c->r->holds > 0 ? c->r->holds : 0));
	if (!c->r->requested && !c->r->path.n && c->r->holds <= 0) {
		none(w);
		return;
	}
	H(w, ">");
	if (c->r->requested) {
		H(w, "you");
	} else if (c->r->path.n) {
		html_text_cut(w, c->r->path.v[0], 100);
	}
	if (c->r->holds > 0) {
		H(w, " <span class='holds'>");
		html_textf(w, "%lld of %lld", (long long)c->r->holds, (long long)c->r->of);
		H(w, "</span>");
	}
}

static void write_from(struct html *w, const struct cell *c)
{
	const struct artifact_facts *gil = &c->r->artifact[ARM_GIL], *ft = &c->r->artifact[ARM_FT];
	bool native = gil->known && ft->known && gil->native != ft->native;
	bool kind = gil->known && ft->known && !str_eq(gil->kind, ft->kind);
	html_attrf(w, "data-v", "%d", native ? 0 : kind ? 1 : c->r->from ? 2 : 3);
	if (!c->r->from && !native) {
		none(w);
		return;
	}
	H(w, ">");
	html_text_cut(w, c->r->from, 60);
	const char *nature = cell_nature(c->r);
	if (nature && !native)
		html_textf(w, ", %s", nature);
	if (native) {
		H(w, " <span class='flag'>");
		html_text(w, gil->native ? "native \xe2\x89\xa0 pure" : "pure \xe2\x89\xa0 native");
		H(w, "</span>");
	}
}

static void write_gil(struct html *w, const struct cell *c)
{
	html_attrf(w, "data-v", "%d", c->r->gil_state == 1 ? 0 : c->r->gil_state == 0 ? 1 : 2);
	if (c->r->gil_state != 0 && c->r->gil_state != 1) {
		none(w);
		return;
	}
	H(w, ">");
	html_text(w, c->r->gil_state ? "on" : "off");
	if (c->r->gil_state && c->r->gil_module) {
		H(w, ": <code>");
		html_text_cut(w, c->r->gil_module, 100);
		H(w, "</code>");
	}
}

/* "758 | 758 of 50,258": the bar stands in the same place in every row. */
static void suite_counts(struct html *w, const struct package_result *r)
{
	AUTO_FREE char *text = cell_suite(r);
	char *bar = strstr(text, " | "), *of = bar ? strstr(bar, " of ") : NULL;
	if (!bar) {
		html_text(w, text);
		return;
	}
	*bar = '\0';
	if (of)
		*of = '\0';
	H(w, "<span class='pair'><span class='n'>");
	html_text(w, str_eq(text, "-") ? EN_DASH : text);
	H(w, "</span><span class='bar-s'> | </span><span class='n'>");
	html_text(w, bar + 3);
	H(w, "</span></span>");
	if (of) {
		H(w, " <span class='of'>of ");
		html_text(w, of + 4);
		H(w, "</span>");
	}
}

static void write_suite(struct html *w, const struct cell *c)
{
	const struct arm_tests *gil = &c->r->tests[ARM_GIL], *ft = &c->r->tests[ARM_FT];
	size_t differ = c->r->only_gil.n + c->r->only_ft.n;
	html_attrf(w, "data-v", "%.0f", gil->known && ft->known ? (double)ft->passed - (double)gil->passed : 1e9);
	H(w, ">");
	suite_counts(w, c->r);
	if (differ) {
		H(w, " <span class='flag'>");
		html_textf(w, "\xe2\x89\xa0 %zu", differ);
		H(w, "<span class='vh'> test ids differ</span></span>");
	}
}

/* Share of the tests that ran in parallel; the numbers stand in the cell or in the section. */
static void parallel_bar(struct html *w, int64_t part, int64_t whole)
{
	int filled = part <= 0 ? 0 : part >= whole ? 40 : (int)((double)part / (double)whole * 40);
	H(w, " <svg width='40' height='8' aria-hidden='true'><rect class='fill' x='0' y='7' width='40' height='1'/>"
	     "<rect class='fill' x='0' y='0' height='8'");
	html_attrf(w, "width", "%d", filled);
	H(w, "/></svg>");
}

static void write_stress(struct html *w, const struct cell *c)
{
	AUTO_FREE char *state = cell_stress(c->r);
	if (str_eq(state, "-")) {
		H(w, " data-v=''");
		none(w);
		return;
	}
	html_attr(w, "data-v", state);
	H(w, ">");
	html_text_cut(w, state, 60);
	const struct stress_summary *tests = package_stress_tests(c->r);
	if (tests)
		parallel_bar(w, tests->parallel, tests->of);
}

static void ratio_key(struct html *w, const struct ratio *r)
{
	if (ratio_usable(r))
		html_attrf(w, "data-v", "%.4g", r->ratio);
	else
		H(w, " data-v=''");
}

static void ratio_words(struct html *w, const struct ratio *r, const char *word)
{
	AUTO_FREE char *text = cell_times(r->ratio);
	H(w, "<span class='n'>");
	html_text(w, text);
	H(w, "</span> ");
	if (ratio_has_interval(r)) {
		AUTO_FREE char *interval = cell_interval(r);
		H(w, "<span class='ci'>");
		html_text(w, interval);
		H(w, "</span> ");
	}
	/* a result that crosses the band is never coloured */
	if (r->verdict == PERF_SLOWER)
		H(w, "<span class='slower'>");
	else if (r->verdict == PERF_FASTER)
		H(w, "<span class='faster'>");
	else
		H(w, "<span>");
	html_text(w, word);
	H(w, "</span>");
}

static void write_time(struct html *w, const struct cell *c)
{
	ratio_key(w, &c->r->time);
	if (!ratio_usable(&c->r->time)) {
		none(w);
		return;
	}
	H(w, ">");
	html_interval_cell(w, &c->r->time, &c->r->baseline);
	H(w, "<span class='ratio'>");
	ratio_words(w, &c->r->time, perf_verdict_word(c->r->time.verdict));
	H(w, "</span>");
}

static void ratio_cell(struct html *w, const struct ratio *r, const char *word)
{
	ratio_key(w, r);
	if (!ratio_usable(r)) {
		none(w);
		return;
	}
	H(w, ">");
	ratio_words(w, r, word);
}

static void write_memory(struct html *w, const struct cell *c)
{
	ratio_cell(w, &c->r->memory, memory_word(c->r->memory.verdict));
}

static void write_import(struct html *w, const struct cell *c)
{
	ratio_cell(w, &c->r->import_time, perf_verdict_word(c->r->import_time.verdict));
}

static void write_size(struct html *w, const struct cell *c)
{
	const struct artifact_facts *a = c->r->artifact[ARM_FT].known ? &c->r->artifact[ARM_FT] : &c->r->artifact[ARM_GIL];
	if (a->installed_bytes <= 0 && a->wheel_bytes <= 0) {
		H(w, " data-v=''");
		none(w);
		return;
	}
	html_attrf(w, "data-v", "%lld", (long long)(a->installed_bytes > 0 ? a->installed_bytes : a->wheel_bytes));
	H(w, ">");
	AUTO_FREE char *text = cell_size(c->r);
	html_text(w, text);
}

/* Speed-up at the most threads of the curve that stands for the package, both arms. */
static void write_threads(struct html *w, const struct cell *c)
{
	const struct scaling_curve *ft = scaling_headline(&c->r->scaling, ARM_FT), *gil = scaling_headline(&c->r->scaling, ARM_GIL);
	const struct scaling_point *f = ft ? &ft->points[ft->n_points - 1] : NULL;
	const struct scaling_point *g = f ? scaling_at(gil, f->threads) : NULL;
	const struct ratio r = { .known = f != NULL, .ratio = f ? f->speedup : 0 };
	ratio_key(w, &r);
	if (!ratio_usable(&r)) {
		none(w);
		return;
	}
	AUTO_FREE char *times = cell_times(f->speedup);
	H(w, "><span class='n'>");
	html_text(w, times);
	H(w, "</span> ");
	html_textf(w, "at %d", f->threads);
	if (g && speedup_usable(g->speedup)) {
		AUTO_FREE char *other = cell_times(g->speedup);
		H(w, " <span class='ci'>gil ");
		html_text(w, other);
		H(w, "</span>");
	}
	if (ft->verdict == SCALING_CONTENDED || c->r->scaling.contends)
		H(w, " <span class='flag'>contended</span>");
}

static void write_change(struct html *w, const struct cell *c)
{
	static const int order[] = { [CHANGE_NONE] = 6, [CHANGE_NEW] = 0, [CHANGE_STILL] = 1, [CHANGE_WORSE] = 2,
		                         [CHANGE_FIXED] = 3, [CHANGE_BETTER] = 4, [CHANGE_ADDED] = 5 };
	html_attrf(w, "data-v", "%d", order[c->row->change]);
	if (c->row->change == CHANGE_NONE) {
		none(w);
		return;
	}
	H(w, ">");
	html_text(w, change_word(c->row->change));
}

/* Every column but the package's name: its key in the hash, its sets, and whether text or numbers are sorted. */
static const struct column {
	const char *key, *head, *sets, *kind;
	void (*write)(struct html *w, const struct cell *c);
} columns[] = {
	{ "readiness", "readiness", "", "n", write_readiness },
	{ "package", "package", "", "t", NULL },
	{ "verdict", "verdict", "cv", "n", write_verdict },
	{ "wanted", "wanted by", "cv", "n", write_wanted },
	{ "from", "from", "ce", "n", write_from },
	{ "gil", "GIL", "ce", "n", write_gil },
	{ "suite", "suite gil | ft", "cv ce", "n", write_suite },
	{ "stress", "stress", "ce", "t", write_stress },
	{ "time", "time ft/gil", "cv cc", "n", write_time },
	{ "memory", "memory", "cc", "n", write_memory },
	{ "import", "import", "cc", "n", write_import },
	{ "threads", "threads", "cc", "n", write_threads },
	{ "size", "wheel | installed", "cc", "n", write_size },
	{ "change", "change", "cv", "n", write_change },
};

/* What is the same in every row, the interpreters alone, is said once. */
static void time_axis(struct page *p)
{
	struct html *w = &p->w;
	const struct ratio *alone = survey_baseline(p->s);
	html_interval_axis(w, alone);
	if (!alone)
		return;
	AUTO_FREE char *times = cell_times(alone->ratio);
	H(w, "<span class='alone'>");
	html_textf(w, "interpreter %s", times);
	H(w, "</span>");
}

static void head(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<thead><tr>");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct column *c = &columns[i];
		H(w, "<th scope='col'");
		html_attrf(w, "class", "k-%s %s", c->key, c->sets);
		html_attr(w, "data-key", c->key);
		html_attr(w, "data-kind", c->kind);
		H(w, "><span class='h'><button type='button' class='sort'>");
		html_text(w, c->head);
		H(w, "</button><a class='about'");
		html_attrf(w, "href", "#c-%s", c->key);
		H(w, "><span aria-hidden='true'>?</span><span class='vh'>about the column ");
		html_text(w, c->head);
		H(w, "</span></a></span>");
		if (c->write == write_time)
			time_axis(p);
		H(w, "</th>");
	}
	H(w, "</tr></thead>\n");
}

static void row_faults(struct html *w, const struct package_result *r)
{
	bool seen[FAULT_COUNT + 1] = { false };
	AUTO_STRV faults = { 0 };
	for (size_t i = 0; i < r->n_findings; i++) {
		enum fault f = r->findings[i].fault < FAULT_COUNT ? r->findings[i].fault : FAULT_COUNT;
		if (!seen[f])
			strv_add(&faults, fault_word(f));
		seen[f] = true;
	}
	AUTO_FREE char *all = strv_join(&faults, " ");
	if (*all)
		html_attr(w, "data-f", all);
}

static void package_head(struct page *p, const struct cell *c)
{
	struct html *w = &p->w;
	H(w, "<th scope='row' class='k-package'><a");
	html_attrf(w, "href", "#%s", c->row->id);
	H(w, ">");
	html_name(w, c->r);
	if (c->r->version) {
		H(w, " <span class='v'>");
		html_text_cut(w, c->r->version, 60);
		H(w, "</span>");
	}
	H(w, "</a></th>");
}

static void row(struct page *p, const struct row *r)
{
	struct html *w = &p->w;
	struct cell c = { .p = p, .row = r, .r = r->p };
	H(w, "<tr");
	html_attrf(w, "class", "r-%s", readiness_word(r->p->readiness));
	row_faults(w, r->p);
	H(w, ">");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		if (!columns[i].write) {
			package_head(p, &c);
			continue;
		}
		H(w, "<td");
		html_attrf(w, "class", "k-%s%s%s", columns[i].key, columns[i].sets[0] ? " " : "", columns[i].sets);
		columns[i].write(w, &c);
		H(w, "</td>");
	}
	H(w, "</tr>\n");
}

static void controls(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<div class='controls'>\n<fieldset><legend>Readiness</legend>");
	for (int r = 0; r < READY_COUNT; r++) {
		const char *word = readiness_word((enum readiness)r);
		H(w, "<label><input type='checkbox' checked");
		html_attrf(w, "id", "show-%s", word);
		html_attr(w, "value", word);
		H(w, ">");
		html_ready(w, (enum readiness)r);
		html_textf(w, " %zu", survey_count(p->s, (enum readiness)r));
		H(w, "</label>");
	}
	H(w, "</fieldset>\n<fieldset><legend>Columns</legend>"
	     "<label><input type='radio' name='cols' id='cols-verdict' value='verdict' checked>verdict</label>"
	     "<label><input type='radio' name='cols' id='cols-cost' value='cost'>cost</label>"
	     "<label><input type='radio' name='cols' id='cols-evidence' value='evidence'>evidence</label>"
	     "<label><input type='radio' name='cols' id='cols-all' value='all'>all</label></fieldset>\n"
	     "<div class='find scripted' hidden><label for='q'>Filter</label>"
	     "<input type='search' id='q' autocomplete='off' spellcheck='false' placeholder='words, pkg:name, fault:library'></div>\n"
	     "<p role='status' id='status'></p>\n</div>\n");
}

void html_matrix(struct page *p)
{
	struct html *w = &p->w;
	H(w, "<section id='matrix' aria-labelledby='matrix-h'>\n<h2 id='matrix-h'>Matrix</h2>\n");
	if (p->n_rows == 0) {
		H(w, "<p>No package was tested.</p>\n</section>\n");
		return;
	}
	controls(p);
	H(w, "<div class='region wide' role='region' tabindex='0' aria-labelledby='matrix-c'><table id='rows'>"
	     "<caption id='matrix-c'>");
	if (p->listed < p->n_rows)
		html_textf(w, "The first %zu of ", p->listed);
	html_textf(w, "%zu %s, worst first.", p->n_rows, p->n_rows == 1 ? "package" : "packages");
	H(w, "<span class='scripted' hidden> Column heads sort.</span></caption>\n");
	head(p);
	H(w, "<tbody>\n");
	for (size_t i = 0; i < p->listed; i++)
		row(p, &p->rows[i]);
	H(w, "</tbody></table></div>\n</section>\n");
}
