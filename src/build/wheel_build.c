/* wheel_build.c: one build, step by step; see wheel_build.h. */
#include "build/wheel_build.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "build/crates.h"
#include "build/environment.h"
#include "build/facts.h"
#include "fetch/cache.h"
#include "fetch/unpack.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
enum { MAX_DEPTH = 4 };
static const double build_seconds = 3600, most_seconds = 30 * 86400.0;
static const char recipe[] = "1"; /* changes when wheels of older recipes must not be used */

void build_result_release(struct build_result *r)
{
	char *owned[] = { r->wheel, r->error, r->refusal, r->log, r->tail };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
	*r = (struct build_result){ 0 };
}

/* One build in progress. */
struct build {
	const struct toolbox *t;
	const struct build_request *q;
	struct build_result *r;
	struct sandbox s;      /* where the package's code runs; its home holds all of the build */
	char *source;          /* unpacked tree */
	char *out;             /* folder of the finished wheel */
	char *log;
	cJSON *facts;
	struct strv requires;  /* build requirements so far */
	int envs;              /* how many environments were made, for the names of their folders of wheels */
	char *env;
	double seconds;        /* the longest that one hook may take */
};

static void build_release(struct build *b)
{
	if (b->s.home)
		remove_tree(b->s.home, NULL);
	sandbox_release(&b->s);
	free(b->source);
	free(b->out);
	free(b->log);
	free(b->env);
	cJSON_Delete(b->facts);
	strv_release(&b->requires);
}

static void cache_key(const struct build_request *q, bool tsan, char hex[SHA256_HEX])
{
	AUTO_FREE char *text = xasprintf("%s|%s|%s%s", q->source_id, q->python->id, recipe, tsan ? "|" TSAN_FLAGS : "");
	sha256_hex(text, strlen(text), hex);
}

static char *cached_folder(const struct toolbox *t, const struct build_request *q)
{
	char key[SHA256_HEX];
	cache_key(q, t->tsan, key);
	return xasprintf("%s/wheels/%.2s/%s", t->cache, key, key);
}

static bool find_cached(const struct toolbox *t, const struct build_request *q, struct build_result *r)
{
	AUTO_FREE char *folder = cached_folder(t, q);
	AUTO_STRV names = { 0 };
	if (!path_is_dir(folder) || list_dir(folder, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (!str_ends(names.v[i], ".whl"))
			continue;
		r->wheel = path_join(folder, names.v[i]);
		r->state = BUILT_OK;
		r->cached = true;
		return true;
	}
	return false;
}

static int fail(struct build *b, enum build_outcome state, const char *fmt, ...) MC_PRINTF(3, 4);
static int fail(struct build *b, enum build_outcome state, const char *fmt, ...)
{
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	b->r->state = state;
	free(b->r->error);
	b->r->error = text_safe_line(buf_str(&text));
	return 0;
}

static int prepare_source(struct build *b, struct error *err)
{
	b->source = path_join(b->s.home, "src");
	if (path_is_dir(b->q->source))
		return copy_tree(b->q->source, b->source, err);
	AUTO_FREE char *top = NULL;
	if (unpack_archive(b->q->source, b->source, NULL, &top, err) < 0)
		return -1;
	if (top && !str_eq(top, b->source)) {
		char *inner = path_join(b->source, top);
		free(b->source);
		b->source = inner;
	}
	return 0;
}

static int read_facts(struct build *b, struct error *err)
{
	const struct fact_question q = { .path = b->source, .id = b->q->source_id ? b->q->source_id : "", .out = &b->facts };
	AUTO_FREE char *complaint = NULL;
	if (facts_ask(b->t, &q, 1, &complaint, err) < 0)
		return -1;
	if (!b->facts)
		return fail(b, BUILT_FAILED, "its metadata could not be read%s%s", complaint ? ": " : "", complaint ? complaint : "");
	json_strv(b->facts, "build_requires", &b->requires);
	return 0;
}

/* The arms take turns at what the second one can take from the first: an answer of pure
 * wheels, unpacked wheels, bytecode. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int resolve_requirements(const struct build *b, struct lock *lock, struct error *err)
{
	const struct pair *p = b->t->pair;
	struct resolve_request q = { .label = b->q->name, .python = b->q->python };
	q.twin = str_eq(q.python->id, p->gil.id) ? &p->ft : &p->gil;
	strv_copy(&q.requirements, &b->requires);
	strv_add(&q.only_binary, ":all:");
	AUTO_ERROR first = { 0 };
	pthread_mutex_lock(&turn);
	int done = resolve(b->t, &q, lock, &first);
	if (done < 0 && resolve_error_is_answer(&first)) {
		strv_clear(&q.only_binary);
		error_release(&first);
		done = resolve(b->t, &q, lock, &first);
	}
	pthread_mutex_unlock(&turn);
	resolve_request_release(&q);
	if (done < 0)
		error_move(err, &first);
	return done;
}

/* Builds would compile the backend each time, as they cannot write. An in-tree one is not in the environment. */
static int compile_backend(const struct build *b, const struct strv *wheels, struct error *err)
{
	const char *backend = json_str(b->facts, "build_backend");
	const cJSON *in_tree = json_arr(b->facts, "backend_path");
	AUTO_FREE char *package = backend ? xstrndup(backend, strcspn(backend, ".:")) : NULL;
	bool is_name = package && *package && strspn(package, NAME_CHARACTERS) == strlen(package);
	return is_name && cJSON_GetArraySize(in_tree) == 0 ? environment_compile_backend(b->t, b->q->python, b->env, wheels, package, err) : 0;
}

static int install_requirements(struct build *b, const struct lock *lock, struct error *err)
{
	AUTO_STRV wheels = { 0 };
	for (size_t i = 0; i < lock->n; i++)
		strv_add(&wheels, lock->v[i].local);
	str_set(&b->env, NULL);
	AUTO_FREE char *complaint = NULL;
	pthread_mutex_lock(&turn);
	int result = environment_make(b->t, b->q->python, &wheels, false, &b->env, &complaint, err);
	if (result == 0 && !complaint)
		result = compile_backend(b, &wheels, err);
	pthread_mutex_unlock(&turn);
	return complaint ? fail(b, BUILT_FAILED, "its build requirements could not be installed: %s", complaint) : result;
}

/* Resolve and fetch what the build needs and install it in a fresh environment. */
static int make_environment(struct build *b, struct error *err)
{
	AUTO_LOCK lock = { 0 };
	AUTO_ERROR problem = { 0 };
	int done = resolve_requirements(b, &lock, &problem);
	if (done < 0 && resolve_error_is_answer(&problem))
		return fail(b, BUILT_FAILED, "its build requirements cannot be had: %s", problem.what);
	if (done < 0) {
		error_move(err, &problem);
		return -1;
	}
	AUTO_FREE char *folder = xasprintf("%s/build-wheels-%d", b->s.home, b->envs++);
	struct lock_failure failure = { 0 };
	struct toolbox deeper = *b->t;
	deeper.depth++;
	done = b->t->depth >= MAX_DEPTH ? fail(b, BUILT_FAILED, "its build requirements nest too deeply")
	                                : lock_realise(&deeper, b->q->python, &lock, folder, NULL, NULL, &failure, err);
	if (done == 0 && failure.name)
		fail(b, BUILT_FAILED, "its build requirement %s %s could not be built: %s", failure.name, failure.version, failure.result.error);
	lock_failure_release(&failure);
	return done < 0 || b->r->state != BUILT_NOT_TRIED ? done : install_requirements(b, &lock, err);
}

/* A header or tool of the system that a build needs is found by name only. */
static int add_build_environment(struct build *b, struct error *err)
{
	AUTO_FREE char *bin = path_join(b->env, "bin");
	AUTO_FREE char *cargo = find_program("cargo");
	AUTO_FREE char *cargo_dir = cargo ? path_dir(cargo) : NULL;
	strv_clear(&b->s.env);
	strv_add_unique(&b->s.read_only, b->env);
	strv_addf(&b->s.env, "PATH=%s%s%s:/usr/local/bin:/usr/bin:/bin", bin, cargo_dir ? ":" : "", cargo_dir ? cargo_dir : "");
	strv_add(&b->s.env, "PIP_NO_INDEX=1");
	strv_addf(&b->s.env, "VIRTUAL_ENV=%s", b->env);
	if (b->t->tsan) {
		static const char *const words[] = { TSAN_QUIET, "CC=clang", "CXX=clang++", "CFLAGS=" TSAN_FLAGS, "CXXFLAGS=" TSAN_FLAGS, "LDFLAGS=-fsanitize=thread" };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			strv_add(&b->s.env, words[i]);
	}
	/* Backends that take the version from a repository find none in an exported tree. */
	if (b->q->scm_version) {
		strv_addf(&b->s.env, "SETUPTOOLS_SCM_PRETEND_VERSION=%s", b->q->scm_version);
		strv_addf(&b->s.env, "PDM_BUILD_SCM_VERSION=%s", b->q->scm_version);
	}
	return cargo ? crates_show(b->t, cargo, &b->s, err) : 0;
}

static int fetch_crates(struct build *b, struct error *err)
{
	AUTO_FREE char *cargo = find_program("cargo");
	if (!json_bool(b->facts, "cargo", false) || !cargo)
		return 0;
	const char *manifest = json_str(b->facts, "cargo_manifest");
	AUTO_FREE char *file = path_join(b->source, manifest ? manifest : "Cargo.toml");
	AUTO_FREE char *complaint = NULL;
	if (crates_fetch(b->t, cargo, file, b->q->name, b->log, &b->s, &complaint, err) < 0)
		return -1;
	bool sure = json_bool(b->facts, "cargo_sure", false); /* else it may be a crate of the tests: the build will tell */
	return complaint && sure ? fail(b, BUILT_FAILED, "its Rust crates could not be fetched: %s", complaint) : 0;
}

/* A build that failed for want of a program that this machine does not have says
 * nothing about the package. Only what is really not there counts. */
static int check_programs(const struct build *b, const char *output, struct error *err)
{
	static const char *const compilers[] = { "/usr/local/bin/cc", "/usr/bin/cc", "/bin/cc", "/usr/local/bin/gcc", "/usr/bin/gcc",
		                                     "/bin/gcc", "/usr/local/bin/clang", "/usr/bin/clang", "/bin/clang" };
	bool compiler = false;
	for (size_t i = 0; i < ARRAY_LEN(compilers) && !compiler; i++)
		compiler = access(compilers[i], X_OK) == 0;
	AUTO_FREE char *cargo = find_program("cargo");
	struct missing_program missing;
	if (!build_missing_program(output, json_bool(b->facts, "cargo", false), compiler, cargo != NULL, &missing))
		return 0;
	AUTO_STRV lines = { 0 };
	strv_split(&lines, b->r->tail ? b->r->tail : "", '\n');
	while (lines.n && !*lines.v[lines.n - 1])
		free(lines.v[--lines.n]);
	error_set(err, ERR_TOOL, "this machine has no %s, and %s is built from source", missing.what, b->q->name);
	error_why(err, "%s", lines.n ? lines.v[lines.n - 1] : "it says nothing");
	return error_hint(err, "%s, then run the same command", missing.remedy);
}

/* However slow machine and compiler are, a build that was cut short says nothing about the package. */
static int out_of_time(const struct build *b, struct error *err)
{
	AUTO_FREE char *spent = text_duration(b->seconds);
	error_set(err, ERR_TOOL, "the build of %s did not end in %s", b->q->name, spent);
	return error_hint(err, "MIGRATE_CHECK_BUILD_SECONDS allows more; the log is '%s'", b->log);
}

/* The build requirements are named so that the backend's own can be compared with them. */
static void hook_command(const struct build *b, const char *hook, const char *result, struct strv *argv)
{
	AUTO_FREE char *script = path_join(b->t->harness, "build_hook.py");
	AUTO_FREE char *python = environment_python(b->env);
	const char *const words[] = { python, script, hook, b->source, b->out, "--result", result };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(argv, words[i]);
	for (size_t i = 0; i < b->requires.n; i++)
		strv_addf(argv, "--installed=%s", b->requires.v[i]);
}

/* Run one hook of the build backend; *out is its JSON, NULL when it failed. */
static int run_hook(struct build *b, const char *hook, cJSON **out, struct error *err)
{
	AUTO_FREE char *result = path_join(b->s.home, "hook.json");
	AUTO_STRV argv = { 0 };
	hook_command(b, hook, result, &argv);
	unlink(result);
	free(b->s.cwd);
	b->s.cwd = xstrdup(b->source);
	struct process_spec spec = { .deadline_seconds = b->seconds, .log_path = b->log, .log_append = true, .output_max = 1 << 20 };
	sandbox_bound_build(&spec, b->t->tsan);
	AUTO_PROCESS done = { 0 };
	if (sandbox_run(&b->s, &argv, &spec, &done, err) < 0)
		return -1;
	if (done.cancelled)
		return error_set(err, ERR_INTERRUPTED, "interrupted while building %s", b->q->name);
	if (done.ending == END_TIMEOUT)
		return out_of_time(b, err);
	AUTO_FREE char *doing = xasprintf("building %s", b->q->name);
	if (!process_ok(&done) && toolbox_check_space(b->t, buf_str(&done.output), doing, err) < 0)
		return -1;
	if (process_ok(&done) && json_read(result, 4u << 20, out, NULL) == 0)
		return 0;
	free(b->r->tail);
	b->r->tail = build_log_part(buf_str(&done.output), 40);
	if (check_programs(b, buf_str(&done.output), err) < 0)
		return -1;
	b->r->refusal = build_refusal(buf_str(&done.output));
	AUTO_FREE char *line = build_cause(buf_str(&done.output));
	return fail(b, b->r->refusal ? BUILT_REFUSED : BUILT_FAILED, "%s", b->r->refusal ? b->r->refusal : line);
}

static int keep_wheel(struct build *b, const cJSON *j, struct error *err)
{
	const char *name = json_str(j, "wheel");
	if (!name || strchr(name, '/') || !str_ends(name, ".whl"))
		return fail(b, BUILT_FAILED, "its build backend named no wheel");
	AUTO_FREE char *made = path_join(b->out, name);
	struct stat st;
	if (lstat(made, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(b, BUILT_FAILED, "its build backend left no wheel");
	AUTO_FREE char *folder = cached_folder(b->t, b->q);
	AUTO_FREE char *parent = path_dir(folder);
	AUTO_FREE char *staging = NULL;
	if (make_dirs(parent, err) < 0 || make_temp_dir(parent, "new", &staging, err) < 0)
		return -1;
	AUTO_FREE char *copy = path_join(staging, name);
	if (copy_tree(made, copy, err) < 0)
		return -1;
	if (rename(staging, folder) < 0) /* another process was first: its wheel serves as well */
		remove_tree(staging, NULL);
	if (!find_cached(b->t, b->q, b->r))
		return error_set(err, ERR_IO, "a built wheel could not be kept in '%s'", folder);
	b->r->cached = false;
	return 0;
}

/* Some backends ask for more once they have seen the source (cmake, ninja): they get it, and build then. */
static int run_backend(struct build *b, cJSON **made, struct error *err)
{
	AUTO_JSON *j = NULL;
	if (make_dirs(b->out, err) < 0 || run_hook(b, "build", &j, err) < 0)
		return -1;
	AUTO_STRV more = { 0 };
	json_strv(j, "requires", &more);
	if (more.n == 0 || b->r->state != BUILT_NOT_TRIED) {
		*made = STEAL(&j);
		return 0;
	}
	for (size_t i = 0; i < more.n; i++)
		strv_add_unique(&b->requires, more.v[i]);
	if (make_environment(b, err) < 0)
		return -1;
	if (b->r->state != BUILT_NOT_TRIED)
		return 0;
	return add_build_environment(b, err) < 0 ? -1 : run_hook(b, "wheel", made, err);
}

static int run_steps(struct build *b, struct error *err)
{
	int (*const steps[])(struct build *, struct error *) = { prepare_source, read_facts, make_environment };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i](b, err) < 0 || b->r->state != BUILT_NOT_TRIED)
			return b->r->state != BUILT_NOT_TRIED ? 0 : -1;
	if (add_build_environment(b, err) < 0 || fetch_crates(b, err) < 0)
		return -1;
	if (b->r->state != BUILT_NOT_TRIED)
		return 0;
	AUTO_JSON *j = NULL;
	if (run_backend(b, &j, err) < 0)
		return -1;
	return j ? keep_wheel(b, j, err) : 0;
}

static int read_deadline(double *seconds, struct error *err)
{
	const char *text = getenv("MIGRATE_CHECK_BUILD_SECONDS");
	*seconds = build_seconds;
	if (!text || !*text)
		return 0;
	char *end = NULL;
	*seconds = strtod(text, &end);
	if (!*end && *seconds >= 1 && *seconds <= most_seconds) /* false for NaN, too */
		return 0;
	return error_set(err, ERR_USAGE, "MIGRATE_CHECK_BUILD_SECONDS is `%s`: expected seconds, from 1 to %.0f", text, most_seconds);
}

int build_wheel(const struct toolbox *t, const struct build_request *q, struct build_result *r, struct error *err)
{
	if (find_cached(t, q, r)) {
		observe_note(t->observer, "%s %s for %s: built wheel from the cache", q->name, q->version ? q->version : "", q->python->tag);
		return 0;
	}
	uint64_t start = now_monotonic_ns();
	struct build b = { .t = t, .q = q, .r = r };
	AUTO_FREE char *label = xasprintf("build-%s-%s%s", q->name, q->python->tag, t->tsan ? "-tsan" : "");
	if (read_deadline(&b.seconds, err) < 0 || toolbox_sandbox(t, label, &b.s, err) < 0)
		return -1;
	AUTO_FREE char *logs = path_join(t->cache, "build-logs");
	if (make_dirs(logs, err) < 0)
		return -1;
	b.log = xasprintf("%s/%s-%s-%s%s.log", logs, q->name, q->version ? q->version : "tree", q->python->tag, t->tsan ? "-tsan" : "");
	unlink(b.log);
	b.out = path_join(b.s.home, "dist");
	AUTO_ERROR problem = { 0 };
	int result = run_steps(&b, &problem);
	if (result < 0 && (problem.code == ERR_BAD_ARCHIVE || problem.code == ERR_TOO_LARGE || problem.code == ERR_NOT_A_PROJECT)) {
		result = fail(&b, BUILT_FAILED, "%s", problem.what); /* the archive is the package's, so this is data */
	} else if (result < 0) {
		error_move(err, &problem);
	}
	r->seconds = (double)(now_monotonic_ns() - start) / 1e9;
	str_set(&r->log, path_exists(b.log) ? b.log : NULL);
	build_release(&b);
	return result;
}
