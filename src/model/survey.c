/* survey.c: memory, order and summary of surveys; see survey.h. */
#include "model/survey.h"

#include <stdlib.h>
#include <string.h>

static void free_all(char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
}
#define FREE_FIELDS(...)                                                       \
	do {                                                                       \
		char *fields_[] = { __VA_ARGS__ };                                     \
		free_all(fields_, ARRAY_LEN(fields_));                                 \
	} while (0)

void interpreter_release(struct interpreter *i)
{
	FREE_FIELDS(i->executable, i->version, i->compiler, i->flags, i->config_args, i->optimisation, i->tag, i->platform,
	            i->provider, i->id, i->prefix, i->libc);
	*i = (struct interpreter){ 0 };
}

void interpreter_copy(struct interpreter *dst, const struct interpreter *src)
{
	AUTO_JSON *j = interpreter_to_json(src);
	struct interpreter copy = { 0 };
	interpreter_from_json(&copy, j);
	interpreter_release(dst);
	*dst = copy;
}

void package_result_init(struct package_result *p)
{
	*p = (struct package_result){
		.verdict = OUT_UNTESTED, .readiness = READY_UNKNOWN, .bound = 1, .gil_state = -1, .selected = -1, .collected = -1,
		.scaling = { .load = -1 }
	};
}

static void release_artifact(struct artifact_facts *a)
{
	FREE_FIELDS(a->kind, a->file, a->sha256);
	strv_release(&a->extensions);
	strv_release(&a->loaded);
}

static void release_findings(struct package_result *p)
{
	for (size_t i = 0; i < p->n_findings; i++) {
		struct finding *f = &p->findings[i];
		FREE_FIELDS(f->id, f->mode, f->module, f->signature, f->title, f->test, f->stack, f->tail, f->reproduce, f->oracle, f->key,
		            f->function, f->native_stack, f->unit, f->script, f->script_note, f->note, f->fixed_in, f->fixed_note);
		strv_release(&f->seeds);
		strv_release(&f->tests);
		strv_release(&f->frames);
	}
	free(p->findings);
}

void package_result_release(struct package_result *p)
{
	FREE_FIELDS(p->name, p->version, p->requested, p->tested_version, p->blocker, p->advice, p->from, p->gil_module,
	            p->tests_from, p->runner, p->profile, p->reproduce, p->time.note, p->memory.note, p->import_time.note,
	            p->baseline.note, p->build.note, p->memory_import.note);
	measured_release(&p->measured);
	struct strv *lists[] = { &p->reasons, &p->flags, &p->path, &p->only_gil, &p->only_ft, &p->left_out, &p->logs, &p->stress_left_out };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		strv_release(lists[i]);
	for (enum arm a = 0; a < ARM_COUNT; a++)
		release_artifact(&p->artifact[a]);
	for (size_t i = 0; i < p->n_differences; i++)
		FREE_FIELDS(p->differences[i].id, p->differences[i].message, p->differences[i].kind);
	free(p->differences);
	for (size_t i = 0; i < p->n_ladder; i++)
		FREE_FIELDS(p->ladder[i].name, p->ladder[i].state, p->ladder[i].detail);
	free(p->ladder);
	release_findings(p);
	stress_summaries_release(p);
	scaling_release(&p->scaling);
	package_result_init(p);
}

struct finding *package_add_finding(struct package_result *p, enum finding_kind kind, enum fault fault)
{
	p->findings = xrealloc(p->findings, p->n_findings + 1, sizeof(*p->findings));
	struct finding *f = &p->findings[p->n_findings++];
	*f = (struct finding){ .kind = kind, .fault = fault, .seconds_to_first = -1 };
	f->id = xasprintf("%c%zu", p->name && p->name[0] ? p->name[0] : 'f', p->n_findings);
	return f;
}

struct rung *package_add_rung(struct package_result *p, const char *name, const char *state, const char *detail)
{
	p->ladder = xrealloc(p->ladder, p->n_ladder + 1, sizeof(*p->ladder));
	struct rung *r = &p->ladder[p->n_ladder++];
	*r = (struct rung){ .name = xstrdup(name), .state = xstrdup(state), .detail = xstrdup(detail) };
	return r;
}

struct test_difference *package_add_difference(struct package_result *p, const char *id, const char *kind)
{
	p->differences = xrealloc(p->differences, p->n_differences + 1, sizeof(*p->differences));
	struct test_difference *d = &p->differences[p->n_differences++];
	*d = (struct test_difference){ .id = xstrdup(id), .kind = xstrdup(kind) };
	return d;
}

void survey_release(struct survey *s)
{
	FREE_FIELDS(s->id, s->started, s->finished, s->tool_version, s->title, s->command, s->seed);
	interpreter_release(&s->pair.gil);
	interpreter_release(&s->pair.ft);
	strv_release(&s->pair.parity);
	baseline_release(&s->baseline);
	strv_release(&s->not_covered);
	for (size_t i = 0; i < s->n_packages; i++)
		package_result_release(&s->packages[i]);
	free(s->packages);
	*s = (struct survey){ 0 };
}

struct package_result *survey_add_package(struct survey *s)
{
	s->packages = xrealloc(s->packages, s->n_packages + 1, sizeof(*s->packages));
	struct package_result *p = &s->packages[s->n_packages++];
	package_result_init(p);
	return p;
}

int package_compare(const struct package_result *a, const struct package_result *b)
{
	if (a->readiness != b->readiness)
		return a->readiness < b->readiness ? -1 : 1;
	if (a->holds != b->holds)
		return a->holds > b->holds ? -1 : 1;
	int c = strcmp(a->name ? a->name : "", b->name ? b->name : "");
	return c ? c : strcmp(a->version ? a->version : "", b->version ? b->version : "");
}

static int compare_packages(const void *a, const void *b)
{
	return package_compare(a, b);
}

void survey_sort(struct survey *s)
{
	if (s->n_packages > 1)
		qsort(s->packages, s->n_packages, sizeof(*s->packages), compare_packages);
}

size_t survey_count(const struct survey *s, enum readiness r)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_packages; i++)
		n += s->packages[i].readiness == r;
	return n;
}

size_t survey_compared(const struct survey *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_packages; i++) {
		enum outcome o = s->packages[i].verdict;
		n += o != OUT_ERROR && o != OUT_SKIPPED && o != OUT_BROKEN && o != OUT_UNTESTED;
	}
	return n;
}

const char *survey_headline(const struct survey *s)
{
	if (survey_count(s, READY_NO_GO))
		return "Not yet";
	if (survey_count(s, READY_UNKNOWN) || s->n_packages == 0 || s->interrupted)
		return "Cannot say";
	return survey_count(s, READY_LIMITS) ? "Go with limits" : "Go";
}
