/* small.c: commands of a few lines: clean, tools. */
#include "base/fs.h"
#include "base/text.h"
#include "build/environment.h"
#include "build/toolbox.h"
#include "cli/cli.h"
#include "interp/interp.h"
#include "store/store.h"

#include <string.h>

/* Built wheels live in the cache folder, not in the store. Downloads, index pages, locks and git mirrors stay:
 * they are what --offline needs, and each is checked before it is used. */
static uint64_t clean_cache(void)
{
	static const char *const parts[] = { "wheels", "facts", "build-logs", "work", "resolver", "partial" };
	AUTO_FREE char *cache = dir_cache();
	uint64_t freed = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		AUTO_FREE char *dir = path_join(cache, parts[i]);
		AUTO_STRV files = { 0 };
		if (path_is_dir(dir))
			walk_files(dir, 10000000, &files, NULL);
		for (size_t k = 0; k < files.n; k++) {
			AUTO_FREE char *file = path_join(dir, files.v[k]);
			freed += file_size(file);
		}
		if (strcmp(parts[i], "work") == 0)
			toolbox_sweep(cache, true); /* not those of runs that are going on */
		else
			remove_tree(dir, NULL);
	}
	environments_clear(cache); /* they share their files with one another: not counted */
	return freed;
}

int cmd_clean(const struct options *o, struct error *err)
{
	static const struct {
		enum option_id id;
		enum clean_what what;
	} choices[] = { { OPT_BUILDS, CLEAN_BUILDS }, { OPT_LOGS, CLEAN_LOGS }, { OPT_OLD, CLEAN_OLD_SURVEYS }, { OPT_ALL, CLEAN_ALL } };
	if (o->operands.n) {
		AUTO_FREE char *word = style_line(o->operands.v[0]);
		error_set(err, ERR_USAGE, "`clean` takes no operand: '%s'", word);
		return error_hint(err, "what is kept is removed by its kind, for all packages; nothing was removed");
	}
	AUTO_STORE *store = NULL;
	uint64_t total = 0;
	bool any = false;
	if (store_open(o->value[OPT_STORE], STORE_WRITE, &store, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		uint64_t freed = 0;
		if (!o->set[choices[i].id])
			continue;
		any = true;
		if (store_clean(store, choices[i].what, &freed, err) < 0)
			return -1;
		total += freed;
		if (choices[i].id == OPT_BUILDS || choices[i].id == OPT_ALL)
			total += clean_cache();
	}
	if (!any) {
		error_set(err, ERR_USAGE, "nothing to clean was named");
		return error_hint(err, "`migrate-check clean --builds`, `--logs`, `--old-surveys` or `--all`");
	}
	AUTO_FREE char *bytes = text_bytes(total);
	fprintf(stderr, "freed %s\n", bytes);
	return 0;
}

static int prepare_tools(struct toolbox *t, const struct options *o, struct error *err)
{
	if (sandbox_check(err) < 0)
		return -1;
	t->cache = dir_cache();
	if (toolbox_open_work(t, "tools", err) < 0)
		return -1;
	struct pair pair = { 0 };
	struct interp_options any = { 0 };
	AUTO_ERROR ignored = { 0 };
	interp_find_pair(&any, &pair, NULL, &ignored); /* its bundled pip knows the default index; without it, what else there is */
	int result = index_config_load(&(struct index_request){ .index_url = o->value[OPT_INDEX_URL], .python = pair.gil.executable }, &t->index, err);
	interp_pair_release(&pair);
	if (result < 0)
		return -1;
	toolbox_set_fetch(t);
	return toolbox_get_uv(t, err);
}

int cmd_tools(const struct options *o, struct error *err)
{
	if (o->operands.n)
		return error_set(err, ERR_USAGE, "`tools` takes no operand");
	AUTO_TOOLBOX t = { 0 };
	if (prepare_tools(&t, o, err) < 0)
		return -1;
	fprintf(stderr, "  sandbox      bubblewrap, no network for package code\n  uv           %s\n", t.uv ? UV_VERSION : "not to be had; pip resolves in its place");
	return 0;
}
