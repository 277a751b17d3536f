/* test_http.c: downloads and texts against an index that misbehaves. */
#include "base/fs.h"
#include "base/text.h"
#include "fetch/cache.h"
#include "fetch/http.h"
#include "local_index.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define BIG 300000

static struct local_index ix;
static char big[BIG];
static char big_hex[SHA256_HEX], small_hex[SHA256_HEX];
static struct fetch_options options;

static int set_up(void **state)
{
	(void)state;
	local_index_start(&ix, NULL);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 251);
	local_index_file(&ix, "big-1.0.tar.gz", big, BIG, big_hex);
	local_index_text(&ix, "small-1.0.tar.gz", "small", small_hex);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	local_index_stop(&ix);
	return 0;
}

static int fresh(void **state)
{
	(void)state;
	local_index_clear(&ix);
	fetch_options_init(&options);
	options.backoff_seconds = 0.01;
	return 0;
}

/* Fetch one file of the index; the result stays in d. */
static int get(struct download *d, const char *path, const char *sha256, struct error *err)
{
	AUTO_FREE char *url = local_index_at(&ix, path);
	*d = (struct download){ .url = url, .sha256 = sha256, .size = -1 };
	int r = fetch_all(d, 1, &options, err);
	d->url = NULL;
	return r;
}

static void expect_big(const struct download *d)
{
	AUTO_BUF text = { 0 };
	assert_non_null(d->path);
	assert_int_equal(read_file(d->path, BIG, &text, NULL), 0);
	assert_int_equal(text.len, BIG);
	assert_memory_equal(text.data, big, BIG);
	assert_string_equal(d->sha256_seen, big_hex);
}

static void expect_ok(const char *path, const char *sha256)
{
	AUTO_ERROR err = { 0 };
	struct download d;
	if (get(&d, path, sha256, &err) < 0)
		fail_msg("%s: %s", err.what, err.why ? err.why : "");
	download_release(&d);
}

static void expect_error(const char *path, const char *sha256, enum error_code code, const char *text)
{
	AUTO_ERROR err = { 0 };
	struct download d;
	assert_int_equal(get(&d, path, sha256, &err), -1);
	assert_null(d.path);
	if (err.code != code || !strstr(err.what, text))
		fail_msg("got %s: %s", error_slug(err.code), err.what);
	assert_int_equal(d.error.code, code);
	download_release(&d);
}

static void test_plain_and_cached(void **state)
{
	(void)state;
	struct download d;
	assert_int_equal(get(&d, "/files/big-1.0.tar.gz", big_hex, NULL), 0);
	expect_big(&d);
	download_release(&d);
	expect_ok("/files/big-1.0.tar.gz", big_hex);
	assert_int_equal(local_index_requests(&ix, "big", NULL), 1);
}

static void test_temporary_statuses(void **state)
{
	(void)state;
	local_index_rules(&ix, "{'do': 'status', 'status': 429, 'retry_after': 0, 'times': 1}");
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	assert_int_equal(local_index_requests(&ix, "\"status\": 429", NULL), 1);
	fresh(NULL);
	local_index_rules(&ix, "{'do': 'status', 'status': 503, 'times': 3}");
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	assert_int_equal(local_index_requests(&ix, "\"status\": 503", NULL), 3);
	fresh(NULL);
	local_index_rules(&ix, "{'do': 'drop', 'times': 2}");
	expect_ok("/files/small-1.0.tar.gz", small_hex);
}

static void test_retry_after_is_waited_for(void **state)
{
	(void)state;
	local_index_rules(&ix, "{'do': 'status', 'status': 429, 'retry_after': 1, 'times': 1}");
	uint64_t start = now_monotonic_ns(); /* a lower bound, so a busy machine does not matter */
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	assert_true(now_monotonic_ns() - start > 900000000u);
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 2);
}

static void test_gives_up(void **state)
{
	(void)state;
	options.retries = 2;
	local_index_rules(&ix, "{'do': 'status', 'status': 503}");
	expect_error("/files/small-1.0.tar.gz", small_hex, ERR_NETWORK, "HTTP 503");
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 3);
}

static void test_missing_is_final(void **state)
{
	(void)state;
	expect_error("/files/none-1.0.tar.gz", small_hex, ERR_NETWORK, "the server does not have it");
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 1);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	options.retries = 1;
	struct download d = { .url = "http://user:secret@127.0.0.1:1/x-1.0.tar.gz", .size = -1 };
	assert_int_equal(fetch_all(&d, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_null(strstr(err.what, "secret"));
	assert_null(strstr(err.where, "secret"));
	download_release(&d);
}

static void test_cut_off_goes_on(void **state)
{
	(void)state;
	struct download d;
	local_index_rules(&ix, "{'do': 'cut', 'after': 100000, 'times': 2}");
	assert_int_equal(get(&d, "/files/big-1.0.tar.gz", big_hex, NULL), 0);
	expect_big(&d);
	download_release(&d);
	assert_int_equal(local_index_requests(&ix, "\"status\": 206", "bytes=100000-"), 1);
	assert_int_equal(local_index_requests(&ix, "\"status\": 206", "bytes=200000-"), 1);
}

static void test_resume_by_a_later_call(void **state)
{
	(void)state;
	options.retries = 0;
	local_index_rules(&ix, "{'do': 'cut', 'after': 100000, 'times': 1}");
	expect_error("/files/big-1.0.tar.gz", big_hex, ERR_NETWORK, "big-1.0.tar.gz");
	struct download d;
	assert_int_equal(get(&d, "/files/big-1.0.tar.gz", big_hex, NULL), 0);
	expect_big(&d);
	download_release(&d);
	assert_int_equal(local_index_requests(&ix, "\"status\": 206", "\"if_range\": \"\\\""), 1);
}

/* The file changes between the tries: If-Range makes the server send all of it. */
static void test_changed_file_restarts(void **state)
{
	(void)state;
	options.retries = 0;
	local_index_rules(&ix, "{'do': 'cut', 'after': 1000, 'times': 1}, {'do': 'change', 'text': 'old', 'times': 1}");
	expect_error("/files/big-1.0.tar.gz", NULL, ERR_NETWORK, "big");
	struct download d;
	assert_int_equal(get(&d, "/files/big-1.0.tar.gz", NULL, NULL), 0);
	expect_big(&d);
	download_release(&d);
	assert_int_equal(local_index_requests(&ix, "\"status\": 200", "bytes=1000-"), 1);
}

/* Without a validator, pieces of two different files are joined; the hash says so, and it starts again. */
static void test_wrong_pieces_start_again(void **state)
{
	(void)state;
	struct partial p = PARTIAL_INIT;
	AUTO_FREE char *url = local_index_at(&ix, "/files/big-1.0.tar.gz");
	assert_int_equal(partial_open(&p, url, big_hex, NULL), 0);
	assert_int_equal(write(p.fd, "garbage", 7), 7);
	partial_close(&p);
	struct download d;
	assert_int_equal(get(&d, "/files/big-1.0.tar.gz", big_hex, NULL), 0);
	expect_big(&d);
	download_release(&d);
	assert_int_equal(local_index_requests(&ix, "bytes=7-", NULL), 1);
}

static void test_wrong_hash(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	struct download d;
	assert_int_equal(get(&d, "/files/small-1.0.tar.gz", big_hex, &err), -1);
	assert_int_equal(err.code, ERR_BAD_HASH);
	assert_non_null(strstr(err.what, "small-1.0.tar.gz"));
	assert_non_null(strstr(err.why, big_hex));
	assert_non_null(strstr(err.why, small_hex));
	assert_null(cache_find(small_hex));
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 1);
	download_release(&d);
}

static void test_size_limits(void **state)
{
	(void)state;
	options.max_bytes = 1000;
	expect_error("/files/big-1.0.tar.gz", big_hex, ERR_TOO_LARGE, "exceeds the limit");
	local_index_rules(&ix, "{'do': 'no-length'}");
	expect_error("/files/big-1.0.tar.gz", big_hex, ERR_TOO_LARGE, "exceeds the limit");
	options.max_bytes = BIG;
	expect_ok("/files/big-1.0.tar.gz", big_hex);
}

static void test_longer_than_stated(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *url = local_index_at(&ix, "/files/big-1.0.tar.gz");
	struct download d = { .url = url, .sha256 = small_hex, .size = 5 };
	assert_int_equal(fetch_all(&d, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_BAD_HASH);
	assert_non_null(strstr(err.what, "longer than the 5 bytes"));
	download_release(&d);
}

static void test_redirect_keeps_credentials_home(void **state)
{
	(void)state;
	local_index_rules(&ix, "{'match': '/hop/*', 'do': 'redirect', 'to': '{other}/files/small-1.0.tar.gz'}");
	AUTO_FREE char *url = xasprintf("http://user:secret@%s/hop/x", ix.url + strlen("http://"));
	struct download d = { .url = url, .sha256 = small_hex, .size = -1 };
	assert_int_equal(fetch_all(&d, 1, &options, NULL), 0);
	assert_int_equal(local_index_requests(&ix, "/hop/", "\"authorization\": true"), 1);
	assert_int_equal(local_index_requests(&ix, "/files/", "\"authorization\": false"), 1);
	download_release(&d);
	fresh(NULL);
	local_index_rules(&ix, "{'do': 'redirect', 'to': '{self}{path}x'}");
	expect_error("/a", small_hex, ERR_NETWORK, "redirects");
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 11);
	fresh(NULL);
	local_index_rules(&ix, "{'do': 'redirect', 'to': 'file:///etc/passwd'}");
	expect_error("/a", NULL, ERR_NETWORK, "file");
}

static void test_credentials(void **state)
{
	(void)state;
	const char *rule = "{'do': 'auth', 'user': 'me', 'password': 'p@ss'}";
	local_index_rules(&ix, rule);
	expect_error("/files/small-1.0.tar.gz", small_hex, ERR_NETWORK, "HTTP 401");
	struct net_config net = { 0 };
	AUTO_FREE char *auth = xasprintf("http://me:p%%40ss@%s/simple/", ix.url + strlen("http://"));
	strv_add(&net.auth_urls, "http://you:other@elsewhere.example/");
	strv_add(&net.auth_urls, auth);
	options.net = &net;
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	net_config_release(&net);
	fresh(NULL);
	local_index_rules(&ix, rule);
	AUTO_FREE char *netrc = path_join(ix.scratch, "netrc");
	const char *entry = "machine 127.0.0.1 login me password p@ss\n";
	write_file(netrc, entry, strlen(entry), NULL);
	setenv("NETRC", netrc, 1);
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	unsetenv("NETRC");
}

static void test_offline_names_all(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	expect_ok("/files/small-1.0.tar.gz", NULL);
	int before = local_index_requests(&ix, NULL, NULL);
	options.offline = true;
	AUTO_FREE char *url = local_index_at(&ix, "/files/small-1.0.tar.gz");
	struct download d[] = {
		{ .url = url, .sha256 = small_hex, .size = -1 },
		{ .url = "http://a.example/one-1.0.tar.gz", .sha256 = big_hex, .size = -1 },
		{ .url = "http://a.example/f?x", .filename = "two-1.0.tar.gz", .size = -1 },
		{ .url = "http://a.example/three-1.0.tar.gz", .size = -1, .optional = true },
		{ .url = url, .size = -1 },
	};
	assert_int_equal(fetch_all(d, ARRAY_LEN(d), &options, &err), -1);
	assert_int_equal(err.code, ERR_OFFLINE_MISS);
	assert_non_null(strstr(err.what, "2 artifacts"));
	assert_string_equal(err.why, "one-1.0.tar.gz, two-1.0.tar.gz");
	assert_non_null(d[0].path);
	assert_non_null(d[4].path); /* known from its URL */
	assert_int_equal(d[3].error.code, ERR_OFFLINE_MISS);
	assert_int_equal(local_index_requests(&ix, NULL, NULL), before);
	for (size_t i = 0; i < ARRAY_LEN(d); i++)
		download_release(&d[i]);
}

static void test_many_in_parallel(void **state)
{
	(void)state;
	enum { N = 12 };
	struct download d[N] = { 0 };
	char hex[N][SHA256_HEX];
	AUTO_STRV urls = { 0 };
	for (int i = 0; i < N; i++) {
		AUTO_FREE char *name = xasprintf("many-%d.tar.gz", i);
		local_index_text(&ix, name, name, hex[i]);
		strv_addf(&urls, "%s/files/%s", ix.url, name);
	}
	local_index_rules(&ix, "{'match': '*many-3*', 'do': 'status', 'status': 404}, {'match': '*many-5*', 'do': 'status', 'status': 503, 'times': 1}");
	for (int i = 0; i < N; i++)
		d[i] = (struct download){ .url = urls.v[i], .sha256 = hex[i], .size = -1, .optional = i == 3 };
	assert_int_equal(fetch_all(d, N, &options, NULL), 0);
	for (int i = 0; i < N; i++)
		assert_int_equal(d[i].path != NULL, i != 3);
	for (int i = 0; i < N; i++)
		download_release(&d[i]);
	AUTO_ERROR err = { 0 };
	struct download two[2] = { { .url = urls.v[3], .size = -1 }, { .url = "http://127.0.0.1:1/gone.whl", .size = -1 } };
	options.retries = 0;
	assert_int_equal(fetch_all(two, 2, &options, &err), -1);
	assert_non_null(strstr(err.what, "2 of 2"));
	assert_non_null(strstr(err.why, "many-3"));
	assert_non_null(strstr(err.why, "gone.whl"));
	download_release(&two[0]);
	download_release(&two[1]);
}

/* The same URL twice: one transfer, both get the file. */
static void test_same_file_twice(void **state)
{
	(void)state;
	AUTO_FREE char *url = local_index_at(&ix, "/files/big-1.0.tar.gz");
	struct download d[2] = { { .url = url, .size = -1 }, { .url = url, .size = -1 } };
	assert_int_equal(fetch_all(d, 2, &options, NULL), 0);
	expect_big(&d[0]);
	expect_big(&d[1]);
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 1);
	download_release(&d[0]);
	download_release(&d[1]);
}

/* Two processes want one file: the second waits and finds it in the cache. */
static void test_two_processes(void **state)
{
	(void)state;
	local_index_rules(&ix, "{'do': 'slow', 'bytes_per_second': 1000000}");
	pid_t pid = fork();
	if (pid == 0) {
		struct download d;
		_exit(get(&d, "/files/big-1.0.tar.gz", big_hex, NULL) < 0);
	}
	int status = 1;
	expect_ok("/files/big-1.0.tar.gz", big_hex);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(local_index_requests(&ix, NULL, NULL), 1);
}

static void test_disk_full(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) { /* a file size limit stands in for the full disk: write() fails in the same place */
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 50000, 50000 });
		struct download d;
		struct error err = { 0 };
		int r = get(&d, "/files/big-1.0.tar.gz", big_hex, &err);
		_exit(r == -1 && err.code == ERR_IO && strstr(err.what, "cannot write") ? 0 : 1);
	}
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool stop_at_once(void *cookie)
{
	(void)cookie;
	return true;
}

static void test_interrupt(void **state)
{
	(void)state;
	options.should_stop = stop_at_once;
	expect_error("/files/big-1.0.tar.gz", big_hex, ERR_INTERRUPTED, "interrupted");
}

static void test_local_files(void **state)
{
	(void)state;
	AUTO_FREE char *url = xasprintf("file://%s/small-1.0.tar.gz", ix.root);
	struct download d = { .url = url, .sha256 = small_hex, .size = -1 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(fetch_all(&d, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	download_release(&d);
	struct net_config net = { .allow_file = true };
	options.net = &net;
	assert_int_equal(fetch_all(&d, 1, &options, NULL), 0);
	assert_non_null(d.path);
	download_release(&d);
}

static void test_texts(void **state)
{
	(void)state;
	AUTO_FREE char *root = local_index_at(&ix, "/simple/");
	AUTO_FREE char *none = local_index_at(&ix, "/simple/none/");
	local_index_rules(&ix, "{'do': 'header', 'name': 'Cache-Control', 'value': 'public, max-age=600'}, {'do': 'status', 'status': 502, 'times': 1}");
	struct text_get g[2] = { { .url = root, .accept = "text/html", .max = 100000 }, { .url = none, .max = 100000 } };
	assert_int_equal(fetch_texts(g, 2, &options, NULL), 0);
	assert_int_equal(g[0].status, 200);
	assert_non_null(strstr(buf_str(&g[0].body), "small"));
	assert_int_equal(g[0].max_age, 600);
	assert_int_equal(g[1].status, 404);
	AUTO_FREE char *etag = xstrdup(g[0].etag_out);
	text_get_release(&g[1]);
	g[0].etag = etag;
	assert_int_equal(fetch_texts(g, 1, &options, NULL), 0);
	assert_int_equal(g[0].status, 304);
	text_get_release(&g[0]);
	AUTO_ERROR err = { 0 };
	struct text_get tiny = { .url = root, .max = 10 };
	assert_int_equal(fetch_texts(&tiny, 1, &options, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	text_get_release(&tiny);
}

static void test_urls(void **state)
{
	(void)state;
	AUTO_FREE char *a = url_resolve("http://u:p@h.example/simple/x/", "../../files/a%20b.whl");
	assert_string_equal(a, "http://u:p@h.example/files/a%20b.whl");
	AUTO_FREE char *b = url_without_secrets("https://u:p@h.example/x#sha256=1");
	assert_string_equal(b, "https://h.example/x");
	assert_null(url_resolve("http://h.example/", "ftp://h.example/x"));
	assert_null(url_resolve("http://h.example/", "a\nb"));
	assert_null(url_resolve("http://h.example/", "javascript:alert(1)"));
	assert_true(url_same_origin("https://h.example/a", "https://u:p@H.example:443/b"));
	assert_false(url_same_origin("https://h.example/a", "http://h.example/a"));
	assert_false(url_same_origin("https://h.example/a", "https://h.example:8443/a"));
	assert_false(url_same_origin("https://h.example/a", "https://h.example.evil.example/a"));
	AUTO_FREE char *name = url_file_name("http://u:p@h.example/a/pkg-1%2B2.whl?x=/y#z");
	assert_string_equal(name, "pkg-1+2.whl");
	assert_null(url_file_name("http://h.example/a/"));
	assert_null(url_file_name("http://h.example/a/x%2F..%2Fy"));
	assert_null(url_file_name("http://h.example/.profile"));
}

/* A certificate for 127.0.0.1, signed by itself, with its key, in one PEM file. */
static char *make_certificate(void)
{
	char *path = path_join(ix.scratch, "cert.pem");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	AUTO_FILE FILE *f = fopen(path, "w");
	assert_non_null(key);
	assert_non_null(cert);
	assert_non_null(f);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(cert, san, -1);
	X509_EXTENSION_free(san);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, cert), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	return path;
}

/* Certificates are checked, and nothing that began with https goes on without it. */
static void test_tls(void **state)
{
	(void)state;
	AUTO_FREE char *pem = make_certificate();
	struct local_index plain = ix;
	local_index_start(&ix, pem);
	local_index_text(&ix, "small-1.0.tar.gz", "small", NULL);
	expect_error("/files/small-1.0.tar.gz", small_hex, ERR_NETWORK, "certificate");
	struct net_config net = { 0 };
	setenv("PIP_CERT", pem, 1);
	net_config_from_env(&net);
	unsetenv("PIP_CERT");
	options.net = &net;
	local_index_rules(&ix, "{'match': '/hop/*', 'do': 'redirect', 'to': '{other}/files/small-1.0.tar.gz'}");
	expect_error("/hop/x", small_hex, ERR_NETWORK, "redirect");
	assert_int_equal(local_index_requests(&ix, "/files/", NULL), 0);
	expect_ok("/files/small-1.0.tar.gz", small_hex);
	net_config_release(&net);
	local_index_stop(&ix);
	ix = plain;
	setenv("HOME", ix.scratch, 1);
	setenv("MIGRATE_CHECK_CACHE", ix.cache, 1);
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_urls), T(test_plain_and_cached), T(test_temporary_statuses), T(test_retry_after_is_waited_for), T(test_gives_up),
		T(test_missing_is_final), T(test_nobody_listens), T(test_cut_off_goes_on), T(test_resume_by_a_later_call),
		T(test_changed_file_restarts), T(test_wrong_pieces_start_again), T(test_wrong_hash), T(test_size_limits),
		T(test_longer_than_stated), T(test_redirect_keeps_credentials_home), T(test_credentials), T(test_offline_names_all),
		T(test_many_in_parallel), T(test_same_file_twice), T(test_two_processes), T(test_disk_full), T(test_interrupt),
		T(test_local_files), T(test_texts), T(test_tls),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
