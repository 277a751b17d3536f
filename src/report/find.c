/* find.c: which finding of a survey a word names; see report.h. */
#include "report/report.h"
#include "report/style.h"

#include <string.h>

#define MOST_LISTED 12

struct search {
	const struct survey *s;
	const struct package_result *only; /* PACKAGE of "PACKAGE:ID"; NULL: any */
	const char *id;
	struct strv hits, all;             /* "multidict:m1" */
	const struct finding *f;
	const struct package_result *p;
};

static void look(struct search *q)
{
	for (size_t i = 0; i < q->s->n_packages; i++) {
		const struct package_result *p = &q->s->packages[i];
		for (size_t k = 0; k < p->n_findings && (!q->only || p == q->only); k++) {
			const char *id = p->findings[k].id ? p->findings[k].id : "";
			AUTO_FREE char *name = style_line(p->name);
			AUTO_FREE char *word = style_line(id);
			strv_addf(&q->all, "%s:%s", name, word);
			if (strcmp(id, q->id) != 0)
				continue;
			strv_addf(&q->hits, "%s:%s", name, word);
			q->f = &p->findings[k];
			q->p = p;
		}
	}
}

static char *listed(const struct strv *names)
{
	AUTO_BUF b = { 0 };
	for (size_t i = 0; i < names->n && i < MOST_LISTED; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > MOST_LISTED)
		buf_addf(&b, " and %zu more", names->n - MOST_LISTED);
	return buf_steal(&b);
}

static void complain(const struct search *q, const char *word, struct error *err)
{
	const struct strv *names = q->hits.n ? &q->hits : &q->all;
	AUTO_FREE char *list = listed(names);
	AUTO_FREE char *safe = style_line(word);
	if (q->hits.n)
		error_set(err, ERR_NO_FINDING, "'%s' names %zu findings of this survey", safe, q->hits.n);
	else
		error_set(err, ERR_NO_FINDING, "no finding '%s' in survey %s", safe, q->s->id ? q->s->id : "");
	if (q->hits.n)
		error_hint(err, "name one of them: %s", list);
	else if (names->n)
		error_hint(err, "it has %s; for one test of a package: `migrate-check reproduce TARGET --test ID`", list);
	else
		error_hint(err, "it has no findings; for one test of a package: `migrate-check reproduce TARGET --test ID`");
}

const struct finding *report_find_finding(const struct survey *s, const char *word, const struct package_result **package, struct error *err)
{
	const char *colon = strrchr(word, ':');
	AUTO_FREE char *name = colon ? xstrndup(word, (size_t)(colon - word)) : NULL;
	struct search q = { .s = s, .id = colon ? colon + 1 : word, .only = name ? report_find_package(s, name) : NULL };
	if (name && !q.only) {
		AUTO_FREE char *safe = style_line(name);
		error_set(err, ERR_NO_FINDING, "survey %s has no package '%s'", s->id ? s->id : "", safe);
		error_hint(err, "`migrate-check report` lists its packages; `--survey ID` names an earlier survey");
		*package = NULL;
		return NULL;
	}
	look(&q);
	if (q.hits.n != 1)
		complain(&q, word, err);
	const struct finding *f = q.hits.n == 1 ? q.f : NULL;
	*package = f ? q.p : NULL;
	strv_release(&q.hits);
	strv_release(&q.all);
	return f;
}
