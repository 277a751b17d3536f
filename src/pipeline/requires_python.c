/*
 * requires_python.c: does the chosen release allow this interpreter at all? uv reads
 * only the lower bounds of Requires-Python when it chooses; pip, whose choice is what
 * is tested, refuses a release by its upper bounds too.
 */
#include "fetch/index.h"
#include "pipeline/job.h"

#include <stdlib.h>

bool index_allows(const struct index_project *p, const char *version, const char *python)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct index_file *f = &p->files[i];
		if (!f->yanked && version_compare(f->version, version) == 0 && requires_python_allows(f->requires_python, python))
			return true;
	}
	return false;
}

static char *words(const char *requires, const char *python)
{
	return xasprintf("its metadata allows Python %s, and this is %s", requires, python);
}

char *refusal_on_index(const struct package_job *j)
{
	const struct session *s = j->session;
	const struct arm_state *ft = &j->arm[ARM_FT];
	const struct locked *l = lock_find(&ft->runtime, j->name);
	if (j->target->kind != TARGET_REQUIREMENT || !l || !l->version)
		return NULL;
	AUTO_INDEX_PROJECT p = { 0 };
	AUTO_ERROR ignored = { 0 };
	if (index_project_get(&s->tools.index, j->name, &s->tools.fetch, &p, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < p.n; i++)
		if (str_eq(p.files[i].filename, l->filename) && !requires_python_allows(p.files[i].requires_python, ft->python->version))
			return words(p.files[i].requires_python, ft->python->version);
	return NULL;
}

char *refusal_installed(const struct arm_state *a)
{
	const char *requires = json_str(a->installed, "requires_python");
	return requires_python_allows(requires, a->python->version) ? NULL : words(requires, a->python->version);
}
