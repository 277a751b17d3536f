/*
 * job.h: one package on its way through the stages; shared by the files of this
 * folder. Each stage fills its part and may end the way early by `stop`.
 */
#ifndef MC_JOB_H
#define MC_JOB_H

#include "build/wheel_build.h"
#include "fetch/unpack.h"
#include "inputs/target.h"
#include "judge/verdict.h"
#include "model/evidence.h"
#include "pipeline/pipeline.h"
#include "plan/effort.h"
#include "plan/suite.h"
#include "run/cell.h"
#include "store/store.h"

/* What all packages of a run share. */
struct session {
	const struct pipeline_request *request;
	struct pair pair;
	struct toolbox tools;
	struct store *store;
	struct survey *survey;
	struct effort_limits limits;
	struct strv wheels_preferred; /* packages whose profile prefers wheels */
	cJSON *learn;                 /* profiles/_learn.json */
	char *seed;
	struct stress_slot stress[STRESS_MODES]; /* modes to run and their seconds */
	size_t n_stress;
	struct strv stress_left_out;  /* "tsan: no ThreadSanitizer interpreter" */
	int threads;                  /* under stress */
	bool isolated;                /* false with --no-sandbox */
	struct pair tsan;             /* the GIL build and the ThreadSanitizer interpreter; ft is empty until tsan_prepare() */
};

struct run_list {
	struct evidence *v;
	size_t n;
};

struct arm_state {
	enum arm arm;
	struct package_job *job;
	const struct interpreter *python;
	struct lock runtime;          /* what pip would install for the target alone */
	struct lock whole;            /* with the tests' dependencies */
	char *dir, *wheelhouse, *env, *site, *env_python;
	struct build_result built;    /* of the target, when it was built here */
	struct lock_failure failure;  /* what of the closure could not be built */
	char *unresolved;             /* why no set of versions fits this arm; NULL when one does */
	struct error refusal;         /* the same as an error to show */
	char *target_line;            /* requirement line of the target on this arm */
	cJSON *installed;             /* facts of the installed target */
	char *install_error;          /* no environment could be made of the wheels of `runtime` */
	struct strv installed_wheels;
	struct run_list serial, nogil, control; /* nogil: with PYTHON_GIL=0; control: with PYTHON_GIL=1 */
	struct error err;             /* of the arm's thread */
	int status;
};

struct package_job {
	struct session *session;
	const struct target *target;
	struct package_result *result;
	char *name, *version;         /* what is tested */
	char *spec;                   /* requirement tested in place of the target's own, or NULL */
	struct profile profile;
	bool has_profile;
	struct strv no_binary, only_binary;
	struct strv held;             /* "name==version": dependencies of which an older release is tested */
	struct strv as_wheels;        /* dependencies that stay wheels, though only one arm's is native */
	struct arm_state arm[2];      /* ARM_GIL, ARM_FT */
	struct arm_state tsan;        /* of the mode tsan; empty unless it is played */
	char *source;                 /* unpacked sdist or tree; NULL when none */
	char *original;               /* the source as it came, where `source` is a copy without the package; else NULL */
	char source_id[65];           /* sha256 of the archive that `source` was unpacked from; "" when it has none */
	char tests_id[65];            /* the same, or the hash of the tree, when tests are run from a copy of it; else "" */
	char *source_word;            /* "sdist", "directory", "git ..." */
	cJSON *facts;                 /* static facts of the source */
	struct suite_plan suite;
	struct strv test_requires, learned, left_out;
	struct strv remarks;          /* lines that follow the verdict's own */
	struct strv wanted;           /* test_requires as the project has them, pins and all */
	char *requires_origin;
	char *import_blocker, *import_blocker_version; /* dependency that free threading cannot import, or NULL */
	struct run_list pairs_gil, pairs_ft; /* the runs that were measured */
	struct run_list stress;       /* free-threaded: plays, confirmations, locked controls, scripts */
	struct run_list stress_control; /* the GIL build: the same units */
	struct strv stress_left_out;  /* "tsan: no ThreadSanitizer interpreter" */
	struct run_list scaling;      /* cells of the scaling modes, of both arms */
	char *no_scaling;             /* why there is nothing in them, or NULL */
	const struct strv *confirm_ids; /* what confirming re-runs run; NULL outside of them */
	int confirm_index;
	bool uncommitted;             /* the target is a folder that differs from its commit */
	bool stop;                    /* the verdict is decided; go to judging */
	bool disallowed;              /* by the Requires-Python that the index has of the release */
	bool refused;                 /* the newest release refuses this interpreter */
	char *refusal;                /* in its own words */
	bool replaced;                /* `version` is tested in the newest one's place */
	char *no_repository;          /* why the tests were not looked for in its repository, or NULL */
	struct strv older_tried;      /* versions tried in its place of which none works; else empty */
	uint64_t start_ns;
	uint64_t suites_ns;           /* when the first run of the suite began */
};

/* Starts the clock and copies the target's name; s, t and result are borrowed and must outlive j.
 * Gives space of kept environments back, so that none may be in use by another job. */
void job_init(struct package_job *j, struct session *s, const struct target *t, struct package_result *result);
/* Once: frees all that the stages made, and the arms as job_arm_release() does; the result stays. */
void job_release(struct package_job *j);
/* Once; removes the arm's folder too, unless work is kept (--keep-work). One that was
 * never set up (no job) is fine. */
void job_arm_release(struct arm_state *a);

/* Run fn for both arms at once, on two threads. Returns -1 with the first error. */
int job_both_arms(struct package_job *j, int (*fn)(struct arm_state *a, struct error *err), struct error *err);

/* The stages, in order. Each returns -1 only for errors of the tool or machine. */
int stage_resolve(struct package_job *j, struct error *err);   /* versions of both arms, like for like */
int stage_build(struct package_job *j, struct error *err);     /* files fetched and built */
/* stage_build.c: fetches and builds the files of one arm's lock; what fails is in a->failure. */
int realise_arm(struct arm_state *a, struct error *err);
/* stage_build.c: forgets what was resolved and built, so that stage_resolve() can begin anew. */
void job_forget_builds(struct package_job *j);
/*
 * older_dependency.c: a dependency that is built from source only so that both arms hold
 * the same thing, and cannot be built for free threading, is no reason to test nothing: pip
 * would install its pure wheel. Its newest older release with a native wheel for free threading
 * takes its place, else it keeps its wheels; either is said. One that refuses the interpreter is replaced in the same
 * way where nothing forbids it; a package that comes to an older release of its own by that is refused. After a
 * failed realise_arm().
 */
int replace_dependencies(struct package_job *j, struct error *err);
int stage_tests(struct package_job *j, struct error *err);     /* where the tests are, what they need; environments */
int stage_suites(struct package_job *j, struct error *err);    /* serial runs, learning, PYTHON_GIL=0, confirming */
/* The package cannot be imported on free threading: can each of its dependencies? */
int find_import_blocker(struct package_job *j, struct error *err);
int stage_measure(struct package_job *j, struct error *err);   /* interleaved pairs */
int stage_stress(struct package_job *j, struct error *err);    /* threads: plays, confirmations, controls, scripts */
int stage_scaling(struct package_job *j, struct error *err);   /* throughput from 1, 2, 4, ... threads on both arms */
int stage_newer(struct package_job *j, struct error *err);     /* after judging: does a newer release still show it? */
int stage_judge(struct package_job *j, struct error *err);     /* evidence -> verdict, facts into the result */

/* Run one cell, or take it from the store when it was run before. `kind` and
 * `index` tell equal cells apart ("serial" 0, "confirm" 2, "pair" 5). */
int job_cell(struct arm_state *a, enum gil_choice gil, const char *kind, int index, const struct strv *ids,
             double suite_seconds, int repeat, struct evidence *out, struct error *err);
/* The same for a cell of a stress mode: `round` tells plays of one mode apart. */
int job_stress_cell(struct arm_state *a, enum gil_choice gil, const char *mode, int round, const struct strv *ids, double suite_seconds,
                    const struct stress_spec *stress, struct evidence *out, struct error *err);
/* Tests that passed whenever they ran, each once and in the order they ran (stage_stress.c). */
void job_passing_ids(const struct evidence *e, struct strv *ids);

/* Two cells whose processes take turns (run/cell_pair.h). */
struct pair_side {
	struct arm_state *arm;
	enum gil_choice gil;
};
struct pair_request {
	struct pair_side side[2];     /* the first runs the first test */
	const char *kind;             /* "time", "noise", "build"; with index it tells equal pairs apart */
	int index;
	const struct strv *ids;       /* NULL: all */
	double suite_seconds;
	int repeat;
	unsigned turn;                /* which of the processors, as for cell_pair_run() */
	bool once;                    /* never equal to a pair of another survey: what the machine is like today */
};
/* Runs both, or takes both from the store when they were run before. On failure out[] is empty. */
int job_pair(const struct pair_request *p, struct evidence out[2], struct error *err);
void runs_add(struct run_list *r, struct evidence *e); /* takes what e holds */
void runs_release(struct run_list *r);                 /* frees the evidence too; r is empty afterwards */

/* requires_python.c: in its own words why the release that was chosen (by the index), or the one that is installed
 * (by its metadata), does not allow the interpreter; NULL when it does. The caller owns it. */
char *refusal_on_index(const struct package_job *j) MC_NODISCARD;
/* Looks at a->installed, the facts of the target's own wheel. */
char *refusal_installed(const struct arm_state *a) MC_NODISCARD;
struct index_project;
/* Has the index a file of this version that the interpreter's version may install? */
bool index_allows(const struct index_project *p, const char *version, const char *python);

/*
 * Make an environment for the ThreadSanitizer interpreter: the package and what native
 * code it needs are built again from source with clang -fsanitize=thread (kept in the
 * cache as all built wheels are), everything else is what the free-threaded arm has.
 * After stage_tests(). *out is a third arm (arm ARM_FT, its own interpreter) for
 * job_cell(); the caller releases it with job_arm_release(), also after a failure.
 * When the mode cannot be had for this package or on this machine the return value is
 * 0 and *why_not (owned by the caller) says why; *notes gets a line for each dependency
 * with native code that is not instrumented. -1 only for errors of tool or machine.
 */
int tsan_prepare(struct package_job *j, struct arm_state *out, char **why_not, struct strv *notes, struct error *err);

/* The whole of one package: all stages. */
int job_run(struct package_job *j, struct error *err);

#endif
