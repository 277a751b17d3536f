/*
 * stage_judge.c: hands what is known to the judge and fills in what only the
 * pipeline knows: files, hashes, native code on each arm, logs, commands.
 */
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "build/lock.h"
#include "fetch/index.h"
#include "inputs/requirement.h"
#include "pipeline/input.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

void judge_views_release(struct judge_views *v)
{
	for (size_t i = 0; i < ARRAY_LEN(v->lists); i++)
		free(v->lists[i]);
	free(v->blocked_by);
	free(v->no_suite);
	strv_release(&v->path);
	free(v->wheel);
}

static const struct evidence *const *view(struct judge_views *v, size_t slot, const struct run_list *a, const struct run_list *b, size_t *n)
{
	const struct evidence **list = xcalloc(a->n + b->n, sizeof(const struct evidence *));
	*n = 0;
	for (size_t i = 0; i < a->n; i++)
		list[(*n)++] = &a->v[i];
	for (size_t i = 0; i < b->n; i++)
		list[(*n)++] = &b->v[i];
	v->lists[slot] = list;
	return list;
}

static enum build_state build_state(const struct arm_state *a, const char *name)
{
	if (a->failure.name && str_eq(a->failure.name, name))
		return a->built.state == BUILT_REFUSED ? BUILD_REFUSED : BUILD_FAILED;
	if (a->install_error)
		return BUILD_FAILED;
	return a->runtime.n && !a->failure.name ? BUILD_OK : BUILD_NOT_TRIED;
}

static const char *build_error(const struct arm_state *a)
{
	return a->install_error ? a->install_error : a->built.error ? a->built.error : a->unresolved;
}

/* Where no tests were found; owned by the caller. */
static char *no_suite(const struct package_job *j)
{
	if (!j->source_word)
		return xstrdup("no tests in the wheel, and there is no source");
	if (j->no_repository)
		return xasprintf("no tests in wheel or source; its repository: %s", j->no_repository);
	return xstrdup("no tests in wheel, source or repository");
}

/* A dependency that could not be built or imported stands between the target and its tests. */
static void fill_blocker(struct package_job *j, struct judge_views *v, struct judge_input *in)
{
	const struct arm_state *ft = &j->arm[ARM_FT], *gil = &j->arm[ARM_GIL];
	const char *name = ft->failure.name ? ft->failure.name : j->import_blocker;
	const char *version = ft->failure.name ? ft->failure.version : j->import_blocker_version;
	if (!name || str_eq(name, j->name))
		return;
	v->blocked_by = xasprintf("%s==%s", name, version ? version : "?");
	in->blocked_by = v->blocked_by;
	in->blocked_why = ft->failure.result.refusal ? ft->failure.result.refusal : ft->failure.result.error;
	in->blocked_path = &v->path;
	in->blocked_on_both = ft->failure.name && str_eq(gil->failure.name, name);
	struct resolve_request q = { .label = j->name, .python = ft->python };
	strv_take(&q.requirements, ft->target_line ? xstrdup(ft->target_line)
	                           : j->version    ? xasprintf("%s==%s", j->name, j->version)
	                                           : xstrdup(j->name));
	strv_copy(&q.no_binary, &j->no_binary);
	strv_copy(&q.only_binary, &j->only_binary);
	AUTO_FREE char *text = NULL;
	AUTO_ERROR ignored = { 0 };
	if (resolve_annotated(&j->session->tools, &q, &text, &ignored) == 0)
		resolve_path_to(text, j->name, name, &v->path);
	else {
		strv_add(&v->path, j->name);
		strv_add(&v->path, name);
	}
	resolve_request_release(&q);
}

static bool holds_native(const struct arm_state *a)
{
	return cJSON_GetArraySize(json_arr(a->installed, "extensions")) > 0;
}

static const char *classifier(const struct package_job *j)
{
	const cJSON *c, *all = json_arr(j->arm[ARM_FT].installed, "classifiers");
	cJSON_ArrayForEach(c, all)
		if (cJSON_IsString(c) && str_starts(c->valuestring, "Programming Language :: Python :: Free Threading"))
			return "yes";
	return all ? "no" : "unknown";
}

/* A withdrawn release is tested when it was asked for by its exact version: say it, with the reason that the index has. */
static void note_yanked(struct package_job *j, const struct index_project *p)
{
	if (!index_version_yanked(p, j->version))
		return;
	const char *why = NULL;
	for (size_t i = 0; i < p->n && !why; i++)
		if (version_compare(p->files[i].version, j->version) == 0)
			why = p->files[i].yanked_reason;
	strv_add_unique(&j->result->flags, "yanked");
	AUTO_FREE char *text = why && *why ? text_safe_line(why) : NULL;
	strv_addf(&j->remarks, "yanked: release %s was withdrawn by its authors%s%s", j->version, text ? ": " : "", text ? text : "");
}

static void add_specifier(struct strv *all, const char *requirement)
{
	AUTO_REQUIREMENT q = { 0 };
	if (requirement && requirement_parse(requirement, &q, NULL) == 0 && q.specifier && *q.specifier)
		strv_add(all, q.specifier);
}

/* All that the user asks of the target's version: ">=2,<3"; the caller owns it. Not the target's own specifier, which
 * is the version that was chosen when the target comes from a requirements file. */
static char *asked_for(const struct package_job *j)
{
	const struct strv *files = &j->session->request->constraint_files;
	AUTO_STRV all = { 0 };
	add_specifier(&all, j->target->text);
	for (size_t i = 0; i < files->n; i++) {
		AUTO_REQUIREMENT_LINE l = { 0 };
		if (requirement_lines_locate(files->v[i], NULL, j->name, &l))
			add_specifier(&all, l.text);
	}
	return strv_join(&all, ",");
}

/* With wheels alone an older release may be what is had: say which is the newest, and why it is not tested. */
static void note_passed_over(struct package_job *j, const struct index_project *p)
{
	const struct interpreter *ft = &j->session->pair.ft;
	if (j->replaced || (!strv_has(&j->only_binary, ":all:") && !strv_has(&j->only_binary, j->name)))
		return;
	AUTO_FREE char *specifier = asked_for(j);
	AUTO_FREE char *newest = index_passed_over(p, j->version, specifier, ft->tag, ft->platform, ft->version);
	if (newest)
		strv_addf(&j->remarks, "older: %s in place of %s, the newest, which has no wheel for %s; `--build source` tests that one", j->version,
		          newest, ft->tag);
}

/* Which wheel the index has for free threading, of the tested version. */
static char *wheel_rung(struct package_job *j)
{
	struct session *s = j->session;
	const struct interpreter *ft = &s->pair.ft;
	if (j->target->kind != TARGET_REQUIREMENT || !j->version)
		return xstrdup("unknown");
	AUTO_INDEX_PROJECT p = { 0 };
	AUTO_ERROR ignored = { 0 };
	if (index_project_get(&s->tools.index, j->name, &s->tools.fetch, &p, &ignored) < 0)
		return xstrdup("unknown");
	note_passed_over(j, &p);
	if (!p.from_json)
		return xstrdup("unknown");
	note_yanked(j, &p);
	bool pure = false;
	for (size_t i = 0; i < p.n; i++) {
		const struct index_file *f = &p.files[i];
		if (!f->wheel || !str_eq(f->version, j->version))
			continue;
		if (str_eq(f->abi_tag, ft->tag) && wheel_tag_fits(f, ft->tag, ft->platform))
			return xstrdup(ft->tag);
		pure |= str_eq(f->platform_tag, "any");
	}
	return xstrdup(pure ? "pure" : "no");
}

void judge_input_fill(struct package_job *j, struct judge_views *v, struct judge_input *in)
{
	const struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	*v = (struct judge_views){ 0 };
	*in = (struct judge_input){ 0 };
	in->gil = view(v, 0, &gil->serial, &j->pairs_gil, &in->n_gil);
	static const struct run_list none = { 0 };
	in->ft = view(v, 1, &ft->serial, ft->nogil.n ? &none : &j->pairs_ft, &in->n_ft);
	in->ft_nogil = view(v, 2, &ft->nogil, ft->nogil.n ? &j->pairs_ft : &none, &in->n_ft_nogil);
	in->ft_gil = view(v, 3, &ft->control, &none, &in->n_ft_gil);
	in->stress = j->stress.v;
	in->n_stress = j->stress.n;
	in->stress_control = j->stress_control.v;
	in->n_stress_control = j->stress_control.n;
	in->stress_left_out = &j->stress_left_out;
	in->scaling = j->scaling.v;
	in->n_scaling = j->scaling.n;
	in->no_scaling = j->no_scaling;
	in->build.gil = build_state(gil, j->name);
	in->build.ft = j->refused ? BUILD_REFUSED : build_state(ft, j->name);
	in->build.refusal = j->refusal ? j->refusal : ft->built.refusal;
	in->build.build_error_gil = build_error(gil);
	in->build.build_error_ft = build_error(ft);
	in->tested_version = j->replaced ? j->version : NULL;
	in->older_tried = &j->older_tried;
	in->skip_reason = j->profile.skip;
	in->top_level = &j->suite.top_level;
	in->native_known = gil->installed && ft->installed;
	in->native_gil = holds_native(gil);
	in->native_ft = holds_native(ft);
	in->classifier = classifier(j);
	if (!j->suite.from && gil->installed)
		in->no_suite = v->no_suite = no_suite(j);
	if (ft->unresolved && !gil->unresolved) /* the GIL build has a release, free threading has none */
		in->build.ft = BUILD_REFUSED, in->build.refusal = ft->unresolved, in->build.gil = BUILD_OK;
}

static void artifact(const struct arm_state *a, struct artifact_facts *out)
{
	const struct package_job *j = a->job;
	const struct locked *l = lock_find(&a->runtime, j->name);
	if (!l)
		return;
	out->known = true;
	bool source = !l->wheel || a->built.state != BUILT_NOT_TRIED;
	str_set(&out->kind, source ? "sdist" : "wheel");
	str_set(&out->file, l->filename);
	str_set(&out->sha256, l->sha256);
	out->seconds = a->built.cached ? 0 : a->built.seconds;
	out->cached = a->built.cached;
	out->native = holds_native(a);
	out->wheel_bytes = json_int(a->installed, "wheel_bytes", 0);
	out->installed_bytes = json_int(a->installed, "installed_bytes", 0);
	const cJSON *x;
	cJSON_ArrayForEach(x, json_arr(a->installed, "extensions"))
		if (json_str(x, "module"))
			strv_add(&out->extensions, json_str(x, "module"));
	for (size_t i = 0; a->serial.n && i < a->serial.v[0].n_extensions; i++)
		if (strv_has(&out->extensions, a->serial.v[0].extensions[i].module))
			strv_add(&out->loaded, a->serial.v[0].extensions[i].module);
}

static void fill_from(struct package_result *r)
{
	const char *g = r->artifact[ARM_GIL].kind, *f = r->artifact[ARM_FT].kind;
	if (!g && !f)
		return;
	g = str_eq(g, "sdist") ? "source" : g;
	f = str_eq(f, "sdist") ? "source" : f;
	free(r->from);
	r->from = str_eq(g, f) || !g || !f ? xstrdup(f ? f : g) : xasprintf("%s != %s", g, f);
}

/* The log of a failed build moves into the store: the cache may be cleaned. */
static void keep_build_log(const struct arm_state *a, struct package_result *r)
{
	struct session *s = a->job->session;
	char id[SHA256_HEX];
	AUTO_FREE char *text = xasprintf("%s %s %s", s->survey->id, a->job->name, arm_word(a->arm));
	sha256_hex(text, strlen(text), id);
	AUTO_FREE char *words = xasprintf("%s build", arm_word(a->arm));
	AUTO_FREE char *name = NULL;
	AUTO_FREE char *path = store_log_path(s->store, id, words, &name);
	AUTO_BUF log = { 0 };
	if (path && read_file(a->built.log, 64u << 20, &log, NULL) == 0 && write_file(path, buf_str(&log), log.len, NULL) == 0)
		strv_addf(&r->logs, "%s  %s", name, words);
}

static void fill_logs(const struct arm_state *a, struct package_result *r)
{
	for (size_t i = 0; i < a->serial.n && i < 3; i++)
		if (a->serial.v[i].log)
			strv_addf(&r->logs, "%s  %s %s", a->serial.v[i].log, arm_word(a->arm), i == 0 ? "serial" : "re-run");
	if (a->built.log && a->built.state != BUILT_OK)
		keep_build_log(a, r);
}

/* Logs of the stress cells in which something was found; the others are in the store too. */
static void fill_stress_logs(const struct run_list *runs, struct package_result *r)
{
	for (size_t i = 0, kept = 0; i < runs->n && kept < 8; i++) {
		const struct evidence *e = &runs->v[i];
		if (!e->log || (e->n_stress == 0 && !e->error))
			continue;
		strv_addf(&r->logs, "%s  %s stress:%s %s", e->log, arm_word(e->arm), e->mode, e->stress_kind ? e->stress_kind : "");
		kept++;
	}
}

static void fill_commands(const struct package_job *j, struct package_result *r)
{
	const struct pipeline_request *q = j->session->request;
	AUTO_FREE char *target = request_target_word(j->target, j->name, j->version);
	AUTO_FREE char *of_run = request_options(q, REQUEST_RUN);
	AUTO_FREE char *of_test = request_options(q, REQUEST_REPRODUCE);
	AUTO_FREE char *of_finding = request_options(q, REQUEST_FINDING);
	free(r->reproduce);
	r->reproduce = xasprintf("migrate-check %s%s --fresh", target, of_run);
	for (size_t i = 0; i < r->n_findings; i++) {
		struct finding *f = &r->findings[i];
		free(f->reproduce);
		AUTO_FREE char *test = f->test ? text_shell_word(f->test) : NULL;
		f->reproduce = f->key ? xasprintf("migrate-check reproduce %s:%s%s", j->name, f->id, of_finding)
		               : test ? xasprintf("migrate-check reproduce %s --test %s%s", target, test, of_test)
		                      : xstrdup(r->reproduce);
		if (f->kind == FIND_BUILD && j->arm[ARM_FT].built.tail)
			str_set(&f->tail, j->arm[ARM_FT].built.tail);
	}
}

int stage_judge(struct package_job *j, struct error *err)
{
	(void)err;
	struct package_result *r = j->result;
	struct judge_views v;
	struct judge_input in;
	str_set(&r->name, j->name);
	if (!r->version)
		str_set(&r->version, j->version);
	judge_input_fill(j, &v, &in);
	fill_blocker(j, &v, &in);
	v.wheel = wheel_rung(j);
	in.wheel = v.wheel;
	in.confirm_exhausted = true;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		if (j->older_tried.n == 0) /* else it is that of the last one tried */
			artifact(&j->arm[a], &r->artifact[a]);
		fill_logs(&j->arm[a], r);
	}
	fill_stress_logs(&j->stress, r);
	judge_package(&in, r);
	if (j->replaced)
		str_set(&r->tested_version, j->version);
	fill_from(r);
	str_set(&r->tests_from, j->suite.from);
	str_set(&r->runner, j->suite.runner);
	if (j->has_profile)
		str_set(&r->profile, j->profile.why);
	strv_add_all(&r->left_out, &j->left_out);
	testenv_replaced(j, r);
	for (size_t i = 0; i < j->learned.n; i++)
		if (strv_has(&j->test_requires, j->learned.v[i]))
			strv_addf(&r->left_out, "%s: declared nowhere, learned from the suite", j->learned.v[i]);
	if (!j->session->isolated)
		strv_add_unique(&r->flags, "no-sandbox");
	if (j->uncommitted) {
		strv_add_unique(&r->flags, "uncommitted");
		strv_add(&r->reasons, "uncommitted: the folder differs from its git commit, so the result belongs to no commit");
	}
	strv_add_all(&r->reasons, &j->remarks);
	fill_commands(j, r);
	judge_views_release(&v);
	return 0;
}
