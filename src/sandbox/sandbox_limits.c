/*
 * sandbox_limits.c: rlimits of package code; see sandbox.h. Processes are not
 * counted: RLIMIT_NPROC counts all of the user's, and would strike others.
 */
#include "sandbox/sandbox.h"

#include <unistd.h>

static const uint64_t file_size_limit = 8ull << 30, least_of_a_build = 8ull << 30;

/* Bytes; 0 when it is not known. */
static uint64_t machine_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

void sandbox_bound_suite(struct process_spec *spec, bool tsan)
{
	spec->limit_file_size = file_size_limit;
	spec->limit_address_space = tsan ? 0 : machine_memory() / 4 * 3;
}

void sandbox_bound_build(struct process_spec *spec, bool tsan)
{
	uint64_t memory = machine_memory();
	spec->limit_file_size = file_size_limit;
	spec->limit_address_space = tsan || memory == 0 ? 0 : memory > least_of_a_build ? memory : least_of_a_build;
}
