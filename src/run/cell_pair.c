/* cell_pair.c: see cell_pair.h. */
#include "run/cell_pair.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct side {
	struct cell_spec *spec;
	struct evidence *out;
	struct error err;
	int status;
};

static void *side_main(void *p)
{
	struct side *s = p;
	s->status = cell_run(s->spec, s->out, &s->err);
	return NULL;
}

/* Seconds that all cores together were busy since the machine started; -1: cannot say. */
static double busy_seconds(void)
{
	AUTO_FILE FILE *f = fopen("/proc/stat", "re");
	unsigned long long user, nice, system, idle, wait, irq, soft, steal = 0;
	if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &soft, &steal) < 7)
		return -1;
	return (double)(user + nice + system + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double own_seconds(void)
{
	struct rusage u;
	return getrusage(RUSAGE_SELF, &u) == 0 ? seconds_of(u.ru_utime) + seconds_of(u.ru_stime) : 0;
}

/* Of the processors that the tool may use; -1: cannot say which. */
static int cpu_of_turn(unsigned turn)
{
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -1;
	int left = (int)(turn % (unsigned)CPU_COUNT(&allowed));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed) && left-- == 0)
			return cpu;
	return -1;
}

/* Both at once; the calling thread has the first. */
static int run_sides(struct side side[2], struct error *err)
{
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, side_main, &side[1]);
	if (failed)
		return error_errno(err, ERR_TOOL, failed, "cannot start a thread");
	side_main(&side[0]);
	pthread_join(thread, NULL);
	for (size_t i = 0; i < 2; i++)
		if (side[i].status < 0) {
			error_move(err, &side[i].err);
			return -1;
		}
	return 0;
}

int cell_pair_run(struct cell_spec specs[2], unsigned turn, struct evidence out[2], struct error *err)
{
	int ends[2];
	evidence_init(&out[0]);
	evidence_init(&out[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, ERR_TOOL, errno, "cannot make a socket pair");
	struct side side[2] = { { .spec = &specs[0], .out = &out[0] }, { .spec = &specs[1], .out = &out[1] } };
	int cpu = cpu_of_turn(turn);
	for (size_t i = 0; i < 2; i++) {
		specs[i].turn_cpu = cpu;
		specs[i].mode = "turns";
		specs[i].turn_fd = ends[i];
		specs[i].turn_first = i == 0;
	}
	double busy = busy_seconds(), own = own_seconds();
	uint64_t start = now_monotonic_ns();
	int result = run_sides(side, err);
	double wall = (double)(now_monotonic_ns() - start) / 1e9;
	double children = (double)(out[0].cpu_ns + out[1].cpu_ns) / 1e9;
	double others = busy_seconds() - busy - (own_seconds() - own) - children;
	for (size_t i = 0; i < 2 && busy >= 0 && wall > 0; i++)
		out[i].load = others > 0 ? others / wall : 0;
	for (size_t i = 0; i < 2; i++)
		error_release(&side[i].err);
	return result;
}

static bool complete(const struct evidence *e)
{
	return e->ending == END_NORMAL && !e->timed_out && !e->turns_lost && e->n_culprits == 0 && e->turns > 0;
}

bool cell_pair_usable(const struct evidence *a, const struct evidence *b)
{
	return complete(a) && complete(b);
}
