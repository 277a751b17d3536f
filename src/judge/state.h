/* state.h: everything that the rules, the reasons and the findings look at. */
#ifndef MC_JUDGE_STATE_H
#define MC_JUDGE_STATE_H

#include "judge/confirm.h"
#include "judge/facts.h"
#include "judge/stress.h"

struct judge_state {
	const struct judge_input *in;
	struct arm_facts gil, ft, nogil;       /* nogil: free-threaded with PYTHON_GIL=0 */
	struct comparison rows;                /* gil against ft */
	struct comparison nogil_rows;          /* gil against nogil; empty when there are no such runs */
	struct comparison control;             /* gil against the control; empty when there is none */
	struct crash_list crashes, nogil_crashes;
	struct stress_list stress;
	int64_t kinds[ROW_KIND_COUNT];         /* rows of each kind */
	int64_t both_passed;                   /* tests that passed on gil and ft in the fullest runs */
	int64_t both_ran;                      /* executed or skipped on both */
	int64_t not_run;                       /* for a missing test dependency */
	bool native_differs;
};
/* Computes all of it from the evidence. Points into `in`, which must outlive s. */
void judge_state_init(struct judge_state *s, const struct judge_input *in);
void judge_state_release(struct judge_state *s);     /* frees what init computed; `in` is the caller's */
int64_t nogil_failures(const struct judge_state *s); /* tests that fail with PYTHON_GIL=0 and not always on gil */
bool status_passed(enum test_status t); /* passed, xfailed, xpassed */
/* Tests that only the other arm has, though this arm came to its end. */
bool only_on(const struct judge_state *s, const struct test_row *r, enum arm arm);

/* Does what stress found decide the verdict? Not of a package that turns the GIL
 * back on: its stress cells ran with PYTHON_GIL=0, which nobody runs it with. */
bool stress_decides(const struct judge_state *s);

/* `head` (owned by the function) and, as far as the line has room, the first line of a foreign message. */
void reason_add(struct package_result *out, char *head, const char *message);

/* reasons.c: one for each outcome, adding the lines under the matrix row and the advice. */
void why_error(const struct judge_state *s, struct package_result *out);
void why_skipped(const struct judge_state *s, struct package_result *out); /* the reason that the profile gives; no advice */
/* The refusal in the package's own words, and the version tested in its place. */
void why_unsupported(const struct judge_state *s, struct package_result *out);
/* The first that fails on gil: build, dependency (then also blocker and path), import, suite. */
void why_broken(const struct judge_state *s, struct package_result *out);
void why_blocked(const struct judge_state *s, struct package_result *out); /* sets blocker and path too */
/* With the line of the ft build's log that says best what went wrong. */
void why_build_regressed(const struct judge_state *s, struct package_result *out);
void why_import_regressed(const struct judge_state *s, struct package_result *out); /* with the error on ft and the signal, if it died of one */
/* Signal, test and place of at most 3 crashes, with their runs on both arms. */
void why_crash(const struct judge_state *s, struct package_result *out);
void why_hang(const struct judge_state *s, struct package_result *out); /* of the regressed tests those that hung, at most 3 by name */
/* At most 3 by name, with their runs on both arms; then how many more. */
void why_test_regressed(const struct judge_state *s, struct package_result *out);
void why_race(const struct judge_state *s, struct package_result *out); /* reasons_stress.c */
/* Tests, imports, a suite that was lost on ft, stress: each without confirmation. */
void why_suspect(const struct judge_state *s, struct package_result *out);
/* The module and, when it came late, the test; what the suite did with PYTHON_GIL=0. */
void why_gil_fallback(const struct judge_state *s, struct package_result *out);
/* The first that applies: no suite, its state on either arm, a shadowed build, too few tests. */
void why_untested(const struct judge_state *s, struct package_result *out);
void why_pass(const struct judge_state *s, struct package_result *out); /* the bound on the failure rate; out->runs and out->bound must be set */
/* What else there is to say, after the verdict's own lines. */
void add_remarks(const struct judge_state *s, struct package_result *out);

/* reasons_stress.c: suspects of stress, and what stress reached and found besides the verdict. */
void name_stress_suspects(const struct judge_state *s, struct package_result *out);
/* Defects that are not the library's own, then runs, seconds and reach in one line; out->stress must be filled. */
void remark_on_stress(const struct judge_state *s, struct package_result *out);

/* fill.c: counts, differences, flags and ladder. */
void fill_counts(const struct judge_state *s, struct package_result *out);
/* At most 500 rows, the gravest kinds first, and at most 50 ids of each arm that the other lacks. */
void fill_differences(const struct judge_state *s, struct package_result *out);
void fill_flags(const struct judge_state *s, struct package_result *out);
/* All rungs, "classifier" to "sanitizer"; out->verdict and out->stress must be set. */
void fill_ladder(const struct judge_state *s, struct package_result *out);

/* findings.c, and for stress findings_stress.c */
void fill_findings(const struct judge_state *s, struct package_result *out);
/* One for each defect that was not dropped: at most 20 findings with those that are there, 5 of the suite's own. */
void fill_stress_findings(const struct judge_state *s, struct package_result *out);
void fill_stress_rungs(const struct judge_state *s, struct package_result *out); /* "stress" and "sanitizer"; the last step of fill_ladder() */

#endif
