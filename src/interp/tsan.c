/* tsan.c: the ThreadSanitizer interpreter: which one it is, and whether it finds what it must; see interp.h. */
#include "base/fs.h"
#include "interp/describe.h"
#include "interp/discover.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

#define FACT_FILE "tsan-self-test.json"
#define FACT_MAX (64u * 1024)
#define SELF_TEST_SECONDS 300.0

bool interp_is_tsan(const struct interpreter *i)
{
	AUTO_STRV args = { 0 };
	config_args_split(i->config_args, &args);
	return strv_has(&args, "--with-thread-sanitizer") || (i->flags && strstr(i->flags, "-fsanitize=thread"));
}

int interp_find_tsan(const struct pyversion *want, struct interpreter *out)
{
	CLEANUP(candidates_release) struct candidates c = { 0 };
	const struct candidate *best = NULL;
	discover_programs("own", &c);
	if (discover_describe(&c, want, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < c.n; i++) {
		const struct candidate *x = &c.v[i];
		if (!interp_is_tsan(&x->i) || !x->i.gil_disabled || (want && !pyversion_fits(want, &x->version)))
			continue;
		if (!best || pyversion_compare(&x->version, &best->version) > 0)
			best = x;
	}
	if (best)
		interpreter_copy(out, &best->i);
	return best ? 0 : -1;
}

int interp_find_tsan_for(const struct interpreter *ft, struct interpreter *out)
{
	struct pyversion want;
	if (!pyversion_read(ft->version, &want))
		return -1;
	want.patch = -1;
	return interp_find_tsan(&want, out);
}

void tsan_fact_release(struct tsan_fact *f)
{
	free(f->why);
	*f = (struct tsan_fact){ 0 };
}

static void take_fact(const cJSON *j, struct tsan_fact *out)
{
	out->known = true;
	out->seeded = json_int(j, "seeded", 0);
	out->twin = json_int(j, "twin", 0);
	str_set(&out->why, json_str(j, "why"));
	out->ok = !out->why && out->seeded > 0 && out->twin == 0;
	if (!out->ok && !out->why)
		str_set(&out->why, out->seeded ? "the correct twin of the seeded race was reported" : "the seeded race was not reported");
}

void interp_tsan_fact(const struct interpreter *i, struct tsan_fact *out)
{
	AUTO_FREE char *path = path_join(i->prefix, FACT_FILE);
	AUTO_JSON *j = NULL;
	*out = (struct tsan_fact){ 0 };
	if (path_is_file(path) && json_read(path, FACT_MAX, &j, NULL) == 0 && str_eq(json_str(j, "interpreter"), i->id))
		take_fact(j, out);
}

int interp_tsan_self_test(const struct interpreter *i, const char *script, const char *log, struct tsan_fact *out, struct error *err)
{
	AUTO_FREE char *path = path_join(i->prefix, FACT_FILE);
	AUTO_FREE char *work = NULL;
	AUTO_JSON *j = NULL;
	*out = (struct tsan_fact){ 0 };
	if (make_temp_dir("/tmp", "migrate-check-", &work, err) < 0)
		return -1;
	AUTO_FREE char *answer = path_join(work, "answer.json");
	const char *const argv[] = { i->executable, "-I", "-P", script, work, answer, NULL };
	AUTO_STRV env = { 0 };
	build_environment(&env);
	strv_add(&env, "TSAN_OPTIONS=report_bugs=0:exitcode=0"); /* of the script; what it starts has its own */
	strv_add(&env, "PYTHONDONTWRITEBYTECODE=1");
	struct command c = { .argv = argv, .env = &env, .cwd = work, .log = log, .seconds = SELF_TEST_SECONDS, .fixed_addresses = true };
	int result = command_run(&c, NULL, err);
	if (result == 0)
		result = json_read(answer, FACT_MAX, &j, err);
	(void)remove_tree(work, NULL);
	if (result < 0)
		return error_wrap(err, "self-test of the ThreadSanitizer interpreter");
	take_fact(j, out);
	json_add_str(j, "interpreter", i->id);
	return json_write(path, j, err);
}
