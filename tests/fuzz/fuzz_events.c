/*
 * fuzz_events.c: bytes on the event pipe. In the corpus the token is 32 times "0".
 * What they leave must be bounded, and the same in whatever pieces they come.
 */
#include "run/event_reader.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char fuzz_corpus[] = "events";

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void check_bounds(const struct event_reader *r, const struct evidence *e)
{
	require(r->line.len <= 128 * 1024, "a line is kept without end");
	require(e->unknown_options.n <= 200 && e->missing_modules.n <= 200 && e->missing_fixtures.n <= 200 && e->shadowed.n <= 200, "a list grows");
	require(e->n_extensions <= 5000 && e->n_collect_errors <= 5000, "a list grows");
	require(!r->ended || r->hello, "an end without a beginning");
	require(r->hello || (e->n_tests == 0 && r->next == 1), "an event before hello");
	for (size_t i = 0; i < e->n_tests; i++) {
		require(e->tests[i].id && e->tests[i].status < TEST_COUNT, "a result without id or status");
		require(!e->tests[i].message || strlen(e->tests[i].message) <= 2000, "a message without bound");
	}
	require(e->n_stress <= 200 && e->n_played <= 500 && r->script_keys.n <= 20, "a list of a stress run grows");
	require(r->script_keys.n == r->script_files.n, "a script without key or file");
	for (size_t i = 0; i < e->n_stress; i++) {
		const struct stress_event *s = &e->stress[i];
		require(s->key && (s->kind <= FIND_SANITIZER ? s->oracle != NULL : s->kind == FIND_COUNT), "a finding without words");
		require(s->tests.n <= 5 && s->frames.n <= 8 && s->events >= 0 && s->tries >= 0, "a finding without bound");
		require(!s->native_stack || strlen(s->native_stack) <= 16 * 1024, "a stack without bound");
	}
	for (size_t i = 0; i < r->script_files.n; i++)
		require(!strchr(r->script_files.v[i], '/') && r->script_files.v[i][0] != '.', "a file outside of its folder");
	require(!r->stuck_stack || strlen(r->stuck_stack) <= 16 * 1024, "a stack without bound");
}

/* The evidence as text, after feeding pieces of `step` bytes. */
static char *read_in_pieces(const char *data, size_t size, size_t step)
{
	AUTO_EVIDENCE e;
	struct event_reader r;
	evidence_init(&e);
	event_reader_init(&r, &e);
	str_set(&e.stress_kind, "play");
	memset(r.token, '0', 32);
	for (size_t at = 0; at < size; at += step)
		event_reader_feed(&r, data + at, size - at < step ? size - at : step);
	check_bounds(&r, &e);
	event_reader_restart(&r);
	event_reader_release(&r);
	AUTO_JSON *j = evidence_to_json(&e);
	return cJSON_PrintUnformatted(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *whole = read_in_pieces((const char *)data, size, size ? size : 1);
	AUTO_FREE char *pieces = read_in_pieces((const char *)data, size, 1 + size % 7);
	require(whole && pieces && strcmp(whole, pieces) == 0, "pieces are read otherwise than the whole");
	return 0;
}
