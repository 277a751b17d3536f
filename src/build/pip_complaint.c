/* pip_complaint.c: pip's standard error -> an error of ours; see pip.h. */
#include "build/pip.h"

#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct complaint {
	const char *text;
	char *subject;
	struct error *err;
};

/* What stands between `before` and the first character of `ends`; NULL when it is not there. */
static char *between(const char *text, const char *before, const char *ends)
{
	const char *p = strstr(text, before);
	if (!p)
		return NULL;
	p += strlen(before);
	size_t n = strcspn(p, ends);
	return n ? xstrndup(p, n) : NULL;
}

static void no_version(struct complaint *c)
{
	AUTO_FREE char *wanted = between(c->text, "satisfies the requirement ", " \n");
	AUTO_FREE char *versions = between(c->text, "(from versions: ", ")\n");
	size_t n = wanted ? strcspn(wanted, "<>=!~[;") : 0;
	c->subject = wanted ? xstrndup(wanted, n) : NULL;
	bool none = !versions || str_eq(versions, "none");
	if (wanted && wanted[n] && !none)
		error_set(c->err, ERR_NO_VERSION, "no release of `%s` is %s", c->subject, wanted + n);
	else
		error_set(c->err, ERR_NO_VERSION, "no file of `%s` fits this interpreter", c->subject ? c->subject : "?");
	if (!none)
		error_hint(c->err, "available: %s", versions);
}

static void wrong_python(struct complaint *c)
{
	c->subject = between(c->text, "Package '", "'");
	error_set(c->err, ERR_NO_VERSION, "no file of `%s` fits this interpreter", c->subject ? c->subject : "?");
}

static void conflict(struct complaint *c)
{
	error_set(c->err, ERR_CONFLICT, "the requirements contradict one another");
}

static void bad_hash(struct complaint *c)
{
	AUTO_FREE char *url = between(c->text, " from http", " \n#");
	AUTO_FREE char *shown = url ? xstrdup(url) : xstrdup("a file");
	if (str_ends(shown, ":"))
		shown[strlen(shown) - 1] = '\0';
	error_set(c->err, ERR_BAD_HASH, "the download of %s does not have the sha256 that the index states", path_base(shown));
	error_hint(c->err, "try again; if it stays so, the index or a proxy on the way serves a damaged or changed file");
}

static void bad_archive(struct complaint *c)
{
	AUTO_FREE char *file = between(c->text, "in the tar file ", " \n:");
	error_set(c->err, ERR_BAD_ARCHIVE, "the archive %s cannot be unpacked", file ? path_base(file) : "of a package");
}

/* The name stands below "Encountered error while generating package metadata." */
static void build_failed(struct complaint *c)
{
	AUTO_FREE char *said = between(c->text, "lines of output]\n", "");
	AUTO_FREE char *lines = said ? xstrdup(said) : xstrdup("");
	AUTO_STRV all = { 0 };
	strv_split(&all, lines, '\n');
	const char *last = NULL;
	for (size_t i = 0; i < all.n && !strstr(all.v[i], "[end of output]"); i++)
		if (all.v[i][strspn(all.v[i], " ")])
			last = all.v[i] + strspn(all.v[i], " ");
	const char *head = strstr(c->text, "Encountered error while");
	c->subject = head ? between(head, "> ", " \n") : between(c->text, "Failed to build '", "'");
	error_set(c->err, ERR_BUILD, "the metadata of `%s` cannot be made: %s", c->subject ? c->subject : "?", last ? last : "it says nothing");
}

static void bad_requirement(struct complaint *c)
{
	AUTO_FREE char *line = between(c->text, "(from line ", " )");
	AUTO_FREE char *file = between(c->text, line ? " of " : "\x01", ")\n");
	AUTO_FREE char *shown = between(c->text, "Invalid requirement: ", ":\n");
	error_set(c->err, ERR_BAD_REQUIREMENT, "cannot read a requirement");
	if (line && file)
		error_where(c->err, "%s:%s   %s", file, line, shown ? shown : "");
	else if (shown)
		error_where(c->err, "%s", shown);
}

static void missing_file(struct complaint *c)
{
	AUTO_FREE char *file = between(c->text, "directory: '", "'\n");
	error_set(c->err, ERR_BAD_TARGET, "no file '%s'", file ? file : "?");
}

static void unreachable(struct complaint *c)
{
	error_set(c->err, ERR_NETWORK, "the package index cannot be reached");
	error_hint(c->err, "check the network and the proxy; `--offline` uses only what is in the cache");
}

static void disk_full(struct complaint *c)
{
	error_set(c->err, ERR_DISK_FULL, "no space left while packages were resolved");
}

/* In this order: what explains more comes first. */
static const struct {
	const char *phrase;
	void (*take)(struct complaint *c);
} rules[] = {
	{ "No space left on device", disk_full },
	{ "DO NOT MATCH THE HASHES", bad_hash },
	{ "Invalid member in the tar file", bad_archive },
	{ "end-of-stream marker", bad_archive },
	{ "tarfile.ReadError", bad_archive },
	{ "zipfile.BadZipFile", bad_archive },
	{ "has an invalid wheel", bad_archive },
	{ "Could not open requirements file", missing_file },
	{ "Invalid requirement: ", bad_requirement },
	{ "no such option: ", bad_requirement },
	{ "metadata-generation-failed", build_failed },
	{ "subprocess-exited-with-error", build_failed },
	{ "ResolutionImpossible", conflict },
	{ "requires a different Python", wrong_python },
	{ "Max retries exceeded", unreachable },
	{ "Could not fetch URL", unreachable },
	{ "HTTP error", unreachable },
	{ "Connection aborted", unreachable },
	{ "No matching distribution found", no_version },
};

int pip_complaint(const char *text, const char *cwd, char **subject, struct error *err)
{
	(void)cwd;
	AUTO_FREE char *hidden = text_hide_credentials_in(text);
	AUTO_BUF clean = { .max = 4096 };
	text_safe(&clean, hidden, strlen(hidden), true);
	struct complaint c = { .text = hidden, .err = err };
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(rules) && !known; i++) {
		known = strstr(hidden, rules[i].phrase) != NULL;
		if (known)
			rules[i].take(&c);
	}
	if (!known)
		error_set(err, ERR_TOOL, "pip failed");
	error_why(err, "%s", buf_str(&clean));
	if (subject)
		*subject = STEAL(&c.subject);
	free(c.subject);
	return -1;
}
