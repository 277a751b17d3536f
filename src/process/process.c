/*
 * process.c: run one child from start to reaping: the poll loop, the limits of
 * time, and the ending (see process.h).
 *
 * The tool is made a subreaper, so that bubblewrap's inner process, which holds
 * the pid namespace and outlives the outer one for a moment, becomes a child of
 * the tool and is waited for as a member of the run's process group: when
 * process_run() returns, the namespace is empty and its CPU time is counted.
 */
#include "process/process_internal.h"

#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ULL
#define SHOULD_STOP_NS (SECOND / 5)
#define NO_PIDFD_NS (SECOND / 50)
#define REAP_SECONDS 30
#define GATHER_MS 5
#define GATHER_BELOW 16384 /* bytes: a quarter of what a pipe holds, so that the child does not wait */
#define DRAIN_MAX ((size_t)4 * 1024 * 1024)

enum state { RUNNING, TERMINATED, KILLED };

struct run {
	const struct process_spec *spec;
	struct process_result *r;
	struct child child;
	struct capture capture;
	struct log_sink log;
	struct line_sink lines;
	enum state state;
	bool exited;        /* the child is a zombie */
	bool timed_out;
	uint64_t start, last_event;
	uint64_t kill_at;   /* state TERMINATED: when SIGKILL follows */
	uint64_t next_stop; /* when should_stop is asked again */
};

static uint64_t seconds_ns(double s)
{
	return s >= 1e9 ? (uint64_t)1e18 : (uint64_t)(s * 1e9);
}

static void become_subreaper(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ---- ending ---- */

static void signal_group(struct run *run, int sig)
{
	kill(-run->child.pid, sig);
}

static void begin_end(struct run *run)
{
	if (run->state != RUNNING)
		return;
	bool gently = run->spec->grace_seconds > 0;
	signal_group(run, gently ? SIGTERM : SIGKILL);
	run->state = gently ? TERMINATED : KILLED;
	run->kill_at = now_monotonic_ns() + seconds_ns(run->spec->grace_seconds);
}

static void end_stuck(struct run *run)
{
	run->timed_out = true;
	if (run->spec->on_stuck)
		run->spec->on_stuck(run->spec->cookie, run->child.pid);
	begin_end(run);
}

static bool asked_to_stop(struct run *run, uint64_t now)
{
	if (!run->spec->should_stop || now < run->next_stop)
		return false;
	run->next_stop = now + SHOULD_STOP_NS;
	return run->spec->should_stop(run->spec->cookie);
}

static void check_limits(struct run *run)
{
	const struct process_spec *s = run->spec;
	uint64_t now = now_monotonic_ns();
	if (run->state == TERMINATED && now >= run->kill_at) {
		signal_group(run, SIGKILL);
		run->state = KILLED;
	}
	if (run->state != RUNNING)
		return;
	if (processes_cancelled()) {
		run->r->cancelled = true;
		begin_end(run);
	} else if (run->log.failed) {
		begin_end(run);
	} else if (s->deadline_seconds > 0 && now - run->start >= seconds_ns(s->deadline_seconds)) {
		end_stuck(run);
	} else if (s->event_fd && s->idle_seconds > 0 && now - run->last_event >= seconds_ns(s->idle_seconds)) {
		run->r->idle = true;
		end_stuck(run);
	} else if (asked_to_stop(run, now)) {
		end_stuck(run);
	}
}

/* ---- the loop ---- */

static void sooner(uint64_t *at, uint64_t candidate)
{
	if (candidate < *at)
		*at = candidate;
}

/* Milliseconds until something has to be looked at; -1: only when a descriptor says so. */
static int next_timeout(const struct run *run)
{
	const struct process_spec *s = run->spec;
	uint64_t now = now_monotonic_ns(), at = UINT64_MAX;
	if (run->state == TERMINATED)
		sooner(&at, run->kill_at);
	if (run->state == RUNNING && s->deadline_seconds > 0)
		sooner(&at, run->start + seconds_ns(s->deadline_seconds));
	if (run->state == RUNNING && s->event_fd && s->idle_seconds > 0)
		sooner(&at, run->last_event + seconds_ns(s->idle_seconds));
	if (run->state == RUNNING && s->should_stop)
		sooner(&at, run->next_stop);
	if (run->child.pidfd < 0)
		sooner(&at, now + NO_PIDFD_NS);
	if (at == UINT64_MAX)
		return -1;
	if (at <= now)
		return 0;
	uint64_t ms = (at - now + 999999) / 1000000;
	return ms > 60000 ? 60000 : (int)ms;
}

/* One read; returns the bytes, 0 at the end of file, -1 when there is nothing now. */
static ssize_t read_some(int fd, char *chunk, size_t size)
{
	ssize_t n;
	do
		n = read(fd, chunk, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t read_output(struct run *run)
{
	char chunk[65536];
	ssize_t n = read_some(run->child.output, chunk, sizeof(chunk));
	if (n > 0) {
		capture_add(&run->capture, chunk, (size_t)n);
		log_sink_add(&run->log, chunk, (size_t)n);
		line_sink_add(&run->lines, chunk, (size_t)n);
		if (run->spec->on_output)
			run->spec->on_output(run->spec->cookie, chunk, (size_t)n);
	}
	return n;
}

static ssize_t read_events(struct run *run)
{
	char chunk[65536];
	ssize_t n = read_some(run->child.events, chunk, sizeof(chunk));
	if (n > 0) {
		if (run->spec->on_event)
			run->spec->on_event(run->spec->cookie, chunk, (size_t)n);
		run->last_event = now_monotonic_ns(); /* the child does not pay for a slow callback */
	}
	return n;
}

/* WNOWAIT leaves the zombie, which pins its process group's number until the group was killed. */
static bool has_exited(const struct run *run)
{
	siginfo_t info = { 0 };
	return waitid(P_PID, (id_t)run->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == run->child.pid;
}

static void close_at_end(int *fd, ssize_t n)
{
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		close(*fd);
		*fd = -1;
	}
}

/* After a short read more is left to gather: a child that writes line by line would wake this process with each of them,
 * and take the processor from what is measured. Its end, or the user, ends the pause. */
static void pause_for_more(const struct run *run, int wake)
{
	struct pollfd p[] = { { .fd = run->child.pidfd, .events = POLLIN }, { .fd = wake, .events = POLLIN } };
	poll(p, ARRAY_LEN(p), GATHER_MS);
}

static bool is_short(ssize_t n)
{
	return n > 0 && n < GATHER_BELOW;
}

static void loop(struct run *run)
{
	while (!run->exited && run->state != KILLED) {
		/* Once seen, the descriptor stays readable: it must not turn the grace period into a spin. */
		int wake = run->state == RUNNING ? cancel_descriptor() : -1;
		struct pollfd p[] = { { .fd = run->child.pidfd, .events = POLLIN },
			                  { .fd = run->child.output, .events = POLLIN },
			                  { .fd = run->child.events, .events = POLLIN },
			                  { .fd = wake, .events = POLLIN } };
		if (poll(p, ARRAY_LEN(p), next_timeout(run)) < 0 && errno != EINTR)
			break;
		ssize_t events = 0, output = 0;
		if (p[2].revents)
			close_at_end(&run->child.events, events = read_events(run));
		if (p[1].revents)
			close_at_end(&run->child.output, output = read_output(run));
		if (!p[0].revents && (is_short(events) || is_short(output)))
			pause_for_more(run, wake);
		run->exited = (p[0].revents || run->child.pidfd < 0) && has_exited(run);
		if (!run->exited)
			check_limits(run);
	}
}

/* ---- after the loop ---- */

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_usec * 1000;
}

static void count_usage(struct process_result *r, const struct rusage *u)
{
	r->cpu_ns += timeval_ns(u->ru_utime) + timeval_ns(u->ru_stime);
	uint64_t rss = (uint64_t)u->ru_maxrss * 1024;
	if (rss > r->peak_rss)
		r->peak_rss = rss;
}

/* Wait for every child that the tool has in the run's process group, and for
 * no other thread's. Bounded, because a process in an uninterruptible sleep
 * cannot be ended by anybody. Returns whether the child itself was reaped. */
static bool reap_group(struct run *run, int *status)
{
	bool found = false;
	uint64_t give_up = now_monotonic_ns() + REAP_SECONDS * SECOND;
	long pause = 100000;
	for (;;) {
		struct rusage usage;
		int s;
		pid_t pid = wait4(-run->child.pid, &s, WNOHANG, &usage);
		if (pid > 0) {
			count_usage(run->r, &usage);
			if (pid == run->child.pid) {
				*status = s;
				found = true;
			}
			continue;
		}
		if (pid < 0 && errno != EINTR)
			return found;
		if (now_monotonic_ns() >= give_up)
			return found;
		nanosleep(&(struct timespec){ .tv_nsec = pause }, NULL);
		pause = pause < 10000000 ? pause * 2 : pause;
	}
}

static void set_ending(struct run *run, bool reaped, int status)
{
	struct process_result *r = run->r;
	if (reaped && WIFEXITED(status)) {
		r->ending = END_EXIT;
		r->code = WEXITSTATUS(status);
	} else {
		r->ending = END_SIGNAL;
		r->code = reaped ? WTERMSIG(status) : SIGKILL;
	}
	if (run->timed_out)
		r->ending = END_TIMEOUT;
}

/* What the dead have written is in the pipes; an escaped survivor may still
 * hold the writing end, so the end of file is not waited for. */
static void drain(struct run *run)
{
	size_t total = 0;
	ssize_t n;
	while (run->child.events >= 0 && total < DRAIN_MAX && (n = read_events(run)) > 0)
		total += (size_t)n;
	total = 0;
	while (run->child.output >= 0 && total < DRAIN_MAX && (n = read_output(run)) > 0)
		total += (size_t)n;
}

static void finish(struct run *run)
{
	run->r->wall_ns = now_monotonic_ns() - run->start;
	signal_group(run, SIGKILL); /* what the child left behind in its group */
	group_forget(run->child.pid);
	int status = 0;
	bool reaped = reap_group(run, &status);
	drain(run);
	set_ending(run, reaped, status);
	child_close(&run->child);
}

int process_run(const struct process_spec *spec, struct process_result *result, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, become_subreaper);
	*result = (struct process_result){ .ending = END_FAILED };
	cancel_descriptor();
	if (processes_cancelled())
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	struct run run = { .spec = spec, .r = result, .lines = { .observer = spec->observer, .slot = spec->slot } };
	if (log_sink_open(&run.log, spec, err) < 0)
		return -1;
	run.start = run.last_event = now_monotonic_ns();
	if (child_spawn(spec, &run.child, err) < 0) {
		log_sink_close(&run.log);
		return -1;
	}
	if (spec->on_start)
		spec->on_start(spec->cookie, run.child.pid);
	capture_init(&run.capture, spec->output_max);
	loop(&run);
	finish(&run);
	capture_finish(&run.capture, result);
	line_sink_end(&run.lines);
	log_sink_close(&run.log);
	if (!run.log.failed)
		return 0;
	result->ending = END_FAILED;
	return error_errno(err, ERR_IO, run.log.failed, "cannot write log '%s'", spec->log_path);
}

void process_result_release(struct process_result *r)
{
	buf_release(&r->output);
}

bool process_ok(const struct process_result *r)
{
	return r->ending == END_EXIT && r->code == 0;
}
