/*
 * wheel_build.h: an sdist or a source tree -> a wheel for one interpreter.
 * Everything of the package runs in the sandbox without network; its build
 * requirements are resolved, fetched and, where they have no wheel, built the
 * same way beforehand; Rust crates by `cargo fetch` (crates.h). Built wheels are cached by
 * (source hash, interpreter identity, recipe).
 *
 * A build that fails is data in struct build_result. One that failed by the
 * machine's fault is an error: ERR_TOOL when a compiler is missing or its time
 * (an hour, or $MIGRATE_CHECK_BUILD_SECONDS) was too short, ERR_NETWORK,
 * ERR_OFFLINE_MISS, ERR_DISK_FULL.
 */
#ifndef MC_WHEEL_BUILD_H
#define MC_WHEEL_BUILD_H

#include "build/resolve.h"

struct build_request {
	const char *name, *version;     /* version may be NULL for a tree */
	const char *source;             /* archive file or folder */
	const char *source_id;          /* sha256 of the archive, or a hash of the tree */
	const char *scm_version;        /* version of a tree without its repository, for backends that ask it; or NULL */
	const struct interpreter *python;
};

enum build_outcome {
	BUILT_NOT_TRIED,
	BUILT_OK,
	BUILT_FAILED,   /* its build failed */
	BUILT_REFUSED,  /* it says itself that it does not support this interpreter */
	BUILT_NOT_A_PROJECT
};

struct build_result {
	enum build_outcome state;
	char *wheel;      /* path of the wheel in the cache, under its own file name */
	double seconds;
	bool cached;
	char *error;      /* one line: what failed */
	char *refusal;    /* BUILT_REFUSED: its own words, one line */
	char *log;        /* path of the whole capped log, or NULL */
	char *tail;       /* lines from the cause on, or the last ones */
};
#define AUTO_BUILD CLEANUP(build_result_release) struct build_result
void build_result_release(struct build_result *r);

int build_wheel(const struct toolbox *t, const struct build_request *q, struct build_result *r, struct error *err);

/* Which file of a lock could not be made, and how it failed. */
struct lock_failure {
	char *name, *version;
	struct build_result result;
};
void lock_failure_release(struct lock_failure *f);

/* Bring every file of the lock into `folder` as a wheel: downloads are verified,
 * sdists built. Sets each entry's `local`. The first package that cannot be built
 * ends it with return value 0 and failure->name set; `built` (may be NULL) gets
 * the result of building the package called `target`. */
int lock_realise(const struct toolbox *t, const struct interpreter *python, struct lock *lock, const char *folder,
                 const char *target, struct build_result *built, struct lock_failure *failure, struct error *err);

/* The line of a failed build's log that says why: its first error, else its last
 * line. The caller owns it. */
char *build_cause(const char *log) MC_NODISCARD;
/* At most `most` lines of a log: from its cause on where that lies before the last
 * ones, else the last ones. Owned by the caller. */
char *build_log_part(const char *log, size_t most) MC_NODISCARD;

/* What a build may have failed for want of. Both are static. */
struct missing_program {
	const char *what;   /* "C compiler" */
	const char *remedy; /* how it is had, a clause */
};
/* Which one it was, by the build's output and what is there; false when all that it needs is. */
bool build_missing_program(const char *output, bool needs_rust, bool has_compiler, bool has_rust, struct missing_program *out);

/* Does a build log say that the package refuses this interpreter? Returns its own
 * words (the text of an #error, the sentence of an exception, else the line; one
 * line, owned by the caller) or NULL. */
char *build_refusal(const char *log) MC_NODISCARD;

#endif
