/* targets.c: see targets.h. */
#include "pipeline/targets.h"
#include "base/file_url.h"
#include "base/fs.h"
#include "base/text.h"
#include "build/resolve.h"
#include "fetch/index.h"
#include "inputs/requirement.h"
#include "pipeline/job.h"
#include "pipeline/local.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool already_there(const struct target_list *l, const struct target *t)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name, t->name) && str_eq(l->v[i].specifier, t->specifier) && str_eq(l->v[i].url, t->url) &&
		    (t->url ? str_eq(l->v[i].ref, t->ref) && str_eq(l->v[i].subdirectory, t->subdirectory) : str_eq(l->v[i].path, t->path)))
			return true;
	return false;
}

/* Takes what t holds. */
static void add(struct target_list *l, struct target *t)
{
	if (already_there(l, t)) {
		target_release(t);
		return;
	}
	*target_list_add(l) = *t;
	*t = (struct target){ 0 };
}

static int need_uv(struct session *s, struct error *err)
{
	return s->tools.uv ? 0 : toolbox_get_uv(&s->tools, err);
}

static int files_exist(const struct strv *files, const char *kind, struct error *err)
{
	for (size_t i = 0; i < files->n; i++) {
		if (!path_is_file(files->v[i]))
			return error_set(err, ERR_BAD_TARGET, "no %s file '%s'", kind, files->v[i]);
		if (lock_file_refuse(files->v[i], err) < 0)
			return -1;
	}
	return 0;
}

/* What an error about requirements files is about: the name in its backticks, or the path in its quotes. */
static char *quoted(const struct error *err, char quote)
{
	const char *open = err->what ? strchr(err->what, quote) : NULL;
	size_t n = open ? strcspn(open + 1, quote == '`' ? "`" : "'") : 0;
	AUTO_FREE char *name = n ? xstrndup(open + 1, n) : NULL;
	char *path = name ? file_url_path(name) : NULL;
	return path ? path : STEAL(&name);
}

/* The files' line that an error is about goes in front of the place that it has. */
static void place(const struct strv *files, const char *cwd, struct error *err)
{
	bool local = err->code == ERR_BAD_TARGET || err->code == ERR_NOT_A_PROJECT;
	AUTO_FREE char *subject = local && err->where ? xstrdup(err->where) : quoted(err, local ? '\'' : '`');
	for (size_t i = 0; subject && i < files->n; i++) {
		AUTO_REQUIREMENT_LINE l = { 0 };
		if (!(local ? requirement_lines_locate_path(files->v[i], cwd, subject, &l) : requirement_lines_locate(files->v[i], cwd, subject, &l)))
			continue;
		AUTO_FREE char *index = err->where ? xstrdup(err->where) : xstrdup("");
		error_where(err, "%s:%d%s%s", l.file, l.line, *index ? "    " : "", index);
		return;
	}
}

/* Local targets have no name yet; git trees and archives on a server are fetched for it. */
static int name_local(struct session *s, struct target *t, struct error *err)
{
	AUTO_FREE char *tree = NULL;
	AUTO_FREE char *name = NULL;
	if (t->kind == TARGET_REQUIREMENT)
		return 0;
	if (t->kind != TARGET_WHEEL && !s->request->no_sandbox && sandbox_check(err) < 0)
		return -1;
	if (local_target_name(s, t, &tree, &name, err) < 0)
		return err && !err->where && !str_eq(t->origin, "command line") ? error_where(err, "%s", t->origin) : -1;
	if (t->name && !str_eq(t->name, name)) {
		error_set(err, ERR_BAD_TARGET, "`%s` is asked for, and what the URL or path leads to is `%s`", t->name, name);
		return error_where(err, "%s", t->origin);
	}
	str_set(&t->name, name);
	if (tree)
		str_set(&t->path, tree);
	return 0;
}

int targets_use_indexes(struct session *s, const struct strv *requirement_files, const char *index_url, struct error *err)
{
	AUTO_INDEXES found = { 0 };
	for (size_t i = 0; i < requirement_files->n; i++)
		requirement_files_indexes(requirement_files->v[i], NULL, &found);
	for (size_t i = 0; i < found.unread.n; i++) {
		AUTO_ERROR warning = { 0 };
		error_set(&warning, ERR_BAD_CONFIG, "%s counts for the choice of versions only: files come from the package index", found.unread.v[i]);
		observe(s->tools.observer, &(struct event){ .kind = EVENT_WARNING, .error = &warning });
	}
	bool any = (found.url && !index_url) || found.extra_urls.n;
	return any ? index_config_add(&s->tools.index, index_url ? NULL : found.url, found.origin, &found.extra_urls, err) : 0;
}

static void wheels_only(const struct session *s, struct resolve_request *q)
{
	strv_copy(&q->only_binary, &s->wheels_preferred);
	if (s->request->build == BUILD_WHEEL)
		strv_add(&q->only_binary, ":all:");
}

/* uv reads the files; its annotated answer names the files' own requirements. */
static int add_requirement_files(struct session *s, struct target_list *out, struct error *err)
{
	const struct pipeline_request *r = s->request;
	if (files_exist(&r->requirement_files, "requirements", err) < 0 || files_exist(&r->constraint_files, "constraints", err) < 0)
		return -1;
	if (r->requirement_files.n == 0)
		return 0;
	if (need_uv(s, err) < 0 || targets_use_indexes(s, &r->requirement_files, r->index_url, err) < 0)
		return -1;
	struct resolve_request q = { .label = "requirements", .python = &s->pair.ft, .no_deps = !r->closure };
	for (size_t i = 0; i < r->requirement_files.n; i++)
		strv_take(&q.requirement_files, path_absolute(r->requirement_files.v[i]));
	for (size_t i = 0; i < r->constraint_files.n; i++)
		strv_take(&q.constraint_files, path_absolute(r->constraint_files.v[i]));
	wheels_only(s, &q);
	AUTO_FREE char *text = NULL;
	int result = resolve_annotated(&s->tools, &q, &text, err);
	resolve_request_release(&q);
	AUTO_TARGETS found = { 0 };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	if (result < 0 && err && (err->code == ERR_NOT_FOUND || err->code == ERR_NO_VERSION || err->code == ERR_BAD_TARGET || err->code == ERR_NOT_A_PROJECT))
		place(&r->requirement_files, cwd, err);
	if (result == 0)
		result = targets_from_compiled(text, cwd, &found, err);
	for (size_t i = 0; result == 0 && i < found.n; i++) {
		result = name_local(s, &found.v[i], err);
		if (result == 0)
			add(out, &found.v[i]);
	}
	return result;
}

/* What is asked of the resolver for one target: "name[extra]>=1", "/folder[extra]". */
static char *closure_line(const struct target *t)
{
	bool is_requirement = t->kind == TARGET_REQUIREMENT;
	AUTO_FREE char *named = requirement_named(is_requirement ? t->name : t->path, &t->extras);
	return xasprintf("%s%s", named, is_requirement && t->specifier ? t->specifier : "");
}

static bool is_named(const struct target_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name, name))
			return true;
	return false;
}

/* `--closure`: every package that the targets pull in is a target of its own. */
static int add_closure(struct session *s, struct target_list *l, struct error *err)
{
	if (!s->request->closure || l->n == 0)
		return 0;
	if (need_uv(s, err) < 0)
		return -1;
	AUTO_REQUEST q = { .label = "closure", .python = &s->pair.ft };
	for (size_t i = 0; i < l->n; i++)
		strv_take(&q.requirements, closure_line(&l->v[i]));
	for (size_t i = 0; i < s->request->constraint_files.n; i++)
		strv_take(&q.constraint_files, path_absolute(s->request->constraint_files.v[i]));
	wheels_only(s, &q);
	AUTO_FREE char *text = NULL;
	AUTO_TARGETS found = { 0 };
	if (resolve_annotated(&s->tools, &q, &text, err) < 0 || targets_from_compiled(text, NULL, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.n; i++) {
		if (found.v[i].kind != TARGET_REQUIREMENT || is_named(l, found.v[i].name))
			continue;
		str_set(&found.v[i].origin, "--closure");
		add(l, &found.v[i]);
	}
	return 0;
}

/* What is named is checked: a marker would be ignored. */
static int refuse_marker(const struct target *t, struct error *err)
{
	if (!t->marker)
		return 0;
	AUTO_FREE char *hidden = text_hide_credentials_in(t->text);
	AUTO_FREE char *shown = text_safe_line(hidden);
	error_set(err, ERR_BAD_REQUIREMENT, "a target of the command line takes no marker");
	error_where(err, "%s   `%s`", t->origin, shown);
	return error_hint(err, "leave `; %s` away, or put the line into a requirements file for `-r`", t->marker);
}

int targets_collect(struct session *s, struct target_list *out, struct error *err)
{
	const struct pipeline_request *r = s->request;
	for (size_t i = 0; i < r->targets.n; i++) {
		struct target t = { 0 };
		if (target_parse(r->targets.v[i], &t, err) < 0 || refuse_marker(&t, err) < 0 || name_local(s, &t, err) < 0) {
			target_release(&t);
			return -1;
		}
		add(out, &t);
	}
	if (add_requirement_files(s, out, err) < 0 || add_closure(s, out, err) < 0)
		return -1;
	if (out->n == 0)
		return error_set(err, ERR_USAGE, "nothing to check: the requirement files name no package");
	return 0;
}

/* A release that the requirement allows, yanked or not and whatever its files are:
 * what fits the interpreter is for the resolver to say. */
static bool allowed(const struct index_project *p, const char *specifier)
{
	for (size_t i = 0; i < p->n; i++)
		if (version_satisfies(p->files[i].version, specifier))
			return true;
	return false;
}

static int check_version(const struct target *t, const struct index_project *p, struct error *err)
{
	enum { SHOWN = 5 };
	if (!t->specifier || !*t->specifier || p->n == 0 || allowed(p, t->specifier))
		return 0;
	AUTO_STRV versions = { 0 };
	index_versions_desc(p, &versions);
	size_t more = versions.n > SHOWN ? versions.n - SHOWN : 0;
	AUTO_STRV newest = { 0 };
	for (size_t i = 0; i < versions.n - more; i++)
		strv_add(&newest, versions.v[i]);
	AUTO_FREE char *list = strv_join(&newest, ", ");
	error_set(err, ERR_NO_VERSION, "no release of `%s` is %s", t->name, t->specifier);
	error_where(err, "%s", t->origin ? t->origin : "command line");
	if (versions.n == 0)
		return error_hint(err, "the index has none that was not withdrawn");
	return more ? error_hint(err, "newest on the index: %s and %zu more", list, more) : error_hint(err, "on the index: %s", list);
}

int targets_check(struct session *s, const struct target_list *l, struct error *err)
{
	if (s->request->offline)
		return 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].kind != TARGET_REQUIREMENT)
			continue;
		struct index_project p = { 0 };
		int result = index_project_get(&s->tools.index, l->v[i].name, &s->tools.fetch, &p, err);
		if (result == 0)
			result = check_version(&l->v[i], &p, err);
		index_project_release(&p);
		if (result < 0)
			return -1;
	}
	return 0;
}
