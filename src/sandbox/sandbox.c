/* sandbox.c: from a description to a bubblewrap command line (see sandbox.h). */
#include "sandbox/sandbox_internal.h"

#include "base/fs.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A session of its own for the program: no terminal, and its kill(0) does not
 * reach bubblewrap. Not by --new-session, which takes bubblewrap's inner process
 * along, out of the group that process_run() waits for and whose CPU time it counts. */
#define SETSID "/usr/bin/setsid"
#define PRIVATE_TMP_BYTES "1073741824" /* memory that /tmp inside may take */

static const char *const isolation[] = {
	"--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--hostname", "localhost",
	"--ro-bind", "/usr", "/usr",
};

/* Links into /usr on most systems, folders on others. */
static const char *const system_folders[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };

static const char *const etc_always[] = {
	"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "os-release",
	"debian_version", "mime.types", "services", "protocols", "ssl/openssl.cnf",
};

static const char *const etc_network[] = {
	"resolv.conf", "hosts", "nsswitch.conf", "host.conf", "gai.conf", "ssl/certs", "ca-certificates",
	"ca-certificates.conf", "pki", "crypto-policies",
};

static const char *const etc_ours[] = { "passwd", "group", "hosts", "nsswitch.conf" };

void sandbox_release(struct sandbox *s)
{
	strv_release(&s->read_only);
	strv_release(&s->writable);
	strv_release(&s->shown_as);
	strv_release(&s->env);
	free(s->home);
	free(s->cwd);
	*s = (struct sandbox){ 0 };
}

static void add(struct strv *command, const char *option, const char *a, const char *b)
{
	strv_add(command, option);
	strv_add(command, a);
	if (b)
		strv_add(command, b);
}

static void add_system_folder(struct strv *command, const char *name)
{
	AUTO_FREE char *path = xasprintf("/%s", name);
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		add(command, "--symlink", target, path);
	} else if (path_is_dir(path)) {
		add(command, "--ro-bind", path, path);
	}
}

static void add_etc(struct strv *command, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *path = xasprintf("/etc/%s", names[i]);
		struct stat st; /* follows links: one that points nowhere is not there */
		if (stat(path, &st) == 0)
			add(command, "--ro-bind", path, path);
	}
}

static int add_system(const struct sandbox *s, struct strv *command, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(isolation); i++)
		strv_add(command, isolation[i]);
	if (s->network)
		strv_add(command, "--share-net");
	for (size_t i = 0; i < ARRAY_LEN(system_folders); i++)
		add_system_folder(command, system_folders[i]);
	add_etc(command, etc_always, ARRAY_LEN(etc_always));
	if (s->network)
		add_etc(command, etc_network, ARRAY_LEN(etc_network));
	AUTO_FREE char *ours = NULL;
	if (sandbox_etc(&ours, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(etc_ours); i++) {
		AUTO_FREE char *from = path_join(ours, etc_ours[i]);
		AUTO_FREE char *to = path_join("/etc", etc_ours[i]);
		if (!s->network || !path_exists(to) || i < 2) /* with a network, names are looked up as the host does */
			add(command, "--ro-bind", from, to);
	}
	add(command, "--proc", "/proc", NULL);
	add(command, "--dev", "/dev", NULL);
	if (path_is_dir("/sys/devices/system"))
		add(command, "--ro-bind", "/sys/devices/system", "/sys/devices/system"); /* number of CPUs */
	strv_add(command, "--perms");
	add(command, "1777", "--size", PRIVATE_TMP_BYTES);
	add(command, "--tmpfs", "/tmp", NULL);
	add(command, "--symlink", "/tmp", "/var/tmp");
	add(command, "--dir", "/run", NULL);
	return 0;
}

struct bind {
	char *path, *from; /* inside and outside */
	bool writable;
};

/* Parents before what lies in them; of the same path, the writable one last, so that it counts. */
static int compare_binds(const void *a, const void *b)
{
	const struct bind *x = a, *y = b;
	int order = strcmp(x->path, y->path);
	return order ? order : (int)x->writable - (int)y->writable;
}

static int add_binds(const struct sandbox *s, bool must_exist, struct strv *command, struct error *err)
{
	AUTO_STRV authorities = { 0 };
	if (s->network)
		sandbox_ca_paths(&authorities);
	const struct strv *lists[] = { &authorities, &s->read_only, &s->writable };
	struct bind *binds = xcalloc(authorities.n + s->read_only.n + s->writable.n + s->shown_as.n / 2 + 1, sizeof(*binds));
	size_t n = 0;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			binds[n++] = (struct bind){ path_absolute(lists[l]->v[i]), path_absolute(lists[l]->v[i]), lists[l] == &s->writable };
	for (size_t i = 0; i + 1 < s->shown_as.n; i += 2)
		binds[n++] = (struct bind){ path_absolute(s->shown_as.v[i + 1]), path_absolute(s->shown_as.v[i]), true };
	binds[n++] = (struct bind){ path_absolute(s->home), path_absolute(s->home), true };
	qsort(binds, n, sizeof(*binds), compare_binds);
	int result = 0;
	for (size_t i = 0; i < n; i++) {
		if (result == 0 && must_exist && access(binds[i].from, F_OK) < 0)
			result = error_errno(err, ERR_IO, errno, "cannot show '%s' in the sandbox", binds[i].from);
		add(command, binds[i].writable ? "--bind" : "--ro-bind", binds[i].from, binds[i].path);
		free(binds[i].path);
		free(binds[i].from);
	}
	free(binds);
	return result;
}

static int plan(const struct sandbox *s, const struct strv *argv, bool must_exist, struct strv *command,
                struct strv *env, struct error *err)
{
	AUTO_STRV inside = { 0 };
	sandbox_env(s, &inside);
	if (s->disabled) {
		strv_add_all(env, &inside);
		strv_add_all(command, argv);
		return 0;
	}
	AUTO_FREE char *bwrap = NULL;
	if (sandbox_program(&bwrap, err) < 0)
		return -1;
	strv_add(command, bwrap);
	if (add_system(s, command, err) < 0 || add_binds(s, must_exist, command, err) < 0)
		return -1;
	AUTO_FREE char *cwd = path_absolute(s->cwd ? s->cwd : s->home);
	if (s->make_cwd)
		add(command, "--dir", cwd, NULL);
	add(command, "--remount-ro", "/", NULL); /* the root itself is a tmpfs; nobody writes there */
	add(command, "--chdir", cwd, NULL);
	for (size_t i = 0; i < inside.n; i++) {
		if (!sandbox_env_is_loader(inside.v[i])) {
			strv_add(env, inside.v[i]);
			continue;
		}
		const char *equals = strchr(inside.v[i], '=');
		AUTO_FREE char *name = xstrndup(inside.v[i], (size_t)(equals - inside.v[i]));
		add(command, "--setenv", name, equals + 1);
	}
	strv_add(command, "--");
	strv_add(command, SETSID);
	strv_add_all(command, argv);
	return 0;
}

int sandbox_plan(const struct sandbox *s, const struct strv *argv, struct strv *command, struct strv *env, struct error *err)
{
	if (!s->home || argv->n == 0)
		return error_set(err, ERR_INTERNAL, "a sandbox without a home or a command");
	AUTO_FREE char *tmp = path_join(s->home, "tmp");
	if (make_dirs(tmp, err) < 0)
		return -1;
	return plan(s, argv, true, command, env, err);
}

/* ---- running ---- */

/* bubblewrap reports a signal as the shell does. */
static void restore_signal(struct process_result *r)
{
	if (r->ending != END_EXIT || r->code <= 128 || r->code > 128 + 64)
		return;
	r->ending = END_SIGNAL;
	r->code -= 128;
}

/* Was it the start that failed, not the program? The message can be printed by
 * anybody, so the sandbox is tried again with a program of ours. */
static int check_start(const struct sandbox *s, const struct strv *argv, struct process_result *r, struct error *err)
{
	const char *output = buf_str(&r->output);
	bool setup = r->code == 1 && str_starts(output, "bwrap: ");
	bool exec = (r->code == 126 || r->code == 127) && str_starts(output, "setsid: ");
	if (r->ending != END_EXIT || (!setup && !exec))
		return 0;
	AUTO_STRV probe = { 0 }, command = { 0 }, env = { 0 };
	strv_add(&probe, "/bin/sh");
	strv_add(&probe, "-c");
	strv_add(&probe, "command -v \"$1\" >/dev/null || exit 7");
	strv_add(&probe, "sh");
	strv_add(&probe, argv->v[0]);
	if (plan(s, &probe, true, &command, &env, err) < 0)
		return -1;
	struct process_spec spec = { .argv = &command, .env = &env, .cwd = "/", .deadline_seconds = 30 };
	AUTO_PROCESS tried = { 0 };
	if (process_run(&spec, &tried, err) < 0)
		return -1;
	if (process_ok(&tried))
		return 0;
	r->ending = END_FAILED;
	if (tried.code == 7)
		error_set(err, ERR_TOOL, "cannot start `%s` in the sandbox: not found there", argv->v[0]);
	else
		error_set(err, ERR_TOOL, "cannot set up the sandbox for `%s`", argv->v[0]);
	AUTO_FREE char *why = text_safe_line(buf_str(tried.code == 7 ? &r->output : &tried.output));
	return error_why(err, "%s", why);
}

int sandbox_run(const struct sandbox *s, const struct strv *argv, const struct process_spec *spec,
                struct process_result *result, struct error *err)
{
	*result = (struct process_result){ .ending = END_FAILED };
	AUTO_STRV command = { 0 }, env = { 0 };
	if (sandbox_plan(s, argv, &command, &env, err) < 0)
		return -1;
	struct process_spec real = *spec;
	real.argv = &command;
	real.env = &env;
	real.fixed_addresses = spec->fixed_addresses || s->fixed_addresses;
	real.observer = s->observer;
	real.slot = s->slot;
	real.cwd = !s->disabled ? "/" : s->cwd ? s->cwd : s->home;
	observe_command(s->observer, argv);
	if (process_run(&real, result, err) < 0)
		return -1;
	if (s->disabled)
		return 0;
	restore_signal(result);
	return check_start(s, argv, result, err);
}

/* ---- one line for a shell ---- */

static void quote(struct buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	if (*s && s[strspn(s, plain)] == '\0') {
		buf_adds(out, s);
		return;
	}
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* A URL's password is never written down: it is taken from the reader's own
 * environment where it came from there, else hidden. */
static void quote_variable(struct buf *out, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	AUTO_FREE char *name = xstrndup(assignment, (size_t)(equals - assignment));
	AUTO_FREE char *hidden = text_hide_credentials(equals + 1);
	if (str_eq(hidden, equals + 1)) {
		quote(out, assignment);
	} else if (str_eq(getenv(name), equals + 1)) {
		buf_addf(out, "%s=\"${%s-}\"", name, name);
	} else {
		AUTO_FREE char *safe = xasprintf("%s=%s", name, hidden);
		quote(out, safe);
	}
}

char *sandbox_command_line(const struct sandbox *s, const struct strv *argv)
{
	AUTO_STRV command = { 0 }, env = { 0 };
	AUTO_BUF out = { 0 };
	AUTO_FREE char *tmp = path_join(s->home, "tmp");
	if (plan(s, argv, false, &command, &env, NULL) < 0)
		strv_copy(&command, argv); /* bubblewrap is gone: better the bare command than none */
	buf_adds(&out, "mkdir -p ");
	quote(&out, tmp);
	if (s->disabled) {
		buf_adds(&out, " && cd ");
		quote(&out, s->cwd ? s->cwd : s->home);
	}
	buf_adds(&out, " && env -i");
	for (size_t i = 0; i < env.n; i++) {
		buf_addc(&out, ' ');
		quote_variable(&out, env.v[i]);
	}
	for (size_t i = 0; i < command.n; i++) {
		buf_addc(&out, ' ');
		quote(&out, command.v[i]);
	}
	return buf_steal(&out);
}
