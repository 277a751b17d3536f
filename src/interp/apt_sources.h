/*
 * apt_sources.h: read the machine's apt sources (sources.list(5), both the
 * one-line and the deb822 form) and write source-package entries of our own
 * for the same mirror. What cannot be read is left out, never guessed.
 */
#ifndef MC_INTERP_APT_SOURCES_H
#define MC_INTERP_APT_SOURCES_H

#include "base/buf.h"

/* One entry; Signed-By and the like are kept as deb822 lines, ready to be written again. */
struct apt_source {
	struct strv uris, suites, components;
	char *options;         /* "Signed-By: ...\n" etc.; NULL when there is none */
};

struct apt_sources {
	struct apt_source *v;
	size_t n, cap;
};
/* Free the entries; *s is empty again. */
void apt_sources_release(struct apt_sources *s);

/* Add the enabled deb and deb-src entries of one file's text. */
void apt_sources_read(const char *text, size_t n, bool deb822, struct apt_sources *out);
/* Read sources.list and sources.list.d of one folder (usually /etc/apt). */
void apt_sources_load(const char *folder, struct apt_sources *out);

/* The deb822 text that lists the source packages (component main) of the given
 * suites on every mirror that serves the release `codename` of the machine
 * itself. Returns an owned string, "" when there is no such mirror. */
char *apt_sources_write(const struct apt_sources *s, const char *codename, const struct strv *suites) MC_NODISCARD;

#endif
