/*
 * style.h: what a stream can show (colour, width), and text that is fit to be
 * shown: foreign text made harmless, wrapped prose, ratios and counts.
 */
#ifndef MC_STYLE_H
#define MC_STYLE_H

#include "model/survey.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_COUNT };
enum color_choice color_choice_parse(const char *word); /* COLOR_COUNT when unknown */

/* May SGR sequences be written to the stream? The option decides, then
 * NO_COLOR (not empty), then CLICOLOR_FORCE or FORCE_COLOR (set, not "0"),
 * then whether the stream is a terminal and TERM is not "dumb". */
bool style_color(enum color_choice choice, FILE *stream);
bool style_terminal(FILE *stream); /* true for any terminal, also with TERM=dumb */
/* Columns of the stream's terminal: as the terminal says, else COLUMNS, else
 * 80. 0, which means no limit, when it is not a terminal. */
int style_width(FILE *stream);

#define SGR_BOLD "1"
#define SGR_DIM "2"
#define SGR_RED "31"
#define SGR_YELLOW "33"

/* Add text in the given SGR parameters; plain when color is false or sgr is empty. */
void style_add(struct buf *b, bool color, const char *sgr, const char *text);

/* Foreign text for one line: what text_safe() does, and beyond it nothing is
 * left that a CI runner takes for a command: "##[" anywhere and "::" at the
 * start are broken by a \x escape (runners skip leading blanks). Newlines
 * become blanks; credentials in URLs become "***". NULL adds nothing. */
void style_text(struct buf *b, const char *s);
void style_hide_credentials(struct buf *b, const char *s); /* only that; nothing else is changed */
char *style_line(const char *s) MC_NODISCARD;   /* the same; the caller owns it */
char *style_reason(const char *s) MC_NODISCARD; /* the first line that is not blank, at most 160 characters */

/* Add text that is already harmless, broken at blanks so that no line is wider
 * than width (0: never broken). The cursor stands in column `at`; following
 * lines are indented by `indent`. Text in backticks is never broken, so that a
 * command can be copied, nor is a word. */
void style_wrap(struct buf *b, const char *text, size_t at, size_t indent, int width);

/* Of a native stack, what a signal interrupted; all of it where none did. Points into stack. */
const char *style_interrupted(const char *stack);

/* Lines of foreign text, each behind the prefix; the last max_lines of them
 * or the first (0: all). Returns how many lines there are in all, and in shown how many were added. */
enum block_end { BLOCK_LAST /* of a log */, BLOCK_FIRST /* of a stack: innermost first */ };
size_t style_block(struct buf *b, const char *text, const char *prefix, enum block_end end, size_t max_lines, size_t *shown);

void style_pad(struct buf *b, const char *text, size_t width); /* text, then blanks up to width columns */
char *style_command_word(const char *s) MC_NODISCARD;          /* harmless for a terminal, as a word for a shell */

#endif
