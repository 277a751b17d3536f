/*
 * pipeline.h: the whole job: targets -> plan -> fetch, build, run -> judge ->
 * store. Only this folder calls the stages.
 */
#ifndef MC_PIPELINE_H
#define MC_PIPELINE_H

#include "base/buf.h"
#include "model/observer.h"
#include "model/survey.h"

enum build_mode { BUILD_AUTO, BUILD_WHEEL, BUILD_SOURCE };

/* What the user asked for; all strings borrowed from the command line. */
struct pipeline_request {
	struct strv targets;
	struct strv requirement_files, constraint_files;
	const char *gil, *ft, *python;   /* interpreter choice */
	const char *index_url;
	const char *store_dir;           /* NULL: the default */
	const char *profiles_dir;
	const char *seed;
	const char *command;             /* as typed, for the report */
	enum effort effort;
	double budget_seconds;
	const char *stress;              /* modes: NULL or "auto", "none", "replay,mixed" */
	double stress_seconds;           /* of one package; 0: the effort's */
	int threads;                     /* under stress; 0: the larger of 4 and twice the cores */
	enum build_mode build;
	bool closure, fresh, offline, no_sandbox, no_measure, bisect, keep_work;
	const struct observer *observer;
};
void pipeline_request_release(struct pipeline_request *r); /* frees the three lists; every other string is the command line's */

/* Which command is to be given: `run`, `reproduce TARGET`, or `reproduce PACKAGE:ID`, which
 * takes the pair, the effort and the seed from the survey. */
enum request_use { REQUEST_RUN, REQUEST_REPRODUCE, REQUEST_FINDING };
/* The options of r that differ from the defaults and that the command takes, each with a
 * blank before it, quoted for a shell; user and password of a URL are `***`. Owned by the caller. */
char *request_options(const struct pipeline_request *r, enum request_use use) MC_NODISCARD;
struct target;
/* The same thing again as a target: an index package with its extras by its exact version
 * (where one is known), anything else as it was written, credentials and all. Owned by the caller. */
char *request_pinned(const struct target *t, const char *name, const char *version) MC_NODISCARD;
/* The same as one word of a shell's command line, without credentials. */
char *request_target_word(const struct target *t, const char *name, const char *version) MC_NODISCARD;

/*
 * Run it. *out is the finished (or interrupted) survey; *answered says that it
 * came from the store because nothing has changed. on_package (may be NULL) is
 * called after each package with the survey so far, for files that are
 * rewritten as results come in. An error is the tool's, the machine's or the
 * user's; packages that fail are in the survey.
 */
int pipeline_run(const struct pipeline_request *r, struct survey *out, bool *answered,
                 void (*on_package)(void *cookie, const struct survey *s), void *cookie, struct error *err);

/* Prepare one package and run the given tests on one arm or both, `runs` times;
 * prints each run's outcome to `out`. Returns how many of the ft runs were bad in *bad. */
int pipeline_reproduce(const struct pipeline_request *r, const char *test, int runs, FILE *out, int64_t *bad, struct error *err);

/* The same for a finding of a stress mode (it has a key): each run plays it on
 * ft and then on gil, in fresh processes, and a last line says k of n. */
int pipeline_reproduce_stress(const struct pipeline_request *r, const struct finding *f, int runs, FILE *out, int64_t *bad, struct error *err);

/* Prepare the package and make the finding's stand-alone script: *script, or
 * *note, one line that says why there is none; both are the caller's. */
int pipeline_script(const struct pipeline_request *r, const struct finding *f, char **script, char **note, struct error *err);

/* Exit code of a finished survey: 0, 1, 4, 5 or 130. */
int pipeline_exit_code(const struct survey *s);

#endif
