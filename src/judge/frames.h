/*
 * frames.h: what native frames say of a crash, in a suite or under stress.
 * Frames are "object!function", innermost first, without folders and addresses.
 */
#ifndef MC_JUDGE_FRAMES_H
#define MC_JUDGE_FRAMES_H

#include "judge/verdict.h"

/* "object!function" of the innermost frames that are not plumbing, at most two: "_c!md_next < _c!iternext"; NULL when none is left. */
char *signature_of_frames(const struct strv *frames) MC_NODISCARD;

/* Is one of them in a shared object that is neither the interpreter's nor the system's? */
bool frames_have_extension(const struct strv *frames);

/* Module of the innermost frame that belongs to an extension; other libraries are
 * left to their callers. NULL: none of the frames does. A run that died early has
 * not said what it had loaded; the others of the package have. */
const char *frames_module(const struct judge_input *in, const struct evidence *run, const struct strv *frames);

#endif
