/* html_page.h: what the parts of the HTML report share; used by html*.c only. */
#ifndef MC_HTML_PAGE_H
#define MC_HTML_PAGE_H

#include "report/cells.h"
#include "report/html.h"
#include "report/html_escape.h"

/* How much detail is written; each step leaves out more. */
enum detail {
	DETAIL_FULL,
	DETAIL_NO_TABLES,   /* charts, but no table of single tests or of numbers of threads */
	DETAIL_NO_CHARTS,   /* what the charts show is said in words only */
	DETAIL_SHORT_TAILS, /* log tails of 8 lines */
	DETAIL_NO_TAILS,
	DETAIL_NO_STACKS,
	DETAIL_BRIEF,       /* package sections hold reason and command only */
};

/* How a package compares with the earlier survey. */
enum change {
	CHANGE_NONE,    /* equal, or there is nothing to compare with */
	CHANGE_NEW,     /* stops the team now and did not before */
	CHANGE_STILL,   /* stopped the team before and does now */
	CHANGE_FIXED,   /* stopped the team before and does not now */
	CHANGE_WORSE,   /* a worse readiness, short of no-go */
	CHANGE_BETTER,  /* a better readiness, from less than no-go */
	CHANGE_ADDED,   /* was not in the earlier survey */
};

/* One package of the page, in the page's order. */
struct row {
	const struct package_result *p;
	const struct package_result *before; /* in the earlier survey, or NULL */
	const struct package_result *root;   /* what stops it: itself, its blocker, or NULL */
	const char *root_name;               /* the same as a name; set for every no-go package */
	enum change change;
	char id[HTML_ID];                    /* of its section, "p-..." */
};

/* A package that stops others (or only itself), and what it holds back. */
struct blocker {
	const char *name;
	const struct package_result *p; /* its own row, or NULL when it was not surveyed itself */
	const struct package_result *example; /* the first package that it stops: has the path */
	size_t stops;                   /* packages, itself included when it was surveyed */
	int64_t holds, of;              /* requirements of the team */
};

struct page {
	struct html w;
	const struct survey *s;
	const struct html_options *options;
	struct row *rows;
	size_t n_rows;          /* all packages */
	size_t listed;          /* of these, how many have a row and a section */
	struct blocker *blockers;
	size_t n_blockers;
	size_t n_gone;          /* packages of the earlier survey that are not in this one */
	enum detail detail;
};

/* Facts that several parts state (html_facts.c); computed once. */
void page_init(struct page *p, const struct survey *s, const struct html_options *options);
void page_release(struct page *p); /* frees text, rows and blockers; survey and options are the caller's */
/* NULL when the page does not list it; owned by p. */
const struct row *page_row(const struct page *p, const struct package_result *package);
size_t page_count_change(const struct page *p, enum change c); /* rows that are not listed count too */
const char *change_word(enum change c);                        /* for the matrix; static, a dash for CHANGE_NONE */
/* At most `max` "what to do first" lines, most useful first. */
void page_first_steps(const struct page *p, size_t max, struct strv *out);

/* Numbers for people; the caller owns the result. */
char *seconds_text(double seconds) MC_NODISCARD;    /* cell_seconds() of what may be any number */
char *percent_text(double share) MC_NODISCARD;      /* cell_percent() of the same */
char *count_text(int64_t n) MC_NODISCARD;           /* "1,640" */
char *date_text(const char *utc) MC_NODISCARD;      /* "22 Nov 2026"; the text itself when it is none */

/* The parts, in the page's order. */
void html_summary(struct page *p);
void html_plan(struct page *p);    /* packages in four groups, what holds others back, and an order of moving */
void html_changes(struct page *p); /* only with an earlier survey */
void html_matrix(struct page *p);  /* the table of the listed rows, with the controls that the script uses */
void html_findings(struct page *p); /* of all packages, those of one signature as one row */
void html_packages(struct page *p); /* one section per listed row */
void html_method(struct page *p);   /* conditions of the run, the pair of interpreters, the rules of judging */
void html_words(struct page *p);

/* Parts of a package's section (html_package.c, html_stress.c, html_cost.c, html_scaling.c). */
void html_term(struct html *w, const char *name);   /* opens an entry of a list of facts; closed by html_end_term() */
void html_end_term(struct html *w);                 /* once for each html_term(), behind what it says */
void html_controls(struct html *w, const struct finding *f); /* the control arms of a stress finding */
/* Entries of a stress finding: what told it, its unit, doubts, fix, reproducer. What is not known has none. */
void html_stress_facts(struct html *w, const struct finding *f, const char *package);
/* Foreign text of several lines as an entry that opens on demand; nothing when there is none. */
void html_text_block(struct html *w, const char *term, const char *title, const struct finding *f, const char *text, size_t lines);
void html_costs(struct page *p, const struct row *row);   /* plot, list and tests; nothing where nothing was measured */
void html_scaling(struct page *p, const struct row *row); /* charts and table of throughput over threads; the same */
void html_coverage(struct page *p, const struct package_result *r); /* table of what stress reached */

/* Pieces. */
#define EN_DASH "\xe2\x80\x93"
void html_glyph(struct html *w, enum readiness r);  /* the shape alone; its word must follow */
void html_ready(struct html *w, enum readiness r);  /* shape and word */
void html_name(struct html *w, const struct package_result *package); /* "(no name)" when nothing of it can be shown */
/* Its name, and its version if asked; a link only when the page has a section for it. */
void html_package_link(struct page *p, const struct package_result *package, bool version);
/* The anchor of a finding on the page, "f-..."; f must be one of row->p->findings. */
void html_finding_id(char out[HTML_ID], const struct row *row, const struct finding *f);
void html_sprite(struct html *w);                   /* the shapes that html_glyph() uses */
extern const enum readiness html_bar_order[READY_COUNT]; /* best first */
void html_bar(struct page *p);                      /* share of each readiness */
/* Drawing of a ratio with its interval over the band of noise, marked with the
 * interpreter's own ratio if that is usable. */
void html_interval_cell(struct html *w, const struct ratio *r, const struct ratio *baseline);
/* The scale of the cells, for the head, with the mark of the interpreter where that is known (baseline may be NULL). */
void html_interval_axis(struct html *w, const struct ratio *baseline);
const char *html_point_class(enum perf_verdict v);  /* of the mark of an estimate: coloured only where it says something */

#endif
