/* explain.c: see explain.h. */
#include "report/explain.h"
#include "base/text.h"
#include "report/style.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct explanation table[] = {
#define X(id, word, glyph, ansi, light, dark, meaning) { "readiness", word, meaning },
#include "model/readiness.def"
#undef X
#define X(id, word, ready, text) { "outcome", word, text },
#include "model/outcome.def"
#undef X
#define X(word, text) { "flag", word, text },
#include "model/flags.def"
#undef X
#define X(group, word, text) { group, word, text },
#include "model/glossary.def"
#undef X
#define X(id, slug, code, text) { "error", slug, text },
#include "base/errors.def"
#undef X
};

bool explanation_get(size_t i, struct explanation *out)
{
	if (i >= ARRAY_LEN(table))
		return false;
	*out = table[i];
	return true;
}

static void add_explanation(struct buf *out, const struct explanation *e, const struct report_options *opt)
{
	style_add(out, opt->color, SGR_BOLD, e->word);
	buf_addf(out, "   (%s", e->group);
	if (strcmp(e->group, "outcome") == 0)
		buf_addf(out, ", %s", readiness_word(outcome_readiness(outcome_parse(e->word))));
	if (strcmp(e->group, "error") == 0)
		buf_addf(out, ", exit code %d", error_exit_code(error_from_slug(e->word)));
	buf_adds(out, ")\n    ");
	style_wrap(out, e->text, 4, 4, opt->width);
	buf_addc(out, '\n');
}

static void add_list(struct buf *out, const struct report_options *opt)
{
	for (size_t i = 0; i < ARRAY_LEN(table);) {
		AUTO_FREE char *group = xasprintf("%-11s", table[i].group);
		AUTO_BUF words = { 0 };
		size_t first = i;
		for (; i < ARRAY_LEN(table) && strcmp(table[i].group, table[first].group) == 0; i++)
			buf_addf(&words, "%s%s", words.len ? ", " : "", table[i].word);
		style_add(out, opt->color, SGR_BOLD, group);
		style_wrap(out, buf_str(&words), 11, 11, opt->width);
		buf_addc(out, '\n');
	}
	buf_adds(out, "\nnext: migrate-check explain WORD\n");
}

static int unknown_word(const char *word, struct error *err)
{
	AUTO_STRV near = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(table) && near.n < 3; i++)
		if (text_edit_distance(word, table[i].word) <= 2)
			strv_add_unique(&near, table[i].word);
	error_set(err, ERR_USAGE, "`%s` is not a word of this tool", word);
	AUTO_FREE char *names = strv_join(&near, "`, `");
	return near.n ? error_hint(err, "did you mean `%s`?", names) : error_hint(err, "`migrate-check explain` lists all words");
}

int report_explain(FILE *out, const char *word, const struct report_options *opt, struct error *err)
{
	AUTO_BUF text = { 0 };
	if (!word)
		add_list(&text, opt);
	for (size_t i = 0; word && i < ARRAY_LEN(table); i++)
		if (strcasecmp(table[i].word, word) == 0)
			add_explanation(&text, &table[i], opt);
	if (text.len == 0)
		return unknown_word(word, err);
	return report_flush(out, &text, err);
}
