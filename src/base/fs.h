/*
 * fs.h: files, folders and the places where the tool keeps things.
 * Paths returned are owned by the caller.
 */
#ifndef MC_FS_H
#define MC_FS_H

#include "base/buf.h"
#include "base/error.h"

char *path_join(const char *dir, const char *name) MC_NODISCARD; /* name absolute: a copy of name */
const char *path_base(const char *path);            /* points into path */
char *path_dir(const char *path) MC_NODISCARD;      /* all before the last slash; "." without one, "/" at the root */
char *path_absolute(const char *path) MC_NODISCARD; /* against the working directory; no symlinks resolved */
bool path_exists(const char *path);                 /* also a link that leads nowhere */
bool path_is_dir(const char *path);                 /* or a link to one */
bool path_is_file(const char *path);                /* a regular one, or a link to one */
uint64_t file_size(const char *path);                /* 0 when it cannot be read */
char *find_program(const char *name) MC_NODISCARD;  /* in PATH; absolute path or NULL */

int make_dirs(const char *path, struct error *err);        /* like mkdir -p */
int make_temp_dir(const char *parent, const char *prefix, char **path, struct error *err); /* 0700 */
int remove_tree(const char *path, struct error *err);      /* does not follow links; absent is fine;
                                                              makes read-only folders writable first */
int read_file(const char *path, size_t max, struct buf *out, struct error *err); /* more than max bytes: ERR_TOO_LARGE */
/* A device, pipe or socket, which is written to and never replaced: a rename would make a file of /dev/null. */
bool path_is_special(const char *path);
int write_file(const char *path, const void *data, size_t n, struct error *err); /* temp, fsync, rename; what is special is written as it is */
/* The same without waiting for the disk: for files that end with the run, and for those whose
 * readers notice when a power failure has damaged them. */
int write_unflushed(const char *path, const void *data, size_t n, struct error *err);
int list_dir(const char *path, struct strv *names, struct error *err); /* sorted, without . and .. */
int copy_tree(const char *from, const char *to, struct error *err);    /* files, folders, links as links; to must not exist */

/* Every regular file below root as a path relative to it, sorted; links are
 * not followed. Stops with ERR_TOO_LARGE beyond max_files. */
int walk_files(const char *root, size_t max_files, struct strv *out, struct error *err);

char *dir_cache(void) MC_NODISCARD;  /* $MIGRATE_CHECK_CACHE or $XDG_CACHE_HOME/migrate-check */
char *dir_data(void) MC_NODISCARD;   /* $MIGRATE_CHECK_DATA or $XDG_DATA_HOME/migrate-check */
char *dir_config(void) MC_NODISCARD; /* $XDG_CONFIG_HOME/migrate-check */
/* A file or folder that ships with the tool ("harness", "profiles", "reports"):
 * $MIGRATE_CHECK_ASSETS/name if set, else the build tree's own when the running
 * program lives in a build tree, else the installed one. */
char *asset_path(const char *name) MC_NODISCARD;
/* Does the running program lie in a build tree, and not where it was installed? */
bool runs_from_build_tree(void);

#endif
