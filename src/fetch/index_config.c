/* index_config.c: see index_config.h. */
#include "fetch/index_config.h"
#include "base/fs.h"
#include "base/text.h"
#include "fetch/ini.h"
#include "fetch/pip_files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *env(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* A list as pip and uv write it: separated by white space; "name=URL" loses its name. */
static void add_urls(struct strv *out, const char *list)
{
	const char *s = list ? list : "";
	while (*(s += strspn(s, " \t\r\n"))) {
		size_t n = strcspn(s, " \t\r\n");
		AUTO_FREE char *word = xstrndup(s, n);
		const char *eq = strchr(word, '=');
		const char *scheme = strstr(word, "://");
		strv_add_unique(out, eq && scheme && eq < scheme ? eq + 1 : word);
		s += n;
	}
}

static bool take(struct index_config *c, const char *url, const char *origin)
{
	if (c->url || !url || !*url)
		return false;
	c->url = xstrdup(url);
	while (strlen(c->url) > 1 && str_ends(c->url, "/"))
		c->url[strlen(c->url) - 1] = '\0';
	c->origin = xstrdup(origin);
	return true;
}

static void take_env(struct index_config *c)
{
	static const char *const names[] = { "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STRV one = { 0 };
		add_urls(&one, env(names[i]));
		take(c, one.n ? one.v[0] : NULL, names[i]);
	}
}

static void take_pip_files(struct index_config *c, const struct pip_settings *s)
{
	AUTO_FREE char *origin = xasprintf("pip.conf: %s", s->index_file ? s->index_file : "");
	take(c, s->index_url, origin);
	if (!c->net.ca)
		c->net.ca = xstrdup(s->cert);
	if (!c->net.client_cert)
		c->net.client_cert = xstrdup(s->client_cert);
	if (!c->net.proxy)
		c->net.proxy = xstrdup(s->proxy);
}

static void add_extras(struct index_config *c, const struct index_request *r, const char *from_pip_files, const struct strv *from_uv)
{
	const char *pip = env("PIP_EXTRA_INDEX_URL");
	for (size_t i = 0; r->extra_urls && i < r->extra_urls->n; i++)
		strv_add_unique(&c->extra_urls, r->extra_urls->v[i]);
	add_urls(&c->extra_urls, env("UV_INDEX"));
	add_urls(&c->extra_urls, env("UV_EXTRA_INDEX_URL"));
	add_urls(&c->extra_urls, pip ? pip : from_pip_files);
	for (size_t i = 0; i < from_uv->n; i++)
		strv_add_unique(&c->extra_urls, from_uv->v[i]);
}

static int check_url(struct index_config *c, const char *url, const char *origin, struct error *err)
{
	AUTO_FREE char *parsed = strstr(url, "://") ? url_resolve(url, "#") : NULL;
	if (!parsed) {
		AUTO_FREE char *shown = text_hide_credentials(url);
		error_set(err, strcmp(origin, "option") == 0 ? ERR_USAGE : ERR_BAD_CONFIG,
		          "the index URL '%s' is no http, https or file URL", shown);
		return error_where(err, "%s", origin);
	}
	if (url_has_credentials(url))
		strv_add_unique(&c->net.auth_urls, url);
	c->net.allow_file |= strncasecmp(url, "file:", 5) == 0;
	return 0;
}

static int check_all(struct index_config *c, struct error *err)
{
	if (!c->url) {
		error_set(err, ERR_BAD_CONFIG, "no package index is known");
		error_why(err, "no option, no environment variable, no configuration of pip or uv, and no pip that carries a default");
		return error_hint(err, "name one with `--index-url URL` or PIP_INDEX_URL");
	}
	if (check_url(c, c->url, c->origin, err) < 0)
		return -1;
	for (size_t i = 0; i < c->extra_urls.n; i++)
		if (check_url(c, c->extra_urls.v[i], "extra index", err) < 0)
			return -1;
	return 0;
}

int index_config_load(const struct index_request *request, struct index_config *out, struct error *err)
{
	struct pip_settings pip = { 0 };
	struct strv uv_extras = { 0 };
	AUTO_FREE char *uv_url = NULL;
	AUTO_FREE char *uv_file = NULL;
	*out = (struct index_config){ 0 };
	take(out, request->index_url, "option");
	take_env(out);
	net_config_from_env(&out->net);
	int r = pip_settings_read(request->python, &pip, err);
	if (r == 0) {
		take_pip_files(out, &pip);
		uv_settings_read(&uv_url, &uv_file, &uv_extras);
		AUTO_FREE char *origin = xasprintf("uv.toml: %s", uv_file ? uv_file : "");
		take(out, uv_url, origin);
		AUTO_FREE char *fallback = out->url ? NULL : default_index_of(request->python);
		take(out, fallback, "pip's default");
		add_extras(out, request, pip.extra_urls, &uv_extras);
		r = check_all(out, err);
	}
	pip_settings_release(&pip);
	strv_release(&uv_extras);
	return r;
}

int index_config_add(struct index_config *c, const char *url, const char *origin, const struct strv *extra_urls, struct error *err)
{
	if (url && *url) {
		free(c->url);
		free(c->origin);
		c->url = c->origin = NULL;
		take(c, url, origin);
	}
	for (size_t i = 0; i < extra_urls->n; i++)
		strv_add_unique(&c->extra_urls, extra_urls->v[i]);
	return check_all(c, err);
}

void index_config_release(struct index_config *c)
{
	free(c->url);
	free(c->origin);
	strv_release(&c->extra_urls);
	net_config_release(&c->net);
	c->url = c->origin = NULL;
}

char *index_config_text(const struct index_config *c)
{
	AUTO_FREE char *shown = text_hide_credentials(c->url ? c->url : "none");
	return xasprintf("%s (from %s)", shown, c->origin ? c->origin : "nowhere");
}
