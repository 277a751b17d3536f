/* facts.c: see facts.h. */
#include "pipeline/facts.h"
#include "base/fs.h"
#include "base/hash.h"
#include "fetch/cache.h"

#include <string.h>

/* One thing that is asked about. */
struct question {
	const char *option, *path; /* path NULL: not asked */
	const char *id;            /* sha256 of what the path was made of; NULL: of the file itself, "" unknown */
	cJSON **out;
};

/* The target's own wheel on this arm, NULL when there is none. */
static const char *target_wheel(const struct arm_state *a)
{
	const struct locked *l = lock_find(&a->runtime, a->job->name);
	return l ? l->local : NULL;
}

/* Where the answer to these questions is kept; NULL when not all is known by its hash. */
static char *answer_path(const struct package_job *j, const struct question *q, size_t n)
{
	const struct session *s = j->session;
	struct hasher *h = hasher_new();
	bool known = true;
	char hex[SHA256_HEX];
	hasher_update(h, s->harness_hash, strlen(s->harness_hash));
	hasher_update(h, s->pair.gil.id, strlen(s->pair.gil.id));
	for (size_t i = 0; i < n; i++) {
		const char *id = q[i].path ? q[i].id : "-";
		if (!id && !cache_hash_of(q[i].path, hex) && sha256_file(q[i].path, hex, NULL) < 0)
			hex[0] = '\0';
		id = id ? id : hex;
		known = known && *id;
		hasher_update(h, id, strlen(id) + 1);
	}
	hasher_finish(h, hex);
	return known ? xasprintf("%s/facts/%.2s/%s.json", s->tools.cache, hex, hex) : NULL;
}

static int ask(struct package_job *j, const struct question *q, size_t n, cJSON **answer, struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	AUTO_STRV args = { 0 };
	if (toolbox_sandbox(&j->session->tools, "facts", &s, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!q[i].path)
			continue;
		strv_add(&s.read_only, q[i].path);
		if (q[i].option)
			strv_add(&args, q[i].option);
		strv_add(&args, q[i].path);
		strv_add(&args, "--and"); /* also behind the last: the answer is a list always */
	}
	AUTO_FREE char *complaint = NULL;
	int result = args.n ? toolbox_script(&j->session->tools, &s, &j->session->pair.gil, "project_facts.py", &args, answer, &complaint, err) : 0;
	remove_tree(s.home, NULL);
	return result;
}

static void keep(const char *path, const cJSON *answer)
{
	AUTO_FREE char *dir = path_dir(path);
	if (answer && make_dirs(dir, NULL) == 0)
		json_write(path, answer, NULL); /* without it, it is asked again */
}

int facts_read(struct package_job *j, bool wheels, struct error *err)
{
	struct arm_state *gil = &j->arm[ARM_GIL], *ft = &j->arm[ARM_FT];
	const struct question q[] = { { "--wheel", wheels ? target_wheel(gil) : NULL, NULL, &gil->installed },
		                          { "--wheel", wheels ? target_wheel(ft) : NULL, NULL, &ft->installed },
		                          { NULL, j->source, j->source_id, &j->facts } };
	AUTO_FREE char *saved = answer_path(j, q, ARRAY_LEN(q));
	AUTO_JSON *answer = NULL;
	if (!saved || json_read(saved, 64u << 20, &answer, NULL) < 0) {
		if (ask(j, q, ARRAY_LEN(q), &answer, err) < 0)
			return -1;
		if (saved)
			keep(saved, answer);
	}
	for (size_t i = 0, at = 0; i < ARRAY_LEN(q); i++) {
		if (!q[i].path)
			continue;
		const cJSON *one = cJSON_GetArrayItem(json_arr(answer, "each"), (int)at++);
		cJSON_Delete(*q[i].out);
		*q[i].out = cJSON_IsObject(one) ? cJSON_Duplicate(one, true) : NULL;
	}
	return 0;
}
