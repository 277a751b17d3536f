/*
 * target.h: what the user names: packages, archives, folders, git references.
 */
#ifndef MC_TARGET_H
#define MC_TARGET_H

#include "base/buf.h"
#include "base/error.h"

enum target_kind {
	TARGET_REQUIREMENT, /* name, specifier, extras, marker */
	TARGET_SDIST,       /* path, or url (and sha256) for one that must be downloaded */
	TARGET_WHEEL,       /* the same */
	TARGET_DIRECTORY,   /* path */
	TARGET_GIT          /* url, ref, subdirectory */
};

struct target {
	enum target_kind kind;
	char *text;         /* as typed; may hold credentials: show it through text_hide_credentials_in() */
	char *name;         /* normalised, NULL if not known yet */
	char *specifier;    /* "==1.2" or "" */
	char *asked;        /* what the requirements files say where `specifier` is the pin made of it: ">=1"; else NULL */
	struct strv extras; /* normalised */
	char *marker;       /* or NULL */
	char *path;         /* absolute, or NULL */
	char *url;          /* without "git+", ref and fragment; may hold credentials; or NULL */
	char *ref;          /* git: branch, tag, commit; NULL: HEAD */
	char *sha256;       /* that the file must have, 64 lower-case digits; or NULL */
	char *subdirectory; /* git: NULL when the project is at the top */
	char *origin;       /* "command line" or "requirements.txt:12" */
};
#define AUTO_TARGET CLEANUP(target_release) struct target

struct target_list {
	struct target *v;
	size_t n, cap;
};
#define AUTO_TARGETS CLEANUP(target_list_release) struct target_list

/*
 * Read one argument of the command line into zeroed *out (released by the caller, also after a failure):
 *   name, name==1.2, name[extra]>=1 ; marker, name @ URL      (PEP 508)
 *   ./folder, folder/, ./folder[extra], path/x-1.0.tar.gz, x-1.0-...-any.whl, https://host/x-1.0.tar.gz#sha256=...
 *   git+https://host/org/lib@ref#subdirectory=dir&egg=name   (http, https, ssh, git, file)
 * A bare word is always a name, also when a folder is called so, as with pip.
 *
 * Errors: ERR_BAD_REQUIREMENT (place and suggestion), ERR_BAD_TARGET (no such
 * file, unknown kind, bad git URL), ERR_NOT_A_PROJECT (a folder without
 * pyproject.toml and setup.py, or empty). The git state of a folder is
 * git_describe_dir()'s to tell.
 */
int target_parse(const char *text, struct target *out, struct error *err);
const char *target_asked(const struct target *t);      /* the versions that the user allows: `asked`, else `specifier`; never NULL */
void target_release(struct target *t);                 /* frees the fields and zeroes *t; a zeroed one is fine */
struct target *target_list_add(struct target_list *l); /* a zeroed one at the end; owned by l */
void target_list_release(struct target_list *l);       /* frees the targets too; l is empty and can be used again */

/* ERR_BAD_TARGET when the name of the file is that of a lock file ("uv.lock"), with what makes requirements of it; else 0. */
int lock_file_refuse(const char *path, struct error *err);

/* The parts of a git URL ("git+" in front is optional) into url, ref,
 * subdirectory and, from egg=, name and extras of zeroed *out. ERR_BAD_TARGET. */
int git_url_parse(const char *text, struct target *out, struct error *err);

/* The origin and text of a requirement, as found in requirements files. */
struct requirement_line {
	char *file; /* as written: relative to the folder that was asked from */
	int line;   /* from 1 */
	char *text; /* without comment */
};
#define AUTO_REQUIREMENT_LINE CLEANUP(requirement_line_release) struct requirement_line
/*
 * Find the line of `file` (or of files that it includes by -r, 64 files and 4
 * MiB each at most) where a requirement of `name` stands. cwd: the folder that
 * relative paths start from, NULL for the tool's own. False when it is nowhere.
 */
bool requirement_lines_locate(const char *file, const char *cwd, const char *name, struct requirement_line *out);
/* The same for the line that names a file or folder by its path (relative to cwd, as pip and uv have it). */
bool requirement_lines_locate_path(const char *file, const char *cwd, const char *path, struct requirement_line *out);
void requirement_line_release(struct requirement_line *l); /* frees file and text, zeroes *l; a zeroed one is fine */
/* Adds to paths what a resolver must see to read the file: itself, the files that it
 * includes with -r or -c (relative to their own folder), and the files and folders that they name by
 * path (relative to cwd, as pip and uv have it). Only what exists. */
void requirement_files_seen(const char *file, const char *cwd, struct strv *paths);

/* The package indexes that requirements files name. */
struct requirement_indexes {
	char *url, *origin;     /* the last --index-url, and "requirements.txt:1"; may hold credentials; or NULL */
	struct strv extra_urls; /* --extra-index-url, in their order */
	struct strv unread;     /* options that name other sources of files: "requirements.txt:2: --find-links" */
};
#define AUTO_INDEXES CLEANUP(requirement_indexes_release) struct requirement_indexes
/* Adds what `file`, and the files that it includes with -r or -c, say; ${NAME} is the environment's. cwd as above. */
void requirement_files_indexes(const char *file, const char *cwd, struct requirement_indexes *out);
void requirement_indexes_release(struct requirement_indexes *x); /* frees the fields, zeroes *x; a zeroed one is fine */

/*
 * Targets from what `uv pip compile -q --no-deps --no-header --no-strip-extras
 * -r FILE` prints: "name==version" lines with their "# via -r FILE". Adds to
 * *out; text is the line of FILE where it can be found, as an argument of the command
 * line ("numpy>=2"; "./lib" of "-e ./lib"), specifier the pinned version, asked what all files that
 * want it say, origin "FILE:12".
 * No target has a marker: uv has asked it. cwd as above. ERR_TOOL when a line is of another form.
 */
int targets_from_compiled(const char *output, const char *cwd, struct target_list *out, struct error *err);

/*
 * What uv said on standard error, as an error of ours with its place where one
 * is named, and with uv's own text (credentials hidden) as `why`. *subject (may
 * be NULL) becomes the project it is about, or NULL; the caller owns it, and can look up
 * its line by requirement_lines_locate(). Always returns -1.
 *
 * Codes: ERR_CONFLICT, ERR_NOT_FOUND, ERR_NO_VERSION, ERR_BAD_REQUIREMENT,
 * ERR_BAD_TARGET, ERR_NOT_A_PROJECT, ERR_NO_REF, ERR_NETWORK, ERR_OFFLINE_MISS,
 * ERR_DISK_FULL, ERR_TOOL for what is not known.
 */
int uv_complaint(const char *stderr_text, const char *cwd, char **subject, struct error *err);

#endif
