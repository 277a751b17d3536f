"""Entry point: reads the job, opens the event channel, dispatches the task.

    python -P main.py JOB.json

Standard library only; docs/harness-protocol.md describes the job and the events.
Children that a test starts with multiprocessing's "spawn" import this file
again, so nothing happens here before the last line.
"""
import importlib.util
import os
import sys

PACKAGE = "migrate_check_harness"

# One row per task: the module that has run(context) and returns the exit code
# that the "end" event carries.
TASKS = {
    "import": "imports",
    "suite": "suite",
}


def load_package():
    """Makes this folder importable under a name of its own, and returns it."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(here, "__init__.py"), submodule_search_locations=[here])
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    return package


def main(argv):
    if len(argv) != 2:
        print("usage: python -P main.py JOB.json", file=sys.stderr)
        return 64
    part = load_package().part
    try:
        job = part("job").read(argv[1])
        task = part(TASKS[job.task])
        if job.mode == "tsan":
            part("mode_tsan").restart_with_options()
    except (OSError, ValueError, KeyError) as error:
        print(f"harness: {argv[1]}: {type(error).__name__}: {error}", file=sys.stderr)
        return 64
    context = part("context").Context(job)
    code = task.run(context)
    context.finish(code)
    if job.task == "suite":
        # Threads that tests left behind must not keep the process, or crash it
        # while the interpreter is taken down: every result is already out.
        context.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
