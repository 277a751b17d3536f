/* local_index.c: see local_index.h. */
#include "local_index.h"
#include "base/fs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Nothing of the user's own set-up may reach the tests, nor may a proxy. */
static void quiet_environment(const struct local_index *ix)
{
	static const char *const unwanted[] = {
		"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_PROXY", "PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "UV_INDEX_URL",
		"UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE", "http_proxy", "https_proxy", "HTTP_PROXY",
		"HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE",
		"SSL_CERT_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS",
	};
	for (size_t i = 0; i < ARRAY_LEN(unwanted); i++)
		unsetenv(unwanted[i]);
	setenv("HOME", ix->scratch, 1);
	setenv("MIGRATE_CHECK_CACHE", ix->cache, 1);
}

static int read_port(FILE *f)
{
	int port = 0;
	char line[32];
	if (fgets(line, sizeof(line), f))
		port = (int)strtol(line, NULL, 10);
	assert_true(port > 0);
	return port;
}

static void run_server(const struct local_index *ix, const char *tls, int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	unsetenv("LD_PRELOAD");
	execlp("python3", "python3", MC_BUILD_SRCDIR "/fixtures/index_server.py", "--root", ix->root, "--behave", ix->behave, "--log",
	       ix->log, "--second", "--watch-stdin", tls ? "--tls" : NULL, tls, NULL);
	_exit(127);
}

void local_index_start(struct local_index *ix, const char *tls)
{
	*ix = (struct local_index){ 0 };
	const char *tmp = getenv("TMPDIR");
	assert_int_equal(make_temp_dir(tmp ? tmp : "/tmp", "mc-index", &ix->scratch, NULL), 0);
	ix->root = path_join(ix->scratch, "root");
	ix->behave = path_join(ix->scratch, "behave.json");
	ix->log = path_join(ix->scratch, "log");
	ix->cache = path_join(ix->scratch, "cache");
	assert_int_equal(make_dirs(ix->root, NULL), 0);
	int in[2], out[2];
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	ix->pid = fork();
	assert_true(ix->pid >= 0);
	if (ix->pid == 0)
		run_server(ix, tls, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	ix->input = in[1];
	AUTO_FILE FILE *f = fdopen(out[0], "r");
	ix->url = xasprintf("%s://127.0.0.1:%d", tls ? "https" : "http", read_port(f));
	ix->other = xasprintf("http://localhost:%d", read_port(f));
	quiet_environment(ix);
}

void local_index_stop(struct local_index *ix)
{
	close(ix->input);
	waitpid(ix->pid, NULL, 0);
	remove_tree(ix->scratch, NULL);
	free(ix->scratch);
	free(ix->root);
	free(ix->behave);
	free(ix->log);
	free(ix->cache);
	free(ix->url);
	free(ix->other);
}

void local_index_file(const struct local_index *ix, const char *name, const void *data, size_t n, char hex[SHA256_HEX])
{
	AUTO_FREE char *path = path_join(ix->root, name);
	assert_int_equal(write_file(path, data, n, NULL), 0);
	if (hex)
		sha256_hex(data, n, hex);
}

void local_index_text(const struct local_index *ix, const char *name, const char *text, char hex[SHA256_HEX])
{
	local_index_file(ix, name, text, strlen(text), hex);
}

void local_index_rules(const struct local_index *ix, const char *rules)
{
	AUTO_FREE char *text = xasprintf("{\"rules\": [%s]}\n", rules);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	assert_int_equal(write_file(ix->behave, text, strlen(text), NULL), 0);
}

void local_index_clear(const struct local_index *ix)
{
	unlink(ix->behave);
	unlink(ix->log);
	remove_tree(ix->cache, NULL);
}

int local_index_requests(const struct local_index *ix, const char *a, const char *b)
{
	AUTO_BUF text = { 0 };
	AUTO_STRV lines = { 0 };
	int n = 0;
	if (read_file(ix->log, 1 << 20, &text, NULL) < 0)
		return 0;
	strv_split(&lines, buf_str(&text), '\n');
	for (size_t i = 0; i < lines.n; i++)
		n += *lines.v[i] && (!a || strstr(lines.v[i], a)) && (!b || strstr(lines.v[i], b));
	return n;
}

char *local_index_at(const struct local_index *ix, const char *path)
{
	return xasprintf("%s%s", ix->url, path);
}
