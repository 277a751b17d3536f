/*
 * build.c: both arms of CPython from one source tarball. Each arm has its own
 * copy of the source and is installed into a staging folder first; a rename
 * makes it visible, so what stands under its final name is always whole.
 */
#include "base/fs.h"
#include "base/text.h"
#include "interp/describe.h"
#include "interp/install.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGURE_SECONDS 1200.0
#define MAKE_SECONDS 7200.0
#define OPTIMIZED_SECONDS 28800.0
#define PATCHLEVEL_MAX (1u << 20)

/* One arm's build; each runs on its own thread. */
struct arm_build {
	struct install *in;
	enum arm arm;
	char *version;            /* of the source, "3.13.15" */
	char *source, *stage;     /* folders below in->work */
	char *prefix;             /* where it lands */
	char *log;
	int jobs, slot;
	bool tsan;                /* in place of an arm of a pair */
	int changes;              /* tsan: places in the source that were changed */
	atomic_bool *stop;        /* the other arm failed */
	struct buf line;          /* output not yet ended by a newline */
	int64_t lines;
	struct error err;
	int done;
};

static bool should_stop(void *cookie)
{
	const struct arm_build *b = cookie;
	return atomic_load(b->stop);
}

/* Show which file is being made: the last word of a compiler's line that is an object or a library. */
static void show_line(struct arm_build *b)
{
	AUTO_STRV words = { 0 };
	strv_split(&words, buf_str(&b->line), ' ');
	b->lines++;
	for (size_t i = words.n; i-- > 0;) {
		if (!str_ends(words.v[i], ".o") && !str_ends(words.v[i], ".so") && !str_ends(words.v[i], ".py"))
			continue;
		AUTO_FREE char *text = text_safe_line(words.v[i]);
		observe_progress(b->in->observer, b->slot, b->lines, 0, text);
		return;
	}
}

static void on_output(void *cookie, const char *data, size_t n)
{
	struct arm_build *b = cookie;
	b->line.max = 4096;
	while (n) {
		const char *newline = memchr(data, '\n', n);
		size_t len = newline ? (size_t)(newline - data) : n;
		buf_add(&b->line, data, len);
		if (newline) {
			show_line(b);
			buf_clear(&b->line);
		}
		len += newline != NULL;
		data += len;
		n -= len;
	}
}

/* What this build is called in the names of folders and logs. */
static const char *word(const struct arm_build *b)
{
	return b->tsan ? "tsan" : arm_word(b->arm);
}

static int step(struct arm_build *b, const char *name, const char *const *argv, double seconds)
{
	AUTO_STRV env = { 0 };
	build_environment(&env);
	if (b->tsan) /* the programs that run while it is built are not what is looked at */
		strv_add(&env, "TSAN_OPTIONS=report_bugs=0:exitcode=0");
	observe_progress(b->in->observer, b->slot, b->lines, 0, name);
	struct command c = {
		.argv = argv, .env = &env, .cwd = b->source, .log = b->log, .seconds = seconds, .on_output = on_output,
		.should_stop = should_stop, .cookie = b, .fixed_addresses = b->tsan,
	};
	return command_run(&c, NULL, &b->err) < 0 ? error_wrap(&b->err, "%s build, %s", word(b), name) : 0;
}

/* Both arms get the same arguments but for --prefix and --disable-gil. ThreadSanitizer is
 * clang's, with the optimisation that its documentation and CPython's own tests use. */
static int configure(struct arm_build *b)
{
	AUTO_FREE char *prefix = xasprintf("--prefix=%s", b->prefix);
	const char *argv[10] = { "./configure", prefix };
	size_t n = 2;
	if (b->arm == ARM_FT)
		argv[n++] = "--disable-gil";
	if (b->tsan) {
		static const char *const words[] = { "--with-thread-sanitizer", "--disable-test-modules", "CC=clang", "CXX=clang++", "CFLAGS=-O1 -g" };
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			argv[n++] = words[i];
	} else if (b->in->request->optimized) {
		argv[n++] = "--enable-optimizations";
		argv[n++] = "--with-lto";
	} else {
		argv[n++] = "--disable-test-modules";
		argv[n++] = "CFLAGS=-O2";
	}
	return step(b, "configure", argv, CONFIGURE_SECONDS);
}

static int make_install(struct arm_build *b)
{
	AUTO_FREE char *jobs = xasprintf("-j%d", b->jobs);
	AUTO_FREE char *destination = xasprintf("DESTDIR=%s", b->stage);
	const char *const make[] = { "make", jobs, NULL };
	const char *const install[] = { "make", "install", destination, NULL };
	if (step(b, "make", make, b->in->request->optimized ? OPTIMIZED_SECONDS : MAKE_SECONDS) < 0)
		return -1;
	return step(b, "make install", install, CONFIGURE_SECONDS);
}

static char *program_of(const struct arm_build *b, const char *root)
{
	return xasprintf("%s%s/bin/python%d.%d%s", root, b->prefix, b->in->want.major, b->in->want.minor, b->arm == ARM_FT ? "t" : "");
}

/* A header that was missing makes CPython leave a module out without failing. */
static int verify(struct arm_build *b)
{
	static const char modules[] = "import ssl, zlib, ctypes, sqlite3, bz2, lzma, readline, hashlib, ensurepip";
	AUTO_FREE char *program = program_of(b, b->stage);
	const char *const argv[] = { program, "-I", "-c", modules, NULL };
	return step(b, "import of its modules", argv, 120);
}

static int unpack(struct arm_build *b, const char *tarball)
{
	if (make_dirs(b->source, &b->err) < 0)
		return -1;
	const char *const argv[] = { "tar", "-x", "--no-same-owner", "--strip-components=1", "-f", tarball, NULL };
	return step(b, "unpack", argv, 600);
}

static void *run_arm(void *cookie)
{
	struct arm_build *b = cookie;
	b->done = configure(b) < 0 || make_install(b) < 0 || verify(b) < 0 ? -1 : 0;
	if (b->done < 0)
		atomic_store(b->stop, true);
	return NULL;
}

/* The version that the source itself states. */
static int source_version(const struct arm_build *b, struct pyversion *v, char **text, struct error *err)
{
	AUTO_FREE char *path = path_join(b->source, "Include/patchlevel.h");
	AUTO_BUF header = { .max = PATCHLEVEL_MAX };
	const char *at = NULL;
	if (path_is_file(path) && read_file(path, PATCHLEVEL_MAX, &header, NULL) == 0)
		at = strstr(buf_str(&header), "#define PY_VERSION ");
	at = at ? strchr(at, '"') : NULL;
	if (!at)
		return error_set(err, ERR_INSTALL, "the tarball holds no CPython source");
	*text = xstrndup(at + 1, strcspn(at + 1, "\"\n"));
	if (!pyversion_read(*text, v) || v->patch < 0)
		return error_set(err, ERR_INSTALL, "the tarball states no version of CPython");
	return 0;
}

static void arm_release(struct arm_build *b)
{
	free(b->version);
	free(b->source);
	free(b->stage);
	free(b->prefix);
	free(b->log);
	buf_release(&b->line);
	error_release(&b->err);
}

static void pair_release(struct arm_build (*b)[2])
{
	arm_release(&(*b)[0]);
	arm_release(&(*b)[1]);
}

/* Unpack and learn the version, which the names of logs and prefixes carry. */
static int prepare(struct arm_build *b, const char *tarball, struct error *err)
{
	struct pyversion v;
	AUTO_FREE char *first_log = xasprintf("%s/unpack-%s.log", b->in->logs, word(b));
	b->source = xasprintf("%s/source-%s", b->in->work, word(b));
	b->stage = xasprintf("%s/stage-%s", b->in->work, word(b));
	b->log = xstrdup(first_log);
	if (write_file(b->log, "", 0, err) < 0)
		return -1;
	if (unpack(b, tarball) < 0) {
		error_move(err, &b->err);
		return -1;
	}
	if (source_version(b, &v, &b->version, err) < 0)
		return -1;
	if (!pyversion_fits(&b->in->want, &v))
		return error_set(err, ERR_INSTALL, "the tarball is of CPython %s, not of %s", b->version, b->in->version);
	str_set(&b->log, NULL);
	b->log = xasprintf("%s/cpython-%s-%s.log", b->in->logs, b->version, word(b));
	b->prefix = xasprintf("%s/cpython-%s-%s", b->in->root, b->version, word(b));
	return write_file(b->log, "", 0, err);
}

/* Build both at once; the error is that of the arm that failed by itself. */
static int build_arms(struct arm_build arms[2], struct error *err)
{
	pthread_t threads[2];
	bool started[2] = { false, false };
	for (int i = 0; i < 2; i++) {
		struct arm_build *b = &arms[i];
		b->done = -1;
		b->slot = observe_step(b->in->observer, NULL, "CPython %s %s build", b->version, arm_word(b->arm));
		started[i] = pthread_create(&threads[i], NULL, run_arm, b) == 0;
		if (!started[i])
			run_arm(b); /* no thread to be had: one after the other */
	}
	for (int i = 0; i < 2; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
		observe_step_end(arms[i].in->observer, arms[i].slot);
	}
	for (int i = 0; i < 2; i++) {
		struct error *why = &arms[i].err, *other = &arms[1 - i].err;
		bool followed = why->what && strstr(why->what, "was stopped because");
		if (arms[i].done == 0 || (followed && other->code != ERR_NONE && i == 0))
			continue;
		if (why->code == ERR_INSTALL && !why->why)
			error_why(why, "log: %s", arms[i].log);
		error_move(err, why);
		return -1;
	}
	return 0;
}

static int write_record(const struct arm_build *b, const char *origin, double seconds, struct error *err)
{
	AUTO_FREE char *path = xasprintf("%s%s/migrate-check.json", b->stage, b->prefix);
	AUTO_FREE char *now = now_utc();
	AUTO_JSON *j = cJSON_CreateObject();
	json_add_str(j, "version", b->version);
	json_add_str(j, "arm", word(b));
	json_add_str(j, "origin", origin);
	json_add_str(j, "finished", now);
	if (b->tsan)
		cJSON_AddNumberToObject(j, "relaxed_reference_counts", b->changes);
	cJSON_AddNumberToObject(j, "seconds", seconds);
	return json_write(path, j, err);
}

/* Put the staged tree under its final name; an older one moves into the work folder, which goes away. */
static int place(const struct arm_build *b, struct error *err)
{
	AUTO_FREE char *staged = xasprintf("%s%s", b->stage, b->prefix);
	AUTO_FREE char *old = xasprintf("%s/old-%s", b->in->work, word(b));
	if (rename(b->prefix, old) < 0 && errno != ENOENT)
		return error_errno(err, ERR_IO, errno, "cannot replace %s", b->prefix);
	if (rename(staged, b->prefix) < 0)
		return error_errno(err, ERR_IO, errno, "cannot install %s", b->prefix);
	return 0;
}

static int describe_both(struct arm_build arms[2], struct pair *out, struct error *err)
{
	struct interpreter *sides[2] = { &out->gil, &out->ft };
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *program = program_of(&arms[i], "");
		if (interp_describe(program, sides[i], err) < 0)
			return -1;
		str_set(&sides[i]->provider, "own");
	}
	interp_parity(out);
	AUTO_FREE char *differences = strv_join(&out->parity, "; ");
	if (out->gil.gil_disabled || !out->ft.gil_disabled)
		return error_set(err, ERR_INSTALL, "the source does not build without the GIL");
	return out->parity.n ? error_set(err, ERR_INSTALL, "the builds are not like for like: %s", differences) : 0;
}

/* CPython's own list of races that are known in it; the source keeps it, an install does
 * not. A version without one has none. */
static int keep_suppressions(const struct arm_build *b, struct error *err)
{
	AUTO_FREE char *from = path_join(b->source, "Tools/tsan/suppressions_free_threading.txt");
	AUTO_FREE char *to = xasprintf("%s%s/" TSAN_SUPPRESSIONS, b->stage, b->prefix);
	AUTO_BUF text = { .max = 1u << 20 };
	if (path_is_file(from) && read_file(from, 1u << 20, &text, err) < 0)
		return -1;
	return write_file(to, buf_str(&text), text.len, err);
}

/* A sanitizer that finds nothing looks like a package without races. */
static int believe(const struct arm_build *b, const struct interpreter *i, struct error *err)
{
	CLEANUP(tsan_fact_release) struct tsan_fact fact = { 0 };
	if (!interp_is_tsan(i))
		return error_set(err, ERR_INSTALL, "the source does not build with ThreadSanitizer");
	if (!b->in->request->self_test)
		return 0;
	if (interp_tsan_self_test(i, b->in->request->self_test, b->log, &fact, err) < 0)
		return -1;
	return fact.ok ? 0 : error_set(err, ERR_INSTALL, "its self-test failed: %s", fact.why);
}

static int build_tsan(struct install *in, const char *tarball, const char *origin, struct interpreter *out, struct error *err)
{
	atomic_bool stop = false;
	uint64_t start = now_monotonic_ns();
	CLEANUP(arm_release) struct arm_build b = { .in = in, .arm = ARM_FT, .tsan = true, .stop = &stop, .jobs = in->jobs };
	if (prepare(&b, tarball, err) < 0 || tsan_change_source(b.source, &b.changes, err) < 0)
		return -1;
	b.slot = observe_step(in->observer, NULL, "CPython %s ThreadSanitizer build", b.version);
	run_arm(&b);
	observe_step_end(in->observer, b.slot);
	if (b.done < 0) {
		if (b.err.code == ERR_INSTALL && !b.err.why)
			error_why(&b.err, "log: %s", b.log);
		error_move(err, &b.err);
		return -1;
	}
	double seconds = (double)(now_monotonic_ns() - start) / 1e9;
	AUTO_FREE char *program = program_of(&b, "");
	if (keep_suppressions(&b, err) < 0 || write_record(&b, origin, seconds, err) < 0 || place(&b, err) < 0)
		return -1;
	if (interp_describe(program, out, err) < 0 || believe(&b, out, err) < 0) {
		interpreter_release(out);
		(void)remove_tree(b.prefix, NULL);
		return -1;
	}
	str_set(&out->provider, "own");
	AUTO_FREE char *time = text_duration(seconds);
	observe_setup(in->observer, "interpreter", "%s ThreadSanitizer  built from source in %s", b.version, time);
	return 0;
}

int build_pair(struct install *in, const char *tarball, const char *origin, struct pair *out, struct error *err)
{
	if (in->request->tsan)
		return build_tsan(in, tarball, origin, &out->ft, err);
	atomic_bool stop = false;
	uint64_t start = now_monotonic_ns();
	CLEANUP(pair_release) struct arm_build arms[2] = {
		{ .in = in, .arm = ARM_GIL, .stop = &stop, .jobs = in->jobs > 1 ? in->jobs / 2 : 1 },
		{ .in = in, .arm = ARM_FT, .stop = &stop, .jobs = in->jobs > 1 ? in->jobs - in->jobs / 2 : 1 },
	};
	if (prepare(&arms[0], tarball, err) < 0 || prepare(&arms[1], tarball, err) < 0)
		return -1;
	if (build_arms(arms, err) < 0)
		return -1;
	double seconds = (double)(now_monotonic_ns() - start) / 1e9;
	for (int i = 0; i < 2; i++)
		if (write_record(&arms[i], origin, seconds, err) < 0 || place(&arms[i], err) < 0)
			return -1;
	if (describe_both(arms, out, err) < 0) {
		interp_pair_release(out);
		return -1;
	}
	AUTO_FREE char *time = text_duration(seconds);
	observe_setup(in->observer, "interpreter", "%s gil and free-threaded  built from source in %s", arms[0].version, time);
	return 0;
}
