/* uv.c: uv of the pinned version, fetched as a wheel from the index; see toolbox.h. */
#include "base/fs.h"
#include "build/lock.h"
#include "build/toolbox.h"
#include "fetch/index.h"
#include "fetch/unpack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The wheel of uv for this machine (glibc). */
static const struct index_file *choose(const struct index_project *p)
{
	struct utsname machine;
	if (uname(&machine) < 0)
		return NULL;
	for (size_t i = 0; i < p->n; i++) {
		const struct index_file *f = &p->files[i];
		if (f->wheel && str_eq(f->version, UV_VERSION) && strstr(f->platform_tag, "manylinux") &&
		    strstr(f->platform_tag, machine.machine))
			return f;
	}
	return NULL;
}

/* Move the program out of the unpacked wheel. */
static int install_program(const char *unpacked, const char *dest, struct error *err)
{
	AUTO_STRV files = { 0 };
	if (walk_files(unpacked, 1000, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		if (!str_ends(files.v[i], "/scripts/uv") && !str_ends(files.v[i], "/bin/uv"))
			continue;
		AUTO_FREE char *from = path_join(unpacked, files.v[i]);
		if (chmod(from, 0755) < 0 || rename(from, dest) < 0)
			return error_set(err, ERR_IO, "cannot place '%s'", dest);
		return 0;
	}
	return error_set(err, ERR_TOOL, "the wheel of uv holds no program");
}

static int fetch_uv(struct toolbox *t, const char *dest, struct error *err)
{
	struct index_project p = { 0 };
	if (index_project_get(&t->index, "uv", &t->fetch, &p, err) < 0)
		return -1;
	const struct index_file *f = choose(&p);
	AUTO_FREE char *scratch = NULL;
	struct download d = { 0 };
	int result = -1;
	if (!f)
		error_set(err, ERR_TOOL, "the index has no uv %s for this machine", UV_VERSION);
	else if (make_temp_dir(t->work, "uv", &scratch, err) == 0) {
		d = (struct download){ .url = f->url, .filename = f->filename, .sha256 = f->sha256, .size = f->size };
		AUTO_FREE char *inside = path_join(scratch, "wheel");
		result = fetch_all(&d, 1, &t->fetch, err);
		if (result == 0)
			result = unpack_archive(d.path, inside, NULL, NULL, err);
		if (result == 0)
			result = install_program(inside, dest, err);
		remove_tree(scratch, NULL);
	}
	download_release(&d);
	index_project_release(&p);
	return result;
}

/* Without uv in the index or in the cache, pip serves: slower, with the same answers. */
static bool pip_serves(const struct toolbox *t, const struct error *e)
{
	if (e->code != ERR_NOT_FOUND && e->code != ERR_OFFLINE_MISS && e->code != ERR_TOOL)
		return false;
	observe_note(t->observer, "uv %s cannot be had (%s): pip resolves and installs in its place", UV_VERSION, e->what);
	return true;
}

char *toolbox_uv_path(void)
{
	AUTO_FREE char *data = dir_data();
	return xasprintf("%s/tools/uv-%s", data, UV_VERSION);
}

int toolbox_get_uv(struct toolbox *t, struct error *err)
{
	const char *choice = getenv("MIGRATE_CHECK_RESOLVER");
	if (choice && strcmp(choice, "pip") == 0)
		return 0;
	if (choice && *choice && strcmp(choice, "uv") != 0)
		return error_set(err, ERR_USAGE, "MIGRATE_CHECK_RESOLVER is `%s`: expected uv or pip", choice);
	char *dest = toolbox_uv_path();
	AUTO_FREE char *dir = path_dir(dest);
	if (access(dest, X_OK) == 0) {
		t->uv = dest;
		return 0;
	}
	AUTO_ERROR problem = { 0 };
	if (make_dirs(dir, &problem) < 0 || fetch_uv(t, dest, &problem) < 0) {
		free(dest);
		if (!choice && pip_serves(t, &problem))
			return 0;
		error_move(err, &problem);
		return error_wrap(err, "cannot get uv %s", UV_VERSION);
	}
	t->uv = dest;
	return 0;
}
