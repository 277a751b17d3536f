/* lock.h: a PEP 751 lock as JSON (project_facts.py --lock) -> struct lock. */
#ifndef MC_LOCK_H
#define MC_LOCK_H

#include "build/resolve.h"

/* Choose one file per package: a local file, else the wheel that fits this
 * interpreter best, else the sdist. ERR_NO_VERSION when a package has neither. */
int lock_from_json(const cJSON *j, const struct interpreter *python, struct lock *out, struct error *err);

/* How well a wheel's file name fits: 0 not at all, higher is better (exact ABI
 * over stable ABI over pure; platform wheels over "any"). The resolver has
 * already left out what does not fit the platform. */
int wheel_rank(const char *filename, const char *tag);

/* Where one build would get a pure wheel and the other native code, or (of `target` alone; may be NULL) one a wheel and
 * the other the sdist, take the sdist on both, if there is one. Names in only_binary (may be NULL) keep their wheels;
 * those changed are added to from_source (may be NULL). */
void lock_make_equal(struct lock *gil, struct lock *ft, const struct strv *only_binary, const char *target, struct strv *from_source);

#endif
