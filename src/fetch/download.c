/* download.c: fetch_all(): files into the cache, resumed, bounded and verified; see http.h. */
#include "base/file_url.h"
#include "base/fs.h"
#include "base/text.h"
#include "fetch/cache.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct job {
	struct download *d;
	struct batch *batch;
	struct partial partial;
	char *label, *url; /* url: without credentials */
	bool resumed;      /* this try asked for the rest only */
	bool begun;        /* the answer of this try was looked at */
	bool spoilt;       /* the answer is not what was asked for; start over */
	int64_t ignored;   /* bytes of bodies that are not used */
};

struct batch {
	const struct fetch_options *options;
	struct job *jobs;
	struct transfer *transfers;
	size_t n;
	int slot;
	uint64_t shown_ns;
};

static void give(struct download *d, const char *hex)
{
	free(d->path);
	d->path = cache_find(hex);
	memcpy(d->sha256_seen, hex, SHA256_HEX);
}

/* Another download of the same URL in this call has finished. */
static bool take_from_twin(struct job *j)
{
	for (size_t i = 0; i < j->batch->n; i++) {
		const struct job *other = &j->batch->jobs[i];
		if (other != j && other->d->path && strcmp(other->url, j->url) == 0 && !j->d->sha256) {
			give(j->d, other->d->sha256_seen);
			return j->d->path != NULL;
		}
	}
	return false;
}

/* What an earlier try left: finished already, worth resuming, or to be thrown away. */
static enum transfer_step look_at_partial(struct job *j, struct transfer *t)
{
	struct partial *p = &j->partial;
	const struct download *d = j->d;
	char hex[SHA256_HEX];
	if (p->size == 0)
		return STEP_GO;
	if (d->sha256 && p->size == d->size && partial_adopt(p, d->sha256, hex, NULL) == 0) {
		give(j->d, hex);
		return STEP_DONE;
	}
	bool keep = (d->sha256 || p->validator) && (d->size < 0 || p->size < d->size) && p->size < t->options->max_bytes;
	if (!keep)
		return partial_restart(p, &t->error) < 0 ? STEP_FAILED : STEP_GO;
	if (lseek(p->fd, 0, SEEK_END) < 0) {
		error_errno(&t->error, ERR_IO, errno, "cannot read '%s'", p->path);
		return STEP_FAILED;
	}
	AUTO_FREE char *range = xasprintf("%lld-", (long long)p->size);
	curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
	if (p->validator) {
		AUTO_FREE char *header = xasprintf("If-Range: %s", p->validator);
		t->headers = curl_slist_append(t->headers, header);
	}
	j->resumed = true;
	return STEP_GO;
}

static enum transfer_step prepare(struct transfer *t)
{
	struct job *j = t->owner;
	j->resumed = j->begun = j->spoilt = false;
	j->ignored = 0;
	if (j->d->sha256) /* another process may have been faster */
		j->d->path = cache_find(j->d->sha256);
	if (j->d->path) {
		memcpy(j->d->sha256_seen, j->d->sha256, SHA256_HEX);
		return STEP_DONE;
	}
	if (take_from_twin(j))
		return STEP_DONE;
	int r = partial_open(&j->partial, j->url, j->d->sha256, &t->error);
	if (r != 0)
		return r < 0 ? STEP_FAILED : STEP_BUSY;
	enum transfer_step step = look_at_partial(j, t);
	if (step != STEP_GO)
		partial_close(&j->partial);
	return step;
}

static int too_large(struct transfer *t, int64_t bytes)
{
	const struct job *j = t->owner;
	AUTO_FREE char *limit = text_bytes((uint64_t)t->options->max_bytes);
	if (bytes > t->options->max_bytes)
		error_set(&t->error, ERR_TOO_LARGE, "'%s' exceeds the limit of %s for one download", j->label, limit);
	else
		error_set(&t->error, ERR_BAD_HASH, "'%s' is longer than the %lld bytes that the index states", j->label,
		          (long long)j->d->size);
	return error_where(&t->error, "%s", j->url);
}

static bool beyond_limit(const struct transfer *t, int64_t bytes)
{
	const struct job *j = t->owner;
	return bytes > t->options->max_bytes || (j->d->size >= 0 && bytes > j->d->size);
}

/* The headers of an answer are in: is the body what was asked for, and where does it go? */
static int begin(struct transfer *t)
{
	struct job *j = t->owner;
	const struct answer *a = &t->answer;
	j->begun = true;
	if (a->status == 206 && (!j->resumed || a->range_start != j->partial.size))
		j->spoilt = true;
	if (a->status != 206 || j->spoilt) {
		if (partial_restart(&j->partial, &t->error) < 0)
			return -1;
		bool strong = a->etag && !str_starts(a->etag, "W/");
		if (!j->spoilt && partial_set_validator(&j->partial, strong ? a->etag : a->last_modified, &t->error) < 0)
			return -1;
	}
	if (a->length > 0 && !j->spoilt && beyond_limit(t, j->partial.size + a->length))
		return too_large(t, j->partial.size + a->length);
	return 0;
}

static int receive(struct transfer *t, const char *data, size_t n)
{
	struct job *j = t->owner;
	bool wanted = t->answer.status == 200 || t->answer.status == 206;
	if (wanted && !j->begun && begin(t) < 0)
		return -1;
	if (!wanted || j->spoilt) {
		j->ignored += (int64_t)n;
		if (j->ignored <= 65536)
			return 0;
		transfer_refused(t);
		return -1;
	}
	if (beyond_limit(t, j->partial.size + (int64_t)n))
		return too_large(t, j->partial.size + (int64_t)n);
	while (n > 0) {
		ssize_t w = write(j->partial.fd, data, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return error_errno(&t->error, ERR_IO, errno, "cannot write '%s' to the cache", j->label);
		data += w;
		n -= (size_t)w;
		j->partial.size += w;
	}
	return 0;
}

/* The file does not have its hash. Bytes of two tries may not belong together,
 * so a resumed file gets another chance from its start. */
static enum transfer_step wrong_hash(struct transfer *t, const char *seen)
{
	struct job *j = t->owner;
	error_release(&t->error);
	error_set(&t->error, ERR_BAD_HASH, "'%s' does not have the sha256 that the index or the lock states", j->label);
	error_where(&t->error, "%s", j->url);
	error_why(&t->error, "expected %s, seen %s", j->d->sha256, seen);
	error_hint(&t->error, "nothing of it was used; if the index is right, a proxy or mirror changed the file");
	memcpy(j->d->sha256_seen, seen, SHA256_HEX);
	partial_discard(&j->partial);
	return j->resumed ? STEP_AGAIN : STEP_FAILED;
}

static enum transfer_step complete(struct transfer *t)
{
	struct job *j = t->owner;
	long status = t->answer.status;
	if (status == 416 || j->spoilt) {
		partial_discard(&j->partial);
		transfer_refused(t);
		return j->resumed || j->spoilt ? STEP_AGAIN : STEP_FAILED;
	}
	if (status != 200 && status != 206)
		return transfer_refused(t);
	if (!j->begun && begin(t) < 0) /* an empty body */
		return STEP_FAILED;
	if (!j->d->sha256 && j->d->size >= 0 && j->partial.size != j->d->size) {
		error_set(&t->error, ERR_BAD_HASH, "'%s' has %lld bytes, the index states %lld", j->label, (long long)j->partial.size,
		          (long long)j->d->size);
		partial_discard(&j->partial);
		return STEP_FAILED;
	}
	char hex[SHA256_HEX] = "";
	if (partial_adopt(&j->partial, j->d->sha256, hex, &t->error) < 0)
		return t->error.code == ERR_BAD_HASH ? wrong_hash(t, hex) : STEP_FAILED;
	give(j->d, hex);
	if (!j->d->sha256)
		cache_link_put(j->url, hex, NULL);
	return STEP_DONE;
}

static void abandon(struct transfer *t)
{
	struct job *j = t->owner;
	if (t->error.code == ERR_TOO_LARGE || t->error.code == ERR_BAD_HASH)
		partial_discard(&j->partial);
	else
		partial_close(&j->partial);
}

static void show_progress(void *cookie)
{
	struct batch *b = cookie;
	uint64_t now = now_monotonic_ns();
	int64_t done = 0, total = 0;
	const char *current = NULL;
	if (now - b->shown_ns < 200000000u)
		return;
	b->shown_ns = now;
	for (size_t i = 0; i < b->n; i++) {
		const struct job *j = &b->jobs[i];
		int64_t expected = j->d->size > 0 ? j->d->size : 0;
		total += expected;
		done += b->transfers[i].done ? expected : j->partial.size;
		if (b->transfers[i].running)
			current = j->label;
	}
	observe_progress(b->options->observer, b->slot, done, total >= done ? total : 0, current);
}

static char *make_label(const struct download *d, const char *bare)
{
	if (d->filename)
		return xstrdup(d->filename);
	AUTO_FREE char *path = xstrndup(bare, strcspn(bare, "?#"));
	const char *last = path_base(path);
	return xstrdup(*last ? last : bare);
}

/* What needs no transfer: in the cache, a local file, or a mistake in the request. */
static bool settle_locally(struct download *d, const struct fetch_options *o, const char *label)
{
	char hex[SHA256_HEX];
	if (d->sha256 && !is_sha256_hex(d->sha256)) {
		error_set(&d->error, ERR_BAD_HASH, "'%s': '%s' is no sha256", label, d->sha256);
		return true;
	}
	if (d->size > o->max_bytes) {
		AUTO_FREE char *size = text_bytes((uint64_t)d->size);
		error_set(&d->error, ERR_TOO_LARGE, "'%s' has %s, more than the limit for one download", label, size);
		return true;
	}
	if (d->sha256 && (d->path = cache_find(d->sha256))) {
		memcpy(d->sha256_seen, d->sha256, SHA256_HEX);
		observe_note(o->observer, "%s: from the cache", label);
		return true;
	}
	if (strncasecmp(d->url, "file:", 5) == 0) {
		AUTO_FREE char *path = file_url_path(d->url);
		if (!o->net || !o->net->allow_file || !path)
			error_set(&d->error, ERR_NETWORK, "'%s' is a local file, but the index is not", label);
		else if (cache_put(path, d->sha256, hex, &d->error) == 0)
			give(d, hex);
		error_where(&d->error, "%s", d->url);
		return true;
	}
	if (!o->offline)
		return false;
	if (!d->sha256) {
		AUTO_FREE char *bare = url_without_secrets(d->url);
		if (cache_link_get(bare, hex))
			give(d, hex);
	}
	if (!d->path)
		error_set(&d->error, ERR_OFFLINE_MISS, "'%s' is not in the cache and the network is off (--offline)", label);
	return true;
}

static const struct transfer_ops ops = { prepare, receive, complete, abandon };

static void run_batch(struct download **wanted, size_t n, const struct fetch_options *o)
{
	struct batch b = { .options = o, .n = n };
	b.jobs = xcalloc(n, sizeof(*b.jobs));
	b.transfers = xcalloc(n, sizeof(*b.transfers));
	for (size_t i = 0; i < n; i++) {
		struct job *j = &b.jobs[i];
		*j = (struct job){ .d = wanted[i], .batch = &b, .partial = PARTIAL_INIT };
		j->url = url_without_secrets(wanted[i]->url);
		j->label = make_label(wanted[i], j->url);
		b.transfers[i] = (struct transfer){ .ops = &ops, .owner = j, .url = wanted[i]->url, .label = j->label };
	}
	b.slot = observe_step(o->observer, NULL, "fetch %zu file%s", n, n == 1 ? "" : "s");
	transfers_run(b.transfers, n, o, show_progress, &b);
	observe_step_end(o->observer, b.slot);
	for (size_t i = 0; i < n; i++) {
		if (!wanted[i]->path)
			error_move(&wanted[i]->error, &b.transfers[i].error);
		if (!wanted[i]->path && wanted[i]->error.code == ERR_NONE)
			error_set(&wanted[i]->error, ERR_IO, "'%s' was lost from the cache", b.jobs[i].label);
		transfer_release(&b.transfers[i]);
		partial_close(&b.jobs[i].partial);
		free(b.jobs[i].label);
		free(b.jobs[i].url);
	}
	free(b.jobs);
	free(b.transfers);
}

static int sum_up_offline(const struct download *d, size_t n, struct error *err)
{
	AUTO_STRV names = { 0 };
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *bare = url_without_secrets(d[i].url);
		AUTO_FREE char *label = make_label(&d[i], bare);
		if (d[i].error.code == ERR_OFFLINE_MISS && !d[i].optional)
			strv_add_unique(&names, label);
	}
	AUTO_FREE char *list = strv_join(&names, ", ");
	error_set(err, ERR_OFFLINE_MISS, "%zu artifact%s not in the cache and the network is off (--offline)", names.n,
	          names.n == 1 ? " is" : "s are");
	error_why(err, "%s", list);
	return error_hint(err, "run once without `--offline`");
}

/* One error for the whole call: the only one, or all of them in a list. */
static int sum_up(const struct download *d, size_t n, struct error *err)
{
	const struct download *worst = NULL;
	AUTO_BUF list = { 0 };
	size_t failed = 0;
	for (size_t i = 0; i < n; i++) {
		if (d[i].optional || d[i].error.code == ERR_NONE)
			continue;
		failed++;
		if (!worst || d[i].error.code == ERR_DISK_FULL || d[i].error.code == ERR_INTERRUPTED)
			worst = &d[i];
		buf_addf(&list, "%s%s", list.len ? "\n" : "", d[i].error.what);
	}
	if (!worst)
		return 0;
	if (worst->error.code == ERR_OFFLINE_MISS)
		return sum_up_offline(d, n, err);
	error_copy(err, &worst->error);
	if (failed > 1 && err && worst->error.code != ERR_INTERRUPTED && worst->error.code != ERR_DISK_FULL) {
		error_set(err, worst->error.code, "%zu of %zu downloads failed", failed, n);
		error_why(err, "%s", buf_str(&list));
	}
	return -1;
}

int fetch_all(struct download *d, size_t n, const struct fetch_options *o, struct error *err)
{
	struct download **wanted = xcalloc(n, sizeof(struct download *));
	size_t left = 0;
	for (size_t i = 0; i < n; i++) {
		AUTO_FREE char *bare = url_without_secrets(d[i].url);
		AUTO_FREE char *label = make_label(&d[i], bare);
		d[i].path = NULL;
		d[i].sha256_seen[0] = '\0';
		d[i].error = (struct error){ 0 };
		if (!settle_locally(&d[i], o, label))
			wanted[left++] = &d[i];
	}
	if (left > 0)
		run_batch(wanted, left, o);
	free(wanted);
	return sum_up(d, n, err);
}

void download_release(struct download *d)
{
	free(d->path);
	d->path = NULL;
	error_release(&d->error);
}
