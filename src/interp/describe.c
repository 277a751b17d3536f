/* describe.c: ask an interpreter what it is, and remember the answer. */
#include "interp/describe.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "interp/interp.h"
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ANSWER_SECONDS 20.0
#define ANSWER_MAX (256u * 1024)
/* Stands before the answer, so that what a site module prints does no harm. */
#define MARK "migrate-check-interpreter:"
/* Part of the name of a remembered answer: grows when the script changes. */
#define SCRIPT_VERSION 1

static const char script[] =
	"import json, os, sys, sysconfig, platform\n"
	"import importlib.util as util\n"
	"def libc():\n"
	"    try:\n"
	"        return os.confstr('CS_GNU_LIBC_VERSION') or ''\n"
	"    except (AttributeError, ValueError, OSError):\n"
	"        return ''\n"
	"var = sysconfig.get_config_var\n"
	"include = sysconfig.get_paths()['include']\n"
	"answer = dict(\n"
	"    implementation=sys.implementation.name,\n"
	"    version=platform.python_version(),\n"
	"    build=sys.version,\n"
	"    gil_disabled=bool(var('Py_GIL_DISABLED')),\n"
	"    debug=bool(var('Py_DEBUG')) or hasattr(sys, 'gettotalrefcount'),\n"
	"    compiler=platform.python_compiler(),\n"
	"    cflags=var('CFLAGS') or '',\n"
	"    config_args=var('CONFIG_ARGS') or '',\n"
	"    platform=sysconfig.get_platform(),\n"
	"    libc=libc(),\n"
	"    prefix=sys.prefix,\n"
	"    base_prefix=sys.base_prefix,\n"
	"    base_executable=getattr(sys, '_base_executable', None) or sys.executable,\n"
	"    has_headers=os.path.isfile(os.path.join(include, 'Python.h')),\n"
	"    has_pip=bool(util.find_spec('ensurepip') or util.find_spec('pip')))\n"
	"print('\\n" MARK "' + json.dumps(answer))\n";

/* The interpreter's environment: nothing that could change what it says. */
static void answer_environment(struct strv *env)
{
	const char *keep[] = { "PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "PYENV_ROOT" };
	for (size_t i = 0; i < ARRAY_LEN(keep); i++)
		if (getenv(keep[i]))
			strv_addf(env, "%s=%s", keep[i], getenv(keep[i]));
	strv_add(env, "LC_ALL=C.UTF-8");
}

static int bad_ending(const struct process_result *r, double seconds, struct error *err)
{
	AUTO_FREE char *tail = process_tail(r, 3);
	AUTO_BUF safe = { .max = 400 };
	text_safe(&safe, tail ? tail : "", tail ? strlen(tail) : 0, true);
	error_set(err, ERR_BAD_INTERPRETER, "it does not answer as a CPython");
	if (r->ending == END_TIMEOUT)
		return error_why(err, "no answer within %.3g s", seconds);
	if (r->ending == END_SIGNAL)
		return error_why(err, "it was ended by signal %d", r->code);
	if (r->code != 0)
		return error_why(err, "it exits with code %d%s%s", r->code, safe.len ? ": " : "", buf_str(&safe));
	return error_why(err, "it prints %s%s", safe.len ? "something else: " : "nothing", buf_str(&safe));
}

/* Run the program and put its answer (JSON text) into *answer. */
static int ask(const char *path, double seconds, struct buf *answer, struct error *err)
{
	AUTO_STRV argv = { 0 };
	AUTO_STRV env = { 0 };
	strv_add(&argv, path);
	strv_add(&argv, "-I");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	answer_environment(&env);
	struct process_spec spec = { .argv = &argv, .env = &env, .cwd = "/", .output_max = ANSWER_MAX, .deadline_seconds = seconds,
		                       .fixed_addresses = true /* it may be a ThreadSanitizer build */ };
	AUTO_PROCESS result = { 0 };
	AUTO_ERROR why = { 0 };
	if (process_run(&spec, &result, &why) < 0) {
		if (why.code == ERR_INTERRUPTED) {
			error_move(err, &why);
			return -1;
		}
		error_set(err, ERR_BAD_INTERPRETER, "it cannot be run");
		return error_why(err, "%s", why.what ? why.what : "unknown");
	}
	const char *at = buf_str(&result.output), *last = NULL;
	while ((at = strstr(at, "\n" MARK)))
		last = ++at;
	if (!process_ok(&result) || !last)
		return bad_ending(&result, seconds, err);
	last += strlen(MARK);
	buf_clear(answer);
	buf_add(answer, last, strcspn(last, "\n"));
	return 0;
}

static char *answer_path(const char *path, const struct stat *st)
{
	AUTO_FREE char *key = xasprintf("%d %s %lld %lld.%09ld", SCRIPT_VERSION, path, (long long)st->st_size,
	                                (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	char hex[SHA256_HEX];
	sha256_hex(key, strlen(key), hex);
	AUTO_FREE char *cache = dir_cache();
	return xasprintf("%s/interp/%.32s.json", cache, hex);
}

/* The answer from the cache, else from the program; what does not fit in the
 * cache (damaged, other version) is asked for again. */
static int answer_of(const char *path, const struct stat *st, double seconds, struct reply *reply, struct error *err)
{
	AUTO_FREE char *file = answer_path(path, st);
	AUTO_BUF text = { .max = ANSWER_MAX };
	if (path_is_file(file) && read_file(file, ANSWER_MAX, &text, NULL) == 0 &&
	    reply_read(buf_str(&text), text.len, reply, NULL) == 0)
		return 0;
	if (ask(path, seconds, &text, err) < 0 || reply_read(buf_str(&text), text.len, reply, err) < 0)
		return -1;
	/* A cache that cannot be written only costs time. */
	AUTO_FREE char *dir = path_dir(file);
	if (make_dirs(dir, NULL) == 0)
		(void)write_unflushed(file, buf_str(&text), text.len, NULL);
	return 0;
}

static int program_path(const char *executable, char **path, struct stat *st, struct error *err)
{
	*path = strchr(executable, '/') ? path_absolute(executable) : find_program(executable);
	if (!*path)
		return error_set(err, ERR_BAD_INTERPRETER, "no program of that name in PATH");
	if (stat(*path, st) < 0)
		return error_errno(err, ERR_BAD_INTERPRETER, errno, "it cannot be read");
	if (!S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return error_set(err, ERR_BAD_INTERPRETER, "it is no executable file");
	return 0;
}

/* The id also covers the file, so that a rebuild is another interpreter. */
static void finish_id(struct interpreter *i, const struct stat *st)
{
	AUTO_FREE char *key = xasprintf("%s %lld %lld.%09ld", i->id, (long long)st->st_size, (long long)st->st_mtim.tv_sec,
	                                st->st_mtim.tv_nsec);
	char hex[SHA256_HEX];
	sha256_hex(key, strlen(key), hex);
	free(i->id);
	i->id = xstrndup(hex, 16);
}

static int describe_path(const char *executable, double seconds, int depth, struct interpreter *out, struct error *err)
{
	AUTO_FREE char *path = NULL;
	struct stat st;
	CLEANUP(reply_release) struct reply reply = { 0 };
	if (program_path(executable, &path, &st, err) < 0 || answer_of(path, &st, seconds, &reply, err) < 0)
		return -1;
	if (reply.base && depth == 0 && !str_eq(reply.base, path))
		return describe_path(reply.base, seconds, depth + 1, out, err);
	finish_id(&reply.i, &st);
	reply.i.executable = STEAL(&path);
	interpreter_release(out);
	*out = reply.i;
	reply.i = (struct interpreter){ 0 };
	return 0;
}

int describe_within(const char *executable, double seconds, struct interpreter *out, struct error *err)
{
	AUTO_ERROR why = { 0 };
	if (describe_path(executable, seconds, 0, out, &why) == 0)
		return 0;
	AUTO_FREE char *name = text_safe_line(executable);
	if (why.code != ERR_BAD_INTERPRETER) {
		error_move(err, &why);
		return -1;
	}
	error_set(err, ERR_BAD_INTERPRETER, "`%s` is no usable interpreter: %s", name, why.what);
	if (why.why)
		error_why(err, "%s", why.why);
	return error_hint(err, "name a CPython program, for example `python3.13`");
}

int interp_describe(const char *executable, struct interpreter *out, struct error *err)
{
	return describe_within(executable, ANSWER_SECONDS, out, err);
}
