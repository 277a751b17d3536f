/*
 * index.h: a small client of the simple package index: JSON (PEP 691) where
 * the server has it, else HTML (PEP 503). Pages are kept below the cache's
 * index/ with their ETag and asked for again after their Cache-Control
 * max-age, at the latest after ten minutes. With several indexes, the first that
 * has the project answers (extra ones first, as uv does).
 */
#ifndef MC_FETCH_INDEX_H
#define MC_FETCH_INDEX_H

#include "fetch/http.h"
#include "fetch/index_config.h"
#include "model/names.h"
#include "model/version.h"

struct index_file {
	char *filename, *url;  /* url is absolute and without the index's credentials */
	char *sha256;          /* NULL: the index gives none */
	char *version;
	char *requires_python; /* or NULL */
	bool yanked;
	char *yanked_reason;   /* or NULL */
	bool wheel;
	char *py_tag, *abi_tag, *platform_tag; /* of a wheel */
	int64_t size;          /* -1: not said */
	char *upload_time;     /* as the index writes it, or NULL */
};

struct index_project {
	char *name; /* normalized */
	struct index_file *files;
	size_t n, cap;
	bool from_json;
};
#define AUTO_INDEX_PROJECT CLEANUP(index_project_release) struct index_project
/* Frees the fields; the struct is empty afterwards. */
void index_project_release(struct index_project *p);

/*
 * Read one project's page into out, which is overwritten (empty after an
 * error). Files that are neither wheel nor sdist are left out.
 * Options' net defaults to the configuration's. Errors: ERR_NOT_FOUND (with
 * near names when the index lists its projects in at most 256 KiB),
 * ERR_BAD_REQUIREMENT for what is no project name, ERR_NETWORK, ERR_OFFLINE_MISS.
 */
int index_project_get(const struct index_config *config, const char *name, const struct fetch_options *o,
                      struct index_project *out, struct error *err);

/*
 * Cheap question for "did anything change?": adds to hashes, for each name in
 * order, a hash of the project's page as it is now ("absent" when no index has
 * it). Pages that are fresh are not asked for, others conditionally, in parallel.
 */
int index_page_hashes(const struct index_config *config, const struct strv *names, const struct fetch_options *o,
                      struct strv *hashes, struct error *err);
/* The same for one project: *same tells whether its page has that hash. */
int index_project_unchanged(const struct index_config *config, const char *name, const struct fetch_options *o, const char *hash,
                            bool *same, struct error *err);

/* Does this wheel fit the interpreter? See tags_fit; false for an sdist. */
bool wheel_tag_fits(const struct index_file *f, const char *tag, const char *platform);

/* Versions with at least one file that is not yanked, newest first, pre-releases included. */
void index_versions_desc(const struct index_project *p, struct strv *out);
bool index_version_yanked(const struct index_project *p, const char *version); /* all its files are */

/*
 * The newest (or the first ever, for `first`) version that has a *native* wheel for
 * the interpreter: built for its platform, not none-any. Yanked files and
 * pre-releases do not count. below: only versions older than that, or NULL;
 * python: the interpreter's version for Requires-Python, or NULL. NULL when
 * there is none; the caller owns the result.
 */
char *index_newest_with_wheel(const struct index_project *p, const char *tag, const char *platform, const char *below,
                              const char *python) MC_NODISCARD;
/* See index_newest_with_wheel. */
char *index_first_with_wheel(const struct index_project *p, const char *tag, const char *platform, const char *python) MC_NODISCARD;

/* The newest version above `used` that specifier (or NULL) and Requires-Python allow, when no
 * such version has a wheel that fits: with wheels only, `used` is what is had in its place.
 * Yanked files and pre-releases do not count. NULL when there is none; the caller owns the result. */
char *index_passed_over(const struct index_project *p, const char *used, const char *specifier, const char *tag,
                        const char *platform, const char *python) MC_NODISCARD;

/* The parsers, for tests and fuzzing. base is the page's URL. They add files to out, whose
 * name is set. A page that is no JSON, or of another API version, is ERR_NETWORK. */
int index_parse_json(const char *text, size_t n, const char *base, struct index_project *out, struct error *err);
/* The same for HTML; what cannot be understood is left out. */
void index_parse_html(const char *text, size_t n, const char *base, struct index_project *out);
/* The project names of a root page, JSON or HTML. */
void index_parse_names(const char *text, size_t n, struct strv *out);

#endif
