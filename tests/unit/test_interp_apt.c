/* test_interp_apt.c: versions, the machine's apt sources, and the Debian provider against a fake apt. */
#include "interp_help.h"
#include "base/fs.h"
#include "interp/apt_sources.h"
#include "interp/install.h"

#include <stdlib.h>
#include <string.h>

static void test_python_versions(void **state)
{
	(void)state;
	const char *ordered[] = { "3.9.10", "3.13", "3.13.0a1", "3.13.0b2", "3.13.0rc1", "3.13.0rc2+", "3.13.0", "3.13.5", "3.13.15", "3.14.0" };
	const char *bad[] = { "", "3", "3.", "3.x", "3.13.", "3.13.5.1", "3.13.5 ", "3.13.5rc", "3.13.5c1", "-3.13", "999999.1", "3.13a1" };
	struct pyversion a, b;
	for (size_t i = 0; i + 1 < ARRAY_LEN(ordered); i++) {
		assert_true(pyversion_read(ordered[i], &a) && pyversion_read(ordered[i + 1], &b));
		assert_true(pyversion_compare(&a, &b) < 0 && pyversion_compare(&b, &a) > 0 && pyversion_compare(&a, &a) == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(pyversion_read(bad[i], &a));
	assert_false(pyversion_read(NULL, &a));
	assert_true(pyversion_read("3.13", &a) && pyversion_read("3.13.5", &b));
	assert_true(pyversion_fits(&a, &b));
	assert_false(pyversion_fits(&b, &a));
}

/* The pairs are the examples of deb-version(7) and of this provider. */
static void test_debian_versions(void **state)
{
	(void)state;
	const char *ordered[] = { "3.13.0~a1-1", "3.13.0~rc1-1", "3.13.0-1", "3.13.5-2", "3.13.5-2+deb13u5", "3.13.5-10", "3.13.15-1", "3.13.18-1", "1:0.1" };
	struct pyversion v;
	for (size_t i = 0; i + 1 < ARRAY_LEN(ordered); i++) {
		assert_true(debversion_compare(ordered[i], ordered[i + 1]) < 0);
		assert_true(debversion_compare(ordered[i + 1], ordered[i]) > 0);
		assert_int_equal(debversion_compare(ordered[i], ordered[i]), 0);
	}
	assert_int_equal(debversion_compare("1.0~~", "1.0~"), -1);
	assert_int_equal(debversion_compare("1.00", "1.0"), 0);
	assert_true(debversion_python("3.13.5-2+deb13u5", &v) && v.patch == 5 && v.stage == 'z');
	assert_true(debversion_python("1:3.15.0~rc2-1", &v) && v.stage == 'r' && v.serial == 2);
	assert_false(debversion_python("13-1", &v));
}

static void test_showsrc_is_read_newest_first(void **state)
{
	(void)state;
	AUTO_STRV out = { 0 };
	showsrc_versions("Package: python3.13\nVersion: 3.13.5-2+deb13u5\nFiles:\n x Version: 9\n\n"
	                 "Package: python3.13-doc\nVersion: 9.9-1\n\n"
	                 "Package: python3.13\nBinary: a\nVersion: 3.13.18-1\n\nPackage: python3.13\nVersion: 3.13.15-1\n\n"
	                 "Package: python3.13\nVersion: 3.13.18-1\n\nVersion: 7-1\n", "python3.13", &out);
	assert_int_equal(out.n, 3);
	assert_string_equal(out.v[0], "3.13.18-1");
	assert_string_equal(out.v[1], "3.13.15-1");
	assert_string_equal(out.v[2], "3.13.5-2+deb13u5");
}

static char *written(const char *text, bool deb822, const char *codename)
{
	CLEANUP(apt_sources_release) struct apt_sources s = { 0 };
	AUTO_STRV suites = { 0 };
	strv_add(&suites, "bookworm");
	strv_add(&suites, "sid");
	apt_sources_read(text, strlen(text), deb822, &s);
	return apt_sources_write(&s, codename, &suites);
}

static void test_one_line_sources(void **state)
{
	(void)state;
	AUTO_FREE char *got = written("# deb http://off.example/ bookworm main\n"
	                              "deb [arch=amd64 signed-by=/keys/a.gpg trusted=yes] http://mirror.example/debian bookworm main contrib # comment\n"
	                              "deb-src http://mirror.example/debian bookworm main\n"
	                              "deb http://security.example/ bookworm-security main\n"
	                              "deb http://vendor.example/ bookworm stable\n"
	                              "deb cdrom:[Debian]/ bookworm main\n"
	                              "rpm http://other.example/ bookworm main\n"
	                              "deb http://short.example/\ndeb [broken\n", false, "bookworm");
	assert_string_equal(got, "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm sid\nComponents: main\n"
	                         "Signed-By: /keys/a.gpg\nTrusted: yes\n");
}

static void test_deb822_sources(void **state)
{
	(void)state;
	AUTO_FREE char *got = written("Types: deb\n# a comment inside\nURIs: http://one.example/debian\n http://two.example/debian\n"
	                              "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n -----END\n"
	                              "\n\nTypes: deb\nURIs: http://off.example/\nSuites: bookworm\nComponents: main\nEnabled: no\n"
	                              "\nno colon here\nTypes: deb\nSuites: bookworm\nComponents: main\n"
	                              "\ntypes: deb\nuris: http://three.example/\nsuites: stable\ncomponents: main\nsigned-by: /k\n", true, "bookworm");
	assert_string_equal(got, "Types: deb-src\nURIs: http://one.example/debian\nSuites: bookworm sid\nComponents: main\n"
	                         "Signed-By: \n -----BEGIN\n .\n abc\n -----END\n"
	                         "\nTypes: deb-src\nURIs: http://two.example/debian\nSuites: bookworm sid\nComponents: main\n"
	                         "Signed-By: \n -----BEGIN\n .\n abc\n -----END\n"
	                         "\nTypes: deb-src\nURIs: http://three.example/\nSuites: bookworm sid\nComponents: main\nSigned-By: /k\n");
	AUTO_FREE char *none = written("Types: deb\nURIs: http://x.example/\nSuites: other\nComponents: main\n", true, "bookworm");
	assert_string_equal(none, "");
}

/* A fake apt: what it is asked for is written down; one version is listed but not served. */
static void put_fake_apt(void)
{
	put_program(at("bin/apt-config"), "#!/bin/sh\necho 'APT::Update::Post-Invoke:: \"touch %s\";'\necho 'Acquire::http::Proxy \"http://proxy.example:3128\";'\n", at("hook-ran"));
	put_program(at("bin/apt-cache"), "#!/bin/sh\ncat <<'EOF'\nPackage: python3.13\nVersion: 3.13.5-2\n\nPackage: python3.13\nVersion: 3.13.18-1\n\n"
	                                 "Package: python3.13\nVersion: 3.13.15-1\nEOF\n");
	put_program(at("bin/apt-get"),
	            "#!/bin/sh\n"
	            "for last; do :; done\necho \"$last\" >>%s\ncp \"$APT_CONFIG\" %s\ncp \"${APT_CONFIG%%/*}/sources.d/own.sources\" %s\n"
	            "case $last in\n"
	            "update) echo 'E: one suite is not there'; exit 100;;\n"
	            "*=3.13.18-1) echo 'E: Failed to fetch it  404  Not Found'; echo 'E: Failed to fetch some archives.'; exit 100;;\n"
	            "*) echo tarball >python3.13_3.13.15.orig.tar.xz; echo x >python3.13_3.13.15.orig.tar.xz.asc; echo x >python3.13_3.13.15-1.debian.tar.xz;;\n"
	            "esac\n", at("asked"), at("conf"), at("sources"));
	put(at("etc/sources.list.d/debian.sources"), "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k\n");
	put(at("os-release"), "ID=debian\nVERSION_CODENAME=bookworm\n");
}

static int fetch(const struct interp_install_request *r, const char *version, char **tarball, char **origin, struct error *err)
{
	struct debian_machine machine = { .etc_apt = at("etc"), .os_release = at("os-release") };
	struct install in = { .request = r, .version = version, .work = at("work"), .logs = at("logs") };
	assert_true(pyversion_read(version, &in.want));
	assert_int_equal(make_dirs(in.work, NULL), 0);
	assert_int_equal(make_dirs(in.logs, NULL), 0);
	return debian_fetch(&in, &machine, tarball, origin, err);
}

static void test_newest_version_that_is_served(void **state)
{
	(void)state;
	AUTO_FREE char *tarball = NULL;
	AUTO_FREE char *origin = NULL;
	AUTO_ERROR err = { 0 };
	put_fake_apt();
	assert_int_equal(fetch(&(struct interp_install_request){ 0 }, "3.13", &tarball, &origin, &err), 0);
	assert_string_equal(get(tarball), "tarball\n");
	assert_string_equal(origin, "Debian source package python3.13 3.13.15-1");
	assert_string_equal(get(at("asked")), "update\npython3.13=3.13.18-1\npython3.13=3.13.15-1\n");
	assert_string_equal(get(at("sources")), "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm trixie sid\nComponents: main\nSigned-By: /k\n");
	const char *conf = get(at("conf"));
	assert_non_null(strstr(conf, "Acquire::http::Proxy \"http://proxy.example:3128\";"));
	assert_non_null(strstr(conf, "Dir::Etc::parts \"/dev/null\";"));
	assert_null(strstr(conf, "Post-Invoke"));
}

static void test_suite_and_exact_version(void **state)
{
	(void)state;
	AUTO_FREE char *tarball = NULL;
	AUTO_FREE char *origin = NULL;
	AUTO_ERROR err = { 0 };
	put_fake_apt();
	assert_int_equal(fetch(&(struct interp_install_request){ .suite = "forky" }, "3.13.5", &tarball, &origin, &err), 0);
	assert_string_equal(get(at("asked")), "update\npython3.13=3.13.5-2\n");
	assert_non_null(strstr(get(at("sources")), "Suites: forky\n"));
}

static void expect_no_fetch(const char *version, const char *what, const char *why)
{
	AUTO_FREE char *tarball = NULL;
	AUTO_FREE char *origin = NULL;
	AUTO_ERROR err = { 0 };
	assert_int_equal(fetch(&(struct interp_install_request){ 0 }, version, &tarball, &origin, &err), -1);
	assert_int_equal(err.code, ERR_INSTALL);
	if (!strstr(err.what, what) || (why && !(err.why && strstr(err.why, why))))
		fail_msg("not `%s` / `%s`: %s / %s", what, why, err.what, err.why);
}

static void test_what_debian_cannot(void **state)
{
	(void)state;
	expect_no_fetch("3.13", "no apt", NULL);
	put_fake_apt();
	expect_no_fetch("3.13.18", "serves none of its versions", "3.13.18-1: apt-get: E: Failed to fetch it  404");
	expect_no_fetch("3.14", "one suite is not there", NULL); /* nothing listed: update's own complaint says why */
	put(at("etc/sources.list.d/debian.sources"), "Types: deb\nURIs: http://x.example/\nSuites: jammy\nComponents: main\n");
	expect_no_fetch("3.13", "names no mirror of Debian bookworm", NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_python_versions), T(test_debian_versions), T(test_showsrc_is_read_newest_first), T(test_one_line_sources),
		T(test_deb822_sources), T(test_newest_version_that_is_served), T(test_suite_and_exact_version), T(test_what_debian_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
