/* process_output.c: bounded capture of what a child prints: head, tail and log file. */
#include "process/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_DEFAULT ((size_t)256 * 1024)
#define LOG_DEFAULT ((size_t)8 * 1024 * 1024)
#define LINE_MAX_BYTES ((size_t)4096)

void capture_init(struct capture *c, size_t max)
{
	size_t bound = max ? max : OUTPUT_DEFAULT;
	*c = (struct capture){ .head_max = bound - bound / 2, .tail_max = bound / 2 };
}

/* Only the last tail_max bytes of data can survive, so skip what precedes them. */
static void ring_add(struct capture *c, const char *data, size_t n)
{
	if (c->tail_max == 0) {
		c->tail_bytes += n;
		return;
	}
	if (!c->ring)
		c->ring = xcalloc(c->tail_max, 1);
	if (n > c->tail_max) {
		c->tail_bytes += n - c->tail_max;
		data += n - c->tail_max;
		n = c->tail_max;
	}
	size_t at = (size_t)(c->tail_bytes % c->tail_max);
	size_t first = n < c->tail_max - at ? n : c->tail_max - at;
	memcpy(c->ring + at, data, first);
	memcpy(c->ring, data + first, n - first);
	c->tail_bytes += n;
}

void capture_add(struct capture *c, const char *data, size_t n)
{
	size_t room = c->head_max - c->head.len;
	size_t first = n < room ? n : room;
	buf_add(&c->head, data, first);
	if (n > first)
		ring_add(c, data + first, n - first);
}

void capture_finish(struct capture *c, struct process_result *r)
{
	r->output_bytes = c->head.len + c->tail_bytes;
	r->output = c->head;
	c->head = (struct buf){ 0 };
	uint64_t lost = c->tail_bytes > c->tail_max ? c->tail_bytes - c->tail_max : 0;
	r->output_truncated = lost > 0;
	if (lost)
		buf_addf(&r->output, "\n[... %" PRIu64 " bytes left out ...]\n", lost);
	if (c->ring) {
		size_t start = lost ? (size_t)(c->tail_bytes % c->tail_max) : 0;
		if (lost)
			buf_add(&r->output, c->ring + start, c->tail_max - start);
		buf_add(&r->output, c->ring, lost ? start : (size_t)c->tail_bytes);
	}
	free(c->ring);
	*c = (struct capture){ 0 };
}

int log_sink_open(struct log_sink *l, const struct process_spec *spec, struct error *err)
{
	size_t max = spec->log_max ? spec->log_max : LOG_DEFAULT;
	*l = (struct log_sink){ .fd = -1, .max = max, .left = max };
	if (!spec->log_path)
		return 0;
	int how = spec->log_append ? O_APPEND : O_TRUNC;
	l->fd = open(spec->log_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | how, 0644);
	if (l->fd < 0)
		return error_errno(err, ERR_IO, errno, "cannot write log '%s'", spec->log_path);
	return 0;
}

static void log_write(struct log_sink *l, const char *data, size_t n)
{
	while (n > 0 && !l->failed) {
		ssize_t w = write(l->fd, data, n);
		if (w < 0 && errno != EINTR)
			l->failed = errno;
		if (w > 0) {
			data += w;
			n -= (size_t)w;
		}
	}
}

void log_sink_add(struct log_sink *l, const char *data, size_t n)
{
	if (l->fd < 0 || l->failed || l->capped)
		return;
	size_t part = n < l->left ? n : l->left;
	log_write(l, data, part);
	l->left -= part;
	if (part == n)
		return;
	AUTO_FREE char *line = xasprintf("\n[... log ends here, after %zu bytes ...]\n", l->max);
	log_write(l, line, strlen(line));
	l->capped = true;
}

void log_sink_close(struct log_sink *l)
{
	cleanup_close_p(&l->fd);
	l->fd = -1;
}

static void line_out(struct line_sink *l)
{
	if (l->line.len && l->line.data[l->line.len - 1] == '\r')
		l->line.data[--l->line.len] = '\0';
	for (size_t i = 0; i < l->line.len; i++)
		if (l->line.data[i] == '\0') /* the rest of the line would not be seen */
			l->line.data[i] = ' ';
	observe(l->observer, &(struct event){ .kind = EVENT_OUTPUT, .text = buf_str(&l->line), .slot = l->slot });
	buf_clear(&l->line);
}

void line_sink_add(struct line_sink *l, const char *data, size_t n)
{
	while (l->observer && n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t part = newline ? (size_t)(newline - data) : n, room = LINE_MAX_BYTES - l->line.len;
		bool whole = newline && part <= room;
		part = part < room ? part : room;
		buf_add(&l->line, data, part);
		if (whole || l->line.len == LINE_MAX_BYTES)
			line_out(l);
		data += part + whole;
		n -= part + whole;
	}
}

void line_sink_end(struct line_sink *l)
{
	if (l->line.len)
		line_out(l);
	buf_release(&l->line);
}

char *process_tail(const struct process_result *r, size_t lines)
{
	const char *text = buf_str(&r->output);
	size_t end = r->output.len;
	while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r'))
		end--;
	size_t start = end;
	while (lines > 0 && start > 0) {
		if (text[start - 1] == '\n' && --lines == 0)
			break;
		start--;
	}
	return xstrndup(text + start, end - start);
}
