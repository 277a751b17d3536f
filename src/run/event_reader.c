/* event_reader: see event_reader.h. */
#include "run/event_reader.h"
#include "base/text.h"
#include "run/scaling_events.h"
#include "run/stress_events.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { LINE_MAX_BYTES = 128 * 1024, MESSAGE_MAX = 2000, STACK_MAX = 16 * 1024, IDS_MAX = 2000000, LIST_MAX = 200, REPS_MAX = 10000 };

static void make_token(char token[33])
{
	unsigned char raw[16] = { 0 };
	size_t got = 0;
	while (got < sizeof(raw)) {
		ssize_t n = getrandom(raw + got, sizeof(raw) - got, 0);
		if (n > 0)
			got += (size_t)n;
	}
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(token + 2 * i, 3, "%02x", raw[i]);
}

void event_reader_init(struct event_reader *r, struct evidence *evidence)
{
	*r = (struct event_reader){ .evidence = evidence };
	event_reader_restart(r);
}

void event_reader_restart(struct event_reader *r)
{
	make_token(r->token);
	r->next = 1;
	r->hello = r->ended = r->skipping = false;
	r->left = 0;
	r->last_event_ns = 0;
	r->phase = NULL;
	str_set(&r->phase_text, NULL);
	buf_clear(&r->line);
	str_set(&r->running, NULL);
	str_set(&r->stuck_stack, NULL);
}

void event_reader_release(struct event_reader *r)
{
	buf_release(&r->line);
	free(r->running);
	free(r->stuck_stack);
	strv_release(&r->selected);
	strv_release(&r->done);
	stress_reader_release(r);
}

static char *bounded(const char *s, size_t max)
{
	return s ? xstrndup(s, max) : NULL;
}

static int tri_state(const cJSON *j, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, key);
	return cJSON_IsBool(v) ? cJSON_IsTrue(v) : -1;
}

static void add_bounded(struct strv *l, const char *s)
{
	if (s && *s && l->n < LIST_MAX)
		strv_add_unique(l, s);
}

static void on_hello(struct event_reader *r, const cJSON *j)
{
	(void)j;
	r->hello = true;
}

static void on_import(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	bool ok = json_bool(j, "ok", false);
	e->imported = ok && !e->import_error;
	if (!ok && !e->import_error)
		e->import_error = text_safe_line(json_str(j, "error") ? json_str(j, "error") : "import failed");
	int gil = tri_state(j, "gil");
	if (gil >= 0)
		e->gil_after_import = gil;
	e->import_rss = json_int(j, "rss", 0);
	e->import_ns += json_int(j, "ns", 0);
	e->import_cpu_ns += json_int(j, "cpu_ns", 0);
}

static void on_gil(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	if (!e->gil_module)
		e->gil_module = bounded(json_str(j, "module"), 500);
	if (!e->gil_test)
		e->gil_test = bounded(json_str(j, "test"), MESSAGE_MAX);
}

static void on_option(struct event_reader *r, const cJSON *j)
{
	add_bounded(&r->evidence->unknown_options, json_str(j, "name"));
}

static void on_collect(struct event_reader *r, const cJSON *j)
{
	if (r->collected) /* a restarted process collects again; the first count stands */
		return;
	r->collected = true;
	r->evidence->collected = json_int(j, "collected", -1);
	r->evidence->selected = json_int(j, "selected", 0);
	r->evidence->files = json_int(j, "files", 0);
	r->evidence->files_selected = json_int(j, "files_selected", 0);
}

static void on_ids(struct event_reader *r, const cJSON *j)
{
	if (r->done.n || r->evidence->n_culprits)
		return;
	const cJSON *id;
	cJSON_ArrayForEach(id, json_arr(j, "ids"))
		if (cJSON_IsString(id) && r->selected.n < IDS_MAX)
			strv_add(&r->selected, id->valuestring);
}

static void on_collect_error(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	const char *id = json_str(j, "id");
	if (!id || e->n_collect_errors >= 5000)
		return;
	for (size_t i = 0; i < e->n_collect_errors; i++)
		if (strcmp(e->collect_errors[i].id, id) == 0)
			return;
	AUTO_FREE char *message = bounded(json_str(j, "message"), MESSAGE_MAX);
	struct test_result *t = evidence_add_collect_error(e, id, message);
	t->needs = bounded(json_str(j, "missing_module"), 200);
	add_bounded(&e->missing_modules, t->needs);
}

static void on_start(struct event_reader *r, const cJSON *j)
{
	free(r->running);
	r->running = bounded(json_str(j, "id"), 64 * 1024);
	r->running_since_ns = now_monotonic_ns();
}

static void on_result(struct event_reader *r, const cJSON *j)
{
	const char *id = json_str(j, "id");
	enum test_status status = test_status_parse(json_str(j, "status"));
	if (!id || status == TEST_COUNT || r->evidence->n_tests >= IDS_MAX)
		return;
	struct test_result *t = evidence_add_test(r->evidence, id, status);
	t->call_ns = json_int(j, "call_ns", 0);
	t->cpu_ns = json_int(j, "cpu_ns", 0);
	t->total_ns = json_int(j, "total_ns", 0);
	t->message = bounded(json_str(j, "message"), MESSAGE_MAX);
	t->needs = bounded(json_str(j, "missing_module"), 200);
	int64_t rep = json_int(j, "rep", 0);
	t->rep = rep > 0 && rep < REPS_MAX ? (int)rep : 0;
	add_bounded(&r->evidence->missing_modules, t->needs);
	add_bounded(&r->evidence->missing_fixtures, json_str(j, "missing_fixture"));
	if (t->message && strstr(t->message, "MemoryError"))
		r->evidence->out_of_memory = true;
	if (t->rep == 0)
		strv_add(&r->done, id);
	r->results++;
	str_set(&r->running, NULL);
}

static void on_stuck(struct event_reader *r, const cJSON *j)
{
	free(r->stuck_stack);
	r->stuck_stack = bounded(json_str(j, "stack"), STACK_MAX);
}

static void on_shadowed(struct event_reader *r, const cJSON *j)
{
	const char *module = json_str(j, "module"), *file = json_str(j, "file");
	if (module && file && r->evidence->shadowed.n < LIST_MAX) {
		AUTO_FREE char *text = xasprintf("%s (%s)", module, file);
		strv_add_unique(&r->evidence->shadowed, text);
	}
}

static void on_extension(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	const char *module = json_str(j, "module"), *file = json_str(j, "file");
	if (!module || e->n_extensions >= 5000)
		return;
	for (size_t i = 0; i < e->n_extensions; i++)
		if (strcmp(e->extensions[i].module, module) == 0)
			return;
	evidence_add_extension(e, module, file);
}

static void on_stopped(struct event_reader *r, const cJSON *j)
{
	r->evidence->timed_out = true;
	r->left = json_int(j, "left", 0);
}

static void on_turns(struct event_reader *r, const cJSON *j)
{
	r->evidence->turns = json_int(j, "taken", 0);
	free(r->evidence->turns_lost);
	r->evidence->turns_lost = bounded(json_str(j, "lost"), 200);
}

static void on_end(struct event_reader *r, const cJSON *j)
{
	struct evidence *e = r->evidence;
	r->ended = true;
	e->runner_exit = (int)json_int(j, "exit", -1);
	int gil = tri_state(j, "gil");
	if (gil >= 0)
		e->gil_at_end = gil;
	int64_t rss = json_int(j, "peak_rss", 0);
	if (rss > e->peak_rss)
		e->peak_rss = rss;
}

static const struct {
	const char *kind;
	void (*handle)(struct event_reader *r, const cJSON *j);
} kinds[] = {
	{ "hello", on_hello },
	{ "import", on_import },
	{ "gil", on_gil },
	{ "option", on_option },
	{ "collect", on_collect },
	{ "ids", on_ids },
	{ "collect_error", on_collect_error },
	{ "start", on_start },
	{ "result", on_result },
	{ "stuck", on_stuck },
	{ "shadowed", on_shadowed },
	{ "extension", on_extension },
	{ "stopped", on_stopped },
	{ "turns", on_turns },
	{ "stress", stress_on_stress },
	{ "finding", stress_on_finding },
	{ "played", stress_on_played },
	{ "coverage", stress_on_coverage },
	{ "script", stress_on_script },
	{ "work", scaling_on_work },
	{ "round", scaling_on_round },
	{ "wait", scaling_on_wait },
	{ "end", on_end },
};

static bool accept(struct event_reader *r, const cJSON *j)
{
	const char *token = json_str(j, "k"), *kind = json_str(j, "e");
	if (!token || !kind || strcmp(token, r->token) != 0 || json_int(j, "n", 0) != r->next || r->ended)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kind, kinds[i].kind) != 0)
			continue;
		if (!r->hello && i != 0)
			return false;
		r->next++;
		r->last_event_ns = now_monotonic_ns();
		kinds[i].handle(r, j);
		return true;
	}
	return false;
}

static void take_line(struct event_reader *r)
{
	AUTO_JSON *j = NULL;
	bool good = !r->skipping && json_parse(buf_str(&r->line), r->line.len, "event", &j, NULL) == 0 && accept(r, j);
	if (!good && (r->line.len || r->skipping))
		r->evidence->forged_events++;
	buf_clear(&r->line);
	r->skipping = false;
}

void event_reader_feed(struct event_reader *r, const char *data, size_t n)
{
	while (n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t part = newline ? (size_t)(newline - data) : n;
		if (r->line.len + part > LINE_MAX_BYTES)
			r->skipping = true;
		else if (!r->skipping)
			buf_add(&r->line, data, part);
		if (!newline)
			return;
		take_line(r);
		data = newline + 1;
		n -= part + 1;
	}
}
