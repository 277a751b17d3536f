/* environment.h: virtual environments made from wheels on disk, by uv, in the sandbox, without network. */
#ifndef MC_ENVIRONMENT_H
#define MC_ENVIRONMENT_H

#include "build/resolve.h"

/* Make the environment `dir` (which must not exist) for python. */
int environment_create(const struct toolbox *t, const struct interpreter *python, const char *dir, struct error *err);

/* Install wheel files into it without looking at dependencies; with
 * `bytecode` what suites import is compiled, so that no run pays for it. What cannot be installed (a wheel that
 * is damaged or for another platform) is data: *complaint, owned by the caller. */
int environment_install(const struct toolbox *t, const char *dir, const struct strv *wheels, bool bytecode,
                        char **complaint, struct error *err);

/* DIR/bin/python and DIR/lib/pythonX.Y[t]/site-packages; the caller owns both. */
char *environment_python(const char *dir) MC_NODISCARD;
char *environment_site(const char *dir) MC_NODISCARD;

#endif
