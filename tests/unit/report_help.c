/* report_help.c: see report_help.h. */
#include "report_help.h"
#include "base/fs.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA MC_BUILD_SRCDIR "/tests/unit/data/"

static char *captured;
static size_t captured_size;

FILE *capture_open(void)
{
	captured = NULL;
	return open_memstream(&captured, &captured_size);
}

char *capture_close(FILE *stream)
{
	fclose(stream);
	return captured;
}

void load_survey(struct survey *s, const char *name)
{
	AUTO_FREE char *path = xasprintf(DATA "surveys/%s.json", name);
	AUTO_JSON *j = NULL;
	AUTO_ERROR err = { 0 };
	if (json_read(path, 1 << 24, &j, &err) < 0)
		fail_msg("%s: %s", path, err.what);
	survey_from_json(s, j);
}

void check_golden(const char *name, const char *text)
{
	AUTO_FREE char *path = xasprintf(DATA "golden/%s", name);
	AUTO_ERROR err = { 0 };
	const char *update = getenv("UPDATE_GOLDEN");
	if (update && *update) {
		assert_int_equal(write_file(path, text, strlen(text), &err), 0);
		return;
	}
	AUTO_BUF expected = { 0 };
	if (read_file(path, 1 << 24, &expected, &err) < 0)
		fail_msg("%s: %s (UPDATE_GOLDEN=1 writes it)", path, err.what);
	assert_string_equal(text, buf_str(&expected));
}

char *strip_color(const char *text)
{
	struct buf out = { 0 };
	for (const char *p = text; *p; p++) {
		if (*p != '\033') {
			buf_addc(&out, *p);
			continue;
		}
		assert_int_equal(p[1], '[');
		p += 2 + strspn(p + 2, "0123456789;");
		assert_int_equal(*p, 'm');
	}
	return buf_steal(&out);
}

static void check_line(const char *line)
{
	assert_null(strstr(line, "##["));
	assert_false(str_starts(line + strspn(line, " \t"), "::"));
}

void check_harmless(const char *text, bool tabs)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool control = (*p < 0x20 && *p != '\n' && !(tabs && *p == '\t')) || *p == 0x7f;
		bool c1 = *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
		bool bidi = *p == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
		if (control || c1 || bidi)
			fail_msg("control character 0x%02x before: %.40s", *p, (const char *)p + 1);
	}
	AUTO_STRV lines = { 0 };
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++)
		check_line(lines.v[i]);
	assert_null(strstr(text, "secret"));
}

void check_words(const char *text)
{
	static const char *const never[] = { "safe", "compatible" };
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		size_t n = strlen(never[i]);
		for (const char *p = text; (p = strcasestr(p, never[i])) != NULL; p += n) {
			bool begins = p == text || !isalpha((unsigned char)p[-1]);
			if (begins && !isalpha((unsigned char)p[n]))
				fail_msg("\"%s\" stands in: %.60s", never[i], p > text + 20 ? p - 20 : text);
		}
	}
}
