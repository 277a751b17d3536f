/*
 * survey_json.c: surveys to and from the document of reports/survey.schema.json.
 * Field lists are written once and expanded for both directions.
 */
#include "model/json_fields.h"
#include "model/survey.h"

#include <stdlib.h>
#include <string.h>

#define INTERPRETER_STR(F) F(executable) F(version) F(compiler) F(flags) F(config_args) F(optimisation) F(tag) F(platform) F(provider) F(id) F(prefix) F(libc)
#define INTERPRETER_BOOL(F) F(gil_disabled) F(debug) F(has_headers) F(has_pip)

cJSON *interpreter_to_json(const struct interpreter *v)
{
	cJSON *o = cJSON_CreateObject();
	INTERPRETER_STR(PUT_STR)
	INTERPRETER_BOOL(PUT_BOOL)
	return o;
}

void interpreter_from_json(struct interpreter *v, const cJSON *j)
{
	*v = (struct interpreter){ 0 };
	INTERPRETER_STR(GET_STR)
	INTERPRETER_BOOL(GET_BOOL)
}

static cJSON *artifact_to_json(const struct artifact_facts *v)
{
	if (!v->known)
		return cJSON_CreateNull();
	cJSON *o = cJSON_CreateObject();
	PUT_STR(kind)
	PUT_STR(file)
	PUT_STR(sha256)
	PUT_NUM(seconds)
	PUT_BOOL(cached)
	PUT_BOOL(native)
	PUT_LIST(extensions)
	PUT_LIST(loaded)
	put_known(o, "wheel_bytes", v->wheel_bytes > 0, (double)v->wheel_bytes);
	put_known(o, "installed_bytes", v->installed_bytes > 0, (double)v->installed_bytes);
	return o;
}

static void artifact_from_json(struct artifact_facts *v, const cJSON *j)
{
	v->known = cJSON_IsObject(j);
	GET_STR(kind)
	GET_STR(file)
	GET_STR(sha256)
	GET_NUM(seconds)
	GET_BOOL(cached)
	GET_BOOL(native)
	GET_LIST(extensions)
	GET_LIST(loaded)
	GET_INT(wheel_bytes)
	GET_INT(installed_bytes)
}

#define TESTS_INT(F) F(passed) F(failed) F(skipped) F(errors) F(not_run)

static cJSON *tests_to_json(const struct arm_tests *v)
{
	if (!v->known)
		return cJSON_CreateNull();
	cJSON *o = cJSON_CreateObject();
	TESTS_INT(PUT_INT)
	PUT_NUM(seconds)
	return o;
}

static void tests_from_json(struct arm_tests *v, const cJSON *j)
{
	v->known = cJSON_IsObject(j);
	TESTS_INT(GET_INT)
	GET_NUM(seconds)
}

#define FINDING_STR(F)                                                                                  \
	F(id) F(mode) F(module) F(signature) F(title) F(test) F(stack) F(tail) F(reproduce)                 \
	F(oracle) F(key) F(function) F(native_stack) F(unit) F(script) F(script_note) F(note) F(fixed_in) F(fixed_note)
#define FINDING_INT(F)                                                                                  \
	F(events) F(runs) F(control_events) F(control_runs)                                                 \
	F(threads) F(locked_events) F(locked_runs) F(serial_events) F(serial_runs) F(fixed_runs)
#define FINDING_BOOL(F) F(confirmed) F(fixed_tested)
#define FINDING_LIST(F) F(seeds) F(tests) F(frames)

static cJSON *finding_to_json(const struct finding *v)
{
	cJSON *o = cJSON_CreateObject();
	FINDING_STR(PUT_STR)
	FINDING_INT(PUT_INT)
	FINDING_BOOL(PUT_BOOL)
	FINDING_LIST(PUT_LIST)
	json_add_str(o, "kind", finding_kind_word(v->kind));
	json_add_str(o, "fault", fault_word(v->fault));
	put_known(o, "seconds_to_first", v->seconds_to_first >= 0, v->seconds_to_first);
	return o;
}

static void finding_from_json(struct package_result *p, const cJSON *j)
{
	struct finding *v = package_add_finding(p, finding_kind_parse(json_str(j, "kind")), fault_parse(json_str(j, "fault")));
	FINDING_STR(GET_STR)
	FINDING_INT(GET_INT)
	FINDING_BOOL(GET_BOOL)
	FINDING_LIST(GET_LIST)
	v->seconds_to_first = json_num(j, "seconds_to_first", -1);
}

#define DIFFERENCE_STR(F) F(id) F(message) F(kind)
#define DIFFERENCE_INT(F) F(gil_bad) F(gil_runs) F(ft_bad) F(ft_runs)

static cJSON *difference_to_json(const struct test_difference *v)
{
	cJSON *o = cJSON_CreateObject();
	DIFFERENCE_STR(PUT_STR)
	DIFFERENCE_INT(PUT_INT)
	json_add_str(o, "gil", test_status_word(v->gil));
	json_add_str(o, "ft", test_status_word(v->ft));
	return o;
}

static void difference_from_json(struct package_result *p, const cJSON *j)
{
	struct test_difference *v = package_add_difference(p, NULL, NULL);
	DIFFERENCE_STR(GET_STR)
	DIFFERENCE_INT(GET_INT)
	v->gil = test_status_parse(json_str(j, "gil"));
	v->ft = test_status_parse(json_str(j, "ft"));
}

static cJSON *ladder_to_json(const struct package_result *p)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < p->n_ladder; i++) {
		const struct rung *v = &p->ladder[i];
		cJSON *o = cJSON_CreateObject();
		PUT_STR(name)
		PUT_STR(state)
		PUT_STR(detail)
		cJSON_AddItemToArray(all, o);
	}
	return all;
}

#define PACKAGE_STR(F) F(name) F(version) F(requested) F(tested_version) F(blocker) F(advice) F(from) F(gil_module) F(tests_from) F(runner) F(profile) F(reproduce)
#define PACKAGE_INT(F) F(runs) F(holds) F(of)
#define PACKAGE_NUM(F) F(bound) F(seconds)
#define PACKAGE_LIST(F) F(reasons) F(flags) F(path) F(left_out) F(logs) F(stress_left_out)

static void put_tests(cJSON *o, const struct package_result *p)
{
	cJSON *t = cJSON_AddObjectToObject(o, "tests");
	put_known(t, "selected", p->selected >= 0, (double)p->selected);
	put_known(t, "of", p->collected >= 0, (double)p->collected);
	cJSON_AddNumberToObject(t, "files", (double)p->files);
	cJSON_AddNumberToObject(t, "files_selected", (double)p->files_selected);
	for (enum arm a = 0; a < ARM_COUNT; a++)
		cJSON_AddItemToObject(t, arm_word(a), tests_to_json(&p->tests[a]));
	json_add_strv(t, "only_gil", &p->only_gil);
	json_add_strv(t, "only_ft", &p->only_ft);
	cJSON *d = cJSON_AddArrayToObject(t, "differences");
	for (size_t i = 0; i < p->n_differences; i++)
		cJSON_AddItemToArray(d, difference_to_json(&p->differences[i]));
}

static cJSON *delta_to_json(const struct package_result *v)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, "time", ratio_to_json(&v->time));
	cJSON_AddItemToObject(o, "build", ratio_to_json(&v->build));
	cJSON_AddItemToObject(o, "memory", ratio_to_json(&v->memory));
	cJSON_AddItemToObject(o, "memory_import", ratio_to_json(&v->memory_import));
	cJSON_AddItemToObject(o, "import", ratio_to_json(&v->import_time));
	cJSON_AddItemToObject(o, "baseline", ratio_to_json(&v->baseline));
	cJSON_AddItemToObject(o, "measured", measured_to_json(&v->measured));
	return o;
}

static void delta_from_json(struct package_result *v, const cJSON *j)
{
	ratio_from_json(&v->time, json_obj(j, "time"));
	ratio_from_json(&v->build, json_obj(j, "build"));
	ratio_from_json(&v->memory, json_obj(j, "memory"));
	ratio_from_json(&v->memory_import, json_obj(j, "memory_import"));
	ratio_from_json(&v->import_time, json_obj(j, "import"));
	ratio_from_json(&v->baseline, json_obj(j, "baseline"));
	measured_from_json(&v->measured, json_obj(j, "measured"));
}

cJSON *package_to_json(const struct package_result *v)
{
	cJSON *o = cJSON_CreateObject();
	PACKAGE_STR(PUT_STR)
	PACKAGE_INT(PUT_INT)
	PACKAGE_NUM(PUT_NUM)
	PACKAGE_LIST(PUT_LIST)
	json_add_str(o, "verdict", outcome_word(v->verdict));
	json_add_str(o, "readiness", readiness_word(v->readiness));
	json_add_str(o, "gil_state", v->gil_state < 0 ? NULL : v->gil_state ? "on" : "off");
	cJSON *artifacts = cJSON_AddObjectToObject(o, "artifacts");
	for (enum arm a = 0; a < ARM_FT_GIL; a++)
		cJSON_AddItemToObject(artifacts, arm_word(a), artifact_to_json(&v->artifact[a]));
	put_tests(o, v);
	cJSON_AddItemToObject(o, "coverage", coverage_to_json(v));
	cJSON_AddItemToObject(o, "delta", delta_to_json(v));
	cJSON_AddItemToObject(o, "scaling", scaling_to_json(&v->scaling));
	cJSON_AddItemToObject(o, "ladder", ladder_to_json(v));
	cJSON *findings = cJSON_AddArrayToObject(o, "findings");
	for (size_t i = 0; i < v->n_findings; i++)
		cJSON_AddItemToArray(findings, finding_to_json(&v->findings[i]));
	return o;
}

static void get_tests(struct package_result *p, const cJSON *j)
{
	p->selected = json_int(j, "selected", -1);
	p->collected = json_int(j, "of", -1);
	p->files = json_int(j, "files", 0);
	p->files_selected = json_int(j, "files_selected", 0);
	for (enum arm a = 0; a < ARM_COUNT; a++)
		tests_from_json(&p->tests[a], json_obj(j, arm_word(a)));
	json_strv(j, "only_gil", &p->only_gil);
	json_strv(j, "only_ft", &p->only_ft);
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "differences"))
		difference_from_json(p, row);
}

void package_from_json(struct package_result *v, const cJSON *j)
{
	package_result_init(v);
	PACKAGE_STR(GET_STR)
	PACKAGE_INT(GET_INT)
	PACKAGE_NUM(GET_NUM)
	PACKAGE_LIST(GET_LIST)
	v->verdict = outcome_parse(json_str(j, "verdict"));
	v->readiness = readiness_parse(json_str(j, "readiness"));
	const char *gil = json_str(j, "gil_state");
	v->gil_state = str_eq(gil, "on") ? 1 : str_eq(gil, "off") ? 0 : -1;
	if (v->verdict == OUT_COUNT || v->readiness == READY_COUNT) {
		v->verdict = OUT_ERROR;
		v->readiness = READY_UNKNOWN;
	}
	const cJSON *artifacts = json_obj(j, "artifacts");
	for (enum arm a = 0; a < ARM_FT_GIL; a++)
		artifact_from_json(&v->artifact[a], json_obj(artifacts, arm_word(a)));
	get_tests(v, json_obj(j, "tests"));
	coverage_from_json(v, json_obj(j, "coverage"));
	delta_from_json(v, json_obj(j, "delta"));
	scaling_from_json(&v->scaling, json_obj(j, "scaling"));
	const cJSON *row;
	cJSON_ArrayForEach(row, json_arr(j, "ladder"))
		package_add_rung(v, json_str(row, "name"), json_str(row, "state"), json_str(row, "detail"));
	cJSON_ArrayForEach(row, json_arr(j, "findings"))
		finding_from_json(v, row);
}

static cJSON *pair_to_json(const struct pair *pair)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddItemToObject(o, "gil", interpreter_to_json(&pair->gil));
	cJSON_AddItemToObject(o, "ft", interpreter_to_json(&pair->ft));
	json_add_strv(o, "parity", &pair->parity);
	return o;
}

#define SURVEY_STR(F) F(id) F(started) F(finished) F(title) F(command) F(seed)
#define SURVEY_INT(F) F(cores) F(exit_code) F(requirements) F(infra_errors) F(cells) F(cells_planned)
#define SURVEY_NUM(F) F(budget_seconds) F(seconds)
#define SURVEY_BOOL(F) F(sandbox) F(interrupted)

cJSON *survey_to_json(const struct survey *v)
{
	cJSON *o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "schema_version", 1);
	cJSON *tool = cJSON_AddObjectToObject(o, "tool");
	json_add_str(tool, "name", "migrate-check");
	json_add_str(tool, "version", v->tool_version);
	cJSON *options = cJSON_AddObjectToObject(o, "options");
	json_add_str(options, "effort", effort_word(v->effort));
	SURVEY_STR(PUT_STR)
	SURVEY_INT(PUT_INT)
	SURVEY_NUM(PUT_NUM)
	SURVEY_BOOL(PUT_BOOL)
	cJSON_AddItemToObject(o, "pair", pair_to_json(&v->pair));
	cJSON_AddItemToObject(o, "baseline", baseline_to_json(&v->baseline));
	json_add_str(o, "headline", survey_headline(v));
	json_add_strv(o, "not_covered", &v->not_covered);
	cJSON *packages = cJSON_AddArrayToObject(o, "packages");
	for (size_t i = 0; i < v->n_packages; i++)
		cJSON_AddItemToArray(packages, package_to_json(&v->packages[i]));
	return o;
}

void survey_from_json(struct survey *v, const cJSON *j)
{
	*v = (struct survey){ 0 };
	str_set(&v->tool_version, json_str(json_obj(j, "tool"), "version"));
	v->effort = effort_parse(json_str(json_obj(j, "options"), "effort"));
	if (v->effort == EFFORT_COUNT)
		v->effort = EFFORT_QUICK;
	SURVEY_STR(GET_STR)
	SURVEY_INT(GET_INT)
	SURVEY_NUM(GET_NUM)
	SURVEY_BOOL(GET_BOOL)
	const cJSON *pair = json_obj(j, "pair"), *row;
	interpreter_from_json(&v->pair.gil, json_obj(pair, "gil"));
	interpreter_from_json(&v->pair.ft, json_obj(pair, "ft"));
	json_strv(pair, "parity", &v->pair.parity);
	baseline_from_json(&v->baseline, json_obj(j, "baseline"));
	json_strv(j, "not_covered", &v->not_covered);
	cJSON_ArrayForEach(row, json_arr(j, "packages"))
		package_from_json(survey_add_package(v), row);
}
