/* stress_cluster.c: see stress_cluster.h. */
#include "judge/stress_cluster.h"
#include "judge/frames.h"
#include "judge/stress_fault.h"

#include <stdlib.h>

#include <string.h>

/* "replay|pair|m.C add|get": what is done, on which type, by which operations; borrowed from the key. */
struct played {
	const char *strategy, *type, *operations;
	size_t strategy_n, type_n;
};

static bool parse(const char *key, struct played *p)
{
	static const char mode[] = "replay|";
	if (!key || !str_starts(key, mode))
		return false;
	p->strategy = key + sizeof(mode) - 1;
	p->strategy_n = strcspn(p->strategy, "|");
	if (!p->strategy[p->strategy_n])
		return false;
	p->type = p->strategy + p->strategy_n + 1;
	p->type_n = strcspn(p->type, " |");
	p->operations = p->type + p->type_n + (p->type[p->type_n] == ' ');
	return true;
}

static bool does(const struct played *p, const char *strategy)
{
	return strlen(strategy) == p->strategy_n && strncmp(p->strategy, strategy, p->strategy_n) == 0;
}

/* Is the word one of the list that '|' separates? */
static bool has_operation(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = list; at && *at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (strncmp(at, word, n) == 0 && (at[n] == '|' || !at[n]))
			return true;
	return false;
}

bool key_plays(const char *key, const char *self)
{
	struct played whole, alone;
	if (!parse(key, &whole) || !parse(self, &alone) || !does(&alone, "self") || !*alone.operations)
		return false;
	if (whole.type_n != alone.type_n || strncmp(whole.type, alone.type, alone.type_n) != 0)
		return false;
	return does(&whole, "mix") || (!does(&whole, "self") && has_operation(whole.operations, alone.operations));
}

/* A state that no serial order gives. */
static bool wrong_state(const char *oracle)
{
	return str_eq(oracle, "lost-update") || str_eq(oracle, "wrong-result");
}

bool stress_explains(const struct stress_event *self, const struct stress_event *e)
{
	if (!self->oracle || !e->oracle || !key_plays(e->key, self->key))
		return false;
	if (wrong_state(self->oracle))
		return wrong_state(e->oracle);
	/* Where the package's own frames say what broke, they tell defects apart. */
	return stress_oracle_memory(self->oracle) && stress_oracle_memory(e->oracle) && !frames_have_extension(&e->frames);
}

bool stress_one_defect(const struct stress_event *a, const struct stress_event *b)
{
	if (str_eq(a->key, b->key) || stress_explains(a, b) || stress_explains(b, a))
		return true;
	AUTO_FREE char *first = stress_signature(a);
	AUTO_FREE char *second = stress_signature(b);
	return str_eq(first, second);
}
