/*
 * crates.h: the Rust crates of a package: fetched with the network before its
 * build, which has none. They are kept in the cache (CARGO_HOME below it), so
 * that a later build, also one with --offline, finds them. Builds see the folder
 * read-only: what one package's code writes there would be compiled by the next.
 */
#ifndef MC_CRATES_H
#define MC_CRATES_H

#include "build/toolbox.h"

/* What a build needs to see of cargo (a path), added to s: program, toolchains, crates; no network. ERR_IO. */
int crates_show(const struct toolbox *t, const char *cargo, struct sandbox *s, struct error *err);

/* `cargo fetch` in s, which crates_show() has made ready: downloads what Cargo.lock names and runs
 * no package code. What cargo has against the package itself is *complaint, one line, owned by the
 * caller. ERR_NETWORK when servers cannot be reached or do not answer in time; ERR_OFFLINE_MISS. */
int crates_fetch(const struct toolbox *t, const char *cargo, const char *manifest, const char *name, const char *log, struct sandbox *s,
                 char **complaint, struct error *err);

/* Is what cargo printed about the way to a server, and not about the package? */
bool cargo_blames_network(const char *output);

#endif
