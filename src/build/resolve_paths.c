/* resolve_paths.c: who wants what, from the resolver's annotated text. */
#include "build/lock.h"
#include "model/names.h"
#include "build/resolve.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One edge: `child` is wanted by `parent`. */
struct edges {
	struct strv child, parent;
};

static void add_parents(struct edges *e, const char *child, const char *text)
{
	AUTO_STRV names = { 0 };
	strv_split(&names, text, ',');
	for (size_t i = 0; i < names.n; i++) {
		const char *p = names.v[i] + strspn(names.v[i], " \t#");
		p = str_starts(p, "via") ? p + 3 + strspn(p + 3, " ") : p;
		if (!*p || !isalnum((unsigned char)*p))
			continue;
		AUTO_FREE char *word = xstrndup(p, strcspn(p, " ["));
		strv_add(&e->child, child);
		strv_take(&e->parent, name_normalize(word));
	}
}

static void read_edges(const char *text, struct edges *e)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	AUTO_FREE char *child = NULL;
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i];
		if (isalnum((unsigned char)line[0])) {
			AUTO_FREE char *name = xstrndup(line, strcspn(line, "=@[ ;"));
			free(child);
			child = name_normalize(name);
		}
		const char *comment = strchr(line, '#');
		if (child && comment)
			add_parents(e, child, comment);
	}
}

void resolve_path_to(const char *annotated, const char *target, const char *name, struct strv *path)
{
	struct edges e = { 0 };
	read_edges(annotated, &e);
	/* Breadth first from the blocker up to the target; `from` remembers the step down. */
	AUTO_STRV queue = { 0 };
	AUTO_STRV down = { 0 };
	strv_add(&queue, name);
	strv_add(&down, "");
	size_t at = 0;
	for (; at < queue.n && strcmp(queue.v[at], target) != 0; at++) {
		for (size_t i = 0; i < e.child.n; i++) {
			if (strcmp(e.child.v[i], queue.v[at]) != 0 || strv_has(&queue, e.parent.v[i]))
				continue;
			strv_add(&queue, e.parent.v[i]);
			strv_add(&down, queue.v[at]);
		}
	}
	strv_add(path, target);
	while (at < queue.n && *down.v[at]) {
		strv_add(path, down.v[at]);
		size_t next = 0;
		while (next < queue.n && strcmp(queue.v[next], down.v[at]) != 0)
			next++;
		at = next;
	}
	if (strcmp(path->v[path->n - 1], name) != 0)
		strv_add(path, name);
	strv_release(&e.child);
	strv_release(&e.parent);
}
