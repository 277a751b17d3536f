/*
 * index_config.h: the package index that pip and uv would use on this machine,
 * and how to reach it. No index is named in this program: the last resort is
 * the constant inside the pip that an interpreter carries.
 *
 * Index URL, first found:
 *   1. the caller's option
 *   2. UV_DEFAULT_INDEX, UV_INDEX_URL
 *   3. PIP_INDEX_URL
 *   4. pip's files: index-url of [install], [download] or [global] in PIP_CONFIG_FILE,
 *      the interpreter's pip.conf, ~/.config/pip/pip.conf, ~/.pip/pip.conf,
 *      /etc/pip.conf, /etc/xdg/pip/pip.conf (as pip, user files are left out when
 *      PIP_CONFIG_FILE exists, and all when it is /dev/null)
 *   5. uv.toml (UV_CONFIG_FILE, ~/.config/uv, /etc/uv): simple lines only
 *   6. the default of the interpreter's bundled or installed pip, or of a
 *      python3 in PATH
 * Certificates, client certificate and proxy: environment (see
 * net_config_from_env), then pip's files (cert, client-cert, proxy).
 */
#ifndef MC_FETCH_INDEX_CONFIG_H
#define MC_FETCH_INDEX_CONFIG_H

#include "base/buf.h"
#include "base/error.h"
#include "fetch/http.h"

struct index_request {
	const char *index_url;         /* option, or NULL */
	const struct strv *extra_urls; /* options, or NULL */
	const char *python;            /* an interpreter, or NULL */
};

struct index_config {
	char *url;              /* of the simple API; may hold credentials: never show it */
	char *origin;           /* "option", "PIP_INDEX_URL", "pip.conf: /etc/pip.conf", "pip's default", ... */
	struct strv extra_urls; /* asked first, in this order, as uv does */
	struct net_config net;
};
#define AUTO_INDEX_CONFIG CLEANUP(index_config_release) struct index_config

/* Fill out (which the caller releases, also after an error). ERR_BAD_CONFIG:
 * a file that cannot be read as configuration, a URL that is none, or no index
 * at all; ERR_USAGE when the option is no URL. */
int index_config_load(const struct index_request *request, struct index_config *out, struct error *err);
/* What requirements files say: url (NULL: none) takes the index's place, extra_urls come behind
 * those that are known. Errors as index_config_load(), with `origin` ("requirements.txt:1") as their place. */
int index_config_add(struct index_config *c, const char *url, const char *origin, const struct strv *extra_urls, struct error *err);
/* Frees the fields; the struct is empty afterwards. */
void index_config_release(struct index_config *c);
/* "https://index.example/simple (from PIP_INDEX_URL)", for people: user and password
 * are replaced by stars. The caller owns it. */
char *index_config_text(const struct index_config *c) MC_NODISCARD;

/* The default index ("https://.../simple") that the pip of this interpreter (NULL: of
 * a python3 in PATH) knows, or NULL. The caller owns it. */
char *default_index_of(const char *python) MC_NODISCARD;

#endif
