/* progress.c: keeps what runs, and decides when and how it is printed; see progress.h. */
#include "report/progress.h"
#include "base/text.h"
#include "report/errors.h"
#include "report/progress_lines.h"
#include "report/style.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_NS (SECOND_NS / 4)
#define QUIET_NS (60 * SECOND_NS) /* silence before a heartbeat */
#define WARNINGS_KEPT 64

struct warning {
	struct error error;
	size_t count;
};

struct progress {
	FILE *stream;
	struct progress_options opt;
	bool live;        /* lines may be redrawn */
	bool in_actions;  /* GITHUB_ACTIONS is set */
	pthread_mutex_t lock;
	struct progress_state st;
	char *setup_topic, *setup_text; /* a set-up line that ended in "..." and waits for its result */
	bool setup_seen;
	struct warning *warnings;
	size_t n_warnings;
	size_t drawn;     /* live lines on the screen */
	uint64_t last_draw, last_print;
	struct buf out;   /* what goes out with the next flush */
	atomic_bool status_wanted;
	bool ticking, stop;
	pthread_t thread;
	pthread_cond_t wake;
};

enum progress_mode progress_mode_parse(const char *word)
{
	static const char *const words[] = { "auto", "plain", "none" };
	enum progress_mode m = 0;
	while (m < PROGRESS_MODE_COUNT && !str_eq(words[m], word))
		m++;
	return m;
}

static uint64_t now(const struct progress *p)
{
	return p->opt.now_ns ? p->opt.now_ns() : now_monotonic_ns();
}

/* Text without a way back: when the stream fails nobody can be told. */
static void flush(struct progress *p)
{
	if (p->out.len)
		(void)fwrite(p->out.data, 1, p->out.len, p->stream);
	(void)fflush(p->stream);
	buf_clear(&p->out);
}

static void erase(struct progress *p)
{
	if (p->drawn)
		buf_addf(&p->out, "\033[%zuA\r\033[J", p->drawn);
	p->drawn = 0;
}

static size_t width(const struct progress *p)
{
	int w = p->opt.width > 0 ? p->opt.width : style_width(p->stream);
	return w > 0 ? (size_t)w : 80;
}

static void draw_line(struct progress *p, struct buf *line, const char *sgr)
{
	line_cut(line, width(p) - 1); /* a full line would wrap on some terminals */
	style_add(&p->out, p->opt.color, sgr, buf_str(line));
	buf_addc(&p->out, '\n');
	p->drawn++;
	buf_clear(line);
}

/* Like git: a job in the background must not draw over the shell. */
static bool in_foreground(const struct progress *p)
{
	if (p->opt.terminal > 0)
		return true;
	pid_t front = tcgetpgrp(fileno(p->stream));
	return front < 0 || front == getpgrp();
}

static void draw(struct progress *p)
{
	AUTO_BUF line = { 0 };
	erase(p);
	if (p->setup_text) {
		buf_adds(&line, "  ");
		style_pad(&line, p->setup_topic, 12);
		buf_addf(&line, " %s", p->setup_text);
		draw_line(p, &line, "");
	} else if (p->st.n_steps || p->st.finished < p->st.total) {
		line_bar(&line, &p->st);
		draw_line(p, &line, "");
		size_t most = p->opt.jobs > 0 ? (size_t)p->opt.jobs : 8;
		for (size_t i = 0; i < p->st.n_steps && i < most; i++) {
			bool slow = line_step(&line, &p->st, &p->st.steps[i]);
			draw_line(p, &line, slow ? SGR_YELLOW : "");
		}
	}
	p->last_draw = p->st.now;
}

/* Redraw when it is due; forced for the first line of a set-up step. */
static void redraw(struct progress *p, bool forced)
{
	if (!p->live || !in_foreground(p))
		return;
	bool early = p->st.now - p->st.started < SECOND_NS || p->st.now - p->last_draw < REDRAW_NS;
	if (forced || !early)
		draw(p);
}

static void stamp(struct progress *p)
{
	time_t t = p->opt.wall ? (time_t)p->opt.wall() : time(NULL);
	struct tm tm;
	char text[16] = "";
	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	buf_addf(&p->out, "%s ", text);
}

/* Begin a permanent line. */
static void begin_line(struct progress *p)
{
	erase(p);
	p->last_print = p->st.now;
	if (!p->live)
		stamp(p);
}

static void print_status(struct progress *p)
{
	erase(p);
	line_status(&p->out, &p->st);
	p->last_print = p->st.now;
}

/* What is due by the clock alone. */
static void tick(struct progress *p)
{
	p->st.now = now(p);
	if (atomic_exchange(&p->status_wanted, false))
		print_status(p);
	if (p->opt.mode == PROGRESS_NONE || p->opt.verbosity < 0)
		return;
	if (!p->live && p->st.n_steps && p->st.now - p->last_print >= QUIET_NS) {
		begin_line(p);
		line_heartbeat(&p->out, &p->st);
		buf_addc(&p->out, '\n');
	}
	redraw(p, false);
}

static struct step *find_step(struct progress *p, int slot)
{
	for (size_t i = 0; i < p->st.n_steps; i++)
		if (p->st.steps[i].slot == slot)
			return &p->st.steps[i];
	return NULL;
}

static void commit_setup(struct progress *p, const char *topic, const char *text)
{
	if (!p->setup_seen && strcmp(topic, "pair") != 0) {
		begin_line(p);
		buf_adds(&p->out, "setting up once (kept for later runs; `migrate-check python list` shows it)\n");
		p->setup_seen = true;
	}
	begin_line(p);
	buf_adds(&p->out, "  ");
	style_pad(&p->out, topic, 12);
	buf_addf(&p->out, " %s\n", text);
}

static void forget_setup(struct progress *p)
{
	free(p->setup_topic);
	free(p->setup_text);
	p->setup_topic = p->setup_text = NULL;
}

/* A line that ends in "..." waits on a terminal and is replaced by the next of its topic. */
static void on_setup(struct progress *p, const struct event *e)
{
	AUTO_FREE char *topic = style_line(e->topic);
	AUTO_FREE char *text = style_line(e->text);
	if (p->setup_text && !str_eq(p->setup_topic, topic))
		commit_setup(p, p->setup_topic, p->setup_text);
	forget_setup(p);
	if (p->live && str_ends(text, "...")) {
		p->setup_topic = STEAL(&topic);
		p->setup_text = STEAL(&text);
		redraw(p, true);
	} else {
		commit_setup(p, topic, text);
	}
}

static void on_plan(struct progress *p, const struct event *e)
{
	if (p->setup_text)
		commit_setup(p, p->setup_topic, p->setup_text);
	forget_setup(p);
	p->setup_seen = true; /* what comes from here on is no longer done once */
	p->st.total = e->total > 0 ? (size_t)e->total : 0;
	if (e->done > 0)
		p->st.expected_end = now(p) + (uint64_t)e->done * 1000000000u;
	AUTO_STRV lines = { 0 };
	strv_split(&lines, e->text ? e->text : "", '\n');
	for (size_t i = 0; i < lines.n && e->text; i++) {
		begin_line(p);
		buf_adds(&p->out, p->live ? "" : "start   ");
		style_text(&p->out, lines.v[i]);
		buf_addc(&p->out, '\n');
	}
}

static void on_step_start(struct progress *p, const struct event *e)
{
	p->st.steps = xrealloc(p->st.steps, p->st.n_steps + 1, sizeof(*p->st.steps));
	p->st.steps[p->st.n_steps++] = (struct step){
		.slot = e->slot,
		.package = e->package ? style_line(e->package) : NULL,
		.topic = style_line(e->topic),
		.started = p->st.now,
		.moved = p->st.now,
	};
}

static void on_step_progress(struct progress *p, const struct event *e)
{
	struct step *s = find_step(p, e->slot);
	if (!s)
		return;
	if (s->done != e->done)
		s->moved = p->st.now;
	s->done = e->done > 0 ? e->done : 0;
	s->total = e->total > 0 ? e->total : 0;
	free(s->text);
	s->text = e->text ? style_line(e->text) : NULL;
}

static void on_step_end(struct progress *p, const struct event *e)
{
	struct step *s = find_step(p, e->slot);
	if (!s)
		return;
	step_release(s);
	size_t i = (size_t)(s - p->st.steps);
	memmove(s, s + 1, (p->st.n_steps - i - 1) * sizeof(*s));
	p->st.n_steps--;
}

static void on_package_done(struct progress *p, const struct event *e)
{
	const struct package_result *r = e->result;
	if (!r)
		return;
	p->st.finished++;
	p->st.count[r->readiness < READY_COUNT ? r->readiness : READY_UNKNOWN]++;
	begin_line(p);
	if (p->live)
		line_package(&p->out, r, p->opt.color);
	else
		line_package_plain(&p->out, &p->st, r);
	buf_addc(&p->out, '\n');
	if (!p->live && p->in_actions && r->n_findings)
		line_group(&p->out, r);
}

static void print_text(struct progress *p, const char *text, bool output)
{
	AUTO_BUF line = { 0 };
	style_text(&line, text);
	if (output)
		erase(p);
	else
		begin_line(p);
	p->last_print = p->st.now;
	style_add(&p->out, p->opt.color, SGR_DIM, output ? "  | " : p->live ? "  " : "note    ");
	buf_addf(&p->out, "%s\n", buf_str(&line));
}

/* Notes and what is printed by what is run: shown when asked for, with or without progress. Each line of output has the prefix. */
static void on_text(struct progress *p, const struct event *e)
{
	bool output = e->kind == EVENT_OUTPUT;
	if (p->opt.verbosity < (output ? 2 : 1))
		return;
	if (!output) {
		print_text(p, e->text, false);
		return;
	}
	AUTO_STRV lines = { 0 };
	strv_split(&lines, e->text ? e->text : "", '\n');
	size_t n = lines.n > 1 && !*lines.v[lines.n - 1] ? lines.n - 1 : lines.n; /* the last newline ends a line and begins none */
	for (size_t i = 0; i < n; i++)
		print_text(p, lines.v[i], true);
}

static void print_warning(struct progress *p, const struct error *e, size_t count)
{
	struct report_options opt = { .color = p->opt.color, .terminal = p->live, .width = p->live ? (int)width(p) : 0 };
	erase(p);
	p->last_print = p->st.now;
	error_text(&p->out, e, SEVERITY_WARNING, count, &opt);
}

/* The first of equal warnings is shown at once, how many followed at the end. */
static void on_warning(struct progress *p, const struct event *e)
{
	if (!e->error || e->error->code == ERR_NONE || p->opt.verbosity < 0)
		return;
	for (size_t i = 0; i < p->n_warnings; i++) {
		if (error_equal(&p->warnings[i].error, e->error)) {
			p->warnings[i].count++;
			return;
		}
	}
	print_warning(p, e->error, 1);
	if (p->n_warnings == WARNINGS_KEPT)
		return;
	p->warnings = xrealloc(p->warnings, p->n_warnings + 1, sizeof(*p->warnings));
	struct warning *w = &p->warnings[p->n_warnings++];
	*w = (struct warning){ .count = 1 };
	error_copy(&w->error, e->error);
}

static void (*const handlers[])(struct progress *p, const struct event *e) = {
	[EVENT_SETUP] = on_setup,
	[EVENT_PLAN] = on_plan,
	[EVENT_STEP_START] = on_step_start,
	[EVENT_STEP_PROGRESS] = on_step_progress,
	[EVENT_STEP_END] = on_step_end,
	[EVENT_PACKAGE_DONE] = on_package_done,
	[EVENT_NOTE] = on_text,
	[EVENT_OUTPUT] = on_text,
	[EVENT_WARNING] = on_warning,
};

/* Set-up, plan and packages are printed unless progress is off; steps are
 * always kept, because the status is asked for in any mode. */
static bool is_printed(const struct progress *p, enum event_kind kind)
{
	bool shown = p->opt.mode != PROGRESS_NONE && p->opt.verbosity >= 0;
	return shown || (kind != EVENT_SETUP && kind != EVENT_PLAN && kind != EVENT_PACKAGE_DONE);
}

static void count_only(struct progress *p, const struct event *e)
{
	if (e->kind == EVENT_PLAN)
		p->st.total = e->total > 0 ? (size_t)e->total : 0;
	if (e->kind == EVENT_PACKAGE_DONE)
		p->st.finished++;
}

static void notify(void *cookie, const struct event *e)
{
	struct progress *p = cookie;
	if ((size_t)e->kind >= ARRAY_LEN(handlers))
		return;
	pthread_mutex_lock(&p->lock);
	p->st.now = now(p);
	if (is_printed(p, e->kind))
		handlers[e->kind](p, e);
	else
		count_only(p, e);
	tick(p);
	flush(p);
	pthread_mutex_unlock(&p->lock);
}

struct observer progress_observer(struct progress *p)
{
	return (struct observer){ .notify = notify, .cookie = p };
}

static void *ticker(void *arg)
{
	struct progress *p = arg;
	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (long)REDRAW_NS;
		until.tv_sec += until.tv_nsec / (long)SECOND_NS;
		until.tv_nsec %= (long)SECOND_NS;
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
		if (p->stop)
			break;
		tick(p);
		flush(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are for the main thread; the ticker takes none. */
static void start_ticker(struct progress *p)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	p->ticking = pthread_create(&p->thread, NULL, ticker, p) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static bool may_redraw(const struct progress *p)
{
	const char *term = getenv("TERM"), *accessible = getenv("ACCESSIBLE");
	bool terminal = p->opt.terminal ? p->opt.terminal > 0 : style_terminal(p->stream);
	return terminal && p->opt.mode == PROGRESS_AUTO && p->opt.verbosity >= 0 && term && *term && strcmp(term, "dumb") != 0 &&
	       !(accessible && *accessible);
}

struct progress *progress_new(FILE *stream, const struct progress_options *options)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	p->stream = stream;
	p->opt = *options;
	p->live = may_redraw(p);
	const char *actions = getenv("GITHUB_ACTIONS");
	p->in_actions = actions && *actions;
	p->st.now = p->st.started = p->last_print = now(p);
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (p->opt.ticker)
		start_ticker(p);
	return p;
}

static void stop_ticker(struct progress *p)
{
	if (!p->ticking)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	stop_ticker(p);
	erase(p);
	if (p->setup_text)
		commit_setup(p, p->setup_topic, p->setup_text);
	forget_setup(p);
	for (size_t i = 0; i < p->n_warnings; i++) {
		if (p->warnings[i].count > 1)
			print_warning(p, &p->warnings[i].error, p->warnings[i].count);
		error_release(&p->warnings[i].error);
	}
	flush(p);
	for (size_t i = 0; i < p->st.n_steps; i++)
		step_release(&p->st.steps[i]);
	free(p->st.steps);
	free(p->warnings);
	buf_release(&p->out);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void progress_tick(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	tick(p);
	flush(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_clear(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	erase(p);
	flush(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_print_status(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	p->st.now = now(p);
	print_status(p);
	flush(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_request_status(struct progress *p)
{
	atomic_store(&p->status_wanted, true);
}
