/*
 * pip.h: pip in uv's place, where uv cannot be had: its installation report
 * (`pip install --dry-run --report`) turned into what resolve() and
 * resolve_annotated() give, and its complaints into errors.
 */
#ifndef MC_BUILD_PIP_H
#define MC_BUILD_PIP_H

#include "build/resolve.h"

/* Ask the pip of r->python, in the sandbox s (with network, see resolve.c); *report is
 * its JSON, for the caller to delete. Errors as resolve(); *unbuilt as lock.unbuilt. */
int pip_report(const struct toolbox *t, const struct resolve_request *r, struct sandbox *s, cJSON **report, char **unbuilt,
               struct error *err);

/* The report as the JSON that lock_from_json() reads. The sdists beside the wheels
 * come from the index's own pages. */
cJSON *pip_report_lock(const struct toolbox *t, const cJSON *report);

/* The report as uv's annotated text: "name==version" lines, each with "# via" the
 * requirements file or the packages that want it; "name @ URL" where the index was not asked. The caller owns it. */
char *pip_report_annotated(const struct resolve_request *r, const cJSON *report) MC_NODISCARD;

/* pip's standard error as an error; returns -1. *subject (owned by the caller, or NULL)
 * is the package that it is about: a name, for ERR_BUILD "name==version" or a name. */
int pip_complaint(const char *text, const char *cwd, char **subject, struct error *err);

#endif
