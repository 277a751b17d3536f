/*
 * process_spawn.c: from a process_spec to a running child.
 *
 * The tool has threads, so between fork and exec only async-signal-safe calls
 * are made: everything that allocates is prepared before, and a failure comes
 * back as two integers through a pipe that a successful exec closes.
 */
#include "process/process_internal.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* <linux/close_range.h> is absent from some build hosts; the value is kernel ABI. */
#define CLOSE_ON_EXEC (1U << 2)
/* Room for 0, 1, 2 and the event descriptor below the ones that are only passing through. */
#define PASSING_FD 64
#define LAST_SIGNAL 64

enum step { STEP_DESCRIPTORS, STEP_LIMITS, STEP_CWD, STEP_EXEC };

struct failure {
	int step;
	int errno_value;
};

/* Everything that the child needs, made before the fork. */
struct launch {
	const struct process_spec *spec;
	char *path;
	char **envp;
	pid_t parent;
	int in, out, event, status; /* the child's ends */
	int out_read, event_read, status_read;
};
#define AUTO_LAUNCH CLEANUP(launch_release) struct launch

static void launch_release(struct launch *l)
{
	int *fds[] = { &l->in, &l->out, &l->event, &l->status, &l->out_read, &l->event_read, &l->status_read };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		cleanup_close_p(fds[i]);
	free(l->path);
}

extern char **environ;
static char *no_environment[] = { NULL };

static const char *path_of(char **envp)
{
	for (char **e = envp; *e; e++)
		if (str_starts(*e, "PATH="))
			return *e + strlen("PATH=");
	return "/usr/local/bin:/usr/bin:/bin";
}

/* Like execvp, but against the child's PATH and before the fork. NULL: not found. */
static char *find_in(const char *path, const char *name)
{
	if (strchr(name, '/'))
		return xstrdup(name);
	AUTO_STRV dirs = { 0 };
	strv_split(&dirs, path, ':');
	for (size_t i = 0; i < dirs.n; i++) {
		AUTO_FREE char *full = xasprintf("%s/%s", *dirs.v[i] ? dirs.v[i] : ".", name);
		char *found = find_program(full);
		if (found)
			return found;
	}
	return NULL;
}

static int make_pipe(int *reader, int *writer, struct error *err)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, ERR_TOOL, errno, "cannot make a pipe");
	*reader = fds[0];
	*writer = fds[1];
	return 0;
}

/* A file in memory, not a pipe: nobody has to feed it, and a child that never
 * reads it cannot block or signal the tool. */
static int make_input(const struct process_spec *spec, struct error *err)
{
	if (!spec->input) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return fd < 0 ? error_errno(err, ERR_TOOL, errno, "cannot open /dev/null") : fd;
	}
	AUTO_CLOSE int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_TOOL, errno, "cannot hold the input of a process");
	size_t done = 0;
	while (done < spec->input_len) {
		ssize_t n = write(fd, spec->input + done, spec->input_len - done);
		if (n < 0 && errno != EINTR)
			return error_errno(err, ERR_TOOL, errno, "cannot hold the input of a process");
		done += n > 0 ? (size_t)n : 0;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, ERR_TOOL, errno, "cannot hold the input of a process");
	int result = fd;
	fd = -1;
	return result;
}

static int launch_prepare(struct launch *l, const struct process_spec *spec, struct error *err)
{
	l->spec = spec;
	l->parent = getpid();
	l->envp = spec->env ? spec->env->v : environ;
	if (!l->envp)
		l->envp = no_environment;
	if (!spec->argv || spec->argv->n == 0)
		return error_set(err, ERR_INTERNAL, "a process without a command");
	if (spec->event_fd && (spec->event_fd <= STDERR_FILENO || spec->event_fd >= PASSING_FD))
		return error_set(err, ERR_INTERNAL, "event descriptor %d is out of range", spec->event_fd);
	if (spec->share_fd && (spec->share_as <= STDERR_FILENO || spec->share_as >= PASSING_FD || spec->share_as == spec->event_fd))
		return error_set(err, ERR_INTERNAL, "shared descriptor %d is out of range", spec->share_as);
	l->path = find_in(path_of(l->envp), spec->argv->v[0]);
	if (!l->path) {
		error_set(err, ERR_TOOL, "cannot start `%s`: not found", spec->argv->v[0]);
		return error_why(err, "looked in PATH: %s", path_of(l->envp));
	}
	l->in = make_input(spec, err);
	if (l->in < 0 || make_pipe(&l->out_read, &l->out, err) < 0 || make_pipe(&l->status_read, &l->status, err) < 0)
		return -1;
	if (spec->event_fd && make_pipe(&l->event_read, &l->event, err) < 0)
		return -1;
	fcntl(l->out_read, F_SETFL, O_NONBLOCK);
	if (l->event_read >= 0)
		fcntl(l->event_read, F_SETFL, O_NONBLOCK);
	return 0;
}

/* ---- in the child: async-signal-safe calls only, from here ---- */

_Noreturn static void give_up(int status, enum step step)
{
	struct failure f = { .step = (int)step, .errno_value = errno };
	(void)!write(status, &f, sizeof(f));
	_exit(127);
}

/* Handlers of the tool must not run here, and ignored signals must not be inherited. */
static void reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		sigaction(sig, &dfl, NULL); /* fails for KILL, STOP and libc's own: harmless */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void mark_close_on_exec(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_ON_EXEC) == 0)
		return;
	struct rlimit lim; /* kernels before 5.11 */
	rlim_t end = getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < 65536 ? lim.rlim_cur : 65536;
	for (int fd = 3; fd < (int)end; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* The descriptors may have each other's final numbers, so all move up first. */
static void place_descriptors(struct launch *l)
{
	int event_fd = l->spec->event_fd;
	int status = fcntl(l->status, F_DUPFD_CLOEXEC, PASSING_FD);
	if (status < 0)
		give_up(l->status, STEP_DESCRIPTORS);
	l->status = status;
	int in = fcntl(l->in, F_DUPFD_CLOEXEC, PASSING_FD);
	int out = fcntl(l->out, F_DUPFD_CLOEXEC, PASSING_FD);
	int event = event_fd ? fcntl(l->event, F_DUPFD_CLOEXEC, PASSING_FD) : -1;
	int share_fd = l->spec->share_fd, share_as = l->spec->share_as;
	int shared = share_fd ? fcntl(share_fd, F_DUPFD_CLOEXEC, PASSING_FD) : -1;
	if (in < 0 || out < 0 || (event_fd && event < 0) || (share_fd && shared < 0))
		give_up(status, STEP_DESCRIPTORS);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		give_up(status, STEP_DESCRIPTORS);
	if ((event_fd && dup2(event, event_fd) < 0) || (share_fd && dup2(shared, share_as) < 0))
		give_up(status, STEP_DESCRIPTORS);
	mark_close_on_exec();
	if ((event_fd && fcntl(event_fd, F_SETFD, 0) < 0) || (share_fd && fcntl(share_as, F_SETFD, 0) < 0))
		give_up(status, STEP_DESCRIPTORS);
}

/* Never above the hard limit that the tool itself has: only root may raise it. */
static void limit(int status, __rlimit_resource_t what, uint64_t value)
{
	struct rlimit lim;
	if (getrlimit(what, &lim) < 0)
		give_up(status, STEP_LIMITS);
	if (lim.rlim_max == RLIM_INFINITY || value < lim.rlim_max)
		lim.rlim_max = (rlim_t)value;
	lim.rlim_cur = lim.rlim_max;
	if (setrlimit(what, &lim) < 0)
		give_up(status, STEP_LIMITS);
}

static void set_limits(const struct process_spec *s, int status)
{
	limit(status, RLIMIT_CORE, 0);
	if (s->limit_address_space)
		limit(status, RLIMIT_AS, s->limit_address_space);
	if (s->limit_file_size)
		limit(status, RLIMIT_FSIZE, s->limit_file_size);
	if (s->limit_cpu_seconds)
		limit(status, RLIMIT_CPU, s->limit_cpu_seconds);
}

_Noreturn static void child_main(struct launch *l)
{
	setsid();
	/* kill -9 of the tool leaves nothing behind. The signal is tied to the
	 * creating thread, which stays in process_run() until the child is reaped. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != l->parent)
		_exit(127); /* the tool died before the line above */
	reset_signals();
	place_descriptors(l);
	set_limits(l->spec, l->status);
	if (l->spec->fixed_addresses) /* where that is forbidden the program may work all the same */
		(void)personality(ADDR_NO_RANDOMIZE);
	if (l->spec->cwd && chdir(l->spec->cwd) < 0)
		give_up(l->status, STEP_CWD);
	execve(l->path, l->spec->argv->v, l->envp);
	give_up(l->status, STEP_EXEC);
}

/* ---- in the tool again ---- */

static int explain(const struct launch *l, const struct failure *f, struct error *err)
{
	const char *program = l->spec->argv->v[0];
	switch (f->step) {
	case STEP_CWD:
		error_errno(err, ERR_TOOL, f->errno_value, "cannot start `%s` in '%s'", program, l->spec->cwd);
		break;
	case STEP_LIMITS:
		error_errno(err, ERR_TOOL, f->errno_value, "cannot set the limits of `%s`", program);
		break;
	default:
		error_errno(err, ERR_TOOL, f->errno_value, "cannot start `%s`", program);
		break;
	}
	return -1;
}

/* Blocks until the child has executed its program (end of file) or says why it could not. */
static bool child_failed(int status_read, struct failure *f)
{
	size_t got = 0;
	while (got < sizeof(*f)) {
		ssize_t n = read(status_read, (char *)f + got, sizeof(*f) - got);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	return got == sizeof(*f);
}

static pid_t fork_quietly(struct launch *l)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of the tool between fork and exec */
	pid_t pid = fork();
	if (pid == 0)
		child_main(l);
	int saved = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

int child_spawn(const struct process_spec *spec, struct child *c, struct error *err)
{
	AUTO_LAUNCH l = { .in = -1, .out = -1, .event = -1, .status = -1, .out_read = -1, .event_read = -1, .status_read = -1 };
	*c = (struct child){ .pidfd = -1, .output = -1, .events = -1 };
	if (launch_prepare(&l, spec, err) < 0)
		return -1;
	pid_t pid = fork_quietly(&l);
	if (pid < 0)
		return error_errno(err, ERR_TOOL, errno, "cannot start `%s`", spec->argv->v[0]);
	group_register(pid);
	cleanup_close_p(&l.status);
	l.status = -1;
	struct failure f = { 0 };
	if (child_failed(l.status_read, &f)) {
		group_forget(pid);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return explain(&l, &f, err);
	}
	c->pid = pid;
	c->pidfd = pidfd_open(pid, 0);
	c->output = l.out_read;
	c->events = l.event_read;
	l.out_read = l.event_read = -1;
	return 0;
}

void child_close(struct child *c)
{
	cleanup_close_p(&c->pidfd);
	cleanup_close_p(&c->output);
	cleanup_close_p(&c->events);
	c->pidfd = c->output = c->events = -1;
}
