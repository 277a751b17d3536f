/*
 * evidence.h: what one cell left behind, as plain data. A cell is one run of a
 * package's suite: package version x arm x mode. Times are in nanoseconds,
 * memory in bytes; 0 or -1 means "not known" as each field says. All strings
 * are owned by the struct that holds them and may be NULL when not known.
 */
#ifndef MC_EVIDENCE_H
#define MC_EVIDENCE_H

#include "base/json.h"
#include "model/scaling_evidence.h"
#include "model/words.h"

struct test_result {
	char *id;              /* test id, the same on every arm */
	enum test_status status;
	int64_t call_ns;       /* call phase; 0 when it was not reached */
	int64_t cpu_ns;        /* CPU time of the process during the call phase; 0 unknown */
	int64_t total_ns;      /* set-up, call and tear-down */
	char *message;         /* one line: why it failed or was skipped; NULL when passed */
	char *needs;           /* NOT_RUN or failed for a missing module: its name */
	int rep;               /* repetition within its process, from 0; later ones are for timing alone */
};

/* A test that ended the process or did not end. */
struct culprit {
	char *id;              /* the test that ran; NULL when between tests */
	enum test_status status; /* TEST_CRASHED or TEST_HUNG */
	int signal;            /* signal number; 0 for a hang or a plain exit */
	int exit_code;         /* when it left by os._exit; else -1 */
	int rep;               /* as of a test_result */
	char *python_stack;    /* taken inside (faulthandler), capped; NULL when none */
	char *native_stack;    /* taken outside (gdb), capped; NULL when none */
	struct strv frames;    /* of it, "object!function", innermost first: as a stress_event's */
};

/* One extension module that was loaded from the environment. */
struct extension {
	char *module;          /* "multidict._multidict" */
	char *file;            /* path inside site-packages */
};

/*
 * One finding of a stress run: every event with the same key, as the harness
 * counted them (docs/harness-protocol.md, event `finding`). Controls: how often
 * the same unit was bad when run from one thread (serial) or with every
 * operation under one lock (locked); of 0 tries: not run.
 */
struct stress_event {
	char *key;             /* stable across processes, arms and seeds: "replay|rotate|pkg.C.append" */
	char *oracle;          /* "signal", "refcount", "wrong-result", ... */
	enum finding_kind kind; /* FIND_CRASH .. FIND_SANITIZER; FIND_COUNT, without oracle: only its script is known
	                         * (cells of kind "script" alone, which the judge is not given) */
	int signal;            /* signal number; 0 when none ended it */
	char *title;           /* one line */
	char *module, *function; /* of the package, where it showed; NULL when not known */
	char *python_stack, *native_stack; /* capped; NULL when none */
	char *unit;            /* JSON text that replays it */
	char *script;          /* text of the stand-alone reproducer; NULL when none was asked for or made */
	char *script_note;     /* one line: why no script could be made; NULL when none was tried or there is one */
	int64_t script_bad, script_tries; /* fresh processes in which the script failed, of tried; 0 of 0: not tried */
	int64_t script_threads; /* that the script uses; 0 unknown */
	double seconds;        /* from the start of play to the first event */
	int64_t events, tries; /* bad plays, of plays */
	int64_t serial_bad, serial_tries, locked_bad, locked_tries;
	struct strv tests;     /* ids of the suite that led to it, at most 5 */
	struct strv frames;    /* normalised innermost frames, "object!function", at most 8 */
	bool persistent;       /* state that stays wrong also without threads: not a race */
};

/* How one key of the cell's focus fared; tries 0: never reached. */
struct stress_played {
	char *key;
	int64_t tries, bad;
	double first_seconds;  /* to the first bad play; < 0: none was bad */
};

/* How much of the suite or of the package a stress run really reached. */
struct stress_coverage {
	bool known;
	int64_t of, parallel;  /* tests: all, and those that ran in parallel */
	struct strv serialised; /* "reason: count", why the others did not */
	double overlap;        /* threads running at once while playing: CPU s / wall s; 0 unknown */
	int64_t types, types_played, ops, ops_played; /* replay: of the package, recorded and played */
	struct strv never;     /* operations that were never played, at most 40 names */
	struct strv never_why; /* "reason: count" */
	int64_t units;         /* played */
	int64_t hidden, interpreter; /* tsan: reports of known races of the interpreter, and of its other races */
};

struct evidence {
	enum arm arm;
	char *mode;            /* "serial", "turns" (measured beside a process of the other arm), or a stress mode: "replay", "mixed", ... */
	bool gil_forced_off;   /* ran with PYTHON_GIL=0 */
	enum ending ending;
	int code;              /* exit code or signal of the last process */
	char *error;           /* END_FAILED, or what kept a stress run from its end: why, one line */

	int64_t collected;     /* items before sampling; -1 when collection did not end */
	int64_t selected;      /* items chosen to run */
	int64_t files, files_selected; /* test files found and sampled; 0: all were collected */
	struct test_result *tests; /* in the order they ran; ids may repeat for subtests */
	size_t n_tests;
	struct test_result *collect_errors; /* id = file, status TEST_ERROR, message */
	size_t n_collect_errors;
	int runner_exit;       /* pytest's exit code; -1 unknown; 5 = nothing collected */
	struct strv missing_modules;  /* names from ModuleNotFoundError */
	struct strv missing_fixtures; /* "benchmark", ... */
	struct strv unknown_options;  /* "--cov", ... */

	bool imported;         /* the import names were imported */
	char *import_error;    /* one line, when they were not */
	int gil_after_import;  /* 1 on, 0 off, -1 not asked */
	int gil_at_end;        /* the same after the last test */
	char *gil_module;      /* extension that turned it on, found in a process of its own */
	char *gil_test;        /* first test after which it was on */
	struct extension *extensions;
	size_t n_extensions;
	struct strv shadowed;  /* modules under test that did not come from the environment */

	struct culprit *culprits;
	size_t n_culprits;
	int64_t forged_events; /* lines on the event channel that were not ours */
	bool output_truncated; /* the suite printed more than is kept */
	bool out_of_memory;
	bool timed_out;        /* the whole cell ran out of its time; the rest is NOT_RUN */

	int64_t wall_ns, cpu_ns;      /* of the cell's processes */
	int64_t peak_rss;             /* bytes, largest process; 0 unknown */
	int64_t import_rss, import_ns, import_cpu_ns; /* after importing the package; 0 unknown */
	int64_t turns;                /* mode turns: tests that ran in their turn */
	char *turns_lost;             /* why turns were given up, so that its times are of no use; NULL: they were kept */
	double load;                  /* cores that others kept busy meanwhile (cell_pair.h); < 0 unknown */
	char *log;             /* file below the store that holds the whole capped output */
	char *log_tail;        /* its last lines, at most 4 KiB */
	char *command;         /* what reproduces this cell */

	/* Stress modes only; see docs/harness-protocol.md. */
	char *stress_kind;     /* what the cell was for: "play", "confirm", "control" (GIL build), "locked", "script", "scaling"; NULL: serial */
	int64_t threads;       /* 0: not a stress run */
	double stress_seconds; /* bound on its stress work */
	char *stress_seed;
	struct stress_event *stress;
	size_t n_stress;
	struct stress_played *played;
	size_t n_played;
	struct stress_coverage coverage;
	char *units;           /* JSON lines: what the findings need to be replayed; NULL when none */
	struct scaling_evidence scaling; /* of the scaling modes */
};

#define AUTO_EVIDENCE CLEANUP(evidence_release) struct evidence
void evidence_init(struct evidence *e); /* sets the fields whose "unknown" is not 0 */
/* Frees all of it and initialises it again, so that it can be filled anew or released twice. */
void evidence_release(struct evidence *e);
/* Each evidence_add_*() appends one with copies of its words and "not known"
 * elsewhere; the result is owned by e and valid until the next of its sort is added. A
 * test at the end of `tests`, also when its id is there already. */
struct test_result *evidence_add_test(struct evidence *e, const char *id, enum test_status status);
/* A file that could not be collected: status TEST_ERROR. */
struct test_result *evidence_add_collect_error(struct evidence *e, const char *id, const char *message);
/* exit_code -1; id NULL: it died between tests. */
struct culprit *evidence_add_culprit(struct evidence *e, const char *id, enum test_status status);
/* Does not look for the key: evidence_find_stress() first. kind FIND_COUNT. */
struct stress_event *evidence_add_stress(struct evidence *e, const char *key);
/* first_seconds -1; does not look for the key either. */
struct stress_played *evidence_add_played(struct evidence *e, const char *key);
struct stress_event *evidence_find_stress(const struct evidence *e, const char *key);   /* NULL when there is none */
struct stress_played *evidence_find_played(const struct evidence *e, const char *key);  /* NULL when there is none */
int stress_oracle_rank(const char *oracle);   /* 0: the most severe; -1: no oracle of that name */
bool stress_oracle_memory(const char *oracle); /* memory was wrong, so that one event is enough */
const char *stress_oracle_word(const char *oracle); /* the same word, static; NULL when unknown */
/* Copies both; the same module may be added twice. */
void evidence_add_extension(struct evidence *e, const char *module, const char *file);
/* Results of first repetitions: those with status s, and all. */
size_t evidence_count(const struct evidence *e, enum test_status s);
size_t evidence_results(const struct evidence *e); /* of any status, NOT_RUN too; a test with subtests counts once for each */

cJSON *evidence_to_json(const struct evidence *e) MC_NODISCARD; /* the caller deletes it */
void evidence_from_json(struct evidence *e, const cJSON *j);    /* e is initialised by this */

/* The part of the three above that concerns stress runs (evidence_stress.c). */
void evidence_stress_release(struct evidence *e); /* the caller clears the fields */
/* All stress fields as one object, whatever the mode. The caller deletes it. */
cJSON *evidence_stress_to_json(const struct evidence *e) MC_NODISCARD;
/* Into an e that is initialised and has none yet; what is missing or of another type stays "not known". */
void evidence_stress_from_json(struct evidence *e, const cJSON *j);

#endif
