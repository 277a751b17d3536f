/*
 * test_cell_pair.c: two cells that take turns, with the real harness and small
 * unittest suites, without a sandbox.
 */
#include "base/fs.h"
#include "run/cell_pair.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *work, *python;

static int make_all(void **state)
{
	(void)state;
	python = find_program("python3");
	return python ? make_temp_dir("/tmp", "test-pair", &work, NULL) : -1;
}

static int remove_all(void **state)
{
	(void)state;
	remove_tree(work, NULL);
	free(work);
	free(python);
	return 0;
}

/* Both sides run the suite; the words of `env` tell them apart. */
static void run_suite(const char *text, double test_seconds, unsigned turn, struct evidence out[2])
{
	AUTO_FREE char *suite = path_join(work, "suite"), *file = path_join(suite, "test_a.py"), *log = path_join(work, "log");
	AUTO_STRV args = { 0 };
	struct strv env[2] = { { 0 }, { 0 } };
	AUTO_ERROR err = { 0 };
	assert_int_equal(make_dirs(suite, NULL), 0);
	assert_int_equal(write_file(file, text, strlen(text), NULL), 0);
	remove_tree(log, NULL);
	strv_add(&args, "test_a");
	struct cell_spec specs[2];
	for (int i = 0; i < 2; i++) {
		strv_addf(&env[i], "SIDE=%c", "AB"[i]);
		strv_addf(&env[i], "LOG=%s", log);
		specs[i] = (struct cell_spec){ .arm = i ? ARM_FT : ARM_GIL, .python = python, .harness = MC_BUILD_SRCDIR "/src/harness", .work = work,
			                           .no_sandbox = true, .suite = suite, .env = &env[i], .runner = "unittest", .args = &args, .site = "/site",
			                           .seed = "1", .test_seconds = test_seconds, .suite_seconds = 120, .repeat = 1 };
	}
	if (cell_pair_run(specs, turn, out, &err) < 0)
		fail_msg("%s: %s", err.what, err.why ? err.why : "");
	strv_release(&env[0]);
	strv_release(&env[1]);
}

#define SUITE(b)                                                                                        \
	"import os, time, unittest\n"                                                                       \
	"class T(unittest.TestCase):\n"                                                                     \
	"    def log(self, word):\n"                                                                        \
	"        with open(os.environ['LOG'], 'a') as f: f.write(os.environ['SIDE'] + word)\n"              \
	"    def test_0(self): self.log('0')\n"                                                             \
	"    def test_1(self):\n"                                                                           \
	"        self.log('1')\n"                                                                           \
	"        if os.environ['SIDE'] == 'B': " b "\n"                                                     \
	"    def test_2(self): self.log('2')\n"                                                             \
	"    def test_3(self): self.log('3')\n"

static void the_sides_alternate_and_swap(void **state)
{
	(void)state;
	struct evidence out[2];
	run_suite(SUITE("pass"), 60, 0, out);
	AUTO_FREE char *log = path_join(work, "log");
	AUTO_BUF order = { 0 };
	assert_int_equal(read_file(log, 1000, &order, NULL), 0);
	assert_string_equal(buf_str(&order), "A0B0B1A1A2B2B3A3");
	assert_true(cell_pair_usable(&out[0], &out[1]));
	for (int i = 0; i < 2; i++) {
		assert_true(out[i].turns == 4 && out[i].n_tests == 4 && out[i].load >= 0);
		assert_true(out[i].tests[3].call_ns > 0 && out[i].tests[3].cpu_ns > 0);
		assert_string_equal(out[i].mode, "turns");
	}
	AUTO_JSON *j = evidence_to_json(&out[0]);
	AUTO_EVIDENCE back;
	evidence_from_json(&back, j); /* pairs are also taken from the store */
	assert_true(back.turns == 4 && back.load >= 0 && back.tests[3].cpu_ns == out[0].tests[3].cpu_ns);
	evidence_release(&out[0]);
	evidence_release(&out[1]);
}

/* Both sides are on the processor that the turn says, and the next turn is on the next. */
static void the_turn_chooses_the_processor(void **state)
{
	(void)state;
	cpu_set_t allowed;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	unsigned n = (unsigned)CPU_COUNT(&allowed), seen = 0;
	for (unsigned turn = 0; turn < 2; turn++) {
		struct evidence out[2];
		run_suite("import os, unittest\n"
		          "class T(unittest.TestCase):\n"
		          "    def test_0(self):\n"
		          "        with open(os.environ['LOG'], 'a') as f: f.write('%d ' % min(os.sched_getaffinity(0)))\n", 60, n + turn, out);
		AUTO_FREE char *log = path_join(work, "log");
		AUTO_BUF cpus = { 0 };
		assert_int_equal(read_file(log, 1000, &cpus, NULL), 0);
		unsigned a = 0, b = 0;
		assert_int_equal(sscanf(buf_str(&cpus), "%u %u", &a, &b), 2);
		assert_int_equal(a, b);
		assert_true(turn == 0 || n == 1 || a != seen);
		seen = a;
		for (int i = 0; i < 2; i++)
			evidence_release(&out[i]);
	}
}

/* `bad` is what side B does in its second test. */
static void expect_useless(const char *text, double test_seconds, enum test_status status)
{
	struct evidence out[2];
	run_suite(text, test_seconds, 0, out);
	assert_false(cell_pair_usable(&out[0], &out[1]));
	assert_int_equal(out[1].n_culprits, 1);
	assert_int_equal(out[1].culprits[0].status, status);
	assert_int_equal(out[0].n_culprits, 0);
	assert_true(out[0].ending == END_NORMAL && out[0].timed_out && out[0].turns_lost);
	assert_true(out[0].wall_ns < 60000000000); /* it did not wait for what never comes */
	evidence_release(&out[0]);
	evidence_release(&out[1]);
}

static void a_death_ends_the_other_side(void **state)
{
	(void)state;
	expect_useless(SUITE("os._exit(3)"), 60, TEST_CRASHED);
}

static void a_hang_ends_both(void **state)
{
	(void)state;
	expect_useless(SUITE("time.sleep(1000)"), 1, TEST_HUNG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sides_alternate_and_swap),
		cmocka_unit_test(the_turn_chooses_the_processor),
		cmocka_unit_test(a_death_ends_the_other_side),
		cmocka_unit_test(a_hang_ends_both),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
