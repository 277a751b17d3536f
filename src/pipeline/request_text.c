/* request_text.c: a request as words of a command line that can be pasted; see pipeline.h. */
#include "base/text.h"
#include "inputs/requirement.h"
#include "inputs/target.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

/* Passwords never get into a text that is kept or shown: who pastes it has to know them. */
static void add(struct buf *b, const char *option, const char *value)
{
	if (!value)
		return;
	AUTO_FREE char *quoted = text_shown_word(value);
	buf_addf(b, " %s %s", option, quoted);
}

/* What both `run` and `reproduce` take, and a survey does not keep. */
static void add_common(struct buf *b, const struct pipeline_request *r)
{
	if (r->build != BUILD_AUTO)
		add(b, "--build", r->build == BUILD_WHEEL ? "wheel" : "source");
	for (size_t i = 0; i < r->constraint_files.n; i++)
		add(b, "-c", r->constraint_files.v[i]);
	add(b, "--index-url", r->index_url);
	add(b, "--profiles", r->profiles_dir);
	if (r->offline)
		buf_adds(b, " --offline");
	if (r->no_sandbox)
		buf_adds(b, " --no-sandbox");
	add(b, "--store", r->store_dir);
}

/* What a survey keeps, so that a finding of it needs none of them. */
static void add_kept(struct buf *b, const struct pipeline_request *r)
{
	add(b, "--gil", r->gil);
	add(b, "--ft", r->ft);
	add(b, "--python", r->python);
	if (r->effort != EFFORT_QUICK)
		add(b, "--effort", effort_word(r->effort));
	add(b, "--seed", r->seed);
}

static void add_run(struct buf *b, const struct pipeline_request *r)
{
	if (r->budget_seconds > 0)
		buf_addf(b, " --budget %.10gs", r->budget_seconds);
	if (r->stress && strcmp(r->stress, "auto") != 0)
		add(b, "--stress", r->stress);
	if (r->stress_seconds > 0)
		buf_addf(b, " --stress-seconds %.10gs", r->stress_seconds);
	if (r->threads > 0)
		buf_addf(b, " --threads %d", r->threads);
	if (r->bisect)
		buf_adds(b, " --bisect");
	if (r->no_measure)
		buf_adds(b, " --no-measure");
}

char *request_options(const struct pipeline_request *r, enum request_use use)
{
	struct buf b = { 0 };
	if (use != REQUEST_FINDING)
		add_kept(&b, r);
	if (use == REQUEST_RUN)
		add_run(&b, r);
	add_common(&b, r);
	return b.data ? buf_steal(&b) : xstrdup("");
}

char *request_pinned(const struct target *t, const char *name, const char *version)
{
	AUTO_FREE char *named = requirement_named(name, &t->extras);
	bool pins = t->kind == TARGET_REQUIREMENT && version;
	return pins ? xasprintf("%s==%s", named, version) : xstrdup(t->text);
}

char *request_target_word(const struct target *t, const char *name, const char *version)
{
	AUTO_FREE char *text = request_pinned(t, name, version);
	return text_shown_word(text);
}
