/*
 * resolve.h: from requirements to a lock. The resolver is uv (`uv pip compile
 * --format pylock.toml`, PEP 751), with pip's installation report as the
 * fallback when uv cannot be had. A resolver may have to run a package's
 * metadata hook, so it runs in a sandbox: with network, a home of its own, and
 * a cache that only this package's resolutions share.
 */
#ifndef MC_RESOLVE_H
#define MC_RESOLVE_H

#include "build/toolbox.h"

/* One package of a lock and the file chosen for it. */
struct locked {
	char *name, *version;
	char *url;      /* https://, http:// or file:// */
	char *filename;
	char *sha256;   /* NULL: the index states none */
	int64_t size;   /* -1 unknown */
	bool wheel;     /* else an sdist */
	bool native;    /* wheel for one platform */
	char *local;    /* path of a file on this machine (file:// or path), NULL otherwise */
	char *sdist_url, *sdist_filename, *sdist_sha256; /* the sdist beside it, when there is one */
};

struct lock {
	struct locked *v;
	size_t n;
	char *unbuilt; /* "name==version" whose metadata hook failed (ERR_BUILD), else NULL */
};
#define AUTO_LOCK CLEANUP(lock_release) struct lock
void lock_release(struct lock *l);
const struct locked *lock_find(const struct lock *l, const char *name); /* normalised name; NULL when absent */
bool lock_agrees(const struct lock *a, const struct lock *b); /* no package is in both with two versions */
void lock_copy(struct lock *dst, const struct lock *src); /* replaces dst */
void lock_copy_beside(struct lock *dst, const struct lock *src, const struct lock *without); /* the same of those that `without` lacks */
/* Take the sdist that stands beside a wheel in its place; nothing happens when there is none. */
void lock_take_sdist(struct lock *l, const char *name);
/* "name==version" of each package, for holding another resolution to them. */
void lock_pins(const struct lock *l, struct strv *out);

struct resolve_request {
	const char *label;              /* names the private resolver cache: the target's name */
	const struct interpreter *python;
	struct strv requirements;       /* requirement lines; also "/folder[extra]" */
	struct strv constraints;        /* constraint lines */
	struct strv no_binary, only_binary; /* names, or ":all:" */
	struct strv find_links;         /* folders with wheels */
	struct strv requirement_files, constraint_files; /* read by uv itself */
	const struct interpreter *twin; /* whose answer to the same request will do, if it is pure wheels; or NULL */
	bool no_deps;
	bool annotate;                  /* also say who wants what (resolve_paths) */
};
#define AUTO_REQUEST CLEANUP(resolve_request_release) struct resolve_request
void resolve_request_release(struct resolve_request *r);

/* Returns 0 with *out filled; -1 with err: ERR_NOT_FOUND, ERR_NO_VERSION,
 * ERR_CONFLICT, ERR_BAD_REQUIREMENT (the request cannot be satisfied),
 * ERR_BUILD (the code of a package failed; out->unbuilt names it),
 * ERR_NETWORK, ERR_OFFLINE_MISS, ERR_TOOL (the machine). Offline, the answer of
 * an earlier equal request is used. */
int resolve(const struct toolbox *t, const struct resolve_request *r, struct lock *out, struct error *err);

/* uv's annotated text for the same request: "name==1.0\n    # via other" lines. Caller owns. */
int resolve_annotated(const struct toolbox *t, const struct resolve_request *r, char **text, struct error *err);
/* The shortest chain "target > a > name" that leads to a package in that text; adds names to path. */
void resolve_path_to(const char *annotated, const char *target, const char *name, struct strv *path);

/* Is this error a statement about the requirements (data), not about the machine? */
bool resolve_error_is_answer(const struct error *err);

#endif
