/*
 * environment.h: virtual environments made from wheels on disk, by uv (else pip),
 * in the sandbox, without network.
 *
 * An environment is made in one step from an interpreter and a set of wheels: no
 * package code runs while it is made, not even a .pth file of an earlier
 * installation. It is then only read, so that an equal one (same interpreter, same
 * hashes of wheels) is made once and kept below CACHE/environments with uv's
 * unpacked wheels, which it shares by hard links. Package code sees it read-only.
 */
#ifndef MC_ENVIRONMENT_H
#define MC_ENVIRONMENT_H

#include "build/resolve.h"

/* Make, or find, the environment of python that holds these wheels, without looking
 * at dependencies. *dir (owned by the caller) is its folder; with `own` it is this
 * call's alone, may be added to, and goes with the run's work folder. What cannot be
 * installed (a wheel that is damaged or for another platform) is data: *complaint,
 * owned by the caller, and no *dir. */
int environment_make(const struct toolbox *t, const struct interpreter *python, const struct strv *wheels, bool own,
                     char **dir, char **complaint, struct error *err);

/* Compile what runs import of the environments gil_dir and ft_dir, once, as no run can
 * write there: all of the modules `whole`, and what is imported from `roots`, from
 * pytest plugins and by the files below `tests` (may be NULL). What does not compile is
 * the package's own matter. */
int environment_compile(const struct toolbox *t, const char *gil_dir, const char *ft_dir, const struct strv *whole,
                        const struct strv *roots, const char *tests, struct error *err);

/* Compile all of `package` (a build backend; no path) in the kept environment dir that was
 * made from these wheels, as no build can write there. Where the pair's other interpreter
 * has an environment of the same wheels, and reads the same bytecode, it is shared. */
int environment_compile_backend(const struct toolbox *t, const struct interpreter *python, const char *dir,
                                const struct strv *wheels, const char *package, struct error *err);

/* Open the folder of kept environments and hold it for this run (toolbox_open_work does so). */
int environments_open(struct toolbox *t, struct error *err);
void environments_close(struct toolbox *t);
/* Give space back when many are kept and no other run uses them; none may be in use by this one. */
void environments_trim(const struct toolbox *t);
/* Remove all that are kept, unless a run uses them. */
void environments_clear(const char *cache);

/* DIR/bin/python and DIR/lib/pythonX.Y[t]/site-packages; the caller owns both. */
char *environment_python(const char *dir) MC_NODISCARD;
char *environment_site(const char *dir) MC_NODISCARD;

#endif
