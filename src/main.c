/*
 * main.c: migrate-check, whose whole course is:
 *
 *   cli/commands.c      the table of commands; options in cli/options.def
 *   cli/engine.c        what fetches, builds or runs is done by a second program: this one, linked with more libraries
 *     cli/run.c         `migrate-check TARGET...`: progress, matrix, files
 *   pipeline/pipeline.c one survey: targets, then each package in turn
 *     pipeline/session.c   pair (interp/), sandbox/, index (fetch/), uv, store/; the answer that may be there already
 *     pipeline/targets.c   arguments and requirement files (inputs/) -> targets
 *     pipeline/stage_resolve.c  versions of both arms, like for like (build/resolve.c, plan/profile.c)
 *     pipeline/stage_build.c    files fetched (fetch/) and built (build/), environments
 *     pipeline/stage_tests.c    where the tests are (plan/suite.c), what they need (pipeline/testenv.c)
 *     pipeline/stage_suites.c   the suite on both arms (run/cell.c with harness/main.py), re-runs
 *     pipeline/stage_measure.c  pairs of processes that take turns
 *     pipeline/stage_judge.c    evidence -> verdict (judge/)
 *   pipeline/workload.c one program of the user's own: environments, an observed run of each build (harness/workload/), runs in turn;
 *                       judge/workload.c says its kind and the advice
 *   report/             a survey -> terminal, HTML, JSON, tsv
 *
 * docs/architecture.md says what each layer may use.
 */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	int code = cli_main(argc, argv);
	cli_stats_write();
	return code;
}
