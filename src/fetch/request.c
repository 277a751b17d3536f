/* request.c: what every request has: URL, credentials, certificates, proxy, limits. */
#include "base/fs.h"
#include "base/network.h"
#include "fetch/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fetch_options_init(struct fetch_options *o)
{
	*o = (struct fetch_options){
		.parallel = 8,
		.retries = 5,
		.backoff_seconds = 0.5,
		.connect_timeout = 15,
		.low_speed_seconds = 30,
		.max_bytes = INT64_C(2) << 30,
	};
}

void net_config_release(struct net_config *net)
{
	free(net->ca);
	free(net->client_cert);
	free(net->proxy);
	strv_release(&net->auth_urls);
	*net = (struct net_config){ 0 };
}

static void fill(char **field, const char *value)
{
	if (!*field && value)
		*field = xstrdup(value);
}

void net_config_from_env(struct net_config *net)
{
	fill(&net->ca, network_ca());
	fill(&net->client_cert, network_client_cert());
	fill(&net->proxy, network_proxy());
}

/* Take user and password out of a URL and give them to curl as options, so
 * that no message of curl's can hold them. False when there are none. */
static bool give_credentials(CURL *easy, const char *url)
{
	CURLU *u = curl_url();
	char *user = NULL, *password = NULL;
	bool found = false;
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		curl_url_get(u, CURLUPART_USER, &user, CURLU_URLDECODE);
		curl_url_get(u, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
		if (user)
			curl_easy_setopt(easy, CURLOPT_USERNAME, user);
		if (user && password)
			curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
		found = user != NULL;
	}
	curl_free(user);
	curl_free(password);
	curl_url_cleanup(u);
	return found;
}

static void set_credentials(CURL *easy, const char *url, const struct net_config *net)
{
	bool found = give_credentials(easy, url);
	for (size_t i = 0; net && !found && i < net->auth_urls.n; i++)
		if (url_same_origin(net->auth_urls.v[i], url))
			found = give_credentials(easy, net->auth_urls.v[i]);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	const char *netrc = getenv("NETRC");
	if (netrc && *netrc)
		curl_easy_setopt(easy, CURLOPT_NETRC_FILE, netrc);
	curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
}

static void set_tls(CURL *easy, const struct net_config *net)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (net && net->ca)
		curl_easy_setopt(easy, path_is_dir(net->ca) ? CURLOPT_CAPATH : CURLOPT_CAINFO, net->ca);
	if (net && net->client_cert) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, net->client_cert);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, net->client_cert);
	}
}

/* curl reads all proxy variables but HTTP_PROXY, which a CGI client could set;
 * pip reads it, so does this program, which is no CGI. */
static void set_proxy(CURL *easy, const char *url, const struct net_config *net)
{
	const char *upper = getenv("HTTP_PROXY");
	if (net && net->proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY, net->proxy);
	else if (upper && *upper && !getenv("http_proxy") && !getenv("REQUEST_METHOD") && strncasecmp(url, "http:", 5) == 0)
		curl_easy_setopt(easy, CURLOPT_PROXY, upper);
}

/* curl counts whole seconds here; a fraction is rounded up. */
static long whole_seconds(double s)
{
	long v = (long)s;
	return (double)v < s ? v + 1 : v;
}

void request_setup(CURL *easy, const char *url, const struct fetch_options *o)
{
	AUTO_FREE char *bare = url_without_secrets(url);
	bool tls = strncasecmp(url, "https:", 6) == 0;
	curl_easy_setopt(easy, CURLOPT_URL, bare);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "migrate-check");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(o->connect_timeout * 1000));
	if (o->low_speed_seconds > 0) {
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 100L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, whole_seconds(o->low_speed_seconds));
	}
	set_credentials(easy, url, o->net);
	set_tls(easy, o->net);
	set_proxy(easy, url, o->net);
}
