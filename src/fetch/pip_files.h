/*
 * pip_files.h: what the configuration files of pip and uv say of indexes.
 * Private to the fetch library; index_config.h lists the files.
 */
#ifndef MC_FETCH_PIP_FILES_H
#define MC_FETCH_PIP_FILES_H

#include "base/buf.h"
#include "base/error.h"

struct pip_settings { /* all owned, NULL when no file says it */
	char *index_url, *index_file; /* and the file that said it */
	char *extra_urls;             /* separated by white space */
	char *cert, *client_cert, *proxy;
};

/* Read pip's files, later ones over earlier ones. python (or NULL) adds its
 * prefix's pip.conf. ERR_BAD_CONFIG names file and line. */
int pip_settings_read(const char *python, struct pip_settings *out, struct error *err);
/* Frees the fields. */
void pip_settings_release(struct pip_settings *s);

/* Read the first uv.toml that exists, by a line scanner that knows
 * `index-url = "..."`, and [[index]] tables with url and default. What it does
 * not know it leaves out; it never fails. url and file stay NULL when there is
 * no default index; the caller owns all three. */
void uv_settings_read(char **url, char **file, struct strv *extras);

#endif
