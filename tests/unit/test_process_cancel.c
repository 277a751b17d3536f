/* test_process_cancel.c: all children end at once when the tool is interrupted.
 * A program of its own, because cancellation is for good. */
#include "process/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4

struct job {
	struct process_result r;
	int status;
};

static void ready(void *cookie, const char *data, size_t n)
{
	(void)!write(*(int *)cookie, data, n);
}

static int pipe_to_main[2];

static void *sleeper(void *arg)
{
	struct job *job = arg;
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, "printf r; exec sleep 60");
	struct process_spec spec = { .argv = &argv, .on_output = ready, .cookie = &pipe_to_main[1] };
	job->status = process_run(&spec, &job->r, NULL);
	return NULL;
}

/* Starts the sleepers, waits until each one has printed, ends them by `end`. */
static void run_and_end(struct job jobs[THREADS], void (*end)(void))
{
	pthread_t t[THREADS];
	assert_int_equal(pipe(pipe_to_main), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, sleeper, &jobs[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		char c;
		assert_int_equal(read(pipe_to_main[0], &c, 1), 1);
	}
	end();
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	close(pipe_to_main[0]);
	close(pipe_to_main[1]);
}

static bool all_killed(const struct job jobs[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		if (jobs[i].status != 0 || jobs[i].r.code != SIGKILL || jobs[i].r.ending != END_SIGNAL)
			return false;
	return true;
}

static void test_kill_now(void **state)
{
	(void)state;
	pid_t pid = fork(); /* the flag that it sets stays in there */
	if (pid == 0) {
		struct job jobs[THREADS] = { 0 };
		run_and_end(jobs, processes_kill_now);
		_exit(all_killed(jobs) ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_cancel(void **state)
{
	(void)state;
	struct job jobs[THREADS] = { 0 };
	assert_false(processes_cancelled());
	run_and_end(jobs, processes_cancel);
	assert_true(processes_cancelled());
	assert_true(all_killed(jobs));
	for (int i = 0; i < THREADS; i++) {
		assert_true(jobs[i].r.cancelled);
		process_result_release(&jobs[i].r);
	}
	struct job late = { 0 };
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "true");
	AUTO_ERROR err = { 0 };
	late.status = process_run(&(struct process_spec){ .argv = &argv }, &late.r, &err);
	assert_int_equal(late.status, -1);
	assert_int_equal(err.code, ERR_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_now),
		cmocka_unit_test(test_cancel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
