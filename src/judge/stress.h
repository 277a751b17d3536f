/*
 * stress.h: what the stress runs of a package come to. Pure functions over
 * evidence. Events of all runs are put together by key or by signature; the
 * control arms (gil build, one lock, one thread) say whose fault a defect is,
 * and a second, fresh process says whether it is one.
 */
#ifndef MC_JUDGE_STRESS_H
#define MC_JUDGE_STRESS_H

#include "judge/verdict.h"

enum defect_state {
	DEFECT_CONFIRMED, /* a memory error, or seen again in a fresh process and not by controls that would have shown it */
	DEFECT_SUSPECT,   /* seen, and neither confirmed nor explained */
	DEFECT_DROPPED    /* no defect of concurrency: see `why` */
};

struct stress_defect {
	const struct stress_event *event; /* the one that says most */
	const struct evidence *run;       /* its run */
	char *signature;
	struct strv keys, seeds, tests;
	enum finding_kind kind;
	enum fault fault;
	char *blame;                      /* FAULT_DEPENDENCY: its top-level module */
	enum defect_state state;
	const char *why;                  /* suspect or dropped: the reason, a phrase */
	int64_t events, runs;             /* ft runs with it, of those that played it for sure */
	int64_t gil_events, gil_runs;     /* the same on the GIL build */
	int64_t locked_bad, locked_tries, serial_bad, serial_tries; /* plays on ft, all runs together */
	int64_t fresh_bad, fresh_tries;   /* plays in ft runs after the first with it: what may confirm it */
	int64_t gil_bad, gil_tries;       /* plays on the GIL build */
	double first_seconds;             /* from the start of play to the first event of the first run with it */
	bool persistent;
};

struct stress_list {
	struct stress_defect *v;          /* confirmed first, the library's before others, the gravest first */
	size_t n;
};
/* Dropped defects stay in the list, as DEFECT_DROPPED. Released by stress_list_release(). */
void stress_find(struct stress_list *l, const struct judge_input *in);
void stress_list_release(struct stress_list *l); /* frees the defects, not the evidence they point into; l is empty afterwards */

/* A mode that runs whole tests: "same-test|...", "mixed|...", also below "perturb|". */
bool key_of_tests(const char *key);
/* "RuntimeError: dictionary changed size during iteration" and its like, which say that another thread changed what a call
 * was walking: a refusal, and no defect. */
bool exception_of_size_change(const char *title);
/* The operations of a key: "replay|self|m.C.add|m.C.pop" gives m.C.add and m.C.pop. */
void key_operations(const char *key, struct strv *out);

/* Of the list, how many are confirmed, or suspect, with that fault; FAULT_COUNT: any. */
size_t stress_count(const struct stress_list *l, enum defect_state state, enum fault fault);
/* A confirmed defect of the library that no lock of the caller's makes tolerable: crash, abort, hang, sanitizer, SystemError. */
bool stress_grave(const struct stress_defect *d);

/* What the modes reached, into out->stress and out->stress_left_out. */
void stress_summarise(const struct judge_input *in, struct package_result *out);

#endif
