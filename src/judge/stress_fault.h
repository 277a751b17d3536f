/* stress_fault.h: names and blame of what stress runs find; used by stress.c. */
#ifndef MC_JUDGE_STRESS_FAULT_H
#define MC_JUDGE_STRESS_FAULT_H

#include "judge/stress.h"

/* Text by which equal defects are recognised: native frames, racing pair, or
 * what was raised and where; never NULL, owned by the caller. */
char *stress_signature(const struct stress_event *e) MC_NODISCARD;

/* Sets d->fault and d->blame from the control arms' counts, the native frames
 * and the extension modules that the run had loaded. */
void stress_fault(struct stress_defect *d, const struct judge_input *in);

#endif
