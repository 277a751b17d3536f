/* names.c: see names.h. */
#include "model/names.h"
#include "base/buf.h"

#include <ctype.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>

char *name_normalize(const char *name)
{
	struct buf b = { 0 };
	for (const char *p = name; *p; p++) {
		if (!strchr("-_.", *p))
			buf_addc(&b, (char)tolower((unsigned char)*p));
		else if (p == name || !strchr("-_.", p[-1]))
			buf_addc(&b, '-');
	}
	return buf_steal(&b);
}

bool name_valid(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > 200 || !isalnum((unsigned char)name[0]) || !isalnum((unsigned char)name[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] >= 0x80 || !(isalnum((unsigned char)name[i]) || strchr("-_.", name[i])))
			return false;
	return true;
}

static bool safe(const char *filename)
{
	size_t n = strlen(filename);
	if (n == 0 || n > 255 || filename[0] == '.')
		return false;
	for (const char *p = filename; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '/' || *p == '\\')
			return false;
	return true;
}

static bool parse_wheel(const char *stem, struct file_name *out)
{
	AUTO_STRV parts = { 0 };
	strv_split(&parts, stem, '-');
	if (parts.n != 5 && parts.n != 6)
		return false;
	for (size_t i = 0; i < parts.n; i++)
		if (!*parts.v[i])
			return false;
	out->wheel = true;
	out->project = name_normalize(parts.v[0]);
	out->version = xstrdup(parts.v[1]);
	out->build = parts.n == 6 ? xstrdup(parts.v[2]) : NULL;
	out->py_tag = xstrdup(parts.v[parts.n - 3]);
	out->abi_tag = xstrdup(parts.v[parts.n - 2]);
	out->platform_tag = xstrdup(parts.v[parts.n - 1]);
	return true;
}

/* The dash between name and version: where the part before it is the project,
 * else the last one that a digit follows. */
static const char *sdist_split(const char *stem, const char *project)
{
	const char *best = NULL;
	for (const char *p = strchr(stem, '-'); p; p = strchr(p + 1, '-')) {
		AUTO_FREE char *head = xstrndup(stem, (size_t)(p - stem));
		AUTO_FREE char *name = name_normalize(head);
		if (project && strcmp(name, project) == 0)
			return p;
		if (isdigit((unsigned char)p[1]))
			best = p;
	}
	return project ? NULL : best;
}

bool file_name_parse(const char *filename, const char *project, struct file_name *out)
{
	static const char *const endings[] = { ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz" };
	*out = (struct file_name){ 0 };
	if (!safe(filename))
		return false;
	if (str_ends(filename, ".whl")) {
		AUTO_FREE char *stem = xstrndup(filename, strlen(filename) - 4);
		return parse_wheel(stem, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (!str_ends(filename, endings[i]))
			continue;
		AUTO_FREE char *stem = xstrndup(filename, strlen(filename) - strlen(endings[i]));
		const char *dash = sdist_split(stem, project);
		if (!dash || dash == stem || !dash[1])
			return false;
		AUTO_FREE char *head = xstrndup(stem, (size_t)(dash - stem));
		out->project = name_normalize(head);
		out->version = xstrdup(dash + 1);
		return true;
	}
	return false;
}

void file_name_release(struct file_name *f)
{
	free(f->project);
	free(f->version);
	free(f->build);
	free(f->py_tag);
	free(f->abi_tag);
	free(f->platform_tag);
	*f = (struct file_name){ 0 };
}

/* Small decimal number; -1 when there is none. Moves *s behind it. */
static int small_number(const char **s)
{
	int v = -1;
	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (v < 100000)
			v = (v < 0 ? 0 : v * 10) + (**s - '0');
	return v;
}

/* An interpreter tag: "cp313t" is major 3, minor 13, free-threaded. */
struct interpreter_tag {
	int major, minor;
	bool ft;
};

static bool read_tag(const char *s, const char *prefix, struct interpreter_tag *t)
{
	if (!str_starts(s, prefix))
		return false;
	s += strlen(prefix);
	if (!isdigit((unsigned char)*s))
		return false;
	t->major = *s++ - '0';
	t->minor = small_number(&s);
	t->ft = *s == 't';
	return s[t->ft] == '\0';
}

static bool in_set(const char *set, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = set; p; p = strchr(p, '.') ? strchr(p, '.') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == '.' || p[n] == '\0'))
			return true;
	return false;
}

/* manylinux_2_17_x86_64 on glibc 2.36 */
static bool glibc_reaches(int major, int minor)
{
	const char *v = gnu_get_libc_version();
	int have_major = small_number(&v);
	v += *v == '.';
	int have_minor = small_number(&v);
	return have_major == major && have_minor >= minor;
}

static bool manylinux_fits(const char *tag, const char *machine)
{
	static const struct {
		const char *prefix;
		int minor;
	} old[] = { { "manylinux1_", 5 }, { "manylinux2010_", 12 }, { "manylinux2014_", 17 } };
	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		if (str_starts(tag, old[i].prefix))
			return str_eq(tag + strlen(old[i].prefix), machine) && glibc_reaches(2, old[i].minor);
	if (!str_starts(tag, "manylinux_"))
		return false;
	tag += strlen("manylinux_");
	int major = small_number(&tag);
	if (*tag++ != '_')
		return false;
	int minor = small_number(&tag);
	return *tag == '_' && str_eq(tag + 1, machine) && glibc_reaches(major, minor);
}

static bool platform_fits(const char *set, const char *platform)
{
	AUTO_FREE char *own = xstrdup(platform);
	for (char *p = own; *p; p++)
		if (*p == '-' || *p == '.')
			*p = '_';
	const char *machine = str_starts(own, "linux_") ? own + strlen("linux_") : NULL;
	AUTO_STRV tags = { 0 };
	strv_split(&tags, set, '.');
	for (size_t i = 0; i < tags.n; i++)
		if (strcmp(tags.v[i], own) == 0 || (machine && manylinux_fits(tags.v[i], machine)))
			return true;
	return false;
}

/* Does some Python tag of the set admit this interpreter? exact: only its own
 * cp tag; else also older ones (the stable ABI, abi "none" with py3x). */
static bool python_fits(const char *set, const struct interpreter_tag *me, bool exact)
{
	AUTO_STRV tags = { 0 };
	strv_split(&tags, set, '.');
	for (size_t i = 0; i < tags.n; i++) {
		struct interpreter_tag t;
		bool cp = read_tag(tags.v[i], "cp", &t);
		if (!cp && (exact || !read_tag(tags.v[i], "py", &t)))
			continue;
		if (t.major == me->major && (t.minor == me->minor || (!exact && t.minor < me->minor)))
			return true;
	}
	return false;
}

enum wheel_fit tags_fit(const char *py_tag, const char *abi_tag, const char *platform_tag, const char *tag, const char *platform)
{
	struct interpreter_tag me;
	if (!py_tag || !abi_tag || !platform_tag || !read_tag(tag, "cp", &me))
		return FIT_NO;
	bool any = in_set(platform_tag, "any");
	if (!any && !platform_fits(platform_tag, platform))
		return FIT_NO;
	if (in_set(abi_tag, tag) && python_fits(py_tag, &me, true))
		return FIT_NATIVE;
	if (in_set(abi_tag, me.ft ? "abi3t" : "abi3") && python_fits(py_tag, &me, false))
		return FIT_NATIVE;
	if (in_set(abi_tag, "none") && python_fits(py_tag, &me, false))
		return any ? FIT_PURE : FIT_NATIVE;
	return FIT_NO;
}
