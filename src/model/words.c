/* words.c: see words.h. */
#include "model/words.h"

#include <string.h>

static const struct {
	const char *word;
	char glyph;
	const char *ansi, *light, *dark, *meaning;
} readiness_table[] = {
#define X(id, word, glyph, ansi, light, dark, meaning) [id] = { word, glyph, ansi, light, dark, meaning },
#include "model/readiness.def"
#undef X
	[READY_COUNT] = { "?", '?', "", "", "", "" },
};

static const struct {
	const char *word;
	enum readiness ready;
	const char *text;
} outcome_table[] = {
#define X(id, word, ready, text) [id] = { word, ready, text },
#include "model/outcome.def"
#undef X
	[OUT_COUNT] = { "?", READY_UNKNOWN, "" },
};

static const char *const arm_words[] = { "gil", "ft", "ft-gil", "?" };
static const char *const test_words[] = { "passed", "failed", "error", "skipped", "xfailed", "xpassed", "crashed", "hung", "not-run", "?" };
static const char *const ending_words[] = { "normal", "exit", "signal", "timeout", "failed", "?" };
static const char *const effort_words[] = { "quick", "standard", "deep", "?" };
static const char *const perf_words[] = { "slower", "faster", "same", "inconclusive", "unknown", "?" };
static const char *const scaling_words[] = { "scales", "contended", "serial", "inconclusive", "unknown", "?" };
static const char *const finding_words[] = { "crash", "abort", "hang", "wrong-result", "lost-update", "exception", "sanitizer",
	                                         "test-regressed", "gil-fallback", "build", "import", "?" };
static const char *const fault_words[] = { "library", "tests", "racy-with-gil", "dependency", "interpreter", "unknown", "?" };

static size_t find(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; word && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return n;
}

#define DEFINE_WORDS(type, name, words, count)                                 \
	_Static_assert(ARRAY_LEN(words) == (count) + 1, #words);                   \
	const char *name##_word(enum type v)                                       \
	{                                                                          \
		return words[(size_t)v < (count) ? (size_t)v : (count)];               \
	}                                                                          \
	enum type name##_parse(const char *word)                                   \
	{                                                                          \
		return (enum type)find(words, count, word);                            \
	}
DEFINE_WORDS(arm, arm, arm_words, ARM_COUNT)
DEFINE_WORDS(test_status, test_status, test_words, TEST_COUNT)
DEFINE_WORDS(ending, ending, ending_words, END_COUNT)
DEFINE_WORDS(effort, effort, effort_words, EFFORT_COUNT)
DEFINE_WORDS(perf_verdict, perf_verdict, perf_words, PERF_COUNT)
DEFINE_WORDS(scaling_verdict, scaling_verdict, scaling_words, SCALING_COUNT)
DEFINE_WORDS(finding_kind, finding_kind, finding_words, FIND_COUNT)
DEFINE_WORDS(fault, fault, fault_words, FAULT_COUNT)

const char *readiness_word(enum readiness r) { return readiness_table[r].word; }
char readiness_glyph(enum readiness r) { return readiness_table[r].glyph; }
const char *readiness_ansi(enum readiness r) { return readiness_table[r].ansi; }
const char *readiness_color(enum readiness r, bool dark) { return dark ? readiness_table[r].dark : readiness_table[r].light; }
const char *readiness_meaning(enum readiness r) { return readiness_table[r].meaning; }

enum readiness readiness_parse(const char *word)
{
	enum readiness r = 0;
	while (r < READY_COUNT && !(word && strcmp(readiness_table[r].word, word) == 0))
		r++;
	return r;
}

const char *outcome_word(enum outcome o) { return outcome_table[o].word; }
enum readiness outcome_readiness(enum outcome o) { return outcome_table[o].ready; }
const char *outcome_explain(enum outcome o) { return outcome_table[o].text; }

enum outcome outcome_parse(const char *word)
{
	enum outcome o = 0;
	while (o < OUT_COUNT && !(word && strcmp(outcome_table[o].word, word) == 0))
		o++;
	return o;
}

bool test_status_bad(enum test_status s)
{
	return s == TEST_FAILED || s == TEST_ERROR || s == TEST_CRASHED || s == TEST_HUNG;
}
