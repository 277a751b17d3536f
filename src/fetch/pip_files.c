/* pip_files.c: see pip_files.h. */
#include "fetch/pip_files.h"
#include "base/fs.h"
#include "fetch/ini.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (256 * 1024)

static void add_if_file(struct strv *files, char *path)
{
	if (path_is_file(path))
		strv_add_unique(files, path);
	free(path);
}

static void add_user_files(struct strv *files)
{
	const char *home = getenv("HOME");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	if (home && *home)
		add_if_file(files, path_join(home, ".pip/pip.conf"));
	if (xdg && *xdg)
		add_if_file(files, path_join(xdg, "pip/pip.conf"));
	else if (home && *home)
		add_if_file(files, path_join(home, ".config/pip/pip.conf"));
}

/* The files that exist, in the order in which pip reads them. */
static void list_files(const char *python, struct strv *files)
{
	const char *own = getenv("PIP_CONFIG_FILE");
	if (own && strcmp(own, "/dev/null") == 0)
		return;
	const char *dirs = getenv("XDG_CONFIG_DIRS");
	AUTO_STRV parts = { 0 };
	strv_split(&parts, dirs && *dirs ? dirs : "/etc/xdg", ':');
	for (size_t i = parts.n; i-- > 0;) /* the first folder is the most important */
		if (*parts.v[i])
			add_if_file(files, path_join(parts.v[i], "pip/pip.conf"));
	add_if_file(files, xstrdup("/etc/pip.conf"));
	if (!own || !path_exists(own))
		add_user_files(files);
	if (python) {
		AUTO_FREE char *bin = path_dir(python);
		AUTO_FREE char *prefix = path_dir(bin);
		add_if_file(files, path_join(prefix, "pip.conf"));
	}
	if (own && *own)
		add_if_file(files, xstrdup(own));
}

/* A value of one file replaces that of the files before. */
static bool replace(char **field, const struct ini *ini, const char *key)
{
	static const char *const sections[] = { "install", "download", "global" };
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const char *value = ini_get(ini, sections[i], key);
		if (value && *value) {
			str_set(field, value);
			return true;
		}
	}
	return false;
}

static int read_one(const char *path, struct pip_settings *out, struct error *err)
{
	AUTO_BUF text = { 0 };
	AUTO_INI ini = { 0 };
	AUTO_ERROR cause = { 0 };
	if (read_file(path, CONFIG_MAX, &text, &cause) < 0) {
		error_set(err, ERR_BAD_CONFIG, "%s", cause.what);
		return -1;
	}
	if (ini_parse(buf_str(&text), text.len, path, &ini, err) < 0)
		return -1;
	if (replace(&out->index_url, &ini, "index-url"))
		str_set(&out->index_file, path);
	replace(&out->extra_urls, &ini, "extra-index-url");
	replace(&out->cert, &ini, "cert");
	replace(&out->client_cert, &ini, "client-cert");
	replace(&out->proxy, &ini, "proxy");
	return 0;
}

int pip_settings_read(const char *python, struct pip_settings *out, struct error *err)
{
	AUTO_STRV files = { 0 };
	list_files(python, &files);
	for (size_t i = 0; i < files.n; i++)
		if (read_one(files.v[i], out, err) < 0)
			return -1;
	return 0;
}

void pip_settings_release(struct pip_settings *s)
{
	free(s->index_url);
	free(s->index_file);
	free(s->extra_urls);
	free(s->cert);
	free(s->client_cert);
	free(s->proxy);
	*s = (struct pip_settings){ 0 };
}

static char *find_uv_file(void)
{
	const char *own = getenv("UV_CONFIG_FILE");
	const char *home = getenv("HOME");
	const char *xdg = getenv("XDG_CONFIG_HOME");
	AUTO_STRV files = { 0 };
	if (own && *own)
		strv_add(&files, own);
	if (xdg && *xdg)
		strv_addf(&files, "%s/uv/uv.toml", xdg);
	else if (home && *home)
		strv_addf(&files, "%s/.config/uv/uv.toml", home);
	strv_add(&files, "/etc/uv/uv.toml");
	for (size_t i = 0; i < files.n; i++)
		if (path_is_file(files.v[i]))
			return xstrdup(files.v[i]);
	return NULL;
}

/* `key = "text"` or `key = word` at the start of a line; NULL when it is another key. */
static char *toml_value(const char *line, const char *key)
{
	line += strspn(line, " \t");
	if (!str_starts(line, key))
		return NULL;
	line += strlen(key);
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t");
	if (*line == '"' || *line == '\'') {
		const char *end = strchr(line + 1, *line);
		return end ? xstrndup(line + 1, (size_t)(end - line - 1)) : NULL;
	}
	return xstrndup(line, strcspn(line, " \t\r#"));
}

struct uv_table { /* one [[index]] */
	char *url;
	bool is_default;
};

static void end_table(struct uv_table *t, char **url, struct strv *extras)
{
	if (t->url && t->is_default && !*url)
		*url = xstrdup(t->url);
	else if (t->url && !t->is_default)
		strv_add_unique(extras, t->url);
	free(t->url);
	*t = (struct uv_table){ 0 };
}

void uv_settings_read(char **url, char **file, struct strv *extras)
{
	AUTO_FREE char *path = find_uv_file();
	AUTO_BUF text = { 0 };
	AUTO_STRV lines = { 0 };
	struct uv_table table = { 0 };
	enum { TOP, INDEX, OTHER } where = TOP;
	if (!path || read_file(path, CONFIG_MAX, &text, NULL) < 0)
		return;
	strv_split(&lines, buf_str(&text), '\n');
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i] + strspn(lines.v[i], " \t");
		if (*line == '[') {
			end_table(&table, url, extras);
			where = str_starts(line, "[[index]]") ? INDEX : str_starts(line, "[pip]") ? TOP : OTHER;
			continue;
		}
		AUTO_FREE char *plain = where == TOP ? toml_value(line, "index-url") : NULL;
		AUTO_FREE char *own = where == INDEX ? toml_value(line, "url") : NULL;
		AUTO_FREE char *is_default = where == INDEX ? toml_value(line, "default") : NULL;
		if (plain)
			str_set(url, plain);
		if (own)
			str_set(&table.url, own);
		table.is_default |= str_eq(is_default, "true");
	}
	end_table(&table, url, extras);
	if (*url)
		*file = STEAL(&path);
}
