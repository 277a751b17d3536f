/*
 * verdict.h: what all that is known of a package comes to. Pure functions over
 * evidence: no files, no processes, so that a verdict can be made again from
 * what the store holds. The rules are tried in the order of model/outcome.def.
 */
#ifndef MC_VERDICT_H
#define MC_VERDICT_H

#include "model/evidence.h"
#include "model/survey.h"

enum build_state {
	BUILD_NOT_TRIED,
	BUILD_OK,      /* built, or a wheel was there */
	BUILD_FAILED,
	BUILD_REFUSED  /* the release itself says that it does not support this interpreter */
};

struct build_facts {
	enum build_state gil, ft;
	const char *refusal;                            /* the line that says so */
	const char *build_error_gil, *build_error_ft;   /* tail of the build log */
};

/* Import in a process of its own; suite runs say it too (evidence.imported). */
struct import_facts {
	bool known, ok;
	const char *error; /* one line */
};

/*
 * All pointers are borrowed for the call; NULL and zero mean "not known".
 * gil[k] was made beside ft[k]. The first run of each arm is of the whole
 * selection; later ones may be of the nominees only. Suite runs only.
 */
struct judge_input {
	const struct evidence *const *gil, *const *ft;
	const struct evidence *const *ft_nogil; /* free-threaded with PYTHON_GIL=0, when the package turns the GIL on */
	const struct evidence *const *ft_gil;   /* free-threaded with PYTHON_GIL=1: the control */
	size_t n_gil, n_ft, n_ft_nogil, n_ft_gil;
	/* Stress cells of the free-threaded build in the order they ran (evidence.mode and .stress_kind say
	 * what each was for), and the controls on the GIL build. Arrays, unlike the lists above. */
	const struct evidence *stress, *stress_control;
	size_t n_stress, n_stress_control;
	const struct evidence *scaling;     /* cells of the scaling modes, of both arms */
	size_t n_scaling;
	const char *no_scaling;             /* why there are none: "one core only"; NULL: not asked for */
	const struct strv *stress_left_out; /* "tsan: no ThreadSanitizer interpreter": modes that did not run, and why */
	struct build_facts build;
	struct import_facts import_gil, import_ft;
	const char *blocked_by;            /* "cffi==2.1.1": could not be built or imported */
	const char *blocked_why;           /* one line of its build, or NULL */
	const struct strv *blocked_path;   /* from the target to it */
	bool blocked_on_both;              /* on the GIL build neither */
	const char *infra_error;           /* the tool or the machine failed: one line */
	const char *skip_reason;           /* left out by profile or platform */
	const char *tested_version;        /* the evidence is of this older version, as the release refuses (BUILD_REFUSED) */
	const struct strv *older_tried;    /* older versions of which none works here either; NULL or empty: none was tried */
	const char *no_suite;              /* why there are no runs: "no tests in wheel, sdist or repository" */
	const struct strv *top_level;      /* top-level modules of the package */
	bool native_known, native_gil, native_ft; /* what was installed holds extension modules */
	const char *classifier;            /* ladder: "yes", "no", "unknown" */
	const char *wheel;                 /* ladder: "cp313t", "no", "unknown" */
	bool confirm_exhausted;            /* no budget is left for confirming */
};

/*
 * Fills in *out (initialised; name, version and requested set by the caller):
 * verdict, readiness, runs, bound, reasons, flags, path, blocker, advice,
 * gil_state, gil_module, selected, collected, tests, differences, only_gil, scaling,
 * only_ft, ladder, findings. Lists are added to, not replaced.
 */
void judge_package(const struct judge_input *in, struct package_result *out);

/*
 * For the stage that tries newer versions, after it has set fixed_in, fixed_note
 * and fixed_tested of findings: when every confirmed finding of the library under
 * stress is gone in a version that was tested, the advice says which version to
 * pin; and readiness becomes limits where the user's requirement (`specifier`,
 * NULL: any version) allows it. Else a reason says what is known.
 */
void judge_fixed(struct package_result *out, const char *specifier);

/* Ids to run again, equally often on both arms, before the verdict stands:
 * those that are bad on ft or inconsistent and neither confirmed nor given up.
 * Call it again after each round; empty: nothing is left to decide. The caller
 * bounds the rounds. A file that was not collected is named by its own id. cap 0: all. */
void judge_nominate(const struct judge_input *in, size_t cap, struct strv *ids);

#endif
