/* toolbox.c: see toolbox.h. */
#include "build/toolbox.h"
#include "base/fs.h"
#include "base/network.h"
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
	*out = (struct sandbox){ .disabled = t->no_sandbox, .fixed_addresses = t->tsan, .observer = t->observer };
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

static void name_all(struct sandbox *s, const char *const *names, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		strv_addf(&s->env, "%s=%s", names[i], value);
}

void toolbox_network(const struct toolbox *t, struct sandbox *s)
{
	static const char *const files[] = { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "CARGO_HTTP_CAINFO", "GIT_SSL_CAINFO" };
	static const char *const folders[] = { "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAPATH" };
	static const char *const clients[] = { "SSL_CLIENT_CERT", "PIP_CLIENT_CERT" };
	const struct net_config *net = &t->index.net;
	s->network = true;
	if (net->proxy)
		network_add_proxy(net->proxy, &s->env);
	if (net->ca && path_exists(net->ca)) { /* one that is not there is for the fetcher to say */
		AUTO_FREE char *path = path_absolute(net->ca);
		bool folder = path_is_dir(path);
		name_all(s, folder ? folders : files, folder ? ARRAY_LEN(folders) : ARRAY_LEN(files), path);
		strv_add_unique(&s->read_only, path);
	}
	if (net->client_cert && path_exists(net->client_cert)) {
		AUTO_FREE char *path = path_absolute(net->client_cert);
		name_all(s, clients, ARRAY_LEN(clients), path);
		strv_add_unique(&s->read_only, path);
	}
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
