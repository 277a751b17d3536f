/* style.c: see style.h. */
#include "report/style.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum color_choice color_choice_parse(const char *word)
{
	static const char *const words[] = { "auto", "always", "never" };
	enum color_choice c = 0;
	while (c < COLOR_COUNT && !str_eq(words[c], word))
		c++;
	return c;
}

static bool is_set(const char *name)
{
	const char *v = getenv(name);
	return v && *v;
}

static bool is_forced(const char *name)
{
	return is_set(name) && strcmp(getenv(name), "0") != 0;
}

bool style_terminal(FILE *stream)
{
	return isatty(fileno(stream)) == 1;
}

bool style_color(enum color_choice choice, FILE *stream)
{
	if (choice == COLOR_ALWAYS || choice == COLOR_NEVER)
		return choice == COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (is_forced("CLICOLOR_FORCE") || is_forced("FORCE_COLOR"))
		return true;
	return style_terminal(stream) && is_set("TERM") && strcmp(getenv("TERM"), "dumb") != 0;
}

int style_width(FILE *stream)
{
	if (!style_terminal(stream))
		return 0;
	struct winsize size = { 0 };
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	long columns = is_set("COLUMNS") ? strtol(getenv("COLUMNS"), NULL, 10) : 0;
	return columns > 0 && columns < 10000 ? (int)columns : 80;
}

void style_add(struct buf *b, bool color, const char *sgr, const char *text)
{
	if (color && sgr && *sgr && text && *text)
		buf_addf(b, "\033[%sm%s\033[0m", sgr, text);
	else
		buf_adds(b, text);
}

void style_hide_credentials(struct buf *out, const char *s)
{
	for (const char *mark; (mark = strstr(s, "://")) != NULL;) {
		const char *host = mark + 3;
		const char *at = memrchr(host, '@', strcspn(host, "/?# \t\r\n"));
		buf_add(out, s, (size_t)(host - s));
		if (at)
			buf_adds(out, "***");
		s = at ? at : host;
	}
	buf_adds(out, s);
}

void style_text(struct buf *b, const char *s)
{
	if (!s)
		return;
	AUTO_BUF plain = { 0 };
	style_hide_credentials(&plain, s);
	for (size_t i = 0; i < plain.len; i++)
		if (plain.data[i] == '\n' || plain.data[i] == '\t')
			plain.data[i] = ' ';
	AUTO_BUF safe = { 0 };
	text_safe(&safe, buf_str(&plain), plain.len, false);
	const char *p = buf_str(&safe);
	size_t blanks = strspn(p, " ");
	if (str_starts(p + blanks, "::")) {
		buf_add(b, p, blanks);
		buf_adds(b, "\\x3a");
		p += blanks + 1;
	}
	for (const char *mark; (mark = strstr(p, "##[")) != NULL; p = mark + 2) {
		buf_add(b, p, (size_t)(mark - p) + 1);
		buf_adds(b, "\\x23");
	}
	buf_adds(b, p);
}

char *style_line(const char *s)
{
	struct buf b = { 0 };
	style_text(&b, s ? s : "");
	return buf_steal(&b);
}

char *style_reason(const char *s)
{
	const char *start = s ? s + strspn(s, " \t\r\n") : "";
	AUTO_FREE char *first = xstrndup(start, strcspn(start, "\n"));
	AUTO_FREE char *line = style_line(first);
	return text_safe_line(line);
}

/* The next piece that must stay together: a word, or several held by backticks. */
static size_t piece(const char *s)
{
	bool quoted = false;
	size_t n = 0;
	for (; s[n] && (quoted || s[n] != ' '); n++)
		if (s[n] == '`')
			quoted = !quoted && strchr(s + n + 1, '`') != NULL;
	return n;
}

void style_wrap(struct buf *b, const char *text, size_t at, size_t indent, int width)
{
	if (width <= 0) {
		buf_adds(b, text);
		return;
	}
	bool fresh = true; /* nothing on this line yet, so a break would not help */
	for (const char *p = text; *p;) {
		size_t blanks = strspn(p, " ");
		size_t n = piece(p + blanks);
		AUTO_FREE char *word = xstrndup(p + blanks, n);
		size_t columns = text_width(word);
		if (n && !fresh && at + blanks + columns > (size_t)width) {
			buf_addf(b, "\n%*s%s", (int)indent, "", word);
			at = indent + columns;
		} else if (n) {
			buf_addf(b, "%*s%s", (int)blanks, "", word);
			at += blanks + columns;
		}
		fresh = false;
		p += blanks + n;
	}
}

size_t style_block(struct buf *b, const char *text, const char *prefix, enum block_end end, size_t max_lines, size_t *shown)
{
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text ? text : "", '\n');
	size_t n = lines.n;
	while (n > 0 && lines.v[n - 1][0] == '\0')
		n--;
	*shown = max_lines && n > max_lines ? max_lines : n;
	size_t first = end == BLOCK_LAST ? n - *shown : 0;
	for (size_t i = first; i < first + *shown; i++) {
		buf_adds(b, prefix);
		style_text(b, lines.v[i]);
		buf_addc(b, '\n');
	}
	return n;
}

const char *style_interrupted(const char *stack)
{
	static const char mark[] = "<signal handler called>\n";
	const char *at = stack ? strstr(stack, mark) : NULL;
	for (const char *next; at && (next = strstr(at, mark));) /* faulthandler's own comes first */
		at = next + strlen(mark);
	return at ? at : stack;
}

void style_pad(struct buf *b, const char *text, size_t width)
{
	size_t columns = text_width(text);
	buf_adds(b, text);
	if (columns < width)
		buf_addf(b, "%*s", (int)(width - columns), "");
}

char *style_command_word(const char *s)
{
	AUTO_FREE char *line = style_line(s);
	return text_shell_word(line);
}
