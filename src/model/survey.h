/*
 * survey.h: what one run of the tool found: the verdict of each package with
 * everything a report needs. Reports see only this. survey_to_json() is the
 * document of `--json` (reports/survey.schema.json) and what the store keeps.
 * Strings are owned by the struct that holds them; NULL means not known.
 */
#ifndef MC_SURVEY_H
#define MC_SURVEY_H

#include "base/json.h"
#include "model/delta.h"
#include "model/scaling.h"

struct interpreter {
	char *executable;      /* absolute */
	char *version;         /* "3.13.15" */
	char *compiler;        /* as platform.python_compiler() says */
	char *flags;           /* CFLAGS it was configured with */
	char *config_args;     /* the rest of its configure arguments */
	char *optimisation;    /* "PGO+LTO", "PGO", "LTO" or "none" */
	char *tag;             /* wheel tag: "cp313" or "cp313t" */
	char *platform;        /* "linux-x86_64" */
	char *provider;        /* how it was found: "option", "own", "uv", "pyenv", "PATH" */
	char *id;              /* 16 hex digits over what it says of itself and its binary */
	char *prefix;          /* sys.base_prefix */
	char *libc;            /* "glibc 2.36"; NULL when it does not say */
	bool gil_disabled;     /* Py_GIL_DISABLED */
	bool debug;
	bool has_headers;      /* Python.h is there, so extensions can be built */
	bool has_pip;          /* pip or ensurepip is there */
};

struct pair {
	struct interpreter gil, ft;
	struct strv parity;    /* what differs, a phrase each; empty: like for like */
};

/* What was built and installed of the package for one arm. */
struct artifact_facts {
	bool known;
	char *kind;            /* "wheel" or "sdist": where it came from */
	char *file;            /* name of the index's file */
	char *sha256;
	double seconds;        /* build time; 0 for a wheel */
	bool cached;           /* the built wheel came from the cache */
	bool native;           /* holds extension modules */
	struct strv extensions; /* modules in the wheel */
	struct strv loaded;    /* of those, loaded while testing */
	int64_t wheel_bytes, installed_bytes; /* of the wheel's file, and of what it unpacks to; 0: not known */
};

struct arm_tests {
	bool known;
	int64_t passed, failed, skipped, errors; /* xfailed and xpassed count as passed; crashed, hung as failed */
	int64_t not_run;
	double seconds;
};

struct finding {
	char *id;              /* "m1": stable within a survey, first letter of the package */
	enum finding_kind kind;
	char *mode;            /* "serial" */
	enum fault fault;
	char *module;          /* module or native frame named; with FAULT_DEPENDENCY that of the dependency */
	char *signature;       /* normalised; equal for equal defects */
	char *title;           /* one line */
	char *test;            /* test id, when there is one */
	int64_t events, runs;  /* on ft */
	int64_t control_events, control_runs; /* on gil */
	double seconds_to_first; /* negative: not known */
	char *stack;           /* capped */
	char *tail;            /* log tail, capped */
	char *reproduce;       /* a command that can be pasted */
	/* Stress modes only; NULL, 0 and empty else. */
	char *oracle;          /* what told it: "signal", "lost-update", ... */
	char *key;             /* names the unit in every process, on every arm, with every seed */
	char *function;        /* innermost function or operation of the package */
	char *native_stack;    /* of all threads, capped; `stack` is then the Python one */
	char *unit;            /* JSON text of what replays it */
	char *script;          /* text of the stand-alone reproducer; NULL: none */
	char *script_note;     /* why there is none, or how often it failed: "3 of 3 fresh processes" */
	char *note;            /* why it is not confirmed; NULL when it is */
	char *fixed_in;        /* a newer version that does not show it, the smallest that was tried; NULL: not known */
	char *fixed_note;      /* why none is known: "6.9.0, the newest, shows it too"; NULL: none is newer, or fixed_in says it */
	bool fixed_tested;     /* that was seen here; else fixed_in is only newer */
	int64_t fixed_runs;    /* in how many runs it was played there and was not bad */
	bool confirmed;        /* a memory error, or seen again in a fresh process with clean controls */
	int64_t threads;
	int64_t locked_events, locked_runs; /* bad plays of plays on ft with every operation under one lock; runs 0: not played so */
	int64_t serial_events, serial_runs; /* the same from one thread */
	struct strv seeds;     /* of the ft runs that showed it */
	struct strv tests;     /* ids of the suite that led to it */
	struct strv frames;    /* innermost native frames, "object!function" */
};

/* What one stress mode reached of the package and of its suite. Numbers are
 * those of the run that reached most; runs and seconds are over all its runs. */
struct stress_summary {
	char *mode;            /* "replay" */
	int64_t runs, threads; /* runs on ft that looked for defects, and the threads of each */
	double seconds;        /* bound on their stress work, in all */
	double overlap;        /* threads running at once while playing; 0: not known */
	int64_t of, parallel;  /* tests selected, and those that ran in parallel; of 0: the mode runs no tests */
	struct strv serialised; /* "reason: count": why the others did not, most first */
	int64_t types, types_played, ops, ops_played, units; /* replay: recorded and played; units played */
	int64_t hidden, interpreter; /* tsan: reports left out: known races of the interpreter, and its other races */
	struct strv never;     /* operations never played (a part of them) */
	struct strv never_why; /* "reason: count" */
};

/* One rung of the evidence ladder: "classifier", "wheel", "builds", "import", "suite", "stress", "sanitizer". */
struct rung {
	char *name;
	char *state;           /* "yes", "no", "cp313t", "GIL off", "same", "untested", "unknown", ... */
	char *detail;          /* may be NULL */
};

struct test_difference {
	char *id;
	enum test_status gil, ft;
	int64_t gil_bad, gil_runs, ft_bad, ft_runs; /* over all runs, the confirming ones too */
	char *message;         /* from the failing arm */
	char *kind;            /* "regressed", "flaky", "suspect", "both", "fixed" (fails on gil only), "self-skip", "gil-fallback" */
};

struct package_result {
	char *name;            /* normalised */
	char *version;         /* the one the verdict is about; NULL when none was resolved */
	char *requested;       /* as the user wrote it */
	char *tested_version;  /* another version tested in its place, or NULL */
	enum outcome verdict;
	enum readiness readiness;
	int64_t runs;          /* complete ft runs behind the bound */
	double bound;          /* one-sided 95% bound on the failure rate; 1 when nothing ran */
	struct strv reasons;   /* lines under the matrix row, most important first */
	struct strv flags;     /* "flaky", "collected-differs", "native-differs", "gil-only-native", "no-sandbox", ... */
	struct strv path;      /* from the target to what holds it back; empty when nothing does */
	char *blocker;         /* "cffi==2.1.1" */
	char *advice;          /* what to do; NULL when nothing */
	int64_t holds, of;     /* this package holds back `holds` of `of` requirements; 0 unless a blocker */
	struct artifact_facts artifact[ARM_COUNT];
	char *from;            /* matrix cell: "wheel", "source", "wheel != source" */
	int gil_state;         /* 0 off, 1 on, -1 unknown: on the free-threaded build after import */
	char *gil_module;
	char *tests_from;      /* "wheel", "sdist", "git v1.2", "profile", NULL */
	char *runner;          /* "pytest" or "unittest" */
	char *profile;         /* profile used, or NULL */
	int64_t selected, collected; /* -1 unknown; collected: in the files that were looked at */
	int64_t files, files_selected; /* test files found and sampled; 0: all */
	struct arm_tests tests[ARM_COUNT];
	struct test_difference *differences;
	size_t n_differences;
	struct strv only_gil, only_ft; /* ids collected on one arm only (at most 50 kept) */
	struct strv left_out;  /* test dependencies left out or replaced: "hypothesis: 6.155.7 instead of 6.170.15" */
	struct ratio time;     /* call phases of the tests, ft / gil */
	struct ratio build;    /* the same, of the free-threaded build with the GIL on (ft-gil) / gil: what the build alone costs */
	struct ratio memory;   /* peak RSS of the test process */
	struct ratio memory_import; /* RSS after the import */
	struct ratio import_time;
	struct ratio baseline; /* the interpreters alone: survey.baseline.time */
	struct measured measured; /* how these came to be, and each test's part */
	struct scaling scaling; /* throughput with 1, 2, ... threads on each arm */
	struct stress_summary *stress; /* one per mode that ran, in the order in which they ran */
	size_t n_stress;
	struct strv stress_left_out;   /* "tsan: no ThreadSanitizer interpreter": modes that did not run, and why */
	struct rung *ladder;
	size_t n_ladder;
	struct finding *findings;
	size_t n_findings;
	struct strv logs;      /* "cell-id  words" for `migrate-check log` */
	double seconds;        /* wall time spent on it */
	char *reproduce;       /* command that reruns this package alone */
};

struct survey {
	char *id;              /* 12 hex digits */
	char *started, *finished; /* UTC; finished NULL while it runs */
	char *tool_version;
	char *title;           /* what was asked, e.g. "requirements.txt" or "numpy pandas" */
	char *command;
	char *seed;
	enum effort effort;
	double budget_seconds; /* per package; 0: the effort's own */
	bool sandbox;          /* false: --no-sandbox was given */
	bool interrupted;
	int cores;
	int exit_code;
	int64_t requirements;  /* how many targets the user named */
	int64_t infra_errors;  /* packages of which nothing can be said by the tool's or the machine's fault */
	int64_t cells;         /* finished and kept */
	int64_t cells_planned; /* of that many; 0: not known */
	double seconds;
	struct pair pair;
	struct baseline baseline; /* what the interpreters alone show */
	struct strv not_covered; /* "sanitizer (no tsan interpreter)" */
	struct package_result *packages;
	size_t n_packages;
};

#define AUTO_SURVEY CLEANUP(survey_release) struct survey

void interpreter_release(struct interpreter *i); /* frees the strings and zeroes *i; a zeroed one is fine */
void interpreter_copy(struct interpreter *dst, const struct interpreter *src); /* replaces dst */
cJSON *interpreter_to_json(const struct interpreter *i) MC_NODISCARD;          /* one member per field; the caller deletes it */
/* *i is initialised by this: what it held is not freed. Absent members are NULL or false. */
void interpreter_from_json(struct interpreter *i, const cJSON *j);

/* Sets the fields whose "unknown" is not 0 (verdict untested, bound 1, counts -1); frees nothing. */
void package_result_init(struct package_result *p);
void package_result_release(struct package_result *p); /* frees all that it holds and initialises it again */
/* Appends one; its id is made from p->name, so set that first. Owned by p, valid until the next is added. */
struct finding *package_add_finding(struct package_result *p, enum finding_kind kind, enum fault fault);
/* Appends; does not look for the mode. Owned by p, valid until the next. */
struct stress_summary *package_add_stress(struct package_result *p, const char *mode);
const struct stress_summary *package_find_stress(const struct package_result *p, const char *mode); /* NULL: did not run */
/* The mode that ran most tests in parallel, and the one that played most operations; NULL when none did. */
const struct stress_summary *package_stress_tests(const struct package_result *p);
/* Of the modes that play operations, without tsan. */
const struct stress_summary *package_stress_replay(const struct package_result *p);
/* "4 threads x 198 of 212 tests, 61 of 80 operations": what stress reached, never without it; NULL when no mode ran. */
char *package_stress_reach(const struct package_result *p) MC_NODISCARD;
/* Appends copies; detail may be NULL. Owned by p, valid until the next is added. */
struct rung *package_add_rung(struct package_result *p, const char *name, const char *state, const char *detail);
/* Appends one with no runs, for the caller to fill. Owned by p, valid until the next is added. */
struct test_difference *package_add_difference(struct package_result *p, const char *id, const char *kind);

void survey_release(struct survey *s);                       /* frees all, packages too, and zeroes *s; a zeroed one is fine */
struct package_result *survey_add_package(struct survey *s); /* initialised */
/* Worst first: readiness, then requirements held, then name. */
void survey_sort(struct survey *s);
int package_compare(const struct package_result *a, const struct package_result *b); /* below 0: a comes first */
size_t survey_count(const struct survey *s, enum readiness r); /* a linear count over s->packages, in any order */
/* Replaces s->not_covered by what stress and sanitizer did not reach in all packages together, a phrase each. */
void survey_set_not_covered(struct survey *s);
/* Packages of which the two builds could be compared: an outcome that says something about free
 * threading. When it is 0 nothing was tested. */
size_t survey_compared(const struct survey *s);
/* An interrupted survey without a no-go is "Cannot say".
 * "Not yet" | "Cannot say" | "Go with limits" | "Go" */
const char *survey_headline(const struct survey *s);

cJSON *survey_to_json(const struct survey *s) MC_NODISCARD; /* the caller deletes it */
cJSON *package_to_json(const struct package_result *p) MC_NODISCARD; /* an element of the survey's "packages"; the caller deletes it */
/* *s is initialised by this. Nothing fails: an absent member is "not known", an unknown effort is quick. */
void survey_from_json(struct survey *s, const cJSON *j);
/* The same; a verdict or readiness of a newer tool becomes "error" and "unknown". */
void package_from_json(struct package_result *p, const cJSON *j);
/* The stress part of the two above (survey_stress.c): member "coverage", an object with one member per mode. */
cJSON *coverage_to_json(const struct package_result *p) MC_NODISCARD;
void coverage_from_json(struct package_result *p, const cJSON *coverage); /* adds a summary for each member that is an object */
void stress_summaries_release(struct package_result *p); /* part of package_result_release(); p->n_stress is 0 afterwards */

#endif
