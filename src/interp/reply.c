/* reply.c: read what an interpreter says of itself (JSON, see describe.c's script). */
#include "interp/describe.h"
#include "base/hash.h"
#include "interp/version.h"

#include <stdlib.h>
#include <string.h>

void reply_release(struct reply *r)
{
	interpreter_release(&r->i);
	free(r->build);
	free(r->base);
	*r = (struct reply){ 0 };
}

void config_args_split(const char *text, struct strv *out)
{
	AUTO_BUF word = { 0 };
	bool quoted = false, any = false;
	for (const char *p = text ? text : ""; *p; p++) {
		if (*p == '\'') {
			quoted = !quoted;
			any = true;
		} else if (*p == '\\' && !quoted && p[1]) {
			buf_addc(&word, *++p);
			any = true;
		} else if (*p == ' ' && !quoted) {
			if (any)
				strv_add(out, buf_str(&word));
			buf_clear(&word);
			any = false;
		} else {
			buf_addc(&word, *p);
			any = true;
		}
	}
	if (any)
		strv_add(out, buf_str(&word));
}

static const char *optimisation(const char *config_args)
{
	AUTO_STRV args = { 0 };
	config_args_split(config_args, &args);
	bool pgo = false, lto = false;
	for (size_t i = 0; i < args.n; i++) {
		pgo = pgo || str_eq(args.v[i], "--enable-optimizations");
		if (str_eq(args.v[i], "--with-lto") || str_starts(args.v[i], "--with-lto="))
			lto = !str_ends(args.v[i], "=no");
	}
	return pgo && lto ? "PGO+LTO" : pgo ? "PGO" : lto ? "LTO" : "none";
}

/* Strings that every answer has; a missing one makes the answer unusable. */
static const char *const required[] = { "implementation", "version", "build", "compiler", "platform", "base_prefix" };

static int check_strings(const cJSON *j, struct error *err)
{
	for (size_t k = 0; k < ARRAY_LEN(required); k++) {
		const char *s = json_str(j, required[k]);
		if (!s || !*s)
			return error_set(err, ERR_BAD_INTERPRETER, "the answer has no `%s`", required[k]);
	}
	return 0;
}

static void make_id(struct reply *r)
{
	const struct interpreter *i = &r->i;
	const char *parts[] = { r->build, i->version, i->compiler, i->flags, i->config_args, i->tag, i->platform, i->libc, i->prefix };
	struct hasher *h = hasher_new();
	for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
		const char *s = parts[k] ? parts[k] : "";
		hasher_update(h, s, strlen(s) + 1);
	}
	hasher_update(h, i->gil_disabled ? "t" : "-", 1);
	hasher_update(h, i->debug ? "d" : "-", 1);
	char hex[SHA256_HEX];
	hasher_finish(h, hex);
	r->i.id = xstrndup(hex, 16);
}

static int fill(struct reply *r, const cJSON *j, struct error *err)
{
	struct interpreter *i = &r->i;
	struct pyversion v;
	const char *version = json_str(j, "version");
	if (!pyversion_read(version, &v) || v.patch < 0)
		return error_set(err, ERR_BAD_INTERPRETER, "`%.40s` is no version of CPython", version);
	i->version = xstrdup(version);
	i->compiler = xstrdup(json_str(j, "compiler"));
	i->flags = xstrdup(json_str(j, "cflags"));
	i->config_args = xstrdup(json_str(j, "config_args"));
	i->optimisation = xstrdup(optimisation(i->config_args));
	i->platform = xstrdup(json_str(j, "platform"));
	i->libc = xstrdup(json_str(j, "libc"));
	i->prefix = xstrdup(json_str(j, "base_prefix"));
	i->gil_disabled = json_bool(j, "gil_disabled", false);
	i->debug = json_bool(j, "debug", false);
	i->has_headers = json_bool(j, "has_headers", false);
	i->has_pip = json_bool(j, "has_pip", false);
	i->tag = xasprintf("cp%d%d%s", v.major, v.minor, i->gil_disabled ? "t" : "");
	r->build = xstrdup(json_str(j, "build"));
	const char *prefix = json_str(j, "prefix"), *base = json_str(j, "base_executable");
	if (prefix && !str_eq(prefix, i->prefix) && base && *base == '/')
		r->base = xstrdup(base);
	make_id(r);
	return 0;
}

int reply_read(const char *text, size_t n, struct reply *out, struct error *err)
{
	struct error why = { 0 };
	AUTO_JSON *j = NULL;
	*out = (struct reply){ 0 };
	if (json_parse(text, n, "answer", &j, &why) < 0 || !cJSON_IsObject(j)) {
		error_release(&why);
		return error_set(err, ERR_BAD_INTERPRETER, "the answer is no JSON object");
	}
	if (check_strings(j, err) < 0)
		return -1;
	if (!str_eq(json_str(j, "implementation"), "cpython"))
		return error_set(err, ERR_BAD_INTERPRETER, "it is `%.40s`, not CPython", json_str(j, "implementation"));
	if (fill(out, j, err) < 0) {
		reply_release(out);
		return -1;
	}
	return 0;
}
