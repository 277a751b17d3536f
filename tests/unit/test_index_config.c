/* test_index_config.c: pip's and uv's configuration, and pip's own default. */
#include "base/fs.h"
#include "fetch/index_config.h"
#include "fetch/ini.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *scratch;

static int fresh(void **state)
{
	static const char *const unwanted[] = {
		"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_PROXY", "PIP_CLIENT_CERT", "UV_INDEX_URL", "UV_DEFAULT_INDEX",
		"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE",
		"SSL_CERT_DIR", "XDG_CONFIG_HOME", "PIP_CONFIG_FILE",
	};
	(void)state;
	const char *tmp = getenv("TMPDIR");
	for (size_t i = 0; i < ARRAY_LEN(unwanted); i++)
		unsetenv(unwanted[i]);
	if (make_temp_dir(tmp ? tmp : "/tmp", "mc-config", &scratch, NULL) < 0)
		return -1;
	setenv("HOME", scratch, 1);
	setenv("XDG_CONFIG_DIRS", scratch, 1);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	remove_tree(scratch, NULL);
	free(scratch);
	return 0;
}

static char *put(const char *name, const char *text)
{
	char *path = path_join(scratch, name);
	AUTO_FREE char *dir = path_dir(path);
	assert_int_equal(make_dirs(dir, NULL), 0);
	assert_int_equal(write_file(path, text, strlen(text), NULL), 0);
	return path;
}

/* A pip of our own: the interpreter's prefix holds it as an installed package. */
static char *python_with_pip(const char *constant)
{
	AUTO_FREE char *text = xasprintf("import x\n\nPyPI = PackageIndex(\n    \"%s\", file_storage_domain=\"f\"\n)\nTestPyPI = PackageIndex(\n    \"https://test.example/\", \"f\")\n", constant);
	free(put("py/lib/python3.99/site-packages/pip/_internal/models/index.py", text));
	return put("py/bin/python3", "");
}

static void expect(const struct index_request *r, const char *url, const char *origin)
{
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_CONFIG c;
	if (index_config_load(r, &c, &err) < 0)
		fail_msg("%s", err.what);
	assert_string_equal(c.url, url);
	if (!str_starts(c.origin, origin))
		fail_msg("origin %s instead of %s", c.origin, origin);
}

static void test_order(void **state)
{
	(void)state;
	AUTO_FREE char *python = python_with_pip("https://default.example/");
	struct index_request r = { .python = python };
	setenv("PIP_CONFIG_FILE", "/dev/null", 1);
	expect(&r, "https://default.example/simple", "pip's default");
	AUTO_FREE char *uv = put(".config/uv/uv.toml", "offline = true\n[[index]]\nname = \"a\"\nurl = \"https://a.example/simple\"\n"
	                                               "[[index]]\nurl = 'https://uvtoml.example/simple/' # it\ndefault = true\n[pip]\n");
	expect(&r, "https://uvtoml.example/simple", "uv.toml: ");
	unsetenv("PIP_CONFIG_FILE");
	AUTO_FREE char *xdg = put("pip/pip.conf", "[global]\nindex-url = https://xdg.example/simple\n");
	AUTO_FREE char *old = put(".pip/pip.conf", "[global]\nindex_url: https://old.example/simple\n");
	expect(&r, "https://old.example/simple", "pip.conf: ");
	AUTO_FREE char *user = put(".config/pip/pip.conf", "[global]\nindex-url = https://global.example/\n[install]\n--INDEX-URL = https://user.example/simple\n");
	expect(&r, "https://user.example/simple", "pip.conf: ");
	AUTO_FREE char *site = put("py/pip.conf", "[download]\nindex-url = https://site.example/simple\n");
	expect(&r, "https://site.example/simple", "pip.conf: ");
	AUTO_FREE char *own = put("own.conf", "[global]\nindex-url = https://own.example/simple\n");
	setenv("PIP_CONFIG_FILE", own, 1);
	expect(&r, "https://own.example/simple", "pip.conf: ");
	setenv("PIP_INDEX_URL", "https://pipenv.example/simple/", 1);
	expect(&r, "https://pipenv.example/simple", "PIP_INDEX_URL");
	setenv("UV_INDEX_URL", "https://uvenv.example/simple", 1);
	expect(&r, "https://uvenv.example/simple", "UV_INDEX_URL");
	setenv("UV_DEFAULT_INDEX", "main=https://uvdef.example/simple", 1);
	expect(&r, "https://uvdef.example/simple", "UV_DEFAULT_INDEX");
	r.index_url = "https://option.example/simple";
	expect(&r, "https://option.example/simple", "option");
}

static void test_other_settings(void **state)
{
	(void)state;
	AUTO_FREE char *own = put("own.conf", "[global]\nindex-url = https://u:p@i.example/simple\nextra-index-url =\n    https://x.example/simple\n"
	                                      "    file:///wheels\ncert = /c.pem\nclient-cert=/cc.pem\nproxy = http://q:r@proxy.example:3128\n");
	setenv("PIP_CONFIG_FILE", own, 1);
	setenv("UV_INDEX", "first=https://first.example/simple", 1);
	AUTO_INDEX_CONFIG c;
	assert_int_equal(index_config_load(&(struct index_request){ 0 }, &c, NULL), 0);
	assert_int_equal(c.extra_urls.n, 3);
	assert_string_equal(c.extra_urls.v[0], "https://first.example/simple");
	assert_string_equal(c.extra_urls.v[2], "file:///wheels");
	assert_string_equal(c.net.ca, "/c.pem");
	assert_string_equal(c.net.client_cert, "/cc.pem");
	assert_string_equal(c.net.proxy, "http://q:r@proxy.example:3128");
	assert_true(c.net.allow_file);
	assert_int_equal(c.net.auth_urls.n, 1);
	AUTO_FREE char *text = index_config_text(&c);
	assert_null(strstr(text, "u:p"));
	assert_non_null(strstr(text, "https://***@i.example/simple (from pip.conf: "));
	index_config_release(&c);
	setenv("CURL_CA_BUNDLE", "/three.pem", 1);
	setenv("REQUESTS_CA_BUNDLE", "/two.pem", 1);
	assert_int_equal(index_config_load(&(struct index_request){ 0 }, &c, NULL), 0);
	assert_string_equal(c.net.ca, "/two.pem");
	index_config_release(&c);
	setenv("PIP_CERT", "/one.pem", 1);
	assert_int_equal(index_config_load(&(struct index_request){ 0 }, &c, NULL), 0);
	assert_string_equal(c.net.ca, "/one.pem");
}

static void expect_error(const struct index_request *r, enum error_code code, const char *where)
{
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_CONFIG c;
	assert_int_equal(index_config_load(r, &c, &err), -1);
	assert_int_equal(err.code, code);
	if (!err.where || !strstr(err.where, where))
		fail_msg("where: %s", err.where ? err.where : "(null)");
	assert_null(strstr(err.what, "secret"));
}

static void test_mistakes(void **state)
{
	(void)state;
	expect_error(&(struct index_request){ .index_url = "index.example" }, ERR_USAGE, "option");
	expect_error(&(struct index_request){ .index_url = "ftp://u:secret@index.example/" }, ERR_USAGE, "option");
	setenv("PIP_INDEX_URL", "ftp://u:secret@i.example", 1);
	expect_error(&(struct index_request){ 0 }, ERR_BAD_CONFIG, "PIP_INDEX_URL");
	AUTO_FREE char *own = put("own.conf", "[global]\n\nnonsense\n");
	setenv("PIP_CONFIG_FILE", own, 1);
	expect_error(&(struct index_request){ 0 }, ERR_BAD_CONFIG, "own.conf:3:1");
}

static void make_pip_wheel(const char *path, const char *text)
{
	struct archive *a = archive_write_new();
	static const char *const names[] = { "pip/__init__.py", "pip/_internal/models/index.py" };
	archive_write_set_format_zip(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct archive_entry *e = archive_entry_new();
		archive_entry_set_pathname(e, names[i]);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (la_int64_t)strlen(text));
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		archive_write_data(a, text, strlen(text));
		archive_entry_free(e);
	}
	archive_write_free(a);
}

static void test_bundled_wheel(void **state)
{
	(void)state;
	AUTO_FREE char *wheel = put("b/lib/python3.99/ensurepip/_bundled/pip-99-py3-none-any.whl", "");
	AUTO_FREE char *python = put("b/bin/python3.99", "");
	make_pip_wheel(wheel, "class PackageIndex: pass\n\nPyPI = PackageIndex(\"https://bundled.example/\", file_storage_domain=\"x\")\n");
	AUTO_FREE char *url = default_index_of(python);
	assert_string_equal(url, "https://bundled.example/simple");
}

static void test_ini(void **state)
{
	(void)state;
	AUTO_INI ini = { 0 };
	const char *text = "\xef\xbb\xbf# c\n[a]\nk = 1\n  two\n\n  three\nK_x: v : w\n; c\n[b]\r\nk=\r\nk = last\r\n";
	assert_int_equal(ini_parse(text, strlen(text), "f", &ini, NULL), 0);
	assert_string_equal(ini_get(&ini, "a", "k"), "1\ntwo\nthree");
	assert_string_equal(ini_get(&ini, "a", "k-x"), "v : w");
	assert_string_equal(ini_get(&ini, "b", "k"), "last");
	assert_null(ini_get(&ini, "b", "x"));
	static const char *const bad[] = { "k = v\n", "[a\n", "[a]\nk\n", "[a]\n= v\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_ERROR err = { 0 };
		AUTO_INI none = { 0 };
		assert_int_equal(ini_parse(bad[i], strlen(bad[i]), "f", &none, &err), -1);
		assert_int_equal(err.code, ERR_BAD_CONFIG);
	}
}

static void test_indexes_of_files(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	AUTO_INDEX_CONFIG c;
	AUTO_STRV extra = { 0 };
	strv_add(&extra, "https://u:secret@extra.example/simple");
	assert_int_equal(index_config_load(&(struct index_request){ .index_url = "https://a.example/simple" }, &c, &err), 0);
	assert_int_equal(index_config_add(&c, NULL, NULL, &extra, &err), 0);
	assert_string_equal(c.url, "https://a.example/simple");
	assert_true(strv_has(&c.extra_urls, extra.v[0]) && strv_has(&c.net.auth_urls, extra.v[0]));
	assert_int_equal(index_config_add(&c, "https://b.example/simple/", "r.txt:1", &extra, &err), 0);
	assert_string_equal(c.url, "https://b.example/simple");
	assert_int_equal(c.extra_urls.n, 1);
	assert_int_equal(index_config_add(&c, "nothing", "r.txt:2", &extra, &err), -1);
	assert_int_equal(err.code, ERR_BAD_CONFIG);
	assert_string_equal(err.where, "r.txt:2");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_order), T(test_other_settings), T(test_mistakes), T(test_bundled_wheel), T(test_ini), T(test_indexes_of_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
