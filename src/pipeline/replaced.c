/* replaced.c: which test dependencies are not the release that was meant; see testenv.h. */
#include "fetch/index.h"
#include "inputs/requirement.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 3 };

struct replaced {
	struct strv *lines; /* one for each, for the list of what was left out */
	struct strv short_forms; /* "hypothesis 6.155.7" */
};

static void say(struct replaced *r, const struct locked *used, const char *wanted, const char *why)
{
	bool older = version_valid(wanted) && version_compare(used->version, wanted) < 0;
	strv_addf(r->lines, "%s: replaced by %s one, %s instead of %s, %s", used->name, older ? "an older" : "another", used->version, wanted, why);
	strv_addf(&r->short_forms, "%s %s", used->name, used->version);
}

/* What the project's own requirements say of it and `version` does not meet: "<7", or the
 * version alone of an exact pin. NULL when they are met; owned by the caller. */
static char *unmet(const struct strv *wanted, const char *name, const char *version)
{
	for (size_t i = 0; i < wanted->n; i++) {
		AUTO_REQUIREMENT q = { 0 };
		if (requirement_parse(wanted->v[i], &q, NULL) < 0 || !str_eq(q.name, name) || q.marker || version_satisfies(version, q.specifier))
			continue;
		const char *pin = q.specifier + strspn(q.specifier, "=");
		return xstrdup(version_valid(pin) ? pin : q.specifier);
	}
	return NULL;
}

/* What else the suite's own requirements ask of it: "<9"; owned by the caller. */
static char *specifier_of(const struct strv *requires, const char *name)
{
	for (size_t i = 0; i < requires->n; i++) {
		AUTO_REQUIREMENT q = { 0 };
		if (requirement_parse(requires->v[i], &q, NULL) == 0 && str_eq(q.name, name))
			return STEAL(&q.specifier);
	}
	return NULL;
}

static void look_at(const struct package_job *j, const struct locked *used, struct replaced *r)
{
	const struct session *s = j->session;
	const struct interpreter *ft = j->arm[ARM_FT].python;
	AUTO_FREE char *other = unmet(&j->wanted, used->name, used->version);
	if (other) {
		say(r, used, other, "which cannot be had here together with the rest");
		return;
	}
	AUTO_INDEX_PROJECT p = { 0 };
	AUTO_ERROR ignored = { 0 };
	if (index_project_get(&s->tools.index, used->name, &s->tools.fetch, &p, &ignored) < 0)
		return;
	AUTO_FREE char *specifier = specifier_of(&j->test_requires, used->name);
	AUTO_FREE char *newer = index_passed_over(&p, used->version, specifier, ft->tag, ft->platform, ft->version);
	if (!newer)
		return;
	AUTO_FREE char *why = xasprintf("which has no wheel for %s", ft->tag);
	say(r, used, newer, why);
}

void testenv_replaced(struct package_job *j, struct package_result *out)
{
	const struct arm_state *ft = &j->arm[ARM_FT];
	struct replaced r = { .lines = &out->left_out };
	AUTO_STRV names = { 0 };
	AUTO_STRV hashes = { 0 };
	AUTO_ERROR ignored = { 0 };
	for (size_t i = 0; i < ft->whole.n; i++)
		if (ft->whole.v[i].version && !lock_find(&ft->runtime, ft->whole.v[i].name))
			strv_add(&names, ft->whole.v[i].name);
	if (names.n == 0) /* all pages at once; from now on they are fresh */
		return;
	index_page_hashes(&j->session->tools.index, &names, &j->session->tools.fetch, &hashes, &ignored);
	for (size_t i = 0; i < names.n; i++)
		look_at(j, lock_find(&ft->whole, names.v[i]), &r);
	if (r.short_forms.n) {
		size_t more = r.short_forms.n > MOST_NAMED ? r.short_forms.n - MOST_NAMED : 0;
		while (r.short_forms.n > MOST_NAMED)
			free(r.short_forms.v[--r.short_forms.n]);
		AUTO_FREE char *shown = strv_join(&r.short_forms, ", ");
		AUTO_FREE char *rest = more ? xasprintf(" and %zu more", more) : xstrdup("");
		strv_addf(&out->reasons, "test dependencies replaced: %s%s", shown, rest);
		strv_add_unique(&out->flags, "older-dependencies");
	}
	strv_release(&r.short_forms);
}
