/*
 * local.h: targets that are not names on the index: folders, archives and git
 * trees. Their wheels are built (or taken) for both arms first; from then on
 * they are requirements `name @ file:///...whl` like any other.
 */
#ifndef MC_LOCAL_H
#define MC_LOCAL_H

#include "pipeline/job.h"

/* Does nothing for a requirement. Failed builds are data: j->stop. */
int local_target_prepare(struct package_job *j, struct error *err);

/* Name of the project that a local target holds (normalised, owned by the caller), from its file
 * name or its static metadata. A git target is fetched for it, and an archive on a server, with
 * its hash checked: then *tree (owned by the caller, else NULL) is where it lies. */
int local_target_name(struct session *s, struct target *t, char **tree, char **name, struct error *err);

/* Build the wheel of a target that is a folder, an sdist or a git tree. */
int local_target_build(const struct package_job *j, const struct toolbox *t, const struct interpreter *python,
                       struct build_result *built, struct error *err);

#endif
