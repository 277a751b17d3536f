/* signature.c: see signature.h. */
#include "judge/signature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES 160
#define MOST_FRAMES 2 /* named in `where` */

static size_t line_length(const char *s)
{
	return strcspn(s, "\r\n");
}

static bool path_char(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("'\"(),;:<>[]", c);
}

/* Length of an absolute path at s (two slashes at least), and where its last part begins. */
static size_t path_at(const char *s, size_t *base)
{
	size_t n = 0, slashes = 0;
	*base = 0;
	while (path_char(s[n])) {
		if (s[n] == '/') {
			slashes++;
			*base = n + 1;
		}
		n++;
	}
	return s[0] == '/' && slashes >= 2 && *base < n ? n : 0;
}

char *signature_of_message(const char *message)
{
	struct buf b = { .max = MOST_BYTES };
	AUTO_FREE char *line = xstrndup(message ? message : "", line_length(message ? message : ""));
	for (const char *p = line; *p;) {
		size_t base = 0, path = path_at(p, &base);
		if (path) {
			p += base;
			continue;
		}
		if (p[0] == '0' && p[1] == 'x' && isxdigit((unsigned char)p[2])) {
			buf_adds(&b, "0xN");
			for (p += 2; isxdigit((unsigned char)*p);)
				p++;
		} else if (isdigit((unsigned char)*p) && (p == line || (!isalnum((unsigned char)p[-1]) && p[-1] != '_'))) {
			buf_addc(&b, 'N'); /* digits inside a name stay: "int32", "test_2" */
			while (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1])))
				p++;
		} else {
			buf_addc(&b, *p++);
		}
	}
	return buf_steal(&b);
}

struct frame {
	char *function, *file; /* file: source or library, NULL when not said */
};

/* "#1  0x00007f in func (args) at file.c:12" or "... from /x/lib.so" */
static bool parse_frame(const char *line, size_t n, struct frame *f)
{
	*f = (struct frame){ 0 };
	AUTO_FREE char *text = xstrndup(line, n);
	if (text[0] != '#' || !isdigit((unsigned char)text[1]))
		return false;
	char *p = text + 1 + strspn(text + 1, "0123456789");
	p += strspn(p, " ");
	char *in = str_starts(p, "0x") ? strstr(p, " in ") : NULL;
	p = in ? in + 4 : p;
	f->function = xstrndup(p, strcspn(p, " ("));
	char *at = strstr(p, ") at "), *from = strstr(p, ") from ");
	if (at)
		f->file = xstrndup(at + 5, strcspn(at + 5, ":"));
	else if (from)
		f->file = xstrdup(from + 7);
	return true;
}

/* How a process dies or waits, which says nothing of why. */
static bool is_plumbing(const struct frame *f)
{
	static const char *const prefix[] = { "__", "raise", "abort", "gsignal", "kill", "tgkill", "pthread_", "faulthandler", "fatal_error",
		                                  "_Py_Fatal", "Py_Fatal", "_PySemaphore", "_PyParkingLot", "PyThread_", "sem_", "futex",
		                                  "syscall", "??", "<signal" };
	for (size_t i = 0; i < ARRAY_LEN(prefix); i++)
		if (str_starts(f->function, prefix[i]))
			return true;
	return false;
}

/* Source folders of CPython and the C library, as their debug information names them. */
static bool is_package(const struct frame *f)
{
	static const char *const inside[] = { "Objects/", "Python/", "Modules/", "Include/", "Parser/", "Programs/", "sysdeps/", "nptl/",
		                                  "malloc/", "stdlib/", "csu/", "elf/", "signal/", "string/", "misc/", "stdio-common/" };
	if (!f->file)
		return false;
	if (strstr(f->file, ".so"))
		return strstr(f->file, "site-packages/") != NULL;
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (str_starts(f->file, inside[i]) || (strstr(f->file, inside[i]) && strstr(f->file, "ython-3.")) ||
		    (str_starts(f->file, "./") && str_starts(f->file + 2, inside[i])))
			return false;
	return true;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The innermost frames worth naming; those of the package if it has any. */
static void native_facts(struct stack_facts *out, const char *native)
{
	const char *handler = strstr(native, "<signal handler called>");
	const char *p = handler ? handler + line_length(handler) : native;
	struct buf any = { 0 }, own = { 0 };
	size_t n_any = 0, n_own = 0;
	for (; *p; p += strspn(p, "\r\n")) {
		struct frame f;
		size_t n = line_length(p);
		bool ok = parse_frame(p, n, &f);
		if (ok && !is_plumbing(&f) && is_package(&f) && n_own < MOST_FRAMES) {
			if (!out->module)
				out->module = xstrdup(last_part(f.file));
			buf_addf(&own, "%s%s", n_own++ ? " < " : "", f.function);
		}
		if (ok && !is_plumbing(&f) && n_any < MOST_FRAMES)
			buf_addf(&any, "%s%s", n_any++ ? " < " : "", f.function);
		free(f.function);
		free(f.file);
		p += n;
	}
	out->package_frame = n_own > 0;
	if (n_own)
		out->where = xasprintf("%s: %s", out->module, buf_str(&own));
	else if (n_any)
		out->where = buf_steal(&any);
	buf_release(&any);
	buf_release(&own);
}

/* `  File "/x/y.py", line 3 in func`, innermost first; the runner's own frames come last. */
static void python_facts(struct stack_facts *out, const char *python)
{
	for (const char *p = strstr(python, "File \""); p; p = strstr(p + 1, "File \"")) {
		AUTO_FREE char *line = xstrndup(p, line_length(p));
		char *end = strchr(line + 6, '"');
		char *in = end ? strstr(end, " in ") : NULL;
		if (!in)
			continue;
		*end = '\0';
		AUTO_FREE char *function = signature_of_message(in + 4);
		out->where = xasprintf("%s: %s", last_part(line + 6), function);
		return;
	}
}

void stack_facts_of(struct stack_facts *f, const char *native, const char *python)
{
	*f = (struct stack_facts){ 0 };
	if (native)
		native_facts(f, native);
	if (!f->where && python)
		python_facts(f, python);
}

void stack_facts_release(struct stack_facts *f)
{
	free(f->where);
	free(f->module);
	*f = (struct stack_facts){ 0 };
}

/* "ValueError: ...", "pkg.SomeException: ...", "SystemExit: 1" at the start of a line. */
static bool looks_like_exception(const char *line)
{
	size_t n = 0;
	while (isalnum((unsigned char)line[n]) || line[n] == '_' || line[n] == '.')
		n++;
	AUTO_FREE char *word = xstrndup(line, n);
	return line[n] == ':' && (str_ends(word, "Error") || str_ends(word, "Exception") || str_ends(word, "SystemExit"));
}

static bool is_compiler_error(const char *line)
{
	return strstr(line, ": error: ") || strstr(line, ": fatal error: ") || str_starts(line, "error[E") || strstr(line, ": error C");
}

char *error_line_of_log(const char *log)
{
	AUTO_FREE char *exception = NULL;
	AUTO_FREE char *last = NULL;
	for (const char *p = log ? log : ""; *p; p += strspn(p, "\r\n")) {
		size_t n = line_length(p), lead = strspn(p, " \t|");
		AUTO_FREE char *line = lead < n ? xstrndup(p + lead, n - lead) : NULL;
		p += n;
		if (!line)
			continue;
		if (is_compiler_error(line))
			return STEAL(&line);
		if (looks_like_exception(line))
			str_set(&exception, line);
		str_set(&last, line);
	}
	if (exception)
		return STEAL(&exception);
	return last ? STEAL(&last) : xstrdup("");
}

char *signal_word(int number)
{
	const char *name = sigabbrev_np(number);
	return name ? xasprintf("SIG%s", name) : xasprintf("signal %d", number);
}
