/*
 * replay.h: a fuzz target's main() for `make check`: every file below the
 * folders named on the command line goes through the target once, whole and cut
 * short at a few places. With clang, -fsanitize=fuzzer and -DFUZZ_ENGINE the
 * same file is a libFuzzer program.
 */
#ifndef MC_FUZZ_REPLAY_H
#define MC_FUZZ_REPLAY_H

#include <stddef.h>
#include <stdint.h>

/* The target: takes any bytes, returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef FUZZ_ENGINE
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

/* The bytes go through memory of exactly their size, so that ASan sees a read behind them. */
static void replay_bytes(const char *data, size_t size)
{
	uint8_t *exact = xcalloc(size ? size : 1, 1);
	if (size)
		memcpy(exact, data, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static int replay_folder(const char *folder)
{
	AUTO_STRV files = { 0 };
	AUTO_ERROR err = { 0 };
	if (walk_files(folder, 10000, &files, &err) < 0 || files.n == 0) {
		fprintf(stderr, "%s: %s\n", folder, err.what ? err.what : "no corpus");
		return 1;
	}
	for (size_t i = 0; i < files.n; i++) {
		AUTO_FREE char *path = path_join(folder, files.v[i]);
		AUTO_BUF text = { 0 };
		if (read_file(path, 1 << 22, &text, &err) < 0) {
			fprintf(stderr, "%s: %s\n", path, err.what);
			return 1;
		}
		for (size_t part = 0; part <= 8; part++)
			replay_bytes(buf_str(&text), text.len * part / 8);
	}
	printf("%s: %zu files\n", path_base(folder), files.n);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++)
		bad |= replay_folder(argv[i]);
	if (argc == 1) {
		/* make check names none: the program's own corpus */
		AUTO_FREE char *folder = xasprintf("%s/tests/fuzz/%s", MC_BUILD_SRCDIR, FUZZ_CORPUS);
		bad |= replay_folder(folder);
	}
	return bad;
}
#endif

#endif
