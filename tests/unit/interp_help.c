/* interp_help.c: see interp_help.h. */
#include "interp_help.h"
#include "base/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char *scratch;
static struct strv kept;   /* strings handed out */
static pid_t server;

/* Tools that fakes and the installer run; interpreters are left out on purpose. */
static const char *const tools[] = { "sh", "cat", "cp", "mkdir", "chmod", "echo", "printf", "tar", "xz", "bzip2", "make", "touch", "test", "cc", "gcc", "as", "ld", "sleep", "ls", "sed" };

static char *keep(char *s)
{
	strv_take(&kept, s);
	return s;
}

char *at(const char *fmt, ...)
{
	va_list ap;
	AUTO_BUF name = { 0 };
	va_start(ap, fmt);
	buf_vaddf(&name, fmt, ap);
	va_end(ap);
	return keep(path_join(scratch, buf_str(&name)));
}

static void link_tools(void)
{
	assert_int_equal(make_dirs(at("bin"), NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		AUTO_FREE char *path = find_program(tools[i]);
		if (path)
			assert_int_equal(symlink(path, at("bin/%s", tools[i])), 0);
	}
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

int scratch_setup(void **state)
{
	static char *path; /* the machine's own, kept over all tests */
	(void)state;
	if (!path)
		path = xstrdup(getenv("PATH"));
	set("PATH", path);
	AUTO_ERROR err = { 0 };
	assert_int_equal(make_temp_dir("/tmp", "test-interp-", &scratch, &err), 0);
	link_tools();
	set("HOME", at("home"));
	set("MIGRATE_CHECK_CACHE", at("cache"));
	set("MIGRATE_CHECK_DATA", at("data"));
	set("XDG_CONFIG_HOME", at("config"));
	set("XDG_DATA_HOME", at("share"));
	set("PYENV_ROOT", at("pyenv"));
	set("TMPDIR", scratch);
	unsetenv("UV_PYTHON_INSTALL_DIR");
	unsetenv("CC");
	unsetenv("http_proxy");
	set("PATH", at("bin"));
	return 0;
}

int scratch_teardown(void **state)
{
	(void)state;
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = 0;
	(void)remove_tree(scratch, NULL);
	free(scratch);
	scratch = NULL;
	strv_release(&kept);
	return 0;
}

static void put_text(const char *path, const char *fmt, va_list ap)
{
	AUTO_BUF text = { 0 };
	AUTO_FREE char *dir = path_dir(path);
	buf_vaddf(&text, fmt, ap);
	assert_int_equal(make_dirs(dir, NULL), 0);
	assert_int_equal(write_file(path, buf_str(&text), text.len, NULL), 0);
}

void put(const char *path, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put_text(path, fmt, ap);
	va_end(ap);
}

void put_program(const char *path, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	put_text(path, fmt, ap);
	va_end(ap);
	assert_int_equal(chmod(path, 0755), 0);
}

char *get(const char *path)
{
	struct buf text = { 0 };
	if (!path_is_file(path) || read_file(path, 1 << 20, &text, NULL) < 0)
		buf_adds(&text, "");
	return keep(text.data ? buf_steal(&text) : xstrdup(""));
}

char *fake_answer(const struct fake *f)
{
	AUTO_JSON *j = cJSON_CreateObject();
	const char *version = f->version ? f->version : "3.13.5";
	const char *prefix = f->prefix ? f->prefix : f->ft ? "/opt/ft" : "/opt/gil";
	AUTO_FREE char *args = f->config_args ? xstrdup(f->config_args) : xasprintf("'--prefix=%s'%s", prefix, f->ft ? " '--disable-gil'" : "");
	json_add_str(j, "implementation", f->implementation ? f->implementation : "cpython");
	json_add_str(j, "version", version);
	json_add_str(j, "build", "a build");
	json_add_str(j, "compiler", f->compiler ? f->compiler : "GCC 12.2.0");
	json_add_str(j, "cflags", f->cflags ? f->cflags : "-O2 -Wall");
	json_add_str(j, "config_args", args);
	json_add_str(j, "platform", "linux-x86_64");
	json_add_str(j, "libc", "glibc 2.36");
	json_add_str(j, "prefix", f->base ? "/some/venv" : prefix);
	json_add_str(j, "base_prefix", prefix);
	json_add_str(j, "base_executable", f->base ? f->base : "/not/used");
	cJSON_AddBoolToObject(j, "gil_disabled", f->ft);
	cJSON_AddBoolToObject(j, "debug", f->debug);
	cJSON_AddBoolToObject(j, "has_headers", !f->no_headers);
	cJSON_AddBoolToObject(j, "has_pip", true);
	return keep(cJSON_PrintUnformatted(j));
}

void put_interpreter(const char *path, const struct fake *f)
{
	/* Each run leaves a line, so that tests can count them. */
	put_program(path, "#!/bin/sh\necho run >>%s\ncat <<'EOF'\n\nmigrate-check-interpreter:%s\nEOF\n", at("runs"), fake_answer(f));
}

static const char configure[] =
	"#!/bin/sh\n"
	"suffix=\n"
	"for a; do case $a in --prefix=*) prefix=${a#--prefix=};; --disable-gil) suffix=t;; *) rest=\"$rest '$a'\";; esac; done\n"
	"echo \"$*\" >>arguments\n"
	"printf 'all:\\n\\t@echo cc -c x.c -o Objects/x.o\\n' >Makefile\n"
	"cat recipe.mk >>Makefile\n"
	"printf 'install:\\n\\tmkdir -p $(DESTDIR)%s/bin\\n\\tcp fake%s $(DESTDIR)%s/bin/python3.13%s\\n\\tcp arguments $(DESTDIR)%s/\\n' $prefix \"$suffix\" $prefix \"$suffix\" $prefix >>Makefile\n";

char *put_tarball(const char *path, const char *version, const char *in_make)
{
	char *tree = at("tarball/Python-%s", version);
	assert_int_equal(remove_tree(tree, NULL), 0);
	put_program(at("tarball/Python-%s/configure", version), "%s", configure);
	put(at("tarball/Python-%s/recipe.mk", version), in_make ? "\t%s\n" : "", in_make);
	put_program(at("tarball/Python-%s/bad", version), "#!/bin/sh\necho ModuleNotFoundError: no ssl\nexit 1\n");
	put(at("tarball/Python-%s/Include/patchlevel.h", version), "#define PY_VERSION              \"%s\"\n", version);
	put_interpreter(at("tarball/Python-%s/fake", version), &(struct fake){ .version = version });
	put_interpreter(at("tarball/Python-%s/faket", version), &(struct fake){ .version = version, .ft = true });
	/* What a ThreadSanitizer build gives; its self-test answers what `seeds` says. */
	put_program(at("tarball/Python-%s/tsan", version), "#!/bin/sh\n[ $# != 5 ] || { cat %s >$5; exit; }\ncat <<'EOF'\n\nmigrate-check-interpreter:%s\nEOF\n", at("seeds"),
	            fake_answer(&(struct fake){ .version = version, .ft = true, .prefix = at("data/python/cpython-%s-tsan", version),
	                                        .config_args = "--disable-gil --with-thread-sanitizer" }));
	put(at("tarball/Python-%s/Tools/tsan/suppressions_free_threading.txt", version), "race_top:new_reference\n");
	put(at("tarball/Python-%s/Include/object.h", version), "_Py_atomic_add_ssize(&op->ob_ref_shared, (1 << _Py_REF_SHARED_SHIFT));\n");
	AUTO_FREE char *dir = path_dir(path);
	assert_int_equal(make_dirs(dir, NULL), 0);
	AUTO_FREE char *command = xasprintf("tar -cJf '%s' -C '%s' 'Python-%s'", path, at("tarball"), version);
	assert_int_equal(system(command), 0);
	return keep(xstrdup(path));
}

/* Ends by itself when this process does: it reads from a pipe that only we hold. */
static const char server_script[] =
	"import functools, http.server, os, sys, threading\n"
	"handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])\n"
	"handler.log_message = None\n"
	"server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)\n"
	"print(server.server_port, flush=True)\n"
	"threading.Thread(target=server.serve_forever, daemon=True).start()\n"
	"sys.stdin.read()\n";

char *serve(const char *folder)
{
	int out[2], in[2];
	char port[16] = "";
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(in), 0);
	server = fork();
	if (server == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(null, 2);
		close(in[1]);
		execl("/usr/bin/python3", "python3", "-I", "-c", server_script, at("%s", folder), (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	close(in[0]);
	assert_true(read(out[0], port, sizeof(port) - 1) > 1);
	close(out[0]);
	return keep(xasprintf("http://127.0.0.1:%ld", strtol(port, NULL, 10)));
}
