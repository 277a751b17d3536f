/* index_query.c: questions about the files of one project; see index.h. */
#include "fetch/index.h"

#include <stdlib.h>
#include <string.h>

bool wheel_tag_fits(const struct index_file *f, const char *tag, const char *platform)
{
	return f->wheel && tags_fit(f->py_tag, f->abi_tag, f->platform_tag, tag, platform) != FIT_NO;
}

static int newest_first(const void *a, const void *b)
{
	int c = version_compare(*(char *const *)b, *(char *const *)a);
	return c ? c : strcmp(*(char *const *)a, *(char *const *)b);
}

void index_versions_desc(const struct index_project *p, struct strv *out)
{
	AUTO_STRV all = { 0 };
	for (size_t i = 0; i < p->n; i++)
		if (!p->files[i].yanked)
			strv_add(&all, p->files[i].version);
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), newest_first);
	for (size_t i = 0; i < all.n; i++) /* sorted, so equal ones ("1.0" and "1.0.0") are neighbours */
		if (i == 0 || version_compare(all.v[i], all.v[i - 1]) != 0)
			strv_add(out, all.v[i]);
}

bool index_version_yanked(const struct index_project *p, const char *version)
{
	bool any = false;
	for (size_t i = 0; i < p->n; i++) {
		if (version_compare(p->files[i].version, version) != 0)
			continue;
		if (!p->files[i].yanked)
			return false;
		any = true;
	}
	return any;
}

/* The version at one end of the order that has a native wheel: sign 1 newest, -1 first. */
static char *extreme(const struct index_project *p, const char *tag, const char *platform, const char *below, const char *python, int sign)
{
	const char *best = NULL;
	for (size_t i = 0; i < p->n; i++) {
		const struct index_file *f = &p->files[i];
		if (!f->wheel || f->yanked || !version_valid(f->version) || version_is_prerelease(f->version) ||
		    (best && version_compare(f->version, best) * sign <= 0) || (below && version_compare(f->version, below) >= 0))
			continue;
		if (tags_fit(f->py_tag, f->abi_tag, f->platform_tag, tag, platform) == FIT_NATIVE &&
		    (!python || version_satisfies(python, f->requires_python)))
			best = f->version;
	}
	return xstrdup(best);
}

char *index_newest_with_wheel(const struct index_project *p, const char *tag, const char *platform, const char *below, const char *python)
{
	return extreme(p, tag, platform, below, python, 1);
}

char *index_first_with_wheel(const struct index_project *p, const char *tag, const char *platform, const char *python)
{
	return extreme(p, tag, platform, NULL, python, -1);
}

char *index_passed_over(const struct index_project *p, const char *used, const char *specifier, const char *tag,
                        const char *platform, const char *python)
{
	const char *newest = NULL;
	for (size_t i = 0; i < p->n; i++) {
		const struct index_file *f = &p->files[i];
		if (f->yanked || !version_valid(f->version) || version_is_prerelease(f->version) || version_compare(f->version, used) <= 0 ||
		    !version_satisfies(f->version, specifier) || !version_satisfies(python, f->requires_python))
			continue;
		if (wheel_tag_fits(f, tag, platform))
			return NULL; /* something else speaks against it */
		if (!newest || version_compare(f->version, newest) > 0)
			newest = f->version;
	}
	return xstrdup(newest);
}
