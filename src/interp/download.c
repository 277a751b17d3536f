/* download.c: one file over HTTP by libcurl, for source tarballs. */
#include "base/fs.h"
#include "base/network.h"
#include "base/text.h"
#include "interp/install.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a running download writes, and how much it still may. */
struct sink {
	FILE *file;
	uint64_t left;
	bool too_large;
	int errno_value;
};

static size_t on_data(char *data, size_t size, size_t n, void *cookie)
{
	struct sink *sink = cookie;
	size_t bytes = size * n;
	if (bytes > sink->left) {
		sink->too_large = true;
		return 0;
	}
	sink->left -= bytes;
	errno = 0;
	size_t done = fwrite(data, 1, bytes, sink->file);
	sink->errno_value = done < bytes ? errno : 0;
	return done;
}

static int on_progress(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)cookie, (void)a, (void)b, (void)c, (void)d;
	return processes_cancelled();
}

void network_environment(struct strv *env)
{
	const char *ca = network_ca(), *proxy = network_proxy();
	if (ca)
		strv_addf(env, "%s=%s", path_is_dir(ca) ? "SSL_CERT_DIR" : "SSL_CERT_FILE", ca);
	if (proxy)
		network_add_proxy(proxy, env);
	size_t n = env->n;
	for (char **e = environ; *e; e++) {
		size_t name = strcspn(*e, "=") + 1;
		bool replaced = false;
		for (size_t i = 0; i < n; i++)
			replaced |= strncmp(env->v[i], *e, name) == 0;
		if (!replaced)
			strv_add(env, *e);
	}
}

/* libcurl itself reads no environment for certificates. */
static void set_network(CURL *curl)
{
	const char *ca = network_ca(), *proxy = network_proxy();
	if (ca)
		curl_easy_setopt(curl, path_is_dir(ca) ? CURLOPT_CAPATH : CURLOPT_CAINFO, ca);
	if (proxy)
		curl_easy_setopt(curl, CURLOPT_PROXY, proxy);
}

static void set_options(CURL *curl, const char *url, struct sink *sink, char *message)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 30L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
	set_network(curl);
}

static int explain(CURLcode code, const struct sink *sink, const char *url, uint64_t max, const char *message, struct error *err)
{
	AUTO_FREE char *shown = text_hide_credentials(url);
	if (processes_cancelled())
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	if (sink->errno_value)
		return error_errno(err, ERR_INSTALL, sink->errno_value, "cannot write the download of %s", shown);
	AUTO_FREE char *limit = text_bytes(max);
	if (sink->too_large)
		return error_set(err, ERR_INSTALL, "%s is larger than %s", shown, limit);
	return error_set(err, ERR_INSTALL, "%s: %s", shown, *message ? message : curl_easy_strerror(code));
}

int download(const char *url, const char *path, uint64_t max, struct error *err)
{
	AUTO_FILE FILE *file = fopen(path, "we");
	struct sink sink = { .file = file, .left = max };
	char message[CURL_ERROR_SIZE] = "";
	if (!file)
		return error_errno(err, ERR_IO, errno, "cannot write %s", path);
	CURL *curl = curl_easy_init();
	if (!curl)
		return error_set(err, ERR_INTERNAL, "libcurl does not start");
	set_options(curl, url, &sink, message);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (code == CURLE_OK && fflush(file) == 0)
		return 0;
	if (code == CURLE_OK)
		sink.errno_value = errno;
	(void)unlink(path);
	return explain(code, &sink, url, max, message, err);
}
