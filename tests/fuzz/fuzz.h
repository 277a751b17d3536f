/*
 * fuzz.h: what a fuzz target provides. A target is one file with these
 * definitions. `make check` links it with replay.c, which feeds it the corpus;
 * for fuzzing, build it with libFuzzer instead of replay.c:
 *
 *     clang -fsanitize=fuzzer,address,undefined ... tests/fuzz/fuzz_NAME.c LIBRARIES
 */
#ifndef MC_FUZZ_H
#define MC_FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern const char fuzz_corpus[]; /* folder below tests/fuzz/corpus */
extern const size_t fuzz_cuts __attribute__((weak)); /* a slow target may define it: replay cuts inputs off at so many lengths */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* 0; aborts when a promise is broken */

#endif
