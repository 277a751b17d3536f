/* test_resolve.c: when one interpreter's answer serves its twin; uv is a script that counts its runs. */
#include "base/fs.h"
#include "build/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct setting {
	char *dir, *uv, *runs;
	struct pair pair;
	struct toolbox t;
};

static int set_up(void **state)
{
	struct setting *s = xcalloc(1, sizeof(*s));
	assert_int_equal(make_temp_dir("/tmp", "mc-resolve", &s->dir, NULL), 0);
	s->uv = path_join(s->dir, "uv");
	s->runs = path_join(s->dir, "runs");
	AUTO_FREE char *python = find_program("python3");
	assert_non_null(python);
	struct interpreter *both[] = { &s->pair.gil, &s->pair.ft };
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		both[i]->executable = xstrdup(python);
		both[i]->prefix = xstrdup("/usr");
		both[i]->version = xstrdup("3.13.1");
		both[i]->tag = xstrdup(i ? "cp313t" : "cp313");
		both[i]->id = xstrdup(i ? "ft" : "gil");
	}
	s->t = (struct toolbox){ .pair = &s->pair, .uv = s->uv, .harness = xstrdup(MC_BUILD_SRCDIR "/src/harness"), .no_sandbox = true,
		                     .cache = path_join(s->dir, "cache"), .work = path_join(s->dir, "work") };
	s->t.index.url = xstrdup("http://127.0.0.1:9/simple/");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;
	remove_tree(s->dir, NULL);
	s->t.uv = NULL; /* the setting's own */
	s->t.keep_work = true;
	toolbox_release(&s->t);
	interpreter_release(&s->pair.gil);
	interpreter_release(&s->pair.ft);
	free(s->dir);
	free(s->uv);
	free(s->runs);
	free(s);
	return 0;
}

/* A resolver that always answers with this wheel of "helper". */
static void answer_with(const struct setting *s, const char *wheel)
{
	AUTO_FREE char *script = xasprintf("#!/bin/sh\necho run >>'%s'\nwhile [ \"$1\" != --output-file ]; do shift; done\ncat >\"$2\" <<'END'\n"
	                                   "lock-version = \"1.0\"\n[[packages]]\nname = \"helper\"\nversion = \"1.0\"\n"
	                                   "wheels = [{ url = \"http://127.0.0.1:9/%s\", hashes = { sha256 = \"aa\" } }]\nEND\n",
	                                   s->runs, wheel);
	assert_int_equal(write_file(s->uv, script, strlen(script), NULL), 0);
	assert_int_equal(chmod(s->uv, 0755), 0);
}

/* Resolve for both interpreters; returns how often the resolver ran. */
static int64_t resolve_both(struct setting *s)
{
	const struct interpreter *both[] = { &s->pair.gil, &s->pair.ft };
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		AUTO_REQUEST q = { .label = "target", .python = both[i], .twin = both[1 - i] };
		AUTO_LOCK lock = { 0 };
		AUTO_ERROR err = { 0 };
		strv_add(&q.requirements, "helper");
		if (resolve(&s->t, &q, &lock, &err) < 0)
			fail_msg("%s: %s", err.what, err.why ? err.why : "");
		assert_int_equal(lock.n, 1);
		assert_string_equal(lock.v[0].version, "1.0");
	}
	AUTO_BUF runs = { 0 };
	assert_int_equal(read_file(s->runs, 1000, &runs, NULL), 0);
	return (int64_t)(runs.len / strlen("run\n"));
}

static void pure_wheels_are_the_answer_for_both(void **state)
{
	struct setting *s = *state;
	answer_with(s, "helper-1.0-py3-none-any.whl");
	assert_int_equal(resolve_both(s), 1);
	s->t.offline = true; /* each has its own, for later */
	assert_int_equal(resolve_both(s), 1);
}

static void native_wheels_are_asked_for_each(void **state)
{
	answer_with(*state, "helper-1.0-cp313-cp313t-linux_x86_64.whl");
	assert_int_equal(resolve_both(*state), 2);
}

static void other_versions_are_asked_for_each(void **state)
{
	struct setting *s = *state;
	answer_with(s, "helper-1.0-py3-none-any.whl");
	str_set(&s->pair.ft.version, "3.13.2");
	assert_int_equal(resolve_both(s), 2);
}

static void old_answers_are_not_taken_over(void **state)
{
	struct setting *s = *state;
	answer_with(s, "helper-1.0-py3-none-any.whl");
	s->t.fresh = true;
	assert_int_equal(resolve_both(s), 2);
}

static const char *value_of(const struct strv *env, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = env->n; i-- > 0;)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}

/* pip's own settings are read by nothing in a sandbox: they go in as variables, and the files that they name with them. */
static void the_way_to_the_index_goes_into_the_sandbox(void **state)
{
	struct setting *s = *state;
	struct net_config *net = &s->t.index.net;
	AUTO_FREE char *ca = path_join(s->dir, "ca.pem");
	AUTO_FREE char *client = path_join(s->dir, "client.pem");
	assert_int_equal(write_file(ca, "ca", 2, NULL), 0);
	assert_int_equal(write_file(client, "cl", 2, NULL), 0);
	net->proxy = xstrdup("http://proxy.example:3128");
	net->ca = xstrdup(ca);
	net->client_cert = xstrdup(client);
	AUTO_SANDBOX box = { 0 };
	toolbox_network(&s->t, &box);
	assert_true(box.network);
	assert_string_equal(value_of(&box.env, "HTTPS_PROXY"), net->proxy);
	assert_string_equal(value_of(&box.env, "http_proxy"), net->proxy);
	assert_string_equal(value_of(&box.env, "SSL_CERT_FILE"), ca);
	assert_string_equal(value_of(&box.env, "PIP_CERT"), ca);
	assert_string_equal(value_of(&box.env, "SSL_CLIENT_CERT"), client);
	assert_true(strv_has(&box.read_only, ca) && strv_has(&box.read_only, client));
	sandbox_release(&box);
	str_set(&net->ca, s->dir);
	str_set(&net->client_cert, "/nowhere");
	str_set(&net->proxy, NULL);
	toolbox_network(&s->t, &box);
	assert_string_equal(value_of(&box.env, "SSL_CERT_DIR"), s->dir);
	assert_null(value_of(&box.env, "SSL_CERT_FILE"));
	assert_null(value_of(&box.env, "HTTPS_PROXY"));
	assert_null(value_of(&box.env, "PIP_CLIENT_CERT"));
	assert_int_equal(box.read_only.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pure_wheels_are_the_answer_for_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(native_wheels_are_asked_for_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_versions_are_asked_for_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_answers_are_not_taken_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_way_to_the_index_goes_into_the_sandbox, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
