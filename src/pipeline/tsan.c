/* tsan.c: the third arm, whose interpreter and native code are built with ThreadSanitizer; see job.h. */
#include "base/fs.h"
#include "build/lock.h"
#include "interp/interp.h"
#include "pipeline/job.h"
#include "pipeline/local.h"
#include "pipeline/testenv.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 100000, MAX_OBJECT = 1 << 30 };
/* Every function of an instrumented object calls this one. */
static const char mark[] = "__tsan_func_entry";

static int no(char **why_not, char *text)
{
	free(*why_not);
	*why_not = text;
	return 0;
}

/* The interpreter, looked for once per run, and only one whose self-test passed. */
static int find_interpreter(struct session *s, char **why_not, struct error *err)
{
	CLEANUP(tsan_fact_release) struct tsan_fact fact = { 0 };
	if (!s->tsan.ft.executable && interp_find_tsan_for(&s->pair.ft, &s->tsan.ft) < 0)
		return no(why_not, xasprintf("no ThreadSanitizer interpreter of CPython %.4s; `migrate-check python install --tsan` makes one",
		                             s->pair.ft.version));
	if (!s->tsan.gil.executable)
		interpreter_copy(&s->tsan.gil, &s->pair.gil);
	AUTO_FREE char *script = path_join(s->tools.harness, TSAN_SELF_TEST);
	interp_tsan_fact(&s->tsan.ft, &fact);
	if (!fact.known && interp_tsan_self_test(&s->tsan.ft, script, NULL, &fact, err) < 0)
		return -1;
	return fact.ok ? 0 : no(why_not, xasprintf("the ThreadSanitizer interpreter cannot be believed: %s", fact.why));
}

/* The source of one entry of the free-threaded arm's lock, as a file; *path NULL when it has none. */
static int get_source(const struct package_job *j, const struct locked *p, char **path, char **sha256, struct error *err)
{
	const struct arm_state *ft = &j->arm[ARM_FT];
	AUTO_FREE char *kept = xasprintf("%s/sources/%s", ft->wheelhouse, p->filename);
	if (!p->wheel && path_is_file(kept)) {
		*path = STEAL(&kept);
		*sha256 = xstrdup(p->sha256);
		return 0;
	}
	if (!p->wheel || !p->sdist_url)
		return 0;
	struct download d = { .url = p->sdist_url, .filename = p->sdist_filename, .sha256 = p->sdist_sha256, .size = -1 };
	AUTO_ERROR why = { 0 };
	int result = fetch_all(&d, 1, &j->session->tools.fetch, &why);
	if (result < 0 && (why.code == ERR_INTERRUPTED || why.code == ERR_DISK_FULL)) {
		error_move(err, &why);
	} else {
		if (result == 0) {
			*path = xstrdup(d.path);
			*sha256 = xstrdup(p->sdist_sha256 ? p->sdist_sha256 : d.sha256_seen);
		}
		result = 0;
	}
	download_release(&d);
	return result;
}

static int build_entry(const struct package_job *j, const struct toolbox *t, const struct locked *p, struct build_result *r, struct error *err)
{
	const enum target_kind kind = j->target->kind;
	const struct interpreter *python = &t->pair->ft;
	if (str_eq(p->name, j->name) && (kind == TARGET_DIRECTORY || kind == TARGET_SDIST || kind == TARGET_GIT))
		return local_target_build(j, t, python, r, err);
	AUTO_FREE char *source = NULL;
	AUTO_FREE char *sha256 = NULL;
	if (get_source(j, p, &source, &sha256, err) < 0)
		return -1;
	if (!source) {
		r->error = xstrdup("there is no source to build it from");
		return 0;
	}
	struct build_request q = { .name = p->name, .version = p->version, .source = source, .source_id = sha256, .python = python };
	return build_wheel(t, &q, r, err);
}

/* Large packages whose profile asks for wheels would take hours. */
static bool worth_building(const struct package_job *j, const struct locked *p)
{
	bool pure = p->local && str_ends(p->local, "-any.whl");
	return str_eq(p->name, j->name) || (!pure && !strv_has(&j->session->wheels_preferred, p->name));
}

/* Put the newly built wheel in the place of the free-threaded arm's. */
static void exchange(struct strv *wheels, const char *old, const char *made)
{
	for (size_t i = 0; i < wheels->n; i++)
		if (str_eq(wheels->v[i], old))
			str_set(&wheels->v[i], made);
}

static int build_all(struct package_job *j, const struct toolbox *t, struct arm_state *out, char **why_not, struct strv *notes, struct error *err)
{
	const struct lock *l = &j->arm[ARM_FT].runtime;
	for (size_t i = 0; i < l->n && !*why_not; i++) {
		const struct locked *p = &l->v[i];
		bool target = str_eq(p->name, j->name), pure = p->local && str_ends(p->local, "-any.whl");
		if (pure && target)
			return no(why_not, xstrdup("it has no native code, and pure Python is not what ThreadSanitizer looks at"));
		AUTO_BUILD r = { 0 };
		if (worth_building(j, p) && build_entry(j, t, p, &r, err) < 0)
			return -1;
		if (r.state == BUILT_OK)
			exchange(&out->installed_wheels, p->local, r.wheel);
		else if (target)
			no(why_not, xasprintf("it could not be built with ThreadSanitizer: %s", r.error ? r.error : "its build failed"));
		else if (!pure)
			strv_addf(notes, "%s %s is not instrumented%s%s", p->name, p->version, r.error ? ": " : "", r.error ? r.error : "");
	}
	return 0;
}

static int make_environment(struct package_job *j, const struct toolbox *t, struct arm_state *out, char **why_not, struct error *err)
{
	AUTO_FREE char *complaint = NULL;
	if (testenv_make(out, t, &complaint, err) < 0)
		return -1;
	if (complaint)
		return no(why_not, xasprintf("its wheels could not be installed: %s", complaint));
	return j->arm[ARM_GIL].env ? testenv_compile(j, t, out->env, err) : 0;
}

static bool holds_mark(const char *path)
{
	AUTO_BUF data = { .max = MAX_OBJECT };
	return read_file(path, MAX_OBJECT, &data, NULL) == 0 && memmem(buf_str(&data), data.len, mark, sizeof(mark) - 1);
}

/* Some builds go their own way: a Rust compiler, or a Makefile with flags of its own. */
static int check_instrumented(const struct package_job *j, const struct arm_state *out, char **why_not, struct error *err)
{
	AUTO_STRV files = { 0 };
	size_t native = 0, instrumented = 0;
	if (walk_files(out->site, MAX_FILES, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *top = xstrndup(files.v[i], strcspn(files.v[i], "./"));
		if (!strstr(files.v[i], ".so") || !strv_has(&j->suite.top_level, top))
			continue;
		AUTO_FREE char *path = path_join(out->site, files.v[i]);
		native++;
		instrumented += holds_mark(path);
	}
	if (native == 0)
		return no(why_not, xstrdup("the wheel that was built for ThreadSanitizer holds no native code"));
	if (instrumented == 0)
		return no(why_not, xstrdup("its build does not heed CFLAGS, so its native code is not instrumented"));
	return 0;
}

int tsan_prepare(struct package_job *j, struct arm_state *out, char **why_not, struct strv *notes, struct error *err)
{
	struct session *s = j->session;
	*out = (struct arm_state){ .arm = ARM_FT, .job = j, .python = &s->tsan.ft };
	*why_not = NULL;
	if (find_interpreter(s, why_not, err) < 0)
		return -1;
	if (!*why_not && j->target->kind == TARGET_WHEEL)
		no(why_not, xstrdup("a wheel has no source that could be built with ThreadSanitizer"));
	if (*why_not)
		return 0;
	struct toolbox tools = s->tools; /* the same in all but the interpreter; never released */
	tools.pair = &s->tsan;
	tools.tsan = true;
	out->dir = xasprintf("%s/%s-tsan", s->tools.work, j->name);
	strv_copy(&out->installed_wheels, &j->arm[ARM_FT].installed_wheels);
	lock_copy(&out->runtime, &j->arm[ARM_FT].runtime);
	int slot = observe_step(s->tools.observer, j->name, "ThreadSanitizer build");
	int result = build_all(j, &tools, out, why_not, notes, err);
	if (result == 0 && !*why_not)
		result = make_environment(j, &tools, out, why_not, err);
	if (result == 0 && !*why_not)
		result = check_instrumented(j, out, why_not, err);
	observe_step_end(s->tools.observer, slot);
	return result;
}
