/* judge_help.c: see judge_help.h. */
#include "tests/unit/judge_help.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void add_culprit(struct evidence *e, const char *id, enum test_status status, int signal, int exit_code, const char *place)
{
	struct culprit *c = evidence_add_culprit(e, id, status);
	c->signal = signal;
	c->exit_code = exit_code;
	c->native_stack = xasprintf("#0  0x00007f12 in %s_crash (x=0x55) at src/%s.c:12\n#1  0x00007f13 in call_it (a=1) at "
	                            "src/%s.c:99\n#2  0x1 in _PyEval_EvalFrameDefault () at Python/ceval.c:1\n", place, place, place);
}

static void add_test(struct evidence *e, const char *id, char letter)
{
	static const char letters[] = "PFESXNCQHMOKGU";
	static const enum test_status status[] = { TEST_PASSED, TEST_FAILED, TEST_ERROR, TEST_SKIPPED, TEST_XFAILED, TEST_NOT_RUN,
		                                       TEST_CRASHED, TEST_CRASHED, TEST_HUNG, TEST_FAILED, TEST_ERROR,
		                                       TEST_CRASHED, TEST_FAILED, TEST_NOT_RUN };
	struct test_result *t = evidence_add_test(e, id, status[strchr(letters, letter) - letters]);
	if (letter == 'F' || letter == 'E')
		t->message = xasprintf("AssertionError: %s is %zu", id, e->n_tests);
	if (letter == 'M')
		str_set(&t->message, "ModuleNotFoundError: No module named 'dep.sub'");
	if (letter == 'O')
		str_set(&t->message, "ModuleNotFoundError: No module named 'pkg._c'");
	if (letter == 'C')
		add_culprit(e, id, TEST_CRASHED, e->out_of_memory ? SIGKILL : SIGSEGV, -1, id);
	if (letter == 'K')
		add_culprit(e, id, TEST_CRASHED, SIGSEGV, -1, "shared");
	if (letter == 'G')
		str_set(&t->message, "ValueError: shared");
	if (letter == 'U')
		str_set(&t->needs, "pkg._c");
	if (letter == 'Q')
		add_culprit(e, id, TEST_CRASHED, 0, 3, id);
	if (letter == 'H')
		add_culprit(e, id, TEST_HUNG, 0, -1, id);
}

static void add_ending(struct evidence *e, const char *word)
{
	static const struct { const char *word; enum ending ending; int code; } endings[] = {
		{ "died", END_EXIT, 3 }, { "signal", END_SIGNAL, SIGSEGV }, { "timeout", END_TIMEOUT, 0 }, { "nostart", END_EXIT, 4 },
		{ "importdied", END_SIGNAL, SIGSEGV }, { "failed", END_FAILED, 0 } };
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (strcmp(word, endings[i].word) == 0) {
			e->ending = endings[i].ending;
			e->code = endings[i].code;
		}
	if (strcmp(word, "importdied") == 0 || strcmp(word, "import") == 0) {
		e->imported = false;
		e->collected = -1;
	}
	if (strcmp(word, "exit5") == 0)
		e->runner_exit = 5;
	e->timed_out |= strcmp(word, "early") == 0;
	e->out_of_memory |= strcmp(word, "oom") == 0;
	e->forged_events += strcmp(word, "forged") == 0;
	e->output_truncated |= strcmp(word, "truncated") == 0;
}

static void add_fact(struct evidence *e, char *word)
{
	char *text = strchr(word, '=');
	if (text)
		*text++ = '\0';
	for (char *p = text; p && (p = strstr(p, "__"));) {
		*p = ' ';
		memmove(p + 1, p + 2, strlen(p + 2) + 1);
	}
	add_ending(e, word);
	if (strcmp(word, "failed") == 0)
		str_set(&e->error, text);
	if (strcmp(word, "import") == 0)
		str_set(&e->import_error, text);
	if (strcmp(word, "shadow") == 0)
		strv_add(&e->shadowed, text);
	if (strcmp(word, "ext") == 0)
		evidence_add_extension(e, text, "x.so");
	if (strcmp(word, "gil") == 0) {
		e->gil_after_import = e->gil_at_end = 1;
		str_set(&e->gil_module, text);
	}
	if (strcmp(word, "giltest") == 0) {
		e->gil_at_end = 1;
		str_set(&e->gil_test, text);
	}
	if (strcmp(word, "collect") == 0)
		evidence_add_collect_error(e, text, "SyntaxError: no");
	if (strcmp(word, "collectM") == 0)
		evidence_add_collect_error(e, text, "ModuleNotFoundError: No module named 'dep'");
}

static void make_run(struct evidence *e, const char *text)
{
	evidence_init(e);
	e->ending = END_NORMAL;
	e->imported = true;
	e->collected = 0;
	e->gil_after_import = e->gil_at_end = 0;
	str_set(&e->mode, "serial");
	str_set(&e->command, "reproduce it");
	str_set(&e->log_tail, "tail");
	AUTO_STRV words = { 0 };
	strv_split(&words, text, ' ');
	bool subset = false, more = false;
	int rep = 0;
	for (size_t i = 0; i < words.n; i++) {
		char *word = words.v[i], *colon = strrchr(word, ':');
		subset |= strcmp(word, "@subset") == 0;
		more |= strcmp(word, "@more") == 0;
		rep += strcmp(word, "/") == 0;
		if (word[0] == '@') {
			add_fact(e, word + 1);
		} else if (colon) {
			*colon = '\0';
			size_t culprits = e->n_culprits;
			add_test(e, word, colon[1]);
			e->tests[e->n_tests - 1].rep = rep;
			e->tests[e->n_tests - 1].call_ns = 1000000000;
			if (e->n_culprits > culprits)
				e->culprits[culprits].rep = rep;
		}
	}
	e->selected = (int64_t)evidence_results(e);
	if (e->collected >= 0)
		e->collected = e->selected + (more ? 1000 : 0);
	if (subset)
		e->selected = 0; /* fewer than any full run */
}

void make_runs(struct run_set *set, const char *text)
{
	*set = (struct run_set){ 0 };
	if (!text)
		return;
	AUTO_STRV runs = { 0 };
	strv_split(&runs, text, '|');
	for (size_t i = 0; i < runs.n; i++) {
		char *end = runs.v[i];
		long times = strtol(runs.v[i], &end, 10);
		bool repeat = times > 0 && *end == '*';
		for (long k = 0; k < (repeat ? times : 1) && set->n < MOST_RUNS; k++) {
			make_run(&set->e[set->n], repeat ? end + 1 : runs.v[i]);
			set->p[set->n] = &set->e[set->n];
			set->n++;
		}
	}
}

void release_runs(struct run_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		evidence_release(&set->e[i]);
}
