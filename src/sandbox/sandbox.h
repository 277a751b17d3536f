/*
 * sandbox.h: package code runs here and nowhere else (promise 5).
 *
 * A sandbox is described first (a plan of what it may see), then turned into a
 * bubblewrap command line in front of the program's own. Inside: all namespaces
 * unshared, no network unless asked, no capabilities, the system's folders
 * (/usr, /bin, /lib*, /etc without secrets, /opt is not) read-only, private
 * /tmp, /dev, /proc and HOME, a minimal environment, and rlimits from the
 * caller's struct process_spec. Nothing of the user's home is visible unless bound.
 *
 * With a network, the host's resolver files, the proxy variables, and the CA
 * variables with the files that they name are passed in. Loopback always works.
 * The program is a session of its own; when sandbox_run() returns, every process
 * of the sandbox is gone and its CPU time is counted. grace_seconds is of no use
 * here: SIGTERM ends bubblewrap, and with it everything inside at once.
 */
#ifndef MC_SANDBOX_H
#define MC_SANDBOX_H

#include "base/buf.h"
#include "base/error.h"
#include "process/process.h"

struct sandbox {
	bool disabled;          /* --no-sandbox: the program runs bare, in the same folders and environment */
	bool network;           /* share the host's network (resolver only) */
	struct strv read_only;  /* host paths visible under the same name, read-only; a missing one is an error */
	struct strv writable;   /* host paths visible under the same name, writable */
	struct strv shown_as;   /* pairs: a host path, and the path under which it is visible, writable; without a sandbox nothing */
	struct strv env;        /* NAME=value added to the minimal environment
	                           (PATH, LANG=C.UTF-8, TZ=UTC, HOME, TMPDIR, PYTHONHASHSEED=0,
	                           PYTHONDONTWRITEBYTECODE=1, SOURCE_DATE_EPOCH); same name replaces */
	bool fixed_addresses;   /* no randomised memory layout inside, for ThreadSanitizer */
	const struct observer *observer; /* hears of each command that is run and of each line that it prints; borrowed, may be NULL */
	int slot;               /* the observer's step that these belong to; 0: none */
	char *home;             /* host folder that is HOME and holds TMPDIR (home/tmp), writable; required */
	char *cwd;              /* working folder inside; NULL: home */
	bool make_cwd;          /* an empty one is made where nothing shows it */
};

#define AUTO_SANDBOX CLEANUP(sandbox_release) struct sandbox
void sandbox_release(struct sandbox *s); /* frees the plan and zeroes *s; no folder is removed */

/* Is bubblewrap there and able to work? Runs it once on /bin/true. On failure
 * ERR_SANDBOX_OFF with the reason (missing program, user namespaces off) and a
 * hint that names `--no-sandbox`. */
int sandbox_check(struct error *err);

/* The command line and environment that run argv inside s; both added to. Makes
 * home/tmp. ERR_IO when a path to be shown does not exist. A caller that runs it by
 * itself must set spec.cwd when s->disabled, and gets signals as codes above 128. */
int sandbox_plan(const struct sandbox *s, const struct strv *argv, struct strv *command, struct strv *env, struct error *err);

/* sandbox_plan() and process_run() in one: spec's argv, env and cwd are ignored. A
 * signal is END_SIGNAL as without a sandbox (so an exit code of 129 to 192 is read
 * as one). ERR_TOOL and END_FAILED when the program is not there inside. */
int sandbox_run(const struct sandbox *s, const struct strv *argv, const struct process_spec *spec,
                struct process_result *result, struct error *err);

/* Bounds of package code, set in spec: 8 GiB for one file; of address space, for each process, three quarters of
 * the machine's memory in a suite. In a build it is all of it and at least 8 GiB: compilers map more than they
 * use, and one that dies of it would be blamed on the package. With `tsan` it is not bounded: the sanitizer
 * reserves terabytes. */
void sandbox_bound_suite(struct process_spec *spec, bool tsan);
void sandbox_bound_build(struct process_spec *spec, bool tsan); /* as above */

/* The same command as one line for a shell, quoted, for `reproduce`. Never
 * fails; passwords of URLs are left out. The caller owns it. */
char *sandbox_command_line(const struct sandbox *s, const struct strv *argv) MC_NODISCARD;

#endif
