/* test_stacks.c: processes looked at from outside: native stacks and frames, held crashes, the right descendant. */
#include "process/process.h"

#include "base/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self;

struct seen {
	struct buf output;
	pid_t stuck;
	char *stacks;
	struct strv frames;
	int held;
};

static void seen_release(struct seen *s)
{
	buf_release(&s->output);
	free(s->stacks);
	strv_release(&s->frames);
}

static void on_output(void *cookie, const char *data, size_t n)
{
	buf_add(&((struct seen *)cookie)->output, data, n);
}

/* Ends a child as soon as it has printed something: no clock decides what a test sees. */
static bool has_printed(void *cookie)
{
	return ((struct seen *)cookie)->output.len > 0;
}

static int run_sh(const char *script, struct process_spec spec, struct process_result *r)
{
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	spec.argv = &argv;
	return process_run(&spec, r, NULL);
}

__attribute__((noinline)) static void nap_deep_inside(void)
{
	for (int i = 0; i < 600; i++)
		usleep(100000);
}

static void look_at_stack(void *cookie, pid_t pid)
{
	struct seen *s = cookie;
	s->stuck = pid;
	s->stacks = process_native_stacks(pid, &s->frames);
}

static void test_native_stacks(void **state)
{
	(void)state;
	AUTO_FREE char *gdb = find_program("gdb");
	if (!gdb)
		skip();
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_STRV argv = { 0 };
	strv_add(&argv, self);
	strv_add(&argv, "nap");
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .argv = &argv, .should_stop = has_printed, .on_output = on_output, .on_stuck = look_at_stack, .cookie = &s };
	assert_int_equal(process_run(&spec, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	assert_non_null(s.stacks);
	if (!strstr(s.stacks, "nap_deep_inside"))
		fail_msg("no frame of the helper in: %s", s.stacks);
	assert_null(strstr(s.stacks, "\npc 0x"));
	assert_true(strv_has(&s.frames, "test_stacks!nap_deep_inside") || strv_has(&s.frames, "lt-test_stacks!nap_deep_inside"));
	assert_null(process_native_stacks(s.stuck, NULL)); /* gone */
}

/* Stands in pause() above the frame that crashed; the sanitizers would end it first. */
static __attribute__((noinline, no_sanitize("address", "undefined"))) void crash_deep_inside(volatile int *nowhere)
{
	*nowhere = 1;
}

static int crash_held(void)
{
	signal(SIGSEGV, (void (*)(int))(void *)pause);
	crash_deep_inside(NULL);
	return 0;
}

static void on_start(void *cookie, pid_t pid)
{
	((struct seen *)cookie)->stuck = pid;
}

static bool is_held(void *cookie)
{
	struct seen *s = cookie;
	s->held = process_held_signal(s->stuck);
	return s->held != 0;
}

static void test_held_crash(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_STRV argv = { 0 };
	strv_add(&argv, self);
	strv_add(&argv, "crash");
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .argv = &argv, .should_stop = is_held, .on_start = on_start, .on_stuck = look_at_stack, .cookie = &s,
		                         .deadline_seconds = 60 };
	assert_int_equal(process_run(&spec, &r, NULL), 0);
	assert_int_equal(s.held, SIGSEGV);
	assert_int_equal(process_held_signal(s.stuck), 0); /* gone */
	assert_int_equal(process_held_signal(getpid()), 0);
	if (!process_has_native_stacks())
		skip();
	assert_true(s.frames.n > 0 && str_ends(s.frames.v[0], "test_stacks!crash_deep_inside"));
}

/* Helper threads of runtimes block every signal; that is no crash. */
static void test_blocked_signals_are_no_crash(void **state)
{
	(void)state;
	sigset_t all, before, one;
	sigfillset(&all);
	sigemptyset(&one);
	sigaddset(&one, SIGABRT);
	pid_t child = fork();
	if (child == 0) {
		pthread_sigmask(SIG_BLOCK, &all, &before);
		pause();
		_exit(0);
	}
	pid_t other = fork();
	if (other == 0) { /* blocks one of them, and sleeps elsewhere */
		pthread_sigmask(SIG_BLOCK, &one, NULL);
		sleep(600);
		_exit(0);
	}
	usleep(100000);
	assert_int_equal(process_held_signal(child), 0);
	assert_int_equal(process_held_signal(other), 0);
	kill(child, SIGKILL);
	kill(other, SIGKILL);
	waitpid(child, NULL, 0);
	waitpid(other, NULL, 0);
}

static void find_outermost(void *cookie, pid_t pid)
{
	struct seen *s = cookie;
	for (int i = 0; i < 250 && process_find_descendant(pid, "sleep") == pid; i++)
		usleep(20000);
	assert_int_equal(process_find_outermost(pid, "sleep"), process_find_descendant(pid, "sleep"));
	assert_int_equal(process_find_outermost(pid, "no-such-program"), 0);
	s->stuck = pid;
}

static void test_find_outermost(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .deadline_seconds = 0.1, .on_stuck = find_outermost, .cookie = &s };
	assert_int_equal(run_sh("sh -c 'sleep 61; :'; :", spec, &r), 0);
	assert_true(s.stuck > 0);
}

static void look_for_sleep(void *cookie, pid_t pid)
{
	struct seen *s = cookie;
	s->stuck = pid;
	pid_t found = pid;
	for (int i = 0; i < 250 && found == pid; i++) { /* until the shells have come so far */
		usleep(20000);
		found = process_find_descendant(pid, "sleep");
	}
	AUTO_FREE char *path = xasprintf("/proc/%d/cmdline", (int)found);
	read_file(path, 4096, &s->output, NULL);
	assert_int_equal(process_find_descendant(pid, "no-such-program"), pid);
}

static void test_find_descendant(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .deadline_seconds = 0.1, .on_stuck = look_for_sleep, .cookie = &s };
	assert_int_equal(run_sh("sh -c 'sleep 61; :'; :", spec, &r), 0);
	assert_int_equal(s.output.len, sizeof("sleep\00061"));
	assert_string_equal(buf_str(&s.output), "sleep");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "nap") == 0) {
		(void)!write(STDOUT_FILENO, "r", 1);
		nap_deep_inside();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "crash") == 0)
		return crash_held();
	self = realpath("/proc/self/exe", NULL);
	if (!self)
		return 99;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native_stacks),
		cmocka_unit_test(test_held_crash),
		cmocka_unit_test(test_blocked_signals_are_no_crash),
		cmocka_unit_test(test_find_outermost),
		cmocka_unit_test(test_find_descendant),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(self);
	return failed;
}
