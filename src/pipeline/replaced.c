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
	strv_addf(r->lines, "%s: replaced by %s one, %s instead of %s, %s", used->name,
	          version_compare(used->version, wanted) > 0 ? "another" : "an older", used->version, wanted, why);
	strv_addf(&r->short_forms, "%s %s", used->name, used->version);
}

/* The version that `name` is pinned to in the suite's own requirements, or NULL. */
static char *pinned_version(const struct strv *wanted, const char *name)
{
	for (size_t i = 0; i < wanted->n; i++) {
		AUTO_REQUIREMENT q = { 0 };
		if (requirement_parse(wanted->v[i], &q, NULL) < 0 || !str_eq(q.name, name) || !str_starts(q.specifier, "=="))
			continue;
		const char *version = q.specifier + strspn(q.specifier, "=");
		return xstrndup(version, strcspn(version, ","));
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
	AUTO_FREE char *pin = pinned_version(&j->wanted, used->name);
	if (pin && !str_ends(pin, "*")) {
		if (version_compare(pin, used->version) != 0)
			say(r, used, pin, "which cannot be had here together with the rest");
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
		strv_addf(&out->reasons, "test dependencies replaced by older ones: %s%s", shown, rest);
		strv_add_unique(&out->flags, "older-dependencies");
	}
	strv_release(&r.short_forms);
}
