/* workload_run.c: one run of a program in the sandbox, plain or observed; see workload_stage.h. */
#include "base/fs.h"
#include "pipeline/workload_stage.h"

#include <stdlib.h>
#include <string.h>

static const double grace_seconds = 15; /* the launcher ends a run by itself; a little later the tool does */
static const char *const never_shown[] = { "/", "/dev", "/proc", "/sys", "/run", "/tmp", "/usr", "/etc", "/var" };

static struct workload_side *side_of(struct workload_stage *s, enum arm arm)
{
	return &s->side[arm == ARM_GIL ? ARM_GIL : ARM_FT];
}

/* Show an existing file or folder of the user's, unless it would hide what the sandbox itself provides. */
static void show(struct strv *list, const char *path)
{
	AUTO_FREE char *absolute = path_absolute(path);
	char *real = realpath(absolute, NULL);
	for (size_t i = 0; real && i < ARRAY_LEN(never_shown); i++)
		if (strcmp(real, never_shown[i]) == 0 || str_starts(real, "/usr/") || str_starts(real, "/dev/") || str_starts(real, "/proc/")) {
			free(real);
			return;
		}
	if (real) {
		strv_add_unique(list, real);
		if (strcmp(real, absolute) != 0 && absolute[0] == '/')
			strv_add_unique(list, absolute);
	}
	free(real);
}

/* Working folder, the script's folder, and what the arguments name. */
static void show_files(const struct workload_stage *s, struct sandbox *box)
{
	struct strv *list = s->request->writable ? &box->writable : &box->read_only;
	show(list, s->cwd);
	if (s->program.kind == PROGRAM_SCRIPT) {
		AUTO_FREE char *absolute = path_absolute(s->program.target);
		AUTO_FREE char *dir = path_dir(absolute);
		show(&box->read_only, path_is_dir(absolute) ? absolute : dir);
	}
	for (size_t i = 0; i < s->program.args.n; i++) {
		const char *word = s->program.args.v[i], *equals = str_starts(word, "-") ? strchr(word, '=') : NULL;
		const char *path = equals ? equals + 1 : word;
		if ((path[0] == '/' || str_starts(path, "..")) && path_exists(path))
			show(list, path);
	}
}

static int make_box(struct workload_stage *s, enum arm arm, struct sandbox *box, struct error *err)
{
	struct workload_side *side = side_of(s, arm);
	struct toolbox *t = &s->session.tools;
	if (toolbox_sandbox(t, "program", box, err) < 0)
		return -1;
	if (!side->bytecode) {
		side->bytecode = xasprintf("%s/bytecode-%s", t->work, arm_word(arm == ARM_GIL ? ARM_GIL : ARM_FT));
		if (make_dirs(side->bytecode, err) < 0)
			return -1;
	}
	box->network = s->request->network;
	box->cwd = xstrdup(s->cwd);
	show_files(s, box);
	if (side->env) {
		AUTO_FREE char *root = path_dir(side->env);
		strv_add_unique(&box->read_only, root);
		strv_addf(&box->env, "VIRTUAL_ENV=%s", side->env);
	}
	strv_add(&box->writable, side->bytecode);
	strv_addf(&box->env, "PATH=%s:/usr/local/bin:/usr/bin:/bin", side->bin);
	strv_addf(&box->env, "PYTHONPYCACHEPREFIX=%s", side->bytecode); /* compiled once, in the first run */
	strv_add(&box->env, "PYTHONDONTWRITEBYTECODE=");
	if (arm == ARM_FT_GIL)
		strv_add(&box->env, "PYTHON_GIL=1");
	return 0;
}

/* The build's interpreter and its options. What the environment says (make_box()) is said here once more, because -E and -I
 * ignore that; the user's own options come later and win. */
static void add_interpreter(const struct workload_stage *s, enum arm arm, const struct workload_side *side, struct strv *argv)
{
	strv_add(argv, side->program);
	strv_addf(argv, "-Xpycache_prefix=%s", side->bytecode);
	if (arm == ARM_FT_GIL)
		strv_add(argv, "-Xgil=1");
	strv_add_all(argv, &s->program.options);
}

static int run(const struct sandbox *box, const struct strv *argv, double seconds, struct process_result *done, struct error *err)
{
	struct process_spec spec = { .deadline_seconds = seconds };
	return sandbox_run(box, argv, &spec, done, err);
}

/* The script that stands for a console command of this build. */
static char *console_path(const struct workload_stage *s, const struct workload_side *side)
{
	return path_join(side->bin, s->program.target);
}

int workload_run_plain(struct workload_stage *s, enum arm arm, struct process_result *done, struct error *err)
{
	struct workload_side *side = side_of(s, arm);
	const struct program *p = &s->program;
	AUTO_SANDBOX box = { 0 };
	AUTO_STRV argv = { 0 };
	*done = (struct process_result){ .ending = END_FAILED };
	if (make_box(s, arm, &box, err) < 0)
		return -1;
	add_interpreter(s, arm, side, &argv);
	if (p->kind == PROGRAM_MODULE || p->kind == PROGRAM_CODE)
		strv_add(&argv, p->kind == PROGRAM_MODULE ? "-m" : "-c");
	strv_take(&argv, p->kind == PROGRAM_CONSOLE ? console_path(s, side) : xstrdup(p->target));
	strv_add_all(&argv, &p->args);
	int result = run(&box, &argv, s->request->timeout_seconds, done, err);
	remove_tree(box.home, NULL);
	return result;
}

int workload_run_nothing(struct workload_stage *s, uint64_t *peak_rss, struct error *err)
{
	AUTO_SANDBOX box = { 0 };
	AUTO_STRV argv = { 0 };
	AUTO_PROCESS done = { 0 };
	if (make_box(s, ARM_GIL, &box, err) < 0)
		return -1;
	strv_add(&argv, "/bin/true");
	int result = run(&box, &argv, grace_seconds, &done, err);
	remove_tree(box.home, NULL);
	*peak_rss = result == 0 && done.ending == END_EXIT && done.code == 0 ? done.peak_rss : 0;
	return result;
}

static int write_job(const struct workload_stage *s, const struct workload_side *side, const char *path, const char *result, struct error *err)
{
	const struct program *p = &s->program;
	AUTO_JSON *job = cJSON_CreateObject();
	AUTO_FREE char *target = p->kind == PROGRAM_CONSOLE ? console_path(s, side) : xstrdup(p->target);
	json_add_str(job, "kind", p->kind == PROGRAM_CONSOLE ? "script" : program_kind_word(p->kind));
	json_add_str(job, "target", target);
	json_add_strv(job, "args", &p->args);
	json_add_str(job, "result", result);
	cJSON_AddNumberToObject(job, "seconds", s->request->timeout_seconds);
	return json_write(path, job, err);
}

/* What the launcher wrote; a program that spoils the file spoils its own result. */
static void read_result(const char *path, struct workload_seen *seen)
{
	enum { LARGEST = 4 << 20 };
	AUTO_JSON *j = NULL;
	AUTO_FREE char *mark = xasprintf("%s.daemon", path);
	workload_seen_release(seen);
	if (path_is_file(path) && json_read(path, LARGEST, &j, NULL) == 0)
		workload_seen_read(j, seen);
	seen->daemon = path_exists(mark);
}

int workload_run_observed(struct workload_stage *s, enum arm arm, struct process_result *done, struct error *err)
{
	struct workload_side *side = side_of(s, arm);
	AUTO_SANDBOX box = { 0 };
	AUTO_STRV argv = { 0 };
	*done = (struct process_result){ .ending = END_FAILED };
	if (make_box(s, arm, &box, err) < 0)
		return -1;
	AUTO_FREE char *job = path_join(box.home, "job.json");
	AUTO_FREE char *result = path_join(box.home, "result.json");
	if (write_job(s, side, job, result, err) < 0)
		return -1;
	add_interpreter(s, arm, side, &argv);
	strv_take(&argv, path_join(s->session.tools.harness, "workload/launch.py"));
	strv_add(&argv, job);
	int ran = run(&box, &argv, s->request->timeout_seconds + grace_seconds, done, err);
	if (ran == 0)
		read_result(result, &s->out->arms[arm].seen);
	remove_tree(box.home, NULL);
	return ran;
}
