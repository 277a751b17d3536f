/* sandbox_check.c: is bubblewrap there and able to work, and if not, why? */
#include "sandbox/sandbox_internal.h"

#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_SECONDS 30

static const char *const probe[] = {
	"--unshare-all", "--die-with-parent", "--cap-drop", "ALL",
	"--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/usr/bin/setsid", "/bin/true",
};

/* Kernel settings that forbid user namespaces to a plain user. */
static const struct {
	const char *path;
	char forbids;
	const char *name;
} settings[] = {
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1', "kernel.apparmor_restrict_unprivileged_userns=1" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", '0', "kernel.unprivileged_userns_clone=0" },
	{ "/proc/sys/user/max_user_namespaces", '0', "user.max_user_namespaces=0" },
};

static int off(struct error *err)
{
	return error_set(err, ERR_SANDBOX_OFF, "package code cannot be isolated here");
}

int sandbox_program(char **path, struct error *err)
{
	*path = find_program("bwrap");
	if (*path)
		return 0;
	off(err);
	error_why(err, "the program bwrap (bubblewrap) is not in PATH");
	return error_hint(err, "`apt install bubblewrap`, or accept the risk with `--no-sandbox` (every report will say so)");
}

static const char *forbidding_setting(void)
{
	for (size_t i = 0; i < ARRAY_LEN(settings) && geteuid() != 0; i++) {
		AUTO_BUF value = { 0 };
		if (read_file(settings[i].path, 64, &value, NULL) == 0 && value.len > 0 && value.data[0] == settings[i].forbids &&
		    (value.len == 1 || value.data[1] == '\n'))
			return settings[i].name;
	}
	return NULL;
}

int sandbox_check(struct error *err)
{
	AUTO_STRV argv = { 0 }, env = { 0 };
	AUTO_FREE char *bwrap = NULL;
	if (sandbox_program(&bwrap, err) < 0)
		return -1;
	strv_add(&argv, bwrap);
	for (size_t i = 0; i < ARRAY_LEN(probe); i++)
		strv_add(&argv, probe[i]);
	struct process_spec spec = { .argv = &argv, .env = &env, .cwd = "/", .deadline_seconds = CHECK_SECONDS };
	AUTO_PROCESS r = { 0 };
	if (process_run(&spec, &r, err) < 0)
		return -1;
	if (process_ok(&r))
		return 0;
	off(err);
	AUTO_FREE char *said = text_safe_line(buf_str(&r.output));
	const char *setting = forbidding_setting();
	if (setting)
		error_why(err, "unprivileged user namespaces are off (%s)", setting);
	else
		error_why(err, "%s", *said ? said : "bwrap failed without a word");
	return error_hint(err, "allow them for bwrap, or accept the risk with `--no-sandbox` (every report will say so)");
}
