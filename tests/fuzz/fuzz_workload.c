/* fuzz_workload.c: what a program's launcher left, which the program may have spoilt: read, judged, put into words. */
#include "fuzz.h"
#include "judge/workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "workload";

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static bool sound(double v)
{
	return isfinite(v) && v >= 0;
}

static void check(const struct workload_seen *s)
{
	enum { MOST = 40 };
	require(s->n_rows <= MOST && s->n_functions <= MOST && s->n_locks <= MOST && s->n_extensions <= MOST, "a list without a bound");
	require(sound(s->run) && sound(s->starved) && sound(s->cpu_self) && sound(s->cpu_children) && s->samples >= 0, "a number that is none");
	for (enum wait_kind k = 0; k < WAIT_COUNT; k++)
		require(sound(s->waits[k]), "a wait that is none");
	struct workload_quantities q;
	workload_kind_of(s, &q);
	require(q.busy >= 0 && q.busy <= 1 && q.lock_share >= 0 && q.lock_share <= 1 && q.processes <= 1, "a share above one");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON *j = NULL;
	AUTO_WORKLOAD w = { .cores = 2 };
	if (json_parse((const char *)data, size, "input", &j, NULL) < 0)
		return 0;
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		w.arms[a].state = WORKLOAD_OK;
		if (workload_seen_read(j, &w.arms[a].seen))
			check(&w.arms[a].seen);
		else
			require(!w.arms[a].seen.known && !w.arms[a].seen.functions, "a result that is none was kept");
	}
	workload_judge(&w);
	require(w.reason && *w.reason && w.rule, "no rule, or no sentence");
	return 0;
}
