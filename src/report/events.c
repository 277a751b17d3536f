/* events.c: see events.h. */
#include "report/events.h"
#include "base/text.h"
#include "report/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct events_writer {
	FILE *out;
	struct observer next;
	pthread_mutex_t lock;
	uint64_t started, n;
	int failed; /* errno of the first line that could not be written */
};

static const char *const kinds[] = {
	[EVENT_SETUP] = "setup",           [EVENT_PLAN] = "plan",
	[EVENT_STEP_START] = "step-start", [EVENT_STEP_PROGRESS] = "step-progress",
	[EVENT_STEP_END] = "step-end",     [EVENT_PACKAGE_DONE] = "package-done",
	[EVENT_NOTE] = "note",             [EVENT_OUTPUT] = "output",
	[EVENT_WARNING] = "warning",
};

static void put(cJSON *j, const char *key, const char *text)
{
	if (text)
		json_add_str(j, key, text);
}

static cJSON *to_json(const struct events_writer *w, const struct event *e)
{
	cJSON *j = cJSON_CreateObject();
	cJSON_AddNumberToObject(j, "n", (double)w->n);
	cJSON_AddNumberToObject(j, "seconds", (double)((now_monotonic_ns() - w->started) / 1000000) / 1000);
	json_add_str(j, "event", (size_t)e->kind < ARRAY_LEN(kinds) ? kinds[e->kind] : "unknown");
	put(j, "package", e->package);
	put(j, "topic", e->topic);
	put(j, "text", e->text);
	if (e->slot)
		cJSON_AddNumberToObject(j, "step", e->slot);
	if (e->kind == EVENT_STEP_PROGRESS) {
		cJSON_AddNumberToObject(j, "done", (double)e->done);
		cJSON_AddItemToObject(j, "total", e->total > 0 ? cJSON_CreateNumber((double)e->total) : cJSON_CreateNull());
	}
	if (e->kind == EVENT_PLAN)
		cJSON_AddNumberToObject(j, "packages", (double)e->total);
	if (e->result)
		cJSON_AddItemToObject(j, "result", package_to_json(e->result));
	if (e->error) {
		json_add_str(j, "slug", error_slug(e->error->code));
		put(j, "what", e->error->what);
		put(j, "where", e->error->where);
		put(j, "why", e->error->why);
		put(j, "hint", e->error->hint);
	}
	return j;
}

static void notify(void *cookie, const struct event *e)
{
	struct events_writer *w = cookie;
	pthread_mutex_lock(&w->lock);
	w->n++;
	AUTO_JSON *j = to_json(w, e);
	AUTO_BUF line = { 0 };
	report_json_line(&line, j);
	buf_addc(&line, '\n');
	if ((fwrite(line.data, 1, line.len, w->out) != line.len || fflush(w->out) != 0) && !w->failed)
		w->failed = errno ? errno : EIO;
	pthread_mutex_unlock(&w->lock);
	observe(&w->next, e);
}

struct events_writer *events_new(FILE *out, const struct observer *next)
{
	struct events_writer *w = xcalloc(1, sizeof(*w));
	w->out = out;
	w->next = next ? *next : (struct observer){ 0 };
	w->started = now_monotonic_ns();
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

struct observer events_observer(struct events_writer *w)
{
	return (struct observer){ .notify = notify, .cookie = w };
}

int events_free(struct events_writer *w, struct error *err)
{
	if (!w)
		return 0;
	int failed = w->failed;
	pthread_mutex_destroy(&w->lock);
	free(w);
	return failed ? error_errno(err, ERR_IO, failed, "cannot write the events file") : 0;
}
