/*
 * git.h: source trees from git repositories, by libgit2 (1.5 and newer).
 *
 * A bare mirror per repository is kept below the cache (`git/<hash>.git`), safe
 * for several processes (flock). Only the ref that is asked for is fetched; a
 * commit that no ref points at costs all branches and tags. Before libgit2 1.7
 * the ref's whole history comes with it; from 1.7 on only its newest commit.
 * No program is run: no hooks, no filters beyond line endings, no LFS.
 *
 * Credentials: those in the URL, netrc ($NETRC, ~/.netrc), for ssh the agent and
 * ~/.ssh/id_{ed25519,ecdsa,rsa} without a passphrase. Never shown, never stored.
 */
#ifndef MC_GIT_H
#define MC_GIT_H

#include "base/buf.h"
#include "base/error.h"
#include "model/observer.h"

#define GIT_COMMIT_HEX 41 /* 40 digits and the NUL */

struct git_request {
	const char *url;          /* http, https, ssh, git, file, or a path */
	const char *ref;          /* tag, branch, commit or abbreviated commit (tried in this order); NULL: HEAD */
	const char *subdirectory; /* must exist in the tree; NULL: any tree will do */
	bool submodules;          /* check them out too, 5 levels deep at most */
	bool offline;             /* only the mirror; a repository on this machine's disk may still be read */
	double stall_seconds;     /* give up when nothing moves for so long; 0: 60 */
	bool (*cancelled)(void);  /* polled (processes_cancelled); may be NULL */
	const struct observer *observer;
};

/*
 * Check the whole tree of req->ref out to dest_dir (made; absent or empty
 * before), without a .git folder, and write the commit's id. Links that leave
 * the tree are left out. On failure dest_dir is removed.
 *
 * Errors: ERR_NO_REF (hint: near names), ERR_BAD_TARGET (no repository there,
 * bad scheme, no such subdirectory), ERR_NETWORK, ERR_OFFLINE_MISS, ERR_TOOL
 * (libgit2 lacks ssh or https), ERR_TOO_LARGE (2 GiB, 200,000 entries),
 * ERR_BAD_ARCHIVE (a tree or submodules nested too deeply), ERR_DISK_FULL,
 * ERR_IO, ERR_INTERRUPTED.
 */
int git_fetch_tree(const struct git_request *req, const char *cache_root, const char *dest_dir, char commit[GIT_COMMIT_HEX], struct error *err);

/*
 * The commit of the repository that a local folder belongs to, and whether
 * anything below the folder differs from it (also new files that are not
 * ignored). commit is "" where there is no repository, no commit yet, or the
 * repository ignores the folder. ERR_IO when a repository cannot be read.
 */
int git_describe_dir(const char *dir, char commit[GIT_COMMIT_HEX], bool *dirty, struct error *err);

/*
 * The tag of the repository that stands for a version: v1.2.3, 1.2.3,
 * NAME-1.2.3, release-1.2.3, rel_1_2_3, 1.2.3.final and the like. `name` (may be
 * NULL) is the project's. *tag (without refs/tags/) is NULL when there is none;
 * the caller owns it. Offline the names that were seen last are used.
 * Only url, offline, stall_seconds, cancelled and observer of the request count.
 */
int git_find_version_tag(const struct git_request *req, const char *cache_root, const char *name, const char *version, char **tag, struct error *err);

/* The best of `tags` for a version as above, or NULL; points into tags. Pure. */
const char *git_pick_version_tag(const struct strv *tags, const char *name, const char *version);

/* A submodule's URL against its parent's ("../other.git"). NULL when it cannot
 * be used: unknown scheme, or a path of this machine below a remote parent. */
char *git_resolve_submodule_url(const char *parent, const char *url) MC_NODISCARD;

#endif
