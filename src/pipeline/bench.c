/* bench.c: see bench.h. */
#include "pipeline/bench.h"
#include "base/cores.h"
#include "base/fs.h"
#include "base/text.h"
#include "build/toolbox.h"
#include "interp/interp.h"
#include "judge/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUN_SECONDS 60 /* the longest that one run may take at scale 1 */
#define SCRIPT "run_bench.py"
enum { MOST_THREADS_UNASKED = 16, OUTPUT_MAX = 64 * 1024 };

struct course {
	const struct bench_request *request;
	struct bench *bench;
	struct toolbox tools;
	struct sandbox box[ARM_COUNT];
	double deadline;
};

int bench_check_names(const char *only, struct error *err)
{
	AUTO_STRV names = { 0 };
	size_t n;
	const struct bench_row *rows = bench_rows(&n);
	if (only)
		strv_split(&names, only, ',');
	for (size_t i = 0; i < names.n; i++) {
		if (bench_row_find(names.v[i]))
			continue;
		const char *near = NULL;
		size_t least = 4;
		for (size_t k = 0; k < n; k++) {
			size_t d = text_edit_distance(names.v[i], rows[k].name);
			if (d < least || (!near && *names.v[i] && str_starts(rows[k].name, names.v[i]))) {
				least = d;
				near = rows[k].name;
			}
		}
		AUTO_FREE char *safe = text_safe_line(names.v[i]);
		if (!*safe)
			return error_set(err, ERR_USAGE, "`--only %s`: a name between commas is missing", only);
		error_set(err, ERR_USAGE, "there is no workload `%s`", safe);
		return near ? error_hint(err, "did you mean `--only %s`? `migrate-check bench --list` names all", near)
		            : error_hint(err, "`migrate-check bench --list` names all");
	}
	return 0;
}

/* ---- one run ---- */

/* What ended a run that has no result. */
static char *how_it_ended(const struct course *c, const struct process_result *r)
{
	AUTO_FREE char *tail = process_tail(r, 1);
	AUTO_FREE char *line = text_safe_line(tail);
	if (r->ending == END_TIMEOUT) {
		AUTO_FREE char *limit = text_duration(c->deadline);
		return xasprintf("did not end within %s", limit);
	}
	if (r->ending == END_SIGNAL) {
		const char *name = sigabbrev_np(r->code);
		return xasprintf("died of SIG%s", name ? name : "?");
	}
	if (r->code)
		return xasprintf("exit code %d: %s", r->code, *line ? line : "it said nothing");
	return xasprintf("no result: %s", *line ? line : "it said nothing");
}

/* The last line that is an object; NULL when there is none. */
static cJSON *answer_of(const struct process_result *r)
{
	AUTO_STRV lines = { 0 };
	cJSON *j = NULL;
	strv_split(&lines, buf_str(&r->output), '\n');
	for (size_t i = lines.n; i-- > 0 && !j;)
		if (lines.v[i][0] == '{' && json_parse(lines.v[i], strlen(lines.v[i]), "run", &j, NULL) < 0)
			j = NULL;
	return j;
}

/* The interpreter may be anything: what it prints is read with care. */
static void take_answer(const cJSON *j, struct bench_run *run, int64_t *size)
{
	run->seconds = json_num(j, "seconds", NAN);
	run->cpu_seconds = json_num(j, "cpu_seconds", NAN);
	run->peak_rss = json_int(j, "peak_rss", 0);
	run->tree_pss = json_int(j, "tree_pss", 0);
	run->gil = json_bool(j, "gil", true);
	if (json_str(j, "checksum"))
		run->checksum = text_safe_line(json_str(j, "checksum"));
	if (json_str(j, "expected"))
		run->expected = text_safe_line(json_str(j, "expected"));
	*size = json_int(j, "size", 0);
	run->ok = isfinite(run->seconds) && run->seconds > 0 && run->checksum;
	if (!run->ok)
		run->why = xstrdup("its result has no time or no checksum");
}

static void read_result(const struct course *c, const struct process_result *r, struct bench_run *run, struct bench_workload *w)
{
	AUTO_JSON *j = process_ok(r) ? answer_of(r) : NULL;
	if (!j)
		run->why = how_it_ended(c, r);
	else if (json_str(j, "unavailable"))
		run->why = text_safe_line(json_str(j, "unavailable"));
	else
		take_answer(j, run, &w->size);
}

static void command_of(const struct course *c, const struct bench_workload *w, const struct bench_point *p, struct strv *argv)
{
	const struct interpreter *python = toolbox_interpreter(&c->tools, p->arm);
	AUTO_FREE char *script = path_join(c->tools.harness, SCRIPT);
	strv_add(argv, python->executable);
	strv_add(argv, "-P");
	strv_add(argv, script);
	strv_add(argv, w->row->name);
	strv_add(argv, bench_variant_word(p->variant));
	strv_addf(argv, "--threads=%d", p->threads);
	strv_addf(argv, "--scale=%.6g", c->bench->scale);
	strv_addf(argv, "--server=%s", c->bench->pair.gil.executable);
}

static int run_point(struct course *c, struct bench_workload *w, struct bench_point *p, size_t round, struct error *err)
{
	AUTO_STRV argv = { 0 };
	AUTO_PROCESS r = { 0 };
	command_of(c, w, p, &argv);
	struct process_spec spec = { .deadline_seconds = c->deadline, .output_max = OUTPUT_MAX };
	AUTO_ERROR failed = { 0 };
	if (sandbox_run(&c->box[p->arm], &argv, &spec, &r, &failed) < 0 || r.cancelled) {
		c->bench->interrupted = r.cancelled || failed.code == ERR_INTERRUPTED;
		if (!c->bench->interrupted)
			error_move(err, &failed);
		return c->bench->interrupted ? 0 : -1;
	}
	struct bench_run *run = bench_point_run(p, round);
	read_result(c, &r, run, w);
	if (!run->ok)
		w->why = xasprintf("%s %s %d, round %zu: %s", arm_word(p->arm), bench_variant_word(p->variant), p->threads, round + 1, run->why);
	return 0;
}

/* ---- rounds ---- */

/* All points once; every other round goes backwards, so that drift meets each of a pair alike. */
static int run_round(struct course *c, struct bench_workload *w, size_t round, int slot, struct error *err)
{
	AUTO_FREE char *wrong = bench_wrong(w); /* then its times are of no use */
	for (size_t i = 0; i < w->n_points && !w->why && !wrong && !c->bench->interrupted; i++) {
		struct bench_point *p = &w->points[round % 2 ? w->n_points - 1 - i : i];
		AUTO_FREE char *what = xasprintf("runs: %s %s %d", arm_word(p->arm), bench_variant_word(p->variant), p->threads);
		observe_progress(c->request->observer, slot, (int64_t)(round * w->n_points + i), (int64_t)w->n_points * c->bench->rounds, what);
		if (run_point(c, w, p, round, err) < 0)
			return -1;
	}
	return 0;
}

static int run_workload(struct course *c, const struct bench_row *row, struct error *err)
{
	struct bench_workload *w = bench_add_workload(c->bench, row);
	const struct observer *o = c->request->observer;
	uint64_t start = now_monotonic_ns();
	int slot = observe_step(o, row->name, "%d rounds", c->bench->rounds), result = 0;
	for (int k = 0; k < c->bench->rounds && result == 0 && !w->why && !c->bench->interrupted; k++)
		result = run_round(c, w, (size_t)k, slot, err);
	observe_step_end(o, slot);
	AUTO_FREE char *took = text_duration((double)(now_monotonic_ns() - start) / 1e9);
	AUTO_FREE char *wrong = bench_wrong(w);
	if (result == 0 && !c->bench->interrupted)
		observe_setup(o, row->name, "%s%s", wrong ? "wrong result: " : w->why ? "broken off: " : "measured in ", wrong ? wrong : w->why ? w->why : took);
	return result;
}

static bool chosen(const struct strv *names, const char *name)
{
	return names->n == 0 || strv_has(names, name);
}

static void announce(const struct course *c, size_t workloads)
{
	const struct bench *b = c->bench;
	AUTO_FREE char *text = xasprintf("plan: %zu workload%s, %d round%s, up to %d threads on %d core%s; nothing else should run meanwhile", workloads,
	                                 workloads == 1 ? "" : "s", b->rounds, b->rounds == 1 ? "" : "s", b->threads, b->cores, b->cores == 1 ? "" : "s");
	observe(c->request->observer, &(struct event){ .kind = EVENT_PLAN, .text = text });
}

static int run_all(struct course *c, struct error *err)
{
	AUTO_STRV names = { 0 };
	size_t n, count = 0;
	const struct bench_row *rows = bench_rows(&n);
	if (c->request->only)
		strv_split(&names, c->request->only, ',');
	for (size_t i = 0; i < n; i++)
		count += chosen(&names, rows[i].name);
	announce(c, count);
	for (size_t i = 0; i < n && !c->bench->interrupted; i++)
		if (chosen(&names, rows[i].name) && run_workload(c, &rows[i], err) < 0)
			return -1;
	return 0;
}

/* ---- the whole ---- */

static int usable_cores(void)
{
	AUTO_BUF quota = { 0 };
	bool limited = read_file("/sys/fs/cgroup/cpu.max", 100, &quota, NULL) == 0; /* as a container sees its own group */
	return bench_cores_under_quota(cores_usable(), limited ? buf_str(&quota) : NULL);
}

static void describe(const struct bench_request *r, struct bench *b)
{
	b->started = now_utc();
	b->tool_version = xstrdup(MC_VERSION);
	b->command = xstrdup(r->command);
	b->cores = usable_cores();
	b->threads = r->threads ? r->threads : b->cores < 2 ? 2 : b->cores < MOST_THREADS_UNASKED ? b->cores : MOST_THREADS_UNASKED;
	b->rounds = r->rounds ? r->rounds : BENCH_MIN_ROUNDS;
	b->scale = r->scale > 0 ? r->scale : 1;
	b->sandbox = !r->no_sandbox;
	if (getloadavg(&b->load, 1) != 1)
		b->load = -1;
}

static int prepare(struct course *c, struct error *err)
{
	const struct bench_request *r = c->request;
	struct interp_options want = { .gil = r->gil, .ft = r->ft, .python = r->python };
	if (interp_find_pair(&want, &c->bench->pair, r->observer, err) < 0 || (!r->no_sandbox && sandbox_check(err) < 0))
		return -1;
	struct toolbox *t = &c->tools;
	t->pair = &c->bench->pair;
	t->observer = r->observer;
	t->no_sandbox = r->no_sandbox;
	t->cache = dir_cache();
	t->harness = asset_path("harness");
	if (toolbox_open_work(t, "bench", err) < 0)
		return -1;
	for (enum arm a = 0; a < ARM_COUNT; a++)
		if (toolbox_sandbox(t, arm_word(a), &c->box[a], err) < 0)
			return -1;
	strv_add(&c->box[ARM_FT_GIL].env, "PYTHON_GIL=1");
	double limit = RUN_SECONDS * (c->bench->scale > 1 ? c->bench->scale : 1);
	c->deadline = r->deadline_seconds > 0 ? r->deadline_seconds : limit;
	return 0;
}

int pipeline_bench(const struct bench_request *r, struct bench *out, struct error *err)
{
	struct course c = { .request = r, .bench = out };
	uint64_t start = now_monotonic_ns();
	if (bench_check_names(r->only, err) < 0)
		return -1;
	describe(r, out);
	int result = prepare(&c, err);
	if (result == 0)
		result = run_all(&c, err);
	for (enum arm a = 0; a < ARM_COUNT; a++)
		sandbox_release(&c.box[a]);
	toolbox_release(&c.tools);
	out->seconds = (double)(now_monotonic_ns() - start) / 1e9;
	if (result == 0)
		bench_judge(out);
	return result;
}
