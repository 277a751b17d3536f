/*
 * test_stress.c: what stress evidence comes to, as a table: for each rule a row
 * that meets it and its neighbours, which differ in the one fact that decides.
 *
 * A run is written `KIND ITEM...`, runs are separated by `|`. An item is
 * `LETTER!BAD/TRIES`, an event of that template, or `LETTER=BAD/TRIES`, a play of
 * its key; `+` behind an event makes it persistent, `-` says that it was bad
 * from one thread too.
 */
#include "tests/unit/judge_help.h"

#include "judge/stress.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWN "_c.cpython-313t-x86_64-linux-gnu.so!"
#define OTHER "_dep.cpython-313t-x86_64-linux-gnu.so!"
#define PYTHON "python3.13t!"

static const struct template {
	char letter;
	const char *mode, *key, *oracle, *title, *module, *function, *frames;
	int signal;
} templates[] = {
	{ 'A', "replay", "replay|mix|pkg.C.add", "signal", "threads add to one C", "pkg._c", "c_next", "libc.so.6!raise " OWN "c_next " PYTHON "_PyEval_EvalFrameDefault", SIGSEGV },
	{ 'B', "replay", "replay|mix|pkg.C.pop", "signal", "threads pop from one C", "pkg._c", "c_next", OWN "c_next", SIGSEGV },
	{ 'C', "replay", "replay|mix|pkg.C.pop", "signal", "threads pop from one C", "pkg._c", "c_pop", OWN "c_pop", SIGSEGV },
	{ 'L', "replay", "replay|self|pkg.C.add|pkg.C.pop", "lost-update", "len() is 9 and not 10", "pkg", "C.add", NULL, 0 },
	{ 'F', "replay", "replay|self|pkg.tool.count", "wrong-result", "count() is 9 and not 10", "pkg.tool", "count", NULL, 0 },
	{ 'X', "replay", "replay|self|pkg.C.items", "exception", "RuntimeError: dictionary changed size during iteration", "pkg", "C.items", NULL, 0 },
	{ 'E', "replay", "replay|self|pkg.C.items", "exception", "ValueError: no item 3", "pkg", "C.items", NULL, 0 },
	{ 'T', "same-test", "same-test|t::a", "test-outcome", "AssertionError: 3 == 4", NULL, NULL, NULL, 0 },
	{ 'S', "same-test", "same-test|t::a", "exception", "KeyError: 3", "pkg.core", "get", "pkg.core!get tests.test_a!test", 0 },
	{ 'V', "same-test", "same-test|t::c", "exception", "IndexError: 7", "pkg.core", "get", "pkg.core!get tests.test_c!test", 0 },
	{ 'G', "replay", "replay|mix|pkg.C.get", "signal", "threads get from one C", "pkg", "", OWN "c_get", SIGSEGV },
	{ 'U', "same-test", "same-test|t::a", "exception", "OSError: no file", NULL, NULL, NULL, 0 },
	{ 'M', "same-test", "same-test|t::a", "signal", "SIGSEGV", NULL, NULL, PYTHON "list_resize", SIGSEGV },
	{ 'D', "replay", "replay|mix|pkg.C.add", "signal", "threads add to one C", "pkg", NULL, PYTHON "list_resize " OTHER "dep_get " OWN "c_next", SIGSEGV },
	{ 'j', "replay", "replay|mix|pkg.C.add", "signal", "threads add to one C", "pkg", NULL, PYTHON "list_resize", SIGSEGV },
	{ 'I', "replay", "replay|mix|pkg.C.add", "signal", "threads add to one C", "pkg._c", NULL, PYTHON "_Py_Dealloc " PYTHON "list_resize", SIGSEGV },
	{ 'J', "replay", "replay|mix|pkg.D.add", "signal", "threads add to one D", "pkg._c", NULL, PYTHON "list_resize", SIGSEGV },
	{ 'H', "replay", "replay|mix|pkg.C.wait", "deadlock", "two threads wait for each other", "pkg._c", "c_wait", OWN "c_wait", 0 },
	{ 'K', "mixed", "mixed|t::b", "hang", "t::b does not end", NULL, NULL, NULL, 0 },
	{ 'R', "tsan", "tsan|c.c:c_add <> c.c:c_pop", "sanitizer", "data race", "pkg._c", "c_add", OWN "c_add", 0 },
	{ 'W', "first-use", "first-use|pkg.tool.load", "wrong-result", "load() is None", "pkg.tool", "load", NULL, 0 },
	{ 'Y', "replay", "replay|self|pkg.C.items", "system-error", "SystemError: bad argument", "pkg._c", "c_items", NULL, 0 },
	{ 'O', "same-test", "same-test|t::a", "test-outcome", "AssertionError: 3 == 4", "pkg.core", "get", NULL, 0 },
	{ 'P', "replay", "replay|self|pkg.C put", "lost-update", "len() is 9 and not 10", "pkg", "C.put", NULL, 0 },
	{ 'Q', "replay", "replay|pair|pkg.C put|get", "wrong-result", "get() is 9 and not 10", "pkg", "C.get", NULL, 0 },
	{ 'Z', "replay", "replay|pair|pkg.C put_all|get", "wrong-result", "get() is 9 and not 10", "pkg", "C.get_all", NULL, 0 },
	{ 'a', "replay", "replay|mix|pkg.C", "lost-update", "len() is 9 and not 10", "pkg", NULL, NULL, 0 },
	{ 'b', "replay", "replay|self|pkg.C put", "signal", "threads put", "pkg._c", "c_put", OWN "c_put", SIGSEGV },
	{ 'c', "replay", "replay|pair|pkg.C get|put", "signal", "threads get while others put", "pkg", NULL, PYTHON "list_resize", SIGSEGV },
	{ 'd', "replay", "replay|pair|pkg.C get|put", "signal", "threads get while others put", "pkg._c", "c_get", OWN "c_get", SIGSEGV },
	{ 'e', "replay", "replay|self|pkg.C put", "exception", "IndexError: 3", "pkg", "C.put", NULL, 0 },
	{ 'f', "replay", "replay|pair|pkg.C get|put", "exception", "KeyError: 3", "pkg", "C.get", NULL, 0 },
	{ 'g', "first-use", "first-use|t::a", "test-outcome", "AssertionError: 3 == 4", "tests.test_a", "test", NULL, 0 },
	{ 'h', "replay", "replay|self|pkg.C set", "signal", "threads set on one C", "pkg._c", "set", PYTHON "list_resize", SIGSEGV },
	{ 'i', "replay", "replay|self|pkg.D set", "signal", "threads set on one D", "pkg._c", "set", PYTHON "dict_resize", SIGSEGV },
	{ 'k', "replay", "replay|mix|pkg.C", "exception", "KeyError: 3 (threads use one C)", "pkg.core", "drop", NULL, 0 },
	{ 'l', "replay", "replay|read|pkg.D", "exception", "KeyError: 'a' (threads read one D)", "pkg.core", "drop", NULL, 0 },
	{ 'N', "replay", NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};

static const struct template *template_of(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (templates[i].letter == letter)
			return &templates[i];
	fail_msg("no template %c", letter);
	return NULL;
}

/* As the harness pairs them. */
static enum finding_kind kind_of(const char *oracle)
{
	static const struct {
		const char *oracle;
		enum finding_kind kind;
	} kinds[] = { { "signal", FIND_CRASH }, { "lost-update", FIND_LOST_UPDATE }, { "wrong-result", FIND_WRONG_RESULT }, { "deadlock", FIND_HANG },
		          { "hang", FIND_HANG }, { "sanitizer", FIND_SANITIZER }, { "test-outcome", FIND_WRONG_RESULT } };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kinds[i].oracle, oracle))
			return kinds[i].kind;
	return FIND_EXCEPTION;
}

static void add_item(struct evidence *e, const char *item)
{
	const struct template *t = template_of(item[0]);
	long bad = 0, tries = 0;
	if (!e->mode)
		str_set(&e->mode, t->mode);
	if (!t->key || sscanf(item + 2, "%ld/%ld", &bad, &tries) != 2)
		return;
	if (item[1] == '=') {
		struct stress_played *p = evidence_add_played(e, t->key);
		p->bad = bad;
		p->tries = tries;
		p->first_seconds = bad ? 1.5 : -1;
		return;
	}
	struct stress_event *s = evidence_add_stress(e, t->key);
	s->kind = kind_of(t->oracle);
	s->signal = t->signal;
	s->events = bad;
	s->tries = tries;
	s->seconds = 0.25;
	s->persistent = strchr(item, '+') != NULL;
	s->serial_bad = strchr(item, '-') != NULL;
	s->serial_tries = 5;
	char **fields[] = { &s->oracle, &s->title, &s->module, &s->function };
	const char *const values[] = { t->oracle, t->title, t->module, t->function };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		str_set(fields[i], values[i]);
	if (t->frames)
		strv_split(&s->frames, t->frames, ' ');
	if (key_of_tests(t->key))
		strv_add(&s->tests, strchr(t->key, '|') + 1);
}

/* Owned by the caller. */
static struct evidence *make_stress(const char *text, enum arm arm, bool native, size_t *n)
{
	AUTO_STRV runs = { 0 };
	*n = 0;
	if (!text)
		return NULL;
	strv_split(&runs, text, '|');
	struct evidence *all = xcalloc(runs.n, sizeof(*all));
	for (size_t i = 0; i < runs.n; i++) {
		struct evidence *e = &all[(*n)++];
		AUTO_STRV words = { 0 };
		strv_split(&words, runs.v[i], ' ');
		evidence_init(e);
		e->arm = arm;
		e->ending = str_eq(words.v[0], "failed") ? END_FAILED : END_NORMAL;
		str_set(&e->stress_kind, e->ending == END_FAILED ? "play" : words.v[0]);
		e->stress_seed = xasprintf("%zu", i);
		e->threads = 4;
		e->stress_seconds = 15;
		e->coverage.known = !str_eq(words.v[0], "broken");
		if (!e->coverage.known) {
			str_set(&e->stress_kind, "play");
			str_set(&e->error, "the process left while it recorded");
		}
		if (native)
			evidence_add_extension(e, "pkg._c", "pkg/_c.cpython-313t-x86_64-linux-gnu.so");
		evidence_add_extension(e, "dep._dep", "dep/_dep.cpython-313t-x86_64-linux-gnu.so");
		for (size_t k = 1; k < words.n; k++)
			add_item(e, words.v[k]);
	}
	return all;
}

static void release_stress(struct evidence *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		evidence_release(&all[i]);
	free(all);
}

struct row {
	const char *name, *ft, *gil;
	const char *serial_ft; /* default: six runs that pass */
	bool pure;             /* the package has no native code */
	enum outcome verdict;
	enum readiness ready;
	size_t findings;
	enum fault fault;      /* of the first finding */
	const char *events;    /* of the first finding: "2/3 0/1": ft, gil */
	const char *reason, *flag, *advice, *rung, *left_out;
};

/* Of what is only a failure under load: seen twice, not with a lock, not on gil. */
#define SETTLED(L) "play " L "!3/9|confirm " L "!3/9|locked " L "=0/9"

static const struct row rows[] = {
	/* memory: one event is enough */
	{ .name = "one crash", .ft = "play A!1/9", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .fault = FAULT_LIBRARY, .events = "1/1 0/0", .reason = "crash: SIGSEGV c_next in pkg._c; ft 1 of 1 run, gil not run: threads add to one C", .rung = "CRASH", .advice = "share no C between threads, or hold a lock around add, or run with PYTHON_GIL=1" },
	{ .name = "a crash in all runs", .ft = "play A!1/9|confirm A!5/9|confirm A!5/9", .gil = "control A=0/20", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .events = "3/3 0/1", .reason = "ft 3 of 3 runs, gil 0 of 1" },
	{ .name = "a crash that was not seen again", .ft = "play A!1/9|confirm A=0/50", .gil = "control A=0/20", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .events = "1/2 0/1" },
	{ .name = "a run that was not focused on it counts for nothing", .ft = "play A!1/9|play N", .verdict = OUT_RACE, .findings = 1, .events = "1/1 0/0" },
	{ .name = "a run that could not start counts for nothing", .ft = "play A!1/9|failed A!1/9", .verdict = OUT_RACE, .findings = 1, .events = "1/1 0/0" },
	{ .name = "a crash on gil too", .ft = "play A!1/9|confirm A!5/9", .gil = "control A=3/20", .verdict = OUT_PASS, .ready = READY_GO, .findings = 1, .fault = FAULT_RACY_WITH_GIL, .events = "2/2 1/1", .flag = "race-both", .reason = "racy with the GIL too: SIGSEGV c_next in pkg._c; ft 2 of 2 runs, gil 1 of 1" },
	{ .name = "SystemError", .ft = "play Y!1/9", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .rung = "RACE" },
	{ .name = "data race", .ft = "play R!1/9", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .reason = "sanitizer: c_add in pkg._c" },
	/* put together by key or by signature */
	{ .name = "two keys, one place", .ft = "play A!1/9 B!1/9", .verdict = OUT_RACE, .findings = 1, .events = "1/1 0/0", .advice = "a lock around add, pop" },
	{ .name = "two keys, two places", .ft = "play A!1/9 C!1/9", .verdict = OUT_RACE, .findings = 2 },
	{ .name = "one key, two places", .ft = "play B!1/9|confirm C!1/9", .verdict = OUT_RACE, .findings = 1, .events = "2/2 0/0" },
	{ .name = "an event shows two to be one", .ft = "play A!1/9 C!1/9|confirm B!1/9", .verdict = OUT_RACE, .findings = 1, .events = "2/2 0/0" },
	{ .name = "frames of the interpreter alone put nothing together", .ft = "play I!1/9 J!1/9", .verdict = OUT_RACE, .findings = 2 },
	{ .name = "one operation alone and beside others", .ft = "play Q!3/9 a!3/9 P!3/9|confirm P!3/9|locked P=0/9", .gil = "control P=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .events = "2/2 0/1", .reason = "lost-update: C.put in pkg" },
	{ .name = "a crash alone explains one beside others", .ft = "play c!1/9 b!1/9", .verdict = OUT_RACE, .findings = 1, .reason = "crash: SIGSEGV c_put in pkg._c" },
	{ .name = "but not one in other code of the package", .ft = "play d!1/9 b!1/9", .verdict = OUT_RACE, .findings = 2 },
	{ .name = "nor does an exception explain another", .ft = "play e!1/9 f!1/9", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 2 },
	{ .name = "one operation of two types, where frames of the interpreter tell nothing", .ft = "play h!1/9 i!1/9", .verdict = OUT_RACE, .findings = 1, .reason = "crash: SIGSEGV set in pkg._c" },
	{ .name = "one exception in one place, whatever was played", .ft = "play k!3/9 l!3/9|confirm k!3/9|locked k=0/9", .gil = "control k=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .events = "2/2 0/1", .reason = "exception: drop in pkg.core" },
	{ .name = "one place of Python code, two exceptions", .ft = "play S!3/9 V!3/9|confirm S!3/9 V!3/9|locked S=0/9 V=0/9", .gil = "control S=0/20 V=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 2 },
	{ .name = "a function that is not known", .ft = "play G!1/9", .verdict = OUT_RACE, .findings = 1, .reason = "crash: SIGSEGV pkg.C.get; ft 1 of 1 run" },
	/* whose fault */
	{ .name = "the innermost extension is another's", .ft = "play D!1/9", .verdict = OUT_PASS, .ready = READY_LIMITS, .findings = 1, .fault = FAULT_DEPENDENCY, .reason = "dep: SIGSEGV pkg.C.add" },
	{ .name = "native package, frames of the interpreter", .ft = "play I!1/9", .verdict = OUT_RACE, .findings = 1, .fault = FAULT_LIBRARY },
	{ .name = "the same, of an operation in Python", .ft = "play j!1/9", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 1, .fault = FAULT_UNKNOWN, .reason = "crash under stress: no frame says whose fault it is" },
	{ .name = "pure package, frames of the interpreter", .ft = "play I!1/9", .pure = true, .verdict = OUT_PASS, .ready = READY_LIMITS, .findings = 1, .fault = FAULT_INTERPRETER, .reason = "interpreter: SIGSEGV pkg.C.add" },
	{ .name = "pure package, wrong result", .ft = SETTLED("F"), .gil = "control F=0/20", .pure = true, .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .fault = FAULT_LIBRARY },
	{ .name = "a crash in a test, no frame of the package", .ft = "play M!1/9", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 1, .fault = FAULT_UNKNOWN, .reason = "crash under stress: no frame says whose fault it is" },
	{ .name = "outcome of a test", .ft = SETTLED("T"), .gil = "control T=0/9", .verdict = OUT_PASS, .ready = READY_GO, .findings = 1, .fault = FAULT_TESTS, .flag = "!test-unsafe" },
	{ .name = "outcome of a test, far more often than on gil", .ft = "play T!3/9|confirm T!9/9|locked T=0/9", .gil = "control T=0/20", .verdict = OUT_PASS, .ready = READY_GO, .findings = 1, .fault = FAULT_TESTS, .flag = "test-unsafe", .reason = "the suite is not made for threads: 1 failure under stress is its own" },
	{ .name = "outcome of a test that was the first to use it", .ft = SETTLED("g"), .gil = "control g=0/20", .verdict = OUT_PASS, .ready = READY_GO, .findings = 1, .fault = FAULT_TESTS },
	{ .name = "outcome of a test that went through the package", .ft = SETTLED("O"), .gil = "control O=0/20", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_TESTS },
	{ .name = "exception inside the package in a test", .ft = SETTLED("S"), .gil = "control S=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .fault = FAULT_LIBRARY, .reason = "exception: get in pkg.core; ft 2 of 2 runs, gil 0 of 1: KeyError: 3", .advice = "use it from one thread at a time" },
	{ .name = "the same with test bodies under a lock", .ft = "play S!3/9|confirm S!3/9|locked S=4/9", .gil = "control S=0/20", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_TESTS, .flag = "test-unsafe" },
	{ .name = "lost update on gil too, where no lock was tried", .ft = "play L!3/9|confirm L!3/9", .gil = "control L=2/9", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_RACY_WITH_GIL, .flag = "race-both" },
	{ .name = "an operation that alone is racy on gil, beside another", .ft = "play e!3/9 f!3/9|confirm e!3/9 f!3/9|locked e=0/9 f=0/9", .gil = "control e=2/9 f=0/20", .verdict = OUT_PASS, .findings = 2, .fault = FAULT_RACY_WITH_GIL, .flag = "race-both" },
	{ .name = "one of a longer name is another", .ft = "play P!3/9 Z!3/9|confirm P!3/9 Z!3/9|locked P=0/9 Z=0/9", .gil = "control P=2/9 Z=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 2, .fault = FAULT_LIBRARY },
	{ .name = "the same on gil", .ft = SETTLED("S"), .gil = "control S=1/9", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_RACY_WITH_GIL, .flag = "race-both" },
	{ .name = "exception outside of the package in a test", .ft = SETTLED("U"), .gil = "control U=0/20", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_TESTS, .flag = "test-unsafe" },
	{ .name = "a hang with no frame of the package in a test", .ft = SETTLED("K"), .gil = "control K=0/20", .verdict = OUT_PASS, .findings = 1, .fault = FAULT_TESTS },
	/* confirming what is no error of memory */
	{ .name = "lost update, settled", .ft = SETTLED("L"), .gil = "control L=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .fault = FAULT_LIBRARY, .events = "2/2 0/1", .reason = "lost-update: C.add in pkg; ft 2 of 2 runs, gil 0 of 1: len() is 9 and not 10", .advice = "share no C between threads, or hold a lock around add, pop", .rung = "RACE" },
	{ .name = "of a function", .ft = SETTLED("F"), .gil = "control F=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .advice = "hold a lock around count" },
	{ .name = "of the first call", .ft = SETTLED("W"), .gil = "control W=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .advice = "import it and call it once before threads start" },
	{ .name = "lost update beside a crash", .ft = SETTLED("L") "|play A!1/9", .gil = "control L=0/20", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 2 },
	{ .name = "lost update, once", .ft = "play L!3/9", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 1, .reason = "lost-update under stress: not played again in a fresh process", .rung = "suspect" },
	{ .name = "lost update, never again", .ft = "play L!3/9|confirm L=0/50", .gil = "control L=0/20", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 1, .reason = "not seen again in a fresh process" },
	{ .name = "lost update, not compared with gil", .ft = SETTLED("L"), .verdict = OUT_SUSPECT, .findings = 1, .reason = "not compared with the GIL build" },
	{ .name = "lost update, gil never came to it", .ft = SETTLED("L"), .gil = "control L=0/0", .verdict = OUT_SUSPECT, .findings = 1, .events = "2/2 0/0" },
	{ .name = "lost update, not compared with a lock", .ft = "play L!3/9|confirm L!3/9", .gil = "control L=0/20", .verdict = OUT_SUSPECT, .findings = 1, .reason = "not compared with one at a time" },
	{ .name = "lost update that plays on gil would often miss", .ft = "play L!3/9|confirm L!1/9|locked L=0/9", .gil = "control L=0/20", .verdict = OUT_SUSPECT, .ready = READY_UNKNOWN, .findings = 1, .events = "2/2 0/1", .reason = "too rare to tell from the plays on the GIL build" },
	{ .name = "the same with plays enough", .ft = "play L!3/9|confirm L!1/9|locked L=0/9", .gil = "control L=0/60", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1, .events = "2/2 0/1" },
	{ .name = "lost update with a lock too", .ft = "play L!3/9|confirm L!3/9|locked L=1/9", .gil = "control L=0/20", .verdict = OUT_PASS, .ready = READY_GO, .findings = 0 },
	{ .name = "lost update from one thread too", .ft = "play L!3/9-|confirm L!3/9|locked L=0/9", .gil = "control L=0/20", .verdict = OUT_PASS, .findings = 0 },
	{ .name = "a state that stays wrong", .ft = "play L!3/9+|confirm L!3/9|locked L=0/9", .gil = "control L=0/20", .verdict = OUT_PASS, .findings = 0 },
	{ .name = "deadlock", .ft = SETTLED("H"), .gil = "control H=0/20", .verdict = OUT_RACE, .ready = READY_NO_GO, .findings = 1, .rung = "HANG" },
	{ .name = "an exception", .ft = SETTLED("E"), .gil = "control E=0/20", .verdict = OUT_RACE, .ready = READY_LIMITS, .findings = 1 },
	{ .name = "a documented exception", .ft = SETTLED("X"), .gil = "control X=0/20", .verdict = OUT_PASS, .ready = READY_GO, .findings = 0 },
	/* beside other verdicts */
	{ .name = "nothing found", .ft = "play N", .verdict = OUT_PASS, .ready = READY_GO, .reason = "stress: 1 run, 15 s, 4 threads, coverage not known: nothing found", .rung = "4 threads, coverage not known" },
	{ .name = "a run that came to nothing", .ft = "broken N", .verdict = OUT_PASS, .ready = READY_GO, .rung = "untested", .left_out = "replay: the process left while it recorded" },
	{ .name = "one that found something before", .ft = "broken A!1/9", .verdict = OUT_RACE, .findings = 1, .rung = "CRASH" },
	{ .name = "no stress", .verdict = OUT_PASS, .ready = READY_GO, .rung = "untested" },
	{ .name = "a crash of the serial suite comes first", .ft = "play A!1/9", .serial_ft = "a:C", .verdict = OUT_CRASH, .findings = 2 },
	{ .name = "a crash without the GIL that the package turns on", .ft = "play A!1/9", .serial_ft = "a:P @gil=pkg._c", .verdict = OUT_GIL_FALLBACK, .ready = READY_LIMITS, .findings = 2, .fault = FAULT_LIBRARY, .reason = "with PYTHON_GIL=0: SIGSEGV c_next in pkg._c" },
};

struct judged {
	struct run_set gil, ft;
	struct evidence *stress, *control;
	size_t n_stress, n_control;
	struct strv top;
	struct judge_input in;
	struct package_result p;
};

static void judge(struct judged *j, const struct row *r)
{
	*j = (struct judged){ 0 };
	make_runs(&j->gil, "6*a:P");
	make_runs(&j->ft, r->serial_ft ? r->serial_ft : "6*a:P");
	j->stress = make_stress(r->ft, ARM_FT, !r->pure, &j->n_stress);
	j->control = make_stress(r->gil, ARM_GIL, !r->pure, &j->n_control);
	strv_add(&j->top, "pkg");
	j->in = (struct judge_input){ .gil = j->gil.p, .n_gil = j->gil.n, .ft = j->ft.p, .n_ft = j->ft.n, .stress = j->stress,
		                          .n_stress = j->n_stress, .stress_control = j->control, .n_stress_control = j->n_control,
		                          .top_level = &j->top };
	package_result_init(&j->p);
	str_set(&j->p.name, "pkg");
	judge_package(&j->in, &j->p);
}

static void finish(struct judged *j)
{
	release_runs(&j->gil);
	release_runs(&j->ft);
	release_stress(j->stress, j->n_stress);
	release_stress(j->control, j->n_control);
	strv_release(&j->top);
	package_result_release(&j->p);
}

static const struct finding *first_stress_finding(const struct package_result *p)
{
	for (size_t i = 0; i < p->n_findings; i++)
		if (p->findings[i].key)
			return &p->findings[i];
	return NULL;
}

static bool has_part(const struct strv *lines, const char *part)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->v[i], part))
			return true;
	return false;
}

static const char *rung(const struct package_result *p, const char *name)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		if (str_eq(p->ladder[i].name, name))
			return p->ladder[i].state;
	return NULL;
}

static void check_row(const struct row *r)
{
	struct judged j;
	judge(&j, r);
	AUTO_FREE char *reasons = strv_join(&j.p.reasons, "\n    ");
	enum readiness expected = r->ready || r->verdict == OUT_RACE ? r->ready : outcome_readiness(r->verdict);
	if (j.p.verdict != r->verdict || j.p.readiness != expected)
		fail_msg("%s: %s %s\n    %s", r->name, outcome_word(j.p.verdict), readiness_word(j.p.readiness), reasons);
	if (j.p.n_findings != r->findings)
		fail_msg("%s: %zu findings", r->name, j.p.n_findings);
	const struct finding *f = first_stress_finding(&j.p);
	if (f && f->fault != r->fault)
		fail_msg("%s: fault %s", r->name, fault_word(f->fault));
	AUTO_FREE char *events = f ? xasprintf("%lld/%lld %lld/%lld", (long long)f->events, (long long)f->runs, (long long)f->control_events,
	                                       (long long)f->control_runs) : NULL;
	if (r->events && !str_eq(events, r->events))
		fail_msg("%s: events %s", r->name, events);
	if (r->reason && !has_part(&j.p.reasons, r->reason))
		fail_msg("%s:\n    %s", r->name, reasons);
	if (r->flag && strv_has(&j.p.flags, r->flag + (r->flag[0] == '!')) != (r->flag[0] != '!'))
		fail_msg("%s: flag %s", r->name, r->flag);
	if (r->advice && (!j.p.advice || !strstr(j.p.advice, r->advice)))
		fail_msg("%s: advice %s", r->name, j.p.advice);
	if (r->rung && !str_eq(rung(&j.p, "stress"), r->rung))
		fail_msg("%s: stress %s", r->name, rung(&j.p, "stress"));
	if (r->left_out && !strv_has(&j.p.stress_left_out, r->left_out))
		fail_msg("%s: left out: %zu", r->name, j.p.stress_left_out.n);
	for (size_t i = 0; i < j.p.reasons.n; i++)
		if (strlen(j.p.reasons.v[i]) > 200)
			fail_msg("%s: long line: %s", r->name, j.p.reasons.v[i]);
	finish(&j);
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

static void findings_carry_what_reproduces_them(void **state)
{
	(void)state;
	struct judged j;
	judge(&j, &(struct row){ .ft = "play A!1/9|confirm A!5/9", .gil = "control A=0/20" });
	const struct finding *f = &j.p.findings[0];
	assert_string_equal(f->id, "p1");
	assert_string_equal(f->key, "replay|mix|pkg.C.add");
	assert_string_equal(f->signature, "SIGSEGV _c!c_next");
	assert_string_equal(f->mode, "replay");
	assert_string_equal(f->oracle, "signal");
	assert_string_equal(f->frames.v[1], OWN "c_next");
	assert_int_equal(f->kind, FIND_CRASH);
	assert_int_equal(f->threads, 4);
	assert_true(f->confirmed && !f->note);
	assert_true(f->seconds_to_first == 0.25);
	AUTO_FREE char *seeds = strv_join(&f->seeds, " ");
	assert_string_equal(seeds, "0 1");
	assert_string_equal(f->script_note, "the time for stress was up: `migrate-check reproduce --script` makes it");
	finish(&j);
	judge(&j, &(struct row){ .ft = "play S!1/9" });
	assert_string_equal(j.p.findings[0].signature, "exception KeyError in pkg.core: get");
	assert_false(j.p.findings[0].confirmed);
	assert_string_equal(j.p.findings[0].note, "not played again in a fresh process");
	finish(&j);
}

static void a_script_is_told_or_why_there_is_none(void **state)
{
	(void)state;
	static const struct {
		const char *ft, *gil, *note;
	} cases[] = {
		{ "play A!1/9", NULL, "time for stress was up" }, { "play A!1/9", "control A=1/9", "the GIL build shows too" },
		{ "play L!1/9", NULL, "not confirmed" },                         { "play M!1/9", NULL, "stands in the suite" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged j;
		judge(&j, &(struct row){ .ft = cases[i].ft, .gil = cases[i].gil });
		assert_null(j.p.findings[0].script);
		if (!strstr(j.p.findings[0].script_note, cases[i].note))
			fail_msg("%s: %s", cases[i].ft, j.p.findings[0].script_note);
		finish(&j);
	}
	struct judged j = { 0 };
	struct package_result p;
	j.stress = make_stress("play A!1/9|confirm A!3/9", ARM_FT, true, &j.n_stress);
	j.in = (struct judge_input){ .stress = j.stress, .n_stress = j.n_stress };
	str_set(&j.stress[0].stress[0].script, "import pkg\n");
	j.stress[0].stress[0].script_bad = 2;
	j.stress[0].stress[0].script_tries = 3;
	j.stress[0].stress[0].script_threads = 2;
	package_result_init(&p);
	judge_package(&j.in, &p);
	assert_string_equal(p.findings[0].script, "import pkg\n");
	assert_string_equal(p.findings[0].script_note, "failed in 2 of 3 fresh processes, 2 threads");
	package_result_release(&p);
	release_stress(j.stress, j.n_stress);
}

/* A pin is advised only when everything is gone in a version that was tested. */
static void a_tested_fix_becomes_a_pin(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second, *asked;
		bool tested;
		enum readiness ready;
		const char *advice;
	} cases[] = {
		{ "1.9", "1.10", NULL, true, READY_LIMITS, "pin pkg>=1.10" }, { "1.9", "1.10", ">=1.2,<2", true, READY_LIMITS, "pin pkg>=1.10" },
		{ "1.9", "1.10", "==1.8", true, READY_NO_GO, "pin pkg>=1.10 in place of ==1.8" },
		{ "1.9", "1.10", NULL, false, READY_NO_GO, "a lock around add, pop" },
		{ "1.9", NULL, NULL, true, READY_NO_GO, "a lock around add, pop" }, { NULL, NULL, NULL, true, READY_NO_GO, "a lock around add, pop" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged j;
		judge(&j, &(struct row){ .ft = "play A!1/9 C!1/9" });
		assert_int_equal(j.p.n_findings, 2);
		str_set(&j.p.findings[0].fixed_in, cases[i].first);
		str_set(&j.p.findings[1].fixed_in, cases[i].second);
		j.p.findings[0].fixed_tested = true;
		j.p.findings[1].fixed_tested = cases[i].tested;
		judge_fixed(&j.p, cases[i].asked);
		assert_int_equal(j.p.readiness, cases[i].ready);
		assert_non_null(strstr(j.p.advice, cases[i].advice));
		finish(&j);
	}
}

static void set_coverage(struct evidence *e, struct stress_coverage c)
{
	e->coverage = c;
	e->coverage.known = true;
}

/* Of several runs of a mode the one that reached most; confirmations are no runs of it. */
static void coverage_is_of_the_run_that_reached_most(void **state)
{
	(void)state;
	struct judged j = { 0 };
	AUTO_STRV left_out = { 0 };
	strv_add(&left_out, "tsan: no ThreadSanitizer interpreter");
	j.stress = make_stress("play S=0/1|play T=0/1|confirm T=0/1|play L=0/1|play L=0/1", ARM_FT, true, &j.n_stress);
	set_coverage(&j.stress[0], (struct stress_coverage){ .of = 212, .parallel = 150, .overlap = 1.5 });
	set_coverage(&j.stress[1], (struct stress_coverage){ .of = 212, .parallel = 198, .overlap = 1.25 });
	strv_add(&j.stress[1].coverage.serialised, "uses capsys: 14");
	set_coverage(&j.stress[2], (struct stress_coverage){ .of = 1, .parallel = 1 });
	set_coverage(&j.stress[3], (struct stress_coverage){ .ops = 80, .ops_played = 61, .types = 5, .types_played = 4, .units = 300 });
	set_coverage(&j.stress[4], (struct stress_coverage){ .ops = 80, .ops_played = 60, .units = 200 });
	j.in = (struct judge_input){ .stress = j.stress, .n_stress = j.n_stress, .stress_left_out = &left_out };
	struct package_result p;
	package_result_init(&p);
	judge_package(&j.in, &p);
	assert_int_equal(p.n_stress, 2);
	assert_string_equal(p.stress[0].mode, "same-test");
	assert_int_equal(p.stress[0].runs, 2);
	assert_int_equal(p.stress[0].parallel, 198);
	assert_string_equal(p.stress[0].serialised.v[0], "uses capsys: 14");
	assert_true(p.stress[0].overlap == 1.5 && p.stress[0].seconds == 30);
	assert_int_equal(p.stress[1].ops_played, 61);
	assert_int_equal(p.stress[1].units, 300);
	AUTO_FREE char *reach = package_stress_reach(&p);
	assert_string_equal(reach, "4 threads x 198 of 212 tests, 61 of 80 operations");
	assert_string_equal(rung(&p, "stress"), reach);
	assert_string_equal(rung(&p, "sanitizer"), "untested");
	assert_string_equal(p.ladder[6].detail, "no ThreadSanitizer interpreter");
	assert_true(strv_has(&p.flags, "parallel: 93%"));
	package_result_release(&p);
	release_stress(j.stress, j.n_stress);
}

/* What was left out as the interpreter's is counted beside the result, of the run that had most. */
static void left_out_reports_are_counted(void **state)
{
	(void)state;
	struct judged j = { 0 };
	j.stress = make_stress("play N|play N", ARM_FT, true, &j.n_stress);
	for (size_t i = 0; i < j.n_stress; i++)
		str_set(&j.stress[i].mode, "tsan");
	set_coverage(&j.stress[0], (struct stress_coverage){ .of = 12, .parallel = 9, .hidden = 1041, .interpreter = 3 });
	set_coverage(&j.stress[1], (struct stress_coverage){ .of = 12, .parallel = 9, .hidden = 5 });
	j.in = (struct judge_input){ .stress = j.stress, .n_stress = j.n_stress };
	struct package_result p;
	package_result_init(&p);
	judge_package(&j.in, &p);
	assert_int_equal(p.n_stress, 1);
	assert_true(p.stress[0].hidden == 1041 && p.stress[0].interpreter == 3);
	package_result_release(&p);
	release_stress(j.stress, j.n_stress);
}

static void refusals_of_what_changed_meanwhile_are_told_from_broken_invariants(void **state)
{
	(void)state;
	static const struct { const char *title; bool refuses; } texts[] = {
		{ "RuntimeError: dictionary keys changed during iteration (threads do `for`)", true }, { "RuntimeError: deque mutated during iteration", true },
		{ "RuntimeError: bitarray changed size during sequence indexing", true }, { "ValueError: list modified during sort", true },
		{ "AssertionError: the total changed during update", false }, { "RuntimeError: the list is broken", false }, { "RuntimeError: it changed", false },
		{ NULL, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (exception_of_size_change(texts[i].title) != texts[i].refuses)
			fail_msg("%s", texts[i].title ? texts[i].title : "NULL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_of_what_changed_meanwhile_are_told_from_broken_invariants),
		cmocka_unit_test(table),
		cmocka_unit_test(findings_carry_what_reproduces_them),
		cmocka_unit_test(a_script_is_told_or_why_there_is_none),
		cmocka_unit_test(a_tested_fix_becomes_a_pin),
		cmocka_unit_test(coverage_is_of_the_run_that_reached_most),
		cmocka_unit_test(left_out_reports_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
