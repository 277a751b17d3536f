/* process_held.c: does a process stand in the handler of a fatal signal? See harness/hold.py. */
#include "process/process_internal.h"

#include "base/fs.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define STATUS_BYTES 8192
#ifdef SYS_pause
#define PAUSE SYS_pause
#else
#define PAUSE SYS_ppoll /* libc's pause() where the kernel has none */
#endif

static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

/* The only fatal signal that the mask blocks, or 0. A thread that blocks several,
 * as runtimes' helper threads do, stands in no handler. */
static int only_fatal(uint64_t mask)
{
	int found = 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
		if (!(mask >> (fatal[i] - 1) & 1))
			continue;
		if (found)
			return 0;
		found = fatal[i];
	}
	return found;
}

/* Files of /proc have no size: read to the end. */
static bool read_proc(const char *path, struct buf *out)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	if (!f)
		return false;
	char chunk[STATUS_BYTES];
	buf_add(out, chunk, fread(chunk, 1, sizeof(chunk), f));
	return out->len > 0;
}

/* "34 0x..." while it waits in a system call; "running" or unreadable else. */
static bool in_pause(pid_t pid, const char *task)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/task/%s/syscall", (int)pid, task);
	AUTO_BUF text = { 0 };
	if (!read_proc(path, &text))
		return true; /* a kernel without that file: the mask has to do */
	return isdigit((unsigned char)buf_str(&text)[0]) && strtol(buf_str(&text), NULL, 10) == PAUSE;
}

static int held_by(pid_t pid, const char *task)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/task/%s/status", (int)pid, task);
	AUTO_BUF text = { 0 };
	if (!read_proc(path, &text))
		return 0;
	const char *state = strstr(buf_str(&text), "\nState:\tS"), *blocked = strstr(buf_str(&text), "\nSigBlk:\t");
	int number = state && blocked ? only_fatal(strtoull(blocked + strlen("\nSigBlk:\t"), NULL, 16)) : 0;
	return number && in_pause(pid, task) ? number : 0;
}

int process_held_signal(pid_t pid)
{
	AUTO_FREE char *folder = xasprintf("/proc/%d/task", (int)pid);
	AUTO_STRV tasks = { 0 };
	if (list_dir(folder, &tasks, NULL) < 0)
		return 0;
	int number = 0;
	for (size_t i = 0; i < tasks.n && !number; i++)
		number = held_by(pid, tasks.v[i]);
	return number;
}
