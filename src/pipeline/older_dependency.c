/* older_dependency.c: see job.h. */
#include "fetch/index.h"
#include "pipeline/job.h"

#include <stdlib.h>

enum { MOST_DEPENDENCIES = 3 };

/* The dependency that failed on free threading alone, and for the sake of equal arms; NULL: none did. */
static const char *forced(const struct package_job *j)
{
	const char *name = j->arm[ARM_FT].failure.name;
	bool own = !name || str_eq(name, j->name);
	return own || j->arm[ARM_GIL].failure.name || !strv_has(&j->no_binary, name) || strv_has(&j->as_wheels, name) ? NULL : name;
}

/* Its newest release below `version` with native wheels for free threading; NULL when none is known. Owned by the caller. */
static char *older_release(const struct package_job *j, const char *name, const char *version)
{
	struct session *s = j->session;
	const struct interpreter *ft = j->arm[ARM_FT].python;
	struct index_project p = { 0 };
	AUTO_ERROR ignored = { 0 };
	char *older = NULL;
	if (version && index_project_get(&s->tools.index, name, &s->tools.fetch, &p, &ignored) == 0)
		older = index_newest_with_wheel(&p, ft->tag, ft->platform, version, ft->version);
	index_project_release(&p);
	return older;
}

static int again(struct package_job *j, bool *resolved, struct error *err)
{
	job_forget_builds(j);
	profile_release(&j->profile);
	if (stage_resolve(j, err) < 0)
		return -1;
	*resolved = !j->stop && !j->arm[ARM_FT].unresolved;
	return *resolved ? job_both_arms(j, realise_arm, err) : 0;
}

static void say(struct package_job *j, const char *name, const char *version, const char *older, const char *why)
{
	AUTO_FREE char *in_place = older ? xasprintf("%s is tested in its place", older) : xstrdup("its wheels are taken as they are, native on gil only");
	AUTO_FREE char *line = xasprintf("%s %s cannot be built for free threading: %s%s%s", name, version ? version : "", in_place, why ? ": " : "", why ? why : "");
	observe_note(j->session->tools.observer, "%s: %s", j->name, line);
	strv_add(&j->remarks, line);
}

static int replace_one(struct package_job *j, const char *failed, struct error *err)
{
	const struct lock_failure *f = &j->arm[ARM_FT].failure;
	AUTO_FREE char *name = xstrdup(failed);
	AUTO_FREE char *version = xstrdup(f->version);
	AUTO_FREE char *why = xstrdup(f->result.refusal ? f->result.refusal : f->result.error);
	AUTO_FREE char *older = older_release(j, name, version);
	bool resolved = false;
	if (older) {
		AUTO_ERROR problem = { 0 };
		strv_addf(&j->held, "%s==%s", name, older);
		if (again(j, &resolved, &problem) < 0 && !j->arm[ARM_FT].unresolved) {
			error_move(err, &problem);
			return -1;
		}
		if (!resolved) /* something asks for a newer one */
			free(j->held.v[--j->held.n]);
	}
	if (!resolved) {
		strv_add(&j->as_wheels, name);
		if (again(j, &resolved, err) < 0)
			return -1;
	}
	say(j, name, version, strv_has(&j->as_wheels, name) ? NULL : older, why);
	return 0;
}

int replace_dependencies(struct package_job *j, struct error *err)
{
	for (int i = 0; i < MOST_DEPENDENCIES; i++) {
		const char *name = forced(j);
		if (!name)
			return 0;
		if (replace_one(j, name, err) < 0)
			return -1;
	}
	return 0;
}
