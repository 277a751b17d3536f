/* hash.c: see hash.h. */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hasher {
	EVP_MD_CTX *ctx;
};

struct hasher *hasher_new(void)
{
	struct hasher *h = xcalloc(1, sizeof(*h));
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
		fputs("error[internal]: SHA-256 is not available in this OpenSSL\n", stderr);
		_exit(3);
	}
	return h;
}

void hasher_update(struct hasher *h, const void *data, size_t n)
{
	EVP_DigestUpdate(h->ctx, data, n);
}

void hasher_finish(struct hasher *h, char hex[SHA256_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	EVP_DigestFinal_ex(h->ctx, digest, &n);
	EVP_MD_CTX_free(h->ctx);
	free(h);
	for (unsigned int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void sha256_hex(const void *data, size_t n, char hex[SHA256_HEX])
{
	struct hasher *h = hasher_new();
	hasher_update(h, data, n);
	hasher_finish(h, hex);
}

void sha256_base64(const void *data, size_t n, char out[SHA256_BASE64])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char text[SHA256_BASE64];
	size_t len = 0;
	if (EVP_Q_digest(NULL, "SHA256", NULL, data, n, digest, &len) != 1) {
		fputs("error[internal]: SHA-256 is not available in this OpenSSL\n", stderr);
		_exit(3);
	}
	EVP_EncodeBlock(text, digest, 32);
	memcpy(out, text, SHA256_BASE64);
}

int sha256_file(const char *path, char hex[SHA256_HEX], struct error *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", path);
	struct hasher *h = hasher_new();
	char chunk[65536];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		hasher_update(h, chunk, (size_t)n);
	int saved = errno;
	hasher_finish(h, hex);
	return n < 0 ? error_errno(err, ERR_IO, saved, "cannot read '%s'", path) : 0;
}
