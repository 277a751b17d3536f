/* test_sandbox.c: what package code sees and can do. Needs bubblewrap: without
 * it the tests are skipped, or fail when MIGRATE_CHECK_SANDBOX_MUST_WORK=1. */
#include "sandbox/sandbox.h"

#include "base/fs.h"
#include "loopback_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder; /* private to this run of the test */
static char *self;   /* this program, which also plays the package code */
static bool works;

static char *sub(const char *name)
{
	char *path = path_join(folder, name);
	assert_int_equal(make_dirs(path, NULL), 0);
	return path;
}

static void need_sandbox(void)
{
	const char *must = getenv("MIGRATE_CHECK_SANDBOX_MUST_WORK");
	if (works)
		return;
	if (must && strcmp(must, "1") == 0)
		fail_msg("the sandbox must work here, and does not");
	skip();
}

static void put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(dir, name);
	assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
}

static void plain(struct sandbox *s)
{
	s->home = sub("home");
}

static int run_in(const struct sandbox *s, const char *script, struct process_spec spec, struct process_result *r, struct error *err)
{
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	return sandbox_run(s, &argv, &spec, r, err);
}

static void expect(const struct sandbox *s, const char *script, const char *output)
{
	AUTO_PROCESS r = { 0 };
	AUTO_ERROR err = { 0 };
	if (run_in(s, script, (struct process_spec){ .deadline_seconds = 60 }, &r, &err) < 0)
		fail_msg("%s (%s)", err.what, err.why ? err.why : "");
	assert_string_equal(buf_str(&r.output), output);
}

/* ---- this program in other roles ---- */

__attribute__((noinline)) static void nap_deep_inside(void)
{
	for (int i = 0; i < 600; i++)
		usleep(100000);
}

static int other_role(const char *role, const char *argument)
{
	int port = 0;
	if (strcmp(role, "connect") == 0)
		return connect_to(atoi(argument)) == 0 ? 0 : 2;
	if (strcmp(role, "loopback") == 0)
		return listen_on_loopback(&port) >= 0 && connect_to(port) == 0 ? 0 : 2;
	(void)!write(STDOUT_FILENO, "r", 1);
	nap_deep_inside();
	return 0;
}

static int run_self(bool network, const char *role, const char *argument)
{
	AUTO_SANDBOX s = { .network = network };
	plain(&s);
	strv_add(&s.read_only, self);
	AUTO_STRV argv = { 0 };
	strv_add(&argv, self);
	strv_add(&argv, role);
	strv_add(&argv, argument);
	AUTO_PROCESS r = { 0 };
	assert_int_equal(sandbox_run(&s, &argv, &(struct process_spec){ .deadline_seconds = 60 }, &r, NULL), 0);
	assert_int_equal(r.ending, END_EXIT);
	return r.code;
}

/* ---- isolation ---- */

static void test_network(void **state)
{
	(void)state;
	need_sandbox();
	int port = 0;
	AUTO_CLOSE int fd = listen_on_loopback(&port);
	assert_true(fd >= 0);
	AUTO_FREE char *number = xasprintf("%d", port);
	assert_int_equal(run_self(false, "connect", number), 2);
	assert_int_equal(run_self(true, "connect", number), 0);
	assert_int_equal(run_self(false, "loopback", ""), 0); /* the private one works */
}

static void test_home_and_data_are_invisible(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_FREE char *other = sub("other");
	put(other, "secret", "x");
	AUTO_FREE char *script = xasprintf("ls -A %s /root /home /opt /srv /mnt '%s' 2>/dev/null | grep -v ':$' | tr -d '\\n'; ls %s",
	                                   other, getenv("HOME") ? getenv("HOME") : "/root", folder);
	expect(&s, script, "home\n");
	expect(&s, "ls /etc/shadow /etc/ssh /var/lib 2>/dev/null; wc -l < /etc/passwd | tr -d ' ' | grep -c '[23]'", "1\n");
	expect(&s, "ls -d /proc/[0-9]* | wc -l | grep -cx '[2-5]'", "1\n"); /* no processes of the host */
}

static void test_read_only_and_writable(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_FREE char *ro = sub("ro"), *rw = sub("rw"), *inner_rw = sub("ro/rw"), *inner_ro = sub("home/ro");
	put(ro, "file", "old\n");
	strv_add(&s.read_only, ro);
	strv_add(&s.read_only, inner_ro);
	strv_add(&s.writable, rw);
	strv_add(&s.writable, inner_rw);
	s.cwd = xstrdup(rw);
	AUTO_FREE char *script = xasprintf("for d in / /usr /etc %s %s; do (echo x > $d/new) 2>/dev/null && echo wrote $d; done; "
	                                   "cat %s/file; pwd; for d in . %s $HOME $TMPDIR /tmp /dev/shm; do echo y > $d/new || echo failed; done",
	                                   ro, inner_ro, ro, inner_rw);
	AUTO_FREE char *output = xasprintf("old\n%s\n", rw);
	expect(&s, script, output);
	AUTO_FREE char *made = path_join(rw, "new"), *made_too = path_join(inner_rw, "new"), *tmp = path_join(s.home, "tmp/new");
	assert_true(path_is_file(made));
	assert_true(path_is_file(made_too));
	assert_true(path_is_file(tmp));
	assert_false(path_exists("/tmp/new"));
}

static void test_a_copy_is_shown_in_the_place_of_a_folder(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_FREE char *own = sub("own"), *copy = sub("copy"), *away = path_join(own, "none/at/all");
	put(own, "file", "theirs\n");
	put(copy, "file", "copied\n");
	strv_add(&s.shown_as, copy);
	strv_add(&s.shown_as, own);
	s.cwd = xstrdup(away); /* a working folder that nothing shows is an empty one */
	s.make_cwd = true;
	AUTO_FREE char *script = xasprintf("cat %s/file; echo x > %s/new; pwd; ls", own, own);
	AUTO_FREE char *output = xasprintf("copied\n%s\n", away);
	expect(&s, script, output);
	AUTO_FREE char *made = path_join(copy, "new"), *spoilt = path_join(own, "new");
	assert_true(path_is_file(made));
	assert_false(path_exists(spoilt));
}

static void expect_environment(bool disabled)
{
	AUTO_SANDBOX s = { .disabled = disabled };
	plain(&s);
	setenv("SECRET_TOKEN", "x", 1);
	strv_add(&s.env, "EXTRA=it's $1");
	strv_add(&s.env, "TZ=Asia/Tokyo");
	AUTO_FREE char *output = xasprintf("EXTRA=it's $1\nHOME=%s\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n"
	                                   "PYTHONDONTWRITEBYTECODE=1\nPYTHONHASHSEED=0\nSOURCE_DATE_EPOCH=315532800\n"
	                                   "TMPDIR=%s/tmp\nTZ=Asia/Tokyo\n", s.home, s.home);
	expect(&s, "env | grep -v -E '^(PWD|_|SHLVL|OLDPWD)=' | LC_ALL=C sort", output);
}

static void test_environment(void **state)
{
	(void)state;
	need_sandbox();
	expect_environment(false);
}

static void test_environment_without_sandbox(void **state)
{
	(void)state;
	expect_environment(true);
}

static void test_no_privileges(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	expect(&s, "trap : TERM; kill -TERM 0; sleep 0.2; echo alone", "alone\n"); /* does not reach bubblewrap */
	expect(&s, "grep -E 'CapEff|NoNewPrivs' /proc/self/status; hostname", "CapEff:\t0000000000000000\nNoNewPrivs:\t1\nlocalhost\n");
}

static void test_loader_variables_stay_inside(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	strv_add(&s.env, "LD_PRELOAD=/package/lib.so");
	AUTO_STRV argv = { 0 }, command = { 0 }, env = { 0 };
	strv_add(&argv, "true");
	assert_int_equal(sandbox_plan(&s, &argv, &command, &env, NULL), 0);
	AUTO_FREE char *all = strv_join(&command, " ");
	assert_false(strv_has(&env, "LD_PRELOAD=/package/lib.so"));
	assert_non_null(strstr(all, "--setenv LD_PRELOAD /package/lib.so"));
}

static void test_network_environment(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_FREE char *dir = sub("authority");
	put(dir, "ca.pem", "certificate\n");
	AUTO_FREE char *file = path_join(dir, "ca.pem");
	setenv("SSL_CERT_FILE", file, 1);
	setenv("https_proxy", "http://proxy.example:1", 1);
	AUTO_SANDBOX with = { .network = true }, without = { 0 };
	plain(&with);
	plain(&without);
	expect(&with, "cat $SSL_CERT_FILE; echo $https_proxy", "certificate\nhttp://proxy.example:1\n");
	AUTO_FREE char *script = xasprintf("echo \"$SSL_CERT_FILE$https_proxy\"; ls %s 2>/dev/null", file);
	expect(&without, script, "\n");
	unsetenv("SSL_CERT_FILE");
	unsetenv("https_proxy");
}

/* ---- life and death ---- */

/* Is a process with this text in its command line alive anywhere on the machine? */
static bool is_running(const char *marker)
{
	AUTO_STRV names = { 0 };
	assert_int_equal(list_dir("/proc", &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *path = xasprintf("/proc/%s/cmdline", names.v[i]);
		AUTO_BUF text = { 0 };
		if (names.v[i][0] < '1' || names.v[i][0] > '9' || read_file(path, 1 << 16, &text, NULL) < 0)
			continue;
		if (text.len && memmem(text.data, text.len, marker, strlen(marker)))
			return true;
	}
	return false;
}

static bool has_printed(void *cookie)
{
	return ((struct buf *)cookie)->len > 0;
}

static void keep(void *cookie, const char *data, size_t n)
{
	buf_add(cookie, data, n);
}

static void test_escaped_processes_are_gone(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_FREE char *marker = xasprintf("86000.%d", (int)getpid());
	AUTO_FREE char *script = xasprintf("setsid setsid sleep %s >/dev/null 2>&1 & sleep 0.1; echo started", marker);
	AUTO_FREE char *forever = xasprintf("%s; sleep %s", script, marker);
	expect(&s, script, "started\n");
	assert_false(is_running(marker)); /* at once: no waiting here */
	AUTO_BUF seen = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .should_stop = has_printed, .on_output = keep, .cookie = &seen };
	assert_int_equal(run_in(&s, forever, spec, &r, NULL), 0);
	assert_int_equal(r.ending, END_TIMEOUT);
	assert_false(is_running(marker));
}

static void test_signal_and_usage(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_PROCESS crash = { 0 }, burn = { 0 };
	assert_int_equal(run_in(&s, "kill -SEGV $$", (struct process_spec){ 0 }, &crash, NULL), 0);
	assert_int_equal(crash.ending, END_SIGNAL);
	assert_int_equal(crash.code, 11);
	assert_int_equal(run_in(&s, "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exit 5", (struct process_spec){ 0 }, &burn, NULL), 0);
	assert_int_equal(burn.ending, END_EXIT);
	assert_int_equal(burn.code, 5);
	assert_true(burn.cpu_ns > 10000000); /* bubblewrap itself needs a tenth of that */
}

static void test_package_code_is_bounded(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE), least = 8ull << 30;
	const uint64_t space[2] = { memory / 4 * 3, memory > least ? memory : least };
	void (*const bound[2])(struct process_spec *, bool) = { sandbox_bound_suite, sandbox_bound_build };
	for (size_t i = 0; i < ARRAY_LEN(bound); i++) {
		struct process_spec spec = { 0 };
		AUTO_PROCESS r = { 0 };
		AUTO_FREE char *expected = xasprintf("%llu\n%llu\n", 8ull << 30, (unsigned long long)space[i]);
		bound[i](&spec, false);
		assert_int_equal(run_in(&s, "awk '/Max file size/ || /Max address space/ { print $4 }' /proc/self/limits", spec, &r, NULL), 0);
		assert_string_equal(buf_str(&r.output), expected);
		bound[i](&spec, true);
		assert_int_equal(spec.limit_address_space, 0);
	}
}

static void test_events_pass(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_BUF seen = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .event_fd = 7, .on_event = keep, .cookie = &seen, .input = "in", .input_len = 2 };
	assert_int_equal(run_in(&s, "echo event >&7; cat", spec, &r, NULL), 0);
	assert_string_equal(buf_str(&seen), "event\n");
	assert_string_equal(buf_str(&r.output), "in");
}

struct look {
	struct buf printed; /* first: has_printed() and keep() take it as their cookie */
	char *stacks;
	bool below;
};

static void look_inside(void *cookie, pid_t pid)
{
	struct look *l = cookie;
	pid_t found = process_find_descendant(pid, path_base(self));
	l->below = found != pid;
	l->stacks = process_native_stacks(found, NULL);
}

static void test_stacks_below_bubblewrap(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_FREE char *gdb = find_program("gdb");
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	strv_add(&s.read_only, self);
	AUTO_STRV argv = { 0 };
	strv_add(&argv, self);
	strv_add(&argv, "nap");
	strv_add(&argv, "");
	struct look l = { 0 };
	AUTO_PROCESS r = { 0 };
	struct process_spec spec = { .should_stop = has_printed, .on_output = keep, .on_stuck = look_inside, .cookie = &l };
	assert_int_equal(sandbox_run(&s, &argv, &spec, &r, NULL), 0);
	buf_release(&l.printed);
	AUTO_FREE char *stacks = l.stacks;
	assert_true(l.below);
	if (gdb) {
		assert_non_null(stacks);
		assert_non_null(strstr(stacks, "nap_deep_inside"));
	}
}

/* ---- failures ---- */

static void expect_error(const struct sandbox *s, const char *program, enum error_code code, const char *words)
{
	AUTO_STRV argv = { 0 };
	strv_add(&argv, program);
	AUTO_PROCESS r = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(sandbox_run(s, &argv, &(struct process_spec){ 0 }, &r, &err), -1);
	assert_int_equal(r.ending, END_FAILED);
	assert_int_equal(err.code, code);
	if (!strstr(err.what, words))
		fail_msg("'%s' lacks '%s'", err.what, words);
}

static void test_what_cannot_start_is_an_error(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	expect_error(&s, "no-such-program-here", ERR_TOOL, "cannot start `no-such-program-here` in the sandbox");
	expect_error(&s, self, ERR_TOOL, "not found there"); /* on the host it is */
	s.cwd = xstrdup("/no/such/folder");
	expect_error(&s, "true", ERR_TOOL, "cannot set up the sandbox");
	strv_add(&s.read_only, "/no/such/tree");
	expect_error(&s, "true", ERR_IO, "cannot show '/no/such/tree'");
}

static void test_package_cannot_fake_a_broken_sandbox(void **state)
{
	(void)state;
	need_sandbox();
	AUTO_SANDBOX s = { 0 };
	plain(&s);
	AUTO_PROCESS r = { 0 };
	assert_int_equal(run_in(&s, "echo 'bwrap: no'; exit 1", (struct process_spec){ 0 }, &r, NULL), 0);
	assert_int_equal(r.ending, END_EXIT);
	assert_int_equal(r.code, 1);
}

static void expect_off(const char *path, const char *why)
{
	AUTO_FREE char *old = xstrdup(getenv("PATH"));
	AUTO_ERROR err = { 0 };
	setenv("PATH", path, 1);
	int result = sandbox_check(&err);
	setenv("PATH", old ? old : "/usr/bin:/bin", 1);
	assert_int_equal(result, -1);
	assert_int_equal(err.code, ERR_SANDBOX_OFF);
	assert_non_null(strstr(err.hint, "`--no-sandbox`"));
	if (!strstr(err.why, why))
		fail_msg("'%s' lacks '%s'", err.why, why);
}

static void test_check(void **state)
{
	(void)state;
	AUTO_FREE char *dir = sub("bin"), *fake = path_join(dir, "bwrap");
	expect_off(dir, "not in PATH");
	put(dir, "bwrap", "#!/bin/sh\necho bwrap: it does not work; exit 1\n");
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "chmod");
	strv_add(&argv, "755");
	strv_add(&argv, fake);
	AUTO_PROCESS r = { 0 };
	assert_int_equal(process_run(&(struct process_spec){ .argv = &argv }, &r, NULL), 0);
	/* A plain user may be told of the kernel's setting instead; then it does not work here at all. */
	expect_off(dir, works ? "it does not work" : "");
}

/* ---- the line for a shell ---- */

static void expect_same_when_pasted(bool disabled)
{
	AUTO_SANDBOX s = { .disabled = disabled };
	plain(&s);
	strv_add(&s.env, "ODD=a 'b' \"c\" $d `e` \\");
	AUTO_STRV argv = { 0 }, shell = { 0 };
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, "printf '%s|' \"$@\" \"$ODD\" \"$HOME\" \"$TMPDIR\" \"$PATH\"; pwd; ls -A /; exit 3");
	strv_add(&argv, "sh");
	strv_add(&argv, "it's");
	strv_add(&argv, "");
	strv_add(&argv, "two\nlines $HOME");
	AUTO_FREE char *line = sandbox_command_line(&s, &argv);
	strv_add(&shell, "sh");
	strv_add(&shell, "-c");
	strv_add(&shell, line);
	AUTO_PROCESS direct = { 0 }, pasted = { 0 };
	assert_int_equal(sandbox_run(&s, &argv, &(struct process_spec){ 0 }, &direct, NULL), 0);
	assert_int_equal(process_run(&(struct process_spec){ .argv = &shell }, &pasted, NULL), 0);
	assert_int_equal(direct.code, 3);
	assert_int_equal(pasted.code, 3);
	assert_string_equal(buf_str(&direct.output), buf_str(&pasted.output));
}

static void test_command_line(void **state)
{
	(void)state;
	need_sandbox();
	expect_same_when_pasted(false);
}

static void test_command_line_without_sandbox(void **state)
{
	(void)state;
	expect_same_when_pasted(true);
}

static void test_command_line_hides_credentials(void **state)
{
	(void)state;
	AUTO_SANDBOX s = { .network = true };
	plain(&s);
	setenv("HTTPS_PROXY", "http://me:hush@proxy.example:1", 1);
	strv_add(&s.env, "INDEX=https://you:word@index.example/simple");
	AUTO_STRV argv = { 0 };
	strv_add(&argv, "true");
	s.disabled = !works;
	AUTO_FREE char *line = sandbox_command_line(&s, &argv);
	unsetenv("HTTPS_PROXY");
	assert_null(strstr(line, "hush"));
	assert_null(strstr(line, "word"));
	assert_non_null(strstr(line, " HTTPS_PROXY=\"${HTTPS_PROXY-}\" "));
	assert_non_null(strstr(line, "https://***@index.example/simple"));
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return other_role(argv[1], argv[2]);
	self = realpath("/proc/self/exe", NULL);
	if (!self || make_temp_dir("/tmp", "mc-sandbox", &folder, NULL) < 0)
		return 99;
	AUTO_FREE char *cache = path_join(folder, "cache");
	setenv("MIGRATE_CHECK_CACHE", cache, 1);
	works = sandbox_check(NULL) == 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_home_and_data_are_invisible),
		cmocka_unit_test(test_read_only_and_writable),
		cmocka_unit_test(test_a_copy_is_shown_in_the_place_of_a_folder),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_environment_without_sandbox),
		cmocka_unit_test(test_no_privileges),
		cmocka_unit_test(test_loader_variables_stay_inside),
		cmocka_unit_test(test_network_environment),
		cmocka_unit_test(test_escaped_processes_are_gone),
		cmocka_unit_test(test_signal_and_usage),
		cmocka_unit_test(test_events_pass), cmocka_unit_test(test_package_code_is_bounded),
		cmocka_unit_test(test_stacks_below_bubblewrap),
		cmocka_unit_test(test_what_cannot_start_is_an_error),
		cmocka_unit_test(test_package_cannot_fake_a_broken_sandbox),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_command_line_without_sandbox),
		cmocka_unit_test(test_command_line_hides_credentials),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_tree(folder, NULL);
	free(folder);
	free(self);
	return failed;
}
