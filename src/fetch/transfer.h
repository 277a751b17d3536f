/*
 * transfer.h: the engine below downloads and texts: many transfers on one curl
 * multi handle, with retries. Private to the fetch library.
 *
 * A user of the engine fills struct transfer and gives three functions. For
 * each try the engine calls prepare(), which may add to t->easy and
 * t->headers; then receive() for the body of an answer (not of redirects and
 * not of what will be tried again); then complete() when the answer ended well.
 */
#ifndef MC_FETCH_TRANSFER_H
#define MC_FETCH_TRANSFER_H

#include "fetch/http.h"

#include <curl/curl.h>

enum transfer_step {
	STEP_GO,     /* prepare: start the request */
	STEP_BUSY,   /* prepare: somebody else holds it; ask again soon, this is no try */
	STEP_DONE,   /* finished well */
	STEP_AGAIN,  /* complete: try again, counted, after a wait */
	STEP_FAILED  /* t->error is set */
};

/* What the headers of the last answer said. */
struct answer {
	long status;
	int64_t length;      /* Content-Length, -1 unknown */
	int64_t range_start; /* of Content-Range, -1 none */
	int64_t max_age;     /* -1 unknown */
	char *etag, *last_modified, *content_type;
};

struct transfer;
struct transfer_ops {
	enum transfer_step (*prepare)(struct transfer *t);
	int (*receive)(struct transfer *t, const char *data, size_t n); /* -1: stop, t->error is set */
	enum transfer_step (*complete)(struct transfer *t);
	void (*abandon)(struct transfer *t); /* a try ended without complete(), or the transfer failed; may be NULL */
};

struct transfer {
	const struct transfer_ops *ops;
	void *owner;
	const char *url;   /* may hold credentials */
	const char *label; /* for messages */
	/* the engine's */
	const struct fetch_options *options;
	CURL *easy;
	struct curl_slist *headers;
	struct answer answer;
	char reason[CURL_ERROR_SIZE];
	int tries;
	bool running, done;
	uint64_t due_ns;
	struct error error;
};

/* Run all to their end. Each transfer is done afterwards; those that failed
 * have their error set. progress (may be NULL) is called about 5 times a second. */
void transfers_run(struct transfer *t, size_t n, const struct fetch_options *o, void (*progress)(void *), void *cookie);
/* Frees what a finished transfer holds. */
void transfer_release(struct transfer *t);

/* Is this status worth another try? */
bool status_is_temporary(long status);
/* Set t->error (ERR_NETWORK) for an answer that is no success, with where and hint. */
enum transfer_step transfer_refused(struct transfer *t);
/* URL, credentials, certificates, proxy, protocols and time limits of a request. */
void request_setup(CURL *easy, const char *url, const struct fetch_options *o);

#endif
