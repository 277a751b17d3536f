/* cell.c: the processes of one cell; see cell.h. */
#include "run/cell.h"
#include "base/fs.h"
#include "base/text.h"
#include "run/cell_stress.h"
#include "run/stress_events.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENT_FD = 7, TURN_FD = 8, MAX_RESTARTS = 25, MAX_RECORDINGS = 4, MAX_FREE_HANGS = 3, TAIL_LINES = 40, STACK_LIMIT = 16 * 1024, TURN_SLACK_SECONDS = 30, STACK_SECONDS = 3 /* the harness writes stacks within two */,
       MAX_HELD_STACKS = 6 /* a look takes seconds */ };
static const uint64_t quiet_ns = 150000000; /* without an event: then it may be that a crash stands */

/* One cell in progress. */
struct run {
	const struct cell_spec *spec;
	struct evidence *e;
	struct event_reader reader;
	struct sandbox s;
	char *cwd, *job, *stack_file, *ids_file, *done_file, *out_dir;
	char *native_stack;        /* taken while the process was stuck, or stood in a crash */
	struct strv frames;        /* of it */
	pid_t child, harness;      /* of the running process; harness: the interpreter in it, 0 until known */
	int held, seen_held;       /* fatal signal in which it stands; as the last look found it */
	int held_stacks;           /* taken in this cell */
	int turn_fd;               /* -1: none, or the process has it */
	uint64_t start_ns;
	double hung_seconds;       /* spent on tests that did not end: not taken from the others' time */
	int restarts, hangs;
};

static void run_release(struct run *r)
{
	event_reader_release(&r->reader);
	cleanup_close_p(&r->turn_fd);
	if (r->s.home)
		remove_tree(r->s.home, NULL);
	sandbox_release(&r->s);
	strv_release(&r->frames);
	char *owned[] = { r->cwd, r->job, r->stack_file, r->ids_file, r->done_file, r->out_dir, r->native_stack };
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		free(owned[i]);
}

/* Time spent on tests that end; the first hangs are not counted. */
static double elapsed(const struct run *r)
{
	return (double)(now_monotonic_ns() - r->start_ns) / 1e9 - r->hung_seconds;
}

/* Where the copied tree held the package, links lead to the installed build: suites
 * that read the package's files by their place in the tree find them. One that
 * cannot be made is missed by the suite, if at all, and shows there. */
static void make_links(const struct run *r)
{
	for (size_t i = 0; r->spec->links && i < r->spec->links->n; i++) {
		const char *rule = r->spec->links->v[i], *arrow = strchr(rule, '>');
		if (!arrow)
			continue;
		AUTO_FREE char *rel = xstrndup(rule, (size_t)(arrow - rule));
		AUTO_FREE char *at = path_join(r->cwd, rel);
		AUTO_FREE char *parent = path_dir(at);
		make_dirs(parent, NULL);
		(void)!symlink(arrow + 1, at);
	}
}

/* Memory of malloc that is read after it was given back has other content (mallopt(3), M_PERTURB), so that it shows; not where
 * time is measured. ThreadSanitizer does not see the barriers of OpenMP's runtime: one thread needs none. */
static void add_stress_variables(struct run *r)
{
	const struct cell_spec *c = r->spec;
	if (c->tsan)
		strv_add(&r->s.env, "OMP_NUM_THREADS=1");
	else if (c->stress && !str_eq(c->stress->kind, "scaling"))
		strv_add(&r->s.env, "GLIBC_TUNABLES=glibc.malloc.perturb=165");
}

static int prepare_sandbox(struct run *r, struct error *err)
{
	const struct cell_spec *c = r->spec;
	r->s.disabled = c->no_sandbox;
	r->s.observer = c->observer;
	r->s.slot = c->slot;
	if (make_temp_dir(c->work, "cell", &r->s.home, err) < 0)
		return -1;
	if (c->read_only)
		strv_add_all(&r->s.read_only, c->read_only);
	AUTO_FREE char *bin = path_dir(c->python); /* suites start the package's own commands by their names */
	strv_addf(&r->s.env, "PATH=%s:/usr/local/bin:/usr/bin:/bin", bin);
	if (c->env)
		strv_add_all(&r->s.env, c->env);
	if (c->gil != GIL_DEFAULT)
		strv_addf(&r->s.env, "PYTHON_GIL=%d", c->gil == GIL_ON);
	add_stress_variables(r);
	r->cwd = path_join(r->s.home, "suite");
	if (c->suite ? copy_tree(c->suite, r->cwd, err) < 0 : make_dirs(r->cwd, err) < 0)
		return -1;
	make_links(r);
	str_set(&r->s.cwd, r->cwd);
	r->job = path_join(r->s.home, "job.json");
	r->stack_file = path_join(r->s.home, "stacks.txt");
	r->ids_file = path_join(r->s.home, "ids.txt");
	r->done_file = path_join(r->s.home, "done.txt");
	r->out_dir = path_join(r->s.home, "out");
	return c->stress ? make_dirs(r->out_dir, err) : 0;
}

static int write_list(const char *path, const struct strv *l, const struct evidence *culprits, struct error *err)
{
	AUTO_BUF b = { 0 };
	for (size_t i = 0; i < l->n; i++)
		buf_addf(&b, "%s\n", l->v[i]);
	for (size_t i = 0; culprits && i < culprits->n_culprits; i++)
		if (culprits->culprits[i].id)
			buf_addf(&b, "%s\n", culprits->culprits[i].id);
	return write_unflushed(path, buf_str(&b), b.len, err);
}

static void add_list(cJSON *j, const char *key, const struct strv *l)
{
	static const struct strv none = { 0 };
	json_add_strv(j, key, l ? l : &none);
}

static cJSON *selection(const struct run *r)
{
	const struct cell_spec *c = r->spec;
	if (!c->ids && c->max_files == 0 && c->cap_per_file == 0)
		return cJSON_CreateNull();
	cJSON *s = cJSON_CreateObject();
	if (c->ids) {
		json_add_str(s, "ids_file", r->ids_file);
		return s;
	}
	json_add_str(s, "seed", c->seed);
	cJSON_AddNumberToObject(s, "max_files", (double)c->max_files);
	cJSON_AddNumberToObject(s, "cap_per_file", (double)c->cap_per_file);
	return s;
}

/* What is left of the cell's stress seconds; a process that records again has half of them at least. */
static double stress_seconds(const struct run *r)
{
	double whole = r->spec->stress->seconds, left = whole - elapsed(r);
	return r->restarts == 0 ? whole : left > whole / 2 ? left : whole / 2;
}

static int write_job(struct run *r, struct error *err)
{
	const struct cell_spec *c = r->spec;
	if (c->ids && write_list(r->ids_file, c->ids, NULL, err) < 0)
		return -1;
	if (write_list(r->done_file, &r->reader.done, r->e, err) < 0)
		return -1;
	AUTO_JSON *j = cJSON_CreateObject();
	json_add_str(j, "task", "suite");
	cJSON_AddNumberToObject(j, "event_fd", EVENT_FD);
	json_add_str(j, "token", r->reader.token);
	json_add_str(j, "runner", c->runner);
	json_add_str(j, "mode", c->mode);
	json_add_str(j, "cwd", r->cwd);
	add_list(j, "args", c->args);
	add_list(j, "extra_args", c->extra_args);
	add_list(j, "import_names", c->import_names);
	add_list(j, "top_level", c->top_level);
	add_list(j, "deny_paths", c->deny);
	json_add_str(j, "site", c->site);
	cJSON_AddItemToObject(j, "select", selection(r));
	json_add_str(j, "deselect_file", r->reader.done.n || r->e->n_culprits ? r->done_file : NULL);
	json_add_str(j, "stack_file", r->stack_file);
	cJSON_AddNullToObject(j, "known_files");
	cJSON_AddNumberToObject(j, "test_seconds", c->test_seconds);
	double left = c->suite_seconds - (c->stress ? 0 : elapsed(r)); /* each recording begins anew */
	cJSON_AddNumberToObject(j, "suite_seconds", left > 1 ? left : 1);
	cJSON_AddNumberToObject(j, "repeat", c->repeat > 1 ? c->repeat : 1);
	if (c->turn_fd) {
		cJSON_AddNumberToObject(j, "turn_fd", TURN_FD);
		cJSON_AddBoolToObject(j, "turn_first", c->turn_first);
		cJSON_AddNumberToObject(j, "turn_cpu", c->turn_cpu);
	}
	if (c->stress)
		cell_stress_job(c->stress, stress_seconds(r), r->out_dir, j);
	cJSON_AddBoolToObject(j, "hold_crashes", process_has_native_stacks() && !c->tsan); /* the sanitizer has handlers and stacks of its own */
	unlink(r->stack_file);
	return json_write_unflushed(r->job, j, err);
}

static void on_event(void *cookie, const char *data, size_t n)
{
	struct run *r = cookie;
	event_reader_feed(&r->reader, data, n);
	AUTO_FREE char *phase = r->spec->stress ? stress_phase_text(&r->reader) : NULL;
	if (r->spec->slot && phase)
		observe_progress(r->spec->observer, r->spec->slot, 0, 0, phase);
	else if (r->spec->slot)
		observe_progress(r->spec->observer, r->spec->slot, r->reader.results, r->e->selected, r->reader.running);
}

static void on_start(void *cookie, pid_t pid)
{
	struct run *r = cookie;
	r->child = pid;
	cleanup_close_p(&r->turn_fd); /* else the other process would not see this one's end */
	r->turn_fd = -1;
	r->harness = 0;
	r->held = r->seen_held = 0;
}

static void on_stuck(void *cookie, pid_t pid)
{
	struct run *r = cookie;
	if (r->held && r->held_stacks++ >= MAX_HELD_STACKS)
		return;
	uint64_t start = now_monotonic_ns();
	strv_clear(&r->frames);
	free(r->native_stack);
	r->native_stack = process_native_stacks(r->held ? r->harness : process_find_descendant(pid, "python"), &r->frames);
	if (r->held)
		r->hung_seconds += (double)(now_monotonic_ns() - start) / 1e9;
}

/* Does the process stand in a crash, as the harness makes it? Two looks in a row,
 * so that a thread on its way through a handler is not mistaken for one. */
static bool stands_in_crash(struct run *r)
{
	if (!r->reader.hello || now_monotonic_ns() - r->reader.last_event_ns < quiet_ns)
		return false;
	if (r->harness == 0)
		r->harness = process_find_outermost(r->child, "python");
	int signal = r->harness ? process_held_signal(r->harness) : 0;
	r->held = signal && signal == r->seen_held ? signal : 0;
	r->seen_held = signal;
	return r->held != 0;
}

/* Between tests a process that takes turns waits for the other, whose two tests have
 * their own deadlines: a longer silence means that the channel is out of step. */
static bool waits_for_ever(const struct run *r)
{
	if (!r->spec->turn_fd || r->reader.running || !r->reader.collected)
		return false;
	return (double)(now_monotonic_ns() - r->reader.last_event_ns) / 1e9 > 2 * (r->spec->test_seconds + STACK_SECONDS) + TURN_SLACK_SECONDS;
}

/* The watchdog inside has spoken (or should have): the tool ends the process. */
static bool should_stop(void *cookie)
{
	struct run *r = cookie;
	if (r->reader.stuck_stack || stands_in_crash(r))
		return true;
	if (r->spec->stress && !cell_stress_recording(&r->reader))
		return cell_stress_silent(r->spec->stress, &r->reader);
	if (r->spec->stress && cell_stress_silent(r->spec->stress, &r->reader))
		return true;
	if (waits_for_ever(r))
		return true;
	double running = r->reader.running ? (double)(now_monotonic_ns() - r->reader.running_since_ns) / 1e9 : 0;
	return running > r->spec->test_seconds + STACK_SECONDS;
}

static void add_stacks(struct run *r, struct culprit *c)
{
	c->python_stack = STEAL(&r->reader.stuck_stack);
	c->native_stack = STEAL(&r->native_stack);
	strv_copy(&c->frames, &r->frames);
	strv_clear(&r->frames);
	AUTO_BUF text = { .max = STACK_LIMIT };
	if (!c->python_stack && path_is_file(r->stack_file) && read_file(r->stack_file, 1 << 20, &text, NULL) == 0 && text.len)
		c->python_stack = buf_steal(&text);
}

/* A test that has results already runs for another time. */
static int repetition_of(const struct evidence *e, const char *id)
{
	int n = 0;
	for (size_t i = 0; id && i < e->n_tests; i++)
		n += str_eq(e->tests[i].id, id);
	return n;
}

/* The process ended without its last event: name the test that ran. */
static void blame(struct run *r, const struct process_result *p)
{
	bool hung = p->ending == END_TIMEOUT;
	/* bwrap reports a child's signal as exit code 128 + signal */
	bool by_signal = p->ending == END_SIGNAL || (p->ending == END_EXIT && p->code > 128 && p->code < 193);
	int signal = !hung && by_signal ? p->ending == END_SIGNAL ? p->code : p->code - 128 : 0;
	if (r->spec->stress && !(r->reader.running && cell_stress_recording(&r->reader))) {
		cell_stress_explain(&r->reader, hung, signal, p->code, r->e);
		return;
	}
	if (hung && r->reader.running && r->hangs++ < MAX_FREE_HANGS)
		r->hung_seconds += (double)(now_monotonic_ns() - r->reader.running_since_ns) / 1e9;
	struct culprit *c = evidence_add_culprit(r->e, r->reader.running, hung ? TEST_HUNG : TEST_CRASHED);
	c->signal = signal;
	if (!hung && !signal)
		c->exit_code = p->code;
	c->rep = r->spec->repeat > 1 ? repetition_of(r->e, r->reader.running) : 0;
	add_stacks(r, c);
	if (!c->python_stack && !hung) { /* faulthandler writes a crash's stack to the output */
		const char *fatal = strstr(buf_str(&p->output), "Fatal Python error");
		if (fatal)
			c->python_stack = xstrndup(fatal, STACK_LIMIT);
	}
	if (r->reader.running) {
		struct test_result *t = evidence_add_test(r->e, r->reader.running, c->status);
		t->message = hung ? xasprintf("did not end in %.0f s", r->spec->test_seconds)
		           : c->signal ? xasprintf("the process died of signal %d (%s)", c->signal, strsignal(c->signal))
		                       : xasprintf("the process left with exit code %d", c->exit_code);
		t->rep = c->rep;
		strv_add(&r->reader.done, r->reader.running);
	}
}

static void take_process(struct run *r, const struct process_result *p)
{
	struct evidence *e = r->e;
	e->cpu_ns += (int64_t)p->cpu_ns;
	/* Only where the process could not say it: the figure of a child begins with what the tool had when it forked. */
	if (!r->reader.ended && (int64_t)p->peak_rss > e->peak_rss)
		e->peak_rss = (int64_t)p->peak_rss;
	e->output_truncated |= p->output_truncated;
	free(e->log_tail);
	e->log_tail = process_tail(p, TAIL_LINES);
	e->ending = r->reader.ended ? END_NORMAL : p->ending;
	e->code = p->code;
}

/* When all deadlines inside have failed. */
static double deadline(const struct run *r)
{
	const struct cell_spec *c = r->spec;
	/* The suite's own part, where the harness does not count it in, the stress, and 15 s that the harness may take to end. */
	double work = c->stress ? c->suite_seconds + stress_seconds(r) + 15 : c->suite_seconds - elapsed(r);
	return work + c->test_seconds * 1.5 + 60;
}

/* Should another process go on, after this one has died? In a stress mode only
 * the recording is worth another attempt, without the test that ended it. */
static bool goes_on(struct run *r, size_t before)
{
	if (r->spec->stress) {
		bool again = r->e->n_culprits > before && r->restarts + 1 < MAX_RECORDINGS;
		if (r->e->n_culprits > before && !again)
			str_set(&r->e->error, "one test after another ended the recording");
		if (again)
			cell_stress_record_again(&r->reader, r->e);
		r->restarts += again;
		return again;
	}
	if (r->spec->turn_fd) /* the other process cannot begin anew with it */
		return false;
	/* A process that dies between tests without getting on would do so for ever. */
	bool progress = r->reader.done.n > before;
	bool time_left = elapsed(r) < r->spec->suite_seconds;
	if (progress && !time_left) { /* cut short by the clock, not by this test */
		r->e->timed_out = true;
		r->e->ending = END_NORMAL;
	}
	return progress && ++r->restarts < MAX_RESTARTS && time_left;
}

/* Run one process of the cell; *again says whether another one goes on. */
static int run_process(struct run *r, bool *again, struct error *err)
{
	*again = false;
	const struct cell_spec *c = r->spec;
	event_reader_restart(&r->reader);
	if (write_job(r, err) < 0)
		return -1;
	AUTO_FREE char *main_py = path_join(c->harness, "main.py");
	AUTO_STRV argv = { 0 };
	const char *const words[] = { c->python, "-P", main_py, r->job };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		strv_add(&argv, words[i]);
	size_t before = c->stress ? r->e->n_culprits : r->reader.done.n;
	struct process_spec spec = {
		.log_path = c->log_path, .log_append = r->restarts > 0, .event_fd = EVENT_FD, .on_event = on_event, .on_start = on_start,
		.on_stuck = on_stuck, .should_stop = should_stop, .cookie = r,
		.deadline_seconds = deadline(r),
		.share_fd = r->turn_fd > 0 ? r->turn_fd : 0, .share_as = TURN_FD,
		.fixed_addresses = c->tsan,
	};
	sandbox_bound_suite(&spec, c->tsan);
	AUTO_PROCESS p = { 0 };
	if (sandbox_run(&r->s, &argv, &spec, &p, err) < 0)
		return -1;
	if (p.cancelled)
		return error_set(err, ERR_INTERRUPTED, "interrupted");
	if (r->held && !r->reader.ended) { /* the tool ended it, but a crash had done so before */
		p.ending = END_SIGNAL;
		p.code = r->held;
	}
	take_process(r, &p);
	if (r->reader.ended)
		return 0;
	if (!r->reader.hello && p.ending == END_EXIT && !c->stress)
		return 0; /* did not start: the evidence says so */
	blame(r, &p);
	*again = goes_on(r, before);
	return 0;
}

/* Selected tests that never got a result are not-run, with the reason. */
static void add_not_run(struct run *r)
{
	if (r->reader.done.n >= r->reader.selected.n)
		return;
	AUTO_STRV done = { 0 };
	strv_add_all(&done, &r->reader.done);
	strv_sort(&done);
	for (size_t i = 0; i < r->reader.selected.n; i++) {
		const char *id = r->reader.selected.v[i];
		size_t lo = 0, hi = done.n;
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;
			if (strcmp(done.v[mid], id) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo < done.n && strcmp(done.v[lo], id) == 0)
			continue;
		struct test_result *t = evidence_add_test(r->e, id, TEST_NOT_RUN);
		t->message = xstrdup(r->e->timed_out ? "no time left" : "the run ended before it");
	}
}

int cell_run(const struct cell_spec *spec, struct evidence *out, struct error *err)
{
	evidence_init(out);
	out->arm = spec->arm;
	out->gil_forced_off = spec->gil == GIL_OFF;
	out->mode = xstrdup(spec->mode);
	if (spec->stress) {
		out->stress_kind = xstrdup(spec->stress->kind);
		out->threads = spec->stress->threads;
		out->stress_seconds = spec->stress->seconds;
		out->stress_seed = xstrdup(spec->stress->seed);
	}
	struct run r = { .spec = spec, .e = out, .turn_fd = spec->turn_fd ? spec->turn_fd : -1, .start_ns = now_monotonic_ns() };
	event_reader_init(&r.reader, out);
	int result = prepare_sandbox(&r, err);
	bool again = true;
	while (result == 0 && again)
		result = run_process(&r, &again, err);
	if (result == 0 && spec->stress)
		cell_stress_take_files(r.out_dir, &r.reader, out);
	else if (result == 0)
		add_not_run(&r);
	out->wall_ns = (int64_t)(now_monotonic_ns() - r.start_ns);
	run_release(&r);
	return result;
}
