/* cells.c: one cell: its key, its run, and its place in the store; see job.h. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "interp/interp.h"
#include "pipeline/job.h"
#include "run/cell_pair.h"

#include <stdlib.h>
#include <string.h>

enum { TSAN_SLOWER = 5 }; /* its documentation: 5 to 15 times; most tests have room */
static const char harness_version[] = "4"; /* changes when old evidence is no longer comparable */

/* Names of the installed files: equal environments have equal lists. */
static void add_environment(cJSON *key, const struct arm_state *a)
{
	AUTO_STRV files = { 0 };
	for (size_t i = 0; i < a->installed_wheels.n; i++)
		strv_add(&files, path_base(a->installed_wheels.v[i]));
	strv_sort(&files);
	json_add_strv(key, "wheels", &files);
	const struct locked *target = lock_find(&a->runtime, a->job->name);
	json_add_str(key, "source", target ? target->sha256 : NULL);
	json_add_str(key, "interpreter", a->python->id);
}

static void add_selection(cJSON *key, const struct package_job *j, const struct strv *ids)
{
	const struct session *s = j->session;
	json_add_str(key, "seed", s->seed);
	cJSON_AddNumberToObject(key, "max_files", (double)s->limits.max_files);
	cJSON_AddNumberToObject(key, "cap_per_file", (double)s->limits.cap_per_file);
	json_add_str(key, "from", j->suite.from);
	json_add_str(key, "tests", j->tests_id);
	json_add_str(key, "runner", j->suite.runner);
	json_add_strv(key, "args", &j->suite.args);
	json_add_strv(key, "extra_args", &j->suite.extra_args);
	json_add_strv(key, "deny", &j->suite.deny);
	json_add_strv(key, "env", &j->profile.env);
	if (!ids)
		return;
	char digest[SHA256_HEX];
	AUTO_FREE char *joined = strv_join(ids, "\n");
	sha256_hex(joined, strlen(joined), digest);
	json_add_str(key, "ids", digest);
}

/* One cell as it is asked for. */
struct request {
	enum gil_choice gil;
	const char *kind;
	int index;
	const struct strv *ids;
	double suite_seconds;
	int repeat;
	const char *mode;
	const struct stress_spec *stress; /* NULL: serial */
	const char *side;          /* of a pair: "first" or "second"; else NULL */
	bool once;                 /* not equal to another survey's */
};

static void add_stress(cJSON *key, const struct stress_spec *s)
{
	cJSON *o = cJSON_AddObjectToObject(key, "stress");
	json_add_str(o, "kind", s->kind);
	cJSON_AddNumberToObject(o, "threads", s->threads);
	cJSON_AddNumberToObject(o, "seconds", s->seconds);
	json_add_str(o, "seed", s->seed);
	cJSON_AddBoolToObject(o, "locked", s->locked);
	cJSON_AddNumberToObject(o, "switch_interval", s->switch_interval);
	cJSON_AddBoolToObject(o, "want_script", s->want_script);
	if (s->focus)
		json_add_strv(o, "focus", s->focus);
	if (s->avoid)
		json_add_strv(o, "avoid", s->avoid);
}

/* Everything that may change what the cell shows, as JSON; its sha256 is the cell's id. */
static char *cell_key(const struct arm_state *a, const struct request *r, char id[SHA256_HEX])
{
	const struct package_job *j = a->job;
	const struct session *s = j->session;
	AUTO_JSON *key = cJSON_CreateObject();
	json_add_str(key, "harness", harness_version);
	json_add_str(key, "package", j->name);
	json_add_str(key, "version", j->version);
	json_add_str(key, "arm", arm_word(a->arm));
	json_add_str(key, "gil", r->gil == GIL_OFF ? "0" : r->gil == GIL_ON ? "1" : "default");
	json_add_str(key, "mode", r->mode);
	json_add_str(key, "kind", r->kind);
	cJSON_AddNumberToObject(key, "index", r->index);
	cJSON_AddNumberToObject(key, "repeat", r->repeat);
	cJSON_AddNumberToObject(key, "test_seconds", s->limits.test_seconds);
	cJSON_AddNumberToObject(key, "suite_seconds", r->suite_seconds);
	cJSON_AddBoolToObject(key, "sandbox", s->isolated);
	if (r->side)
		json_add_str(key, "side", r->side);
	if (s->request->fresh || r->once) /* never equal to an earlier run's */
		json_add_str(key, "survey", s->survey->id);
	add_environment(key, a);
	add_selection(key, j, r->ids);
	if (r->stress)
		add_stress(key, r->stress);
	char *text = cJSON_PrintUnformatted(key);
	sha256_hex(text, strlen(text), id);
	return text;
}

/* Below src/ and lib/ nothing is found by accident: there a link to the installed
 * package takes the place of the one that was taken out. */
static void installed_links(const struct arm_state *a, struct strv *links)
{
	const struct suite_plan *suite = &a->job->suite;
	for (size_t i = 0; i < suite->hide.n; i++) {
		const char *rel = suite->hide.v[i], *base = path_base(rel);
		AUTO_FREE char *target = path_join(a->site, base);
		if (base != rel && !strstr(rel, "..") && rel[0] != '/' && path_exists(target))
			strv_addf(links, "%s>%s", rel, target);
	}
}

/* What a cell may see, for its spec to point to. */
struct lists {
	struct strv read_only, links;
};
#define AUTO_LISTS CLEANUP(lists_release) struct lists

static void lists_release(struct lists *l)
{
	strv_release(&l->read_only);
	strv_release(&l->links);
}

static struct cell_spec make_spec(const struct arm_state *a, const struct request *r, const char *log, struct lists *lists)
{
	const struct package_job *j = a->job;
	const struct session *s = j->session;
	strv_add(&lists->read_only, a->env);
	strv_add_unique(&lists->read_only, s->pair.gil.prefix);
	strv_add_unique(&lists->read_only, s->pair.ft.prefix);
	strv_add_unique(&lists->read_only, a->python->prefix);
	strv_add(&lists->read_only, s->tools.harness);
	installed_links(a, &lists->links);
	bool tsan = interp_is_tsan(a->python);
	return (struct cell_spec){
		.arm = a->arm, .gil = r->gil, .mode = r->mode, .stress = r->stress, .python = a->env_python, .harness = s->tools.harness, .work = s->tools.work,
		.read_only = &lists->read_only, .env = &j->profile.env, .no_sandbox = !s->isolated, .tsan = tsan,
		.suite = j->suite.copy_source ? j->source : NULL, .links = &lists->links, .runner = j->suite.from ? j->suite.runner : "unittest", .args = &j->suite.args,
		.extra_args = &j->suite.extra_args, .import_names = &j->suite.import_names, .top_level = &j->suite.top_level,
		.deny = &j->suite.deny, .site = a->site, .seed = s->seed, .max_files = s->limits.max_files,
		.cap_per_file = s->limits.cap_per_file, .ids = r->ids,
		.test_seconds = (j->profile.test_seconds > 0 ? j->profile.test_seconds : s->limits.test_seconds) * (tsan ? TSAN_SLOWER : 1),
		.suite_seconds = r->suite_seconds, .repeat = r->repeat, .log_path = log, .observer = s->tools.observer,
	};
}

static int run_cell(struct arm_state *a, const struct request *r, const char *log, struct evidence *out, struct error *err)
{
	const struct package_job *j = a->job;
	const struct session *s = j->session;
	AUTO_LISTS lists = { 0 };
	struct cell_spec spec = make_spec(a, r, log, &lists);
	spec.slot = observe_step(s->tools.observer, j->name, "%s %s%s", arm_word(a->arm), r->kind, r->gil == GIL_OFF ? " PYTHON_GIL=0" : "");
	int result = cell_run(&spec, out, err);
	observe_step_end(s->tools.observer, spec.slot);
	return result;
}

/* Tests that failed because the disk is full say nothing about the package. */
static int check_space(const struct package_job *j, const struct evidence *e, struct error *err)
{
	AUTO_FREE char *doing = xasprintf("running the tests of %s", j->name);
	for (size_t i = 0; i < e->n_tests; i++)
		if (test_status_bad(e->tests[i].status) && e->tests[i].message &&
		    toolbox_check_space(&j->session->tools, e->tests[i].message, doing, err) < 0)
			return -1;
	return 0;
}

static int get_cell(struct arm_state *a, const struct request *r, struct evidence *out, struct error *err)
{
	struct package_job *j = a->job;
	struct session *s = j->session;
	char id[SHA256_HEX];
	AUTO_FREE char *key = cell_key(a, r, id);
	bool found = false;
	if (store_get_cell(s->store, id, &found, out, err) < 0)
		return -1;
	if (found) {
		__atomic_fetch_add(&s->survey->cells, 1, __ATOMIC_RELAXED); /* both arms run at once */
		observe_note(s->tools.observer, "%s %s %s %d: from the store", j->name, arm_word(a->arm), r->kind, r->index);
		return 0;
	}
	AUTO_FREE char *words = xasprintf("%s %s", arm_word(a->arm), r->kind);
	AUTO_FREE char *name = NULL;
	AUTO_FREE char *log = store_log_path(s->store, id, words, &name);
	if (run_cell(a, r, log, out, err) < 0 || check_space(j, out, err) < 0) {
		evidence_release(out);
		return -1;
	}
	str_set(&out->log, name);
	if (store_put_cell(s->store, id, j->name, j->version, key, out, (double)out->wall_ns / 1e9, err) < 0)
		return -1;
	__atomic_fetch_add(&s->survey->cells, 1, __ATOMIC_RELAXED);
	return 0;
}

int job_cell(struct arm_state *a, enum gil_choice gil, const char *kind, int index, const struct strv *ids,
             double suite_seconds, int repeat, struct evidence *out, struct error *err)
{
	struct request r = { .gil = gil, .kind = kind, .index = index, .ids = ids, .suite_seconds = suite_seconds, .repeat = repeat, .mode = "serial" };
	return get_cell(a, &r, out, err);
}

int job_stress_cell(struct arm_state *a, enum gil_choice gil, const char *mode, int round, const struct strv *ids, double suite_seconds,
                    const struct stress_spec *stress, struct evidence *out, struct error *err)
{
	bool play = strcmp(stress->kind, "play") == 0;
	AUTO_FREE char *kind = strcmp(stress->kind, "scaling") == 0 ? xstrdup(mode)
	                                                            : xasprintf("stress:%s%s%s", mode, play ? "" : " ", play ? "" : stress->kind);
	struct request r = { .gil = gil, .kind = kind, .index = round, .ids = ids, .suite_seconds = suite_seconds, .repeat = 1, .mode = mode,
		                 .stress = stress };
	return get_cell(a, &r, out, err);
}

/* ---- pairs ---- */

/* One of the two cells of a pair. */
struct side {
	struct arm_state *a;
	struct request r;
	char id[SHA256_HEX];
	char *key, *log, *name;   /* of its log: path, and name in the store */
	struct lists lists;
	bool found;
};

static void sides_release(struct side side[2])
{
	for (size_t i = 0; i < 2; i++) {
		char *owned[] = { side[i].key, side[i].log, side[i].name };
		for (size_t k = 0; k < ARRAY_LEN(owned); k++)
			free(owned[k]);
		lists_release(&side[i].lists);
	}
}

static void prepare_side(struct side *s, const struct pair_request *p, int which, const char *kind)
{
	const struct pair_side *from = &p->side[which];
	s->a = from->arm;
	s->r = (struct request){ .gil = from->gil, .kind = kind, .index = p->index, .ids = p->ids, .suite_seconds = p->suite_seconds,
		                     .repeat = p->repeat, .mode = "turns", .side = which == 0 ? "first" : "second", .once = p->once };
	s->key = cell_key(s->a, &s->r, s->id);
}

static int run_pair(struct side side[2], unsigned turn, struct evidence out[2], struct error *err)
{
	struct session *s = side[0].a->job->session;
	struct cell_spec specs[2];
	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *words = xasprintf("%s %s", arm_word(side[i].a->arm), side[i].r.kind);
		side[i].log = store_log_path(s->store, side[i].id, words, &side[i].name);
		specs[i] = make_spec(side[i].a, &side[i].r, side[i].log, &side[i].lists);
	}
	specs[0].slot = observe_step(s->tools.observer, side[0].a->job->name, "%s %d", side[0].r.kind, side[0].r.index + 1);
	int result = cell_pair_run(specs, turn, out, err);
	observe_step_end(s->tools.observer, specs[0].slot);
	return result;
}

static int keep_pair(struct side side[2], struct evidence out[2], struct error *err)
{
	struct session *s = side[0].a->job->session;
	for (size_t i = 0; i < 2; i++) {
		const struct package_job *j = side[i].a->job;
		str_set(&out[i].log, side[i].name);
		if (check_space(j, &out[i], err) < 0 ||
		    store_put_cell(s->store, side[i].id, j->name, j->version, side[i].key, &out[i], (double)out[i].wall_ns / 1e9, err) < 0)
			return -1;
		__atomic_fetch_add(&s->survey->cells, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

int job_pair(const struct pair_request *p, struct evidence out[2], struct error *err)
{
	struct side side[2] = { 0 };
	struct session *s = p->side[0].arm->job->session;
	AUTO_FREE char *kind = xasprintf("pair %s", p->kind);
	evidence_init(&out[0]);
	evidence_init(&out[1]);
	int result = 0;
	for (int i = 0; i < 2 && result == 0; i++) {
		prepare_side(&side[i], p, i, kind);
		result = store_get_cell(s->store, side[i].id, &side[i].found, &out[i], err);
	}
	if (result == 0 && side[0].found && side[1].found) {
		__atomic_fetch_add(&s->survey->cells, 2, __ATOMIC_RELAXED);
		observe_note(s->tools.observer, "%s %s %d: from the store", side[0].a->job->name, kind, p->index);
	} else if (result == 0) { /* one without the other is no pair */
		evidence_release(&out[0]);
		evidence_release(&out[1]);
		result = run_pair(side, p->turn, out, err) < 0 ? -1 : keep_pair(side, out, err);
	}
	if (result < 0) {
		evidence_release(&out[0]);
		evidence_release(&out[1]);
	}
	sides_release(side);
	return result;
}
