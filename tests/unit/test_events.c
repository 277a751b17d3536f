/* test_events.c: which event lines count, what they leave, and what foreign lines cannot do. */
#include "run/stress_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reading {
	struct evidence e;
	struct event_reader r;
	int64_t n; /* of the last line sent */
};

static int start(void **state)
{
	struct reading *t = xcalloc(1, sizeof(*t));
	evidence_init(&t->e);
	event_reader_init(&t->r, &t->e);
	*state = t;
	return 0;
}

static int stop(void **state)
{
	struct reading *t = *state;
	event_reader_release(&t->r);
	evidence_release(&t->e);
	free(t);
	return 0;
}

static void feed(struct reading *t, const char *text)
{
	event_reader_feed(&t->r, text, strlen(text));
}

/* One line as the harness writes it; apostrophes in `rest` stand for quotes. */
static char *make_line(const char *token, int64_t n, const char *kind, const char *rest)
{
	char *text = xasprintf("{'k':'%s','n':%lld,'e':'%s'%s%s}\n", token, (long long)n, kind, *rest ? "," : "", rest);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return text;
}

static void send_event(struct reading *t, const char *kind, const char *rest)
{
	AUTO_FREE char *text = make_line(t->r.token, ++t->n, kind, rest);
	feed(t, text);
}

static void hello(struct reading *t)
{
	send_event(t, "hello", "'pid':1");
	assert_true(t->r.hello);
}

static void a_whole_run_is_read(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "import", "'name':'pkg','ok':true,'gil':false,'ns':7,'cpu_ns':4,'rss':4096");
	send_event(t, "import", "'name':'pkg2','ok':true,'gil':true,'ns':3,'cpu_ns':2,'rss':8192");
	send_event(t, "gil", "'module':'pkg2','test':null");
	send_event(t, "option", "'name':'--cov'");
	send_event(t, "collect", "'collected':9,'selected':2");
	send_event(t, "ids", "'ids':['a','b']");
	send_event(t, "collect_error", "'id':'t.py','message':'no','missing_module':'yaml'");
	send_event(t, "collect_error", "'id':'t.py','message':'again'");
	send_event(t, "start", "'id':'a'");
	assert_string_equal(t->r.running, "a");
	assert_true(t->r.running_since_ns > 0);
	send_event(t, "result", "'id':'a','status':'passed','call_ns':5,'total_ns':6");
	assert_null(t->r.running);
	send_event(t, "start", "'id':'b'");
	send_event(t, "result", "'id':'b','status':'error','message':'MemoryError','missing_fixture':'benchmark','missing_module':'six'");
	send_event(t, "result", "'id':'a','status':'failed','rep':1");
	send_event(t, "result", "'id':'a','status':'passed','rep':-1");
	send_event(t, "shadowed", "'module':'pkg','file':'/src/pkg.py'");
	send_event(t, "extension", "'module':'pkg._c','file':'pkg/_c.so'");
	send_event(t, "extension", "'module':'pkg._c','file':'pkg/_c.so'");
	send_event(t, "end", "'exit':1,'gil':true,'peak_rss':123,'tests':2");
	const struct evidence *e = &t->e;
	assert_true(t->r.ended && e->imported && e->out_of_memory);
	assert_true(e->import_ns == 10 && e->import_cpu_ns == 6 && e->import_rss == 8192 && e->gil_after_import == 1 && e->gil_at_end == 1);
	assert_string_equal(e->gil_module, "pkg2");
	assert_string_equal(e->unknown_options.v[0], "--cov");
	assert_true(e->collected == 9 && e->selected == 2 && t->r.selected.n == 2 && t->r.done.n == 3 && t->r.results == 4);
	assert_true(e->tests[1].rep == 0 && e->tests[2].rep == 1 && e->tests[3].rep == 0);
	assert_int_equal(e->n_collect_errors, 1);
	assert_string_equal(e->collect_errors[0].message, "no");
	assert_int_equal(e->n_tests, 4);
	assert_true(e->tests[0].status == TEST_PASSED && e->tests[0].call_ns == 5 && e->tests[0].total_ns == 6);
	assert_true(e->tests[1].status == TEST_ERROR);
	assert_string_equal(e->tests[1].needs, "six");
	assert_true(e->missing_modules.n == 2 && strv_has(&e->missing_modules, "yaml") && strv_has(&e->missing_modules, "six"));
	assert_string_equal(e->missing_fixtures.v[0], "benchmark");
	assert_string_equal(e->shadowed.v[0], "pkg (/src/pkg.py)");
	assert_int_equal(e->n_extensions, 1);
	assert_true(e->runner_exit == 1 && e->peak_rss == 123 && e->forged_events == 0);
}

static void a_failed_import_stands(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "import", "'name':'a','ok':false,'error':'ImportError: x\\u001b[0m','gil':null");
	send_event(t, "import", "'name':'b','ok':true");
	assert_false(t->e.imported);
	assert_string_equal(t->e.import_error, "ImportError: x\\x1b[0m");
	assert_int_equal(t->e.gil_after_import, -1); /* not asked is not off */
}

static void lines_may_come_in_any_pieces(void **state)
{
	struct reading *t = *state;
	AUTO_BUF all = { 0 };
	static const char *const kinds[][2] = { { "hello", "" }, { "start", "'id':'a'" }, { "result", "'id':'a','status':'passed'" }, { "end", "'exit':0" } };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO_FREE char *text = make_line(t->r.token, (int64_t)i + 1, kinds[i][0], kinds[i][1]);
		buf_adds(&all, text);
	}
	for (size_t i = 0; i < all.len; i++)
		event_reader_feed(&t->r, all.data + i, 1);
	assert_true(t->r.ended && t->e.n_tests == 1 && t->e.forged_events == 0);
}

static void what_is_not_ours_is_counted_and_ignored(void **state)
{
	struct reading *t = *state;
	hello(t);
	static const char *const foreign[] = { "noise\n", "{}\n", "[]\n", "5\n", "{\"k\":1,\"n\":2,\"e\":\"end\"}\n", "{\"e\":\"end\",\"n\":2}\n", "{\"k\":\n" };
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		feed(t, foreign[i]);
	AUTO_FREE char *other = make_line("00000000000000000000000000000000", 2, "end", "'exit':0");
	AUTO_FREE char *early = make_line(t->r.token, 3, "end", "'exit':0");
	AUTO_FREE char *again = make_line(t->r.token, 1, "hello", "");
	AUTO_FREE char *unknown = make_line(t->r.token, 2, "verdict", "'ok':true");
	AUTO_FREE char *text_n = make_line(t->r.token, 0, "end", "'n':'2'");
	AUTO_FREE char *behind = make_line(t->r.token, 2, "end", "'exit':0");
	AUTO_FREE char *two = xasprintf("%.*s{}\n", (int)strlen(behind) - 1, behind);
	const char *const ours[] = { other, early, again, unknown, text_n, two };
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		feed(t, ours[i]);
	assert_int_equal(t->e.forged_events, ARRAY_LEN(foreign) + ARRAY_LEN(ours));
	assert_false(t->r.ended);
	feed(t, "\n"); /* an empty line is nothing */
	assert_int_equal(t->e.forged_events, ARRAY_LEN(foreign) + ARRAY_LEN(ours));
	send_event(t, "end", "'exit':0"); /* the sequence has not moved */
	assert_true(t->r.ended);
}

static void nothing_counts_before_hello_or_after_the_end(void **state)
{
	struct reading *t = *state;
	AUTO_FREE char *first = make_line(t->r.token, 1, "result", "'id':'a','status':'passed'");
	feed(t, first);
	assert_true(t->e.n_tests == 0 && t->e.forged_events == 1);
	hello(t);
	send_event(t, "end", "'exit':0");
	send_event(t, "result", "'id':'a','status':'passed'");
	assert_true(t->e.n_tests == 0 && t->e.forged_events == 2);
}

static void a_line_without_an_end_is_dropped_once(void **state)
{
	struct reading *t = *state;
	hello(t);
	AUTO_FREE char *many = xcalloc(100001, 1);
	memset(many, 'x', 100000);
	for (int i = 0; i < 50; i++) {
		feed(t, many);
		assert_true(t->r.line.cap < 1 << 20); /* and is not kept */
	}
	assert_int_equal(t->e.forged_events, 0);
	feed(t, "\n");
	assert_int_equal(t->e.forged_events, 1);
	send_event(t, "end", "'exit':0");
	assert_true(t->r.ended);
}

static void results_without_sense_leave_nothing(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "result", "'status':'passed'");
	send_event(t, "result", "'id':'a','status':'splendid'");
	send_event(t, "result", "'id':5,'status':'passed'");
	send_event(t, "collect_error", "'message':'x'");
	send_event(t, "extension", "'file':'x'");
	send_event(t, "shadowed", "'module':'x'");
	send_event(t, "ids", "'ids':{}");
	send_event(t, "ids", "'ids':[1,null,'a']");
	assert_true(t->e.n_tests == 0 && t->e.n_collect_errors == 0 && t->e.n_extensions == 0 && t->e.shadowed.n == 0);
	assert_int_equal(t->r.selected.n, 1);
	assert_int_equal(t->e.forged_events, 0);
}

static void texts_are_bounded(void **state)
{
	struct reading *t = *state;
	hello(t);
	AUTO_FREE char *many = xcalloc(60001, 1);
	memset(many, 'y', 60000);
	AUTO_FREE char *result = xasprintf("'id':'a','status':'failed','message':'%s','missing_module':'%s'", many, many);
	AUTO_FREE char *stack = xasprintf("'stack':'%s'", many);
	send_event(t, "result", result);
	send_event(t, "stuck", stack);
	assert_int_equal(strlen(t->e.tests[0].message), 2000);
	assert_int_equal(strlen(t->e.tests[0].needs), 200);
	assert_int_equal(strlen(t->r.stuck_stack), 16 * 1024);
	for (int i = 0; i < 300; i++) {
		AUTO_FREE char *name = xasprintf("'name':'--o%d'", i);
		send_event(t, "option", name);
	}
	assert_int_equal(t->e.unknown_options.n, 200);
}

static void a_restart_begins_anew_and_keeps_results(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "collect", "'collected':9,'selected':3");
	send_event(t, "ids", "'ids':['a','b','c']");
	send_event(t, "start", "'id':'a'");
	send_event(t, "result", "'id':'a','status':'passed'");
	send_event(t, "start", "'id':'b'");
	send_event(t, "stuck", "'stack':'s'");
	feed(t, "half a li");
	char old[33];
	memcpy(old, t->r.token, sizeof(old));
	event_reader_restart(&t->r);
	t->n = 0;
	assert_string_not_equal(old, t->r.token);
	assert_true(!t->r.hello && !t->r.ended && !t->r.running && !t->r.stuck_stack && t->r.line.len == 0);
	AUTO_FREE char *late = make_line(old, 1, "hello", "");
	feed(t, late);
	assert_int_equal(t->e.forged_events, 1);
	hello(t);
	send_event(t, "collect", "'collected':9,'selected':1"); /* the first count and list stand */
	send_event(t, "ids", "'ids':['c']");
	assert_true(t->e.selected == 3 && t->r.selected.n == 3 && t->r.done.n == 1 && t->e.n_tests == 1);
}

static void time_that_ran_out_is_noted(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "stopped", "'reason':'time','left':7");
	assert_true(t->e.timed_out && t->r.left == 7);
}

/* ---- stress modes ---- */

#define FINDING "'key':'replay|rotate|p.C.add','oracle':'signal','kind':'crash','signal':11,'title':'SIGSEGV in add','module':'p._c'," \
                "'function':'add','python_stack':'File x','native_stack':'#0 add','unit':'{}','seconds':0.25,'events':2,'tries':40," \
                "'controls':{'serial':[0,20],'locked':[1,21]},'tests':['t::a'],'frames':['_c.so!add'],'persistent':false"

static void stress_hello(struct reading *t)
{
	str_set(&t->e.stress_kind, "play");
	hello(t);
}

static void what_a_stress_run_finds_is_kept(void **state)
{
	struct reading *t = *state;
	stress_hello(t);
	send_event(t, "finding", FINDING);
	const struct stress_event *s = &t->e.stress[0];
	assert_true(t->e.n_stress == 1 && s->kind == FIND_CRASH && s->signal == 11 && s->events == 2 && s->tries == 40);
	assert_true(s->seconds == 0.25 && s->serial_bad == 0 && s->serial_tries == 20 && s->locked_bad == 1 && s->locked_tries == 21);
	assert_string_equal(s->oracle, "signal");
	assert_string_equal(s->native_stack, "#0 add");
	assert_string_equal(s->unit, "{}");
	assert_string_equal(s->tests.v[0], "t::a");
	assert_string_equal(s->frames.v[0], "_c.so!add");
	send_event(t, "finding", "'key':'replay|rotate|p.C.add','oracle':'abort','kind':'abort','events':3,'tries':50,'persistent':true");
	s = &t->e.stress[0];
	assert_true(t->e.n_stress == 1 && s->kind == FIND_ABORT && s->events == 3 && s->signal == 0 && s->persistent);
	assert_true(s->locked_tries == 0 && s->tests.n == 0 && !s->title); /* replaced, not mixed */
	send_event(t, "played", "'key':'k','tries':40,'bad':3,'first_seconds':1.5");
	send_event(t, "played", "'key':'never','tries':0,'bad':0,'first_seconds':null");
	assert_true(t->e.n_played == 2 && t->e.played[0].bad == 3 && t->e.played[0].first_seconds == 1.5);
	assert_true(t->e.played[1].tries == 0 && t->e.played[1].first_seconds < 0);
	send_event(t, "coverage", "'of':530,'parallel':412,'serialised':{'capsys':71},'overlap':1.75,'types':4,'types_played':3,'ops':50,"
	                          "'ops_played':40,'never':['C.x'],'never_why':{'no recipe':4},'units':120,'hidden':41,'interpreter':3");
	const struct stress_coverage *c = &t->e.coverage;
	assert_true(c->known && c->of == 530 && c->parallel == 412 && c->overlap == 1.75 && c->types == 4 && c->types_played == 3);
	assert_true(c->ops == 50 && c->ops_played == 40 && c->units == 120 && c->hidden == 41 && c->interpreter == 3);
	assert_string_equal(c->serialised.v[0], "capsys: 71");
	assert_string_equal(c->never_why.v[0], "no recipe: 4");
	send_event(t, "script", "'key':'replay|rotate|p.C.add','file':'script-1.py','verified':[9,10],'threads':2,'text':'x'");
	assert_true(s->script_bad == 9 && s->script_tries == 10 && s->script_threads == 2);
	assert_string_equal(t->r.script_files.v[0], "script-1.py");
	assert_int_equal(t->e.forged_events, 0);
}

static void a_serial_run_finds_nothing_by_stress(void **state)
{
	struct reading *t = *state;
	hello(t);
	send_event(t, "finding", FINDING);
	send_event(t, "played", "'key':'k','tries':1,'bad':1");
	send_event(t, "coverage", "'of':1");
	send_event(t, "script", "'key':'k','file':'f.py'");
	assert_true(t->e.n_stress == 0 && t->e.n_played == 0 && !t->e.coverage.known && t->r.script_keys.n == 0);
}

static void a_script_that_could_not_be_made_says_why(void **state)
{
	struct reading *t = *state;
	stress_hello(t);
	send_event(t, "script", "'key':'k','file':'','verified':[0,3],'text':'no script: a lambda'");
	assert_int_equal(t->r.script_files.n, 0);
	assert_int_equal(t->e.n_stress, 1);
	assert_string_equal(t->e.stress[0].script_note, "no script: a lambda");
}

static void stress_events_without_sense_leave_nothing(void **state)
{
	struct reading *t = *state;
	stress_hello(t);
	static const char *const findings[] = {
		"'oracle':'signal','kind':'crash'", "'key':'','oracle':'signal','kind':'crash'", "'key':5,'oracle':'signal','kind':'crash'",
		"'key':'k','kind':'crash'", "'key':'k','oracle':'splendid','kind':'crash'", "'key':'k','oracle':'signal'",
		"'key':'k','oracle':'signal','kind':'build'", "'key':'k','oracle':'signal','kind':'?'", "'key':'a\\nb','oracle':'signal','kind':'crash'",
	};
	for (size_t i = 0; i < ARRAY_LEN(findings); i++)
		send_event(t, "finding", findings[i]);
	assert_int_equal(t->e.n_stress, 0);
	static const char *const scripts[] = { "'key':'k','file':'../x.py'", "'key':'k','file':'/etc/passwd'", "'key':'k','file':'.x'", "'key':'k'",
		                                   "'file':'x.py'", "'key':'k','file':''" };
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		send_event(t, "script", scripts[i]);
	assert_true(t->r.script_files.n == 0 && t->e.n_stress == 0);
	send_event(t, "played", "'tries':1");
	send_event(t, "stress", "'phase':'dance','done':1");
	assert_true(t->e.n_played == 0 && t->r.phase == NULL);
	send_event(t, "finding", "'key':'k','oracle':'hang','kind':'hang','signal':999,'seconds':-1,'events':-5,'tries':1e300,"
	                         "'controls':{'serial':[3,2],'locked':'x'},'tests':[1,null],'frames':{},'persistent':'yes'");
	const struct stress_event *s = &t->e.stress[0];
	assert_true(s->signal == 0 && s->seconds == 0 && s->events == 0 && s->tries > 0 && s->serial_tries == 0 && s->locked_tries == 0);
	assert_true(s->tests.n == 0 && s->frames.n == 0 && !s->persistent);
	send_event(t, "played", "'key':'k','tries':2,'bad':7");
	assert_int_equal(t->e.played[0].bad, 2);
	send_event(t, "coverage", "'serialised':[1],'never_why':{'a':'b','c':-1},'overlap':-3,'of':-2");
	assert_true(t->e.coverage.serialised.n == 0 && t->e.coverage.never_why.n == 0 && t->e.coverage.overlap == 0 && t->e.coverage.of == 0);
	assert_int_equal(t->e.forged_events, 0);
}

static void stress_texts_and_lists_are_bounded(void **state)
{
	struct reading *t = *state;
	stress_hello(t);
	AUTO_FREE char *many = xcalloc(50001, 1);
	memset(many, 'y', 50000);
	AUTO_FREE char *big = xasprintf("'key':'k','oracle':'signal','kind':'crash','python_stack':'%s','unit':'%s'", many, many);
	send_event(t, "finding", big);
	assert_int_equal(strlen(t->e.stress[0].python_stack), 16 * 1024);
	assert_null(t->e.stress[0].unit); /* half of it is no JSON */
	AUTO_FREE char *key = xasprintf("'key':'%s','oracle':'signal','kind':'crash'", many);
	send_event(t, "finding", key);
	assert_int_equal(t->e.n_stress, 1); /* a key that was cut would be another one */
	for (int i = 0; i < 600; i++) {
		AUTO_FREE char *finding = xasprintf("'key':'k%d','oracle':'hang','kind':'hang','tests':['1','2','3','4','5','6']", i);
		AUTO_FREE char *played = xasprintf("'key':'k%d','tries':1", i);
		send_event(t, "finding", finding);
		send_event(t, "played", played);
	}
	assert_true(t->e.n_stress == 200 && t->e.n_played == 500 && t->e.stress[1].tests.n == 5);
}

static void the_phase_is_said_in_words(void **state)
{
	struct reading *t = *state;
	stress_hello(t);
	assert_null(stress_phase_text(&t->r));
	send_event(t, "stress", "'phase':'play','done':48,'total':1200,'text':'p.C.add'");
	AUTO_FREE char *play = stress_phase_text(&t->r);
	assert_string_equal(play, "play 48 of 1,200 units  p.C.add");
	send_event(t, "stress", "'phase':'calibrate'");
	AUTO_FREE char *bare = stress_phase_text(&t->r);
	assert_string_equal(bare, "calibrate");
	event_reader_restart(&t->r);
	assert_null(t->r.phase);
}

static void tokens_are_long_and_never_the_same(void **state)
{
	struct reading *t = *state;
	char before[33];
	memcpy(before, t->r.token, sizeof(before));
	assert_int_equal(strspn(before, "0123456789abcdef"), 32);
	event_reader_restart(&t->r);
	assert_string_not_equal(before, t->r.token);
}

static void scaling_rounds_are_taken_whole_or_not_at_all(void **state)
{
	struct reading *t = *state;
	const struct scaling_evidence *s = &t->e.scaling;
	hello(t);
	str_set(&t->e.stress_kind, "scaling");
	send_event(t, "round", "'work':'calls','objects':'shared','round':0,'busy':0.1,'points':[[1,10,1,1]]");
	assert_int_equal(s->n_rounds, 0); /* of what? */
	send_event(t, "work", "'work':'calls','keys':['scaling|p.C get',7],'load':0.5");
	assert_string_equal(s->units.v[0], "scaling|p.C get");
	assert_int_equal(s->units.n, 1);
	assert_true(s->load == 0.5);
	send_event(t, "round", "'work':'calls','objects':'shared','round':0,'busy':0.125,'units':3,'points':[[1,10,1,1],[2,15,1.5,1.75]],"
	                       "'machine':[[1,1,1],[2,1.9,2]]");
	assert_int_equal(s->n_rounds, 1);
	assert_string_equal(s->rounds[0].objects, "shared");
	assert_true(s->rounds[0].busy == 0.125 && s->rounds[0].n == 2 && s->rounds[0].units == 3);
	const struct scaling_sample *two = &s->rounds[0].samples[1];
	assert_true(two->threads == 2 && two->per_second == 15 && two->speedup == 1.5 && two->overlap == 1.75 && two->ceiling == 1.9);
	static const char *const bad[] = {
		"'objects':'shared','busy':0.1,'points':[[1,10,1,1],[2,15,1.5,1]]",    /* no work */
		"'work':'tests','objects':'private','busy':0.1,'points':[[1,10,1,1]]", /* of another */
		"'work':'calls','objects':'common','busy':0.1,'points':[[1,10,1,1]]",
		"'work':'calls','objects':'shared','busy':1.5,'points':[[1,10,1,1]]",
		"'work':'calls','objects':'shared','points':[[1,10,1,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[2,10,1,1]]",  /* nothing to compare with */
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],[1,15,1.5,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],[2,15,0,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],[2,15,-1.5,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],[2,15,1e300,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],[2,null,1.5,1]]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[[1,10,1,1],7]",
		"'work':'calls','objects':'shared','busy':0.1,'points':[]",
		"'work':'calls','objects':'shared','busy':0.1",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		send_event(t, "round", bad[i]);
		if (s->n_rounds != 1)
			fail_msg("taken: %s", bad[i]);
	}
	send_event(t, "round", "'work':'calls','objects':'shared','busy':0,'points':[[1,10,1,1],[2,15,1.5,1]],'machine':[[1,1,1],[4,3,4]]");
	assert_true(s->rounds[1].samples[1].ceiling == 0); /* of another number of threads */
}

static void scaling_waits_are_bounded_and_a_new_child_begins_anew(void **state)
{
	struct reading *t = *state;
	const struct scaling_evidence *s = &t->e.scaling;
	hello(t);
	send_event(t, "work", "'work':'calls','keys':[]");
	assert_null(s->work); /* a serial run has none */
	str_set(&t->e.stress_kind, "scaling");
	send_event(t, "work", "'work':'calls','keys':[]");
	static const char wait[] = "'work':'calls','objects':'shared','unit':'p.C.get','object':'p.C','threads':2,'speedup':0.5,'blocked':0.25,"
	                           "'place':'p.C.get (c.py:1)','share':0.75,'stacks':80";
	send_event(t, "wait", wait);
	assert_int_equal(s->n_waits, 1);
	assert_string_equal(s->waits[0].place, "p.C.get (c.py:1)");
	assert_true(s->waits[0].threads == 2 && s->waits[0].blocked == 0.25 && s->waits[0].share == 0.75 && s->waits[0].stacks == 80);
	send_event(t, "wait", "'objects':'shared','unit':'p.C.get','threads':1,'speedup':0.5");
	send_event(t, "wait", "'objects':'shared','threads':2,'speedup':0.5");
	assert_int_equal(s->n_waits, 1);
	for (int i = 0; i < 100; i++)
		send_event(t, "wait", wait);
	assert_int_equal(s->n_waits, SCALING_MOST_WAITS);
	send_event(t, "work", "'work':'tests','keys':['scaling|t']");
	assert_int_equal(s->n_waits, 0);
	assert_string_equal(s->work, "tests");
	assert_true(s->load < 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_whole_run_is_read),
		CASE(a_failed_import_stands),
		CASE(lines_may_come_in_any_pieces),
		CASE(what_is_not_ours_is_counted_and_ignored),
		CASE(nothing_counts_before_hello_or_after_the_end),
		CASE(a_line_without_an_end_is_dropped_once),
		CASE(results_without_sense_leave_nothing),
		CASE(texts_are_bounded),
		CASE(a_restart_begins_anew_and_keeps_results),
		CASE(time_that_ran_out_is_noted),
		CASE(what_a_stress_run_finds_is_kept),
		CASE(a_serial_run_finds_nothing_by_stress),
		CASE(a_script_that_could_not_be_made_says_why),
		CASE(stress_events_without_sense_leave_nothing),
		CASE(stress_texts_and_lists_are_bounded),
		CASE(the_phase_is_said_in_words),
		CASE(scaling_rounds_are_taken_whole_or_not_at_all),
		CASE(scaling_waits_are_bounded_and_a_new_child_begins_anew),
		CASE(tokens_are_long_and_never_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
