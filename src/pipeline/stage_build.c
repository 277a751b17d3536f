/*
 * stage_build.c: the files of both arms, fetched and built at once; what failed
 * is kept as data. A release that refuses the interpreter is replaced by the
 * newest one that may work, when the user did not pin it.
 */
#include "base/fs.h"
#include "build/lock.h"
#include "fetch/index.h"
#include "inputs/requirement.h"
#include "pipeline/job.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OLDER = 4 };

int realise_arm(struct arm_state *a, struct error *err)
{
	struct package_job *j = a->job;
	if (a->failure.name) /* its metadata could not be made */
		return 0;
	int slot = observe_step(j->session->tools.observer, j->name, "%s build", arm_word(a->arm));
	if (!a->dir) {
		a->dir = xasprintf("%s/%s-%s", j->session->tools.work, j->name, arm_word(a->arm));
		a->wheelhouse = path_join(a->dir, "wheels");
	}
	int result = lock_realise(&j->session->tools, a->python, &a->runtime, a->wheelhouse, j->name, &a->built, &a->failure, err);
	observe_step_end(j->session->tools.observer, slot);
	return result;
}

static bool refused(const struct arm_state *a, const char *name)
{
	return str_eq(a->failure.name, name) && a->built.state == BUILT_REFUSED;
}

/* Candidates below the refused version that the user's own requirement allows: the newest
 * with a native wheel, then the newest release of each of the next minor series. */
static void older_versions(const struct package_job *j, const struct index_project *p, struct strv *out)
{
	const struct interpreter *ft = j->arm[ARM_FT].python;
	/* What the metadata forbids was not tried: the newest that it allows comes first, native or not. */
	AUTO_FREE char *wheel = j->disallowed ? NULL : index_newest_with_wheel(p, ft->tag, ft->platform, j->version, ft->version);
	const char *asked = target_asked(j->target);
	while (wheel && !version_satisfies(wheel, asked)) {
		char *next = index_newest_with_wheel(p, ft->tag, ft->platform, wheel, ft->version);
		free(wheel);
		wheel = next;
	}
	if (wheel)
		strv_add(out, wheel);
	AUTO_STRV all = { 0 };
	index_versions_desc(p, &all);
	AUTO_FREE char *series = NULL;
	for (size_t i = 0; i < all.n && out->n < MAX_OLDER; i++) {
		const char *v = all.v[i];
		if (version_compare(v, j->version) >= 0 || version_is_prerelease(v) || !version_satisfies(v, asked))
			continue;
		if (!index_allows(p, v, ft->version))
			continue;
		size_t n = version_series(v);
		if (series && strlen(series) == n && strncmp(series, v, n) == 0)
			continue;
		free(series);
		series = xstrndup(v, n);
		strv_add_unique(out, v);
	}
}

void job_forget_builds(struct package_job *j)
{
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		struct arm_state *s = &j->arm[a];
		build_result_release(&s->built);
		lock_failure_release(&s->failure);
		lock_release(&s->runtime);
		if (s->dir)
			remove_tree(s->dir, NULL);
		str_set(&s->dir, NULL);
		str_set(&s->wheelhouse, NULL);
	}
	strv_clear(&j->no_binary);
	strv_clear(&j->only_binary);
	j->stop = false;
}

static int try_version(struct package_job *j, const char *version, bool *works, struct error *err)
{
	job_forget_builds(j);
	free(j->spec);
	AUTO_FREE char *named = requirement_named(j->name, &j->target->extras);
	j->spec = xasprintf("%s==%s", named, version);
	observe_note(j->session->tools.observer, "%s: trying %s in its place", j->name, j->spec);
	profile_release(&j->profile);
	AUTO_ERROR problem = { 0 };
	if (stage_resolve(j, &problem) < 0) {
		if (resolve_error_is_answer(&problem)) /* constraints forbid it */
			return 0;
		error_move(err, &problem);
		return -1;
	}
	if (j->stop || j->arm[ARM_FT].unresolved)
		return 0;
	AUTO_FREE char *refusal = refusal_on_index(j);
	if (refusal)
		return 0;
	if (job_both_arms(j, realise_arm, err) < 0)
		return -1;
	*works = !j->arm[ARM_FT].failure.name && !j->arm[ARM_GIL].failure.name;
	return 0;
}

/* The release refuses the interpreter: find and prepare the newest one that works. */
static int replace_version(struct package_job *j, struct error *err)
{
	struct session *s = j->session;
	AUTO_FREE char *newest = xstrdup(j->version);
	AUTO_FREE char *refusal = xstrdup(j->arm[ARM_FT].built.refusal);
	struct index_project p = { 0 };
	AUTO_ERROR ignored = { 0 };
	AUTO_STRV candidates = { 0 };
	if (j->target->kind == TARGET_REQUIREMENT && index_project_get(&s->tools.index, j->name, &s->tools.fetch, &p, &ignored) == 0)
		older_versions(j, &p, &candidates);
	index_project_release(&p);
	bool works = false;
	for (size_t i = 0; i < candidates.n && !works; i++)
		if (try_version(j, candidates.v[i], &works, err) < 0)
			return -1;
	str_set(&j->result->version, newest);
	j->replaced = works;
	if (!works) {
		str_set(&j->version, newest);
		j->stop = true;
		strv_copy(&j->older_tried, &candidates);
		for (enum arm a = ARM_GIL; a <= ARM_FT; a++) /* that is said of the last one tried */
			str_set(&j->arm[a].unresolved, NULL);
	}
	j->refused = true;
	j->refusal = STEAL(&refusal);
	return 0;
}

static int keep_source(struct package_job *j, struct error *err);

/* The files of both arms; of a release whose metadata forbids this interpreter none is fetched or built. */
static int realise(struct package_job *j, struct error *err)
{
	char *refusal = refusal_on_index(j);
	if (!refusal)
		return job_both_arms(j, realise_arm, err);
	struct arm_state *ft = &j->arm[ARM_FT];
	j->disallowed = true;
	str_set(&ft->failure.name, j->name);
	str_set(&ft->failure.version, j->version);
	ft->built.state = BUILT_REFUSED;
	free(ft->built.refusal);
	ft->built.refusal = refusal;
	return 0;
}

int stage_build(struct package_job *j, struct error *err)
{
	if (realise(j, err) < 0 || replace_dependencies(j, err) < 0)
		return -1;
	if (refused(&j->arm[ARM_FT], j->name) && !j->arm[ARM_GIL].failure.name && replace_version(j, err) < 0)
		return -1;
	if (j->stop || j->arm[ARM_FT].failure.name || j->arm[ARM_GIL].failure.name) {
		j->stop = true;
		return 0;
	}
	return keep_source(j, err);
}

static int unpack_source(struct package_job *j, const char *archive, const char *sha256, struct error *err)
{
	AUTO_FREE char *dir = xasprintf("%s/%s-source", j->session->tools.work, j->name);
	remove_tree(dir, NULL);
	AUTO_FREE char *top = NULL;
	AUTO_ERROR problem = { 0 };
	if (unpack_archive(archive, dir, NULL, &top, &problem) < 0) {
		if (problem.code == ERR_DISK_FULL) {
			error_move(err, &problem);
			return -1;
		}
		strv_addf(&j->left_out, "sdist: %s", problem.what);
		return 0;
	}
	free(j->source);
	j->source = top ? path_join(dir, top) : xstrdup(dir);
	str_set(&j->source_word, "sdist");
	snprintf(j->source_id, sizeof(j->source_id), "%s", sha256 ? sha256 : "");
	return 0;
}

/* The sdist beside the artifact that was tested holds the tests, more often than not. */
static int keep_source(struct package_job *j, struct error *err)
{
	if (j->target->kind == TARGET_DIRECTORY || j->target->kind == TARGET_GIT)
		return 0;
	if (j->target->kind == TARGET_SDIST)
		return unpack_source(j, j->target->path, NULL, err);
	const struct locked *l = lock_find(&j->arm[ARM_FT].runtime, j->name);
	if (!l || !l->sdist_url || j->target->kind == TARGET_WHEEL)
		return 0;
	struct download d = { .url = l->sdist_url, .filename = l->sdist_filename, .sha256 = l->sdist_sha256, .size = -1 };
	AUTO_ERROR problem = { 0 };
	int result = fetch_all(&d, 1, &j->session->tools.fetch, &problem);
	if (result < 0)
		strv_addf(&j->left_out, "sdist: %s", problem.what);
	AUTO_FREE char *named = NULL;
	if (result == 0) { /* the cache keeps blobs without their names; unpacking goes by content */
		result = unpack_source(j, d.path, d.sha256_seen, err);
	} else {
		result = 0;
	}
	download_release(&d);
	return result;
}
