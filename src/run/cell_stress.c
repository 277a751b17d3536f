/* cell_stress.c: see cell_stress.h. */
#include "run/cell_stress.h"
#include "base/text.h"
#include "run/stress_events.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 20, SILENT_SECONDS = 90 };

void cell_stress_job(const struct stress_spec *s, double seconds, const char *out_dir, cJSON *job)
{
	if (s->threads > 0)
		cJSON_AddNumberToObject(job, "threads", s->threads);
	cJSON_AddNumberToObject(job, "stress_seconds", seconds);
	json_add_str(job, "stress_seed", s->seed ? s->seed : "0");
	if (s->focus)
		json_add_strv(job, "focus", s->focus);
	else
		cJSON_AddNullToObject(job, "focus");
	if (s->avoid)
		json_add_strv(job, "avoid", s->avoid);
	json_add_str(job, "control", s->locked ? "locked" : "none");
	if (s->switch_interval > 0)
		cJSON_AddNumberToObject(job, "switch_interval", s->switch_interval);
	json_add_str(job, "out_dir", out_dir);
	cJSON_AddBoolToObject(job, "want_script", s->want_script);
}

bool cell_stress_recording(const struct event_reader *r)
{
	return !r->phase || strcmp(r->phase, "record") == 0;
}

bool cell_stress_silent(const struct stress_spec *s, const struct event_reader *r)
{
	/* Imports and collection may take their time; they have the deadline of the whole. */
	bool begun = r->phase || r->results > 0 || r->running;
	if (!begun || r->last_event_ns == 0 || (r->running && cell_stress_recording(r)))
		return false;
	double silent = (double)(now_monotonic_ns() - r->last_event_ns) / 1e9;
	return silent > (s->silent_seconds > 0 ? s->silent_seconds : SILENT_SECONDS);
}

void cell_stress_explain(const struct event_reader *r, bool ended_by_us, int signal, int code, struct evidence *e)
{
	AUTO_FREE char *where = stress_phase_text(r);
	AUTO_FREE char *doing = text_safe_line(where ? where : r->hello ? "import or collection" : "its start");
	free(e->error);
	if (ended_by_us)
		e->error = xasprintf("the stress run stopped answering and was ended (during: %s)", doing);
	else if (signal)
		e->error = xasprintf("the stress run's own process died of signal %d (%s; during: %s)", signal, strsignal(signal), doing);
	else
		e->error = xasprintf("the stress run's own process left with exit code %d (during: %s)", code, doing);
}

void cell_stress_record_again(struct event_reader *r, struct evidence *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < e->n_tests; i++) {
		struct test_result *t = &e->tests[i];
		if (t->status == TEST_CRASHED || t->status == TEST_HUNG) {
			e->tests[kept++] = *t;
			continue;
		}
		free(t->id);
		free(t->message);
		free(t->needs);
	}
	e->n_tests = kept;
	strv_clear(&r->done);
	r->results = 0;
}

/* The text is shown and run as it is, so what is not text is not taken at all. */
static bool is_text(const struct buf *b)
{
	for (size_t i = 0; i < b->len;) {
		uint32_t cp = 0;
		size_t n = text_decode(b->data + i, b->len - i, &cp);
		if (n == 0 || cp == 0)
			return false;
		i += n;
	}
	return b->len > 0;
}

/* The package's code can have put anything here: links, pipes, endless files. */
static char *take_file(int dir, const char *name)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES)
		return NULL;
	AUTO_BUF b = { .max = FILE_MAX_BYTES + 1 };
	char part[16 * 1024];
	ssize_t n;
	while (b.len <= FILE_MAX_BYTES && (n = read(fd, part, sizeof(part))) > 0)
		buf_add(&b, part, (size_t)n);
	return b.len <= FILE_MAX_BYTES && is_text(&b) ? buf_steal(&b) : NULL;
}

void cell_stress_take_files(const char *out_dir, const struct event_reader *r, struct evidence *e)
{
	AUTO_CLOSE int dir = open(out_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	for (size_t i = 0; i < r->script_keys.n; i++) {
		struct stress_event *s = evidence_find_stress(e, r->script_keys.v[i]);
		if (!s)
			continue;
		free(s->script);
		s->script = take_file(dir, r->script_files.v[i]);
	}
	free(e->units);
	e->units = e->n_stress ? take_file(dir, "units.jsonl") : NULL;
}
