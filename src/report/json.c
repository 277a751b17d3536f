/* json.c: the survey as a JSON document, printed the same way every time. */
#include "base/text.h"
#include "report/report.h"
#include "report/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Escape what JSON demands, and what would do something to a terminal. The
 * text is made valid UTF-8 first; text_safe() would show escapes as text, so
 * code points are decoded here. */
static size_t code_point(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
	*cp = 0xfffd;
	if (len == 0)
		return 1;
	uint32_t v = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) /* also at the NUL, so never beyond the end */
			return 1;
		v = (v << 6) | (s[i] & 0x3fu);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*cp = v;
	return len;
}

static bool needs_escape(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c || cp == 0x200e || cp == 0x200f ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

static void add_string(struct buf *out, const char *s)
{
	AUTO_BUF hidden = { 0 };
	style_hide_credentials(&hidden, s ? s : "");
	buf_addc(out, '"');
	for (const unsigned char *p = (const unsigned char *)buf_str(&hidden); *p;) {
		uint32_t cp;
		size_t len = code_point(p, &cp);
		if (cp == '"' || cp == '\\')
			buf_addf(out, "\\%c", (char)cp);
		else if (cp == '\n' || cp == '\t')
			buf_adds(out, cp == '\n' ? "\\n" : "\\t");
		else if (needs_escape(cp))
			buf_addf(out, "\\u%04x", cp);
		else if (cp == 0xfffd)
			buf_adds(out, "\xef\xbf\xbd");
		else
			buf_add(out, p, len);
		p += len;
	}
	buf_addc(out, '"');
}

/* Measured quantities carry no more than six digits that mean anything. */
static void add_number(struct buf *out, double v)
{
	if (!isfinite(v))
		buf_adds(out, "null");
	else if (v == 0) /* also -0 */
		buf_adds(out, "0");
	else if (v == trunc(v) && fabs(v) < 9007199254740992.0)
		buf_addf(out, "%.0f", v);
	else
		buf_addf(out, "%.6g", v);
}

static void add_value(struct buf *out, const cJSON *j, int depth, bool pretty);

/* The members of an object or array, each on a line of its own when pretty. */
static void add_members(struct buf *out, const cJSON *j, int depth, bool pretty)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, j) {
		if (item != j->child)
			buf_adds(out, pretty ? "," : ", ");
		if (pretty)
			buf_addf(out, "\n%*s", 2 * depth + 2, "");
		if (cJSON_IsObject(j)) {
			add_string(out, item->string);
			buf_adds(out, ": ");
		}
		add_value(out, item, depth + 1, pretty);
	}
	if (pretty && j->child)
		buf_addf(out, "\n%*s", 2 * depth, "");
}

static void add_value(struct buf *out, const cJSON *j, int depth, bool pretty)
{
	if (cJSON_IsObject(j) || cJSON_IsArray(j)) {
		buf_addc(out, cJSON_IsObject(j) ? '{' : '[');
		add_members(out, j, depth, pretty);
		buf_addc(out, cJSON_IsObject(j) ? '}' : ']');
	} else if (cJSON_IsString(j)) {
		add_string(out, j->valuestring);
	} else if (cJSON_IsNumber(j)) {
		add_number(out, j->valuedouble);
	} else {
		buf_adds(out, cJSON_IsTrue(j) ? "true" : cJSON_IsFalse(j) ? "false" : "null");
	}
}

void report_json_text(struct buf *out, const cJSON *j)
{
	add_value(out, j, 0, true);
	buf_addc(out, '\n');
}

void report_json_line(struct buf *out, const cJSON *j)
{
	add_value(out, j, 0, false);
}

/* The whole survey, whatever the options say. */
int report_json(FILE *out, const struct survey *s, const struct report_options *opt MC_UNUSED, struct error *err)
{
	AUTO_JSON *j = survey_to_json(s);
	AUTO_BUF text = { 0 };
	report_json_text(&text, j);
	return report_flush(out, &text, err);
}
