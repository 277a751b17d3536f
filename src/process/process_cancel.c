/* process_cancel.c: cancellation from signal handlers and other threads (see process.h). */
#include "process/process_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Many more than job slots; a group without a slot still dies with the tool (PDEATHSIG). */
#define GROUP_SLOTS 256

static atomic_bool cancelled;
static atomic_int wake_fd = -1;
static atomic_int groups[GROUP_SLOTS];

static void make_wake_fd(void)
{
	atomic_store(&wake_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/* The caller must look at processes_cancelled() after this: a cancel that came
 * before the descriptor existed has only left the flag. */
int cancel_descriptor(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_wake_fd);
	return atomic_load(&wake_fd);
}

void processes_cancel(void)
{
	int saved = errno;
	atomic_store(&cancelled, true);
	int fd = atomic_load(&wake_fd);
	uint64_t one = 1;
	if (fd >= 0)
		(void)!write(fd, &one, sizeof(one));
	errno = saved;
}

bool processes_cancelled(void)
{
	return atomic_load(&cancelled);
}

void group_register(pid_t group)
{
	for (size_t i = 0; i < GROUP_SLOTS; i++) {
		int empty = 0;
		if (atomic_compare_exchange_strong(&groups[i], &empty, group))
			return;
	}
}

void group_forget(pid_t group)
{
	for (size_t i = 0; i < GROUP_SLOTS; i++) {
		int expected = group;
		if (atomic_compare_exchange_strong(&groups[i], &expected, 0))
			return;
	}
}

void processes_kill_now(void)
{
	int saved = errno;
	atomic_store(&cancelled, true);
	for (size_t i = 0; i < GROUP_SLOTS; i++) {
		int group = atomic_load(&groups[i]);
		if (group > 1)
			kill(-group, SIGKILL);
	}
	errno = saved;
}
