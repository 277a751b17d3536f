/* process_stacks.c: look at a stuck process from outside: native stacks, and the right descendant. */
#include "process/process_internal.h"

#include "base/fs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACKS_SECONDS 20
#define STACKS_BYTES ((size_t)64 * 1024)
#define STAT_BYTES 1024
#define DEPTH_MAX 64

/* Auto-loading is off: the debugged process's files are foreign and must not
 * run scripts here. An empty sysroot reads libraries under the host's names,
 * which the sandbox keeps, instead of entering its mount namespace. */
static const char *const gdb_options[] = {
	"-nx", "-nw", "-q", "-batch",
	"-iex", "set auto-load off",
	"-iex", "set debuginfod enabled off",
	"-iex", "set sysroot /",
	"-iex", "set print inferior-events off",
	"-iex", "set width 0",
	"-iex", "set print frame-arguments none",
	/* Every frame, and below it the address by which its object is found: where gdb
	 * knows the source line it does not name the object. */
	"-ex", "thread apply all -q frame apply 48 -c printf \"pc %#lx\\n\", $pc",
};

bool process_has_native_stacks(void)
{
	AUTO_FREE char *gdb = find_program("gdb");
	return gdb != NULL;
}

char *process_native_stacks(pid_t pid, struct strv *frames)
{
	AUTO_FREE char *gdb = find_program("gdb");
	if (!gdb)
		return NULL;
	CLEANUP(maps_release) struct maps maps;
	maps_read(&maps, pid);
	AUTO_STRV argv = { 0 }, env = { 0 };
	strv_add(&argv, gdb);
	for (size_t i = 0; i < ARRAY_LEN(gdb_options); i++)
		strv_add(&argv, gdb_options[i]);
	strv_add(&argv, "-p");
	strv_addf(&argv, "%d", (int)pid);
	strv_add(&env, "PATH=/usr/local/bin:/usr/bin:/bin");
	strv_add(&env, "LANG=C.UTF-8");
	struct process_spec spec = { .argv = &argv, .env = &env, .output_max = STACKS_BYTES, .deadline_seconds = STACKS_SECONDS };
	AUTO_PROCESS r = { 0 };
	if (process_run(&spec, &r, NULL) < 0 || !strstr(buf_str(&r.output), "#0 "))
		return NULL;
	if (frames)
		stack_frames(buf_str(&r.output), &maps, frames);
	return stack_text(buf_str(&r.output));
}

struct entry {
	pid_t pid, parent;
};
struct table {
	struct entry *v;
	size_t n, cap;
};

/* Parent of pid from /proc/PID/stat; the name in it may hold spaces and brackets. */
static pid_t parent_of(pid_t pid)
{
	AUTO_FREE char *path = xasprintf("/proc/%d/stat", (int)pid);
	AUTO_BUF text = { .max = STAT_BYTES };
	AUTO_FILE FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	char chunk[STAT_BYTES];
	buf_add(&text, chunk, fread(chunk, 1, sizeof(chunk), f));
	const char *close = strrchr(buf_str(&text), ')');
	if (!close || strlen(close) < 5)
		return -1;
	return (pid_t)strtol(close + 4, NULL, 10); /* ") S 123" */
}

static void read_table(struct table *t)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	while (dir && (e = readdir(dir))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		pid_t parent = parent_of(pid);
		if (parent < 0)
			continue;
		if (t->n == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 128;
			t->v = xrealloc(t->v, t->cap, sizeof(*t->v));
		}
		t->v[t->n++] = (struct entry){ pid, parent };
	}
	if (dir)
		closedir(dir);
}

/* The executable's name; the command name where the link may not be read. */
static bool runs_program(pid_t pid, const char *program)
{
	AUTO_FREE char *link = xasprintf("/proc/%d/exe", (int)pid);
	char exe[4096];
	ssize_t n = readlink(link, exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		return str_starts(path_base(exe), program);
	}
	AUTO_FREE char *comm_path = xasprintf("/proc/%d/comm", (int)pid);
	AUTO_BUF comm = { 0 };
	return read_file(comm_path, 256, &comm, NULL) == 0 && str_starts(buf_str(&comm), program);
}

static void deepest(const struct table *t, pid_t pid, const char *program, int depth, pid_t *found, int *found_depth)
{
	if (depth > *found_depth && runs_program(pid, program)) {
		*found = pid;
		*found_depth = depth;
	}
	for (size_t i = 0; depth < DEPTH_MAX && i < t->n; i++)
		if (t->v[i].parent == pid)
			deepest(t, t->v[i].pid, program, depth + 1, found, found_depth);
}

static pid_t outermost(const struct table *t, pid_t pid, const char *program, int depth)
{
	if (runs_program(pid, program))
		return pid;
	pid_t found = 0;
	for (size_t i = 0; depth < DEPTH_MAX && !found && i < t->n; i++)
		if (t->v[i].parent == pid)
			found = outermost(t, t->v[i].pid, program, depth + 1);
	return found;
}

pid_t process_find_outermost(pid_t pid, const char *program)
{
	struct table t = { 0 };
	read_table(&t);
	pid_t found = outermost(&t, pid, program, 0);
	free(t.v);
	return found;
}

pid_t process_find_descendant(pid_t pid, const char *program)
{
	struct table t = { 0 };
	read_table(&t);
	pid_t found = pid;
	int depth = -1;
	deepest(&t, pid, program, 0, &found, &depth);
	free(t.v);
	return found;
}
