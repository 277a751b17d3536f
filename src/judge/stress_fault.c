/* stress_fault.c: see stress_fault.h and stress.h. */
#include "judge/stress_fault.h"
#include "judge/compare.h"
#include "judge/frames.h"
#include "judge/signature.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The n-th part of a key, from 0; owned by the caller, NULL when there is none. */
static char *key_part(const char *key, size_t n)
{
	while (n--) {
		key = strchr(key, '|');
		if (!key++)
			return NULL;
	}
	return xstrndup(key, strcspn(key, "|"));
}

/* The key of what is perturbed is that of what is played. */
static const char *inner_key(const char *key)
{
	return str_starts(key, "perturb|") ? key + strlen("perturb|") : key;
}

bool key_of_tests(const char *key)
{
	key = inner_key(key);
	return str_starts(key, "same-test|") || str_starts(key, "mixed|");
}

void key_operations(const char *key, struct strv *out)
{
	key = inner_key(key);
	for (size_t i = str_starts(key, "replay|") ? 2 : 1;; i++) {
		char *part = key_part(key, i);
		if (!part)
			return;
		if (*part)
			strv_add_unique(out, part);
		free(part);
	}
}

bool exception_of_size_change(const char *title)
{
	static const char *const verbs[] = { "changed", "mutated", "modified" };
	bool refuses = title && (str_starts(title, "RuntimeError: ") || str_starts(title, "ValueError: "));
	for (size_t i = 0; refuses && i < ARRAY_LEN(verbs); i++) {
		const char *verb = strcasestr(title, verbs[i]);
		if (verb && strcasestr(verb, " during "))
			return true;
	}
	return false;
}

static bool is_set(const char *s)
{
	return s && *s;
}

/* What was played, when no frame says it. */
static char *played_name(const struct stress_event *e)
{
	AUTO_STRV operations = { 0 };
	key_operations(e->key, &operations);
	if (operations.n)
		return strv_join(&operations, " and ");
	return xstrdup(e->key);
}

/* Code of the package, when it is known, else what was played. */
static char *where_in_package(const struct stress_event *e)
{
	return is_set(e->module) && is_set(e->function) ? xasprintf("%s: %s", e->module, e->function) : played_name(e);
}

static char *python_signature(const struct stress_event *e)
{
	AUTO_FREE char *where = where_in_package(e);
	const char *oracle = e->oracle ? e->oracle : finding_kind_word(e->kind);
	bool raised = str_eq(oracle, "exception") || str_eq(oracle, "system-error"), outcome = str_eq(oracle, "test-outcome");
	bool placed = raised && is_set(e->module) && is_set(e->function); /* then its type is enough: texts name values */
	AUTO_FREE char *type = placed && e->title ? xstrndup(e->title, strcspn(e->title, ": ")) : NULL;
	AUTO_FREE char *message = type ? STEAL(&type) : raised || outcome ? signature_of_message(e->title) : xstrdup("");
	return xasprintf("%s%s%s in %s", oracle, *message ? " " : "", message, where);
}

char *stress_signature(const struct stress_event *e)
{
	if (str_starts(e->key, "tsan|"))
		return xasprintf("data race %s", e->key + strlen("tsan|"));
	bool hang = str_eq(e->oracle, "hang") || str_eq(e->oracle, "deadlock");
	bool native = hang || (stress_oracle_memory(e->oracle) && !str_eq(e->oracle, "system-error"));
	if (!native)
		return python_signature(e);
	AUTO_FREE char *where = signature_of_frames(&e->frames);
	AUTO_FREE char *signal = e->signal > 0 ? signal_word(e->signal) : xstrdup(e->oracle ? e->oracle : "stress");
	if (where && frames_have_extension(&e->frames))
		return xasprintf("%s %s", signal, where);
	if (hang)
		return python_signature(e);
	/* Frames of the interpreter alone are shared by unlike defects, and one defect has many of them. */
	AUTO_FREE char *own = where_in_package(e);
	return xasprintf("%s in %s", signal, own);
}

static bool own_module(const struct judge_input *in, const char *module)
{
	return is_set(module) && (!in->top_level || in->top_level->n == 0 || same_package(module, in->top_level));
}

static bool has_native_code(const struct stress_defect *d, const struct judge_input *in)
{
	if (in->native_known)
		return in->native_ft;
	for (size_t i = 0; i < d->run->n_extensions; i++)
		if (own_module(in, d->run->extensions[i].module))
			return true;
	return false;
}

/* Of whole tests the suite is at fault, unless the package's own code is where it shows. */
static bool shows_in_package(const struct stress_defect *d, const struct judge_input *in, const char *module)
{
	if (str_eq(d->event->oracle, "test-outcome"))
		return false;
	return own_module(in, module) || own_module(in, d->event->module);
}

/* Does the event name an extension of the package, by the operation that was played or by what other threads were in? */
static bool names_extension(const struct stress_defect *d, const struct judge_input *in)
{
	const char *module = d->event->module;
	for (size_t i = 0; i < d->run->n_extensions; i++)
		if (str_eq(d->run->extensions[i].module, module))
			return true;
	for (size_t k = 0; k < in->n_ft; k++)
		for (size_t i = 0; i < in->ft[k]->n_extensions; i++)
			if (str_eq(in->ft[k]->extensions[i].module, module))
				return true;
	return false;
}

static bool needs_module(const struct stress_defect *d)
{
	return stress_oracle_memory(d->event->oracle) && !str_eq(d->event->oracle, "sanitizer");
}

void stress_fault(struct stress_defect *d, const struct judge_input *in)
{
	const char *module = frames_module(in, d->run, &d->event->frames);
	bool tests = key_of_tests(d->event->key) || str_eq(d->event->oracle, "test-outcome");
	bool memory = stress_oracle_memory(d->event->oracle);
	if (d->gil_events > 0)
		d->fault = tests && !shows_in_package(d, in, module) && !memory ? FAULT_TESTS : FAULT_RACY_WITH_GIL;
	else if (tests && !memory && (d->locked_bad > 0 || d->serial_bad > 0 || !shows_in_package(d, in, module)))
		d->fault = FAULT_TESTS;
	else if (module && !own_module(in, module))
		d->fault = FAULT_DEPENDENCY;
	else if (needs_module(d) && !module && !has_native_code(d, in))
		d->fault = FAULT_INTERPRETER;
	else if (tests && !shows_in_package(d, in, module))
		d->fault = FAULT_UNKNOWN; /* a suite may use anything that spoils memory */
	else if (needs_module(d) && !module && !names_extension(d, in))
		d->fault = FAULT_UNKNOWN; /* Python code was played: its own native code below it, or the interpreter */
	else
		d->fault = FAULT_LIBRARY;
	if (d->fault == FAULT_DEPENDENCY)
		d->blame = xstrndup(module, strcspn(module, "."));
}
