/* observer.c: see observer.h. */
#include "model/observer.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

void observe(const struct observer *o, const struct event *event)
{
	if (o && o->notify)
		o->notify(o->cookie, event);
}

void observe_setup(const struct observer *o, const char *topic, const char *fmt, ...)
{
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	observe(o, &(struct event){ .kind = EVENT_SETUP, .topic = topic, .text = buf_str(&text) });
}

void observe_note(const struct observer *o, const char *fmt, ...)
{
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	observe(o, &(struct event){ .kind = EVENT_NOTE, .text = buf_str(&text) });
}

void observe_command(const struct observer *o, const struct strv *argv)
{
	AUTO_BUF text = { 0 };
	buf_addc(&text, '$');
	for (size_t i = 0; o && i < argv->n; i++) {
		AUTO_FREE char *word = text_shown_word(argv->v[i]);
		buf_addf(&text, " %s", word);
	}
	observe(o, &(struct event){ .kind = EVENT_NOTE, .text = buf_str(&text) });
}

int observe_step(const struct observer *o, const char *package, const char *fmt, ...)
{
	static atomic_int next_slot = 1;
	int slot = atomic_fetch_add(&next_slot, 1);
	AUTO_BUF text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	observe(o, &(struct event){ .kind = EVENT_STEP_START, .package = package, .topic = buf_str(&text), .slot = slot });
	return slot;
}

void observe_progress(const struct observer *o, int slot, int64_t done, int64_t total, const char *text)
{
	observe(o, &(struct event){ .kind = EVENT_STEP_PROGRESS, .slot = slot, .done = done, .total = total, .text = text });
}

void observe_step_end(const struct observer *o, int slot)
{
	observe(o, &(struct event){ .kind = EVENT_STEP_END, .slot = slot });
}
