/* options.c: parsing and help from one table; see cli.h. */
#include "base/text.h"
#include "cli/cli.h"
#include "plan/effort.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	char letter;
	const char *name, *arg;
	unsigned mask;
	const char *help;
} table[OPT_COUNT] = {
#define X(id, letter, name, arg, commands, help) [id] = { letter, name, arg, commands, help },
#include "cli/options.def"
#undef X
};

void options_release(struct options *o)
{
	strv_release(&o->requirement_files);
	strv_release(&o->constraint_files);
	strv_release(&o->with);
	strv_release(&o->operands);
}

static int bad_value(enum option_id id, const char *value, const char *expected, struct error *err)
{
	error_set(err, ERR_USAGE, "`--%s %s`: expected %s", table[id].name, value, expected);
	return error_hint(err, "`migrate-check --help` lists the options");
}

static int set_scale(struct options *o, const char *value, struct error *err)
{
	char *end = NULL;
	o->scale = strtod(value, &end);
	bool good = !*end && o->scale >= 0.001 && o->scale <= 100; /* false for NaN, too */
	return good ? 0 : bad_value(OPT_SCALE, value, "a number from 0.001 to 100", err);
}

static int set_words(struct options *o, enum option_id id, const char *value, struct error *err)
{
	switch ((int)id) {
	case OPT_COLOR:
		o->color = color_choice_parse(value);
		return o->color == COLOR_COUNT ? bad_value(id, value, "auto, always or never", err) : 0;
	case OPT_PROGRESS:
		o->progress = progress_mode_parse(value);
		return o->progress == PROGRESS_MODE_COUNT ? bad_value(id, value, "auto, plain or none", err) : 0;
	case OPT_EFFORT:
		o->effort = effort_parse(value);
		return o->effort == EFFORT_COUNT ? bad_value(id, value, "quick, standard or deep", err) : 0;
	case OPT_BUILD:
		o->build = strcmp(value, "auto") == 0 ? BUILD_AUTO : strcmp(value, "wheel") == 0 ? BUILD_WHEEL : BUILD_SOURCE;
		return o->build == BUILD_SOURCE && strcmp(value, "source") != 0 ? bad_value(id, value, "auto, wheel or source", err) : 0;
	case OPT_FORMAT:
		return report_format_find(value) ? 0 : bad_value(id, value, "matrix, tsv or json", err);
	case OPT_BUDGET:
		o->budget_seconds = duration_parse(value);
		return o->budget_seconds < 10 ? bad_value(id, value, "a time of at least 10s, such as 90s, 5m or 1h", err) : 0;
	case OPT_STRESS:
		return stress_modes_check(value) ? 0
		                                 : bad_value(id, value, "auto, none, or modes (each once) of replay, first-use, mixed, same-test, perturb, tsan", err);
	case OPT_STRESS_SECONDS:
		o->stress_seconds = duration_parse(value);
		return o->stress_seconds < 4 || o->stress_seconds > 86400 ? bad_value(id, value, "a time from 4s to 24h, such as 60s or 5m", err) : 0;
	case OPT_TIMEOUT:
		o->timeout_seconds = duration_parse(value);
		return o->timeout_seconds < 1 || o->timeout_seconds > 86400 ? bad_value(id, value, "a time from 1s to 24h, such as 90s or 10m", err) : 0;
	case OPT_SCALE:
		return set_scale(o, value, err);
	case OPT_DEADLINE:
		o->deadline_seconds = duration_parse(value);
		return o->deadline_seconds < 1 || o->deadline_seconds > 86400 ? bad_value(id, value, "a time from 1s to 24h, such as 90s or 5m", err) : 0;
	default:
		return 0;
	}
}

static int set_number(enum option_id id, int least, int most, const char *value, int *out, struct error *err)
{
	char *end = NULL;
	long n = strtol(value, &end, 10);
	AUTO_FREE char *expected = xasprintf("a number from %d to %d", least, most);
	if (*end || n < least || n > most)
		return bad_value(id, value, expected, err);
	*out = (int)n;
	return 0;
}

static int set_option(struct options *o, enum option_id id, const char *value, struct error *err)
{
	o->set[id] = true;
	o->value[id] = value;
	if (value && !*value)
		return bad_value(id, "''", "a value", err);
	switch ((int)id) {
	case OPT_REQUIREMENTS:
		strv_add(&o->requirement_files, value);
		return 0;
	case OPT_CONSTRAINTS:
		strv_add(&o->constraint_files, value);
		return 0;
	case OPT_WITH:
		strv_add(&o->with, value);
		return 0;
	case OPT_QUIET:
		o->verbosity--;
		return 0;
	case OPT_VERBOSE:
		o->verbosity++;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	case OPT_VERSION:
		o->version = true;
		return 0;
	case OPT_RUNS:
		return set_number(id, 1, 1000, value, &o->runs, err);
	case OPT_EXIT_CODE:
		return set_number(id, 0, 255, value, &o->exit_code, err);
	case OPT_THREADS:
		return set_number(id, 2, 256, value, &o->threads, err);
	case OPT_ROUNDS:
		return set_number(id, 1, 200, value, &o->rounds, err);
	default:
		return value ? set_words(o, id, value, err) : 0;
	}
}

static const char *nearest(const char *name, unsigned mask)
{
	const char *best = NULL;
	size_t least = 4;
	for (size_t i = 0; i < OPT_COUNT; i++) {
		size_t d = table[i].mask & mask ? text_edit_distance(name, table[i].name) : 99;
		if (d < least) {
			least = d;
			best = table[i].name;
		}
	}
	return best;
}

/* getopt refused a word: no such option, or (known >= 0) one that takes no value got one. */
static int unknown(const char *word, int known, unsigned mask, struct error *err)
{
	if (known >= 0 && known < OPT_COUNT)
		return error_set(err, ERR_USAGE, "`--%s` takes no value", table[known].name);
	AUTO_FREE char *safe = text_safe_line(word);
	error_set(err, ERR_USAGE, "unknown option `%s`", safe);
	AUTO_FREE char *name = xstrndup(word + strspn(word, "-"), strcspn(word + strspn(word, "-"), "="));
	const char *near = str_starts(word, "--") ? nearest(name, mask) : NULL;
	return near ? error_hint(err, "did you mean `--%s`?", near) : error_hint(err, "`migrate-check --help` lists the options");
}

int options_parse(int argc, char **argv, unsigned mask, struct options *o, struct error *err)
{
	struct option longs[OPT_COUNT + 1] = { { 0 } };
	char shorts[2 * OPT_COUNT + 4] = "+:";
	size_t n = 0, s = 2;
	for (int i = 0; i < OPT_COUNT; i++) {
		if (!(table[i].mask & mask))
			continue;
		longs[n++] = (struct option){ table[i].name, table[i].arg ? required_argument : no_argument, NULL, 256 + i };
		if (table[i].letter) {
			shorts[s++] = table[i].letter;
			if (table[i].arg)
				shorts[s++] = ':';
		}
	}
	opterr = 0;
	optind = 1;
	/* "+" stops at operands, so that they can be taken one by one and order does not matter. */
	while (optind < argc) {
		int at = optind;
		int c = getopt_long(argc, argv, shorts, longs, NULL);
		if (c == -1 && optind < argc && strcmp(argv[optind - 1], "--") == 0 && optind - 1 >= at) {
			while (optind < argc)
				strv_add(&o->operands, argv[optind++]);
			break;
		}
		if (c == -1) {
			do {
				if (optind < argc)
					strv_add(&o->operands, argv[optind++]);
			} while (mask == FOR_WORKLOAD && optind < argc);
			continue;
		}
		if (c == ':')
			return error_set(err, ERR_USAGE, "`%s` needs a value", argv[optind - 1]);
		if (c == '?')
			return unknown(argv[at], optopt - 256, mask, err);
		int id = c - 256;
		for (int i = 0; c < 256 && i < OPT_COUNT; i++)
			if (table[i].letter == c && table[i].mask & mask)
				id = i;
		if (set_option(o, (enum option_id)id, optarg, err) < 0)
			return -1;
	}
	return 0;
}

void options_help(FILE *out, unsigned mask)
{
	for (size_t i = 0; i < OPT_COUNT; i++) {
		if (!(table[i].mask & mask))
			continue;
		AUTO_FREE char *name = xasprintf("%s%c%s--%s%s%s", table[i].letter ? "-" : " ", table[i].letter ? table[i].letter : ' ',
		                                 table[i].letter ? ", " : "  ", table[i].name, table[i].arg ? " " : "", table[i].arg ? table[i].arg : "");
		fprintf(out, "  %-26s %s\n", name, table[i].help);
	}
}
