/* older_dependency.c: see job.h. */
#include "fetch/index.h"
#include "pipeline/job.h"

#include <stdlib.h>

enum { MOST_DEPENDENCIES = 3 };

/* Built for the sake of equal arms, although the GIL arm has a wheel? */
static bool forced(const struct package_job *j, const char *name)
{
	return strv_has(&j->no_binary, name) && !strv_has(&j->as_wheels, name);
}

/* The dependency that failed on free threading alone, forced to or as it refuses the interpreter; NULL: none did. */
static const char *replaceable(const struct package_job *j)
{
	const struct lock_failure *f = &j->arm[ARM_FT].failure;
	if (!f->name || str_eq(f->name, j->name) || j->arm[ARM_GIL].failure.name)
		return NULL;
	return forced(j, f->name) || f->result.state == BUILT_REFUSED ? f->name : NULL;
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

/* The package goes on with the older release of its dependency, where nothing asks for a newer one. */
static int hold(struct package_job *j, const char *name, const char *older, bool *resolved, struct error *err)
{
	AUTO_ERROR problem = { 0 };
	strv_addf(&j->held, "%s==%s", name, older);
	if (again(j, resolved, &problem) < 0 && !j->arm[ARM_FT].unresolved) {
		error_move(err, &problem);
		return -1;
	}
	if (!*resolved)
		free(j->held.v[--j->held.n]);
	return 0;
}

/* The package came to an older release of its own, whose dependency does not refuse. */
static void take_older_self(struct package_job *j, const char *newest, const char *name, const char *version, const char *why)
{
	if (!j->replaced)
		str_set(&j->result->version, newest);
	j->refused = j->replaced = true;
	free(j->refusal);
	j->refusal = xasprintf("it needs %s %s%s%s", name, version ? version : "", why ? ", which refuses it: " : "", why ? why : "");
}

/* Sets over where the dependency cannot be replaced, so that the package stays blocked by it. */
static int replace_one(struct package_job *j, const char *failed, bool *over, struct error *err)
{
	const struct lock_failure *f = &j->arm[ARM_FT].failure;
	AUTO_FREE char *name = xstrdup(failed);
	AUTO_FREE char *version = xstrdup(f->version);
	AUTO_FREE char *why = xstrdup(f->result.refusal ? f->result.refusal : f->result.error);
	AUTO_FREE char *older = older_release(j, name, version);
	AUTO_FREE char *newest = xstrdup(j->version);
	bool equal = forced(j, name), resolved = false;
	if (older && hold(j, name, older, &resolved, err) < 0)
		return -1;
	if (resolved && newest && !str_eq(j->version, newest))
		take_older_self(j, newest, name, version, why);
	else if (resolved || equal)
		say(j, name, version, resolved ? older : NULL, why);
	if (resolved)
		return 0;
	*over = !equal;
	if (equal)
		strv_add(&j->as_wheels, name);
	return equal || older ? again(j, &resolved, err) : 0;
}

int replace_dependencies(struct package_job *j, struct error *err)
{
	for (int i = 0; i < MOST_DEPENDENCIES; i++) {
		const char *name = replaceable(j);
		bool over = !name;
		if (name && replace_one(j, name, &over, err) < 0)
			return -1;
		if (over)
			return 0;
	}
	return 0;
}
