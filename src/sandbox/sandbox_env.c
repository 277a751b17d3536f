/* sandbox_env.c: the environment inside: minimal, the same on every machine. */
#include "sandbox/sandbox_internal.h"

#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

static const char *const minimal[] = {
	"PATH=/usr/local/bin:/usr/bin:/bin",
	"LANG=C.UTF-8",
	"TZ=UTC",
	"PYTHONHASHSEED=0",
	"PYTHONDONTWRITEBYTECODE=1",
	"SOURCE_DATE_EPOCH=315532800", /* 1980-01-01, the oldest time that a zip holds */
};

static const char *const proxies[] = {
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
};

static const char *const authorities[] = { "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE" };

static const char *const loader[] = { "LD_", "GLIBC_TUNABLES=", "GCONV_PATH=", "LOCPATH=", "NLSPATH=", "MALLOC_" };

static void set(struct strv *env, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	size_t n = equals ? (size_t)(equals - assignment) + 1 : 0;
	for (size_t i = 0; n && i < env->n; i++)
		if (strncmp(env->v[i], assignment, n) == 0) {
			str_set(&env->v[i], assignment);
			return;
		}
	if (n > 1) /* what is no NAME=value is no variable */
		strv_add(env, assignment);
}

static void pass(struct strv *env, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = getenv(names[i]);
		if (!value || !*value)
			continue;
		AUTO_FREE char *assignment = xasprintf("%s=%s", names[i], value);
		set(env, assignment);
	}
}

void sandbox_env(const struct sandbox *s, struct strv *env)
{
	AUTO_STRV made = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(minimal); i++)
		strv_add(&made, minimal[i]);
	AUTO_FREE char *home = path_absolute(s->home);
	strv_addf(&made, "HOME=%s", home);
	strv_addf(&made, "TMPDIR=%s/tmp", home);
	if (s->network) {
		pass(&made, proxies, ARRAY_LEN(proxies));
		pass(&made, authorities, ARRAY_LEN(authorities));
	}
	for (size_t i = 0; i < s->env.n; i++)
		set(&made, s->env.v[i]);
	strv_add_all(env, &made);
}

void sandbox_ca_paths(struct strv *paths)
{
	for (size_t i = 0; i < ARRAY_LEN(authorities); i++) {
		const char *value = getenv(authorities[i]);
		AUTO_STRV parts = { 0 };
		if (value)
			strv_split(&parts, value, ':'); /* SSL_CERT_DIR is a list */
		for (size_t k = 0; k < parts.n; k++)
			if (parts.v[k][0] == '/' && parts.v[k][1] && path_exists(parts.v[k]))
				strv_add_unique(paths, parts.v[k]);
	}
}

bool sandbox_env_is_loader(const char *assignment)
{
	for (size_t i = 0; i < ARRAY_LEN(loader); i++)
		if (str_starts(assignment, loader[i]))
			return true;
	return false;
}
