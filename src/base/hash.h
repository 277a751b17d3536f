/* hash.h: SHA-256 (FIPS 180-4, OpenSSL's EVP), as lower-case hexadecimal or base64. */
#ifndef MC_HASH_H
#define MC_HASH_H

#include "base/error.h"

#define SHA256_HEX 65 /* 64 digits and the NUL */

struct hasher; /* incremental; create, update any number of times, finish (which frees) */
struct hasher *hasher_new(void) MC_NODISCARD;               /* never NULL: without SHA-256 in OpenSSL the process ends */
void hasher_update(struct hasher *h, const void *data, size_t n); /* takes the next n bytes */
void hasher_finish(struct hasher *h, char hex[SHA256_HEX]); /* frees h */

void sha256_hex(const void *data, size_t n, char hex[SHA256_HEX]); /* of n bytes in memory, NUL-terminated */
/* The same of a file. ERR_IO, after which hex means nothing. */
int sha256_file(const char *path, char hex[SHA256_HEX], struct error *err);
/* The digest as base64, as Content-Security-Policy hashes are written. */
#define SHA256_BASE64 45 /* 44 characters and the NUL */
void sha256_base64(const void *data, size_t n, char out[SHA256_BASE64]);

#endif
