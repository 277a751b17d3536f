"""The task "suite": imports the package, then hands over to the suite's own runner.

A runner is one row and one file with run(context, mode); a mode (how the tests
are run: one after the other, in threads, ...) is one row and one file with a
class Mode, see mode_serial.py.
"""
import os
import sys

from . import imports, part

RUNNERS = {
    "pytest": "suite_pytest",
    "unittest": "suite_unittest",
}

MODES = {
    "serial": "mode_serial",
    "turns": "mode_turns",
    "same-test": "mode_same_test",
    "mixed": "mode_mixed",
    "first-use": "mode_first_use",
    "perturb": "mode_perturb",
    "replay": "mode_replay",
    "tsan": "mode_tsan",
    "scaling-calls": "mode_scaling_calls",
    "scaling-tests": "mode_scaling_tests",
}


def add_cwd(top_level):
    """Appends cwd to sys.path for suites that rely on it, as `python -m pytest` has it.

    Last, so that it can hide nothing; and not at all when it holds a folder or file
    of the package under test, which must come from the environment."""
    cwd = os.getcwd()
    for name in top_level:
        if os.path.isdir(os.path.join(cwd, name)) or os.path.exists(os.path.join(cwd, name + ".py")):
            return False
    sys.path.append(cwd)
    return True


def run(context):
    """Runs the suite; the runner's own exit code."""
    job = context.job
    runner, mode = RUNNERS[job.runner], MODES[job.mode]
    if job.switch_interval is not None:
        sys.setswitchinterval(float(job.switch_interval))
    mode = part(mode).Mode(context)
    mode.before_imports()
    imports.import_all(context)
    mode.after_imports()
    add_cwd(job.top_level)
    code = part(runner).run(context, mode)
    mode.after_suite()
    return code
