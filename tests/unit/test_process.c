/* test_process.c: children run to their end: output, limits, descriptors, deadlines, stacks. */
#include "process/process.h"

#include "base/fs.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define RUNS 20

static char *folder; /* private to this run of the test */
static char *self;

static void sh(struct strv *argv, const char *script)
{
	strv_add(argv, "sh");
	strv_add(argv, "-c");
	strv_add(argv, script);
}

static int run_sh(const char *script, struct process_spec spec, struct process_result *r, struct error *err)
{
	AUTO_STRV argv = { 0 };
	sh(&argv, script);
	spec.argv = &argv;
	return process_run(&spec, r, err);
}

/* Nothing of that number is left, not even a zombie. Waits, because init may have to reap it. */
static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 250; i++) {
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return true;
		usleep(20000);
	}
	return false;
}

struct seen {
	struct buf events, output;
	pid_t stuck;
	int stops;
};

static void seen_release(struct seen *s)
{
	buf_release(&s->events);
	buf_release(&s->output);
}

static void on_event(void *cookie, const char *data, size_t n)
{
	buf_add(&((struct seen *)cookie)->events, data, n);
}

static void on_output(void *cookie, const char *data, size_t n)
{
	buf_add(&((struct seen *)cookie)->output, data, n);
}

static void on_stuck(void *cookie, pid_t pid)
{
	((struct seen *)cookie)->stuck = pid;
}

static bool stop_at_third(void *cookie)
{
	return ++((struct seen *)cookie)->stops == 3;
}

/* Ends a child as soon as it has printed something: no clock decides what a test sees. */
static bool has_printed(void *cookie)
{
	return ((struct seen *)cookie)->output.len > 0;
}

static void test_output_and_code(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("echo out; echo err >&2; cat; exit 3", (struct process_spec){ 0 }, &r, NULL), 0);
	assert_string_equal(buf_str(&r.output), "out\nerr\n"); /* cat saw the end of its input at once */
	assert_int_equal(r.ending, END_EXIT);
	assert_int_equal(r.code, 3);
	assert_false(process_ok(&r));
	assert_int_equal(r.output_bytes, 8);
	assert_false(r.output_truncated);
	assert_true(r.wall_ns > 0);
	assert_true(r.peak_rss > 0);
}

static void test_input(void **state)
{
	(void)state;
	size_t n = (size_t)1 << 20;
	AUTO_FREE char *data = xcalloc(n + 1, 1);
	memset(data, 'x', n);
	AUTO_PROCESS r = { 0 }, unread = { 0 };
	struct process_spec spec = { .input = data, .input_len = n };
	assert_int_equal(run_sh("wc -c", spec, &r, NULL), 0);
	assert_int_equal(atol(buf_str(&r.output)), n);
	assert_int_equal(run_sh("exit 0", spec, &unread, NULL), 0); /* a child that never reads it harms nobody */
	assert_true(process_ok(&unread));
}

static void test_environment_and_folder(void **state)
{
	(void)state;
	AUTO_STRV env = { 0 }, argv = { 0 };
	strv_add(&env, "ONLY=this");
	strv_add(&argv, "env");
	struct process_spec spec = { .env = &env, .argv = &argv };
	AUTO_PROCESS r = { 0 }, where = { 0 };
	assert_int_equal(process_run(&spec, &r, NULL), 0);
	assert_string_equal(buf_str(&r.output), "ONLY=this\n");
	assert_int_equal(run_sh("pwd -P", (struct process_spec){ .cwd = "/usr" }, &where, NULL), 0);
	assert_string_equal(buf_str(&where.output), "/usr\n");
}

static void expect_not_started(const char *program, const char *cwd, const char *words)
{
	AUTO_ERROR err = { 0 };
	AUTO_STRV argv = { 0 };
	strv_add(&argv, program);
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .argv = &argv, .cwd = cwd };
	assert_int_equal(process_run(&spec, &r, &err), -1);
	assert_int_equal(r.ending, END_FAILED);
	assert_int_equal(err.code, ERR_TOOL);
	if (!strstr(err.what, words))
		fail_msg("'%s' lacks '%s'", err.what, words);
}

static void test_what_cannot_start_is_an_error(void **state)
{
	(void)state;
	expect_not_started("no-such-program-here", NULL, "cannot start `no-such-program-here`: not found");
	expect_not_started("/etc/passwd", NULL, "Permission denied");
	expect_not_started("/no/such/program", NULL, "No such file");
	expect_not_started("true", "/no/such/folder", "in '/no/such/folder'");
}

static void test_signal(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("kill -SEGV $$", (struct process_spec){ 0 }, &r, NULL), 0);
	assert_int_equal(r.ending, END_SIGNAL);
	assert_int_equal(r.code, SIGSEGV);
}

static void test_deadline(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .deadline_seconds = 0.1, .on_stuck = on_stuck, .cookie = &s };
	assert_int_equal(run_sh("sleep 60", spec, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	assert_int_equal(r.code, SIGKILL);
	assert_false(r.idle);
	assert_true(s.stuck > 1);
	assert_true(is_gone(s.stuck));
}

static void test_end_takes_the_group(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .should_stop = has_printed, .on_output = on_output, .cookie = &s };
	assert_int_equal(run_sh("sleep 60 & echo $!; wait", spec, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	pid_t pid = atoi(buf_str(&r.output));
	assert_true(pid > 1);
	assert_true(is_gone(pid));
}

static void test_group_ends_with_its_leader(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("sleep 60 & echo $!", (struct process_spec){ 0 }, &r, NULL), 0);
	assert_int_equal(r.ending, END_EXIT);
	assert_true(is_gone(atoi(buf_str(&r.output))));
}

static void end_when_ready(const char *script, double grace, struct process_result *r)
{
	CLEANUP(seen_release) struct seen s = { 0 };
	struct process_spec spec = { .should_stop = has_printed, .on_output = on_output, .grace_seconds = grace, .cookie = &s };
	assert_int_equal(run_sh(script, spec, r, NULL), 0);
	assert_int_equal(r->ending, END_TIMEOUT);
}

static void test_grace(void **state)
{
	(void)state;
	const char *script = "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
	AUTO_PROCESS gently = { 0 }, hard = { 0 }, deaf = { 0 };
	end_when_ready(script, 60, &gently);
	assert_non_null(strstr(buf_str(&gently.output), "bye"));
	assert_int_equal(gently.code, 4);
	end_when_ready(script, 0, &hard);
	assert_int_equal(hard.code, SIGKILL);
	assert_null(strstr(buf_str(&hard.output), "bye"));
	end_when_ready("trap '' TERM; echo ready; while :; do sleep 0.05; done", 0.1, &deaf);
	assert_int_equal(deaf.code, SIGKILL);
}

static void test_events(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .event_fd = 7, .on_event = on_event, .on_output = on_output, .cookie = &s };
	assert_int_equal(run_sh("echo event >&7; echo plain", spec, &r, NULL), 0);
	assert_string_equal(buf_str(&s.events), "event\n");
	assert_string_equal(buf_str(&s.output), "plain\n");
	assert_string_equal(buf_str(&r.output), "plain\n");
	assert_int_equal(s.stuck, 0);
}

static void test_idle(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .event_fd = 3, .idle_seconds = 0.2, .on_event = on_event, .on_stuck = on_stuck, .cookie = &s };
	assert_int_equal(run_sh("echo once >&3; while :; do echo noise; sleep 0.05; done", spec, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	assert_true(r.idle); /* noise on the output is no event */
	assert_true(s.stuck > 1);
}

/* Lets more time pass than idle_seconds allows, then lets the child go. */
static void slow_event(void *cookie, const char *data, size_t n)
{
	on_event(cookie, data, n);
	usleep(1100000);
	AUTO_FREE char *go = path_join(folder, "go");
	write_file(go, "", 0, NULL);
}

static void test_event_starts_the_clock_again(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	AUTO_FREE char *script = xasprintf("echo once >&3; until [ -e %s/go ]; do sleep 0.02; done", folder);
	struct process_spec spec = { .event_fd = 3, .idle_seconds = 1, .on_event = slow_event, .cookie = &s };
	assert_int_equal(run_sh(script, spec, &r, NULL), 0);
	assert_true(process_ok(&r));
	assert_false(r.idle);
}

/* Lets the child speak once more while the loop does not listen. */
static void ask_for_last_words(void *cookie, pid_t pid)
{
	(void)cookie;
	(void)pid;
	AUTO_FREE char *ask = path_join(folder, "ask"), *said = path_join(folder, "said");
	write_file(ask, "", 0, NULL);
	for (int i = 0; i < 500 && !path_exists(said); i++)
		usleep(10000);
}

static void test_last_words(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	AUTO_FREE char *script = xasprintf("cd %s; echo first; until [ -e ask ]; do sleep 0.02; done; "
	                                   "echo last; echo event >&3; : > said; exec sleep 60", folder);
	struct process_spec spec = { .event_fd = 3, .should_stop = has_printed, .on_output = on_output,
		                         .on_event = on_event, .on_stuck = ask_for_last_words, .cookie = &s };
	assert_int_equal(run_sh(script, spec, &r, NULL), 0);
	assert_string_equal(buf_str(&r.output), "first\nlast\n");
	assert_string_equal(buf_str(&s.events), "event\n");
}

static void test_should_stop(void **state)
{
	(void)state;
	CLEANUP(seen_release) struct seen s = { 0 };
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_sh("sleep 60", (struct process_spec){ .should_stop = stop_at_third, .cookie = &s }, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	assert_int_equal(s.stops, 3);
}

static void on_line(void *cookie, const struct event *e)
{
	if (e->kind == EVENT_OUTPUT)
		buf_addf(cookie, "%d <%s>\n", e->slot, e->text);
}

/* However the bytes come in, each line is one event; what has no end yet waits for it. */
static void test_lines_of_output_are_events(void **state)
{
	(void)state;
	AUTO_BUF seen = { 0 };
	AUTO_PROCESS r = { 0 };
	struct observer o = { .notify = on_line, .cookie = &seen };
	struct process_spec spec = { .observer = &o, .slot = 7 };
	assert_int_equal(run_sh("printf 'on'; sleep 0.1; printf 'e\\ntwo\\r\\n\\nfo\\0ur\\nend'", spec, &r, NULL), 0);
	assert_string_equal(buf_str(&seen), "7 <one>\n7 <two>\n7 <>\n7 <fo ur>\n7 <end>\n");
	AUTO_PROCESS wide = { 0 };
	buf_clear(&seen);
	assert_int_equal(run_sh("printf '%05000d\\n' 0", spec, &wide, NULL), 0);
	assert_int_equal(seen.len, 5000 + 2 * strlen("7 <>\n"));
}

static void test_limits(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	struct rlimit core; /* as much as the machine allows, so that the 0 below is of our making */
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	core.rlim_cur = core.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
	struct process_spec spec = { .limit_address_space = 512u << 20, .limit_file_size = 1 << 20, .limit_cpu_seconds = 77 };
	assert_int_equal(run_sh("ulimit -c; ulimit -v; ulimit -f; ulimit -t", spec, &r, NULL), 0);
	assert_string_equal(buf_str(&r.output), "0\n524288\n2048\n77\n");
}

static void test_fixed_addresses(void **state)
{
	(void)state;
	AUTO_PROCESS fixed = { 0 };
	AUTO_PROCESS plain = { 0 };
	assert_int_equal(run_sh("cat /proc/self/personality", (struct process_spec){ .fixed_addresses = true }, &fixed, NULL), 0);
	assert_int_equal(run_sh("cat /proc/self/personality", (struct process_spec){ 0 }, &plain, NULL), 0);
	assert_string_equal(buf_str(&fixed.output), "00040000\n"); /* ADDR_NO_RANDOMIZE */
	assert_string_equal(buf_str(&plain.output), "00000000\n");
}

static void test_signals_are_reset(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sigset_t usr;
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr, NULL);
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "grep");
	strv_add(&argv, "-E");
	strv_add(&argv, "Sig(Blk|Ign)");
	strv_add(&argv, "/proc/self/status");
	AUTO_PROCESS r = { 0 };
	assert_int_equal(process_run(&(struct process_spec){ .argv = &argv }, &r, NULL), 0);
	pthread_sigmask(SIG_UNBLOCK, &usr, NULL);
	signal(SIGPIPE, SIG_DFL);
	const char *ignored = strstr(buf_str(&r.output), "SigBlk:\t0000000000000000\nSigIgn:\t");
	assert_non_null(ignored);
	/* 32 and 33 are the C library's own: what make starts has them ignored, and nobody can reset them */
	assert_int_equal(strtoull(strrchr(ignored, '\t') + 1, NULL, 16) & ~(3ULL << 31), 0);
}

/* Each of many children at once sees its own three descriptors and its own
 * event pipe, and nothing of its siblings or of a careless open() of the tool. */
static void *many_children(void *arg)
{
	const char *bad = NULL;
	for (int i = 0; i < RUNS && !bad; i++) {
		CLEANUP(seen_release) struct seen s = { 0 };
		AUTO_FREE char *token = xasprintf("%zu-%d", (size_t)arg, i);
		AUTO_FREE char *script = xasprintf("ls -m /proc/$$/fd; echo out %s; echo event %s >&9; cat", token, token);
		AUTO_FREE char *output = xasprintf("0, 1, 2, 9\nout %s\n%s", token, token);
		AUTO_FREE char *event = xasprintf("event %s\n", token);
		AUTO_PROCESS r = { 0 };
		struct process_spec spec = { .event_fd = 9, .on_event = on_event, .cookie = &s, .input = token, .input_len = strlen(token) };
		if (run_sh(script, spec, &r, NULL) < 0 || !process_ok(&r))
			bad = "a child failed";
		else if (!str_eq(buf_str(&r.output), output) || !str_eq(buf_str(&s.events), event))
			bad = "descriptors were mixed";
		if (bad)
			fprintf(stderr, "got '%s' and '%s'\n", buf_str(&r.output), buf_str(&s.events));
	}
	return (void *)bad;
}

static void test_threads_do_not_mix(void **state)
{
	(void)state;
	AUTO_CLOSE int careless = open("/dev/null", O_RDONLY);
	assert_true(careless > 2);
	pthread_t t[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, many_children, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *bad = NULL;
		pthread_join(t[i], &bad);
		if (bad)
			fail_msg("%s", (const char *)bad);
	}
}

static void test_usage_of_grandchildren(void **state)
{
	(void)state;
	AUTO_PROCESS r = { 0 };
	const char *burn = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'";
	assert_int_equal(run_sh(burn, (struct process_spec){ 0 }, &r, NULL), 0);
	assert_true(r.cpu_ns > 10000000); /* the loop needs 20 times that */
}

/* The tool dies without a chance to clean up. */
static void test_killed_tool_leaves_nothing(void **state)
{
	(void)state;
	AUTO_FREE char *path = path_join(folder, "orphan");
	pid_t tool = fork();
	if (tool == 0) {
		AUTO_FREE char *script = xasprintf("echo $$ > %s.new; mv %s.new %s; exec sleep 60", path, path, path);
		AUTO_PROCESS r = { 0 };
		run_sh(script, (struct process_spec){ 0 }, &r, NULL);
		_exit(1);
	}
	AUTO_BUF text = { 0 };
	for (int i = 0; i < 500 && !path_exists(path); i++)
		usleep(10000);
	assert_int_equal(read_file(path, 64, &text, NULL), 0);
	kill(tool, SIGKILL);
	waitpid(tool, NULL, 0);
	pid_t orphan = atoi(buf_str(&text));
	assert_true(orphan > 1);
	/* The orphan is ours now if this program became a subreaper before. */
	for (int i = 0; i < 250 && kill(orphan, 0) == 0; i++) {
		waitpid(orphan, NULL, WNOHANG);
		usleep(20000);
	}
	assert_int_equal(kill(orphan, 0), -1);
}

int main(void)
{
	self = realpath("/proc/self/exe", NULL);
	if (!self || make_temp_dir("/tmp", "mc-process", &folder, NULL) < 0)
		return 99;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_tool_leaves_nothing),
		cmocka_unit_test(test_output_and_code),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_environment_and_folder),
		cmocka_unit_test(test_what_cannot_start_is_an_error),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_end_takes_the_group),
		cmocka_unit_test(test_group_ends_with_its_leader),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_event_starts_the_clock_again),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_should_stop),
		cmocka_unit_test(test_lines_of_output_are_events), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_fixed_addresses),
		cmocka_unit_test(test_signals_are_reset),
		cmocka_unit_test(test_threads_do_not_mix),
		cmocka_unit_test(test_usage_of_grandchildren),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_tree(folder, NULL);
	free(folder);
	free(self);
	return failed;
}
