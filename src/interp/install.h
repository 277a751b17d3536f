/*
 * install.h: what the providers of interpreters share. A provider is one row of
 * the table in install.c: it gets a struct install and gives a pair, or says in
 * one line why it could not.
 */
#ifndef MC_INTERP_INSTALL_H
#define MC_INTERP_INSTALL_H

#include "interp/interp.h"
#include "interp/version.h"
#include "process/process.h"

/* One install under way. */
struct install {
	const struct interp_install_request *request;
	const char *version;     /* as asked for: "3.13" */
	struct pyversion want;
	const struct observer *observer; /* may be called from several threads */
	char *root;              /* dir_data()/python: where interpreters land */
	char *work;              /* a fresh folder below root, removed at the end */
	char *logs;              /* root/logs */
	int jobs;
};

/* Providers; each 0 with *out filled, or -1 with err set (ERR_INSTALL, or what
 * must end the install at once: ERR_INTERRUPTED, ERR_DISK_FULL). */
int provide_by_uv(struct install *in, struct pair *out, struct error *err);
/* CPython's tarball: given, or the newest of the download site. */
int provide_by_source(struct install *in, struct pair *out, struct error *err);
/* The Debian source package, by debian_fetch(). */
int provide_by_debian(struct install *in, struct pair *out, struct error *err);

/* What building needs and this machine lacks, as Debian package names (for a
 * ThreadSanitizer build also clang and its runtime); 0 when nothing, else -1 with
 * ERR_INSTALL that names them. */
int build_check(bool tsan, struct error *err);
/* Unpack a CPython tarball, build both arms from it (or, when the request says so,
 * only the ThreadSanitizer interpreter, which is out->ft then) and put them below root.
 * `origin` says where it came from, for the record that is kept beside each. */
int build_pair(struct install *in, const char *tarball, const char *origin, struct pair *out, struct error *err);

/* Weaken the order of reference counting in an unpacked source, so that it hides no race;
 * *changed counts the places. A version whose source reads otherwise is left as it is. */
int tsan_change_source(const char *source, int *changed, struct error *err);

/* One command of an install: argv until NULL. */
struct command {
	const char *const *argv;
	const struct strv *env;  /* NULL: the tool's own */
	const char *cwd;
	const char *log;         /* appended; NULL: none */
	double seconds;          /* deadline */
	bool fixed_addresses;    /* see process.h */
	void (*on_output)(void *cookie, const char *data, size_t n);
	bool (*should_stop)(void *cookie);
	void *cookie;
};
/* Run it; its output (head and tail) goes to *output when not NULL. A command
 * that fails is ERR_INSTALL "NAME: last telling line", with the tail as why. */
int command_run(const struct command *c, struct buf *output, struct error *err);
/* PATH, HOME, TMPDIR, CC and a fixed locale: builds must not depend on more. */
void build_environment(struct strv *env);

/* The tool's own environment with what pip is told of certificates (PIP_CERT) and proxy (PIP_PROXY) under the names
 * that other programs read; added to the empty env. */
void network_environment(struct strv *env);

/* Download url to path (at most max bytes), through the proxy and CA settings of
 * pip and the machine; file: URLs work too. ERR_INSTALL says what the server answered. */
int download(const char *url, const char *path, uint64_t max, struct error *err);

/* Add the folders of versions that fit in a listing of the download site (HTML), newest first, each once. */
void listing_versions(const char *html, const struct pyversion *want, struct strv *newest_first);
/* The newest tarball in such a folder's listing, final releases first; owned, NULL when none fits. */
char *listing_tarball(const char *html, const struct pyversion *want);

/* Where the Debian provider reads the machine's own setting; tests use others. */
struct debian_machine {
	const char *etc_apt;     /* "/etc/apt" */
	const char *os_release;  /* "/etc/os-release" */
};
/* Get the source package's upstream tarball of the newest version that the
 * mirror serves into in->work. The caller owns *tarball and *origin. */
int debian_fetch(struct install *in, const struct debian_machine *machine, char **tarball, char **origin, struct error *err);
/* Versions of one package in the output of `apt-cache showsrc`, newest first, each once. */
void showsrc_versions(const char *text, const char *package, struct strv *out);
/* "3.14.0~rc1-1+b2" -> 3.14.0rc1; false when it is no version of CPython. */
bool debversion_python(const char *deb, struct pyversion *out);

#endif
