/* sandbox_internal.h: what the files of src/sandbox share and nobody else sees. */
#ifndef MC_SANDBOX_INTERNAL_H
#define MC_SANDBOX_INTERNAL_H

#include "sandbox/sandbox.h"

/* sandbox_env.c: the environment of the program inside, whole; NAME=value each. */
void sandbox_env(const struct sandbox *s, struct strv *env);
/* Variables that the network needs and that name a file or folder to be bound. */
void sandbox_ca_paths(struct strv *paths);
/* Would this variable change how bubblewrap itself is loaded? Such a one is set
 * inside only, because it may name a library of the package. */
bool sandbox_env_is_loader(const char *assignment);

/* sandbox_etc.c: folder with our own passwd, group, hosts and nsswitch.conf,
 * made when it is not there. The caller owns the path. */
int sandbox_etc(char **path, struct error *err);

/* bwrap's absolute path, or ERR_SANDBOX_OFF with a hint. The caller owns it. */
int sandbox_program(char **path, struct error *err);

#endif
