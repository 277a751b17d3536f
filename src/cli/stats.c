/* stats.c: what the program itself cost, for `make bench` (bench/bench.py); see cli.h. */
#include "base/fs.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu_seconds(int who)
{
	struct rusage u = { 0 };
	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ru_maxrss lives through execve() and so may be the caller's; VmHWM is this program's. */
static long peak_kilobytes(void)
{
	AUTO_FILE FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kilobytes = 0;
	while (f && fgets(line, sizeof(line), f))
		if (str_starts(line, "VmHWM:"))
			kilobytes = strtol(line + strlen("VmHWM:"), NULL, 10);
	return kilobytes;
}

void cli_stats_write(void)
{
	const char *path = getenv("MIGRATE_CHECK_STATS");
	if (!path || !*path)
		return;
	AUTO_FREE char *text = xasprintf("{\"own_cpu_seconds\": %.6f, \"children_cpu_seconds\": %.6f, \"peak_rss_bytes\": %ld}\n",
	                                 cpu_seconds(RUSAGE_SELF), cpu_seconds(RUSAGE_CHILDREN), peak_kilobytes() * 1024);
	write_file(path, text, strlen(text), NULL);
}
