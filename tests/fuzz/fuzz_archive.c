/* fuzz_archive.c: bytes as an archive and as a wheel; nothing may appear outside the folder, and nothing stays after a refusal. */
#include "base/fs.h"
#include "fetch/unpack.h"
#include "fetch/wheel.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char fuzz_corpus[] = "archive";

static char *work;

static void remove_work(void)
{
	remove_tree(work, NULL);
	free(work);
}

/* Only files, folders and links that stay, without high bits. */
static void check_tree(const char *root, const char *rel)
{
	AUTO_FREE char *dir = path_join(root, rel);
	AUTO_STRV names = { 0 };
	if (list_dir(*rel ? dir : root, &names, NULL) < 0)
		abort();
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *sub = path_join(rel, names.v[i]);
		AUTO_FREE char *full = path_join(root, sub);
		struct stat st;
		if (lstat(full, &st) < 0 || (st.st_mode & 07000))
			abort();
		AUTO_FREE char *real = S_ISLNK(st.st_mode) ? realpath(full, NULL) : NULL;
		if (real && !str_starts(real, root))
			abort();
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
			abort();
		if (S_ISDIR(st.st_mode))
			check_tree(root, sub);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct unpack_limits limits = { .bytes = 1u << 20, .entry_bytes = 1u << 18, .entries = 100, .depth = 8, .name_len = 100 };
	if (!work && make_temp_dir("/tmp", "fuzz-archive", &work, NULL) == 0)
		atexit(remove_work);
	AUTO_FREE char *file = path_join(work, "in"), *out = path_join(work, "out"), *top = NULL;
	FILE *f = fopen(file, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
	if (unpack_archive(file, out, &limits, &top, NULL) == 0)
		check_tree(out, "");
	else if (path_exists(out) || top)
		abort();
	AUTO_STRV left = { 0 };
	remove_tree(out, NULL);
	if (list_dir(work, &left, NULL) < 0 || left.n != 1) /* "in", and nothing that climbed out of "out" */
		abort();
	AUTO_WHEEL_FACTS w = { 0 };
	wheel_inventory(file, &w, NULL);
	return 0;
}
