/*
 * perf_driver.c: the statistics of libjudge for a script. Each line of standard
 * input is a function's name and its arguments, numbers apart by blanks; each
 * gets one line of output. Not installed: `make validate-perf` builds and drives it.
 *
 *   delta NOISE LOG_RATIO...   ratio lo hi p verdict, as a package's row gets them
 *   noise N LOG_RATIO...       the A/A noise, for N pairs, from pairs of equal arms
 *   interval CONFIDENCE X...   estimate lo hi
 *   p X...                     two-sided signed-rank p
 *   fisher A B C D             one-sided p
 *   bound N                    upper bound after no failure in N runs
 *   bh Q P...                  a 1 or 0 for each P: rejected or not
 *   quantile Q X...            the quantile
 *   mean RATIO...              geometric mean
 */
#include "judge/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096 /* numbers on a line */

struct line {
	char *name;
	double v[MOST];
	size_t n;
};

static void delta(const struct line *l)
{
	double estimate, lo, hi;
	signed_rank_interval(l->v + 1, l->n - 1, 0.95, &estimate, &lo, &hi);
	enum perf_verdict verdict = perf_judge(exp(estimate), exp(lo), exp(hi), perf_band(l->v[0]));
	printf("%.17g %.17g %.17g %.17g %s\n", exp(estimate), exp(lo), exp(hi), signed_rank_p(l->v + 1, l->n - 1), perf_verdict_word(verdict));
}

static void interval(const struct line *l)
{
	double estimate, lo, hi;
	signed_rank_interval(l->v + 1, l->n - 1, l->v[0], &estimate, &lo, &hi);
	printf("%.17g %.17g %.17g\n", estimate, lo, hi);
}

static void noise(const struct line *l) { printf("%.17g\n", aa_noise(l->v + 1, l->n - 1, (size_t)l->v[0])); }
static void p_value(const struct line *l) { printf("%.17g\n", signed_rank_p(l->v, l->n)); }
static void bound(const struct line *l) { printf("%.17g\n", bound_zero_failures((int64_t)l->v[0])); }
static void quantile_of(const struct line *l) { printf("%.17g\n", quantile(l->v + 1, l->n - 1, l->v[0])); }
static void mean(const struct line *l) { printf("%.17g\n", geometric_mean(l->v, l->n)); }

static void fisher(const struct line *l)
{
	printf("%.17g\n", fisher_one_sided((int64_t)l->v[0], (int64_t)l->v[1], (int64_t)l->v[2], (int64_t)l->v[3]));
}

static void bh(const struct line *l)
{
	bool rejected[MOST];
	benjamini_hochberg(l->v + 1, l->n - 1, l->v[0], rejected);
	for (size_t i = 0; i + 1 < l->n; i++)
		printf("%s%d", i ? " " : "", rejected[i]);
	putchar('\n');
}

static const struct {
	const char *name;
	size_t least; /* numbers that it needs */
	void (*run)(const struct line *l);
} functions[] = {
	{ "delta", 1, delta }, { "noise", 1, noise }, { "interval", 1, interval }, { "p", 0, p_value }, { "fisher", 4, fisher },
	{ "bound", 1, bound }, { "bh", 1, bh }, { "quantile", 1, quantile_of }, { "mean", 0, mean },
};

/* Splits the text in place. False: too many numbers, or something that is none. */
static bool parse(char *text, struct line *l)
{
	char *rest = NULL, *end;
	l->name = strtok_r(text, " \n", &rest);
	l->n = 0;
	for (char *word; (word = strtok_r(NULL, " \n", &rest)) != NULL; l->n++) {
		if (l->n == MOST)
			return false;
		l->v[l->n] = strtod(word, &end);
		if (*end)
			return false;
	}
	return l->name != NULL;
}

int main(void)
{
	static struct line l;
	AUTO_FREE char *text = NULL;
	size_t room = 0;
	while (getline(&text, &room, stdin) > 0) {
		size_t i = 0;
		bool good = parse(text, &l);
		while (good && i < ARRAY_LEN(functions) && strcmp(functions[i].name, l.name) != 0)
			i++;
		if (!good || i == ARRAY_LEN(functions) || l.n < functions[i].least) {
			fprintf(stderr, "perf_driver: not a request that it knows: %s\n", text);
			return 2;
		}
		functions[i].run(&l);
		fflush(stdout);
	}
	return 0;
}
