/* baseline.c: see baseline.h. */
#include "pipeline/baseline.h"
#include "base/fs.h"
#include "pipeline/measure_course.h"

#include <stdlib.h>
#include <string.h>

/* Both arms' interpreters as they are, with the workloads as the suite of a package. */
struct bare {
	struct package_job job;
	struct package_result result;
	struct target target;
};

/* Standard library modules with some weight, for the ratio of import times. */
static const char *const imports[] = { "asyncio", "email.message", "http.client", "logging.config", "sqlite3", "xml.dom.minidom" };

static void bare_init(struct bare *b, struct session *s)
{
	*b = (struct bare){ .job = { .session = s, .target = &b->target, .result = &b->result } };
	struct package_job *j = &b->job;
	package_result_init(&b->result);
	j->name = xstrdup("interpreters");
	j->version = xstrdup(s->pair.gil.version);
	j->source = path_join(s->tools.harness, "baseline");
	j->suite.copy_source = true;
	j->suite.from = xasprintf("harness %.16s", s->tools.harness_hash); /* so that other workloads are other cells */
	j->suite.runner = xstrdup("unittest");
	strv_add(&j->suite.args, "workloads");
	for (size_t i = 0; i < ARRAY_LEN(imports); i++)
		strv_add(&j->suite.import_names, imports[i]);
	for (enum arm a = ARM_GIL; a <= ARM_FT; a++) {
		const struct interpreter *python = toolbox_interpreter(&s->tools, a);
		j->arm[a] = (struct arm_state){ .arm = a, .python = python, .env = xstrdup(python->prefix), .site = xstrdup(""),
			                            .env_python = xstrdup(python->executable) };
	}
	j->arm[ARM_GIL].job = j->arm[ARM_FT].job = j;
}

static void bare_release(struct bare *b)
{
	job_release(&b->job);
	package_result_release(&b->result);
}

static const struct test_delta *find(const struct measured *m, const char *id)
{
	for (size_t i = 0; i < m->n_tests; i++)
		if (str_eq(m->tests[i].id, id))
			return &m->tests[i];
	return NULL;
}

/* A row for each workload, in the order of running: "workloads.Baseline.test_calls" is "calls". */
static void add_rows(struct baseline *out, const struct strv *ids, const struct measured *m)
{
	for (size_t i = 0; i < ids->n; i++) {
		const struct test_delta *t = find(m, ids->v[i]);
		const char *name = strstr(ids->v[i], ".test_");
		struct baseline_row *row = baseline_add_row(out, name ? name + strlen(".test_") : ids->v[i]);
		row->time.verdict = PERF_UNKNOWN;
		if (!t)
			continue;
		row->time = (struct ratio){ .known = true, .ratio = t->ratio, .lo = t->lo, .hi = t->hi, .n = t->n, .verdict = PERF_UNKNOWN };
		row->gil_seconds = t->gil_seconds;
		row->ft_seconds = t->ft_seconds;
	}
}

static void take(struct baseline *out, const struct measure_course *c)
{
	struct delta_input in = measure_course_input(c);
	struct delta d;
	delta_judge(&in, &d);
	*out = (struct baseline){ .known = true, .time = d.time, .build = d.build, .import_time = d.import_time, .memory = d.memory,
		                      .load = d.measured.load };
	add_rows(out, in.ids, &d.measured);
	measured_release(&d.measured);
	free(d.memory_import.note);
}

int baseline_measure(struct session *s, struct error *err)
{
	if (s->survey->baseline.known)
		return 0;
	struct bare b;
	bare_init(&b, s);
	struct measure_course c = { .job = &b.job, .seconds = s->limits.baseline_seconds, .suite_seconds = s->limits.suite_seconds,
		                        .once = true };
	memcpy(c.planned, s->limits.pairs, sizeof(c.planned));
	int result = measure_course_run(&c, err);
	if (result == 0)
		take(&s->survey->baseline, &c);
	measure_course_release(&c);
	bare_release(&b);
	return result;
}
