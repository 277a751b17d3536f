/*
 * provide_debian.c: CPython's source from the Debian source package on the
 * machine's own mirror. apt runs with a configuration, lists and cache of its
 * own below the work folder; the machine's apt is only read.
 */
#include "base/fs.h"
#include "interp/apt_sources.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

#define OS_RELEASE_MAX (1u << 16)
#define UPDATE_SECONDS 900.0
#define DOWNLOAD_SECONDS 900.0
#define TRIES_MAX 8

bool debversion_python(const char *deb, struct pyversion *out)
{
	const char *colon = strchr(deb, ':');
	AUTO_BUF text = { .max = 64 };
	for (const char *p = colon ? colon + 1 : deb; *p && *p != '-' && *p != '+'; p++)
		if (*p != '~')
			buf_addc(&text, *p);
	return pyversion_read(buf_str(&text), out) && out->patch >= 0;
}

static void insert_deb(struct strv *list, const char *version)
{
	size_t i = 0;
	for (; i < list->n; i++) {
		int c = debversion_compare(list->v[i], version);
		if (c == 0)
			return;
		if (c < 0)
			break;
	}
	strv_add(list, version);
	for (size_t k = list->n - 1; k > i; k--) {
		char *swap = list->v[k];
		list->v[k] = list->v[k - 1];
		list->v[k - 1] = swap;
	}
}

void showsrc_versions(const char *text, const char *package, struct strv *out)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	bool ours = false;
	for (size_t i = 0; i < lines.n && out->n < 200; i++) {
		const char *line = lines.v[i];
		if (*line == 0)
			ours = false;
		else if (str_starts(line, "Package: "))
			ours = str_eq(line + strlen("Package: "), package);
		else if (ours && str_starts(line, "Version: "))
			insert_deb(out, line + strlen("Version: "));
	}
}

/* VERSION_CODENAME of the machine; NULL when it has none. */
static char *codename(const char *os_release)
{
	AUTO_BUF text = { .max = OS_RELEASE_MAX };
	AUTO_STRV lines = { 0 };
	if (!path_is_file(os_release) || read_file(os_release, OS_RELEASE_MAX, &text, NULL) < 0)
		return NULL;
	strv_split(&lines, buf_str(&text), '\n');
	for (size_t i = 0; i < lines.n; i++) {
		if (!str_starts(lines.v[i], "VERSION_CODENAME="))
			continue;
		const char *value = lines.v[i] + strlen("VERSION_CODENAME=");
		value += *value == '"';
		return xstrndup(value, strcspn(value, "\""));
	}
	return NULL;
}

/* The machine's proxies, credentials and other settings of downloading; no hooks of it. */
static int add_acquire_settings(struct buf *conf, struct error *err)
{
	static const char *const argv[] = { "apt-config", "dump", NULL };
	AUTO_BUF output = { 0 };
	AUTO_STRV lines = { 0 };
	struct command c = { .argv = argv, .seconds = 60 };
	if (command_run(&c, &output, err) < 0)
		return -1;
	strv_split(&lines, buf_str(&output), '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (str_starts(lines.v[i], "Acquire::") && str_ends(lines.v[i], ";"))
			buf_addf(conf, "%s\n", lines.v[i]);
	return 0;
}

/* The apt of this install: its folder and the environment that makes apt use it. */
struct own_apt {
	char *dir, *downloads, *log;
	struct strv env;
};

static void own_apt_release(struct own_apt *a)
{
	free(a->dir);
	free(a->downloads);
	free(a->log);
	strv_release(&a->env);
}

static int make_folders(const struct own_apt *a, struct error *err)
{
	static const char *const folders[] = { "sources.d", "lists/partial", "cache/archives/partial", "state", "downloads" };
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO_FREE char *path = path_join(a->dir, folders[i]);
		if (make_dirs(path, err) < 0)
			return -1;
	}
	return 0;
}

static int write_config(struct own_apt *a, const char *sources, struct error *err)
{
	AUTO_BUF conf = { 0 };
	AUTO_FREE char *conf_path = path_join(a->dir, "apt.conf");
	AUTO_FREE char *sources_path = path_join(a->dir, "sources.d/own.sources");
	const char *d = a->dir;
	if (add_acquire_settings(&conf, err) < 0)
		return -1;
	buf_addf(&conf, "Dir::Etc::main \"/dev/null\";\nDir::Etc::parts \"/dev/null\";\nDir::Etc::sourcelist \"/dev/null\";\n");
	buf_addf(&conf, "Dir::Etc::sourceparts \"%s/sources.d\";\nDir::State \"%s/state\";\nDir::State::lists \"%s/lists\";\n", d, d, d);
	buf_addf(&conf, "Dir::Cache \"%s/cache\";\nDir::Cache::archives \"%s/cache/archives\";\n", d, d);
	/* The folder is private, so apt's own unprivileged user could not write there. */
	buf_addf(&conf, "APT::Sandbox::User \"root\";\nAcquire::Retries \"2\";\nAcquire::Languages \"none\";\n");
	strv_addf(&a->env, "APT_CONFIG=%s", conf_path);
	return write_file(conf_path, buf_str(&conf), conf.len, err) < 0 ? -1 : write_file(sources_path, sources, strlen(sources), err);
}

/* Set up an own apt for the suites; ERR_INSTALL when the machine names no mirror. */
static int make_apt(struct install *in, const struct debian_machine *machine, struct own_apt *a, struct error *err)
{
	CLEANUP(apt_sources_release) struct apt_sources sources = { 0 };
	AUTO_STRV suites = { 0 };
	AUTO_FREE char *release = codename(machine->os_release);
	AUTO_FREE char *apt = find_program("apt-get");
	if (!apt)
		return error_set(err, ERR_INSTALL, "this machine has no apt");
	if (in->request->suite) {
		strv_add(&suites, in->request->suite);
	} else {
		if (release)
			strv_add(&suites, release);
		strv_add_unique(&suites, "trixie");
		strv_add_unique(&suites, "sid");
	}
	apt_sources_load(machine->etc_apt, &sources);
	AUTO_FREE char *text = apt_sources_write(&sources, release, &suites);
	if (!*text)
		return error_set(err, ERR_INSTALL, "the machine's apt names no mirror of Debian %s", release ? release : "");
	a->dir = path_join(in->work, "apt");
	a->downloads = path_join(a->dir, "downloads");
	a->log = xasprintf("%s/debian-%s.log", in->logs, in->version);
	build_environment(&a->env);
	const char *proxies[] = { "http_proxy", "https_proxy", "no_proxy" };
	for (size_t i = 0; i < ARRAY_LEN(proxies); i++)
		if (getenv(proxies[i]))
			strv_addf(&a->env, "%s=%s", proxies[i], getenv(proxies[i]));
	if (make_folders(a, err) < 0 || write_config(a, text, err) < 0)
		return -1;
	return write_file(a->log, "", 0, err);
}

static int apt_run(const struct own_apt *a, const char *const *argv, double seconds, struct buf *output, struct error *err)
{
	struct command c = { .argv = argv, .env = &a->env, .cwd = a->downloads, .log = a->log, .seconds = seconds };
	return command_run(&c, output, err);
}

/* All versions on the mirror that fit. A suite that the mirror lacks makes
 * `update` fail although the others were read, so the list decides. */
static int list_versions(struct install *in, const struct own_apt *a, const char *package, struct strv *out, struct error *err)
{
	const char *const update[] = { "apt-get", "-q", "update", NULL };
	const char *const show[] = { "apt-cache", "showsrc", "--only-source", package, NULL };
	AUTO_ERROR update_error = { 0 };
	AUTO_ERROR show_error = { 0 };
	AUTO_BUF text = { 0 };
	AUTO_STRV all = { 0 };
	struct pyversion v;
	if (apt_run(a, update, UPDATE_SECONDS, NULL, &update_error) < 0 && update_error.code != ERR_INSTALL) {
		error_move(err, &update_error);
		return -1;
	}
	if (apt_run(a, show, 120, &text, &show_error) == 0)
		showsrc_versions(buf_str(&text), package, &all);
	for (size_t i = 0; i < all.n; i++)
		if (debversion_python(all.v[i], &v) && pyversion_fits(&in->want, &v))
			strv_add(out, all.v[i]);
	if (out->n)
		return 0;
	if (update_error.code != ERR_NONE) {
		error_move(err, &update_error);
		return -1;
	}
	return error_set(err, ERR_INSTALL, "the mirror has no source package %s%s%s", package, in->want.patch >= 0 ? " of version " : "",
	                 in->want.patch >= 0 ? in->version : "");
}

/* The upstream tarball among what was downloaded; NULL when it is not there. */
static char *find_tarball(const struct own_apt *a)
{
	AUTO_STRV names = { 0 };
	if (list_dir(a->downloads, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.v[i], ".orig.tar.") && !str_ends(names.v[i], ".asc"))
			return path_join(a->downloads, names.v[i]);
	return NULL;
}

int debian_fetch(struct install *in, const struct debian_machine *machine, char **tarball, char **origin, struct error *err)
{
	CLEANUP(own_apt_release) struct own_apt apt = { 0 };
	AUTO_STRV versions = { 0 };
	AUTO_BUF reasons = { .max = 2048 };
	AUTO_FREE char *package = xasprintf("python%d.%d", in->want.major, in->want.minor);
	if (make_apt(in, machine, &apt, err) < 0 || list_versions(in, &apt, package, &versions, err) < 0)
		return -1;
	for (size_t i = 0; i < versions.n && i < TRIES_MAX; i++) {
		AUTO_FREE char *wanted = xasprintf("%s=%s", package, versions.v[i]);
		const char *const argv[] = { "apt-get", "-q", "source", "--download-only", "--only-source", wanted, NULL };
		AUTO_ERROR why = { 0 };
		observe_note(in->observer, "apt-get source %s", wanted);
		if (apt_run(&apt, argv, DOWNLOAD_SECONDS, NULL, &why) == 0 && (*tarball = find_tarball(&apt))) {
			*origin = xasprintf("Debian source package %s %s", package, versions.v[i]);
			return 0;
		}
		if (why.code == ERR_INTERRUPTED || why.code == ERR_DISK_FULL) {
			error_move(err, &why);
			return -1;
		}
		buf_addf(&reasons, "%s%s: %s", reasons.len ? "\n" : "", versions.v[i], why.what ? why.what : "it has no upstream tarball");
	}
	error_set(err, ERR_INSTALL, "the mirror lists %s but serves none of its versions", package);
	return error_why(err, "%s", buf_str(&reasons));
}

int provide_by_debian(struct install *in, struct pair *out, struct error *err)
{
	static const struct debian_machine here = { .etc_apt = "/etc/apt", .os_release = "/etc/os-release" };
	AUTO_FREE char *tarball = NULL;
	AUTO_FREE char *origin = NULL;
	if (build_check(in->request->tsan, err) < 0 || debian_fetch(in, &here, &tarball, &origin, err) < 0)
		return -1;
	return build_pair(in, tarball, origin, out, err);
}
