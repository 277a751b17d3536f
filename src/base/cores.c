/* cores.c: see cores.h. */
#include "base/cores.h"
#include "base/buf.h"
#include "base/fs.h"

#include <stdlib.h>

int cores_distinct(const cpu_set_t *set, const char *folder)
{
	AUTO_STRV cores = { 0 };
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET((size_t)cpu, set))
			continue;
		AUTO_FREE char *path = xasprintf("%s/cpu%d/topology/thread_siblings_list", folder, cpu);
		AUTO_BUF siblings = { 0 };
		if (read_file(path, 1000, &siblings, NULL) == 0 && siblings.len)
			strv_add_unique(&cores, buf_str(&siblings));
		else
			strv_addf(&cores, "alone %d", cpu);
	}
	return (int)cores.n;
}

int processors_usable(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	return n > 0 ? n : 1;
}

int cores_usable(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? cores_distinct(&set, "/sys/devices/system/cpu") : 1;
	return n > 0 ? n : 1;
}
