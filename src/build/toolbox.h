/*
 * toolbox.h: what resolving, building and installing need to know of this run:
 * the interpreter pair, the helper programs, the index, and where to work.
 */
#ifndef MC_TOOLBOX_H
#define MC_TOOLBOX_H

#include "fetch/http.h"
#include "fetch/index_config.h"
#include "model/observer.h"
#include "sandbox/sandbox.h"

struct toolbox {
	const struct pair *pair;       /* borrowed */
	const struct observer *observer; /* borrowed, may be NULL */
	struct index_config index;
	struct fetch_options fetch;
	char *uv;                      /* path of the uv program; NULL: pip's report is the fallback */
	char *harness;                 /* folder of the harness */
	char harness_hash[65];         /* of its content; "": not known */
	char *cache;                   /* dir_cache() */
	char *work;                    /* private folder of this run, removed at its end */
	int work_lock;                 /* held while the run lives; 0: none */
	char *environments;            /* folder of kept environments (environment.h), or one below work */
	int environments_lock;         /* held while the run lives; 0: the folder is the run's own */
	struct seen_pages *pages;      /* see toolbox_page_hashes() */
	bool no_sandbox, offline;
	bool fresh;                    /* ask the index again, however young an answer is */
	bool keep_work;
	bool tsan;                     /* pair->ft is a ThreadSanitizer build; what is built for it gets that too */
	int depth;                     /* builds of build requirements nest; bounded */
};

/* What native code is compiled with for the ThreadSanitizer interpreter, and what keeps
 * reports of the tools that build it out of the way. */
#define TSAN_FLAGS "-fsanitize=thread -g -O1 -fno-omit-frame-pointer"
#define TSAN_QUIET "TSAN_OPTIONS=report_bugs=0:exitcode=0"

#define AUTO_TOOLBOX CLEANUP(toolbox_release) struct toolbox
void toolbox_release(struct toolbox *t);

/* Make t->work below t->cache for this run, and remove what runs that were killed
 * have left there. */
int toolbox_open_work(struct toolbox *t, const char *label, struct error *err);
/* How t->fetch gets things from here on: as t->index, t->offline and t->observer say (set before), and
 * with an end soon after processes_cancel(). */
void toolbox_set_fetch(struct toolbox *t);
/* Remove the work folders of runs that are over; `kept` ones (--keep-work) too when asked. */
void toolbox_sweep(const char *cache, bool kept);

const struct interpreter *toolbox_interpreter(const struct toolbox *t, enum arm arm);

/* A sandbox with a fresh private home below work, the harness, uv and both
 * interpreters visible. The caller adds what else is needed. */
int toolbox_sandbox(const struct toolbox *t, const char *label, struct sandbox *out, struct error *err);

/* Give s the network, and to what runs there the way to the index as this program goes it itself (t->index.net):
 * proxy, certificates and client certificate by the variables of uv, pip, cargo and curl, their files visible. */
void toolbox_network(const struct toolbox *t, struct sandbox *s);

/* Did the program that printed this fail because no space was left? Its word alone is
 * not taken: the file system must be nearly full. Sets ERR_DISK_FULL and returns -1, else 0. */
int toolbox_check_space(const struct toolbox *t, const char *output, const char *doing, struct error *err);

/* index_page_hashes(), each name asked for once in a run: should a page change meanwhile,
 * the next run sees another one than this run remembers, and asks again. */
struct seen_pages *seen_pages_new(void) MC_NODISCARD; /* toolbox_open_work makes it */
void seen_pages_free(struct seen_pages *p);
int toolbox_page_hashes(const struct toolbox *t, const struct strv *names, struct strv *hashes, struct error *err);

/* Run a harness script with an interpreter inside s and read the JSON that it
 * leaves in HOME/result.json. args may be NULL. When the script fails, *out is
 * NULL, the return value 0, and *complaint (owned by the caller) its last line. */
int toolbox_script(const struct toolbox *t, struct sandbox *s, const struct interpreter *python, const char *script,
                   const struct strv *args, cJSON **out, char **complaint, struct error *err);

/* uv of the pinned version: from the tool's own folder, else fetched from the
 * index as a wheel and kept there. Where the index has none, or with
 * MIGRATE_CHECK_RESOLVER=pip, t->uv stays NULL and pip serves in its place. */
int toolbox_get_uv(struct toolbox *t, struct error *err);
char *toolbox_uv_path(void) MC_NODISCARD; /* where it is kept; it need not be there */
#define UV_VERSION "0.13.9"

#endif
