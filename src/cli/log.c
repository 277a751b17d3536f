/* log.c: `migrate-check log`: list cells, or print the whole log of one. */
#include "base/text.h"
#include "cli/cli.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>

/* Copy a log to standard output, line by line and made harmless. */
static int print_log(const char *path, struct error *err)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	if (!f)
		return error_errno(err, ERR_IO, errno, "cannot read '%s'", path);
	AUTO_FREE char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, f)) >= 0) {
		AUTO_BUF out = { 0 };
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			n--;
		text_safe(&out, line, (size_t)n, true);
		printf("  | %s\n", buf_str(&out));
	}
	return 0;
}

static bool matches(const struct cell_entry *c, const char *word)
{
	return !word || str_starts(c->id, word) || str_eq(c->package, word);
}

static void list_cell(const struct cell_entry *c)
{
	AUTO_JSON *key = NULL;
	if (c->key)
		json_parse(c->key, strlen(c->key), "cell", &key, NULL);
	const char *arm = json_str(key, "arm"), *kind = json_str(key, "kind");
	AUTO_FREE char *seconds = text_duration(c->seconds);
	printf("%.12s  %s %s  %s %s %lld  %s  %s\n", c->id, c->package, c->version, arm ? arm : "?", kind ? kind : "?",
	       (long long)json_int(key, "index", 0), seconds, c->finished);
}

static int print_cell(struct store *store, const struct cell_entry *c, struct error *err)
{
	AUTO_EVIDENCE e = { 0 };
	evidence_init(&e);
	bool found = false;
	if (store_get_cell(store, c->id, &found, &e, err) < 0)
		return -1;
	AUTO_FREE char *path = e.log ? store_file(store, e.log) : NULL;
	if (!path) {
		printf("%.12s  no log is kept\n", c->id);
		return 0;
	}
	return print_log(path, err);
}

/* A package that never came to a cell: the logs that its newest result names. */
static int print_package_logs(struct store *store, const char *package, bool *found, struct error *err)
{
	struct package_result p;
	package_result_init(&p);
	int result = store_find_package(store, package, NULL, found, &p, NULL, err);
	*found &= p.logs.n > 0;
	for (size_t i = 0; result == 0 && i < p.logs.n; i++) {
		AUTO_FREE char *name = xstrndup(p.logs.v[i], strcspn(p.logs.v[i], " "));
		AUTO_FREE char *path = store_file(store, name);
		if (!path)
			continue;
		printf("%s\n", p.logs.v[i] + strlen(name) + strspn(p.logs.v[i] + strlen(name), " "));
		result = print_log(path, err);
	}
	package_result_release(&p);
	return result;
}

int cmd_log(const struct options *o, struct error *err)
{
	if (o->operands.n > 1)
		return error_set(err, ERR_USAGE, "`log` takes one cell or package");
	const char *word = o->operands.n ? o->operands.v[0] : NULL;
	AUTO_STORE *store = NULL;
	struct cell_list cells = { 0 };
	if (store_open(o->value[OPT_STORE], STORE_READ, &store, err) < 0 || store_list_cells(store, NULL, &cells, err) < 0)
		return -1;
	size_t hits = 0, last = 0;
	for (size_t i = 0; i < cells.n; i++) {
		if (matches(&cells.v[i], word)) {
			hits++;
			last = i;
		}
	}
	int result = 0;
	bool found = false;
	if (hits == 0 && word)
		result = print_package_logs(store, word, &found, err);
	if (hits == 1 && word)
		result = print_cell(store, &cells.v[last], err);
	else if (hits == 0 && !found && result == 0)
		result = error_set(err, ERR_NO_SURVEY, "the store holds no cell%s%s", word ? " of " : "", word ? word : "");
	for (size_t i = 0; i < cells.n && hits > 1; i++)
		if (matches(&cells.v[i], word))
			list_cell(&cells.v[i]);
	cell_list_release(&cells);
	return result;
}
