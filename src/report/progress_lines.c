/* progress_lines.c: see progress_lines.h. */
#include "report/progress_lines.h"
#include "base/text.h"
#include "report/cells.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>

static const enum readiness shown_order[] = { READY_NO_GO, READY_LIMITS, READY_GO, READY_UNKNOWN };

void step_release(struct step *s)
{
	free(s->package);
	free(s->topic);
	free(s->text);
	*s = (struct step){ 0 };
}

static double seconds(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / 1e9 : 0;
}

/* Minutes are enough for what is only an estimate. */
static void add_left(struct buf *out, const struct progress_state *st)
{
	double left = seconds(st->now, st->expected_end);
	if (left <= 0)
		return;
	unsigned long minutes = (unsigned long)(left / 60 + 0.5);
	if (minutes < 1)
		buf_adds(out, "   less than 1 min left");
	else if (minutes < 90)
		buf_addf(out, "   about %lu min left", minutes);
	else
		buf_addf(out, "   about %lu h %lu min left", minutes / 60, minutes % 60);
}

void line_bar(struct buf *out, const struct progress_state *st)
{
	AUTO_FREE char *clock = text_clock(seconds(st->started, st->now));
	buf_addf(out, "[%5s]", clock);
	if (st->total == 0) {
		buf_adds(out, st->n_steps ? " running" : " preparing");
		return;
	}
	buf_addf(out, " %zu of %zu ", st->finished, st->total);
	for (size_t i = 0; i < ARRAY_LEN(shown_order); i++)
		buf_addf(out, "  %zu %s", st->count[shown_order[i]], readiness_word(shown_order[i]));
	add_left(out, st);
}

/* "611 of 758 tests", "12.0 MB of 16.3 MB": the number that moves. */
static void add_number(struct buf *out, const struct step *s)
{
	const char *topic = s->topic ? s->topic : "";
	AUTO_FREE char *first = xstrndup(topic, strcspn(topic, " "));
	bool bytes = str_starts(topic, "fetch") || str_starts(topic, "download");
	AUTO_FREE char *done = bytes ? text_bytes((uint64_t)s->done) : text_count((uint64_t)s->done);
	AUTO_FREE char *total = bytes ? text_bytes((uint64_t)s->total) : text_count((uint64_t)s->total);
	if (s->total > 0)
		buf_addf(out, "%s of %s", done, total);
	else if (s->done > 0)
		buf_adds(out, done);
	if ((s->total > 0 || s->done > 0) && !bytes && arm_parse(first) != ARM_COUNT)
		buf_adds(out, " tests");
}

bool line_step(struct buf *out, const struct progress_state *st, const struct step *s)
{
	AUTO_FREE char *clock = text_clock(seconds(s->started, st->now));
	buf_adds(out, "  ");
	style_pad(out, s->package ? s->package : "", 10);
	buf_addc(out, ' ');
	style_pad(out, s->topic ? s->topic : "", 18);
	buf_addf(out, " %7s   ", clock);
	double still = seconds(s->moved, st->now);
	if (still >= SLOW_AFTER) {
		AUTO_FREE char *age = text_duration(still);
		buf_addf(out, "SLOW: %s in %s", age, s->text ? s->text : "this step");
		return true;
	}
	size_t before = out->len;
	add_number(out, s);
	if (s->text)
		buf_addf(out, "%s%s", out->len > before ? "  " : "", s->text);
	return false;
}

static void add_name(struct buf *out, const struct package_result *r)
{
	AUTO_FREE char *version = cell_version(r);
	style_text(out, r->name);
	if (version[0] != '-')
		buf_addf(out, " %s", version);
}

static char *first_reason(const struct package_result *r)
{
	AUTO_STRV lines = { 0 };
	package_reasons(r, &lines);
	return xstrdup(lines.n ? lines.v[0] : "");
}

static void add_detail(struct buf *out, const struct package_result *r)
{
	if (r->readiness == READY_GO) {
		AUTO_FREE char *suite = cell_suite(r);
		buf_addf(out, "%s   0 of %lld %s failed", suite, (long long)r->runs, r->runs == 1 ? "run" : "runs");
	} else {
		AUTO_FREE char *reason = first_reason(r);
		buf_adds(out, reason);
	}
}

void line_package(struct buf *out, const struct package_result *r, bool color)
{
	char glyph[] = { readiness_glyph(r->readiness), '\0' };
	AUTO_BUF name = { 0 };
	AUTO_BUF word = { 0 };
	add_name(&name, r);
	style_pad(&word, readiness_word(r->readiness), 7);
	style_add(out, color, readiness_ansi(r->readiness), glyph);
	buf_addc(out, ' ');
	style_pad(out, buf_str(&name), 20);
	buf_adds(out, "  ");
	style_add(out, color, readiness_ansi(r->readiness), buf_str(&word));
	buf_adds(out, "  ");
	add_detail(out, r);
}

void line_package_plain(struct buf *out, const struct progress_state *st, const struct package_result *r)
{
	int digits = snprintf(NULL, 0, "%zu", st->total);
	buf_addf(out, "%c %*zu/%zu ", readiness_glyph(r->readiness), digits, st->finished, st->total);
	add_name(out, r);
	buf_addf(out, " %s", readiness_word(r->readiness));
	if (r->readiness != READY_GO) {
		AUTO_FREE char *reason = first_reason(r);
		buf_addf(out, ": %s", reason);
	}
	AUTO_FREE char *spent = text_duration(r->seconds);
	if (r->seconds > 0)
		buf_addf(out, " (%s)", spent);
}

void line_heartbeat(struct buf *out, const struct progress_state *st)
{
	AUTO_FREE char *age = text_duration(seconds(st->started, st->now));
	buf_addf(out, "running %s: %zu of %zu done", age, st->finished, st->total);
	for (size_t i = 0; i < st->n_steps; i++) {
		const struct step *s = &st->steps[i];
		AUTO_FREE char *clock = text_clock(seconds(s->started, st->now));
		buf_addf(out, "%s %s%s%s %s", i ? "," : ";", s->package ? s->package : "", s->package ? " " : "", s->topic ? s->topic : "", clock);
	}
}

void line_status(struct buf *out, const struct progress_state *st)
{
	AUTO_FREE char *age = text_duration(seconds(st->started, st->now));
	buf_addf(out, "running %s: %zu of %zu done, %zu %s now\n", age, st->finished, st->total, st->n_steps,
	         st->n_steps == 1 ? "step" : "steps");
	for (size_t i = 0; i < st->n_steps; i++) {
		(void)line_step(out, st, &st->steps[i]);
		AUTO_FREE char *still = text_duration(seconds(st->steps[i].moved, st->now));
		buf_addf(out, "   last event %s ago\n", still);
	}
}

void line_group(struct buf *out, const struct package_result *r)
{
	AUTO_BUF name = { 0 };
	add_name(&name, r);
	buf_adds(out, "::group::");
	for (const char *p = buf_str(&name); *p; p++)
		*p == '%' ? buf_adds(out, "%25") : buf_addc(out, *p);
	buf_addf(out, ": %zu %s\n", r->n_findings, r->n_findings == 1 ? "finding" : "findings");
	AUTO_STRV lines = { 0 };
	package_reasons(r, &lines);
	for (size_t i = 0; i < lines.n; i++)
		buf_addf(out, "  | %s\n", lines.v[i]);
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];
		AUTO_FREE char *title = style_reason(f->title ? f->title : f->signature);
		AUTO_FREE char *command = style_line(f->reproduce);
		buf_addf(out, "  | %s: %s\n  | %s\n", finding_kind_word(f->kind), title, command);
	}
	buf_adds(out, "::endgroup::\n");
}

void line_cut(struct buf *line, size_t columns)
{
	if (text_width(buf_str(line)) <= columns || columns < 4)
		return;
	size_t i = 0;
	for (size_t n = 0; i < line->len && n < columns - 3; n++) {
		i++;
		while (i < line->len && ((unsigned char)line->data[i] & 0xc0) == 0x80)
			i++;
	}
	AUTO_FREE char *kept = xstrndup(line->data, i);
	buf_clear(line);
	buf_addf(line, "%s...", kept);
}
