/*
 * cell.h: run one cell, that is one package's suite on one arm, and bring back
 * its evidence. The harness runs in the sandbox and speaks JSON lines over a
 * pipe (docs/harness-protocol.md). When a test kills or stalls the process, it
 * is named as the culprit, with stacks, and a fresh process goes on with the
 * rest.
 *
 * In a stress mode the harness isolates crashes and hangs by itself once the
 * suite's own tests are recorded; what ends its process then is blamed on no
 * test but said in evidence.error.
 */
#ifndef MC_CELL_H
#define MC_CELL_H

#include "model/evidence.h"
#include "model/observer.h"
#include "sandbox/sandbox.h"

enum gil_choice { GIL_DEFAULT, GIL_OFF /* PYTHON_GIL=0 */, GIL_ON /* PYTHON_GIL=1 */ };

/* What a stress mode is told beside the suite; docs/harness-protocol.md says what each field means. */
struct stress_spec {
	const char *kind;              /* evidence.stress_kind: "play", "confirm", ... */
	int threads;                   /* 0: the harness's default */
	double seconds;                /* bound on the stress work */
	const char *seed;
	const struct strv *focus;      /* keys; NULL: everything */
	const struct strv *avoid;      /* keys of stress findings whose types, functions and tests are left out; NULL: none */
	bool locked;                   /* every operation under one lock */
	double switch_interval;        /* seconds; 0: leave */
	bool want_script;
	double silent_seconds;         /* without an event for so long: ended; 0: 90 s */
};

struct cell_spec {
	enum arm arm;
	enum gil_choice gil;
	const char *mode;              /* "serial", "turns" (then turn_fd is given; see cell_pair.h), or a stress mode: then `stress` is given */
	const struct stress_spec *stress; /* NULL: serial */
	const char *python;            /* of the environment */
	const char *harness;           /* folder */
	const char *work;              /* private folder for this cell's home; made and removed by cell_run */
	const struct strv *read_only;  /* environment, interpreter, harness */
	const struct strv *env;        /* NAME=value, may be NULL */
	bool no_sandbox;
	bool tsan;                     /* python is a ThreadSanitizer build: no bound on addresses, which it reserves by the terabyte, and none at random */
	const char *suite;             /* folder with the tests, copied for this cell; NULL: an empty folder */
	const struct strv *links;      /* "path in the copy>absolute target": symbolic links; may be NULL */
	const char *runner;            /* "pytest" or "unittest" */
	const struct strv *args, *extra_args, *import_names, *top_level, *deny;
	const char *site;              /* site-packages of the environment */
	const char *seed;
	int64_t max_files, cap_per_file; /* 0: all */
	const struct strv *ids;        /* run just these; NULL: as selected above */
	double test_seconds;           /* deadline of one test */
	double suite_seconds;          /* after this no new test starts */
	int repeat;
	int turn_fd;                   /* mode "turns": this process's end of the channel, which cell_run closes once it has started; 0: none */
	bool turn_first;               /* ... and whether it runs first */
	int turn_cpu;                  /* ... and the processor that both run on */
	const char *log_path;          /* whole output, capped */
	const struct observer *observer;
	int slot;                      /* progress slot, 0: none */
};

/* Run the cell. What the package does wrong is in *out; an error is the tool's
 * or the machine's (and ERR_INTERRUPTED). *out is initialised by this. */
int cell_run(const struct cell_spec *spec, struct evidence *out, struct error *err);

#endif
