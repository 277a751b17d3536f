/*
 * cache.h: the content-addressed cache below dir_cache(), shared by every
 * process of the user.
 *
 *   blobs/sha256/ab/<64 hex>   verified files, read-only, never changed
 *   partial/<hash>             downloads under way, locked with flock
 *   links/<hash of url>        which blob a URL without a known hash gave
 *   index/                     pages of package indexes
 *
 * A blob appears by rename inside one file system, so nobody sees half of one.
 * A blob that no longer has its hash when it is looked up is removed, and the
 * caller fetches it again.
 */
#ifndef MC_FETCH_CACHE_H
#define MC_FETCH_CACHE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

/* The path of a blob, or NULL when there is none (or sha256 is no hash). Its
 * content is hashed once per process, and again when its inode, size or times
 * have changed since; a damaged blob is removed and gives NULL. */
char *cache_find(const char *sha256) MC_NODISCARD;

/* The hash of a blob that this process has checked, by any name that cache_export()
 * linked it to; false when it knows none. */
bool cache_hash_of(const char *file, char hex[SHA256_HEX]);

/* Copy `file` into the cache. The bytes that were copied are hashed; when
 * expected (64 hex digits, or NULL) differs, ERR_BAD_HASH names file, expected
 * and seen hash and nothing is kept. hex receives the hash, also then. */
int cache_put(const char *file, const char *expected, char hex[SHA256_HEX], struct error *err);

/* The same, but the file is moved when it lies in the cache's file system. On
 * success `file` is gone; on failure it is left. */
int cache_adopt(const char *file, const char *expected, char hex[SHA256_HEX], struct error *err);

/* The folder of one kind of files ("index", "partial", "wheels", ...), made
 * when missing. Owned by the caller. */
char *cache_dir_for(const char *kind) MC_NODISCARD;

/* Make the blob appear as dir/filename (dir is made when missing): a hard link,
 * or a copy where links are impossible; an older file of that name is replaced.
 * A linked file shares the blob's bytes: give such a folder to package code
 * read-only. ERR_OFFLINE_MISS when the blob is missing, ERR_INTERNAL when
 * filename is not a plain file name. */
int cache_export(const char *sha256, const char *dir, const char *filename, struct error *err);

/* Remember and ask which blob a URL gave (the URL is stored as a hash only).
 * The hash has 64 digits; get returns false when nothing is known. */
int cache_link_put(const char *url, const char *sha256, struct error *err);
/* See cache_link_put. */
bool cache_link_get(const char *url, char hex[SHA256_HEX]);

/* A download under way. */
struct partial {
	char *path;      /* owned; NULL when not open */
	int fd;          /* open for reading and writing, flock held */
	int64_t size;    /* bytes that an earlier try left */
	char *validator; /* ETag or Last-Modified of those bytes, or NULL; owned */
};
#define PARTIAL_INIT { .fd = -1 }

/* Open and lock the partial file of a URL (and hash, or NULL). Returns 1 when
 * another process (or another download of this one) holds it, 0 when it is
 * ours, -1 with err. */
int partial_open(struct partial *p, const char *url, const char *sha256, struct error *err);
int partial_set_validator(struct partial *p, const char *validator, struct error *err); /* NULL: none */
int partial_restart(struct partial *p, struct error *err); /* empties the file */
void partial_discard(struct partial *p);                   /* removes the file and closes */
void partial_close(struct partial *p);                     /* keeps the bytes for the next try */
/* Verify and move into the cache; closes p on success. See cache_adopt. */
int partial_adopt(struct partial *p, const char *expected, char hex[SHA256_HEX], struct error *err);

#endif
