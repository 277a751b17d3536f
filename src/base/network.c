/* network.c: see network.h. */
#include "base/network.h"

#include <stdlib.h>

static const char *first_set(const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return value;
	}
	return NULL;
}

const char *network_ca(void)
{
	static const char *const names[] = { "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR" };
	return first_set(names, ARRAY_LEN(names));
}

const char *network_client_cert(void)
{
	return first_set((const char *const[]){ "PIP_CLIENT_CERT" }, 1);
}

const char *network_proxy(void)
{
	return first_set((const char *const[]){ "PIP_PROXY" }, 1);
}

void network_add_proxy(const char *proxy, struct strv *env)
{
	static const char *const names[] = { "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "PIP_PROXY" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		strv_addf(env, "%s=%s", names[i], proxy);
}
