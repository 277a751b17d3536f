/*
 * unpack.h: archives (sdists and wheels) into a folder, by libarchive, under
 * limits and with the meaning of PEP 706's "data" filter.
 *
 * What is refused, always with ERR_BAD_ARCHIVE: names that are absolute or hold
 * "..", links whose target is absolute or leaves the folder, hard links to
 * anything but a regular file of the same archive, writing through a link,
 * devices, pipes and sockets, encrypted entries, damaged data. What is dropped:
 * owners, setuid, setgid, sticky and group/other write bits, ACLs, attributes.
 * An entry that comes twice replaces the first. Times are kept.
 */
#ifndef MC_UNPACK_H
#define MC_UNPACK_H

#include "base/error.h"

struct unpack_limits {
	uint64_t bytes;       /* of all files together; default 2 GiB */
	uint64_t entry_bytes; /* of one file; default 1 GiB */
	size_t entries;       /* default 200,000 */
	size_t depth;         /* components of a name; default 32 */
	size_t name_len;      /* bytes of a name; default 1,024 */
	double ratio;         /* unpacked bytes beyond the first 64 MiB per byte of the file; default 200 */
};
extern const struct unpack_limits unpack_default_limits;

/*
 * Unpack `file` (.tar.gz .tgz .tar.bz2 .tar.xz .tar .zip .whl; known by content,
 * not by name) into `dir`, which is made and must be absent or empty. `limits`
 * may be NULL; a zero field takes its default. *top (may be NULL) becomes the
 * path of the single top folder ("dir/name-1.0"), or NULL when there is no such
 * folder; the caller owns it.
 *
 * Errors: ERR_BAD_ARCHIVE, ERR_TOO_LARGE (bytes, entry_bytes, entries),
 * ERR_DISK_FULL, ERR_IO. On failure `dir` is removed with all that it holds.
 */
int unpack_archive(const char *file, const char *dir, const struct unpack_limits *limits, char **top, struct error *err);

/* Parts of the rules above, alone, for tests and for git trees. */
/* NULL when a name may be unpacked, else what is wrong with it ("leaves its folder", ...). */
const char *unpack_name_problem(const char *name, const struct unpack_limits *limits);
/* Does a symbolic link at `name` (relative to the folder) to `target` stay in
 * the folder, whatever other such links there are? Only leading ".." count:
 * "a/../b" could climb out of where a link named a leads. */
bool unpack_link_stays(const char *name, const char *target);

enum sdist_kind {
	SDIST_PYPROJECT, /* pyproject.toml, perhaps setup.py too */
	SDIST_SETUP_PY   /* only setup.py */
};
/* What a source folder is built by. ERR_NOT_A_PROJECT when it has neither file. */
int sdist_kind(const char *dir, enum sdist_kind *kind, struct error *err);

#endif
