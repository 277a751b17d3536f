/* test_git.c: trees, refs, submodules and tags from local repositories and over HTTP. */
#include "base/fs.h"
#include "fetch/git_internal.h"
#include "fetch/netrc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *work, *cache, *dest;
static char *http_url; /* "http://127.0.0.1:PORT", NULL without git http-backend */
static pid_t server;

static char *in_work(const char *sub)
{
	return path_join(work, sub);
}

static char *content(const char *path)
{
	struct buf b = { 0 };
	if (read_file(path, 100000, &b, NULL) < 0)
		fail_msg("no file %s", path);
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	return b.data ? buf_steal(&b) : xstrdup("");
}

static void start_server(void)
{
	int fds[2];
	if (access("/usr/lib/git-core/git-http-backend", X_OK) != 0 || pipe(fds) != 0)
		return;
	AUTO_FREE char *script = path_join(MC_BUILD_SRCDIR, "tests/unit/data/git_server.py");
	server = fork();
	if (server == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execlp("python3", "python3", script, work, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	char port[16] = "";
	AUTO_FILE FILE *f = fdopen(fds[0], "r"); /* to the end of the line: the server may write it in pieces */
	if (!f || !fgets(port, sizeof(port), f))
		return;
	port[strcspn(port, "\n")] = '\0';
	if (*port)
		http_url = xasprintf("http://127.0.0.1:%s", port);
}

static int make_all(void **state)
{
	(void)state;
	setenv("NETRC", "/dev/null", 1);
	unsetenv("http_proxy");
	assert_int_equal(make_temp_dir("/tmp", "test-git", &work, NULL), 0);
	cache = in_work("cache");
	dest = in_work("dest");
	setenv("HOME", work, 1);
	AUTO_FREE char *cmd = xasprintf("sh '%s/tests/unit/data/make_repos.sh' '%s'", MC_BUILD_SRCDIR, work);
	if (system(cmd) != 0)
		return -1;
	start_server();
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	remove_tree(work, NULL);
	free(work);
	free(cache);
	free(dest);
	free(http_url);
	git_libgit2_shutdown();
	return 0;
}

/* A request for one of the test's repositories, fetched to dest. */
static int fetch(const struct git_request *base, const char *repo, const char *ref, char commit[GIT_COMMIT_HEX], struct error *err)
{
	AUTO_FREE char *url = xasprintf("file://%s/%s", work, repo);
	struct git_request r = *base;
	r.url = r.url ? r.url : url;
	r.ref = ref;
	remove_tree(dest, NULL);
	return git_fetch_tree(&r, cache, dest, commit, err);
}

static void assert_fetched(const struct git_request *base, const char *ref, const char *expected)
{
	AUTO_ERROR err = { 0 };
	char commit[GIT_COMMIT_HEX];
	if (fetch(base, "lib.git", ref, commit, &err) != 0)
		fail_msg("%s: %s (%s)", ref ? ref : "HEAD", err.what, err.why ? err.why : "");
	AUTO_FREE char *path = path_join(dest, "python/pkg/__init__.py");
	AUTO_FREE char *text = content(path);
	assert_string_equal(text, expected);
	AUTO_FREE char *git = path_join(dest, ".git");
	assert_false(path_exists(git));
}

static void assert_refused(const struct git_request *base, const char *repo, const char *ref, enum error_code code, const char *says, const char *hint)
{
	AUTO_ERROR err = { 0 };
	char commit[GIT_COMMIT_HEX];
	assert_int_equal(fetch(base, repo, ref, commit, &err), -1);
	if (err.code != code || !strstr(err.what, says) || (hint && (!err.hint || !strstr(err.hint, hint))))
		fail_msg("error[%s]: %s, why %s, hint %s", error_slug(err.code), err.what, err.why, err.hint);
	assert_false(path_exists(dest));
}

static void tags_branches_and_head(void **state)
{
	(void)state;
	struct git_request r = { 0 };
	assert_fetched(&r, NULL, "x = 2");
	assert_fetched(&r, "v1.0", "x = 1");
	assert_fetched(&r, "lib-2.0", "x = 2"); /* an annotated tag is peeled */
	assert_fetched(&r, "main", "x = 2");
	assert_fetched(&r, "refs/heads/dev", "x = 1");
}

static void commits_whole_and_abbreviated(void **state)
{
	(void)state;
	struct git_request r = { 0 };
	AUTO_FREE char *a = in_work("v1-commit"), *b = in_work("middle-commit"), *fresh = in_work("other-cache");
	AUTO_FREE char *tagged = content(a), *middle = content(b);
	assert_fetched(&r, tagged, "x = 1");
	char *kept = cache;
	cache = fresh; /* an empty mirror: no ref names this commit, so everything must come */
	assert_fetched(&r, middle, "x = 1");
	AUTO_FREE char *old = path_join(dest, "old.txt"), *newer = path_join(dest, "newer.txt");
	assert_true(path_exists(old));
	assert_false(path_exists(newer));
	middle[8] = '\0';
	assert_fetched(&r, middle, "x = 1");
	cache = kept;
}

static void a_missing_ref_names_near_ones(void **state)
{
	(void)state;
	struct git_request r = { 0 };
	assert_refused(&r, "lib.git", "v1.1", ERR_NO_REF, "no branch, tag or commit 'v1.1'", "`v1.0`");
	assert_refused(&r, "lib.git", "deadbeef", ERR_NO_REF, "'deadbeef'", NULL);
	assert_refused(&r, "empty.git", NULL, ERR_NO_REF, "'HEAD'", NULL);
	assert_refused(&r, "absent.git", NULL, ERR_BAD_TARGET, "no git repository", NULL);
}

static void subdirectories_must_exist(void **state)
{
	(void)state;
	struct git_request r = { .subdirectory = "python" };
	assert_fetched(&r, NULL, "x = 2");
	r.subdirectory = "pythn";
	assert_refused(&r, "lib.git", NULL, ERR_BAD_TARGET, "no folder 'pythn'", NULL);
	r.subdirectory = "../work";
	assert_refused(&r, "lib.git", NULL, ERR_BAD_TARGET, "no folder '../work'", NULL);
}

static void links_that_leave_are_left_out(void **state)
{
	(void)state;
	struct git_request r = { 0 };
	assert_fetched(&r, NULL, "x = 2");
	AUTO_FREE char *in = path_join(dest, "inside"), *out = path_join(dest, "outside");
	assert_true(path_exists(in));
	assert_false(path_exists(out));
}

static void submodules_come_when_asked_for(void **state)
{
	(void)state;
	struct git_request r = { 0 };
	AUTO_FREE char *sub = path_join(dest, "deps/sub/sub.txt");
	assert_fetched(&r, NULL, "x = 2");
	assert_false(path_exists(sub));
	r.submodules = true;
	assert_fetched(&r, NULL, "x = 2");
	assert_true(path_exists(sub));
}

static void submodule_urls(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{ "https://h.example/a/lib.git", "../sub.git", "https://h.example/a/sub.git" },
		{ "https://h.example/a/lib.git/", "../../b/sub", "https://h.example/b/sub" },
		{ "https://h.example/a/lib", "./sub", "https://h.example/a/lib/sub" },
		{ "https://h.example/lib", "../../../sub", NULL },
		{ "ssh://git@h.example/a/lib", "../sub", "ssh://git@h.example/a/sub" },
		{ "git@h.example:a/lib", "../sub", "git@h.example:a/sub" },
		{ "file:///srv/a/lib.git", "../sub", "file:///srv/a/sub" },
		{ "file:///srv/a/lib.git", "/srv/b", "/srv/b" },
		{ "https://h.example/a/lib", "https://o.example/x", "https://o.example/x" },
		{ "https://h.example/a/lib", "/srv/b", NULL },
		{ "https://h.example/a/lib", "file:///srv/b", NULL },
		{ "https://h.example/a/lib", "ext::sh -c id", "ext::sh -c id" },
		{ "https://h.example/a/lib", "--upload-pack=id", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *url = git_resolve_submodule_url(cases[i][0], cases[i][1]);
		if (!str_eq(url, cases[i][2]))
			fail_msg("%s + %s = %s", cases[i][0], cases[i][1], url ? url : "(none)");
	}
}

static void schemes_are_limited(void **state)
{
	(void)state;
	struct git_request r = { .url = "ftp://h.example/x" };
	assert_refused(&r, "", NULL, ERR_BAD_TARGET, "cannot fetch", NULL);
}

static void over_http(void **state)
{
	(void)state;
	if (!http_url)
		skip();
	AUTO_FREE char *lib = xasprintf("%s/lib.git", http_url);
	struct git_request r = { .url = lib, .submodules = true };
	assert_fetched(&r, "lib-2.0", "x = 2");
	assert_fetched(&r, NULL, "x = 2");
	AUTO_FREE char *sub = path_join(dest, "deps/sub/sub.txt");
	assert_true(path_exists(sub));
	assert_refused(&r, "", "nope", ERR_NO_REF, "'nope'", NULL);
	AUTO_FREE char *absent = xasprintf("%s/absent.git", http_url);
	r.url = absent;
	assert_refused(&r, "", NULL, ERR_BAD_TARGET, "no git repository", NULL);
}

static void offline_the_mirror_answers(void **state)
{
	(void)state;
	if (!http_url)
		skip();
	AUTO_FREE char *fresh = in_work("offline-cache");
	AUTO_FREE char *lib = xasprintf("%s/lib.git", http_url);
	char *kept = cache, *tag = NULL;
	cache = fresh;
	struct git_request r = { .url = lib, .offline = true };
	assert_refused(&r, "", "v1.0", ERR_OFFLINE_MISS, "not in the cache", "--offline");
	AUTO_ERROR err = { 0 };
	assert_int_equal(git_find_version_tag(&r, cache, NULL, "1.0", &tag, &err), -1);
	assert_int_equal(err.code, ERR_OFFLINE_MISS);
	r.offline = false;
	assert_fetched(&r, "v1.0", "x = 1");
	assert_fetched(&r, NULL, "x = 2");
	r.offline = true;
	r.cancelled = NULL;
	assert_fetched(&r, "v1.0", "x = 1");
	assert_fetched(&r, NULL, "x = 2");
	assert_refused(&r, "", "dev", ERR_OFFLINE_MISS, "not in the cache", NULL);
	assert_int_equal(git_find_version_tag(&r, cache, "lib", "2.0", &tag, NULL), 0);
	assert_string_equal(tag, "lib-2.0");
	free(tag);
	cache = kept;
}

static void credentials_are_used_and_hidden(void **state)
{
	(void)state;
	if (!http_url)
		skip();
	const char *host = http_url + strlen("http://");
	AUTO_FREE char *with = xasprintf("http://u:p@%s/private/lib.git", host);
	AUTO_FREE char *wrong = xasprintf("http://u:secret@%s/private/lib.git", host);
	AUTO_FREE char *bare = xasprintf("http://%s/private/lib.git", host);
	struct git_request r = { .url = with };
	assert_fetched(&r, "v1.0", "x = 1");
	r.url = wrong;
	AUTO_ERROR err = { 0 };
	char commit[GIT_COMMIT_HEX];
	assert_int_equal(fetch(&r, "", "dev", commit, &err), -1);
	assert_int_equal(err.code, ERR_NETWORK);
	assert_null(strstr(err.what, "secret"));
	assert_true(!err.why || !strstr(err.why, "secret"));
	AUTO_FREE char *netrc = in_work("netrc");
	static const char text[] = "machine other login x password y\nmachine 127.0.0.1 login u password p\n";
	assert_int_equal(write_file(netrc, text, sizeof(text) - 1, NULL), 0);
	setenv("NETRC", netrc, 1);
	r.url = bare;
	assert_fetched(&r, "lib-2.0", "x = 2");
	setenv("NETRC", "/dev/null", 1);
	assert_refused(&r, "", "dev", ERR_NETWORK, "cannot reach", "netrc");
}

static void a_silent_server_is_given_up(void **state)
{
	(void)state;
	if (!http_url)
		skip();
	AUTO_FREE char *url = xasprintf("%s/stall/lib.git", http_url);
	struct git_request r = { .url = url, .stall_seconds = 0.2 };
	assert_refused(&r, "", NULL, ERR_NETWORK, "cannot reach", NULL);
	struct git_request down = { .url = "http://127.0.0.1:1/x.git" };
	assert_refused(&down, "", NULL, ERR_NETWORK, "cannot reach", NULL);
}

static bool always(void)
{
	return true;
}

static void a_cancelled_fetch_ends(void **state)
{
	(void)state;
	if (!http_url)
		skip();
	AUTO_FREE char *url = xasprintf("%s/lib.git", http_url), *fresh = in_work("cancel-cache");
	char *kept = cache;
	cache = fresh;
	struct git_request r = { .url = url, .cancelled = always };
	assert_refused(&r, "", NULL, ERR_INTERRUPTED, "interrupted", NULL);
	cache = kept;
}

static void a_broken_mirror_is_made_anew(void **state)
{
	(void)state;
	AUTO_FREE char *fresh = in_work("broken-cache"), *git = in_work("broken-cache/git");
	char *kept = cache;
	cache = fresh;
	struct git_request r = { 0 };
	assert_fetched(&r, "v1.0", "x = 1");
	AUTO_STRV names = { 0 };
	assert_int_equal(list_dir(git, &names, NULL), 0);
	for (size_t i = 0; i < names.n; i++) {
		AUTO_FREE char *head = xasprintf("%s/%s/HEAD", git, names.v[i]);
		unlink(head);
	}
	assert_fetched(&r, "v1.0", "x = 1");
	cache = kept;
}

static void local_folders_are_described(void **state)
{
	(void)state;
	char commit[GIT_COMMIT_HEX];
	bool dirty = true;
	AUTO_FREE char *repo = in_work("sub-work"), *file = in_work("sub-work/new.txt"), *sub = in_work("sub-work/folder"), *plain = in_work("cache");
	assert_int_equal(git_describe_dir(plain, commit, &dirty, NULL), 0);
	assert_string_equal(commit, "");
	assert_false(dirty);
	assert_int_equal(git_describe_dir(repo, commit, &dirty, NULL), 0);
	assert_int_equal(strlen(commit), 40);
	assert_false(dirty);
	assert_int_equal(make_dirs(sub, NULL), 0);
	assert_int_equal(write_file(file, "x", 1, NULL), 0);
	assert_int_equal(git_describe_dir(repo, commit, &dirty, NULL), 0);
	assert_true(dirty);
	assert_int_equal(git_describe_dir(sub, commit, &dirty, NULL), 0);
	assert_false(dirty); /* nothing below this folder differs */
}

static void tags_of_versions(void **state)
{
	(void)state;
	static const char *const cases[][4] = {
		/* tags, name, version, picked */
		{ "v1.2.3 v1.2.30", NULL, "1.2.3", "v1.2.3" },
		{ "1.2.3 other-1.2.3", NULL, "1.2.3", "1.2.3" },
		{ "v1.2", NULL, "1.2.0", "v1.2" },
		{ "release-1.2.3", NULL, "1.2.3", "release-1.2.3" },
		{ "rel_2_0_49", "sqlalchemy", "2.0.49", "rel_2_0_49" },
		{ "My.Pkg-1.0 v1.0", "my-pkg", "1.0", "My.Pkg-1.0" },
		{ "my_pkg/v1.0", "my-pkg", "1.0", "my_pkg/v1.0" },
		{ "pkg@1.0", "pkg", "1.0", "pkg@1.0" },
		{ "1.2.3.final", NULL, "1.2.3", "1.2.3.final" },
		{ "v1.0-rc.1 v1.0", NULL, "1.0rc1", "v1.0-rc.1" },
		{ "other-1.0", "pkg", "1.0", NULL },
		{ "v1.0.1", NULL, "1.0", NULL },
		{ "version 1", "vers", "1", "version 1" },
		{ "", NULL, "1.0", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STRV tags = { 0 };
		if (strchr(cases[i][0], '@') || i != 12)
			strv_split(&tags, cases[i][0], ' ');
		else
			strv_add(&tags, cases[i][0]);
		const char *tag = git_pick_version_tag(&tags, cases[i][1], cases[i][2]);
		if (!str_eq(tag, cases[i][3]))
			fail_msg("%s of \"%s\": %s", cases[i][2], cases[i][0], tag ? tag : "(none)");
	}
}

static void netrc_text(void **state)
{
	(void)state;
	static const char text[] = "machine a login \"u v\" password w\nmacdef init\nmachine b\n\ndefault login d password e";
	char *user = NULL, *password = NULL;
	assert_true(netrc_lookup(text, "a", &user, &password));
	assert_string_equal(user, "u v");
	assert_string_equal(password, "w");
	free(user);
	free(password);
	assert_true(netrc_lookup(text, "b", &user, &password)); /* the macro's text is no entry */
	assert_string_equal(user, "d");
	free(user);
	free(password);
	assert_false(netrc_lookup("machine a login x", "a", &user, &password));
	assert_false(netrc_lookup("machine", "a", &user, &password));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_branches_and_head),
		cmocka_unit_test(commits_whole_and_abbreviated),
		cmocka_unit_test(a_missing_ref_names_near_ones),
		cmocka_unit_test(subdirectories_must_exist),
		cmocka_unit_test(links_that_leave_are_left_out),
		cmocka_unit_test(submodules_come_when_asked_for),
		cmocka_unit_test(submodule_urls),
		cmocka_unit_test(schemes_are_limited),
		cmocka_unit_test(over_http),
		cmocka_unit_test(offline_the_mirror_answers),
		cmocka_unit_test(credentials_are_used_and_hidden),
		cmocka_unit_test(a_silent_server_is_given_up),
		cmocka_unit_test(a_cancelled_fetch_ends),
		cmocka_unit_test(a_broken_mirror_is_made_anew),
		cmocka_unit_test(local_folders_are_described),
		cmocka_unit_test(tags_of_versions),
		cmocka_unit_test(netrc_text),
	};
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
