/* cell_stress.h: what a cell does otherwise in a stress mode; part of cell.c. */
#ifndef MC_CELL_STRESS_H
#define MC_CELL_STRESS_H

#include "run/cell.h"
#include "run/event_reader.h"

/* The job's fields of stress modes; seconds: what this process may use. */
void cell_stress_job(const struct stress_spec *s, double seconds, const char *out_dir, cJSON *job);
/* The suite's own tests are still running, one at a time: what happens is the open test's. */
bool cell_stress_recording(const struct event_reader *r);
/* The harness has begun and then said nothing for too long, while no test of the recording is open. */
bool cell_stress_silent(const struct stress_spec *s, const struct event_reader *r);
/* The process died, or was ended, outside of the recording: in words, into e->error. */
void cell_stress_explain(const struct event_reader *r, bool ended_by_us, int signal, int code, struct evidence *e);
/* Another process will record from the start: results are forgotten, culprits are not. */
void cell_stress_record_again(struct event_reader *r, struct evidence *e);
/* Scripts and units from out_dir into e: plain files of bounded size with UTF-8 text; anything else is left. */
void cell_stress_take_files(const char *out_dir, const struct event_reader *r, struct evidence *e);

#endif
