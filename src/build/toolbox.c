/* toolbox.c: see toolbox.h. */
#include "build/toolbox.h"
#include "base/fs.h"
#include "base/text.h"
#include "build/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void toolbox_release(struct toolbox *t)
{
	environments_close(t);
	seen_pages_free(t->pages);
	if (t->work && !t->keep_work)
		remove_tree(t->work, NULL);
	if (t->work_lock > 0)
		close(t->work_lock);
	index_config_release(&t->index);
	free(t->uv);
	free(t->harness);
	free(t->cache);
	free(t->work);
	*t = (struct toolbox){ 0 };
}

const struct interpreter *toolbox_interpreter(const struct toolbox *t, enum arm arm)
{
	return arm == ARM_GIL ? &t->pair->gil : &t->pair->ft;
}

int toolbox_sandbox(const struct toolbox *t, const char *label, struct sandbox *out, struct error *err)
{
	*out = (struct sandbox){ .disabled = t->no_sandbox, .fixed_addresses = t->tsan };
	if (make_temp_dir(t->work, label, &out->home, err) < 0)
		return -1;
	strv_add_unique(&out->read_only, t->pair->gil.prefix);
	strv_add_unique(&out->read_only, t->pair->ft.prefix);
	strv_add_unique(&out->read_only, t->harness);
	if (t->tsan) /* tools that run in this interpreter are not what is looked at */
		strv_add(&out->env, TSAN_QUIET);
	if (t->uv)
		strv_add_unique(&out->read_only, t->uv);
	return 0;
}

/* The last line that says something, made harmless. */
static char *last_line(const struct process_result *r)
{
	AUTO_FREE char *tail = process_tail(r, 1);
	return text_safe_line(tail);
}

int toolbox_script(const struct toolbox *t, struct sandbox *s, const struct interpreter *python, const char *script,
                   const struct strv *args, cJSON **out, char **complaint, struct error *err)
{
	*out = NULL;
	AUTO_FREE char *file = path_join(t->harness, script);
	AUTO_FREE char *result = path_join(s->home, "result.json");
	AUTO_STRV argv = { 0 };
	bool installed = !str_eq(python->executable, t->pair->gil.executable); /* an environment's: what is in it is asked about */
	strv_add(&argv, python->executable);
	strv_add(&argv, installed ? "-P" : "-I");
	if (!installed)
		strv_add(&argv, "-S"); /* starting without site-packages is faster */
	strv_add(&argv, file);
	if (args)
		strv_add_all(&argv, args);
	strv_add(&argv, "--result");
	strv_add(&argv, result);
	struct process_spec spec = { .deadline_seconds = 300, .output_max = 128 * 1024 };
	AUTO_PROCESS done = { 0 };
	if (sandbox_run(s, &argv, &spec, &done, err) < 0)
		return -1;
	if (process_ok(&done) && path_is_file(result) && json_read(result, 64u << 20, out, NULL) == 0)
		return 0;
	if (toolbox_check_space(t, buf_str(&done.output), "a helper script ran", err) < 0)
		return -1;
	if (complaint)
		*complaint = last_line(&done);
	return 0;
}
