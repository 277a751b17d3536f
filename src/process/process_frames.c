/* process_frames.c: what the frames that gdb printed are called, whatever the addresses and folders. */
#include "process/process_internal.h"

#include "base/fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FRAMES = 8, MAPS_LINES = 20000 };

struct range {
	uint64_t low, high;
	char *object; /* base name of the file; NULL for memory without one */
};

void maps_read(struct maps *m, pid_t pid)
{
	*m = (struct maps){ 0 };
	AUTO_FREE char *path = xasprintf("/proc/%d/maps", (int)pid);
	AUTO_FILE FILE *f = fopen(path, "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0;
	while (f && m->n < MAPS_LINES && getline(&line, &cap, f) > 0) {
		char *end;
		uint64_t low = strtoull(line, &end, 16);
		uint64_t high = *end == '-' ? strtoull(end + 1, NULL, 16) : 0;
		char *file = strchr(line, '/');
		if (!file || high <= low)
			continue;
		file[strcspn(file, " \n")] = '\0';
		m->v = xrealloc(m->v, m->n + 1, sizeof(*m->v));
		m->v[m->n++] = (struct range){ low, high, xstrdup(path_base(file)) };
	}
}

void maps_release(struct maps *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].object);
	free(m->v);
	*m = (struct maps){ 0 };
}

static const char *object_at(const struct maps *m, uint64_t address)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].low <= address && address < m->v[i].high)
			return m->v[i].object;
	return NULL;
}

/* Below which no defect of a package has its cause: it called them with something spoilt. */
static bool of_system(const char *object)
{
	static const char *const names[] = { "libc", "libpthread", "libm", "libdl", "libgcc_s", "libstdc++", "ld-linux" };
	for (size_t i = 0; object && i < ARRAY_LEN(names); i++) {
		size_t n = strlen(names[i]);
		if (str_starts(object, names[i]) && (object[n] == '.' || object[n] == '-'))
			return true;
	}
	return !object;
}

static bool of_python(const char *object)
{
	return str_starts(object, "python") || str_starts(object, "libpython");
}

/* "#3  0x0000 in name (args) from file": the name, owned by the caller; NULL for the mark of a signal. */
static char *function_of(const char *line)
{
	const char *p = line + 1 + strspn(line + 1, "0123456789");
	p += strspn(p, " ");
	if (str_starts(p, "<signal handler called>"))
		return NULL;
	if (str_starts(p, "0x")) {
		const char *in = strstr(p, " in ");
		p = in ? in + 4 : p;
	}
	return xstrndup(p, strcspn(p, " (@\n"));
}

/* The thread whose frames are being read. */
struct thread {
	struct strv frames;
	bool interrupted, extension;
};

static void add_frame(struct thread *t, const char *function, const char *object)
{
	if (of_system(object) || (of_python(object) && str_starts(function, "faulthandler")) || t->frames.n >= MOST_FRAMES)
		return;
	t->extension |= !of_python(object);
	strv_addf(&t->frames, "%s!%s", object, function);
}

/* Is the thread the one to be told of? Then it is, and what comes next need not be read. */
static bool take(struct thread *t, struct strv *chosen, bool *crashed)
{
	if (t->interrupted || (t->extension && chosen->n == 0))
		strv_copy(chosen, &t->frames);
	*crashed |= t->interrupted;
	strv_clear(&t->frames);
	t->interrupted = t->extension = false;
	return *crashed;
}

void stack_frames(const char *text, const struct maps *maps, struct strv *out)
{
	struct thread t = { 0 };
	AUTO_FREE char *function = NULL;
	bool crashed = false;
	for (const char *p = text; *p && !crashed; p += strcspn(p, "\n"), p += *p == '\n') {
		if (str_starts(p, "#0 ") && take(&t, out, &crashed))
			break;
		if (p[0] == '#' && isdigit((unsigned char)p[1])) {
			free(function);
			function = function_of(p);
			if (!function && !t.interrupted) {
				strv_clear(&t.frames); /* what is above it is the handler */
				t.interrupted = true;
				t.extension = false;
			}
		} else if (str_starts(p, "pc 0x") && function) {
			add_frame(&t, function, object_at(maps, strtoull(p + 3, NULL, 16)));
		}
	}
	take(&t, out, &crashed);
	strv_release(&t.frames);
}

char *stack_text(const char *text)
{
	struct buf b = { 0 };
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");
		n += p[n] == '\n';
		if (!str_starts(p, "pc 0x"))
			buf_add(&b, p, n);
		p += n;
	}
	return buf_steal(&b);
}
