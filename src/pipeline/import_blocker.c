/*
 * import_blocker.c: a package that free threading cannot import may only pass on
 * what a dependency does. Each of its dependencies is then imported alone, in a
 * process of its own on each arm; one that fails on free threading only is what
 * stands in the way. Of several the one that no other of them needs is taken.
 */
#include "base/fs.h"
#include "build/environment.h"
#include "model/names.h"
#include "pipeline/job.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPENDENCIES = 40 };

static bool cannot_import(const struct arm_state *a)
{
	const struct evidence *e = a->serial.n ? &a->serial.v[0] : NULL;
	return e && !e->imported && (e->import_error || (e->ending == END_SIGNAL && e->n_tests == 0));
}

/* The modules that an installed distribution brings, from its dist-info folder. */
static int module_names(struct arm_state *a, const char *name, struct strv *out, struct error *err)
{
	struct toolbox *t = &a->job->session->tools;
	AUTO_STRV entries = { 0 };
	if (list_dir(a->site, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.n; i++) {
		AUTO_FREE char *stem = xstrndup(entries.v[i], strcspn(entries.v[i], "-"));
		AUTO_FREE char *normal = name_normalize(stem);
		if (!str_ends(entries.v[i], ".dist-info") || !str_eq(normal, name))
			continue;
		AUTO_SANDBOX s = { 0 };
		AUTO_STRV args = { 0 };
		AUTO_JSON *facts = NULL;
		if (toolbox_sandbox(t, "installed", &s, err) < 0)
			return -1;
		strv_add(&s.read_only, a->env);
		strv_add(&args, "--dist-info");
		strv_take(&args, path_join(a->site, entries.v[i]));
		int result = toolbox_script(t, &s, &a->job->session->pair.gil, "project_facts.py", &args, &facts, NULL, err);
		remove_tree(s.home, NULL);
		json_strv(facts, "top_level", out);
		return result;
	}
	return 0;
}

/* *ok: the module can be imported alone on this arm. A probe that dies did not. */
static int import_alone(struct arm_state *a, const char *module, bool *ok, struct error *err)
{
	struct toolbox *t = &a->job->session->tools;
	AUTO_SANDBOX s = { 0 };
	AUTO_STRV args = { 0 };
	AUTO_JSON *answer = NULL;
	AUTO_FREE char *complaint = NULL;
	if (toolbox_sandbox(t, "probe", &s, err) < 0)
		return -1;
	strv_add(&s.read_only, a->env);
	strv_add(&args, module);
	struct interpreter python = *a->python;
	python.executable = a->env_python;
	int result = toolbox_script(t, &s, &python, "import_probe.py", &args, &answer, &complaint, err);
	remove_tree(s.home, NULL);
	*ok = json_bool(answer, "ok", false);
	return result;
}

/* *fails: on free threading, and not with the GIL. */
static int fails_alone(struct package_job *j, const char *name, bool *fails, struct error *err)
{
	AUTO_STRV modules = { 0 };
	*fails = false;
	if (module_names(&j->arm[ARM_FT], name, &modules, err) < 0)
		return -1;
	for (size_t i = 0; i < modules.n && !*fails; i++) {
		bool ft = false, gil = false;
		if (modules.v[i][0] == '_' || modules.v[i][0] == '-')
			continue;
		if (import_alone(&j->arm[ARM_FT], modules.v[i], &ft, err) < 0)
			return -1;
		if (!ft && import_alone(&j->arm[ARM_GIL], modules.v[i], &gil, err) < 0)
			return -1;
		*fails = !ft && gil;
	}
	return 0;
}

/* Of those that fail, the farthest from the target: what is nearer fails because of it. */
static void choose(struct package_job *j, const struct strv *failing)
{
	const struct arm_state *ft = &j->arm[ARM_FT];
	struct resolve_request q = { .label = j->name, .python = ft->python };
	strv_take(&q.requirements, ft->target_line ? xstrdup(ft->target_line) : xasprintf("%s==%s", j->name, j->version));
	strv_copy(&q.no_binary, &j->no_binary);
	strv_copy(&q.only_binary, &j->only_binary);
	AUTO_FREE char *text = NULL;
	AUTO_ERROR ignored = { 0 };
	size_t longest = 0;
	int known = resolve_annotated(&j->session->tools, &q, &text, &ignored);
	resolve_request_release(&q);
	for (size_t i = 0; i < failing->n; i++) {
		AUTO_STRV path = { 0 };
		if (known == 0)
			resolve_path_to(text, j->name, failing->v[i], &path);
		if (j->import_blocker && path.n <= longest)
			continue;
		longest = path.n;
		str_set(&j->import_blocker, failing->v[i]);
	}
	const struct locked *l = j->import_blocker ? lock_find(&ft->runtime, j->import_blocker) : NULL;
	str_set(&j->import_blocker_version, l ? l->version : NULL);
}

int find_import_blocker(struct package_job *j, struct error *err)
{
	if (!cannot_import(&j->arm[ARM_FT]) || cannot_import(&j->arm[ARM_GIL]))
		return 0;
	AUTO_STRV failing = { 0 };
	const struct lock *closure = &j->arm[ARM_FT].runtime;
	for (size_t i = 0; i < closure->n && i < MAX_DEPENDENCIES; i++) {
		bool fails = false;
		if (str_eq(closure->v[i].name, j->name))
			continue;
		if (fails_alone(j, closure->v[i].name, &fails, err) < 0)
			return -1;
		if (fails)
			strv_add(&failing, closure->v[i].name);
	}
	choose(j, &failing);
	return 0;
}
