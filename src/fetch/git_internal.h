/* git_internal.h: what the git_*.c files share; see git.h. */
#ifndef MC_GIT_INTERNAL_H
#define MC_GIT_INTERNAL_H

#include "fetch/git.h"

#include <git2.h>
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h> /* git_error_set_str() moved there in 1.8 */
#endif

#define GIT_AT_LEAST(major, minor) (LIBGIT2_VER_MAJOR > (major) || (LIBGIT2_VER_MAJOR == (major) && LIBGIT2_VER_MINOR >= (minor)))
#define GIT_MAX_REFS 200000 /* names kept of one repository */

/* Once per process: libgit2, certificates, limits on stalled connections. */
void git_start(void);

/* An open mirror, locked against other processes until released. */
struct git_mirror {
	git_repository *repo;
	char *path; /* the bare repository's folder */
	int lock;
};
#define AUTO_MIRROR CLEANUP(git_mirror_release) struct git_mirror
/* Opens the bare repository of req->url below cache_root, or makes an empty one, and waits
 * while another process holds it. ERR_IO; ERR_INTERRUPTED from the wait. Release m also then. */
int git_mirror_open(const struct git_request *req, const char *cache_root, struct git_mirror *m, struct error *err);
void git_mirror_release(struct git_mirror *m); /* unlocks it; what was fetched stays. A mirror never opened must have lock -1 */

/* A remote repository while it is spoken to. */
struct git_session {
	const struct git_request *req;
	git_remote *remote;
	git_fetch_options options;
	int slot;         /* of the observer */
	int tries;        /* credentials handed out */
	bool interrupted; /* a callback ended the transfer */
};
/* Connect to req->url; the session stays valid until closed. */
int git_session_open(struct git_session *s, const struct git_request *req, git_repository *repo, struct error *err);
/* Fetches into the repository of git_session_open(); one ref of a remote host comes without its history
 * from libgit2 1.7 on. ERR_INTERRUPTED when a callback ended it, else what git_failed() makes of it. */
int git_session_fetch(struct git_session *s, const struct strv *refspecs, struct error *err);
void git_session_close(struct git_session *s); /* disconnects and ends the observer's step; also after git_session_open() failed */

/* libgit2's last error as one of ours. `doing` is a phrase: "cannot fetch from". */
int git_failed(const struct git_request *req, int code, enum error_code fallback, const char *doing, struct error *err);
bool git_url_is_local(const char *url);      /* file://, or a path that starts with "/" or "." */
const char *git_local_path(const char *url); /* behind file://, or url itself */

/* Credentials (git_auth.c); the payload is a struct git_session. */
int git_credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *payload);

/* Refs (git_refs.c). Find req->ref at the remote or in the mirror; *id is a commit. */
int git_resolve_remote(const struct git_request *req, struct git_mirror *m, git_oid *id, struct error *err);
/* Nothing is fetched: the refs as they were last seen, then abbreviated commits. ERR_NO_REF. */
int git_resolve_mirror(const struct git_request *req, struct git_mirror *m, git_oid *id, struct error *err);

/* Trees (git_tree.c): check a commit out, collect its submodules as "path\turl\tid". */
int git_checkout_commit(const struct git_request *req, git_repository *repo, const git_oid *id, const char *dest, struct strv *submodules, struct error *err);

/* Sockets with a time limit, for libgit2 before 1.7 (git_stream.c). */
void git_stream_limits_install(void);
void git_stream_limits_set(double seconds); /* for this thread */

#endif
