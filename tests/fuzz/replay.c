/*
 * replay.c: feeds a fuzz target the files and folders that are given as arguments,
 * or its whole corpus, each also cut off at every length up to 2,000 bytes (or at fuzz_cuts lengths). Inputs
 * lie in buffers of exactly their size, so that the sanitizer sees every read
 * beyond them.
 */
#include "base/fs.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define CUT_MAX 2000

static void feed(const char *data, size_t n)
{
	uint8_t *exact = xcalloc(n ? n : 1, 1);
	if (n)
		memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static int replay(const char *path)
{
	AUTO_BUF text = { 0 };
	AUTO_ERROR err = { 0 };
	if (read_file(path, 16u << 20, &text, &err) < 0) {
		fprintf(stderr, "%s\n", err.what);
		return 1;
	}
	feed(buf_str(&text), text.len);
	size_t cuts = &fuzz_cuts ? fuzz_cuts : CUT_MAX;
	for (size_t i = 0; i < text.len && i < cuts; i++)
		feed(buf_str(&text), &fuzz_cuts && text.len > cuts ? text.len * i / cuts : i);
	return 0;
}

static int replay_folder(const char *dir)
{
	AUTO_STRV files = { 0 };
	if (walk_files(dir, 100000, &files, NULL) < 0 || files.n == 0) {
		fprintf(stderr, "no corpus in %s\n", dir);
		return 1;
	}
	int failed = 0;
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *path = path_join(dir, files.v[i]);
		failed |= replay(path);
	}
	printf("%s: %zu inputs replayed\n", path_base(dir), files.n);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed |= path_is_dir(argv[i]) ? replay_folder(argv[i]) : replay(argv[i]);
	if (argc > 1)
		return failed;
	AUTO_FREE char *own = path_join(MC_BUILD_SRCDIR "/tests/fuzz/corpus", fuzz_corpus);
	return replay_folder(own);
}
