/* test_interp_install.c: the providers, against fake programs, local tarballs and a local server. */
#include "interp_help.h"
#include "base/fs.h"
#include "base/hash.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

#define INSTALL_OK(request, pair) install_ok(request, pair, __LINE__)

static void install_ok(const struct interp_install_request *r, struct pair *p, int line)
{
	AUTO_ERROR err = { 0 };
	if (interp_install(r, p, NULL, &err) < 0)
		fail_msg("line %d: %s\n%s", line, err.what, err.why);
}

static void expect_failure(const struct interp_install_request *r, enum error_code code, const char *words)
{
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(interp_install(r, &p, NULL, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.what, words) && !(err.why && strstr(err.why, words)))
		fail_msg("`%s` is not in: %s\n%s", words, err.what, err.why);
	/* nothing that looks whole, no work folder */
	AUTO_STRV names = { 0 };
	if (path_is_dir(at("data/python")))
		assert_int_equal(list_dir(at("data/python"), &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++)
		assert_true(str_eq(names.v[i], ".lock") || str_eq(names.v[i], "logs"));
}

static void test_requests_that_make_no_sense(void **state)
{
	(void)state;
	expect_failure(&(struct interp_install_request){ .version = "latest" }, ERR_USAGE, "`latest`");
	expect_failure(&(struct interp_install_request){ .version = "3.12" }, ERR_USAGE, "`3.12`");
	expect_failure(&(struct interp_install_request){ .provider = "conda" }, ERR_USAGE, "`conda`");
}

static void put_fake_uv(void)
{
	put_interpreter(at("made/gil"), &(struct fake){ .version = "3.13.9" });
	put_interpreter(at("made/ft"), &(struct fake){ .version = "3.13.9", .ft = true });
	put_program(at("my-uv"), "#!/bin/sh\necho \"$*\" >%s\nmkdir -p %s/a/bin %s/b/bin\ncp %s %s/a/bin/python3.13\ncp %s %s/b/bin/python3.13t\n", at("uv-asked"),
	            at("share/uv/python"), at("share/uv/python"), at("made/gil"), at("share/uv/python"), at("made/ft"), at("share/uv/python"));
}

static void test_uv_installs(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	put_fake_uv();
	INSTALL_OK(&((struct interp_install_request){ .version = "3.13", .uv = at("my-uv") }), &p);
	assert_string_equal(get(at("uv-asked")), "python install --no-progress 3.13 3.13t\n");
	assert_string_equal(p.gil.provider, "uv");
	assert_string_equal(p.ft.executable, at("share/uv/python/b/bin/python3.13t"));
	assert_int_equal(p.parity.n, 0);
}

/* What pip is told of the way to the network holds for uv and for downloads of ours. */
static void test_the_network_is_reached_as_pip_does(void **state)
{
	(void)state;
	setenv("PIP_CERT", "/etc/ours.pem", 1);
	setenv("PIP_PROXY", "http://127.0.0.1:9", 1);
	setenv("SSL_CERT_FILE", "/etc/theirs.pem", 1);
	AUTO_FREE char *uv = xasprintf("#!/bin/sh\necho \"$SSL_CERT_FILE $HTTPS_PROXY $https_proxy\" >%s; exit 2\n", at("uv-network"));
	put_program(at("my-uv"), "%s", uv);
	struct interp_install_request r = { .provider = "uv", .uv = at("my-uv") };
	expect_failure(&r, ERR_INSTALL, "uv: my-uv");
	put(at("www/x"), "content");
	AUTO_FREE char *url = xasprintf("%s/x", serve("www"));
	AUTO_ERROR err = { 0 };
	int by_proxy = download(url, at("got"), 100, &err);
	unsetenv("PIP_CERT");
	unsetenv("PIP_PROXY");
	unsetenv("SSL_CERT_FILE");
	assert_string_equal(get(at("uv-network")), "/etc/ours.pem http://127.0.0.1:9 http://127.0.0.1:9\n");
	assert_int_equal(by_proxy, -1); /* nobody listens on the proxy's port */
	assert_int_equal(download(url, at("got"), 100, NULL), 0);
}

static void test_uv_that_cannot(void **state)
{
	(void)state;
	struct interp_install_request r = { .provider = "uv" };
	expect_failure(&r, ERR_INSTALL, "uv: the program uv is not here");
	r.uv = at("absent");
	expect_failure(&r, ERR_INSTALL, "uv: there is no program");
	put_program(at("my-uv"), "#!/bin/sh\necho 'error: no download site'; echo '  cause: dns'; exit 2\n");
	r.uv = at("my-uv");
	expect_failure(&r, ERR_INSTALL, "uv: my-uv: error: no download site");
	put_program(at("my-uv"), "#!/bin/sh\nexit 0\n");
	expect_failure(&r, ERR_INSTALL, "no such pair is in its folder");
}

static void test_source_builds_both_arms_alike(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	CLEANUP(interp_pair_release) struct pair again = { 0 };
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", NULL);
	INSTALL_OK(&((struct interp_install_request){ .source = tarball, .jobs = 4 }), &p);
	assert_string_equal(p.gil.executable, at("data/python/cpython-3.13.15-gil/bin/python3.13"));
	assert_string_equal(p.ft.executable, at("data/python/cpython-3.13.15-ft/bin/python3.13t"));
	assert_string_equal(p.ft.provider, "own");
	AUTO_FREE char *gil = xasprintf("--prefix=%s --disable-test-modules CFLAGS=-O2\n", at("data/python/cpython-3.13.15-gil"));
	AUTO_FREE char *ft = xasprintf("--prefix=%s --disable-gil --disable-test-modules CFLAGS=-O2\n", at("data/python/cpython-3.13.15-ft"));
	assert_string_equal(get(at("data/python/cpython-3.13.15-gil/arguments")), gil);
	assert_string_equal(get(at("data/python/cpython-3.13.15-ft/arguments")), ft);
	assert_non_null(strstr(get(at("data/python/cpython-3.13.15-ft/migrate-check.json")), "x.tar.xz"));
	assert_non_null(strstr(get(at("data/python/logs/cpython-3.13.15-ft.log")), "Objects/x.o"));
	/* asked again without a tarball: it is there, whatever the providers could do */
	INSTALL_OK(&((struct interp_install_request){ .provider = "debian" }), &again);
	assert_string_equal(again.gil.executable, p.gil.executable);
}

static void test_optimized_and_forced(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	CLEANUP(interp_pair_release) struct pair again = { 0 };
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", NULL);
	INSTALL_OK(&((struct interp_install_request){ .source = tarball }), &p);
	put(at("data/python/cpython-3.13.15-ft/stale"), "x");
	put(at("data/python/.build-dead/x"), "x");
	INSTALL_OK(&((struct interp_install_request){ .source = tarball, .optimized = true, .force = true }), &again);
	assert_non_null(strstr(get(at("data/python/cpython-3.13.15-gil/arguments")), " --enable-optimizations --with-lto\n"));
	assert_null(strstr(get(at("data/python/cpython-3.13.15-gil/arguments")), "disable-test-modules"));
	assert_false(path_exists(at("data/python/cpython-3.13.15-ft/stale")));
	assert_false(path_exists(at("data/python/.build-dead")));
}

static void test_source_that_cannot_be_built(void **state)
{
	(void)state;
	char *good = put_tarball(at("good.tar.xz"), "3.13.15", NULL);
	char *broken = put_tarball(at("broken.tar.xz"), "3.13.15", "echo 'x.c:1: error: no such thing'; exit 1");
	char *full = put_tarball(at("full.tar.xz"), "3.13.15", "echo 'cc: No space left on device'; exit 1");
	AUTO_FREE char *wrong_hash = xasprintf("%s#sha256=%064d", good, 1);
	AUTO_FREE char *no_hash = xasprintf("%s#sha256=12", good);
	put(at("text.tar.xz"), "no tarball");
	expect_failure(&(struct interp_install_request){ .source = at("absent") }, ERR_INSTALL, "source: there is no file");
	expect_failure(&(struct interp_install_request){ .source = wrong_hash }, ERR_INSTALL, "another sha256");
	expect_failure(&(struct interp_install_request){ .source = no_hash }, ERR_INSTALL, "`12` is no sha256");
	expect_failure(&(struct interp_install_request){ .source = good, .version = "3.14" }, ERR_INSTALL, "is of CPython 3.13.15, not of 3.14");
	expect_failure(&(struct interp_install_request){ .source = at("text.tar.xz") }, ERR_INSTALL, "unpack: tar:");
	expect_failure(&(struct interp_install_request){ .source = broken }, ERR_INSTALL, "build, make: make: x.c:1: error: no such thing");
	expect_failure(&(struct interp_install_request){ .source = full }, ERR_DISK_FULL, "no space left");
}

static void test_hash_that_fits(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	char hex[SHA256_HEX];
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", NULL);
	assert_int_equal(sha256_file(tarball, hex, NULL), 0);
	AUTO_FREE char *source = xasprintf("file://%s#sha256=%s", tarball, hex);
	INSTALL_OK(&((struct interp_install_request){ .source = source }), &p);
}

/* A header that was missing gives an interpreter without ssl: it must not land. */
static void test_interpreter_without_its_modules_is_refused(void **state)
{
	(void)state;
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", "cp bad fake; cp bad faket");
	expect_failure(&(struct interp_install_request){ .source = tarball }, ERR_INSTALL, "ModuleNotFoundError: no ssl");
}

static void test_newest_release_of_the_site(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	put_tarball(at("site/3.13.15/Python-3.13.15.tar.xz"), "3.13.15", NULL);
	put(at("site/3.13.15/Python-3.13.15rc1.tar.xz"), "x");
	put(at("site/3.13.9/Python-3.13.9.tar.xz"), "x");
	put(at("site/3.13.16/Python-3.13.16rc1.tar.xz"), "x"); /* only a candidate: the final one below is newer in worth */
	put(at("site/3.14.0/Python-3.14.0.tar.xz"), "x");
	struct interp_install_request r = { .provider = "source", .source_site = serve("site") };
	INSTALL_OK(&r, &p);
	assert_string_equal(p.gil.version, "3.13.15");
	r.version = "3.15";
	CLEANUP(interp_pair_release) struct pair none = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(interp_install(&r, &none, NULL, &err), -1);
	assert_non_null(strstr(err.why, "lists no CPython 3.15"));
	AUTO_FREE char *absent = xasprintf("%s/absent.tar.xz", r.source_site);
	AUTO_ERROR other = { 0 };
	assert_int_equal(interp_install(&(struct interp_install_request){ .source = absent }, &none, NULL, &other), -1);
	assert_non_null(strstr(other.why, "404"));
}

static void test_download_is_bounded(void **state)
{
	(void)state;
	AUTO_ERROR err = { 0 };
	put(at("big"), "0123456789");
	AUTO_FREE char *url = xasprintf("file://%s", at("big"));
	assert_int_equal(download(url, at("copy"), 9, &err), -1);
	assert_non_null(strstr(err.what, "larger than"));
	assert_false(path_exists(at("copy")));
	assert_int_equal(download(url, at("copy"), 10, NULL), 0);
	assert_string_equal(get(at("copy")), "0123456789");
}

static void test_listings(void **state)
{
	(void)state;
	struct pyversion want;
	AUTO_STRV out = { 0 };
	const char *html = "<a href=\"../\">..</a><a href=\"3.13.5/\">x</a> <a href=\"3.13.15/\"> <a href='3.13.99/'> <a href=\"3.13.15/\">"
	                   "<a href=\"3.13.x/\"><a href=\"3.14.0/\"><a href=\"";
	assert_true(pyversion_read("3.13", &want));
	listing_versions(html, &want, &out);
	assert_int_equal(out.n, 2);
	assert_string_equal(out.v[0], "3.13.15");
	AUTO_FREE char *name = listing_tarball("<a href=\"Python-3.13.15rc1.tar.xz\"><a href=\"Python-3.13.15.tar.xz\"><a href=\"Python-3.13.15.tar.xz.asc\">"
	                                       "<a href=\"Python-3.14.0.tar.xz\"><a href=\"Python-.tar.xz\">", &want);
	assert_string_equal(name, "Python-3.13.15.tar.xz");
	assert_null(listing_tarball("", &want));
}

static void test_missing_packages_are_named(void **state)
{
	(void)state;
	put_program(at("bin/fake-cc"), "#!/bin/sh\necho 'missing 1'\necho 'missing 3'\n");
	setenv("CC", "fake-cc", 1);
	expect_failure(&(struct interp_install_request){ .source = at("x") }, ERR_INSTALL,
	               "`apt-get install --no-install-recommends libssl-dev libffi-dev`");
}

/* A clang that says its version, and fails to link when told so. */
static void put_clang(bool runtime)
{
	put_program(at("bin/llvm-symbolizer"), "#!/bin/sh\n");
	put_program(at("bin/clang"), "#!/bin/sh\ncase $1 in -dumpversion) echo 17.0.6;; -fsanitize=thread) %s;; esac\n",
	            runtime ? "exit 0" : "echo 'error: no such file: libclang_rt.tsan.a'; exit 1");
}

static const char swap_in[] = "cat Include/object.h >>arguments; cp tsan faket";

static void test_tsan_is_one_interpreter_that_no_pair_takes(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	CLEANUP(interp_pair_release) struct pair again = { 0 };
	CLEANUP(tsan_fact_release) struct tsan_fact fact = { 0 };
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", swap_in);
	put_clang(true);
	put(at("seeds"), "{\"seeded\": 3, \"twin\": 0, \"why\": null}");
	INSTALL_OK(&((struct interp_install_request){ .source = tarball, .tsan = true, .self_test = "self_test.py" }), &p);
	assert_string_equal(p.ft.executable, at("data/python/cpython-3.13.15-tsan/bin/python3.13t"));
	assert_null(p.gil.executable);
	const char *arguments = get(at("data/python/cpython-3.13.15-tsan/arguments"));
	assert_non_null(strstr(arguments, " --disable-gil --with-thread-sanitizer --disable-test-modules CC=clang CXX=clang++ CFLAGS=-O1 -g\n"));
	assert_non_null(strstr(arguments, "__ATOMIC_RELAXED")); /* the source was changed before it was built */
	assert_string_equal(get(at("data/python/cpython-3.13.15-tsan/" TSAN_SUPPRESSIONS)), "race_top:new_reference\n");
	interp_tsan_fact(&p.ft, &fact);
	assert_true(fact.known && fact.ok);
	assert_int_equal(fact.seeded, 3);
	/* it is there, so it is not built again; and it is the free-threaded half of no pair */
	INSTALL_OK(&((struct interp_install_request){ .provider = "uv", .tsan = true }), &again);
	assert_string_equal(again.ft.executable, p.ft.executable);
	put_interpreter(at("bin/python3.13"), &(struct fake){ .version = "3.13.15" });
	CLEANUP(interp_pair_release) struct pair none = { 0 };
	AUTO_ERROR err = { 0 };
	assert_int_equal(interp_find_pair(&(struct interp_options){ 0 }, &none, NULL, &err), -1);
	assert_int_equal(err.code, ERR_NO_PAIR);
}

static void test_tsan_that_finds_no_seeded_race_is_not_kept(void **state)
{
	(void)state;
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", swap_in);
	struct interp_install_request r = { .source = tarball, .tsan = true, .self_test = "self_test.py" };
	put_clang(true);
	put(at("seeds"), "{\"seeded\": 0, \"twin\": 0, \"why\": null}");
	expect_failure(&r, ERR_INSTALL, "the seeded race was not reported");
	put(at("seeds"), "{\"seeded\": 2, \"twin\": 1, \"why\": null}");
	expect_failure(&r, ERR_INSTALL, "the correct twin of the seeded race was reported");
	put(at("seeds"), "{\"seeded\": 2, \"twin\": 0, \"why\": \"seeded.c does not compile\"}");
	expect_failure(&r, ERR_INSTALL, "seeded.c does not compile");
	put(at("seeds"), "no JSON");
	expect_failure(&r, ERR_INSTALL, "self-test");
}

static void test_tsan_says_what_it_needs(void **state)
{
	(void)state;
	char *tarball = put_tarball(at("x.tar.xz"), "3.13.15", swap_in);
	struct interp_install_request r = { .source = tarball, .tsan = true };
	expect_failure(&r, ERR_INSTALL, "`apt-get install --no-install-recommends llvm clang`");
	put_clang(false);
	expect_failure(&r, ERR_INSTALL, "`apt-get install --no-install-recommends libclang-rt-17-dev`");
	put_clang(true);
	r.source = put_tarball(at("y.tar.xz"), "3.13.15", NULL);
	expect_failure(&r, ERR_INSTALL, "does not build with ThreadSanitizer");
	expect_failure(&(struct interp_install_request){ .provider = "uv", .tsan = true }, ERR_INSTALL, "uv has no ThreadSanitizer builds");
}

static void test_every_provider_says_why(void **state)
{
	(void)state;
	CLEANUP(interp_pair_release) struct pair p = { 0 };
	AUTO_ERROR err = { 0 };
	AUTO_FREE char *site = xasprintf("file://%s", at("nowhere"));
	assert_int_equal(interp_install(&(struct interp_install_request){ .source_site = site }, &p, NULL, &err), -1);
	assert_int_equal(err.code, ERR_INSTALL);
	assert_string_equal(err.what, "no provider could install CPython " INTERP_DEFAULT_VERSION);
	const char *uv = strstr(err.why, "uv: the program uv is not here"), *source = strstr(err.why, "\nsource: "), *debian = strstr(err.why, "\ndebian: this machine has no apt");
	assert_true(uv == err.why && source && debian && source < debian);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_requests_that_make_no_sense), T(test_uv_installs), T(test_uv_that_cannot), T(test_the_network_is_reached_as_pip_does), T(test_source_builds_both_arms_alike),
		T(test_optimized_and_forced), T(test_source_that_cannot_be_built), T(test_hash_that_fits),
		T(test_interpreter_without_its_modules_is_refused), T(test_newest_release_of_the_site), T(test_download_is_bounded),
		T(test_listings), T(test_tsan_is_one_interpreter_that_no_pair_takes), T(test_tsan_that_finds_no_seeded_race_is_not_kept),
		T(test_tsan_says_what_it_needs), T(test_missing_packages_are_named), T(test_every_provider_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
