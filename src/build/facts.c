/* facts.c: see facts.h. */
#include "build/facts.h"
#include "base/fs.h"
#include "base/hash.h"
#include "fetch/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20 };

static bool identity(const struct fact_question *q, char hex[SHA256_HEX])
{
	if (q->id)
		return *q->id != '\0';
	return cache_hash_of(q->path, hex) || sha256_file(q->path, hex, NULL) == 0;
}

/* Where the answer is kept; NULL when it depends on more than is known. */
static char *answer_path(const struct toolbox *t, const struct fact_question *q)
{
	char hex[SHA256_HEX];
	if (!*t->harness_hash || !identity(q, hex))
		return NULL;
	AUTO_FREE char *text = xasprintf("%s|%s|%s|%s", t->harness_hash, t->pair->gil.id, q->option ? q->option : "", q->id ? q->id : hex);
	sha256_hex(text, strlen(text), hex);
	return xasprintf("%s/facts/%.2s/%s.json", t->cache, hex, hex);
}

static void keep(const char *path, const cJSON *answer)
{
	AUTO_FREE char *dir = path ? path_dir(path) : NULL;
	if (path && answer && make_dirs(dir, NULL) == 0)
		json_write_unflushed(path, answer, NULL); /* without it, it is asked again */
}

static void give(const struct fact_question *q, cJSON *answer)
{
	cJSON_Delete(*q->out);
	*q->out = answer;
}

/* Ask about all whose `open` is set. */
static int ask(const struct toolbox *t, const struct fact_question *q, const bool *open, size_t n, cJSON **answer, char **complaint,
               struct error *err)
{
	AUTO_SANDBOX s = { 0 };
	AUTO_STRV args = { 0 };
	if (toolbox_sandbox(t, "facts", &s, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!open[i])
			continue;
		strv_add(&s.read_only, q[i].path);
		if (q[i].option)
			strv_add(&args, q[i].option);
		strv_add(&args, q[i].path);
		strv_add(&args, "--and"); /* also behind the last: the answer is a list always */
	}
	int result = args.n ? toolbox_script(t, &s, &t->pair->gil, "project_facts.py", &args, answer, complaint, err) : 0;
	remove_tree(s.home, NULL);
	return result;
}

static int answer_open(const struct toolbox *t, const struct fact_question *q, const bool *open, char *const *paths, size_t n,
                       char **complaint, struct error *err)
{
	AUTO_JSON *answer = NULL;
	if (ask(t, q, open, n, &answer, complaint, err) < 0)
		return -1;
	int at = 0;
	for (size_t i = 0; i < n; i++) {
		if (!open[i])
			continue;
		const cJSON *one = cJSON_GetArrayItem(json_arr(answer, "each"), at++);
		give(&q[i], cJSON_IsObject(one) ? cJSON_Duplicate(one, true) : NULL);
		keep(paths[i], *q[i].out);
	}
	return 0;
}

int facts_ask(const struct toolbox *t, const struct fact_question *q, size_t n, char **complaint, struct error *err)
{
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	AUTO_FREE bool *open = xcalloc(n, sizeof(*open));
	AUTO_FREE char **paths = xcalloc(n, sizeof(*paths));
	pthread_mutex_lock(&turn);
	for (size_t i = 0; i < n; i++) {
		cJSON *kept = NULL;
		paths[i] = q[i].path ? answer_path(t, &q[i]) : NULL;
		open[i] = q[i].path && !(paths[i] && json_read(paths[i], ANSWER_MAX, &kept, NULL) == 0);
		if (kept)
			give(&q[i], kept);
	}
	int result = answer_open(t, q, open, paths, n, complaint, err);
	pthread_mutex_unlock(&turn);
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	return result;
}
