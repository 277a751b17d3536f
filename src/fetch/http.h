/*
 * http.h: verified downloads into the cache, and small texts, by libcurl.
 *
 *   1. struct fetch_options o; fetch_options_init(&o); change what you need.
 *   2. Fill an array of struct download; call fetch_all().
 *   3. Read path, sha256_seen and error of each; release them.
 *
 * Nothing is used before its sha256 was checked. Interrupted downloads go on
 * where they stopped, also in a later process. Credentials come from the URL,
 * from net->auth_urls (same scheme, host and port only) and from netrc; they
 * are never sent to another host, never shown, never stored.
 */
#ifndef MC_FETCH_HTTP_H
#define MC_FETCH_HTTP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "model/observer.h"

/* How to reach servers; see index_config.h for where it comes from. */
struct net_config {
	char *ca;          /* certificates: a PEM file or a folder; NULL: the system's */
	char *client_cert; /* PEM file with certificate and key, or NULL */
	char *proxy;       /* URL, or NULL: the proxy variables of the environment */
	struct strv auth_urls; /* URLs with user and password for their own host */
	bool allow_file;   /* file:// URLs may be read (the index itself is one) */
};
/* Frees the fields; the struct is empty afterwards. */
void net_config_release(struct net_config *net);
/* Certificates, client certificate and proxy as pip's environment names them
 * (base/network.h). Fields that are set already stay. */
void net_config_from_env(struct net_config *net);

struct fetch_options {
	bool offline;             /* only the cache */
	bool refresh;             /* ask the index again also when its page is fresh */
	int parallel;             /* transfers at once; default 8 */
	int retries;              /* further tries after the first; default 5 */
	double backoff_seconds;   /* wait before the first retry, doubled each time, with jitter; default 0.5 */
	double connect_timeout;   /* seconds; default 15 */
	double low_speed_seconds; /* give up a try when less than 100 bytes/s come for so long; default 30 */
	int64_t max_bytes;        /* limit for one file; default 2 GiB */
	const struct observer *observer; /* NULL: nobody */
	const struct net_config *net;    /* NULL: environment only */
	bool (*should_stop)(void *cookie); /* polled; true ends with ERR_INTERRUPTED. May be NULL */
	void *cookie;
};
/* Sets the defaults that stand above. */
void fetch_options_init(struct fetch_options *o);

struct download {
	const char *url;
	const char *filename; /* for messages; NULL: the URL's last part */
	const char *sha256;   /* expected, or NULL when nobody knows it */
	int64_t size;         /* expected bytes, or -1 */
	bool optional;        /* its failure does not fail fetch_all() */
	/* out */
	char *path;                   /* the blob, NULL on failure; owned */
	char sha256_seen[SHA256_HEX]; /* "" when nothing was read */
	struct error error;           /* why it failed; owned */
};
void download_release(struct download *d); /* the out fields */

/*
 * Bring n files into the cache, in parallel. 0 when all that are not optional
 * are there. Otherwise -1: err describes the one failure, or lists all of them
 * in `why`; every download keeps its own error.
 * Errors: ERR_OFFLINE_MISS (names all missing files at once), ERR_NETWORK (also
 * 404), ERR_BAD_HASH (file, URL, expected and seen), ERR_TOO_LARGE,
 * ERR_DISK_FULL, ERR_INTERRUPTED.
 * Statuses 408, 425, 429 and 5xx, cut-off and connection errors are tried
 * again; Retry-After is honoured up to 60 s.
 */
int fetch_all(struct download *d, size_t n, const struct fetch_options *o, struct error *err);

/* A text to get; also the way to ask whether it changed. */
struct text_get {
	const char *url;
	const char *accept;        /* Accept header, or NULL */
	const char *etag;          /* If-None-Match, or NULL */
	const char *last_modified; /* If-Modified-Since, or NULL */
	size_t max;                /* bytes; more is ERR_TOO_LARGE */
	bool head;                 /* HEAD instead of GET */
	/* out */
	struct buf body;
	long status;               /* 200, 304, 404, ...; 0 when no answer came */
	char *etag_out, *last_modified_out, *content_type, *final_url; /* or NULL; owned */
	int64_t length;            /* Content-Length, or -1 */
	int64_t max_age;           /* seconds the answer stays fresh, -1 when not said */
	struct error error;        /* set when there was no usable answer */
};
void text_get_release(struct text_get *g); /* the out fields */

/* Get n texts in parallel. Any status that is not worth a retry is an answer,
 * not an error. file:// URLs (where allowed) give 200 or 404; a folder gives
 * its index.html. -1 when any failed, with the first error copied to err. */
int fetch_texts(struct text_get *g, size_t n, const struct fetch_options *o, struct error *err);

/* The last part of a URL's path, decoded; NULL when that is no plain file name. The caller owns it. */
char *url_file_name(const char *url) MC_NODISCARD;
/* `relative` as seen from `base` (a URL); NULL when the result is no http(s) or file URL. */
char *url_resolve(const char *base, const char *relative) MC_NODISCARD;
/* The URL without user, password and fragment; for keys and for storing. */
char *url_without_secrets(const char *url) MC_NODISCARD;
/* Has the URL a user name? */
bool url_has_credentials(const char *url);
/* Do two URLs have scheme, host and port in common? */
bool url_same_origin(const char *a, const char *b);

#endif
