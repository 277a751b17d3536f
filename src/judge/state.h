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
void judge_state_init(struct judge_state *s, const struct judge_input *in);
void judge_state_release(struct judge_state *s);
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
void why_skipped(const struct judge_state *s, struct package_result *out);
void why_unsupported(const struct judge_state *s, struct package_result *out);
void why_broken(const struct judge_state *s, struct package_result *out);
void why_blocked(const struct judge_state *s, struct package_result *out);
void why_build_regressed(const struct judge_state *s, struct package_result *out);
void why_import_regressed(const struct judge_state *s, struct package_result *out);
void why_crash(const struct judge_state *s, struct package_result *out);
void why_hang(const struct judge_state *s, struct package_result *out);
void why_test_regressed(const struct judge_state *s, struct package_result *out);
void why_race(const struct judge_state *s, struct package_result *out); /* reasons_stress.c */
void why_suspect(const struct judge_state *s, struct package_result *out);
void why_gil_fallback(const struct judge_state *s, struct package_result *out);
void why_untested(const struct judge_state *s, struct package_result *out);
void why_pass(const struct judge_state *s, struct package_result *out);
/* What else there is to say, after the verdict's own lines. */
void add_remarks(const struct judge_state *s, struct package_result *out);

/* reasons_stress.c: suspects of stress, and what stress reached and found besides the verdict. */
void name_stress_suspects(const struct judge_state *s, struct package_result *out);
void remark_on_stress(const struct judge_state *s, struct package_result *out);

/* fill.c: counts, differences, flags and ladder. */
void fill_counts(const struct judge_state *s, struct package_result *out);
void fill_differences(const struct judge_state *s, struct package_result *out);
void fill_flags(const struct judge_state *s, struct package_result *out);
void fill_ladder(const struct judge_state *s, struct package_result *out);

/* findings.c, and for stress findings_stress.c */
void fill_findings(const struct judge_state *s, struct package_result *out);
void fill_stress_findings(const struct judge_state *s, struct package_result *out);
void fill_stress_rungs(const struct judge_state *s, struct package_result *out);

#endif
