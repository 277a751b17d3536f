/* facts.c: see facts.h. */
#include "pipeline/facts.h"
#include "build/facts.h"

/* The target's own wheel on this arm, NULL when there is none. */
static const char *target_wheel(const struct arm_state *a)
{
	const struct locked *l = lock_find(&a->runtime, a->job->name);
	return l ? l->local : NULL;
}

int facts_read(struct package_job *j, bool wheels, struct error *err)
{
	struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	const struct fact_question q[] = { { "--wheel", wheels ? target_wheel(gil) : NULL, NULL, &gil->installed },
		                               { "--wheel", wheels ? target_wheel(ft) : NULL, NULL, &ft->installed },
		                               { NULL, j->source, j->source_id, &j->facts } };
	AUTO_FREE char *complaint = NULL; /* what cannot be read stays NULL, and is missed where it is needed */
	return facts_ask(&j->session->tools, q, ARRAY_LEN(q), &complaint, err);
}
