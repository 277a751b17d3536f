/* transfer.c: the loop over a curl multi handle, with retries; see transfer.h. */
#include "fetch/transfer.h"
#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#define RETRY_AFTER_MAX 60.0
#define BACKOFF_MAX 30.0

static pthread_once_t curl_ready = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool status_is_temporary(long status)
{
	return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
}

static void answer_clear(struct answer *a)
{
	free(a->etag);
	free(a->last_modified);
	free(a->content_type);
	*a = (struct answer){ .length = -1, .range_start = -1, .max_age = -1 };
}

void transfer_release(struct transfer *t)
{
	answer_clear(&t->answer);
	error_release(&t->error);
}

/* Freshness in seconds of a Cache-Control header; 0 when it must be asked again. */
static int64_t read_max_age(const char *value)
{
	if (strcasestr(value, "no-store") || strcasestr(value, "no-cache"))
		return 0;
	const char *p = strcasestr(value, "max-age=");
	long v = p ? strtol(p + strlen("max-age="), NULL, 10) : -1;
	return p && v < 0 ? 0 : v;
}

static void read_header(struct answer *a, const char *name, const char *value)
{
	if (strcasecmp(name, "ETag") == 0)
		str_set(&a->etag, value);
	else if (strcasecmp(name, "Last-Modified") == 0)
		str_set(&a->last_modified, value);
	else if (strcasecmp(name, "Content-Type") == 0)
		str_set(&a->content_type, value);
	else if (strcasecmp(name, "Content-Length") == 0)
		a->length = strtoll(value, NULL, 10);
	else if (strcasecmp(name, "Cache-Control") == 0)
		a->max_age = read_max_age(value);
	else if (strcasecmp(name, "Content-Range") == 0 && strncasecmp(value, "bytes ", 6) == 0)
		a->range_start = value[6] >= '0' && value[6] <= '9' ? strtoll(value + 6, NULL, 10) : -1;
}

static size_t on_header(char *data, size_t size, size_t n, void *cookie)
{
	struct transfer *t = cookie;
	size_t len = size * n;
	if (len > 4096)
		return len; /* nothing that is read here is that long */
	AUTO_FREE char *line = xstrndup(data, len);
	line[strcspn(line, "\r\n")] = '\0';
	if (strncasecmp(line, "HTTP/", 5) == 0) {
		answer_clear(&t->answer); /* of a redirect, of "100 Continue" */
		const char *space = strchr(line, ' ');
		t->answer.status = space ? strtol(space, NULL, 10) : 0;
	}
	char *colon = strchr(line, ':');
	if (colon && colon != line) {
		*colon = '\0';
		read_header(&t->answer, line, colon + 1 + strspn(colon + 1, " \t"));
	}
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *cookie)
{
	struct transfer *t = cookie;
	if (status_is_temporary(t->answer.status))
		return size * n; /* thrown away; it will be asked for again */
	return t->ops->receive(t, data, size * n) < 0 ? CURL_WRITEFUNC_ERROR : size * n;
}

static void end_try(struct transfer *t, CURLM *multi)
{
	if (t->easy) {
		if (t->running)
			curl_multi_remove_handle(multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
	t->running = false;
}

static void finish(struct transfer *t, bool failed)
{
	t->done = true;
	if (failed && t->ops->abandon)
		t->ops->abandon(t);
}

static void start_try(struct transfer *t, CURLM *multi)
{
	answer_clear(&t->answer);
	error_release(&t->error);
	t->reason[0] = '\0';
	t->easy = curl_easy_init();
	if (!t->easy) {
		error_set(&t->error, ERR_INTERNAL, "libcurl gives no handle");
		finish(t, true);
		return;
	}
	request_setup(t->easy, t->url, t->options);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	enum transfer_step step = t->ops->prepare(t);
	if (step == STEP_GO) {
		curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
		t->tries++;
		t->running = curl_multi_add_handle(multi, t->easy) == CURLM_OK;
		if (t->running)
			return;
		error_set(&t->error, ERR_INTERNAL, "libcurl does not take a request");
		step = STEP_FAILED;
	}
	end_try(t, multi);
	if (step == STEP_BUSY)
		t->due_ns = now_monotonic_ns() + 100000000u;
	else
		finish(t, step != STEP_DONE);
}

/* Between half and all of the doubled wait, so that many clients spread out. */
static double backoff(const struct transfer *t)
{
	double wait = t->options->backoff_seconds;
	for (int i = 1; i < t->tries && wait < BACKOFF_MAX; i++)
		wait *= 2;
	unsigned char random = 0;
	(void)!getrandom(&random, 1, GRND_NONBLOCK);
	return (wait < BACKOFF_MAX ? wait : BACKOFF_MAX) * (0.5 + random / 512.0);
}

static void network_error(struct transfer *t, const char *reason)
{
	AUTO_FREE char *shown = text_hide_credentials(t->url);
	error_release(&t->error);
	error_set(&t->error, ERR_NETWORK, "cannot get '%s': %s", t->label, reason);
	error_where(&t->error, "%s", shown);
	if (t->tries > 1)
		error_why(&t->error, "after %d tries", t->tries);
}

enum transfer_step transfer_refused(struct transfer *t)
{
	long s = t->answer.status;
	AUTO_FREE char *reason = s == 404 || s == 410 ? xasprintf("the server does not have it (HTTP %ld)", s)
	                         : s == 429           ? xasprintf("the server asks to come back later (HTTP %ld)", s)
	                                              : xasprintf("the server answered HTTP %ld", s);
	network_error(t, reason);
	if (s == 404 || s == 410)
		error_hint(&t->error, "the file may have been withdrawn; resolve again with `--fresh`");
	else if (s == 401 || s == 403 || s == 407)
		error_hint(&t->error, "give credentials in a netrc entry or in the index URL");
	return STEP_FAILED;
}

static bool code_is_temporary(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/* One try is over: is the transfer, too? */
static void try_ended(struct transfer *t, CURLcode code, CURLM *multi)
{
	curl_off_t retry_after = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
	bool temporary = code == CURLE_OK ? status_is_temporary(t->answer.status) : code_is_temporary(code);
	enum transfer_step step = STEP_AGAIN;
	if (code == CURLE_OK && !temporary) {
		step = t->ops->complete(t);
	} else if (t->error.code == ERR_NONE) {
		if (code == CURLE_OK)
			transfer_refused(t);
		else if (code == CURLE_UNSUPPORTED_PROTOCOL && t->answer.status >= 300)
			network_error(t, "the server redirects to an address that is not as safe (http or file), refused");
		else
			network_error(t, t->reason[0] ? t->reason : curl_easy_strerror(code));
	} else {
		temporary = false; /* our own receive() ended it */
	}
	end_try(t, multi);
	if (step == STEP_DONE || step == STEP_FAILED) {
		finish(t, step == STEP_FAILED);
		return;
	}
	bool wanted = temporary || (code == CURLE_OK && step == STEP_AGAIN);
	if (!wanted || t->tries > t->options->retries) {
		finish(t, true);
		return;
	}
	if (t->ops->abandon)
		t->ops->abandon(t);
	double wait = retry_after > 0 ? (double)retry_after : backoff(t);
	t->due_ns = now_monotonic_ns() + (uint64_t)((wait < RETRY_AFTER_MAX ? wait : RETRY_AFTER_MAX) * 1e9);
	observe_note(t->options->observer, "%s: %s; try %d of %d in %.1f s", t->label, t->error.what ? t->error.what : "again",
	             t->tries + 1, t->options->retries + 1, wait);
}

/* Start what may start now. Returns the milliseconds until the next one is due. */
static int start_due(struct transfer *t, size_t n, CURLM *multi, const struct fetch_options *o, size_t *left)
{
	uint64_t now = now_monotonic_ns();
	int running = 0, wait = 200;
	*left = 0;
	for (size_t i = 0; i < n; i++)
		running += t[i].running;
	for (size_t i = 0; i < n; i++) {
		if (!t[i].done && !t[i].running && t[i].due_ns <= now && running < o->parallel) {
			start_try(&t[i], multi);
			running += t[i].running;
		}
		if (!t[i].done && !t[i].running && t[i].due_ns > now && t[i].due_ns - now < 200000000u)
			wait = (int)((t[i].due_ns - now) / 1000000u) + 1;
		*left += !t[i].done;
	}
	return wait;
}

static void interrupt_all(struct transfer *t, size_t n, CURLM *multi)
{
	for (size_t i = 0; i < n; i++) {
		if (t[i].done)
			continue;
		end_try(&t[i], multi);
		error_release(&t[i].error);
		error_set(&t[i].error, ERR_INTERRUPTED, "interrupted while getting '%s'", t[i].label);
		finish(&t[i], true);
	}
}

/* Handles between two uses: with a handle go its connections and the certificates that
 * it has read, which take more time than most requests. */
static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static CURLM *idle[4];
static pid_t idle_owner; /* connections are not for a forked child too */

static CURLM *multi_take(void)
{
	CURLM *multi = NULL;
	pthread_mutex_lock(&idle_lock);
	if (idle_owner != getpid())
		memset(idle, 0, sizeof(idle));
	idle_owner = getpid();
	for (size_t i = 0; i < ARRAY_LEN(idle) && !multi; i++) {
		multi = idle[i];
		idle[i] = NULL;
	}
	pthread_mutex_unlock(&idle_lock);
	return multi ? multi : curl_multi_init();
}

static void multi_give_back(CURLM *multi)
{
	pthread_mutex_lock(&idle_lock);
	for (size_t i = 0; i < ARRAY_LEN(idle) && multi; i++) {
		if (idle[i])
			continue;
		idle[i] = multi;
		multi = NULL;
	}
	pthread_mutex_unlock(&idle_lock);
	curl_multi_cleanup(multi);
}

void transfers_run(struct transfer *t, size_t n, const struct fetch_options *o, void (*progress)(void *), void *cookie)
{
	pthread_once(&curl_ready, start_curl);
	CURLM *multi = multi_take();
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)o->parallel);
	for (size_t i = 0; i < n; i++) {
		t[i].options = o;
		answer_clear(&t[i].answer);
	}
	size_t left = n;
	while (left > 0) {
		if (o->should_stop && o->should_stop(o->cookie)) {
			interrupt_all(t, n, multi);
			break;
		}
		int active = 0, queued = 0;
		CURLMsg *message;
		int wait = start_due(t, n, multi, o, &left);
		curl_multi_perform(multi, &active);
		while ((message = curl_multi_info_read(multi, &queued))) {
			struct transfer *ended = NULL;
			CURLcode code = message->data.result;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&ended);
			try_ended(ended, code, multi);
			wait = 0;
		}
		if (progress)
			progress(cookie);
		if (left > 0)
			curl_multi_poll(multi, NULL, 0, wait, NULL);
	}
	multi_give_back(multi);
}
