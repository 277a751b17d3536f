/* test_workload_report.c: the sheet and the document of one program, byte by byte, and foreign names in them. */
#include "report/workload.h"
#include "report_help.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add_seen(struct workload *w, enum arm a, const char *text)
{
	AUTO_JSON *j = NULL;
	AUTO_ERROR err = { 0 };
	if (json_parse(text, strlen(text), "observed", &j, &err) < 0)
		fail_msg("%s", err.what);
	assert_true(workload_seen_read(j, &w->arms[a].seen));
}

static void head(struct workload *w, const char *command)
{
	*w = (struct workload){ .command = xstrdup(command), .tool_version = xstrdup("0.1.0"), .started = xstrdup("2026-11-24T10:00:00Z"), .cores = 2,
		                    .sandbox = true, .rule = "threads-gain", .basis = ARM_FT };
	w->gil.version = xstrdup("3.13.15");
	w->ft.version = xstrdup("3.13.15");
}

/* Two threads that compute: all there is in a document. */
static void make_threads(struct workload *w)
{
	head(w, "python app.py --size 10");
	for (enum arm a = ARM_GIL; a < ARM_COUNT; a++) {
		w->arms[a].state = WORKLOAD_OK;
		w->arms[a].tried = a == ARM_FT_GIL ? 3 : 6;
		for (int i = 0; i < (a == ARM_FT_GIL ? 3 : 6); i++)
			workload_add_run(&w->arms[a], &(struct workload_run){ a == ARM_FT ? 6.25 + i : 10.5 + i, 11.25, 31000000 + 1000000 * (uint64_t)a });
	}
	add_seen(w, ARM_GIL, "{\"schema\":1,\"finished\":true,\"seconds\":10,\"samples\":900,\"wall\":{\"run\":9.5,\"starved\":0.25,\"gil\":0.25},"
	                     "\"cpu\":{\"self\":9.5},\"switches\":{\"voluntary\":1200,\"involuntary\":80},\"gil\":{\"on\":true},"
	                     "\"threads\":{\"seen\":3,\"peak\":3,\"working\":2,\"cpu\":9.5,\"gil\":9.5,\"rows\":[{\"name\":\"worker\",\"python\":true,\"cpu\":4.75,\"gil\":4.75}]},"
	                     "\"functions\":[{\"function\":\"work\",\"file\":\"/app/app.py\",\"line\":4,\"self\":9.0,\"total\":9.5},"
	                     "{\"function\":\"only_gil\",\"file\":\"/app/app.py\",\"line\":9,\"self\":0.5,\"total\":0.5}],"
	                     "\"extensions\":[{\"module\":\"fastlib\",\"seconds\":4}]}");
	add_seen(w, ARM_FT, "{\"schema\":1,\"finished\":true,\"seconds\":6,\"samples\":550,\"wall\":{\"run\":5.5,\"io\":0.5},\"cpu\":{\"self\":10.0,\"children\":0.5},"
	                    "\"switches\":{\"voluntary\":20,\"involuntary\":90},\"gil\":{\"on\":false},\"processes\":{\"forked\":1,\"started\":2},"
	                    "\"threads\":{\"seen\":3,\"peak\":3,\"working\":2,\"cpu\":10,\"locked\":2.5,\"rows\":[]},"
	                    "\"functions\":[{\"function\":\"work\",\"file\":\"/other/app.py\",\"line\":4,\"self\":9.5,\"total\":10}],"
	                    "\"locks\":[{\"function\":\"put\",\"file\":\"/app/app.py\",\"line\":12,\"seconds\":2.5}]}");
	w->wall = (struct ratio){ .known = true, .ratio = 0.6, .lo = 0.58, .hi = 0.63, .n = 6, .verdict = PERF_FASTER };
	w->cpu = (struct ratio){ .known = true, .ratio = 1.01, .lo = 0.97, .hi = 1.04, .n = 6, .verdict = PERF_SAME };
	w->memory = (struct ratio){ .known = true, .ratio = 1.2, .lo = 1.19, .hi = 1.21, .n = 6, .verdict = PERF_SLOWER };
	w->control = (struct ratio){ .known = true, .ratio = 1.1, .lo = -INFINITY, .hi = INFINITY, .n = 3, .verdict = PERF_INCONCLUSIVE };
	w->kind = w->kinds[ARM_GIL] = w->kinds[ARM_FT] = WORKLOAD_CPU;
	w->advice = ADVICE_THREADS;
	w->reason = xstrdup("its 2 threads take 0.60x of the time on the free-threaded build");
	strv_add(&w->installed, "fastlib==1.0");
	strv_add(&w->notes, "it started 2 other processes (1 by fork); their code was not sampled");
}

/* One that fails, with names and output that are attacks. */
static void make_attack(struct workload *w)
{
	head(w, "python \033[2Japp.py");
	w->rule = "fails-on-ft";
	w->basis = ARM_GIL;
	w->exit_code = 1;
	w->arms[ARM_GIL].state = WORKLOAD_OK;
	add_seen(w, ARM_GIL, "{\"schema\":1,\"seconds\":1,\"samples\":9,\"wall\":{\"run\":1},\"cpu\":{\"self\":1},\"threads\":{\"cpu\":1,\"rows\":[{\"name\":\"\\u001b[31m\\u202e\"}]},"
	                     "\"gil\":{\"module\":\"::error::\\u001b]0;x\"},\"functions\":[{\"function\":\"f\\r##[group]\",\"file\":\"/a/\\u001b[2J.py\",\"self\":1}],"
	                     "\"locks\":[{\"function\":\"\\u202eg\",\"file\":\"x\",\"seconds\":5}],\"extensions\":[{\"module\":\"\\u001b[1m\",\"seconds\":1}]}");
	w->arms[ARM_FT].state = WORKLOAD_FAILED;
	w->arms[ARM_FT].ending = END_SIGNAL;
	w->arms[ARM_FT].code = 11;
	w->arms[ARM_FT].tail = xstrdup("\033[2J::error::first\n##[group]second\r\033]0;title\007");
	w->kind = WORKLOAD_CPU;
	w->advice = ADVICE_STAY;
	w->reason = xstrdup("it fails \033[31mred\n::error::here");
	strv_add(&w->notes, "ft: ValueError: \033[5m\u202e");
}

static void documents(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		void (*make)(struct workload *w);
	} rows[] = { { "threads", make_threads }, { "attack", make_attack } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_WORKLOAD w = { 0 };
		rows[i].make(&w);
		struct report_options opt = { .width = 100 };
		AUTO_FREE char *text = CAPTURE(out, report_workload(out, &w, &opt, NULL));
		AUTO_FREE char *json = CAPTURE(out, report_workload_json(out, &w, NULL));
		AUTO_FREE char *text_name = xasprintf("workload-%s.txt", rows[i].name);
		AUTO_FREE char *json_name = xasprintf("workload-%s.json", rows[i].name);
		check_harmless(text, false);
		check_words(text);
		check_golden(text_name, text);
		check_golden(json_name, json);
		opt.color = true;
		AUTO_FREE char *coloured = CAPTURE(out, report_workload(out, &w, &opt, NULL));
		AUTO_FREE char *stripped = strip_color(coloured);
		assert_string_equal(stripped, text);
		assert_string_not_equal(coloured, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(documents) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
