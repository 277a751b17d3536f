/* cores.h: the cores and processors that the tool may use. */
#ifndef MC_CORES_H
#define MC_CORES_H

#include <sched.h>

/* On how many different cores lie the processors of the set? Two hardware threads of one core share what computes, so
 * they count once. `folder` is /sys/devices/system/cpu, where topology/thread_siblings_list says it of each
 * (https://docs.kernel.org/admin-guide/cputopology.html); a processor of which it does not counts by itself. */
int cores_distinct(const cpu_set_t *set, const char *folder);

int cores_usable(void); /* of the processors that this thread may run on; at least 1 */

/* How many processors this thread may run on, hardware threads of one core each counted; at least 1. */
int processors_usable(void);

#endif
